"""Which families of features can be had on a day: the ladder from fresh over late to missing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from statistics import median

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features import care, usage
from segmentation.features.partials import FAMILIES, MAX_STALENESS, PartialFamily
from segmentation.features.windows import WINDOW_PERIODS
from segmentation.periods import period_ends, period_start
from segmentation.tables import Store, Table, clean
from segmentation.tables.store import union_by_name

DIMENSIONS: Mapping[str, tuple[Table, ...]] = {
    "salary": (clean.SALARY_BRACKETS,),
    "household": (clean.SUBSCRIBERS, clean.SERVICE_SPELLS),
    "demographic": (clean.SUBSCRIBERS,),
    "device": (clean.DEVICES,),
    "psychographic": (clean.SURVEYS,),
}
"""Families read as they are on the day, not summed over periods."""
MADE_WITH = {"churn": "subscription", "geography": "demographic"}
"""Families that another one makes along with its own."""
ACTIVITY = ("usage", "recharge")
"""Families in which a PAYG line is heard."""
EVENTS = ("care", "subscription")
"""Families of events that few lines have: a period without any is not yet a period that was not delivered."""
CHARGES = "charges"
"""What lines were charged for use. Not every source of use brings it, so it has a rung of its own."""
SOLUTIONS = "solutions"
"""Whether it is told at all that a contact was resolved. Where it never is, none is known to be open."""
MIN_EVENT_ROWS = 10
"""Lines with an event in a mean period from which on an empty period is a gap in the feed: by chance it would come
about once in 20,000 periods (e^-10)."""
HALF_THERE = 0.5
"""A period with less than this part of the lines of a usual one (the median of those before it) was not delivered
whole: lines whose rows are missing would pass for silent ones."""
MAX_QUIET_DAYS = 7
"""Nor was one in which no line at all was heard on so many days more than in a usual one: a feed may bring use once a
week. Recharges tell of the days at its end alone."""
USUAL_LINES = 30
"""With fewer lines in a usual period chance alone may bring either."""


@dataclass(frozen=True)
class Delivered:
    """What there is of a family in one period."""

    n_lines: int
    quiet_days: int = 0
    """Days on which no line was heard; 0 in families that do not tell."""


@dataclass(frozen=True)
class Availability:
    """How many periods every family lags on a day, and how many it reaches back. A missing family is not named."""

    as_of: date
    lags: Mapping[str, int]
    depths: Mapping[str, int]
    """Periods from the family's last to the first one with any data, at most those of a window."""
    heard_until: date | None
    """Day up to which a PAYG line can be told to be silent; as the function of this name gives it."""
    half_there: Mapping[str, Delivered] = field(default_factory=dict)
    """Families whose last period is not used since it was not delivered whole, and what there is of it."""

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
        halves = [
            f"{name} is half there: its last period has {part.n_lines:,} lines and {part.quiet_days} days without any, "
            "so it counts as not delivered"
            for name, part in sorted(self.half_there.items())
        ]
        late = [f"{name} is late: its last period but {lag} is used" for name, lag in sorted(self.lags.items()) if lag]
        gone = [f"{name} is missing: its features are null" for name in self.missing(tuple(sorted(self._watched)))]
        is_valued_by_recharges = not self.has(CHARGES) and self.has("recharge")
        valued = ["value of PAYG lines is what they recharge: no charges for use"] if is_valued_by_recharges else []
        is_deaf = self.heard_until is not None and self.heard_until < self.as_of
        heard = [f"PAYG lines are heard until {self.heard_until}: silence is counted to that day"] if is_deaf else []
        is_open_unknown = self.has("care") and not self.has(SOLUTIONS)
        unsolved = ["what is open with care is not known: no contact is ever resolved"] if is_open_unknown else []
        return halves + late + gone + valued + heard + unsolved

    @property
    def _watched(self) -> set[str]:
        return {*(family.name for family in FAMILIES), *MADE_WITH, *DIMENSIONS}


def look(tables_at: Store, as_of: date) -> Availability:
    """What can be had on the day. Needs the partials of the day's periods.

    Events that are rare in this base say nothing of gaps in their feed: such a family is there up to the day, and
    reaches back as far as the base does.
    """
    newest_first = _newest_first(as_of)
    found = [_periods(tables_at, family, newest_first) for family in FAMILIES]
    dimensions = [_dimension(tables_at, name, as_of) for name in DIMENSIONS]
    of_columns = [_charges(tables_at, newest_first), _solutions(tables_at, newest_first)]
    counted = _delivered([*found, *of_columns, *dimensions], newest_first)
    whole = {name: _whole(name, by_age) for name, by_age in counted.items()}
    oldest = max((max(by_age) for by_age in whole.values()), default=0)
    lags, depths = {}, {}
    for name, by_age in whole.items():
        n_rows = sum(period.n_lines for period in by_age.values())
        is_quiet = name in EVENTS and n_rows < MIN_EVENT_ROWS * (oldest + 1)
        newest, first = (0, oldest) if is_quiet else (min(by_age), max(by_age))
        if newest <= MAX_STALENESS:
            lags[name], depths[name] = newest, min(first - newest + 1, WINDOW_PERIODS)
    if SOLUTIONS in whole:
        lags[SOLUTIONS], depths[SOLUTIONS] = 0, WINDOW_PERIODS
    for name, maker in MADE_WITH.items():
        if maker in lags:
            lags[name], depths[name] = lags[maker], depths[maker]
    halves = {name: by_age[min(by_age)] for name, by_age in counted.items() if by_age != whole[name]}
    return Availability(as_of, lags, depths, _heard_until(whole, newest_first), halves)


