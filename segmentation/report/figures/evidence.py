"""Why to believe it. Small frames in, one figure out."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.report.figures.look import (
    AXIS_TITLE,
    BELOW_ABOVE,
    NAMES_FIT_FROM,
    SOFT_INK,
    lay_out,
    lay_out_axes,
    rounded,
    ticks,
)
from segmentation.report.words import wrapped

_CHOSEN = "#a8480c"
_MOST_TIMES = 8


def choice_of_k(candidates: pd.DataFrame, chosen: int, index_name: str) -> go.Figure:
    """The index (column value) of every number of segments tried (column k); the chosen one is a larger diamond."""
    is_chosen = [k == chosen for k in candidates["k"]]
    line = go.Scatter(
        x=[int(k) for k in candidates["k"]],
        y=rounded(candidates["value"], 5),
        mode="lines+markers",
        line={"color": SOFT_INK, "width": 1.5},
        marker={
            "opacity": 1,
            "size": [15 if c else 8 for c in is_chosen],
            "symbol": ["diamond" if c else "circle" for c in is_chosen],
            "color": [_CHOSEN if c else SOFT_INK for c in is_chosen],
        },
        hovertemplate="%{x} segments: %{y:.4~g}<extra></extra>",
    )
    figure = go.Figure(line)
    lay_out_axes(
        figure,
        {"title": {"text": "number of segments", "font": AXIS_TITLE}, "dtick": 1, "showgrid": False},
        {"title": {"text": index_name, "font": AXIS_TITLE}, "nticks": 5, "automargin": True},
    )
    return lay_out(figure, 260, {"l": 60, "r": 16, "t": 12, "b": 44})


def ties_between(times_chance: pd.DataFrame, signs: Sequence[str]) -> go.Figure:
    """Ties between segments (square; index and columns: names) as a multiple of what chance would give.

    `signs` stand for the segments where the screen is too narrow for names.
    """
    from_below = times_chance.iloc[::-1]
    values = from_below.to_numpy(dtype=float)
    doublings = np.log2(np.clip(values, 1 / _MOST_TIMES, _MOST_TIMES))
    cells = go.Heatmap(
        z=rounded(doublings, 3),
        x=[wrapped(name, 17) for name in from_below.columns],
        y=[wrapped(name, 22) for name in from_below.index],
        text=[["" if np.isnan(v) else f"{v:.1f}" for v in row] for row in values],
        texttemplate="%{text}",
        zmin=-np.log2(_MOST_TIMES),
        zmax=np.log2(_MOST_TIMES),
        colorscale=BELOW_ABOVE,
        showscale=False,
        xgap=2,
        ygap=2,
        hovertemplate="%{y} with %{x}<br>%{text} times chance<extra></extra>",
    )
    figure = go.Figure(cells)
    lay_out_axes(
        figure,
        {"side": "top", "tickangle": 0, "showgrid": False, "ticks": ""},
        {"showgrid": False, "automargin": True, "ticks": ""},
    )
    beside = [f"{wrapped(name, 16)} {sign}" for name, sign in zip(from_below.index, reversed(signs), strict=True)]
    narrow = {
        **ticks("xaxis", list(cells.x), list(signs)),
        **ticks("yaxis", list(cells.y), beside),
        "xaxis.tickfont.size": 15,
        "yaxis.tickfont.size": 10,
        "margin.t": 34,
    }
    margin = {"l": 10, "r": 10, "t": 64, "b": 8}
    return lay_out(figure, 90 + 42 * len(values), margin, narrow=narrow, narrow_below=NAMES_FIT_FROM)
