"""What readers see, and how a correction leaves a trace."""

from datetime import date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.errors import ModelError
from segmentation.segments import publication
from segmentation.tables import Store
from segmentation.tables.built import SEGMENT_ASSIGNMENTS, SEGMENT_SCORES, SEGMENTS, SEGMENTS_NOW

AUGUST, SEPTEMBER = date(2026, 8, 31), date(2026, 9, 30)
NOON = datetime(2026, 10, 1, 12)
SEGMENT_ROWS = [
    {"vertical": "payg", "segment_id": key, "model_version": model, "cluster": cluster, "segment_name": name}
    for key, model, cluster, name in (
        ("payg-01", "m1", 0, "Often"),
        ("payg-02", "m1", 1, "Rarely"),
        ("payg-00", "m0", 0, "Old"),
    )
]
LINES = (("ann", 0, 1, 0.5), ("bob", 1, 0, 0.25), ("cid", 1, 0, 1 / 3))


@pytest.fixture
def tables_at(spark: SparkSession, tmp_path) -> Store:
    store = Store(spark, str(tmp_path / "warehouse"))
    store.replace(store.rows(SEGMENTS, SEGMENT_ROWS), SEGMENTS)
    return store


def _scores(tables_at: Store, lines: tuple = LINES, as_of: date = AUGUST, run_id: str = "r1") -> DataFrame:
    assigned = tables_at.spark.createDataFrame(
        [(who, cluster, None, margin, other, False, "centroid") for who, cluster, other, margin in lines],
        "subscriber_id string, cluster int, probability double, margin double, runner_up int, is_outlier boolean,"
        " assigned_by string",
    )
    stamp = {"vertical": "payg", "model_version": "m1", "as_of": as_of, "run_id": run_id, "computed_at": NOON}
    return publication.scores(assigned, tables_at.read(SEGMENTS), **stamp)


def _publish(
    tables_at: Store, lines: tuple = LINES, as_of: date = AUGUST, run_id: str = "r1", features_version: str = "f1"
) -> int:
    features = tables_at.spark.createDataFrame(
        [(who, as_of, "active", ["care"], 0, features_version, 2) for who, *_ in lines],
        "subscriber_id string, as_of date, state string, missing_families array<string>, staleness_periods bigint,"
        " features_version string, n_imputed int",
    )
    population = tables_at.spark.createDataFrame([("ann", 1200)], "subscriber_id string, monthly_value bigint")
    qualities = tables_at.spark.createDataFrame([("bob", 0.75)], "subscriber_id string, quality double")
    rows = publication.published(_scores(tables_at, lines, as_of, run_id), features, population, qualities)
    return publication.publish(tables_at, rows, vertical="payg", as_of=as_of)


def _rows(spark: SparkSession, lines: tuple, run_id: str) -> DataFrame:
    """Published rows without the correction, straight from memory."""
    names = [name for name in SEGMENT_ASSIGNMENTS.column_names if name != "correction"]
    fields = [SEGMENT_ASSIGNMENTS.schema[name] for name in names]
    told = [
        {"vertical": "payg", "subscriber_id": who, "as_of": AUGUST, "segment_id": f"payg-0{cluster}", "margin": margin}
        | {"runner_up_segment_id": f"payg-0{other}", "missing_families": ["care"], "run_id": run_id}
        for who, cluster, other, margin in lines
    ]
    schema = T.StructType([T.StructField(field.name, field.dataType, True) for field in fields])
    return spark.createDataFrame([tuple(row.get(name) for name in names) for row in told], schema)


def _seen(tables_at: Store, as_of: date = AUGUST) -> dict[str, tuple[str, int]]:
    rows = publication.current_assignments(tables_at, "payg", as_of).collect()
    return {row["subscriber_id"]: (row["segment_id"], row["correction"]) for row in rows}


def test_scores_carry_the_segments_of_their_own_model(tables_at):
    rows = {row["subscriber_id"]: row for row in _scores(tables_at).collect()}

    assert _scores(tables_at).columns == SEGMENT_SCORES.column_names
    assert [(rows[who]["segment_id"], rows[who]["runner_up_segment_id"]) for who in ("ann", "bob")] == [
        ("payg-01", "payg-02"),
        ("payg-02", "payg-01"),
    ]


