"""Rank the features of each vertical by how much they tell its segments apart."""

from datetime import date
from typing import Annotated

import typer
from pyspark.sql import functions as F
from rich.table import Table as Grid

from jobs.opening import reading_job
from jobs.terminal import Answer
from segmentation.errors import DataError
from segmentation.features import catalogue
from segmentation.profiles.separation import Separation, separations
from segmentation.runs import Run
from segmentation.settings import Json, VerticalName
from segmentation.tables import built

Top = Annotated[int, typer.Option("--top", min=1, help="So many features of each vertical, strongest first.")]


def run(at: Run, *, top: Top = 20) -> Answer:
    """Rank features by how much they tell the segments of the last day apart: fitted ones, and those only shown."""
    as_of = at.as_of_days[-1]
    found = {vertical: _ranked(at, vertical, as_of)[:top] for vertical in at.verticals}
    if not any(found.values()):
        raise DataError(
            "no segments were published on this day",
            where=f"{built.SEGMENT_PROFILES.name} of {as_of}",
            remedy="run `segmentation run`, or look at another --month",
        )
    data: dict[str, Json] = {
        "as_of": as_of.isoformat(),
        "features": {vertical.value: [_as_json(one, vertical) for one in ranked] for vertical, ranked in found.items()},
    }
    return Answer(tuple(_grid(vertical, as_of, ranked) for vertical, ranked in found.items() if ranked), data)


def _ranked(at: Run, vertical: VerticalName, as_of: date) -> tuple[Separation, ...]:
    profiles = at.tables_at.read(built.SEGMENT_PROFILES, as_of).filter(F.col("vertical") == vertical.value)
    rows = profiles.select("feature", "n_known", "mean_rank").collect()
    return separations([row.asDict() for row in rows], catalogue.for_vertical(vertical))


def _grid(vertical: VerticalName, as_of: date, ranked: tuple[Separation, ...]) -> Grid:
    grid = Grid("feature", "family", "in words", "role", title=f"{vertical}, {as_of}", title_justify="left")
    for head in ("separation", "lines with a value"):
        grid.add_column(head, justify="right")
    for one in ranked:
        feature = one.feature
        told = feature.name, feature.family, feature.words.how, feature.role(vertical)
        grid.add_row(*told, f"{one.share:.2f}", f"{one.n_known:,}")
    return grid


def _as_json(one: Separation, vertical: VerticalName) -> dict[str, Json]:
    feature = one.feature
    return {
        "feature": feature.name,
        "family": feature.family,
        "role": feature.role(vertical),
        "separation": round(one.share, 4),
        "n_known": one.n_known,
    }


main = reading_job(
    run,
    "rank-features",
    "segmentation rank-features --vertical payg",
    "segmentation rank-features --conf-file yours/operator.yaml --month 2026-10 --top 5 --json",
)

if __name__ == "__main__":
    main()
