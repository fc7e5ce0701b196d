"""Period partials: sums of every family over month-long periods, made once and added up by every window.

A period that ends on a day holds the events from the day after the period before it; any day works. A period is made
again only when the deliveries it came from, or CODE_VERSION, have changed.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation import progress
from segmentation.concurrency import side_by_side
from segmentation.features import billing, care, lifestyle, recharge, subscription, usage
from segmentation.features.windows import WINDOW_PERIODS
from segmentation.periods import period_ends, period_start
from segmentation.settings import stable_hash
from segmentation.tables import Store, Table
from segmentation.tables import care as feeds_of
from segmentation.tables.store import union_by_name

logger = logging.getLogger(__name__)
MAX_STALENESS = 2
"""A family that lags by more periods counts as missing."""
CODE_VERSION = 2
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
)
TABLES = tuple(family.table for family in FAMILIES)


def periods_needed(as_of_days: Iterable[date]) -> list[date]:
    """Last days of all periods that windows of these days may read, late families included, oldest first."""
    n_periods = WINDOW_PERIODS + MAX_STALENESS
    return sorted({end for as_of in as_of_days for end in period_ends(as_of, n_periods)})


def ensure(tables_at: Store, periods: Sequence[date]) -> None:
    """Make the partials of the periods that are not there yet, or that were made from other deliveries.

    One pass over a source makes all its missing periods. A write replaces its own periods only.
    """
    delivered = delivered_versions(tables_at, [source for family in FAMILIES for source in family.sources])
    made = _made_before(tables_at)
    builds = []
    for family in FAMILIES:
        if not any(tables_at.exists(source) for source in family.sources):
            continue
        version = stable_hash([CODE_VERSION, [delivered[source.name] for source in family.sources]])
        missing = [period for period in periods if (family.name, period, version) not in made]
        builds += [partial(_build, tables_at, family, chain, version) for chain in without_overlap(missing)]
    side_by_side(
        tables_at.spark, builds, ended=lambda n_ended: progress.says(f"{n_ended} of {len(builds)} tables of sums")
    )


def _build(tables_at: Store, family: PartialFamily, chain: Sequence[date], version: str) -> None:
    sums = _built(tables_at, family, chain).withColumn("input_version", F.lit(version))
    # Grouped by line and period just now: no key comes twice.
    tables_at.replace(sums, family.table, is_unique=True, period=list(chain))


def delivered_versions(tables_at: Store, sources: Iterable[Table]) -> dict[str, str]:
    """Per clean table the hash of the deliveries it holds; of a table filled by other means its Delta version.

    A source replaces what it brought before, so its newest delivery counts, with the mapping it was read by.
    """
    newest: dict[str, dict[str, list[str]]] = {}
    feeds = tables_at.read(feeds_of.FEEDS).collect()
    for feed in sorted(feeds, key=lambda feed: (feed["recorded_at"], feed["feed_id"])):
        delivery = [feed["source"], feed["feed_id"], feed["mapping_hash"]]
        newest.setdefault(feed["table_name"], {})[feed["source"]] = delivery
    versions = {}
    for source in sources:
        held = _held(tables_at, source, list(newest.get(source.name, {}).values()))
        versions[source.name] = stable_hash(sorted(held) or tables_at.version(source))
    return versions


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


def _held(tables_at: Store, table: Table, deliveries: list[list[str]]) -> list[list[str]]:
    """Those of the deliveries that the table has rows of: a source that fills it no longer leaves its record behind."""
    if len(deliveries) < 2:
        return deliveries
    held = {row["feed_id"] for row in tables_at.read(table).select("feed_id").distinct().collect()}
    return [delivery for delivery in deliveries if delivery[1] in held]


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
    begun_before = source in care.SOURCES
    return rows if begun_before else rows.filter(F.col(source.time_column) >= F.lit(period_start(chain[0])))
