"""Take a delivery in: raw feed to clean table, refused rows to quarantine, counts to feeds."""

import logging
from collections.abc import Collection, Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation.errors import SourceError
from segmentation.settings import RunSettings
from segmentation.sources import (
    changes,
    contents,
    due,
    feeds,
    placing,
    probing,
    quarantine,
    reading,
    shrinking,
    telling,
    vault,
)
from segmentation.sources import delivery as deliveries
from segmentation.sources.delivery import Delivery
from segmentation.sources.feeds import Book, FeedCounts
from segmentation.sources.sifting import Sifted, sifted
from segmentation.sources.source import Source, names_into
from segmentation.tables import Store, care

__all__ = ["FeedCounts", "take_in"]
logger = logging.getLogger(__name__)


def take_in(
    spark: SparkSession,
    tables_at: Store,
    source: Source,
    settings: RunSettings,
    run_id: str,
    *,
    is_again: bool = False,
) -> FeedCounts:
    """Make the clean table of a source what its delivery says.

    What was taken in before changes nothing and is not read, unless `is_again` asks for it.

    The folder of a snapshot is one delivery; of the other feeds the files that are new are one. Written in this order,
    so that a run killed in between is mended by the next: schema changes, identity vault, clean table, quarantine, days
    of the clean table, feeds.

    Raises: SourceError when the feed is missing, unreadable, empty or lacks a column, or when another source of the
    conf file brought one of its keys, or has far fewer rows than what it would replace; then nothing was written but
    how its columns have changed.
    """
    table = source.clean_table()
    known = feeds.book(tables_at)
    lying = deliveries.find(spark, source, settings.landing)
    if lying is None:
        return FeedCounts(notes=(_of_an_absent_feed(tables_at, known, source),))
    others, gone = _beside(known, source, settings)
    has_gone = feeds.holds(tables_at, table, gone)
    wanted = due.due(tables_at, known, source, lying, settings, is_again=is_again or has_gone)
    if wanted is None:
        return feeds.as_counts(known.standing(source.name)[-1])
    found = wanted.delivery
    secret = settings.secret.key()
    feed = changes.reconciled(reading.raw_rows(spark, source, table, found), known, source, table, found)
    changes.remember(tables_at, feed.changed, source, found.feed_id)
    probing.require_usable(spark, feed, source, found)
    with sifted(feed.rows, tables_at, source, table, found, secret) as parts:
        refused = refused_kept(parts, source, secret, found, run_id)
        clean = parts.accepted.persist(StorageLevel.MEMORY_AND_DISK) if _is_kept(source) else parts.accepted
        try:
            with telling.telling_errors(source, "group and compare the rows"):
                n_rows = clean.count() if source.group else parts.n_accepted
                _require_own_keys(tables_at, clean, source, others)
                shrinking.require_not_shrunk(tables_at, clean, n_rows, known, source, found, wanted.mapping)
            with telling.telling_errors(source, "write the tables", then="the next run writes them again"):
                _remember_keys(parts, source, settings)
                placed = placing.place(tables_at, clean, source, found, others, (*wanted.read_again, *gone))
                replace_refused(tables_at, refused, parts, source, found, wanted.read_again)
                late = contents.remember(tables_at, table, run_id)
        finally:
            clean.unpersist()
            refused.unpersist()
    counts = counted(parts, n_rows - placed.n_not_written, (*feed.notes(source), *placed.notes, *late))
    feeds.record(
        tables_at,
        known,
        source,
        found,
        counts,
        mapping=wanted.mapping,
        referred=wanted.referred,
        columns=feed.columns,
        received_at=parts.received_at,
        run_id=run_id,
        read_again=wanted.read_again,
    )
    return counts


def _is_kept(source: Source) -> bool:
    """Whether accepted rows are looked at several times."""
    return source.group is not None or source.feed != "snapshot"


def _of_an_absent_feed(tables_at: Store, known: Book, source: Source) -> str:
    """What the table has of a feed that is not there."""
    held = [row for row in known.own(source) if feeds.holds(tables_at, source.clean_table(), [row["feed_id"]])]
    if not held:
        return f"source {source.name} is absent: {source.table} gets no rows from it"
    newest = held[0]
    return (
        f"source {source.name} is absent: {source.table} keeps the {newest['n_written']:,} rows of its delivery "
        f"{newest['feed_id']}, taken in on {newest['recorded_at']:%Y-%m-%d}"
    )


