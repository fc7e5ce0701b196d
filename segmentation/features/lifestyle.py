"""Lifestyle of a month: streaming, social media, games, nightlife, supermarket, travel; its mix, where it is heading.

A month without a row was not observed: levels are means over the months that were. Minutes, visits, days and money
cannot be added up, so for the mix of habits each is measured by its mean over the base.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, NO_EARLIER, PER_MONTH, RATIO, SHARE, Feature, Skew, Words, fitted
from segmentation.features.windows import (
    LEVEL_PERIODS,
    is_recent,
    month_partials,
    per_line,
    seen_windows,
    share,
    velocity,
)
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
_VELOCITIES = {
    "streaming_velocity": "streaming_minutes",
    "social_velocity": "social_minutes",
    "gaming_velocity": "gaming_minutes",
    "nightlife_velocity": "nightlife_visits",
    "supermarket_velocity": "supermarket_amount",
    "travel_velocity": "travel_days",
}
_AFFINITIES = {
    "streaming_affinity": "streaming_minutes",
    "social_affinity": "social_minutes",
    "gaming_affinity": "gaming_minutes",
    "nightlife_affinity": "nightlife_visits",
    "supermarket_affinity": "supermarket_amount",
    "travel_affinity": "travel_days",
}
"""What a line is drawn to, however much it does of everything."""
_ABOUT = {column.name: column for column in clean.LIFESTYLE_MONTHLY.columns}
PARTIALS = built.partials(
    "lifestyle_partials", "Lifestyle of a line in a period", tuple(_ABOUT[name] for name in MEASURES)
)
SOURCES = (clean.LIFESTYLE_MONTHLY,)


def _feature(
    name: str,
    about: str,
    unit: str,
    words: Words,
    null_means: str = "no lifestyle data of the line in 3 periods",
    skew: Skew = "log",
) -> Feature:
    needs = (clean.LIFESTYLE_MONTHLY.name,)
    return Feature(name, "lifestyle", about, unit, words, null_means, fitted(*ALL), needs, skew)


def _heading(name: str, what: str, words: Words) -> Feature:
    about = f"{what} of the last 3 periods over the 3 before"
    return _feature(f"{name}_velocity", about, RATIO, words, NO_EARLIER).only_shown()


def _affinity(name: str, what: str, words: Words) -> Feature:
    about = f"{what} as a share of all six habits, each measured by its mean over the base"
    null_means = "the habit not known in 3 periods, or nothing done of any"
    return _feature(f"{name}_affinity", about, SHARE, words, null_means, "none").only_shown()


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
    _heading(
        "social",
        "Social media",
        Words("whether social media grows", "is more and more on social media", "leaves social media"),
    ),
    _heading(
        "gaming", "Games", Words("whether they play more than before", "plays more and more", "plays less and less")
    ),
    _heading(
        "nightlife",
        "Evenings out",
        Words("whether they go out more than before", "goes out more and more", "goes out less and less"),
    ),
    _heading(
        "travel",
        "Travel",
        Words("whether they travel more than before", "travels more and more", "travels less and less"),
    ),
    _affinity(
        "streaming",
        "Streaming",
        Words("how much streaming stands out among their habits", "is drawn to streaming", "is not drawn to streaming"),
    ),
    _affinity(
        "social",
        "Social media",
        Words(
            "how much social media stands out among their habits",
            "is drawn to social media",
            "is not drawn to social media",
        ),
    ),
    _affinity(
        "gaming",
        "Games",
        Words("how much games stand out among their habits", "is drawn to games", "is not drawn to games"),
    ),
    _affinity(
        "nightlife",
        "Evenings out",
        Words("how much going out stands out among their habits", "is drawn to nightlife", "is not drawn to nightlife"),
    ),
    _affinity(
        "supermarket",
        "Supermarket spending",
        Words(
            "how much supermarkets stand out among their habits",
            "is drawn to supermarkets",
            "is not drawn to supermarkets",
        ),
    ),
    _affinity(
        "travel",
        "Travel",
        Words("how much travel stands out among their habits", "is drawn to travel", "is not drawn to travel"),
    ),
)


def lifestyle_partials(lifestyle: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Lifestyle of a line in a period, which holds one end of a month. Grain: subscriber_id, period."""
    return month_partials(lifestyle, period_of, MEASURES)


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
    measured = {
        feature: F.try_divide(F.col(f"{name}_per_month"), F.col(f"base_{name}"))
        for feature, name in _AFFINITIES.items()
    }
    together = reduce(add, (F.coalesce(habit, F.lit(0.0)) for habit in measured.values()))
    affinities = {feature: share(habit, together) for feature, habit in measured.items()}
    names = [feature.name for feature in FEATURES]
    with_base = known.crossJoin(F.broadcast(_means_of_base(partials, ends)))
    return with_base.withColumns({**velocities, **affinities}).select("subscriber_id", *names)


def _means_of_base(partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """`base_...`, the mean of every habit over all months observed in the last 3 periods. Grain: one row."""
    recent = partials.filter(F.col("period").isin(list(ends)[-LEVEL_PERIODS:]))
    means = (F.try_divide(F.sum(name).cast("double"), F.count(name)).alias(f"base_{name}") for name in MEASURES)
    return recent.agg(*means)
