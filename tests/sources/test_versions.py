"""Of rows with one key the latest arrival stands, whatever the order; the others answer for their time."""

from datetime import date, datetime

import pytest

from segmentation.sources import versions
from segmentation.tables import clean
from segmentation.tables.contract import superseded

pytestmark = pytest.mark.delta
AUGUST, OCTOBER = datetime(2026, 8, 6), datetime(2026, 10, 6)


def recharge(ref, amount, received_at, feed_id):
    return {
        "recharge_id": ref,
        "subscriber_id": "ann",
        "day": date(2026, 8, 5),
        "recharge_amount": amount,
        "received_at": received_at,
        "feed_id": feed_id,
    }


def merge(tables_at, *rows, withdrawn=()):
    return versions.merge(tables_at, tables_at.rows(clean.RECHARGES, rows), clean.RECHARGES, withdrawn=withdrawn)


def amounts(tables_at, known_at=None):
    rows = tables_at.read(clean.RECHARGES, known_at=known_at).collect()
    assert len({row["recharge_id"] for row in rows}) == len(rows)
    return {row["recharge_id"]: row["recharge_amount"] for row in rows}


@pytest.mark.parametrize("is_turned", [False, True])
def test_the_later_arrival_stands_and_the_earlier_one_answers_for_its_time(tables_at, is_turned):
    deliveries = [[recharge("a", 10, AUGUST, "f1"), recharge("b", 5, AUGUST, "f1")], [recharge("a", 25, OCTOBER, "f2")]]
    for rows in reversed(deliveries) if is_turned else deliveries:
        merge(tables_at, *rows)

    assert amounts(tables_at) == {"a": 25, "b": 5}
    assert amounts(tables_at, datetime(2026, 9, 30)) == {"a": 10, "b": 5}
    assert amounts(tables_at, datetime(2026, 7, 31)) == {}


def test_of_equally_late_rows_the_same_stands_in_whatever_order_they_come(tables_at):
    merge(tables_at, recharge("a", 10, AUGUST, "f1"), recharge("b", 11, AUGUST, "f1"))

    merge(tables_at, recharge("a", 11, AUGUST, "f2"), recharge("b", 10, AUGUST, "f2"))

    found = amounts(tables_at)
    assert found["a"] == found["b"]
    assert tables_at.read(superseded(clean.RECHARGES)).isEmpty()


def test_rows_that_the_table_has_change_nothing(tables_at):
    rows = [recharge("a", 10, AUGUST, "f1"), recharge("b", 5, AUGUST, "f1")]
    merge(tables_at, *rows)

    again = merge(tables_at, *({**row, "feed_id": "f2"} for row in rows))

    assert (again.n_without_effect, again.n_replaced) == (2, 0)
    assert {row["feed_id"] for row in tables_at.read(clean.RECHARGES).collect()} == {"f1"}


def test_where_a_delivery_is_withdrawn_what_it_had_replaced_stands_again(tables_at):
    merge(tables_at, recharge("a", 10, AUGUST, "f1"), recharge("b", 5, AUGUST, "f1"))
    merge(tables_at, recharge("a", 25, OCTOBER, "f2"), recharge("c", 7, OCTOBER, "f2"))

    merge(tables_at, recharge("c", 8, OCTOBER, "f3"), withdrawn=["f2"])

    assert amounts(tables_at) == {"a": 10, "b": 5, "c": 8}
    assert amounts(tables_at, datetime(2026, 9, 30)) == {"a": 10, "b": 5}
    assert tables_at.read(superseded(clean.RECHARGES)).isEmpty()
