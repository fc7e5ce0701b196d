"""Write the page that shows a generated base beside published facts of real ones."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from segmentation import progress
from segmentation.errors import DataError
from segmentation.periods import month_end, months_between
from segmentation.report import words
from segmentation.report.charts import Chart, DataTable, Panel
from segmentation.report.figures.counts import sizes_over_months
from segmentation.report.figures.spread import PublishedPart, parts_of_the_top, tail
from segmentation.report.likeness import Likeness, read_likeness
from segmentation.report.rendering import rendered
from segmentation.report.words import NBSP, Scale
from segmentation.settings import RunSettings
from segmentation.synthetic.published import FACTS, ONE_FIGURE, Fact, Source
from segmentation.tables import Store, clean

logger = logging.getLogger(__name__)
FILE_NAME = "generated_base.html"
_SCALES = {"KB": Scale(1e6, "GB"), "s": Scale(1, "s"), "days": Scale(1, "days"), "lines": Scale(1, "lines")}
_STYLES = {"payg": ("#1f5a8c", "circle"), "plan": ("#a8480c", "diamond"), "home": ("#3c6e47", "square")}
_LINES = "lines"


@dataclass(frozen=True)
class FactText:
    """One fact: what it is, this base's figure, the published one, who published it, and whether they are alike."""

    about: str
    mind: str
    seen: str
    published: str
    sources: tuple[Source, ...]
    verdict: str
    mark: str
    style: str


def write(tables_at: Store, settings: RunSettings, as_of: date) -> Path:
    """The file written, beside the report. Raises DataError where the warehouse holds no lines."""
    if tables_at.read(clean.SERVICE_SPELLS, as_of).isEmpty():
        raise DataError(
            "there is no base to compare",
            where=tables_at.address(clean.SERVICE_SPELLS),
            expected="clean tables of a generated operator",
            remedy="run `segmentation generate` and `segmentation ingest` with the same conf file",
        )
    months = months_between(month_end(settings.periods.history_from), as_of)
    compared = read_likeness(tables_at, [month for month in months if month <= as_of])
    progress.says("drawing")
    html = rendered("generated_base.html", _content(settings, compared, as_of))
    folder = settings.report.parent if settings.report.suffix == ".html" else settings.report
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE_NAME
    target.write_text(html, encoding="utf-8")
    logger.info("wrote the comparison to %s (%.1f MB)", target, len(html.encode()) / 1e6)
    return target


def fact_texts(seen: Mapping[str, float | None]) -> list[FactText]:
    """Every published fact in its order, beside the figure of this base."""
    return [_fact_text(fact, seen.get(fact.name)) for fact in FACTS]


def _fact_text(fact: Fact, seen: float | None) -> FactText:
    holds = fact.holds(seen)
    verdict, mark, style = ("not measured", "○", "")
    if seen is not None:
        outside = ("lower", "▽") if seen < fact.limits[0] else ("higher", "△")
        verdict, mark = ("alike", "✓") if holds else outside
        style = "holds" if holds else "fails"
    published = _text(fact, fact.low) if fact.is_one_figure else f"{_text(fact, fact.low)} to {_text(fact, fact.high)}"
    return FactText(fact.about, fact.mind, _text(fact, seen), published, fact.sources, verdict, mark, style)


def _text(fact: Fact, value: float | None) -> str:
    if fact.unit == "share" and value is not None:
        return f"{100 * value:.3g}{NBSP}%"
    return _SCALES[fact.unit].text(value) if fact.unit in _SCALES else words.UNKNOWN


def _content(settings: RunSettings, compared: Likeness, as_of: date) -> Mapping[str, object]:
    facts = fact_texts(compared.seen)
    now = compared.by_month[compared.by_month["month"] == compared.by_month["month"].max()]
    n_measured = sum(fact.style != "" for fact in facts)
    return {
        "operator": settings.operator,
        "day": f"{as_of:%d %B %Y}",
        "headline": [
            ("lines of service", words.count(int(now["n_lines"].sum()))),
            ("facts that are alike", f"{sum(fact.style == 'holds' for fact in facts)} of {n_measured}"),
        ],
        "facts": facts,
        "one_figure": words.share(ONE_FIGURE),
        "spread": [_parts(compared.points), _tails(compared.points, settings)],
        "counts": [_over_months(compared.by_month)],
    }


