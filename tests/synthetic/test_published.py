"""Published facts: each has its source, and a base is like it or is not."""

import re

import pytest

from segmentation.synthetic.concentration import TOPS
from segmentation.synthetic.published import FACTS, ONE_FIGURE, Fact, Source

SOURCE = Source("A study", "2020", "https://example.org/study", "so many")


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.name)
def test_a_fact_has_figures_and_says_where_they_were_published(fact: Fact):
    assert 0 < fact.low <= fact.high
    assert fact.unit in ("share", "KB", "s", "days", "lines")
    assert fact.unit != "share" or fact.high <= 1
    assert fact.sources
    for source in fact.sources:
        assert source.title
        assert re.fullmatch(r"(19|20)\d\d|", source.year)
        assert re.fullmatch(r"https?://[^\s<>\"]+", source.address)
        assert re.search(r"\d|half|a quarter", source.says)
    assert fact.of_top is None or fact.of_top[1] in TOPS


def test_facts_are_told_apart():
    assert len({fact.name for fact in FACTS}) == len(FACTS)


def test_a_range_holds_what_lies_in_it_and_nothing_else():
    churn = Fact("churn", "Lines lost", 0.02, 0.04, "share", (SOURCE,))

    assert [churn.holds(seen) for seen in (0.0199, 0.02, 0.04, 0.0401, None)] == [False, True, True, False, None]


def test_one_figure_holds_what_is_near_it():
    calls = Fact("calls", "Length of a call", 100, 100, "s", (SOURCE,))

    assert calls.is_one_figure
    assert calls.limits == (100 * (1 - ONE_FIGURE), 100 * (1 + ONE_FIGURE))
    assert [calls.holds(seen) for seen in (79, 81, 119, 121)] == [False, True, True, False]
