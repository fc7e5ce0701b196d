"""Period partials: sums of every family over month-long periods, made once and added up by every window.

A period that ends on a day holds the events from the day after the period before it; any day works. A period is made
again only when what its sources hold of its days, or CODE_VERSION, has changed.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial, reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation import progress
from segmentation.concurrency import side_by_side
from segmentation.features import billing, care, digital, lifestyle, recharge, subscription, usage
from segmentation.features.windows import WINDOW_PERIODS
from segmentation.periods import period_ends, period_start
from segmentation.settings import stable_hash
from segmentation.sources import contents
from segmentation.sources.contents import Contents
from segmentation.tables import Store, Table
from segmentation.tables.store import union_by_name

logger = logging.getLogger(__name__)
MAX_STALENESS = 2
"""A family that lags by more periods counts as missing."""
CODE_VERSION = 5
"""Counts up when the meaning of a partial changes, so that stored ones are made again."""
PeriodOf = Callable[[Column], Column]


@dataclass(frozen=True)
class PartialFamily:
    """One table of partials: what it is made from, and how."""

    name: str
    table: Table
    sources: tuple[Table, ...]
    build: Callable[..., DataFrame]
    """Takes the frames of `sources` in order, then `period_of`."""


FAMILIES = (
    PartialFamily("recharge", recharge.PARTIALS, recharge.SOURCES, recharge.recharge_partials),
    PartialFamily("usage", usage.PARTIALS, usage.SOURCES, usage.usage_partials),
    PartialFamily("lifestyle", lifestyle.PARTIALS, lifestyle.SOURCES, lifestyle.lifestyle_partials),
    PartialFamily("billing", billing.PARTIALS, billing.SOURCES, billing.billing_partials),
    PartialFamily("care", care.PARTIALS, care.SOURCES, care.care_partials),
    PartialFamily("subscription", subscription.PARTIALS, subscription.SOURCES, subscription.event_partials),
    PartialFamily("digital", digital.PARTIALS, digital.SOURCES, digital.digital_partials),
)
TABLES = tuple(family.table for family in FAMILIES)


def periods_needed(as_of_days: Iterable[date]) -> list[date]:
    """Last days of all periods that windows of these days may read, late families included, oldest first."""
    n_periods = WINDOW_PERIODS + MAX_STALENESS
    return sorted({end for as_of in as_of_days for end in period_ends(as_of, n_periods)})


def ensure(tables_at: Store, periods: Sequence[date]) -> None:
    """Make the partials of the periods that are not there yet, or that were made from something else.

    One pass over a source makes all its missing periods, and reads their days only. A write replaces its own periods
    only. Periods of which nothing was delivered have no rows: there is nothing to make.
    """
    held = contents.held(tables_at, [source for family in FAMILIES for source in family.sources])
    made = _made_before(tables_at)
    builds = []
    for family in FAMILIES:
        if not any(tables_at.exists(source) for source in family.sources):
            continue
        stored = {period for name, period, _ in made if name == family.name}
        worth = [period for period in periods if period in stored or may_be_made(family, period, held)]
        versions = {period: made_from(family, period, held) for period in worth}
        missing = [period for period in worth if (family.name, period, versions[period]) not in made]
        builds += [partial(_build, tables_at, family, chain, versions) for chain in without_overlap(missing)]
    side_by_side(
        tables_at.spark, builds, ended=lambda n_ended: progress.says(f"{n_ended} of {len(builds)} tables of sums")
    )


def made_from(family: PartialFamily, period: date, held: Contents) -> str:
    """Hash of all that decides the sums of a period."""
    versions = [held.version(source, period, _first_day(source, period)) for source in family.sources]
    return stable_hash([CODE_VERSION, versions])


def may_be_made(family: PartialFamily, period: date, held: Contents) -> bool:
    """Whether any source of the family has something that matters to a period, as far as is known."""
    return any(held.may_have(source, period, _first_day(source, period)) for source in family.sources)


def _first_day(source: Table, period: date) -> date | None:
    """From which day on events matter to a period; None for what may have begun at any time."""
    return None if source in care.SOURCES else period_start(period)


def _build(tables_at: Store, family: PartialFamily, chain: Sequence[date], versions: Mapping[date, str]) -> None:
    period = F.col("period")
    version = reduce(
        lambda known, end: F.when(period == F.lit(end), F.lit(versions[end])).otherwise(known),
        chain,
        F.lit(None).cast("string"),
    )
    sums = _built(tables_at, family, chain).withColumn("input_version", version)
    # Grouped by line and period just now: no key comes twice.
    tables_at.replace(sums, family.table, is_unique=True, period=list(chain))


def without_overlap(periods: Sequence[date]) -> list[tuple[date, ...]]:
    """The periods in as few chains as needed so that no two periods of a chain share a day."""
    chains: list[list[date]] = []
    for end in sorted(periods):
        free = next((chain for chain in chains if chain[-1] < period_start(end)), None)
        if free is None:
            chains.append([end])
        else:
            free.append(end)
    return [tuple(chain) for chain in chains]


def period_of_chain(chain: Sequence[date]) -> PeriodOf:
    """A function from the day of an event to the last day of its period in the chain (null outside all of them)."""

    def period_of(day: Column) -> Column:
        period = F.lit(None).cast("date")
        for end in chain:
            period = F.when(day.between(F.lit(period_start(end)), F.lit(end)), F.lit(end)).otherwise(period)
        return period

    return period_of


def _made_before(tables_at: Store) -> set[tuple[str, date, str]]:
    """Family, period and version of every partial there is."""
    columns = ("period", "input_version")
    stored = [tables_at.read(family.table).select(F.lit(family.name).alias("family"), *columns) for family in FAMILIES]
    return {(row["family"], row["period"], row["input_version"]) for row in union_by_name(stored).distinct().collect()}


def _built(tables_at: Store, family: PartialFamily, chain: Sequence[date]) -> DataFrame:
    logger.info("making %s of %d periods to %s", family.table.name, len(chain), chain[-1])
    frames = [_events(tables_at, source, chain) for source in family.sources]
    return family.build(*frames, period_of_chain(chain))


def _events(tables_at: Store, source: Table, chain: Sequence[date]) -> DataFrame:
    """Rows of the source that may matter to the chain. What is resolved later began earlier, so only the end is cut."""
    rows = tables_at.read(source, chain[-1])
    if _first_day(source, chain[0]) is None:
        return rows
    return rows.filter(reduce(or_, (F.col(source.time_column).between(*span) for span in spans(chain))))


def spans(chain: Sequence[date]) -> list[tuple[date, date]]:
    """First and last days of the spans without a gap that the periods of a chain make up."""
    found: list[tuple[date, date]] = []
    for end in chain:
        first = period_start(end)
        if found and found[-1][1] == first - timedelta(days=1):
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return found
