"""What people and programs see: the log, the answer at the end, errors and exit codes."""

import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, MappingProxyType

from rich.console import Console, RenderableType
from rich.table import Table as Grid

from segmentation.clustering.files import finite
from segmentation.errors import SegmentationError
from segmentation.settings import Json

# MLflow else writes to the terminal with a handler of its own; without it its log goes where everybody's goes.
os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
MENDABLE, BROKEN, INTERRUPTED, TERMINATED = 2, 1, 130, 143
WIDTH_WITHOUT_TERMINAL = 140
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What a command says at its end: something to look at, and one JSON object for `--json`."""

    shown: tuple[RenderableType, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)
    broken: SegmentationError | None = None
    """What went wrong although there is something to look at: said after it, and the command exits with 2."""


def facts(values: Mapping[str, Json], out: Path) -> Grid:
    """Single figures as lines, and where the rest was written."""
    grid = Grid(box=None, show_header=False)
    for name, value in values.items():
        if isinstance(value, str | int | float):
            grid.add_row(name, f"{value:.4f}" if isinstance(value, float) else str(value))
        if name in ("warnings", "notes") and isinstance(value, Sequence):
            for text in value:
                grid.add_row(name.removesuffix("s"), str(text))
    grid.add_row("written to", str(out))
    return grid


@dataclass
class Ending:
    """Filled by the command while it runs."""

    answer: Answer | None = None


@contextmanager
def ending(*, is_json: bool, is_verbose: bool) -> Iterator[Ending]:
    """Show the answer when the block ends well; else say what went wrong and exit with 2, 1 or 130."""
    _log_to_terminal(is_verbose)
    result = Ending()
    try:
        yield result
    except SegmentationError as broken:
        _fail(MENDABLE, type(broken).__name__, str(broken), is_json=is_json)
    except KeyboardInterrupt:
        _fail(INTERRUPTED, "Interrupted", "interrupted; run the same command again to go on", is_json=is_json)
    except Terminated:
        _fail(TERMINATED, "Terminated", "terminated; run the same command again to go on", is_json=is_json)
    except Exception as broken:
        logger.debug("unexpected error", exc_info=True)
        if is_verbose:
            traceback.print_exc()
        hint = "" if is_verbose else "\n  remedy: run it again with --verbose for the traceback, and report it"
        _fail(BROKEN, type(broken).__name__, f"unexpected error: {_first_line(broken)}{hint}", is_json=is_json)
    answer = result.answer or Answer()
    for renderable in answer.shown if not is_json else ():
        _show(renderable)
    if answer.broken is not None:
        kind, message = type(answer.broken).__name__, str(answer.broken)
        _fail(MENDABLE, kind, message, is_json=is_json, data=answer.data)
    if is_json:
        _print_json(answer.data)


def note(text: str) -> None:
    """A line for people while the command runs."""
    Console(stderr=True, soft_wrap=True, highlight=False).print(text)


def last_json_on_usage_error(arguments: Sequence[str], code: int | str | None) -> None:
    """A wrong option ends before a command begins; with `--json` a program still gets its object."""
    if "--json" in arguments and code == MENDABLE:
        _print_json({"error": {"kind": "UsageError", "message": "wrong option or argument; see standard error"}})


def log_to_file(folder: Path, name: str) -> Path | None:
    """Write the log to folder/name.log; None, with a warning, where that folder cannot be written."""
    path = folder / f"{name}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as broken:
        logger.warning("no log file: %s cannot be written (%s)", folder, broken.strerror)
        return None
    in_utc = logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    in_utc.converter = time.gmtime
    handler.setFormatter(in_utc)
    logging.getLogger().addHandler(handler)
    return path


def close_log_file(path: Path | None) -> None:
    """Close the log file that `log_to_file` opened."""
    root = logging.getLogger()
    for handler in [h for h in root.handlers if isinstance(h, logging.FileHandler)]:
        if path is not None and Path(handler.baseFilename) == path.resolve():
            root.removeHandler(handler)
            handler.close()


@contextmanager
def chatter_to(path: Path) -> Iterator[None]:
    """Send what a program started in the block (the JVM) writes to the terminal to a file instead, as long as it lives.

    Shows the end of that file when the block breaks.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sink = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError:
        yield
        return
    begin = path.stat().st_size
    sys.stdout.flush()
    sys.stderr.flush()
    kept = {fd: os.dup(fd) for fd in (1, 2)}
    for fd in kept:
        os.dup2(sink, fd)
    os.close(sink)
    try:
        yield
    except BaseException:
        _restore(kept)
        said = path.read_bytes()[begin:].decode(errors="replace")
        sys.stderr.write("\n".join(said.splitlines()[-20:]) + "\n")
        raise
    finally:
        _restore(kept)


class Terminated(BaseException):
    """A scheduler asked the process to end."""


class Told(SystemExit):
    """The end of a command that has said already what went wrong."""


def raise_on_termination() -> None:
    """Turn SIGTERM into an exception, so that what was opened is closed in order."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, terminate)


def _restore(kept: dict[int, int]) -> None:
    for fd, copy in list(kept.items()):
        os.dup2(copy, fd)
        os.close(copy)
        del kept[fd]


def _log_to_terminal(is_verbose: bool) -> None:
    """Warnings to a terminal; without one (a cluster's log) also one line a step; with `--verbose` everything."""
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    for handler in [h for h in root.handlers if getattr(h, "is_ours", False)]:
        root.removeHandler(handler)
    handler = logging.StreamHandler(sys.stderr)
    handler.is_ours = True  # type: ignore[attr-defined]
    handler.setFormatter(logging.Formatter("%(message)s"))
    handler.addFilter(lambda record: _is_for_terminal(record, is_verbose))
    root.addHandler(handler)
    logging.captureWarnings(True)
    if is_verbose:
        logging.getLogger("segmentation").setLevel(logging.DEBUG)
    for noisy in ("py4j", "matplotlib", "urllib3", "git"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    # A line for every step of its set-up, else.
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _is_for_terminal(record: logging.LogRecord, is_verbose: bool) -> bool:
    is_ours = record.name.split(".")[0] in ("segmentation", "jobs")
    is_step = record.name == "segmentation.progress" and record.levelno == logging.INFO
    is_warning = record.levelno >= logging.WARNING and record.name != "py.warnings"
    return is_warning or (is_ours and is_verbose) or (is_step and not sys.stderr.isatty())


def _fail(
    code: int, kind: str, message: str, *, is_json: bool, data: Mapping[str, Json] = MappingProxyType({})
) -> None:
    logger.info("ended with %s: %s", kind, message)
    Console(stderr=True, soft_wrap=True, highlight=False).print("[red]error[/] ", end="")
    sys.stderr.write(f"{message}\n")
    if is_json:
        _print_json({**data, "error": {"kind": kind, "message": message}})
    raise Told(code)


def _first_line(broken: Exception) -> str:
    lines = str(broken).strip().splitlines()
    return f"{type(broken).__name__}: {lines[0]}" if lines else type(broken).__name__


def _show(renderable: RenderableType) -> None:
    if isinstance(renderable, str):
        sys.stdout.write(renderable.rstrip("\n") + "\n")
    else:
        Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL, highlight=False).print(renderable)


def _print_json(value: Mapping[str, Json]) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(finite(value), default=str, allow_nan=False) + "\n")
        sys.stdout.flush()
