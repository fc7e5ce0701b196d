"""Refused rows as they may be stored: keys as tokens, identifiers and free text masked."""

from collections.abc import Collection

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from segmentation.privacy.masking import MASKED, masked_identifier, masked_numbers, masked_text, masked_value
from segmentation.privacy.tokens import TokenKind, token
from segmentation.sources import expressions, mapping, reading
from segmentation.sources.reading import FILE, MALFORMED, ROW_HASH
from segmentation.sources.source import Code, FreeText, Key, RowKey, Source, sql_of
from segmentation.tables import Store, care

NOT_MAPPED = "<not mapped>"
OPEN, DROPPED = "open", "dropped"
"""Refused: waiting; given up by a person."""
REPLAYED, FILTERED, DUPLICATE = "replayed", "filtered", "duplicate"
"""Taken in again and not refused any more: accepted; left out by the mapping; an exact repeat of an accepted row."""


def refused_rows(
    rows: DataFrame, refused: DataFrame, source: Source, secret: bytes, *, feed_id: str, run_id: str
) -> DataFrame:
    """Rows for the quarantine table. Grain: one row for equal refused rows.

    Needs the trimmed feed, read again for the few rows that were refused: keeping all rows as they came would keep
    personal data in Spark's storage.
    """
    bad = rows.join(F.broadcast(refused), on=list(ROW_HASH), how="inner")
    # Equal rows are equal in every cell, but may have come in several files.
    by_file = Window.partitionBy(*ROW_HASH).orderBy(FILE)
    one_of_each = bad.withColumn("_place", F.row_number().over(by_file)).filter(F.col("_place") == 1)
    return one_of_each.select(
        F.lit(source.name).alias("source"),
        F.lit(feed_id).alias("feed_id"),
        row_hash(secret).alias("row_hash"),
        masked_numbers(F.col(FILE)).alias("file"),
        "n_rows",
        "reasons",
        masked_row(rows, source, secret).alias("masked_row"),
        _readable(rows, "subscriber_id", "string", source, secret).alias("subscriber_id"),
        _readable(rows, day_column(source), "date", source, secret).alias("day"),
        _readable(rows, "received_at", "timestamp", source, secret).alias("received_at"),
        F.lit(OPEN).alias("state"),
        F.lit(run_id).alias("run_id"),
        F.current_timestamp().alias("recorded_at"),
    )


def row_hash(secret: bytes) -> Column:
    """What a row is known by in the quarantine. Needs ROW_HASH."""
    return token(secret, "record")(F.concat_ws(":", *(F.col(name).cast("string") for name in ROW_HASH)))


def is_refused() -> Column:
    """Whether a row of the quarantine is still refused."""
    return F.col("state").isin(OPEN, DROPPED)


def _readable(rows: DataFrame, name: str, type_name: str, source: Source, secret: bytes) -> Column:
    """The clean value of a column, as far as the row can be taken apart and has one."""
    column = {**source.columns, "received_at": source.received_at}.get(name)
    if column is None or isinstance(column, RowKey):
        return F.lit(None).cast(type_name)
    value = mapping.value(rows, column, type_name, source, secret)
    return F.when(F.col(MALFORMED).isNull(), value)


def day_column(source: Source) -> str:
    """The column that says which day a row is about."""
    if source.is_ready_made:
        return ""
    table = source.clean_table()
    return table.time_column or "valid_from"


def of_deliveries(tables_at: Store, source: str, feed_ids: Collection[str]) -> DataFrame:
    """What the quarantine holds of deliveries of a source. Grain: one row per feed_id and row_hash."""
    is_of_them = (F.col("source") == source) & F.col("feed_id").isin(list(feed_ids))
    return tables_at.read(care.QUARANTINE).filter(is_of_them)


def with_states(refused: DataFrame, before: DataFrame, set_aside: DataFrame, *, had_repeats: bool) -> DataFrame:
    """Rows refused now beside those refused before, of the same files. Grain: one row per feed_id and row_hash.

    What a person gave up stays so while it is refused. Of the others `set_aside` says whether the mapping leaves them
    out now and how many of them repeat another. Unless their deliveries `had_repeats`, equal rows were each judged for
    itself then: where as many as were refused are repeats now, the one that is accepted was so before.
    """
    dropped = before.filter(F.col("state") == DROPPED).select("row_hash").distinct()
    given_up = dropped.withColumn("kept", F.lit(DROPPED))
    now = refused.join(given_up, on="row_hash", how="left").withColumn("state", F.coalesce("kept", "state"))
    released = before.join(refused.select("row_hash"), on="row_hash", how="left_anti")
    judged = released.join(set_aside, on="row_hash", how="left")
    n_refused = F.sum("n_rows").over(Window.partitionBy("row_hash"))
    are_repeats_now = F.lit(not had_repeats) & (F.col("n_repeats") >= n_refused)
    became = (
        F.when(F.col("is_left_out"), F.lit(FILTERED))
        .when((F.col("state") == DUPLICATE) | are_repeats_now, F.lit(DUPLICATE))
        .otherwise(F.lit(REPLAYED))
    )
    return now.drop("kept").unionByName(judged.withColumn("state", became).drop("is_left_out", "n_repeats"))


