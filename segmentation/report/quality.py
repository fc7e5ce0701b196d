"""How far the page can be trusted: facts checked, feeds taken in, what was missing, and what was run."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from segmentation.privacy.suppression import shown_count
from segmentation.report import words
from segmentation.report.data import BaseData, VerticalData
from segmentation.settings import VerticalName

TOP_REASONS = 4
_MARKS = {"holds": "✓", "fails": "✗"}
_NOT_MEASURED = "○"


@dataclass(frozen=True)
class FactText:
    """One fact, expected and seen; the mark tells the verdict without colour."""

    vertical: str
    fact: str
    measure: str
    expected: str
    seen: str
    verdict: str
    mark: str


@dataclass(frozen=True)
class FeedText:
    """One source: sums of its deliveries that stand. Widths are percent of the rows read, for the bar."""

    source: str
    table: str
    deliveries: str
    """How many there are; of several also what became of the newest alone."""
    read: str
    duplicates: str
    quarantined: str
    accepted: str
    filtered: str
    is_balanced: bool
    refused_share: str
    accepted_width: float
    duplicates_width: float
    quarantined_width: float
    reasons: tuple[tuple[str, str], ...]
    changes: tuple[str, ...]
    """Columns that are not what they were in the delivery before, and rows that stay out as their line was erased."""


@dataclass(frozen=True)
class MissingText:
    """Something the features of a vertical lacked."""

    vertical: str
    month: str
    what: str
    how_many: str


@dataclass(frozen=True)
class RunText:
    """One step of the pipeline."""

    step: str
    vertical: str
    day: str
    took: str
    counts: str
    written: str
    read: str


@dataclass(frozen=True)
class RunsText:
    """Which code made the page, from which tables."""

    code_versions: str
    settings_hashes: str
    model_versions: tuple[tuple[str, str], ...]
    latest: str
    notes: tuple[tuple[str, str], ...]
    """What a reader should know, each with the steps, verticals and months that said so."""
    steps: tuple[RunText, ...]


def facts(base: BaseData) -> list[FactText]:
    """The facts of the last day, those that fail first within a vertical."""
    verticals = [name.value for name in VerticalName]
    place = {name: number for number, name in enumerate(verticals)}
    order = {"fails": 0, "holds": 1}
    rows = sorted(
        (row for _, row in base.facts.iterrows()),
        key=lambda row: (place.get(row["vertical"], -1), order.get(row["verdict"], len(order)), row["fact"]),
    )
    return [
        FactText(
            words.vertical(row["vertical"] or "all"),
            row["fact"],
            words.spelled_out(row["measure"] or ""),
            row["expected"] or "",
            row["seen"] or "",
            row["verdict"] or "not measured",
            _MARKS.get(row["verdict"], _NOT_MEASURED),
        )
        for row in rows
    ]


def feeds(base: BaseData) -> list[FeedText]:
    """Every source with the rows of its deliveries and the most frequent reasons of refusal."""
    return [
        _feed(own, *(part[part["source"] == source] for part in (base.reasons, base.changes)))
        for source, own in base.feeds.groupby("source", sort=True)
    ]


def _changed(change: pd.Series) -> str:
    return f"column {change['column_name']} is {change['change']}: {change['detail']}"


def _left_out(own: pd.DataFrame) -> Iterator[str]:
    """What deliveries brought of erased lines; which ones is said nowhere."""
    if n_erased := sum(map(_whole, own["n_erased"])):
        yield f"{n_erased:,} rows of lines that were erased stay out"


def _feed(own: pd.DataFrame, reasons: pd.DataFrame, changes: pd.DataFrame) -> FeedText:
    newest = own[own["is_newest"]].iloc[0]
    counts = ("n_read", "n_duplicates", "n_quarantined", "n_accepted", "n_filtered")
    read, duplicates, quarantined, accepted, filtered = (sum(map(_whole, own[name])) for name in counts)
    top = reasons.sort_values(["n_rows", "reason"], ascending=[False, True]).head(TOP_REASONS)
    width = [round(100 * part / read, 3) if read else 0.0 for part in (accepted, duplicates, quarantined)]
    return FeedText(
        source=newest["source"],
        table=newest["table_name"] or "",
        deliveries=_deliveries(own, newest),
        read=f"{read:,}",
        duplicates=f"{duplicates:,}",
        quarantined=f"{quarantined:,}",
        accepted=f"{accepted:,}",
        filtered=f"{filtered:,}",
        is_balanced=all(_is_balanced(one) for _, one in own.iterrows()),
        refused_share=words.share(quarantined / read) if read else words.UNKNOWN,
        accepted_width=width[0],
        duplicates_width=width[1],
        quarantined_width=width[2],
        reasons=tuple((reason["reason"], f"{_whole(reason['n_rows']):,}") for _, reason in top.iterrows()),
        changes=(*_left_out(own), *map(_changed, (change for _, change in changes.iterrows()))),
    )


def _is_balanced(one: pd.Series) -> bool:
    parts = (_whole(one[name]) for name in ("n_duplicates", "n_quarantined", "n_accepted"))
    return _whole(one["n_read"]) == sum(parts)


def _deliveries(own: pd.DataFrame, newest: pd.Series) -> str:
    taken_in = f"taken in on {newest['recorded_at']:%d %B %Y}"
    if len(own) == 1:
        return f"1 delivery, {taken_in}"
    read, refused = _whole(newest["n_read"]), _whole(newest["n_quarantined"])
    share = f" ({words.share(refused / read)})" if read else ""
    return f"{len(own):,} deliveries; the newest, {taken_in}: {read:,} read, {refused:,} refused{share}"


def missing(verticals: Sequence[VerticalData]) -> list[MissingText]:
    """Families that lines lack in the last month, and lines whose newest family lags."""
    return [text for data in verticals for text in (*_lacking(data), *_stale(data))]


def _lacking(data: VerticalData) -> list[MissingText]:
    today = data.missing[data.missing["as_of"] == data.as_of]
    total = int(data.sizes_on(data.as_of)["n_lines"].sum())
    ordered = today.sort_values(["n_lines", "family"], ascending=[False, True])
    return [
        _missing(data, f"no data of the family “{words.plain(row['family'])}”", int(row["n_lines"]), total)
        for _, row in ordered.iterrows()
    ]


def _stale(data: VerticalData) -> list[MissingText]:
    today = data.sizes_on(data.as_of)
    n_stale = int(today["n_stale"].sum())
    if not n_stale:
        return []
    most = int(today["max_staleness"].max())
    lag = f"the oldest family lags by up to {most} period{'s' if most > 1 else ''}"
    return [_missing(data, lag, n_stale, int(today["n_lines"].sum()))]


def _missing(data: VerticalData, what: str, n_lines: int, total: int) -> MissingText:
    n = shown_count(n_lines)
    how_many = words.TOO_FEW if n is None else f"{n:,} lines ({words.share(n / total)})"
    return MissingText(words.vertical(data.vertical.value), words.month(data.as_of), what, how_many)


def runs(base: BaseData, verticals: Sequence[VerticalData]) -> RunsText | None:
    """What was run, by which code. None when no run is recorded."""
    if base.runs.empty:
        return None
    models = tuple((words.vertical(v.vertical.value), v.model.model_version) for v in verticals if v.model is not None)
    return RunsText(
        code_versions=words.listed(sorted(set(base.runs["code_version"].dropna()))),
        settings_hashes=words.listed(sorted(set(base.runs["settings_hash"].dropna()))),
        model_versions=models,
        latest=f"{base.runs['ended_at'].max():%d %B %Y, %H:%M}",
        notes=_notes(base.runs),
        steps=tuple(_run(row) for _, row in base.runs.iterrows()),
    )


def _notes(runs: pd.DataFrame) -> tuple[tuple[str, str], ...]:
    """Every note once, in the order in which it was first said."""
    told = runs.explode("notes").dropna(subset=["notes"])
    return tuple((str(note), _where(same)) for note, same in told.groupby("notes", sort=False))


def _where(said: pd.DataFrame) -> str:
    """Steps, verticals and months, such as: build features, Pay as you go, Aug 2026 and Sep 2026."""
    steps = words.listed([words.plain(step) for step in dict.fromkeys(said["step"])])
    verticals = words.listed([words.vertical(name) for name in dict.fromkeys(said["vertical"])])
    return f"{steps}, {verticals}, {words.listed([words.short_month(day) for day in sorted(set(said['as_of']))])}"


def _run(row: pd.Series) -> RunText:
    return RunText(
        step=words.plain(row["step"]),
        vertical=words.vertical(row["vertical"]),
        day=f"{row['as_of']:%Y-%m-%d}" if isinstance(row["as_of"], date) else "",
        took=f"{(row['ended_at'] - row['started_at']).total_seconds():,.0f} s",
        counts=", ".join(f"{words.plain(name)} {n:,}" for name, n in sorted((row["counts"] or {}).items())),
        written=_versions(row["tables_written"]),
        read=_versions(row["tables_read"]),
    )


def _versions(versions: dict[str, int] | None) -> str:
    return ", ".join(f"{name} v{version}" for name, version in sorted((versions or {}).items()))


def _whole(value: float | None) -> int:
    return 0 if value is None or pd.isna(value) else int(value)
