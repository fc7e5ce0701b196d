"""When two warehouses are equal: every table, by key, all columns but those that may differ, doubles to 1e-9."""

from collections.abc import Collection
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs import tables
from segmentation.tables import Store, Table, built

TOLERANCE = 1e-9
NOT_COMPARED = {built.RUNS.name}
OF_THE_FILES = frozenset({"feed_id", "input_version", "features_version"})
"""What hangs on the bytes of a delivery. Parquet of equal rows has other bytes from another JVM: a footer lists the
encodings of a column in an order that differs."""
# Where a model lies and which MLflow run logged it say nothing about the model.
PLACES = {"folder", "mlflow_run_id"}


def every_table() -> list[Table]:
    return [table for table in tables.every_table() if table.name not in NOT_COMPARED]


def differences(
    one: Store, other: Store, *, apart_from: frozenset[str] = frozenset(), names: Collection[str] | None = None
) -> list[str]:
    """What differs, one line a table; empty when the two are equal. Columns of `apart_from` may differ too.

    Of all tables, or of those of these names.
    """
    chosen = [table for table in every_table() if names is None or table.name in names]
    return [line for table in chosen for line in _differences(one, other, table, apart_from)]


def _differences(one: Store, other: Store, table: Table, apart_from: frozenset[str]) -> list[str]:
    may_differ = table.volatile | apart_from
    if not one.exists(table) and not other.exists(table):
        return []
    names = [c.name for c in table.columns if c.name not in {*table.grain, *may_differ, *PLACES}]
    kinds = {column.name: column.type for column in table.columns}
    # A column that may differ and is part of the key (recorded_at) cannot match rows.
    key = [name for name in table.grain if name not in may_differ]
    left = _keyed(one.read(table), key, names, "one")
    right = _keyed(other.read(table), key, names, "other")
    both = left.join(right, on=key, how="full")
    unequal = {name: ~_is_equal(F.col(f"one.{name}"), F.col(f"other.{name}"), kinds[name]) for name in names}
    is_matched = F.col("one").isNotNull() & F.col("other").isNotNull()
    counts = both.agg(
        F.count_if(F.col("other").isNull()).alias("only in one"),
        F.count_if(F.col("one").isNull()).alias("only in other"),
        *(F.count_if(is_matched & condition).alias(name) for name, condition in unequal.items()),
    ).first()
    found = {name: n for name, n in counts.asDict().items() if n}
    return [f"{table.name}: {found}"] if found else []


def _keyed(rows: DataFrame, key: list[str], names: list[str], alias: str) -> DataFrame:
    values = F.struct(F.lit(1).alias("is_there"), *names)
    return rows.select(*key, values.alias(alias))


def _is_equal(one: Column, other: Column, kind: str) -> Column:
    if kind == "double":
        size = reduce(F.greatest, [F.abs(one), F.abs(other), F.lit(1.0)])
        is_near = F.abs(one - other) <= F.lit(TOLERANCE) * size
        return F.coalesce(is_near | (F.isnan(one) & F.isnan(other)), one.isNull() & other.isNull())
    if kind == "map<string,double>":
        return _is_equal_map(one, other)
    if kind.startswith("map"):
        return F.array_sort(F.map_entries(one)).eqNullSafe(F.array_sort(F.map_entries(other)))
    return one.eqNullSafe(other)


def _is_equal_map(one: Column, other: Column) -> Column:
    same_keys = F.array_sort(F.map_keys(one)).eqNullSafe(F.array_sort(F.map_keys(other)))
    is_near = F.forall(F.map_keys(one), lambda name: _is_equal(one[name], other[name], "double"))
    return same_keys & F.coalesce(is_near, one.isNull() & other.isNull())
