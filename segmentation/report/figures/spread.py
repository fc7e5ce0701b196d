"""How amounts are spread: the heavy tail, and the part of the top few. Small frames in, one figure out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.report.figures.look import AXIS_TITLE, INK, SOFT_INK, lay_out, lay_out_axes

_LINE, _PUBLISHED = "#1f5a8c", "#a8480c"
_LEAST_DRAWN = 1e-5
_HEIGHT, _MARGIN = 320, {"l": 62, "r": 14, "t": 34, "b": 46}
_LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemclick": False, "font": {"size": 11}}


@dataclass(frozen=True)
class PublishedPart:
    """The part in the whole that the top few have somewhere else: from `low` to `high`."""

    top: float
    low: float
    high: float


def tail(points: pd.DataFrame, unit: str, who: str) -> go.Figure:
    """Part of those with at least so much, both on scales of powers of ten; dotted, an exponential of the same mean.

    `points`: at_least, part and mean in the unit shown, the largest first.
    """
    drawn = points[points["at_least"] > 0]
    line = go.Scatter(
        x=_digits(drawn["at_least"]),
        y=_digits(drawn["part"]),
        mode="lines",
        name="this base",
        line={"color": _LINE, "width": 2.5},
        hovertemplate=f"%{{y:.3~%}} of {who}<br>%{{x:.3~s}} {unit} or more<extra></extra>",
    )
    figure = go.Figure([line, _exponential(drawn)])
    log = {"type": "log", "exponentformat": "none", "dtick": 1, "ticks": ""}
    lay_out_axes(
        figure,
        {**log, "title": {"text": f"at least so many {unit}", "font": AXIS_TITLE}},
        {**log, "tickformat": ".3~%", "title": {"text": f"part of {who}", "font": AXIS_TITLE}},
    )
    return lay_out(figure, _HEIGHT, _MARGIN).update_layout(showlegend=True, legend=_LEGEND)


def parts_of_the_top(points: pd.DataFrame, published: Sequence[PublishedPart], who: str) -> go.Figure:
    """Part of the whole that the top few have (Lorenz curve from the largest on); published ranges as bars.

    `points`: part, share.
    """
    ordered = points.dropna(subset=["share"]).sort_values("part")
    curve = go.Scatter(
        x=[0.0, *_digits(ordered["part"])],
        y=[0.0, *_digits(ordered["share"])],
        mode="lines",
        name="this base",
        line={"color": _LINE, "width": 2.5},
        hovertemplate=f"the top %{{x:.3~%}} of {who}<br>have %{{y:.1%}}<extra></extra>",
    )
    equal = go.Scatter(
        x=[0, 1], y=[0, 1], mode="lines", name="all alike", hoverinfo="skip",
        line={"color": SOFT_INK, "width": 1, "dash": "dot"},
    )  # fmt: skip
    figure = go.Figure([curve, equal, *([_ranges(published)] if published else [])])
    plain = {"tickformat": ".0%", "range": [-0.02, 1.02], "ticks": "", "nticks": 6}
    lay_out_axes(
        figure,
        {**plain, "title": {"text": f"top part of {who}", "font": AXIS_TITLE}},
        {**plain, "title": {"text": "part of the whole", "font": AXIS_TITLE}},
    )
    return lay_out(figure, _HEIGHT, _MARGIN).update_layout(showlegend=True, legend=_LEGEND)


def _exponential(drawn: pd.DataFrame) -> go.Scatter:
    """How the tail would fall off if nobody were special."""
    mean = float(drawn["mean"].iloc[0]) if len(drawn) else 1.0
    least = float(drawn["part"].min()) if len(drawn) else _LEAST_DRAWN
    amounts = np.geomspace(mean * 0.02, -mean * np.log(least), 40) if least < 1 else np.array([mean])
    return go.Scatter(
        x=_digits(amounts), y=_digits(np.exp(-amounts / mean)), mode="lines", name="exponential, same mean",
        hoverinfo="skip", line={"color": SOFT_INK, "width": 1.2, "dash": "dot"},
    )  # fmt: skip


def _ranges(published: Sequence[PublishedPart]) -> go.Scatter:
    middles = [(part.low + part.high) / 2 for part in published]
    half = [(part.high - part.low) / 2 for part in published]
    said = [f"top {part.top:.0%}: {part.low:.0%} to {part.high:.0%}" for part in published]
    return go.Scatter(
        x=[part.top for part in published],
        y=_digits(middles),
        mode="markers",
        name="published",
        marker={"symbol": "diamond", "size": 8, "color": _PUBLISHED, "line": {"color": INK, "width": 0.5}},
        error_y={"type": "data", "array": _digits(half), "color": _PUBLISHED, "thickness": 3, "width": 6},
        text=said,
        hovertemplate="published, %{text}<extra></extra>",
    )


def _digits(values: Sequence[float] | pd.Series | np.ndarray) -> list[float]:
    """Four digits that matter."""
    return [float(f"{float(value):.4g}") for value in values]
