"""Every row of a feed is left out, a duplicate, refused or accepted: exact repeats first, then the checks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation.errors import SourceError
from segmentation.sources import checks, erasure, mapping, quarantine, reading, references, telling
from segmentation.sources.contract import CLEAN_TABLES
from segmentation.sources.delivery import Delivery
from segmentation.sources.mapping import IS_LEFT_OUT, OCCURRENCE, REASONS, TYPE_REASONS, counted
from segmentation.sources.reading import ROW_HASH
from segmentation.sources.source import RowKey, Source
from segmentation.tables import Store, Table

IS_DUPLICATE = "_is_duplicate"
_SHARED = "_shared"
"""Hash that two rows share when they are equal or have the same key; others share it by rare chance."""
_IS_SHARED = "_is_shared"
_IS_ERASED = "_is_erased"
_ALSO_KNOWN = "_is_known"
KEPT_BYTES = 64 * 1024 * 1024
"""Feeds of at most so many bytes are kept in Spark's storage while they are sifted."""


@dataclass(frozen=True)
class Sifted:
    """A feed taken apart. Frames live only as long as the `sifted` block."""

    accepted: DataFrame
    """Clean columns, `received_at` and `feed_id`; grouped when the source says so."""
    refused: DataFrame
    """ROW_HASH, `n_rows`, `reasons`: one row for equal rows."""
    set_aside: DataFrame
    """Rows left out and exact repeats: `row_hash` as in the quarantine, `is_left_out`, `n_repeats`. Grain: row_hash."""
    rows: DataFrame
    """The trimmed feed, not kept: reading it reads the files again."""
    read: int
    filtered: int
    erased: int
    """Filtered rows that are of an erased line."""
    duplicates: int
    quarantined: int
    named: dict[str, int]
    received_at: datetime | None
    notes: tuple[str, ...]

    @property
    def n_accepted(self) -> int:
        return self.read - self.duplicates - self.quarantined


@contextmanager
def sifted(
    raw: DataFrame,
    tables_at: Store,
    source: Source,
    table: Table,
    delivery: Delivery,
    secret: bytes,
    *,
    keys: Mapping[references.Place, DataFrame] | None = None,
) -> Iterator[Sifted]:
    """Take a feed apart. What is kept in Spark's storage while the block runs holds tokens only.

    A small feed is kept whole. A large one is read again for each question instead, which is quicker than to keep it:
    once for the rows that share a hash, once for those and the refused, once to write the rest, which stand alone.
    `keys` are those that tables which are not there will know.

    Raises: SourceError when the feed cannot be read or is empty.
    """
    with telling.telling_errors(source, "read the feed"):
        rows = reading.trimmed(raw, source)
        checked = _checked(rows, tables_at, source, table, secret)
        known, notes = _with_references(checked, tables_at, source, keys or {})
        judged = known.withColumn(_SHARED, _shared_hash(source, table))
        is_small = delivery.n_bytes <= KEPT_BYTES
        alone = None if is_small else _Alone(judged, source)
        told_apart = _told_apart(judged if alone is None else alone.others(), source, table)
        told_apart.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        with telling.telling_errors(source, "read the feed"):
            counts = _counts(told_apart, alone, source)
            everything = told_apart if alone is None else told_apart.unionByName(alone.rows())
            accepted = _accepted(everything, source, table, delivery)
        _require_rows(counts, source)
        yield Sifted(
            accepted=accepted,
            refused=_refused(told_apart),
            set_aside=_set_aside(told_apart, secret),
            rows=rows,
            read=counts["read"],
            filtered=counts["filtered"],
            erased=counts["erased"],
            duplicates=counts["duplicates"],
            quarantined=counts["quarantined"],
            named={name: counts[counted(name)] for name in source.counts},
            received_at=counts["received_at"],
            notes=(*notes, *_of_erased(counts["erased"], source)),
        )
    finally:
        told_apart.unpersist()
        if alone is not None:
            alone.groups.unpersist()


