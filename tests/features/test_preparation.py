"""Preparation: the same for one row as for all, at any partitioning, and finite whatever comes in."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segmentation.errors import DataError
from segmentation.features.catalogue import by_name
from segmentation.features.preparation import Preparation, fit_preparation, learn, n_imputed, nodes
from segmentation.settings import PreparationSettings

SALARY, DATA, NIGHT, SMS = (
    by_name(name) for name in ("salary_bracket", "data_kb_per_month", "data_night_share", "sms_per_month")
)
USUAL = PreparationSettings()


def random_rows(n_rows: int, n_columns: int) -> np.ndarray:
    return np.random.default_rng(7).lognormal(size=(n_rows, n_columns))


def test_what_is_missing_for_most_constant_or_a_twin_is_left_out_with_the_reason():
    rows = random_rows(500, 4)
    rows[:400, 1] = np.nan
    rows[:, 2] = 5.0
    rows[:, 3] = rows[:, 0] * 3

    found = learn(rows, [DATA, NIGHT, SALARY, SMS], USUAL)

    assert found.raw_names == ("data_kb_per_month",)
    assert found.dropped["data_night_share"] == "missing for 80% of the lines (at most 60%)"
    assert found.dropped["salary_bracket"] == "the same for all lines"
    assert found.dropped["sms_per_month"].startswith("moves with data_kb_per_month (correlation 1.000")


def with_others(n_others: int, *, n_rows: int = 10_000, of: float = 4.0) -> np.ndarray:
    """A column that is the same but for so many rows, each of which has a value of its own."""
    column = np.full((n_rows, 1), of)
    column[:n_others, 0] = of + 1 + np.arange(n_others)
    return column


@pytest.mark.parametrize(
    ("column", "chosen", "reason"),
    [
        (with_others(0), {}, "the same for all lines"),
        (with_others(1), {}, "the same for all but 0.01% of the lines (at least 0.5%)"),
        (with_others(10), {}, "the same for all but 0.1% of the lines (at least 0.5%)"),
        (with_others(10, of=0.0), {}, "the same for all but 0.1% of the lines (at least 0.5%)"),
        (with_others(10), {"winsorise": 0}, "the same for all but 0.1% of the lines (at least 0.5%)"),
        (with_others(10), {"scaling": "robust"}, "the same for all but 0.1% of the lines (at least 0.5%)"),
        (with_others(400), {"max_equal_share": 0.95}, "the same for all but 4% of the lines (at least 5%)"),
        (np.vstack([with_others(30), np.full((14_000, 1), np.nan)]), {}, "the same for all but 0.3% of the lines"),
        (np.vstack([with_others(30), -with_others(30, of=-4.0)]), {}, "the same for all but 0.3% of the lines"),
        (with_others(60), {"winsorise": 0.01}, "the same for all but a few lines"),
    ],
)
def test_a_feature_with_one_value_for_nearly_all_lines_is_left_out(column, chosen, reason):
    rows = np.column_stack([random_rows(len(column), 1), column])

    found = learn(rows, [SALARY, SMS], PreparationSettings(**chosen))

    assert found.dropped["sms_per_month"].startswith(reason)


@pytest.mark.parametrize(
    ("column", "chosen"),
    [
        (with_others(100), {}),
        (with_others(100, of=0.0), {"scaling": "robust"}),
        (with_others(10), {"winsorise": 0, "max_equal_share": 0.999}),
        (with_others(1), {"winsorise": 0, "max_equal_share": 1}),
        (np.arange(10_000.0)[:, None] % 2, {}),
    ],
)
def test_a_feature_in_which_enough_lines_differ_is_fitted_on(column, chosen):
    rows = np.column_stack([random_rows(len(column), 1), column])

    assert "sms_per_month" in learn(rows, [SALARY, SMS], PreparationSettings(**chosen)).raw_names


def test_prepared_features_are_standard_and_the_missing_are_in_the_middle():
    rows = random_rows(4000, 2)
    rows[::7, 0] = np.nan

    found = learn(rows, [SALARY, DATA], USUAL)
    points = found.transform(rows)

    assert points.mean(axis=0) == pytest.approx([0, 0], abs=1e-4)
    assert points.std(axis=0) == pytest.approx([1, 1], abs=1e-4)
    assert len(set(points[::7, 0])) == 1
    assert found.n_imputed(rows).sum() == len(rows[::7])


def test_another_currency_gives_the_same_points():
    rows = random_rows(1000, 1) * 100

    here = learn(rows, [DATA], USUAL).transform(rows)
    elsewhere = learn(rows * 37, [DATA], USUAL).transform(rows * 37)

    assert np.abs(here - elsewhere).max() < 1e-5


def test_a_family_weighs_what_the_settings_say():
    rows = random_rows(1000, 2)

    weighed = learn(rows, [SALARY, DATA], PreparationSettings(family_weights={"salary": 0.5, "usage": 0}))

    assert weighed.raw_names == ("salary_bracket",)
    assert weighed.dropped["data_kb_per_month"] == "the settings give the family usage no weight"
    assert weighed.transform(rows[:, [0]]).std() == pytest.approx(0.5, abs=1e-4)


def test_points_lie_on_a_grid_fine_enough_not_to_be_seen():
    rows = random_rows(1000, 1)
    found = learn(rows, [SALARY], USUAL)
    quantum = found.steps[0].quantum

    points = found.transform(rows)

    assert math.log2(quantum) == int(math.log2(quantum))
    assert np.all(points / quantum == np.rint(points / quantum))
    assert quantum < 1e-4


def test_a_preparation_survives_json():
    rows = random_rows(300, 2)
    found = learn(rows, [SALARY, DATA], USUAL)

    again = Preparation.from_dict(json.loads(json.dumps(found.to_dict())))

    assert again == found
    assert np.array_equal(again.transform(rows), found.transform(rows))


def test_nothing_left_is_an_error_that_says_why():
    with pytest.raises(DataError, match="salary_bracket: the same for all lines"):
        learn(np.ones((50, 1)), [SALARY], USUAL)


UGLY = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 30), st.just(3)),
    elements=st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, -1.0, 5e-324, 1e308]),
)


@settings(max_examples=300, deadline=None)
@given(rows=UGLY, scaling=st.sampled_from(["none", "standard", "robust"]), unseen=UGLY)
def test_whatever_comes_in_finite_numbers_come_out_and_one_row_equals_the_batch(rows, scaling, unseen):
    chosen = PreparationSettings(scaling=scaling, max_missing=1)
    try:
        found = learn(rows, [SALARY, DATA, NIGHT], chosen)
    except DataError:
        return
    columns = [("salary_bracket", "data_kb_per_month", "data_night_share").index(name) for name in found.raw_names]
    values = np.vstack([rows, unseen])[:, columns]

    points = found.transform(values)

    assert np.isfinite(points).all()
    for index, row in enumerate(values):
        assert np.array_equal(found.transform(row[None, :])[0], points[index])


def test_the_rows_learnt_from_and_the_points_do_not_depend_on_partitions(spark):
    rng = np.random.default_rng(3)
    rows = [(f"s{n:04}", None if n % 9 == 0 else float(rng.lognormal()), float(rng.normal())) for n in range(600)]
    frame = spark.createDataFrame(rows, "subscriber_id string, data_kb_per_month double, salary_bracket double")
    chosen = PreparationSettings(sample_rows=200)

    results = []
    for shuffled in (frame.coalesce(1), frame.orderBy("salary_bracket").repartition(7)):
        found = fit_preparation(shuffled, [DATA, SALARY], chosen)
        points = {row["subscriber_id"]: row["features"] for row in nodes(shuffled, found).collect()}
        results.append((found, points))

    assert results[0] == results[1]
    found, points = results[0]
    single = found.transform([[np.nan if value is None else value for value in rows[0][1:]]])[0]
    assert points["s0000"] == list(single)


def test_features_that_had_to_be_filled_are_counted_per_line(spark):
    found = learn(random_rows(300, 2), [SALARY, DATA], USUAL)
    rows = [
        ("all known", 3.0, 0.0, None),
        ("one null", None, -5.0, 1.0),
        ("one endless", 1.0, -math.inf, 1.0),
        ("neither is a number", math.nan, math.inf, 1.0),
    ]
    frame = spark.createDataFrame(
        rows, "subscriber_id string, salary_bracket double, data_kb_per_month double, sms_per_month double"
    )
    values = np.array([row[1:3] for row in rows], dtype=float)

    counted = {row["subscriber_id"]: row["n"] for row in frame.select("*", n_imputed(found).alias("n")).collect()}

    assert counted == {"all known": 0, "one null": 1, "one endless": 1, "neither is a number": 2}
    assert found.n_imputed(values).tolist() == [0, 1, 1, 2]
