"""Peak memory of processes while a block runs, as the kernel counts it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

PROC = Path("/proc")
SECONDS_BETWEEN = 0.5
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Peak:
    """The most seen so far, in bytes."""

    n_bytes: int = 0


@contextmanager
def watched(process: int | None) -> Iterator[Peak]:
    """The peak of a process and all that it started: the JVM of Spark and its Python workers. 0 where there is none.

    Pages that workers share count for each of them, so the truth is not above it.
    """
    peak, is_over = Peak(), Event()

    def watch() -> None:
        while process is not None and not is_over.wait(SECONDS_BETWEEN):
            peak.n_bytes = max(peak.n_bytes, resident(process))

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        is_over.set()
        watcher.join()


def resident(process: int) -> int:
    """Bytes in memory of a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and (parent := _parent(folder)) is not None:
            children.setdefault(parent, []).append(int(folder.name))
    total, waiting = 0, [process]
    while waiting:
        one = waiting.pop()
        total += _resident_alone(PROC / str(one))
        waiting += children.get(one, [])
    return total


def own_peak() -> int:
    """Most bytes that this very process ever had in memory."""
    for line in (PROC / "self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _parent(folder: Path) -> int | None:
    """The process that started this one; null when it has ended meanwhile."""
    try:
        # The name before the last bracket may hold blanks.
        return int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return None


def _resident_alone(folder: Path) -> int:
    try:
        return int((folder / "statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0
