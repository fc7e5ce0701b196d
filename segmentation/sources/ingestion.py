"""Take a delivery in: raw feed to clean table, refused rows to quarantine, counts to feeds."""

import logging

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation.errors import SourceError
from segmentation.settings import RunSettings
from segmentation.sources import delivery as deliveries
from segmentation.sources import feeds, probing, quarantine, reading, vault
from segmentation.sources.delivery import Delivery
from segmentation.sources.feeds import FeedCounts
from segmentation.sources.sifting import Sifted, sifted
from segmentation.sources.source import Source
from segmentation.tables import Store, care

__all__ = ["FeedCounts", "take_in"]
logger = logging.getLogger(__name__)


def take_in(spark: SparkSession, tables_at: Store, source: Source, settings: RunSettings, run_id: str) -> FeedCounts:
    """Make the clean table of a source what its delivery says. The same delivery again changes nothing.

    The whole folder of a source is one delivery. Written in this order, so that a run killed in between is mended by
    the next: identity vault, clean table, quarantine, feeds.

    Raises: SourceError when the feed is missing, unreadable, empty or lacks a column; then nothing was written.
    """
    table = source.clean_table()
    found = deliveries.find(spark, source, settings.landing)
    if found is None:
        return FeedCounts(notes=(f"source {source.name} is absent: {source.table} gets no rows from it",))
    known = feeds.book(tables_at)
    mapping = feeds.mapping_hash(known, source, table, settings)
    before = known.counts(source, found, mapping)
    if before is not None and (before.written == 0 or feeds.holds(tables_at, table, found)):
        return before
    secret = settings.secret.key()
    raw = reading.raw_rows(spark, source, found)
    probing.require_usable(spark, raw, source, found)
    with sifted(raw, tables_at, source, table, found, secret) as parts:
        refused = refused_kept(parts, source, secret, found, run_id)
        clean = parts.accepted.persist(StorageLevel.MEMORY_AND_DISK) if source.group else parts.accepted
        try:
            counts = counted(parts, clean.count() if source.group else parts.n_accepted)
            keys = vault.keys_of(parts.rows, parts.accepted, source, secret)
            if keys is not None:
                vault.remember(Store(spark, settings.vault), keys)
            _replace_rows(tables_at, clean, source, found, known.of_other_sources(source))
            replace_refused(tables_at, refused, parts.quarantined, source, found)
        finally:
            clean.unpersist()
            refused.unpersist()
    feeds.record(tables_at, known, source, found, counts, mapping=mapping, received_at=parts.received_at, run_id=run_id)
    return counts


def counted(parts: Sifted, n_written: int) -> FeedCounts:
    return FeedCounts(
        parts.read,
        parts.filtered,
        parts.duplicates,
        parts.quarantined,
        parts.n_accepted,
        n_written,
        is_new=True,
        named=parts.named,
        notes=parts.notes,
    )


def refused_kept(parts: Sifted, source: Source, secret: bytes, delivery: Delivery, run_id: str) -> DataFrame:
    """Quarantine rows, computed and persisted; the caller unpersists.

    Raises: SourceError when the files no longer hold the rows that were refused a moment ago.
    """
    rows = quarantine.refused_rows(parts.rows, parts.refused, source, secret, feed_id=delivery.feed_id, run_id=run_id)
    if not parts.quarantined:
        return rows.limit(0)
    kept = rows.persist(StorageLevel.MEMORY_AND_DISK)
    with reading.telling_errors(source, "read the refused rows again"):
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


def _replace_rows(tables_at: Store, clean: DataFrame, source: Source, delivery: Delivery, others: list[str]) -> None:
    """Replace what this source brought before; rows of `others`, deliveries of other sources, stay."""
    table = source.clean_table()
    is_unique = source.group is None
    if not others:
        tables_at.replace(clean, table, is_unique=is_unique)
        return
    held = tables_at.read(table).select("feed_id").distinct().collect()
    own = {row["feed_id"] for row in held} - set(others)
    tables_at.replace(clean, table, is_unique=is_unique, feed_id=sorted({*own, delivery.feed_id}))


def replace_refused(tables_at: Store, refused: DataFrame, n_refused: int, source: Source, delivery: Delivery) -> None:
    """Replace the quarantine of this delivery; that of earlier ones stays until its retention ends."""
    of_this = (F.col("source") == source.name) & (F.col("feed_id") == delivery.feed_id)
    if not n_refused and tables_at.read(care.QUARANTINE).filter(of_this).isEmpty():
        return
    tables_at.replace(refused, care.QUARANTINE, is_unique=True, source=source.name, feed_id=delivery.feed_id)
