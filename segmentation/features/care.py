"""Contacts with customer care: how many, complaints, what stays open, how long it takes, how content they are."""

from collections.abc import Callable, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import (
    ALL,
    CONTRACT,
    NO_SOURCE,
    PAYG,
    PER_MONTH,
    Feature,
    Skew,
    Words,
    both,
    profiled,
)
from segmentation.features.windows import (
    per_line,
    per_month,
    recent_months,
    recent_sum,
    seen_windows,
    share,
    window_months,
)
from segmentation.periods import period_start
from segmentation.tables import Column as TableColumn
from segmentation.tables import built, clean
from segmentation.tables.clean import count

_COUNTS = ("n_contacts", "n_complaints", "n_resolved", "resolution_days", "n_answers", "satisfaction")
PARTIALS = built.partials(
    "care_partials",
    "Contacts of a line with customer care in a period",
    (
        count("n_contacts", "Contacts"),
        count("n_complaints", "Complaints"),
        count("n_resolved", "Contacts resolved in the period, older ones too"),
        count("resolution_days", "Days that these had taken, together"),
        count("n_answers", "Contacts with an answer on satisfaction"),
        count("satisfaction", "Sum of these answers"),
        TableColumn("resolved_made_on", "array<string>", "Days on which the contacts resolved in the period were made"),
    ),
)
SOURCES = (clean.CARE_CONTACTS,)


def _feature(name: str, about: str, unit: str, words: Words, null_means: str, skew: Skew = "none") -> Feature:
    needs = (clean.CARE_CONTACTS.name,)
    return Feature(name, "care", about, unit, words, null_means, profiled(*ALL), needs, skew)


FEATURES = (
    Feature(
        "contacts_per_month",
        "care",
        "Contacts with customer care a month",
        PER_MONTH,
        Words("how often they contact care", "contacts care often", "hardly ever contacts care"),
        NO_SOURCE,
        both(CONTRACT, (PAYG,)),
        (clean.CARE_CONTACTS.name,),
        "log",
    ),
    _feature(
        "complaints_per_month",
        "Complaints a month",
        PER_MONTH,
        Words("how often they complain", "complains often", "hardly ever complains"),
        NO_SOURCE,
        "log",
    ),
    _feature(
        "unresolved_share",
        "Share of the contacts of 6 periods that are still open",
        "0..1",
        Words("how much of their trouble stays open", "has trouble that stays open", "has trouble solved"),
        "no contacts in 6 periods",
    ),
    _feature(
        "resolution_days_mean",
        "Days until a contact was resolved, over 6 periods",
        "days",
        Words("how long they wait for a solution", "waits long for a solution", "gets a quick solution"),
        "nothing resolved in 6 periods",
        "log",
    ),
    _feature(
        "satisfaction_mean",
        "Mean answer after a contact over 6 periods, 1 bad to 5 good",
        "1..5",
        Words("how content they are with care", "is content with care", "is unhappy with care"),
        "no answer in 6 periods",
    ),
)


def care_partials(contacts: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Contacts of a line with care in a period. Grain: subscriber_id, period.

    A solution counts in the period in which it was found, so that a period never knows what came after it.
    """
    is_complaint = F.coalesce(F.col("is_complaint"), F.lit(False))
    made = contacts.select(
        "subscriber_id",
        "day",
        F.lit(1).alias("n_contacts"),
        F.when(is_complaint, F.lit(1)).alias("n_complaints"),
        F.when(F.col("satisfaction").isNotNull(), F.lit(1)).alias("n_answers"),
        "satisfaction",
    )
    resolved = contacts.filter(F.col("resolved_on").isNotNull()).select(
        "subscriber_id",
        F.col("resolved_on").alias("day"),
        F.lit(1).alias("n_resolved"),
        F.date_diff(F.col("resolved_on"), F.col("day")).alias("resolution_days"),
        F.col("day").cast("string").alias("made_on"),
    )
    events = made.unionByName(resolved, allowMissingColumns=True).withColumn("period", period_of(F.col("day")))
    in_period = events.filter(F.col("period").isNotNull())
    totals = (F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in _COUNTS)
    made_on = F.sort_array(F.collect_list("made_on")).alias("resolved_made_on")
    return in_period.groupBy("subscriber_id", "period").agg(*totals, made_on)


def care_features(lines: DataFrame, partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """Care features of the lines. Grain: as `lines`. Needs `subscriber_id`, `months_seen`."""
    windows = seen_windows(partials, lines, ends)
    sums = per_line(
        windows.withColumn("n_own_resolved", _own_resolved(ends)),
        F.sum("n_own_resolved").alias("n_own_resolved"),
        recent_sum("n_contacts").alias("recent_contacts"),
        recent_sum("n_complaints").alias("recent_complaints"),
        *(F.sum(name).alias(name) for name in _COUNTS),
    )
    n_open = F.col("n_contacts") - F.col("n_own_resolved")
    return sums.select(
        "subscriber_id",
        per_month(F.coalesce(F.col("recent_contacts"), F.lit(0)), recent_months()).alias("contacts_per_month"),
        per_month(F.coalesce(F.col("recent_complaints"), F.lit(0)), recent_months()).alias("complaints_per_month"),
        share(n_open, F.col("n_contacts")).alias("unresolved_share"),
        F.try_divide(F.col("resolution_days").cast("double"), F.col("n_resolved")).alias("resolution_days_mean"),
        F.try_divide(F.col("satisfaction").cast("double"), F.col("n_answers")).alias("satisfaction_mean"),
    )


def _own_resolved(ends: Sequence[date]) -> Column:
    """Of the contacts resolved in a period, those made within the window: older ones are not among its contacts."""
    first_day = F.lit(None).cast("date")
    for index, end in enumerate(reversed(ends)):
        first_day = F.when(window_months() == index + 1, F.lit(period_start(end))).otherwise(first_day)
    return F.array_size(F.filter("resolved_made_on", lambda made_on: made_on.cast("date") >= first_day))
