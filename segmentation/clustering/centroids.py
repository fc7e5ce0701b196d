"""Models that assign a row to the nearest centre: KMeans, and Ward on micro-clusters. NumPy only."""

from dataclasses import dataclass

import numpy as np

from segmentation.clustering.prediction import Array, Prediction, margin_of_distances
from segmentation.clustering.shapes import Shapes
from segmentation.evaluation.indices import squared_distances

ROWS_AT_ONCE = 8192
"""Rows whose distances to all centres are held in memory together."""


@dataclass(frozen=True)
class CentroidModel:
    """Centres (m, d), and the cluster of every centre (m). A row belongs to the cluster of its nearest centre.

    KMeans has one centre a cluster; Ward has many, the micro-clusters.
    """

    centres: Array
    cluster_of_centre: Array
    shapes: Shapes

    @property
    def n_clusters(self) -> int:
        return self.shapes.n_clusters

    def predict(self, points: Array) -> Prediction:
        nearest, nearest_distance, runner_up, other_distance = nearest_clusters(
            points, self.centres, self.cluster_of_centre, self.n_clusters
        )
        return Prediction(
            cluster=nearest,
            probability=np.full(len(points), np.nan),
            margin=margin_of_distances(nearest_distance, other_distance),
            runner_up=runner_up,
            is_outlier=self.shapes.is_outlier(points, nearest),
            assigned_by=np.full(len(points), "centroid", dtype=object),
        )

    def to_arrays(self) -> dict[str, Array]:
        return {"centres": self.centres, "cluster_of_centre": self.cluster_of_centre, **self.shapes.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "CentroidModel":
        return cls(arrays["centres"], arrays["cluster_of_centre"], Shapes.from_arrays(arrays))


def nearest_clusters(
    points: Array, centres: Array, cluster_of_centre: Array, n_clusters: int
) -> tuple[Array, Array, Array, Array]:
    """Nearest cluster and its distance, and the next nearest cluster and its distance, of every point.

    The distance to a cluster is that to its nearest centre. With one cluster it is its own runner-up, infinitely far.
    """
    parts = [
        _nearest_of_block(points[start : start + ROWS_AT_ONCE], centres, cluster_of_centre, n_clusters)
        for start in range(0, max(len(points), 1), ROWS_AT_ONCE)
    ]
    nearest, nearest_distance, runner_up, other_distance = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    return nearest, nearest_distance, runner_up, other_distance


def _nearest_of_block(
    points: Array, centres: Array, cluster_of_centre: Array, n_clusters: int
) -> tuple[Array, Array, Array, Array]:
    squares = squared_distances(points, centres)
    to_cluster = np.full((len(points), n_clusters), np.inf)
    for cluster in range(n_clusters):
        is_own = cluster_of_centre == cluster
        if is_own.any():
            to_cluster[:, cluster] = squares[:, is_own].min(axis=1)
    rows = np.arange(len(points))
    nearest = to_cluster.argmin(axis=1).astype(np.int32)
    nearest_distance = np.sqrt(to_cluster[rows, nearest])
    to_cluster[rows, nearest] = np.inf
    is_alone = n_clusters == 1
    runner_up = nearest if is_alone else to_cluster.argmin(axis=1).astype(np.int32)
    return nearest, nearest_distance, runner_up, np.sqrt(to_cluster[rows, runner_up])
