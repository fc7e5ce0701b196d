"""What a line changes in its subscription, and whether it asks to leave."""

from collections.abc import Callable, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, CONTRACT, NO_SOURCE, PER_MONTH, Feature, Words, fitted, profiled
from segmentation.features.windows import per_line, per_month, recent_months, recent_sum, seen_windows
from segmentation.tables import built, clean
from segmentation.tables.clean import count

_KINDS = {
    "n_addon_changes": ("addon_on", "addon_off"),
    "n_product_changes": ("upgrade", "downgrade"),
    "n_upgrades": ("upgrade",),
    "n_port_requests": ("port_request",),
    "n_renewals": ("renewal",),
}
PARTIALS = built.partials(
    "event_partials",
    "Changes of a line's subscription in a period",
    (
        count("n_addon_changes", "Add-ons booked or cancelled"),
        count("n_product_changes", "Upgrades and downgrades"),
        count("n_upgrades", "Of these, upgrades"),
        count("n_port_requests", "Requests to port the number away"),
        count("n_renewals", "Renewals of the contract"),
    ),
)
SOURCES = (clean.SUBSCRIPTION_EVENTS,)
FEATURES = (
    Feature(
        "addon_changes_per_month",
        "subscription",
        "Add-ons booked or cancelled a month",
        PER_MONTH,
        Words("how often they change add-ons", "changes add-ons often", "hardly ever changes add-ons"),
        NO_SOURCE,
        fitted(*CONTRACT),
        (clean.SUBSCRIPTION_EVENTS.name,),
        "log",
    ),
    Feature(
        "product_changes_per_month",
        "subscription",
        "Upgrades and downgrades a month",
        PER_MONTH,
        Words("how often they change the product", "changes the product often", "keeps the product"),
        NO_SOURCE,
        fitted(*CONTRACT),
        (clean.SUBSCRIPTION_EVENTS.name,),
        "log",
    ),
    Feature(
        "upgrades_per_month",
        "subscription",
        "Upgrades a month",
        PER_MONTH,
        Words("how often they upgrade", "upgrades often", "hardly ever upgrades"),
        NO_SOURCE,
        profiled(*CONTRACT),
        (clean.SUBSCRIPTION_EVENTS.name,),
        "log",
    ),
    Feature(
        "downgrades_per_month",
        "subscription",
        "Downgrades a month",
        PER_MONTH,
        Words("how often they downgrade", "downgrades often", "hardly ever downgrades"),
        NO_SOURCE,
        profiled(*CONTRACT),
        (clean.SUBSCRIPTION_EVENTS.name,),
        "log",
    ),
)
CHURN_FEATURES = (
    Feature(
        "port_requests",
        "churn",
        "Requests to port the number away in the last 3 periods",
        "count",
        Words("whether they ask to leave", "asks to leave", "does not ask to leave"),
        NO_SOURCE,
        profiled(*ALL),
        (clean.SUBSCRIPTION_EVENTS.name,),
    ),
)


def event_partials(events: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Changes of a line's subscription in a period. Grain: subscriber_id, period."""
    in_period = events.withColumn("period", period_of(F.col("day"))).filter(F.col("period").isNotNull())
    counts = (F.count_if(F.col("event_kind").isin(*kinds)).alias(name) for name, kinds in _KINDS.items())
    return in_period.groupBy("subscriber_id", "period").agg(*counts)


def subscription_features(lines: DataFrame, partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """Changes a month, and requests to leave. Grain: as `lines`. Needs `subscriber_id`, `months_seen`."""
    sums = per_line(seen_windows(partials, lines, ends), *(recent_sum(name).alias(name) for name in _KINDS))
    n_changes = F.coalesce(F.col("n_product_changes"), F.lit(0))
    port_requests = F.when(recent_months() > 0, F.coalesce(F.col("n_port_requests"), F.lit(0)))
    return sums.select(
        "subscriber_id",
        _level("n_addon_changes").alias("addon_changes_per_month"),
        _level("n_product_changes").alias("product_changes_per_month"),
        _level("n_upgrades").alias("upgrades_per_month"),
        per_month(n_changes - F.coalesce(F.col("n_upgrades"), F.lit(0)), recent_months()).alias("downgrades_per_month"),
        port_requests.cast("double").alias("port_requests"),
    )


def _level(name: str) -> Column:
    return per_month(F.coalesce(F.col(name), F.lit(0)), recent_months())
