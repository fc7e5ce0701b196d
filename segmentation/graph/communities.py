"""Homes to communities to segments: GraphFrames label propagation, then Ward on what the communities look like."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.clustering import choice, expectation, kmeans, linkage, nodes
from segmentation.clustering.choice import Choice
from segmentation.clustering.prediction import Array, canonical_order, probabilities, renumbered
from segmentation.clustering.report import FitReport
from segmentation.clustering.shapes import outlier_limit
from segmentation.evaluation import indices
from segmentation.graph import edges, grouping, propagation
from segmentation.graph.grouping import CommunityProfiles
from segmentation.graph.keys import hashed
from segmentation.graph.model import CommunityModel
from segmentation.settings import CommunitiesMethod, Limits

CELL_ROUNDS = 10
SETTLING_ROUNDS = 10
"""Rounds of soft assignment after Ward; more change the segments' profiles by less than their spread."""
FIXED_POINT = 2.0**20
"""Features are added up as whole numbers of 2^-20, so that a community's mean is the same in any order."""


@dataclass(frozen=True)
class Found:
    """Communities found: the community (position in `profiles`) of every tied home, by key."""

    keys: Array
    community: Array
    profiles: CommunityProfiles


def fit(
    points: DataFrame,
    ties: DataFrame,
    method: CommunitiesMethod,
    limits: Limits,
    seed: int,
    *,
    outlier_share: float = 0.005,
) -> tuple[CommunityModel, FitReport]:
    """A model with as many segments as asked for, or cut where the silhouette says within the limits.

    Needs `points` [subscriber_id, features array<double>], `ties` [subscriber_a, subscriber_b, weight, tie_kinds].
    """
    with nodes.ordered(points) as rows:
        return fit_ordered(rows, ties, method, limits, seed, outlier_share=outlier_share)


def fit_ordered(
    rows: nodes.OrderedNodes,
    ties: DataFrame,
    method: CommunitiesMethod,
    limits: Limits,
    seed: int,
    *,
    outlier_share: float,
) -> tuple[CommunityModel, FitReport]:
    """The same on rows that are in order already."""
    cells = kmeans.spark_centres(rows, min(method.n_cells, rows.n_distinct), CELL_ROUNDS, seed)
    found = find(edges.all_edges(ties, rows.frame, cells, method), rows.frame, method, seed)
    segments, chosen, candidates = group(found, rows, method, limits)
    untied = settle(rows, cells, found, segments, chosen.n_clusters, outlier_share)
    model = replace(untied, ties=grouping.log_tie_pattern(edges.tie_weights_between(ties, untied)))
    report = FitReport(
        method="communities",
        n_rows=rows.n_rows,
        n_clusters=model.n_clusters,
        indices=indices.all_indices(rows.sample, model.predict(rows.sample).cluster),
        candidates=tuple(candidates),
        choice=chosen,
        notes=(f"{len(found.profiles.names)} communities of {len(found.keys)} tied homes",),
    )
    return model, report


def find(all_edges: DataFrame, homes: DataFrame, method: CommunitiesMethod, seed: int) -> Found:
    """Communities of the graph, with their profiles, on the driver."""
    named = all_edges.select(F.col("subscriber_a").alias("a"), F.col("subscriber_b").alias("b"))
    with propagation.communities(named, max_rounds=method.max_rounds, seed=seed, engine=method.engine) as communities:
        members = communities.withColumnRenamed("node", "subscriber_id")
        profiles = community_profiles(homes, members)
        by_home = members.orderBy("subscriber_id").toPandas()
    position = np.searchsorted(profiles.names, by_home["community"].to_numpy())
    return Found(by_home["subscriber_id"].to_numpy(), position, profiles)


def community_profiles(homes: DataFrame, members: DataFrame) -> CommunityProfiles:
    """Size and mean prepared features of every community, in order of its name.

    Needs `homes` [subscriber_id, features], `members` [subscriber_id, community].
    """
    n_features = len(homes.select("features").first()["features"])
    sums = [
        F.sum(F.round(F.col("features")[i] * FIXED_POINT).cast("bigint")).alias(f"sum_{i}") for i in range(n_features)
    ]
    grouped = (
        homes.join(members, on="subscriber_id", how="inner").groupBy("community").agg(F.count("*").alias("size"), *sums)
    )
    counted = grouped.toPandas().sort_values("community")
    sizes = counted["size"].to_numpy(dtype=float)
    totals = counted[[f"sum_{i}" for i in range(n_features)]].to_numpy(dtype=float)
    return CommunityProfiles(counted["community"].to_numpy(), sizes, totals / FIXED_POINT / sizes[:, None])


def group(
    found: Found, rows: nodes.OrderedNodes, method: CommunitiesMethod, limits: Limits
) -> tuple[Array, Choice, list[choice.Candidate]]:
    """Segment of every community, how many segments and why, and the numbers tried."""
    merges, kernel = grouping.ward_of_communities(found.profiles)
    numbers = [
        k
        for k in choice.candidates_within(method.segments, limits, rows.n_rows, rows.n_distinct)
        if k <= len(merges) + 1
    ]
    cuts = {k: linkage.cut(merges, k)[kernel] for k in numbers}
    community = community_of_sample(found, rows)
    candidates = []
    for k, segments in cuts.items():
        labels = segments[community]
        candidates.append(kmeans.candidate_of_labels(rows.sample, labels, k, indices.silhouette(rows.sample, labels)))
    by_hand = isinstance(method.segments, int)
    chosen = choice.choose(candidates, limits, choice.FINEST, n_rows=rows.n_rows, by_hand=by_hand)
    return cuts[chosen.n_clusters], chosen, candidates


def community_of_sample(found: Found, rows: nodes.OrderedNodes) -> Array:
    """Community of every row of the sample; a home without ties counts with the community it resembles most."""
    position = pd.Series(found.community, index=found.keys).reindex(rows.sample_ids)
    nearest = indices.squared_distances(rows.sample, found.profiles.means).argmin(axis=1)
    return np.where(position.isna(), nearest, position.fillna(0)).astype(int)


def settle(
    rows: nodes.OrderedNodes, cells: Array, found: Found, segments: Array, n_segments: int, outlier_share: float
) -> CommunityModel:
    """The model of segments given for every community, in canonical order; its tie pattern says nothing yet."""
    held = segments[community_of_sample(found, rows)]
    sizes = np.bincount(held, minlength=n_segments)
    means = np.stack([rows.sample[held == k].mean(axis=0) for k in range(n_segments)])
    order = canonical_order(sizes, means)
    held, segments = renumbered(held, order), renumbered(segments, order)
    # communities are never pure: a few rounds let a segment's profile free itself of the strangers among its homes
    settled = expectation.settled(rows.sample, np.eye(n_segments)[held], SETTLING_ROUNDS, tolerance=0.0)
    member = probabilities(settled.log_joint(rows.sample))
    limit = outlier_limit(settled.shapes.own_distances(rows.sample, member.argmax(axis=1)), outlier_share)
    keys = hashed(found.keys)
    by_key = np.argsort(keys)
    return CommunityModel(
        cells=cells,
        shapes=replace(settled.shapes, outlier_beyond=limit),
        shares=settled.weights,
        known_keys=keys[by_key],
        known_segments=segments[found.community][by_key].astype(np.int32),
        hold=grouping.log_confusion(member, held, n_segments),
        ties=np.zeros((n_segments, n_segments)),
    )
