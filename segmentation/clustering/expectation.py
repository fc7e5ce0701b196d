"""Expectation-maximisation in log space, from a start somebody else has found. NumPy only."""

import numpy as np

from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.prediction import Array, probabilities
from segmentation.clustering.shapes import Shapes, fit_shapes
from segmentation.errors import ModelError

MOST_REFILLS = 20


def settled(
    points: Array, member: Array, max_rounds: int, tolerance: float, *, is_common: bool = False
) -> MixtureModel:
    """The mixture that soft membership (n, k) leads to.

    Ends when the mean log-likelihood of a row rises by less than `tolerance`. Small components borrow from the
    pooled covariance (see `fit_shapes`), so none becomes singular or a spike.
    """
    mixture = from_membership(points, member, is_common=is_common)
    likelihood = -np.inf
    for _ in range(max_rounds):
        joint = mixture.log_joint(points)
        highest = joint.max(axis=1)
        now = float((highest + np.log(np.exp(joint - highest[:, None]).sum(axis=1))).mean())
        if now - likelihood < tolerance:
            break
        likelihood = now
        mixture = from_membership(points, probabilities(joint), is_common=is_common)
    return mixture


def from_membership(points: Array, member: Array, *, is_common: bool = False) -> MixtureModel:
    """The mixture that fits soft membership (n, k) best. Components keep their column; it has no outlier limit."""
    shapes = fit_shapes(points, member.argmax(axis=1), member.shape[1], 0.0, member, is_common=is_common)
    shares = member.mean(axis=0) + 1e-12
    return MixtureModel(shares / shares.sum(), shapes)


def without_empty(mixture: MixtureModel, points: Array) -> tuple[MixtureModel, Array]:
    """The mixture without the components that hold no point, and the numbers of those that stay."""
    kept = np.flatnonzero(sizes(mixture, points))
    if len(kept) == mixture.n_clusters:
        return mixture, kept
    return of_components(mixture, kept), kept


def of_components(mixture: MixtureModel, kept: Array) -> MixtureModel:
    """The mixture of some of its components, in the order given."""
    shapes = mixture.shapes
    weights = mixture.weights[kept]
    return MixtureModel(
        weights / weights.sum(), Shapes(shapes.means[kept], shapes.covariances[kept], shapes.outlier_beyond)
    )


def refilled(mixture: MixtureModel, points: Array) -> MixtureModel:
    """The mixture with points in every component, where as many are wanted as were asked for.

    A component without any gets the point that is farthest from its own, and all that are nearer to that point than
    to their own mean.

    Raises: ModelError when that fails.
    """
    filled = mixture
    for _ in range(MOST_REFILLS):
        empty = np.flatnonzero(sizes(filled, points) == 0)
        if not len(empty):
            return filled
        filled = _with_farthest(filled, points, int(empty[0]))
    n_held = int((sizes(filled, points) > 0).sum())
    raise ModelError(
        f"only {n_held} of {mixture.n_clusters} segments hold a line",
        expected="as many segments as asked for",
        remedy="ask for fewer segments, or write auto",
    )


def _with_farthest(mixture: MixtureModel, points: Array, component: int) -> MixtureModel:
    joint = mixture.log_joint(points)
    own = joint.argmax(axis=1)
    farthest = points[int(mixture.shapes.own_distances(points, own).argmax())]
    to_farthest = ((points - farthest) ** 2).sum(axis=1)
    is_nearer = to_farthest < ((points - mixture.shapes.means[own]) ** 2).sum(axis=1)
    member = probabilities(joint)
    member[is_nearer] = np.eye(mixture.n_clusters)[component]
    return from_membership(points, member)


def sizes(mixture: MixtureModel, points: Array) -> Array:
    """Points (k) that each component holds."""
    return np.bincount(mixture.predict(points).cluster, minlength=mixture.n_clusters)