def _whole(name: str, by_age: Mapping[int, Delivered]) -> dict[int, Delivered]:
    """The periods without the newest ones that are not there whole. Events that few lines have come and go."""
    kept = dict(by_age)
    while name not in EVENTS and len(kept) > 1 and _is_half_there(kept):
        del kept[min(kept)]
    return kept


def _is_half_there(by_age: Mapping[int, Delivered]) -> bool:
    """Whether the newest of several periods was not delivered whole."""
    newest = min(by_age)
    earlier = [period for age, period in by_age.items() if age > newest]
    usual_lines = median(period.n_lines for period in earlier)
    more_quiet_days = by_age[newest].quiet_days - median(period.quiet_days for period in earlier)
    is_short = by_age[newest].n_lines < HALF_THERE * usual_lines or more_quiet_days > MAX_QUIET_DAYS
    return usual_lines >= USUAL_LINES and is_short


def heard_until(tables_at: Store, as_of: date) -> date | None:
    """End of the last period that use and recharges both cover, of the two there are; null when there is neither.

    What comes after it is not silence: it was not delivered yet. A source that brought nothing for 8 periods is none.
    Needs the partials of the day's periods.
    """
    newest_first = _newest_first(as_of)
    found = [_periods(tables_at, family, newest_first) for family in FAMILIES if family.name in ACTIVITY]
    counted = _delivered(found, newest_first)
    return _heard_until({name: _whole(name, by_age) for name, by_age in counted.items()}, newest_first)


def notes(tables_at: Store, as_of: date) -> list[str]:
    """The rungs of the ladder taken on a day, in words, for the record of the run."""
    return look(tables_at, as_of).notes()


def _newest_first(as_of: date) -> list[date]:
    """Last days of the periods in which a family may be found."""
    return period_ends(as_of, WINDOW_PERIODS + MAX_STALENESS)[::-1]


def _delivered(found: list[DataFrame], newest_first: list[date]) -> dict[str, dict[int, Delivered]]:
    """Per family what there is in each of its periods, which are told by age: 0 is the last one."""
    per_period = union_by_name(found).groupBy("family", "period")
    counted = per_period.agg(F.count(F.lit(1)).alias("n_lines"), F.bit_or("heard").alias("heard"))
    by_age: dict[str, dict[int, Delivered]] = {}
    for row in counted.collect():
        delivered = Delivered(row["n_lines"], _quiet_days(row["period"], row["heard"]))
        by_age.setdefault(row["family"], {})[newest_first.index(row["period"])] = delivered
    return by_age


def _quiet_days(period: date, heard: int | None) -> int:
    """Days of a period that have no bit; 0 where days are not told."""
    every_day = (1 << (period - period_start(period)).days + 1) - 1
    return 0 if heard is None else (every_day & ~heard).bit_count()


def _heard_until(whole: Mapping[str, Mapping[int, Delivered]], newest_first: list[date]) -> date | None:
    return min((newest_first[min(whole[name])] for name in ACTIVITY if name in whole), default=None)


def _charges(tables_at: Store, periods: list[date]) -> DataFrame:
    charged = tables_at.read(usage.PARTIALS).filter(F.col("charged_amount").isNotNull())
    return charged.filter(F.col("period").isin(periods)).select(
        F.lit(CHARGES).alias("family"), "period", F.col("days_heard").alias("heard")
    )


def _solutions(tables_at: Store, periods: list[date]) -> DataFrame:
    resolved = tables_at.read(care.PARTIALS).filter(F.col("period").isin(periods) & (F.col("n_resolved") > 0))
    return resolved.select(F.lit(SOLUTIONS).alias("family"), "period", _not_told().alias("heard"))


def _periods(tables_at: Store, family: PartialFamily, periods: list[date]) -> DataFrame:
    stored = tables_at.read(family.table).filter(F.col("period").isin(periods))
    heard = _HEARD[family.name]() if family.name in _HEARD else _not_told()
    return stored.select(F.lit(family.name).alias("family"), "period", heard.alias("heard"))


def _not_told() -> Column:
    return F.lit(None).cast("bigint")


def _until_last_day() -> Column:
    """Bits of the days of a period up to the last one heard; the lowest is the last day of the period."""
    return F.expr("shiftleft(-1L, datediff(period, last_day))")


_HEARD: Mapping[str, Callable[[], Column]] = {"usage": lambda: F.col("days_heard"), "recharge": _until_last_day}


def _dimension(tables_at: Store, name: str, as_of: date) -> DataFrame:
    tables = DIMENSIONS[name]
    named = [F.lit(name).alias("family"), F.lit(as_of).alias("period"), _not_told().alias("heard")]
    first = tables_at.read(tables[0], as_of).limit(1).select(*named)
    is_there = all(tables_at.exists(table) for table in tables)
    return first if is_there else first.limit(0)
