"""Use of the operator's own digital channels: app, self-care site, e-mail. A month without a row is one without use."""

from collections.abc import Callable, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, NO_EARLIER, NO_SOURCE, PER_MONTH, RATIO, Feature, Words, profiled
from segmentation.features.windows import (
    earlier_months,
    earlier_sum,
    is_recent,
    month_partials,
    or_zero,
    per_line,
    per_month,
    recent_months,
    recent_sum,
    seen_windows,
    velocity,
)
from segmentation.tables import built, clean

_LEVELS = {
    "app_logins_per_month": "n_app_logins",
    "web_visits_per_month": "n_web_visits",
    "emails_opened_per_month": "n_emails_opened",
}
_ABOUT = {column.name: column for column in clean.DIGITAL_MONTHLY.columns}
PARTIALS = built.partials(
    "digital_partials",
    "Use of the operator's digital channels by a line in a period",
    tuple(_ABOUT[name] for name in _LEVELS.values()),
)
SOURCES = (clean.DIGITAL_MONTHLY,)


def _feature(name: str, about: str, unit: str, words: Words, null_means: str = NO_SOURCE) -> Feature:
    needs = (clean.DIGITAL_MONTHLY.name,)
    return Feature(name, "digital", about, unit, words, null_means, profiled(*ALL), needs, "log")


FEATURES = (
    _feature(
        "app_logins_per_month",
        "Logins to the app a month",
        PER_MONTH,
        Words("how often they use the app", "uses the app often", "hardly uses the app"),
    ),
    _feature(
        "web_visits_per_month",
        "Visits to the self-care site a month",
        PER_MONTH,
        Words("how often they visit the site", "visits the site often", "hardly visits the site"),
    ),
    _feature(
        "emails_opened_per_month",
        "E-mails of the operator opened a month",
        PER_MONTH,
        Words("how many e-mails they open", "opens our e-mails", "does not open our e-mails"),
    ),
    _feature(
        "digital_velocity",
        "Logins and visits of the last 3 periods over the 3 before",
        RATIO,
        Words("whether they come online more than before", "comes online more and more", "comes online less and less"),
        NO_EARLIER,
    ),
)


def digital_partials(digital: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Use of the digital channels in a period, which holds one end of a month. Grain: subscriber_id, period."""
    return month_partials(digital, period_of, tuple(_LEVELS.values()))


def digital_features(lines: DataFrame, partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """Use of the digital channels by the lines. Grain: as `lines`. Needs `subscriber_id`, `months_seen`."""
    came = F.col("n_app_logins") + F.col("n_web_visits")
    sums = per_line(
        seen_windows(partials, lines, ends).withColumn("n_came", came),
        *(recent_sum(name).alias(name) for name in (*_LEVELS.values(), "n_came")),
        earlier_sum("n_came").alias("n_earlier"),
        F.count_if(is_recent()).alias("n_recent"),
    )
    recent = per_month(or_zero(F.col("n_came"), F.col("n_recent")), recent_months())
    levels = (
        per_month(or_zero(F.col(name), F.col("n_recent")), recent_months()).alias(level)
        for level, name in _LEVELS.items()
    )
    heading = velocity(recent, per_month(F.col("n_earlier"), earlier_months())).alias("digital_velocity")
    return sums.select("subscriber_id", *levels, heading)
