"""Refuse a frame that breaks the declared schema or grain, listing every difference at once."""

from collections import Counter
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.errors import ContractError
from segmentation.tables.contract import Table

_NUMBER = "__number_of_its_key"


def conform(frame: DataFrame, table: Table, *, where: str) -> DataFrame:
    """The frame with its columns in declared order. Casts nothing.

    Raises: ContractError listing every missing, unknown and wrongly typed column.
    """
    found = {field.name: field.dataType for field in frame.schema.fields}
    declared = {column.name: column.data_type for column in table.columns}
    differences = [f"{name}: {n} columns of this name" for name, n in Counter(frame.columns).items() if n > 1]
    differences += [
        f"{name}: missing, expected {kind.simpleString()}" for name, kind in declared.items() if name not in found
    ]
    differences += [
        f"{name}: unknown, found {kind.simpleString()}" for name, kind in found.items() if name not in declared
    ]
    differences += [
        f"{name}: found {found[name].simpleString()}, expected {kind.simpleString()}"
        for name, kind in declared.items()
        if name in found and _bare(found[name]) != _bare(kind)
    ]
    if differences:
        raise ContractError(
            f"the frame differs from the table in {len(differences)} columns",
            where=where,
            found="; ".join(differences),
            expected=f"the columns of {table.name}, see `segmentation tables {table.name}`",
            remedy="mend the frame: a write casts nothing",
        )
    return frame.select(*table.column_names)


def stopping_at_broken_grain(frame: DataFrame, table: Table) -> DataFrame:
    """The frame, whose computing stops at a row with a null in its grain key or a key that came before.

    Part of the plan that is written: the rows are computed once, and not kept to be looked at first.
    """
    number = F.row_number().over(Window.partitionBy(*table.grain).orderBy(*table.grain))
    stop = F.raise_error(F.lit(f"rows break the grain of {table.name}")).cast("boolean")
    is_fine = F.when(_is_keyless(table) | (F.col(_NUMBER) > 1), stop).otherwise(F.lit(True))
    return frame.withColumn(_NUMBER, number).filter(is_fine).drop(_NUMBER)


def require_grain(frame: DataFrame, table: Table, *, where: str, outside: Column | None = None) -> None:
    """Raise ContractError when the grain key is null or not unique, or when `outside` is true for a row.

    The error names columns and counts, never a value.
    """
    is_keyless = _is_keyless(table)
    is_outside = F.lit(False) if outside is None else F.coalesce(outside, F.lit(True))
    rows = frame.select(*table.grain, is_keyless.alias("__is_keyless"), is_outside.alias("__is_outside"))
    per_key = rows.groupBy(*table.grain).agg(
        F.count(F.lit(1)).alias("n"),
        F.max("__is_keyless").alias("is_keyless"),
        F.count_if("__is_outside").alias("n_outside"),
    )
    n_keyless = F.sum(F.when(F.col("is_keyless"), F.col("n")).otherwise(0))
    n_repeated = F.sum(F.when(~F.col("is_keyless") & (F.col("n") > 1), F.col("n")).otherwise(0))
    counted = per_key.agg(n_keyless.alias("keyless"), n_repeated.alias("repeated"), F.sum("n_outside").alias("outside"))
    broken = {name: count for name, count in counted.first().asDict().items() if count}
    if not broken:
        return
    texts = {
        "repeated": "rows share a key",
        "keyless": "rows have a null in their key",
        "outside": "rows lie outside what is replaced",
    }
    raise ContractError(
        "rows break the grain of the table",
        where=where,
        found=", ".join(f"{count} {texts[name]}" for name, count in broken.items()),
        expected=f"one row per ({', '.join(table.grain)})",
        remedy="settle the grain before the write: aggregate, or rank and keep one row",
    )


def _is_keyless(table: Table) -> Column:
    return reduce(or_, (F.col(name).isNull() for name in table.grain))


def _bare(kind: T.DataType) -> str:
    """The type without nullability and comments, nested types too."""
    return kind.simpleString()
