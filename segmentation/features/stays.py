"""Stays of a line in a vertical: spells that follow one another without a gap."""

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from segmentation.features.usage import is_used
from segmentation.settings import VerticalName
from segmentation.tables import Store, clean

_OPEN_END = date(9999, 12, 31)


def stays(tables_at: Store, as_of: date) -> DataFrame:
    """The last stay of every line in every vertical it is or was in, as of the day. Grain: subscriber_id, vertical.

    Where no spells are delivered, a line is in PAYG from its first recharge or use.
    """
    if tables_at.exists(clean.SERVICE_SPELLS):
        return last_stay_per_vertical(tables_at.read(clean.SERVICE_SPELLS, as_of))
    recharged = tables_at.read(clean.RECHARGES, as_of).select("subscriber_id", "day")
    used = tables_at.read(clean.USAGE_DAILY, as_of).filter(is_used()).select("subscriber_id", "day")
    return last_stay_per_vertical(spells_from_events(recharged.unionByName(used)))


def spells_from_events(events: DataFrame) -> DataFrame:
    """One open PAYG spell for every line with an event, from the first. Grain: subscriber_id."""
    first = events.groupBy("subscriber_id").agg(F.min("day").alias("valid_from"))
    return first.select(
        "subscriber_id",
        "valid_from",
        F.lit(None).cast("date").alias("valid_to"),
        F.lit(str(VerticalName.PAYG)).alias("vertical"),
        F.lit(None).cast("string").alias("product_id"),
        F.lit("active").alias("status"),
        F.lit("activation").alias("start_reason"),
        F.lit(None).cast("string").alias("end_reason"),
        F.lit(None).cast("date").alias("contract_end"),
    )


def last_stay_per_vertical(spells: DataFrame) -> DataFrame:
    """The last stay of a line in a vertical, with the product of its last spell. Grain: subscriber_id, vertical.

    Adds `stay_start`, `is_return` (there was an earlier stay) and `first_start` (in any vertical).
    A renewal or a change of product closes one spell and opens the next: the stay goes on. A line is in one vertical
    at a time: a spell left open ends the day before the next one of the line, of whatever vertical.
    """
    in_turn = Window.partitionBy("subscriber_id").orderBy("valid_from")
    of_line = Window.partitionBy("subscriber_id")
    of_vertical = Window.partitionBy("subscriber_id", "vertical").orderBy("valid_from")
    so_far = of_vertical.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    newest_first = Window.partitionBy("subscriber_id", "vertical").orderBy(F.desc("valid_from"))
    closed = F.least(F.col("valid_to"), F.date_sub(F.lead("valid_from").over(in_turn), 1))
    end_before = F.lag(F.coalesce(F.col("valid_to"), F.lit(_OPEN_END))).over(of_vertical)
    begins = _begins_stay(F.col("valid_from"), end_before)
    one_at_a_time = spells.withColumns({"valid_to": closed, "first_start": F.min("valid_from").over(of_line)})
    marked = one_at_a_time.withColumn("begins", begins)
    stay_starts = marked.withColumns(
        {
            "stay_start": F.max(F.when(F.col("begins"), F.col("valid_from"))).over(so_far),
            "stay_reason": F.last(F.when(F.col("begins"), F.col("start_reason")), ignorenulls=True).over(so_far),
            "n_stays": F.count_if(F.col("begins")).over(so_far),
            "newness": F.row_number().over(newest_first),
        }
    )
    is_return = (F.col("n_stays") > 1) | F.coalesce(F.col("stay_reason") == "return", F.lit(False))
    return stay_starts.filter(F.col("newness") == 1).select(
        "subscriber_id",
        "vertical",
        "valid_to",
        "product_id",
        "status",
        "end_reason",
        "contract_end",
        "stay_start",
        "first_start",
        is_return.alias("is_return"),
    )


def _begins_stay(valid_from: Column, end_before: Column) -> Column:
    return end_before.isNull() | (F.date_diff(valid_from, end_before) > 1)
