"""Communities to segments, on the driver: Ward on their profiles, then the evidence each home brings. NumPy only."""

from dataclasses import dataclass

import numpy as np

from segmentation.clustering import linkage
from segmentation.clustering.prediction import Array
from segmentation.evaluation.indices import squared_distances

SMALLEST_COMMUNITY = 4
"""Homes. The mean of fewer says too little: such a community joins the nearest larger one."""
MOST_KERNELS = 4096
"""Communities that Ward merges itself: it holds the square of their number in memory. Others join the nearest."""


@dataclass(frozen=True)
class CommunityProfiles:
    """Communities by name: number of homes (m) and mean prepared features (m, d)."""

    names: Array
    sizes: Array
    means: Array


@dataclass(frozen=True)
class Found:
    """Communities found: the community (position in `profiles`) of every tied home, by key."""

    keys: Array
    community: Array
    profiles: CommunityProfiles


def why_unfit(profiles: CommunityProfiles, n_wanted: int, n_homes: int, max_share: float) -> tuple[str, ...]:
    """Why no segments can be made of the communities; empty when they can."""
    n_found, largest = len(profiles.names), float(profiles.sizes.max(initial=0.0)) / n_homes
    instead = "homes were grouped by their profiles alone"
    if n_found < n_wanted:
        return (f"ties and similarity make {n_found} communities, too few for {n_wanted} segments: {instead}",)
    if largest > max_share:
        return (f"one community holds {largest:.0%} of the homes, over {max_share:.0%}: {instead}",)
    return ()


def ward_of_communities(profiles: CommunityProfiles, n_wanted: int = 2) -> tuple[Array, Array]:
    """Merges of the larger communities, and the larger community that each community goes with.

    `n_wanted`: where fewer communities are large, small ones count too.
    """
    kernels = _kernels(profiles.sizes, n_wanted)
    nearest = squared_distances(profiles.means, profiles.means[kernels]).argmin(axis=1)
    nearest[kernels] = np.arange(len(kernels))
    weights = np.bincount(nearest, profiles.sizes, minlength=len(kernels))
    sums = np.zeros((len(kernels), profiles.means.shape[1]))
    np.add.at(sums, nearest, profiles.means * profiles.sizes[:, None])
    return linkage.ward(sums / weights[:, None], weights), nearest


def _kernels(sizes: Array, n_wanted: int) -> Array:
    """Communities large enough to speak for themselves, largest first; all when these are fewer than wanted."""
    by_size = np.argsort(-sizes, kind="stable")
    large = by_size[sizes[by_size] >= SMALLEST_COMMUNITY]
    return (large if len(large) >= n_wanted else by_size)[:MOST_KERNELS]


def log_confusion(member: Array, held: Array, n_segments: int) -> Array:
    """Log-likelihood of the community's segment [column] given the home's own [row], from soft membership (n, k)."""
    counts = member.T @ np.eye(n_segments)[held]
    smoothed = counts + counts.sum(axis=1, keepdims=True) / (10.0 * n_segments) + 1.0
    return np.log(smoothed / smoothed.sum(axis=1, keepdims=True))


def log_tie_pattern(weights: Array) -> Array:
    """Log-likelihood that a tie of segment [row] leads to segment [column], from summed tie weights (k, k)."""
    both = weights + weights.T
    smoothed = both + both.sum(axis=1, keepdims=True) / (10.0 * len(both)) + 1.0
    return np.log(smoothed / smoothed.sum(axis=1, keepdims=True))
