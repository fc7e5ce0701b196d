"""Read what the page needs from the tables. Only counts, and a small sample without keys, come to the driver."""

from collections.abc import Mapping
from datetime import date, datetime

import pandas as pd
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import progress
from segmentation.features import catalogue
from segmentation.graph.edges import only_ties
from segmentation.privacy.suppression import SMALLEST_COUNT_SHOWN
from segmentation.report import queries
from segmentation.report.data import BaseData, ModelData, VerticalData
from segmentation.segments import publication
from segmentation.settings import RunSettings, VerticalName, VerticalSettings
from segmentation.tables import Store, built, care

SAMPLE_LINES = 1500
MOST_DAYS = 12
"""Days looked back on: a year of months."""
OWN_STEP = "report"
SIGNS = (
    ("circle", "●"),
    ("square", "■"),
    ("diamond", "◆"),
    ("star", "★"),
    ("cross", "✚"),
    ("x", "✖"),
    ("hexagon", "⬢"),
    ("triangle-up", "▲"),
    ("pentagon", "⬟"),
    ("triangle-down", "▼"),
)
"""Marker of plotly, and the same sign as text: a segment is told by more than its colour."""
_NO_COLOUR = "#6B7280"
_COUNTED = (
    "vertical",
    "subscriber_id",
    "as_of",
    "correction",
    "segment_id",
    "probability",
    "margin",
    "is_outlier",
    "assigned_by",
    "state",
    "monthly_value",
    "missing_families",
    "staleness_periods",
    "quality",
)
"""Columns of the assignments that the page counts: nothing else is shuffled."""
_NO_TIES = pd.DataFrame(columns=["kind", "n_ties"])
_NO_TIES_BETWEEN = pd.DataFrame(columns=["segment_id", "other_segment_id", "n_ties"])


def read_verticals(tables_at: Store, settings: RunSettings, as_of: date) -> list[VerticalData]:
    """Every vertical of the settings, in their order, as of the day; the days before it are those published so far."""
    published = tables_at.read(built.SEGMENT_ASSIGNMENTS)
    days = published_days(published, as_of)
    of_days = F.col("as_of").isin(days)
    assigned = publication.newest(published.filter(of_days).select(*_COUNTED))
    assigned.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        collected = {
            "sizes": small(queries.segment_sizes(assigned)),
            "missing": small(queries.missing_families(assigned)),
            "assigned_by": small(queries.assigned_by(assigned)),
            "segments": small(tables_at.read(built.SEGMENTS)),
            "profiles": small(tables_at.read(built.SEGMENT_PROFILES).filter(of_days)),
            "models": small(tables_at.read(built.SEGMENT_MODELS)),
        }
        return [_vertical(tables_at, one, as_of, assigned, collected) for one in settings.verticals.values()]
    finally:
        assigned.unpersist()


def published_days(published: DataFrame, as_of: date) -> list[date]:
    """The last MOST_DAYS days with anything published, none after `as_of`, oldest first; `as_of` is always one."""
    earlier = published.filter(F.col("as_of") < as_of).select("as_of").distinct()
    newest_first = earlier.orderBy(F.desc("as_of")).limit(MOST_DAYS - 1).collect()
    return sorted([as_of, *(row["as_of"] for row in newest_first)])


def read_base(tables_at: Store, as_of: date) -> BaseData:
    """Facts of the day, the deliveries that stand, and the last run of every step but the report's own."""
    others = F.col("step") != OWN_STEP
    feeds = queries.standing_feeds(tables_at.read(care.FEEDS))
    newest = feeds.filter(F.col("is_newest"))
    refused = queries.quarantine_reasons(tables_at.read(care.QUARANTINE), feeds)
    return BaseData(
        facts=small(tables_at.read(built.FACT_CHECKS, as_of)),
        feeds=small(feeds),
        reasons=small(refused),
        changes=small(queries.changed_columns(tables_at.read(care.SCHEMA_CHANGES), newest)),
        runs=_last_of_each_step(small(tables_at.read(built.RUNS).filter(others))),
    )


