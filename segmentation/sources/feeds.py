"""What is known of deliveries taken in: counts that a second run of the same delivery gives back."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import Row
from pyspark.sql import functions as F

from segmentation import __version__
from segmentation.privacy.tokens import token_of
from segmentation.settings import RunSettings, stable_hash
from segmentation.sources.delivery import Delivery
from segmentation.sources.source import Source, tree_of
from segmentation.tables import Store, Table, care


@dataclass(frozen=True)
class FeedCounts:
    """What became of a delivery: read = duplicates + quarantined + accepted; written = accepted after grouping."""

    read: int = 0
    filtered: int = 0
    duplicates: int = 0
    quarantined: int = 0
    accepted: int = 0
    written: int = 0
    erased: int = 0
    """Filtered rows that are of an erased line."""
    is_new: bool = False
    named: dict[str, int] = field(default_factory=dict)
    """Accepted rows by the named conditions of the source."""
    notes: tuple[str, ...] = ()

    def by_name(self, source: str) -> dict[str, int]:
        """For the record of a run: one entry for each count, named after the source."""
        own = ("read", "filtered", "duplicates", "quarantined", "accepted", "written")
        named = {f"{source}.accepted.{name}": n for name, n in self.named.items()}
        left_out = {f"{source}.erased": self.erased} if self.erased else {}
        return {**{f"{source}.{name}": getattr(self, name) for name in own}, **left_out, **named}


@dataclass(frozen=True)
class Book:
    """All deliveries taken in so far, looked up once."""

    rows: tuple[Row, ...]

    def counts(self, source: Source, delivery: Delivery, mapping: str) -> FeedCounts | None:
        """Counts of the same delivery under the same mapping; None when it was not taken in yet."""
        same = (source.name, delivery.feed_id, mapping)
        found = [row for row in self.rows if (row["source"], row["feed_id"], row["mapping_hash"]) == same]
        return as_counts(found[0]) if found else None

    def has(self, source: Source, delivery: Delivery) -> bool:
        """Whether the delivery was taken in, under whatever mapping."""
        return any((row["source"], row["feed_id"]) == (source.name, delivery.feed_id) for row in self.rows)

    def own(self, source: Source) -> list[Row]:
        """What the source brought into its table, newest first."""
        own = [row for row in self.rows if (row["source"], row["table_name"]) == (source.name, source.table)]
        return sorted(own, key=_age, reverse=True)

    def standing(self, source: str) -> list[Row]:
        """Deliveries of a source whose rows are in its table, oldest first: of a snapshot only the newest."""
        own = sorted((row for row in self.rows if row["source"] == source), key=_age)
        is_kept = [row["read_again_in"] is None and row["feed"] not in (None, "snapshot") for row in own]
        return [row for row, kept in zip(own, is_kept, strict=True) if kept or row is own[-1]]

    def sources(self) -> list[str]:
        """Sources that anything was taken in of."""
        return sorted({row["source"] for row in self.rows})

    def has_all(self, source: Source, delivery: Delivery) -> bool:
        """Whether what lies there was taken in, under whatever mapping."""
        standing = self.standing(source.name)
        if source.feed == "snapshot":
            return bool(standing) and standing[-1]["feed_id"] == delivery.feed_id
        return {file.file_id for file in delivery.files} <= files_of(standing)

    def had_repeats(self, source: str, feed_ids: Collection[str]) -> bool:
        """Whether a row of one of the deliveries of a source was an exact repeat of another."""
        own = [row for row in self.rows if row["source"] == source and row["feed_id"] in feed_ids]
        return any(row["n_duplicates"] for row in own)

    def columns_before(self, source: Source, delivery: Delivery) -> dict[str, str] | None:
        """Columns of the newest other delivery of the source; None when there is none, or they are not known."""
        return next(self._columns(source, delivery), None)

    def columns_ever(self, source: Source, delivery: Delivery) -> dict[str, str]:
        """Columns that any other delivery of the source had, each in its newest type."""
        known: dict[str, str] = {}
        for columns in self._columns(source, delivery):
            known = {**columns, **known}
        return known

    def _columns(self, source: Source, delivery: Delivery) -> Iterator[dict[str, str]]:
        for row in self.own(source):
            if row["feed_id"] != delivery.feed_id and row["columns"] is not None:
                yield dict(row["columns"])

    def beside(self, source: Source) -> dict[str, str]:
        """Deliveries that other sources brought into the same table, with the source of each."""
        others = [row for row in self.rows if row["table_name"] == source.table and row["source"] != source.name]
        return {row["feed_id"]: row["source"] for row in others}

    def newest_into(self, table_names: set[str]) -> list[str]:
        """The newest delivery of every source that fills one of the tables."""
        return sorted(_newest(row for row in self.rows if row["table_name"] in table_names).values())


def files_of(rows: Iterable[Row]) -> set[str]:
    """Files that deliveries brought, by their hash; none of a snapshot."""
    return {file_id for row in rows for file_id in row["files"] or ()}


def _newest(rows: Iterable[Row]) -> dict[str, str]:
    """Newest delivery by source."""
    return {row["source"]: row["feed_id"] for row in sorted(rows, key=_age)}


def _age(row: Row) -> tuple[datetime, str]:
    return row["recorded_at"], row["feed_id"]


def book(tables_at: Store) -> Book:
    """What `feeds` holds now: a row for each delivery, so it is small."""
    return Book(tuple(tables_at.read(care.FEEDS).collect()))


def holds(tables_at: Store, table: Table, feed_ids: Collection[str]) -> bool:
    """Whether the table has rows of one of the deliveries.

    A run that was killed after another delivery replaced this one's rows has left the record, but not the rows.
    """
    return bool(feed_ids) and not tables_at.read(table).filter(F.col("feed_id").isin(list(feed_ids))).isEmpty()


def mapping_hash(source: Source, table: Table, settings: RunSettings, *more: str) -> str:
    """Hash of all but the files that decides what a delivery becomes; `more` is what the caller adds to that."""
    secret_print = token_of(settings.secret.key(), "record", "fingerprint of the secret")
    columns = [(column.name, column.type, column.limits_told, column.values) for column in table.columns]
    asked = [table.required, table.in_order]
    return stable_hash([__version__, tree_of(source), columns, asked, settings.timezone, secret_print, *more])


def referred_hash(known: Book, source: Source) -> str:
    """Hash of the deliveries of the tables that its keys are looked up in."""
    return stable_hash(known.newest_into(set(source.references.values())))


def record(
    tables_at: Store,
    known: Book,
    source: Source,
    delivery: Delivery,
    counts: FeedCounts,
    *,
    mapping: str,
    referred: str,
    columns: Mapping[str, str],
    received_at: datetime | None,
    run_id: str,
    read_again: Collection[str] = (),
) -> None:
    """Remember a delivery, and of those in `read_again` that their files are part of it now.

    The last write of all: until it is there, a rerun does everything again.
    """
    row = {
        "source": source.name,
        "feed_id": delivery.feed_id,
        "table_name": source.table,
        "feed": source.feed,
        "n_files": delivery.n_files,
        "files": [] if source.feed == "snapshot" else [file.file_id for file in delivery.files],
        "n_read": counts.read,
        "n_filtered": counts.filtered,
        "n_erased": counts.erased,
        "n_duplicates": counts.duplicates,
        "n_quarantined": counts.quarantined,
        "n_accepted": counts.accepted,
        "n_written": counts.written,
        "named_counts": counts.named,
        "mapping_hash": mapping,
        "referred": referred,
        "columns": dict(columns),
        "received_at": received_at,
        "run_id": run_id,
        "recorded_at": datetime.now(tz=UTC),
    }
    before = [
        {**one.asDict(), "read_again_in": delivery.feed_id}
        for one in known.rows
        if one["source"] == source.name and one["feed_id"] in read_again and one["feed_id"] != delivery.feed_id
    ]
    entries = tables_at.rows(care.FEEDS, [row, *before])
    if before or known.has(source, delivery):
        tables_at.merge(entries, care.FEEDS)
    else:
        tables_at.append(entries, care.FEEDS, is_unique=True)


def as_counts(row: Row) -> FeedCounts:
    """The counts of a delivery that was taken in before."""
    return FeedCounts(
        row["n_read"],
        row["n_filtered"],
        row["n_duplicates"],
        row["n_quarantined"],
        row["n_accepted"],
        row["n_written"],
        erased=row["n_erased"] or 0,
        is_new=False,
        named=dict(row["named_counts"] or {}),
    )
