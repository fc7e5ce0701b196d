"""Checks of a row: a column that is null when the row is fine, else the name of the check and what it expects.

A missing value is fine for every check but `not_null` and `readable`. No reason ever holds a value of the row.
"""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

Bound = int | float | date | None
_BETWEEN_REASONS = "\x1f"


def not_null(name: str) -> Column:
    """There is a value."""
    return _reason(F.col(name).isNotNull(), f"not_null({name}): a value")


def readable(malformed: Column) -> Column:
    """The line could be taken apart."""
    return _reason(malformed.isNull(), "readable: a line with as many fields as the header, or one JSON object")


def has_type(name: str, is_present: Column, expected: str) -> Column:
    """Of a value that was there and could not be read as the declared type."""
    is_lost = is_present & F.col(name).isNull()
    return _reason(~is_lost, f"type({name}): {expected}")


def between(name: str, least: Bound, most: Bound) -> Column:
    """Within two bounds, both allowed; a null bound leaves its side open."""
    value = F.col(name)
    is_fine = F.lit(True)
    if least is not None:
        is_fine = is_fine & (value >= F.lit(least))
    if most is not None:
        is_fine = is_fine & (value <= F.lit(most))
    return _reason(is_fine, f"between({name}): {_side(least, 'at least')}{_side(most, 'at most')}".strip())


def one_of(name: str, values: Sequence[str | int]) -> Column:
    """One of the listed values."""
    return _reason(F.col(name).isin(list(values)), f"one_of({name}): {', '.join(str(value) for value in values)}")


def month_end(name: str) -> Column:
    """The last day of a month."""
    return _reason(F.col(name) == F.last_day(name), f"month_end({name}): the last day of a month, is_month_end: true")


def not_future(name: str) -> Column:
    """Against the arrival of the row: a clock would give another answer tomorrow."""
    is_past = F.col(name).cast("date") <= F.col("received_at").cast("date")
    return _reason(is_past, f"not_future({name}): not after its arrival")


def ordered(first: str, second: str) -> Column:
    """The first is not later or larger than the second."""
    return _reason(F.col(first) <= F.col(second), f"ordered({first}, {second}): {first} not after {second}")


def different(one: str, other: str) -> Column:
    """The two are not equal."""
    return _reason(F.col(one) != F.col(other), f"different({one}, {other}): two of them")


def references(name: str, table: str, is_known: Column) -> Column:
    """Another table knows the key."""
    is_fine = F.col(name).isNull() | F.coalesce(is_known, F.lit(False))
    return _reason(is_fine, f"references({name}): a key that {table} knows")


def unique(names: Sequence[str], rank: Column) -> Column:
    """`rank` counts the rows that share the key, the one that stands first."""
    return _reason(rank == 1, f"unique({', '.join(names)}): one row for a key; the newest arrival stands")


def all_reasons(reasons: Sequence[Column]) -> Column:
    """The reasons of a row in the order of the checks; an empty array when it is fine."""
    none = F.array().cast("array<string>")
    if not reasons:
        return none
    # array_compact would say the same, but takes the whole row out of Spark's generated code.
    together = F.concat_ws(_BETWEEN_REASONS, *reasons)
    return F.when(together == "", none).otherwise(F.split(together, _BETWEEN_REASONS))


def _reason(is_fine: Column, text: str) -> Column:
    return F.when(~F.coalesce(is_fine, F.lit(True)), F.lit(text))


def _side(bound: Bound, words: str) -> str:
    return "" if bound is None else f"{words} {bound} "
