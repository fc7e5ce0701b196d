"""What each clean table holds of each day, as one hash a day: by it, what was made from a table is current or stale.

A delivery that brings a new month leaves the hashes of the months before as they are; a late row changes that of its
day. A row that holds over time is two facts: how it began, and, once it has, how it ended. So what a read "as of a day"
sees is told by the facts up to that day alone.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.settings import stable_hash
from segmentation.sources import reading
from segmentation.sources.contract import ENGINE_COLUMNS
from segmentation.tables import Store, Table, care
from segmentation.tables.contract import TimeKind


@dataclass(frozen=True)
class Contents:
    """What clean tables hold, looked up once."""

    by_day: Mapping[str, Mapping[date, str]]
    """By name of the table and day; a table that was filled by other means than an intake is not named."""
    versions: Mapping[str, int]
    """Delta versions of tables that are not named there: all that is known of them."""

    def version(self, table: Table, last: date, first: date | None = None) -> str:
        """Hash of what the table holds of the days from `first` to `last`; from the beginning without `first`."""
        if table.name not in self.by_day:
            return stable_hash(self.versions[table.name])
        return stable_hash([(day.isoformat(), content) for day, content in self._between(table, first, last)])

    def may_have(self, table: Table, last: date, first: date | None = None) -> bool:
        """Whether the table has anything of the days from `first` to `last`; true where that is not known."""
        if table.name not in self.by_day:
            return self.versions[table.name] >= 0
        return bool(self._between(table, first, last))

    def _between(self, table: Table, first: date | None, last: date) -> list[tuple[date, str]]:
        """The days of a table that is named, with what it holds of each, oldest first."""
        days = self.by_day[table.name].items()
        return sorted((day, content) for day, content in days if day <= last and (first is None or day >= first))


def held(tables_at: Store, tables: Iterable[Table]) -> Contents:
    """What the tables hold now."""
    by_day: dict[str, dict[date, str]] = {}
    for row in tables_at.read(care.CLEAN_DAYS).select("table_name", "day", "content").collect():
        by_day.setdefault(row["table_name"], {})[row["day"]] = row["content"]
    others = {table.name: tables_at.version(table) for table in tables if table.name not in by_day}
    return Contents(by_day, others)


def remember(tables_at: Store, table: Table, run_id: str) -> tuple[str, ...]:
    """Keep what a table holds now. Gives the months of which it held something else before, in words."""
    is_of_table = F.col("table_name") == table.name
    stored = tables_at.read(care.CLEAN_DAYS).filter(is_of_table).collect()
    before, told_by = _by_day(stored), {row["day"]: row["run_id"] for row in stored}
    found = tables_at.read(table).transform(contents_per_day, table).collect()
    now = _by_day(found)
    if before == now:
        return ()
    same = {day for day, content in now.items() if before.get(day) == content}
    runs = {day: told_by[day] if day in same else run_id for day in now}
    rows = tables_at.rows(care.CLEAN_DAYS, [{**row.asDict(), "run_id": runs[row["day"]]} for row in found])
    tables_at.replace(rows, care.CLEAN_DAYS, is_unique=True, table_name=table.name)
    changed = {f"{day:%Y-%m}" for day in before.keys() | now.keys() if before.get(day) != now.get(day)}
    late = sorted(month for month in changed if before and month <= f"{max(before):%Y-%m}")
    told = f"{table.name} holds something else of {', '.join(late)} than before: what was made from it is stale"
    return (told,) if late else ()


def changed_since(tables_at: Store, run_id: str, last: date) -> tuple[str, ...]:
    """Clean tables that hold something else of the days up to `last` than when that run had begun, sorted.

    Days that a table holds nothing of any more are not told.
    """
    later = tables_at.read(care.CLEAN_DAYS).filter((F.col("day") <= F.lit(last)) & (F.col("run_id") > run_id))
    return tuple(sorted(row["table_name"] for row in later.select("table_name").distinct().collect()))


def contents_per_day(rows: DataFrame, table: Table) -> DataFrame:
    """Number and hash of the facts of each day. Grain: one row per day; columns as `clean_days` without the run.

    The hash is the exclusive or of the hashes of the facts, so it depends on no order; facts of a table are never
    equal, since rows differ in their key.
    """
    facts = rows.select(F.explode(F.array(*_facts(table))).alias("fact")).select("fact.*")
    per_day = facts.filter(F.col("day").isNotNull()).groupBy("day")
    counted = per_day.agg(F.count(F.lit(1)).alias("n_facts"), F.bit_xor("hash").alias("content"))
    content = F.concat_ws(":", F.col("n_facts").cast("string"), F.hex("content"))
    return counted.select(F.lit(table.name).alias("table_name"), "day", "n_facts", content.alias("content"))


def _facts(table: Table) -> list[Column]:
    """What a row says, each fact with the day from which on a read may see it."""
    later = table.later_columns if table.time is TimeKind.EVENT else ("valid_to", *table.end_columns)
    first = table.time_column if table.time is TimeKind.EVENT else "valid_from"
    begun = [name for name in table.column_names if name not in (*later, *ENGINE_COLUMNS)]
    if table.time is TimeKind.EVENT:
        return [_fact(first, begun), *(_fact(name, [*table.grain, name]) for name in later)]
    return [_fact(first, begun), _fact("valid_to", [*table.grain, *later])]


def _fact(day: str, names: Sequence[str]) -> Column:
    return F.struct(F.col(day).alias("day"), reading.hash_of(names).alias("hash"))


def _by_day(rows: Iterable[Row]) -> dict[date, str]:
    return {row["day"]: row["content"] for row in rows}
