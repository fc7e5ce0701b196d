"""Read and write declared tables: the only place that touches Delta."""

import logging
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime
from enum import Enum
from functools import reduce
from threading import RLock

from delta.tables import DeltaTable
from py4j.protocol import Py4JError  # type: ignore[import-untyped]
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, DataFrameWriter, SparkSession
from pyspark.sql import functions as F

from segmentation.errors import ContractError
from segmentation.tables import checks
from segmentation.tables.contract import Table, TimeKind, superseded
from segmentation.tables.statements import declared, literal, outside, predicate, same_keys, uri

logger = logging.getLogger(__name__)
_turns: dict[str, RLock] = {}
"""By address of a table: threads whose writes Delta would refuse as in conflict take turns."""


class Store:
    """Delta tables in a folder, or in `catalog.schema`.

    Remembers the Delta version of every table it read and wrote, for the `runs` table.
    """

    def __init__(self, spark: SparkSession, location: str) -> None:
        self.spark = spark
        self.location = location
        self.is_folder = "/" in location or "\\" in location or location.count(".") != 1
        self.versions_read: dict[str, int] = {}
        self._written: dict[str, Table] = {}
        self._known: set[str] = set()
        self._newest: dict[str, int] = {}

    def beside(self) -> "Store":
        """The same tables for another thread: what that one reads and writes is remembered apart."""
        other = Store(self.spark, self.location)
        other._known, other._newest = self._known, self._newest
        return other

    def forget_versions(self) -> None:
        """Begin a new step: `versions_read` and `versions_written` start empty."""
        self.versions_read = {}
        self._written = {}

    @property
    def versions_written(self) -> dict[str, int]:
        """Delta version of every table written since the step began."""
        return {name: self._newest_version(table) for name, table in self._written.items()}

    def address(self, table: Table) -> str:
        """Where the table lies: a path, or `catalog.schema.table`."""
        return f"{self.location.rstrip('/')}/{table.name}" if self.is_folder else f"{self.location}.{table.name}"

    def exists(self, table: Table) -> bool:
        if table.name in self._known:
            return True
        address = self.address(table)
        found = (
            DeltaTable.isDeltaTable(self.spark, address) if self.is_folder else self.spark.catalog.tableExists(address)
        )
        return bool(found)

    def version(self, table: Table) -> int:
        """Delta version of the table as it is now; -1 when it does not exist yet."""
        if not self.exists(table):
            return -1
        return int(self._delta(table).history(1).select("version").first()["version"])

    def read(self, table: Table, as_of: date | None = None, *, known_at: datetime | None = None) -> DataFrame:
        """Rows of the table as they were on the day `as_of`, as far as was known at `known_at`.

        Events after the day are not seen; rows that hold over time are cut to the day, and an end that lies
        ahead is null; a snapshot is that very day. Without `as_of` all rows. A table that does not exist is empty.
        """
        if not self.exists(table):
            return self.spark.createDataFrame([], table.schema)
        rows = _with_new_columns(self._frame(table), table)
        if table.name not in self.versions_read:
            self.versions_read[table.name] = self._newest_version(table)
        known = rows if known_at is None else self._known_at(rows, table, known_at)
        return known if as_of is None else as_of_day(known, table, as_of)

    def _known_at(self, rows: DataFrame, table: Table, known_at: datetime) -> DataFrame:
        """What had arrived by then, rows that later ones have taken the place of among it. Grain: unchanged."""
        moment = F.lit(known_at)
        here, before = rows.filter(F.col("received_at") <= moment), superseded(table)
        if not self.exists(before):
            return here
        stood = (F.col("received_at") <= moment) & (F.col("superseded_at") > moment)
        return here.unionByName(self.read(before).filter(stood).select(*rows.columns))

    def replace(self, frame: DataFrame, table: Table, *, is_unique: bool = False, **where: object) -> None:
        """Replace the rows that equal `where` (say as_of=..., vertical=...) by `frame`; without `where`, all rows.

        Lists as values mean "any of them". Nothing is written when the schema or the grain is broken, or when a row
        of `frame` lies outside `where`. `is_unique` says that the caller itself let only one row of each key through:
        then the grain is not checked again.
        """
        self._prepare(table)
        ordered = checks.conform(frame, table, where=self.address(table))
        if is_unique:
            self._overwrite(ordered, table, where)
            return
        try:
            self._overwrite(ordered.transform(checks.stopping_at_broken_grain, table), table, where)
        except (PySparkException, Py4JError):
            # The write stopped and left nothing; rows that break the contract are counted only now.
            checks.require_grain(ordered, table, where=self.address(table), outside=outside(where))
            raise

    def replace_kept(self, frame: DataFrame, table: Table, **where: object) -> None:
        """As `replace`, for a frame made from one that is persisted.

        Its keys are looked at alone before the write: cheaper than to sort whole rows by them on the way.
        """
        self._prepare(table)
        ordered = checks.conform(frame, table, where=self.address(table))
        checks.require_grain(ordered, table, where=self.address(table), outside=outside(where))
        self._overwrite(ordered, table, where)

    def append(self, frame: DataFrame, table: Table, *, is_unique: bool = False) -> None:
        """Add rows. The grain is checked within `frame` only: a caller that may repeat itself uses `replace`."""
        self._prepare(table)
        ordered = checks.conform(frame, table, where=self.address(table))
        if not is_unique:
            checks.require_grain(ordered, table, where=self.address(table))
        with self._turn(table):
            self._save(laid_out(ordered, table).write.format("delta").mode("append"), table)
        self._note_write(table, {})

    def merge(
        self, frame: DataFrame, table: Table, *, is_unique: bool = False, withdrawn: Mapping[str, object] | None = None
    ) -> None:
        """Insert the rows of `frame`, or update those with the same grain key.

        Rows that equal `withdrawn` (as `where` of `replace`) and whose key `frame` does not bring are deleted.
        """
        self._prepare(table)
        ordered = checks.conform(frame, table, where=self.address(table))
        if not is_unique:
            checks.require_grain(ordered, table, where=self.address(table))
        with self._turn(table):
            merging = self._delta(table).alias("target").merge(ordered.alias("source"), same_keys(table.grain))
            merging = merging.whenMatchedUpdateAll().whenNotMatchedInsertAll()
            if withdrawn:
                merging = merging.whenNotMatchedBySourceDelete(predicate(withdrawn, "target."))
            merging.execute()
        self._note_write(table, {})

    def delete(self, table: Table, condition: Column) -> int:
        """Delete the rows that fulfil a condition; how many they were. Nothing is written where there are none."""
        n_rows = self.read(table).filter(condition).count()
        if n_rows:
            with self._turn(table):
                self._delta(table).delete(condition)
            self._note_write(table, {})
        return n_rows

    def vacuum(self, table: Table, hours: float) -> None:
        """Remove the files that no version of the last `hours` needs; older versions cannot be read any more."""
        name = "spark.databricks.delta.retentionDurationCheck.enabled"
        before = self.spark.conf.get(name, None)
        self.spark.conf.set(name, "false")
        try:
            with self._turn(table):
                self._delta(table).vacuum(hours)
        finally:
            self.spark.conf.unset(name) if before is None else self.spark.conf.set(name, before)

    def delete_keys(self, keys: DataFrame, table: Table) -> None:
        """Delete the rows whose columns equal those of a row of `keys`, which has any columns of the table."""
        if not self.exists(table) or self.read(table).join(keys, on=keys.columns, how="left_semi").isEmpty():
            return
        with self._turn(table):
            target = self._delta(table).alias("target")
            target.merge(keys.distinct().alias("source"), same_keys(keys.columns)).whenMatchedDelete().execute()
        self._note_write(table, {})

    def rows(self, table: Table, rows: Iterable[Mapping[str, object]]) -> DataFrame:
        """A small frame of the table's schema from Python rows."""
        names = table.column_names
        return self.spark.createDataFrame(
            [tuple(_plain(row.get(name)) for name in names) for row in rows], table.schema
        )

    def keep_view(self, view: Table, query: str) -> None:
        """Have a view in the catalogue, its columns as declared. A folder holds no views."""
        columns = ", ".join(f"`{column.name}` COMMENT {literal(column.comment)}" for column in view.columns)
        self.spark.sql(
            f"CREATE OR REPLACE VIEW {self.in_sql(view)} ({columns}) COMMENT {literal(view.about)} AS {query}"
        )

    def _frame(self, table: Table) -> DataFrame:
        reader = self.spark.read.format("delta")
        return reader.load(self.address(table)) if self.is_folder else self.spark.table(self.address(table))

    def in_sql(self, table: Table) -> str:
        """Name of the table in a statement of SQL."""
        if self.is_folder:
            return f"delta.`{uri(self.address(table)).replace('`', '``')}`"
        return ".".join(f"`{part}`" for part in self.address(table).split("."))

    def _delta(self, table: Table) -> DeltaTable:
        address = self.address(table)
        return DeltaTable.forPath(self.spark, address) if self.is_folder else DeltaTable.forName(self.spark, address)

    def _prepare(self, table: Table) -> None:
        """Before the first write of this run: create the table, or add the columns that are new."""
        with self._turn(table):
            if table.name in self._known:
                return
            if self.exists(table):
                self._add_new_columns(table)
            else:
                self._create(table)
            self._known.add(table.name)

    def _create(self, table: Table) -> None:
        columns = (
            f"{declared(c)[0]}{' NOT NULL' if c.name in table.grain else ''}{declared(c)[1]}" for c in table.columns
        )
        parts = (
            f" PARTITIONED BY ({', '.join(f'`{name}`' for name in table.partitioned_by)})"
            if table.partitioned_by
            else ""
        )
        # Not with the builder of DeltaTable: it takes no catalog.schema.table.
        self.spark.sql(
            f"CREATE TABLE IF NOT EXISTS {self.in_sql(table)} ({', '.join(columns)}) USING DELTA{parts} "
            f"COMMENT {literal(table.about)}"
            + ("" if table.has_statistics else " TBLPROPERTIES ('delta.dataSkippingNumIndexedCols' = '0')")
        )

    def _add_new_columns(self, table: Table) -> None:
        """A newer declaration may add columns; one that retypes or drops a column needs a new table."""
        stored = {field.name: field.dataType for field in self._frame(table).schema.fields}
        types = {column.name: column.data_type for column in table.columns}
        retyped = [n for n, kind in types.items() if n in stored and stored[n].simpleString() != kind.simpleString()]
        gone = [name for name in stored if name not in types]
        if retyped or gone:
            raise ContractError(
                "the stored table has another schema than this version of the code declares",
                where=self.address(table),
                found=", ".join(
                    [f"{n} {stored[n].simpleString()}" for n in retyped] + [f"{n} (no longer declared)" for n in gone]
                ),
                expected=", ".join(f"{n} {types[n].simpleString()}" for n in retyped) or "only declared columns",
                remedy="point the settings at a new warehouse, or migrate the table by hand",
            )
        new = [column for column in table.columns if column.name not in stored]
        if new:
            columns = ", ".join("".join(declared(column)) for column in new)
            self.spark.sql(f"ALTER TABLE {self.in_sql(table)} ADD COLUMNS ({columns})")

    def _overwrite(self, frame: DataFrame, table: Table, where: Mapping[str, object]) -> None:
        writer = laid_out(frame, table).write.format("delta").mode("overwrite")
        # Delta lets several threads replace different partitions at once.
        is_of_partitions = bool(where) and where.keys() <= set(table.partitioned_by)
        with nullcontext() if is_of_partitions else self._turn(table):
            self._save(writer.option("replaceWhere", predicate(where)) if where else writer, table)
        self._note_write(table, where)

    def _turn(self, table: Table) -> AbstractContextManager[object]:
        return _turns.setdefault(self.address(table), RLock())

    def _save(self, writer: DataFrameWriter, table: Table) -> None:
        if self.is_folder:
            writer.save(self.address(table))
        else:
            writer.saveAsTable(self.address(table))

    def _newest_version(self, table: Table) -> int:
        """As `version`, looked up once: under the lock of the warehouse only this run writes."""
        with self._turn(table):
            if table.name not in self._newest:
                self._newest[table.name] = self.version(table)
            return self._newest[table.name]

    def _note_write(self, table: Table, where: Mapping[str, object]) -> None:
        with self._turn(table):
            self._newest.pop(table.name, None)
        self._written[table.name] = table
        scope = ", ".join(f"{name}={_shown(value)}" for name, value in where.items())
        logger.info("wrote %s%s", table.name, f" ({scope})" if scope else "")


