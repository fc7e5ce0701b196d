"""The ladder: late is not quiet, and quiet is not late."""

from datetime import date

import pytest

from segmentation.features import availability, care, recharge, usage
from segmentation.periods import period_ends

JUNE = date(2026, 6, 30)
NEWEST_FIRST = period_ends(JUNE, 8)[::-1]


def write(tables_at, table, ages, n_lines=1, **measures):
    """A row of partials for each line and each of the periods, told by age."""
    rows = [
        {"subscriber_id": f"s{n}", "period": NEWEST_FIRST[age], "input_version": "v", **measures}
        for age in ages
        for n in range(n_lines)
    ]
    tables_at.replace(tables_at.rows(table, rows), table)


@pytest.mark.delta
@pytest.mark.parametrize("ages", [[0], [4], [7]])
def test_in_a_small_base_a_period_without_contacts_is_quiet(tables_at, ages):
    write(tables_at, usage.PARTIALS, range(7))
    write(tables_at, care.PARTIALS, ages)

    there = availability.look(tables_at, JUNE)

    assert (there.lags["care"], there.depths["care"]) == (0, 6)


@pytest.mark.delta
def test_a_base_that_began_lately_has_events_no_deeper_than_itself(tables_at):
    write(tables_at, usage.PARTIALS, range(2))
    write(tables_at, care.PARTIALS, [0])

    assert availability.look(tables_at, JUNE).depths["care"] == 2


@pytest.mark.delta
def test_in_a_large_base_a_period_without_contacts_is_late(tables_at):
    write(tables_at, usage.PARTIALS, range(8))
    write(tables_at, care.PARTIALS, range(2, 6), n_lines=20)

    there = availability.look(tables_at, JUNE)

    assert (there.lags["care"], there.depths["care"]) == (2, 4)


@pytest.mark.delta
def test_silence_is_told_up_to_the_period_that_use_and_recharges_cover(tables_at):
    write(tables_at, recharge.PARTIALS, range(8))
    before = availability.look(tables_at, JUNE)
    write(tables_at, usage.PARTIALS, range(1, 8))

    there = availability.look(tables_at, JUNE)

    assert before.heard_until == JUNE
    assert there.heard_until == availability.heard_until(tables_at, JUNE) == date(2026, 5, 31)
    assert "PAYG lines are heard until 2026-05-31: silence is counted to that day" in there.notes()


@pytest.mark.delta
def test_use_without_charges_has_no_charges_to_value_lines_by(tables_at):
    write(tables_at, recharge.PARTIALS, range(8))
    write(tables_at, usage.PARTIALS, range(8))
    uncharged = availability.look(tables_at, JUNE)
    write(tables_at, usage.PARTIALS, range(8), charged_amount=0)

    charged = availability.look(tables_at, JUNE)

    assert not uncharged.has(availability.CHARGES)
    assert any(note.startswith("value of PAYG lines is what they recharge") for note in uncharged.notes())
    assert charged.has(availability.CHARGES)
