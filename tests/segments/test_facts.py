"""Facts about the base: each holds where it is planted, fails where it is not, and is not measured without data."""

from datetime import date, datetime

import pytest
from pyspark.sql import DataFrame, SparkSession

from segmentation.segments import facts
from segmentation.settings import VerticalName
from segmentation.tables import Store
from segmentation.tables.built import FACT_CHECKS

PAYG = (
    "segment_name string, tenure_months double, nightlife_visits_per_month double, social_minutes_per_month double,"
    " data_kb_per_month double, streaming_minutes_per_month double, supermarket_amount_per_month double,"
    " streaming_velocity double, supermarket_velocity double"
)


def _payg(spark: SparkSession, frequent: float, loyal: float, risk_velocity: float, other_velocity: float) -> DataFrame:
    """Frequent lines go out `frequent` times, loyal ones `loyal` times; young and risky lines must not count."""
    rows = []
    spoilt = (-99.0,) * 3 + (99.0,) * 2
    for wobble in (-1.0, 0.0, 1.0):
        of_frequent = (frequent + wobble,) * 3 + (9.0 + wobble,) * 2
        of_loyal = (loyal + wobble,) * 3 + (3.0 + wobble,) * 2
        rows += [
            ("Frequent Small Rechargers", 30.0, *of_frequent, other_velocity, 1.0),
            ("Data-Heavy Prepaid", 12.0, *of_loyal, other_velocity, 1.0),
            ("Data-Heavy Prepaid", 11.0, *spoilt, other_velocity, 1.0),
            ("Churn Risk", 30.0, *spoilt, risk_velocity, risk_velocity),
        ]
    return spark.createDataFrame(rows, PAYG)


def _holds(findings: list[facts.Finding]) -> list[bool | None]:
    return [finding.holds for finding in findings]


def test_payg_facts_hold_where_they_are_so(spark):
    assert _holds(facts.payg_findings(_payg(spark, 2.0, 6.0, 0.7, 1.0))) == [True] * 7


def test_payg_facts_fail_where_they_are_not(spark):
    outgoing_and_steady = _holds(facts.payg_findings(_payg(spark, 6.0, 2.0, 0.9, 1.0)))
    rising_elsewhere = _holds(facts.payg_findings(_payg(spark, 2.0, 6.0, 0.7, 1.2)))

    assert outgoing_and_steady == [False, False, False, True, True, False, False]
    assert rising_elsewhere[5] is False


def test_a_base_without_the_segment_is_not_measured(spark):
    strangers = _payg(spark, 2.0, 6.0, 0.7, 1.0).filter("segment_name = 'Data-Heavy Prepaid'")

    assert _holds(facts.payg_findings(strangers)) == [None] * 7


def _plan(spark: SparkSession, at_risk_data: float, **ranks_too: tuple[float, ...]) -> list[facts.Finding]:
    names = ("High-Value Postpaid", "At-Risk Churners", "Contract Renewals Needed", "Budget / Low Usage")
    bills, minutes = (50.0, 50.0, 90.0, 10.0), (1.0, 1.0, 50.0, 60.0)
    lines = [
        (name, bill + wobble, minute + wobble / 10)
        for name, bill, minute in zip(names, bills, minutes, strict=True)
        for wobble in (-1.0, 0.0, 1.0)
    ]
    lines += [("Budget / Low Usage", 10.0, 70.0)] * 12
    ranks = {"data_kb_per_month": (0.5, at_risk_data, 0.8, 0.1), "tenure_months": (0.9, 0.1, 0.5, 0.5)} | ranks_too
    profile_rows = [
        {"segment_name": name, "feature": feature, "mean_rank": rank, "median": 1.0}
        for feature, by_name in ranks.items()
        for name, rank in zip(names, by_name, strict=True)
    ]
    profile_rows += [
        {"segment_name": name, "feature": "streaming_minutes_per_month", "mean_rank": None, "median": minute}
        for name, minute in zip(names, minutes, strict=True)
    ]
    schema = "segment_name string, bill_amount_per_month double, streaming_minutes_per_month double"
    return facts.plan_findings(spark.createDataFrame(lines, schema), profile_rows)


def test_plan_segments_may_resemble_each_other_however_their_tenure_differs(spark):
    assert _holds(_plan(spark, at_risk_data=0.55)) == [True, True, True, True]


def test_plan_segments_may_resemble_each_other_however_much_they_complain(spark):
    assert _holds(_plan(spark, 0.55, complaints_per_month=(0.1, 0.9, 0.5, 0.5)))[3] is True


@pytest.mark.parametrize("feature", ["contract_months_left", "contacts_per_month"])
def test_plan_segments_that_differ_in_contract_or_contacts_do_not_resemble_each_other(spark, feature):
    assert _holds(_plan(spark, 0.55, **{feature: (0.1, 0.9, 0.2, 0.3)}))[3] is False


def test_plan_segments_do_not_resemble_each_other_when_another_pair_is_nearer(spark):
    assert _holds(_plan(spark, at_risk_data=0.75))[3] is False


def _home(spark: SparkSession, *ties: tuple[str, str]) -> dict[str, facts.Finding]:
    known = ("Corporate Professionals", "Streaming Enthusiasts", "Social Media Addicts", "Bundle Seekers")
    names = dict(zip("csab", known, strict=True))
    lines = spark.createDataFrame(
        [(f"{letter}{n}", name) for letter, name in names.items() for n in range(4)],
        "subscriber_id string, segment_name string",
    )
    found = facts.home_findings(lines, spark.createDataFrame(list(ties), "subscriber_a string, subscriber_b string"))
    return {finding.fact.split()[0]: finding for finding in found}


def test_ties_inside_count_by_their_ends_and_a_repeated_tie_counts_once(spark):
    inside = [("c0", "c1"), ("c0", "c1"), ("c1", "c2"), ("c2", "c3")]

    found = _home(spark, *inside, ("c3", "s0"), ("s0", "a0"), ("c0", "stranger"))

    assert (found["Corporate"].seen, found["Corporate"].holds) == ("0.86", True)
    assert (found["Streaming"].seen, found["Streaming"].holds) == ("0.00", False)


def test_spread_compares_with_ties_placed_at_random_by_degree(spark):
    found = _home(spark, ("a0", "a1"), ("a0", "c0"), ("a1", "c1"), ("c0", "c1"), ("b0", "b1"), ("b1", "b2"))

    assert (found["Social"].seen, found["Social"].holds) == ("1.50 x random (0.500 inside)", True)
    assert found["Bundle"].holds is False


def test_without_ties_nothing_is_measured(spark):
    empty = spark.createDataFrame([], "subscriber_a string, subscriber_b string")
    lines = spark.createDataFrame([("c0", "Corporate Professionals")], "subscriber_id string, segment_name string")

    assert _holds(facts.home_findings(lines, empty)) == [None] * 4


@pytest.mark.delta
def test_findings_become_rows_with_a_verdict(spark, tmp_path):
    store = Store(spark, str(tmp_path / "warehouse"))
    findings = [facts.Finding(f"fact {n}", "how", "<= 1", "1", holds) for n, holds in enumerate((True, False, None))]

    stamp = {"as_of": date(2026, 8, 31), "run_id": "r", "computed_at": datetime(2026, 9, 1)}

    rows = facts.fact_rows(VerticalName.HOME, findings, **stamp)
    store.replace(store.rows(FACT_CHECKS, rows), FACT_CHECKS)

    assert {(r["vertical"], r["verdict"]) for r in store.read(FACT_CHECKS).collect()} == {
        ("home", verdict) for verdict in ("holds", "fails", "not measured")
    }
