"""Ties: undirected, once, of members only, without hubs and blank keys."""

from datetime import date

import pytest
from pyspark.sql import DataFrame, SparkSession

from segmentation.graph.ties import both_ways, tied_pairs
from segmentation.tables import Store
from segmentation.tables.clean import HOME_TIES

DAY = date(2026, 10, 31)
TIES = "subscriber_a string, subscriber_b string, tie_kind string, valid_from date, valid_to date"
TIES_NAMES = ("subscriber_a", "subscriber_b", "tie_kind", "valid_from", "valid_to")
LONG_AGO, TOMORROW = date(2020, 1, 1), date(2026, 11, 1)


def ties(spark: SparkSession, rows: list[tuple]) -> DataFrame:
    full = [(*row, LONG_AGO, None) if len(row) == 3 else row for row in rows]
    return spark.createDataFrame(full, TIES)


def members(spark: SparkSession, keys: str) -> DataFrame:
    return spark.createDataFrame([(key,) for key in keys], "subscriber_id string")


def pairs(frame: DataFrame) -> dict[tuple[str, str], tuple[float, list[str]]]:
    return {(row.subscriber_a, row.subscriber_b): (row.weight, row.tie_kinds) for row in frame.collect()}


def test_kinds_of_a_pair_are_added_up_and_reversed_or_repeated_ties_count_once(spark: SparkSession):
    given = ties(spark, [("a", "b", "household"), ("b", "a", "household"), ("b", "a", "payer"), ("a", "b", "odd")])

    found = tied_pairs(given, members(spark, "ab"), DAY, tie_weights={"household": 2.0, "payer": 0.5}, max_degree=9)

    assert pairs(found) == {("a", "b"): (3.5, ["household", "odd", "payer"])}


def test_ties_with_oneself_with_blanks_with_strangers_or_of_another_time_are_none(spark: SparkSession):
    given = ties(
        spark,
        [
            ("a", "a", "household"),
            ("", "b", "household"),
            ("  ", "b", "household"),
            ("a", "stranger", "household"),
            ("a", "b", "device", date(2026, 11, 1), None),
            ("a", "b", "payer", LONG_AGO, date(2026, 10, 30)),
        ],
    )

    found = tied_pairs(given, members(spark, "ab"), DAY, tie_weights={}, max_degree=9)

    assert pairs(found) == {}


@pytest.mark.delta
def test_ties_of_the_future_change_no_pair(spark: SparkSession, tmp_path):
    tables_at = Store(spark, str(tmp_path / "warehouse"))

    def written(rows: list[tuple]) -> dict:
        named = [dict(zip(TIES_NAMES, row, strict=True)) for row in rows]
        tables_at.append(tables_at.rows(HOME_TIES, named), HOME_TIES)
        seen = tables_at.read(HOME_TIES, DAY)
        return pairs(tied_pairs(seen, members(spark, "abc"), DAY, tie_weights={}, max_degree=9))

    now = written([("a", "b", "payer", LONG_AGO, None), ("a", "c", "device", LONG_AGO, date(2026, 11, 5))])
    # a tie that begins tomorrow, one more kind of a tied pair, and so many that "a" would be a hub
    later = [("b", "c", "payer", TOMORROW, None), ("a", "b", "device", TOMORROW, None)]
    crowd = [("a", f"z{number}", "payer", TOMORROW, None) for number in range(20)]

    assert now == {("a", "b"): (1.0, ["payer"]), ("a", "c"): (1.0, ["device"])}
    assert written(later + crowd) == now


def test_a_hub_loses_its_ties_of_that_kind_only(spark: SparkSession):
    given = ties(spark, [("hub", key, "address") for key in "abc"] + [("hub", "a", "household"), ("a", "b", "address")])
    everybody = spark.createDataFrame([("hub",), ("a",), ("b",), ("c",)], "subscriber_id string")

    found = tied_pairs(given, everybody, DAY, tie_weights={}, max_degree=2)

    assert pairs(found) == {("a", "hub"): (1.0, ["household"]), ("a", "b"): (1.0, ["address"])}


def test_a_kind_of_weight_zero_ties_nobody(spark: SparkSession):
    found = tied_pairs(
        ties(spark, [("a", "b", "support")]), members(spark, "ab"), DAY, tie_weights={"support": 0.0}, max_degree=9
    )

    assert pairs(found) == {}


def test_a_tie_is_the_same_seen_from_either_end(spark: SparkSession):
    found = tied_pairs(ties(spark, [("b", "a", "payer")]), members(spark, "ab"), DAY, tie_weights={}, max_degree=9)

    ends = {(row.subscriber_id, row.neighbour, row.weight) for row in both_ways(found).collect()}

    assert ends == {("a", "b", 1.0), ("b", "a", 1.0)}


@pytest.mark.parametrize("n_partitions", [1, 5])
def test_no_ties_give_no_pairs(spark: SparkSession, n_partitions: int):
    empty = ties(spark, []).repartition(n_partitions)

    assert pairs(tied_pairs(empty, members(spark, "ab"), DAY, tie_weights={}, max_degree=9)) == {}
