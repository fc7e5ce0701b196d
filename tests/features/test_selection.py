"""Features that are not fitted on: told by others, shifted, or made from what came later."""

from datetime import date

import numpy as np
import pytest

from segmentation.features import catalogue, selection
from segmentation.features.catalogue import by_name
from segmentation.features.preparation import learn
from segmentation.features.selection import NO_LEAKS, Leak, Leaks
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


def test_instability_is_the_sum_over_the_tenths_of_the_period_before():
    before = np.arange(100.0)
    now = np.concatenate([np.arange(30.0), np.repeat(np.arange(30.0, 100.0), 2)[:70]])
    # A tenth each before; now 30 values below 30, and the other 70 twice each from 30 to 64.
    shares = np.array([10, 10, 10, 20, 20, 20, 10, 0, 0, 0]) / 100
    kept = np.maximum(shares, 1e-4)

    assert selection.instability(now, before) == pytest.approx(((kept - 0.1) * np.log(kept / 0.1)).sum())
    # By hand: 3 bins gain 0.1 each, 3 bins lose all but 0.0001: 3 * 0.1 * ln 2 + 3 * 0.0999 * ln 1000.
    assert selection.instability(now, before) == pytest.approx(0.207944 + 2.070254, abs=1e-5)


def test_a_leak_up_to_the_bound_is_fitted_on():
    rows = np.exp(noise(2))
    at_bound, over = ({"sms_per_month": Leak("churn within 1 month", level)} for level in (0.8, 0.80001))
    chosen = PreparationSettings(max_leak=0.8)

    assert "sms_per_month" in learn(rows, [DATA, SMS], chosen, leaks=Leaks(at_bound)).raw_names
    assert "sms_per_month" in learn(rows, [DATA, SMS], chosen, leaks=Leaks(over)).dropped


def test_values_that_went_missing_are_a_shift():
    now, before = noise(1)[:, 0], noise(1)[:, 0]
    now[:1000] = np.nan

    assert selection.instability(now, before) > 0.5


def test_each_feature_that_is_left_out_says_why():
    rows = np.exp(noise(3))
    before = rows.copy()
    before[:, 1] *= 100
    leaks = Leaks({"sms_per_month": Leak("a move to plan within 3 months", 0.97)})

    found = learn(rows, [DATA, NIGHT, SMS], PreparationSettings(), before=before, leaks=leaks)

    assert found.raw_names == ("data_kb_per_month",)
    assert found.dropped["data_night_share"].startswith("has shifted since the day before (stability index")
    assert found.dropped["sms_per_month"] == (
        "tells what came later: a move to plan within 3 months (correlation 0.970, at most 0.9)"
    )


def test_a_feature_that_two_others_tell_is_left_out_though_neither_does_alone():
    rows = noise(3)
    rows[:, 2] = rows[:, 0] + rows[:, 1]
    salary = by_name("salary_bracket")

    found = learn(rows, [salary, NIGHT, by_name("weekend_share")], PreparationSettings())

    assert len(found.raw_names) == 2
    assert "the others tell it together (variance inflation" in next(iter(found.dropped.values()))


def of_lines(tables_at, n_lines, features, **outcomes):
    """Features of March, and what became of each line: one mapping by horizon, told from its number."""
    table = catalogue.feature_table(PAYG)
    rows = [
        {"subscriber_id": f"s{n}", "as_of": MARCH, **{name: of(n) for name, of in features.items()}}
        for n in range(n_lines)
    ]
    became = [
        {
            "vertical": "payg",
            "subscriber_id": f"s{n}",
            "as_of": MARCH,
            "horizon_months": horizon,
            "known_on": JUNE,
            "is_churned": False,
            **{name: of(n) for name, of in told.items()},
        }
        for horizon, told in ((1, outcomes.get("one", {})), (3, outcomes.get("three", {})))
        if told
        for n in range(n_lines)
    ]
    tables_at.replace(tables_at.rows(table, rows), table)
    tables_at.replace(tables_at.rows(built.OUTCOMES, became), built.OUTCOMES)


