"""The rows of a delivery go into their clean table: all at once, month by month, or one by one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.periods import period_start
from segmentation.sources import versions
from segmentation.sources.delivery import Delivery
from segmentation.sources.source import Source
from segmentation.tables import Store


@dataclass(frozen=True)
class Placed:
    """What became of accepted rows, of which all are in the table but some."""

    n_not_written: int = 0
    notes: tuple[str, ...] = ()


def place(
    tables_at: Store,
    rows: DataFrame,
    source: Source,
    delivery: Delivery,
    others: Mapping[str, str],
    withdrawn: Collection[str],
) -> Placed:
    """Write the rows of a delivery as its source's `feed` says. Rows of `others`, deliveries of other sources, stay.

    `withdrawn` are deliveries whose rows make way: files of theirs are part of this one, or their source is no more.
    """
    if source.feed == "snapshot":
        _replace_all(tables_at, rows, source, delivery, others)
        return Placed()
    if source.feed == "full_month":
        _replace_months(tables_at, rows, source, delivery, others)
        gone = [feed_id for feed_id in withdrawn if feed_id != delivery.feed_id]
        if gone:
            tables_at.delete(source.clean_table(), F.col("feed_id").isin(gone))
        return Placed()
    merged = versions.merge(tables_at, rows, source.clean_table(), withdrawn=withdrawn)
    notes = []
    if merged.n_without_effect:
        notes.append(
            f"{source.name}: {merged.n_without_effect:,} rows change nothing: the table had them, or a later arrival"
        )
    if merged.n_replaced and source.feed == "append":
        notes.append(
            f"{source.name}: {merged.n_replaced:,} rows came again with other values; facts that are appended do not "
            "change: write feed: upsert if that is meant"
        )
    return Placed(merged.n_without_effect, tuple(notes))


def _replace_all(
    tables_at: Store, rows: DataFrame, source: Source, delivery: Delivery, others: Mapping[str, str]
) -> None:
    """Replace what this source brought before, and what sources brought that fill the table no longer."""
    table, is_unique = source.clean_table(), source.group is None
    if others:
        own = _own(tables_at, source, others)
        tables_at.replace(rows, table, is_unique=is_unique, feed_id=sorted({*own, delivery.feed_id}))
    else:
        tables_at.replace(rows, table, is_unique=is_unique)


def _replace_months(
    tables_at: Store, rows: DataFrame, source: Source, delivery: Delivery, others: Mapping[str, str]
) -> None:
    """Replace the months that the delivery has a row of; a row that has moved to one of them leaves its old month."""
    table, day = source.clean_table(), source.clean_table().time_column
    months = [row[0] for row in rows.select(F.last_day(day)).distinct().collect() if row[0] is not None]
    days = sorted(one for month in months for one in _days_of(month))
    feed_ids = sorted({*_own(tables_at, source, others), delivery.feed_id})
    tables_at.replace(rows, table, is_unique=source.group is None, **{"feed_id": feed_ids, day: days})
    if day not in table.grain:
        elsewhere = tables_at.read(table).filter(~F.last_day(day).isin(months))
        moved = elsewhere.join(rows.select(*table.grain), on=list(table.grain), how="left_semi")
        tables_at.delete_keys(moved.select(*table.grain, day), table)


def _own(tables_at: Store, source: Source, others: Mapping[str, str]) -> set[str]:
    """Deliveries that the table has rows of, but those of other sources."""
    held = tables_at.read(source.clean_table()).select("feed_id").distinct().collect()
    return {row["feed_id"] for row in held} - set(others)


def _days_of(month: date) -> list[date]:
    first = period_start(month)
    return [first + timedelta(days=n) for n in range((month - first).days + 1)]
