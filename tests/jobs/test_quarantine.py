"""The quarantine as a workplace: looked at, taken in again once the cause is gone, given up."""

from pathlib import Path

import pytest

from jobs import ingest, quarantine
from segmentation import runs
from segmentation.errors import LockedError, SettingsError
from segmentation.settings import load
from segmentation.sources import source
from segmentation.tables import care, clean, held

ROOT = Path(__file__).parent.parent.parent
LINES = """
name: lines
table: subscribers
location: lines.csv
format: csv
columns: {subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}}
received_at: {timestamp: delivered}
"""
TOP_UPS = """
name: top_ups
table: recharges
location: top_ups.csv
format: csv
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: {number: amount, times: 100}
received_at: {timestamp: delivered}
checks: {not_null: [recharge_amount]}
references: {subscriber_id: subscribers}
"""
ANN = "999031415926,2025-01-01,2025-01-02 03:00:00\n"
BOB = "999031415927,2025-01-01,2025-02-02 03:00:00\n"


@pytest.fixture(scope="module")
def at(spark, tmp_path_factory):
    """A run after a recharge has come before its line, and one without an amount."""
    folder = tmp_path_factory.mktemp("operator")
    (folder / "landing").mkdir()
    for name, text in (("lines", LINES), ("top_ups", TOP_UPS)):
        (folder / f"{name}.yaml").write_text(text)
    (folder / "landing/top_ups.csv").write_text(
        "ref,phone,sold,amount,delivered\n"
        "T1,999031415926,2025-02-01,10,2025-02-02 03:00:00\n"
        "T2,999031415927,2025-02-01,10,2025-02-02 03:00:00\n"
        "T3,999031415926,2025-02-01,,2025-02-02 03:00:00\n"
    )
    places = [f"{name}={folder / name}" for name in ("warehouse", "vault", "landing", "report", "logs")]
    sources = f"sources=[{folder / 'lines.yaml'}, {folder / 'top_ups.yaml'}]"
    run = runs.new_run(spark, load(ROOT / "conf/local.yaml", [*places, sources]))
    deliver_lines(run, ANN)
    ingest.take_in(run, source.load(folder / "top_ups.yaml"))
    return run


def deliver_lines(at, *lines):
    (at.settings.landing / "lines.csv").write_text("phone,since,delivered\n" + "".join(lines))
    ingest.take_in(at, source.load(at.settings.sources[0]))


def states(at):
    rows = at.tables_at.read(care.QUARANTINE).select("state", "reasons").collect()
    return sorted((row["state"], row["reasons"][0].partition("(")[0]) for row in rows)


def test_the_list_counts_rows_by_reason(at):
    refused = quarantine.run(at, "list").data["refused"]

    assert [(one["source"], one["state"], one["n_rows"]) for one in refused] == [("top_ups", "open", 1)] * 2
    assert {one["reason"].partition("(")[0] for one in refused} == {"references", "not_null"}


def test_rows_are_shown_masked_and_by_reason(at):
    rows = quarantine.run(at, "show", "top_ups", reason="references").data["rows"]

    assert len(rows) == 1
    assert "999031415927" not in str(rows)
    assert '"sold":"2025-02-01"' in rows[0]["masked_row"]


@pytest.mark.parametrize("name", [None, "no_such_source"])
def test_a_source_has_to_be_named_that_was_taken_in(at, name):
    with pytest.raises(SettingsError, match="needs the name of a source"):
        quarantine.run(at, "show", name)


def test_a_recharge_that_came_before_its_line_is_taken_in_when_the_line_has_come(at):
    deliver_lines(at, ANN, BOB)

    answer = quarantine.run(at, "replay", "top_ups")

    assert answer.data["refused_before"] == 2
    assert answer.data["top_ups.quarantined"] == 1
    assert at.tables_at.read(clean.RECHARGES).count() == 2
    assert states(at) == [("open", "not_null"), ("replayed", "references")]


def test_what_is_given_up_stays_so_when_the_delivery_is_taken_in_again(at):
    answer = quarantine.run(at, "drop", "top_ups", reason="not_null(recharge_amount)")
    quarantine.run(at, "replay", "top_ups")

    assert answer.data["dropped"] == 1
    assert ("dropped", "not_null") in states(at)
    assert quarantine.run(at, "drop", "top_ups").data["dropped"] == 0


def test_nothing_is_changed_while_another_run_holds_the_warehouse(at):
    before = states(at)

    with held(at.settings.lock_folder, "another"), pytest.raises(LockedError):
        quarantine.run(at, "drop", "top_ups")

    assert states(at) == before
