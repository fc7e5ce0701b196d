"""Partials: any day as the end of a period, made once, made again only when the deliveries change."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from segmentation.features import partials, usage
from segmentation.periods import period_ends, period_start
from segmentation.tables import care, clean

JUNE, MAY = date(2026, 6, 30), date(2026, 5, 31)


def use(who, day, kb):
    return {"subscriber_id": who, "day": day, "data_kb": kb}


def write_usage(tables_at, rows, feed, *, source="usage", mapping="mapping", at=0):
    brought = [{**row, "feed_id": feed} for row in rows]
    tables_at.replace(tables_at.rows(clean.USAGE_DAILY, brought), clean.USAGE_DAILY)
    delivered = {
        "source": source,
        "feed_id": feed,
        "table_name": clean.USAGE_DAILY.name,
        "mapping_hash": mapping,
        "recorded_at": datetime(2026, 7, 1) + timedelta(hours=at),
    }
    tables_at.replace(tables_at.rows(care.FEEDS, [delivered]), care.FEEDS, source=source, feed_id=feed)


def stored(tables_at):
    rows = tables_at.read(usage.PARTIALS).collect()
    return {(row["subscriber_id"], row["period"]): row["data_kb"] for row in rows}


@pytest.mark.parametrize("as_of", [JUNE, date(2026, 6, 9), date(2026, 3, 30)])
def test_chains_hold_every_period_once_and_no_day_twice(as_of):
    asked = sorted({*period_ends(as_of, 8), *period_ends(JUNE, 8)})

    chains = partials.without_overlap(asked)

    assert sorted(end for chain in chains for end in chain) == asked
    for chain in chains:
        assert all(earlier < period_start(later) for earlier, later in pairwise(chain))


@pytest.mark.delta
def test_a_period_ends_on_any_day_and_holds_the_month_before_it(tables_at):
    days = [(date(2026, 5, 9), 1), (date(2026, 5, 10), 10), (date(2026, 6, 9), 100), (date(2026, 6, 10), 1000)]
    write_usage(tables_at, [use("ann", day, kb) for day, kb in days], "first")

    partials.ensure(tables_at, [date(2026, 6, 9), JUNE, MAY])

    assert stored(tables_at) == {("ann", date(2026, 6, 9)): 110, ("ann", JUNE): 1100, ("ann", MAY): 11}


@pytest.mark.delta
def test_a_period_is_made_once_and_again_when_the_deliveries_change(tables_at):
    write_usage(tables_at, [use("ann", JUNE, 5), use("ann", MAY, 7)], "first")
    partials.ensure(tables_at, [JUNE])
    once = tables_at.version(usage.PARTIALS)

    partials.ensure(tables_at, [JUNE])
    again = tables_at.version(usage.PARTIALS)
    partials.ensure(tables_at, [MAY])
    with_may = stored(tables_at)
    write_usage(tables_at, [use("ann", JUNE, 50)], "second", at=1)
    partials.ensure(tables_at, [JUNE])

    assert again == once
    assert with_may == {("ann", JUNE): 5, ("ann", MAY): 7}
    assert stored(tables_at)["ann", JUNE] == 50


@pytest.mark.delta
def test_the_same_file_read_by_another_mapping_is_made_again(tables_at):
    write_usage(tables_at, [use("ann", JUNE, 5)], "file", mapping="in MB")
    partials.ensure(tables_at, [JUNE])

    write_usage(tables_at, [use("ann", JUNE, 5000)], "file", mapping="in KB", at=1)
    partials.ensure(tables_at, [JUNE])

    assert stored(tables_at) == {("ann", JUNE): 5000}


@pytest.mark.delta
def test_a_delivery_that_comes_back_is_made_again(tables_at):
    first, second = [use("ann", JUNE, 5)], [use("ann", JUNE, 50)]
    found = []

    for hour, (feed, rows) in enumerate([("a", first), ("b", second), ("a", first)]):
        write_usage(tables_at, rows, feed, at=hour)
        partials.ensure(tables_at, [JUNE])
        found.append(stored(tables_at)["ann", JUNE])

    assert found == [5, 50, 5]


@pytest.mark.delta
def test_a_source_that_fills_the_table_no_longer_does_not_count(tables_at):
    def version():
        return partials.delivered_versions(tables_at, [clean.USAGE_DAILY])[clean.USAGE_DAILY.name]

    write_usage(tables_at, [use("ann", JUNE, 5)], "a")
    alone = version()
    write_usage(tables_at, [use("bob", JUNE, 5)], "b", source="other", at=1)
    other = version()
    write_usage(tables_at, [use("ann", JUNE, 5)], "a", at=2)

    assert version() == alone != other
