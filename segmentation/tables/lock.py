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
WRITING_SECONDS = 60.0
"""A lock file that cannot be read yet counts as held for so long: its run may be writing it."""
_POLL_SECONDS = 0.2

Holder = Mapping[str, str | int | dict[str, str]]


@contextmanager
def held(folder: Path, run_id: str, *, writers: Sequence[int] = ()) -> Iterator[None]:
    """Hold the lock of a warehouse while the block runs. Reentrant for the same run.

    `writers` are processes that may write besides this one, such as the JVM of the session. The lock of a run whose
    processes all died on this machine is taken over; one of another machine has to be removed by hand.

    A run that is asked to end while there are writers leaves its lock: they may still commit. The next run waits for
    them to end and takes it over.

    Raises: LockedError naming the run that holds it and since when.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, mine = folder / LOCK_FILE, _holder(run_id, writers)
    is_mine, is_left = _take(path, mine), False
    try:
        yield
    except Exception:
        raise
    except BaseException:
        is_left = bool(writers)
        raise
    finally:
        if is_mine and not is_left:
            _give_back(path, mine)


def _give_back(path: Path, mine: Holder) -> None:
    """Remove the lock, unless somebody removed it by hand and another run took it since."""
    if not path.exists():
        return
    with _alone(path):
        if _is_of_one_run(_read(path), mine):
            path.unlink(missing_ok=True)


def _is_of_one_run(one: Holder, other: Holder) -> bool:
    return all(one.get(name) == other.get(name) for name in ("run_id", "pid", "host"))


def _take(path: Path, mine: Holder) -> bool:
    """True when the lock was taken now, False when this run has it already."""
    deadline = time.monotonic() + DYING_SECONDS
    while True:
        with _alone(path):
            if _written(path, mine):
                return True
            other = _read(path)
            if _is_of_one_run(other, mine):
                return False
            alive = _alive(other)
            is_written = bool(other) or _age(path) > WRITING_SECONDS
            if not alive and is_written:
                path.unlink(missing_ok=True)
                continue
        is_dying = not other or (str(other.get("pid")) not in alive and other.get("host") == mine["host"])
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
    """Who holds the lock; empty when there is none, or it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _age(path: Path) -> float:
    """Seconds since the file was written; endless when it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


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
    who = (
        f"run {holder.get('run_id')}, process {holder.get('pid')} on {holder.get('host')}, since {holder.get('since')}"
    )
    return LockedError(
        "another run holds this warehouse",
        where=str(path.parent),
        found=who if holder else f"a lock that cannot be read, {path}",
        expected="one run at a time",
        remedy=f"wait for it, or, when that run is surely dead, delete {path}",
    )
