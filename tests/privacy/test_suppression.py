"""Small counts."""

import pytest

from segmentation.privacy.suppression import released_count, shown_count, shown_counts


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, None), (9, None), (10, 10), (None, None)])
def test_a_small_count_is_not_shown(count, shown):
    assert shown_count(count) == shown


def test_one_hidden_part_of_a_known_total_takes_a_second_with_it():
    assert shown_counts([50, 3, 20]) == [50, None, None]


def test_two_hidden_parts_guard_each_other():
    assert shown_counts([50, 3, 4]) == [50, None, None]


@pytest.mark.parametrize(("count", "released"), [(0, 0), (9, None), (12, 10), (13, 15), (1000, 1000)])
def test_what_leaves_the_company_is_rounded_to_five(count, released):
    assert released_count(count) == released