def _checked(rows: DataFrame, tables_at: Store, source: Source, table: Table, secret: bytes) -> DataFrame:
    """The mapped feed with REASONS of every check but `references` and `unique`. Grain: one row per line."""
    clean = mapping.mapped(rows.transform(_with_occurrence, source), source, table, secret)
    is_erased = ~F.col(IS_LEFT_OUT) & erasure.is_erased(tables_at, clean.columns)
    reasons = checks.all_reasons(_row_checks(source, table))
    known_lines = clean.withColumn(_IS_ERASED, is_erased).withColumn(IS_LEFT_OUT, F.col(IS_LEFT_OUT) | is_erased)
    return known_lines.withColumn(REASONS, F.concat(F.col(TYPE_REASONS), reasons)).drop(TYPE_REASONS)


def _with_occurrence(rows: DataFrame, source: Source) -> DataFrame:
    """Add OCCURRENCE, counting equal rows, where keys come from row hashes."""
    is_needed = any(isinstance(column, RowKey) and column.row_key == "hash" for column in source.columns.values())
    if not is_needed:
        return rows
    if source.duplicates == "drop":
        return rows.withColumn(OCCURRENCE, F.lit(1))
    equal_rows = Window.partitionBy(*ROW_HASH).orderBy(*ROW_HASH)
    return rows.withColumn(OCCURRENCE, F.row_number().over(equal_rows))


def _row_checks(source: Source, table: Table) -> list[Column]:
    """What the table asks of every feed, and the source of its own; of both for one column the source's stands."""
    wanted = source.checks
    told = table.required if source.group is None else source.group.by
    required = dict.fromkeys([*told, "received_at", *wanted.not_null])
    mapped = [column for column in table.columns if column.name in source.columns]
    between = {column.name: column.limits for column in mapped if any(end is not None for end in column.limits)}
    one_of = {column.name: column.values for column in mapped if column.values}
    past = [table.time_column] if table.is_of_days else []
    month_ends = [table.time_column] if table.is_of_months else []
    in_order = [pair for pair in table.in_order if source.columns.keys() >= set(pair)]
    return [
        *(checks.not_null(name) for name in required),
        *(checks.between(name, least, most) for name, (least, most) in {**between, **wanted.between}.items()),
        *(checks.one_of(name, values) for name, values in {**one_of, **wanted.one_of}.items()),
        *(checks.month_end(name) for name in month_ends),
        *(checks.not_future(name) for name in dict.fromkeys([*past, *wanted.not_future])),
        *(checks.ordered(first, second) for first, second in dict.fromkeys([*in_order, *wanted.ordered])),
        *(checks.different(one, other) for one, other in wanted.different),
    ]


def _with_references(
    rows: DataFrame, tables_at: Store, source: Source, keys: Mapping[references.Place, DataFrame]
) -> tuple[DataFrame, list[str]]:
    """Add a reason to rows whose key another clean table does not know, and notes.

    A table that is not there checks nothing, unless `keys` has what it will know.
    """
    notes = []
    for name, table_name in source.references.items():
        place = references.place_of(name, table_name)
        if tables_at.exists(CLEAN_TABLES[table_name]):
            own = tables_at.read(CLEAN_TABLES[table_name]).select(F.col(place[1]).alias(references.KEY)).distinct()
        elif place in keys:
            own = keys[place]
        else:
            notes.append(f"{source.name}.{name} was not checked: there is no {table_name}")
            continue
        known = own.withColumn(_ALSO_KNOWN, F.lit(True))
        joined = rows.join(known, on=F.col(name) == F.col(references.KEY), how="left")
        reason = checks.all_reasons([checks.references(name, table_name, F.col(_ALSO_KNOWN))])
        rows = joined.withColumn(REASONS, F.concat(F.col(REASONS), reason)).drop(references.KEY, _ALSO_KNOWN)
    return rows, notes


def _shared_hash(source: Source, table: Table) -> Column:
    """Equal rows share it; so do fine rows with the same key, when rows are not grouped."""
    row = F.col(ROW_HASH[0])
    if source.group is not None:
        return row
    return F.when(_is_plain(), F.xxhash64(*table.grain)).otherwise(row)


