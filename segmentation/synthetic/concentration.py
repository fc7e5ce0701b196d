"""How amounts are spread over those who have them: the heavy tail, and the part of the top few in the whole."""

from collections.abc import Sequence

import numpy as np
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from segmentation.synthetic.segments import HOME, PAYG, PLAN
from segmentation.tables.store import union_by_name

TOPS: tuple[float, ...] = (0.01, 0.1, 0.17, 0.2)
"""Top parts that published facts speak of."""
_PER_TENFOLD, _SMALLEST = 10, 1e-5


def points_drawn() -> tuple[float, ...]:
    """Top parts to draw a curve through: evenly spread on a scale of powers of ten, and on a plain one."""
    tenfolds = -round(float(np.log10(_SMALLEST)))
    small = np.logspace(-tenfolds, 0, tenfolds * _PER_TENFOLD + 1)
    return tuple(sorted({round(float(top), 6) for top in (*small, *np.linspace(0.05, 1, 20), *TOPS)}))


def amounts(used: DataFrame, recharges: DataFrame) -> DataFrame:
    """All amounts whose spread is looked at: data, calls and money of a line in a month, and single recharges.

    Grain: what, key. Needs `likeness.use_of_month`, and the recharges of that month.
    """
    vertical = F.col("vertical")
    is_mobile = vertical.isin(PAYG, PLAN)
    kinds = (
        ("mobile data", is_mobile, "data_kb"),
        ("home data", vertical == HOME, "data_kb"),
        ("calls", is_mobile, "voice_seconds"),
        ("paid", is_mobile, "paid"),
    )
    of_lines = [_amounts(used.filter(has), what, "subscriber_id", name) for what, has, name in kinds]
    bought = recharges.filter(F.col("recharge_amount") > 0)
    return union_by_name([*of_lines, _amounts(bought, "recharges", "recharge_id", "recharge_amount")])


def concentration(amounts: DataFrame, tops: Sequence[float]) -> DataFrame:
    """Of the largest `top` part of the amounts, rounded up to whole ones: the smallest of them (`at_least`), their
    part in the sum (`share`, null where the sum is 0), and how many they really are (`part`, `n`).

    Grain: what, top. Ten amounts 1..10: the top 0.2 are 10 and 9, so at_least 9 and share 19/55.
    """
    by_kind = Window.partitionBy("what")
    largest_first = by_kind.orderBy(F.desc("amount"), "key")
    placed = amounts.select(
        "what",
        "amount",
        F.row_number().over(largest_first).alias("place"),
        F.sum("amount").over(largest_first.rowsBetween(Window.unboundedPreceding, 0)).alias("so_far"),
        F.sum("amount").over(by_kind).alias("total"),
        F.count("*").over(by_kind).alias("n"),
    )
    asked = F.array(*(F.lit(float(top)) for top in tops))
    # Rounded first: 0.07 x 100 is a hair above 7 and would take an eighth.
    ends_here = F.filter(asked, lambda top: F.ceil(F.round(top * F.col("n"), 6)) == F.col("place"))
    return placed.withColumn("top", F.explode(ends_here)).select(
        "what",
        "top",
        F.col("amount").alias("at_least"),
        F.try_divide("so_far", "total").alias("share"),
        F.try_divide("place", "n").alias("part"),
        F.try_divide("total", "n").alias("mean"),
        "n",
    )


def _amounts(rows: DataFrame, what: str, key: str, amount: str) -> DataFrame:
    return rows.select(F.lit(what).alias("what"), F.col(key).alias("key"), F.col(amount).alias("amount"))
