"""What a segment looks like, on bases small enough to reckon by hand."""

import math
from datetime import date, datetime

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from scipy.stats import rankdata

from segmentation.features.catalogue import by_name
from segmentation.profiles import description
from segmentation.profiles.description import churn_known, profiles
from segmentation.profiles.ranks import mean_rank_per_segment
from segmentation.tables.built import OUTCOMES, SEGMENT_PROFILES
from segmentation.tables.checks import conform

JUNE = date(2026, 6, 30)
NOON = datetime(2026, 7, 1, 12)
CATALOGUE = (by_name("recharges_per_month"), by_name("tenure_months"), by_name("salary_bracket"))
FEATURES = "subscriber_id string, recharges_per_month double, tenure_months double"


@pytest.fixture(scope="module")
def described(spark: SparkSession) -> dict[tuple[str, str], dict]:
    assigned = spark.createDataFrame(
        [("ann", "s-1"), ("bob", "s-1"), ("cid", "s-1"), ("dan", "s-2"), ("eve", "s-2")],
        "subscriber_id string, segment_id string",
    )
    features = spark.createDataFrame(
        [
            ("ann", 1.0, 10.0),
            ("bob", 2.0, 10.0),
            ("cid", 3.0, 10.0),
            ("dan", 8.0, 10.0),
            ("eve", None, 10.0),
            ("fay", 99.0, 1.0),
        ],
        FEATURES,
    )
    values = spark.createDataFrame(
        [("ann", 100), ("bob", 300), ("dan", 500)], "subscriber_id string, monthly_value bigint"
    )
    return _by_key(_profiles(assigned, features, population=values))


def _profiles(assigned: DataFrame, features: DataFrame, **more: DataFrame) -> DataFrame:
    stamp = {"vertical": "payg", "as_of": JUNE, "run_id": "r", "computed_at": NOON}
    return conform(profiles(assigned, features, CATALOGUE, **stamp, **more), SEGMENT_PROFILES, where="test")


def _by_key(frame: DataFrame) -> dict[tuple[str, str], dict]:
    return {(row["segment_id"], row["feature"]): row.asDict() for row in frame.collect()}


def test_every_segment_is_described_by_every_feature_and_the_three_extras(described):
    features = {"recharges_per_month", "tenure_months", "salary_bracket", "monthly_value", "churned_share"}

    assert set(described) == {(segment, feature) for segment in ("s-1", "s-2") for feature in features}


def test_statistics_are_exact_and_leave_unknown_values_and_other_lines_out(described):
    often, rarely = described["s-2", "recharges_per_month"], described["s-1", "recharges_per_month"]

    assert (rarely["n_subscribers"], rarely["share"], rarely["n_known"]) == (3, 0.6, 3)
    assert (often["n_subscribers"], often["share"], often["n_known"]) == (2, 0.4, 1)
    assert [rarely[name] for name in ("mean", "lower_quartile", "median", "upper_quartile")] == [2.0, 1.5, 2.0, 2.5]
    assert (rarely["base_mean"], rarely["base_median"]) == (3.5, 2.5)
    assert (rarely["mean_rank"], often["mean_rank"]) == pytest.approx((1 / 3, 1.0))


def test_difference_is_from_the_others_over_the_pooled_spread(described):
    pooled = math.sqrt((1.0 + 0.0 + 1.0 + 0.0) / (4 - 2))

    assert described["s-1", "recharges_per_month"]["standardised_difference"] == pytest.approx((2.0 - 8.0) / pooled)
    assert described["s-2", "recharges_per_month"]["standardised_difference"] == pytest.approx((8.0 - 2.0) / pooled)


def test_a_feature_without_spread_ranks_in_the_middle_and_has_no_difference(described):
    tenure = described["s-1", "tenure_months"]

    assert (tenure["mean_rank"], tenure["standardised_difference"]) == (0.5, None)


def test_a_feature_nobody_has_is_null_not_zero(described):
    salary = described["s-1", "salary_bracket"]

    assert (salary["n_subscribers"], salary["n_known"]) == (3, 0)
    assert {salary[name] for name in ("mean", "median", "mean_rank", "standardised_difference", "base_mean")} == {None}


