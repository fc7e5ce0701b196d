"""Say again what a run would have said by what had arrived on a day."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pyspark.sql import Row
from rich.table import Table as Grid

from jobs import assign_segments, build_features
from jobs.opening import holding, reading_job
from jobs.terminal import Answer
from segmentation import runs
from segmentation.errors import SettingsError
from segmentation.runs import Run
from segmentation.segments import replay

KnownAt = Annotated[str, typer.Option("--known-at", metavar="YYYY-MM-DD", help="Last day of which arrivals count.")]
To = Annotated[Path, typer.Option("--to", metavar="DIR", help="Folder for the replay; it may not exist yet.")]


def run(at: Run, *, known_at: KnownAt, to: To) -> Answer:
    """Build the days again from what had arrived by a day, in a new warehouse, and compare with what was published.

    The models are those that score now. The warehouse of the conf file is only read. The new one holds data of persons
    as that one does: erase the folder when the question is answered.
    """
    moment = datetime.combine(_day(known_at), time.max, tzinfo=ZoneInfo(at.settings.timezone))
    there = _beside(at, to)
    with holding(there):
        with there.step("copy_known", at.as_of_days[-1]):
            replay.copy_known(at.tables_at, there.tables_at, moment)
        build_features.run(there)
        assign_segments.run(there)
    return _told(replay.compared(at.tables_at, there.tables_at).collect(), to)


def _beside(at: Run, to: Path) -> Run:
    if to.exists() and any(to.iterdir()):
        raise SettingsError("there is something in the folder", where="--to", found=str(to), expected="a new folder")
    mlflow = at.settings.mlflow.model_copy(update={"is_on": False})
    changes = {"warehouse": str(to.resolve()), "models": at.settings.models_folder, "mlflow": mlflow}
    settings = at.settings.model_copy(update=changes)
    return runs.new_run(at.spark, settings, verticals=at.verticals, as_of_days=at.as_of_days)


def _day(known_at: str) -> date:
    try:
        return date.fromisoformat(known_at)
    except ValueError:
        raise SettingsError("cannot read --known-at", found=known_at, expected="a day like 2026-11-02") from None


def _told(rows: list[Row], to: Path) -> Answer:
    grid = Grid("vertical", "as of", title=f"Replayed in {to}", title_justify="left")
    for head in ("lines published", "lines replayed", "same segment"):
        grid.add_column(head, justify="right")
    for row in rows:
        counts = (f"{row[name]:,}" for name in ("n_published", "n_replayed", "n_same"))
        grid.add_row(row["vertical"], str(row["as_of"]), *counts)
    days = [{**row.asDict(), "as_of": row["as_of"].isoformat()} for row in rows]
    return Answer((grid,), {"warehouse": str(to), "days": days})


main = reading_job(
    run,
    "replay",
    "segmentation replay --known-at 2026-11-02 --to warehouse/replay",
    "segmentation replay --known-at 2026-11-02 --to warehouse/replay --month 2026-10 --vertical payg",
)

if __name__ == "__main__":
    main()
