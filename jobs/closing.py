"""What a run says at its end: where everything is, and the segments of its last day."""

from dataclasses import asdict, dataclass
from pathlib import Path

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.console import Group
from rich.table import Table as Grid

from jobs.terminal import Answer
from segmentation.report import queries
from segmentation.runs import Run
from segmentation.segments import publication
from segmentation.settings import Json
from segmentation.tables import built


@dataclass(frozen=True)
class SegmentLine:
    """One segment on the last day; value in whole currency units, null when no line has one."""

    vertical: str
    segment_id: str
    segment_name: str
    n_lines: int
    value_per_line: float | None


def where_everything_is(at: Run) -> Answer:
    """Places of tables, report, models and log, and the segments of the last day of the run, if it had any."""
    if not at.as_of_days:
        return Answer(("nothing is stale: every published day is current",), {"run_id": at.run_id, "as_of": None})
    segments = [_as_line(at, row) for row in _sizes(at).collect()]
    places = _places(at)
    data: dict[str, Json] = {
        "run_id": at.run_id,
        "as_of": at.as_of_days[-1].isoformat(),
        "places": places,
        "segments": [asdict(segment) for segment in segments],
    }
    return Answer((Group(_segment_grid(at, segments), _place_grid(places)),), data)


def _sizes(at: Run) -> DataFrame:
    """Lines and value by segment on the last day, largest first. Grain: vertical, segment_id."""
    published = at.tables_at.read(built.SEGMENT_ASSIGNMENTS, at.as_of_days[-1])
    chosen = published.filter(F.col("vertical").isin([name.value for name in at.verticals]))
    sizes = publication.newest(chosen).transform(queries.segment_sizes)
    names = at.tables_at.read(built.SEGMENTS).select("vertical", "segment_id", "segment_name")
    named = sizes.join(names, on=["vertical", "segment_id"], how="left")
    return named.orderBy("vertical", F.desc("n_lines"), "segment_id")


def _as_line(at: Run, row: Row) -> SegmentLine:
    value = row["total_value"] / row["n_valued"] / at.settings.minor_units if row["n_valued"] else None
    name = row["segment_name"] or row["segment_id"]
    return SegmentLine(
        row["vertical"], row["segment_id"], name, row["n_lines"], None if value is None else round(value, 2)
    )


def _segment_grid(at: Run, segments: list[SegmentLine]) -> Grid:
    title = f"Segments on {at.as_of_days[-1]} ({at.settings.operator})"
    grid = Grid("vertical", "segment", title=title, title_justify="left")
    for head in ("lines", "share", f"value per line and month ({at.settings.currency})"):
        grid.add_column(head, justify="right")
    for vertical in at.verticals:
        own = [segment for segment in segments if segment.vertical == vertical.value]
        n_all = sum(segment.n_lines for segment in own)
        grid.add_section()
        for segment in own:
            value = "" if segment.value_per_line is None else f"{segment.value_per_line:,.2f}"
            share = f"{segment.n_lines / n_all:.1%}"
            grid.add_row(segment.vertical, segment.segment_name, f"{segment.n_lines:,}", share, value)
    return grid


def _places(at: Run) -> dict[str, str]:
    settings = at.settings
    page = settings.report if settings.report.suffix == ".html" else settings.report / "index.html"
    warehouse = settings.warehouse if settings.is_in_catalog else str(Path(settings.warehouse).resolve())
    return {
        "report": str(page.resolve()),
        "tables": warehouse,
        "models": str(settings.models_folder.resolve()),
        "mlflow": settings.mlflow.tracking_uri if settings.mlflow.is_on else "off",
        "log": str((settings.logs / f"{at.run_id}.log").resolve()),
    }


def _place_grid(places: dict[str, str]) -> Grid:
    grid = Grid(box=None, show_header=False)
    for name, place in places.items():
        grid.add_row(name, place)
    return grid