def test_a_first_publication_is_number_0_and_a_rerun_adds_nothing(tables_at):
    first = _publish(tables_at)
    version = tables_at.version(SEGMENT_ASSIGNMENTS)

    again = _publish(tables_at, run_id="r2")

    assert (first, again) == (0, 0)
    assert tables_at.version(SEGMENT_ASSIGNMENTS) == version
    ann = publication.current_assignments(tables_at, "payg", AUGUST).filter("subscriber_id = 'ann'").first()
    assert (ann["state"], ann["monthly_value"], ann["missing_families"]) == ("active", 1200, ["care"])
    assert (ann["raw_segment_id"], ann["feature_date"]) == ("payg-01", AUGUST)


def test_a_change_is_a_correction_that_readers_see_and_the_first_word_stays(tables_at):
    _publish(tables_at)

    moved = _publish(tables_at, (("ann", 1, 0, 0.5), *LINES[1:]))

    assert moved == 1
    assert _seen(tables_at) == {"ann": ("payg-02", 1), "bob": ("payg-02", 1), "cid": ("payg-02", 1)}
    assert tables_at.read(SEGMENT_ASSIGNMENTS, AUGUST).filter("correction = 0").count() == 3


def test_a_new_delivery_that_moves_no_value_is_no_correction(tables_at):
    _publish(tables_at)

    assert _publish(tables_at, run_id="r2", features_version="f2") == 0
    assert _publish(tables_at, (("ann", 1, 0, 0.5), *LINES[1:]), features_version="f2") == 1


def test_lines_without_a_segment_are_refused_before_anything_is_written(tables_at):
    with pytest.raises(ModelError, match="2 of 3 lines") as refused:
        _publish(tables_at, (LINES[0], ("bob", 7, 0, 0.5), ("cid", 7, 0, 0.5)))

    assert "payg" in str(refused.value)
    assert "--refit" in str(refused.value)
    assert tables_at.read(SEGMENT_ASSIGNMENTS).count() == 0


def test_a_line_that_is_gone_is_a_change(tables_at):
    _publish(tables_at)

    assert _publish(tables_at, LINES[:2]) == 1
    assert set(_seen(tables_at)) == {"ann", "bob"}


@pytest.mark.parametrize(
    ("others", "n_changed"),
    [
        (("cid", 1, 0, 1 / 3 + 1e-11), 0),
        (("cid", 1, 0, 1 / 3 + 1e-6), 1),
        (("cid", 1, 0, None), 1),
        (("cid", 1, 1, 1 / 3), 1),
        (("dan", 1, 0, 1 / 3), 2),
    ],
    ids=["rounding", "more than rounding", "a value gone", "another runner-up", "one gone, one new"],
)
def test_lines_differ_when_a_reader_could_tell(spark, others, n_changed):
    was, is_now = _rows(spark, LINES, "r1"), _rows(spark, (*LINES[:2], others), "r2")

    assert publication.n_different(is_now, was) == n_changed


def test_segments_now_shows_the_last_day_in_its_last_word(tables_at):
    _publish(tables_at)
    _publish(tables_at, as_of=SEPTEMBER)
    _publish(tables_at, (("ann", 1, 0, 0.9), *LINES[1:]), as_of=SEPTEMBER)

    now = publication.segments_now(tables_at)

    assert {(r["subscriber_id"], r["segment_name"], r["as_of"], r["correction"]) for r in now.collect()} == {
        (who, "Rarely", SEPTEMBER, 1) for who in ("ann", "bob", "cid")
    }
    assert now.select(F.countDistinct("subscriber_id")).first()[0] == now.count()


def test_segments_now_stands_in_the_catalogue_with_its_comments_and_follows_the_tables(spark, tmp_path):
    spark.sql(f"create schema view_test location '{tmp_path / 'schema'}'")
    try:
        tables_at = Store(spark, "spark_catalog.view_test")
        tables_at.replace(tables_at.rows(SEGMENTS, SEGMENT_ROWS), SEGMENTS)
        for day in (AUGUST, SEPTEMBER):
            _publish(tables_at, as_of=day)
            publication.keep_view(tables_at)

        now = spark.table("view_test.segments_now")

        assert now.columns == SEGMENTS_NOW.column_names
        assert now.schema["segment_name"].metadata["comment"] == "Name people use"
        assert {(r["subscriber_id"], r["segment_name"], r["as_of"]) for r in now.collect()} == {
            ("ann", "Often", SEPTEMBER),
            ("bob", "Rarely", SEPTEMBER),
            ("cid", "Rarely", SEPTEMBER),
        }
    finally:
        spark.sql("drop schema view_test cascade")


def test_a_folder_holds_no_view(tables_at):
    _publish(tables_at)

    publication.keep_view(tables_at)

    assert publication.segments_now(tables_at).columns == SEGMENTS_NOW.column_names
    assert not tables_at.exists(SEGMENTS_NOW)
