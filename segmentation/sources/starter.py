"""A source to begin with: the YAML of a clean table's feed, every column with what it means and a form to fill in."""

from collections.abc import Iterator

from segmentation.sources import contract
from segmentation.tables import Column, PersonalData, Table, TimeKind, clean

_KINDS = {"customer_id": "customer", "account_id": "account", "household_id": "household"}
_HEAD = """# {about}.
# One row per {grain}. More of the table: segmentation tables {name}
# Write the names of your own columns behind the colons; conf/sources/README.md shows every form of a column. Lines that
# begin with # are columns that may be left out.
name: {name}
table: {name}
location: {name}   # folder or file below `landing`, or a full path or address
format: csv   # csv, json, parquet or delta
feed: {feed}   # {feeds}
optional: true   # while the feed is not there: an empty table
columns:
{columns}
received_at: {{timestamp: received_at}}   # when the row arrived, as the feed says it
# What every value may be is checked anyway: segmentation tables {name}. Closer, where you know more:
# checks: {{between: {{a_column: [0, 1000]}}, not_null: [a_column]}}
# personal:
#   direct: [name, email]   # columns that name a person: never stored, masked in quarantine
"""


def _kinds(table: Table) -> dict[str, str]:
    """The kinds of feed that fit, for the head: all there is, whole months, or rows by their key."""
    is_event = table.time is TimeKind.EVENT
    return {"feed": "snapshot", "feeds": "or full_month, append, upsert" if is_event else "or upsert"}


def starter(table: Table) -> str:
    """The YAML of a source for a clean table. It can be used as it is where the feed's columns are called the same."""
    own = [column for column in table.columns if column.name not in contract.ENGINE_COLUMNS]
    lines = [column.name for column in own if _kind(column) == "subscriber"]
    columns = "\n".join(_line(column, is_needed=column.name in table.required) for column in own)
    head = _HEAD.format(
        about=table.about, grain=", ".join(table.grain), name=table.name, columns=columns, **_kinds(table)
    )
    return head + "".join(_of_lines(lines) if table.name != clean.SUBSCRIBERS.name else ())


def _of_lines(names: list[str]) -> Iterator[str]:
    """What a source says of the lines of service its rows are about."""
    if len(names) > 1:
        pair = f"[{', '.join(names)}]"
        yield f"ordered_pair: {pair}   # a tie is the same from either end\n"
        yield f"checks: {{different: [{pair}]}}\n"
    if names:
        known = ", ".join(f"{name}: {clean.SUBSCRIBERS.name}" for name in names)
        yield f"references: {{{known}}}   # rows of unknown lines are refused\n"


def _line(column: Column, *, is_needed: bool) -> str:
    return f"  {'' if is_needed else '# '}{column.name}: {_form(column)}   # {column.comment}"


def _form(column: Column) -> str:
    """How a feed may write the column, from its type."""
    name = column.name
    if column.personal is PersonalData.KEY:
        return f"{{key: {name}, kind: {_kind(column)}}}"
    if column.personal is PersonalData.TEXT:
        return f"{{text: {name}}}"
    if column.values:
        words = ", ".join(f"{word}: {word}" for word in column.values)
        return f"{{code: {name}, values: {{{words}}}}}"
    if column.unit == clean.MONEY:
        return f"{{number: {name}, times: 100}}"
    forms = {
        "date": f"{{date: {name}, format: yyyy-MM-dd}}",
        "timestamp": f"{{timestamp: {name}, format: yyyy-MM-dd HH:mm:ss}}",
        "boolean": f'{{code: {name}, values: {{"Y": true, "N": false}}}}',
    }
    return forms.get(column.type, name)


def _kind(column: Column) -> str:
    if column.personal is not PersonalData.KEY:
        return ""
    is_line = column.name.startswith("subscriber")
    return "subscriber" if is_line else _KINDS.get(column.name, "record")
