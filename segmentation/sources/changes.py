"""What changed in the columns of a feed since the delivery before, and what may be missing from now on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.sources import needs, reading
from segmentation.sources.delivery import Delivery
from segmentation.sources.feeds import Book
from segmentation.sources.source import Source
from segmentation.tables import Store, Table, care

ALIKE = 0.75
"""Names at least so similar (difflib.SequenceMatcher.ratio) look like one column under a new name."""
_NO_SIGNS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Change:
    """One column that is not what it was in the delivery before."""

    column: str
    kind: Literal["new", "gone", "retyped", "renamed"]
    """`renamed`: gone, while a new one of the same type has a name like it. Nothing is read from that one unasked."""
    detail: str


@dataclass(frozen=True)
class Reconciled:
    """A feed beside what earlier deliveries of its source had."""

    rows: DataFrame
    """The raw feed; columns that are gone and that nothing needs are there as nulls. Grain: unchanged."""
    columns: dict[str, str]
    """The columns it came with, and their types."""
    changed: tuple[Change, ...]
    gone: tuple[str, ...]
    """Columns it came without that are read as nulls."""

    def notes(self, source: Source) -> tuple[str, ...]:
        """What a reader of the run should know, in words."""
        told = [f"{source.name}: column {one.column} is {one.kind}: {one.detail}" for one in self.changed]
        missing = [f"{source.name}: {name} is not in the feed: what is made of it is null" for name in self.gone]
        return (*told, *missing)


def reconciled(raw: DataFrame, known: Book, source: Source, table: Table, delivery: Delivery) -> Reconciled:
    """Compare the columns of a feed with those of the deliveries before it, and let go what nothing needs.

    A column that keys, the filter, the arrival or a required column are made of stays away, so that the intake stops.
    So does one that no delivery ever had: it is a slip of the mapping.
    """
    columns = {name: raw.schema[name].dataType.simpleString() for name in reading.raw_columns(raw)}
    ever = known.columns_ever(source, delivery)
    here, needed, used = _by_name(columns), needs.needed(source, table, list(ever)), needs.used(source, list(ever))
    lost = {name.lower(): name for name in sorted(used - needed) if name.lower() not in here}
    gone = sorted(lost.values())
    rows = raw.withColumns({name: F.lit(None).cast(ever[name]) for name in gone})
    return Reconciled(rows, columns, changes(known.columns_before(source, delivery), columns), tuple(gone))


def changes(before: Mapping[str, str] | None, now: Mapping[str, str]) -> tuple[Change, ...]:
    """What changed between two deliveries, by name of the column; nothing when there was none before.

    Names count without regard to letter case, as Spark reads them.
    """
    if before is None:
        return ()
    held, found = _by_name(before), _by_name(now)
    gone, new = [name for name in held if name not in found], [name for name in found if name not in held]
    pairs = dict(_renamed(gone, new, held, found))
    everything = [
        *(Change(held[name][0], "gone", f"it was {held[name][1]}") for name in gone if name not in pairs),
        *(Change(held[name][0], "renamed", f"{found[other][0]} looks like it") for name, other in pairs.items()),
        *(Change(found[name][0], "new", f"it is {found[name][1]}") for name in new if name not in pairs.values()),
        *(
            Change(found[name][0], "retyped", f"it was {held[name][1]} and is {found[name][1]}")
            for name in held
            if name in found and held[name][1] != found[name][1]
        ),
    ]
    return tuple(sorted(everything, key=lambda change: change.column))


def remember(tables_at: Store, changed: Sequence[Change], source: Source, feed_id: str) -> None:
    """Keep the changes of a delivery; the same delivery again replaces them."""
    of_this = (F.col("source") == source.name) & (F.col("feed_id") == feed_id)
    if not changed and tables_at.read(care.SCHEMA_CHANGES).filter(of_this).isEmpty():
        return
    rows = [
        {
            "source": source.name,
            "feed_id": feed_id,
            "column_name": change.column,
            "change": change.kind,
            "detail": change.detail,
        }
        for change in changed
    ]
    frame = tables_at.rows(care.SCHEMA_CHANGES, rows)
    tables_at.replace(frame, care.SCHEMA_CHANGES, source=source.name, feed_id=feed_id)


def _by_name(columns: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Lower-case name -> name as the feed spells it, and type."""
    return {name.lower(): (name, kind) for name, kind in columns.items()}


def _renamed(
    gone: Sequence[str],
    new: Sequence[str],
    held: Mapping[str, tuple[str, str]],
    found: Mapping[str, tuple[str, str]],
) -> Iterator[tuple[str, str]]:
    """Pairs of a gone and a new column of one type with names alike, the most alike first; each in one pair at most."""
    scored = [(-_likeness(one, other), one, other) for one in gone for other in new if held[one][1] == found[other][1]]
    taken: set[str] = set()
    for likeness, one, other in sorted(scored):
        if -likeness >= ALIKE and not taken & {f"-{one}", f"+{other}"}:
            taken |= {f"-{one}", f"+{other}"}
            yield one, other


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, _NO_SIGNS.sub("", one), _NO_SIGNS.sub("", other), autojunk=False).ratio()
