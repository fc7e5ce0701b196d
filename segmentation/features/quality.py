"""How far the data of a line can be trusted on a day: four parts, each 0..1, and their weighted mean."""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features import billing, care, catalogue, digital, lifestyle, recharge, subscription, usage
from segmentation.features.availability import Availability
from segmentation.features.partials import MAX_STALENESS
from segmentation.features.windows import WINDOW_PERIODS
from segmentation.periods import period_ends, period_start
from segmentation.settings import Json, VerticalName, stable_hash
from segmentation.sources import feeds, quarantine
from segmentation.tables import Store, Table, built
from segmentation.tables.care import QUARANTINE
from segmentation.tables.store import union_by_name

WEIGHTS = {"completeness": 0.4, "validity": 0.3, "consistency": 0.2, "timeliness": 0.1}
"""What is not there hurts a segment most; what is late is late for all lines of a vertical alike. They sum to 1."""
OLDEST, YOUNGEST = 110, 0
"""Ages in years that are believed."""
_AGE = "age_years"
_TENURE = "_tenure_months"
_ROWS: dict[Table, tuple[str, ...]] = {
    usage.PARTIALS: ("n_active_days",),
    recharge.PARTIALS: ("n_recharges",),
    billing.PARTIALS: ("n_bills", "n_payments"),
    care.PARTIALS: ("n_contacts",),
    lifestyle.PARTIALS: (),
    digital.PARTIALS: (),
    subscription.PARTIALS: ("n_addon_changes", "n_product_changes", "n_port_requests", "n_renewals"),
}
"""Counts of clean rows in the partials; a table without any has one row a period."""


def record_quality(
    tables_at: Store, everyone: DataFrame, verticals: Sequence[VerticalName], there: Availability
) -> DataFrame:
    """Quality of the records of the lines of some verticals. Grain: subscriber_id, as_of.

    - completeness: share of the features that can be fitted on which have a value.
    - validity: accepted rows of 6 periods over those and the refused ones; 1 where there was neither.
    - consistency: share that hold of: no bills of a prepaid line and no recharges of a contract line in whole months of
      its stay; nothing happened before the line began; the age can be believed (where it is told).
    - timeliness: 1 less the lag of each family over the lag that makes it missing, the mean over the families.

    Needs `everyone`: the features of the day, see `assembly.day_features`; the population and the partials of the day.
    """
    tenure = F.col("tenure_months").alias(_TENURE)
    population = tables_at.read(built.POPULATION, there.as_of).select("vertical", "subscriber_id", tenure)
    known = (
        everyone.join(population, on=["vertical", "subscriber_id"], how="left")
        .join(_rows_per_line(tables_at, there.as_of), on="subscriber_id", how="left")
        .join(_refused_per_line(tables_at, there.as_of), on="subscriber_id", how="left")
    )
    n_rows, n_refused = (F.coalesce(F.col(name), F.lit(0)) for name in ("n_rows", "n_refused"))
    parts = {
        "completeness": _by_vertical(verticals, lambda vertical: _completeness(vertical, everyone.columns)),
        "validity": F.coalesce(F.try_divide(n_rows.cast("double"), n_rows + n_refused), F.lit(1.0)),
        "consistency": _consistency(everyone.columns),
        "timeliness": _by_vertical(verticals, lambda vertical: F.lit(_timeliness(vertical, there))),
    }
    quality = reduce(add, (F.lit(WEIGHTS[name]) * F.col(name) for name in WEIGHTS))
    named = known.select("subscriber_id", *(column.alias(name) for name, column in parts.items()))
    return named.withColumns({"as_of": F.lit(there.as_of), "quality": quality})


def quality_of_ready_made(features: DataFrame, vertical: VerticalName, brought: Collection[str]) -> DataFrame:
    """Quality of lines whose features came ready-made: of those that the feed brings, the share with a value.

    Grain: subscriber_id, as_of. Nothing is known of the other parts: they are null.
    """
    names = [feature.name for feature in catalogue.for_vertical(vertical) if feature.name in brought]
    unknown = {name: F.lit(None).cast("double") for name in WEIGHTS if name != "completeness"}
    completeness = _mean(F.col(name).isNotNull().cast("double") for name in names) if names else F.lit(0.0)
    scored = features.select("subscriber_id", "as_of", completeness.alias("completeness"))
    return scored.withColumns({**unknown, "quality": F.col("completeness")})


def only_trusted(features: DataFrame, qualities: DataFrame, least: float) -> DataFrame:
    """Lines whose record is good enough; one that has no score is. Grain: unchanged."""
    poor = qualities.filter(F.col("quality") < least).select("subscriber_id")
    return features.join(poor, on="subscriber_id", how="left_anti")


def left_out(features: DataFrame, qualities: DataFrame, least: float) -> list[str]:
    """How many lines `only_trusted` leaves out, in words; nothing where it leaves none."""
    n_all, n_trusted = features.count(), only_trusted(features, qualities, least).count()
    if n_all == n_trusted:
        return []
    return [
        f"{n_all - n_trusted:,} of {n_all:,} lines are not fitted on: the quality of their records is below {least:g} "
        "(least_quality); they are scored like the others"
    ]


