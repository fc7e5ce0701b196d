"""Which families of features can be had on a day: the ladder from fresh over late to missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.partials import FAMILIES, MAX_STALENESS, PartialFamily
from segmentation.features.windows import WINDOW_PERIODS
from segmentation.periods import period_ends
from segmentation.tables import Store, Table, clean
from segmentation.tables.store import union_by_name

DIMENSIONS: Mapping[str, tuple[Table, ...]] = {
    "salary": (clean.SALARY_BRACKETS,),
    "household": (clean.SUBSCRIBERS, clean.SERVICE_SPELLS),
    "demographic": (clean.SUBSCRIBERS,),
    "device": (clean.DEVICES,),
}
"""Families read as they are on the day, not summed over periods."""


@dataclass(frozen=True)
class Availability:
    """How many periods every family lags on a day, and how many it reaches back. A missing family is not named."""

    as_of: date
    lags: Mapping[str, int]
    depths: Mapping[str, int]
    """Periods from the family's last to the first one with any data, at most those of a window."""

    def has(self, family: str) -> bool:
        return family in self.lags

    def ends(self, family: str) -> list[date]:
        """Last days of the 6 periods of the family's window, oldest first."""
        ends = period_ends(self.as_of, WINDOW_PERIODS + MAX_STALENESS)
        lag = self.lags[family]
        return ends[MAX_STALENESS - lag : len(ends) - lag]

    def months_of(self, family: str, months_seen: Column) -> Column:
        """Months of the family's window in which a line could be seen: none before it began or the data did."""
        return F.least(months_seen - self.lags[family], F.lit(self.depths[family]))

    def missing(self, families: tuple[str, ...]) -> list[str]:
        """Those of the families that are missing, sorted."""
        return sorted(name for name in families if name in self._watched and name not in self.lags)

    def staleness(self, families: tuple[str, ...]) -> int:
        """Periods by which the oldest of the families lags."""
        return max((self.lags.get(name, 0) for name in families), default=0)

    def notes(self) -> list[str]:
        """The rungs taken, in words."""
        late = [f"{name} is late: its last period but {lag} is used" for name, lag in sorted(self.lags.items()) if lag]
        gone = [f"{name} is missing: its features are null" for name in self.missing(tuple(sorted(self._watched)))]
        is_valued_by_recharges = not self.has("usage") and self.has("recharge")
        valued = ["value of PAYG lines is what they recharge: there is no usage"] if is_valued_by_recharges else []
        return late + gone + valued

    @property
    def _watched(self) -> set[str]:
        return {*(family.name for family in FAMILIES), "churn", *DIMENSIONS}


def look(tables_at: Store, as_of: date) -> Availability:
    """What can be had on the day. Needs the partials of the day's periods."""
    newest_first = period_ends(as_of, WINDOW_PERIODS + MAX_STALENESS)[::-1]
    found = [_periods(tables_at, family, newest_first) for family in FAMILIES]
    dimensions = [_dimension(tables_at, name, as_of) for name in DIMENSIONS]
    seen = union_by_name([*found, *dimensions]).groupBy("family").agg(F.collect_set("period").alias("periods"))
    ages = {row["family"]: [newest_first.index(period) for period in row["periods"]] for row in seen.collect()}
    lags = {name: min(found) for name, found in ages.items() if min(found) <= MAX_STALENESS}
    depths = {name: min(max(ages[name]) - lag + 1, WINDOW_PERIODS) for name, lag in lags.items()}
    if "subscription" in lags:
        lags["churn"], depths["churn"] = lags["subscription"], depths["subscription"]
    return Availability(as_of, lags, depths)


def notes(tables_at: Store, as_of: date) -> list[str]:
    """The rungs of the ladder taken on a day, in words, for the record of the run."""
    return look(tables_at, as_of).notes()


def _periods(tables_at: Store, family: PartialFamily, periods: list[date]) -> DataFrame:
    stored = tables_at.read(family.table).filter(F.col("period").isin(periods))
    return stored.select(F.lit(family.name).alias("family"), "period")


def _dimension(tables_at: Store, name: str, as_of: date) -> DataFrame:
    tables = DIMENSIONS[name]
    first = tables_at.read(tables[0], as_of).limit(1).select(F.lit(name).alias("family"), F.lit(as_of).alias("period"))
    is_there = all(tables_at.exists(table) for table in tables)
    return first if is_there else first.limit(0)
