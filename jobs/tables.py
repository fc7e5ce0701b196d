"""The catalogue of all tables: on the terminal, or as the page docs/tables.md."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.table import Table as Grid

from jobs.arguments import Command, OutputOptions
from jobs.terminal import Answer
from segmentation.errors import SettingsError
from segmentation.features import catalogue, partials
from segmentation.settings import Json, VerticalName
from segmentation.tables import Column, PersonalData, Table, TimeKind, built, care, clean

_TIME = {
    TimeKind.EVENT: "rows up to the day of `{}`",
    TimeKind.VALIDITY: "rows that began by the day; an end that lies ahead is null",
    TimeKind.SNAPSHOT: "the rows of that `{}`",
    TimeKind.ALWAYS: "all rows",
}
_HEAD = """# Tables

Made from the declarations in `segmentation/tables/` and `segmentation/features/` by `make docs`; do not edit.
Grain = the unique key. Every table is a Delta table in the warehouse of the conf file. Money and measures are whole
numbers in the smallest unit. Views stand in the catalogue where the warehouse is `catalog.schema`; `segmentation sql`
knows them everywhere. What appended or upserted rows of a clean table have taken the place of lies beside it, in a
table of the same columns called `<name>_superseded`, with `superseded_at`, the arrival of the row that took its place.
"""


@contextmanager
def nothing(_: OutputOptions) -> Iterator[None]:
    """A command that opens nothing."""
    yield None


def chapters() -> dict[str, tuple[Table, ...]]:
    """Every declared table, by chapter."""
    features = tuple(catalogue.feature_table(name) for name in VerticalName)
    return {
        "Clean tables": clean.TABLES,
        "Care of the feeds": care.TABLES,
        "Sums of one period, from which features are built": partials.TABLES,
        "Features": features,
        "Built tables": built.TABLES,
        "Views for readers": built.VIEWS,
        "Truth of the generated operator": built.TRUTH_TABLES,
    }


def every_table() -> list[Table]:
    """Every declared table, but no view."""
    return [table for tables in chapters().values() for table in tables if table not in built.VIEWS]


def run(
    _: None,
    name: Annotated[str | None, typer.Argument(help="One table with its columns; without it, all tables.")] = None,
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="The whole catalogue as Markdown.")] = False,
) -> Answer:
    """Print the catalogue of all tables, or the columns of one."""
    every = {table.name: table for tables in chapters().values() for table in tables}
    if markdown:
        return Answer((as_markdown(),), {"tables": sorted(every)})
    if name is None:
        return Answer((_overview(),), {"tables": [_as_json(table) for table in every.values()]})
    if name not in every:
        raise SettingsError("there is no such table", found=name, expected=", ".join(sorted(every)))
    return Answer((_columns(every[name]),), _as_json(every[name]))


def as_markdown() -> str:
    """The page docs/tables.md."""
    parts = [_HEAD]
    for title, tables in chapters().items():
        parts.append(f"## {title}\n")
        parts += [_section(table) for table in tables]
    return "\n".join(parts).rstrip() + "\n"


def _section(table: Table) -> str:
    titles = ["column", "type", "meaning", "unit", *_where_fed(table, "limits"), "personal data"]
    cells = [
        [f"`{c.name}`", c.type, c.about, c.unit, *_where_fed(table, c.limits_told), _personal(c)] for c in table.columns
    ]
    rows = [f"| {' | '.join(row)} |" for row in [titles, *cells]]
    facts = [
        f"Grain: {', '.join(f'`{name}`' for name in table.grain)}.",
        f"A read as of a day sees {_TIME[table.time].format(table.time_column)}.",
        f"Kept: {table.retention}.",
        *_asked_of_feeds(table),
    ]
    rows.insert(1, "|---" * len(titles) + "|")
    return "\n".join([f"### `{table.name}`", "", f"{table.about}. {' '.join(facts)}", "", *rows, ""])


def _where_fed(table: Table, cell: str) -> list[str]:
    """A cell that only tables filled by feeds have: of them the limits of columns are asked in every row."""
    return [cell] if table in clean.TABLES else []


def _asked_of_feeds(table: Table) -> Iterator[str]:
    """What every feed has to fulfil, besides the limits of columns."""
    if table not in clean.TABLES:
        return
    yield f"A feed brings in every row: {', '.join(f'`{name}`' for name in table.required)}."
    if table.is_of_days:
        yield f"`{table.time_column}` is not after `received_at`."
    for first, second in table.in_order:
        yield f"`{first}` is not after `{second}`."


def _overview() -> Grid:
    grid = Grid("table", "grain", "what it holds", title="segmentation tables NAME shows the columns of one")
    for title, tables in chapters().items():
        grid.add_section()
        grid.add_row(f"[bold]{title}[/]", "", "")
        for table in tables:
            grid.add_row(table.name, ", ".join(table.grain), table.about)
    return grid


def _columns(table: Table) -> Grid:
    grid = Grid(
        "column",
        "type",
        "meaning",
        *_where_fed(table, "limits"),
        "personal data",
        title=f"{table.name}: {table.about}",
        caption=" ".join([f"Kept: {table.retention}.", *_asked_of_feeds(table)]),
    )
    for column in table.columns:
        name = f"[bold]{column.name}[/] (key)" if column.name in table.grain else column.name
        limits = _where_fed(table, column.limits_told)
        grid.add_row(name, column.type, column.comment, *limits, _personal(column))
    return grid


def _personal(column: Column) -> str:
    return "" if column.personal is PersonalData.NONE else column.personal.value


def _as_json(table: Table) -> dict[str, Json]:
    columns: list[Json] = [
        {
            "name": c.name,
            "type": c.type,
            "about": c.about,
            "unit": c.unit,
            "limits": c.limits_told,
            "personal": c.personal,
        }
        for c in table.columns
    ]
    return {
        "name": table.name,
        "grain": list(table.grain),
        "about": table.about,
        "retention": table.retention,
        "columns": columns,
    }


main = Command(
    run, "tables", OutputOptions, nothing, ("segmentation tables", "segmentation tables segment_assignments")
)

if __name__ == "__main__":
    main()
