"""What a run over the feeds that lie there would lack: features without a column, and the month asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text

from segmentation.features import catalogue, columns
from segmentation.features.availability import MAX_QUIET_DAYS
from segmentation.features.partials import MAX_STALENESS
from segmentation.periods import month_end, period_ends, period_start
from segmentation.runs import Run
from segmentation.settings import Json
from segmentation.sources.contract import CLEAN_TABLES
from segmentation.sources.newest import Newest
from segmentation.sources.source import Source
from segmentation.sources.trial import Trial
from segmentation.tables import clean
from segmentation.tables.contract import TimeKind

GONE = "no source: null, left out of the fit, named in missing_families of every row"
PART = "what has no source is null and left out of the fit"
MOST_NAMED = 8
"""Features that the line of a column names."""
OLDEST_LAG = 120
"""Months looked back for the period of a feed's newest day."""
Had = Mapping[str, Mapping[str, tuple[int, int]]]
"""Vertical -> family -> features that can be had, and of how many."""
Missing = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Vertical -> feature that cannot be had -> clean columns, or tables, that nothing fills."""


@dataclass(frozen=True)
class Month:
    """Whether the month asked for is in a feed."""

    newest: date
    lag: int
    """Months by which its newest day lies before that month; 0 where it is in it, and of what holds over time."""
    told: str


@dataclass(frozen=True)
class Outlook:
    """What the feeds can give."""

    fitted: Had
    """Of the features to fit on."""
    shown_only: Had
    """Of those that are only shown."""
    missing: Missing
    months: Mapping[str, Month]
    """By source; those that tell days."""

    def as_data(self) -> dict[str, Json]:
        return {
            "families": _plain(self.fitted),
            "shown_families": _plain(self.shown_only),
            "missing_features": {
                v: {name: list(gaps) for name, gaps in own.items()} for v, own in self.missing.items()
            },
            "newest": {name: {"day": one.newest.isoformat(), "lag": one.lag} for name, one in self.months.items()},
        }

    def shown(self) -> Iterator[RenderableType]:
        yield _family_grid(self.fitted, "Features to fit on that these feeds can give", then=True)
        yield _family_grid(self.shown_only, "Features that are only shown", then=False)
        yield from (Text(line, style="yellow") for line in (*_without_lines(self.missing), *_by_column(self.missing)))


def outlook(at: Run, sources: Sequence[Source], trials: Sequence[Trial]) -> Outlook:
    """What a run on the last of the days would have and lack, by the feeds that brought accepted rows."""
    ready = {name for one in sources if one.is_ready_made for name in one.columns}
    filled = _filled(sources, trials)
    missing, fitted, shown_only = {}, {}, {}
    for vertical in at.verticals:
        everything = catalogue.for_vertical(vertical)
        gaps = columns.missing(everything, vertical, filled, ready)
        to_fit = catalogue.cluster_features(vertical, at.vertical(vertical))
        only = [feature for feature in everything if feature.role(vertical) == "profile"]
        fitted[vertical.value] = catalogue.had_by_family(to_fit, gaps)
        shown_only[vertical.value] = catalogue.had_by_family(only, gaps)
        wanted = {feature.name for feature in (*to_fit, *only)}
        missing[vertical.value] = {name: one for name, one in gaps.items() if name in wanted}
    as_of = at.as_of_days[-1]
    months = {one.source: month(one.table, one.newest, as_of) for one in trials if one.newest is not None}
    return Outlook(fitted, shown_only, missing, months)


def _filled(sources: Sequence[Source], trials: Sequence[Trial]) -> dict[str, set[str]]:
    """Clean tables with the columns that some source maps, of the feeds that brought an accepted row."""
    brought = {one.source for one in trials if one.accepted}
    filled: dict[str, set[str]] = {}
    for one in sources:
        if one.name in brought:
            filled.setdefault(one.table, set()).update(one.columns)
    return filled


def month(table_name: str, newest: Newest, as_of: date) -> Month:
    """Whether the month that ends on a day is in a feed of a table, by its newest day.

    What holds over time may hold on without a new row: its newest day is told and not judged.
    """
    head = f"newest {newest.column} in {newest.among}: {newest.day}"
    if CLEAN_TABLES[table_name].time is not TimeKind.EVENT:
        return Month(newest.day, 0, head)
    month_of_day = f"{as_of:%Y-%m}"
    asked = month_of_day if as_of == month_end(month_of_day) else f"that to {as_of}"
    lag = _lag(newest.day, as_of)
    if lag:
        would = "too old, what is made of it would be null" if lag > MAX_STALENESS else "it would be late"
        return Month(newest.day, lag, f"{head}; the month asked for is {asked}: {would}")
    quiet = (as_of - newest.day).days
    ends = f", without its last {quiet} days" if quiet > MAX_QUIET_DAYS else ""
    return Month(newest.day, 0, f"{head}; the month asked for, {asked}, is in it{ends}")


def _lag(newest: date, as_of: date) -> int:
    """Periods between the one that holds a day and the one asked for."""
    ends = period_ends(as_of, OLDEST_LAG)[::-1]
    return next((lag for lag, end in enumerate(ends) if newest >= period_start(end)), OLDEST_LAG)


def _family_grid(had: Had, title: str, *, then: bool) -> Grid:
    """Families by vertical: how many of their features there will be."""
    grid = Grid("family", title=title, title_justify="left", box=SIMPLE_HEAD)
    for vertical in had:
        grid.add_column(vertical, justify="right")
    if then:
        grid.add_column("then")
    for family in dict.fromkeys(name for own in had.values() for name in own):
        both = [own.get(family) for own in had.values()]
        is_whole = all(one is None or one[0] == one[1] for one in both)
        is_gone = all(one is None or one[0] == 0 for one in both)
        what = "" if is_whole else GONE if is_gone else PART
        counts = ("" if one is None else f"{one[0]} of {one[1]}" for one in both)
        grid.add_row(family, *counts, *([what] if then else []))
    return grid


def _without_lines(missing: Missing) -> Iterator[str]:
    """Verticals that no line can be in."""
    spells = clean.SERVICE_SPELLS.name
    empty = [vertical for vertical, own in missing.items() if own and all(spells in gaps for gaps in own.values())]
    if empty:
        yield f"{', '.join(empty)}: no line can be in it, since nothing fills {spells}"


def _by_column(missing: Missing) -> Iterator[str]:
    """A line for every column, of tables that are filled, without which a feature cannot be had."""
    without: dict[str, dict[str, list[str]]] = {}
    for vertical, own in missing.items():
        for feature, gaps in own.items():
            for gap in gaps:
                if "." in gap:
                    without.setdefault(gap, {}).setdefault(feature, []).append(vertical)
    for gap, features in sorted(without.items()):
        named = [f"{name} ({', '.join(verticals)})" for name, verticals in features.items()]
        others = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
        yield f"{gap} is not mapped: no {', '.join(named[:MOST_NAMED])}{others}"


def _plain(had: Had) -> dict[str, Json]:
    return {vertical: {name: list(both) for name, both in own.items()} for vertical, own in had.items()}
