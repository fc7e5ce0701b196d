from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from segmentation.errors import ContractError
from segmentation.tables import Column, Store, Table, TimeKind
from segmentation.tables.store import holding_on

pytestmark = pytest.mark.delta
OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 30)
SIZES = Table(
    "sizes",
    ("segment_id", "as_of"),
    (
        Column("segment_id", "string", "Segment"),
        Column("as_of", "date", "Day"),
        Column("n_lines", "bigint", "Lines", "count"),
    ),
    "Sizes of segments",
    TimeKind.SNAPSHOT,
    "as_of",
    ("as_of",),
    retention="36 months",
)
TOP_UPS = Table(
    "top_ups",
    ("top_up",),
    (
        Column("top_up", "string", "Top-up"),
        Column("day", "date", "Day of the top-up"),
        Column("settled_on", "date", "Day it was settled"),
        Column("received_at", "timestamp", "Arrival"),
    ),
    "Top-ups",
    TimeKind.EVENT,
    "day",
    later_columns=("settled_on",),
    retention="36 months",
)
CALLS = Table(
    "calls",
    ("line", "day"),
    (
        Column("line", "string", "Line"),
        Column("day", "date", "Day of the calls"),
        Column("feed_id", "string", "Delivery"),
    ),
    "Calls",
    TimeKind.EVENT,
    "day",
    sorted_by=("line", "day"),
    retention="36 months",
)
CONTRACTS = Table(
    "contracts",
    ("line", "valid_from"),
    (
        Column("line", "string", "Line"),
        Column("valid_from", "date", "First day"),
        Column("valid_to", "date", "Last day"),
        Column("end_reason", "string", "Why it ended"),
    ),
    "Contracts",
    TimeKind.VALIDITY,
    end_columns=("end_reason",),
    retention="36 months",
)


def sizes(tables_at, *rows):
    return tables_at.spark.createDataFrame(rows, SIZES.schema)


def found(frame):
    return sorted(tuple(row) for row in frame.collect())


def test_a_table_that_was_never_written_is_empty_with_its_columns(tables_at):
    empty = tables_at.read(SIZES, OCTOBER)

    assert empty.columns == SIZES.column_names
    assert empty.count() == 0
    assert tables_at.version(SIZES) == -1


def test_a_replaced_day_leaves_the_other_days_alone(tables_at):
    tables_at.replace(sizes(tables_at, ("a", OCTOBER, 1), ("b", OCTOBER, 2)), SIZES, as_of=OCTOBER)
    tables_at.replace(sizes(tables_at, ("a", NOVEMBER, 3)), SIZES, as_of=NOVEMBER)

    tables_at.replace(sizes(tables_at, ("a", OCTOBER, 9)), SIZES, as_of=OCTOBER)

    assert found(tables_at.read(SIZES)) == [("a", OCTOBER, 9), ("a", NOVEMBER, 3)]


def test_replacing_a_day_by_nothing_empties_it(tables_at):
    tables_at.replace(sizes(tables_at, ("a", OCTOBER, 1)), SIZES, as_of=OCTOBER)

    tables_at.replace(sizes(tables_at), SIZES, as_of=OCTOBER)

    assert found(tables_at.read(SIZES)) == []


def test_a_list_in_where_means_any_of_them(tables_at):
    tables_at.replace(sizes(tables_at, ("a", OCTOBER, 1), ("b", OCTOBER, 2), ("c", OCTOBER, 3)), SIZES, as_of=OCTOBER)

    tables_at.replace(sizes(tables_at, ("a", OCTOBER, 7)), SIZES, as_of=OCTOBER, segment_id=["a", "b"])

    assert found(tables_at.read(SIZES)) == [("a", OCTOBER, 7), ("c", OCTOBER, 3)]


def test_an_empty_list_in_where_replaces_nothing(tables_at):
    tables_at.replace(sizes(tables_at, ("a", OCTOBER, 1)), SIZES, as_of=OCTOBER)

    tables_at.replace(sizes(tables_at), SIZES, segment_id=[])

    assert found(tables_at.read(SIZES)) == [("a", OCTOBER, 1)]


def test_a_value_with_a_quote_is_taken_literally(tables_at):
    odd = "o'neill \\ 100%"
    tables_at.replace(sizes(tables_at, (odd, OCTOBER, 1), ("b", OCTOBER, 2)), SIZES, as_of=OCTOBER)

    tables_at.replace(sizes(tables_at, (odd, OCTOBER, 5)), SIZES, segment_id=odd)

    assert found(tables_at.read(SIZES)) == [("b", OCTOBER, 2), (odd, OCTOBER, 5)]


