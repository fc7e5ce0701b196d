"""Parts of a step side by side: their results, their order, and what happens when one breaks."""

import time
from dataclasses import replace
from functools import partial
from threading import Barrier, Event

import pytest
from pyspark.sql import functions as F

from segmentation.concurrency import AT_ONCE, side_by_side
from segmentation.tables import Store
from segmentation.tables.clean import SUBSCRIBER
from segmentation.tables.contract import Column, Table

COLUMNS = (SUBSCRIBER, Column("vertical", "string", "Vertical"))
LINES = Table("lines", ("subscriber_id",), COLUMNS, "Lines", retention="13 months")
BY_VERTICAL = replace(LINES, name="by_vertical", partitioned_by=("vertical",))


def test_results_come_in_the_order_of_the_parts_whichever_ends_first(spark):
    second_has_ended = Event()

    def first() -> str:
        assert second_has_ended.wait(30)
        return "first"

    def second() -> str:
        second_has_ended.set()
        return "second"

    assert side_by_side(spark, [first, second]) == ["first", "second"]


def test_parts_really_run_at_once(spark):
    meeting = Barrier(AT_ONCE, timeout=30)

    side_by_side(spark, [meeting.wait] * AT_ONCE)


def test_what_a_part_tells_spark_of_itself_is_not_told_of_another(spark):
    meeting = Barrier(AT_ONCE, timeout=30)

    def part(name: str) -> str | None:
        spark.sparkContext.setLocalProperty("part", name)
        meeting.wait()
        return spark.sparkContext.getLocalProperty("part")

    assert side_by_side(spark, [partial(part, str(n)) for n in range(AT_ONCE)]) == [str(n) for n in range(AT_ONCE)]


def test_when_the_process_is_asked_to_end_what_runs_and_what_would_begin_is_cancelled(spark):
    came_through: list[str] = []

    def long_work() -> None:
        time.sleep(1.5)
        spark.range(10**11).agg(F.sum(F.xxhash64("id") % 7)).collect()
        came_through.append("long work")

    def asked_to_end(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side(spark, [str, long_work], ended=asked_to_end)

    assert came_through == []


def test_a_part_begins_after_those_it_waits_for(spark):
    ended: list[int] = []
    parts = [partial(ended.append, number) for number in range(6)]

    side_by_side(spark, parts, after=[(), {0}, {0, 1}, {2}, {3}, {0, 4}])

    assert ended == [0, 1, 2, 3, 4, 5]


def test_how_many_parts_have_ended_is_told_after_each(spark):
    told: list[int] = []

    side_by_side(spark, [str] * 4, ended=told.append)

    assert told == [1, 2, 3, 4]


def test_after_a_broken_part_no_other_begins_and_those_that_run_come_to_their_end(spark):
    begun: list[str] = []
    one_has_broken = Event()

    def breaks() -> None:
        one_has_broken.set()
        raise ValueError("broken")

    def goes_on() -> None:
        assert one_has_broken.wait(30)
        begun.append("beside")

    with pytest.raises(ValueError, match="broken"):
        side_by_side(spark, [breaks, goes_on, partial(begun.append, "later")], after=[(), (), {0}])

    assert begun == ["beside"]


def test_of_several_errors_the_first_in_the_order_of_the_parts_is_raised(spark):
    both_are_there = Barrier(2, timeout=30)

    def breaks(why: str) -> None:
        both_are_there.wait()
        raise ValueError(why)

    with pytest.raises(ValueError, match="one"):
        side_by_side(spark, [partial(breaks, "one"), partial(breaks, "two")])


def test_nothing_to_do_is_done(spark):
    assert side_by_side(spark, []) == []


def test_threads_write_one_table_without_conflict(spark, tmp_path):
    tables_at = Store(spark, str(tmp_path))

    def rows(vertical: str):
        return spark.createDataFrame([(f"{vertical}{number}", vertical) for number in range(3)], LINES.schema)

    def write(vertical: str) -> None:
        own = tables_at.beside()
        own.replace(rows(vertical), BY_VERTICAL, vertical=vertical)
        own.replace(rows(vertical), LINES, vertical=vertical)

    side_by_side(spark, [partial(write, vertical) for vertical in ("payg", "plan", "home")])

    for table in (LINES, BY_VERTICAL):
        counts = {row["vertical"]: row["count"] for row in tables_at.read(table).groupBy("vertical").count().collect()}
        assert counts == {"payg": 3, "plan": 3, "home": 3}


def test_what_a_thread_reads_and_writes_is_remembered_apart(spark, tmp_path):
    tables_at = Store(spark, str(tmp_path))
    row = spark.createDataFrame([("s1", "payg")], LINES.schema)
    tables_at.replace(row, LINES)

    other = tables_at.beside()
    other.replace(row, BY_VERTICAL, vertical="payg")

    assert tables_at.versions_written.keys() == {"lines"}
    assert other.versions_written.keys() == {"by_vertical"}
    assert other.version(LINES) == tables_at.versions_written["lines"]
