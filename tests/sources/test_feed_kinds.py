"""How a delivery goes into its table: a snapshot is all there is, the others add to what earlier deliveries brought."""

from datetime import datetime

import pytest
from pyspark.sql import functions as F

from segmentation.errors import SettingsError, SourceError
from segmentation.sources import feeds
from segmentation.tables import care, clean

LINES = """
name: lines
table: subscribers
location: lines
format: csv
columns: {subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}}
received_at: {timestamp: delivered}
"""
TOP_UPS = """
name: top_ups
table: recharges
location: top_ups
format: csv
feed: append
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: {number: amount}
  channel: via
received_at: {timestamp: delivered}
checks: {not_null: [subscriber_id]}
"""
UPSERTS, MONTHS = TOP_UPS.replace("append", "upsert"), TOP_UPS.replace("append", "full_month")
HEAD = "ref,phone,sold,amount,via,delivered\n"
FIRST = HEAD + "A,1,2026-08-05,10,app,2026-08-06 01:00:00\nB,1,2026-09-05,20,app,2026-09-06 01:00:00\n"
SECOND = HEAD + "C,1,2026-10-05,30,app,2026-10-06 01:00:00\n"
B_CORRECTED = HEAD + "B,1,2026-09-05,25,app,2026-10-06 01:00:00\n"


def amounts(operator, known_at=None):
    """Amounts by day, as text."""
    rows = operator.tables.read(clean.RECHARGES, known_at=known_at).collect()
    assert len({row["recharge_id"] for row in rows}) == len(rows)
    return {(f"{row['day']:%m-%d}", row["recharge_amount"]) for row in rows}


def test_what_is_appended_is_added_and_files_taken_in_are_not_read_again(operator):
    operator.deliver("top_ups/08.csv", FIRST)
    operator.take_in(TOP_UPS)
    operator.deliver("top_ups/10.csv", SECOND)

    second, again = operator.take_in(TOP_UPS), operator.take_in(TOP_UPS)

    assert (second.is_new, second.read, second.written) == (True, 1, 1)
    assert (again.is_new, again.read) == (False, 1)
    assert amounts(operator) == {("08-05", 10), ("09-05", 20), ("10-05", 30)}


def test_versions_in_one_delivery_are_no_slips(operator):
    third = B_CORRECTED.replace("25", "27").replace("2026-10-06", "2026-10-09")
    operator.deliver("top_ups/all.csv", FIRST + (B_CORRECTED + third).replace(HEAD, ""))

    counts = operator.take_in(UPSERTS)

    assert (counts.accepted, counts.quarantined, counts.written) == (4, 0, 2)
    assert amounts(operator) == {("08-05", 10), ("09-05", 27)}
    assert amounts(operator, datetime(2026, 10, 7)) == {("08-05", 10), ("09-05", 25)}


def test_an_appended_fact_that_changes_is_told(operator):
    operator.deliver("top_ups/08.csv", FIRST)
    operator.take_in(TOP_UPS)
    operator.deliver("top_ups/10.csv", B_CORRECTED)

    notes = operator.take_in(TOP_UPS).notes

    assert any("1 rows came again with other values" in note for note in notes)
    assert any(note.startswith("recharges holds something else of 2026-09 than before") for note in notes)


def test_a_full_month_replaces_its_month_and_a_row_that_moved_to_it_leaves_its_own(operator):
    operator.deliver("top_ups/08.csv", FIRST + "F,1,2026-08-09,30,app,2026-08-10 01:00:00\n")
    operator.take_in(MONTHS)
    moved = "A,1,2026-09-08,10,app,2026-10-06 01:00:00\n"
    operator.deliver("top_ups/09b.csv", HEAD + "D,1,2026-09-07,5,app,2026-10-06 01:00:00\n" + moved)

    operator.take_in(MONTHS)

    assert amounts(operator) == {("08-09", 30), ("09-07", 5), ("09-08", 10)}


@pytest.mark.parametrize("is_newest_first", [True, False])
def test_of_two_versions_of_a_month_the_later_arrival_stands_whichever_comes_first(operator, is_newest_first):
    older = HEAD + "A,1,2026-09-05,10,app,2026-10-01 01:00:00\n" + "B,1,2026-09-06,20,app,2026-10-01 01:00:00\n"
    newer = HEAD + "A,1,2026-09-05,11,app,2026-10-08 01:00:00\n"
    notes = []
    for name, month in [("newer", newer), ("older", older)][:: 1 if is_newest_first else -1]:
        operator.deliver(f"top_ups/{name}.csv", month)
        notes = operator.take_in(MONTHS).notes

    assert amounts(operator) == {("09-05", 11)}
    is_told = any("2026-09 stays as it is: its rows arrived later than these 2" in note for note in notes)
    assert is_told == is_newest_first


def test_a_recharge_that_came_before_its_subscriber_gets_in_when_that_has_come(operator):
    referring = TOP_UPS + "references: {subscriber_id: subscribers}\n"
    head = "phone,since,delivered\n"
    operator.deliver("lines/1.csv", head + "1,2026-01-01,2026-01-02 00:00:00\n")
    operator.take_in(LINES)
    operator.deliver("top_ups/08.csv", FIRST + "E,2,2026-09-09,7,app,2026-09-10 01:00:00\n")
    early = operator.take_in(referring)
    operator.deliver("lines/2.csv", head + "2,2026-09-09,2026-09-10 02:00:00\n")
    operator.take_in(LINES)
    operator.deliver("top_ups/10.csv", SECOND)

    operator.take_in(referring)
    again = operator.take_in(referring)

    states = operator.tables.read(care.QUARANTINE).select("state").collect()
    assert early.quarantined == 1
    assert [row["state"] for row in states] == ["replayed"]
    assert ("09-09", 7) in amounts(operator)
    assert again.is_new is False
    assert len(feeds.book(operator.tables).standing("top_ups")) == 1


