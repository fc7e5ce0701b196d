"""The three methods find planted clusters, choose their number, and do not depend on partitions."""

import numpy as np
import pytest
from pyspark.sql import SparkSession
from threadpoolctl import threadpool_info

from segmentation.clustering import expectation, kmeans, mixture, nodes, ward
from segmentation.clustering.choice import CLOUDS_APART
from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.shapes import Shapes
from segmentation.errors import ModelError
from segmentation.evaluation.agreement import adjusted_rand
from segmentation.evaluation.indices import least_separation
from segmentation.settings import KMeansMethod, Limits, MixtureMethod, WardMethod
from tests.clustering.nodes import NODES, as_nodes, planted

LIMITS = Limits(min_segments=3, max_segments=5, min_share=0.02, small_base_rows=100)
METHODS = {
    "kmeans": (kmeans.fit, KMeansMethod(name="kmeans", n_starts=1)),
    "ward": (ward.fit, WardMethod(name="ward", n_micro=60, max_rounds=3)),
    "mixture": (mixture.fit, MixtureMethod(name="mixture", n_starts=1, max_rounds=25, tolerance_per_row=1e-3)),
}


@pytest.mark.parametrize("name", METHODS)
def test_planted_clusters_are_found_with_their_number(spark: SparkSession, name: str):
    fit, method = METHODS[name]
    points, truth, keys = planted()

    held_before = set(spark._jsc.getPersistentRDDs())
    model, report = fit(as_nodes(spark, points, keys), method, LIMITS, seed=1)
    found = model.predict(points)

    assert report.choice.n_clusters == 4
    assert adjusted_rand(truth, found.cluster) > 0.95
    assert np.bincount(found.cluster).tolist() == sorted(np.bincount(found.cluster), reverse=True)
    assert set(spark._jsc.getPersistentRDDs()) <= held_before


def test_outliers_far_away_take_no_component_from_two_segments_that_lie_near_each_other(spark: SparkSession):
    chance = np.random.default_rng(5)
    centres = np.array([[0, 0, 0, 0], [6.0, 0, 0, 0], [0, 14, 0, 0], [0, 0, 14, 0], [0, 0, 0, 14]], dtype=float)
    truth = np.repeat(np.arange(5), 120)
    lines = centres[truth] + chance.normal(size=(600, 4))
    far_away = np.array([3.0, -30.0, 0.0, 0.0]) + 2 * chance.normal(size=(10, 4))
    points = np.vstack([lines, far_away])
    keys = [f"k{number:04d}" for number in range(len(points))]
    limits = LIMITS.model_copy(update={"min_segments": 4, "max_segments": 7, "min_share": 0.05})

    model, report = mixture.fit(as_nodes(spark, points, keys), METHODS["mixture"][1], limits, seed=1)

    assert report.n_clusters == 5
    assert adjusted_rand(truth, model.predict(lines).cluster) > 0.9


def test_a_segment_does_not_grow_into_the_tail_of_the_next_one():
    chance = np.random.default_rng(5)
    truth = np.repeat(np.arange(3), 500)
    tails = np.exp(chance.normal(size=(1500, 8))) - 1
    points = np.eye(8)[truth] * 5 + np.where(chance.random((1500, 8)) < 0.5, 0.0, tails)
    start = _shared(points, truth)

    found, words = mixture.further_apart(start, points, METHODS["mixture"][1], by_hand=False)

    one_each = expectation.settled(points, np.eye(3)[truth], 200, 1e-4)
    assert words.startswith("one covariance for all segments")
    assert adjusted_rand(truth, found.predict(points).cluster) > 0.8
    assert adjusted_rand(truth, one_each.predict(points).cluster) < 0.5


def test_segments_of_unlike_shapes_keep_a_covariance_each():
    chance = np.random.default_rng(5)
    truth = np.repeat(np.arange(2), 400)
    crossed = np.where(truth[:, None] == 0, [6.0, 0.3], [0.3, 6.0]) * chance.normal(size=(800, 2)) + truth[:, None] * 4
    start = _shared(crossed, truth)

    found, words = mixture.further_apart(start, crossed, METHODS["mixture"][1], by_hand=False)

    assert words.startswith("a covariance each")
    assert adjusted_rand(truth, found.predict(crossed).cluster) > 0.7
    assert found.n_parameters == start.n_parameters + 3


def _shared(points: np.ndarray, labels: np.ndarray) -> MixtureModel:
    return expectation.settled(points, np.eye(labels.max() + 1)[labels], 200, 1e-4, is_common=True)


