"""The benchmark of features measures two that compute the same, and says so when they do not."""

import pytest

from benchmarks import agreement, duckdb_features, measuring, ours
from benchmarks.clean_months import CleanMonths, Made
from benchmarks.features import limits, settings_for
from segmentation.errors import DataError, SettingsError
from segmentation.tables import Store
from tests.benchmarks import hand_made

N_LINES = 300


@pytest.fixture(scope="module")
def base(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    made = CleanMonths(folder, settings_for(N_LINES, folder), Made("by hand"))
    hand_made.write(Store(spark, str(made.tables)), N_LINES)
    return made


@pytest.fixture(scope="module")
def built(spark, base):
    tables_at = ours.empty_warehouse(spark, base)
    ours.build(tables_at, base.as_of)
    return tables_at


@pytest.fixture
def peer(base, built, tmp_path):
    with duckdb_features.opened(tmp_path, threads=2, memory="1GiB") as peer:
        duckdb_features.build(peer, built, base.as_of, tmp_path / "peer")
        yield peer


@pytest.mark.delta
def test_ours_and_duckdb_compute_the_same_from_the_same_files(base, built, peer):
    n_values = agreement.require_equal(peer, built, base.as_of)

    n_sums, n_features = 22 + 11 + 4 + 13, 24
    assert n_values > N_LINES / 2 * (n_sums + n_features)


@pytest.mark.delta
def test_a_sum_or_a_feature_that_differs_is_named(base, built, peer, tmp_path):
    changes = {"usage_partials": "data_kb + 1 AS data_kb", "features": "data_velocity * 1.001 AS data_velocity"}
    for name, change in changes.items():
        made = f"SELECT * REPLACE ({change}) FROM '{tmp_path / 'peer' / name}.parquet'"
        peer.execute(f"CREATE OR REPLACE VIEW {name} AS {made}")

    with pytest.raises(DataError, match=r"usage_partials\.data_kb: .*payg_features\.data_velocity: ") as broken:
        agreement.require_equal(peer, built, base.as_of)
    assert "n_calls" not in broken.value.found


def test_the_exponent_of_times_in_proportion_is_one():
    assert measuring.exponent({100: 1.0, 200: 2.0, 800: 8.0}) == pytest.approx(1.0)
    assert measuring.exponent({100: 1.0, 200: 4.0}) == pytest.approx(2.0)


def test_the_peer_gets_what_spark_has():
    assert limits({"spark.master": "local[2]", "spark.driver.memory": "6g"}) == (2, "6GiB")
    with pytest.raises(SettingsError, match="one machine"):
        limits({"spark.master": "yarn", "spark.driver.memory": "6g"})
