"""What a table is: name, grain, typed columns with meaning, personal-data class, time and retention."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from pyspark.sql import types as T

# Spark's own parser of type names needs a running JVM; the contract has to be readable without one.
_TYPES: dict[str, T.DataType] = {
    kind.simpleString(): kind
    for kind in (
        T.StringType(),
        T.BooleanType(),
        T.IntegerType(),
        T.LongType(),
        T.DoubleType(),
        T.DateType(),
        T.TimestampType(),
        T.ArrayType(T.StringType()),
        T.ArrayType(T.LongType()),
        T.MapType(T.StringType(), T.StringType()),
        T.MapType(T.StringType(), T.DoubleType()),
        T.MapType(T.StringType(), T.LongType()),
    )
}


Limit = int | float | date | None
_LARGEST_YEAR = 9999


class PersonalData(StrEnum):
    """How much a column says about a person (GDPR articles 4 and 9)."""

    NONE = "none"
    KEY = "key"
    """A pseudonym: tells lines apart, names nobody without the secret."""
    DIRECT = "direct"
    """Names a person by itself: never in a clean table."""
    QUASI = "quasi"
    """Names a person together with others: age, place."""
    TEXT = "text"
    """Free text, masked before it is stored."""
    SENSITIVE = "sensitive"
    """Salary, health, belief."""


class TimeKind(StrEnum):
    """How a read "as of a day" cuts a table."""

    EVENT = "event"
    """A row belongs to the day of one column; later rows are not seen."""
    VALIDITY = "validity"
    """A row holds from valid_from to valid_to (both days included); an end that lies ahead is not known yet."""
    SNAPSHOT = "snapshot"
    """A row is the state as of one day; a read takes exactly that day."""
    ALWAYS = "always"
    """No time: a read takes all rows."""


@dataclass(frozen=True)
class Column:
    """One column: its Spark type, what it means, its unit."""

    name: str
    type: str
    about: str
    unit: str = ""
    personal: PersonalData = PersonalData.NONE
    limits: tuple[Limit, Limit] = (None, None)
    """Least and most that a feed may bring, both allowed; null leaves a side open."""
    values: tuple[str, ...] = ()
    """All that a feed may bring; empty: anything."""

    @property
    def comment(self) -> str:
        return f"{self.about} [{self.unit}]" if self.unit else self.about

    @property
    def limits_told(self) -> str:
        """The limits in words; empty without any."""
        least, most = self.limits
        if least is None and most is None:
            return ""
        sides = [] if least is None else [f"from {_told(least)}"]
        return " ".join(sides if most is None else [*sides, f"to {_told(most)}"])

    @property
    def data_type(self) -> T.DataType:
        return _TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One Delta table. `grain` is its unique key, never null. Columns outside the grain may be null."""

    name: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    about: str
    time: TimeKind = TimeKind.ALWAYS
    time_column: str = ""
    partitioned_by: tuple[str, ...] = ()
    sorted_by: tuple[str, ...] = ()
    """Rows of one value of the first column lie in one file of a write, in the order of all: what is summed by line is
    read together, and one line is found without opening every file."""
    has_statistics: bool = True
    """Whether Delta notes the least and the largest value of columns, as they are, in its log, which outlives rows."""
    end_columns: tuple[str, ...] = ()
    """Of a table that holds over time: columns known only once the row has ended, besides valid_to."""
    later_columns: tuple[str, ...] = ()
    """Of events: dates that come after the event; one that lies after the day of a read is null."""
    needed: tuple[str, ...] = ()
    """Columns besides key, line and day without which a row tells nothing."""
    in_order: tuple[tuple[str, str], ...] = ()
    """Pairs of which a feed may not bring the first later than the second."""
    retention: str = field(kw_only=True)
    """How long rows are kept."""
    volatile: frozenset[str] = field(default=frozenset({"run_id", "computed_at", "recorded_at", "superseded_at"}))
    """Columns that may differ between two equal tables."""

    @property
    def schema(self) -> T.StructType:
        return T.StructType([T.StructField(c.name, c.data_type, c.name not in self.grain) for c in self.columns])

    @property
    def required(self) -> list[str]:
        """Columns that every feed has to bring, in every row: the key, the line, the day, and what it is about."""
        wanted = {*self.grain, "subscriber_id", self.time_column, *self.needed}
        return [name for name in self.column_names if name in wanted]

    @property
    def is_of_months(self) -> bool:
        """Whether a row tells of a month, by its last day; it may be told before that."""
        return self.time_column == "period"

    @property
    def is_of_days(self) -> bool:
        """Whether a row tells of one day, which has passed when a feed brings it."""
        return self.time is TimeKind.EVENT and not self.is_of_months

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]


def _told(limit: Limit) -> str:
    return f"{limit:,}" if isinstance(limit, int) and abs(limit) > _LARGEST_YEAR else str(limit)


SUPERSEDED_AT = Column("superseded_at", "timestamp", "Arrival of the row that took its place")


def superseded(table: Table) -> Table:
    """The table that keeps the rows of a clean table that later arrivals have taken the place of."""
    return replace(
        table,
        name=f"{table.name}_superseded",
        grain=(*table.grain, "received_at"),
        columns=(*table.columns, SUPERSEDED_AT),
        about=f"Rows of {table.name} that later arrivals have taken the place of; a read as known on a day sees them",
        volatile=frozenset(),
    )
