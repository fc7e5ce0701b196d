"""A small operator's built tables, plausible and the same every time: what the report reads, without a pipeline."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from segmentation.features import catalogue
from segmentation.segments import archetypes
from segmentation.settings import RunSettings, VerticalName, load
from segmentation.tables import Store, built, care

ROOT = Path(__file__).parents[2]
MONTHS = [date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)]
N_LINES = 300
NOW = datetime(2026, 11, 2, 6, 30, tzinfo=UTC)
NOT_LOOKED_FOR = "features that have shifted were not looked for: there are no lines of a day before 2026-08-31"
ORIGIN = {"run_id": "run-1", "computed_at": NOW}
_METHODS = {"payg": "ward", "plan": "mixture", "home": "communities"}
_MONEY = "minor currency units"
_TYPICAL = {"KB a month": 3e6, "s a month": 6000.0, _MONEY: 1500.0, f"{_MONEY} a month": 2200.0}


def settings() -> RunSettings:
    """The settings of conf/local.yaml."""
    return load(ROOT / "conf/local.yaml")


def fill(tables_at: Store, *, months: Sequence[date] = MONTHS, n_lines: int = N_LINES) -> None:
    """Write every table the report reads."""
    rows: dict[str, list[Mapping[str, object]]] = {"segments": [], "assigned": [], "profiles": [], "models": []}
    for number, (vertical, known) in enumerate(business().items()):
        lines = _Lines(vertical, known, np.random.default_rng(number), n_lines)
        rows["segments"] += lines.segments()
        rows["models"].append(lines.model(months[0]))
        features = []
        for place, month in enumerate(months):
            segments, values = lines.on(place)
            features += lines.features(month, values)
            rows["assigned"] += lines.assignments(month, segments, values)
            rows["profiles"] += lines.profiles(month, segments, values)
        table = catalogue.feature_table(vertical)
        tables_at.replace(tables_at.rows(table, features), table)
        if vertical is VerticalName.HOME:
            edges = list(lines.edges(months[-1]))
            tables_at.replace(tables_at.rows(built.HOME_EDGES, edges), built.HOME_EDGES)
    tables_at.replace(tables_at.rows(built.SEGMENTS, rows["segments"]), built.SEGMENTS)
    tables_at.replace(tables_at.rows(built.SEGMENT_MODELS, rows["models"]), built.SEGMENT_MODELS)
    tables_at.replace(tables_at.rows(built.SEGMENT_PROFILES, rows["profiles"]), built.SEGMENT_PROFILES)
    tables_at.replace(tables_at.rows(built.SEGMENT_ASSIGNMENTS, rows["assigned"]), built.SEGMENT_ASSIGNMENTS)
    tables_at.replace(tables_at.rows(care.FEEDS, _feeds()), care.FEEDS)
    tables_at.replace(tables_at.rows(care.QUARANTINE, _quarantine()), care.QUARANTINE)
    tables_at.replace(tables_at.rows(built.FACT_CHECKS, _facts(months[-1])), built.FACT_CHECKS)
    tables_at.replace(tables_at.rows(built.RUNS, _runs(months[-1])), built.RUNS)


def keys(vertical: VerticalName, n_lines: int) -> list[str]:
    """Keys of the lines of a vertical."""
    return [f"secret-{vertical}-{n:04d}" for n in range(n_lines)]


class _Lines:
    """Lines of one vertical: what they are like follows the archetypes."""

    def __init__(
        self, vertical: VerticalName, known: tuple[archetypes.Archetype, ...], chance: np.random.Generator, n_lines: int
    ) -> None:
        self.vertical, self.known, self.chance, self.n_lines = vertical, known, chance, n_lines
        self.catalogue = catalogue.for_vertical(vertical)
        self.keys = keys(vertical, n_lines)
        weights = np.linspace(2, 0.6, len(known))
        self.first = chance.choice(len(known), size=n_lines, p=weights / weights.sum())
        self.noise = chance.normal(size=(n_lines, len(self.catalogue)))

    def segment_id(self, number: int) -> str:
        return f"{self.vertical}-{number + 1:02d}"

    def on(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Segment and feature values of every line in the month at that place; a few lines move every month."""
        segments = self.first.copy()
        movers = np.arange(place * 12)
        segments[movers] = (segments[movers] + 1) % len(self.known)
        ranks = np.array([[known.looks_like.get(f.name, 0.5) for f in self.catalogue] for known in self.known])
        shape = 2.4 * (ranks[segments] - 0.5) + 0.55 * self.noise
        columns = [_values(feature.unit, shape[:, n]) for n, feature in enumerate(self.catalogue)]
        return segments, np.column_stack(columns)

    def segments(self) -> list[Mapping[str, object]]:
        return [
            {
                "vertical": self.vertical.value,
                "segment_id": self.segment_id(n),
                "segment_name": known.name,
                "colour": known.colour,
                "archetype": known.name,
                "archetype_distance": 0.1,
                "looks_like": known.about,
                "recommended_action": known.action,
                "model_version": "model-1",
                "cluster": n,
                "born": MONTHS[0],
                "retired": None,
            }
            for n, known in enumerate(self.known)
        ]

    def features(self, month: date, values: np.ndarray) -> list[Mapping[str, object]]:
        names = [feature.name for feature in self.catalogue]
        head = {"as_of": month, "state": "active", "months_seen": 9, "missing_families": [], "staleness_periods": 0}
        tail = {"features_version": "f1", **ORIGIN}
        return [
            {"subscriber_id": key, **head, **dict(zip(names, map(float, line), strict=True)), **tail}
            for key, line in zip(self.keys, values, strict=True)
        ]

    def assignments(self, month: date, segments: np.ndarray, values: np.ndarray) -> list[Mapping[str, object]]:
        value = values[:, [f.name for f in self.catalogue].index("monthly_value")]
        margins = np.clip(0.55 + 0.25 * self.noise[:, 0], 0, 1)
        ways = ("community", "profile") if self.vertical is VerticalName.HOME else ("centroid", "centroid")
        return [
            {
                "vertical": self.vertical.value,
                "subscriber_id": key,
                "as_of": month,
                "correction": 0,
                "segment_id": self.segment_id(segments[n]),
                "raw_segment_id": self.segment_id(segments[n]),
                "probability": float(0.5 + margins[n] / 2) if self.vertical is VerticalName.PLAN else None,
                "margin": float(margins[n]),
                "runner_up_segment_id": self.segment_id((segments[n] + 1) % len(self.known)),
                "is_outlier": n % 97 == 0,
                "assigned_by": ways[n % 5 == 0],
                "state": "active",
                "monthly_value": int(value[n]),
                "feature_date": month,
                "missing_families": ["salary"] if n % 12 == 0 else [],
                "staleness_periods": int(n % 25 == 0),
                "quality": 0.97,
                "model_version": "model-1",
                "features_version": "f1",
                **ORIGIN,
            }
            for n, key in enumerate(self.keys)
        ]

    def profiles(self, month: date, segments: np.ndarray, values: np.ndarray) -> list[Mapping[str, object]]:
        names = [feature.name for feature in self.catalogue]
        frame = pd.DataFrame(values, columns=names)
        frame["churned_share"] = np.where((segments == len(self.known) - 1) & (self.noise[:, 1] > 0.5), 1.0, 0.0)
        ranks = (frame.rank() - 1) / (self.n_lines - 1)
        families = {feature.name: feature.family for feature in self.catalogue} | {"churned_share": "churn"}
        rows = []
        for number in np.unique(segments):
            is_in = segments == number
            for name, column in frame.items():
                mine, others = column[is_in], column[~is_in]
                spread = float(np.sqrt((mine.var() * len(mine) + others.var() * len(others)) / self.n_lines)) or 1.0
                rows.append(
                    {
                        "vertical": self.vertical.value,
                        "segment_id": self.segment_id(int(number)),
                        "as_of": month,
                        "feature": name,
                        "family": families[name],
                        "n_subscribers": int(is_in.sum()),
                        "share": float(is_in.mean()),
                        "n_known": int(is_in.sum()),
                        "mean": float(mine.mean()),
                        "median": float(mine.median()),
                        "lower_quartile": float(mine.quantile(0.25)),
                        "upper_quartile": float(mine.quantile(0.75)),
                        "base_mean": float(column.mean()),
                        "base_median": float(column.median()),
                        "mean_rank": float(ranks.loc[is_in, name].mean()),
                        "standardised_difference": float((mine.mean() - others.mean()) / spread),
                        **ORIGIN,
                    }
                )
        return rows

    def model(self, fitted_as_of: date) -> Mapping[str, object]:
        candidates = [
            {
                "n_clusters": k,
                "index": 0.35 - 0.02 * abs(k - len(self.known)),
                "smallest_share": 0.1,
                "largest_share": 0.4,
            }
            for k in range(3, 9)
        ]
        choice = {
            "reason": "best silhouette of 3 to 8",
            "candidates": candidates,
            "warnings": [],
            "notes": [NOT_LOOKED_FOR],
        }
        return {
            "vertical": self.vertical.value,
            "model_version": f"{self.vertical}-4f2a91c07be35d18",
            "method": _METHODS[self.vertical],
            "fitted_as_of": fitted_as_of,
            "settings_json": "{}",
            "features": [f.name for f in self.catalogue if f.role(self.vertical) == "cluster" and f.needs],
            "dropped_features": {"call_failures_per_month": "no value in 100 % of the lines"},
            "n_rows": self.n_lines,
            "n_segments": len(self.known),
            "indices": {"silhouette": 0.31, "davies_bouldin": 1.42, "calinski_harabasz": 812.4},
            "baseline_indices": {"silhouette": 0.28, "davies_bouldin": 1.39, "calinski_harabasz": 798.1},
            "choice": json.dumps(choice),
            "folder": "models/one",
            "mlflow_run_id": None,
            "is_released": True,
            **ORIGIN,
        }

    def edges(self, month: date) -> Iterator[Mapping[str, object]]:
        """Ties, most of them within a segment."""
        seen = set()
        for _ in range(5 * self.n_lines):
            a = int(self.chance.integers(self.n_lines))
            mates = (
                np.flatnonzero(self.first == self.first[a]) if self.chance.random() < 0.6 else np.arange(self.n_lines)
            )
            b = int(self.chance.choice(mates))
            pair = tuple(sorted((self.keys[a], self.keys[b])))
            if a != b and pair not in seen:
                seen.add(pair)
                ends = {"subscriber_a": pair[0], "subscriber_b": pair[1], "as_of": month, "weight": 1.0}
                yield {**ends, "tie_kinds": ["address"] if a % 3 else ["device", "payer"]}


