"""How every figure looks: ink, grid, fonts, and what changes on a small screen."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

INK, SOFT_INK, GRID, CLEAR = "#1c2733", "#55606d", "#e4e1da", "rgba(0,0,0,0)"
BELOW_ABOVE = [[0.0, "#1f5a8c"], [0.25, "#8fb8d8"], [0.5, "#f6f4ef"], [0.75, "#f0b27a"], [1.0, "#a8480c"]]
"""Blue for less, orange for more: told apart by colour-blind people and in grey print by the numbers in the cells."""
SURENESS = ("#d9d4c7", "#a9bccb", "#5d86a8", "#1f4e79")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
NARROW_BELOW, NAMES_FIT_FROM = 560, 820
"""Widths in pixels: of a small screen, and from which the names of the segments fit beside each other."""
AXIS_TITLE = {"size": 11, "color": SOFT_INK}
_PALEST_STROKE = 0.55


def lay_out(
    figure: go.Figure,
    height: int,
    margin: Mapping[str, int],
    *,
    narrow: Mapping[str, object] | None = None,
    narrow_traces: Mapping[str, object] | None = None,
    narrow_below: int = NARROW_BELOW,
) -> go.Figure:
    """The figure in the look of the page.

    `narrow`: layout keys (with dots) that hold where the drawing is less than `narrow_below` pixels wide;
    `narrow_traces`: the same for the keys of all traces.
    """
    small = {"below": narrow_below, "layout": dict(narrow or {}), "traces": dict(narrow_traces or {})}
    figure.update_layout(
        template=None,
        height=height,
        margin={**margin, "pad": 4},
        font={"family": FONT, "size": 12, "color": INK},
        paper_bgcolor=CLEAR,
        plot_bgcolor=CLEAR,
        showlegend=False,
        hoverlabel={"bgcolor": "#ffffff", "bordercolor": GRID, "font": {"color": INK, "family": FONT, "size": 12}},
        dragmode=False,
        meta={"narrow": small},
    )
    return figure


def lay_out_axes(figure: go.Figure, x: Mapping[str, object], y: Mapping[str, object]) -> None:
    """Both axes in the look of the page, with what the figure wants otherwise on top."""
    plain = {"gridcolor": GRID, "linecolor": GRID, "zeroline": False, "fixedrange": True}
    figure.update_xaxes(**{**plain, **x})
    figure.update_yaxes(**{**plain, **y})


def ticks(axis: str, places: Sequence[str], texts: Sequence[str]) -> dict[str, object]:
    """Layout keys that put other texts at the places of an axis."""
    return {f"{axis}.tickmode": "array", f"{axis}.tickvals": list(places), f"{axis}.ticktext": list(texts)}


def rounded(values: Sequence[float] | np.ndarray, digits: int) -> list:
    """Rounded numbers, None for what is not known, nested as given: the page must not hold digits that are noise."""
    array = np.asarray(values, dtype=float)
    if array.ndim > 1:
        return [rounded(row, digits) for row in array]
    return [None if np.isnan(v) else (int(v) if digits == 0 else round(float(v), digits)) for v in array]


def faded(colour: str, opacity: float) -> str:
    """A hex colour with an opacity, as CSS."""
    red, green, blue = _channels(colour)
    return f"rgba({red},{green},{blue},{opacity})"


def stroke(colour: str) -> str:
    """The colour as a line on a light page: as it is, or darkened as far as it takes to be seen."""
    red, green, blue = _channels(colour)
    lightness = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
    part = min(1.0, _PALEST_STROKE / lightness) if lightness else 1.0
    return "#" + "".join(f"{round(channel * part):02x}" for channel in (red, green, blue))


def _channels(colour: str) -> tuple[int, int, int]:
    digits = colour.lstrip("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
