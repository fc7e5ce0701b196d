"""What long steps say while they run: a line that lives on a terminal, one log line each elsewhere."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

logger = logging.getLogger(__name__)
_console = Console(stderr=True)


class Progress:
    """One long step: `says(...)` tells how far it is."""

    def __init__(self, title: str, status: Status | None) -> None:
        self._title, self._status = title, status
        self._started = time.monotonic()

    def says(self, message: str) -> None:
        """Show how far the step is, for example "month 2 of 3"."""
        if self._status is not None:
            self._status.update(f"{self._title}: {message} ({self.elapsed():.0f} s)")
        logger.debug("%s: %s (%.0f s)", self._title, message, self.elapsed())

    def elapsed(self) -> float:
        return time.monotonic() - self._started


@contextmanager
def step(title: str) -> Iterator[Progress]:
    """Show that a step runs and how long it took."""
    if not _console.is_terminal:
        progress = Progress(title, None)
        logger.info("%s ...", title)
        yield progress
        logger.info("%s: done in %.1f s", title, progress.elapsed())
        return
    with _console.status(title) as status:
        progress = Progress(title, status)
        yield progress
    _console.print(f"[green]done[/] {title} [dim]{progress.elapsed():.1f} s[/]")
