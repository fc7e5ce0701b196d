"""Use of a line by kind and part of the day: levels, shares, velocity, consistency."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import (
    ALL,
    CONTRACT,
    HOME,
    MOBILE,
    NO_EARLIER,
    NO_SOURCE,
    PAYG,
    PER_MONTH,
    PLAN,
    RATIO,
    RATIO_TO,
    SHARE,
    Feature,
    Role,
    Skew,
    Words,
    both,
    fitted,
    profiled,
)
from segmentation.features.windows import (
    LEVEL_PERIODS,
    earlier_months,
    earlier_sum,
    evenness,
    is_recent,
    or_zero,
    per_line,
    per_month,
    ratio,
    recent_months,
    recent_sum,
    seen_windows,
    share,
    velocity,
    window_months,
)
from segmentation.periods import period_start
from segmentation.settings import VerticalName
from segmentation.tables import built, clean
from segmentation.tables.clean import KB, SECONDS, count, data, day, day_bits
from segmentation.tables.store import holding_on

_SUMMED = (
    "voice_seconds",
    "voice_offnet_seconds",
    "voice_night_seconds",
    "n_calls",
    "n_peers",
    "n_sms",
    "data_kb",
    "data_night_kb",
    "data_work_kb",
    "data_evening_kb",
    "upload_kb",
    "streaming_kb",
    "social_kb",
    "gaming_kb",
    "roaming_kb",
    "charged_amount",
)
_ABOUT = {column.name: column for column in clean.USAGE_DAILY.columns}
PARTIALS = built.partials(
    "usage_partials",
    "Use of a line in a period",
    (
        *(_ABOUT[name] for name in _SUMMED),
        data("data_weekend_kb", "Data on Saturdays and Sundays"),
        count("n_active_days", "Days with any use"),
        count("n_call_days", "Days with outgoing calls"),
        count("n_devices", "Most devices seen on a day"),
        day("first_day", "First day of use"),
        day("last_day", "Last day of use"),
        day_bits("days_heard", "Days with use"),
    ),
)
SOURCES = (clean.USAGE_DAILY,)
SATURDAY, SUNDAY = 7, 1
_SHARES_OF_DATA = {
    "data_night_share": "data_night_kb",
    "data_work_share": "data_work_kb",
    "data_evening_share": "data_evening_kb",
    "weekend_share": "data_weekend_kb",
    "upload_share": "upload_kb",
    "streaming_data_share": "streaming_kb",
    "social_data_share": "social_kb",
    "gaming_data_share": "gaming_kb",
}
_PACK_NEEDS = (clean.USAGE_DAILY.name, clean.SERVICE_SPELLS.name, clean.PRODUCTS.name)
_EVERYWHERE = fitted(*ALL)
_MOBILE = fitted(*MOBILE)
_LEVELS = {
    "data_kb_per_month": "data_kb",
    "voice_seconds_per_month": "voice_seconds",
    "sms_per_month": "n_sms",
    "calls_per_month": "n_calls",
    "roaming_kb_per_month": "roaming_kb",
}
_MORE_SUMS = ("voice_offnet_seconds", "voice_night_seconds", "n_peers")


def _feature(
    name: str,
    about: str,
    unit: str,
    words: Words,
    roles: Mapping[VerticalName, Role] = _EVERYWHERE,
    skew: Skew = "log",
    null_means: str = NO_SOURCE,
    needs: tuple[str, ...] = (clean.USAGE_DAILY.name,),
) -> Feature:
    return Feature(name, "usage", about, unit, words, null_means, roles, needs, skew)


def _data_share(name: str, of_what: str, words: Words, roles: Mapping[VerticalName, Role] = _EVERYWHERE) -> Feature:
    return _feature(name, f"Share of the data {of_what}", SHARE, words, roles, "none", "no data in the last 3 periods")


FEATURES = (
    _feature(
        "data_kb_per_month",
        "Data used a month",
        f"{KB} {PER_MONTH}",
        Words("how much data they use", "uses much data", "uses little data"),
    ),
    _feature(
        "voice_seconds_per_month",
        "Length of outgoing calls a month",
        f"{SECONDS} {PER_MONTH}",
        Words("how long they are on the phone", "talks much", "talks little"),
        _MOBILE,
    ),
    _feature(
        "sms_per_month",
        "Messages sent a month",
        PER_MONTH,
        Words("how many messages they send", "sends many messages", "sends few messages"),
        _MOBILE,
    ),
    _feature(
        "calls_per_month",
        "Outgoing calls a month",
        PER_MONTH,
        Words("how often they call", "calls often", "calls rarely"),
        _MOBILE,
    ),
    _feature(
        "peers_per_day",
        "Different numbers called on a day with calls",
        "a day",
        Words("how many people they call", "calls many people", "calls few people"),
        _MOBILE,
        null_means="no calls in the last 3 periods",
    ),
    _data_share(
        "data_night_share",
        "used 00:00-06:00",
        Words("how much they are online at night", "is online at night", "is not online at night"),
    ),
    _data_share(
        "data_work_share",
        "used 09:00-17:00",
        Words("how much they are online in working hours", "is online in working hours", "is not online at work"),
    ),
    _data_share(
        "data_evening_share",
        "used 18:00-24:00",
        Words("how much they are online in the evening", "is online in the evening", "is not online in the evening"),
    ),
    _data_share(
        "weekend_share",
        "used on Saturdays and Sundays",
        Words("how much they are online at weekends", "is online at weekends", "is online on working days"),
    ),
    _data_share(
        "upload_share",
        "that is sent",
        Words("how much they upload", "uploads much", "hardly uploads"),
        both((HOME,), MOBILE),
    ),
    _data_share(
        "streaming_data_share",
        "that is streaming",
        Words("how much of their data is streaming", "streams most of the data", "streams little of the data"),
        both(CONTRACT, (PAYG,)),
    ),
    _data_share(
        "social_data_share",
        "that is social media",
        Words("how much of their data is social media", "spends the data on social media", "is little on social media"),
        both((HOME,), MOBILE),
    ),
    _data_share(
        "gaming_data_share",
        "that is games",
        Words("how much of their data is games", "spends the data on games", "hardly plays online"),
        both((HOME,), MOBILE),
    ),
    _feature(
        "roaming_kb_per_month",
        "Data abroad a month",
        f"{KB} {PER_MONTH}",
        Words("how much data they use abroad", "uses data abroad", "is not online abroad"),
        both((PLAN,), (PAYG,)),
    ),
    _feature(
        "offnet_share",
        "Share of the call time to other operators",
        SHARE,
        Words("how much they call other networks", "calls other networks", "calls within the network"),
        _MOBILE,
        "none",
        "no calls in the last 3 periods",
    ),
    _feature(
        "data_velocity",
        "Data used in the last 3 periods over the 3 before",
        RATIO,
        Words("whether they use more data than before", "uses more and more data", "uses less and less data"),
        null_means=NO_EARLIER,
    ),
    _feature(
        "usage_consistency",
        "Evenness of the data from period to period over 6 periods: 1 is always the same",
        SHARE,
        Words("how even their use is from month to month", "uses the same every month", "uses now much, now little"),
        _EVERYWHERE,
        "none",
        "no data in 6 periods, not told of a period with use, or fewer than two periods seen",
    ),
    _feature(
        "active_days_share",
        "Share of the days with any use",
        SHARE,
        Words("on how many days they use the line", "uses the line every day", "uses the line on few days"),
        _EVERYWHERE,
        "none",
    ),
    _feature(
        "devices_max",
        "Most devices seen on a day",
        "count",
        Words("how many devices they have online", "has many devices online", "has few devices online"),
        fitted(HOME),
        null_means="no use in the last 3 periods",
    ),
    _feature(
        "call_seconds_mean",
        "Length of one outgoing call",
        SECONDS,
        Words("how long one call is", "makes long calls", "makes short calls"),
        profiled(*MOBILE),
        null_means="no calls in the last 3 periods",
    ),
    _feature(
        "voice_night_share",
        "Share of the call time 00:00-06:00",
        SHARE,
        Words("how much they call at night", "calls at night", "does not call at night"),
        profiled(*MOBILE),
        "none",
        "no calls in the last 3 periods",
    ),
    _feature(
        "voice_velocity",
        "Call time of the last 3 periods over the 3 before",
        RATIO,
        Words("whether they talk more than before", "talks more and more", "talks less and less"),
        profiled(*MOBILE),
        null_means=NO_EARLIER,
    ),
    _feature(
        "pack_used_ratio",
        "Data of the last 3 periods over what the product includes",
        f"{RATIO_TO}what is included",
        Words("how much of their data pack they use", "uses up the data pack", "leaves data unused"),
        profiled(*ALL),
        null_means="no data included, or without limit",
        needs=_PACK_NEEDS,
    ),
    _feature(
        "pack_exhausted_share",
        "Share of the last 3 periods that used all the data included",
        SHARE,
        Words("how often the data pack runs out", "runs out of data", "does not run out of data"),
        profiled(*ALL),
        "none",
        "no data included, or without limit, or data not told of a period with use",
        _PACK_NEEDS,
    ),
    Feature(
        "call_failures_per_month",
        "usage",
        "Calls that failed a month",
        PER_MONTH,
        Words("how often their calls fail", "has many failed calls", "has few failed calls"),
        "not delivered: comes ready-made only",
        fitted(*MOBILE),
        (),
        "log",
    ),
)


def is_used() -> Column:
    """Whether a row of daily use tells of any: a row of nothing but 0 is a day without use, as no row is."""
    # The likeliest first: the others are looked at only where it is 0.
    likeliest_first = sorted(_SUMMED, key=lambda name: name not in ("data_kb", "n_calls"))
    return reduce(or_, (F.coalesce(F.col(name) > 0, F.lit(False)) for name in likeliest_first))


def usage_partials(usage: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Use of a line in a period. Grain: subscriber_id, period. A row of `usage` is a day, so rows are days."""
    is_weekend = F.dayofweek(F.col("day")).isin(SATURDAY, SUNDAY)
    in_period = usage.withColumn("period", period_of(F.col("day"))).filter(F.col("period").isNotNull() & is_used())
    sums = in_period.groupBy("subscriber_id", "period").agg(
        *(F.sum(name).alias(name) for name in _SUMMED),
        F.coalesce(F.sum(F.when(is_weekend, F.col("data_kb"))), F.lit(0)).alias("data_weekend_kb"),
        F.count_if(F.col("n_calls") > 0).alias("n_call_days"),
        F.max("n_devices").alias("n_devices"),
        F.bit_or(F.expr("shiftleft(1L, datediff(period, day))")).alias("days_heard"),
    )
    return sums.withColumns(_days_told_by_bits(F.col("days_heard")))


