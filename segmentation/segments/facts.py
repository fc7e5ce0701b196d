"""What is said of the base, and whether it holds: rows of fact_checks."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from typing import cast

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.settings import VerticalName

FREQUENT, CHURN_RISK = "Frequent Small Rechargers", "Churn Risk"
HIGH_VALUE, AT_RISK, RENEWALS = "High-Value Postpaid", "At-Risk Churners", "Contract Renewals Needed"
APART = ("Corporate Professionals", "Streaming Enthusiasts")
SPREAD = ("Social Media Addicts", "Bundle Seekers")
LESS = {
    "nightlife": "nightlife_visits_per_month",
    "social engagement": "social_minutes_per_month",
    "data": "data_kb_per_month",
}
CLEARLY = {"streaming": "streaming_minutes_per_month", "supermarkets": "supermarket_amount_per_month"}
FALLING = {"streaming": "streaming_velocity", "supermarket use": "supermarket_velocity"}
STREAMING, BILL = "streaming_minutes_per_month", "bill_amount_per_month"
LOYAL_TENURE_MONTHS = 12
LESS_AT_MOST, CLEARLY_AT_LEAST = -0.3, 0.2
FALLING_AT_MOST, FLAT = 0.8, (0.95, 1.05)
INSIDE_AT_LEAST, SPREAD_AT_MOST = 0.6, 1.5
BESIDE_RESEMBLANCE = frozenset({"tenure_months", "complaints_per_month"})
"""Features in which the segments that resemble each other may differ: tenure and complaints."""
LOYAL = "lines of 12 months and more in neither Frequent Small Rechargers nor Churn Risk"
TIED_INSIDE = "share of the ends of the segment's ties whose other end is in the segment"
ProfileRow = Mapping[str, object]


@dataclass(frozen=True)
class Finding:
    """One fact. `holds` is null when the data for it is not there."""

    fact: str
    measure: str
    expected: str
    seen: str
    holds: bool | None


def fact_rows(
    vertical: VerticalName, findings: Iterable[Finding], *, as_of: date, run_id: str, computed_at: datetime
) -> list[Mapping[str, object]]:
    """Findings as rows of FACT_CHECKS."""
    verdicts = {True: "holds", False: "fails", None: "not measured"}
    return [
        {
            "as_of": as_of,
            "fact": finding.fact,
            "vertical": vertical.value,
            "measure": finding.measure,
            "expected": finding.expected,
            "seen": finding.seen,
            "verdict": verdicts[finding.holds],
            "run_id": run_id,
            "computed_at": computed_at,
        }
        for finding in findings
    ]


def payg_findings(lines: DataFrame) -> list[Finding]:
    """Facts about prepaid lines. Needs `segment_name` and the features of the vertical; one row per line."""
    groups = _by_name(_groups_of_payg(lines), "line_group")
    both = (groups.get("frequent"), groups.get("loyal"))
    less = [
        _difference(f"Frequent Small Rechargers have less {what} than loyal lines", name, both, LESS_AT_MOST, LOYAL)
        for what, name in LESS.items()
    ]
    clearly = [
        _difference(f"Frequent Small Rechargers clearly use {what}", name, both, CLEARLY_AT_LEAST, LOYAL)
        for what, name in CLEARLY.items()
    ]
    risk = _by_name(_medians(lines, F.col("segment_name") == CHURN_RISK, list(FALLING.values())), "is_in")
    return [*less, *clearly, *[_falling(what, name, risk) for what, name in FALLING.items()]]


def plan_findings(lines: DataFrame, profile_rows: Sequence[ProfileRow]) -> list[Finding]:
    """Facts about plan lines. `profile_rows` are rows of SEGMENT_PROFILES, each with its `segment_name`."""
    is_renewal = F.col("segment_name") == RENEWALS
    spend = _by_name(lines.groupBy(is_renewal.alias("is_in")).agg(*_moments([BILL])), "is_in")
    both = (spend.get(True), spend.get(False))
    spends = _difference(f"{RENEWALS} spend a lot", BILL, both, CLEARLY_AT_LEAST, "all other plan lines")
    by_name = {(str(row["segment_name"]), str(row["feature"])): row for row in profile_rows}
    quarter = lines.agg(F.percentile(STREAMING, 0.25).alias("limit")).first()["limit"]
    hardly = [_hardly_streams(name, by_name.get((name, STREAMING)), quarter) for name in (HIGH_VALUE, AT_RISK)]
    return [spends, *hardly, _resemble(profile_rows)]


def home_findings(lines: DataFrame, ties: DataFrame) -> list[Finding]:
    """Facts about homes. `lines` [subscriber_id, segment_name]; `ties` [subscriber_a, subscriber_b]."""
    ends = {row["segment_name"]: row for row in tie_ends(lines, ties).collect()}
    n_all = sum(row["n_ends"] for row in ends.values())
    return [
        *[_stands_apart(name, ends.get(name)) for name in APART],
        *[_spreads(name, ends.get(name), n_all) for name in SPREAD],
    ]


def tie_ends(lines: DataFrame, ties: DataFrame) -> DataFrame:
    """Ends of ties that lie in a segment, and those whose other end does too: [segment_name, n_ends, n_inside].

    Only ties between two lines of `lines` count. Grain: one row per segment with a tie.
    """
    pairs = ties.select("subscriber_a", "subscriber_b").distinct()
    one = lines.select(F.col("subscriber_id").alias("subscriber_a"), F.col("segment_name"))
    other = lines.select(F.col("subscriber_id").alias("subscriber_b"), F.col("segment_name").alias("other_name"))
    tied = pairs.join(one, on="subscriber_a", how="inner").join(other, on="subscriber_b", how="inner")
    both_ways = tied.select("segment_name", "other_name").unionAll(tied.select("other_name", "segment_name"))
    is_inside = F.col("segment_name") == F.col("other_name")
    return both_ways.groupBy("segment_name").agg(F.count("*").alias("n_ends"), F.count_if(is_inside).alias("n_inside"))


def _groups_of_payg(lines: DataFrame) -> DataFrame:
    """Moments of frequent small rechargers, loyal and other lines. Grain: one row per line_group."""
    name = F.col("segment_name")
    is_loyal = ~name.isin(FREQUENT, CHURN_RISK) & (F.col("tenure_months") >= LOYAL_TENURE_MONTHS)
    group = F.when(name == FREQUENT, "frequent").when(is_loyal, "loyal").otherwise("other")
    return lines.groupBy(group.alias("line_group")).agg(*_moments([*LESS.values(), *CLEARLY.values()]))


def _moments(names: Sequence[str]) -> list[Column]:
    """Count, mean and scatter about the mean of every feature, as n_, mean_ and scatter_ of its name."""
    return [
        column
        for name in names
        for column in (
            F.count(name).alias(f"n_{name}"),
            F.mean(name).alias(f"mean_{name}"),
            (F.var_pop(name) * F.count(name)).alias(f"scatter_{name}"),
        )
    ]


def _medians(lines: DataFrame, is_in: Column, names: Sequence[str]) -> DataFrame:
    """Median of every feature inside and outside. Grain: one row per is_in."""
    return lines.groupBy(is_in.alias("is_in")).agg(*[F.median(name).alias(name) for name in names])


def _by_name(groups: DataFrame, key: str) -> dict[object, Row]:
    return {row[key]: row for row in groups.collect()}


def _difference(fact: str, name: str, groups: tuple[Row | None, Row | None], limit: float, others_are: str) -> Finding:
    """A fact about the standardised difference of two groups: at most a negative limit, or at least a positive one."""
    group, others = groups
    measure = f"standardised difference of {name} from {others_are}"
    expected = f"<= {limit}" if limit < 0 else f">= {limit}"
    found = None if group is None or others is None else _standardised(name, group, others)
    if found is None:
        return _not_measured(fact, measure, expected)
    return Finding(fact, measure, expected, f"{found:+.2f}", found <= limit if limit < 0 else found >= limit)


def _standardised(name: str, group: Row, others: Row) -> float | None:
    n = group[f"n_{name}"] + others[f"n_{name}"]
    if not group[f"n_{name}"] or not others[f"n_{name}"] or n < 3:
        return None
    spread = math.sqrt((group[f"scatter_{name}"] + others[f"scatter_{name}"]) / (n - 2))
    return (group[f"mean_{name}"] - others[f"mean_{name}"]) / spread if spread > 0 else None


def _falling(what: str, name: str, medians: Mapping[object, Row]) -> Finding:
    fact, measure = f"Falling {what} is the sign of Churn Risk", f"median {name} in Churn Risk, and elsewhere"
    expected = f"<= {FALLING_AT_MOST}, and {FLAT[0]}-{FLAT[1]}"
    inside, outside = (medians[key][name] if key in medians else None for key in (True, False))
    if inside is None or outside is None:
        return _not_measured(fact, measure, expected)
    is_so = inside <= FALLING_AT_MOST and FLAT[0] <= outside <= FLAT[1]
    return Finding(fact, measure, expected, f"{inside:.2f}, and {outside:.2f}", is_so)


def _hardly_streams(name: str, profile: ProfileRow | None, quarter: float | None) -> Finding:
    fact, measure = f"{name} hardly stream", f"median {STREAMING} against the bottom quarter of the base"
    median = None if profile is None else cast("float | None", profile["median"])
    if median is None or quarter is None:
        return _not_measured(fact, measure, "at most the base's first quartile")
    return Finding(fact, measure, f"<= {quarter:.1f}, the base's first quartile", f"{median:.1f}", median <= quarter)


def _resemble(profile_rows: Sequence[ProfileRow]) -> Finding:
    fact = f"{HIGH_VALUE} and {AT_RISK} resemble each other"
    measure = "mean difference of the mean ranks of two segments over their profiles, but for tenure and complaints"
    ranks: dict[str, dict[str, float]] = {}
    for row in profile_rows:
        if row["feature"] not in BESIDE_RESEMBLANCE and row["mean_rank"] is not None:
            ranks.setdefault(str(row["segment_name"]), {})[str(row["feature"])] = cast(float, row["mean_rank"])
    if not {HIGH_VALUE, AT_RISK} <= set(ranks):
        return _not_measured(fact, measure, "the nearest pair")
    gaps = {pair: _gap(ranks[pair[0]], ranks[pair[1]]) for pair in combinations(sorted(ranks), 2)}
    nearest = min(gaps, key=lambda pair: (gaps[pair], pair))
    of_the_two = gaps[tuple(sorted((HIGH_VALUE, AT_RISK)))]
    seen = f"{of_the_two:.3f}; nearest: {' and '.join(nearest)} ({gaps[nearest]:.3f})"
    return Finding(fact, measure, "the nearest pair", seen, set(nearest) == {HIGH_VALUE, AT_RISK})


def _gap(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    shared = sorted(set(one) & set(other))
    return sum(abs(one[name] - other[name]) for name in shared) / len(shared) if shared else math.inf


def _stands_apart(name: str, row: Row | None) -> Finding:
    fact, expected = f"{name} stand apart", f">= {INSIDE_AT_LEAST}"
    if row is None:
        return _not_measured(fact, TIED_INSIDE, expected)
    inside = row["n_inside"] / row["n_ends"]
    return Finding(fact, TIED_INSIDE, expected, f"{inside:.2f}", inside >= INSIDE_AT_LEAST)


def _spreads(name: str, row: Row | None, n_all: int) -> Finding:
    """At random, an end meets one of the segment as often as the segment has of all ends."""
    fact, expected = f"{name} spread over the whole base", f"<= {SPREAD_AT_MOST} x random"
    measure = f"{TIED_INSIDE}, over that of ties placed at random, every home keeping as many as it has"
    if row is None:
        return _not_measured(fact, measure, expected)
    inside = row["n_inside"] / row["n_ends"]
    times = inside / (row["n_ends"] / n_all)
    return Finding(fact, measure, expected, f"{times:.2f} x random ({inside:.3f} inside)", times <= SPREAD_AT_MOST)


def _not_measured(fact: str, measure: str, expected: str) -> Finding:
    return Finding(fact, measure, expected, "no data for it", None)