def has_reason(reason: str | None) -> Column:
    """Whether a row was refused for a reason that begins like this; every row was for None."""
    return F.lit(True) if reason is None else F.exists("reasons", lambda one: one.startswith(reason))


def drop(tables_at: Store, source: str, feed_ids: Collection[str], reason: str | None) -> int:
    """Give up the open rows of deliveries, or those refused for a reason that begins like this. How many rows that is.

    They stay where they are, marked; a delivery taken in again lets those in that are not refused any more.
    """
    rows = of_deliveries(tables_at, source, feed_ids)
    is_meant = (F.col("state") == OPEN) & has_reason(reason)
    n_meant = int(rows.filter(is_meant).agg(F.sum("n_rows")).collect()[0][0] or 0)
    if n_meant:
        marked = rows.withColumn("state", F.when(is_meant, F.lit(DROPPED)).otherwise(F.col("state")))
        tables_at.replace(marked, care.QUARANTINE, is_unique=True, source=source, feed_id=sorted(feed_ids))
    return n_meant


def masked_row(rows: DataFrame, source: Source, secret: bytes) -> Column:
    """The row as JSON without personal data; of a line that could not be taken apart nothing is shown."""
    cells = [masked_cell(rows, name, source, secret).alias(name) for name in reading.raw_columns(rows)]
    as_json = F.to_json(F.struct(*cells))
    return F.when(F.col(MALFORMED).isNull(), as_json).otherwise(F.lit(f'{{"line": "{MASKED}"}}'))


def masked_cell(rows: DataFrame, name: str, source: Source, secret: bytes) -> Column:
    """One cell by the part its column plays.

    Of a nested one, or one the mapping does not know, only that there is a value.
    """
    cell = reading.as_text(rows, name)
    kinds = key_kinds(rows, source)
    if source.personal.direct_of([name]):
        return masked_identifier(cell)
    if name in kinds:
        return token(secret, kinds[name])(cell)
    if reading.is_nested(rows, name):
        # A mapping that reads one part of it says nothing of the others.
        return F.when(cell.isNotNull(), F.lit(NOT_MAPPED))
    if source.personal.of([name]) or name in _columns_of(rows, _texts(source)):
        return masked_text(cell, mapping.identifiers(rows, source))
    if name in _columns_of(rows, _expressions(source)):
        return masked_value(cell, _codes(source))
    return F.when(cell.isNotNull(), F.lit(NOT_MAPPED))


def key_kinds(rows: DataFrame, source: Source) -> dict[str, TokenKind]:
    """Columns of the feed that keys are made of, with the kind of the first such key."""
    kinds: dict[str, TokenKind] = {}
    for column in source.columns.values():
        if isinstance(column, Key):
            for name in expressions.columns_used(column.key, reading.raw_columns(rows)):
                kinds.setdefault(name, column.kind)
    return kinds


def _columns_of(rows: DataFrame, sqls: list[str]) -> set[str]:
    return {name for sql in sqls for name in expressions.columns_used(sql, reading.raw_columns(rows))}


def _texts(source: Source) -> list[str]:
    return [column.text for column in source.columns.values() if isinstance(column, FreeText)]


def _codes(source: Source) -> list[str]:
    """What the source itself says may stand in a column: no words about a person."""
    listed = [code for column in source.columns.values() if isinstance(column, Code) for code in column.values]
    return sorted({*listed, *(str(value) for values in source.checks.one_of.values() for value in values)})


def _expressions(source: Source) -> list[str]:
    """All expressions of a mapping but keys and free text."""
    columns = [c for c in (*source.columns.values(), source.received_at) if not isinstance(c, Key | FreeText)]
    found = [sql for column in columns if (sql := sql_of(column)) is not None]
    return [*found, *([source.filter] if source.filter else []), *source.counts.values()]
