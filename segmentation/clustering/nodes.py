"""Prepared nodes in an order that no cluster size changes: what Spark's engines are fed with."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import numpy as np
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel
from threadpoolctl import threadpool_limits

from segmentation.errors import ModelError

ROWS_PER_BUCKET = 50_000
VECTOR = "vector"
"""Column of the features as Spark ML's engines take them; an array that may hold nulls they refuse."""
SAMPLE_ROWS = 50_000
"""Rows (lowest hash of the key) on which candidates are compared; a smaller base is compared whole."""


@dataclass(frozen=True)
class OrderedNodes:
    """Persisted nodes [subscriber_id, features array<double>, vector], and a sample of them on the driver.

    `frame`: in hash buckets, sorted by key.
    `sample` (n, d): rows of the lowest hash, in hash order; all rows when there are at most SAMPLE_ROWS.
    """

    frame: DataFrame
    n_rows: int
    sample_ids: np.ndarray
    sample: np.ndarray

    @property
    def is_whole(self) -> bool:
        return len(self.sample) == self.n_rows

    @cached_property
    def distinct(self) -> np.ndarray:
        """Distinct rows of the sample, in order."""
        return np.unique(self.sample, axis=0)

    @property
    def n_distinct(self) -> int:
        return len(self.distinct)


@contextmanager
def ordered(nodes: DataFrame) -> Iterator[OrderedNodes]:
    """The nodes, ready to be fitted on while the block lasts.

    The number of buckets follows from the number of rows: the partitions, and with them Spark ML's random
    streams and the order of its sums, are the same on any cluster. On the driver one thread reckons for the same
    reason: with more, the last bits of a product of matrices depend on how many cores there are.

    Raises: ModelError when there is no row, or a feature that is not a finite number.
    """
    n_rows = nodes.count()
    if n_rows == 0:
        raise ModelError("there are no rows to fit on", remedy="build the features of this day first")
    n_buckets = math.ceil(n_rows / ROWS_PER_BUCKET)
    bucket = F.pmod(F.xxhash64("subscriber_id"), F.lit(n_buckets))
    vectors = nodes.select("subscriber_id", "features", array_to_vector(F.col("features")).alias(VECTOR))
    frame = (
        vectors.repartition(n_buckets, bucket)
        .sortWithinPartitions("subscriber_id")
        .persist(StorageLevel.MEMORY_AND_DISK)
    )
    try:
        ids, sample = _sample(frame)
        with _one_thread():
            yield OrderedNodes(frame, n_rows, ids, sample)
    finally:
        frame.unpersist()


_fits_lock = Lock()
_fits: list[threadpool_limits] = []


@contextmanager
def _one_thread() -> Iterator[None]:
    """BLAS reckons in one thread. That holds for the whole process: of fits that overlap the last to end lifts it."""
    with _fits_lock:
        _fits.append(threadpool_limits(1))
    try:
        yield
    finally:
        with _fits_lock:
            # Only the first of them saw how many threads there were before.
            last = _fits.pop()
            if not _fits:
                last.restore_original_limits()


def _sample(frame: DataFrame) -> tuple[np.ndarray, np.ndarray]:
    lowest = frame.drop(VECTOR).orderBy(F.xxhash64("subscriber_id"), "subscriber_id").limit(SAMPLE_ROWS).toPandas()
    points = np.stack(lowest["features"].to_numpy()).astype(float)
    n_bad = int((~np.isfinite(points)).any(axis=1).sum())
    if n_bad:
        raise ModelError(
            "prepared features hold values that are not finite numbers", found=f"{n_bad} rows of {len(points)}"
        )
    return lowest["subscriber_id"].to_numpy(), points
