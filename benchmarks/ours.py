"""Our side: period partials and features of a day, built as the job builds them, each time in a fresh warehouse."""

import shutil
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from benchmarks.clean_months import TABLES, CleanMonths
from segmentation.features import building, catalogue, partials
from segmentation.settings import VerticalName
from segmentation.tables import Store, built

VERTICALS = tuple(VerticalName)


@dataclass(frozen=True)
class Seconds:
    """How long the two halves took."""

    partials: float
    features: float

    @property
    def together(self) -> float:
        return self.partials + self.features


def empty_warehouse(spark: SparkSession, of: CleanMonths) -> Store:
    """A warehouse with the clean tables and nothing built. What was built before is removed."""
    folder = of.folder / "warehouse"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in TABLES:
        (folder / name).symlink_to(of.tables / name)
    return Store(spark, str(folder))


def build(tables_at: Store, as_of: date) -> Seconds:
    """Build all partials that the day needs and lacks, then its population, features and records of quality."""
    started = time.perf_counter()
    building.build_partials(tables_at, [as_of])
    summed = time.perf_counter()
    building.build_day(tables_at, VERTICALS, as_of, "benchmark", datetime.now(tz=UTC))
    return Seconds(summed - started, time.perf_counter() - summed)


def without_last_month(tables_at: Store, as_of: date) -> Store:
    """The same warehouse as it was before the last month was built."""
    for table in partials.TABLES:
        if tables_at.exists(table):
            tables_at.delete(table, F.col("period") == F.lit(as_of))
    for table in (built.POPULATION, *(catalogue.feature_table(vertical) for vertical in VERTICALS)):
        tables_at.delete(table, F.col("as_of") == F.lit(as_of))
    return Store(tables_at.spark, tables_at.location)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
