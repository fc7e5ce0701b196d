"""The peer: DuckDB makes the same sums and features from the same Parquet files, by the SQL in `benchmarks/peer`."""

import shutil
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from urllib.parse import unquote, urlparse

import duckdb

from benchmarks.ours import Seconds
from segmentation.features.windows import WINDOW_PERIODS
from segmentation.periods import period_ends, period_start
from segmentation.tables import Store, Table, built, clean

SQL = Path(__file__).parent / "peer"
SOURCES = (clean.USAGE_DAILY, clean.RECHARGES, clean.INVOICES, clean.CARE_CONTACTS, clean.PRODUCTS, built.POPULATION)
FAMILIES = ("usage", "recharge", "billing", "care")


def opened(folder: Path, *, threads: int, memory: str) -> duckdb.DuckDBPyConnection:
    """A database in memory that may use so many threads and so much memory, and spills into the folder."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": threads,
        "memory_limit": memory,
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,
    }
    return duckdb.connect(config=settings)


def build(peer: duckdb.DuckDBPyConnection, tables_at: Store, as_of: date, folder: Path) -> Seconds:
    """Make the sums of six months and the features of the day, as Parquet files in the folder.

    The population of the day is read from our table: who counts as there is no part of the comparison.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    first = period_start(period_ends(as_of, WINDOW_PERIODS)[0])
    peer.execute(f"SET VARIABLE as_of = DATE '{as_of}'").execute(f"SET VARIABLE first_day = DATE '{first}'")
    peer.execute(_sql("measures"))
    for table in SOURCES:
        view(peer, table.name, live_files(tables_at, table))
    started = time.perf_counter()
    for family in FAMILIES:
        _written(peer, f"{family}_partials", folder)
    summed = time.perf_counter()
    for name in ("lines", *(f"{family}_features" for family in FAMILIES)):
        peer.execute(f"CREATE OR REPLACE VIEW {name} AS {_sql(name)}")
    _written(peer, "features", folder)
    return Seconds(summed - started, time.perf_counter() - summed)


def live_files(tables_at: Store, table: Table) -> list[str]:
    """The Parquet files that the newest version of a Delta table consists of."""
    return sorted(unquote(urlparse(uri).path) for uri in tables_at.read(table).inputFiles())


def _written(peer: duckdb.DuckDBPyConnection, name: str, folder: Path) -> None:
    """Run the SQL of a name into a file, and have it as a view."""
    path = folder / f"{name}.parquet"
    peer.execute(f"COPY ({_sql(name)}) TO '{path}' (FORMAT parquet, COMPRESSION snappy)")
    view(peer, name, [str(path)])


def view(peer: duckdb.DuckDBPyConnection, name: str, files: Sequence[str], condition: str = "true") -> None:
    """Have Parquet files as a view, or those of their rows that fulfil a condition."""
    listed = ", ".join("'" + path.replace("'", "''") + "'" for path in files)
    rows = f"read_parquet([{listed}], hive_partitioning = true)"
    peer.execute(f"CREATE OR REPLACE VIEW {name} AS FROM {rows} WHERE {condition}")


def _sql(name: str) -> str:
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")
