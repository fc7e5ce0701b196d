"""Feeds that are Delta tables: by path or by name, each version a delivery."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from segmentation.errors import SourceError
from segmentation.sources import delivery, reading
from segmentation.tables import clean

pytestmark = pytest.mark.delta
TOP_UPS = """
name: top_ups
table: recharges
location: top_ups
format: delta
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: {number: amount, times: 100}
  channel: via
received_at: {timestamp: delivered}
checks: {not_null: [subscriber_id]}
"""
SCHEMA = "ref bigint, phone string, sold date, amount decimal(10,2), via string, delivered timestamp"


def bought(ref: int, day: int, amount: str, phone: str | None = "1") -> tuple:
    return (ref, phone, date(2026, 8, day), Decimal(amount), "app", datetime(2026, 8, day, 12))


@pytest.fixture
def write(spark, operator):
    """Write rows as a new version of the table of top-ups under landing, or of a named one."""

    def to(rows: list[tuple], mode: str = "append", name: str | None = None) -> None:
        writer = spark.createDataFrame(rows, SCHEMA).write.format("delta").mode(mode)
        writer.save(str(operator.settings.landing / "top_ups")) if name is None else writer.saveAsTable(name)

    return to


def amounts(operator):
    return sorted((row["day"].day, row["recharge_amount"]) for row in operator.tables.read(clean.RECHARGES).collect())


def test_a_version_is_taken_in_once_and_the_next_one_in_its_place(operator, write):
    write([bought(1, 5, "10.50"), bought(2, 6, "20", phone=None)])
    first, again = operator.take_in(TOP_UPS), operator.take_in(TOP_UPS)
    write([bought(1, 5, "11"), bought(3, 7, "30")], mode="overwrite")

    second = operator.take_in(TOP_UPS)

    assert (first.is_new, first.read, first.quarantined, first.written) == (True, 2, 1, 1)
    assert (again.is_new, second.is_new, second.read) == (False, True, 2)
    assert amounts(operator) == [(5, 1100), (7, 3000)]


def test_what_a_version_adds_is_appended(operator, write):
    appended = TOP_UPS.replace("format: delta", "format: delta\nfeed: append")
    write([bought(1, 5, "10")])
    operator.take_in(appended)
    write([bought(2, 6, "20")])

    counts = operator.take_in(appended)

    assert (counts.read, counts.written) == (2, 1)
    assert amounts(operator) == [(5, 1000), (6, 2000)]


def test_files_rewritten_with_the_same_rows_make_nothing_stale(spark, operator, write):
    for number in (1, 2):
        write([bought(number, 4 + number, "10")])
    operator.take_in(TOP_UPS)
    spark.sql(f"OPTIMIZE delta.`{operator.settings.landing / 'top_ups'}`").collect()

    counts = operator.take_in(TOP_UPS)

    assert (counts.is_new, counts.written, counts.notes) == (True, 2, ())


def test_a_delivery_is_the_version_that_was_found_whatever_is_written_meanwhile(spark, operator, write):
    write([bought(1, 5, "10")])
    source = operator.source(TOP_UPS)
    found = delivery.find(spark, source, operator.settings.landing)

    write([bought(2, 6, "20")])

    assert reading.raw_rows(spark, source, source.clean_table(), found).count() == 1


def test_a_table_of_the_catalogue_is_found_by_its_name_and_read_at_its_version(spark, operator, write):
    spark.sql("DROP TABLE IF EXISTS default.top_ups_of_a_test")
    source = operator.source(TOP_UPS.replace("location: top_ups", "location: default.top_ups_of_a_test"))
    try:
        write([bought(1, 5, "10")], name="default.top_ups_of_a_test")
        found = delivery.find(spark, source, operator.settings.landing)
        counts = operator.take_in(source)
        write([bought(2, 6, "20")], name="default.top_ups_of_a_test")

        assert (counts.read, counts.written) == (1, 1)
        assert reading.raw_rows(spark, source, source.clean_table(), found).count() == 1
        assert operator.take_in(source).read == 2
    finally:
        spark.sql("DROP TABLE IF EXISTS default.top_ups_of_a_test")


def test_a_table_that_is_not_there_is_told_with_where_it_was_looked_for(operator):
    with pytest.raises(SourceError) as refused:
        operator.take_in(TOP_UPS)

    assert "no delta files at" in refused.value.found
    assert refused.value.found.endswith("/landing/top_ups")
