"""What is timed, how often, and what comes of the times."""

import logging
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession

from benchmarks import agreement, duckdb_features, ours
from benchmarks.clean_months import CleanMonths
from benchmarks.ours import Seconds

logger = logging.getLogger(__name__)
COLD, NEW_MONTH, PEER = "six months", "new month", "duckdb"


@dataclass(frozen=True)
class Times:
    """Seconds of one thing, the first time and later."""

    warm_up: float
    later: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.later)


@dataclass(frozen=True)
class Measured:
    """Times of one size by what was done (COLD, NEW_MONTH, PEER) and half of it, and the values found equal."""

    partials: Mapping[str, Times]
    features: Mapping[str, Times]
    together: Mapping[str, Times]
    n_equal_values: int


def measured(spark: SparkSession, of: CleanMonths, repeats: int, *, threads: int, memory: str) -> Measured:
    """Time ours and DuckDB in turns, one turn to warm up and then `repeats`.

    Raises: DataError when the two computed something else.
    """
    peer_folder = of.folder / "duckdb"
    turns: list[dict[str, Seconds]] = []
    with duckdb_features.opened(peer_folder, threads=threads, memory=memory) as peer:
        for turn in range(repeats + 1):
            tables_at = ours.empty_warehouse(spark, of)
            cold = ours.build(tables_at, of.as_of)
            tables_at = ours.without_last_month(tables_at, of.as_of)
            newest = ours.build(tables_at, of.as_of)
            theirs = duckdb_features.build(peer, tables_at, of.as_of, peer_folder)
            turns.append({COLD: cold, NEW_MONTH: newest, PEER: theirs})
            logger.info("turn %d: %s", turn, turns[-1])
        n_equal = agreement.require_equal(peer, tables_at, of.as_of)
    return _measured(turns, n_equal)


def cold_seconds(spark: SparkSession, of: CleanMonths, repeats: int) -> float:
    """Median time of six months and the day from nothing, after one turn to warm up."""
    turns = [ours.build(ours.empty_warehouse(spark, of), of.as_of).together for _ in range(repeats + 1)]
    return Times(turns[0], tuple(turns[1:])).median


def exponent(seconds: Mapping[int, float]) -> float:
    """Slope of the log of time over the log of lines by least squares, from times by lines: 1 is in proportion."""
    logs = [(math.log(n_lines), math.log(time)) for n_lines, time in seconds.items()]
    return statistics.linear_regression([x for x, _ in logs], [y for _, y in logs]).slope


def _measured(turns: Sequence[Mapping[str, Seconds]], n_equal: int) -> Measured:
    def times(half: str) -> dict[str, Times]:
        rows = {name: [getattr(turn[name], half) for turn in turns] for name in turns[0]}
        return {name: Times(row[0], tuple(row[1:])) for name, row in rows.items()}

    return Measured(times("partials"), times("features"), times("together"), n_equal)
