"""Homes to segments by ties and profiles, on planted homes."""

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession

from segmentation.errors import ModelError
from segmentation.evaluation.agreement import adjusted_rand
from segmentation.graph import communities, edges
from segmentation.graph.keys import hashed
from segmentation.settings import CommunitiesMethod, Limits
from tests.clustering.nodes import as_nodes, planted

METHOD = CommunitiesMethod(name="communities", segments=4, max_rounds=4, n_neighbours=4, n_cells=4)
LIMITS = Limits(min_segments=3, max_segments=5, small_base_rows=100)
TIED = "subscriber_a string, subscriber_b string, weight double, tie_kinds array<string>"


def planted_ties(spark: SparkSession, truth: np.ndarray, keys: list[str]) -> DataFrame:
    """Three ties a home, four in five of them inside its segment; none for segment 3, which is spread."""
    rng = np.random.default_rng(1)
    rows = set()
    for home in range(len(keys)):
        for _ in range(3):
            inside = np.flatnonzero(truth == truth[home])
            other = int(rng.choice(inside)) if rng.random() < 0.8 and truth[home] != 3 else int(rng.integers(len(keys)))
            if other != home:
                rows.add((min(keys[home], keys[other]), max(keys[home], keys[other])))
    return spark.createDataFrame([(a, b, 1.0, ["household"]) for a, b in sorted(rows)], TIED)


@pytest.fixture(scope="module")
def fitted(spark: SparkSession):
    points, truth, keys = planted(n_rows=300)
    ties = planted_ties(spark, truth, keys)
    model, report = communities.fit(as_nodes(spark, points * 0.6, keys, n_partitions=3), ties, METHOD, LIMITS, seed=1)
    return model, report, points * 0.6, truth, keys, ties


def test_planted_segments_are_found_the_spread_one_too(fitted):
    model, report, points, truth, keys, _ = fitted

    found = model.predict(points, hashed(keys))

    assert report.n_clusters == model.n_clusters == 4
    assert adjusted_rand(truth, found.cluster) > 0.9
    assert set(np.unique(found.assigned_by)) <= {"community", "profile"}


def test_ties_tell_what_profiles_cannot(spark: SparkSession, fitted):
    model, _, points, truth, keys, ties = fitted
    voted = {row.subscriber_id: row.votes for row in edges.votes(ties, model).collect()}
    votes = np.array([voted.get(key, [0.0] * 4) for key in keys])
    blurred = points + np.random.default_rng(2).normal(size=points.shape) * 2
    strangers = hashed([f"new {key}" for key in keys])

    alone = adjusted_rand(truth, model.predict(blurred, strangers).cluster)
    with_ties = model.predict(blurred, strangers, votes)

    assert adjusted_rand(truth, with_ties.cluster) > alone + 0.1
    assert "tied homes" in set(with_ties.assigned_by)


def test_votes_count_ties_to_known_homes_only_and_no_similarity(spark: SparkSession, fitted):
    model, _, _, _, keys, _ = fitted
    a, b = sorted(keys[:2])
    rows = [(a, b, 2.0, ["payer"]), (a, "zz-unknown", 1.0, ["payer"]), (a, sorted(keys)[-1], 1.0, ["usage similarity"])]

    found = {row.subscriber_id: row.votes for row in edges.votes(spark.createDataFrame(rows, TIED), model).collect()}

    assert set(found) == {a, b, "zz-unknown"}
    assert sum(found[a]) == 2.0
    assert found[a].index(2.0) == model.held(hashed([b]))[0]


def test_the_same_homes_in_another_order_get_the_same_segments(spark: SparkSession, fitted):
    model, _, points, _, keys, ties = fitted
    shuffled = as_nodes(spark, points, keys, n_partitions=17, is_shuffled=True)

    again, _ = communities.fit(shuffled, ties.repartition(7), METHOD, LIMITS, seed=1)

    np.testing.assert_array_equal(
        model.predict(points, hashed(keys)).cluster, again.predict(points, hashed(keys)).cluster
    )


def all_tied(spark: SparkSession, keys: list[str]) -> DataFrame:
    return spark.createDataFrame([(a, b, 1.0, ["household"]) for n, a in enumerate(keys) for b in keys[n + 1 :]], TIED)


def test_thirty_homes_without_ties_are_grouped_by_their_profiles(spark: SparkSession):
    points, truth, keys = planted(n_rows=30)
    method = METHOD.model_copy(update={"segments": "auto", "n_neighbours": 0, "n_cells": 32})

    model, report = communities.fit(as_nodes(spark, points, keys), spark.createDataFrame([], TIED), method, LIMITS, 1)
    found = model.predict(points, hashed(keys))

    assert len(model.cells) == 1
    assert adjusted_rand(truth, found.cluster) > 0.8
    assert set(found.assigned_by) == {"profile"}
    assert "0 communities, too few for 3 segments" in report.choice.warnings[-1]


def test_one_giant_community_does_not_make_one_giant_segment(spark: SparkSession):
    points, truth, keys = planted(n_rows=60)
    method = METHOD.model_copy(update={"segments": "auto", "n_neighbours": 0})

    model, report = communities.fit(as_nodes(spark, points, keys), all_tied(spark, keys), method, LIMITS, 1)

    assert adjusted_rand(truth, model.predict(points, hashed(keys)).cluster) > 0.8
    assert "homes were grouped by their profiles alone" in report.choice.warnings[-1]


def test_more_segments_by_hand_than_communities_are_made_if_there_are_homes_enough(spark: SparkSession):
    points, truth, keys = planted(n_rows=120)
    of_segment = [[key for key, k in zip(keys, truth, strict=True) if k == segment] for segment in range(4)]
    frames = [all_tied(spark, members) for members in of_segment]
    ties = frames[0].unionAll(frames[1]).unionAll(frames[2]).unionAll(frames[3])
    method = METHOD.model_copy(update={"segments": 12, "n_neighbours": 0})
    homes = as_nodes(spark, points, keys)

    model, report = communities.fit(homes, ties, method, LIMITS, 1)

    assert np.bincount(model.predict(points, hashed(keys)).cluster, minlength=12).min() > 0
    assert report.n_clusters == report.choice.n_clusters == 12
    assert "4 communities" in report.choice.warnings[-1]
    with pytest.raises(ModelError, match="only 120 of 121"):
        communities.fit(homes, ties, method.model_copy(update={"segments": 121}), LIMITS, 1)


def test_the_report_tells_what_part_of_the_edges_is_similarity(fitted):
    _, report, *_ = fitted

    assert "edges are usage similarity alone" in report.notes[-1]
    assert "does not take" in report.notes[-1]
