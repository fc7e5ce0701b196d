"""Why a vertical is segmented: the objective in words, and its success metrics with the figures seen so far."""

from dataclasses import dataclass
from datetime import date

from segmentation.profiles.description import CHURNED_SHARE
from segmentation.report import vocabulary, words
from segmentation.report.data import VerticalData
from segmentation.report.words import Money
from segmentation.settings import SuccessMetric

NOT_YET = "not measured yet"
_CHURN_COLUMNS = ("is_churned", CHURNED_SHARE)
_GOALS = {"growth": "Growth", "retention": "Retention", "service": "Service"}


@dataclass(frozen=True)
class MetricText:
    """A success metric in words, with what it is now and was the period before ("" when there is none)."""

    said: str
    source: str
    wanted: str
    now: str
    before: str


@dataclass(frozen=True)
class ObjectiveText:
    """What a vertical is segmented for, and how its success shows."""

    goal: str
    statement: str
    owner: str
    metrics: tuple[MetricText, ...]


def objective(data: VerticalData, money: Money) -> ObjectiveText:
    """The objective of a vertical, all texts ready to show."""
    stated = data.settings.objective
    metrics = tuple(_metric(data, metric, money) for metric in stated.success)
    return ObjectiveText(_GOALS.get(stated.goal, stated.goal), stated.statement, stated.owner, metrics)


def _metric(data: VerticalData, metric: SuccessMetric, money: Money) -> MetricText:
    feature = CHURNED_SHARE if metric.column in _CHURN_COLUMNS else metric.column
    about = vocabulary.of(feature, money)
    earlier = data.month_before
    now = _mean_of_base(data, feature, data.as_of)
    before = _mean_of_base(data, feature, earlier) if earlier else None
    return MetricText(
        said=about.said,
        source=f"{metric.table}.{metric.column}",
        wanted={"up": "should rise", "down": "should fall"}[metric.direction],
        now=NOT_YET if now is None else about.scale.text(now),
        before="" if before is None or earlier is None else f"{about.scale.text(before)} in {words.month(earlier)}",
    )


def _mean_of_base(data: VerticalData, feature: str, day: date) -> float | None:
    """Mean of the feature over the vertical on a day, as the profiles have it; None when nobody has a value."""
    profiles = data.profiles_on(day)
    means = profiles.loc[profiles["feature"] == feature, "base_mean"].dropna()
    return None if means.empty else float(means.iloc[0])
