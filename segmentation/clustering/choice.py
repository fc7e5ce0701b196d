"""How many clusters: a choice between candidates, within what the business can work with."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

from segmentation.errors import ModelError
from segmentation.settings import Limits


@dataclass(frozen=True)
class Candidate:
    """One number of clusters that was tried. `index` is the validity it is judged by: higher is better."""

    n_clusters: int
    index: float
    smallest_share: float
    largest_share: float

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


class Prefer(StrEnum):
    """Which of several numbers that are nearly as good."""

    FEWEST = "fewest"
    MOST = "most"


class Index(StrEnum):
    """What candidates are judged by; higher is better."""

    SILHOUETTE = "silhouette"
    BIC_GAIN = "gain in BIC over one component"


@dataclass(frozen=True)
class Rule:
    """The number of clusters is the fewest or most whose index reaches a share of the best index."""

    index: Index
    prefer: Prefer
    near_best: float


FINE_SILHOUETTE = Rule(Index.SILHOUETTE, Prefer.MOST, 0.88)
"""Silhouette alone would merge segments that overlap; people can use a finer split that is nearly as clear."""
BEST_SILHOUETTE = Rule(Index.SILHOUETTE, Prefer.FEWEST, 1.0)
FRUGAL_BIC = Rule(Index.BIC_GAIN, Prefer.FEWEST, 0.97)
"""Tails and outliers always pay for a few more components than there are segments."""


@dataclass(frozen=True)
class Choice:
    """The number of clusters chosen, why, and what a reader should know of it."""

    n_clusters: int
    reason: str
    warnings: tuple[str, ...] = ()


def candidates_within(segments: int | str, limits: Limits, n_rows: int) -> range:
    """Numbers of clusters worth trying: the one given by hand, else those within the limits."""
    if isinstance(segments, int):
        return range(segments, segments + 1)
    most = limits.max_segments
    if n_rows < limits.small_base_rows:
        most = min(most, limits.small_base_max_segments)
    most = min(most, n_rows)
    return range(min(limits.min_segments, most), most + 1)


def choose(candidates: Sequence[Candidate], limits: Limits, rule: Rule, *, n_rows: int, by_hand: bool) -> Choice:
    """The number of clusters by a rule, among the candidates whose shares the business can work with.

    When no candidate keeps to the share limits, only those that break them least are looked at, with a warning. A
    number given by hand is always kept.
    """
    if not candidates:
        raise ModelError(
            "there is no candidate number of segments", remedy="look at limits.min_segments and max_segments"
        )
    if by_hand:
        chosen = candidates[0]
        return Choice(chosen.n_clusters, "given by hand", _warnings(chosen, limits, n_rows, by_hand=True))
    least_broken = min(_excess(candidate, limits) for candidate in candidates)
    fitting = [candidate for candidate in candidates if _excess(candidate, limits) <= least_broken]
    best = max(candidate.index for candidate in fitting)
    floor = best * rule.near_best if best > 0 else best
    near = sorted((candidate for candidate in fitting if candidate.index >= floor), key=lambda c: c.n_clusters)
    chosen = near[0] if rule.prefer is Prefer.FEWEST else near[-1]
    refused = sorted(candidate.n_clusters for candidate in candidates if candidate not in fitting)
    reason = _reason(chosen, best, rule, candidates, refused)
    return Choice(chosen.n_clusters, reason, _warnings(chosen, limits, n_rows, by_hand=False))


def _reason(chosen: Candidate, best: float, rule: Rule, candidates: Sequence[Candidate], refused: Sequence[int]) -> str:
    tried = f"{candidates[0].n_clusters} to {candidates[-1].n_clusters}"
    if rule.near_best == 1.0:
        reason = f"best {rule.index} ({chosen.index:.4g}) of {tried}"
    else:
        reason = (
            f"{rule.prefer} segments of {tried} whose {rule.index} ({chosen.index:.4g}) "
            f"reaches {rule.near_best:.0%} of the best ({best:.4g})"
        )
    return reason + (f"; left out for their shares: {', '.join(map(str, refused))}" if refused else "")


def _excess(candidate: Candidate, limits: Limits) -> float:
    """How far the shares lie outside the limits; 0 within."""
    return max(0.0, limits.min_share - candidate.smallest_share) + max(0.0, candidate.largest_share - limits.max_share)


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
