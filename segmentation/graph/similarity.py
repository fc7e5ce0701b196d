"""Homes that use their line alike: nearest neighbours by prepared features, looked for inside cells."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.evaluation.indices import squared_distances

SIMILAR = "usage similarity"
"""The kind of tie between homes that use their line alike."""
_PAIRS = "subscriber_a string, subscriber_b string"
_CELLED = "subscriber_id string, features array<double>, cell int"
ROWS_AT_ONCE = 2048
Array = np.ndarray


def similar_pairs(nodes: DataFrame, cells: Array, *, n_neighbours: int) -> DataFrame:
    """Each home with its most similar homes of the same cell [subscriber_a, subscriber_b]. Grain: pair, a < b.

    Needs `nodes` [subscriber_id, features array<double>], `cells` (m, d): a home is in the cell of the nearest centre.
    A pair is kept when either is among the other's `n_neighbours` nearest.
    """
    celled = nodes.select("subscriber_id", "features").mapInPandas(_with_cell(cells), schema=_CELLED)
    return celled.groupBy("cell").applyInPandas(_neighbours_in_cell(n_neighbours), schema=_PAIRS).distinct()


def similarity_edges(pairs: DataFrame, weight: float) -> DataFrame:
    """Similar pairs as ties [subscriber_a, subscriber_b, weight, tie_kinds]."""
    return pairs.withColumns({"weight": F.lit(float(weight)), "tie_kinds": F.array(F.lit(SIMILAR))})


def nearest_neighbours(points: Array, n_neighbours: int) -> Array:
    """Row numbers of the nearest other points (n, min(n_neighbours, n - 1)); equal distances fall to the lower row."""
    n_points = len(points)
    n_kept = min(n_neighbours, n_points - 1)
    found = np.empty((n_points, n_kept), dtype=np.int64)
    for start in range(0, n_points, ROWS_AT_ONCE):
        block = slice(start, min(start + ROWS_AT_ONCE, n_points))
        distance = squared_distances(points[block], points)
        distance[np.arange(block.stop - start), np.arange(start, block.stop)] = np.inf
        found[block] = _lowest(distance, n_kept)
    return found


def _lowest(distance: Array, n_kept: int) -> Array:
    """Columns of the lowest values of every row, lowest first; equal values fall to the lower column.

    A full sort of every row costs several times as much: only where the last value kept has equals that are not is
    the order of the columns looked at.
    """
    if n_kept == 0:
        return np.empty((len(distance), 0), dtype=np.int64)
    kept = np.sort(np.argpartition(distance, n_kept - 1, axis=1)[:, :n_kept], axis=1)
    last = np.take_along_axis(distance, kept, axis=1).max(axis=1)
    for row in np.flatnonzero((distance <= last[:, None]).sum(axis=1) > n_kept):
        within = np.flatnonzero(distance[row] <= last[row])
        kept[row] = np.sort(within[np.argsort(distance[row, within], kind="stable")[:n_kept]])
    by_value = np.argsort(np.take_along_axis(distance, kept, axis=1), axis=1, kind="stable")
    return np.take_along_axis(kept, by_value, axis=1)


def _with_cell(cells: Array) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    def add(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            if len(batch):
                points = np.stack(batch["features"].to_numpy())
                yield batch.assign(cell=squared_distances(points, cells).argmin(axis=1).astype("int32"))

    return add


def _neighbours_in_cell(n_neighbours: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def find(homes: pd.DataFrame) -> pd.DataFrame:
        by_key = homes.sort_values("subscriber_id")
        keys = by_key["subscriber_id"].to_numpy()
        nearest = nearest_neighbours(np.stack(by_key["features"].to_numpy()), n_neighbours)
        own, other = np.repeat(keys, nearest.shape[1]), keys[nearest.ravel()]
        is_smaller = own < other
        pairs = {"subscriber_a": np.where(is_smaller, own, other), "subscriber_b": np.where(is_smaller, other, own)}
        return pd.DataFrame(pairs).drop_duplicates()

    return find
