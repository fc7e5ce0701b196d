"""One source: where a raw feed lies and how its columns become a clean table. Read from YAML, checked before Spark."""

import copy
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, ValidationError, field_validator
from pydantic_core import ErrorDetails

from segmentation.errors import SettingsError
from segmentation.privacy.tokens import TokenKind
from segmentation.settings import Json, Settings, read_yaml
from segmentation.sources import contract, expressions
from segmentation.tables import Table

READY_MADE = contract.READY_MADE
_FEW = 3


def _safe(expression: str) -> str:
    found = expressions.problems(expression)
    if found:
        raise ValueError("; ".join(found))
    return expression


def _as_text(value: Json) -> Json:
    return str(value) if isinstance(value, int | float) else value


Sql = Annotated[str, BeforeValidator(_as_text), AfterValidator(_safe)]
"""A Spark SQL expression over the feed's own columns; numbers and dates of a text feed are text in it."""


class Expression(Settings):
    """Any expression; its result is tried to be cast to the clean column's type."""

    sql: Sql


class Key(Settings):
    """A key of a person or a record; only its token is stored."""

    key: Sql
    kind: TokenKind


class RowKey(Settings):
    """A key for rows that have none: from the whole row and its occurrence number, or from the number of the line.

    `line` is for one small CSV file: the first line after the header is 1.
    """

    row_key: Literal["hash", "line"]
    kind: TokenKind = "record"


class Day(Settings):
    """A date written as text."""

    date: Sql
    format: str = "yyyy-MM-dd"
    is_month_end: bool = False
    """Take the last day of the month, for periods written as 2026-10."""


class Moment(Settings):
    """A date with time written as text."""

    timestamp: Sql
    format: str = "yyyy-MM-dd HH:mm:ss"
    zone: str | None = None
    """Time zone of the text, such as UTC; the operator's when not named."""

    @field_validator("zone")
    @classmethod
    def _exists(cls, zone: str | None) -> str | None:
        if zone is not None and zone not in available_timezones():
            raise ValueError(f"there is no time zone {zone!r}; write one like UTC or Europe/Warsaw")
        return zone


class Number(Settings):
    """A number written as text, multiplied and, for a whole-number column, rounded: 29.90 times 100 is 2990."""

    number: Sql
    times: float = 1
    decimal_mark: Literal[".", ","] = "."


class Code(Settings):
    """A code of the operator and what it means here; a code that is not listed is refused."""

    code: Sql
    values: dict[str, str | bool | int]


class FreeText(Settings):
    """Text that people wrote: masked before it is stored."""

    text: Sql


_KINDS = ("sql", "key", "row_key", "date", "timestamp", "number", "code", "text")


def _kind(column: object) -> str | None:
    """Which of the forms a column is written in, told by the key only that form has (null when in none)."""
    keys = column if isinstance(column, dict) else getattr(column, "__dict__", {})
    return next((kind for kind in _KINDS if kind in keys), None)


def _as_mapping(column: object) -> object:
    return {"sql": column} if isinstance(column, str | int | float) else column


ColumnMapping = Annotated[
    Annotated[
        Annotated[Expression, Tag("sql")]
        | Annotated[Key, Tag("key")]
        | Annotated[RowKey, Tag("row_key")]
        | Annotated[Day, Tag("date")]
        | Annotated[Moment, Tag("timestamp")]
        | Annotated[Number, Tag("number")]
        | Annotated[Code, Tag("code")]
        | Annotated[FreeText, Tag("text")],
        Discriminator(
            _kind,
            custom_error_type="form",
            custom_error_message=f"expected an expression in SQL, or braces with one of {', '.join(_KINDS)}",
        ),
    ],
    BeforeValidator(_as_mapping),
]
Bound = int | float | date | None


def sql_of(column: ColumnMapping) -> str | None:
    """The expression a column is made of; null for a key made of the row itself."""
    match column:
        case Expression(sql=sql) | Key(key=sql) | Day(date=sql) | Moment(timestamp=sql) | Number(number=sql):
            return sql
        case Code(code=sql) | FreeText(text=sql):
            return sql
    return None


