"""What to do: one card a segment, and the few sentences that sum a vertical up."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from segmentation.privacy.suppression import SMALLEST_COUNT_SHOWN, shown_counts
from segmentation.profiles.description import CHURNED_SHARE
from segmentation.report import words
from segmentation.report.data import VerticalData
from segmentation.report.figures.look import stroke
from segmentation.report.words import Money

NO_ACTION = "No action is laid down for it yet: give it a name and an action in the archetypes."


@dataclass(frozen=True)
class Card:
    """A segment as the marketer sees it: all texts ready to show."""

    name: str
    colour: str
    edge: str
    """The colour as a line: darkened where it is too pale to be seen."""
    symbol: str
    """A sign beside the colour, for those who do not see it."""
    n_lines: str
    share: str
    value_per_line: str
    total_value: str
    value_share: str
    change: str
    direction: str
    """up, down or flat."""
    churned: str
    unsure: str
    quality: str
    """How far the data of its lines can be trusted, on average; "" where that is not known."""
    looks_like: str
    action: str
    is_named: bool
    lines_width: float
    """Percent, for the bar of lines."""
    value_width: float


@dataclass(frozen=True)
class Point:
    """A segment to act on first: why, and what to do."""

    name: str
    colour: str
    symbol: str
    fact: str
    action: str


@dataclass(frozen=True)
class Brief:
    """A vertical in one glance."""

    summary: str
    points: tuple[Point, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Month:
    """What all cards of a vertical share."""

    shown: Mapping[str, int | None]
    shown_before: Mapping[str, int | None]
    since: str
    """Month before; "" when there is none."""
    n_lines: int
    value: float
    churned: Mapping[str, float]
    money: Money


def cards(data: VerticalData, money: Money) -> list[Card]:
    """The segments with lines in the last month, the most valuable first."""
    today, before = data.sizes_on(data.as_of), data.sizes_on(data.month_before)
    month = _Month(
        shown=shown_by_segment(today["n_lines"]),
        shown_before=shown_by_segment(before["n_lines"]),
        since=words.month(data.month_before) if data.month_before else "",
        n_lines=int(today["n_lines"].sum()),
        value=float(today["total_value"].fillna(0).sum()),
        churned=_of_feature(data.profiles_on(data.as_of), CHURNED_SHARE),
        money=money,
    )
    return [_card(row, today.loc[row["segment_id"]], month) for _, row in data.segments.iterrows()]


def shown_by_segment(counts: pd.Series) -> Mapping[str, int | None]:
    """Counts by segment with those that are too small to show, and what would give them away, as None."""
    return dict(zip(counts.index, shown_counts([int(n) for n in counts]), strict=True))


def _card(row: pd.Series, size: pd.Series, month: _Month) -> Card:
    segment, n_true = row["segment_id"], int(size["n_lines"])
    n, is_small = month.shown[segment], n_true < SMALLEST_COUNT_SHOWN
    value = float(size["total_value"]) if size["n_valued"] else None
    lines_part = None if n is None else n / month.n_lines
    value_part = None if n is None or value is None or month.value <= 0 else value / month.value
    change, direction = _change(segment, month)
    return Card(
        name=row["segment_name"],
        colour=row["colour"],
        edge=stroke(row["colour"]),
        symbol=row["sign"],
        n_lines=words.count(n),
        share=words.TOO_FEW if n is None else words.share(lines_part),
        value_per_line=words.TOO_FEW
        if is_small
        else month.money.text(value / size["n_valued"] if value is not None else None),
        total_value=words.TOO_FEW if n is None else month.money.text(value),
        value_share=words.TOO_FEW if n is None else words.share(value_part),
        change=change,
        direction=direction,
        churned="" if is_small or segment not in month.churned else words.share(month.churned[segment]),
        unsure="" if is_small else words.share(size["n_border"] / n_true),
        quality="" if is_small or pd.isna(size["mean_quality"]) else words.share(size["mean_quality"]),
        looks_like=words.sentence(row["looks_like"] or "Nothing sets it clearly apart"),
        action=words.sentence(row["recommended_action"] or NO_ACTION),
        is_named=bool(row["archetype"]),
        lines_width=_width(lines_part),
        value_width=_width(value_part),
    )


def _change(segment: str, month: _Month) -> tuple[str, str]:
    """Change of size since the month before, in words and as up, down or flat."""
    if not month.since:
        return "first month shown", "flat"
    n, n_before = month.shown[segment], month.shown_before.get(segment, 0)
    moved = 0 if n is None or n_before is None else n - n_before
    return words.change(n, n_before, month.since), "up" if moved > 0 else "down" if moved < 0 else "flat"


def _width(part: float | None) -> float:
    return 0.0 if part is None else round(100 * min(1.0, max(0.0, part)), 2)


def in_brief(data: VerticalData, money: Money) -> Brief:
    """What a busy reader needs: the size of it, the segments to act on first, and what to mind."""
    today, before = data.sizes_on(data.as_of), data.sizes_on(data.month_before)
    if today.empty:
        return Brief(f"Nothing was published for {words.month(data.as_of)}.", (), ())
    total_value = float(today["total_value"].fillna(0).sum())
    value = f", worth {money.text(total_value)} a month" if total_value else ""
    summary = f"{int(today['n_lines'].sum()):,} lines in {len(data.segments)} segments{value}."
    shown = pd.Series({k: v for k, v in shown_by_segment(today["n_lines"]).items() if v is not None}, dtype=float)
    if shown.empty:
        return Brief(summary, (), ())
    facts = [*_richest(today, shown), *_movers(shown, before, words.short_month(data.month_before or data.as_of))]
    by_segment: dict[str, list[str]] = {}
    for segment, fact in facts:
        by_segment.setdefault(segment, []).append(fact)
    points = tuple(_point(data, segment, "; ".join(said)) for segment, said in by_segment.items())
    return Brief(summary, points, _warnings(data, shown, int(today["n_lines"].sum())))


def _richest(today: pd.DataFrame, shown: pd.Series) -> list[tuple[str, str]]:
    """The segment that is worth most, with the fact in words."""
    total = float(today["total_value"].fillna(0).sum())
    if total <= 0:
        return []
    richest = today.loc[shown.index, "total_value"].fillna(0).astype(float).idxmax()
    lines, worth = shown[richest] / today["n_lines"].sum(), today.loc[richest, "total_value"] / total
    return [(richest, f"{words.share(worth)} of the value from {words.share(lines)} of the lines")]


def _movers(shown: pd.Series, before: pd.DataFrame, since: str) -> list[tuple[str, str]]:
    """Who grew and who shrank most in lines since the period before, with the fact in words."""
    earlier = {k: v for k, v in shown_by_segment(before["n_lines"]).items() if v} if not before.empty else {}
    moved = {segment: int(n) - earlier[segment] for segment, n in shown.items() if segment in earlier}
    if not moved:
        return []
    up, down = max(moved, key=lambda s: (moved[s], s)), min(moved, key=lambda s: (moved[s], s))
    facts = [(up, f"grew most: {words.change(int(shown[up]), earlier[up], since)}")] if moved[up] > 0 else []
    if moved[down] < 0:
        facts.append((down, f"shrank most: {words.change(int(shown[down]), earlier[down], since)}"))
    return facts


def _point(data: VerticalData, segment: str, fact: str) -> Point:
    row = data.segments.set_index("segment_id").loc[segment]
    return Point(
        row["segment_name"], row["colour"], row["sign"], fact, words.sentence(row["recommended_action"] or NO_ACTION)
    )


def _warnings(data: VerticalData, shown: pd.Series, total: int) -> tuple[str, ...]:
    largest, limit = shown.idxmax(), data.settings.limits.max_share
    if shown[largest] / total <= limit:
        return ()
    name = data.segments.set_index("segment_id").loc[largest, "segment_name"]
    return (f"{name} hold {words.share(shown[largest] / total)} of all lines, over the limit of {words.share(limit)}.",)


def _of_feature(profiles: pd.DataFrame, feature: str) -> Mapping[str, float]:
    is_known = profiles["mean"].notna() & (profiles["n_known"] >= SMALLEST_COUNT_SHOWN)
    known = profiles[is_known & (profiles["feature"] == feature)]
    return dict(zip(known["segment_id"], known["mean"].astype(float), strict=True))