@pytest.mark.parametrize("write", ["replace", "replace_kept"])
def test_a_row_outside_the_replaced_part_is_refused_without_showing_it_and_nothing_is_written(tables_at, write):
    tables_at.replace(sizes(tables_at, ("a", OCTOBER, 1)), SIZES, as_of=OCTOBER)

    with pytest.raises(ContractError, match="outside") as refused:
        rows = sizes(tables_at, ("a", OCTOBER, 2), ("secret-segment", NOVEMBER, 3))
        getattr(tables_at, write)(rows, SIZES, as_of=OCTOBER)

    assert "secret-segment" not in str(refused.value)
    assert found(tables_at.read(SIZES)) == [("a", OCTOBER, 1)]


@pytest.mark.parametrize("write", ["append", "replace"])
def test_the_rows_of_a_line_lie_in_one_file_in_the_order_that_is_declared(tables_at, write):
    rows = tables_at.spark.createDataFrame(
        [(f"line {n % 50:02}", date(2026, 10, 1 + n // 50), "one") for n in reversed(range(1000))], CALLS.schema
    ).repartition(7)
    where = {"feed_id": "one"} if write == "replace" else {}

    getattr(tables_at, write)(rows, CALLS, **where)

    paths = Path(tables_at.address(CALLS)).glob("*.parquet")
    files = [pq.ParquetFile(path).read(columns=["line", "day"]).to_pylist() for path in paths]
    inside = [[(row["line"], row["day"]) for row in rows] for rows in files]
    assert sum(map(len, inside)) == 1000
    assert all(rows == sorted(rows) for rows in inside)
    assert sum(len({line for line, _ in rows}) for rows in inside) == 50


def test_every_difference_from_the_schema_is_named_at_once(tables_at):
    wrong = tables_at.spark.createDataFrame([("a", 1.5, "x")], "segment_id string, n_lines double, note string")

    with pytest.raises(ContractError) as refused:
        tables_at.replace(wrong, SIZES, as_of=OCTOBER)

    assert "as_of: missing, expected date" in refused.value.found
    assert "note: unknown" in refused.value.found
    assert "n_lines: found double, expected bigint" in refused.value.found
    assert tables_at.read(SIZES).count() == 0


def test_a_column_that_is_there_twice_is_refused(tables_at):
    twice = sizes(tables_at, ("a", OCTOBER, 1)).select("*", F.lit(2).cast("bigint").alias("n_lines"))

    with pytest.raises(ContractError, match="n_lines: 2 columns of this name"):
        tables_at.replace(twice, SIZES, as_of=OCTOBER)


@pytest.mark.parametrize("write", ["replace", "replace_kept", "append", "merge"])
def test_every_verb_refuses_rows_that_break_the_grain(tables_at, write):
    broken = sizes(tables_at, ("a", OCTOBER, 1), ("a", OCTOBER, 2), ("b", OCTOBER, 3))
    keyless = broken.withColumn("segment_id", F.when(F.col("n_lines") < 3, F.lit("a")))

    with pytest.raises(ContractError) as refused:
        getattr(tables_at, write)(keyless, SIZES)

    assert "2 rows share a key" in refused.value.found
    assert "1 rows have a null in their key" in refused.value.found
    assert tables_at.read(SIZES).count() == 0


def test_a_merge_updates_equal_keys_and_adds_new_ones(tables_at):
    tables_at.merge(sizes(tables_at, ("a", OCTOBER, 1), ("b", OCTOBER, 2)), SIZES)

    tables_at.merge(sizes(tables_at, ("b", OCTOBER, 5), ("c", OCTOBER, 6)), SIZES)

    assert found(tables_at.read(SIZES)) == [("a", OCTOBER, 1), ("b", OCTOBER, 5), ("c", OCTOBER, 6)]


def test_the_table_carries_its_comments_and_its_keys_are_not_null(tables_at):
    tables_at.append(sizes(tables_at, ("a", OCTOBER, 1)), SIZES)

    stored = tables_at.read(SIZES).schema

    assert {field.name: field.metadata.get("comment") for field in stored} == {c.name: c.comment for c in SIZES.columns}
    log = sorted((tables_at.spark.read.text(f"{tables_at.address(SIZES)}/_delta_log/*0.json")).collect())
    assert any('\\"n_lines\\",\\"type\\":\\"long\\",\\"nullable\\":true' in row.value for row in log)
    assert any('\\"segment_id\\",\\"type\\":\\"string\\",\\"nullable\\":false' in row.value for row in log)


def test_a_newer_declaration_adds_its_columns_and_old_rows_have_null(tables_at):
    tables_at.append(sizes(tables_at, ("a", OCTOBER, 1)), SIZES)
    share = Column("share", "double", "The segment's share", "0..1")
    newer = replace(SIZES, columns=(*SIZES.columns, share))

    next_run = Store(tables_at.spark, tables_at.location)
    early = next_run.read(newer).columns
    next_run.append(next_run.rows(newer, [{"segment_id": "b", "as_of": OCTOBER, "n_lines": 2, "share": 0.5}]), newer)

    assert early == newer.column_names
    assert found(next_run.read(newer).select("segment_id", "share")) == [("a", None), ("b", 0.5)]
    assert next_run.read(newer).schema["share"].metadata["comment"] == "The segment's share [0..1]"


def test_a_declaration_that_retypes_or_drops_a_column_needs_a_new_warehouse(tables_at):
    tables_at.append(sizes(tables_at, ("a", OCTOBER, 1)), SIZES)
    other = replace(SIZES, columns=(*SIZES.columns[:2], Column("n_homes", "bigint", "Homes")))

    next_run = Store(tables_at.spark, tables_at.location)

    with pytest.raises(ContractError, match="n_lines"):
        next_run.append(tables_at.rows(other, [{"segment_id": "b", "as_of": OCTOBER, "n_homes": 2}]), other)


def test_versions_of_all_that_was_read_and_written_are_remembered(tables_at):
    tables_at.append(sizes(tables_at, ("a", OCTOBER, 1)), SIZES)
    written = tables_at.versions_written[SIZES.name]
    tables_at.forget_versions()
    tables_at.read(SIZES)
    tables_at.append(sizes(tables_at, ("b", OCTOBER, 1)), SIZES)

    assert tables_at.versions_read == {SIZES.name: written}
    assert tables_at.versions_written == {SIZES.name: written + 1}


def test_an_event_is_seen_from_its_day_on_and_what_came_of_it_later_is_not(tables_at):
    arrived = datetime(2026, 11, 2)
    rows = [
        ("past", OCTOBER, NOVEMBER, arrived),
        ("settled", OCTOBER, OCTOBER, arrived),
        ("future", NOVEMBER, None, arrived),
    ]
    tables_at.append(tables_at.spark.createDataFrame(rows, TOP_UPS.schema), TOP_UPS)

    seen = tables_at.read(TOP_UPS, OCTOBER).select("top_up", "settled_on")

    assert found(seen) == [("past", None), ("settled", OCTOBER)]


def test_what_arrived_after_the_known_moment_is_not_seen(tables_at):
    early, late = datetime(2026, 11, 1), datetime(2026, 11, 5)
    rows = [("early", OCTOBER, None, early), ("late", OCTOBER, None, late)]
    tables_at.append(tables_at.spark.createDataFrame(rows, TOP_UPS.schema), TOP_UPS)

    seen = tables_at.read(TOP_UPS, OCTOBER, known_at=datetime(2026, 11, 2))

    assert found(seen.select("top_up")) == [("early",)]


def test_an_end_that_lies_ahead_is_not_known_yet_and_a_row_that_ended_says_why(tables_at):
    rows = [
        ("ahead", date(2026, 1, 1), NOVEMBER, "port_out"),
        ("today", date(2026, 1, 1), OCTOBER, "port_out"),
        ("not begun", NOVEMBER, None, None),
    ]
    tables_at.append(tables_at.spark.createDataFrame(rows, CONTRACTS.schema), CONTRACTS)

    seen = tables_at.read(CONTRACTS, OCTOBER)

    assert found(seen.select("line", "valid_to", "end_reason")) == [
        ("ahead", None, None),
        ("today", OCTOBER, "port_out"),
    ]


def test_a_row_holds_on_its_first_and_on_its_last_day(tables_at):
    rows = [("x", OCTOBER, NOVEMBER, None)]
    contracts = tables_at.spark.createDataFrame(rows, CONTRACTS.schema)

    holding = {
        day: holding_on(contracts, day).count() for day in (date(2026, 10, 30), OCTOBER, NOVEMBER, date(2026, 12, 1))
    }

    assert list(holding.values()) == [0, 1, 1, 0]


def test_a_schema_of_a_catalog_works_like_a_folder(spark, tmp_path):
    spark.sql(f"create schema if not exists store_test location '{tmp_path / 'schema'}'")
    tables_at = Store(spark, "spark_catalog.store_test")
    try:
        tables_at.replace(sizes(tables_at, ("a", OCTOBER, 1)), SIZES, as_of=OCTOBER)
        tables_at.replace(sizes(tables_at, ("a", OCTOBER, 2)), SIZES, as_of=OCTOBER)
        tables_at.merge(sizes(tables_at, ("b", OCTOBER, 3)), SIZES)
        tables_at.append(sizes(tables_at, ("c", OCTOBER, 4)), SIZES)

        assert found(spark.table("store_test.sizes")) == [("a", OCTOBER, 2), ("b", OCTOBER, 3), ("c", OCTOBER, 4)]
        assert tables_at.version(SIZES) == 4
    finally:
        spark.sql("drop schema store_test cascade")
