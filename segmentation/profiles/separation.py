"""How much each feature tells the segments of a day apart."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from segmentation.features.catalogue import Feature

VARIANCE_OF_RANKS = 1 / 12
"""Of ranks spread evenly over 0..1."""


@dataclass(frozen=True)
class Separation:
    """One feature of a vertical. `share` 0: its segments do not differ in it; near 1: it tells them apart alone."""

    feature: Feature
    share: float
    n_known: int


def separations(profile_rows: Iterable[Mapping[str, object]], catalogue: Sequence[Feature]) -> tuple[Separation, ...]:
    """Share of the spread of ranks that lies between the segments of one vertical and day, strongest first.

    From SEGMENT_PROFILES rows; a feature that no line has a value of is left out. Ranks hold for any scale and tail.
    Where many lines share a value the spread of ranks is below that of an even one, and the share is an underestimate.
    Source: epsilon squared of the Kruskal-Wallis test; Tomczak and Tomczak 2014, The need to report effect size
    estimates revisited.
    """
    by_feature: dict[str, list[tuple[int, float]]] = {}
    for row in profile_rows:
        if row["mean_rank"] is not None and row["n_known"]:
            part = cast(int, row["n_known"]), cast(float, row["mean_rank"])
            by_feature.setdefault(str(row["feature"]), []).append(part)
    found = [_separation(one, sorted(by_feature[one.name])) for one in catalogue if one.name in by_feature]
    return tuple(sorted(found, key=lambda one: (-round(one.share, 9), one.feature.name)))


def _separation(feature: Feature, parts: Sequence[tuple[int, float]]) -> Separation:
    n_known = sum(n for n, _ in parts)
    middle = sum(n * rank for n, rank in parts) / n_known
    between = sum(n * (rank - middle) ** 2 for n, rank in parts) / n_known
    return Separation(feature, min(1.0, between / VARIANCE_OF_RANKS), n_known)
