import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segmentation.errors import LockedError
from segmentation.tables import held, lock

HOLD = """
import sys, time
from pathlib import Path
from segmentation.tables.lock import held
with held(Path(sys.argv[1]), sys.argv[2]):
    print("held", flush=True)
    time.sleep(60)
"""
GONE = 2**22 + 1  # above the highest process number Linux gives


def test_the_second_run_is_told_who_holds_the_warehouse_and_since_when(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path, "run-one"], stdout=subprocess.PIPE, text=True)
    assert other.stdout.readline() == "held\n"

    with pytest.raises(LockedError) as refused, held(tmp_path, "run-two"):
        pass
    other.kill()
    other.wait()

    assert "run-one" in refused.value.found
    assert f"process {other.pid}" in refused.value.found
    assert "since 20" in refused.value.found


def test_the_lock_of_a_killed_run_is_taken_over(tmp_path):
    other = subprocess.Popen([sys.executable, "-c", HOLD, tmp_path, "run-one"], stdout=subprocess.PIPE, text=True)
    other.stdout.readline()
    other.send_signal(signal.SIGKILL)
    other.wait()

    with held(tmp_path, "run-two"):
        holder = json.loads((tmp_path / lock.LOCK_FILE).read_text())

    assert holder["run_id"] == "run-two"
    assert not (tmp_path / lock.LOCK_FILE).exists()


def test_a_run_waits_for_the_jvm_of_a_killed_run_to_end(tmp_path):
    dying = subprocess.Popen(["sleep", "1"])
    write_lock(tmp_path, processes={str(GONE): "1", str(dying.pid): lock._born(dying.pid)})
    begin = time.monotonic()

    with held(tmp_path, "run-two"):
        waited = time.monotonic() - begin
    dying.wait()

    assert waited > 0.5


def test_another_process_with_the_number_of_a_dead_run_does_not_keep_the_lock(tmp_path):
    write_lock(tmp_path, pid=os.getpid(), processes={str(os.getpid()): "born long ago"})

    with held(tmp_path, "run-two"):
        assert "run-two" in (tmp_path / lock.LOCK_FILE).read_text()


def test_the_lock_of_another_machine_is_never_taken_over(tmp_path):
    write_lock(tmp_path, host="elsewhere")

    with pytest.raises(LockedError, match="elsewhere"), held(tmp_path, "run-two"):
        pass

    assert "run-one" in (tmp_path / lock.LOCK_FILE).read_text()


def test_a_run_may_take_its_own_lock_again_and_keeps_it_until_the_outer_block_ends(tmp_path):
    with held(tmp_path, "run-one"):
        with held(tmp_path, "run-one"):
            pass
        assert (tmp_path / lock.LOCK_FILE).exists()


def test_the_lock_holds_where_files_cannot_be_linked(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)

    with held(tmp_path, "run-one"), pytest.raises(LockedError), held(tmp_path, "run-two"):
        pass


def write_lock(folder: Path, **fields: object) -> None:
    holder = {
        "run_id": "run-one",
        "pid": GONE,
        "host": socket.gethostname(),
        "since": "2026",
        "processes": {str(GONE): "1"},
    }
    (folder / lock.LOCK_FILE).write_text(json.dumps({**holder, **fields}))


def test_a_lock_file_without_content_counts_as_held_until_its_run_must_have_written_it(tmp_path):
    path = tmp_path / lock.LOCK_FILE
    path.write_text("")
    almost = time.time() - lock.WRITING_SECONDS + 1
    os.utime(path, (almost, almost))
    begin = time.monotonic()

    with held(tmp_path, "run-two"):
        waited = time.monotonic() - begin

    assert waited > 0.5


def test_a_lock_file_that_stays_without_content_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "DYING_SECONDS", 0.1)
    (tmp_path / lock.LOCK_FILE).write_text("{")

    with pytest.raises(LockedError, match="cannot be read"), held(tmp_path, "run-two"):
        pass


def test_a_run_gives_back_no_lock_but_its_own(tmp_path):
    with held(tmp_path, "run-one"):
        write_lock(tmp_path, run_id="run-two", host="elsewhere")

    assert "run-two" in (tmp_path / lock.LOCK_FILE).read_text()


@pytest.mark.parametrize(("cause", "is_left"), [(KeyboardInterrupt, True), (ValueError, False)])
def test_a_run_that_is_asked_to_end_leaves_its_lock_to_the_run_that_waits_for_its_writers(tmp_path, cause, is_left):
    writer = subprocess.Popen(["sleep", "60"])
    try:
        with pytest.raises(cause), held(tmp_path, "run-one", writers=[writer.pid]):
            raise cause
        assert (tmp_path / lock.LOCK_FILE).exists() is is_left
    finally:
        writer.kill()
        writer.wait()


def test_a_run_without_writers_gives_its_lock_back_when_asked_to_end(tmp_path):
    with pytest.raises(KeyboardInterrupt), held(tmp_path, "run-one"):
        raise KeyboardInterrupt

    assert not (tmp_path / lock.LOCK_FILE).exists()
