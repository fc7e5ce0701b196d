"""That ours and the peer computed the same: every sum exactly, every feature to 1e-9."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb

from benchmarks import duckdb_features
from benchmarks.ours import VERTICALS
from segmentation.errors import DataError
from segmentation.features import catalogue
from segmentation.features.partials import FAMILIES
from segmentation.tables import Store

TOLERANCE = 1e-9
"""Of doubles, relative to the larger of 1 and our value."""


@dataclass
class Agreement:
    """What was compared, and what differs."""

    n_values: int = 0
    differing: list[str] = field(default_factory=list)


def require_equal(peer: duckdb.DuckDBPyConnection, tables_at: Store, as_of: date) -> int:
    """Number of values that are equal: all sums of the six months and all features of the day that the peer makes.

    Raises: DataError naming every table and column that differs, and in how many rows; also when nothing was compared.
    """
    seen = Agreement()
    for family in (one for one in FAMILIES if one.name in duckdb_features.FAMILIES):
        duckdb_features.view(peer, "ours", duckdb_features.live_files(tables_at, family.table))
        _compare(peer, seen, family.table.name, family.table.name, ("subscriber_id", "period"))
    for vertical in VERTICALS:
        table = catalogue.feature_table(vertical)
        duckdb_features.view(peer, "ours", duckdb_features.live_files(tables_at, table), f"as_of = DATE '{as_of}'")
        theirs = f"(FROM features WHERE vertical = '{vertical.value}')"
        _compare(peer, seen, table.name, theirs, ("subscriber_id",))
    if seen.differing or not seen.n_values:
        raise DataError(
            "ours and DuckDB did not compute the same",
            where=f"as of {as_of}",
            found="; ".join(seen.differing) or "nothing to compare",
            expected=f"equal sums, and features equal to {TOLERANCE:g}",
            remedy="figures of speed mean nothing here: mend the SQL in benchmarks/peer, or the feature that is wrong",
        )
    return seen.n_values


def _compare(peer: duckdb.DuckDBPyConnection, seen: Agreement, name: str, theirs: str, keys: Sequence[str]) -> None:
    """Count the rows of view `ours` and of `theirs` that have no partner, and those that differ, column by column."""
    kinds = {row[0]: str(row[1]) for row in peer.execute("DESCRIBE ours").fetchall()}
    brought = {row[0] for row in peer.execute(f"DESCRIBE SELECT * FROM {theirs}").fetchall()}
    columns = [column for column in kinds if column in brought and column not in keys]
    same_key = " AND ".join(f"ours.{key} = theirs.{key}" for key in keys)
    counts = [
        "count(*)",
        f"count(*) FILTER (ours.{keys[0]} IS NULL)",
        f"count(*) FILTER (theirs.{keys[0]} IS NULL)",
        *(f"count(*) FILTER ({_differs(column, kinds[column])})" for column in columns),
    ]
    found = peer.execute(f"SELECT {', '.join(counts)} FROM ours FULL JOIN {theirs} AS theirs ON {same_key}").fetchone()
    n_rows, *wrong = found or (0,)
    labels = ["rows that only DuckDB has", "rows that only ours has", *columns]
    seen.differing += [f"{name}.{label}: {n:,} of {n_rows:,}" for label, n in zip(labels, wrong, strict=True) if n]
    seen.n_values += n_rows * len(columns)


def _differs(column: str, kind: str) -> str:
    """That a row has both sides and they are not equal."""
    ours, theirs = f"ours.{column}", f"theirs.{column}"
    if kind != "DOUBLE":
        return f"{ours} IS DISTINCT FROM {theirs}"
    is_far = f"coalesce(abs({ours} - {theirs}) > {TOLERANCE} * greatest(1, abs({ours})), false)"
    return f"({ours} IS NULL) <> ({theirs} IS NULL) OR {is_far}"
