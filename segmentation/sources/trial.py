"""Try a source on a few rows of its feed: what the mapping makes of them. Nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial, reduce

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from segmentation.privacy.masking import MASKED
from segmentation.settings import RunSettings
from segmentation.sources import changes, expressions, feeds, mapping, newest, probing, reading, references, telling
from segmentation.sources import delivery as deliveries
from segmentation.sources.delivery import Delivery
from segmentation.sources.newest import Newest
from segmentation.sources.reading import ROW_HASH
from segmentation.sources.references import FeedKeys
from segmentation.sources.sifting import Sifted, sifted
from segmentation.sources.source import ColumnMapping, RowKey, Source, sql_of
from segmentation.tables import PersonalData, Store, Table

N_EXAMPLES = 3
READ_WHOLE_BYTES = 256 * 1024 * 1024
"""Files of at most so many bytes are read to their end."""
_SHOWN_OF_TOKEN = 8
_SHOWN_OF_TEXT = 48


@dataclass(frozen=True)
class ColumnTrial:
    """What became of one mapped column in the accepted rows."""

    name: str
    type: str
    made_of: str
    """The expression it is made of, or what else a key is made of, in words."""
    filled: float
    """Share of the accepted rows with a value, 0..1; 0 when there is none."""
    examples: tuple[str, ...]
    """A few values; only that there is one where it says something about a person."""


@dataclass(frozen=True)
class Trial:
    """What became of a few rows of a feed: read = duplicates + quarantined + accepted."""

    source: str
    table: str
    n_files: int
    n_bytes: int
    filtered: int
    read: int
    duplicates: int
    quarantined: int
    accepted: int
    reasons: tuple[tuple[str, int], ...]
    """Checks that refused rows, with how many rows each; the most frequent first. A row may fail several."""
    columns: tuple[ColumnTrial, ...]
    not_mapped: tuple[str, ...]
    """Columns of the clean table that the mapping leaves empty."""
    not_read: tuple[str, ...]
    """Columns of the feed that nothing reads."""
    newest: Newest | None
    """The newest day in the feed; None where it tells none."""
    notes: tuple[str, ...]


def try_out(
    spark: SparkSession,
    tables_at: Store,
    source: Source,
    table: Table,
    settings: RunSettings,
    n_rows: int,
    *,
    keys: Mapping[references.Place, FeedKeys] | None = None,
) -> Trial | None:
    """Take `n_rows` rows of a feed apart as an intake does; None when the feed is absent and optional.

    Half of them come from its first file, half from its last one: what is new shows there. Keys are looked up in the
    tables that there are by now, else in `keys`, which are those of the feeds of tables that are not there: of the keys
    of two samples hardly any meet. Another row may still break a check that these keep.

    Raises: SourceError where the intake of the whole feed would stop at once: it is missing, unreadable, empty or lacks
    a column, or an expression stops at a bad value.
    """
    found = deliveries.find(spark, source, settings.landing, by_content=False)
    if found is None:
        return None
    few = _few_rows(spark, source, table, found, n_rows)
    feed = changes.reconciled(few, feeds.book(tables_at), source, table, found)
    probing.require_usable(spark, feed, source, found)
    small, looked_up = replace(found, n_bytes=0), keys or {}
    whole = {place: one.keys for place, one in looked_up.items() if one.is_whole}
    with (
        sifted(feed.rows, tables_at, source, table, small, settings.secret.key(), keys=whole) as parts,
        telling.telling_errors(source, "read a few rows of the feed"),
    ):
        rows, reasons = _accepted(parts, table), _reasons(parts)
        of_keys = tuple(_of_keys(source, rows, looked_up))
    mapped = {**source.columns, "received_at": source.received_at}
    return Trial(
        source=source.name,
        table=source.table,
        n_files=found.n_files,
        n_bytes=found.n_bytes,
        filtered=parts.filtered,
        read=parts.read,
        duplicates=parts.duplicates,
        quarantined=parts.quarantined,
        accepted=parts.n_accepted,
        reasons=reasons,
        columns=tuple(_column(name, column, table, rows) for name, column in mapped.items()),
        not_mapped=tuple(name for name in table.column_names if name not in (*mapped, "feed_id")),
        not_read=_not_read(source, list(feed.columns)),
        newest=newest.newest_day(spark, source, table, found, few),
        notes=(*parts.notes, *of_keys, *feed.notes(source)),
    )


def _of_keys(source: Source, rows: Sequence[Row], keys: Mapping[references.Place, FeedKeys]) -> Iterator[str]:
    """Where keys of tables that are not there were looked up, in words."""
    for name, table_name in source.references.items():
        looked_up = keys.get(references.place_of(name, table_name))
        if looked_up is None:
            continue
        if looked_up.is_whole:
            yield f"{name}: looked up among the {looked_up.n_keys:,} keys in the feed of {table_name}, read whole"
            continue
        tokens = {row[name] for row in rows if row[name] is not None}
        n_met = looked_up.keys.filter(F.col(references.KEY).isin(sorted(tokens))).count()
        yield (
            f"{name}: {n_met:,} of {len(tokens):,} keys are among the first {looked_up.n_keys:,} in the feed of "
            f"{table_name}, which is too large to be read whole; of the others nobody can say"
        )


def _few_rows(spark: SparkSession, source: Source, table: Table, found: Delivery, n_rows: int) -> DataFrame:
    """Rows of either end of the feed, in memory: a limit within a longer plan would open every file of it."""
    parts = [replace(found, only=path) for path in found.ends] or [found]
    with telling.telling_errors(source, "read a few rows of the feed"):
        pieces = [
            _piece(reading.raw_rows(spark, source, table, part), found, -(-n_rows // len(parts))) for part in parts
        ]
        few = [spark.createDataFrame(piece.toArrow(), piece.schema) for piece in pieces]
        return reduce(partial(DataFrame.unionByName, allowMissingColumns=True), few)


def _piece(raw: DataFrame, found: Delivery, n_rows: int) -> DataFrame:
    """Some rows of one file: by their hash, since a sorted file may begin with rows that are all alike.

    Of a file too large to be read to its end, and of a table, they are the first.
    """
    is_small = 0 < found.largest_bytes <= READ_WHOLE_BYTES
    return (raw.orderBy(*ROW_HASH) if is_small else raw).limit(n_rows)


def _accepted(parts: Sifted, table: Table) -> list[Row]:
    """The accepted rows, moments as text: as they are in the operator's time zone."""
    types = mapping.column_types(table)
    moments = {name: F.col(name).cast("string") for name in parts.accepted.columns if types.get(name) == "timestamp"}
    return parts.accepted.withColumns(moments).collect()


