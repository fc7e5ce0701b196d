"""Feed acquisition: where a line was sold, what that cost, and from whom its number came."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.delivery import delivered
from segmentation.synthetic.segments import PAYG

_COSTS = {"SHOP": 4_000, "WEB": 1_500, "PARTNER": 6_000, "CALL": 3_000}
"""What a sale through a channel costs in minor units, before the currency factor; a prepaid line a quarter of it."""
_OPERATORS = ("BLUE", "GREEN", "OTHER")


def acquisition(spells_there: DataFrame, of: Behaviour, amount_factor: float) -> DataFrame:
    """How each line was won, as the operator writes it. Grain: line_no."""
    streams, line = of.streams, F.col("line")
    first = spells_there.groupBy("line").agg(
        F.min("from_day").alias("day"),
        F.min_by("start_cause", "from_day").alias("start_cause"),
        F.min_by("vertical", "from_day").alias("vertical"),
    )
    with_channel = first.withColumn("sold_by", streams.pick("sale.channel", list(_COSTS), [35, 30, 25, 10], line))
    prices = F.create_map(*(F.lit(item) for pair in _COSTS.items() for item in pair))
    part = F.when(F.col("vertical") == PAYG, 0.25).otherwise(1.0)
    cost = prices[F.col("sold_by")] * part * F.exp(0.2 * streams.normal("sale.cost", line)) * amount_factor
    came_from = streams.pick("sale.came_from", list(_OPERATORS), [45, 35, 20], line)
    return with_channel.select(
        line_number(line).alias("line_no"),
        F.col("day").cast("string").alias("sold_on"),
        "sold_by",
        F.round(cost).cast("bigint").cast("string").alias("cost_minor"),
        F.when(F.col("start_cause") == "PORTIN", came_from).alias("came_from"),
        delivered(of, "sale", F.col("day"), line).alias("delivered"),
    )
