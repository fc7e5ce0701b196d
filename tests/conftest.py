"""One Spark session for all tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from segmentation import session
from segmentation.tables import Store

ROOT = Path(__file__).parent.parent
TESTS = Path(__file__).parent
PROPERTIES = ROOT / "conf/spark/local.conf"
LONG = (
    "benchmarks",
    "benchmarks/test_features.py",
    "clustering/test_methods.py",
    "clustering/test_table.py",
    "features/test_availability.py",
    "features/test_columns.py",
    "features/test_partials.py",
    "features/test_population.py",
    "graph/test_communities.py",
    "graph/test_communities_table.py",
    "graph/test_propagation.py",
    "graph/test_similarity.py",
    "jobs/test_doors.py",
    "jobs/test_kept_steps.py",
    "jobs/test_planted_segments.py",
    "jobs/test_processes.py",
    "jobs/test_quarantine.py",
    "jobs/test_score.py",
    "jobs/test_status.py",
    "jobs/test_why.py",
    "models/test_assignment.py",
    "models/test_fitted.py",
    "models/test_registry.py",
    "models/test_tracking.py",
    "real",
    "sources/test_bad_input.py",
    "sources/test_changes.py",
    "sources/test_delta_feeds.py",
    "sources/test_erasure.py",
    "sources/test_feed_kinds.py",
    "sources/test_ingestion.py",
    "sources/test_mapping.py",
    "sources/test_refusal.py",
    "sources/test_refused_again.py",
    "sources/test_trial.py",
    "sources/test_versions.py",
    "synthetic/test_effects.py",
    "synthetic/test_operator.py",
)
"""Tests that take minutes together: fits, whole processes and the real data sets. `make test-slow` runs them."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the long ones slow."""
    long = tuple(TESTS / name for name in LONG)
    for item in items:
        if any(item.path == path or path in item.path.parents for path in long):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    scratch = tmp_path_factory.mktemp("spark")
    of_java = session.read_properties(PROPERTIES)["spark.driver.extraJavaOptions"]
    overrides = {
        "spark.master": "local[2]",
        "spark.driver.memory": "4g",
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.sql.warehouse.dir": str(scratch / "warehouse"),
        "spark.local.dir": str(scratch / "local"),
        "spark.driver.extraJavaOptions": f"{of_java} -Dderby.system.home={scratch}",
    }
    started = session.current_or_new(PROPERTIES, overrides)
    started.conf.set("spark.sql.session.timeZone", "UTC")
    yield started
    started.stop()


@pytest.fixture
def tables_at(spark: SparkSession, tmp_path: Path) -> Store:
    """An empty warehouse."""
    return Store(spark, str(tmp_path / "warehouse"))


@pytest.fixture(autouse=True)
def _leave_nothing_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "spark" in request.fixturenames:
        started = request.getfixturevalue("spark")
        started.catalog.clearCache()
        for view in started.catalog.listTables():
            if view.isTemporary:
                started.catalog.dropTempView(view.name)
