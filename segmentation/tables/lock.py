"""One run at a time holds a warehouse."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from segmentation.errors import LockedError

LOCK_FILE = "_run.lock"


@contextmanager
def held(folder: Path, run_id: str) -> Iterator[None]:
    """Hold the lock of a warehouse while the block runs. Reentrant for the same run.

    The lock of a process that died on this machine is taken over; one of another machine has to be removed by hand.

    Raises: LockedError naming the run that holds it and since when.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK_FILE
    is_mine = _take(path, run_id)
    try:
        yield
    finally:
        if is_mine:
            path.unlink(missing_ok=True)


def _take(path: Path, run_id: str) -> bool:
    """True when the lock was taken now, False when this run has it already."""
    for _ in range(2):
        try:
            # Written aside and linked: a reader never sees a lock file without its content.
            aside = path.with_name(f"{LOCK_FILE}.{os.getpid()}")
            aside.write_text(json.dumps(_holder(run_id)), encoding="utf-8")
            os.link(aside, path)
            return True
        except FileExistsError:
            holder = _read(path)
            if holder.get("run_id") == run_id and holder.get("pid") == os.getpid():
                return False
            if not _is_dead(holder):
                raise _locked(path, holder) from None
            path.unlink(missing_ok=True)
        finally:
            aside.unlink(missing_ok=True)
    raise _locked(path, _read(path))


def _holder(run_id: str) -> dict[str, str | int]:
    since = datetime.now(tz=UTC).isoformat(timespec="seconds")
    return {"run_id": run_id, "pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _read(path: Path) -> dict[str, str | int]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _is_dead(holder: dict[str, str | int]) -> bool:
    if not holder:
        return True
    if holder.get("host") != socket.gethostname():
        return False
    try:
        os.kill(int(holder["pid"]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _locked(path: Path, holder: dict[str, str | int]) -> LockedError:
    return LockedError(
        "another run holds this warehouse",
        where=str(path.parent),
        found=f"run {holder.get('run_id')}, process {holder.get('pid')} on {holder.get('host')}, since {holder.get('since')}",
        expected="one run at a time",
        remedy=f"wait for it, or, when that run is surely dead, delete {path}",
    )