def refused_version(tables_at: Store, as_of: date) -> Json:
    """Hash of the refused rows that count on a day."""
    counted = _refused_per_line(tables_at, as_of).agg(
        F.bit_xor(F.xxhash64("subscriber_id", "n_refused")).alias("hash"), F.count(F.lit(1)).alias("n")
    )
    return stable_hash(list(counted.collect()[0]))


def _rows_per_line(tables_at: Store, as_of: date) -> DataFrame:
    """What the partials say of a line: accepted rows, and the ages of periods. Grain: subscriber_id.

    Columns: n_rows of 6 periods; bill_age, recharge_age of the newest period with one; oldest_age with anything.
    """
    newest_first = period_ends(as_of, WINDOW_PERIODS + MAX_STALENESS)[::-1]
    frames = []
    for table, counts in _ROWS.items():
        n_rows = reduce(add, (F.col(name) for name in counts), F.lit(0)) if counts else F.lit(1)
        stored = tables_at.read(table).filter(F.col("period").isin(newest_first))
        rows = stored.select("subscriber_id", "period", n_rows.alias("n_rows"), F.lit(table.name).alias("table_name"))
        frames.append(rows.filter(F.col("n_rows") > 0))
    ages = F.create_map(*(F.lit(item) for age, end in enumerate(newest_first) for item in (end, age)))
    aged = union_by_name(frames).withColumn("age", F.element_at(ages, F.col("period")))
    return aged.groupBy("subscriber_id").agg(
        F.sum(F.when(F.col("age") < WINDOW_PERIODS, F.col("n_rows"))).alias("n_rows"),
        F.min(F.when(F.col("table_name") == billing.PARTIALS.name, F.col("age"))).alias("bill_age"),
        F.min(F.when(F.col("table_name") == recharge.PARTIALS.name, F.col("age"))).alias("recharge_age"),
        F.max("age").alias("oldest_age"),
    )


def _refused_per_line(tables_at: Store, as_of: date) -> DataFrame:
    """Rows refused that are about days of the last 6 periods, of deliveries that stand. Grain: subscriber_id."""
    known = feeds.book(tables_at)
    standing = [row["feed_id"] for source in known.sources() for row in known.standing(source)]
    first = period_start(period_ends(as_of, WINDOW_PERIODS)[0])
    is_counted = F.col("day").between(F.lit(first), F.lit(as_of)) & quarantine.is_refused()
    refused = tables_at.read(QUARANTINE).filter(F.col("feed_id").isin(standing) & is_counted)
    named = refused.filter(F.col("subscriber_id").isNotNull())
    return named.groupBy("subscriber_id").agg(F.sum("n_rows").alias("n_refused"))


def _completeness(vertical: VerticalName, columns: Collection[str]) -> Column:
    """A family that is missing has no columns: none of its features has a value."""
    features = catalogue.for_vertical(vertical)
    names = [feature.name for feature in features if feature.role(vertical) == "cluster"]
    return _mean(F.col(name).isNotNull().cast("double") if name in columns else F.lit(0.0) for name in names)


def _timeliness(vertical: VerticalName, there: Availability) -> float:
    families = catalogue.families(vertical)
    missing = set(there.missing(families))
    lags = [MAX_STALENESS + 1 if name in missing else there.lags.get(name, 0) for name in families]
    return sum(1 - lag / (MAX_STALENESS + 1) for lag in lags) / len(lags)


def _consistency(columns: Iterable[str]) -> Column:
    """Mean of the rules that can be checked, each 1 or 0."""
    is_payg = F.col("vertical") == str(VerticalName.PAYG)
    foreign_age = F.when(is_payg, F.col("bill_age")).otherwise(F.col("recharge_age"))
    is_charged_rightly = F.coalesce(foreign_age >= F.col("months_seen") - 1, F.lit(True))
    is_after_begin = F.coalesce(F.col("oldest_age") <= F.col(_TENURE) + 1, F.lit(True))
    rules = [is_charged_rightly.cast("double"), is_after_begin.cast("double")]
    if _AGE not in columns:
        return _mean(rules)
    is_believed = F.col(_AGE).between(F.lit(YOUNGEST), F.lit(OLDEST)).cast("double")
    return F.when(F.col(_AGE).isNull(), _mean(rules)).otherwise(_mean([*rules, is_believed]))


def _mean(values: Iterable[Column]) -> Column:
    listed = list(values)
    return reduce(add, listed) / F.lit(float(len(listed)))


def _by_vertical(verticals: Sequence[VerticalName], of: Callable[[VerticalName], Column]) -> Column:
    chosen = F.lit(None).cast("double")
    for vertical in verticals:
        chosen = F.when(F.col("vertical") == str(vertical), of(vertical)).otherwise(chosen)
    return chosen