class _Alone:
    """Of a large feed the fine rows that share no hash with another: nearly all, and nothing more to find out about."""

    def __init__(self, judged: DataFrame, source: Source) -> None:
        self._judged, self._source = judged, source
        self.groups = self._groups().persist(StorageLevel.MEMORY_AND_DISK)

    def rows(self) -> DataFrame:
        """Those rows. Grain: as judged."""
        fine = self._judged.filter(_is_plain()).join(self._shared(), on=_SHARED, how="left_anti")
        return fine.withColumn(IS_DUPLICATE, F.lit(False))

    def others(self) -> DataFrame:
        """Rows that share a hash, and refused ones. Grain: as judged."""
        marked = self._judged.join(self._shared().withColumn(_IS_SHARED, F.lit(True)), on=_SHARED, how="left")
        return marked.filter(F.col(_IS_SHARED) | ~_is_plain()).drop(_IS_SHARED)

    def counts(self) -> DataFrame:
        """One row with what `_row_counts` counts."""
        none = F.lit(0).alias
        plain = F.col("plain").alias
        return self.groups.filter(F.col(_SHARED).isNull()).select(
            plain("lines"),
            none("filtered"),
            none("erased"),
            plain("read"),
            none("duplicates"),
            none("quarantined"),
            *map(counted, self._source.counts),
            "received_at",
        )

    def _shared(self) -> DataFrame:
        return self.groups.filter(F.col(_SHARED).isNotNull()).select(_SHARED)

    def _groups(self) -> DataFrame:
        """The hashes that several rows share; in one row without hash the counts of the fine rows that share none."""
        conditional = [
            F.count_if(_is_plain() & F.col(counted(name))).alias(counted(name)) for name in self._source.counts
        ]
        per_hash = self._judged.groupBy(_SHARED).agg(
            F.count(F.lit(1)).alias("lines"),
            F.count_if(_is_plain()).alias("plain"),
            *conditional,
            F.max(F.when(_is_plain(), F.col("received_at"))).alias("received_at"),
        )
        # Any two rows may share one of the source's own keys: then none stands alone.
        is_shared = F.lit(True) if self._source.unique else F.col("lines") > 1
        return per_hash.groupBy(F.when(is_shared, F.col(_SHARED)).alias(_SHARED)).agg(
            F.sum("plain").alias("plain"),
            *(F.sum(counted(name)).alias(counted(name)) for name in self._source.counts),
            F.max("received_at").alias("received_at"),
        )


def _is_plain() -> Column:
    """Neither left out nor refused by a check of the row itself."""
    return ~F.col(IS_LEFT_OUT) & (F.size(REASONS) == 0)


def _told_apart(judged: DataFrame, source: Source, table: Table) -> DataFrame:
    """Every row with IS_DUPLICATE and all REASONS. Grain: as judged."""
    rows = judged.transform(_with_duplicates, source)
    # Where rows go into the table one by one, an older row with the same key is a version of it, not a slip.
    if source.group is None and not source.is_merged:
        # Rows with the same key share the hash: naming it saves a shuffle.
        rows = _with_unique(rows, [_SHARED, *table.grain], table.grain)
    for names in source.unique:
        rows = _with_unique(rows, names, names)
    return rows


def _with_duplicates(rows: DataFrame, source: Source) -> DataFrame:
    if source.duplicates == "keep":
        return rows.withColumn(IS_DUPLICATE, F.lit(False))
    equal_rows = Window.partitionBy(_SHARED, *ROW_HASH).orderBy(*ROW_HASH)
    return rows.withColumn(IS_DUPLICATE, F.row_number().over(equal_rows) > 1)


def _with_unique(rows: DataFrame, partition: Sequence[str], names: Sequence[str]) -> DataFrame:
    """Add a reason to all but the newest of the fine rows that share a key; equally new ones fall to the lower hash.

    A row without a whole key shares it with none.
    """
    is_fine = reduce(Column.__and__, (F.col(name).isNotNull() for name in names), _is_accepted())
    newest_first = Window.partitionBy(*partition, is_fine).orderBy(F.desc("received_at"), *ROW_HASH)
    rank = F.when(is_fine, F.row_number().over(newest_first)).otherwise(1)
    ranked = rows.withColumn("_rank", rank)
    reason = checks.all_reasons([checks.unique(names, F.col("_rank"))])
    return ranked.withColumn(REASONS, F.concat(F.col(REASONS), reason)).drop("_rank")


