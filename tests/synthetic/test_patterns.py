"""What makes the generated base look like a real one: week, night, season, heavy tails, salary and spend together."""

import math
from datetime import date

import pandas as pd
import pytest

from segmentation.settings import EffectSettings, SyntheticSettings
from segmentation.synthetic import base, bills, lines, months, recharges, segments, usage
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.careers import careers
from segmentation.synthetic.randomness import Streams

SEED, N_LINES = 11, 1500
EFFECTS = EffectSettings()
STREAMS = Streams(SEED)
OF = Behaviour(STREAMS, EFFECTS)
DECEMBER, JUNE = date(2025, 12, 1), date(2026, 6, 30)


@pytest.fixture(scope="module")
def line_months(spark):
    slots = months.with_careers(
        base.slots(spark, N_LINES), STREAMS, careers(SyntheticSettings(seed=SEED)), EffectSettings()
    )
    every = months.line_months(slots, STREAMS, EFFECTS, DECEMBER, JUNE, JUNE)
    is_december_or_june = "month_end in (date'2025-12-31', date'2026-06-30')"
    return every.filter(is_december_or_june).persist()


@pytest.fixture(scope="module")
def use(line_months) -> pd.DataFrame:
    """Use of every line in a month: data in all, at night, in the evening and a day of the weekend or the week."""
    daily = usage.usage_daily(line_months, OF, 1.0).selectExpr(
        "svc_no", "last_day(usage_day) as month_end", "vol_kb", "vol_00_06_kb", "vol_18_24_kb",
        "case when dayofweek(usage_day) in (1, 7) then vol_kb end as weekend_kb",
        "case when dayofweek(usage_day) not in (1, 7) then vol_kb end as week_kb",
    )  # fmt: skip
    monthly = daily.groupBy("svc_no", "month_end").agg(
        {"vol_kb": "sum", "vol_00_06_kb": "sum", "vol_18_24_kb": "sum", "weekend_kb": "avg", "week_kb": "avg"}
    )
    return with_segment(monthly.toPandas(), line_months, "svc_no")


def with_segment(rows: pd.DataFrame, line_months, key: str) -> pd.DataFrame:
    known = line_months.select(base.line_number(line_months["line"]).alias(key), "month_end", "vertical", "segment")
    named = known.toPandas()
    named["segment"] = [segments.NAMES[number] for number in named["segment"]]
    return rows.merge(named, on=[key, "month_end"])


def of(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    return rows[rows["segment"] == name]


def test_people_sleep_and_those_who_play_at_night_less_so(use):
    night = use["sum(vol_00_06_kb)"] / use["sum(vol_kb)"]
    evening = use["sum(vol_18_24_kb)"] / use["sum(vol_kb)"]

    assert night.mean() < 0.6 * evening.mean()
    assert night[use["segment"] == segments.DATA_HEAVY].mean() > 1.5 * night[use["segment"] == segments.BULK].mean()


def test_some_segments_live_at_the_weekend_and_some_in_the_week(use):
    ratio = use.assign(ratio=use["avg(weekend_kb)"] / use["avg(week_kb)"])
    median = {
        name: of(ratio, name)["ratio"].median()
        for name in (segments.STREAMING, segments.CORPORATE, segments.RENEWALS, segments.HIGH_VALUE)
    }

    assert median[segments.STREAMING] > 1.2 > 0.8 > median[segments.CORPORATE]
    assert median[segments.RENEWALS] > 1.2 > 0.9 > median[segments.HIGH_VALUE]


def test_data_is_highest_in_december_and_lowest_in_june(use):
    # segments without a trend, lines that are there in both months
    calm = use[use["segment"].isin([s.name for s in segments.SEGMENTS if not s.trend])]
    wide = calm.pivot(index=["svc_no", "segment"], columns="month_end", values="sum(vol_kb)").dropna()

    change = (wide[date(2025, 12, 31)] / wide[date(2026, 6, 30)]).map(math.log)

    assert len(change) > 700
    assert change.mean() == pytest.approx(math.log(1.05 / 0.95), abs=0.05)


@pytest.mark.parametrize("vertical", segments.VERTICALS)
def test_a_few_lines_use_much_of_the_data(use, vertical):
    june = use[(use["vertical"] == vertical) & (use["month_end"] == date(2026, 6, 30))]["sum(vol_kb)"].sort_values()

    share_of_top_tenth = june.iloc[-len(june) // 10 :].sum() / june.sum()

    assert 0.25 < share_of_top_tenth < 0.7


def test_who_earns_more_spends_more_within_a_segment_too(line_months):
    there = lines.lines(line_months, OF)
    salary = lines.salary_brackets(there, line_months, OF, DECEMBER, JUNE).filter("to_day is null")
    salary = salary.selectExpr("line_no as svc_no", "int(decile) as decile")
    top_ups = recharges.recharges(line_months, OF, 1.0).filter("topup_minor > 0")
    bought = top_ups.selectExpr("phone as svc_no", "double(topup_minor) as amount")
    billed = bills.billed_months(line_months, OF, 1.0)
    paid = billed.select(base.line_number(billed["line"]).alias("svc_no"), billed["net"].cast("double").alias("amount"))
    spend = bought.unionByName(paid).groupBy("svc_no").agg({"amount": "avg"}).join(salary, on="svc_no", how="inner")
    june = with_segment(spend.toPandas().assign(month_end=date(2026, 6, 30)), line_months, "svc_no")

    together = {
        name: of(june, name)["decile"].corr(of(june, name)["avg(amount)"], method="spearman")
        for name in (segments.BULK, segments.FREQUENT, segments.VIP, segments.BUDGET)
    }

    assert min(together.values()) > 0.2
