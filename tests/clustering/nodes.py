"""Planted points for the tests of methods."""

import numpy as np
from pyspark.sql import DataFrame, SparkSession

NODES = "subscriber_id string, features array<double>"


def planted(n_rows: int = 400, n_features: int = 4, seed: int = 5) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Points, true cluster and key of rows around four centres, well apart, of unequal size."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(4, n_rows, p=[0.4, 0.3, 0.2, 0.1])
    centres = np.array([[0, 0, 0, 0], [6, 0, 0, 0], [0, 6, 0, 0], [0, 0, 6, 6]], dtype=float)[:, :n_features]
    return centres[truth] + rng.normal(size=(n_rows, n_features)), truth, [f"s{row:04d}" for row in range(n_rows)]


def as_nodes(
    spark: SparkSession, points: np.ndarray, keys: list[str], *, n_partitions: int = 1, is_shuffled: bool = False
) -> DataFrame:
    order = np.random.default_rng(0).permutation(len(keys)) if is_shuffled else np.arange(len(keys))
    rows = [(keys[row], points[row].tolist()) for row in order]
    return spark.createDataFrame(rows, NODES).repartition(n_partitions)
