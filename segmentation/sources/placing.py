"""The rows of a delivery go into their clean table: all at once, month by month, or one by one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
        placed = _replace_months(tables_at, rows, source, delivery, others, withdrawn)
        gone = [feed_id for feed_id in withdrawn if feed_id != delivery.feed_id]
        if gone:
            tables_at.delete(source.clean_table(), F.col("feed_id").isin(gone))
        return placed
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
    tables_at: Store,
    rows: DataFrame,
    source: Source,
    delivery: Delivery,
    others: Mapping[str, str],
    withdrawn: Collection[str],
) -> Placed:
    """Replace the months that the delivery has a row of; a row that has moved to one of them leaves its old month.

    A month of which the table has later arrivals stays as it is, so the order of deliveries does not matter.
    """
    table, day = source.clean_table(), source.clean_table().time_column
    own = _own(tables_at, source, others)
    arrived = _arrivals(rows, day)
    stored = tables_at.read(table).filter(F.col("feed_id").isin(sorted(own - {*withdrawn, delivery.feed_id})))
    held = _arrivals(stored.filter(F.last_day(day).isin(list(arrived))), day)
    older = sorted(month for month, (newest, _) in arrived.items() if month in held and held[month][0] > newest)
    months = sorted(arrived.keys() - set(older))
    taken = rows.filter(F.last_day(day).isin(months)) if older else rows
    days = [one for month in months for one in _days_of(month)]
    if months:
        feed_ids = sorted({*own, delivery.feed_id})
        tables_at.replace(taken, table, is_unique=source.group is None, **{"feed_id": feed_ids, day: days})
    if months and day not in table.grain:
        elsewhere = tables_at.read(table).filter(~F.last_day(day).isin(months))
        moved = elsewhere.join(taken.select(*table.grain), on=list(table.grain), how="left_semi")
        tables_at.delete_keys(moved.select(*table.grain, day), table)
    notes = [
        f"{source.name}: {month:%Y-%m} stays as it is: its rows arrived later than these {arrived[month][1]:,}"
        for month in older
    ]
    return Placed(sum(arrived[month][1] for month in older), tuple(notes))


def _arrivals(rows: DataFrame, day: str) -> dict[date, tuple[datetime, int]]:
    """Newest arrival and number of rows of every month that there is a row of."""
    newest, n_rows = F.max("received_at").alias("newest"), F.count(F.lit(1)).alias("n_rows")
    by_month = rows.groupBy(F.last_day(day).alias("month")).agg(newest, n_rows).collect()
    return {row["month"]: (row["newest"], row["n_rows"]) for row in by_month if row["month"] is not None}


def _own(tables_at: Store, source: Source, others: Mapping[str, str]) -> set[str]:
    """Deliveries that the table has rows of, but those of other sources."""
    held = tables_at.read(source.clean_table()).select("feed_id").distinct().collect()
    return {row["feed_id"] for row in held} - set(others)


def _days_of(month: date) -> list[date]:
    first = period_start(month)
    return [first + timedelta(days=n) for n in range((month - first).days + 1)]
