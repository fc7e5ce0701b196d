"""How many clusters: a choice between candidates, within what the business can work with."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from segmentation.errors import ModelError
from segmentation.settings import Limits


@dataclass(frozen=True)
class Candidate:
    """One number of clusters that was tried.

    `index`: the validity it is judged by, higher is better. `separation`: see `indices.least_separation`.
    """

    n_clusters: int
    index: float
    separation: float
    smallest_share: float
    largest_share: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class Index(StrEnum):
    """What candidates are judged by; higher is better."""

    SILHOUETTE = "silhouette"
    BIC_GAIN = "gain in BIC over one component"


class Prefer(StrEnum):
    """Which of the candidates that may be taken."""

    BEST = "best"
    MOST = "most"


@dataclass(frozen=True)
class Rule:
    """Of the candidates whose clusters all lie so far apart, the one with the best index, or with the most clusters."""

    index: Index
    prefer: Prefer
    least_separation: float


APART = 3.5
"""Spreads between the two nearest clusters: more than one cloud cut in two can show (2.7, by chance up to 3.3)."""
FINEST = Rule(Index.SILHOUETTE, Prefer.MOST, APART)
"""People can merge two segments but not split one: all that are truly apart. Silhouette alone would merge them."""
CLOUDS_APART = 4.0
"""The same between clouds that k-means has freed of strangers: one cut in two shows up to 3.3 by chance."""
FINEST_CLOUDS = Rule(Index.SILHOUETTE, Prefer.MOST, CLOUDS_APART)
BEST_BIC = Rule(Index.BIC_GAIN, Prefer.BEST, APART)
"""Tails and outliers pay for a few more components than there are segments: those do not lie apart."""
BEST_SILHOUETTE = Rule(Index.SILHOUETTE, Prefer.BEST, 0.0)


@dataclass(frozen=True)
class Choice:
    """The number of clusters chosen, why, and what a reader should know of it."""

    n_clusters: int
    reason: str
    warnings: tuple[str, ...] = ()


def candidates_within(segments: int | str, limits: Limits, n_rows: int, n_distinct: int) -> range:
    """Numbers of clusters worth trying: the one given by hand, else those that limits and distinct rows allow.

    Raises: ModelError when there is nothing to tell apart, or no number that makes sense.
    """
    if n_distinct < 2:
        raise ModelError(
            "there is nothing to tell apart",
            found=f"{n_rows:,} rows, all the same",
            expected="at least 2 distinct rows",
        )
    if isinstance(segments, int) and segments < 2:
        raise ModelError("that number of segments cannot be made", found=str(segments), expected="2 or more, or auto")
    if isinstance(segments, int):
        return range(segments, segments + 1)
    most = limits.max_segments
    if n_rows < limits.small_base_rows:
        most = min(most, limits.small_base_max_segments)
    most = min(most, n_distinct)
    return range(min(limits.min_segments, most), most + 1)


def choose(candidates: Sequence[Candidate], limits: Limits, rule: Rule, *, n_rows: int, by_hand: bool) -> Choice:
    """The number of clusters by a rule, among the candidates whose shares the business can work with.

    When no candidate keeps to the share limits, only those that break them least are looked at; when none has its
    clusters apart, the one where they are most so is taken; both with a warning. A number given by hand is always kept.
    """
    if not candidates:
        raise ModelError(
            "there is no candidate number of segments", remedy="look at limits.min_segments and max_segments"
        )
    if by_hand:
        chosen = candidates[0]
        return Choice(chosen.n_clusters, "given by hand", _warnings(chosen, limits, n_rows, by_hand=True))
    least_broken = min(excess(candidate.smallest_share, candidate.largest_share, limits) for candidate in candidates)
    fitting = [c for c in candidates if excess(c.smallest_share, c.largest_share, limits) <= least_broken]
    apart = [candidate for candidate in fitting if candidate.separation >= rule.least_separation]
    if not apart:
        chosen = max(fitting, key=lambda candidate: (candidate.separation, -candidate.n_clusters))
    elif rule.prefer is Prefer.MOST:
        chosen = max(apart, key=lambda candidate: candidate.n_clusters)
    else:
        chosen = max(apart, key=lambda candidate: (candidate.index, -candidate.n_clusters))
    warnings = _warnings(chosen, limits, n_rows, by_hand=False)
    if not apart:
        warnings = (*warnings, f"the two nearest segments lie only {chosen.separation:.1f} spreads apart: they overlap")
    refused = {
        "a share outside the limits": [c.n_clusters for c in candidates if c not in fitting],
        f"segments less than {rule.least_separation} spreads apart": [c.n_clusters for c in fitting if c not in apart],
    }
    return Choice(chosen.n_clusters, _reason(chosen, rule, candidates, refused), warnings)


def with_clusters(chosen: Choice, n_clusters: int) -> Choice:
    """The choice with the number of clusters that hold a row; with a warning when it is lower than that chosen."""
    if n_clusters == chosen.n_clusters:
        return chosen
    dropped = f"{chosen.n_clusters - n_clusters} of {chosen.n_clusters} segments held no line and were left out"
    return replace(chosen, n_clusters=n_clusters, warnings=(*chosen.warnings, dropped))


def _reason(chosen: Candidate, rule: Rule, candidates: Sequence[Candidate], refused: Mapping[str, list[int]]) -> str:
    tried = f"{candidates[0].n_clusters} to {candidates[-1].n_clusters}"
    what = f"best {rule.index}" if rule.prefer is Prefer.BEST else "most segments"
    reason = f"{what} of {tried} ({rule.index} {chosen.index:.4g}, separation {chosen.separation:.2g})"
    left_out = [f"{', '.join(map(str, numbers))} for {why}" for why, numbers in refused.items() if numbers]
    return reason + (f"; left out: {'; '.join(left_out)}" if left_out else "")


def excess(smallest_share: float, largest_share: float, limits: Limits) -> float:
    """How far the shares lie outside the limits; 0 within."""
    return max(0.0, limits.min_share - smallest_share) + max(0.0, largest_share - limits.max_share)


def _warnings(chosen: Candidate, limits: Limits, n_rows: int, *, by_hand: bool) -> tuple[str, ...]:
    warnings = []
    few = f"under {limits.small_base_rows} rows at most {limits.small_base_max_segments} segments can be trusted"
    is_small = n_rows < limits.small_base_rows
    if is_small and by_hand and chosen.n_clusters > limits.small_base_max_segments:
        warnings.append(f"{chosen.n_clusters} segments for {n_rows} rows, as asked: {few}")
    if is_small and not by_hand and limits.max_segments > limits.small_base_max_segments:
        warnings.append(f"more than {limits.small_base_max_segments} segments were not tried for {n_rows} rows: {few}")
    if chosen.largest_share > limits.max_share:
        warnings.append(
            f"the largest segment holds {chosen.largest_share:.0%} of the base, over {limits.max_share:.0%}"
        )
    if chosen.smallest_share < limits.min_share:
        warnings.append(
            f"the smallest segment holds {chosen.smallest_share:.1%} of the base, under {limits.min_share:.1%}"
        )
    return tuple(warnings)
