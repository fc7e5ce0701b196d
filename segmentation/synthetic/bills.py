"""Feeds invoices and payments of plan and home lines."""

import math
from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.settings import PriceChange
from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.dates import number_of
from segmentation.synthetic.delivery import delivered, reference
from segmentation.synthetic.leaving import PRICE
from segmentation.synthetic.segments import PAYG, PLAN

PLAN_PRICE_CENTRE, HOME_PRICE_CENTRE, PRICE_SPREAD = 8.0, 8.2, 0.35
"""Of the log of the monthly price in minor units, before the currency factor."""
DUE_AFTER_DAYS = 14


def price(of: Behaviour) -> Column:
    """Monthly price without discount, in minor units before the currency factor."""
    centre = F.when(F.col("vertical") == PLAN, PLAN_PRICE_CENTRE).otherwise(HOME_PRICE_CENTRE)
    return F.exp(centre + PRICE_SPREAD * (0.8 * of.settled_latent("price") + 0.2 * of.latent("price")))


def price_level(changes: Sequence[PriceChange]) -> Column:
    """Price of the vertical in the month over what it was before any change."""
    level = F.lit(1.0)
    for change in changes:
        is_under_it = (F.col("vertical") == change.vertical.value) & (F.col("month") >= number_of(change.month))
        level = level * F.when(is_under_it, change.factor).otherwise(1.0)
    return level


def billed_months(line_months: DataFrame, of: Behaviour, amount_factor: float) -> DataFrame:
    """What a plan or home line is billed for a month, in minor units. Grain: line, month."""
    streams = of.streams
    keys = (F.col("line"), F.col("month"))
    contracts = line_months.filter(F.col("vertical") != PAYG)
    has_overage = streams.uniform("bill.overage", *keys) < of.share("overage", 0.9, 0.6)
    shock = F.when(F.col("cause") == PRICE, of.effects.bill_shock_factor).otherwise(1.0)
    overage = F.when(has_overage, of.plain_level("overage", math.log(170), 0.65) * shock).otherwise(0.0)
    level = price(of) * price_level(of.effects.price_changes)
    discount = of.share("discount", -2.2, 0.55)
    return contracts.select(
        "line",
        "month",
        "month_end",
        F.round(level * (1 - discount) * amount_factor).cast("bigint").alias("net"),
        F.round(overage * amount_factor).cast("bigint").alias("overage"),
        F.round(level * discount * amount_factor).cast("bigint").alias("discount"),
        F.date_add("month_end", DUE_AFTER_DAYS).alias("due"),
        of.share("late", -1.4, 0.7).alias("late_chance"),
        of.share("late", -2.6, 0.45).alias("failure_chance"),
    )


def invoices(billed: DataFrame, of: Behaviour) -> DataFrame:
    """Invoices as the operator writes them: money in major units. Grain: phone, bill_month."""
    keys = (F.col("line"), F.col("month"))
    return billed.select(
        line_number(F.col("line")).alias("phone"),
        F.date_format("month_end", "yyyy-MM").alias("bill_month"),
        _major(F.col("net") + F.col("overage")).alias("net_total"),
        _major(F.col("overage")).alias("over_total"),
        _major(F.col("discount")).alias("discount_total"),
        F.date_format("due", "dd/MM/yyyy").alias("pay_by"),
        delivered(of, "invoice", F.col("month_end"), *keys).alias("delivered"),
    )


def payments(billed: DataFrame, of: Behaviour, last: date) -> DataFrame:
    """Payments until the last day, tries that failed included. Grain: pay_ref.

    A bill is paid in the month after; a failed try comes before the payment that went through.
    """
    streams = of.streams
    keys = (F.col("line"), F.col("month"))
    is_late = streams.uniform("payment.late", *keys) < F.col("late_chance")
    has_failed = streams.uniform("payment.failed", *keys) < F.col("failure_chance")
    shift = F.when(is_late, streams.whole("payment.days_late", 2, 14, *keys)).otherwise(
        -streams.whole("payment.days_early", 0, 9, *keys)
    )
    with_tries = billed.withColumns({"shift": shift, "n_tries": F.when(has_failed, 2).otherwise(1)})
    tries = with_tries.withColumn("try", F.explode(F.sequence(F.lit(1), F.col("n_tries"))))
    is_failed = F.col("try") < F.col("n_tries")
    paid_on = F.date_add("due", F.col("shift") - F.when(is_failed, 2).otherwise(0))
    each = (*keys, F.col("try"))
    return tries.filter(paid_on <= F.lit(last)).select(
        reference(streams, "Y", "payment", *each).alias("pay_ref"),
        line_number(F.col("line")).alias("phone"),
        paid_on.cast("string").alias("paid_on"),
        F.col("due").cast("string").alias("pay_by"),
        F.when(is_failed, 0).otherwise(F.col("net") + F.col("overage")).cast("bigint").alias("paid_minor"),
        is_failed.alias("failed"),
        delivered(of, "payment", paid_on, *each).alias("delivered"),
    )


def _major(minor: Column) -> Column:
    return (minor.cast("decimal(18,2)") / 100).cast("decimal(18,2)").cast("string")
