"""The feed's columns as the clean table's columns: typed, keys as tokens, free text masked."""

import math
from collections.abc import Mapping
from decimal import Decimal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.privacy.masking import masked_text
from segmentation.privacy.tokens import token
from segmentation.sources import checks, expressions, reading
from segmentation.sources.source import (
    Code,
    ColumnMapping,
    Day,
    Expression,
    FreeText,
    Key,
    Moment,
    Number,
    RowKey,
    Source,
    sql_of,
)
from segmentation.tables import Table

IS_LEFT_OUT = "_is_left_out"
REASONS = "_reasons"
TYPE_REASONS = "_type_reasons"
OCCURRENCE = "_occurrence"
_WHOLE = ("int", "bigint")
_PRESENT = "_is_present_"
_COUNTED = "_counted_"
_EXACT = "decimal(38,9)"


def counted(name: str) -> str:
    """The column that says whether a row counts under one of the source's named conditions."""
    return f"{_COUNTED}{name}"


def mapped(rows: DataFrame, source: Source, table: Table, secret: bytes) -> DataFrame:
    """Clean columns, `received_at`, TYPE_REASONS, IS_LEFT_OUT, named conditions and ROW_HASH. Grain: one row per line.

    Needs the trimmed feed, with OCCURRENCE where keys come from row hashes.
    """
    types = column_types(table)
    columns = {**source.columns, "received_at": source.received_at}
    values = {name: value(rows, column, types[name], source, secret) for name, column in columns.items()}
    present = {f"{_PRESENT}{name}": _is_present(column) for name, column in columns.items() if _is_tried(column)}
    conditions = {counted(name): _condition(sql) for name, sql in source.counts.items()}
    everything = {**values, **present, IS_LEFT_OUT: ~is_let_in(source), **conditions}
    flat = rows.select(*reading.ROW_HASH, reading.MALFORMED, *(col.alias(name) for name, col in everything.items()))
    reasons = [checks.readable(F.col(reading.MALFORMED))]
    reasons += [
        checks.has_type(name, F.col(f"{_PRESENT}{name}"), _expected(column, types[name]))
        for name, column in columns.items()
        if f"{_PRESENT}{name}" in present
    ]
    typed = flat.withColumn(TYPE_REASONS, checks.all_reasons(reasons)).drop(reading.MALFORMED, *present)
    return typed.transform(_in_order, source.ordered_pair)


def column_types(table: Table) -> Mapping[str, str]:
    """Spark types of the clean columns, `received_at` among them."""
    return {**{column.name: column.type for column in table.columns}, "received_at": "timestamp"}


def value(rows: DataFrame, column: ColumnMapping, type_name: str, source: Source, secret: bytes) -> Column:
    """The clean value of one column: null where it cannot be had, never an error."""
    match column:
        case Expression(sql=sql):
            return _finite(F.expr(sql).try_cast(type_name), type_name)
        case Key(key=sql, kind=kind):
            return token(secret, kind)(F.expr(sql))
        case RowKey(row_key="line", kind=kind):
            return token(secret, kind)(F.concat_ws(":", F.lit(source.name), F.col(reading.LINE).cast("string")))
        case RowKey(kind=kind):
            row = [F.col(name).cast("string") for name in (*reading.ROW_HASH, OCCURRENCE)]
            return token(secret, kind)(F.concat_ws(":", F.lit(source.name), *row))
        case Day(date=sql, format=pattern, is_month_end=is_month_end):
            day = F.try_to_timestamp(_text(sql), F.lit(pattern)).cast("date")
            return F.last_day(day) if is_month_end else day
        case Moment(timestamp=sql, format=pattern, zone=None):
            return F.try_to_timestamp(_text(sql), F.lit(pattern))
        case Moment(timestamp=sql, format=pattern, zone=zone):
            return F.try_to_timestamp(F.concat(_text(sql), F.lit(f" {zone}")), F.lit(f"{pattern} VV"))
        case Number():
            return _number(column, type_name)
        case Code(code=sql, values=values):
            pairs = [F.lit(item) for code, meaning in values.items() for item in (code, str(meaning))]
            return F.try_element_at(F.create_map(*pairs), _text(sql)).try_cast(type_name)
        case FreeText(text=sql):
            return masked_text(_text(sql), identifiers(rows, source))
    raise TypeError(f"no such form of a column: {type(column).__name__}")


def identifiers(rows: DataFrame, source: Source) -> list[Column]:
    """What names the person of a row: direct identifiers, and the columns that keys are made of."""
    available = reading.raw_columns(rows)
    direct = source.personal.direct_of(available)
    keys = [name for sql in key_expressions(source) for name in expressions.columns_used(sql, available)]
    return [reading.as_text(rows, name) for name in dict.fromkeys([*direct, *keys])]


def key_expressions(source: Source) -> list[str]:
    """What the keys of a source are made of."""
    return [column.key for column in source.columns.values() if isinstance(column, Key)]


def is_let_in(source: Source) -> Column:
    """Whether the filter of the source lets a row of the feed in."""
    return F.lit(True) if source.filter is None else _condition(source.filter)


def _text(sql: str) -> Column:
    return F.expr(sql).cast("string")


def _number(column: Number, type_name: str) -> Column:
    text = _text(column.number)
    pointed = text if column.decimal_mark == "." else F.replace(F.replace(text, F.lit(".")), F.lit(","), F.lit("."))
    exact = pointed.try_cast(_EXACT)
    times = Decimal(str(column.times))
    scaled = exact if times == 1 else F.try_multiply(exact, F.lit(times))
    return (F.round(scaled) if type_name in _WHOLE else scaled).try_cast(type_name)


def _finite(number: Column, type_name: str) -> Column:
    """Null in place of what is no number and of infinity, which would spoil every mean they come into."""
    return F.when(F.abs(number) < F.lit(math.inf), number) if type_name == "double" else number


def _condition(sql: str) -> Column:
    return F.coalesce(F.expr(sql).try_cast("boolean"), F.lit(False))


def _is_tried(column: ColumnMapping) -> bool:
    """Whether the value is read as a type, which can fail; a token is made of any text."""
    return isinstance(column, Expression | Day | Moment | Number | Code)


def _is_present(column: ColumnMapping) -> Column:
    """Whether there was a value before it was read as a type."""
    return F.expr(str(sql_of(column))).isNotNull()


def _expected(column: ColumnMapping, type_name: str) -> str:
    match column:
        case Day(format=pattern) | Moment(format=pattern):
            return f"{type_name} written {pattern}"
        case Code(values=values):
            return f"one of the codes {', '.join(values)}"
    return type_name


def _in_order(rows: DataFrame, pair: tuple[str, str] | None) -> DataFrame:
    """The smaller of two tokens in the first column. A pair with a missing token keeps the gap."""
    if pair is None:
        return rows
    first, second = F.col(pair[0]), F.col(pair[1])
    is_turned = first > second
    smaller = F.when(is_turned, second).otherwise(first)
    larger = F.when(is_turned, first).otherwise(second)
    return rows.withColumns({pair[0]: smaller, pair[1]: larger})
