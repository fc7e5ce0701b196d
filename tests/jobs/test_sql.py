from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from jobs import closing, doctor, sql
from segmentation import runs
from segmentation.errors import DataError
from segmentation.settings import load
from segmentation.tables import built

pytestmark = pytest.mark.delta
ROOT = Path(__file__).parent.parent.parent
OCTOBER = date(2026, 10, 31)


@pytest.fixture
def at(spark, tmp_path):
    places = {name: tmp_path / name for name in ("warehouse", "vault", "landing", "report", "logs")}
    settings = load(ROOT / "conf/local.yaml", [f"{name}={place}" for name, place in places.items()])
    return runs.new_run(spark, settings)


def publish(at, *rows):
    named = [
        {"vertical": "payg", "segment_id": key, "segment_name": name, "model_version": "m"}
        for key, name in (("s1", "Bulk Rechargers"), ("s2", "Churn Risk"))
    ]
    at.tables_at.merge(at.tables_at.rows(built.SEGMENTS, named), built.SEGMENTS)
    filled = [
        {
            "vertical": "payg",
            "as_of": OCTOBER,
            "is_outlier": False,
            "state": "active",
            "staleness_periods": 0,
            "missing_families": [],
            "run_id": "r",
            "computed_at": datetime(2026, 11, 1, tzinfo=UTC),
            **row,
        }
        for row in rows
    ]
    at.tables_at.append(at.tables_at.rows(built.SEGMENT_ASSIGNMENTS, filled), built.SEGMENT_ASSIGNMENTS)


def test_a_query_sees_every_table_and_the_last_word_on_each_line(at):
    publish(
        at,
        {"subscriber_id": "ann", "segment_id": "s1", "correction": 0},
        {"subscriber_id": "bob", "segment_id": "s1", "correction": 0},
        {"subscriber_id": "ann", "segment_id": "s1", "correction": 1},
        {"subscriber_id": "bob", "segment_id": "s2", "correction": 1},
    )

    answer = sql.run(at, "select subscriber_id, segment_name from segments_now order by 1; ")

    assert answer.data["columns"] == ["subscriber_id", "segment_name"]
    assert answer.data["rows"] == [["ann", "Bulk Rechargers"], ["bob", "Churn Risk"]]


def test_a_table_that_was_never_written_is_empty(at):
    assert sql.run(at, "select count(*) from recharges").data["rows"] == [[0]]


def test_days_and_lists_become_json(at):
    query = "select date'2026-10-31', array('a', null), map('k', 1), cast(1.5 as decimal(3,1))"

    assert sql.run(at, query).data["rows"] == [["2026-10-31", ["a", None], {"k": 1}, "1.5"]]


def test_more_rows_than_asked_for_are_cut_and_said_to_be(at):
    answer = sql.run(at, "select * from range(10)", limit=3)

    assert len(answer.data["rows"]) == 3
    assert answer.data["is_cut"] is True


@pytest.mark.parametrize(
    "query",
    [
        "drop view segments_now",
        "select 1) union all (select 2",
        "select nothing from segments_now",
        "select * from truth_segments",
        "select * from identity_vault",
    ],
)
def test_what_is_no_query_over_the_tables_is_refused(at, query):
    if "union" in query:
        assert sql.run(at, query).data["rows"] == [[1], [2]]
        return

    with pytest.raises(DataError, match="cannot run this query"):
        sql.run(at, query)


def test_a_query_cannot_write(at):
    publish(at, {"subscriber_id": "ann", "segment_id": "s1", "correction": 0})
    place = at.tables_at.address(built.SEGMENTS)

    for statement in (f"delete from delta.`{place}`", f"insert into delta.`{place}` select * from delta.`{place}`"):
        with pytest.raises(DataError):
            sql.run(at, statement)

    assert at.tables_at.read(built.SEGMENTS).count() == 2


def test_a_run_ends_with_sizes_shares_and_value_of_the_last_day(at):
    publish(
        at,
        {"subscriber_id": "ann", "segment_id": "s1", "correction": 0, "monthly_value": 1000},
        {"subscriber_id": "bob", "segment_id": "s1", "correction": 0, "monthly_value": None},
        {"subscriber_id": "cid", "segment_id": "s2", "correction": 0, "monthly_value": 250},
    )

    data = closing.where_everything_is(at).data

    assert [(row["segment_name"], row["n_lines"], row["value_per_line"]) for row in data["segments"]] == [
        ("Bulk Rechargers", 2, 10.0),
        ("Churn Risk", 1, 2.5),
    ]
    assert data["places"]["report"].endswith("report/index.html")


@pytest.mark.graph
def test_the_doctor_writes_reads_and_propagates(at):
    checks = list(doctor.with_spark(at.settings))

    assert [(check.name, check.is_well) for check in checks] == [("JARs", True), ("Delta", True), ("GraphFrames", True)]
