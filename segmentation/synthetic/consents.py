"""Feed consents: what customers agree to."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.base import identifier
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.delivery import delivered


def agrees_to_marketing(of: Behaviour) -> Column:
    """Whether the `customer` agreed to be approached when the first line came."""
    return of.streams.happens("consent.marketing", of.effects.marketing_share, F.col("customer"))


def consents(lines_there: DataFrame, of: Behaviour) -> DataFrame:
    """Answers as the operator writes them. Grain: cust_no, purpose, since.

    Nobody is asked about the analysis of their data: only who objects has an answer there.
    """
    known = lines_there.groupBy("customer", "known_as").agg(F.min("came_on").alias("since"))
    analytics = ~of.streams.happens("consent.objects", of.effects.objection_share, F.col("customer"))
    partner_data = of.streams.happens("consent.partner_data", of.effects.partner_data_share, F.col("customer"))
    first = (
        _answer("ANALYTICS", analytics),
        _answer("MARKETING", agrees_to_marketing(of)),
        _answer("PARTNER_DATA", partner_data),
    )
    asked = known.select("*", F.explode(F.array(*first)).alias("told")).select("*", "told.*")
    is_said = (F.col("purpose") != "ANALYTICS") | ~F.col("agrees")
    takes_back = of.streams.happens("consent.withdrawn", of.effects.withdrawn_share, F.col("customer"))
    ends = (F.col("purpose") == "MARKETING") & F.col("agrees") & takes_back
    ended_on = F.date_add("since", of.streams.whole("consent.withdrawn_after", 30, 400, F.col("customer")))
    versions = F.when(ends, F.array(F.lit(1), F.lit(2))).otherwise(F.array(F.lit(0)))
    each = asked.filter(is_said).withColumns({"ended_on": ended_on, "version": F.explode(versions)})
    return each.transform(_as_written, of)


def _answer(purpose: str, agrees: Column) -> Column:
    return F.struct(F.lit(purpose).alias("purpose"), agrees.alias("agrees"))


def _as_written(each: DataFrame, of: Behaviour) -> DataFrame:
    is_second = F.col("version") == 2
    begins = F.when(is_second, F.col("ended_on")).otherwise(F.col("since"))
    keys = (F.col("known_as"), F.col("purpose"), F.col("version"))
    return each.select(
        identifier("C", F.col("known_as")).alias("cust_no"),
        "purpose",
        F.when(F.col("agrees") & ~is_second, "Y").otherwise("N").alias("agreed"),
        begins.cast("string").alias("from_day"),
        F.when(F.col("version") == 1, F.date_sub("ended_on", 1)).cast("string").alias("to_day"),
        delivered(of, "consent", begins, *keys).alias("delivered"),
    )
