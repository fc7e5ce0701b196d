"""Who lives where: mobile lines in the dwellings of homes."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic import segments
from segmentation.synthetic.base import template
from segmentation.synthetic.randomness import Streams, lookup
from segmentation.synthetic.segments import HOME

ATTACHED_SHARE = 0.75
"""Share of the customers without a home line of their own who live in the dwelling of one."""
KNOWN_SHARE = 0.80
"""Share of the other mobile customers whose dwelling the operator knows."""
_MOST_TICKETS = 24


def dwellings(careers_of_slots: DataFrame, streams: Streams, n_homes: int) -> DataFrame:
    """The dwelling of every slot (null when not known) and the home slot there (null without). Grain: slot.

    Homes draw mobile lines by tickets: the more lines the segment of the home has, the more tickets.
    """
    blocks = careers_of_slots.withColumn("block", F.floor(F.col("slot") / len(template())))
    homes = blocks.filter(F.col("vertical") == HOME)
    tickets = homes.groupBy("block").agg(
        F.flatten(
            F.transform(
                F.array_sort(F.collect_list(F.struct("home_number", _tickets(streams).alias("n")))),
                lambda home: F.array_repeat(home["home_number"], home["n"]),
            )
        ).alias("tickets")
    )
    own_home = homes.groupBy("customer").agg(F.min("home_number").alias("own_home"))
    is_attached = streams.happens("dwelling.attached", ATTACHED_SHARE, F.col("customer"))
    place = F.floor(streams.uniform("dwelling.home", F.col("customer")) * F.size("tickets")).cast("int") + 1
    drawn = F.when(is_attached & (F.size("tickets") > 0), F.try_element_at("tickets", place))
    home = F.coalesce(F.col("own_home"), drawn)
    is_known = streams.happens("dwelling.known", KNOWN_SHARE, F.col("customer"))
    return (
        blocks.join(tickets, on="block", how="left")
        .join(own_home, on="customer", how="left")
        .select("slot", "customer", "vertical", home.alias("home"), is_known.alias("is_known"))
        .select(
            "slot",
            "customer",
            "home",
            F.coalesce(F.col("home"), F.when(F.col("is_known"), F.col("customer") + n_homes)).alias("dwelling"),
        )
    )


def _tickets(streams: Streams) -> Column:
    means = [segments.SEPARATION[s.vertical] * s.means.get("lines", 0.0) for s in segments.SEGMENTS]
    wish = 0.5 * lookup(means, F.col("segment_1"), "double") + 0.25 * streams.normal("dwelling.wish", F.col("slot"))
    return F.greatest(F.least(F.round(3 * F.exp(wish)), F.lit(_MOST_TICKETS)), F.lit(1)).cast("int")