def _reasons(parts: Sifted) -> tuple[tuple[str, int], ...]:
    named = parts.refused.select("n_rows", F.explode("reasons").alias("reason"))
    counted = named.groupBy("reason").agg(F.sum("n_rows").alias("n_rows")).collect()
    return tuple(sorted(((row["reason"], row["n_rows"]) for row in counted), key=lambda one: (-one[1], one[0])))


def _column(name: str, column: ColumnMapping, table: Table, rows: Sequence[Row]) -> ColumnTrial:
    values = [row[name] for row in rows if row[name] is not None]
    personal = next((declared.personal for declared in table.columns if declared.name == name), PersonalData.NONE)
    filled = len(values) / len(rows) if rows else 0.0
    return ColumnTrial(name, mapping.column_types(table)[name], _made_of(column), filled, _examples(values, personal))


def _made_of(column: ColumnMapping) -> str:
    if isinstance(column, RowKey):
        return "the number of the line" if column.row_key == "line" else "the whole row"
    return sql_of(column) or ""


def _examples(values: Sequence[object], personal: PersonalData) -> tuple[str, ...]:
    """The first few different values, as far as they may be shown."""
    shown = dict.fromkeys(_shown(value, personal) for value in values)
    return tuple(shown)[:N_EXAMPLES]


def _shown(value: object, personal: PersonalData) -> str:
    if personal is PersonalData.KEY:
        return f"{str(value)[:_SHOWN_OF_TOKEN]}…"
    if personal not in (PersonalData.NONE, PersonalData.TEXT):
        return MASKED
    match value:
        case bool():
            text = str(value).lower()
        case float():
            text = f"{value:.6g}"
        case _:
            text = str(value)
    return text if len(text) <= _SHOWN_OF_TEXT else f"{text[:_SHOWN_OF_TEXT]}…"


def _not_read(source: Source, columns: list[str]) -> tuple[str, ...]:
    """Columns of the feed that no expression reads and that are not named as personal."""
    read = {name for sql in probing.expressions_of(source).values() for name in expressions.columns_used(sql, columns)}
    named = {*read, *source.personal.of(columns)}
    return tuple(name for name in columns if name not in named)
