"""Homes to communities to segments: GraphFrames label propagation, then Ward on what the communities look like."""

from dataclasses import replace

import numpy as np
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation.clustering import choice, kmeans, linkage, nodes, ward
from segmentation.clustering.choice import Choice
from segmentation.clustering.prediction import Array
from segmentation.clustering.report import FitReport
from segmentation.evaluation import indices
from segmentation.graph import edges, grouping, propagation
from segmentation.graph.grouping import CommunityProfiles, Found
from segmentation.graph.model import CommunityModel
from segmentation.graph.settling import community_of_sample, settle
from segmentation.settings import CommunitiesMethod, Limits

CELL_ROUNDS = 10
ROWS_PER_CELL = 20
"""Homes that a cell should hold at least, so that the most similar ones can be found in it."""
PER_SEGMENT = 10
"""Micro-clusters for every segment, where there are too few communities to make the segments of."""
FIXED_POINT = 2.0**20
"""Features are added up as whole numbers of 2^-20, so that a community's mean is the same in any order."""


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
    numbers = numbers_within(rows, method, limits)
    cells = kmeans.spark_centres(rows, n_cells(rows, method), CELL_ROUNDS, seed)
    tied, similarity = find_with_note(edges.all_edges(ties, rows.frame, cells, method), rows.frame, method, seed)
    unfit = grouping.why_unfit(tied.profiles, numbers[0], rows.n_rows, limits.max_share)
    found = by_likeness(rows, numbers, seed) if unfit else tied
    segments, grouped, candidates = group(found, rows, method, limits)
    untied = settle(rows, cells, found, segments, outlier_share, by_hand=isinstance(method.segments, int))
    model = replace(untied, ties=grouping.log_tie_pattern(edges.tie_weights_between(ties, untied)))
    chosen = choice.with_clusters(grouped, model.n_clusters)
    report = FitReport(
        method="communities",
        n_rows=rows.n_rows,
        n_clusters=model.n_clusters,
        indices=indices.all_indices(rows.sample, model.predict(rows.sample).cluster),
        candidates=tuple(candidates),
        choice=replace(chosen, warnings=(*chosen.warnings, *unfit)),
        notes=(f"{len(tied.profiles.names)} communities of {len(tied.keys)} tied homes", similarity),
    )
    return model, report


def numbers_within(rows: nodes.OrderedNodes, method: CommunitiesMethod, limits: Limits) -> range:
    """Numbers of segments worth trying. Raises ModelError when one given by hand is over that of the distinct homes."""
    numbers = choice.candidates_within(method.segments, limits, rows.n_rows, rows.n_distinct)
    kmeans.require_points(rows.n_distinct, numbers[0])
    return numbers


def n_cells(rows: nodes.OrderedNodes, method: CommunitiesMethod) -> int:
    """Cells that the homes are enough for."""
    return min(method.n_cells, max(1, rows.n_rows // ROWS_PER_CELL), rows.n_distinct)


def by_likeness(rows: nodes.OrderedNodes, numbers: range, seed: int) -> Found:
    """Micro-clusters in the place of communities. They hold no home: what they say of one its profile says already."""
    micro = ward.micro_clusters(rows, PER_SEGMENT * numbers[-1], CELL_ROUNDS, seed)
    none = np.empty(0, dtype=object)
    return Found(none, none.astype(int), CommunityProfiles(np.arange(len(micro.centres)), micro.weights, micro.centres))


def find_with_note(all_edges: DataFrame, homes: DataFrame, method: CommunitiesMethod, seed: int) -> tuple[Found, str]:
    """Communities of the graph, and what a reader should know of its edges."""
    kept = all_edges.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        n_edges, n_tied = kept.count(), edges.only_ties(kept).count()
        return find(kept, homes, method, seed), _of_edges(n_edges, n_tied)
    finally:
        kept.unpersist()


def _of_edges(n_edges: int, n_tied: int) -> str:
    share = (n_edges - n_tied) / n_edges if n_edges else 0.0
    return (
        f"{share:.0%} of {n_edges:,} edges are usage similarity alone; communities are found without the weights of"
        " edges, which GraphFrames' label propagation does not take"
    )


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
    numbers = numbers_within(rows, method, limits)
    merges, kernel = grouping.ward_of_communities(found.profiles, numbers[0])
    cuts = {k: linkage.cut(merges, k)[kernel] for k in numbers if k <= len(merges) + 1}
    community = community_of_sample(found, rows)
    candidates = []
    for k, segments in cuts.items():
        labels = segments[community]
        candidates.append(kmeans.candidate_of_labels(rows.sample, labels, k, indices.silhouette(rows.sample, labels)))
    by_hand = isinstance(method.segments, int)
    chosen = choice.choose(candidates, limits, choice.FINEST, n_rows=rows.n_rows, by_hand=by_hand)
    return cuts[chosen.n_clusters], chosen, candidates
