"""How the segments were found, in words: method, number of segments, quality beside the baseline, features left out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from segmentation.report import vocabulary, words
from segmentation.report.charts import Chart, Panel
from segmentation.report.data import VerticalData
from segmentation.report.figures import evidence
from segmentation.report.words import Money

_METHODS = {
    "kmeans": "KMeans: every line belongs to the nearest of K centres.",
    "ward": "Micro-clusters merged by Ward: lines alike are gathered into small groups, and those that lose least are "
    "joined step by step until the segments are left.",
    "mixture": "Gaussian mixture: every segment is a cloud of its own, and every line has a probability for each.",
    "communities": "Communities: homes tied to each other or alike in use pull each other together by label "
    "propagation, and the communities found are grouped to segments.",
}
_INDICES: Mapping[str, tuple[str, str]] = {
    "silhouette": ("Silhouette: how much nearer lines are to their own segment than to the next (-1 to 1)", "up"),
    "silhouette_simplified": ("Simplified silhouette: the same, measured to the centres (-1 to 1)", "up"),
    "davies_bouldin": ("Davies-Bouldin: spread of segments over the distance between them", "down"),
    "calinski_harabasz": ("Calinski-Harabasz: spread between segments over spread within", "up"),
    "wcss": ("Spread within segments (WCSS)", "down"),
    "least_separation": ("Least separation: how far the two nearest segments lie apart, in spreads", "up"),
    "bic": ("BIC: misfit with a price for every parameter", "down"),
    "mean_log_likelihood": ("Mean log-likelihood of a line: how well the clouds fit", "up"),
    "modularity": ("Modularity: ties inside segments beyond chance", "up"),
    "stability": ("Stability: agreement between repeated fits (Rand)", "up"),
}
_BETTER, _WORSE, _EQUAL = "better", "worse", "as good"
_NO_DIFFERENCE = 0.01


@dataclass(frozen=True)
class IndexText:
    """One index of validity beside that of the baseline."""

    said: str
    ours: str
    baseline: str
    verdict: str
    """better, worse, as good, or "" where it cannot be said."""


@dataclass(frozen=True)
class MethodText:
    """The released model in words."""

    method: str
    name: str
    n_segments: int
    fitted_on: str
    is_refitted_now: bool
    reason: str
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    chart: Chart
    indices: tuple[IndexText, ...]
    is_baseline: bool
    features: tuple[str, ...]
    dropped: tuple[tuple[str, str], ...]
    assigned_by: tuple[tuple[str, str], ...]
    model_version: str


def method(data: VerticalData, money: Money) -> MethodText | None:
    """None when no model has been fitted."""
    model = data.model
    if model is None:
        return None
    choice = _choice(model.choice)
    return MethodText(
        method=_METHODS.get(model.method, f"Method {model.method}."),
        name=model.method,
        n_segments=model.n_segments,
        fitted_on=f"{model.n_rows:,} lines as of {model.fitted_as_of:%d %B %Y}",
        is_refitted_now=model.fitted_as_of == data.as_of,
        reason=str(choice.get("reason") or "not recorded"),
        warnings=_texts(choice, "warnings"),
        notes=_texts(choice, "notes"),
        chart=_choice_chart(choice, model.n_segments),
        indices=_indices(model.indices, model.baseline),
        is_baseline=bool(model.baseline),
        features=tuple(vocabulary.of(name, money).said for name in model.features),
        dropped=tuple((vocabulary.of(name, money).said, reason) for name, reason in sorted(model.dropped.items())),
        assigned_by=_assigned_by(data),
        model_version=model.model_version,
    )


def _choice(text: str) -> Mapping[str, object]:
    """The choice as SEGMENT_MODELS holds it: reason, warnings, notes and candidates; empty when it cannot be read."""
    try:
        stored = json.loads(text or "{}")
    except ValueError:
        return {}
    return stored if isinstance(stored, dict) else {}


def _texts(choice: Mapping[str, object], name: str) -> tuple[str, ...]:
    listed = choice.get(name)
    return tuple(str(text) for text in listed) if isinstance(listed, list) else ()


def _choice_chart(choice: Mapping[str, object], chosen: int) -> Chart:
    chart = Chart(
        "choice",
        "How the number of segments was chosen",
        "Each dot is a number of segments that was tried, the diamond was taken. Higher is better, but shares outside "
        "the limits of the business rule a number out.",
        "",
        "Only one number of segments was tried.",
    )
    listed = choice.get("candidates")
    tried = [c for c in listed if isinstance(c, dict)] if isinstance(listed, list) else []
    rows = [(int(c["n_clusters"]), c["index"]) for c in tried if c.get("n_clusters") and c.get("index") is not None]
    frame = pd.DataFrame(rows, columns=["k", "value"]).sort_values("k", kind="stable")
    if len(frame) < 2:
        return chart
    says = f"Index of {frame['k'].min()} to {frame['k'].max()} segments; {chosen} were taken."
    figure = evidence.choice_of_k(frame, chosen, "index, higher is better")
    return replace(chart, says=says, panels=(Panel("", figure),))


def _indices(ours: Mapping[str, float], baseline: Mapping[str, float]) -> tuple[IndexText, ...]:
    known = [name for name in _INDICES if name in ours or name in baseline]
    others = sorted(({*ours} | {*baseline}) - {*known})
    return tuple(_index(name, ours.get(name), baseline.get(name)) for name in [*known, *others])


def _index(name: str, ours: float | None, baseline: float | None) -> IndexText:
    said, wanted = _INDICES.get(name, (words.plain(name), ""))
    verdict = ""
    if ours is not None and baseline is not None and wanted:
        lead = (ours - baseline) if wanted == "up" else (baseline - ours)
        is_equal = abs(lead) <= _NO_DIFFERENCE * max(abs(ours), abs(baseline))
        verdict = _EQUAL if is_equal else _BETTER if lead > 0 else _WORSE
    return IndexText(said, words.number(ours), words.number(baseline), verdict)


def _assigned_by(data: VerticalData) -> tuple[tuple[str, str], ...]:
    today = data.assigned_by[data.assigned_by["as_of"] == data.as_of].dropna(subset=["assigned_by"])
    total = today["n_lines"].sum()
    return tuple((way, words.share(n / total)) for way, n in zip(today["assigned_by"], today["n_lines"], strict=True))
