"""What the home model says of a home, without Spark."""

import numpy as np
import pytest

from segmentation.clustering.shapes import Shapes
from segmentation.graph.keys import hashed
from segmentation.graph.model import CommunityModel

LIKELY = np.log(np.array([[0.9, 0.1], [0.1, 0.9]]))


@pytest.fixture
def model() -> CommunityModel:
    keys = hashed(["ann", "bob"])
    order = np.argsort(keys)
    return CommunityModel(
        cells=np.zeros((1, 1)),
        shapes=Shapes(np.array([[0.0], [4.0]]), np.ones((2, 1, 1)), 25.0),
        shares=np.array([0.5, 0.5]),
        known_keys=keys[order],
        known_segments=np.array([0, 1])[order],
        hold=LIKELY,
        ties=LIKELY,
    )


def test_a_known_home_on_the_border_stays_with_its_community(model: CommunityModel):
    found = model.predict(np.array([[2.1], [1.9]]), hashed(["ann", "bob"]))

    assert found.cluster.tolist() == [0, 1]
    assert found.assigned_by.tolist() == ["community", "community"]


def test_a_known_home_that_clearly_lives_otherwise_goes_by_its_profile(model: CommunityModel):
    found = model.predict(np.array([[4.0]]), hashed(["ann"]))

    assert found.cluster.tolist() == [1]
    assert found.assigned_by.tolist() == ["profile"]
    assert found.probability[0] > 0.95


def test_an_unknown_home_goes_by_its_tied_homes_and_else_by_its_profile(model: CommunityModel):
    points = np.array([[1.9], [1.9]])

    found = model.predict(points, hashed(["eve", "eve"]), votes=np.array([[0.0, 3.0], [0.0, 0.0]]))

    assert found.cluster.tolist() == [1, 0]
    assert found.assigned_by.tolist() == ["tied homes", "profile"]


def test_probabilities_are_of_all_segments_and_the_margin_is_the_lead(model: CommunityModel):
    found = model.predict(np.array([[2.0], [0.0], [40.0]]))

    assert found.probability[0] == pytest.approx(0.5)
    assert found.margin == pytest.approx(2 * found.probability - 1)
    assert found.is_outlier.tolist() == [False, False, True]


def test_the_model_is_the_same_after_a_round_trip_through_arrays(model: CommunityModel):
    again = CommunityModel.from_arrays(model.to_arrays())
    points = np.linspace(-2, 6, 30)[:, None]
    keys = hashed(["ann", "bob", "eve"] * 10)

    np.testing.assert_array_equal(again.predict(points, keys).cluster, model.predict(points, keys).cluster)
    np.testing.assert_array_equal(again.predict(points, keys).assigned_by, model.predict(points, keys).assigned_by)
