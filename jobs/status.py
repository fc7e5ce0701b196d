"""What is in a warehouse and how fresh it is: deliveries, days, models."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from pyspark.sql import Row
from pyspark.sql import functions as F
from rich.table import Table as Grid

from jobs import freshness
from jobs.opening import reading_job
from jobs.terminal import Answer
from segmentation.errors import SettingsError
from segmentation.features import catalogue, readymade
from segmentation.models import registry
from segmentation.runs import Run
from segmentation.settings import Json, VerticalName
from segmentation.sources import contents, delivery, due, feeds, source
from segmentation.sources.delivery import Delivery
from segmentation.sources.feeds import Book
from segmentation.sources.source import Source
from segmentation.tables import built

State = Literal["current", "stale", "none"]
Again = Literal["mapping", "keys", "table"]
AGAIN: Mapping[Again, str] = {
    "mapping": "mapping changed: the next run takes it in again",
    "keys": "a new delivery of what its keys are looked up in: the next run takes it in again",
    "table": "its table does not hold it: the next run takes it in again",
}


@dataclass(frozen=True)
class FeedStatus:
    """One source of the conf file: its newest delivery, and what lies in landing now."""

    source: str
    table: str
    feed_id: str | None
    taken_in_on: str | None
    newest_arrival: str | None
    n_written: int
    refused_share: float
    in_landing: Literal["the same", "another", "nothing"]
    """Whether there is something that was not taken in."""
    again: Again | None
    """Why the next run takes in again what it has: see AGAIN. None where it does not, or without the secret by which
    a change of the mapping is told."""


@dataclass(frozen=True)
class DayStatus:
    """One day of one vertical. `stale`: inputs, settings or code have changed, of it or of a day before it."""

    vertical: str
    as_of: str
    features: State
    segments: State
    n_lines: int
    correction: int | None
    model_version: str | None
    changed: tuple[str, ...] = ()
    """Clean tables that have changed since its features were built; none where settings, code or a model have."""


def run(at: Run) -> Answer:
    """Show what there is: the newest delivery of every source, and of every day whether a run would make it again."""
    known = feeds.book(at.tables_at)
    of_feeds = [_feed(at, known, one) for one in source.load_all(at.settings.sources)]
    of_days = _days(at)
    models = {name.value: _model(at, name) for name in at.verticals}
    data: dict[str, Json] = {
        "feeds": [asdict(one) for one in of_feeds],
        "days": [asdict(one) for one in of_days],
        "models": models,
    }
    return Answer((_feed_grid(of_feeds), _day_grid(of_days), _model_grid(models)), data)


def _feed(at: Run, known: Book, one: Source) -> FeedStatus:
    newest = next(iter(known.own(one)), None)
    lying = delivery.find(at.spark, one.model_copy(update={"optional": True}), at.settings.landing)
    if newest is None:
        lies: Literal["nothing", "another"] = "nothing" if lying is None else "another"
        return FeedStatus(one.name, one.table, None, None, None, 0, 0.0, lies, None)
    return FeedStatus(
        one.name,
        one.table,
        newest["feed_id"],
        f"{newest['recorded_at']:%Y-%m-%d}",
        None if newest["received_at"] is None else f"{newest['received_at']:%Y-%m-%d}",
        newest["n_written"],
        newest["n_quarantined"] / newest["n_read"] if newest["n_read"] else 0.0,
        "nothing" if lying is None else "the same" if known.has_all(one, lying) else "another",
        None if lying is None else _again(at, known, one, lying),
    )


def _again(at: Run, known: Book, one: Source, lying: Delivery) -> Again | None:
    """Why the next run takes in again what was taken in of a source."""
    standing = known.standing(one.name)
    try:
        if any(row["mapping_hash"] != _mapping_hash(at, one, row["referred"]) for row in standing):
            return "mapping"
        is_same = known.has_all(one, lying) and not one.is_ready_made
        if not is_same or due.due(at.tables_at, known, one, lying, at.settings, is_again=False) is None:
            return None
    except SettingsError:
        # Whoever looks at the state of a warehouse need not have its secret.
        return None
    return "keys" if any(row["referred"] != feeds.referred_hash(known, one) for row in standing) else "table"


def _mapping_hash(at: Run, one: Source, referred: str) -> str:
    """The hash a delivery would be remembered with now, its keys looked up as they were."""
    if one.is_ready_made:
        return readymade.mapping_hash(at.tables_at, one, at.settings, referred)
    return feeds.mapping_hash(one, one.clean_table(), at.settings, *([referred] if one.feed == "snapshot" else []))


def _days(at: Run) -> list[DayStatus]:
    """The days of the conf file and all that were published, oldest first, by vertical."""
    seen = at.tables_at.read(built.SEGMENT_ASSIGNMENTS)
    newest_first = F.struct("correction", "model_version", "n_lines")
    sizes = seen.groupBy("vertical", "as_of", "correction", "model_version").agg(F.count("*").alias("n_lines"))
    last = sizes.groupBy("vertical", "as_of").agg(F.max(newest_first).alias("last")).collect()
    published = {(row["vertical"], row["as_of"]): row["last"] for row in last}
    days = sorted({*at.as_of_days, *(as_of for _, as_of in published)})
    is_ready_made = readymade.is_ready_made_run(at.settings)
    features: dict[date, State] = {day: "current" if is_ready_made else _features(at, day) for day in days}
    again = set(freshness.days_to_make_again(at))
    changed = {day: _changed(at, day) for day in days if features[day] == "stale"}
    return [
        _day(
            vertical,
            day,
            features[day],
            published.get((vertical.value, day)),
            changed.get(day, ()),
            is_stale=day in again,
        )
        for vertical in at.verticals
        for day in days
    ]


def _features(at: Run, day: date) -> State:
    if freshness.has_features(at, day, freshness.of_features(at, day)):
        return "current"
    return "stale" if at.fingerprints("build_features").get(day.isoformat()) else "none"


def _changed(at: Run, day: date) -> tuple[str, ...]:
    """Clean tables that have changed since the features of a day were built."""
    rows = (at.tables_at.read(catalogue.feature_table(name), day).select("run_id").first() for name in at.verticals)
    runs = [row["run_id"] for row in rows if row is not None]
    return contents.changed_since(at.tables_at, min(runs), day) if runs else ()


def _day(
    vertical: VerticalName,
    day: date,
    features: State,
    last: Row | None,
    changed: tuple[str, ...],
    *,
    is_stale: bool,
) -> DayStatus:
    if last is None:
        return DayStatus(vertical.value, day.isoformat(), features, "none", 0, None, None, changed)
    segments: State = "stale" if is_stale else "current"
    correction, model = last["correction"], last["model_version"]
    return DayStatus(vertical.value, day.isoformat(), features, segments, last["n_lines"], correction, model, changed)


def _model(at: Run, vertical: VerticalName) -> dict[str, str] | None:
    """Version and day of the fit of the model that scores; None when there is none."""
    row = registry.released_row(at.tables_at, vertical)
    if row is None:
        return None
    return {"model_version": row["model_version"], "fitted_as_of": row["fitted_as_of"].isoformat()}


def _feed_grid(found: Sequence[FeedStatus]) -> Grid:
    grid = Grid("source", "taken in on", "newest arrival", title="Feeds", title_justify="left")
    for head in ("rows", "refused"):
        grid.add_column(head, justify="right")
    grid.add_column("lies in landing")
    grid.add_column("then")
    for one in found:
        share = f"{one.refused_share:.1%}" if one.feed_id else ""
        days = one.taken_in_on or "never", one.newest_arrival or ""
        grid.add_row(
            one.source, *days, f"{one.n_written:,}", share, one.in_landing, AGAIN[one.again] if one.again else ""
        )
    return grid


def _day_grid(found: Sequence[DayStatus]) -> Grid:
    grid = Grid("vertical", "as of", "features", "segments", title="Days", title_justify="left")
    for head in ("lines", "correction"):
        grid.add_column(head, justify="right")
    grid.add_column("model")
    grid.add_column("changed since")
    for one in found:
        correction = "" if one.correction is None else str(one.correction)
        states = one.features, one.segments
        grid.add_row(
            one.vertical,
            one.as_of,
            *states,
            f"{one.n_lines:,}",
            correction,
            one.model_version or "",
            ", ".join(one.changed),
        )
    return grid


def _model_grid(models: Mapping[str, Mapping[str, str] | None]) -> Grid:
    grid = Grid("vertical", "model that scores", "fitted as of", title="Models", title_justify="left")
    for vertical, model in models.items():
        told = ("none", "") if model is None else (model["model_version"], model["fitted_as_of"])
        grid.add_row(vertical, *told)
    return grid


main = reading_job(run, "status", "segmentation status", "segmentation status --conf-file yours/operator.yaml --json")

if __name__ == "__main__":
    main()
