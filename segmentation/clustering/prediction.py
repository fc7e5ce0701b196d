"""What every method says of a row, and how clusters are put in order. NumPy only: loads without Spark."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Prediction:
    """One entry a row.

    `cluster`, `runner_up`: numbers of the model's clusters. `probability`: nan where the method has none.
    `margin`: 0 on the border to the runner-up, 1 beyond doubt. `assigned_by`: see SEGMENT_SCORES.
    """

    cluster: Array
    probability: Array
    margin: Array
    runner_up: Array
    is_outlier: Array
    assigned_by: Array

    def __len__(self) -> int:
        return len(self.cluster)


class MethodModel(Protocol):
    """A fitted method. `to_arrays` holds all of it; the class's `from_arrays` reads it back."""

    @property
    def n_clusters(self) -> int: ...

    def predict(self, points: Array) -> Prediction: ...

    def to_arrays(self) -> dict[str, Array]: ...


def best_two(scores: Array) -> tuple[Array, Array]:
    """Columns of the highest and second highest score of every row (equal scores fall to the lower column)."""
    order = np.argsort(-scores, axis=1, kind="stable")
    return order[:, 0].astype(np.int32), order[:, min(1, scores.shape[1] - 1)].astype(np.int32)


def margin_of_distances(nearest: Array, second: Array) -> Array:
    """1 - nearest / second: 0 when both are equally far, 1 when the point lies on the nearest."""
    ratio = np.divide(nearest, second, out=np.ones_like(nearest), where=second > 0)
    return np.clip(1.0 - ratio, 0.0, 1.0)


def probabilities(log_scores: Array) -> Array:
    """Rows of log scores as probabilities that add up to 1, without underflow."""
    shifted = np.exp(log_scores - log_scores.max(axis=1, keepdims=True))
    return shifted / shifted.sum(axis=1, keepdims=True)


def canonical_order(sizes: Array, centres: Array) -> Array:
    """Clusters in their lasting order: largest first, equal sizes by centre, coordinate after coordinate."""
    keys = [*centres.T[::-1], -np.asarray(sizes, dtype=float)]
    return np.lexsort(keys)


def renumbered(labels: Array, order: Array) -> Array:
    """Labels after the clusters were put in `order` (order[new] = old)."""
    new_of_old = np.empty(len(order), dtype=np.int32)
    new_of_old[order] = np.arange(len(order), dtype=np.int32)
    return new_of_old[labels]
