"""Features as people say them, with units people use; and the choice of those that tell segments apart best."""

from dataclasses import dataclass

import pandas as pd

from segmentation.features import catalogue
from segmentation.features.feature import RATIO, RATIO_TO, Feature
from segmentation.report import words
from segmentation.report.words import Money, Scale
from segmentation.tables.clean import KB, MONEY, SECONDS

_KB_IN_GB = 1024 * 1024
_BINARY, _SHARE = "0 or 1", "0..1"
_EXTRAS = {"churned_share": ("how many leave", _SHARE), "monthly_value": ("how much they are worth", MONEY)}
_CHURN_FAMILY = "churn"


@dataclass(frozen=True)
class FeatureWords:
    """A feature for people. `said` follows "they differ in"."""

    name: str
    family: str
    said: str
    scale: Scale
    is_binary: bool
    is_logged: bool


def of(name: str, money: Money) -> FeatureWords:
    """The words of a feature of the catalogue; a stranger keeps its name."""
    feature = _catalogued(name)
    if feature is None:
        said, unit = _EXTRAS.get(name, (words.plain(name), ""))
        return FeatureWords(name, _CHURN_FAMILY if name in _EXTRAS else "", said, _scale(unit, money), False, False)
    scale = _scale(feature.unit, money)
    return FeatureWords(name, feature.family, feature.words.how, scale, feature.unit == _BINARY, feature.skew == "log")


def most_telling(profiles: pd.DataFrame, n_features: int, per_family: int) -> list[str]:
    """Features in which the segments lie farthest apart, at most `per_family` of one family, the strongest first.

    Strength is the widest gap between two segments' mean ranks, so that no unit and no long tail decides.
    """
    gaps = profiles.groupby("feature", sort=True)["mean_rank"].agg(lambda ranks: ranks.max() - ranks.min())
    known = gaps.dropna()
    families = profiles.drop_duplicates("feature").set_index("feature")["family"]
    chosen: list[str] = []
    for name in known.sort_values(ascending=False, kind="stable").index:
        n_of_family = sum(families[other] == families[name] for other in chosen)
        if n_of_family < per_family:
            chosen.append(name)
    return chosen[:n_features]


def _catalogued(name: str) -> Feature | None:
    known = {feature.name for feature in catalogue.FEATURES}
    return catalogue.by_name(name) if name in known else None


def _scale(unit: str, money: Money) -> Scale:
    """Units of the tables as people use them: KB as GB, seconds as minutes, minor units as the currency, 0..1 as %."""
    first, _, rest = unit.partition(" a ")
    per = f" a {rest}" if rest else ""
    if first == KB:
        return Scale(_KB_IN_GB, f"GB{per}")
    if first == SECONDS:
        return Scale(60, f"minutes{per}")
    if first == MONEY:
        return Scale(money.minor_units, f"{money.currency}{per}", is_money=True)
    if unit in (_SHARE, _BINARY):
        return Scale(0.01, "%")
    if unit == RATIO:
        return Scale(1, "times the 3 months before")
    if unit.startswith(RATIO_TO):
        return Scale(1, f"times {unit.removeprefix(RATIO_TO)}")
    if ".." in unit:
        return Scale(1, f"({unit.replace('..', ' to ')})")
    return Scale(1, {"count": "", "min": f"minutes{per}"}.get(first, unit))
