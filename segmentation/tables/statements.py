"""Pieces of SQL statements about declared tables."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.tables.contract import Column as TableColumn


def declared(column: TableColumn) -> tuple[str, str]:
    """Name with type, and comment, as a statement wants them."""
    return f"`{column.name}` {column.type}", f" COMMENT {literal(column.comment)}"


def same_keys(names: Iterable[str]) -> str:
    """That target and source of a merge have the same values in these columns."""
    return " and ".join(f"target.`{name}` = source.`{name}`" for name in names)


def predicate(where: Mapping[str, object], of: str = "") -> str:
    """That columns equal values, or one of a list of values."""
    return " and ".join(f"{of}`{name}` {_condition(value)}" for name, value in where.items())


def outside(where: Mapping[str, object]) -> Column | None:
    """That a row does not fulfil the predicate; null where there is none."""
    return ~F.expr(predicate(where)) if where else None


def _condition(value: object) -> str:
    if isinstance(value, list | tuple | set):
        return f"in ({', '.join(sorted(literal(item) for item in value)) or 'null'})"
    return f"= {literal(value)}"


def literal(value: object) -> str:
    """A value as a statement wants it."""
    if isinstance(value, date):
        return f"date'{value.isoformat()}'"
    if isinstance(value, bool | int):
        return str(value).lower()
    escaped = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def uri(address: str) -> str:
    """An address with its scheme, or as a full path."""
    return address if "://" in address else str(Path(address).resolve())
