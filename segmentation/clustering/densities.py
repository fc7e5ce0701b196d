"""A Gaussian mixture that scores in log space, so that far points do not underflow. NumPy only."""

from dataclasses import dataclass

import numpy as np

from segmentation.clustering.prediction import Array, Prediction, best_two, probabilities
from segmentation.clustering.shapes import Shapes

SMALLEST_WEIGHT = 1e-300
"""Weight of an empty component, so that its logarithm exists."""


@dataclass(frozen=True)
class MixtureModel:
    """Weights (k) and shapes of the components. A row belongs to the component of the highest posterior."""

    weights: Array
    shapes: Shapes

    @property
    def n_clusters(self) -> int:
        return len(self.weights)

    @property
    def n_parameters(self) -> int:
        """Free parameters: weights, means, and every full covariance once, however many components share it."""
        k, d = self.shapes.means.shape
        n_covariances = len(np.unique(self.shapes.covariances.reshape(k, d * d), axis=0))
        return (k - 1) + k * d + n_covariances * d * (d + 1) // 2

    def predict(self, points: Array) -> Prediction:
        posterior = probabilities(self.log_joint(points))
        cluster, runner_up = best_two(posterior)
        rows = np.arange(len(points))
        best = posterior[rows, cluster]
        second = posterior[rows, runner_up] if self.n_clusters > 1 else np.zeros(len(points))
        return Prediction(
            cluster=cluster,
            probability=best,
            margin=best - second,
            runner_up=runner_up,
            is_outlier=self.shapes.is_outlier(points, cluster),
            assigned_by=np.full(len(points), "probability", dtype=object),
        )

    def log_joint(self, points: Array) -> Array:
        """Log of weight times density, by component (n, k)."""
        return np.log(np.maximum(self.weights, SMALLEST_WEIGHT))[None, :] + self.shapes.log_densities(points)

    def log_likelihoods(self, points: Array) -> Array:
        """Log of the mixture's density at every point."""
        joint = self.log_joint(points)
        highest = joint.max(axis=1)
        return highest + np.log(np.exp(joint - highest[:, None]).sum(axis=1))

    def to_arrays(self) -> dict[str, Array]:
        return {"weights": self.weights, **self.shapes.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: dict[str, Array]) -> "MixtureModel":
        return cls(arrays["weights"], Shapes.from_arrays(arrays))
