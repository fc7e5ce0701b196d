"""What segments look like. Small frames in, one figure out.

`segments` everywhere: segment_id (index), name, colour (hex), symbol (of plotly).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from segmentation.report.figures.look import (
    AXIS_TITLE,
    BELOW_ABOVE,
    CLEAR,
    GRID,
    INK,
    NAMES_FIT_FROM,
    SOFT_INK,
    faded,
    lay_out,
    lay_out_axes,
    rounded,
    stroke,
    ticks,
)
from segmentation.report.words import signed, wrapped

_FAR = 1.5
"""Standardised difference at which the colour is fullest."""
_WHITE_ON_BLUE, _WHITE_ON_ORANGE = -1.15, 1.25
"""Standardised differences beyond which white is read more easily on the colour than ink."""


def heat_map(differences: pd.DataFrame, signs: Sequence[str]) -> go.Figure:
    """Features (rows, in people's words) by segments (columns, by name), coloured by standardised difference.

    `signs` stand for the segments where the screen is too narrow for names.
    """
    from_below = differences.iloc[::-1]
    values = rounded(from_below.to_numpy(dtype=float), 2)
    legend = {
        "thickness": 10,
        "len": 0.5,
        "outlinewidth": 0,
        "tickvals": [-_FAR, 0, _FAR],
        "ticktext": ["far below<br>the others", "like the<br>others", "far above<br>the others"],
    }
    cells = go.Heatmap(
        z=values,
        x=[wrapped(name, 17) for name in from_below.columns],
        y=list(from_below.index),
        zmin=-_FAR,
        zmax=_FAR,
        colorscale=BELOW_ABOVE,
        xgap=2,
        ygap=2,
        hovertemplate="<b>%{x}</b><br>%{y}<br>%{z:+.2f} spreads from the others<extra></extra>",
        colorbar=legend,
    )
    figure = go.Figure([cells, *_numbers_of(cells)])
    lay_out_axes(
        figure,
        {"side": "top", "tickangle": 0, "showgrid": False, "ticks": "", "range": [-0.5, len(cells.x) - 0.5]},
        {"showgrid": False, "automargin": True, "ticks": "", "range": [-0.5, len(cells.y) - 0.5]},
    )
    narrow = {
        **ticks("xaxis", list(cells.x), list(signs)),
        **ticks("yaxis", list(cells.y), [wrapped(words, 22) for words in cells.y]),
        "yaxis.tickfont.size": 9.5,
        "xaxis.tickfont.size": 15,
        "margin.r": 2,
        "margin.t": 34,
        "height": 50 + 30 * len(from_below),
    }
    margin = {"l": 10, "r": 10, "t": 72, "b": 8}
    height = 98 + 25 * len(from_below)
    return lay_out(
        figure,
        height,
        margin,
        narrow=narrow,
        narrow_traces={"showscale": False, "textfont.size": 9},
        narrow_below=NAMES_FIT_FROM,
    )


def _numbers_of(cells: go.Heatmap) -> list[go.Scatter]:
    """The numbers in the cells, dark on pale ones and white on strong ones; plotly's own choice is hard to read."""
    rows = zip(cells.y, cells.z, strict=True)
    told = [(x, y, v) for y, row in rows for x, v in zip(cells.x, row, strict=True) if v is not None]
    by_ink: dict[str, list[tuple[str, str, float]]] = {INK: [], "#ffffff": []}
    for cell in told:
        by_ink[INK if _WHITE_ON_BLUE < cell[2] < _WHITE_ON_ORANGE else "#ffffff"].append(cell)
    return [
        go.Scatter(
            x=[x for x, _, _ in mine],
            y=[y for _, y, _ in mine],
            text=[signed(value, ".1f") for _, _, value in mine],
            mode="text",
            textfont={"size": 11, "color": ink},
            hoverinfo="skip",
            showlegend=False,
        )
        for ink, mine in by_ink.items()
    ]


def radar(name: str, colour: str, ranks: pd.Series) -> go.Figure:
    """One segment's mean ranks (0..1; index: words) as a shape, over the ring of the whole base."""
    around = [wrapped(word, 13) for word in ranks.index]
    closed = [*around, around[0]]
    base = go.Scatterpolar(
        r=[0.5] * len(closed),
        theta=closed,
        mode="lines",
        line={"color": SOFT_INK, "width": 1, "dash": "dot"},
        hoverinfo="skip",
    )
    shape = go.Scatterpolar(
        r=rounded([*ranks, ranks.iloc[0]], 3),
        theta=closed,
        mode="lines+markers",
        fill="toself",
        fillcolor=faded(colour, 0.28),
        line={"color": stroke(colour), "width": 2.5},
        marker={"size": 5, "color": stroke(colour)},
        name=name,
        hovertemplate="%{theta}<br>mean rank %{r:.2f} (base 0.50)<extra></extra>",
    )
    figure = go.Figure([base, shape])
    figure.update_polars(
        bgcolor=CLEAR,
        radialaxis={
            "range": [0, 1],
            "showticklabels": False,
            "ticks": "",
            "gridcolor": GRID,
            "showline": False,
            "nticks": 5,
        },
        angularaxis={
            "gridcolor": GRID,
            "linecolor": GRID,
            "tickfont": {"size": 10},
            "rotation": 90,
            "direction": "clockwise",
        },
    )
    narrow = {"margin.l": 82, "margin.r": 82, "polar.angularaxis.tickfont.size": 9}
    return lay_out(figure, 290, {"l": 74, "r": 74, "t": 44, "b": 44}, narrow=narrow)


def boxes(spread: pd.DataFrame, base_median: float | None, unit: str) -> go.Figure:
    """One lying box a segment. Columns: name, colour, lower_end, lower_quartile, median, upper_quartile, upper_end."""
    figure = go.Figure()
    for _, row in spread.iloc[::-1].iterrows():
        box = go.Box(
            orientation="h",
            y=[wrapped(row["name"], 20)],
            q1=rounded([row["lower_quartile"]], 3),
            median=rounded([row["median"]], 3),
            q3=rounded([row["upper_quartile"]], 3),
            lowerfence=rounded([row["lower_end"]], 3),
            upperfence=rounded([row["upper_end"]], 3),
            name=row["name"],
            line={"color": stroke(row["colour"]), "width": 1.8},
            fillcolor=faded(row["colour"], 0.35),
            width=0.56,
            whiskerwidth=0.4,
            hoverinfo="x",
            xhoverformat=",.3~g",
        )
        figure.add_trace(box)
    if base_median is not None and not np.isnan(base_median):
        figure.add_vline(x=round(float(base_median), 3), line={"color": SOFT_INK, "width": 1, "dash": "dot"})
    lay_out_axes(
        figure,
        {"title": {"text": unit, "font": AXIS_TITLE, "standoff": 6}, "rangemode": "tozero", "nticks": 6},
        {"showgrid": False, "automargin": True, "tickfont": {"size": 11}, "ticks": ""},
    )
    return lay_out(figure, 66 + 36 * len(spread), {"l": 8, "r": 14, "t": 6, "b": 44})


def parallel_lines(segments: pd.DataFrame, ranks: pd.DataFrame, lines: pd.DataFrame) -> go.Figure:
    """Ranks on axes side by side: thin lines are lines of service, thick ones the mean of a segment.

    `ranks`: segment_id (index) x words, mean ranks. `lines`: segment_id and the same words, a rank a cell.
    """
    axes = [wrapped(word, 14) for word in ranks.columns]
    living = segments[segments.index.isin(ranks.index)]
    thin = [
        _thin_lines(segment, axes, lines.loc[lines["segment_id"] == segment_id, list(ranks.columns)])
        for segment_id, segment in living.iterrows()
    ]
    thick = [_thick_line(segment, axes, ranks.loc[segment_id]) for segment_id, segment in living.iterrows()]
    figure = go.Figure([trace for trace in thin if trace is not None] + thick)
    lay_out_axes(
        figure,
        {"showgrid": True, "tickangle": 0, "range": [-0.35, len(axes) - 0.65], "tickfont": {"size": 11}, "ticks": ""},
        {"range": [-0.03, 1.03], "tickvals": [0, 0.5, 1], "ticktext": ["lowest", "middle", "highest"], "ticks": ""},
    )
    narrow = {
        **ticks("xaxis", axes, [wrapped(words, 26) for words in ranks.columns]),
        "xaxis.tickangle": -90,
        "xaxis.tickfont.size": 9.5,
        "margin.b": 150,
        "height": 470,
    }
    return lay_out(figure, 430, {"l": 58, "r": 20, "t": 14, "b": 66}, narrow=narrow, narrow_below=NAMES_FIT_FROM)


def _thin_lines(segment: pd.Series, axes: list[str], mine: pd.DataFrame) -> go.Scatter | None:
    if mine.empty:
        return None
    broken = np.column_stack([mine.to_numpy(dtype=float), np.full(len(mine), np.nan)])
    return go.Scatter(
        x=[*axes, axes[-1]] * len(mine),
        y=rounded(broken.ravel(), 2),
        mode="lines",
        line={"color": faded(segment["colour"], 0.25), "width": 0.8},
        name=segment["name"],
        hoverinfo="skip",
    )


def _thick_line(segment: pd.Series, axes: list[str], ranks: pd.Series) -> go.Scatter:
    return go.Scatter(
        x=axes,
        y=rounded(ranks, 3),
        mode="lines+markers",
        name=segment["name"],
        line={"color": stroke(segment["colour"]), "width": 3},
        marker={
            "symbol": segment["symbol"],
            "size": 10,
            "color": stroke(segment["colour"]),
            "line": {"color": "#ffffff", "width": 1},
        },
        hovertemplate=f"<b>{segment['name']}</b><br>%{{x}}<br>mean rank %{{y:.2f}}<extra></extra>",
    )
