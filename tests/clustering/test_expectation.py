"""No component without points, without Spark."""

import numpy as np
import pytest

from segmentation.clustering import expectation
from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.shapes import Shapes
from segmentation.errors import ModelError

POINTS = np.vstack([np.random.default_rng(0).normal(size=(40, 2)) + centre for centre in ([0, 0], [8, 0])])
IN_THE_SHADOW = MixtureModel(
    np.array([0.5, 1e-12, 0.5]),
    Shapes(np.array([[0.0, 0.0], [0.0, 0.0], [8.0, 0.0]]), np.stack([np.eye(2)] * 3), np.inf),
)


def test_a_component_without_points_is_dropped_and_the_others_stay_as_they_are():
    found, kept = expectation.without_empty(IN_THE_SHADOW, POINTS)

    assert kept.tolist() == [0, 2]
    assert found.weights.sum() == pytest.approx(1.0)
    assert (kept[found.predict(POINTS).cluster] == IN_THE_SHADOW.predict(POINTS).cluster).all()


def test_a_component_without_points_gets_those_farthest_from_their_own():
    found = expectation.refilled(IN_THE_SHADOW, POINTS)

    assert found.n_clusters == 3
    assert np.bincount(found.predict(POINTS).cluster, minlength=3).min() > 0


def test_more_components_than_distinct_points_are_refused():
    two_places = np.repeat(np.array([[0.0, 0.0], [8.0, 0.0]]), 10, axis=0)

    with pytest.raises(ModelError, match="only 2 of 3 segments hold a line"):
        expectation.refilled(IN_THE_SHADOW, two_places)