def _vertical(
    tables_at: Store,
    one: VerticalSettings,
    as_of: date,
    assigned: DataFrame,
    collected: Mapping[str, pd.DataFrame],
) -> VerticalData:
    name = one.vertical
    progress.says(f"reading {name}")
    mine = {key: _of_vertical(frame, name) for key, frame in collected.items()}
    sizes = mine["sizes"]
    today = sizes[sizes["as_of"] == as_of]
    model = _released(mine["models"])
    of_today = assigned.filter((F.col("vertical") == name.value) & (F.col("as_of") == as_of))
    is_tied = name is VerticalName.HOME and not today.empty
    ties, between = _ties(tables_at, of_today, as_of) if is_tied else (_NO_TIES.copy(), _NO_TIES_BETWEEN.copy())
    return VerticalData(
        vertical=name,
        settings=one,
        as_of=as_of,
        months=tuple(sorted(set(sizes["as_of"]))),
        segments=_living(mine["segments"], today),
        sizes=sizes,
        profiles=mine["profiles"],
        sample=_sample(tables_at, name, of_today, model, today),
        missing=mine["missing"],
        assigned_by=mine["assigned_by"],
        ties=ties,
        ties_between=between,
        model=model,
    )


def _ties(tables_at: Store, of_today: DataFrame, as_of: date) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tied pairs by kind, and ties between segments: likeness alone is no tie, segments are alike by construction."""
    edges = tables_at.read(built.HOME_EDGES, as_of)
    return small(queries.tie_kinds(edges)), small(queries.ties_between(only_ties(edges), of_today))


def _living(segments: pd.DataFrame, today: pd.DataFrame) -> pd.DataFrame:
    """Segments with lines today, the most valuable first; one that is not in the register keeps its id as its name."""
    signs = [SIGNS[place % len(SIGNS)] for place in range(len(segments))]
    signed = segments.assign(symbol=[symbol for symbol, _ in signs], sign=[sign for _, sign in signs])
    living = today[["segment_id", "total_value", "n_lines"]].merge(signed, on="segment_id", how="left")
    defaults = {"segment_name": living["segment_id"], "colour": _NO_COLOUR, "symbol": SIGNS[0][0], "sign": SIGNS[0][1]}
    named = living.assign(**{name: living[name].fillna(default) for name, default in defaults.items()})
    ordered = named.sort_values(["total_value", "n_lines", "segment_id"], ascending=[False, False, True])
    texts = ordered.drop(columns=["total_value", "n_lines"]).reset_index(drop=True).astype(object)
    return texts.where(texts.notna(), None)


def _sample(
    tables_at: Store, name: VerticalName, of_today: DataFrame, model: ModelData | None, today: pd.DataFrame
) -> pd.DataFrame:
    """Lines of segments large enough to be shown."""
    if model is None or today.empty:
        return pd.DataFrame(columns=["segment_id"])
    features = tables_at.read(catalogue.feature_table(name), today["as_of"].iloc[0])
    names = [feature for feature in model.features if feature in features.columns]
    large = list(today.loc[today["n_lines"] >= SMALLEST_COUNT_SHOWN, "segment_id"])
    of_large = of_today.filter(F.col("segment_id").isin(large))
    return small(queries.sample_of_lines(features, of_large, names, SAMPLE_LINES), is_sorted=False)


def _released(models: pd.DataFrame) -> ModelData | None:
    """The model that scores: released, and of several the newest fit."""
    if models.empty:
        return None
    row = models.sort_values(["is_released", "fitted_as_of", "model_version"]).iloc[-1]
    return ModelData(
        model_version=row["model_version"],
        method=row["method"],
        fitted_as_of=row["fitted_as_of"],
        n_rows=int(row["n_rows"] or 0),
        n_segments=int(row["n_segments"] or 0),
        features=tuple(row["features"] or ()),
        dropped=dict(row["dropped_features"] or {}),
        indices=dict(row["indices"] or {}),
        baseline=dict(row["baseline_indices"] or {}),
        choice=row["choice"] or "",
    )


def _last_of_each_step(runs: pd.DataFrame) -> pd.DataFrame:
    newest = runs.sort_values(["started_at", "run_id"]).drop_duplicates(["step", "vertical", "as_of"], keep="last")
    return newest.reset_index(drop=True)


def _of_vertical(frame: pd.DataFrame, name: VerticalName) -> pd.DataFrame:
    return frame[frame["vertical"] == name.value].drop(columns="vertical").reset_index(drop=True)


def small(frame: DataFrame, *, is_sorted: bool = True) -> pd.DataFrame:
    """A small frame on the driver, sorted by its plain columns from the left so that row order decides nothing."""
    rows = [row.asDict(recursive=True) for row in frame.collect()]
    collected = pd.DataFrame(rows, columns=frame.columns)
    is_plain = {name: collected[name].map(lambda v: isinstance(v, str | date | datetime)).all() for name in collected}
    plain = [name for name in frame.columns if is_plain[name]]
    if not is_sorted or collected.empty or not plain:
        return collected
    return collected.sort_values(plain, kind="stable").reset_index(drop=True)
