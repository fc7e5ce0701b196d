"""What can be held against published facts of real bases: how many lines there are and leave, how use is spread.

Every measure is one row (fact, seen), named as the fact of `published` it stands beside; `seen` is null where the
tables hold nothing of the kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.periods import months_before, period_start
from segmentation.synthetic.segments import HOME, PAYG, PLAN
from segmentation.tables.store import holding_on

MOBILE = (PAYG, PLAN)
HAS_LEFT = ("disconnection", "port_out")
FEW_CALLS = 5
"""Lines with fewer calls a month count as those that hardly call."""
GONE_AFTER_MONTHS = 3
COMPLAINT_MONTHS = 9


@dataclass(frozen=True)
class Base:
    """Clean tables of one operator, cut to a day where they go on after it."""

    spells: DataFrame
    subscribers: DataFrame
    usage: DataFrame
    recharges: DataFrame
    invoices: DataFrame
    contacts: DataFrame


def lines_by_month(spells: DataFrame, month_ends: Sequence[date]) -> DataFrame:
    """Lines there on the last day of the month before (`n_before`), on its own last day (`n_lines`), and of the former
    those that left in between and those that changed the vertical, which is not leaving. Grain: vertical, month.
    """
    each = spells.withColumn("month", F.explode(F.array(*(F.lit(end) for end in month_ends))))
    before = F.last_day(F.add_months("month", -1))
    ends = _holds_on(before) & F.col("valid_to").between(before, F.date_sub("month", 1))
    return each.groupBy("vertical", "month").agg(
        F.count_if(_holds_on(before)).alias("n_before"),
        F.count_if(ends & F.col("end_reason").isin(*HAS_LEFT)).alias("n_left"),
        F.count_if(ends & (F.col("end_reason") == "migration")).alias("n_moved"),
        F.count_if(_holds_on(F.col("month"))).alias("n_lines"),
    )


def prepaid_share(by_month: DataFrame, month: date) -> DataFrame:
    """Part of the mobile lines there at the end of a month that are prepaid. Needs `lines_by_month`."""
    of_mobile = by_month.filter((F.col("month") == F.lit(month)) & F.col("vertical").isin(*MOBILE))
    n_prepaid = F.sum(F.when(F.col("vertical") == PAYG, F.col("n_lines")).otherwise(0))
    return _seen(of_mobile, "prepaid_share", F.try_divide(n_prepaid, F.sum("n_lines")))


def monthly_churn(by_month: DataFrame, vertical: str) -> DataFrame:
    """Part of the lines there before a month that left in it, over all months. Needs `lines_by_month`."""
    rate = F.try_divide(F.sum("n_left"), F.sum("n_before"))
    return _seen(by_month.filter(F.col("vertical") == vertical), f"{vertical}_churn", rate)


def gone_share(spells: DataFrame, as_of: date) -> DataFrame:
    """Part of the mobile lines there some months before the day that are no line of any kind on the day."""
    earlier = holding_on(spells, months_before(as_of, GONE_AFTER_MONTHS)).filter(F.col("vertical").isin(*MOBILE))
    now = holding_on(spells, as_of).select("subscriber_id", F.lit(True).alias("is_there"))
    followed = earlier.select("subscriber_id").join(now, on="subscriber_id", how="left")
    n_gone = F.count_if(F.col("is_there").isNull())
    return _seen(followed, "gone_after_three_months", F.try_divide(n_gone, F.count("*")))


def lines_per_account(subscribers: DataFrame, spells: DataFrame, as_of: date) -> DataFrame:
    """Mobile plans of a payer that has any."""
    plans = holding_on(spells, as_of).filter(F.col("vertical") == PLAN).select("subscriber_id")
    payers = holding_on(subscribers, as_of).select("subscriber_id", "account_id")
    paid = plans.join(payers, on="subscriber_id", how="inner")
    return _seen(paid, "lines_per_account", F.try_divide(F.count("*"), F.count_distinct("account_id")))


def days_between_recharges(recharges: DataFrame) -> DataFrame:
    """Mean over lines of the mean number of days from one paid recharge to the next; lines with one have none."""
    is_paid = (F.col("recharge_amount") > 0) & ~F.coalesce(F.col("is_emergency_credit"), F.lit(False))
    lines = (
        recharges.filter(is_paid)
        .groupBy("subscriber_id")
        .agg(F.date_diff(F.max("day"), F.min("day")).alias("n_days"), (F.count("*") - 1).alias("n_gaps"))
    )
    return _seen(lines, "days_between_recharges", F.avg(F.try_divide("n_days", "n_gaps")))


def complained_share(contacts: DataFrame, spells: DataFrame, as_of: date) -> DataFrame:
    """Part of the mobile lines there on the day that complained within the months before."""
    since = F.lit(months_before(as_of, COMPLAINT_MONTHS))
    lately = contacts.filter(F.col("is_complaint") & (F.col("day") > since) & (F.col("day") <= F.lit(as_of)))
    complained = lately.select("subscriber_id").distinct().withColumn("has_complained", F.lit(True))
    mobile = holding_on(spells, as_of).filter(F.col("vertical").isin(*MOBILE)).select("subscriber_id")
    asked = mobile.join(complained, on="subscriber_id", how="left")
    return _seen(asked, "complained", F.try_divide(F.count_if(F.col("has_complained")), F.count("*")))


def use_of_month(base: Base, month_end: date) -> DataFrame:
    """What a line used and paid in a month, 0 where nothing; lines that were in one vertical from the first to the
    last day. Grain: subscriber_id.
    """
    first, last = F.lit(period_start(month_end)), F.lit(month_end)
    on_both = (holding_on(base.spells, period_start(month_end)), holding_on(base.spells, month_end))
    came, stayed = (spells.select("subscriber_id", "vertical") for spells in on_both)
    there = came.join(stayed, on=["subscriber_id", "vertical"], how="inner")
    kinds = ("voice_seconds", "n_calls", "data_kb")
    used = _summed(base.usage.filter(F.col("day").between(first, last)), kinds)
    recharged = _summed(base.recharges.filter(F.col("day").between(first, last)), ("recharge_amount",))
    billed = _summed(base.invoices.filter(F.col("period") == last), ("bill_amount",))
    known = there
    for part in (used, recharged, billed):
        known = known.join(part, on="subscriber_id", how="left")
    paid = F.coalesce(F.col("bill_amount"), F.lit(0)) + F.coalesce(F.col("recharge_amount"), F.lit(0))
    filled = {kind: F.coalesce(F.col(kind), F.lit(0)) for kind in kinds}
    return known.select("subscriber_id", "vertical", paid.alias("paid"), *(c.alias(n) for n, c in filled.items()))


def levels(used: DataFrame) -> DataFrame:
    """Length of a call, mobile lines that hardly call, and data of a home. Grain: fact. Needs `use_of_month`."""
    mobile = used.filter(F.col("vertical").isin(*MOBILE))
    home = used.filter(F.col("vertical") == HOME)
    hardly = F.count_if(F.col("n_calls") < FEW_CALLS)
    return (
        _seen(mobile, "call_seconds", F.try_divide(F.sum("voice_seconds"), F.sum("n_calls")))
        .unionByName(_seen(mobile, "hardly_calls", F.try_divide(hardly, F.count("*"))))
        .unionByName(_seen(home, "home_data_kb", F.avg("data_kb")))
    )


def _seen(rows: DataFrame, fact: str, value: Column) -> DataFrame:
    return rows.agg(value.cast("double").alias("seen")).select(F.lit(fact).alias("fact"), "seen")


def _summed(rows: DataFrame, names: Sequence[str]) -> DataFrame:
    return rows.groupBy("subscriber_id").agg(*(F.sum(name).alias(name) for name in names))


def _holds_on(day: Column) -> Column:
    return (F.col("valid_from") <= day) & (F.col("valid_to").isNull() | (F.col("valid_to") >= day))
