"""How far a record can be trusted: what is missing, refused, impossible or late takes from it."""

from datetime import date, timedelta

import pytest

from segmentation.features import catalogue, quality, recharge, usage
from segmentation.features.availability import Availability
from segmentation.periods import period_ends
from segmentation.settings import VerticalName
from segmentation.tables import built, care

pytestmark = pytest.mark.delta
JUNE = date(2026, 6, 30)
ENDS = period_ends(JUNE, 8)
PAYG, PLAN = VerticalName.PAYG, VerticalName.PLAN
FAMILIES = ("recharge", "usage", "lifestyle", "billing", "care", "subscription", "churn", *("salary", "household"))
WHOLE = Availability(
    JUNE, dict.fromkeys((*FAMILIES, "demographic", "device", "digital", "geography", "psychographic"), 0), {}, JUNE
)


@pytest.fixture
def found(spark, tables_at):
    """Quality by line, of lines that are perfect but for what is told of them."""

    def of(lines, *, there=WHOLE, features=None, recharges=(), refused=()):
        told = {name: "double" for one in (PAYG, PLAN) for name in (f.name for f in catalogue.for_vertical(one))}
        values = {**dict.fromkeys(told, 1.0), "age_years": 40.0, **(features or {})}
        schema = ", ".join(
            ["subscriber_id string", "vertical string", "months_seen bigint", *(f"{n} double" for n in told)]
        )
        rows = [(who, str(vertical), 12, *(values[name] for name in told)) for who, vertical in lines.items()]
        people = [
            {"vertical": str(vertical), "subscriber_id": who, "as_of": JUNE, "tenure_months": 12}
            for who, vertical in lines.items()
        ]
        used = [{"subscriber_id": who, "period": end, "n_active_days": 2} for who in lines for end in ENDS[-5:]]
        for table, partials in ((usage.PARTIALS, used), (recharge.PARTIALS, recharges)):
            dated = [{"input_version": "v", **row} for row in partials]
            tables_at.replace(tables_at.rows(table, dated), table)
        tables_at.replace(tables_at.rows(built.POPULATION, people), built.POPULATION)
        tables_at.replace(tables_at.rows(care.QUARANTINE, refused), care.QUARANTINE)
        taken_in = [{"source": "s", "feed_id": "old"}, {"source": "s", "feed_id": "new"}]
        feeds = [{**one, "table_name": "t", "feed": "append", "recorded_at": None} for one in taken_in]
        tables_at.replace(tables_at.rows(care.FEEDS, feeds), care.FEEDS)
        scored = quality.record_quality(tables_at, spark.createDataFrame(rows, schema), (PAYG, PLAN), there)
        return {row["subscriber_id"]: row for row in scored.collect()}

    return of


def refused_row(who, day, n_rows, state="open"):
    return {
        "source": "s",
        "feed_id": "new",
        "row_hash": f"{who}{day}{state}",
        "n_rows": n_rows,
        "subscriber_id": who,
        "day": day,
        "state": state,
    }


def test_a_record_without_a_flaw_is_whole(found):
    of_ann = found({"ann": PAYG})["ann"]

    assert [of_ann[name] for name in (*quality.WEIGHTS, "quality")] == pytest.approx([1.0] * 5)
    assert sum(quality.WEIGHTS.values()) == pytest.approx(1)


def test_each_feature_that_is_missing_takes_its_share(found):
    names = [f.name for f in catalogue.for_vertical(PAYG) if f.role(PAYG) == "cluster"]

    of_ann = found({"ann": PAYG}, features=dict.fromkeys(names[:3]))["ann"]

    assert of_ann["completeness"] == pytest.approx(1 - 3 / len(names))
    assert of_ann["quality"] == pytest.approx(1 - 0.4 * 3 / len(names))


def test_refused_rows_of_the_window_count_against_the_accepted_ones(found):
    refused = [
        refused_row("ann", JUNE, 10),
        refused_row("bob", JUNE, 10, "replayed"),
        refused_row("cid", JUNE + timedelta(days=1), 10),
        refused_row("dan", ENDS[1], 10),
    ]

    by_line = found(dict.fromkeys(("ann", "bob", "cid", "dan"), PAYG), refused=refused)

    assert by_line["ann"]["validity"] == pytest.approx(0.5)
    assert {by_line[name]["validity"] for name in ("bob", "cid", "dan")} == {1.0}


def test_what_cannot_be_is_inconsistent(found):
    recharges = [
        {"subscriber_id": "petra", "period": JUNE, "n_recharges": 1},
        {"subscriber_id": "ann", "period": JUNE, "n_recharges": 1},
    ]

    by_line = found({"petra": PLAN, "ann": PAYG}, recharges=recharges)
    too_old = found({"ann": PAYG}, features={"age_years": 126.0})["ann"]

    assert by_line["petra"]["consistency"] == pytest.approx(2 / 3)
    assert by_line["ann"]["consistency"] == 1
    assert too_old["consistency"] == pytest.approx(2 / 3)


def test_a_late_family_takes_a_third_of_its_part_for_each_period_and_a_missing_one_all(found):
    families = catalogue.families(PAYG)
    lags = {name: lag for name, lag in WHOLE.lags.items() if name != "lifestyle"}
    there = Availability(JUNE, {**lags, "usage": 1}, {}, JUNE)

    of_ann = found({"ann": PAYG}, there=there)["ann"]

    assert of_ann["timeliness"] == pytest.approx(1 - (1 / 3 + 1) / len(families))


def test_poor_records_are_not_fitted_on_and_unknown_ones_are(spark):
    features = spark.createDataFrame([("ann",), ("bob",), ("cid",)], "subscriber_id string")
    qualities = spark.createDataFrame([("ann", 0.9), ("bob", 0.4)], "subscriber_id string, quality double")

    kept = quality.only_trusted(features, qualities, 0.5).collect()

    assert sorted(row["subscriber_id"] for row in kept) == ["ann", "cid"]
    told = quality.left_out(features, qualities, 0.5)
    assert [one.partition(":")[0] for one in told] == ["1 of 3 lines are not fitted on"]
    assert quality.left_out(features, qualities, 0.3) == []
