"""Weighted Ward: equal to scipy where scipy can, and a weight counts like repeated points."""

import numpy as np
import pytest
from scipy.cluster import hierarchy

from segmentation.clustering import linkage
from segmentation.evaluation.agreement import adjusted_rand


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    return np.random.default_rng(3).normal(size=(120, 4))


def test_without_weights_the_merges_are_those_of_scipy(points):
    merges = linkage.ward(points, np.ones(len(points)))

    np.testing.assert_allclose(merges, hierarchy.linkage(points, "ward"), atol=1e-9)


def test_a_weight_counts_like_points_merged_already(points):
    weights = np.random.default_rng(4).integers(1, 5, len(points))

    merges = linkage.ward(points, weights)
    repeated = hierarchy.linkage(np.repeat(points, weights, axis=0), "ward")

    np.testing.assert_allclose(merges[:, 2], repeated[-len(merges) :, 2], atol=1e-9)
    for k in (2, 4, 9):
        theirs = hierarchy.fcluster(repeated, k, "maxclust")
        assert adjusted_rand(theirs, np.repeat(linkage.cut(merges, k), weights)) == 1.0


def test_weight_decides_who_merges_first():
    points = np.array([[0.0], [1.0], [2.1]])

    light = linkage.cut(linkage.ward(points, np.array([1.0, 1.0, 1.0])), 2)
    heavy = linkage.cut(linkage.ward(points, np.array([100.0, 100.0, 1.0])), 2)

    assert light.tolist() == [0, 0, 1]
    assert heavy.tolist() == [0, 1, 1]


def test_equal_points_merge_at_height_zero():
    merges = linkage.ward(np.zeros((5, 2)), np.ones(5))

    assert merges[:, 2].tolist() == [0.0] * 4
    assert merges[-1, 3] == 5


def test_a_cut_gives_every_number_of_clusters(points):
    merges = linkage.ward(points, np.ones(len(points)))

    found = {k: len(np.unique(linkage.cut(merges, k))) for k in (1, 2, 60, 120)}

    assert found == {1: 1, 2: 2, 60: 60, 120: 120}
