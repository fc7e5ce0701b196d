"""The charts that show sizes over time, how sure the assignment is and, for homes, who is tied to whom."""

from dataclasses import replace

import pandas as pd

from segmentation.privacy.suppression import shown_count
from segmentation.report import words
from segmentation.report.cards import shown_by_segment
from segmentation.report.charts import Chart, DataTable, Panel, segment_styles
from segmentation.report.data import VerticalData
from segmentation.report.figures import counts, evidence
from segmentation.report.queries import MARGIN_BANDS

_BANDS = {"border": "on the border", "leaning": "leaning", "clear": "clear", "sure": "beyond doubt"}
_FEWEST_EXPECTED = 5
"""Ties expected by chance under which a ratio is noise and is not drawn."""


def over_time_and_certainty(data: VerticalData) -> list[Chart]:
    """Sizes over months, how sure the assignment is and, for homes, who is tied to whom."""
    segments = segment_styles(data)
    charts = [_sizes(data, segments), _how_sure(data, segments)]
    return [*charts, _ties(data, segments)] if data.settings.method.name == "communities" else charts


def _sizes(data: VerticalData, segments: pd.DataFrame) -> Chart:
    chart = Chart(
        "sizes",
        "Sizes over the months",
        f"Lines in each segment at the end of each month{_cut(data)}. A group too small to show leaves a gap.",
        "",
        "Only one month has been scored so far: the lines begin with the second.",
    )
    if len(data.months) < 2:
        return chart
    shown = {day: shown_by_segment(data.sizes_on(day)["n_lines"]) for day in data.months}
    sizes = pd.DataFrame(
        [(words.short_month(day), one, shown[day].get(one, 0)) for day in data.months for one in segments.index],
        columns=["month", "segment_id", "n_lines"],
    )
    headers = ("Segment", *[words.short_month(day) for day in data.months])
    rows = [
        (name, *[words.count(shown[day].get(one, 0)) for day in data.months]) for one, name in segments["name"].items()
    ]
    figure = counts.sizes_over_months(sizes, segments)
    says = f"Lines by segment at the end of {words.listed(list(headers[1:]))}; the table below holds the counts."
    return replace(chart, says=says, panels=(Panel("", figure),), table=DataTable(headers, tuple(rows)))


def _cut(data: VerticalData) -> str:
    """Months shown of which only a part is behind the figures."""
    cut = [words.month(day) for day in data.months if words.is_cut(day)]
    return f"; {words.listed(cut)} {'is' if len(cut) == 1 else 'are'} not over then" if cut else ""


def _how_sure(data: VerticalData, segments: pd.DataFrame) -> Chart:
    chart = Chart(
        "sure",
        "How sure the assignment is",
        "The margin says how clearly a line belongs to its segment rather than to the next nearest. Treat lines on the "
        "border with offers that suit both segments; spend on personal contact where the choice is clear.",
        "",
        "The method gives no margins for this month.",
    )
    today = data.sizes_on(data.as_of).reindex(segments.index)
    bands = today[[f"n_{name}" for name, _, _ in MARGIN_BANDS]].astype(float).set_axis(list(_BANDS.values()), axis=1)
    known = bands.sum(axis=1)
    if bands.empty or known.sum() == 0:
        return chart
    shares = bands.div(known.where(known > 0), axis=0).set_axis(segments["name"])
    headers = ("Segment", *shares.columns, "far from every segment", "mean probability")
    rows = [
        (
            name,
            *[words.share(part) for part in shares.loc[name]],
            words.share(size["n_outliers"] / size["n_lines"]),
            words.share(size["mean_probability"]),
        )
        for name, (_, size) in zip(shares.index, today.iterrows(), strict=True)
    ]
    says = f"Shares of lines by certainty for {len(shares)} segments; the table below holds them."
    table = DataTable(headers, tuple(rows))
    return replace(chart, says=says, panels=(Panel("", counts.how_sure(shares)),), table=table)


def _ties(data: VerticalData, segments: pd.DataFrame) -> Chart:
    chart = Chart(
        "ties",
        "Who is tied to whom",
        "Ties between homes (household, address, payer, device, support; not mere likeness) compared with chance: 1.0 "
        "is what random ties would give, 3.0 three times as many. High numbers on the diagonal: a segment that keeps "
        "to "
        "itself.",
        "",
        "No ties between homes are known for this month.",
    )
    counted = data.ties_between.pivot(index="segment_id", columns="other_segment_id", values="n_ties")
    order = [segment for segment in segments.index if segment in counted.index]
    square = counted.reindex(index=order, columns=order).fillna(0).astype(float)
    ends, total = square.sum(axis=1), square.to_numpy().sum()
    if total == 0:
        return chart
    expected = pd.DataFrame({s: ends * ends[s] / total for s in order})
    enough = expected.where(expected >= _FEWEST_EXPECTED)
    names = [segments.loc[segment, "name"] for segment in order]
    ratios = (square / enough).set_axis(names).set_axis(names, axis=1)
    by_kind = zip(data.ties["kind"], data.ties["n_ties"], strict=True)
    rows = [(words.plain(kind), words.count(shown_count(int(n)))) for kind, n in by_kind]
    inside = float(pd.Series({s: square.loc[s, s] for s in order}).sum() / total)
    says = f"{words.share(inside)} of all ties stay within a segment. The table below counts the ties by kind."
    table = DataTable(("Kind of tie", "Tied pairs of homes"), tuple(rows))
    return replace(
        chart,
        says=says,
        panels=(Panel("", evidence.ties_between(ratios, list(segments.loc[order, "sign"]))),),
        table=table,
    )
