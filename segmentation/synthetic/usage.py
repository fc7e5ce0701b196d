"""Feed usage_daily: calls, messages and data of every day on which a line was used, by kind and part of the day."""

import math
from collections.abc import Mapping
from functools import reduce
from operator import add

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic import holidays, outages
from segmentation.synthetic.base import line_number, region
from segmentation.synthetic.behaviour import Behaviour, parts
from segmentation.synthetic.randomness import Streams
from segmentation.synthetic.recharges import monthly_spend
from segmentation.synthetic.segments import HOME, PAYG, PLAN

DAILY_SPREAD = 0.40
"""Spread of the log of a day's use around the line's level of the month."""
UNCLASSIFIED_SHARE = 0.02
"""Share of the lines whose traffic is not told by kind."""
_WEEKEND = (1, 7)
_LONGEST_MONTH = 31


def usage_daily(line_months: DataFrame, of: Behaviour, amount_factor: float) -> DataFrame:
    """Use of a line on a day, as the operator writes it. Grain: svc_no, usage_day; no row without use."""
    return (
        line_months.transform(_levels_of_month, of, amount_factor)
        .transform(_active_days, of.streams)
        .transform(_levels_of_day, of)
        .transform(_as_written, of)
    )


def _by_vertical(values: Mapping[str, float]) -> Column:
    vertical = F.col("vertical")
    return F.when(vertical == PAYG, values[PAYG]).when(vertical == PLAN, values[PLAN]).otherwise(values[HOME])


def _levels_of_month(line_months: DataFrame, of: Behaviour, amount_factor: float) -> DataFrame:
    """What a line uses in a whole month, and how it is spread. Grain: line, month."""
    streams = of.streams
    steady = of.settled_latent("steady")
    unsteady = 0.18 * F.exp(-0.45 * steady) * streams.normal("usage.unsteady", F.col("line"), F.col("month"))
    data = of.level("data", _by_vertical({PAYG: math.log(2.5e6), PLAN: math.log(5e6), HOME: math.log(1.2e8)}), 0.6)
    night, work, evening = parts(
        -1.0 + 0.45 * of.latent("night"), 0.2 + 0.4 * of.latent("work"), 0.2 + 0.4 * of.latent("evening")
    )
    video, chat, games = parts(
        0.45 * of.latent("video"), -0.6 + 0.45 * of.latent("chat"), -1.2 + 0.5 * of.latent("games")
    )
    is_classified = streams.uniform("usage.classified", F.col("line")) > UNCLASSIFIED_SHARE
    return line_months.select(
        "line",
        "vertical",
        region(streams).alias("region"),
        "first_day",
        "last_day",
        F.day("month_end").alias("n_days"),
        (data * F.exp(unsteady) * of.season(0.05, 12)).alias("data"),
        of.level("voice", math.log(7200), 0.55).alias("voice"),
        of.plain_level("call_length", math.log(110), 0.30).alias("call_length"),
        of.level("sms", math.log(22), 0.70).alias("sms"),
        of.share("peers", 0.2, 0.5).alias("peers"),
        of.share("offnet", -0.3, 0.5).alias("offnet"),
        of.share("active", _by_vertical({PAYG: 0.0, PLAN: 0.4, HOME: 0.9}), 0.5).alias("active"),
        F.exp(0.25 * of.latent("weekend")).alias("weekend"),
        of.share("upload", -2.2, 0.40).alias("upload"),
        of.plain_level("roaming", math.log(9000), 1.1).alias("roaming"),
        of.plain_level("devices", 1.6, 0.35).alias("devices"),
        (monthly_spend(of) * amount_factor).alias("charged"),
        night.alias("night"),
        work.alias("work"),
        evening.alias("evening"),
        F.when(is_classified, video).alias("video"),
        F.when(is_classified, chat).alias("chat"),
        F.when(is_classified, games).alias("games"),
    )


def _active_days(months: DataFrame, streams: Streams) -> DataFrame:
    """One row a day of use, with `weight`: the day's part of the month's levels. Grain: line, day."""

    def is_active(day: Column) -> Column:
        return streams.uniform("usage.active", F.col("line"), day) < F.col("active")

    # Spark compiles this sum; a lambda over the days it would interpret, with all that makes `active`, day by day.
    dates = [F.date_add("first_day", offset) for offset in range(_LONGEST_MONTH)]
    counted = [F.when((day <= F.col("last_day")) & is_active(day), 1).otherwise(0) for day in dates]
    there = (F.date_diff("last_day", "first_day") + 1) / F.col("n_days")
    weekend_days = 2 / 7
    with_days = months.withColumns(
        {
            "n_active": reduce(add, counted),
            "typical": there / ((1 - weekend_days) + weekend_days * F.col("weekend")),
        }
    )
    shared = with_days.withColumn("typical", F.try_divide(F.col("typical"), F.col("n_active")))
    each = shared.withColumn("day", F.explode(F.sequence(F.col("first_day"), F.col("last_day")))).filter(
        is_active(F.col("day"))
    )
    is_weekend = F.dayofweek("day").isin(*_WEEKEND)
    return each.withColumn("weight", F.col("typical") * F.when(is_weekend, F.col("weekend")).otherwise(1.0))


