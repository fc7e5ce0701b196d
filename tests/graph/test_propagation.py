"""Label propagation: known communities, whatever the order and partitions of the ties."""

import pytest
from pyspark.sql import DataFrame, SparkSession

from segmentation.errors import ModelError
from segmentation.graph.propagation import communities, distinct_pairs

CLIQUES = [(a, b) for group in ("abcd", "wxyz") for a in group for b in group if a < b]
EDGES = "a string, b string"


def found_in(edges: DataFrame) -> dict[str, str]:
    with communities(edges, max_rounds=6, seed=1) as found:
        return {row.node: row.community for row in found.collect()}


def test_two_cliques_with_a_bridge_are_two_communities_named_by_their_smallest_key(spark: SparkSession):
    edges = spark.createDataFrame([*CLIQUES, ("d", "w")], EDGES)

    found = found_in(edges)

    assert found == dict.fromkeys("abcd", "a") | dict.fromkeys("wxyz", "w")
    assert spark._jsparkSession.sharedState().cacheManager().isEmpty()


def test_order_direction_and_partitions_change_nothing(spark: SparkSession):
    once = spark.createDataFrame([*CLIQUES, ("d", "w")], EDGES)
    many = spark.createDataFrame([(b, a) for a, b in reversed([*CLIQUES, ("d", "w"), ("a", "b")])], EDGES).repartition(
        17
    )

    assert found_in(once) == found_in(many)


def test_ties_are_taken_once_and_blank_or_own_ends_never(spark: SparkSession):
    edges = spark.createDataFrame([("b", "a"), ("a", "b"), ("a", "a"), ("", "a"), (None, "b"), (" ", "b")], EDGES)

    assert [(row.a, row.b) for row in distinct_pairs(edges).collect()] == [("a", "b")]


def test_an_unknown_engine_is_refused(spark: SparkSession):
    edges = spark.createDataFrame(CLIQUES, EDGES)

    with pytest.raises(ModelError, match="no such engine"), communities(edges, max_rounds=2, seed=1, engine="magic"):
        pass
