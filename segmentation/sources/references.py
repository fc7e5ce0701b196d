"""Keys of tables that are not there yet, looked up in the feeds that will fill them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation.concurrency import side_by_side
from segmentation.errors import SourceError
from segmentation.settings import RunSettings
from segmentation.sources import delivery as deliveries
from segmentation.sources import mapping, reading, telling
from segmentation.sources.contract import CLEAN_TABLES
from segmentation.sources.source import RowKey, Source
from segmentation.tables import Store, Table
from segmentation.tables.store import union_by_name

KEY = "_key"
READ_WHOLE_BYTES = 256 * 1024 * 1024
"""Feeds of a table of at most so many bytes together are read whole, the key alone: seconds on two cores."""
FIRST_ROWS = 200_000
"""Of larger ones so many rows of each are read."""
Place = tuple[str, str]
"""A table and its column that keys are looked up in."""


@dataclass(frozen=True)
class FeedKeys:
    """Keys that the feeds of a table bring."""

    keys: DataFrame
    """KEY: tokens, each once; kept in Spark's storage."""
    n_keys: int
    n_bytes: int
    is_whole: bool
    """Whether the feeds were read to their end: only then a key that is not among these is known by nobody."""


def place_of(name: str, table_name: str) -> Place:
    """Where the keys in a column that refers to a table are looked up."""
    table = CLEAN_TABLES[table_name]
    return table_name, name if name in table.column_names else table.grain[0]


@contextmanager
def looked_up(
    spark: SparkSession, tables_at: Store, sources: Sequence[Source], settings: RunSettings
) -> Iterator[Mapping[Place, FeedKeys]]:
    """Keys of the tables that sources refer to and that are not there; they are kept while the block runs.

    A table whose feeds cannot be read is not among them.
    """
    places = {place_of(name, table) for source in sources for name, table in source.references.items()}
    missing = sorted(place for place in places if not tables_at.exists(CLEAN_TABLES[place[0]]))
    found = side_by_side(spark, [partial(_keys, spark, place, sources, settings) for place in missing])
    known = {place: keys for place, keys in zip(missing, found, strict=True) if keys is not None}
    try:
        yield known
    finally:
        for keys in known.values():
            keys.keys.unpersist()


def _keys(spark: SparkSession, place: Place, sources: Sequence[Source], settings: RunSettings) -> FeedKeys | None:
    table_name, key = place
    own = [source for source in sources if source.table == table_name]
    if not own or any(isinstance(source.columns.get(key), RowKey | None) for source in own):
        return None
    try:
        found = [deliveries.find(spark, source, settings.landing, by_content=False) for source in own]
        lying = [(source, delivery) for source, delivery in zip(own, found, strict=True) if delivery is not None]
        n_bytes = sum(delivery.n_bytes for _, delivery in lying)
        is_whole = n_bytes <= READ_WHOLE_BYTES
        if not lying:
            return None
        table, secret = CLEAN_TABLES[table_name], settings.secret.key()
        tokens = union_by_name([_tokens(spark, *one, table, key, secret, is_whole=is_whole) for one in lying])
        kept = tokens.distinct().persist(StorageLevel.MEMORY_AND_DISK)
        with telling.telling_errors(own[0], "read the keys of the feed"):
            return FeedKeys(kept, kept.count(), n_bytes, is_whole)
    except SourceError:
        # What is wrong with the feed is told where it is tried itself.
        return None


def _tokens(
    spark: SparkSession,
    source: Source,
    found: deliveries.Delivery,
    table: Table,
    key: str,
    secret: bytes,
    *,
    is_whole: bool,
) -> DataFrame:
    """The keys in a feed, as far as the filter lets their rows in. Grain: one row per line."""
    raw = reading.raw_rows(spark, source, table, found)
    with telling.telling_errors(source, "read the keys of the feed"):
        rows = reading.trimmed(raw if is_whole else raw.limit(FIRST_ROWS), source)
        value = mapping.value(rows, source.columns[key], "string", source, secret)
        return rows.filter(mapping.is_let_in(source)).select(value.alias(KEY)).filter(F.col(KEY).isNotNull())
