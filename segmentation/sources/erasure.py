"""A line is erased: from the vault, every table and the files of their older versions; no feed brings it back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import reduce
from operator import or_
from uuid import uuid4

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation import progress
from segmentation.privacy.suppression import SMALLEST_COUNT_SHOWN
from segmentation.privacy.tokens import TOKEN_LENGTH, token_of
from segmentation.sources import contents
from segmentation.tables import Store, Table, built, care, clean
from segmentation.tables.contract import superseded

LINE_COLUMNS = ("subscriber_id", "subscriber_a", "subscriber_b")
PERSON_COLUMNS = ("customer_id", "account_id", "household_id")


@dataclass(frozen=True)
class Receipt:
    """Proof of an erasure; the columns of `erasures`."""

    receipt: str
    subscriber_id: str
    erased_at: datetime
    person_tokens: Sequence[str] = ()
    n_due: Mapping[str, int] | None = None
    """Rows to erase, by table, counted before the first was: a run that is killed takes none of them along."""
    n_rows: Mapping[str, int] | None = None
    """Rows erased, by table; None until all are."""
    kept_hours: int = 0


def line_token(subscriber: str, secret: bytes) -> str:
    """Token of a line given by its key as the operator writes it, or by the token itself."""
    is_token = len(subscriber) == TOKEN_LENGTH and all(sign in "0123456789abcdef" for sign in subscriber)
    return subscriber if is_token else str(token_of(secret, "subscriber", subscriber))


def is_known(tables_at: Store, vault: Store, token: str, tables: Iterable[Table]) -> bool:
    """Whether there is anything of the line, or its erasure was begun and not ended."""
    begun = _open_receipts(tables_at, token)
    is_held = not vault.read(care.IDENTITY_VAULT).filter(F.col("token") == token).isEmpty()
    of_lines = ((table, _line_columns(table)) for table in _held(tables_at, tables))
    rows = (tables_at.read(table).filter(_names(names, token)) for table, names in of_lines if names)
    return is_held or not begun.isEmpty() or any(not found.isEmpty() for found in rows)


def erase(
    tables_at: Store, vault: Store, token: str, tables: Iterable[Table], *, run_id: str, keep_hours: int = 0
) -> Receipt:
    """Erase a line from all `tables` there are; a run that was killed half-way is ended by the next.

    With `keep_hours` files of older versions are left, and the receipt stays open until an erasure without it.

    The receipt is written first, with the rows it is to count, so that from then on no feed brings the line back. Of
    the person, the payer and the dwelling what no other line has goes too. Totals of past months stay, but those of a
    segment that would tell on few: the profiles of a month in which its segment had fewer than
    SMALLEST_COUNT_SHOWN lines go.
    """
    opened = _opened(tables_at, token)
    people = sorted({*opened.person_tokens, *_people(tables_at, token)})
    held = list(_held(tables_at, tables))
    parts = list(_parts(tables_at, vault, held, token, people))
    opened = replace(opened, person_tokens=people, kept_hours=keep_hours, n_due=_due(opened, parts))
    _write(tables_at, replace(opened, n_rows=None))
    for n_done, part in enumerate(parts):
        progress.says(f"{n_done} of {len(parts)} tables")
        if part.store.delete(part.table, part.condition) and part.table in clean.TABLES:
            contents.remember(tables_at, part.table, run_id)
    # Older versions of any of them may know the line, also where the newest one does not.
    for n_done, table in enumerate(held):
        progress.says(f"old files of {n_done} of {len(held)} tables")
        tables_at.vacuum(table, keep_hours)
    vault.vacuum(care.IDENTITY_VAULT, keep_hours)
    ended = replace(opened, n_rows=opened.n_due)
    _write(tables_at, ended)
    return ended


def is_erased(tables_at: Store, names: Sequence[str]) -> Column:
    """Whether a row is about an erased line, or the person that only it had, and arrived before that was erased.

    Of a row that does not tell when it arrived nobody can say that it came later. Needs `received_at`.
    """
    if not tables_at.exists(care.ERASURES):
        return F.lit(False)
    receipts = tables_at.read(care.ERASURES).select("subscriber_id", "person_tokens", "erased_at").collect()
    is_before = [
        F.col(name).isin(erased) & ~F.coalesce(F.col("received_at") > F.lit(row["erased_at"]), F.lit(False))
        for row in receipts
        for columns, erased in (
            (LINE_COLUMNS, [row["subscriber_id"]]),
            (PERSON_COLUMNS, list(row["person_tokens"] or ())),
        )
        for name in names
        if name in columns and erased
    ]
    return F.coalesce(reduce(or_, is_before, F.lit(False)), F.lit(False))


def n_erased_since(tables_at: Store, moment: datetime) -> int:
    """Lines whose erasure was begun after the moment."""
    later = tables_at.read(care.ERASURES).filter(F.col("erased_at") > F.lit(moment))
    return later.select("subscriber_id").distinct().count()


def _held(tables_at: Store, tables: Iterable[Table]) -> Iterator[Table]:
    """Those of the tables that are there, with what is kept aside of clean ones; the vault is elsewhere."""
    for table in (*tables, *map(superseded, clean.TABLES)):
        if table is not care.IDENTITY_VAULT and tables_at.exists(table):
            yield table


def _line_columns(table: Table) -> tuple[str, ...]:
    """Columns that name a line; none of the receipts, which stay."""
    return () if table is care.ERASURES else tuple(name for name in LINE_COLUMNS if name in table.column_names)


@dataclass(frozen=True)
class _Part:
    """Rows of one table that go."""

    store: Store
    table: Table
    condition: Column

    def count(self) -> int:
        return self.store.read(self.table).filter(self.condition).count()


def _parts(tables_at: Store, vault: Store, held: Iterable[Table], token: str, people: Sequence[str]) -> Iterator[_Part]:
    """All that goes, in its order: what is found by way of a table goes before the rows of that table.

    The table that says who the person is goes last: until then another try finds them.
    """
    if (few := _small_profiles(tables_at, token)) is not None:
        yield _Part(tables_at, built.SEGMENT_PROFILES, few)
    if people:
        yield _Part(tables_at, clean.CONSENTS, F.col("customer_id").isin(list(people)))
    of_lines = [(table, names) for table in held if (names := _line_columns(table))]
    for table, names in of_lines:
        if table is not clean.SUBSCRIBERS:
            yield _Part(tables_at, table, _names(names, token) | _shows(table, token))
    yield _Part(vault, care.IDENTITY_VAULT, F.col("token").isin([token, *people]))
    for table, names in of_lines:
        if table is clean.SUBSCRIBERS:
            yield _Part(tables_at, table, _names(names, token))


def _due(opened: Receipt, parts: Iterable[_Part]) -> dict[str, int]:
    """Rows that go, by table: those that are there, and those that an erasure before this one has taken.

    After one that ended but left old files what is there came later. Of one that was killed it is what was left.
    """
    there = Counter({part.table.name: part.count() for part in parts})
    if opened.n_rows is not None:
        return dict(there + Counter(opened.n_rows))
    return dict(there | Counter(opened.n_due))


def _names(names: Sequence[str], token: str) -> Column:
    return reduce(or_, (F.col(name).eqNullSafe(F.lit(token)) for name in names))


def _shows(table: Table, token: str) -> Column:
    """Whether a refused row, as it is kept, has the token in it."""
    return F.col("masked_row").contains(token) if table is care.QUARANTINE else F.lit(False)


def _people(tables_at: Store, token: str) -> list[str]:
    """Tokens of the person, payer and dwelling of the line that no other line has."""
    subscribers = tables_at.read(clean.SUBSCRIBERS)
    others = subscribers.filter(F.col("subscriber_id") != token)
    return [one for name in PERSON_COLUMNS for one in _only_own(subscribers, others, name, token)]


def _only_own(subscribers: DataFrame, others: DataFrame, name: str, token: str) -> list[str]:
    own = subscribers.filter((F.col("subscriber_id") == token) & F.col(name).isNotNull()).select(name).distinct()
    return [row[0] for row in own.join(others.select(name), on=name, how="left_anti").collect()]


def _small_profiles(tables_at: Store, token: str) -> Column | None:
    """Profiles of the months in which a segment of the line had few others; None when there are none."""
    keys = ["vertical", "segment_id", "as_of"]
    own = tables_at.read(built.SEGMENT_ASSIGNMENTS).filter(F.col("subscriber_id") == token).select(*keys).distinct()
    profiles = tables_at.read(built.SEGMENT_PROFILES)
    small = profiles.filter(F.col("n_subscribers") < SMALLEST_COUNT_SHOWN).join(own, on=keys, how="left_semi")
    telling = [row.asDict() for row in small.select(*keys).distinct().collect()]
    conditions = [reduce(Column.__and__, (F.col(name) == value for name, value in row.items())) for row in telling]
    return reduce(or_, conditions) if conditions else None


def _opened(tables_at: Store, token: str) -> Receipt:
    """The receipt of an erasure that was begun and is not ended, or a new one."""
    row = _open_receipts(tables_at, token).first()
    if row is None:
        return Receipt(uuid4().hex, token, datetime.now(tz=UTC))
    known = row.asDict()
    return Receipt(**{**known, "person_tokens": known["person_tokens"] or ()})


def _open_receipts(tables_at: Store, token: str) -> DataFrame:
    is_open = F.col("n_rows").isNull() | (F.col("kept_hours") > 0)
    return tables_at.read(care.ERASURES).filter((F.col("subscriber_id") == token) & is_open)


def _write(tables_at: Store, receipt: Receipt) -> None:
    row = {**vars(receipt), "person_tokens": list(receipt.person_tokens)}
    tables_at.merge(tables_at.rows(care.ERASURES, [row]), care.ERASURES)
