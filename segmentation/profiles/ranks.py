"""Ranks within the base: 0 lowest, 1 highest, ties share their average rank."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

SIGNIFICANT_BITS = 12
"""Whole numbers up to 4096 stay as they are; others change by less than 1 in 8192."""


def coarse(value: Column) -> Column:
    """The value rounded to 12 significant bits (the same unit; zero stays zero; order is kept)."""
    exponent = F.floor(F.log2(F.abs(value))).cast("double")
    step = F.pow(F.lit(2.0), exponent - F.lit(SIGNIFICANT_BITS - 1.0))
    return F.when(value == 0, F.lit(0.0)).otherwise(F.rint(value / step) * step)


def mean_rank_per_segment(values: DataFrame) -> DataFrame:
    """Mean rank of a segment within the base, per feature. Grain: one row per (feature, segment_id).

    Needs `feature`, `segment_id`, `value`; rows without a value are left out. A feature with one known value ranks 0.5.

    Ranking every row would sort the whole base once per feature. Values are rounded to 12 significant bits first,
    so that what is sorted is some thousand counts per feature, however many lines there are; a rank moves by no more
    than the share of lines within 1/8192 of the value. Counts are whole numbers: the result has no rounding order.
    """
    known = values.filter(F.col("value").isNotNull())
    counts = known.groupBy("feature", "segment_id", coarse(F.col("value")).alias("value")).agg(F.count("*").alias("n"))
    per_feature = Window.partitionBy("feature")
    up_to_here = per_feature.orderBy("value").rangeBetween(Window.unboundedPreceding, Window.currentRow)
    ties = Window.partitionBy("feature", "value")
    n_at_most, n_tied = F.sum("n").over(up_to_here), F.sum("n").over(ties)
    twice_rank = 2 * n_at_most - n_tied - 1
    ranked = counts.withColumns({"twice_rank": twice_rank, "n_base": F.sum("n").over(per_feature)})
    twice_sum = F.sum(F.col("n") * F.col("twice_rank"))
    highest = 2 * F.sum("n") * (F.max("n_base") - 1)
    mean_rank = F.coalesce(F.try_divide(twice_sum, highest), F.lit(0.5))
    return ranked.groupBy("feature", "segment_id").agg(mean_rank.alias("mean_rank"))
