"""Bills and payments of plan and home lines."""

from collections.abc import Callable, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import (
    CONTRACT,
    NO_EARLIER,
    PER_MONTH,
    RATIO,
    RATIO_TO,
    SHARE,
    Feature,
    Skew,
    Words,
    fitted,
)
from segmentation.features.windows import (
    earlier_sum,
    is_recent,
    per_line,
    ratio,
    recent_sum,
    seen_windows,
    share,
    velocity,
)
from segmentation.tables import built, clean
from segmentation.tables.clean import MONEY, count, money

_BILLED = ("bill_amount", "overage_amount", "discount_amount")
_PAYMENTS = ("n_payments", "n_dated_payments", "n_late_payments", "n_failed_payments", "n_told_tries")
_ABOUT = {column.name: column for column in clean.INVOICES.columns}
PARTIALS = built.partials(
    "billing_partials",
    "Bills and payments of a line in a period",
    (
        count("n_bills", "Bills"),
        *(_ABOUT[name] for name in _BILLED),
        count("n_payments", "Payments that went through"),
        count("n_dated_payments", "Of these, with a day on which they were due"),
        count("n_late_payments", "Of these, after that day"),
        count("n_failed_payments", "Tries to pay that failed"),
        count("n_told_tries", "Tries to pay of which it is told whether they failed"),
        money("paid_amount", "Paid"),
    ),
)
SOURCES = (clean.INVOICES, clean.PAYMENTS)
_NO_BILL = "nothing billed in the last 3 periods"
_NO_PAYMENT = "no payments in 6 periods"
_NO_DUE_DAY = f"{_NO_PAYMENT}, or none with a day on which it was due"
_NOT_TOLD = f"{_NO_PAYMENT}, or not told whether they failed"


def _feature(
    name: str, about: str, unit: str, words: Words, null_means: str, source: str, skew: Skew = "none"
) -> Feature:
    return Feature(name, "billing", about, unit, words, null_means, fitted(*CONTRACT), (source,), skew)


FEATURES = (
    _feature(
        "bill_amount_per_month",
        "Mean monthly bill without tax",
        f"{MONEY} {PER_MONTH}",
        Words("how high their bill is", "pays a high bill", "pays a low bill"),
        "no bill in the last 3 periods",
        clean.INVOICES.name,
        "log",
    ),
    _feature(
        "overage_share",
        "Share of the bill for use beyond the plan",
        SHARE,
        Words("how much they go beyond the plan", "goes beyond the plan", "stays within the plan"),
        _NO_BILL,
        clean.INVOICES.name,
    ),
    _feature(
        "discount_share",
        "Share of the price taken off as discount",
        SHARE,
        Words("how much discount they get", "gets large discounts", "pays the full price"),
        _NO_BILL,
        clean.INVOICES.name,
    ),
    _feature(
        "bill_velocity",
        "Mean bill of the last 3 periods over the 3 before",
        RATIO,
        Words("whether the bill rises", "pays more and more", "pays less and less"),
        NO_EARLIER,
        clean.INVOICES.name,
        "log",
    ),
    _feature(
        "late_payment_share",
        "Share of the payments after the due day, over 6 periods",
        SHARE,
        Words("how often they pay late", "pays late", "pays on time"),
        _NO_DUE_DAY,
        clean.PAYMENTS.name,
    ),
    _feature(
        "failed_payment_share",
        "Share of the tries to pay that failed, over 6 periods",
        SHARE,
        Words("how often a payment fails", "has payments that fail", "has no payments that fail"),
        _NOT_TOLD,
        clean.PAYMENTS.name,
    ),
    _feature(
        "bill_shock",
        "Highest bill of the last 3 periods over the mean bill of 6",
        f"{RATIO_TO}the usual bill",
        Words("whether a bill came as a shock", "had a bill far over the usual", "has even bills"),
        "fewer than two periods with a bill, or none in the last 3",
        clean.INVOICES.name,
        "log",
    ).only_shown(),
)


def billing_partials(invoices: DataFrame, payments: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Bills and payments of a line in a period. Grain: subscriber_id, period."""
    billed = invoices.select("subscriber_id", F.col("period").alias("day"), F.lit(1).alias("n_bills"), *_BILLED)
    is_failed = F.coalesce(F.col("is_failed"), F.lit(False))
    paid = payments.select(
        "subscriber_id",
        "day",
        F.when(~is_failed, F.lit(1)).alias("n_payments"),
        F.when(~is_failed & F.col("due_on").isNotNull(), F.lit(1)).alias("n_dated_payments"),
        F.when(~is_failed & (F.col("day") > F.col("due_on")), F.lit(1)).alias("n_late_payments"),
        F.when(is_failed, F.lit(1)).alias("n_failed_payments"),
        F.when(F.col("is_failed").isNotNull(), F.lit(1)).alias("n_told_tries"),
        F.when(~is_failed, F.col("paid_amount")).alias("paid_amount"),
    )
    events = billed.unionByName(paid, allowMissingColumns=True).withColumn("period", period_of(F.col("day")))
    counts = ("n_bills", *_PAYMENTS)
    return (
        events.filter(F.col("period").isNotNull())
        .groupBy("subscriber_id", "period")
        .agg(
            *(F.coalesce(F.sum(name), F.lit(0)).alias(name) for name in counts),
            *(F.sum(name).alias(name) for name in (*_BILLED, "paid_amount")),
        )
    )


def billing_features(lines: DataFrame, partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """Billing features of the lines. Grain: as `lines`. Needs `subscriber_id`, `months_seen`.

    A bill is the unit, not the month seen: a bill that was refused or is late does not make the others smaller.
    """
    # Whole minor units, so that their mean does not depend on the order of summing.
    of_period = F.try_divide(F.col("bill_amount"), F.col("n_bills")).cast("bigint")
    sums = per_line(
        seen_windows(partials, lines, ends),
        *(recent_sum(name).alias(name) for name in ("n_bills", *_BILLED)),
        *(earlier_sum(name).alias(f"earlier_{name}") for name in ("n_bills", "bill_amount")),
        *(F.sum(name).alias(name) for name in _PAYMENTS),
        F.max(F.when(is_recent(), of_period)).alias("highest_bill"),
        F.avg(of_period).alias("mean_bill"),
        F.count(of_period).alias("n_billed_periods"),
    )
    bill = F.try_divide(F.col("bill_amount").cast("double"), F.col("n_bills"))
    earlier_bill = F.try_divide(F.col("earlier_bill_amount").cast("double"), F.col("earlier_n_bills"))
    price = F.col("bill_amount") + F.col("discount_amount")
    return sums.select(
        "subscriber_id",
        bill.alias("bill_amount_per_month"),
        share(F.col("overage_amount"), F.col("bill_amount")).alias("overage_share"),
        share(F.col("discount_amount"), price).alias("discount_share"),
        velocity(bill, earlier_bill).alias("bill_velocity"),
        share(F.col("n_late_payments"), F.col("n_dated_payments")).alias("late_payment_share"),
        share(F.col("n_failed_payments"), F.col("n_told_tries")).alias("failed_payment_share"),
        F.when(F.col("n_billed_periods") > 1, ratio(F.col("highest_bill"), F.col("mean_bill"))).alias("bill_shock"),
    )
