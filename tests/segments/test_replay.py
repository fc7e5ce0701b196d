"""What was refused by a day, for saying again what was known then."""

from datetime import UTC, datetime

import pytest

from segmentation.segments import replay
from segmentation.sources import feeds
from segmentation.tables import care

OCTOBER = datetime(2026, 10, 31, 23, 59, tzinfo=UTC)
TOP_UPS = {"source": "top_ups", "table_name": "recharges", "feed": "append"}


def at(month, day):
    return datetime(2026, month, day, 12, tzinfo=UTC)


@pytest.fixture
def warehouse(tables_at):
    """September, and one delivery of both months: August read again with what came in November."""
    deliveries = [
        {"feed_id": "august", "read_again_in": "all", "received_at": at(8, 31)},
        {"feed_id": "september", "received_at": at(9, 30)},
        {"feed_id": "all", "received_at": at(11, 30)},
    ]
    refused = [
        {"row_hash": "of september", "feed_id": "september", "received_at": at(9, 2)},
        {"row_hash": "of october, with november", "feed_id": "all", "received_at": at(10, 5)},
        {"row_hash": "of november", "feed_id": "all", "received_at": at(11, 5)},
        {"row_hash": "unreadable in september", "feed_id": "september"},
        {"row_hash": "unreadable in november", "feed_id": "all"},
    ]
    feeds_then = [TOP_UPS | {"recorded_at": at(12, 1), "n_quarantined": 3} | row for row in deliveries]
    rows = [{"source": "top_ups", "n_rows": 1, "state": "open", "recorded_at": at(12, 1)} | row for row in refused]
    tables_at.replace(tables_at.rows(care.FEEDS, feeds_then), care.FEEDS)
    tables_at.replace(tables_at.rows(care.QUARANTINE, rows), care.QUARANTINE)
    return tables_at


def known(warehouse, moment):
    refused, deliveries = replay.known_refused(warehouse, moment)
    book = feeds.Book(tuple(deliveries.collect()))
    return {row["row_hash"] for row in refused.collect()}, {row["feed_id"] for row in book.standing("top_ups")}


def test_rows_are_known_from_the_day_they_arrived_or_their_delivery_did(warehouse):
    refused, standing = known(warehouse, OCTOBER)

    assert refused == {"of september", "of october, with november", "unreadable in september"}
    assert standing == {"september", "all"}


def test_a_delivery_stands_until_the_one_it_is_part_of_has_come(warehouse):
    refused, standing = known(warehouse, at(9, 30))

    assert refused == {"of september", "unreadable in september"}
    assert standing == {"august", "september"}


def test_the_tables_of_a_replay_hold_what_was_refused(warehouse, spark, tmp_path):
    there = type(warehouse)(spark, str(tmp_path / "replay"))

    replay.copy_known(warehouse, there, OCTOBER)

    assert there.read(care.QUARANTINE).count() == 3
    assert {row["feed_id"] for row in there.read(care.FEEDS).collect()} == {"august", "september", "all"}