@pytest.mark.delta
def test_only_churn_that_was_known_by_the_day_tells_of_a_leak(tables_at):
    features = {"data_kb_per_month": lambda n: float(n % 2), "sms_per_month": lambda n: float(n % 3)}
    of_lines(tables_at, 12, features, one={"is_churned": lambda n: n % 2 == 1})
    names = ["data_kb_per_month", "sms_per_month", "salary_bracket"]

    then, later = (selection.leaks(tables_at, PAYG, names, day) for day in (date(2026, 6, 29), JUNE))

    assert then == Leaks()
    assert later.sought == ("churn within 1 month",)
    assert later.strongest == {
        "data_kb_per_month": Leak("churn within 1 month", 1.0),
        "sms_per_month": Leak("churn within 1 month", pytest.approx(0, abs=1e-9)),
    }


@pytest.mark.delta
def test_a_feature_made_from_a_move_to_another_vertical_is_a_leak_and_names_it(tables_at):
    moves = {"moved_to": lambda n: "plan" if n % 4 == 0 else "home" if n % 4 == 1 else None}
    features = {"data_kb_per_month": lambda n: float(n % 4 == 0), "sms_per_month": lambda n: float(n % 4 <= 1)}
    of_lines(tables_at, 40, features, three=moves)

    found = selection.leaks(tables_at, PAYG, list(features), JUNE)

    assert found.sought == ("a move to home within 3 months", "a move to plan within 3 months")
    assert found.strongest["data_kb_per_month"] == Leak("a move to plan within 3 months", 1.0)
    # A quarter went each way, and the feature tells only that they went: correlation 1 / sqrt(3).
    assert found.strongest["sms_per_month"].correlation == pytest.approx(3**-0.5)


@pytest.mark.delta
def test_a_leak_of_one_horizon_is_not_thinned_by_the_outcomes_of_another(tables_at):
    features = {"data_kb_per_month": lambda n: float(n < 6)}
    of_lines(tables_at, 60, features, one={"is_churned": lambda n: n < 6}, three={"is_churned": lambda n: n % 3 == 0})

    found = selection.leaks(tables_at, PAYG, list(features), JUNE)

    assert found.sought == ("churn within 1 month", "churn within 3 months")
    assert found.strongest == {"data_kb_per_month": Leak("churn within 1 month", 1.0)}


@pytest.mark.delta
def test_a_feature_known_of_a_few_lines_tells_nothing_of_them(tables_at):
    features = {
        "data_kb_per_month": lambda n: float(n == 0) if n < 6 else None,
        "sms_per_month": lambda n: float(n % 2),
    }
    of_lines(tables_at, 30, features, one={"is_churned": lambda n: n % 6 == 0, "future_value": lambda n: n % 2})

    found = selection.leaks(tables_at, PAYG, list(features), JUNE)

    assert set(found.strongest) == {"sms_per_month"}
    assert found.sought == ("churn within 1 month",)


@pytest.mark.delta
def test_a_feature_or_an_outcome_that_does_not_vary_tells_nothing(tables_at):
    features = {"data_kb_per_month": lambda n: 7.0, "sms_per_month": lambda n: float(n % 2)}
    of_lines(tables_at, 30, features, one={"is_churned": lambda n: n % 6 == 0}, three={"is_churned": lambda n: True})

    found = selection.leaks(tables_at, PAYG, list(features), JUNE)

    assert found.sought == ("churn within 1 month",)
    assert set(found.strongest) == {"sms_per_month"}


@pytest.mark.delta
def test_what_a_line_spends_later_is_no_leak_of_what_it_spends_now(tables_at):
    features = {"data_kb_per_month": lambda n: float(n)}
    outcome = {"is_churned": lambda n: n % 5 == 0, "future_value": lambda n: 10 * n}
    of_lines(tables_at, 40, features, one=outcome)

    found = selection.leaks(tables_at, PAYG, list(features), JUNE)

    assert found.strongest["data_kb_per_month"].correlation < 0.2


def test_what_was_not_looked_for_is_told():
    known = Leaks(sought=("churn within 1 month", "a move to plan within 1 month"))

    assert selection.looked_for(NO_LEAKS) == ()
    assert selection.not_looked_for(MARCH, NO_LEAKS, has_earlier=False) == (
        "features made from what came later were not looked for: by 2026-03-31 it was known of too few lines of "
        "earlier days what became of them",
        "features that have shifted were not looked for: there are no lines of a day before 2026-03-31",
    )
    assert selection.looked_for(known) == (
        "features were held against what came later: churn within 1 month, a move to plan within 1 month",
    )
    assert selection.not_looked_for(MARCH, known, has_earlier=True) == ()
