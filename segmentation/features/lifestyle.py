"""Lifestyle of a month: streaming, social media, games, nightlife, supermarket, travel, and where they are heading.

A month without a row was not observed: levels are means over the months that were.
"""

from collections.abc import Callable, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, NO_EARLIER, PER_MONTH, RATIO, Feature, Words, fitted
from segmentation.features.windows import is_recent, per_line, seen_windows, velocity
from segmentation.tables import built, clean
from segmentation.tables.clean import MONEY

MEASURES = (
    "streaming_minutes",
    "social_minutes",
    "gaming_minutes",
    "nightlife_visits",
    "supermarket_amount",
    "travel_days",
)
_VELOCITIES = {"streaming_velocity": "streaming_minutes", "supermarket_velocity": "supermarket_amount"}
_ABOUT = {column.name: column for column in clean.LIFESTYLE_MONTHLY.columns}
PARTIALS = built.partials(
    "lifestyle_partials", "Lifestyle of a line in a period", tuple(_ABOUT[name] for name in MEASURES)
)
SOURCES = (clean.LIFESTYLE_MONTHLY,)


def _feature(
    name: str, about: str, unit: str, words: Words, null_means: str = "no lifestyle data of the line in 3 periods"
) -> Feature:
    needs = (clean.LIFESTYLE_MONTHLY.name,)
    return Feature(name, "lifestyle", about, unit, words, null_means, fitted(*ALL), needs, "log")


FEATURES = (
    _feature(
        "streaming_minutes_per_month",
        "Minutes of video and music streaming a month",
        f"min {PER_MONTH}",
        Words("how much they stream", "streams much", "hardly streams"),
    ),
    _feature(
        "social_minutes_per_month",
        "Minutes on social media a month",
        f"min {PER_MONTH}",
        Words("how much they use social media", "is much on social media", "is hardly on social media"),
    ),
    _feature(
        "gaming_minutes_per_month",
        "Minutes of games a month",
        f"min {PER_MONTH}",
        Words("how much they play", "plays much", "hardly plays"),
    ),
    _feature(
        "nightlife_visits_per_month",
        "Evenings out a month",
        PER_MONTH,
        Words("how often they go out", "goes out often", "hardly goes out"),
    ),
    _feature(
        "supermarket_amount_per_month",
        "Bought in supermarkets a month",
        f"{MONEY} {PER_MONTH}",
        Words("how much they buy in supermarkets", "buys much in supermarkets", "buys little in supermarkets"),
    ),
    _feature(
        "travel_days_per_month",
        "Days outside the home region a month",
        f"days {PER_MONTH}",
        Words("how much they travel", "travels much", "hardly travels"),
    ),
    _feature(
        "streaming_velocity",
        "Streaming of the last 3 periods over the 3 before",
        RATIO,
        Words("whether they stream more than before", "streams more and more", "streams less and less"),
        NO_EARLIER,
    ),
    _feature(
        "supermarket_velocity",
        "Supermarket spending of the last 3 periods over the 3 before",
        RATIO,
        Words(
            "whether they buy more in supermarkets than before",
            "buys more and more in supermarkets",
            "buys less and less in supermarkets",
        ),
        NO_EARLIER,
    ),
)


def lifestyle_partials(lifestyle: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Lifestyle of a line in a period, which holds one end of a month. Grain: subscriber_id, period."""
    of_month = lifestyle.withColumnRenamed("period", "month_end")
    in_period = of_month.withColumn("period", period_of(F.col("month_end"))).filter(F.col("period").isNotNull())
    return in_period.groupBy("subscriber_id", "period").agg(*(F.sum(name).alias(name) for name in MEASURES))


def lifestyle_features(lines: DataFrame, partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """Lifestyle features of the lines. Grain: as `lines`. Needs `subscriber_id`, `months_seen`."""
    windows = seen_windows(partials, lines, ends)
    known = per_line(
        windows,
        *(F.avg(F.when(is_recent(), F.col(name))).alias(f"{name}_per_month") for name in MEASURES),
        *(F.avg(F.when(~is_recent(), F.col(name))).alias(f"earlier_{name}") for name in _VELOCITIES.values()),
    )
    velocities = {
        feature: velocity(F.col(f"{name}_per_month"), F.col(f"earlier_{name}")) for feature, name in _VELOCITIES.items()
    }
    names = [feature.name for feature in FEATURES]
    return known.withColumns(velocities).select("subscriber_id", *names)
