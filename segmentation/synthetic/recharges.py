"""Feed recharges: when prepaid lines buy credit, and for how much."""

import math

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.dates import month_start
from segmentation.synthetic.delivery import delivered, reference
from segmentation.synthetic.segments import PAYG

DENOMINATION = 50
"""Amounts are multiples of so many minor units, before the currency factor."""
_MOST_A_MONTH = 60
CREDIT_DAYS = ((500, 7), (1_000, 14), (2_000, 30))
"""Credit of less than so many minor units, before the currency factor, can be used so many days."""
LONGEST_CREDIT_DAYS = 60


def recharge_rate(of: Behaviour) -> Column:
    """Recharges a month."""
    return F.least(of.level("rate", math.log(3.2), 0.5), F.lit(float(_MOST_A_MONTH)))


def recharge_amount(of: Behaviour) -> Column:
    """Usual amount of a recharge in minor units, before the currency factor."""
    return F.exp(math.log(700) + 0.5 * of.settled_latent("amount"))


def monthly_spend(of: Behaviour) -> Column:
    """What a prepaid line spends in a month: what it buys."""
    return recharge_rate(of) * recharge_amount(of)


def recharges(line_months: DataFrame, of: Behaviour, amount_factor: float) -> DataFrame:
    """Recharges as the operator writes them. Grain: topup_ref.

    Arrivals are evenly spaced at the rate of the line, over month ends too; the less regular the line, the more
    chance moves each of them.
    """
    streams = of.streams
    keys = (F.col("line"), F.col("month"))
    loose = 1.0 / (1.0 + F.exp(0.55 * of.settled_latent("regular") + 0.2))
    rate = recharge_rate(of) * F.exp(0.6 * loose * streams.normal("recharge.rate", *keys))
    prepaid = line_months.filter(F.col("vertical") == PAYG).select(
        "line",
        "month",
        "first_day",
        "last_day",
        rate.alias("rate"),
        loose.alias("loose"),
        recharge_amount(of).alias("typical"),
    )
    drift = streams.uniform("recharge.start", F.col("line")) + F.col("month") * F.col("rate")
    chance = drift + F.col("loose") * streams.uniform("recharge.chance", *keys)
    phased = prepaid.withColumn("carried", chance - F.floor(chance))
    n_recharges = F.least(F.floor(F.col("rate") + F.col("carried")), F.lit(_MOST_A_MONTH)).cast("int")
    numbers = F.when(n_recharges > 0, F.sequence(F.lit(1), n_recharges))
    numbered = phased.withColumn("number", F.explode(numbers))
    return numbered.transform(_as_written, of, amount_factor)


def _as_written(numbered: DataFrame, of: Behaviour, amount_factor: float) -> DataFrame:
    streams = of.streams
    keys = (F.col("line"), F.col("month"), F.col("number"))
    even = (F.col("number") - F.col("carried")) / F.col("rate")
    moved = even + F.col("loose") * 1.2 * (streams.uniform("recharge.moved", *keys) - 0.5) / F.greatest(
        F.col("rate"), F.lit(1.0)
    )
    place = F.pmod(moved, F.lit(1.0))
    start = month_start(F.col("month"))
    day = F.date_add(start, F.floor(place * F.day(F.last_day(start))).cast("int"))
    scatter = F.exp(0.25 * streams.normal("recharge.amount", *keys))
    units = F.greatest(F.round(F.col("typical") * scatter / DENOMINATION), F.lit(1.0)) * DENOMINATION
    is_reversal = streams.happens("recharge.reversal", of.effects.reversed_share, *keys)
    amount = F.round(units * amount_factor).cast("bigint") * F.when(is_reversal, -1).otherwise(1)
    clock = F.format_string(
        "%02d:%02d:00", streams.whole("recharge.hour", 7, 22, *keys), streams.whole("recharge.minute", 0, 59, *keys)
    )
    return numbered.filter(day.between(F.col("first_day"), F.col("last_day"))).select(
        reference(streams, "T", "recharge", *keys).alias("topup_ref"),
        line_number(F.col("line")).alias("phone"),
        F.concat_ws(" ", day.cast("string"), clock).alias("topup_at"),
        amount.cast("string").alias("topup_minor"),
        streams.pick("recharge.channel", ["APP", "WEB", "SHOP", "VOUCHER", "CARE"], [40, 20, 20, 18, 2], *keys).alias(
            "channel"
        ),
        F.when(streams.happens("recharge.lent", of.effects.lent_share, *keys), "Y").otherwise("N").alias("lent"),
        F.when(~is_reversal, F.date_add(day, _valid_days(units))).cast("string").alias("valid_until"),
        delivered(of, "recharge", day, *keys).alias("delivered"),
    )


def _valid_days(units: Column) -> Column:
    """Days on which credit of that amount can be used."""
    days = F.lit(LONGEST_CREDIT_DAYS)
    for limit, n_days in reversed(CREDIT_DAYS):
        days = F.when(units < limit, F.lit(n_days)).otherwise(days)
    return days
