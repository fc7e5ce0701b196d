"""The newest day in a feed: whether the month asked for has come."""

from dataclasses import dataclass, replace
from datetime import date
from functools import partial, reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.sources import mapping, quarantine, reading, telling
from segmentation.sources.delivery import Delivery
from segmentation.sources.source import RowKey, Source
from segmentation.tables import Table

READ_WHOLE_BYTES = 64 * 1024 * 1024
"""A feed of at most so many bytes is read to its end for its newest day, else its first and its last file are."""
WHOLE, ENDS, SAMPLE = "the whole feed", "its first and its last file", "the rows tried"


@dataclass(frozen=True)
class Newest:
    """The newest day that rows of a feed are about."""

    column: str
    """Clean column that tells it: the day of an event, or the begin of what holds."""
    day: date
    among: str
    """What was looked at: WHOLE, ENDS or SAMPLE."""


def newest_day(spark: SparkSession, source: Source, table: Table, found: Delivery, few: DataFrame) -> Newest | None:
    """The newest day, of those not later than the arrival of their row; None where no row tells one.

    `few` are rows of the raw feed, for a feed whose files are too large to be read for this.
    """
    name = quarantine.day_column(source)
    if name not in source.columns or isinstance(source.columns[name], RowKey):
        return None
    with telling.telling_errors(source, "look for the newest day in the feed"):
        if 0 < found.n_bytes <= READ_WHOLE_BYTES:
            raw, among = reading.raw_rows(spark, source, table, found), WHOLE
        elif found.ends and found.largest_bytes <= READ_WHOLE_BYTES:
            parts = (reading.raw_rows(spark, source, table, replace(found, only=path)) for path in found.ends)
            raw, among = reduce(partial(DataFrame.unionByName, allowMissingColumns=True), parts), ENDS
        else:
            raw, among = few, SAMPLE
        day = _newest(raw, source, name)
    return None if day is None else Newest(name, day, among)


def _newest(raw: DataFrame, source: Source, name: str) -> date | None:
    rows = reading.trimmed(raw, source)
    # Neither a day nor a moment is made with the secret.
    day = mapping.value(rows, source.columns[name], "date", source, b"")
    arrived_on = mapping.value(rows, source.received_at, "timestamp", source, b"").cast("date")
    is_past = day <= F.coalesce(arrived_on, day)
    newest: date | None = rows.filter(mapping.is_let_in(source) & is_past).agg(F.max(day)).collect()[0][0]
    return newest
