"""What fitted models say of a row, without Spark."""

import numpy as np
import pytest
from scipy import stats

from segmentation.clustering.centroids import CentroidModel
from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.prediction import canonical_order, renumbered
from segmentation.clustering.shapes import Shapes, fit_shapes

ROUND = np.stack([np.eye(2), np.eye(2)])


def test_the_margin_is_zero_on_the_border_and_one_on_the_centre():
    centres = np.array([[0.0, 0.0], [4.0, 0.0]])
    model = CentroidModel(centres, np.array([0, 1]), Shapes(centres, ROUND, np.inf))

    found = model.predict(np.array([[0.0, 0.0], [2.0, 0.0], [3.0, 0.0]]))

    assert found.cluster.tolist() == [0, 0, 1]
    assert found.runner_up.tolist() == [1, 1, 0]
    assert found.margin == pytest.approx([1.0, 0.0, 1 - 1 / 3])
    assert np.isnan(found.probability).all()


def test_a_cluster_of_many_centres_is_as_near_as_its_nearest_centre():
    centres = np.array([[0.0], [10.0], [4.0]])
    shapes = Shapes(np.array([[5.0], [4.0]]), np.ones((2, 1, 1)), np.inf)
    model = CentroidModel(centres, np.array([0, 0, 1]), shapes)

    found = model.predict(np.array([[9.0], [3.0]]))

    assert found.cluster.tolist() == [0, 1]
    assert found.margin == pytest.approx([1 - 1 / 5, 1 - 1 / 3])


def test_mixture_probabilities_hold_far_from_everything():
    shapes = Shapes(np.array([[0.0, 0.0], [1.0, 0.0]]), ROUND, np.inf)
    model = MixtureModel(np.array([0.5, 0.5]), shapes)

    found = model.predict(np.array([[0.5, 0.0], [1000.0, 0.0], [-1000.0, 0.0]]))

    assert found.cluster.tolist() == [0, 1, 0]
    assert found.probability == pytest.approx([0.5, 1.0, 1.0])
    assert found.margin == pytest.approx([0.0, 1.0, 1.0], abs=1e-9)


def test_the_log_likelihood_is_that_of_the_mixture():
    covariances = np.array([[[2.0, 0.3], [0.3, 1.0]], [[1.0, -0.2], [-0.2, 0.5]]])
    means = np.array([[0.0, 1.0], [3.0, -1.0]])
    model = MixtureModel(np.array([0.3, 0.7]), Shapes(means, covariances, np.inf))
    points = np.random.default_rng(0).normal(size=(20, 2))

    densities = sum(
        w * stats.multivariate_normal(m, c).pdf(points)
        for w, m, c in zip(model.weights, means, covariances, strict=True)
    )

    assert model.log_likelihoods(points) == pytest.approx(np.log(densities))


def test_the_declared_share_of_the_fit_is_outlying():
    rng = np.random.default_rng(2)
    points, labels = rng.normal(size=(2000, 3)), rng.integers(0, 2, 2000)

    shapes = fit_shapes(points, labels, 2, 0.01)

    assert shapes.is_outlier(points, labels).sum() == 20
    assert shapes.is_outlier(np.full((1, 3), 50.0), np.array([0])).all()


def test_a_cluster_of_one_point_and_a_constant_feature_make_no_matrix_singular():
    points = np.array([[0.0, 5.0], [1.0, 5.0], [2.0, 5.0], [9.0, 5.0]])

    shapes = fit_shapes(points, np.array([0, 0, 0, 1]), 2, 0.0)

    assert np.isfinite(shapes.log_densities(points)).all()


def test_clusters_are_ordered_by_size_then_by_centre():
    centres = np.array([[3.0, 0.0], [1.0, 2.0], [1.0, 1.0]])

    order = canonical_order(np.array([10, 5, 5]), centres)

    assert order.tolist() == [0, 2, 1]
    assert renumbered(np.array([0, 1, 2]), order).tolist() == [0, 2, 1]


@pytest.mark.parametrize("kind", [CentroidModel, MixtureModel])
def test_a_model_is_the_same_after_a_round_trip_through_arrays(kind):
    shapes = Shapes(np.array([[0.0, 0.0], [4.0, 1.0]]), ROUND, 7.0)
    model = (
        CentroidModel(shapes.means, np.array([0, 1]), shapes)
        if kind is CentroidModel
        else MixtureModel(np.array([0.4, 0.6]), shapes)
    )
    points = np.random.default_rng(0).normal(size=(50, 2)) * 3

    again = kind.from_arrays(model.to_arrays())

    for name in ("cluster", "margin", "runner_up", "is_outlier"):
        np.testing.assert_array_equal(getattr(again.predict(points), name), getattr(model.predict(points), name))
