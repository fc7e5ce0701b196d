"""What a table holds of each day: a late row changes its day, a new month none before it."""

from datetime import date, datetime

import pytest

from segmentation.sources import contents
from segmentation.tables import clean

JULY, AUGUST, SEPTEMBER = date(2026, 7, 10), date(2026, 8, 10), date(2026, 9, 10)
ARRIVAL = {"received_at": datetime(2026, 10, 1), "feed_id": "first"}


def recharge(ref, day, amount=500, **arrival):
    return {"recharge_id": ref, "subscriber_id": "ann", "day": day, "recharge_amount": amount, **ARRIVAL, **arrival}


def spell(valid_to=None, end_reason=None):
    return {
        "subscriber_id": "ann",
        "valid_from": JULY,
        "valid_to": valid_to,
        "vertical": "payg",
        "end_reason": end_reason,
        **ARRIVAL,
    }


@pytest.fixture
def per_day(tables_at):
    def found(table, rows):
        frame = tables_at.rows(table, rows).transform(contents.contents_per_day, table)
        return {row["day"]: row["content"] for row in frame.collect()}

    return found


@pytest.fixture
def version(tables_at):
    """Version of a table up to a day, after it was filled with these rows."""

    def of(table, rows, last, first=None):
        tables_at.replace(tables_at.rows(table, rows), table)
        contents.remember(tables_at, table, "run")
        return contents.held(tables_at, [table]).version(table, last, first)

    return of


def test_a_late_row_changes_its_own_day_alone(per_day):
    before = per_day(clean.RECHARGES, [recharge("a", JULY), recharge("b", AUGUST)])

    after = per_day(clean.RECHARGES, [recharge("c", JULY), recharge("b", AUGUST), recharge("a", JULY)])

    assert before[JULY] != after[JULY]
    assert before[AUGUST] == after[AUGUST]


def test_the_same_facts_by_another_delivery_are_the_same(per_day):
    rows = [recharge("a", JULY), recharge("b", AUGUST)]
    again = [recharge("b", AUGUST, feed_id="second"), recharge("a", JULY, received_at=datetime(2026, 11, 1))]

    assert per_day(clean.RECHARGES, rows) == per_day(clean.RECHARGES, again)


def test_a_value_that_moved_to_another_column_is_another_fact(per_day):
    bill = {"subscriber_id": "ann", "period": JULY, **ARRIVAL}

    overage = per_day(clean.INVOICES, [{**bill, "overage_amount": 5}])
    discount = per_day(clean.INVOICES, [{**bill, "discount_amount": 5}])

    assert overage != discount


def test_the_end_of_what_holds_is_a_fact_of_the_day_it_ends(per_day):
    before = per_day(clean.SERVICE_SPELLS, [spell()])

    after = per_day(clean.SERVICE_SPELLS, [spell(AUGUST, "port_out")])

    assert set(after) == {JULY, AUGUST}
    assert after[JULY] == before[JULY]


def test_a_contact_that_is_resolved_later_is_open_until_then(per_day):
    contact = {"contact_id": "a", "subscriber_id": "ann", "day": JULY, **ARRIVAL}

    before = per_day(clean.CARE_CONTACTS, [contact])
    after = per_day(clean.CARE_CONTACTS, [{**contact, "resolved_on": AUGUST}])

    assert after[JULY] == before[JULY]
    assert AUGUST in after


@pytest.mark.delta
def test_a_new_month_leaves_the_version_of_the_days_before_it(version):
    rows = [recharge("a", JULY), recharge("b", AUGUST)]

    before = version(clean.RECHARGES, rows, AUGUST)
    after = version(clean.RECHARGES, [*rows, recharge("c", SEPTEMBER)], AUGUST)

    assert after == before


@pytest.mark.delta
def test_what_came_before_the_first_day_asked_for_does_not_matter(version):
    before = version(clean.RECHARGES, [recharge("b", AUGUST)], SEPTEMBER, AUGUST)
    late = version(clean.RECHARGES, [recharge("a", JULY), recharge("b", AUGUST)], SEPTEMBER, AUGUST)
    changed = version(clean.RECHARGES, [recharge("a", JULY), recharge("b", AUGUST, 900)], SEPTEMBER, AUGUST)

    assert before == late != changed


@pytest.mark.delta
def test_the_months_that_changed_are_told_and_new_ones_are_not(tables_at):
    def told(*rows):
        tables_at.replace(tables_at.rows(clean.RECHARGES, rows), clean.RECHARGES)
        return contents.remember(tables_at, clean.RECHARGES, "run")

    first = told(recharge("b", AUGUST))
    next_month = told(recharge("b", AUGUST), recharge("c", SEPTEMBER))
    late = told(recharge("a", JULY), recharge("b", AUGUST), recharge("c", SEPTEMBER))

    assert first == next_month == ()
    assert late == ("recharges holds something else of 2026-07 than before: what was made from it is stale",)


@pytest.mark.delta
def test_a_table_that_no_intake_filled_is_told_by_its_delta_version(tables_at):
    tables_at.replace(tables_at.rows(clean.RECHARGES, [recharge("a", JULY)]), clean.RECHARGES)
    before = contents.held(tables_at, [clean.RECHARGES]).version(clean.RECHARGES, JULY)
    tables_at.replace(tables_at.rows(clean.RECHARGES, [recharge("a", JULY)]), clean.RECHARGES)

    assert contents.held(tables_at, [clean.RECHARGES]).version(clean.RECHARGES, JULY) != before


def test_a_day_is_told_to_have_changed_by_the_run_that_changed_it_alone(tables_at):
    def filled(run_id, *rows):
        tables_at.replace(tables_at.rows(clean.RECHARGES, list(rows)), clean.RECHARGES)
        contents.remember(tables_at, clean.RECHARGES, run_id)

    july, august = recharge("a", JULY), recharge("b", AUGUST)
    filled("20260901-1", july)
    filled("20261001-1", july, august)
    new_month = contents.changed_since(tables_at, "20260901-1", JULY)
    filled("20261101-1", july, august, recharge("late", JULY))

    assert new_month == ()
    assert contents.changed_since(tables_at, "20261001-1", JULY) == ("recharges",)
    assert contents.changed_since(tables_at, "20261101-1", AUGUST) == ()
