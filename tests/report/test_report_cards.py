"""What to do: the cards of the segments, and what they keep to themselves."""

from datetime import date

import operator_tables
import pandas as pd
import pytest

from segmentation.report import cards, certainty, objective
from segmentation.report.data import VerticalData
from segmentation.report.words import MINUS, NBSP, TOO_FEW, Money
from segmentation.settings import VerticalName

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
EUROS = Money("EUR", 100)
_PROFILE = ["as_of", "segment_id", "feature", "family", "n_known", "mean", "base_mean"]


def _vertical(lines: dict[date, dict[str, int]], profiles: pd.DataFrame | None = None) -> VerticalData:
    """Two or three segments, worth 10 EUR a line; segment names are their ids in capitals."""
    sizes = [
        {"as_of": day, "segment_id": name, "n_lines": n, "total_value": 1000 * n, "n_valued": n, "n_outliers": 0}
        | {"n_border": 0, "n_leaning": 0, "n_clear": n, "n_sure": 0, "mean_probability": None, "mean_quality": 0.9}
        for day, counts in lines.items()
        for name, n in counts.items()
    ]
    segments = [
        {"segment_id": name, "segment_name": name.upper(), "colour": "#0072B2", "symbol": "circle", "sign": "●"}
        | {"archetype": None, "looks_like": None, "recommended_action": None}
        for name in lines[JUNE]
    ]
    return VerticalData(
        vertical=VerticalName.PAYG,
        settings=operator_tables.settings().verticals[VerticalName.PAYG],
        as_of=JUNE,
        months=tuple(lines),
        segments=pd.DataFrame(segments),
        sizes=pd.DataFrame(sizes),
        profiles=pd.DataFrame(columns=_PROFILE) if profiles is None else profiles,
        sample=pd.DataFrame(columns=["segment_id"]),
        missing=pd.DataFrame(columns=["as_of", "family", "n_lines"]),
        assigned_by=pd.DataFrame(columns=["as_of", "assigned_by", "n_lines"]),
        ties=pd.DataFrame(columns=["kind", "n_ties"]),
        ties_between=pd.DataFrame(columns=["segment_id", "other_segment_id", "n_ties"]),
        model=None,
    )


def _said(text: str) -> str:
    return text.replace(NBSP, " ").replace(MINUS, "-")


def test_a_card_tells_size_value_and_change():
    first, _ = cards.cards(_vertical({MAY: {"a": 50, "b": 50}, JUNE: {"a": 75, "b": 25}}), EUROS)

    assert (first.name, first.n_lines, _said(first.share)) == ("A", "75", "75 %")
    assert (_said(first.value_per_line), _said(first.total_value)) == ("10.00 EUR", "750 EUR")
    assert (_said(first.change), first.direction) == ("+25 lines (+50.0 %) since May 2026", "up")


def test_a_small_segment_is_not_shown_nor_the_one_that_would_give_it_away():
    found = {card.name: card for card in cards.cards(_vertical({JUNE: {"a": 200, "b": 40, "c": 4}}), EUROS)}

    assert found["A"].n_lines == "200"
    assert {found[name].n_lines for name in "BC"} == {TOO_FEW}
    assert {found[name].total_value for name in "BC"} == {TOO_FEW}
    assert found["C"].value_per_line == TOO_FEW


def test_the_brief_names_the_richest_and_those_that_moved_most():
    brief = cards.in_brief(_vertical({MAY: {"a": 60, "b": 20, "c": 20}, JUNE: {"a": 50, "b": 20, "c": 30}}), EUROS)

    assert [point.name for point in brief.points] == ["A", "C"]
    assert "50 % of the value" in _said(brief.points[0].fact)
    assert "shrank most: -10 lines" in _said(brief.points[0].fact)
    assert "grew most: +10 lines" in _said(brief.points[1].fact)
    assert brief.warnings == ()


def test_one_segment_for_nearly_everybody_is_warned_of():
    brief = cards.in_brief(_vertical({JUNE: {"a": 970, "b": 30}}), EUROS)

    assert "A hold 97 % of all lines" in _said(brief.warnings[0])


def test_without_value_nothing_is_said_of_it():
    data = _vertical({JUNE: {"a": 50, "b": 50}})
    data.sizes[["total_value", "n_valued"]] = [None, 0]

    first = cards.cards(data, EUROS)[0]

    assert (first.value_per_line, first.value_share) == ("not known", "not known")
    assert [point.name for point in cards.in_brief(data, EUROS).points] == []


def test_one_month_alone_is_a_sentence_not_a_chart():
    sizes, sure = certainty.over_time_and_certainty(_vertical({JUNE: {"a": 50, "b": 50}}))

    assert sizes.panels == ()
    assert "Only one month" in sizes.nothing
    assert sure.table.rows[0][3] == f"100{NBSP}%"


@pytest.mark.parametrize(("known", "now"), [(True, "12.00 EUR a month"), (False, objective.NOT_YET)])
def test_a_success_metric_shows_what_it_is_now(known, now):
    row = (JUNE, "a", "recharge_amount_per_month", "recharge", 50, 1100.0, 1200.0)
    profiles = pd.DataFrame([row] if known else [], columns=_PROFILE)

    metrics = objective.objective(_vertical({JUNE: {"a": 50, "b": 50}}, profiles), EUROS).metrics

    said = {metric.source: metric for metric in metrics}
    assert _said(said["payg_features.recharge_amount_per_month"].now) == now
    assert said["payg_features.recharge_amount_per_month"].wanted == "should rise"
