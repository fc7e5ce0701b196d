"""What is held against published facts, on lines made by hand."""

from datetime import date

import pytest
from pyspark.sql import SparkSession

from segmentation.synthetic import likeness
from segmentation.synthetic.likeness import Base

SPELLS = "subscriber_id string, vertical string, valid_from date, valid_to date, end_reason string"
USAGE = "subscriber_id string, day date, voice_seconds bigint, n_calls bigint, data_kb bigint"
RECHARGES = "subscriber_id string, day date, recharge_amount bigint, is_emergency_credit boolean"
INVOICES = "subscriber_id string, period date, bill_amount bigint"
JULY, AUGUST, SEPTEMBER, OCTOBER = date(2026, 7, 31), date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)
LONG_AGO = date(2020, 1, 1)


@pytest.fixture
def spells(spark: SparkSession):
    """Ann and bob stay, cem leaves in October, dot becomes a plan in it, eve comes in it, fay has a home."""
    rows = [
        ("ann", "payg", LONG_AGO, None, None),
        ("bob", "plan", LONG_AGO, date(2026, 9, 14), "renewal"),
        ("bob", "plan", date(2026, 9, 15), None, None),
        ("cem", "payg", LONG_AGO, date(2026, 10, 20), "disconnection"),
        ("dot", "payg", LONG_AGO, date(2026, 10, 15), "migration"),
        ("dot", "plan", date(2026, 10, 16), None, None),
        ("eve", "plan", date(2026, 10, 5), None, None),
        ("fay", "home", LONG_AGO, None, None),
    ]
    return spark.createDataFrame(rows, SPELLS)


def seen(measured):
    return {row["fact"]: row["seen"] for row in measured.collect()}


def test_lines_are_counted_at_the_ends_of_a_month_and_those_that_left_or_moved(spells):
    counted = likeness.lines_by_month(spells, [SEPTEMBER, OCTOBER])

    found = {
        (r["vertical"], r["month"]): (r["n_before"], r["n_left"], r["n_moved"], r["n_lines"]) for r in counted.collect()
    }
    assert found == {
        ("payg", SEPTEMBER): (3, 0, 0, 3),
        ("plan", SEPTEMBER): (1, 0, 0, 1),
        ("home", SEPTEMBER): (1, 0, 0, 1),
        ("payg", OCTOBER): (3, 1, 1, 1),
        ("plan", OCTOBER): (1, 0, 0, 3),
        ("home", OCTOBER): (1, 0, 0, 1),
    }


def test_churn_is_the_part_that_left_and_renewing_or_moving_is_not_leaving(spells):
    by_month = likeness.lines_by_month(spells, [SEPTEMBER, OCTOBER])

    assert seen(likeness.monthly_churn(by_month, "payg")) == {"payg_churn": pytest.approx(1 / 6)}
    assert seen(likeness.monthly_churn(by_month, "plan")) == {"plan_churn": 0.0}


def test_prepaid_share_is_of_mobile_lines(spells):
    by_month = likeness.lines_by_month(spells, [SEPTEMBER, OCTOBER])

    assert seen(likeness.prepaid_share(by_month, OCTOBER)) == {"prepaid_share": 0.25}


def test_a_line_that_became_a_plan_is_not_gone(spells):
    assert seen(likeness.gone_share(spells, OCTOBER)) == {"gone_after_three_months": 0.25}


def test_lines_of_an_account_are_counted_where_the_account_has_a_plan(spark, spells):
    payers = [("bob", "one"), ("dot", "one"), ("eve", "two"), ("ann", "three")]
    subscribers = spark.createDataFrame(
        [(line, account, LONG_AGO, None) for line, account in payers],
        "subscriber_id string, account_id string, valid_from date, valid_to date",
    )

    assert seen(likeness.lines_per_account(subscribers, spells, OCTOBER)) == {"lines_per_account": 1.5}


def test_days_between_recharges_are_a_mean_of_lines_and_credit_lent_is_no_recharge(spark):
    rows = [
        ("ann", date(2026, 10, 1), 500, False),
        ("ann", date(2026, 10, 5), 500, None),
        ("ann", date(2026, 10, 11), 500, False),
        ("ann", date(2026, 10, 31), 500, True),
        ("bob", date(2026, 9, 1), 900, False),
        ("bob", date(2026, 9, 2), -900, False),
        ("bob", date(2026, 9, 16), 900, False),
        ("cem", date(2026, 10, 1), 900, False),
    ]

    measured = likeness.days_between_recharges(spark.createDataFrame(rows, RECHARGES))

    assert seen(measured) == {"days_between_recharges": 10.0}


def test_a_line_that_complained_twice_complained_and_an_old_complaint_does_not_count(spark, spells):
    rows = [("ann", OCTOBER, True), ("ann", AUGUST, True), ("bob", date(2025, 12, 1), True), ("eve", OCTOBER, False)]
    contacts = spark.createDataFrame(rows, "subscriber_id string, day date, is_complaint boolean")

    assert seen(likeness.complained_share(contacts, spells, OCTOBER)) == {"complained": 0.25}


def test_a_month_of_use_holds_lines_that_used_nothing_and_none_that_came_or_moved_within_it(spark, spells):
    used = likeness.use_of_month(_base(spark, spells), OCTOBER)

    rows = {
        row["subscriber_id"]: (row["vertical"], row["n_calls"], row["data_kb"], row["paid"]) for row in used.collect()
    }
    assert rows == {"ann": ("payg", 6, 30, 400), "bob": ("plan", 0, 0, 2000), "fay": ("home", 0, 700, 0)}


def test_levels_are_of_a_call_and_of_a_line(spark, spells):
    used = likeness.use_of_month(_base(spark, spells), OCTOBER)

    assert seen(likeness.levels(used)) == {"call_seconds": 50.0, "hardly_calls": 0.5, "home_data_kb": 700.0}


def test_an_empty_base_measures_nothing(spark):
    nobody = spark.createDataFrame([], SPELLS)

    assert seen(likeness.gone_share(nobody, OCTOBER)) == {"gone_after_three_months": None}
    assert seen(likeness.monthly_churn(likeness.lines_by_month(nobody, [OCTOBER]), "home")) == {"home_churn": None}


def _base(spark: SparkSession, spells) -> Base:
    use = [
        ("ann", date(2026, 10, 1), 100, 2, 10),
        ("ann", OCTOBER, 200, 4, 20),
        ("ann", SEPTEMBER, 9999, 99, 9999),
        ("cem", date(2026, 10, 2), 10, 1, 5),
        ("fay", date(2026, 10, 3), None, None, 700),
    ]
    bought = [("ann", date(2026, 10, 9), 500, False), ("ann", date(2026, 10, 10), -100, False)]
    empty = spark.createDataFrame([], "subscriber_id string")
    return Base(
        spells=spells,
        subscribers=empty,
        usage=spark.createDataFrame(use, USAGE),
        recharges=spark.createDataFrame(bought, RECHARGES),
        invoices=spark.createDataFrame([("bob", OCTOBER, 2000), ("bob", SEPTEMBER, 1)], INVOICES),
        contacts=empty,
    )
