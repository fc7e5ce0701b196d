"""Similar homes."""

import numpy as np
import pytest
from pyspark.sql import SparkSession

from segmentation.evaluation.indices import squared_distances
from segmentation.graph.similarity import nearest_neighbours, similar_pairs

NODES = "subscriber_id string, features array<double>"


def test_nearest_neighbours_are_those_of_brute_force():
    points = np.random.default_rng(0).normal(size=(40, 3))
    distance = np.linalg.norm(points[:, None] - points[None], axis=2) + np.diag(np.full(40, np.inf))

    found = nearest_neighbours(points, 5)

    np.testing.assert_array_equal(found, np.argsort(distance, axis=1)[:, :5])


@pytest.mark.parametrize("n_values", [1, 2, 5, 1000])
def test_equal_distances_fall_to_the_lower_row_as_in_a_stable_sort(n_values: int):
    points = np.random.default_rng(n_values).integers(0, n_values, size=(90, 2)).astype(float)
    distance = squared_distances(points, points)
    np.fill_diagonal(distance, np.inf)

    found = nearest_neighbours(points, 8)

    np.testing.assert_array_equal(found, np.argsort(distance, axis=1, kind="stable")[:, :8])


def test_no_row_is_sorted_whole(monkeypatch: pytest.MonkeyPatch):
    sorted_widths = []
    whole = np.argsort

    def counted(values: np.ndarray, **how: object) -> np.ndarray:
        sorted_widths.append(values.shape[-1])
        return whole(values, **how)

    monkeypatch.setattr(np, "argsort", counted)

    nearest_neighbours(np.random.default_rng(0).normal(size=(200, 3)), 5)

    assert max(sorted_widths) == 5


def test_fewer_homes_than_neighbours_are_all_neighbours():
    assert nearest_neighbours(np.array([[0.0], [1.0]]), 8).tolist() == [[1], [0]]
    assert nearest_neighbours(np.array([[0.0]]), 8).shape == (1, 0)


def test_homes_are_paired_inside_their_cell_only(spark: SparkSession):
    homes = [("a", [0.0]), ("b", [1.0]), ("c", [4.9]), ("d", [5.2]), ("e", [9.0])]
    cells = np.array([[0.0], [10.0]])

    found = similar_pairs(spark.createDataFrame(homes, NODES).repartition(3), cells, n_neighbours=1)

    assert {(row.subscriber_a, row.subscriber_b) for row in found.collect()} == {("a", "b"), ("b", "c"), ("d", "e")}