class Checks(Settings):
    """What a row has to fulfil, by clean column. The key of the table and `received_at` are never null anyway."""

    not_null: list[str] = Field(default_factory=list)
    between: dict[str, tuple[Bound, Bound]] = Field(default_factory=dict)
    """Least and most, both allowed; null leaves a side open."""
    one_of: dict[str, list[str | int]] = Field(default_factory=dict)
    not_future: list[str] = Field(default_factory=list)
    """Dates that cannot be later than the day on which the row arrived."""
    ordered: list[tuple[str, str]] = Field(default_factory=list)
    """Pairs of which the first may not be later or larger than the second."""
    different: list[tuple[str, str]] = Field(default_factory=list)
    """Pairs that may not be equal."""

    def columns(self) -> list[str]:
        pairs = [name for pair in (*self.ordered, *self.different) for name in pair]
        return [*self.not_null, *self.between, *self.one_of, *self.not_future, *pairs]


class Group(Settings):
    """Accepted rows with equal `by` become one row."""

    by: Annotated[list[str], Field(min_length=1)]
    take: dict[str, Literal["sum", "min", "max"]]
    """How each other clean column is taken from its rows."""
    having: Sql | None = None
    """Condition over the clean columns of the grouped row."""


class Personal(Settings):
    """Columns of the feed that name a person, in any letter case. Keys need not be listed."""

    direct: list[str] = Field(default_factory=list)
    """Names, e-mails, streets: never stored, masked in quarantine."""
    text: list[str] = Field(default_factory=list)
    """Free text: masked wherever it is stored."""

    def direct_of(self, columns: Iterable[str]) -> list[str]:
        """Those of the columns that name a person directly."""
        return expressions.among(columns, self.direct)

    def of(self, columns: Iterable[str]) -> list[str]:
        """Those of the columns that name a person, free text included."""
        return expressions.among(columns, [*self.direct, *self.text])


class ReadyMade(Settings):
    """About features that come ready-made; only for sources of the table `ready_made_features`."""

    staleness_periods: int = Field(default=0, ge=0)
    """Months between the last day the features cover and the last day of the run."""
    horizon_months: Literal[1, 3, 6] = 3
    """How far after the features' last day a churn flag looks."""


FeedKind = Literal["snapshot", "full_month", "append", "upsert"]
"""`snapshot`: what lies there is all there is. The others keep what earlier deliveries brought, and read only files
that are new: `full_month` replaces the months it has a row of, `append` and `upsert` go by the key of the table, and of
two rows with one key the later arrival stands. Facts that do not change are appended; an upsert is meant to change."""


class Source(Settings):
    """One raw feed and the clean table it fills."""

    name: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    table: str
    location: str
    """Folder or file under the landing folder; a full path or address; for Delta also catalog.schema.table."""
    format: Literal["csv", "json", "parquet", "delta"]
    feed: FeedKind = "snapshot"
    """How the rows of a delivery go into the table; conf/sources/README.md tells."""
    may_shrink: bool = False
    """A delivery may bring far fewer rows than those it replaces; else that is taken for one that broke off."""
    options: dict[str, str | bool | int] = Field(default_factory=dict)
    """Options of Spark's reader."""
    optional: bool = False
    """An absent feed is an empty table."""
    null_values: list[str] = Field(default_factory=list)
    """Texts that mean "no value", besides the empty one."""
    columns: dict[str, ColumnMapping]
    received_at: ColumnMapping
    """When the row arrived, from the feed itself."""
    filter: Sql | None = None
    """Rows that fulfil it belong to this table; others are counted as filtered."""
    duplicates: Literal["drop", "keep"] = "drop"
    """`keep` when rows that are equal in every column are different facts."""
    checks: Checks = Checks()
    unique: list[list[str]] = Field(default_factory=list)
    """Clean columns that no two rows share, besides the grain of the table."""
    references: dict[str, str] = Field(default_factory=dict)
    """Clean column -> clean table that has to know its keys; that table's source comes first in the conf file."""
    ordered_pair: tuple[str, str] | None = None
    """Two keys that stand for an unordered pair: the smaller token goes into the first."""
    group: Group | None = None
    counts: dict[str, Sql] = Field(default_factory=dict)
    """Named conditions over the feed's columns; how many accepted rows fulfil each is reported."""
    personal: Personal = Personal()
    ready_made: ReadyMade = ReadyMade()

    @property
    def is_ready_made(self) -> bool:
        """Whether the feed brings features instead of events."""
        return self.table == READY_MADE

    @property
    def is_merged(self) -> bool:
        """Whether rows go into the table one by one, by its key."""
        return self.feed in ("append", "upsert")

    @property
    def is_by_line(self) -> bool:
        return any(isinstance(column, RowKey) and column.row_key == "line" for column in self.columns.values())

    def clean_table(self) -> Table:
        return contract.CLEAN_TABLES[self.table]


