"""One run at a time holds a warehouse."""

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from segmentation.errors import LockedError

LOCK_FILE = "_run.lock"
DYING_SECONDS = 60.0
"""How long the JVM of a killed run may take to end: until then it may still commit."""
_POLL_SECONDS = 0.2

Holder = Mapping[str, str | int | dict[str, str]]


@contextmanager
def held(folder: Path, run_id: str, *, writers: Sequence[int] = ()) -> Iterator[None]:
    """Hold the lock of a warehouse while the block runs. Reentrant for the same run.

    `writers` are processes that may write besides this one, such as the JVM of the session. The lock of a run whose
    processes all died on this machine is taken over; one of another machine has to be removed by hand.

    Raises: LockedError naming the run that holds it and since when.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_FILE
    is_mine = _take(path, _holder(run_id, writers))
    try:
        yield
    finally:
        if is_mine:
            path.unlink(missing_ok=True)


def _take(path: Path, mine: Holder) -> bool:
    """True when the lock was taken now, False when this run has it already."""
    deadline = time.monotonic() + DYING_SECONDS
    while True:
        with _alone(path):
            if _written(path, mine):
                return True
            other = _read(path)
            if (other.get("run_id"), other.get("pid")) == (mine["run_id"], mine["pid"]):
                return False
            alive = _alive(other)
            if not alive:
                path.unlink(missing_ok=True)
                continue
        is_dying = str(other.get("pid")) not in alive and other.get("host") == mine["host"]
        if not is_dying or time.monotonic() > deadline:
            raise _locked(path, other)
        time.sleep(_POLL_SECONDS)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes of this machine from looking and taking at the same time."""
    with path.with_name(f"{LOCK_FILE}.guard").open("a") as guard:
        with suppress(OSError):  # a file system without locks: the exclusive creation below still holds
            fcntl.flock(guard, fcntl.LOCK_EX)
        yield


def _written(path: Path, mine: Holder) -> bool:
    # Written aside and linked: a reader never sees a lock file without its content, on network file systems too.
    aside = path.with_name(f"{LOCK_FILE}.{socket.gethostname()}.{os.getpid()}")
    text = json.dumps(mine)
    try:
        aside.write_text(text, encoding="utf-8")
        os.link(aside, path)
        return True
    except FileExistsError:
        return False
    except OSError:  # volumes without hard links
        with suppress(FileExistsError), path.open("x", encoding="utf-8") as lock:
            lock.write(text)
            return True
        return False
    finally:
        aside.unlink(missing_ok=True)


def _holder(run_id: str, writers: Sequence[int]) -> Holder:
    since = datetime.now(tz=UTC).isoformat(timespec="seconds")
    processes = {str(pid): _born(pid) for pid in (os.getpid(), *writers)}
    return {"run_id": run_id, "pid": os.getpid(), "host": socket.gethostname(), "since": since, "processes": processes}


def _read(path: Path) -> Holder:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _alive(holder: Holder) -> list[str]:
    """Processes of the holder that still run; those of another machine count as running."""
    processes = holder.get("processes") or {}
    if not holder or not isinstance(processes, dict):
        return []
    if holder.get("host") != socket.gethostname():
        return list(processes)
    return [pid for pid, born in processes.items() if _runs(int(pid)) and _born(int(pid)) == born]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid)[:1] != ["Z"]


def _born(pid: int) -> str:
    """When a process began, in ticks since boot: tells it from a later one with the same number. Empty when unknown."""
    fields = _state(pid)
    return fields[19] if len(fields) > 19 else ""


def _state(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the state on; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return []


def _locked(path: Path, holder: Holder) -> LockedError:
    return LockedError(
        "another run holds this warehouse",
        where=str(path.parent),
        found=f"run {holder.get('run_id')}, process {holder.get('pid')} on {holder.get('host')}, "
        f"since {holder.get('since')}",
        expected="one run at a time",
        remedy=f"wait for it, or, when that run is surely dead, delete {path}",
    )
