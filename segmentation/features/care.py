"""Contacts with customer care: how many, complaints, what stays open, how long it takes, how content they are."""

from collections.abc import Callable, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame, Window
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
    or_zero,
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

_CHANNELS = {"phone": "n_by_phone", "chat": "n_by_chat", "shop": "n_in_shop", "e-mail": "n_by_email"}
"""Count of every channel that the clean table knows. What a feed calls otherwise is a channel, but none of these."""
_CHANNEL_SHARES = {
    "phone_contact_share": "n_by_phone",
    "chat_contact_share": "n_by_chat",
    "shop_contact_share": "n_in_shop",
    "email_contact_share": "n_by_email",
}
_COUNTS = (
    "n_contacts",
    "n_resolved",
    "resolution_days",
    "n_answers",
    "satisfaction",
    "n_repeats",
    "n_by_channel",
    *_CHANNELS.values(),
    "made_days",
)
REPEAT_DAYS = 7
"""A contact so many days or fewer after another of the line is a repeat."""
_EPOCH = date(1970, 1, 1)
PARTIALS = built.partials(
    "care_partials",
    "Contacts of a line with customer care in a period",
    (
        count("n_contacts", "Contacts"),
        count("n_complaints", "Complaints; null where no contact tells whether it was one"),
        count("n_resolved", "Contacts resolved in the period, older ones too"),
        count("resolution_days", "Days that these had taken, together"),
        count("n_answers", "Contacts with an answer on satisfaction"),
        count("satisfaction", "Sum of these answers"),
        count("n_repeats", f"Contacts within {REPEAT_DAYS} days of another before"),
        count("n_by_channel", "Contacts of which the channel is told"),
        count("n_by_phone", "Contacts by phone"),
        count("n_by_chat", "Contacts by chat"),
        count("n_in_shop", "Contacts in a shop"),
        count("n_by_email", "Contacts by e-mail"),
        count("made_days", "Sum of the days on which contacts were made, each as days since 1970-01-01"),
        TableColumn("resolved_made_on", "array<string>", "Days on which the contacts resolved in the period were made"),
    ),
)
SOURCES = (clean.CARE_CONTACTS,)
_NO_CHANNEL = "no contacts in 6 periods, or none with its channel"
_NOTHING_SOLVED = "no contacts in 6 periods, or no contact of any line is ever resolved"


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
        f"{NO_SOURCE}, or not told of any contact",
        "log",
    ),
    _feature(
        "unresolved_share",
        "Share of the contacts of 6 periods that are still open",
        "0..1",
        Words("how much of their trouble stays open", "has trouble that stays open", "has trouble solved"),
        _NOTHING_SOLVED,
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
    _feature(
        "repeat_contact_share",
        f"Share of the contacts of 6 periods within {REPEAT_DAYS} days of another before",
        "0..1",
        Words("how often they have to ask again", "has to ask again", "needs to ask once only"),
        "no contacts in 6 periods",
    ),
    _feature(
        "open_contact_days_mean",
        "Days since the contacts of 6 periods that are still open were made",
        "days",
        Words("how long their trouble has been open", "has trouble open for long", "has trouble open since lately"),
        "nothing open, or it is not told what is",
        "log",
    ),
    _feature(
        "phone_contact_share",
        "Share of the contacts of 6 periods by phone",
        "0..1",
        Words("whether they phone care", "phones care", "does not phone care"),
        _NO_CHANNEL,
    ),
    _feature(
        "chat_contact_share",
        "Share of the contacts of 6 periods by chat",
        "0..1",
        Words("whether they chat with care", "chats with care", "does not chat with care"),
        _NO_CHANNEL,
    ),
    _feature(
        "shop_contact_share",
        "Share of the contacts of 6 periods in a shop",
        "0..1",
        Words("whether they go to a shop for help", "goes to a shop for help", "does not go to a shop for help"),
        _NO_CHANNEL,
    ),
    _feature(
        "email_contact_share",
        "Share of the contacts of 6 periods by e-mail",
        "0..1",
        Words("whether they write e-mails to care", "writes e-mails to care", "does not write e-mails to care"),
        _NO_CHANNEL,
    ),
)


