from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.periods import month_end, months_before, months_between, period_ends, period_start

DAYS = st.dates(date(1950, 1, 1), date(2100, 12, 31))


def test_a_month_ends_on_its_last_day_in_leap_years_too():
    assert [month_end("2024-02"), month_end("2026-02"), month_end("2026-10")] == [
        date(2024, 2, 29),
        date(2026, 2, 28),
        date(2026, 10, 31),
    ]


@pytest.mark.parametrize("text", ["2026-1", "26-10", "2026-13", "2026/10", "october", ""])
def test_anything_else_is_no_month(text):
    with pytest.raises(ValueError, match=r"month|int|invalid"):
        month_end(text)


def test_a_month_before_a_month_end_is_a_month_end():
    assert months_before(date(2026, 2, 28), 1) == date(2026, 1, 31)
    assert months_before(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert months_before(date(2026, 1, 15), 13) == date(2024, 12, 15)


@given(DAYS, st.integers(1, 24))
def test_periods_follow_one_another_without_gap_or_overlap(as_of, n_periods):
    ends = period_ends(as_of, n_periods)

    assert ends[-1] == as_of
    for before, after in pairwise(ends):
        assert (period_start(after) - before).days == 1


@given(DAYS, DAYS)
def test_months_between_are_all_months_of_the_span(one, other):
    first, last = sorted((one, other))

    ends = months_between(first, last)

    assert ends[0] == month_end(f"{first:%Y-%m}")
    assert ends[-1] == month_end(f"{last:%Y-%m}")
    assert len(ends) == (last.year - first.year) * 12 + last.month - first.month + 1