def _days_told_by_bits(days_heard: Column) -> dict[str, Column]:
    """Number of days, the first and the last. The lowest bit is the last day of the period; one day at least is set."""
    lowest = F.bit_count(days_heard.bitwiseAND(-days_heard) - 1)
    highest = F.length(F.bin(days_heard)) - 1
    return {
        "n_active_days": F.bit_count(days_heard).cast("bigint"),
        "first_day": F.date_sub(F.col("period"), highest),
        "last_day": F.date_sub(F.col("period"), lowest),
    }


def usage_features(lines: DataFrame, partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """Usage features of the lines. Grain: as `lines`. Needs `subscriber_id`, `months_seen`, `allowance_kb`."""
    known = _sums(seen_windows(partials, lines, ends, "allowance_kb"))
    n_recent = F.col("n_recent")
    levels = [
        per_month(or_zero(F.col(name), n_recent), recent_months()).alias(level) for level, name in _LEVELS.items()
    ]
    shares = [share(F.col(name), F.col("data_kb")).alias(feature) for feature, name in _SHARES_OF_DATA.items()]
    recent_data = per_month(or_zero(F.col("data_kb"), n_recent), recent_months())
    active_days = F.coalesce(F.col("n_active_days"), F.lit(0))
    exhausted = share(F.col("n_exhausted"), recent_months())
    even = evenness(window_months(), F.col("window_data_kb"), F.col("data_squares"))
    recent_voice = per_month(or_zero(F.col("voice_seconds"), n_recent), recent_months())
    return known.select(
        "subscriber_id",
        *levels,
        *shares,
        F.try_divide(F.col("n_peers").cast("double"), F.col("n_call_days")).alias("peers_per_day"),
        share(F.col("voice_offnet_seconds"), F.col("voice_seconds")).alias("offnet_share"),
        velocity(recent_data, per_month(F.col("earlier_data_kb"), earlier_months())).alias("data_velocity"),
        F.when((F.col("n_untold") == 0) & (window_months() > 1) & (F.col("window_data_kb") > 0), even).alias(
            "usage_consistency"
        ),
        share(active_days, _days_seen(ends)).alias("active_days_share"),
        F.col("devices_max").cast("double").alias("devices_max"),
        F.try_divide(F.col("voice_seconds").cast("double"), F.col("n_calls")).alias("call_seconds_mean"),
        share(F.col("voice_night_seconds"), F.col("voice_seconds")).alias("voice_night_share"),
        velocity(recent_voice, per_month(F.col("earlier_voice_seconds"), earlier_months())).alias("voice_velocity"),
        ratio(recent_data, F.col("allowance_kb")).alias("pack_used_ratio"),
        F.when((F.col("n_recent_untold") == 0) & F.col("allowance_kb").isNotNull(), exhausted).alias(
            "pack_exhausted_share"
        ),
    )


def with_allowance(lines: DataFrame, products: DataFrame, on_day: date) -> DataFrame:
    """Add `allowance_kb`, data that the line's product includes on a day (null: none, or no limit). Grain: as `lines`.

    Needs `product_id`.
    """
    newest = F.max_by(F.when(F.col("allowance_kb") > 0, F.col("allowance_kb")), "valid_from").alias("allowance_kb")
    included = holding_on(products, on_day).groupBy("product_id").agg(newest)
    return lines.join(F.broadcast(included), on="product_id", how="left")


def _sums(windows: DataFrame) -> DataFrame:
    """Sums over the windows. Grain: subscriber_id. Squares are decimals: exact where whole numbers would overflow."""
    data_kb = F.col("data_kb").cast("decimal(19,0)")
    measures = sorted({*_LEVELS.values(), *_SHARES_OF_DATA.values(), *_MORE_SUMS})
    is_untold = F.col("age").isNotNull() & F.col("data_kb").isNull()
    return per_line(
        windows,
        *(recent_sum(name).alias(name) for name in (*measures, "n_active_days", "n_call_days")),
        F.sum(data_kb).alias("window_data_kb"),
        F.sum(data_kb * data_kb).alias("data_squares"),
        F.count_if(is_recent() & (F.col("data_kb") >= F.col("allowance_kb"))).alias("n_exhausted"),
        earlier_sum("data_kb").alias("earlier_data_kb"),
        earlier_sum("voice_seconds").alias("earlier_voice_seconds"),
        F.max("allowance_kb").alias("allowance_kb"),
        F.max(F.when(is_recent(), F.col("n_devices"))).alias("devices_max"),
        F.count_if(is_recent()).alias("n_recent"),
        F.count_if(is_untold).alias("n_untold"),
        F.count_if(is_untold & is_recent()).alias("n_recent_untold"),
    )


def _days_seen(ends: Sequence[date]) -> Column:
    """Days of the last 3 periods in which the line was seen (null when none)."""
    days = F.lit(None).cast("int")
    for index in range(LEVEL_PERIODS):
        n_days = (ends[-1] - period_start(ends[-1 - index])).days + 1
        days = F.when(recent_months() == index + 1, F.lit(n_days)).otherwise(days)
    return days
