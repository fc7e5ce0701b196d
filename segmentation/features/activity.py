"""When lines were last active, and whether they had fallen silent before."""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

SILENT_DAYS = 90
"""A PAYG line without a paid event or use for so many days is lost."""


def activity_per_line(usage_partials: DataFrame, recharge_partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """First and last active day in the periods, and the day a line came back. Grain: subscriber_id.

    `resumed_on` is the first active day after the last 90 silent days between two active days; null without such.
    """
    active = _active_periods(usage_partials, recharge_partials, ends)
    # Brought together by line once, for both groupings and the window between them.
    of_lines = active.repartition("subscriber_id")
    per_period = of_lines.groupBy("subscriber_id", "period").agg(
        F.min("first_day").alias("first_day"), F.max("last_day").alias("last_day")
    )
    oldest_first = Window.partitionBy("subscriber_id").orderBy("period")
    silence = F.date_diff(F.col("first_day"), F.lag("last_day").over(oldest_first))
    return (
        per_period.withColumn("silence", silence)
        .groupBy("subscriber_id")
        .agg(
            F.min("first_day").alias("first_active_on"),
            F.max("last_day").alias("last_active_on"),
            F.max(F.when(F.col("silence") > SILENT_DAYS, F.col("first_day"))).alias("resumed_on"),
        )
    )


def data_began(usage_partials: DataFrame, recharge_partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """One row with the first day in the periods on which any line was active, `data_began_on` (null without any)."""
    active = _active_periods(usage_partials, recharge_partials, ends)
    return active.agg(F.min("first_day").alias("data_began_on"))


def _active_periods(usage_partials: DataFrame, recharge_partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """First and last active day of a line in a period, by use and by recharges: up to two rows of a line and period."""
    in_window = F.col("period").isin(list(ends))
    days = ("subscriber_id", "period", "first_day", "last_day")
    used = usage_partials.filter(in_window).select(*days)
    paid = recharge_partials.filter(in_window & F.col("first_day").isNotNull()).select(*days)
    return used.unionByName(paid)
