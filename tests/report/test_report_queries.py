"""What the page counts, on rows made by hand."""

from pyspark.sql import SparkSession

from segmentation.report import queries
from segmentation.report.reading import small

ASSIGNED = (
    "vertical string, subscriber_id string, as_of string, correction int, segment_id string, probability double, "
    "margin double, is_outlier boolean, assigned_by string, state string, monthly_value bigint, "
    "missing_families array<string>, staleness_periods bigint, quality double"
)
REFUSED = "source string, feed_id string, n_rows bigint, reasons array<string>, state string"


def _line(key, segment, *, correction=0, margin=0.5, value=100, missing=(), stale=0):
    return (
        "payg",
        key,
        "2026-06-30",
        correction,
        segment,
        None,
        margin,
        False,
        "centroid",
        "active",
        value,
        list(missing),
        stale,
        0.75,
    )


def test_segments_are_counted_with_their_value_and_margins(spark: SparkSession):
    lines = [_line("ann", "b"), _line("bob", "b", margin=0.05, value=None)]
    assigned = spark.createDataFrame(lines, ASSIGNED)

    sizes = small(queries.segment_sizes(assigned)).to_dict("records")

    assert [(row["segment_id"], row["n_lines"], row["total_value"], row["n_valued"]) for row in sizes] == [
        ("b", 2, 100, 1)
    ]
    assert [sizes[0][f"n_{band}"] for band, _, _ in queries.MARGIN_BANDS] == [1, 0, 1, 0]
    assert sizes[0]["mean_quality"] == 0.75


def test_a_margin_beyond_doubt_is_in_a_band(spark: SparkSession):
    assigned = spark.createDataFrame([_line("ann", "a", margin=1.0), _line("bob", "a", margin=0.0)], ASSIGNED)

    row = queries.segment_sizes(assigned).first()

    assert (row["n_border"], row["n_sure"]) == (1, 1)


def test_a_refused_row_counts_for_each_of_its_reasons_until_it_is_taken_in(spark: SparkSession):
    refused = [
        ("recharges", "one", 3, ["type(day)"], "open"),
        ("recharges", "one", 2, ["type(day)", "required(key)"], "dropped"),
        ("recharges", "one", 8, ["type(day)"], "replayed"),
    ]
    quarantine = spark.createDataFrame(refused, REFUSED)
    feeds = spark.createDataFrame([("recharges", "one")], "source string, feed_id string")

    found = small(queries.quarantine_reasons(quarantine, feeds))

    assert dict(zip(found["reason"], found["n_rows"], strict=True)) == {"required(key)": 2, "type(day)": 5}


def test_the_last_delivery_of_a_snapshot_counts_alone_and_all_of_other_feeds_do(spark: SparkSession):
    deliveries = [
        ("lines", "one", 1, "snapshot", None),
        ("lines", "two", 2, "snapshot", None),
        ("recharges", "one", 1, "append", "both"),
        ("recharges", "two", 2, "append", None),
        ("recharges", "both", 3, "append", None),
        ("old", "one", 1, None, None),
        ("old", "two", 2, None, None),
    ]
    columns = "source string, feed_id string, recorded_at int, feed string, read_again_in string"
    refused = [("lines", "one", 9, ["type(day)"], "open"), ("lines", "two", 4, ["type(day)"], "open")]

    standing = queries.standing_feeds(spark.createDataFrame(deliveries, columns))
    reasons = queries.quarantine_reasons(spark.createDataFrame(refused, REFUSED), standing)

    found = {(row["source"], row["feed_id"], row["is_newest"]) for row in standing.collect()}
    assert found == {
        ("lines", "two", True),
        ("recharges", "two", False),
        ("recharges", "both", True),
        ("old", "two", True),
    }
    assert [(row["source"], row["n_rows"]) for row in reasons.collect()] == [("lines", 4)]


def test_columns_that_changed_are_those_of_the_last_delivery(spark: SparkSession):
    feeds = spark.createDataFrame([("recharges", "two")], "source string, feed_id string")
    changed = [("recharges", "one", "day", "new", "x"), ("recharges", "two", "fee", "gone", "it was string")]
    columns = "source string, feed_id string, column_name string, change string, detail string"

    found = queries.changed_columns(spark.createDataFrame(changed, columns), feeds).collect()

    assert [tuple(row) for row in found] == [("recharges", "fee", "gone", "it was string")]


def test_the_sample_has_no_key_and_is_the_same_at_any_partition_count(spark: SparkSession):
    features = spark.createDataFrame([(f"line-{n}", float(n)) for n in range(50)], "subscriber_id string, calls double")
    assigned = features.selectExpr("subscriber_id", "if(calls < 25, 'a', 'b') as segment_id")

    one, many = (
        small(queries.sample_of_lines(features.repartition(n), assigned, ["calls"], 10), is_sorted=False)
        for n in (1, 7)
    )

    assert list(one.columns) == ["segment_id", "calls"]
    assert len(one) == 10
    assert one.equals(many)


def test_ties_count_for_both_ends(spark: SparkSession):
    edges = spark.createDataFrame([("ann", "bob"), ("ann", "cem")], "subscriber_a string, subscriber_b string")
    assigned = spark.createDataFrame(
        [("ann", "a"), ("bob", "a"), ("cem", "b")], "subscriber_id string, segment_id string"
    )

    found = small(queries.ties_between(edges, assigned)).to_dict("split")["data"]

    assert found == [["a", "a", 2], ["a", "b", 1], ["b", "a", 1]]