def test_strangers_in_a_cut_of_ward_do_not_hide_that_two_clouds_lie_apart():
    chance = np.random.default_rng(5)
    points = np.vstack([chance.normal([5, 0, 0], size=(400, 3)), chance.normal(size=(400, 3))])
    truth = np.repeat([0, 1], 400)
    with_strangers = np.where(chance.random(800) < 0.08, 1 - truth, truth)

    candidate = ward._candidate(points, with_strangers, 2)

    assert least_separation(points, with_strangers) < CLOUDS_APART < candidate.separation
    assert candidate.smallest_share == np.bincount(with_strangers).min() / 800


def test_one_cloud_cut_in_two_is_not_apart():
    points = np.random.default_rng(5).normal(size=(2000, 6))
    halves = (points[:, 0] > 0).astype(int)

    assert ward._candidate(points, halves, 2).separation < CLOUDS_APART - 0.5


@pytest.mark.parametrize("name", METHODS)
def test_labels_do_not_depend_on_partitions_or_row_order(
    spark: SparkSession, name: str, monkeypatch: pytest.MonkeyPatch
):
    fit, method = METHODS[name]
    monkeypatch.setattr(nodes, "ROWS_PER_BUCKET", 100)
    points, _, keys = planted(n_rows=300)
    given = method.model_copy(update={"segments": 4})

    found = [
        fit(as_nodes(spark, points, keys, n_partitions=n, is_shuffled=n > 1), given, LIMITS, seed=1)[0]
        .predict(points)
        .cluster
        for n in (1, 3, 17)
    ]

    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_a_small_table_is_merged_row_by_row(spark: SparkSession):
    points, _, keys = planted(n_rows=50)

    with nodes.ordered(as_nodes(spark, points, keys)) as rows:
        micro = ward.micro_clusters(rows, 60, 3, seed=1)

    assert len(micro.centres) == 50
    assert micro.loss == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("name", ["ward", "mixture"])
def test_few_distinct_rows_are_told_apart_in_a_base_larger_than_the_sample(
    spark: SparkSession, name: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(nodes, "SAMPLE_ROWS", 60)
    fit, method = METHODS[name]
    points = np.array([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0], [9.0, 9.0], [4.0, 4.0]])[np.arange(150) % 5]

    model, report = fit(as_nodes(spark, points, [f"s{n:03d}" for n in range(150)]), method, LIMITS, seed=1)

    assert report.n_rows == 150
    assert model.n_clusters == report.n_clusters >= 3
    assert (name == "mixture") == ("fitted on 60 of 150 rows" in " ".join(report.notes))


@pytest.mark.parametrize(("segments", "n_found"), [("auto", 2), (3, 3)])
def test_a_component_that_holds_no_row_is_left_out_or_filled_when_the_number_is_given(
    spark: SparkSession, segments: str | int, n_found: int, monkeypatch: pytest.MonkeyPatch
):
    points, _, keys = planted(n_rows=100, n_features=2)
    means = np.array([[0.0, 0.0], [0.0, 0.0], [6.0, 0.0]])
    shadowed = MixtureModel(np.array([0.5, 1e-12, 0.5]), Shapes(means, np.stack([np.eye(2)] * 3), np.inf))
    monkeypatch.setattr(mixture, "best_start", lambda *_: (shadowed, "begun by the test"))
    method = METHODS["mixture"][1].model_copy(update={"segments": segments})

    model, report = mixture.fit(as_nodes(spark, points, keys), method, LIMITS, seed=1)

    assert model.n_clusters == report.choice.n_clusters == n_found
    assert np.bincount(model.predict(points).cluster, minlength=n_found).min() > 0
    assert any("held no line" in warning for warning in report.choice.warnings) == (segments == "auto")


def test_one_thread_reckons_on_the_driver(spark: SparkSession):
    points, _, keys = planted(n_rows=20)

    with nodes.ordered(as_nodes(spark, points, keys)):
        inside = {pool["num_threads"] for pool in threadpool_info()}

    assert inside == {1}


def test_more_clusters_than_distinct_rows_is_an_error(spark: SparkSession):
    twice = np.repeat(np.array([[0.0, 1.0], [2.0, 3.0]]), 5, axis=0)
    method = KMeansMethod(name="kmeans", segments=3, n_starts=1)

    with pytest.raises(ModelError, match="only 2 of 3 clusters"):
        kmeans.fit(as_nodes(spark, twice, [f"s{row}" for row in range(10)]), method, LIMITS, seed=1)


def test_rows_that_are_no_numbers_are_refused(spark: SparkSession):
    rows = spark.createDataFrame([("a", [1.0, 2.0]), ("b", [float("nan"), 1.0])], NODES)

    with pytest.raises(ModelError, match="1 rows of 2"), nodes.ordered(rows):
        pass


def test_nothing_cannot_be_fitted(spark: SparkSession):
    with pytest.raises(ModelError, match="no rows"), nodes.ordered(spark.createDataFrame([], NODES)):
        pass