def test_value_comes_from_the_population_when_it_is_no_feature(described):
    assert described["s-1", "monthly_value"]["mean"] == 200.0
    assert described["s-1", "monthly_value"]["family"] == "value"


def test_quartiles_of_a_large_base_are_of_values_to_twelve_bits(spark, monkeypatch):
    values = [10_000.3, 10_001.3, 20_000.7]
    assigned = spark.createDataFrame([(f"l{n}", "s-1") for n in range(3)], "subscriber_id string, segment_id string")
    features = spark.createDataFrame([(f"l{n}", value, 1.0) for n, value in enumerate(values)], FEATURES)

    exact = _by_key(_profiles(assigned, features))["s-1", "recharges_per_month"]
    monkeypatch.setattr(description, "MOST_EXACT", 2)
    rough = _by_key(_profiles(assigned, features))["s-1", "recharges_per_month"]

    assert exact["median"] == 10_001.3
    assert rough["median"] == 10_000.0
    assert rough["mean"] == exact["mean"]


def test_churn_is_that_of_the_last_known_day_with_its_shortest_horizon(spark):
    rows = [
        {"subscriber_id": who, "as_of": day, "horizon_months": horizon, "is_churned": churned, "known_on": known}
        for who, day, horizon, churned, known in (
            ("ann", date(2026, 4, 30), 1, True, date(2026, 5, 31)),
            ("ann", date(2026, 5, 31), 1, False, JUNE),
            ("bob", date(2026, 5, 31), 1, True, JUNE),
            ("bob", date(2026, 5, 31), 3, True, JUNE),
            ("ann", JUNE, 1, True, date(2026, 7, 31)),
        )
    ]
    full_rows = [tuple({"vertical": "payg", **row}.get(name) for name in OUTCOMES.column_names) for row in rows]
    outcomes = spark.createDataFrame(full_rows, OUTCOMES.schema)
    held = spark.createDataFrame(
        [(who, day, "s-1") for who in ("ann", "bob") for day in (date(2026, 4, 30), date(2026, 5, 31), JUNE)],
        "subscriber_id string, as_of date, segment_id string",
    )

    known = churn_known(outcomes, held, JUNE)
    assigned = spark.createDataFrame([("cid", "s-1")], "subscriber_id string, segment_id string")
    described = _by_key(_profiles(assigned, spark.createDataFrame([("cid", 1.0, 2.0)], FEATURES), churned=known))

    churn = described["s-1", "churned_share"]
    assert (churn["mean"], churn["n_known"], churn["n_subscribers"]) == (0.5, 2, 1)


def test_mean_ranks_equal_average_ranks_and_do_not_depend_on_the_unit_or_the_partitions(spark):
    numbers = np.random.default_rng(1)
    whole, tailed = numbers.integers(0, 9, 500).astype(float), numbers.lognormal(3, 2, 500)
    segments = np.array([f"s-{k}" for k in numbers.integers(0, 3, 500)], dtype=object)
    rows = [(s, "whole", w) for s, w in zip(segments, whole.tolist(), strict=True)]
    rows += [(s, "tailed", t) for s, t in zip(segments, tailed.tolist(), strict=True)]
    rows += [(s, "other unit", -37 * t) for s, t in zip(segments, tailed.tolist(), strict=True)]
    values = spark.createDataFrame(rows, "segment_id string, feature string, value double")

    ranks, again = (
        {(row["feature"], row["segment_id"]): row["mean_rank"] for row in mean_rank_per_segment(frame).collect()}
        for frame in (values.repartition(7), values.coalesce(1))
    )

    for segment in ("s-0", "s-1", "s-2"):
        mine = segments == segment
        assert ranks["whole", segment] == pytest.approx(((rankdata(whole) - 1) / 499)[mine].mean(), abs=1e-12)
        assert ranks["tailed", segment] == pytest.approx(((rankdata(tailed) - 1) / 499)[mine].mean(), abs=1e-3)
        assert ranks["other unit", segment] == pytest.approx(1 - ranks["tailed", segment], abs=2e-3)
    assert again == ranks
