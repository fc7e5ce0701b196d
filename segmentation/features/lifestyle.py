"""Lifestyle of a month: streaming, social media, games, nightlife, supermarket, travel; its mix, where it is heading.

A month without a row was not observed: levels are means over the months that were.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, NO_EARLIER, PER_MONTH, RATIO, SHARE, Feature, Skew, Words, fitted
from segmentation.features.windows import is_recent, month_partials, per_line, seen_windows, share, velocity
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
}
"""Shares of the time on screens: what a line is drawn to, however much time it has."""
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
    about = f"{what} by all time of streaming, social media and games"
    return _feature(f"{name}_affinity", about, SHARE, words, "no such time known in 3 periods", "none").only_shown()


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
        Words("how much of their screen time is streaming", "is drawn to streaming", "is not drawn to streaming"),
    ),
    _affinity(
        "social",
        "Social media",
        Words(
            "how much of their screen time is social media", "is drawn to social media", "is not drawn to social media"
        ),
    ),
    _affinity(
        "gaming", "Games", Words("how much of their screen time is games", "is drawn to games", "is not drawn to games")
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
    levels = {feature: F.col(f"{name}_per_month") for feature, name in _AFFINITIES.items()}
    on_screens = reduce(add, (F.coalesce(level, F.lit(0.0)) for level in levels.values()))
    affinities = {feature: share(level, on_screens) for feature, level in levels.items()}
    names = [feature.name for feature in FEATURES]
    return known.withColumns({**velocities, **affinities}).select("subscriber_id", *names)
