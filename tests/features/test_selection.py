"""Features that are not fitted on: told by others, shifted, or made from what came later."""

from datetime import date

import numpy as np
import pytest

from segmentation.features import catalogue, selection
from segmentation.features.catalogue import by_name
from segmentation.features.preparation import learn
from segmentation.settings import PreparationSettings, VerticalName
from segmentation.tables import built

PAYG = VerticalName.PAYG
DATA, NIGHT, SMS = (by_name(name) for name in ("data_kb_per_month", "data_night_share", "sms_per_month"))
MARCH, JUNE = date(2026, 3, 31), date(2026, 6, 30)


def noise(n_columns: int, n_rows: int = 2000) -> np.ndarray:
    return np.random.default_rng(11).normal(size=(n_rows, n_columns))


def test_inflation_is_that_of_a_regression_on_the_others():
    rows = noise(3)
    rows[:, 2] = rows[:, 0] + rows[:, 1] + 0.2 * rows[:, 2]
    others = np.column_stack([np.ones(len(rows)), rows[:, :2]])
    residual = rows[:, 2] - others @ np.linalg.lstsq(others, rows[:, 2], rcond=None)[0]

    found = selection.inflated(list(rows.T), 10)

    assert found == {2: pytest.approx(rows[:, 2].var() / residual.var(), rel=1e-6)}


def test_of_columns_that_add_up_one_goes_and_the_others_stay():
    rows = noise(4)
    rows[:, 3] = rows[:, 0] - rows[:, 1]

    assert list(selection.inflated(list(rows.T), 50)) == [3]


@pytest.mark.parametrize("columns", [[], [np.ones(5)], [np.ones(5), np.arange(5.0)]])
def test_nothing_is_told_by_few_or_by_what_does_not_vary(columns):
    assert selection.inflated(columns, 10) == {}


def test_the_same_period_again_is_stable_and_a_shift_is_not():
    now = noise(1)[:, 0]

    assert selection.instability(now, now) == pytest.approx(0, abs=1e-12)
    assert selection.instability(now + 0.05, now) < 0.1
    assert selection.instability(now + 1, now) > 0.5


def test_values_that_went_missing_are_a_shift():
    now, before = noise(1)[:, 0], noise(1)[:, 0]
    now[:1000] = np.nan

    assert selection.instability(now, before) > 0.5


def test_each_feature_that_is_left_out_says_why():
    rows = np.exp(noise(3))
    before = rows.copy()
    before[:, 1] *= 100

    found = learn(rows, [DATA, NIGHT, SMS], PreparationSettings(), before=before, leaks={"sms_per_month": 0.97})

    assert found.raw_names == ("data_kb_per_month",)
    assert found.dropped["data_night_share"].startswith("has shifted since the day before (stability index")
    assert found.dropped["sms_per_month"] == "tells churn that came later (correlation 0.970, at most 0.9)"


def test_a_feature_that_two_others_tell_is_left_out_though_neither_does_alone():
    rows = noise(3)
    rows[:, 2] = rows[:, 0] + rows[:, 1]
    salary = by_name("salary_bracket")

    found = learn(rows, [salary, NIGHT, by_name("weekend_share")], PreparationSettings())

    assert len(found.raw_names) == 2
    assert "the others tell it together (variance inflation" in next(iter(found.dropped.values()))


@pytest.mark.delta
def test_only_churn_that_was_known_by_the_day_tells_of_a_leak(tables_at):
    features = catalogue.feature_table(PAYG)
    rows = [
        {"subscriber_id": f"s{n}", "as_of": MARCH, "data_kb_per_month": float(n % 2), "sms_per_month": float(n % 3)}
        for n in range(12)
    ]
    churn = [
        {
            "vertical": "payg",
            "subscriber_id": f"s{n}",
            "as_of": MARCH,
            "horizon_months": 1,
            "is_churned": n % 2 == 1,
            "known_on": JUNE,
        }
        for n in range(12)
    ]
    tables_at.replace(tables_at.rows(features, rows), features)
    tables_at.replace(tables_at.rows(built.OUTCOMES, churn), built.OUTCOMES)
    names = ["data_kb_per_month", "sms_per_month", "salary_bracket"]

    then, later = (selection.leaks(tables_at, PAYG, names, day) for day in (date(2026, 6, 29), JUNE))

    assert then == {}
    assert later == {"data_kb_per_month": pytest.approx(1), "sms_per_month": pytest.approx(0, abs=1e-9)}
