"""All features of a vertical on a day, one row per line."""

from datetime import date, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.errors import DataError
from segmentation.features import (
    availability,
    billing,
    care,
    catalogue,
    contract,
    demographic,
    device,
    household,
    lifestyle,
    partials,
    recharge,
    salary,
    subscription,
    usage,
)
from segmentation.features.availability import Availability
from segmentation.features.population import SCORED_STATES
from segmentation.settings import VerticalName, stable_hash
from segmentation.tables import Store, built, clean

WINDOWED = {
    "recharge": (recharge.recharge_features, recharge.PARTIALS),
    "usage": (usage.usage_features, usage.PARTIALS),
    "lifestyle": (lifestyle.lifestyle_features, lifestyle.PARTIALS),
    "billing": (billing.billing_features, billing.PARTIALS),
    "care": (care.care_features, care.PARTIALS),
    "subscription": (subscription.subscription_features, subscription.PARTIALS),
}
"""Families made from partials: lines, partials and ends of periods in, one row per line out."""
MADE_WITH = {"churn": "subscription", "value": "contract"}
"""Families that another one makes along with its own."""


def vertical_features(
    tables_at: Store,
    vertical: VerticalName | str,
    as_of: date,
    run_id: str,
    computed_at: datetime,
    *,
    there: Availability | None = None,
) -> DataFrame:
    """Features of every line of the vertical that is there on the day. Grain: subscriber_id, as_of.

    Reads nothing later than the day. A family that is late is taken one or two periods back, all lines alike; one
    that is missing is null and named in `missing_families`. Needs the population of the day and the partials;
    `there` saves a look at what can be had.

    Raises: DataError when the population of the day was not written.
    """
    lines = _lines(tables_at, vertical, as_of)
    there = there or availability.look(tables_at, as_of)
    frames = [frame for name in _makers(vertical) if (frame := _family(tables_at, name, lines, there)) is not None]
    joined = lines.select("subscriber_id", "state", "months_seen")
    for frame in frames:
        joined = joined.join(frame, on="subscriber_id", how="left")
    families = catalogue.families(vertical)
    missing = there.missing(families)
    return joined.select(
        "subscriber_id",
        F.lit(as_of).alias("as_of"),
        "state",
        "months_seen",
        F.array(*map(F.lit, missing)).cast("array<string>").alias("missing_families"),
        F.lit(there.staleness(families)).cast("bigint").alias("staleness_periods"),
        F.lit(features_version(tables_at, vertical)).alias("features_version"),
        *(_column(feature, joined) for feature in catalogue.for_vertical(vertical)),
        F.lit(run_id).alias("run_id"),
        F.lit(computed_at).alias("computed_at"),
    )


def features_version(tables_at: Store, vertical: VerticalName | str) -> str:
    """Hash of the vertical's catalogue and of the deliveries the features come from."""
    return stable_hash([catalogue.version(catalogue.for_vertical(vertical)), partials.input_versions(tables_at)])


def _lines(tables_at: Store, vertical: VerticalName | str, as_of: date) -> DataFrame:
    """Lines of the vertical that are there on the day. Grain: subscriber_id."""
    everyone = tables_at.read(built.POPULATION, as_of)
    if everyone.isEmpty():
        raise DataError(
            "the population of the day was not written yet",
            where=f"{built.POPULATION.name} as of {as_of}",
            remedy="run `segmentation build-features` for that day, or write features.population.population first",
        )
    is_here = (F.col("vertical") == str(VerticalName(vertical))) & F.col("state").isin(*SCORED_STATES)
    return everyone.filter(is_here)


def _makers(vertical: VerticalName | str) -> list[str]:
    return list(dict.fromkeys(MADE_WITH.get(name, name) for name in catalogue.families(vertical)))


def _family(tables_at: Store, name: str, lines: DataFrame, there: Availability) -> DataFrame | None:
    """Features of one family. Grain: as `lines`. None when the family is missing."""
    if name == "contract":
        return contract.contract_features(lines, there.as_of)
    if not there.has(name):
        return None
    if name in WINDOWED:
        make, table = WINDOWED[name]
        months = there.months_of(name, F.col("months_seen"))
        return make(lines.withColumn("months_seen", months), tables_at.read(table), there.ends(name))
    day = there.as_of
    subscribers = tables_at.read(clean.SUBSCRIBERS, day)
    if name == "salary":
        return salary.salary_features(lines, tables_at.read(clean.SALARY_BRACKETS, day), day)
    if name == "household":
        spells = tables_at.read(clean.SERVICE_SPELLS, day)
        return household.household_features(lines, subscribers, spells, day)
    if name == "device":
        return device.device_features(lines, tables_at.read(clean.DEVICES, day), day)
    return demographic.demographic_features(lines, subscribers, day)


def _column(feature: catalogue.Feature, joined: DataFrame) -> Column:
    made = F.col(feature.name) if feature.name in joined.columns else F.lit(None)
    return made.cast("double").alias(feature.name)
