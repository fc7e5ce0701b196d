"""What Spark says about a feed, told without its cells."""

from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException

from segmentation.errors import SourceError
from segmentation.sources.source import Source

_VALUE_CONDITIONS = ("CAST_", "ARITHMETIC", "DIVIDE", "NUMERIC", "INVALID_", "CANNOT_PARSE", "REMAINDER")
_LOOK = "look whether the files are whole and of the format and options that the source's YAML says; deliver them again"
NOTHING_WRITTEN = "nothing was written"


@contextmanager
def telling_errors(source: Source, doing: str, *, then: str = NOTHING_WRITTEN) -> Iterator[None]:
    """Turn what Spark says about a feed, which may quote cells, into one SourceError that quotes none."""
    try:
        yield
    except (PySparkException, Py4JError) as cause:
        raise _told(source, f"cannot {doing}; {then}", cause) from None


def condition_of(cause: Exception) -> str:
    """Spark's name of what went wrong, and the file if it is about one; never its message, which quotes cells."""
    if not isinstance(cause, PySparkException):
        java = getattr(cause, "java_exception", None)
        return type(cause).__name__ if java is None else str(java.getClass().getName())
    named = cause.getCondition() or type(cause).__name__
    path = (cause.getMessageParameters() or {}).get("path", "")
    return f"{named} in {path}" if path else named


def _told(source: Source, what: str, cause: Exception) -> SourceError:
    condition = condition_of(cause)
    remedy = (
        "an expression stops at a bad value; use the try_ forms" if condition.startswith(_VALUE_CONDITIONS) else _LOOK
    )
    return SourceError(what, where=f"source {source.name}", found=condition, remedy=remedy)