def _values(unit: str, shape: np.ndarray) -> np.ndarray:
    if unit == "0..1":
        return 1 / (1 + np.exp(-1.5 * shape))
    if unit == "0 or 1":
        return (shape > 0).astype(float)
    if unit == "1..10":
        return np.clip(np.round(5.5 + 2.2 * shape), 1, 10)
    if unit == "1..5":
        return np.clip(3.4 + 0.6 * shape, 1, 5)
    if unit.startswith("ratio"):
        return np.exp(0.25 * shape)
    return _TYPICAL.get(unit, 8.0) * np.exp(0.8 * shape)


def _feeds() -> list[Mapping[str, object]]:
    sizes = {"usage_daily": 1_204_311, "recharges": 84_120, "invoices": 61_004, "care_contacts": 9_311, "products": 15}
    whole = [
        {
            "source": source,
            "feed_id": "feed-1",
            "table_name": source,
            "feed": "append",
            "n_files": 4,
            "n_read": n,
            "n_filtered": 0,
            "n_duplicates": n // 250,
            "n_quarantined": n // 170,
            "n_accepted": n - n // 250 - n // 170,
            "n_written": n - n // 250 - n // 170,
            "received_at": NOW,
            "run_id": "run-1",
            "recorded_at": NOW,
        }
        for source, n in sizes.items()
    ]
    late = {"n_read": 500, "n_duplicates": 10, "n_quarantined": 200, "n_accepted": 290, "n_written": 290}
    return [*whole, {**whole[-1], **late, "feed_id": "feed-2", "recorded_at": NOW + timedelta(days=30)}]


