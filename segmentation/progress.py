"""What long steps say while they run: a line with a clock on a terminal, a log line at either end everywhere."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as Line
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

logger = logging.getLogger(__name__)
_console = Console(stderr=True)


class Progress:
    """One long step: `says(...)` tells how far it is."""

    def __init__(self, title: str, line: Line | None) -> None:
        self._title, self._line = title, line
        self._task = None if line is None else line.add_task(title, total=None)
        self._started = time.monotonic()

    def says(self, message: str) -> None:
        """Show how far the step is, for example "month 2 of 3"."""
        if self._line is not None and self._task is not None:
            self._line.update(self._task, description=f"{self._title}: {message}")
        logger.debug("%s: %s (%.0f s)", self._title, message, self.elapsed())

    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._started


@contextmanager
def step(title: str) -> Iterator[Progress]:
    """Show that a step runs and for how long, and tell the log when it began and how it ended."""
    line = _line_with_a_clock() if _console.is_terminal else None
    logger.info("%s ...", title)
    progress = Progress(title, line)
    try:
        with line or nullcontext():
            yield progress
    except BaseException:
        logger.info("%s: broke off after %.1f s", title, progress.elapsed())
        raise
    logger.info("%s: done in %.1f s", title, progress.elapsed())
    if line is not None:
        _console.print(f"[green]done[/] {escape(title)} [dim]{progress.elapsed():.1f} s[/]")


def kept(title: str) -> None:
    """Say that a step was done before and is left as it is."""
    logger.info("%s: nothing has changed, kept as it is", title)
    if _console.is_terminal:
        _console.print(f"[green]kept[/] {title}")


def _line_with_a_clock() -> Line:
    """A line that goes away at the end; its clock goes on by itself between two messages."""
    text = TextColumn("{task.description}", markup=False)
    return Line(SpinnerColumn(), text, TimeElapsedColumn(), console=_console, transient=True)
