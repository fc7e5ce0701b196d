"""Household of a broadband line: how many lines of service live there."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import HOME, Feature, Words, fitted
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
        fitted(HOME),
        (clean.SUBSCRIBERS.name, clean.SERVICE_SPELLS.name),
        "log",
    ),
)


def household_features(lines: DataFrame, subscribers: DataFrame, spells: DataFrame, day: date) -> DataFrame:
    """Open lines in the dwelling of a line on the day. Grain: as `lines`. Needs `subscriber_id`."""
    dwellings = latest_holding(subscribers, day).filter(F.col("household_id").isNotNull())
    homes = dwellings.select("subscriber_id", "household_id")
    open_lines = holding_on(spells, day).select("subscriber_id").distinct()
    per_home = (
        homes.join(open_lines, on="subscriber_id", how="inner")
        .groupBy("household_id")
        .agg(F.count(F.lit(1)).cast("double").alias("household_lines"))
    )
    known = homes.join(per_home, on="household_id", how="inner").select("subscriber_id", "household_lines")
    return lines.select("subscriber_id").join(known, on="subscriber_id", how="left")


def latest_holding(dimension: DataFrame, day: date) -> DataFrame:
    """The row of a line that holds on the day; of several the latest begun. Grain: subscriber_id."""
    values = F.struct(*(F.col(name) for name in dimension.columns))
    latest = holding_on(dimension, day).groupBy("subscriber_id").agg(F.max_by(values, "valid_from").alias("row"))
    return latest.select("row.*")
