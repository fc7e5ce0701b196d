"""Deliveries that would put a few rows in the place of many: most likely they broke off on their way here."""

from collections.abc import Iterator, Mapping
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.errors import SourceError
from segmentation.sources import telling
from segmentation.sources.delivery import Delivery
from segmentation.sources.feeds import Book
from segmentation.sources.source import Source
from segmentation.tables import Store

LEAST_SHARE = 0.5
"""A delivery that brings less than this part of the rows it replaces is refused."""
LEAST_ROWS = 100
"""With fewer rows to replace, half of them may be gone for good reason."""


def require_not_shrunk(
    tables_at: Store, rows: DataFrame, n_rows: int, known: Book, source: Source, delivery: Delivery, mapping: str
) -> None:
    """Raise SourceError when the rows of a delivery are far fewer than those of the source that they replace.

    Under another mapping than before nothing is compared: it may leave rows out on purpose.
    """
    before = [row for row in known.standing(source.name) if row["feed_id"] != delivery.feed_id]
    if source.may_shrink or source.is_merged or not before or before[-1]["mapping_hash"] != mapping:
        return
    told = list(
        _of_a_snapshot(before[-1]["n_written"], n_rows)
        if source.feed == "snapshot"
        else _of_months(tables_at, rows, source, [row["feed_id"] for row in before])
    )
    if told:
        raise SourceError(
            f"the delivery has far fewer rows than what it would replace; {telling.NOTHING_WRITTEN}",
            where=f"source {source.name}",
            found="; ".join(told),
            expected=f"at least {LEAST_SHARE:.0%} of the rows there are",
            remedy="deliver it whole; when the rows are gone for good reason, write may_shrink: true in the source's "
            "YAML for this run",
        )


def _of_a_snapshot(n_before: int, n_rows: int) -> Iterator[str]:
    if _is_short(n_rows, n_before):
        yield f"{n_rows:,} rows in place of {n_before:,}"


def _of_months(tables_at: Store, rows: DataFrame, source: Source, feed_ids: list[str]) -> Iterator[str]:
    """The months of the delivery that would be left with few of their rows, in words."""
    table = source.clean_table()
    brought = _by_month(rows, table.time_column)
    first, last = min(brought, default=None), max(brought, default=None)
    stored = tables_at.read(table).filter(
        F.col("feed_id").isin(feed_ids) & F.last_day(table.time_column).between(F.lit(first), F.lit(last))
    )
    held = _by_month(stored, table.time_column)
    for month, n_rows in sorted(brought.items()):
        if _is_short(n_rows, held.get(month, 0)):
            yield f"{month:%Y-%m}: {n_rows:,} rows in place of {held[month]:,}"


def _by_month(rows: DataFrame, day: str) -> Mapping[date, int]:
    counted = rows.groupBy(F.last_day(day).alias("month")).count().collect()
    return {row["month"]: row["count"] for row in counted if row["month"] is not None}


def _is_short(n_rows: int, n_before: int) -> bool:
    return n_before >= LEAST_ROWS and n_rows < LEAST_SHARE * n_before