def load(path: Path) -> Source:
    """The source of a YAML file.

    Raises: SettingsError listing all problems of the file: unknown keys, unknown columns, expressions that raise.
    """
    return load_all([path])[0]


def load_all(paths: Sequence[Path]) -> list[Source]:
    """The sources of a conf file, in its order.

    Raises: SettingsError listing all problems of all files, of names used twice and of tables referred to too early.
    """
    sources, found = [], []
    for path in paths:
        try:
            tree = read_yaml(path)
        except SettingsError as unread:
            found.append(f"{path}: {unread.what}{f' ({unread.found})' if unread.found else ''}")
            continue
        try:
            sources.append(Source.model_validate(tree))
            refused = []
        except ValidationError as broken:
            refused = broken.errors()
        problems = (*_shape_problems(refused), *contract.problems(_without_strange_shapes(tree, refused)))
        found += [f"{path}: {problem}" for problem in problems]
    found += _order_problems(sources)
    if not found:
        return sources
    raise SettingsError(
        f"{len(found)} problems in the sources",
        where=", ".join(str(path) for path in paths) if len(paths) < _FEW else f"{len(paths)} files",
        found="\n    ".join(["", *found]),
        remedy="mend them all at once; conf/sources/ holds commented examples, `segmentation tables NAME` the columns",
    )


def taken_in_before(sources: Sequence[Source]) -> list[set[int]]:
    """For each source the places of those that have to be taken in before it.

    Of two of which one refers to the other's table, or which fill the same, it is the earlier one; of ready-made
    features it is what tells which lines may be segmented, wherever that stands. All others may be taken in at once.
    """
    tables = [{source.table, *source.references.values()} for source in sources]
    return [
        {n for n, other in enumerate(sources[:place]) if other.table in tables[place] or source.table in tables[n]}
        | {n for n, other in enumerate(sources) if source.is_ready_made and other.table in contract.TELL_WHO_AGREED}
        for place, source in enumerate(sources)
    ]


def names_into(table: str, paths: Sequence[Path]) -> set[str]:
    """Names of the sources of a conf file that fill a table."""
    return {str(tree.get("name")) for tree in map(read_yaml, paths) if tree.get("table") == table}


def _order_problems(sources: Sequence[Source]) -> list[str]:
    names = [source.name for source in sources]
    found = [f"{name}: two sources have this name" for name in sorted({n for n in names if names.count(n) > 1})]
    for place, source in enumerate(sources):
        later = {other.table for other in sources[place + 1 :]} - {other.table for other in sources[: place + 1]}
        early = sorted(set(source.references.values()) & later)
        found += [f"{source.name}: refers to {table}, whose source comes after it in the conf file" for table in early]
    return found


def _shape_problems(refused: Sequence[ErrorDetails]) -> list[str]:
    return [f"{_path(problem['loc'])}: {problem['msg'].removeprefix('Value error, ')}" for problem in refused]


def _without_strange_shapes(tree: dict, refused: Sequence[ErrorDetails]) -> dict:
    """The tree with text in place of lists and mappings that stand where none may: what else is wrong is told too."""
    mended = copy.deepcopy(tree)
    for problem in refused:
        *way, last = _written(problem["loc"])
        at: Json = mended
        for part in way:
            at = at[part] if _has(at, part) else None
        if _has(at, last) and isinstance(at[last], list | dict):
            at[last] = str(at[last])
    return mended


def _has(at: Json, part: int | str) -> bool:
    return part in at if isinstance(at, dict) else isinstance(at, list) and part in range(len(at))


def _path(parts: tuple[int | str, ...]) -> str:
    return ".".join(map(str, _written(parts)))


def _written(parts: tuple[int | str, ...]) -> list[int | str]:
    """The place in the file, without the name of the form that pydantic puts into it and nobody wrote."""
    form_at = {"columns": 2, "received_at": 1}.get(str(parts[0]))
    return [part for place, part in enumerate(parts) if place != form_at]


def tree_of(source: Source) -> Json:
    """The source as plain values, for hashing."""
    return source.model_dump(mode="json")
