"""The home graph of a day: ties and usage similarity together, and what tied homes say of each other."""

from collections.abc import Callable, Iterator
from datetime import date

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.clustering.prediction import Array
from segmentation.graph.keys import hashed
from segmentation.graph.model import UNKNOWN, CommunityModel
from segmentation.graph.similarity import SIMILAR, similar_pairs, similarity_edges
from segmentation.graph.ties import DEFAULT_WEIGHT, both_ways, tied_pairs
from segmentation.settings import CommunitiesMethod
from segmentation.tables.built import HOME_EDGES

MICRO = 1_000_000
"""Weights are added up as whole millionths, so that a sum is the same in any order."""


def home_edges(
    nodes: DataFrame, home_ties: DataFrame, cells: Array, method: CommunitiesMethod, as_of: date
) -> DataFrame:
    """HOME_EDGES of the day: tied and similar pairs, weights added up. Grain: one row for every tied pair.

    Needs `nodes` [subscriber_id, features], `home_ties` read as of the day, `cells` of the model.
    """
    tied = tied_pairs(home_ties, nodes, as_of, tie_weights=method.tie_weights, max_degree=method.max_degree)
    return all_edges(tied, nodes, cells, method).withColumn("as_of", F.lit(as_of)).select(*HOME_EDGES.column_names)


def all_edges(tied: DataFrame, nodes: DataFrame, cells: Array, method: CommunitiesMethod) -> DataFrame:
    """Tied and similar pairs [subscriber_a, subscriber_b, weight, tie_kinds]. Grain: one row for every tied pair."""
    weight = method.tie_weights.get(SIMILAR, DEFAULT_WEIGHT)
    if method.n_neighbours == 0 or weight == 0:
        return tied
    similar = similarity_edges(similar_pairs(nodes, cells, n_neighbours=method.n_neighbours), weight)
    total = F.sum(F.round(F.col("weight") * MICRO).cast("bigint")) / F.lit(MICRO)
    kinds = F.array_sort(F.array_distinct(F.flatten(F.collect_list("tie_kinds"))))
    both = tied.unionByName(similar)
    return both.groupBy("subscriber_a", "subscriber_b").agg(total.alias("weight"), kinds.alias("tie_kinds"))


def only_ties(edges: DataFrame) -> DataFrame:
    """Edges that rest on more than usage similarity: the profile says that already. Grain: unchanged."""
    return edges.filter(F.size(F.array_except("tie_kinds", F.array(F.lit(SIMILAR)))) > 0)


def votes(edges: DataFrame, model: CommunityModel) -> DataFrame:
    """Weight of the ties to known homes of each segment [subscriber_id, votes array<double>].

    Grain: home with such a tie. Needs `edges` [subscriber_a, subscriber_b, weight, tie_kinds].
    """
    by_segment = (
        known_neighbours(edges, model)
        .groupBy("subscriber_id")
        .agg(
            *[
                F.sum(
                    F.when(F.col("segment") == segment, F.round(F.col("weight") * MICRO).cast("bigint")).otherwise(
                        F.lit(0)
                    )
                )
                .cast("double")
                .alias(f"segment_{segment}")
                for segment in range(model.n_clusters)
            ]
        )
    )
    weights = [F.col(f"segment_{segment}") / F.lit(float(MICRO)) for segment in range(model.n_clusters)]
    return by_segment.select("subscriber_id", F.array(*weights).alias("votes"))


def tie_weights_between(edges: DataFrame, model: CommunityModel) -> Array:
    """Weight of the ties from known homes of segment [row] to known homes of segment [column] (k, k); symmetric."""
    own = known_neighbours(edges, model).select(F.col("subscriber_id").alias("neighbour"), "weight", "segment")
    both_known = own.mapInPandas(
        _with_segment(model, "own_segment"), schema="weight double, segment int, own_segment int"
    )
    amount = F.sum(F.round(F.col("weight") * MICRO).cast("bigint")).alias("micro")
    counts = both_known.filter(F.col("own_segment") != UNKNOWN).groupBy("own_segment", "segment").agg(amount).toPandas()
    between = pd.DataFrame(0.0, index=range(model.n_clusters), columns=range(model.n_clusters)).to_numpy()
    between[counts["own_segment"], counts["segment"]] = counts["micro"] / MICRO
    return between


def known_neighbours(edges: DataFrame, model: CommunityModel) -> DataFrame:
    """Ties to known homes [subscriber_id, weight, segment]. Grain: a tie seen from one end."""
    ends = both_ways(only_ties(edges).select("subscriber_a", "subscriber_b", "weight"))
    schema = "subscriber_id string, weight double, segment int"
    return ends.mapInPandas(_with_segment(model, "segment"), schema=schema).filter(F.col("segment") != UNKNOWN)


def _with_segment(model: CommunityModel, name: str) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    """Looks up the held segment of `neighbour`, and drops the key."""

    def add(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            segment = model.held(hashed(batch["neighbour"])).astype("int32")
            yield batch.drop(columns="neighbour").assign(**{name: segment})

    return add
