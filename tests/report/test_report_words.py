"""Numbers, amounts and features as people say them."""

from datetime import date

import pandas as pd
import pytest

from segmentation.features import catalogue
from segmentation.report import vocabulary, words
from segmentation.report.figures.look import stroke
from segmentation.report.words import Money

EUROS, YEN = Money("EUR", 100), Money("JPY", 1)


def _plain(text: str) -> str:
    return text.replace(words.NBSP, " ").replace(words.MINUS, "-")


@pytest.mark.parametrize(
    ("money", "minor", "said"),
    [
        (EUROS, 1240, "12.40 EUR"),
        (EUROS, 124_000, "1,240 EUR"),
        (EUROS, 123_456_789, "1.23 million EUR"),
        (YEN, 99, "99.00 JPY"),
        (EUROS, None, "not known"),
        (EUROS, float("nan"), "not known"),
    ],
)
def test_amounts_are_told_in_whole_units_of_the_currency(money, minor, said):
    assert _plain(money.text(minor)) == said


@pytest.mark.parametrize(
    ("part", "said"), [(0, "0 %"), (0.0004, "< 0.1 %"), (0.004, "0.4 %"), (0.126, "13 %"), (None, "not known")]
)
def test_small_shares_are_not_rounded_to_nothing(part, said):
    assert _plain(words.share(part)) == said


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (104, 100, "+4 lines (+4.0 %) since May"),
        (99, 100, "-1 line (-1.0 %) since May"),
        (100, 100, "as many lines as in May"),
        (12, 0, "new since May"),
        (None, 100, "change not shown: too few lines"),
        (100, None, "change not shown: too few lines"),
    ],
)
def test_changes_are_told_with_their_sign(now, before, said):
    assert _plain(words.change(now, before, "May")) == said


def test_a_difference_that_rounds_to_nothing_has_no_sign():
    assert words.signed(-0.04, ".1f") == "0.0"


def test_measures_are_told_in_units_people_use():
    assert _plain(vocabulary.of("data_kb_per_month", EUROS).scale.text(3 * 1024 * 1024)) == "3.00 GB a month"
    assert _plain(vocabulary.of("voice_seconds_per_month", EUROS).scale.text(600)) == "10.0 minutes a month"
    assert _plain(vocabulary.of("supermarket_amount_per_month", EUROS).scale.text(25_050)) == "250 EUR a month"
    assert _plain(vocabulary.of("data_velocity", EUROS).scale.text(1.5)) == "1.50 times the 3 months before"
    assert _plain(vocabulary.of("pack_used_ratio", EUROS).scale.text(1.5)) == "1.50 times what is included"
    assert _plain(vocabulary.of("churned_share", EUROS).scale.text(0.05)) == "5.00 %"


def test_no_two_features_of_a_vertical_are_said_the_same_way():
    for vertical in ("payg", "plan", "home"):
        said = [vocabulary.of(feature.name, EUROS).said for feature in catalogue.for_vertical(vertical)]

        assert len(said) == len(set(said))


def test_the_most_telling_features_have_the_widest_gap_and_are_not_all_of_one_family():
    rows = [
        ("sms", "usage", 0.1), ("sms", "usage", 0.9),
        ("calls", "usage", 0.2), ("calls", "usage", 0.9),
        ("bill", "billing", 0.4), ("bill", "billing", 0.6),
        ("silent", "care", None), ("silent", "care", None),
    ]  # fmt: skip
    profiles = pd.DataFrame(rows, columns=["feature", "family", "mean_rank"])

    assert vocabulary.most_telling(profiles, 5, per_family=1) == ["sms", "bill"]
    assert vocabulary.most_telling(profiles, 2, per_family=2) == ["sms", "calls"]


def test_a_pale_colour_is_darkened_only_as_a_line():
    assert stroke("#0072B2") == "#0072b2"
    assert stroke("#F0E442") != "#f0e442"


def test_a_month_that_is_not_over_says_how_far_it_goes():
    days = (date(2011, 11, 30), date(2011, 12, 9), date(2012, 2, 29), date(2012, 3, 1), date(2012, 3, 12))

    assert [words.short_month(day) for day in days] == [
        "Nov 2011",
        "Dec 2011 (to the 9th)",
        "Feb 2012",
        "Mar 2012 (to the 1st)",
        "Mar 2012 (to the 12th)",
    ]


def test_a_month_cut_short_is_told_with_what_its_changes_are_worth():
    told = words.cut_short(date(2011, 12, 9), date(2011, 11, 30), is_end_of_data=True)

    assert told == (
        "December 2011 ends on the 9th here, where the data end. Its figures are of the 3 whole months to that day, "
        "many days of which those of November 2011 hold as well: what changed since November 2011 changed within 9 "
        "days."
    )
    assert words.cut_short(date(2011, 12, 31), date(2011, 11, 30), is_end_of_data=False) == ""
    assert words.cut_short(date(2011, 12, 9), None, is_end_of_data=False).endswith("months to that day.")


def test_a_mark_is_told_with_its_range_in_brackets():
    about = vocabulary.of("satisfaction_mean", EUROS)

    assert _plain(about.scale.text(3.32)) == "3.32 (1 to 5)"
