"""Household of a line: how many lines of service live there, of which kinds, with which devices."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, HOME, MOBILE, Feature, Words, both, profiled
from segmentation.tables import clean
from segmentation.tables.store import holding_on

FEATURES = (
    Feature(
        "household_lines",
        "household",
        "Open lines in the dwelling, mobile ones too",
        "count",
        Words("how many lines the household has", "has many lines in the household", "has one line in the household"),
        "dwelling not known",
        both((HOME,), MOBILE),
        (clean.SUBSCRIBERS.name, clean.SERVICE_SPELLS.name),
        "log",
    ),
    Feature(
        "household_verticals",
        "household",
        "Kinds of open lines in the dwelling: PAYG, plan, home",
        "1..3",
        Words("how many kinds of lines the household has", "has all kinds of lines at home", "has one kind of line"),
        "dwelling not known",
        profiled(*ALL),
        (clean.SUBSCRIBERS.name, clean.SERVICE_SPELLS.name),
    ),
    Feature(
        "household_device_kinds",
        "household",
        "Classes of devices on the open lines of the dwelling",
        "count",
        Words("how many kinds of devices the household has", "has many kinds of devices", "has one kind of device"),
        "dwelling or devices not known",
        profiled(*ALL),
        (clean.SUBSCRIBERS.name, clean.SERVICE_SPELLS.name, clean.DEVICES.name),
    ),
)


def household_features(
    lines: DataFrame, subscribers: DataFrame, spells: DataFrame, devices: DataFrame, day: date
) -> DataFrame:
    """Open lines in the dwelling of a line on the day, and their kinds. Grain: as `lines`. Needs `subscriber_id`."""
    dwellings = latest_holding(subscribers, day).filter(F.col("household_id").isNotNull())
    homes = dwellings.select("subscriber_id", "household_id")
    open_lines = latest_holding(spells, day).select("subscriber_id", "vertical")
    in_use = latest_holding(devices, day).select("subscriber_id", "device_class")
    n_kinds = F.count_distinct("device_class")
    per_home = (
        homes.join(open_lines, on="subscriber_id", how="inner")
        .join(in_use, on="subscriber_id", how="left")
        .groupBy("household_id")
        .agg(
            F.count(F.lit(1)).cast("double").alias("household_lines"),
            F.count_distinct("vertical").cast("double").alias("household_verticals"),
            F.when(n_kinds > 0, n_kinds).cast("double").alias("household_device_kinds"),
        )
    )
    known = homes.join(per_home, on="household_id", how="inner").select(
        "subscriber_id", *(feature.name for feature in FEATURES)
    )
    return lines.select("subscriber_id").join(known, on="subscriber_id", how="left")


def latest_holding(dimension: DataFrame, day: date) -> DataFrame:
    """The row of a line that holds on the day; of several the latest begun. Grain: subscriber_id."""
    values = F.struct(*(F.col(name) for name in dimension.columns))
    latest = holding_on(dimension, day).groupBy("subscriber_id").agg(F.max_by(values, "valid_from").alias("row"))
    return latest.select("row.*")
