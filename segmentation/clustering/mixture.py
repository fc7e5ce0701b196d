"""GaussianMixture of Spark ML, from several starts; the number by BIC, the shape by what lies further apart."""

import logging

import numpy as np
from pyspark.ml.clustering import GaussianMixture
from pyspark.sql import DataFrame
from sklearn.cluster import KMeans

from segmentation.clustering import choice, expectation, kmeans, linkage, nodes, ward
from segmentation.clustering.choice import APART, BEST_BIC, Index, Rule
from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.prediction import canonical_order, probabilities
from segmentation.clustering.report import FitReport
from segmentation.clustering.shapes import RIDGE, Shapes, outlier_limit
from segmentation.evaluation import indices
from segmentation.settings import Limits, MixtureMethod

logger = logging.getLogger(__name__)
Array = np.ndarray
FURTHER_ROUNDS = 200
N_MICRO, MICRO_ROUNDS, KMEANS_STARTS = 256, 10, 10


def fit(
    points: DataFrame,
    method: MixtureMethod,
    limits: Limits,
    seed: int,
    *,
    outlier_share: float = 0.005,
    rule: Rule = BEST_BIC,
) -> tuple[MixtureModel, FitReport]:
    """A mixture with as many components as asked for, or with as many as the rule finds within the limits.

    Needs `points` [subscriber_id, features array<double>].
    """
    with nodes.ordered(points) as rows:
        return fit_ordered(rows, method, limits, seed, outlier_share=outlier_share, rule=rule)


def fit_ordered(
    rows: nodes.OrderedNodes,
    method: MixtureMethod,
    limits: Limits,
    seed: int,
    *,
    outlier_share: float,
    rule: Rule = BEST_BIC,
) -> tuple[MixtureModel, FitReport]:
    """The same on rows that are in order already."""
    numbers = choice.candidates_within(method.segments, limits, rows.n_rows, rows.n_distinct)
    by_hand = isinstance(method.segments, int)
    within = None if by_hand else limits
    common = common_mixtures(rows, list(numbers), method, seed, within)
    candidates = _candidates([common[k] for k in numbers], rows.sample, rule)
    chosen = choice.choose(candidates, limits, rule, n_rows=rows.n_rows, by_hand=by_hand)
    start, of_start = best_start(rows, common[chosen.n_clusters], method, seed, within)
    held, of_shape = further_apart(start, rows.sample, method, by_hand=by_hand)
    model = finished(held, rows.sample, outlier_share)
    labels = model.predict(rows.sample).cluster
    part = f"fitted on {len(rows.sample):,} of {rows.n_rows:,} rows, by hash of the key"
    report = FitReport(
        method="mixture",
        n_rows=rows.n_rows,
        n_clusters=model.n_clusters,
        indices=indices.all_indices(rows.sample, labels) | of_likelihood(model, rows),
        candidates=tuple(candidates),
        choice=choice.with_clusters(chosen, model.n_clusters),
        notes=(of_start, of_shape) if rows.is_whole else (part, of_start, of_shape),
    )
    return model, report


def common_mixtures(
    rows: nodes.OrderedNodes, numbers: list[int], method: MixtureMethod, seed: int, limits: Limits | None
) -> dict[int, MixtureModel]:
    """Mixtures with one covariance for all components, by number of components, the best of several starts.

    With a covariance each, every further component costs d^2 / 2 parameters, and BIC would rather merge segments that
    are plainly there. These tell how many there are, in a fraction of the time.

    A start is a cut of Ward, one of k-means, or a mixture of more components without its smallest: a handful of
    outliers far away takes a component before two segments that lie near each other do, and gives it back so.
    """
    micro = ward.micro_clusters(rows, max(N_MICRO, *numbers), MICRO_ROUNDS, seed)
    merges = linkage.ward(micro.centres, micro.weights)
    found: dict[int, MixtureModel] = {}
    for k in sorted(numbers, reverse=True):
        kmeans.require_points(len(micro.centres), k)
        cuts = [linkage.cut(merges, k), _moved_centres(micro.centres, micro.weights, k, seed)]
        members = [np.eye(k)[cut[micro.of_sample]] for cut in cuts]
        members += [_membership_without_smallest(larger, rows.sample, k) for larger in found.values()]
        settled = [_common(rows.sample, member, method) for member in members]
        found[k] = _best(settled, rows.sample, limits)
    return found


def _membership_without_smallest(mixture: MixtureModel, sample: Array, k: int) -> Array:
    """Soft membership in the `k` components that hold most points."""
    largest_first = np.argsort(-expectation.sizes(mixture, sample), kind="stable")
    return probabilities(expectation.of_components(mixture, np.sort(largest_first[:k])).log_joint(sample))


def _moved_centres(centres: Array, weights: Array, k: int, seed: int) -> Array:
    """Clusters of weighted centres by k-means, the best of several starts: it can undo what Ward merged too early."""
    return KMeans(k, n_init=KMEANS_STARTS, random_state=seed).fit(centres, sample_weight=weights).labels_


def _common(sample: Array, member: Array, method: MixtureMethod) -> MixtureModel:
    return expectation.settled(sample, member, FURTHER_ROUNDS, method.tolerance_per_row, is_common=True)


def _best(mixtures: list[MixtureModel], sample: Array, limits: Limits | None) -> MixtureModel:
    """The likeliest of the mixtures that break the limits of shares least, or of all where there are no limits."""

    def merit(mixture: MixtureModel) -> tuple[float, float]:
        shares = expectation.sizes(mixture, sample) / len(sample)
        broken = 0.0 if limits is None else choice.excess(float(shares.min()), float(shares.max()), limits)
        return -broken, float(mixture.log_likelihoods(sample).mean())

    return max(mixtures, key=merit)


