"""Write the page: one self-contained HTML file that opens from disk and asks the network for nothing."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from segmentation import progress
from segmentation.report import appearance, cards, certainty, objective, quality, words
from segmentation.report.data import VerticalData
from segmentation.report.method import method
from segmentation.report.reading import read_base, read_verticals
from segmentation.report.rendering import rendered
from segmentation.report.words import Money
from segmentation.settings import RunSettings
from segmentation.tables import Store

logger = logging.getLogger(__name__)


def write(tables_at: Store, settings: RunSettings, as_of: date, file: Path) -> Path:
    """The file written, about the day and those published before it. A folder gets an index.html.

    Missing tables, verticals and months show as a sentence. Equal tables give an equal page.
    """
    verticals = read_verticals(tables_at, settings, as_of)
    progress.says("drawing")
    content = _content(settings, verticals, as_of)
    html = rendered("page.html", {**content, **_about_base(tables_at, verticals, as_of)})
    target = file if file.suffix == ".html" else file / "index.html"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(html, encoding="utf-8")
    logger.info("wrote the report to %s (%.1f MB)", target, len(html.encode()) / 1e6)
    return target


def _content(settings: RunSettings, verticals: Sequence[VerticalData], as_of: date) -> Mapping[str, object]:
    money = Money(settings.currency, settings.minor_units)
    return {
        "operator": settings.operator,
        "month": words.month(as_of),
        "day": f"{as_of:%d %B %Y}",
        "cut_short": _cut_short(settings, verticals, as_of),
        "sections": [_section(data, money) for data in verticals],
        "headline": _headline(verticals, money),
    }


def _cut_short(settings: RunSettings, verticals: Sequence[VerticalData], as_of: date) -> str:
    """What to mind when the page is about a part of a month; "" when it is about a whole one."""
    before = [data.month_before for data in verticals if data.month_before is not None]
    return words.cut_short(as_of, max(before, default=None), is_end_of_data=as_of == settings.periods.partial_last_day)


def _about_base(tables_at: Store, verticals: Sequence[VerticalData], as_of: date) -> Mapping[str, object]:
    base = read_base(tables_at, as_of)
    return {
        "facts": quality.facts(base),
        "feeds": quality.feeds(base),
        "missing": quality.missing(verticals),
        "runs": quality.runs(base, verticals),
    }


def _section(data: VerticalData, money: Money) -> Mapping[str, object]:
    """Everything the page says about one vertical."""
    is_empty = data.segments.empty
    return {
        "key": data.vertical.value,
        "name": words.vertical(data.vertical.value),
        "month": words.month(data.as_of),
        "month_before": words.month(data.month_before) if data.month_before else "",
        "objective": objective.objective(data, money),
        "is_empty": is_empty,
        "brief": cards.in_brief(data, money),
        "cards": [] if is_empty else cards.cards(data, money),
        "looks": [] if is_empty else appearance.what_they_look_like(data, money),
        "states": [] if is_empty else certainty.over_time_and_certainty(data),
        "method": method(data, money),
    }


def _headline(verticals: Sequence[VerticalData], money: Money) -> list[tuple[str, str]]:
    """The figures at the top of the page: what it is, and how much."""
    living = [data for data in verticals if not data.segments.empty]
    sizes = [data.sizes_on(data.as_of) for data in living]
    n_lines = sum(int(size["n_lines"].sum()) for size in sizes)
    value = sum(float(size["total_value"].fillna(0).sum()) for size in sizes)
    return [
        ("lines of service", f"{n_lines:,}"),
        ("value a month", money.text(value) if any(size["n_valued"].sum() for size in sizes) else words.UNKNOWN),
        ("segments", str(sum(len(data.segments) for data in living))),
    ]
