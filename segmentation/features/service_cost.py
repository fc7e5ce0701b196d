"""What serving a line costs by the settings, contacts and data: it is taken off the value of the line."""

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features import care, usage
from segmentation.features.availability import Availability
from segmentation.settings import ServiceCosts
from segmentation.tables import Store, clean

KB_A_GB = 1_000_000


def of_last_period(tables_at: Store, there: Availability, costs: ServiceCosts) -> DataFrame:
    """`service_cost` of the last period of use and of care. Grain: subscriber_id; who is not named cost nothing."""
    used = _in_last_period(tables_at.read(usage.PARTIALS), there, "usage")
    asked = _in_last_period(tables_at.read(care.PARTIALS), there, "care")
    return _per_line(used, asked, costs)


def after(tables_at: Store, as_of: date, end: date, costs: ServiceCosts) -> DataFrame:
    """`service_cost` of the days after one day up to another. Grain: subscriber_id; who is not named cost nothing."""
    is_later = F.col("day") > F.lit(as_of)
    used = tables_at.read(clean.USAGE_DAILY, end).filter(is_later)
    asked = tables_at.read(clean.CARE_CONTACTS, end).filter(is_later)
    return _per_line(used, asked.withColumn("n_contacts", F.lit(1)), costs)


def net(value: Column) -> Column:
    """A value less `service_cost` (null where the value is not known)."""
    return value - F.coalesce(F.col("service_cost"), F.lit(0))


def notes(there: Availability, costs: ServiceCosts) -> list[str]:
    """What of the cost is not known, in words."""
    prices = {"care": costs.per_contact, "usage": costs.per_gb}
    unknown = [name for name, price in prices.items() if price and not there.has(name)]
    return [f"the value of lines is without the cost of {name}, which is missing" for name in unknown]


def _in_last_period(partials: DataFrame, there: Availability, family: str) -> DataFrame:
    end = there.ends(family)[-1] if there.has(family) else there.as_of
    return partials.filter(F.col("period") == F.lit(end))


def _per_line(used: DataFrame, asked: DataFrame, costs: ServiceCosts) -> DataFrame:
    both = used.select("subscriber_id", "data_kb").unionByName(
        asked.select("subscriber_id", "n_contacts"), allowMissingColumns=True
    )
    of_data = F.round(F.coalesce(F.sum("data_kb"), F.lit(0)) * F.lit(costs.per_gb) / F.lit(KB_A_GB)).cast("bigint")
    of_contacts = F.coalesce(F.sum("n_contacts"), F.lit(0)) * F.lit(costs.per_contact)
    return both.groupBy("subscriber_id").agg((of_data + of_contacts).alias("service_cost"))