def _tails(points: pd.DataFrame, settings: RunSettings) -> Chart:
    money = Scale(settings.minor_units, settings.currency)
    drawn = (
        ("mobile data", "data of a mobile line in a month", Scale(1e6, "GB"), _LINES),
        ("home data", "data of a home in a month", Scale(1e6, "GB"), "homes"),
        ("calls", "calls of a mobile line in a month", Scale(1, "seconds"), _LINES),
        ("recharges", "amount of a recharge", money, "recharges"),
    )
    return Chart(
        "tails",
        "How far the tails reach",
        "Each point says which part of the lines (up) has at least so much (across); every step of the grid is a "
        "factor of ten. A heavy tail runs on to the right of the dotted curve, an exponential of the same mean; one "
        "that bends down left of it is lighter than that.",
        "Part of the lines with at least so much, on two logarithmic axes.",
        "No use was found in the last month.",
        tuple(
            Panel(title, tail(_in_units(mine, scale), scale.unit, who))
            for what, title, scale, who in drawn
            if not (mine := points[points["what"] == what]).empty
        ),
    )


def _parts(points: pd.DataFrame) -> Chart:
    drawn = (
        ("mobile data", "data of mobile lines", _LINES),
        ("home data", "data of homes", "homes"),
        ("calls", "seconds of calls", _LINES),
        ("paid", "revenue of mobile lines", _LINES),
    )
    panels = [
        Panel(title, parts_of_the_top(mine, _published(what), who))
        for what, title, who in drawn
        if not (mine := points[points["what"] == what]).empty
    ]
    return Chart(
        "concentration",
        "How much the top few have",
        "Lines are put in order from the one with most; the curve says which part of the whole (up) the top part of "
        "them (across) has. The dotted line is a base in which all are alike. Diamonds and bars are published figures "
        "of real bases: where the curve runs below them this base is more even than those were.",
        "Lorenz curves from the largest on, with published figures.",
        "No use was found in the last month.",
        tuple(panels),
    )


def _published(what: str) -> Sequence[PublishedPart]:
    return [
        PublishedPart(fact.of_top[1], fact.low, fact.high) for fact in FACTS if fact.of_top and fact.of_top[0] == what
    ]


def _in_units(points: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    amounts = {name: points[name].astype(float) / scale.per for name in ("at_least", "mean")}
    return points.assign(**amounts)


def _over_months(by_month: pd.DataFrame) -> Chart:
    in_order = by_month.sort_values(["month", "vertical"])
    named = in_order.assign(segment_id=in_order["vertical"], month=in_order["month"].map(words.short_month))
    styles = {key: (words.vertical(key), *style) for key, style in _STYLES.items() if key in set(by_month["vertical"])}
    verticals = pd.DataFrame.from_dict(styles, orient="index", columns=["name", "colour", "symbol"])
    figure = sizes_over_months(named, verticals)
    figure.update_layout(
        showlegend=True, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "itemclick": False}
    )
    rows = tuple(_month_row(row) for row in named.to_dict("records"))
    return Chart(
        "sizes",
        "Lines by month",
        "Lines there on the last day of each month. The table below also holds how many came and left.",
        f"Lines of {words.listed(list(verticals['name']))} by month.",
        "No lines were found.",
        (Panel("", figure),),
        DataTable(("Month", "Vertical", "Lines at its end", "Came, or moved in", "Left", "Moved to another"), rows),
    )


def _month_row(row: Mapping[str, object]) -> tuple[str, ...]:
    before, left, moved, now = (int(str(row[name])) for name in ("n_before", "n_left", "n_moved", "n_lines"))
    counts = (now, now - before + left + moved, left, moved)
    return (str(row["month"]), words.vertical(str(row["vertical"])), *(words.count(n) for n in counts))
