"""A raw feed as a frame: text as strings, nothing inferred."""

from collections.abc import Sequence
from functools import partial, reduce

from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.errors import SourceError
from segmentation.privacy.tokens import BLANKS
from segmentation.sources import headers, telling
from segmentation.sources.delivery import Delivery
from segmentation.sources.source import Source
from segmentation.tables import Table

MALFORMED = "_malformed"
"""Holds a line of a text feed that could not be taken apart; null where it could."""
LINE = "_line"
"""Number of the line, 1 first; only in feeds whose keys are line numbers."""
FILE = "_file"
"""Name of the file a row came in, without its folder; null in a Delta table."""
ROW_HASH = ("_row_hash_1", "_row_hash_2")
"""Two independent 64-bit hashes of all cells: equal rows are found by both together."""
_BITS = 62
LARGEST_FILE_BY_LINE = 64 * 1024 * 1024
_TEXT_OPTIONS: dict[str, dict[str, str]] = {
    "csv": {"header": "true", "escape": '"', "enforceSchema": "false"},
    "json": {"primitivesAsString": "true"},
}


def raw_rows(spark: SparkSession, source: Source, table: Table, delivery: Delivery) -> DataFrame:
    """The feed as it is, plus MALFORMED, FILE, ROW_HASH and, for keys by line, LINE. Grain: one row per line.

    A column that some files lack is null in their rows: a feed may have got another column from one month on.

    Raises: SourceError when the files cannot be opened, or some of them lack a column that is needed.
    """
    with telling.telling_errors(source, "read the feed"):
        frame = _frame(spark, source, table, delivery)
    if source.is_by_line:
        # One file read unsplit is one partition, in which this function counts the lines in order.
        frame = frame.withColumn(LINE, F.monotonically_increasing_id() + 1)
    if MALFORMED not in frame.columns:
        frame = frame.withColumn(MALFORMED, F.lit(None).cast("string"))
    if FILE not in frame.columns:
        frame = frame.withColumn(FILE, F.lit(None).cast("string"))
    names = [*raw_columns(frame), MALFORMED]
    cells = [*(_hashable(frame, name) for name in names), *which_are_null(names)]
    hashes = {ROW_HASH[0]: F.xxhash64(*cells), ROW_HASH[1]: F.xxhash64(F.lit(1), *cells)}
    return frame.withColumns(hashes)


def raw_columns(frame: DataFrame) -> list[str]:
    """The feed's own columns."""
    return [name for name in frame.columns if name not in (MALFORMED, FILE, LINE, *ROW_HASH)]


def trimmed(raw: DataFrame, source: Source) -> DataFrame:
    """Text cells without blanks around them; empty ones and the source's null values are null. Grain: unchanged."""
    kinds = {field.name: field.dataType for field in raw.schema.fields}
    texts = [name for name in raw_columns(raw) if isinstance(kinds[name], T.StringType)]
    nothing = ["", *source.null_values]
    cells = {name: _without_blanks(_column(name)) for name in texts}
    return raw.withColumns({name: F.when(~cell.isin(nothing), cell) for name, cell in cells.items()})


def _without_blanks(text: Column) -> Column:
    """The text without blanks around it. To look for each of them costs much, so most texts are let by on their edges.

    A text whose first and last byte are visible signs of ASCII has none.
    """
    content = text.cast("binary")
    edges = [F.substring(content, place, 1).between(F.lit(b"!"), F.lit(b"~")) for place in (1, -1)]
    return F.when(edges[0] & edges[1], text).otherwise(F.trim(text, F.lit(BLANKS)))


