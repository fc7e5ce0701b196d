"""Outages: broadband of a region fails for some days, and its lines turn to care."""

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.errors import SettingsError
from segmentation.settings import Outage
from segmentation.synthetic.base import REGIONS, region
from segmentation.synthetic.dates import month_number
from segmentation.synthetic.randomness import Streams
from segmentation.synthetic.segments import HOME


def check(outages: Sequence[Outage]) -> None:
    """Raise SettingsError for an outage where nobody lives."""
    strange = sorted({outage.region for outage in outages} - set(REGIONS))
    if strange:
        raise SettingsError(
            "an outage is of a region that does not exist",
            where="synthetic.effects.outages",
            found=", ".join(strange),
            expected=f"one of {', '.join(REGIONS)}",
            remedy="name one of them",
        )


def use_left(outages: Sequence[Outage]) -> Column:
    """Data of a `day` over what it would be without outages. Needs `vertical`, `region`."""
    left = F.lit(1.0)
    for outage in outages:
        is_hit = _is_of(outage) & F.col("day").between(F.lit(outage.first_day), F.lit(_last_day(outage)))
        left = left * F.when(is_hit, outage.use_left).otherwise(1.0)
    return left


def contacts(line_months: DataFrame, outages: Sequence[Outage], streams: Streams) -> DataFrame | None:
    """Columns of `line_months`, the `day` of a contact and its `number`; None without outages. Grain: line, number."""
    found: DataFrame | None = None
    for number, outage in enumerate(outages):
        placed = line_months.withColumn("region", region(streams))
        keys = (F.col("line"), F.lit(number))
        day = F.date_add(F.lit(outage.first_day), streams.whole("outage.day", 0, outage.n_days - 1, *keys))
        asks = streams.happens("outage.contact", outage.contacts, *keys)
        hit = placed.filter(_is_of(outage) & (F.col("month") == month_number(outage.first_day)) & asks)
        told = hit.withColumns({"day": F.least(day, F.last_day(F.lit(outage.first_day))), "number": F.lit(-1 - number)})
        there = told.filter(F.col("day").between(F.col("first_day"), F.col("last_day"))).drop("region")
        found = there if found is None else found.unionByName(there)
    return found


def _is_of(outage: Outage) -> Column:
    return (F.col("vertical") == HOME) & (F.col("region") == outage.region)


def _last_day(outage: Outage) -> date:
    return outage.first_day + timedelta(days=outage.n_days - 1)
