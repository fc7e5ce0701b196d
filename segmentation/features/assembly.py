"""All features of a vertical on a day, one row per line."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.errors import DataError
from segmentation.features import (
    availability,
    billing,
    care,
    catalogue,
    consent,
    contract,
    demographic,
    device,
    digital,
    household,
    lifestyle,
    partials,
    psychographic,
    recharge,
    salary,
    subscription,
    usage,
)
from segmentation.features.availability import Availability
from segmentation.features.population import SCORED_STATES
from segmentation.settings import VerticalName, stable_hash
from segmentation.sources import contents
from segmentation.sources.contents import Contents
from segmentation.tables import Store, built, clean

WINDOWED = {
    "recharge": (recharge.recharge_features, recharge.PARTIALS),
    "usage": (usage.usage_features, usage.PARTIALS),
    "lifestyle": (lifestyle.lifestyle_features, lifestyle.PARTIALS),
    "billing": (billing.billing_features, billing.PARTIALS),
    "care": (care.care_features, care.PARTIALS),
    "subscription": (subscription.subscription_features, subscription.PARTIALS),
    "digital": (digital.digital_features, digital.PARTIALS),
}
"""Families made from partials: lines, partials and ends of periods in, one row per line out."""
MADE_WITH = {**availability.MADE_WITH, "value": "contract"}
"""Families that another one makes along with its own, the value of a line included, which is never missing."""


def vertical_features(
    tables_at: Store, vertical: VerticalName | str, as_of: date, run_id: str, computed_at: datetime
) -> DataFrame:
    """Features of every line of the vertical that is there on the day. Grain: subscriber_id, as_of.

    Reads nothing later than the day. A family that is late is taken one or two periods back, all lines alike; one
    that is missing is null and named in `missing_families`. Needs the population of the day and the partials.

    Raises: DataError when the population of the day was not written.
    """
    there = availability.look(tables_at, as_of)
    everyone = day_features(tables_at, [vertical], there)
    version = features_version(vertical, as_of, contents.held(tables_at, clean.TABLES))
    return of_vertical(everyone, vertical, there, version, run_id, computed_at)


def day_features(tables_at: Store, verticals: Sequence[VerticalName | str], there: Availability) -> DataFrame:
    """All features of the lines of several verticals, null where a vertical has not the family. Grain: subscriber_id.

    One pass for all verticals: a line is in one vertical at a time.
    """
    lines = consent.without_objection(_lines(tables_at, verticals, there.as_of), tables_at, there.as_of)
    joined = lines.select("subscriber_id", "vertical", "state", "months_seen")
    for name in _makers(verticals):
        having = [str(VerticalName(vertical)) for vertical in verticals if name in _makers([vertical])]
        of_family = consent.only_agreed(lines.filter(F.col("vertical").isin(having)), tables_at, there.as_of, name)
        frame = _family(tables_at, name, of_family, there)
        if frame is not None:
            joined = joined.join(frame, on="subscriber_id", how="left")
    return joined


def of_vertical(
    everyone: DataFrame,
    vertical: VerticalName | str,
    there: Availability,
    version: str,
    run_id: str,
    computed_at: datetime,
) -> DataFrame:
    """The rows of one vertical's feature table out of the features of the day. Grain: subscriber_id, as_of."""
    families = catalogue.families(vertical)
    missing = there.missing(families)
    return everyone.filter(F.col("vertical") == str(VerticalName(vertical))).select(
        "subscriber_id",
        F.lit(there.as_of).alias("as_of"),
        "state",
        "months_seen",
        F.array(*map(F.lit, missing)).cast("array<string>").alias("missing_families"),
        F.lit(there.staleness(families)).cast("bigint").alias("staleness_periods"),
        F.lit(version).alias("features_version"),
        *(_column(feature, everyone) for feature in catalogue.for_vertical(vertical)),
        F.lit(run_id).alias("run_id"),
        F.lit(computed_at).alias("computed_at"),
    )


def features_version(vertical: VerticalName | str, as_of: date, held: Contents) -> str:
    """Hash of the vertical's catalogue and of what the tables its features come from hold up to the day.

    A late row that no feature looks at gives another version too: that alone is no sign that a feature has changed.
    """
    features = catalogue.for_vertical(vertical)
    needed = sorted({table for feature in features for table in feature.needs})
    read = [table for table in clean.TABLES if table.name in needed or table is clean.CONSENTS]
    versions = [held.version(table, as_of) for table in read]
    return stable_hash([catalogue.version(features), partials.CODE_VERSION, needed, versions])


def _lines(tables_at: Store, verticals: Sequence[VerticalName | str], as_of: date) -> DataFrame:
    """Lines of the verticals that are there on the day. Grain: subscriber_id."""
    everyone = tables_at.read(built.POPULATION, as_of)
    if everyone.isEmpty():
        raise DataError(
            "the population of the day was not written yet",
            where=f"{built.POPULATION.name} as of {as_of}",
            remedy="run `segmentation build-features` for that day, or write features.population.population first",
        )
    names = [str(VerticalName(vertical)) for vertical in verticals]
    return everyone.filter(F.col("vertical").isin(names) & F.col("state").isin(*SCORED_STATES))


def _makers(verticals: Sequence[VerticalName | str]) -> list[str]:
    """Families to make for the verticals, each once."""
    families = (family for vertical in verticals for family in catalogue.families(vertical))
    return list(dict.fromkeys(MADE_WITH.get(name, name) for name in families))


def _family(tables_at: Store, name: str, lines: DataFrame, there: Availability) -> DataFrame | None:
    """Features of one family. Grain: as `lines`. None when the family is missing."""
    day = there.as_of
    if name == "contract":
        return contract.contract_features(lines, tables_at.read(clean.SUBSCRIPTION_EVENTS, day), day)
    if not there.has(name):
        return None
    if name in WINDOWED:
        make, table = WINDOWED[name]
        if name == "care":
            make = partial(care.care_features, are_solutions_told=there.has(availability.SOLUTIONS))
        months = there.months_of(name, F.col("months_seen"))
        seen = lines.withColumn("months_seen", months)
        if name == "usage":
            seen = usage.with_allowance(seen, tables_at.read(clean.PRODUCTS, day), day)
        return make(seen, tables_at.read(table), there.ends(name))
    subscribers = tables_at.read(clean.SUBSCRIBERS, day)
    if name == "salary":
        return salary.salary_features(lines, tables_at.read(clean.SALARY_BRACKETS, day), day)
    if name == "household":
        spells = tables_at.read(clean.SERVICE_SPELLS, day)
        return household.household_features(lines, subscribers, spells, tables_at.read(clean.DEVICES, day), day)
    if name == "device":
        return device.device_features(lines, tables_at.read(clean.DEVICES, day), day)
    if name == "psychographic":
        return psychographic.psychographic_features(lines, tables_at.read(clean.SURVEYS, day), day)
    return demographic.demographic_features(lines, subscribers, day)


def _column(feature: catalogue.Feature, joined: DataFrame) -> Column:
    made = F.col(feature.name) if feature.name in joined.columns else F.lit(None)
    return made.cast("double").alias(feature.name)
