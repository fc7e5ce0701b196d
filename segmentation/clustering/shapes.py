"""Means and covariances of clusters: how far is far, and which rows are outliers. NumPy only."""

from dataclasses import dataclass

import numpy as np

Array = np.ndarray
RIDGE = 1e-6
"""Added to variances, as a share of the mean variance: keeps a constant feature from making a matrix singular."""


@dataclass(frozen=True)
class Shapes:
    """Means (k, d), covariances (k, d, d) and the squared Mahalanobis distance beyond which a row is an outlier."""

    means: Array
    covariances: Array
    outlier_beyond: float

    @property
    def n_clusters(self) -> int:
        return len(self.means)

    def distances(self, points: Array) -> Array:
        """Squared Mahalanobis distance of every point to every cluster (n, k)."""
        return np.stack([self._distance(points, k) for k in range(self.n_clusters)], axis=1)

    def log_densities(self, points: Array) -> Array:
        """Log of every cluster's normal density at every point (n, k)."""
        n_features = points.shape[1]
        log_volumes = np.array([np.linalg.slogdet(covariance)[1] for covariance in self.covariances])
        return -0.5 * (n_features * np.log(2 * np.pi) + log_volumes[None, :] + self.distances(points))

    def is_outlier(self, points: Array, labels: Array) -> Array:
        """Whether a row is farther from its own cluster than nearly all rows of the fit were."""
        return self.own_distances(points, labels) > self.outlier_beyond

    def own_distances(self, points: Array, labels: Array) -> Array:
        """Squared Mahalanobis distance of every point to its own cluster."""
        own = np.zeros(len(points))
        for k in np.unique(labels):
            own[labels == k] = self._distance(points[labels == k], int(k))
        return own

    def _distance(self, points: Array, k: int) -> Array:
        whitening = np.linalg.inv(np.linalg.cholesky(self.covariances[k]))
        return (((points - self.means[k]) @ whitening.T) ** 2).sum(axis=1)

    def to_arrays(self) -> dict[str, Array]:
        return {
            "shape_means": self.means,
            "shape_covariances": self.covariances,
            "outlier_beyond": np.array([self.outlier_beyond]),
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "Shapes":
        return cls(arrays["shape_means"], arrays["shape_covariances"], float(arrays["outlier_beyond"][0]))


def fit_shapes(
    points: Array,
    labels: Array,
    n_clusters: int,
    outlier_share: float,
    weights: Array | None = None,
    *,
    is_common: bool = False,
) -> Shapes:
    """Shapes of labelled points. A small cluster borrows from the pooled covariance, so none is singular.

    `weights` (n, k): soft membership; without it every point belongs wholly to its label. `is_common`: all clusters
    get the pooled covariance.
    """
    member = np.eye(n_clusters)[labels] if weights is None else weights
    sizes = member.sum(axis=0)
    means = (member.T @ points) / np.maximum(sizes, 1e-12)[:, None]
    n_features = points.shape[1]
    scatters = np.stack([_scatter(points, means[k], member[:, k]) for k in range(n_clusters)])
    pooled = scatters.sum(axis=0) / max(sizes.sum(), 1.0)
    pooled = pooled + np.eye(n_features) * (RIDGE * max(np.trace(pooled) / n_features, RIDGE))
    borrowed = n_features + 2.0  # pseudo-rows of pooled covariance: matters for clusters of few rows only
    own = (scatters + borrowed * pooled) / (sizes + borrowed)[:, None, None]
    covariances = np.broadcast_to(pooled, own.shape) if is_common else own
    unlimited = Shapes(means, covariances, float("inf"))
    return Shapes(means, covariances, outlier_limit(unlimited.own_distances(points, labels), outlier_share))


def outlier_limit(distances: Array, outlier_share: float) -> float:
    """Distance that a share of the rows exceeds (inf when no row may)."""
    n_outliers = int(outlier_share * len(distances))
    if n_outliers == 0:
        return float("inf")
    ordered = np.sort(distances)
    # halfway between two rows: no row of the fit sits on the limit, where the last bit would decide
    return float((ordered[-n_outliers - 1] + ordered[-n_outliers]) / 2)


def _scatter(points: Array, mean: Array, member: Array) -> Array:
    centred = points - mean
    return (centred * member[:, None]).T @ centred
