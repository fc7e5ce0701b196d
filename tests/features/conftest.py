"""An empty warehouse for every test."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from segmentation.tables import Store


@pytest.fixture
def tables_at(spark: SparkSession, tmp_path: Path) -> Store:
    return Store(spark, str(tmp_path / "warehouse"))
