"""Small counts: what may be said about a group without telling on the few in it."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

SMALLEST_COUNT_SHOWN = 10
"""A group of fewer people is not shown. Source: Griffiths et al., Handbook on Statistical Disclosure Control for
Outputs (Safe Data Access Professionals, 2019): a minimum of 10 in a cell as the rule of thumb."""
ROUNDED_TO = 5
"""Counts that leave the company are rounded to this. Source: OpenSAFELY's rules for released outputs (nearest 5)."""


def shown_count(count: int | None) -> int | None:
    """The count; null when it is small and not 0."""
    if count is None or 0 < count < SMALLEST_COUNT_SHOWN:
        return None
    return count


def shown_counts(counts: Sequence[int]) -> list[int | None]:
    """The parts of a total that is shown as well: when one part alone is hidden, the next smallest is hidden too.

    One hidden part could be had by taking the others from the total. Of equal parts the first is hidden.
    """
    shown = [shown_count(count) for count in counts]
    hidden = [place for place, count in enumerate(shown) if count is None]
    left = [place for place, count in enumerate(shown) if count]
    if len(hidden) == 1 and left:
        shown[min(left, key=lambda place: (counts[place], place))] = None
    return shown


def released_count(count: int | None) -> int | None:
    """The count as it may leave the company: small ones null, others rounded."""
    shown = shown_count(count)
    return None if shown is None else ROUNDED_TO * ((shown + ROUNDED_TO // 2) // ROUNDED_TO)


def only_shown(value: Column, count: Column) -> Column:
    """The value of a group; null when the group is small."""
    return F.when(count >= SMALLEST_COUNT_SHOWN, value)