def _frame(spark: SparkSession, source: Source, table: Table, delivery: Delivery) -> DataFrame:
    own = {name: _option(value) for name, value in source.options.items()}
    options = {**_TEXT_OPTIONS.get(source.format, {}), **own}
    if source.is_by_line:
        _require_one_small_file(source, delivery)
        # A file whose records may span lines is never split.
        options["multiLine"] = "true"
    reader = spark.read.format(source.format).options(**options)
    if delivery.version is not None:
        reader = reader.option("versionAsOf", delivery.version)
    if delivery.is_named_table:
        return reader.table(delivery.path)
    if delivery.is_nested:
        reader = reader.option("recursiveFileLookup", "true")
    whole = list(delivery.paths) or [delivery.path]
    read = whole if delivery.only is None else [delivery.only]
    if read != [delivery.path]:
        # A file alone else loses the columns that the names of its folders hold.
        reader = reader.option("basePath", delivery.path)
    if source.format == "json":
        return _with_file(reader.option("columnNameOfCorruptRecord", MALFORMED).load(read))
    parts = headers.by_columns(reader, source, delivery) if delivery.only is None else {}
    if len(parts) < 2:
        return _like(reader, source, read, reader.load(whole).columns if source.format == "csv" else ())
    headers.require_needed(source, table, parts)
    frames = (_like(reader, source, files, columns) for columns, files in parts.items())
    return reduce(partial(DataFrame.unionByName, allowMissingColumns=True), frames)


def _like(reader: DataFrameReader, source: Source, files: list[str], columns: Sequence[str]) -> DataFrame:
    """Files with the same columns."""
    if source.format != "csv":
        loaded = reader.load(files)
        return loaded if source.format == "delta" else _with_file(loaded)
    schema = T.StructType([T.StructField(name, T.StringType()) for name in (*columns, MALFORMED)])
    return _with_file(reader.schema(schema).option("columnNameOfCorruptRecord", MALFORMED).load(files))


def _with_file(loaded: DataFrame) -> DataFrame:
    """Add FILE. Of files alone, before they are put together: what is put together knows its files no more."""
    # Spark tells it as part of an address: a blank as %20, while a plus is a plus.
    name = loaded.metadataColumn("_metadata")["file_name"]
    return loaded.withColumn(FILE, F.try_url_decode(F.replace(name, F.lit("+"), F.lit("%2B"))))


def _require_one_small_file(source: Source, delivery: Delivery) -> None:
    if delivery.n_files != 1 or delivery.largest_bytes > LARGEST_FILE_BY_LINE:
        raise SourceError(
            "keys from line numbers need one small file",
            where=f"source {source.name}",
            found=f"{delivery.n_files} files, the largest of {delivery.largest_bytes:,} bytes",
            expected=f"one CSV file of at most {LARGEST_FILE_BY_LINE:,} bytes",
            remedy="give the rows a key of their own, or write row_key: hash",
        )


def _option(value: str | bool | int) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _hashable(frame: DataFrame, name: str) -> Column:
    """The cell as xxhash64 takes it: maps, which it does not take, as JSON with the rest of what is nested."""
    return F.to_json(_column(name)) if is_nested(frame, name) else _column(name)


def which_are_null(names: list[str]) -> list[Column]:
    """Bits that say which cells hold nothing: xxhash64 passes over nulls, so (null, a) would equal (a, null)."""
    return [
        reduce(
            Column.bitwiseOR,
            (
                F.when(_column(name).isNull(), F.lit(1 << place)).otherwise(F.lit(0)).cast("bigint")
                for place, name in enumerate(names[at : at + _BITS])
            ),
        )
        for at in range(0, len(names), _BITS)
    ]


def hash_of(names: Sequence[str]) -> Column:
    """Hash of some plain columns of a row; a value in another of them is another hash."""
    return F.xxhash64(*map(_column, names), *which_are_null(list(names)))


def as_text(frame: DataFrame, name: str) -> Column:
    """The cell as text, nested ones as JSON."""
    return F.to_json(_column(name)) if is_nested(frame, name) else _column(name).cast("string")


def is_nested(frame: DataFrame, name: str) -> bool:
    """Whether the cells of a column hold cells of their own."""
    return isinstance(frame.schema[name].dataType, T.ArrayType | T.MapType | T.StructType)


def _column(name: str) -> Column:
    return F.col(f"`{name.replace('`', '``')}`")
