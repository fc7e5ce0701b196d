"""What long steps say while they run: a line with a clock on a terminal, a log line at either end everywhere.

`says` tells how far the step of this thread is; whoever does the work may call it, and outside a step it is not heard.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress as Lines
from rich.progress import SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

logger = logging.getLogger(__name__)
_console = Console(stderr=True)


class _Screen:
    """The lines of the steps that run now: one display for all, for a terminal holds no second one."""

    def __init__(self) -> None:
        self._lock, self._n_steps = Lock(), 0
        self._lines: Lines | None = None

    def begin(self, title: str) -> tuple[Lines, TaskID]:
        """A new line, that goes on with its clock between two messages."""
        with self._lock:
            if self._lines is None:
                text = TextColumn("{task.description}", markup=False)
                self._lines = Lines(SpinnerColumn(), text, TimeElapsedColumn(), console=_console, transient=True)
                self._lines.start()
            self._n_steps += 1
            return self._lines, self._lines.add_task(title, total=None)

    def end(self, task: TaskID) -> None:
        """Take a line away, and the display with the last."""
        with self._lock:
            self._n_steps -= 1
            if self._lines is None:
                return
            self._lines.remove_task(task)
            if self._n_steps == 0:
                self._lines.stop()
                self._lines = None


_screen = _Screen()


class Progress:
    """One long step: `says(...)` tells how far it is."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._line = _screen.begin(title) if _console.is_terminal else None
        self._started = time.monotonic()

    def says(self, message: str) -> None:
        """Show how far the step is, for example "month 2 of 3"."""
        if self._line is not None:
            lines, task = self._line
            lines.update(task, description=f"{self._title}: {message}")
        logger.debug("%s: %s (%.0f s)", self._title, message, self.elapsed())

    def elapsed(self) -> float:
        """Seconds since the step began."""
        return time.monotonic() - self._started

    def ends(self) -> None:
        """The step is over: its line goes away."""
        if self._line is not None:
            _screen.end(self._line[1])


_step: ContextVar[Progress | None] = ContextVar("step", default=None)


def says(message: str) -> None:
    """Show how far the step of this thread is, for example "3 of 13 feeds"."""
    current = _step.get()
    if current is not None:
        current.says(message)


@contextmanager
def step(title: str) -> Iterator[Progress]:
    """Show that a step runs and for how long, and tell the log when it began and how it ended."""
    logger.info("%s ...", title)
    progress = Progress(title)
    outer = _step.set(progress)
    try:
        yield progress
    except BaseException:
        logger.info("%s: broke off after %.1f s", title, progress.elapsed())
        raise
    finally:
        _step.reset(outer)
        progress.ends()
    logger.info("%s: done in %.1f s", title, progress.elapsed())
    if _console.is_terminal:
        _console.print(f"[green]done[/] {escape(title)} [dim]{progress.elapsed():.1f} s[/]")


def kept(title: str) -> None:
    """Say that a step was done before and is left as it is."""
    logger.info("%s: nothing has changed, kept as it is", title)
    if _console.is_terminal:
        _console.print(f"[green]kept[/] {title}")