def _quarantine() -> list[Mapping[str, object]]:
    head = {
        "source": "recharges",
        "feed_id": "feed-1",
        "masked_row": "{}",
        "state": "open",
        **ORIGIN,
        "recorded_at": NOW,
    }
    absurd, keyless = "range(recharge_amount): -1e12..1e12", "required(subscriber_id)"
    return [
        {**head, "row_hash": "a", "n_rows": 301, "reasons": [absurd]},
        {**head, "row_hash": "b", "n_rows": 150, "reasons": [keyless, absurd]},
        {**head, "row_hash": "c", "n_rows": 43, "reasons": ["reference(subscriber_id): subscribers"]},
    ]


def _facts(month: date) -> list[Mapping[str, object]]:
    rows = [
        ("payg", "Frequent Small Rechargers go out less", "standardised difference", "<= -0.3", "-0.84", "holds"),
        ("payg", "Falling streaming is the sign of Churn Risk", "median velocity", "<= 0.80", "0.86", "fails"),
        ("plan", "High-Value hardly stream", "median streaming_minutes_per_month", "bottom quarter", "12.2", "holds"),
        ("home", "Corporate Professionals stand apart", "share of ties inside", ">= 60 %", "", "not measured"),
    ]
    names = ("vertical", "fact", "measure", "expected", "seen", "verdict")
    return [{"as_of": month, **dict(zip(names, row, strict=True)), **ORIGIN} for row in rows]


def _runs(month: date) -> list[Mapping[str, object]]:
    rung = "salary: not delivered for the period, the value of the one before was taken"
    steps = [
        ("ingest", "all", {"read": 1_358_761, "quarantined": 7_990}, []),
        ("build_features", "payg", {"lines": N_LINES}, [rung]),
        ("assign_segments", "payg", {"lines": N_LINES}, []),
        ("report", "all", {}, []),
    ]
    return [
        {
            "run_id": "run-1",
            "step": step,
            "vertical": vertical,
            "as_of": month,
            "code_version": "0.1.0",
            "settings_hash": "0123456789abcdef",
            "tables_read": {"usage_daily": 3},
            "tables_written": {"segment_assignments": 2},
            "counts": counts,
            "notes": notes,
            "started_at": NOW.replace(minute=30 + n),
            "ended_at": NOW.replace(minute=31 + n),
        }
        for n, (step, vertical, counts, notes) in enumerate(steps)
    ]


def business() -> dict[VerticalName, tuple[archetypes.Archetype, ...]]:
    """The archetypes of conf/archetypes.yaml by vertical: one segment each in these tables."""
    known = {vertical: [f.name for f in catalogue.for_vertical(vertical)] for vertical in VerticalName}
    loaded = archetypes.load(ROOT / "conf/archetypes.yaml", known)
    return {vertical: loaded.of(vertical) for vertical in VerticalName}
