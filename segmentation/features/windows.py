"""Windows over period partials: the last 3 periods for levels, 6 for velocity, consistency and regularity.

A frame of windows has one row per line and period in which the line was seen, with `age` (0 is the last period, 5 the
oldest) and `months_seen` beside the sums of the period; a line without any has one row of nulls.
"""

from collections.abc import Callable, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

LEVEL_PERIODS = 3
WINDOW_PERIODS = 6
MAX_RATIO = 10.0
"""A ratio over almost nothing says no more than "from almost nothing"; 10 says that and cannot blow up."""


def month_partials(rows: DataFrame, period_of: Callable[[Column], Column], measures: Sequence[str]) -> DataFrame:
    """Sums of rows that are totals of a month, in the period that holds its end. Grain: subscriber_id, period."""
    of_month = rows.withColumnRenamed("period", "month_end")
    in_period = of_month.withColumn("period", period_of(F.col("month_end"))).filter(F.col("period").isNotNull())
    return in_period.groupBy("subscriber_id", "period").agg(*(F.sum(name).alias(name) for name in measures))


def seen_windows(partials: DataFrame, lines: DataFrame, ends: Sequence[date], *also: str) -> DataFrame:
    """Partials of the lines, only of periods in which the line was seen. Grain: subscriber_id, age.

    `ends` are the last days of the periods, oldest first. Of `lines` only `subscriber_id`, `months_seen` and
    what `also` names are read.
    """
    age = F.lit(None).cast("int")
    for index, end in enumerate(reversed(ends)):
        age = F.when(F.col("period") == F.lit(end), F.lit(index)).otherwise(age)
    in_window = partials.filter(F.col("period").isin(list(ends))).withColumn("age", age).drop("period", "input_version")
    seen, sums = lines.select("subscriber_id", "months_seen", *also).alias("line"), in_window.alias("part")
    is_same_line = F.col("line.subscriber_id") == F.col("part.subscriber_id")
    is_seen = F.col("part.age") < F.col("line.months_seen")
    joined = seen.join(sums, on=is_same_line & is_seen, how="left")
    return joined.select("line.*", *(F.col(f"part.{name}") for name in in_window.columns if name != "subscriber_id"))


def per_line(windows: DataFrame, *totals: Column) -> DataFrame:
    """Totals over the windows of a line, beside its `months_seen`. Grain: subscriber_id, every line once."""
    return windows.groupBy("subscriber_id").agg(F.max("months_seen").alias("months_seen"), *totals)


def is_recent() -> Column:
    """Whether a row of windows counts for levels."""
    return F.col("age") < LEVEL_PERIODS


def recent_sum(name: str) -> Column:
    """Sum over the last 3 periods (null when nothing is known of them)."""
    return F.sum(F.when(is_recent(), F.col(name)))


def earlier_sum(name: str) -> Column:
    """Sum over the 3 periods before the last 3 (null when nothing is known of them)."""
    return F.sum(F.when(~is_recent(), F.col(name)))


def recent_months() -> Column:
    """Periods of the last 3 in which the line was seen (0..3)."""
    return F.greatest(F.least(F.col("months_seen"), F.lit(LEVEL_PERIODS)), F.lit(0))


def window_months() -> Column:
    """Periods of the window in which the line was seen (0..6)."""
    return F.greatest(F.least(F.col("months_seen"), F.lit(WINDOW_PERIODS)), F.lit(0))


def earlier_months() -> Column:
    """Periods of the 3 before the last 3 in which the line was seen (0..3)."""
    return window_months() - recent_months()


def or_zero(total: Column, n_rows: Column) -> Column:
    """The total; 0 where there was no event at all. Null stays where rows exist that do not carry the measure."""
    return F.when(n_rows == 0, F.lit(0)).otherwise(total)


def per_month(total: Column, months: Column) -> Column:
    """A total by months seen (null when no month was seen)."""
    return F.try_divide(total.cast("double"), months)


def velocity(recent: Column, earlier: Column) -> Column:
    """Recent over earlier level (1.0 is flat, 0..10; null when there was nothing earlier)."""
    return ratio(recent, earlier)


def ratio(value: Column, usual: Column) -> Column:
    """A value over the usual one, held within 0..10 (null where there is no usual one or the value is not known)."""
    raw = F.try_divide(value.cast("double"), usual)
    return F.when((usual > 0) & value.isNotNull(), F.greatest(F.least(raw, F.lit(MAX_RATIO)), F.lit(0.0)))


def share(part: Column, whole: Column) -> Column:
    """A part of a whole, held within 0..1 (null, not 0, when there is no whole or the part is not known)."""
    raw = F.try_divide(part.cast("double"), whole)
    return F.when((whole > 0) & part.isNotNull(), F.greatest(F.least(raw, F.lit(1.0)), F.lit(0.0)))


def evenness(n_values: Column, total: Column, squares: Column) -> Column:
    """1 / (1 + spread over mean) of values, from their number, their sum and the sum of their squares.

    1 is always the same; null where the sum is 0. Whole numbers until the last step: n * sum of squares - square of the
    sum = n^2 * variance. So the last bit depends on no order of summing.
    """
    scaled_spread = F.sqrt((n_values * squares - total * total).cast("double"))
    return F.try_divide(total.cast("double"), total.cast("double") + scaled_spread)
