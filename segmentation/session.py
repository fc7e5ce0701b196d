"""The one place where a Spark session is made or checked."""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from segmentation.errors import PlatformError

DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
DELTA_CATALOG = "org.apache.spark.sql.delta.catalog.DeltaCatalog"
DELTA_SETTINGS = {"spark.sql.extensions": DELTA_EXTENSION, "spark.sql.catalog.spark_catalog": DELTA_CATALOG}
DELTA_FLAGS = " ".join(
    [
        "--packages io.delta:delta-spark_4.0_2.13:4.4.0",
        *(f"--conf {name}={value}" for name, value in DELTA_SETTINGS.items()),
    ]
)
PLANNING = {
    "spark.sql.constraintPropagation.enabled": "false",
    "spark.sql.codegen.hugeMethodLimit": "8000",
}
"""Inferring filters from constraints takes the planner minutes over the many aliases of a feed or a feature table
(SPARK-33152), and saves nothing here: filters stand where they are needed. A method of more than 8000 bytes Java never
compiles (HotSpot's HugeMethodLimit): a stage with such a one, as those of many features, runs by operators."""
GRAPHFRAMES_CLASS = "org.graphframes.GraphFrame"
_PAIR = re.compile(r"((?:\\.|[^\\\s=:])*)\s*[=:]?\s*(.*)", re.DOTALL)
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def read_properties(path: Path) -> dict[str, str]:
    """Settings of a `spark-submit --properties-file`, read as Java reads properties.

    One `key value`, `key = value` or `key: value` a line, # or ! for a comment; a line that ends in a backslash goes on
    in the next.
    """
    if not path.is_file():
        raise PlatformError(
            "there is no such Spark properties file", where=str(path), remedy="name one under conf/spark/"
        )
    pairs = (_PAIR.fullmatch(line) for line in _whole_lines(path.read_text(encoding="utf-8")))
    return {_unescaped(pair[1]): _unescaped(pair[2]).strip() for pair in pairs if pair is not None}


def _whole_lines(text: str) -> Iterator[str]:
    """Lines without blanks before them and comments, those that go on in the next put together."""
    begun = ""
    for line in (line.lstrip() for line in text.splitlines()):
        if not begun and line.startswith(("#", "!")):
            continue
        n_backslashes = len(line) - len(line.rstrip("\\"))
        if n_backslashes % 2:
            begun += line[:-1]
        elif begun or line:
            yield begun + line
            begun = ""
    if begun:
        yield begun


def _unescaped(text: str) -> str:
    def sign(found: re.Match[str]) -> str:
        written = found[1]
        return chr(int(written[1:], 16)) if len(written) > 1 else _CONTROL.get(written, written)

    return _ESCAPED.sub(sign, text)


def current_or_new(properties_file: Path, overrides: Mapping[str, str] | None = None) -> SparkSession:
    """The session that runs already (a notebook, spark-submit, Databricks), checked; else a new one.

    Static settings such as packages work only before the JVM starts, so under `spark-submit` they come from
    `--properties-file`; the same file is read here when this process has to start the JVM itself.

    Raises: PlatformError when a running session has no Delta.
    """
    running = SparkSession.getActiveSession()
    session = running if running is not None else _new(properties_file, overrides or {})
    require_delta(session)
    for key, value in PLANNING.items():
        session.conf.set(key, value)
    return session


def _new(properties_file: Path, overrides: Mapping[str, str]) -> SparkSession:
    # Workers start whatever python3 is on PATH; from a virtual environment that one has no pandas.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("segmentation")
    properties = {} if is_submitted() else {**read_properties(properties_file), **overrides}
    for key, value in properties.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def is_submitted() -> bool:
    """Whether spark-submit (or a platform) started this process and owns the settings of the JVM."""
    return any(
        name in os.environ for name in ("SPARK_ENV_LOADED", "PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION")
    )


def jvm_process(session: SparkSession) -> int | None:
    """Process of the JVM that this process started; null where another one did."""
    gateway = session.sparkContext._gateway
    process = getattr(gateway, "proc", None)
    return None if process is None else int(process.pid)


def require_delta(session: SparkSession) -> None:
    """Raise PlatformError with the flags to add when the session cannot read and write Delta."""
    if "DATABRICKS_RUNTIME_VERSION" in os.environ:
        return
    found = {name: session.conf.get(name, "") or "" for name in DELTA_SETTINGS}
    lacking = [f"{name} = {found[name]!r}" for name in settings_without_delta(found)]
    if not lacking and not _has_class(session, DELTA_CATALOG):
        lacking = [f"no class {DELTA_CATALOG} on the class path"]
    if lacking:
        raise PlatformError(
            "this Spark session has no Delta Lake",
            found="; ".join(lacking),
            expected="; ".join(f"{name} = {value}" for name, value in DELTA_SETTINGS.items()),
            remedy=f"start Spark with --properties-file conf/spark/local.conf, or add {DELTA_FLAGS}",
        )


def settings_without_delta(found: Mapping[str, str]) -> list[str]:
    """Names of the settings of a session that do not name Delta."""
    return [name for name, value in DELTA_SETTINGS.items() if value not in re.split(r"\s*,\s*", found[name].strip())]


def require_graphframes(session: SparkSession) -> None:
    """Raise PlatformError when the JVM has no GraphFrames classes."""
    if not _has_class(session, GRAPHFRAMES_CLASS):
        raise PlatformError(
            "this Spark session has no GraphFrames",
            expected=f"class {GRAPHFRAMES_CLASS} on the class path",
            remedy="add the coordinate named in conf/spark/local.conf to --packages, "
            "or use a Databricks ML runtime, which carries it",
        )


def _has_class(session: SparkSession, name: str) -> bool:
    try:
        jvm = session._jvm  # the only look into the JVM: there is no other way to ask for a class
        jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(name)
    except Exception:
        return False
    return True