def _with_new_columns(rows: DataFrame, table: Table) -> DataFrame:
    """Columns declared since the table was written are null."""
    new = {
        column.name: F.lit(None).cast(column.data_type) for column in table.columns if column.name not in rows.columns
    }
    return rows.withColumns(new) if new else rows


def laid_out(rows: DataFrame, table: Table) -> DataFrame:
    """The rows in the files and the order that the table declares. Grain: unchanged."""
    if not table.sorted_by:
        return rows
    return rows.repartition(table.sorted_by[0]).sortWithinPartitions(*table.sorted_by)


def as_of_day(rows: DataFrame, table: Table, as_of: date) -> DataFrame:
    """The rows that may be seen on a day. Grain: unchanged."""
    day = F.lit(as_of)
    if table.time is TimeKind.EVENT:
        seen = rows.filter(F.col(table.time_column) <= day)
        return seen.withColumns({name: F.when(F.col(name) <= day, F.col(name)) for name in table.later_columns})
    if table.time is TimeKind.SNAPSHOT:
        return rows.filter(F.col(table.time_column) == day)
    if table.time is TimeKind.VALIDITY:
        begun = rows.filter(F.col("valid_from") <= day)
        is_ended = F.col("valid_to") <= day
        return begun.withColumns({name: F.when(is_ended, F.col(name)) for name in (*table.end_columns, "valid_to")})
    return rows


def holding_on(rows: DataFrame, day: date) -> DataFrame:
    """Of rows that hold from valid_from to valid_to, those that hold on the day. Grain: the key without valid_from."""
    is_begun = F.col("valid_from") <= F.lit(day)
    is_open = F.col("valid_to").isNull() | (F.col("valid_to") >= F.lit(day))
    return rows.filter(is_begun & is_open)


def _plain(value: object) -> object:
    """Spark cannot take a member of an enumeration, even one that is a string."""
    return value.value if isinstance(value, Enum) else value


def _shown(value: object) -> str:
    return f"{len(value)} values" if isinstance(value, list | tuple | set) else str(value)


def union_by_name(frames: list[DataFrame]) -> DataFrame:
    """Frames of one schema, one below the other."""
    return reduce(DataFrame.unionByName, frames)