def test_another_mapping_reads_again_what_lies_there_and_leaves_the_rest(operator):
    gone = operator.deliver("top_ups/08.csv", FIRST)
    operator.take_in(TOP_UPS)
    gone.unlink()
    operator.deliver("top_ups/10.csv", SECOND)
    operator.take_in(TOP_UPS)

    in_cents = TOP_UPS.replace("{number: amount}", "{number: amount, times: 100}")
    operator.take_in(in_cents)

    assert amounts(operator) == {("08-05", 10), ("09-05", 20), ("10-05", 3000)}
    assert operator.take_in(in_cents).is_new is False


def test_a_snapshot_that_becomes_appended_is_read_once_more_and_then_kept(operator):
    operator.deliver("top_ups/08.csv", FIRST)
    operator.take_in(TOP_UPS.replace("append", "snapshot"))
    operator.take_in(TOP_UPS)
    operator.deliver("top_ups/10.csv", SECOND)

    counts = operator.take_in(TOP_UPS)

    assert counts.read == 1
    assert amounts(operator) == {("08-05", 10), ("09-05", 20), ("10-05", 30)}


def test_an_append_killed_before_its_last_write_is_mended_by_the_next(operator, monkeypatch):
    operator.deliver("top_ups/08.csv", FIRST)
    operator.take_in(UPSERTS)
    operator.deliver("top_ups/10.csv", B_CORRECTED)
    with monkeypatch.context() as killing:
        killing.setattr(feeds, "record", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            operator.take_in(UPSERTS)

    operator.take_in(UPSERTS)

    assert amounts(operator) == {("08-05", 10), ("09-05", 25)}
    assert amounts(operator, datetime(2026, 9, 30)) == {("08-05", 10), ("09-05", 20)}


def test_rows_of_another_source_of_the_table_stay(operator):
    operator.deliver("top_ups/08.csv", FIRST)
    operator.take_in(TOP_UPS)
    operator.deliver("others/08.csv", SECOND)
    operator.take_in(MONTHS.replace("name: top_ups", "name: others").replace("location: top_ups", "location: others"))

    n_by_feed = operator.tables.read(clean.RECHARGES).groupBy("feed_id").agg(F.count("*").alias("n")).collect()

    assert sorted(row["n"] for row in n_by_feed) == [1, 2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"feed: append": "feed: apend"}, "feed: Input should be 'snapshot', 'full_month', 'append' or 'upsert'"),
        ({"checks:": "group: {by: [recharge_id], take: {}}\nchecks:"}, "feed: append goes by single rows"),
        ({"{key: ref, kind: record}": "{row_key: line}"}, "every file has a first line"),
        (
            {"{key: ref, kind: record}": "{row_key: hash}", "format: csv": "format: csv\nduplicates: keep"},
            "equal rows of two deliveries would share it",
        ),
        ({"checks:": "unique: [[day, channel]]\nchecks:"}, "`unique` compares the rows of a snapshot"),
    ],
)
def test_a_way_that_would_lose_rows_is_refused_before_spark(operator, change, told):
    text = TOP_UPS
    for old, new in change.items():
        text = text.replace(old, new)

    with pytest.raises(SettingsError) as refused:
        operator.source(text)

    assert told in refused.value.found


def test_lines_belong_to_no_month(operator):
    with pytest.raises(SettingsError) as refused:
        operator.source(LINES + "feed: full_month\n")

    assert "rows of subscribers belong to no month" in refused.value.found


def many(n_rows, day, first=0):
    return "".join(f"{day}-{first + n},1,{day},10,app,2026-11-01 01:00:00\n" for n in range(n_rows))


@pytest.mark.parametrize("kind", ["snapshot", "full_month"])
def test_a_delivery_that_broke_off_does_not_take_the_place_of_the_whole(operator, kind):
    top_ups = TOP_UPS.replace("append", kind)
    operator.deliver("top_ups/1.csv", HEAD + many(150, "2026-09-05"))
    operator.take_in(top_ups)
    (operator.folder / "landing/top_ups/1.csv").unlink()
    of_october = many(150, "2026-10-05", first=1000) if kind == "full_month" else ""
    later = FIRST.replace("08-06 01", "11-02 01").replace("09-06 01", "11-02 01")
    operator.deliver("top_ups/2.csv", later + of_october)

    with pytest.raises(SourceError, match="far fewer rows than what it would replace") as refused:
        operator.take_in(top_ups)

    assert ("2 rows in place of 150" if kind == "snapshot" else "2026-09: 1 rows in place of 150") in str(refused.value)
    assert "may_shrink: true" in str(refused.value)
    assert operator.tables.read(clean.RECHARGES).count() == 150

    operator.take_in(f"{top_ups}may_shrink: true\n")

    assert operator.tables.read(clean.RECHARGES).count() == (2 if kind == "snapshot" else 152)


def test_another_mapping_may_leave_rows_out(operator):
    operator.deliver("top_ups/1.csv", HEAD + many(150, "2026-09-05"))
    operator.take_in(TOP_UPS.replace("append", "snapshot"))

    counts = operator.take_in(TOP_UPS.replace("append", "snapshot") + "filter: ref = '2026-09-05-7'\n")

    assert (counts.written, operator.tables.read(clean.RECHARGES).count()) == (1, 1)
