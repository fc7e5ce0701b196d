"""Which columns of a feed its source reads, and which of them it cannot do without."""

from collections.abc import Iterator, Sequence

from segmentation.sources import expressions
from segmentation.sources.source import Key, Source, sql_of
from segmentation.tables import Table


def needed(source: Source, table: Table, columns: Sequence[str]) -> set[str]:
    """Columns of the feed that keys, the filter, the arrival and required columns are made of."""
    return {name for together in needed_together(source, table, columns) for name in together}


def needed_together(source: Source, table: Table, columns: Sequence[str]) -> list[list[str]]:
    """The same by expression: the columns that each of them is made of."""
    grain = () if source.group else table.grain
    required = {*grain, *(source.group.by if source.group else ()), *source.checks.not_null}
    made = [source.columns[name] for name in required if name in source.columns]
    made += [column for column in source.columns.values() if isinstance(column, Key)]
    sqls = [sql_of(column) for column in (*made, source.received_at)]
    return [expressions.columns_used(sql, list(columns)) for sql in (*sqls, source.filter) if sql]


def used(source: Source, columns: Sequence[str]) -> set[str]:
    """Columns of the feed that the source names anywhere."""
    return set(_named(source, list(columns)))


def _named(source: Source, columns: list[str]) -> Iterator[str]:
    for column in (*source.columns.values(), source.received_at):
        yield from expressions.columns_used(sql_of(column) or "", columns)
    for sql in (source.filter or "", *source.counts.values()):
        yield from expressions.columns_used(sql, columns)
    yield from source.personal.of(columns)
