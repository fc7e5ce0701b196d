"""Rows that go into a clean table one by one: of those with one key the latest arrival stands, others are kept aside.

What is kept aside answers what was known on a day before the latest arrival came.
"""

from collections.abc import Collection
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation.sources import reading
from segmentation.sources.contract import ENGINE_COLUMNS
from segmentation.tables import Store, Table
from segmentation.tables.contract import TimeKind, superseded

_IS_NEW = "_is_new"
_IS_ASIDE = "_is_aside"
_RANK = "_rank"
_REPLACED_AT = "superseded_at"


@dataclass(frozen=True)
class Merged:
    """What became of the rows of a delivery."""

    n_without_effect: int
    """Rows that the table had already, or a later arrival in their place."""
    n_replaced: int
    """Rows of earlier deliveries that they took the place of."""


def merge(tables_at: Store, rows: DataFrame, table: Table, *, withdrawn: Collection[str] = ()) -> Merged:
    """Put the rows of a delivery into its table, by key; rows of the `withdrawn` deliveries make way for them.

    Of equally late rows with one key the one with the lower hash stands, so the order of deliveries does not matter.
    What is kept aside is written first: a run killed in between is mended by the next, which finds the same rows.
    """
    arrived = rows.withColumns({_IS_NEW: F.lit(True), _IS_ASIDE: F.lit(False)})
    versions = arrived.unionByName(_before(tables_at, rows, table, withdrawn))
    ranked = versions.transform(_with_rank, table).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        found = ranked.agg(
            F.count_if(F.col(_IS_NEW) & ~_stands()).alias("without_effect"),
            F.count_if(~F.col(_IS_NEW) & ~F.col(_IS_ASIDE) & ~_stands()).alias("replaced"),
            F.count_if(~F.col(_IS_NEW)).alias("before"),
            F.count_if(_is_kept_aside()).alias("aside"),
        ).collect()[0]
        if found["aside"] or withdrawn:
            _keep_aside(tables_at, ranked, table, withdrawn)
        changed = ranked.filter(_stands() & (F.col(_IS_NEW) | F.col(_IS_ASIDE))).select(*table.column_names)
        if found["before"] or withdrawn:
            tables_at.merge(changed, table, is_unique=True, withdrawn=_of(withdrawn))
        else:
            tables_at.append(changed, table, is_unique=True)
        if withdrawn:
            # Looked up in the table: a write makes Spark compute what is kept of it again.
            stands_again = tables_at.read(table).select(*table.grain, "received_at")
            tables_at.delete_keys(stands_again, superseded(table))
    finally:
        ranked.unpersist()
    return Merged(found["without_effect"], found["replaced"])


def _keep_aside(tables_at: Store, ranked: DataFrame, table: Table, withdrawn: Collection[str]) -> None:
    aside = superseded(table)
    rows = ranked.filter(_is_kept_aside()).select(*aside.column_names)
    tables_at.merge(rows, aside, is_unique=True, withdrawn=_of(withdrawn))


def _of(deliveries: Collection[str]) -> dict[str, object] | None:
    return {"feed_id": sorted(deliveries)} if deliveries else None


def _stands() -> Column:
    return F.col(_RANK) == 1


def _is_kept_aside() -> Column:
    """A row that stood for a time; of two that arrived in the same moment one never did."""
    return ~_stands() & (F.col(_REPLACED_AT) > F.col("received_at"))


def _before(tables_at: Store, rows: DataFrame, table: Table, withdrawn: Collection[str]) -> DataFrame:
    """Rows of the same keys that stand or are kept aside, but those withdrawn. Grain: key of the table, received_at."""
    stored = _stored(tables_at, table)
    if table.time is TimeKind.EVENT and table.time_column in table.grain and not withdrawn:
        days = rows.agg(F.min(table.time_column).alias("first"), F.max(table.time_column).alias("last")).first()
        # Its files are sorted by delivery, so most of them need not be opened.
        stored = stored.filter(F.col(table.time_column).between(F.lit(days["first"]), F.lit(days["last"])))
    is_withdrawn = F.col("feed_id").isin(list(withdrawn))
    keys = rows.select(*table.grain)
    if withdrawn:
        keys = keys.unionByName(stored.filter(is_withdrawn).select(*table.grain))
    same = stored.join(keys.distinct(), on=list(table.grain), how="left_semi")
    return same.filter(~is_withdrawn).withColumn(_IS_NEW, F.lit(False))


def _stored(tables_at: Store, table: Table) -> DataFrame:
    names = [*table.column_names, _IS_ASIDE]
    standing = tables_at.read(table).withColumn(_IS_ASIDE, F.lit(False))
    aside = superseded(table)
    if not tables_at.exists(aside):
        return standing.select(*names)
    return standing.select(*names).unionByName(tables_at.read(aside).withColumn(_IS_ASIDE, F.lit(True)).select(*names))


def _with_rank(versions: DataFrame, table: Table) -> DataFrame:
    """Add the rank among the versions of a row, 1 for the one that stands, and when the next one arrived."""
    own = [name for name in table.column_names if name not in (*table.grain, *ENGINE_COLUMNS)]
    newest_first = Window.partitionBy(*table.grain).orderBy(
        F.desc("received_at"), reading.hash_of(own), _IS_NEW, "feed_id"
    )
    return versions.withColumns(
        {_RANK: F.row_number().over(newest_first), _REPLACED_AT: F.lag("received_at").over(newest_first)}
    )
