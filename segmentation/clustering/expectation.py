"""Expectation-maximisation in log space, from a start somebody else has found. NumPy only."""

import numpy as np

from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.prediction import Array, probabilities
from segmentation.clustering.shapes import fit_shapes


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