def _is_quarantined() -> Column:
    return ~F.col(IS_LEFT_OUT) & ~F.col(IS_DUPLICATE) & (F.size(REASONS) > 0)


def _is_accepted() -> Column:
    return _is_plain() & ~F.col(IS_DUPLICATE)


def _counts(told_apart: DataFrame, alone: _Alone | None, source: Source) -> dict[str, Any]:
    """What became of the rows, by name, and when the last of them arrived."""
    counts = _row_counts(told_apart, source)
    if alone is not None:
        names = [name for name in counts.columns if name != "received_at"]
        sums = (F.sum(name).alias(name) for name in names)
        counts = counts.unionByName(alone.counts()).agg(*sums, F.max("received_at").alias("received_at"))
    return counts.collect()[0].asDict()


def _row_counts(told_apart: DataFrame, source: Source) -> DataFrame:
    is_read = ~F.col(IS_LEFT_OUT)
    return told_apart.agg(
        F.count(F.lit(1)).alias("lines"),
        F.count_if(IS_LEFT_OUT).alias("filtered"),
        F.count_if(_IS_ERASED).alias("erased"),
        F.count_if(is_read).alias("read"),
        F.count_if(is_read & F.col(IS_DUPLICATE)).alias("duplicates"),
        F.count_if(_is_quarantined()).alias("quarantined"),
        *(F.count_if(_is_accepted() & F.col(counted(name))).alias(counted(name)) for name in source.counts),
        F.max(F.when(is_read, F.col("received_at"))).alias("received_at"),
    )


def _of_erased(n_rows: int, source: Source) -> Iterator[str]:
    """A note on rows that stay out; which line they are of is said nowhere."""
    if n_rows:
        yield f"{source.name}: {n_rows:,} rows of lines that were erased stay out; their receipts are in erasures"


def _require_rows(counts: dict[str, Any], source: Source) -> None:
    if counts["read"]:
        return
    raise SourceError(
        "the feed is empty; nothing was written",
        where=f"source {source.name}",
        found=f"{counts['lines']} rows, of which the filter leaves {counts['read']}",
        expected="at least one row",
        remedy="look whether the delivery is complete and `filter` is right; the tables keep what they had",
    )


def _accepted(everything: DataFrame, source: Source, table: Table, delivery: Delivery) -> DataFrame:
    rows = everything.filter(_is_accepted())
    if source.group is not None:
        verbs = {"sum": F.try_sum, "min": F.min, "max": F.max}
        taken = [verbs[verb](name).alias(name) for name, verb in source.group.take.items()]
        grouped = rows.groupBy(*source.group.by).agg(*taken, F.max("received_at").alias("received_at"))
        rows = grouped if source.group.having is None else grouped.filter(F.expr(source.group.having))
    mapped = {*source.columns, "received_at"}
    types = {column.name: column.type for column in table.columns}
    empty = {name: F.lit(None).cast(type_name) for name, type_name in types.items() if name not in mapped}
    whole = rows.withColumns({**empty, "feed_id": F.lit(delivery.feed_id)})
    return whole.select(*dict.fromkeys([*types, "received_at", "feed_id"]))


def _refused(told_apart: DataFrame) -> DataFrame:
    """One row for equal rows; what differs between them can only be `unique`, of which one reason is enough."""
    refused = told_apart.filter(_is_quarantined())
    return refused.groupBy(*ROW_HASH).agg(F.count(F.lit(1)).alias("n_rows"), F.max(REASONS).alias("reasons"))


def _set_aside(told_apart: DataFrame, secret: bytes) -> DataFrame:
    """Rows that are neither refused nor accepted. Grain: row_hash."""
    is_left_out, is_repeat = F.col(IS_LEFT_OUT), F.col(IS_DUPLICATE)
    by_row = told_apart.filter(is_left_out | is_repeat).groupBy(*ROW_HASH)
    counted_rows = by_row.agg(F.max(is_left_out).alias("is_left_out"), F.count_if(is_repeat).alias("n_repeats"))
    return counted_rows.select(quarantine.row_hash(secret).alias("row_hash"), "is_left_out", "n_repeats")
