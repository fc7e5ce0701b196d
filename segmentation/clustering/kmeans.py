"""KMeans of Spark ML from several starts: a method, and the baseline of every vertical."""

import numpy as np
from pyspark.ml.clustering import KMeans
from pyspark.sql import DataFrame

from segmentation.clustering import choice, nodes
from segmentation.clustering.centroids import CentroidModel
from segmentation.clustering.choice import FINEST, Candidate, Rule
from segmentation.clustering.prediction import canonical_order, renumbered
from segmentation.clustering.report import FitReport
from segmentation.clustering.shapes import fit_shapes
from segmentation.errors import ModelError
from segmentation.evaluation import indices
from segmentation.settings import KMeansMethod, Limits

Array = np.ndarray


def fit(
    points: DataFrame,
    method: KMeansMethod,
    limits: Limits,
    seed: int,
    *,
    outlier_share: float = 0.005,
    rule: Rule = FINEST,
) -> tuple[CentroidModel, FitReport]:
    """A model with as many clusters as asked for, or with as many as the rule finds within the limits.

    Needs `points` [subscriber_id, features array<double>].
    """
    with nodes.ordered(points) as rows:
        return fit_ordered(rows, method, limits, seed, outlier_share=outlier_share, rule=rule)


def fit_ordered(
    rows: nodes.OrderedNodes,
    method: KMeansMethod,
    limits: Limits,
    seed: int,
    *,
    outlier_share: float,
    rule: Rule = FINEST,
) -> tuple[CentroidModel, FitReport]:
    """The same on rows that are in order already."""
    numbers = choice.candidates_within(method.segments, limits, rows.n_rows, rows.n_distinct)
    found = {k: best_centres(rows, k, method.n_starts, method.max_rounds, seed) for k in numbers}
    candidates = [_candidate(rows.sample, centres) for centres in found.values()]
    by_hand = isinstance(method.segments, int)
    chosen = choice.choose(candidates, limits, rule, n_rows=rows.n_rows, by_hand=by_hand)
    model = model_of_centres(rows.sample, found[chosen.n_clusters], outlier_share)
    report = FitReport(
        method="kmeans",
        n_rows=rows.n_rows,
        n_clusters=model.n_clusters,
        indices=indices.all_indices(rows.sample, model.predict(rows.sample).cluster),
        candidates=tuple(candidates),
        choice=chosen,
    )
    return model, report


def best_centres(rows: nodes.OrderedNodes, n_clusters: int, n_starts: int, max_rounds: int, seed: int) -> Array:
    """Centres (k, d) of the start with the lowest within-cluster sum of squares, recomputed on the sample.

    Spark's own training cost is that before the last update of the centres.

    Raises: ModelError when there are fewer distinct rows than clusters.
    """
    starts = [spark_centres(rows, n_clusters, max_rounds, seed + start) for start in range(n_starts)]
    costs = [indices.squared_distances(rows.sample, centres).min(axis=1).sum() for centres in starts]
    return starts[int(np.argmin(costs))]


def spark_centres(rows: nodes.OrderedNodes, n_clusters: int, max_rounds: int, seed: int) -> Array:
    """Centres that Spark ML finds, made up to the number asked for where it returns fewer."""
    if n_clusters == 1:
        return rows.sample.mean(axis=0, keepdims=True)
    engine = KMeans(k=n_clusters, seed=seed, maxIter=max_rounds, featuresCol=nodes.VECTOR, predictionCol="cluster")
    return completed(np.stack(engine.fit(rows.frame).clusterCenters()), rows.sample, n_clusters)


def completed(centres: Array, sample: Array, n_clusters: int) -> Array:
    """Centres with the points farthest from all of them added, one by one, until there are enough.

    Raises: ModelError when there are fewer distinct points than clusters.
    """
    while len(centres) < n_clusters:
        distance = indices.squared_distances(sample, centres).min(axis=1)
        farthest = int(distance.argmax())
        if not (sample[farthest] != centres).any(axis=1).all():
            require_points(len(centres), n_clusters)
        centres = np.vstack([centres, sample[farthest]])
    return centres


def require_points(n_distinct: int, n_clusters: int) -> None:
    """Raise ModelError when there are fewer distinct points than clusters asked for."""
    if n_distinct < n_clusters:
        raise ModelError(
            f"only {n_distinct} of {n_clusters} clusters could be made",
            expected=f"at least {n_clusters} distinct rows",
            remedy="ask for fewer segments, or add columns that tell the rows apart",
        )


def model_of_centres(sample: Array, centres: Array, outlier_share: float) -> CentroidModel:
    """The model of given centres, clusters in canonical order."""
    labels = indices.squared_distances(sample, centres).argmin(axis=1)
    sizes = np.bincount(labels, minlength=len(centres))
    order = canonical_order(sizes, centres)
    shapes = fit_shapes(sample, renumbered(labels, order), len(centres), outlier_share)
    return CentroidModel(centres[order], np.arange(len(centres), dtype=np.int32), shapes)


def moved(sample: Array, labels: Array, rounds: int) -> Array:
    """Labels after some rounds of Lloyd's algorithm; a cluster that loses all its points is gone."""
    for _ in range(rounds):
        clusters = np.unique(labels)
        centres = np.stack([sample[labels == cluster].mean(axis=0) for cluster in clusters])
        nearest = clusters[indices.squared_distances(sample, centres).argmin(axis=1)]
        if np.array_equal(nearest, labels):
            break
        labels = nearest
    return labels


def _candidate(sample: Array, centres: Array) -> Candidate:
    labels = indices.squared_distances(sample, centres).argmin(axis=1)
    return candidate_of_labels(sample, labels, len(centres), indices.silhouette(sample, labels))


def candidate_of_labels(
    sample: Array, labels: Array, n_clusters: int, index: float, *, clouds: Array | None = None
) -> Candidate:
    """A candidate with the shares of its clusters, and the separation of the clouds that these stand for.

    `clouds` are labels too; without any the clusters themselves.
    """
    shares = np.bincount(labels, minlength=n_clusters) / len(sample)
    separation = indices.least_separation(sample, labels if clouds is None else clouds)
    return Candidate(n_clusters, float(index), separation, float(shares.min()), float(shares.max()))
