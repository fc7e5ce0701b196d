"""The ladder: late is not quiet, and quiet is not late."""

from datetime import date

import pytest

from segmentation.features import availability, care, recharge, usage
from segmentation.periods import period_ends

JUNE = date(2026, 6, 30)
NEWEST_FIRST = period_ends(JUNE, 8)[::-1]


def write(tables_at, table, ages, n_lines=1, **measures):
    """Make these the partials: as `partial_rows`."""
    tables_at.replace(tables_at.rows(table, partial_rows(ages, n_lines, **measures)), table)


def partial_rows(ages, n_lines, **measures):
    """A row for each line and each of the periods, told by age."""
    return [
        {"subscriber_id": f"s{n}", "period": NEWEST_FIRST[age], "input_version": "v", **measures}
        for age in ages
        for n in range(n_lines)
    ]


def in_june(days):
    """Days as bits, the lowest for the 30th."""
    return sum(1 << (30 - day) for day in days)


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


@pytest.mark.delta
def test_where_no_contact_is_ever_resolved_none_is_known_to_be_open(tables_at):
    write(tables_at, care.PARTIALS, range(8), n_lines=20, n_contacts=1, n_resolved=0)
    untold = availability.look(tables_at, JUNE)
    write(tables_at, care.PARTIALS, range(8), n_lines=20, n_contacts=1, n_resolved=1)

    told = availability.look(tables_at, JUNE)

    assert not untold.has(availability.SOLUTIONS)
    assert "what is open with care is not known: no contact is ever resolved" in untold.notes()
    assert told.has(availability.SOLUTIONS)
    assert not any("open" in note for note in told.notes())


@pytest.mark.delta
@pytest.mark.parametrize(
    ("n_lines", "days", "told"),
    [
        (20, range(1, 31), "usage is half there: its last period has 20 lines and 0 days without any"),
        (50, range(1, 15), "usage is half there: its last period has 50 lines and 16 days without any"),
        (50, [*range(1, 11), *range(20, 31)], "usage is half there: its last period has 50 lines and 9 days without"),
    ],
    ids=["too few lines", "the end is missing", "days in its midst are missing"],
)
def test_a_period_that_is_half_there_is_late_and_its_lines_are_not_silent(tables_at, n_lines, days, told):
    write(tables_at, recharge.PARTIALS, range(8), n_lines=50)
    # Each line is heard on every other day: together they are heard on all of them.
    last = [
        {**row, "days_heard": in_june(days[number % 2 :: 2])} for number, row in enumerate(partial_rows([0], n_lines))
    ]
    tables_at.replace(tables_at.rows(usage.PARTIALS, [*partial_rows(range(1, 8), 50), *last]), usage.PARTIALS)

    there = availability.look(tables_at, JUNE)

    assert (there.lags["usage"], there.lags["recharge"]) == (1, 0)
    assert there.heard_until == date(2026, 5, 31)
    assert there.notes()[0].startswith(told)


@pytest.mark.delta
def test_fewer_lines_of_a_small_base_and_a_slow_week_are_no_gap(tables_at):
    rows = [*partial_rows(range(1, 8), 50), *partial_rows([0], 30, days_heard=in_june(range(1, 24)))]
    tables_at.replace(tables_at.rows(usage.PARTIALS, rows), usage.PARTIALS)
    write(tables_at, recharge.PARTIALS, range(1, 8), n_lines=20)
    few = tables_at.rows(recharge.PARTIALS, partial_rows([0], 1, last_day=date(2026, 6, 2)))
    tables_at.append(few, recharge.PARTIALS)

    there = availability.look(tables_at, JUNE)

    assert (there.lags["usage"], there.lags["recharge"]) == (0, 0)
    assert there.half_there == {}


@pytest.mark.delta
def test_use_that_is_told_once_a_month_is_not_half_there(tables_at):
    write(tables_at, usage.PARTIALS, range(8), n_lines=50, days_heard=in_june([30]))

    there = availability.look(tables_at, JUNE)

    assert (there.lags["usage"], there.half_there) == (0, {})


@pytest.mark.delta
def test_events_of_few_lines_may_halve_from_one_month_to_the_next(tables_at):
    write(tables_at, usage.PARTIALS, range(8), n_lines=50)
    tables_at.replace(
        tables_at.rows(care.PARTIALS, [*partial_rows(range(1, 8), 40), *partial_rows([0], 3)]), care.PARTIALS
    )

    assert availability.look(tables_at, JUNE).lags["care"] == 0


@pytest.mark.delta
@pytest.mark.parametrize(("age", "rung"), [(1, "late"), (2, "late"), (3, "missing")])
def test_a_family_is_taken_up_to_two_periods_back_and_then_left_out(tables_at, age, rung):
    write(tables_at, recharge.PARTIALS, range(8))
    write(tables_at, usage.PARTIALS, range(age, 8))

    there = availability.look(tables_at, JUNE)

    told = {
        "late": f"usage is late: its last period but {age} is used",
        "missing": "usage is missing: its features are",
    }
    assert any(note.startswith(told[rung]) for note in there.notes())
    assert there.missing(("usage", "recharge")) == (["usage"] if rung == "missing" else [])
    assert there.staleness(("usage", "recharge")) == (age if rung == "late" else 0)
