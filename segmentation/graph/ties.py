"""Ties between homes as one undirected weighted graph: each tied pair once."""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.tables.store import holding_on

DEFAULT_WEIGHT = 1.0
"""Weight of a kind of tie that the settings do not name."""


def tied_pairs(
    home_ties: DataFrame, members: DataFrame, as_of: date, *, tie_weights: Mapping[str, float], max_degree: int
) -> DataFrame:
    """Ties between members [subscriber_a, subscriber_b, weight, tie_kinds]. Grain: one row for every tied pair, a < b.

    Needs `home_ties` as of the day, `members` [subscriber_id]. Ties with blank keys, with oneself, or to others than
    members are left out; so are kinds of weight 0, and at a hub all ties of the kind that makes it one.
    """
    held = holding_on(home_ties, as_of)
    by_kind = pairs_by_kind(held).transform(only_members, members).transform(without_hubs, max_degree=max_degree)
    weighed = by_kind.withColumn("weight", kind_weight(F.col("tie_kind"), tie_weights))
    counted = weighed.filter(F.col("weight") > 0)
    kinds = F.array_sort(F.collect_set("tie_kind")).alias("tie_kinds")
    # kinds are summed in micro-units: the sum is the same in any order
    total = F.sum(F.round(F.col("weight") * 1e6).cast("bigint")) / F.lit(1e6)
    return counted.groupBy("subscriber_a", "subscriber_b").agg(total.alias("weight"), kinds)


def pairs_by_kind(ties: DataFrame) -> DataFrame:
    """Distinct ties [subscriber_a, subscriber_b, tie_kind] with a < b. Blank keys tie nobody."""
    is_blank = (F.trim("subscriber_a") == "") | (F.trim("subscriber_b") == "")
    is_known = F.col("subscriber_a").isNotNull() & F.col("subscriber_b").isNotNull() & ~is_blank
    is_between_two = F.col("subscriber_a") != F.col("subscriber_b")
    smaller = F.least("subscriber_a", "subscriber_b").alias("subscriber_a")
    larger = F.greatest("subscriber_a", "subscriber_b").alias("subscriber_b")
    return ties.filter(is_known & is_between_two).select(smaller, larger, "tie_kind").distinct()


def only_members(pairs: DataFrame, members: DataFrame) -> DataFrame:
    """Pairs of which both ends are members. Grain: unchanged."""
    keys = members.select("subscriber_id").distinct()
    with_a = pairs.join(keys.withColumnRenamed("subscriber_id", "subscriber_a"), on="subscriber_a", how="left_semi")
    return with_a.join(keys.withColumnRenamed("subscriber_id", "subscriber_b"), on="subscriber_b", how="left_semi")


def without_hubs(pairs: DataFrame, *, max_degree: int) -> DataFrame:
    """Pairs without those at a hub: a line with more ties of one kind than `max_degree`. Grain: unchanged."""
    hubs = hub_lines(pairs, max_degree=max_degree).select("tie_kind", "subscriber_id")
    at_a = hubs.withColumnRenamed("subscriber_id", "subscriber_a")
    at_b = hubs.withColumnRenamed("subscriber_id", "subscriber_b")
    freed = pairs.join(at_a, on=["tie_kind", "subscriber_a"], how="left_anti")
    return freed.join(at_b, on=["tie_kind", "subscriber_b"], how="left_anti")


def hub_lines(pairs: DataFrame, *, max_degree: int) -> DataFrame:
    """Hubs [tie_kind, subscriber_id, degree]: a shop's address, a dormitory, a bill for a fleet."""
    degrees = both_ways(pairs).groupBy("tie_kind", "subscriber_id").agg(F.count("*").alias("degree"))
    return degrees.filter(F.col("degree") > max_degree)


def both_ways(pairs: DataFrame) -> DataFrame:
    """Every pair twice: [subscriber_id, neighbour, and the other columns]."""
    others = [name for name in pairs.columns if name not in ("subscriber_a", "subscriber_b")]
    there = pairs.select(
        F.col("subscriber_a").alias("subscriber_id"), F.col("subscriber_b").alias("neighbour"), *others
    )
    back = pairs.select(F.col("subscriber_b").alias("subscriber_id"), F.col("subscriber_a").alias("neighbour"), *others)
    return there.unionByName(back)


def kind_weight(tie_kind: Column, tie_weights: Mapping[str, float]) -> Column:
    """Weight of a tie by its kind (1 for a kind that is not named)."""
    weight = F.lit(DEFAULT_WEIGHT)
    for kind, value in sorted(tie_weights.items()):
        weight = F.when(tie_kind == kind, F.lit(float(value))).otherwise(weight)
    return weight
