"""Try a conf file on a few rows of its feeds: what would come of them, before anything is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from jobs import foreseen
from jobs.checking import indented
from jobs.opening import reading_job
from jobs.terminal import Answer
from segmentation import progress
from segmentation.concurrency import side_by_side
from segmentation.errors import SourceError
from segmentation.features import readymade
from segmentation.runs import Run
from segmentation.settings import Json
from segmentation.sources import references, source, trial
from segmentation.sources.references import FeedKeys, Place
from segmentation.sources.source import Source
from segmentation.sources.trial import Trial

MEGABYTE = 1_000_000


def run(
    at: Run,
    *,
    rows: Annotated[int, typer.Option(min=1, max=100_000, help="Rows of each feed to read.")] = 1000,
) -> Answer:
    """Try every source on a few rows of the two ends of its feed, and show what comes of them. Writes no table."""
    sources = source.load_all(at.settings.sources)
    with (
        progress.step(f"check of {len(sources)} feeds"),
        references.looked_up(at.spark, at.tables_at, sources, at.settings) as keys,
    ):
        tried = side_by_side(
            at.spark,
            [partial(_tried, at, one, rows, keys) for one in sources],
            ended=lambda n_ended: progress.says(f"{n_ended} of {len(sources)} feeds"),
        )
    trials = [one for one in tried if isinstance(one, Trial)]
    broken = [one for one in tried if isinstance(one, SourceError)]
    absent = [one.name for one, result in zip(sources, tried, strict=True) if result is None]
    outlook = foreseen.outlook(at, sources, trials)
    data: dict[str, Json] = {
        "sources": [asdict(one) for one in trials],
        "absent": list(absent),
        **outlook.as_data(),
    }
    of_feeds = (part for one in trials for part in _of_trial(one, outlook.months))
    return Answer((*of_feeds, *outlook.shown(), _end(trials, broken, absent)), data, broken=_together(broken))


def _tried(at: Run, one: Source, n_rows: int, keys: Mapping[Place, FeedKeys]) -> Trial | SourceError | None:
    wanted = readymade.with_checks(one, at.settings.periods.as_of_days[-1]) if one.is_ready_made else one
    table = readymade.lines_table(one) if one.is_ready_made else one.clean_table()
    try:
        return trial.try_out(at.spark, at.tables_at.beside(), wanted, table, at.settings, n_rows, keys=keys)
    except SourceError as broken:
        return broken


def _of_trial(one: Trial, months: Mapping[str, foreseen.Month]) -> Iterator[RenderableType]:
    """What came of one feed, for people."""
    size = f"{one.n_files:,} files, {one.n_bytes / MEGABYTE:,.1f} MB"
    yield Text(f"\n{one.source} -> {one.table}: {size}", style="bold")
    left_out = f"{one.filtered:,} left out by the filter; " if one.filtered else ""
    yield Text(
        f"{left_out}{one.read:,} read = {one.duplicates:,} repeats + {one.quarantined:,} refused "
        f"+ {one.accepted:,} accepted"
    )
    if one.source in months:
        month = months[one.source]
        yield Text(month.told, style="yellow" if month.lag else "")
    yield _column_grid(one)
    for reason, n_rows in one.reasons:
        yield Text(f"refused {n_rows:,}: {reason}", style="yellow")
    if one.not_mapped:
        yield Text(f"left empty: {', '.join(one.not_mapped)}", style="dim")
    if one.not_read:
        yield Text(f"not read: {', '.join(one.not_read)}", style="dim")
    for note in one.notes:
        yield Text(note, style="dim")


def _column_grid(one: Trial) -> Grid:
    grid = Grid("column", "type", "made of", box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column("filled", justify="right")
    grid.add_column("examples")
    for column in one.columns:
        examples = Text(" | ".join(column.examples))
        grid.add_row(column.name, column.type, Text(column.made_of), f"{column.filled:.0%}", examples)
    return grid


def _end(trials: Sequence[Trial], broken: Sequence[SourceError], absent: Sequence[str]) -> Text:
    told = [f"{len(trials)} of {len(trials) + len(broken) + len(absent)} feeds can be taken in"]
    told += [f"{len(absent)} absent and optional ({', '.join(absent)})"] if absent else []
    told += [f"{len(broken)} cannot"] if broken else []
    return Text(f"{'; '.join(told)}. Nothing was written.")


def _together(broken: Sequence[SourceError]) -> SourceError | None:
    if len(broken) < 2:
        return broken[0] if broken else None
    return SourceError(
        f"{len(broken)} feeds cannot be taken in",
        found="\n".join(["", *map(indented, broken)]),
        remedy="mend them all at once",
    )


main = reading_job(
    run,
    "check",
    "segmentation check --conf-file conf/yours.yaml",
    "segmentation check --conf-file conf/real/online_retail.yaml --data DIR --rows 5000",
)

if __name__ == "__main__":
    main()
