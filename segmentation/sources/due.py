"""What of a feed is due: all of a snapshot that is not as it was, of other feeds the files that are new."""

from collections.abc import Collection
from dataclasses import dataclass

from pyspark.sql import Row
from pyspark.sql import functions as F

from segmentation.settings import RunSettings
from segmentation.sources import feeds, quarantine
from segmentation.sources.delivery import Delivery
from segmentation.sources.feeds import Book
from segmentation.sources.source import Source
from segmentation.tables import Store, Table, care


@dataclass(frozen=True)
class Due:
    """A delivery to take in, and by what it is judged."""

    delivery: Delivery
    mapping: str
    referred: str
    read_again: tuple[str, ...] = ()
    """Earlier deliveries of the source whose files it holds: what they brought makes way for what it brings."""


def due(
    tables_at: Store, known: Book, source: Source, found: Delivery, settings: RunSettings, *, is_again: bool
) -> Due | None:
    """What has to be taken in of what lies there; None when nothing has. All of it with `is_again`."""
    table = source.clean_table()
    referred = feeds.referred_hash(known, source)
    if source.feed == "snapshot":
        # Another delivery of what it refers to may let rows in that were refused: all is read again.
        mapping = feeds.mapping_hash(source, table, settings, referred)
        before = known.counts(source, found, mapping)
        is_there = before is not None and (before.written == 0 or feeds.holds(tables_at, table, [found.feed_id]))
        files_apart = [row["feed_id"] for row in known.standing(source.name) if row["feed"] not in (None, "snapshot")]
        read_again = (*files_apart, *([found.feed_id] if known.has(source, found) else []))
        return None if is_there and not is_again else Due(found, mapping, referred, read_again)
    mapping = feeds.mapping_hash(source, table, settings)
    standing = known.standing(source.name)
    done: set[str] = set()
    if not is_again and _is_there(tables_at, table, standing):
        lying = {file.file_id for file in found.files}
        whole = [row for row in standing if feeds.files_of([row]) <= lying]
        waiting = _waiting(tables_at, source, whole, referred)
        done = feeds.files_of(row for row in standing if row["mapping_hash"] == mapping)
        done -= feeds.files_of(row for row in whole if row["feed_id"] in waiting)
    files = [file for file in found.files if file.file_id not in done]
    if not files:
        return None
    chosen = {file.file_id for file in files}
    read_again = tuple(row["feed_id"] for row in standing if feeds.files_of([row]) <= chosen)
    return Due(found.of_files(source, files), mapping, referred, read_again)


def _is_there(tables_at: Store, table: Table, standing: Collection[Row]) -> bool:
    """Whether the table has what was taken in: somebody may have dropped it."""
    written = [row["feed_id"] for row in standing if row["n_written"]]
    return not written or feeds.holds(tables_at, table, written)


def _waiting(tables_at: Store, source: Source, standing: Collection[Row], referred: str) -> set[str]:
    """Deliveries with rows whose key was not known, now that what they refer to has come in another delivery."""
    judged_before = [row["feed_id"] for row in standing if row["referred"] != referred and row["n_quarantined"]]
    if not judged_before or not source.references:
        return set()
    refused = tables_at.read(care.QUARANTINE).filter(F.col("source") == source.name)
    orphans = refused.filter((F.col("state") == quarantine.OPEN) & quarantine.has_reason("references("))
    return {row["feed_id"] for row in orphans.select("feed_id").distinct().collect()} & set(judged_before)
