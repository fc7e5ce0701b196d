"""Partials: any day as the end of a period, made once, made again only when what they are made from changes."""

from datetime import date
from itertools import pairwise

import pytest

from segmentation.features import partials, usage
from segmentation.periods import period_ends, period_start
from segmentation.sources import contents
from segmentation.tables import clean

JUNE, MAY = date(2026, 6, 30), date(2026, 5, 31)


def use(who, day, kb):
    return {"subscriber_id": who, "day": day, "data_kb": kb}


def write_usage(tables_at, *rows):
    """Make the table hold these rows, as an intake does."""
    tables_at.replace(tables_at.rows(clean.USAGE_DAILY, rows), clean.USAGE_DAILY)
    contents.remember(tables_at, clean.USAGE_DAILY, "run")


def stored(tables_at):
    rows = tables_at.read(usage.PARTIALS).collect()
    return {(row["subscriber_id"], row["period"]): row["data_kb"] for row in rows}


def made_from(tables_at):
    rows = tables_at.read(usage.PARTIALS).select("period", "input_version").distinct().collect()
    return {row["period"]: row["input_version"] for row in rows}


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
    write_usage(tables_at, *(use("ann", day, kb) for day, kb in days))

    partials.ensure(tables_at, [date(2026, 6, 9), JUNE, MAY])

    assert stored(tables_at) == {("ann", date(2026, 6, 9)): 110, ("ann", JUNE): 1100, ("ann", MAY): 11}


@pytest.mark.delta
def test_a_period_is_made_once_and_again_when_what_it_is_made_from_changes(tables_at):
    write_usage(tables_at, use("ann", JUNE, 5), use("ann", MAY, 7))
    partials.ensure(tables_at, [JUNE])
    once = tables_at.version(usage.PARTIALS)

    partials.ensure(tables_at, [JUNE])
    again = tables_at.version(usage.PARTIALS)
    partials.ensure(tables_at, [MAY])
    with_may = stored(tables_at)
    write_usage(tables_at, use("ann", JUNE, 50), use("ann", MAY, 7))
    partials.ensure(tables_at, [JUNE])

    assert again == once
    assert with_may == {("ann", JUNE): 5, ("ann", MAY): 7}
    assert stored(tables_at) == {("ann", JUNE): 50, ("ann", MAY): 7}


@pytest.mark.delta
def test_periods_of_which_nothing_came_are_not_made_again_and_again(tables_at):
    write_usage(tables_at, use("ann", JUNE, 5))
    partials.ensure(tables_at, period_ends(JUNE, 8))
    once = tables_at.version(usage.PARTIALS)

    partials.ensure(tables_at, period_ends(JUNE, 8))

    assert tables_at.version(usage.PARTIALS) == once
    assert stored(tables_at) == {("ann", JUNE): 5}


@pytest.mark.delta
def test_a_period_all_of_whose_rows_were_taken_back_has_no_sums_any_more(tables_at):
    write_usage(tables_at, use("ann", JUNE, 5), use("ann", MAY, 7))
    partials.ensure(tables_at, [MAY, JUNE])

    write_usage(tables_at, use("ann", JUNE, 5))
    partials.ensure(tables_at, [MAY, JUNE])

    assert stored(tables_at) == {("ann", JUNE): 5}


def test_only_the_days_of_the_periods_that_are_made_are_read():
    february, march = date(2026, 2, 28), date(2026, 3, 31)

    assert partials.spans([february, march, JUNE]) == [(date(2026, 2, 1), march), (date(2026, 6, 1), JUNE)]


@pytest.mark.delta
def test_a_late_row_has_its_own_period_made_again_and_no_other(tables_at):
    write_usage(tables_at, use("ann", JUNE, 5), use("ann", MAY, 7))
    partials.ensure(tables_at, [MAY, JUNE])
    before = made_from(tables_at)

    write_usage(tables_at, use("ann", JUNE, 5), use("ann", MAY, 7), use("bob", date(2026, 5, 3), 9))
    partials.ensure(tables_at, [MAY, JUNE])

    after = made_from(tables_at)
    assert after[JUNE] == before[JUNE]
    assert after[MAY] != before[MAY]
    assert stored(tables_at)["bob", MAY] == 9


@pytest.mark.delta
def test_rows_that_come_back_are_made_again(tables_at):
    found = []

    for kb in (5, 50, 5):
        write_usage(tables_at, use("ann", JUNE, kb))
        partials.ensure(tables_at, [JUNE])
        found.append(stored(tables_at)["ann", JUNE])

    assert found == [5, 50, 5]
