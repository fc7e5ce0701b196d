"""Label propagation: tied nodes become communities."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation.errors import ModelError
from segmentation.session import require_graphframes

MOST_SALTS = 8
"""Tries at hashing keys to numbers without two keys on one number; one try fails once in 10^7 for a million keys."""


@contextmanager
def communities(edges: DataFrame, *, max_rounds: int, seed: int, engine: str = "graphframes") -> Iterator[DataFrame]:
    """The community of every node with a tie [node, community], while the block lasts. Grain: node.

    A community is named by the smallest key among its members. Needs `edges` [a, b] as text keys: undirected,
    any number of times, in either direction; ties with oneself and blank keys are left out. The seed decides which of
    two equally strong labels wins.
    """
    if engine != "graphframes":
        raise ModelError("there is no such engine for communities", found=engine, expected="graphframes")
    require_graphframes(edges.sparkSession)
    with ExitStack() as held:
        pairs = _persisted(distinct_pairs(edges), held)
        numbered = _persisted(_numbered(pairs, seed), held)
        labelled = _propagated(pairs, numbered, max_rounds)
        held.callback(labelled.unpersist)
        named = _persisted(named_by_smallest(_without_swaps(labelled, pairs)), held)
        named.count()  # GraphFrames' own copy may go only once ours is made
        labelled.unpersist()
        yield named


def _persisted(frame: DataFrame, held: ExitStack) -> DataFrame:
    frame.persist(StorageLevel.MEMORY_AND_DISK)
    held.callback(frame.unpersist)
    return frame


def distinct_pairs(edges: DataFrame) -> DataFrame:
    """Undirected ties, each once [a, b], a < b."""
    is_key = F.col("a").isNotNull() & F.col("b").isNotNull() & (F.trim("a") != "") & (F.trim("b") != "")
    between_two = edges.filter(is_key & (F.col("a") != F.col("b")))
    return between_two.select(F.least("a", "b").alias("a"), F.greatest("a", "b").alias("b")).distinct()


def named_by_smallest(labelled: DataFrame) -> DataFrame:
    """Labels [node, label] renamed: [node, community], the smallest key that carries the label."""
    names = labelled.groupBy("label").agg(F.min("node").alias("community"))
    return labelled.join(names, on="label", how="inner").select("node", "community")


def _without_swaps(labelled: DataFrame, pairs: DataFrame) -> DataFrame:
    """Labels [node, label] in which two nodes tied to each other alone share one: they would swap theirs for ever."""
    ends = pairs.select(F.explode(F.array("a", "b")).alias("node"))
    alone = ends.groupBy("node").agg(F.count("*").alias("n_ties")).filter(F.col("n_ties") == 1).select("node")
    couples = pairs.join(alone.withColumnRenamed("node", "a"), on="a", how="left_semi").join(
        alone.withColumnRenamed("node", "b"), on="b", how="left_semi"
    )
    labels = labelled.select(F.col("node").alias("a"), F.col("label").alias("shared"))
    shared = couples.join(labels, on="a", how="inner").select(F.explode(F.array("a", "b")).alias("node"), "shared")
    return labelled.join(shared, on="node", how="left").select("node", F.coalesce("shared", "label").alias("label"))


def _numbered(pairs: DataFrame, seed: int) -> DataFrame:
    """A number for every key [node, id bigint]: its hash, so that it depends on key and seed alone.

    Raises: ModelError when two keys fall on one number under every salt.
    """
    nodes = pairs.select(F.explode(F.array("a", "b")).alias("node")).distinct()
    for salt in range(seed, seed + MOST_SALTS):
        numbered = nodes.withColumn("id", F.xxhash64(F.col("node"), F.lit(salt)))
        counts = numbered.agg(F.count("*").alias("n"), F.countDistinct("id").alias("n_ids")).first()
        if counts["n"] == counts["n_ids"]:
            return numbered
    raise ModelError("keys of nodes cannot be numbered without collision", remedy="are there more than 10^9 nodes?")


def _propagated(pairs: DataFrame, numbered: DataFrame, max_rounds: int) -> DataFrame:
    """Labels of GraphFrames [id, node, label], persisted by GraphFrames."""
    from graphframes import GraphFrame  # not in every session: only where communities are asked for

    at_a = numbered.select(F.col("node").alias("a"), F.col("id").alias("src"))
    at_b = numbered.select(F.col("node").alias("b"), F.col("id").alias("dst"))
    # GraphFrames propagates both ways along each edge: every tie is given once
    edges = pairs.join(at_a, on="a", how="inner").join(at_b, on="b", how="inner").select("src", "dst")
    return GraphFrame(numbered, edges).labelPropagation(maxIter=max_rounds)
