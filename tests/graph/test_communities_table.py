"""`segmentation communities`: any list of edges in, communities and metrics out."""

import os
from pathlib import Path

import igraph
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from segmentation.errors import DataError
from segmentation.evaluation.agreement import agreement
from segmentation.graph import table

CLIQUES = [(a, b) for group in ((1, 2, 3, 4, 5), (11, 12, 13, 14)) for a in group for b in group if a < b]
DATA = Path(os.environ.get("SEGMENTATION_DATA", Path(__file__).parents[3] / "shared/data"))


def found(spark: SparkSession, edges: pd.DataFrame, scratch: Path, weight: str | None = None) -> tuple[dict, dict]:
    edges.to_parquet(scratch / "edges.parquet")
    metrics = table.communities_table(
        spark, scratch / "edges.parquet", "src", "dst", weight, "graphframes", 1, scratch / "out"
    )
    labels = pd.read_parquet(scratch / "out" / "labels")
    assert labels.columns.tolist() == ["node", "label"]
    assert labels["node"].is_unique
    return dict(zip(labels["node"], labels["label"], strict=True)), metrics


def test_two_cliques_are_two_communities_the_larger_first(spark: SparkSession, tmp_path: Path):
    edges = pd.DataFrame([*CLIQUES, (5, 11)], columns=["src", "dst"])

    labels, metrics = found(spark, edges, tmp_path)

    assert labels == dict.fromkeys((1, 2, 3, 4, 5), 0) | dict.fromkeys((11, 12, 13, 14), 1)
    graph = igraph.Graph(edges=[*CLIQUES, (5, 11)])
    expected = graph.modularity([labels.get(node, 2 + node) for node in range(graph.vcount())])
    assert metrics["modularity"] == pytest.approx(expected)
    assert (metrics["n_nodes"], metrics["n_edges"], metrics["n_communities"]) == (9, 17, 2)


def test_every_node_named_anywhere_is_in_one_community(spark: SparkSession, tmp_path: Path):
    odd = [("a", "b", 1.0), ("b", "a", 2.0), ("c", "c", 1.0), ("d", None, 1.0), ("e", " ", 1.0), ("a", "f", 0.0)]

    labels, metrics = found(spark, pd.DataFrame(odd, columns=["src", "dst", "w"]), tmp_path, "w")

    assert set(labels) == {"a", "b", "c", "d", "e", "f"}
    assert labels["a"] == labels["b"] == 0
    assert len({labels[node] for node in "cdef"}) == 4
    assert (metrics["n_edges"], metrics["n_rows_with_oneself"], metrics["n_rows_with_an_empty_end"]) == (1, 1, 2)


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_no_strength_is_an_error(spark: SparkSession, tmp_path: Path, weight: float):
    edges = pd.DataFrame([("a", "b", weight), ("b", "c", 1.0)], columns=["src", "dst", "w"])

    with pytest.raises(DataError, match="1 weights in column w"):
        found(spark, edges, tmp_path, "w")


def test_whole_numbers_with_gaps_are_the_same_nodes_as_those_without(spark: SparkSession, tmp_path: Path):
    edges = pd.DataFrame({"src": [1, 2, 3, 4], "dst": [2.0, 3.0, 1.0, None]})

    labels, metrics = found(spark, edges, tmp_path)

    assert set(labels) == {1, 2, 3, 4}
    assert labels[1] == labels[2] == labels[3] == 0
    assert (metrics["n_nodes"], metrics["n_rows_with_an_empty_end"]) == (4, 1)


def test_numbers_beside_text_are_the_nodes_of_the_same_text(spark: SparkSession, tmp_path: Path):
    edges = pd.DataFrame({"src": ["1", "2", "x"], "dst": [2, 1, 2]})

    labels, _ = found(spark, edges, tmp_path)

    assert set(labels) == {"1", "2", "x"}


@pytest.mark.parametrize(
    ("target", "told"),
    [([2.5, 3.0], "1 values in column dst are no whole numbers"), ([True, False], "column dst is boolean")],
)
def test_ends_of_kinds_that_cannot_be_compared_are_an_error(
    spark: SparkSession, tmp_path: Path, target: list[object], told: str
):
    with pytest.raises(DataError, match="cannot be compared") as error:
        found(spark, pd.DataFrame({"src": [1, 2], "dst": target}), tmp_path)

    assert told in error.value.found


def test_edges_with_oneself_alone_leave_every_node_alone(spark: SparkSession, tmp_path: Path):
    labels, metrics = found(spark, pd.DataFrame({"src": ["a", "b", "c"], "dst": ["a", "b", "c"]}), tmp_path)

    assert sorted(labels.values()) == [0, 1, 2]
    assert (metrics["n_edges"], metrics["n_rows_with_oneself"], metrics["modularity"]) == (0, 3, 0.0)


def test_an_empty_list_and_an_unknown_column_are_errors(spark: SparkSession, tmp_path: Path):
    with pytest.raises(DataError, match="no edges"):
        found(spark, pd.DataFrame([("a", None)], columns=["src", "dst"]), tmp_path)
    with pytest.raises(DataError, match="1 columns are not there"):
        found(spark, pd.DataFrame([("a", "b")], columns=["src", "to"]), tmp_path)


def test_the_blocks_of_a_public_benchmark_graph_are_found(spark: SparkSession, tmp_path: Path):
    folder = DATA / "graphchallenge_sbm/static_500"
    if not folder.exists():
        pytest.skip(f"no data at {folder}: set SEGMENTATION_DATA")
    truth = pd.read_csv(folder / "labels.csv.gz")

    table.communities_table(spark, folder / "edges.csv.gz", "src", "dst", "weight", "graphframes", 1, tmp_path)
    labels = pd.read_parquet(tmp_path / "labels").astype({"node": int})

    both = truth.merge(labels, on="node", how="left")
    assert agreement(both["community"], both["label"])["normalised_mutual_information"] > 0.97