def _levels_of_day(days: DataFrame, of: Behaviour) -> DataFrame:
    """Use of the day before it is split by part of the day. Grain: line, day."""
    streams = of.streams
    keys = (F.col("line"), F.col("day"))

    def noise(name: str) -> Column:
        return F.exp(DAILY_SPREAD * streams.normal(f"usage.{name}", *keys) - DAILY_SPREAD**2 / 2)

    is_mobile = F.col("vertical") != HOME
    talk = noise("voice") * holidays.talk(of.effects)
    calls = F.floor(
        F.col("voice") * F.col("weight") * talk / F.col("call_length") + streams.uniform("usage.calls", *keys)
    )
    seconds = calls * F.col("call_length") * (0.7 + 0.6 * streams.uniform("usage.call_length", *keys))
    sms = F.floor(F.col("sms") * F.col("weight") * talk + streams.uniform("usage.sms", *keys))
    served = outages.use_left(of.effects.outages)
    data = F.floor(F.col("data") * F.col("weight") * noise("data") * served) + 1
    return days.withColumns(
        {
            "calls": F.when(is_mobile, calls.cast("bigint")),
            "seconds": F.when(is_mobile, F.floor(seconds)),
            "sms": F.when(is_mobile, sms.cast("bigint")),
            "data": data.cast("bigint"),
            "tilt": 0.16 * (streams.uniform("usage.tilt", *keys) - 0.5),
            "roaming": F.floor(F.col("roaming") * F.col("weight") * noise("roaming")),
        }
    )


def _as_written(days: DataFrame, of: Behaviour) -> DataFrame:
    streams = of.streams
    keys = (F.col("line"), F.col("day"))
    data, seconds, tilt = F.col("data"), F.col("seconds"), F.col("tilt")
    night = F.floor(data * F.col("night") * (1 + tilt))
    evening = F.floor(data * F.col("evening") * (1 - tilt))
    work = F.least(F.floor(data * F.col("work") * (1 + tilt)), data - night - evening)
    peers = 1 + F.floor((F.col("calls") - 1) * F.col("peers") + streams.uniform("usage.peers", *keys))
    is_home = F.col("vertical") == HOME
    devices = F.greatest(F.round(F.col("devices") * (0.75 + 0.25 * streams.uniform("usage.devices", *keys))), F.lit(1))
    charged = F.floor(F.col("charged") * F.col("weight") * (0.6 + 0.8 * streams.uniform("usage.charged", *keys)))
    lateness = F.when(streams.uniform("usage.late", *keys) < of.effects.late_share, 3).otherwise(1)
    hours = streams.whole("usage.delivered", 2, 5, *keys)
    numbers = {
        "voice_s": seconds,
        "voice_offnet_s": F.floor(seconds * F.col("offnet")),
        "voice_night_s": F.floor(seconds * 0.5 * F.col("night")),
        "calls": F.col("calls"),
        "peers": F.when(F.col("calls") > 0, F.least(peers, F.col("calls"))).when(~is_home, 0),
        "sms": F.col("sms"),
        "vol_kb": data,
        "vol_00_06_kb": night,
        "vol_09_17_kb": F.greatest(work, F.lit(0)),
        "vol_18_24_kb": evening,
        "up_kb": F.floor(data * F.col("upload")),
        "video_kb": F.floor(data * F.col("video")),
        "social_kb": F.floor(data * F.col("chat")),
        "games_kb": F.floor(data * F.col("games")),
        "roam_kb": F.when(is_home, 0).otherwise(F.least(F.col("roaming"), data)),
        "devices": F.when(is_home, devices),
        "charged_minor": F.when(F.col("vertical") == PAYG, charged).otherwise(0),
    }
    return days.select(
        line_number(F.col("line")).alias("svc_no"),
        F.col("day").alias("usage_day"),
        *(number.cast("bigint").alias(name) for name, number in numbers.items()),
        F.timestamp_seconds(
            F.unix_date(F.col("day")).cast("bigint") * 86_400 + lateness * 86_400 + hours * 3_600
        ).alias("delivered"),
    )
