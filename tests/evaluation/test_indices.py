"""The indices agree with scikit-learn where the definition is the same, and a weight counts like repeated points."""

import numpy as np
import pytest
from sklearn import metrics

from segmentation.evaluation import indices


@pytest.fixture(scope="module")
def labelled() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    labels = rng.integers(0, 4, 300)
    centres = rng.normal(size=(4, 5)) * 3
    return centres[labels] + rng.normal(size=(300, 5)) + 1000.0, labels


def test_indices_equal_those_of_scikit_learn(labelled):
    points, labels = labelled

    ours = indices.all_indices(points, labels)

    assert ours["silhouette"] == pytest.approx(metrics.silhouette_score(points, labels, metric="sqeuclidean"), abs=1e-6)
    assert ours["davies_bouldin"] == pytest.approx(metrics.davies_bouldin_score(points, labels), rel=1e-6)
    assert ours["calinski_harabasz"] == pytest.approx(metrics.calinski_harabasz_score(points, labels), rel=1e-6)


def test_a_weight_counts_like_repeated_points(labelled):
    points, labels = labelled
    weights = np.random.default_rng(1).integers(1, 4, len(points))

    weighted = indices.all_indices(points, labels, weights.astype(float))
    repeated = indices.all_indices(np.repeat(points, weights, axis=0), np.repeat(labels, weights))

    assert weighted == pytest.approx(repeated, rel=1e-6)


def test_the_simplified_silhouette_compares_distances_to_centres():
    points = np.array([[0.0], [2.0], [10.0], [12.0]])
    labels = np.array([0, 0, 1, 1])

    score = indices.silhouette_simplified(points, labels)

    assert score == pytest.approx(np.mean([1 - 1 / 11, 1 - 1 / 9, 1 - 1 / 9, 1 - 1 / 11]))


def test_one_cloud_cut_in_two_is_less_apart_than_two_clouds():
    rng = np.random.default_rng(0)
    cloud = rng.normal(size=(4000, 3)) @ rng.normal(size=(3, 3))
    two = np.vstack([cloud, cloud + np.array([9.0, 9.0, 9.0])])

    cut = indices.least_separation(cloud, (cloud[:, 0] > cloud[:, 0].mean()).astype(int))
    apart = indices.least_separation(two, np.repeat([0, 1], 4000))

    assert cut == pytest.approx(2.65, abs=0.1)
    assert apart > 4


def test_one_cluster_has_no_separation(labelled):
    points, _ = labelled
    one = np.zeros(len(points), dtype=int)

    found = indices.all_indices(points, one)

    assert (found["silhouette"], found["silhouette_simplified"], found["calinski_harabasz"]) == (0.0, 0.0, 0.0)


def test_a_lonely_point_has_silhouette_zero_as_in_scikit_learn():
    points = np.array([[0.0], [1.0], [1.5], [9.0]])
    labels = np.array([0, 1, 1, 2])

    score = indices.silhouette(points, labels)

    assert score == pytest.approx(metrics.silhouette_score(points, labels, metric="sqeuclidean"))


def test_nothing_within_the_clusters_is_infinitely_well_apart():
    points = np.array([[0.0], [0.0], [3.0], [3.0]])

    found = indices.all_indices(points, np.array([0, 0, 1, 1]))

    assert found["calinski_harabasz"] == float("inf")
    assert all(np.isfinite(value) for name, value in found.items() if name != "calinski_harabasz")
