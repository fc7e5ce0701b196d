"""What a chart of the page is: drawings, a title, how to read them, and what they say to those who cannot see them."""

from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go

from segmentation.privacy.suppression import SMALLEST_COUNT_SHOWN
from segmentation.report.data import VerticalData


@dataclass(frozen=True)
class DataTable:
    """The numbers behind a chart. The first cell of a row is its heading."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Panel:
    """One drawing. `title` is "" when the chart has only one."""

    title: str
    figure: go.Figure
    segment: str = ""


@dataclass(frozen=True)
class Chart:
    """Drawings under one title; without panels the page shows `nothing` instead."""

    key: str
    title: str
    how_to_read: str
    says: str
    nothing: str
    panels: tuple[Panel, ...] = ()
    table: DataTable | None = None


def segment_styles(data: VerticalData) -> pd.DataFrame:
    """segment_id (index), name, colour, symbol, sign of the segments that are large enough to be drawn."""
    today = data.sizes_on(data.as_of)
    large = today.index[today["n_lines"] >= SMALLEST_COUNT_SHOWN]
    named = data.segments.rename(columns={"segment_name": "name"}).set_index("segment_id")
    styles = named[["name", "colour", "symbol", "sign"]]
    return styles[styles.index.isin(large)]
