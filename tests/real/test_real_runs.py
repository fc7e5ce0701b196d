"""Both real sets from the file to the page, by the one command that the README names."""

import json
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from segmentation.tables import Store, built
from tests.jobs.processes import ROOT, Place, ended, segmentation, spark_properties

DATA = ROOT.parent / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not all((DATA / name).is_dir() for name in ("online_retail", "iranian_churn")),
        reason="../shared/data is not there",
    ),
]


def run_of(name: str, folder: Path) -> tuple[Place, dict]:
    """The place of a run over a real set, and the last line it printed."""
    place = Place(folder, f"conf/real/{name}.yaml")
    low_memory = ["--set", f"spark={spark_properties(folder)}", "--set", "mlflow.is_on=false"]
    done = ended(segmentation("run", "--json", "--data", str(DATA), *place.options, *low_memory))
    return place, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def churn(tmp_path_factory):
    return run_of("iranian_churn", tmp_path_factory.mktemp("iranian"))


@pytest.fixture(scope="module")
def retail(tmp_path_factory):
    return run_of("online_retail", tmp_path_factory.mktemp("retail"))


def sizes(said: dict, vertical: str) -> list[int]:
    return [segment["n_lines"] for segment in said["segments"] if segment["vertical"] == vertical]


def test_all_real_telecom_customers_are_in_a_segment_and_a_small_base_gets_at_most_four(churn):
    _, said = churn

    assert sum(sizes(said, "payg")) == 2_905
    assert sum(sizes(said, "plan")) == 245
    assert 2 <= len(sizes(said, "plan")) <= 4


def test_the_churn_of_every_segment_is_in_its_profile_and_adds_up_though_it_was_never_fitted_on(churn, spark):
    tables = Store(spark, churn[0].warehouse)

    shares = tables.read(built.SEGMENT_PROFILES).filter("feature = 'churned_share'").collect()
    fitted = tables.read(built.SEGMENT_MODELS).select(F.explode("features").alias("name")).collect()

    churned = {"payg": 0.0, "plan": 0.0}
    for row in shares:
        churned[row["vertical"]] += row["mean"] * row["n_known"]
    assert churned == {"payg": pytest.approx(489), "plan": pytest.approx(6)}
    assert not [row["name"] for row in fitted if "churn" in row["name"]]


def test_what_was_read_is_accounted_for_in_the_record_of_the_run(retail, spark):
    tables = Store(spark, retail[0].warehouse)

    counts = tables.read(built.RUNS).filter("step = 'ingest'").first()["counts"]

    source = "online_retail_recharges"
    parts = [counts[f"{source}.{name}"] for name in ("read", "duplicates", "quarantined", "accepted")]
    assert parts == [541_909, 5_268, 135_037, 401_604]
    assert parts[0] == sum(parts[1:])


def test_every_month_of_the_shop_is_segmented_and_the_last_is_marked_partial(retail, spark):
    place, _ = retail

    days = Store(spark, place.warehouse).read(built.SEGMENT_ASSIGNMENTS).select("as_of").distinct().collect()
    page = (place.folder / "report" / "index.html").read_text()

    assert sorted(str(row["as_of"]) for row in days)[-2:] == ["2011-11-30", "2011-12-09"]
    assert len(days) == 8
    assert "ends on the 9th" in page


def test_families_that_do_not_exist_are_named_on_every_row_and_on_the_page(retail, spark):
    place, _ = retail

    missing = Store(spark, place.warehouse).read(built.SEGMENT_ASSIGNMENTS).select("missing_families").distinct()
    page = (place.folder / "report" / "index.html").read_text()

    assert all({"usage", "care", "lifestyle", "salary"} <= set(row["missing_families"]) for row in missing.collect())
    assert "usage is missing" in page