def _beside(known: Book, source: Source, settings: RunSettings) -> tuple[dict[str, str], list[str]]:
    """Deliveries into the same table: of other sources of the conf file, and of those that fill it no longer."""
    beside = known.beside(source)
    names = names_into(source.table, settings.sources) if beside else set()
    others = {feed_id: name for feed_id, name in beside.items() if name in names}
    return others, sorted(beside.keys() - others.keys())


def _require_own_keys(tables_at: Store, clean: DataFrame, source: Source, others: Mapping[str, str]) -> None:
    """Raise SourceError when rows of `others`, deliveries of other sources, have a key of these rows."""
    if not others:
        return
    table = source.clean_table()
    theirs = tables_at.read(table).filter(F.col("feed_id").isin(list(others))).select(*table.grain)
    n_shared = clean.select(*table.grain).join(theirs, on=list(table.grain), how="left_semi").count()
    if n_shared:
        raise SourceError(
            f"another source has brought rows with the same key; {telling.NOTHING_WRITTEN}",
            where=f"source {source.name}",
            found=f"{n_shared:,} rows whose ({', '.join(table.grain)}) {table.name} holds from "
            f"{', '.join(sorted(set(others.values())))}",
            expected="each key in the feed of one source",
            remedy="leave these rows out of one of the two with `filter`; when they moved from one feed to the other, "
            "list the source that gave them up first in the conf file",
        )


def _remember_keys(parts: Sifted, source: Source, settings: RunSettings) -> None:
    keys = vault.keys_of(parts.rows, parts.accepted, source, settings.secret.key())
    if keys is not None:
        vault.remember(Store(parts.rows.sparkSession, settings.vault), keys)


def counted(parts: Sifted, n_written: int, notes: Sequence[str]) -> FeedCounts:
    return FeedCounts(
        parts.read,
        parts.filtered,
        parts.duplicates,
        parts.quarantined,
        parts.n_accepted,
        n_written,
        erased=parts.erased,
        is_new=True,
        named=parts.named,
        notes=(*parts.notes, *notes),
    )


def refused_kept(parts: Sifted, source: Source, secret: bytes, delivery: Delivery, run_id: str) -> DataFrame:
    """Quarantine rows, computed and persisted; the caller unpersists.

    Raises: SourceError when the files no longer hold the rows that were refused a moment ago.
    """
    rows = quarantine.refused_rows(parts.rows, parts.refused, source, secret, feed_id=delivery.feed_id, run_id=run_id)
    if not parts.quarantined:
        return rows.limit(0)
    kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    with telling.telling_errors(source, "read the refused rows again"):
        n_found = kept.agg(F.sum("n_rows")).first()[0] or 0
    if n_found != parts.quarantined:
        kept.unpersist()
        raise SourceError(
            "the feed changed while it was read; nothing was written",
            where=f"source {source.name}",
            found=f"{n_found} of {parts.quarantined} refused rows",
            remedy="run again when the delivery is complete",
        )
    return kept


def replace_refused(
    tables_at: Store,
    refused: DataFrame,
    parts: Sifted,
    source: Source,
    delivery: Delivery,
    read_again: Collection[str],
) -> None:
    """Replace the quarantine of this delivery; that of others stays until its retention ends.

    Of the deliveries in `read_again`, whose files it holds, rows that are not refused any more stay, marked.
    """
    feed_ids = sorted({*read_again, delivery.feed_id})
    before = quarantine.of_deliveries(tables_at, source.name, feed_ids)
    if not parts.quarantined and not read_again and before.isEmpty():
        return
    rows = refused
    if read_again:
        had_repeats = feeds.book(tables_at).had_repeats(source.name, feed_ids)
        rows = quarantine.with_states(refused, before, parts.set_aside, had_repeats=had_repeats)
    tables_at.replace(rows, care.QUARANTINE, is_unique=True, source=source.name, feed_id=feed_ids)
