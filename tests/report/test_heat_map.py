"""The heat map: every known cell has its number, in an ink that can be read on its colour."""

import pandas as pd

from segmentation.report.figures.look import INK
from segmentation.report.figures.segment_shapes import heat_map

DIFFERENCES = pd.DataFrame({"a": [2.0, -2.0], "b": [0.0, None]}, index=["how often", "how much"])


def test_numbers_are_dark_on_pale_cells_and_white_on_strong_ones():
    cells, *numbers = heat_map(DIFFERENCES, ["●", "■"]).data

    by_ink = {
        trace.textfont.color: dict(zip(zip(trace.x, trace.y, strict=True), trace.text, strict=True))
        for trace in numbers
    }
    assert by_ink[INK] == {("b", "how often"): "0.0"}
    assert by_ink["#ffffff"] == {("a", "how often"): "+2.0", ("a", "how much"): "−2.0"}
    assert cells.texttemplate is None


def test_cells_fill_the_drawing_to_its_edges():
    layout = heat_map(DIFFERENCES, ["●", "■"]).layout

    assert (tuple(layout.xaxis.range), tuple(layout.yaxis.range)) == ((-0.5, 1.5), (-0.5, 1.5))
