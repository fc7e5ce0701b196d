"""What a long step says: lines of the log off a terminal, a clock that goes on by itself on one."""

import io
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from rich.console import Console

from segmentation import progress


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    shown = io.StringIO()
    monkeypatch.setattr(progress, "_console", Console(file=shown, force_terminal=True, width=100))
    return shown


def test_off_a_terminal_a_step_is_two_lines_of_the_log(caplog, monkeypatch):
    monkeypatch.setattr(progress, "_console", Console(file=io.StringIO(), force_terminal=False))

    with caplog.at_level(logging.INFO, "segmentation"), progress.step("fit payg"):
        progress.says("month 1 of 3")

    assert logged(caplog)[0] == "fit payg ..."
    assert re.fullmatch(r"fit payg: done in \d\.\d s", logged(caplog)[1])
    assert len(logged(caplog)) == 2


def test_a_step_that_breaks_leaves_a_line_too(caplog):
    with caplog.at_level(logging.INFO, "segmentation"), pytest.raises(ValueError, match="no"), progress.step("fit"):
        raise ValueError("no")

    assert logged(caplog)[-1].startswith("fit: broke off after ")


def test_on_a_terminal_the_clock_goes_on_between_two_messages(screen):
    with progress.step("fit payg"):
        progress.says("month 1 of 3")
        time.sleep(1.3)
        seen = screen.getvalue()

    assert "fit payg: month 1 of 3" in seen
    assert {"0:00:00", "0:00:01"} <= set(re.findall(r"\d:\d\d:\d\d", seen))
    assert "done fit payg" in re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())


def test_brackets_in_a_name_are_no_markup(screen):
    with progress.step("clusters of lines[old].csv"):
        pass

    assert "done clusters of lines[old].csv" in re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())


def test_the_log_has_the_steps_of_a_terminal_too(screen, caplog):
    with caplog.at_level(logging.INFO, "segmentation"), progress.step("fit"):
        pass

    assert [message.split(":")[0] for message in logged(caplog)] == ["fit ...", "fit"]


def test_two_steps_at_once_share_the_screen(screen):
    with progress.step("fit payg"), progress.step("fit plan") as other:
        other.says("half way")
        time.sleep(0.3)

    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert "fit plan: half way" in shown
    assert shown.index("done fit plan") < shown.index("done fit payg")


def test_each_thread_tells_of_its_own_step_and_outside_a_step_nobody_hears(screen):
    def part(name):
        with progress.step(f"fit {name}"):
            progress.says(f"1 of 5 of {name}")
            time.sleep(0.3)

    with progress.step("fit"), ThreadPoolExecutor(2) as pool:
        list(pool.map(part, ["payg", "plan"]))
        progress.says("both done")
        time.sleep(0.3)
    progress.says("nobody hears this")

    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue())
    assert all(told in shown for told in ("fit payg: 1 of 5 of payg", "fit plan: 1 of 5 of plan", "fit: both done"))
    assert "nobody hears this" not in shown