def care_partials(contacts: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Contacts of a line with care in a period. Grain: subscriber_id, period.

    A solution counts in the period in which it was found, so that a period never knows what came after it.
    """
    made, resolved = _made(contacts, period_of), _resolved(contacts, period_of)
    both_kinds = made.join(resolved, on=["subscriber_id", "period"], how="full")
    counts = (F.coalesce(F.col(name), F.lit(0)).alias(name) for name in _COUNTS)
    made_on = F.coalesce(F.col("resolved_made_on"), F.array().cast("array<string>"))
    return both_kinds.select("subscriber_id", "period", *counts, "n_complaints", made_on.alias("resolved_made_on"))


def _made(contacts: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Contacts that a line made in a period. Grain: subscriber_id, period."""
    before = Window.partitionBy("subscriber_id").orderBy("day", "contact_id")
    days_since = F.date_diff(F.col("day"), F.lag("day").over(before))
    in_period = contacts.withColumns({"days_since": days_since, "period": period_of(F.col("day"))})
    by_channel = (F.count_if(F.col("channel") == channel).alias(name) for channel, name in _CHANNELS.items())
    return (
        in_period.filter(F.col("period").isNotNull())
        .groupBy("subscriber_id", "period")
        .agg(
            F.count(F.lit(1)).alias("n_contacts"),
            F.sum(F.col("is_complaint").cast("int")).alias("n_complaints"),
            F.count("satisfaction").alias("n_answers"),
            F.sum("satisfaction").alias("satisfaction"),
            F.count_if(F.col("days_since") <= REPEAT_DAYS).alias("n_repeats"),
            F.count("channel").alias("n_by_channel"),
            *by_channel,
            F.sum(F.unix_date("day")).alias("made_days"),
        )
    )


def _resolved(contacts: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Contacts of a line that were resolved in a period, whenever they were made. Grain: subscriber_id, period."""
    in_period = contacts.withColumn("period", period_of(F.col("resolved_on"))).filter(F.col("period").isNotNull())
    return in_period.groupBy("subscriber_id", "period").agg(
        F.count(F.lit(1)).alias("n_resolved"),
        F.sum(F.date_diff("resolved_on", "day")).alias("resolution_days"),
        F.sort_array(F.collect_list(F.col("day").cast("string"))).alias("resolved_made_on"),
    )


def care_features(
    lines: DataFrame, partials: DataFrame, ends: Sequence[date], *, are_solutions_told: bool = True
) -> DataFrame:
    """Care features of the lines. Grain: as `lines`. Needs `subscriber_id`, `months_seen`.

    Unless solutions are told at all, a contact without one is not known to be open.
    """
    windows = seen_windows(partials, lines, ends)
    own_resolved = _own_resolved(ends)
    sums = per_line(
        windows.withColumns(
            {"n_own_resolved": F.array_size(own_resolved), "own_made_days": _sum_of_days(own_resolved)}
        ),
        F.sum("n_own_resolved").alias("n_own_resolved"),
        F.sum("own_made_days").alias("own_made_days"),
        recent_sum("n_contacts").alias("recent_contacts"),
        recent_sum("n_complaints").alias("recent_complaints"),
        *(F.sum(name).alias(name) for name in _COUNTS),
    )
    n_open = F.when(F.lit(are_solutions_told), F.col("n_contacts") - F.col("n_own_resolved"))
    recent_contacts = F.coalesce(F.col("recent_contacts"), F.lit(0))
    complaints = or_zero(F.col("recent_complaints"), recent_contacts)
    today = F.lit((ends[-1] - _EPOCH).days)
    open_days = today * n_open - (F.col("made_days") - F.col("own_made_days"))
    return sums.select(
        "subscriber_id",
        per_month(recent_contacts, recent_months()).alias("contacts_per_month"),
        per_month(complaints, recent_months()).alias("complaints_per_month"),
        share(n_open, F.col("n_contacts")).alias("unresolved_share"),
        F.try_divide(F.col("resolution_days").cast("double"), F.col("n_resolved")).alias("resolution_days_mean"),
        F.try_divide(F.col("satisfaction").cast("double"), F.col("n_answers")).alias("satisfaction_mean"),
        share(F.col("n_repeats"), F.col("n_contacts")).alias("repeat_contact_share"),
        F.when(n_open > 0, F.try_divide(open_days.cast("double"), n_open)).alias("open_contact_days_mean"),
        *(share(F.col(name), F.col("n_by_channel")).alias(feature) for feature, name in _CHANNEL_SHARES.items()),
    )


def _own_resolved(ends: Sequence[date]) -> Column:
    """Days of the contacts resolved in a period that were made within the window: older ones are not among its own."""
    first_day = F.lit(None).cast("date")
    for index, end in enumerate(reversed(ends)):
        first_day = F.when(window_months() == index + 1, F.lit(period_start(end))).otherwise(first_day)
    return F.filter("resolved_made_on", lambda made_on: made_on.cast("date") >= first_day)


def _sum_of_days(days: Column) -> Column:
    return F.aggregate(
        days, F.lit(0).cast("bigint"), lambda total, day: total + F.unix_date(day.cast("date")).cast("bigint")
    )