def _candidates(common: list[MixtureModel], sample: Array, rule: Rule) -> list[choice.Candidate]:
    labels = [mixture.predict(sample).cluster for mixture in common]
    if rule.index is Index.BIC_GAIN:
        alone = _bic_of_a_row(expectation.from_membership(sample, np.ones((len(sample), 1))), sample)
        validity = [alone - _bic_of_a_row(mixture, sample) for mixture in common]
    else:
        validity = [indices.silhouette(sample, found) for found in labels]
    return [
        kmeans.candidate_of_labels(sample, found, mixture.n_clusters, index)
        for mixture, found, index in zip(common, labels, validity, strict=True)
    ]


def _bic_of_a_row(mixture: MixtureModel, sample: Array) -> float:
    n_rows = len(sample)
    return bic(float(mixture.log_likelihoods(sample).mean()), mixture.n_parameters, n_rows) / n_rows


def best_start(
    rows: nodes.OrderedNodes, common: MixtureModel, method: MixtureMethod, seed: int, limits: Limits | None
) -> tuple[MixtureModel, str]:
    """The best of Spark's starts and of the mixture that the number was chosen by, and in words which one it is.

    Spark starts from a handful of random rows per component and often ends in a poor place. The starts are compared
    with one covariance for all components: with one each, the likeliest is often the one whose component has shrunk
    onto lines that share a zero (no roaming, no contact), which is no segment.
    """
    starts = {"the mixture that the number was chosen by": common}
    for start in range(method.n_starts):
        found = spark_mixture(rows, common.n_clusters, method, seed + start)
        of_spark = _common(rows.sample, probabilities(found.log_joint(rows.sample)), method)
        starts[f"random start {start + 1} of {method.n_starts}"] = of_spark
    best = _best(list(starts.values()), rows.sample, limits)
    [which] = [name for name, start in starts.items() if start is best]
    return best, f"begun from {which}"


def further_apart(
    start: MixtureModel, sample: Array, method: MixtureMethod, *, by_hand: bool
) -> tuple[MixtureModel, str]:
    """The start, whose components share one covariance, or with one each settled from it; and in words which.

    One each follows segments of unlike shapes. On skewed features it lets one component grow into the tail of the next:
    then the shared one leaves them further apart, and is taken where even its nearest two lie apart.
    """
    membership = probabilities(start.log_joint(sample))
    own = expectation.settled(sample, membership, FURTHER_ROUNDS, method.tolerance_per_row)
    shared, each = (
        expectation.refilled(mixture, sample) if by_hand else expectation.without_empty(mixture, sample)[0]
        for mixture in (start, own)
    )
    of_shared, of_each = (
        indices.least_separation(sample, mixture.predict(sample).cluster) for mixture in (shared, each)
    )
    is_shared = shared.n_clusters >= each.n_clusters and of_shared > max(of_each, APART)
    what, other = ("one covariance for all segments", "each") if is_shared else ("a covariance each", "shared")
    here, there = (of_shared, of_each) if is_shared else (of_each, of_shared)
    words = f"{what}: the nearest segments lie {here:.2g} spreads apart, with {other} {there:.2g}"
    return (shared if is_shared else each), words


def spark_mixture(rows: nodes.OrderedNodes, n_clusters: int, method: MixtureMethod, seed: int) -> MixtureModel:
    """The mixture that Spark ML finds from one random start.

    Spark stops on the total log-likelihood, so its tolerance grows with the rows.
    """
    engine = GaussianMixture(
        k=n_clusters,
        seed=seed,
        maxIter=method.max_rounds,
        tol=method.tolerance_per_row * rows.n_rows,
        featuresCol=nodes.VECTOR,
    )
    found = engine.fit(rows.frame)
    means = np.stack([gaussian.mean.toArray() for gaussian in found.gaussians])
    covariances = np.stack([gaussian.cov.toArray() for gaussian in found.gaussians])
    return MixtureModel(np.array(found.weights), Shapes(means, _ridged(covariances), float("inf")))


def _ridged(covariances: Array) -> Array:
    """Spark's covariances, symmetric and with a little added to the diagonal: it uses a pseudo-inverse, we do not."""
    n_features = covariances.shape[1]
    symmetric = (covariances + covariances.transpose(0, 2, 1)) / 2
    mean_variance = max(float(np.trace(symmetric.mean(axis=0))) / n_features, RIDGE)
    return symmetric + np.eye(n_features) * (RIDGE * mean_variance)


def of_likelihood(mixture: MixtureModel, rows: nodes.OrderedNodes) -> dict[str, float]:
    """Mean log-likelihood of a row of the sample, and BIC of all rows."""
    likelihood = float(mixture.log_likelihoods(rows.sample).mean())
    return {"mean_log_likelihood": likelihood, "bic": bic(likelihood, mixture.n_parameters, rows.n_rows)}


def bic(mean_log_likelihood: float, n_parameters: int, n_rows: int) -> float:
    """Bayesian information criterion (lower is better)."""
    return -2.0 * mean_log_likelihood * n_rows + n_parameters * float(np.log(n_rows))


def finished(mixture: MixtureModel, sample: Array, outlier_share: float) -> MixtureModel:
    """The mixture with its components in canonical order and its outlier limit."""
    shapes = mixture.shapes
    order = canonical_order(expectation.sizes(mixture, sample), shapes.means)
    ordered = Shapes(shapes.means[order], shapes.covariances[order], float("inf"))
    sorted_mixture = MixtureModel(mixture.weights[order], ordered)
    labels = sorted_mixture.predict(sample).cluster
    limit = outlier_limit(ordered.own_distances(sample, labels), outlier_share)
    return MixtureModel(mixture.weights[order], Shapes(ordered.means, ordered.covariances, limit))
