"""One query over all tables of a warehouse."""

import sys
from collections.abc import Mapping
from datetime import date, datetime
from itertools import chain
from typing import Annotated

import typer
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from rich.table import Table as Grid

from jobs import tables
from jobs.opening import querying_job
from jobs.terminal import Answer
from segmentation.errors import DataError
from segmentation.runs import Run
from segmentation.segments import publication
from segmentation.settings import Json
from segmentation.tables import Store, built, care

NOT_SHOWN = {table.name for table in (*built.TRUTH_TABLES, care.IDENTITY_VAULT)}


def run(
    at: Run,
    query: Annotated[str, typer.Argument(help="One select over the tables; `segmentation tables` lists them.")],
    *,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="Rows shown at most.")] = 1000,
) -> Answer:
    """Run a query with every table as a view, and `segments_now`. Tab-separated when standard output is no terminal."""
    as_views(at.tables_at)
    names, rows = _answered(at, query, limit)
    is_cut = len(rows) > limit
    kept = rows[:limit]
    data: dict[str, Json] = {
        "columns": names,
        "rows": [[_json(value) for value in row] for row in kept],
        "is_cut": is_cut,
    }
    if sys.stdout.isatty():
        return Answer((_grid(names, kept, is_cut),), data)
    lines = ["\t".join(_text(value) for value in row) for row in ([*names], *kept)]
    return Answer(("\n".join(lines),), data)


def as_views(tables_at: Store) -> None:
    """Every table as a temporary view of its name; one not written yet is empty. The truth and the vault stay out."""
    for table in chain.from_iterable(tables.chapters().values()):
        if table.name not in NOT_SHOWN and table not in built.VIEWS:
            tables_at.read(table).createOrReplaceTempView(table.name)
    publication.segments_now(tables_at).createOrReplaceTempView(built.SEGMENTS_NOW.name)


def _answered(at: Run, query: str, limit: int) -> tuple[list[str], list[tuple[object, ...]]]:
    # Inside brackets only a query can stand: nothing that writes or drops gets through.
    try:
        frame: DataFrame = at.spark.sql(f"select * from (\n{query.strip().rstrip(';')}\n)")
        return frame.columns, [tuple(row) for row in frame.limit(limit + 1).collect()]
    except PySparkException as broken:
        raise DataError(
            "cannot run this query",
            found=str(broken).strip().splitlines()[0],
            remedy="one select; `segmentation tables` lists the tables, `segmentation tables NAME` their columns",
        ) from None


def _grid(names: list[str], rows: list[tuple[object, ...]], is_cut: bool) -> Grid:
    grid = Grid(*names, caption=f"the first {len(rows)} rows; more with --limit" if is_cut else None)
    for row in rows:
        grid.add_row(*(_text(value) for value in row))
    return grid


def _text(value: object) -> str:
    return "" if value is None else str(value).replace("\t", " ").replace("\n", " ")


def _json(value: object) -> Json:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _json(item) for key, item in value.items()}
    return [_json(item) for item in value] if isinstance(value, list | tuple) else str(value)


main = querying_job(
    run,
    "sql",
    "segmentation sql 'select segment_name, count(*) from segments_now group by 1'",
    "segmentation sql --json 'select * from feeds'",
)

if __name__ == "__main__":
    main()
