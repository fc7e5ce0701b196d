"""Where the lines are, and how surely. Small frames in, one figure out.

`segments` everywhere: segment_id (index), name, colour (hex), symbol (of plotly).
"""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from segmentation.report.figures.look import AXIS_TITLE, INK, SURENESS, lay_out, lay_out_axes, rounded, stroke
from segmentation.report.words import wrapped


def map_of_lines(points: pd.DataFrame, segments: pd.DataFrame, axes: Sequence[str]) -> go.Figure:
    """A dot a line of service. `points`: segment_id, x, y. `axes`: what the axis across and the axis up follow."""
    figure = go.Figure()
    for segment_id, segment in segments.iterrows():
        mine = points[points["segment_id"] == segment_id]
        if mine.empty:
            continue
        dots = go.Scatter(
            x=rounded(mine["x"], 2),
            y=rounded(mine["y"], 2),
            mode="markers",
            name=segment["name"],
            marker={"color": segment["colour"], "symbol": segment["symbol"], "size": 6, "opacity": 0.65},
            hovertemplate=f"{segment['name']}<extra></extra>",
        )
        figure.add_trace(dots)
    across, up = ({"text": wrapped(title, 60), "font": AXIS_TITLE} for title in axes)
    plain = {"showticklabels": False, "ticks": "", "nticks": 6}
    lay_out_axes(figure, {**plain, "title": across}, {**plain, "title": up})
    narrow = {"height": 380, "xaxis.title.font.size": 9.5, "yaxis.title.font.size": 9.5}
    return lay_out(figure, 470, {"l": 40, "r": 10, "t": 10, "b": 48}, narrow=narrow, narrow_traces={"marker.size": 4})


def sizes_over_months(sizes: pd.DataFrame, segments: pd.DataFrame) -> go.Figure:
    """Lines of every segment by month. `sizes`: month (text, in order), segment_id, n_lines (null: not shown)."""
    months = list(dict.fromkeys(sizes["month"]))
    figure = go.Figure()
    for segment_id, segment in segments.iterrows():
        by_month = sizes[sizes["segment_id"] == segment_id].set_index("month")["n_lines"].reindex(months)
        line = go.Scatter(
            x=months,
            y=rounded(by_month, 0),
            mode="lines+markers",
            name=segment["name"],
            line={"color": stroke(segment["colour"]), "width": 2.5},
            marker={"symbol": segment["symbol"], "size": 10, "color": stroke(segment["colour"])},
            hovertemplate=f"<b>{segment['name']}</b><br>%{{x}}: %{{y:,.0f}} lines<extra></extra>",
        )
        figure.add_trace(line)
    lay_out_axes(
        figure,
        {"type": "category", "showgrid": False, "ticks": ""},
        {
            "rangemode": "tozero",
            "tickformat": ",~d",
            "ticks": "",
            "nticks": 7,
            "title": {"text": "lines", "font": AXIS_TITLE},
        },
    )
    return lay_out(figure, 380, {"l": 64, "r": 16, "t": 14, "b": 36}, narrow={"height": 340})


def how_sure(shares: pd.DataFrame) -> go.Figure:
    """Of every segment (index: name) the share of lines in each band (columns, from unsure to sure)."""
    names = [wrapped(name, 22) for name in shares.index[::-1]]
    figure = go.Figure()
    for band, colour, ink in zip(shares.columns, SURENESS, (INK, INK, "#ffffff", "#ffffff"), strict=True):
        part = shares[band].iloc[::-1]
        bar = go.Bar(
            orientation="h",
            x=rounded(part, 3),
            y=names,
            name=band,
            marker={"color": colour},
            text=[f"{v:.0%}" if v >= 0.08 else "" for v in part.fillna(0)],
            textposition="inside",
            insidetextanchor="middle",
            insidetextfont={"color": ink, "size": 11},
            textangle=0,
            hovertemplate="%{y}<br>" + band + ": %{x:.0%}<extra></extra>",
        )
        figure.add_trace(bar)
    lay_out_axes(
        figure,
        {"tickformat": ".0%", "range": [0, 1], "showgrid": False, "nticks": 5},
        {"showgrid": False, "automargin": True, "ticks": ""},
    )
    lay_out(figure, 110 + 40 * len(shares), {"l": 8, "r": 18, "t": 48, "b": 30})
    legend = {"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0, "traceorder": "normal", "itemclick": False}
    return figure.update_layout(
        barmode="stack", bargap=0.3, showlegend=True, legend=legend, uniformtext={"minsize": 10, "mode": "hide"}
    )
