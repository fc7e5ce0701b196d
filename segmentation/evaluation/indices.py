"""Validity indices of labelled points. A point of weight w counts like w equal points.

Named as in scikit-learn where the definition is the same; `silhouette_simplified` is another measure.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class ClusterStatistics:
    """Weight (k), mean (k, d), squared norms about the origin (k) and within-cluster sum of squares (k) of clusters."""

    weights: Array
    means: Array
    squares: Array
    scatters: Array

    @property
    def n_clusters(self) -> int:
        return len(self.weights)

    @property
    def shares(self) -> Array:
        return self.weights / self.weights.sum()


def statistics(
    points: Array, labels: Array, weights: Array | None = None, n_clusters: int | None = None
) -> ClusterStatistics:
    """Statistics of the clusters 0..k-1. An empty cluster has weight 0 and mean 0."""
    weight = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    k = int(labels.max()) + 1 if n_clusters is None else n_clusters
    totals = np.bincount(labels, weight, minlength=k)
    sums = np.zeros((k, points.shape[1]))
    np.add.at(sums, labels, points * weight[:, None])
    means = sums / np.maximum(totals, np.finfo(float).tiny)[:, None]
    from_mean = weight * ((points - means[labels]) ** 2).sum(axis=1)
    squares = np.bincount(labels, weight * (points**2).sum(axis=1), minlength=k)
    return ClusterStatistics(totals, means, squares, np.bincount(labels, from_mean, minlength=k))


def wcss(clusters: ClusterStatistics) -> float:
    """Within-cluster sum of squares: what k-means makes small."""
    return float(clusters.scatters.sum())


def calinski_harabasz(clusters: ClusterStatistics) -> float:
    """Between over within variance, each over its degrees of freedom (higher is better; inf when nothing is within)."""
    total, k = clusters.weights.sum(), int((clusters.weights > 0).sum())
    centre = (clusters.weights[:, None] * clusters.means).sum(axis=0) / total
    between = float((clusters.weights * ((clusters.means - centre) ** 2).sum(axis=1)).sum())
    within = wcss(clusters)
    if k < 2 or total <= k:
        return 0.0
    return float(between * (total - k) / (within * (k - 1))) if within > 0 else float("inf")


def davies_bouldin(points: Array, labels: Array, weights: Array | None = None) -> float:
    """Mean over clusters of the worst ratio of spreads to distance of centres (lower is better).

    Spread is the mean distance to the centre, as in scikit-learn.
    """
    weight = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    clusters = statistics(points, labels, weight)
    is_there = clusters.weights > 0
    if is_there.sum() < 2:
        return 0.0
    distance = np.sqrt(((points - clusters.means[labels]) ** 2).sum(axis=1))
    spreads = (
        np.bincount(labels, weight * distance, minlength=clusters.n_clusters)[is_there] / clusters.weights[is_there]
    )
    apart = np.sqrt(squared_distances(clusters.means[is_there], clusters.means[is_there]))
    np.fill_diagonal(apart, np.inf)
    ratios = (spreads[:, None] + spreads[None, :]) / np.maximum(apart, np.finfo(float).tiny)
    return float(ratios.max(axis=1).mean())


def silhouette(points: Array, labels: Array, weights: Array | None = None) -> float:
    """Mean silhouette for squared Euclidean distance, exact, in one pass (-1..1; 0 with fewer than two clusters).

    The mean squared distance of x to a cluster of size n, sum S and squares Q is |x|^2 - 2 x.S/n + Q/n.
    Equal to scikit-learn's with metric="sqeuclidean".
    """
    weight = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    centred = points - np.average(points, axis=0, weights=weight)  # about the mean, or large offsets cancel digits
    clusters = statistics(centred, labels, weight)
    is_there = clusters.weights > 0
    if is_there.sum() < 2:
        return 0.0
    sizes = np.where(is_there, clusters.weights, 1.0)
    to_cluster = (
        (centred**2).sum(axis=1)[:, None] - 2 * centred @ clusters.means.T + (clusters.squares / sizes)[None, :]
    )
    rows = np.arange(len(points))
    own_size = sizes[labels]
    # a point of weight w has w - 1 equals at distance 0: the own cluster counts without the point itself
    own = to_cluster[rows, labels] * own_size / np.maximum(own_size - 1, np.finfo(float).tiny)
    to_cluster[:, ~is_there] = np.inf
    to_cluster[rows, labels] = np.inf
    other = to_cluster.min(axis=1)
    larger = np.maximum(own, other)
    scores = np.where(own_size > 1, (other - own) / np.where(larger > 0, larger, 1.0), 0.0)
    return float(np.average(scores, weights=weight))


def silhouette_simplified(points: Array, labels: Array, weights: Array | None = None) -> float:
    """Mean of (b - a) / max(a, b), with Euclidean distance a to the own centre and b to the nearest other (-1..1).

    Not scikit-learn's silhouette, which averages distances to points.
    """
    weight = np.ones(len(points)) if weights is None else np.asarray(weights, dtype=float)
    clusters = statistics(points, labels, weight)
    is_there = clusters.weights > 0
    if is_there.sum() < 2:
        return 0.0
    to_centre = np.sqrt(squared_distances(points, clusters.means))
    rows = np.arange(len(points))
    own = to_centre[rows, labels].copy()
    to_centre[:, ~is_there] = np.inf
    to_centre[rows, labels] = np.inf
    other = to_centre.min(axis=1)
    larger = np.maximum(own, other)
    return float(np.average((other - own) / np.where(larger > 0, larger, 1.0), weights=weight))


def least_separation(points: Array, labels: Array, weights: Array | None = None) -> float:
    """How far the two nearest clusters lie apart, in spreads along the line that tells them apart best (Fisher's).

    One bell-shaped cloud cut in two shows 2.7, whatever its shape; clusters with a valley between them 4 and more.
    0 with fewer than two clusters.
    """
    weight = np.ones(len(points)) if weights is None else weights
    members = {int(cluster): labels == cluster for cluster in np.unique(labels)}
    found = list(members)
    sizes = {cluster: float(weight[is_in].sum()) for cluster, is_in in members.items()}
    means = {cluster: np.average(points[is_in], axis=0, weights=weight[is_in]) for cluster, is_in in members.items()}
    scatters = {cluster: _scatter(points[is_in], means[cluster], weight[is_in]) for cluster, is_in in members.items()}
    total = max(sum(np.trace(scatter) for scatter in scatters.values()), 1e-12)
    ridge = np.eye(points.shape[1]) * (1e-3 * total / (weight.sum() * points.shape[1]))
    apart = [np.inf]
    for one, other in combinations(found, 2):
        both = (scatters[one] + scatters[other]) / (sizes[one] + sizes[other]) + ridge
        gap = means[one] - means[other]
        line = np.linalg.solve(both, gap)
        spreads = [line @ (scatters[c] / sizes[c] + ridge) @ line for c in (one, other)]
        apart.append(float(line @ gap / np.sqrt(sum(spreads) / 2)))
    return min(apart) if len(found) > 1 else 0.0


def _scatter(points: Array, mean: Array, weights: Array) -> Array:
    centred = points - mean
    return (centred * weights[:, None]).T @ centred


def all_indices(points: Array, labels: Array, weights: Array | None = None) -> dict[str, float]:
    """The indices by name."""
    clusters = statistics(points, labels, weights)
    return {
        "silhouette": silhouette(points, labels, weights),
        "silhouette_simplified": silhouette_simplified(points, labels, weights),
        "davies_bouldin": davies_bouldin(points, labels, weights),
        "calinski_harabasz": calinski_harabasz(clusters),
        "wcss": wcss(clusters),
        "least_separation": least_separation(points, labels, weights),
    }


def squared_distances(points: Array, centres: Array) -> Array:
    """Squared Euclidean distance of every point to every centre (n, m), never below 0."""
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ centres.T + (centres**2).sum(axis=1)[None, :]
    return np.maximum(squares, 0.0)
