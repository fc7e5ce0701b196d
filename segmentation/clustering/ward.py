"""Ward: Spark ML KMeans makes micro-clusters, weighted Ward on the driver merges them to clusters."""

from dataclasses import dataclass

import numpy as np
from pyspark.sql import DataFrame

from segmentation.clustering import choice, kmeans, linkage, nodes
from segmentation.clustering.centroids import CentroidModel
from segmentation.clustering.choice import FINEST_CLOUDS, Rule
from segmentation.clustering.prediction import canonical_order, renumbered
from segmentation.clustering.report import FitReport
from segmentation.clustering.shapes import fit_shapes
from segmentation.evaluation import indices
from segmentation.settings import Limits, WardMethod

Array = np.ndarray
CLOUD_ROUNDS = 10


@dataclass(frozen=True)
class MicroClusters:
    """Centres (m, d) and weights (m) of micro-clusters, and the micro-cluster of every row of the sample."""

    centres: Array
    weights: Array
    of_sample: Array
    loss: float
    """Share of the total sum of squares that lies within micro-clusters, and that Ward cannot see."""


def fit(
    points: DataFrame,
    method: WardMethod,
    limits: Limits,
    seed: int,
    *,
    outlier_share: float = 0.005,
    rule: Rule = FINEST_CLOUDS,
) -> tuple[CentroidModel, FitReport]:
    """A model with as many clusters as asked for, or cut where the rule says within the limits.

    Needs `points` [subscriber_id, features array<double>].
    """
    with nodes.ordered(points) as rows:
        return fit_ordered(rows, method, limits, seed, outlier_share=outlier_share, rule=rule)


def fit_ordered(
    rows: nodes.OrderedNodes,
    method: WardMethod,
    limits: Limits,
    seed: int,
    *,
    outlier_share: float,
    rule: Rule = FINEST_CLOUDS,
) -> tuple[CentroidModel, FitReport]:
    """The same on rows that are in order already."""
    numbers = choice.candidates_within(method.segments, limits, rows.n_rows, rows.n_distinct)
    micro = micro_clusters(rows, max(method.n_micro, max(numbers)), method.max_rounds, seed)
    if isinstance(method.segments, int):
        kmeans.require_points(len(micro.centres), method.segments)
    merges = linkage.ward(micro.centres, micro.weights)
    cuts = {k: linkage.cut(merges, k) for k in numbers}
    labels = {k: cluster_of_micro[micro.of_sample] for k, cluster_of_micro in cuts.items()}
    candidates = [_candidate(rows.sample, labels[k], k) for k in cuts]
    by_hand = isinstance(method.segments, int)
    chosen = choice.choose(candidates, limits, rule, n_rows=rows.n_rows, by_hand=by_hand)
    model = model_of_cut(rows.sample, micro, cuts[chosen.n_clusters], chosen.n_clusters, outlier_share)
    report = FitReport(
        method="ward",
        n_rows=rows.n_rows,
        n_clusters=model.n_clusters,
        indices=indices.all_indices(rows.sample, model.predict(rows.sample).cluster),
        candidates=tuple(candidates),
        choice=chosen,
        notes=(f"{len(micro.centres)} micro-clusters; {micro.loss:.1%} of the scatter lies within them",),
    )
    return model, report


def _candidate(sample: Array, labels: Array, n_clusters: int) -> choice.Candidate:
    """What a cut is worth.

    Ward never takes a merge back, so strangers stay in its clusters and hide the valley between two clouds: how far
    these lie apart is measured after a few rounds of k-means from the cut.
    """
    clouds = kmeans.moved(sample, labels, CLOUD_ROUNDS)
    return kmeans.candidate_of_labels(sample, labels, n_clusters, indices.silhouette(sample, labels), clouds=clouds)


def micro_clusters(rows: nodes.OrderedNodes, n_micro: int, max_rounds: int, seed: int) -> MicroClusters:
    """Micro-clusters of the rows; every distinct row its own when there are no more than `n_micro`."""
    is_small = rows.n_distinct <= n_micro
    centres = rows.distinct if is_small else kmeans.spark_centres(rows, n_micro, max_rounds, seed)
    squares = indices.squared_distances(rows.sample, centres)
    of_sample = squares.argmin(axis=1)
    sizes = np.bincount(of_sample, minlength=len(centres))
    is_used = sizes > 0
    position = np.cumsum(is_used) - 1
    total = ((rows.sample - rows.sample.mean(axis=0)) ** 2).sum()
    loss = float(squares.min(axis=1).sum() / total) if total > 0 else 0.0
    return MicroClusters(centres[is_used], sizes[is_used].astype(float), position[of_sample], loss)


def model_of_cut(
    sample: Array, micro: MicroClusters, cluster_of_micro: Array, n_clusters: int, outlier_share: float
) -> CentroidModel:
    """The model of a cut, clusters in canonical order."""
    sizes = np.bincount(cluster_of_micro, micro.weights, minlength=n_clusters)
    sums = np.zeros((n_clusters, sample.shape[1]))
    np.add.at(sums, cluster_of_micro, micro.centres * micro.weights[:, None])
    order = canonical_order(sizes, sums / sizes[:, None])
    numbered = renumbered(cluster_of_micro, order)
    shapes = fit_shapes(sample, numbered[micro.of_sample], n_clusters, outlier_share)
    return CentroidModel(micro.centres, numbered, shapes)
