"""The shop read as a prepaid base, from the file to the page."""

import sys

import pytest

from segmentation.tables import Store, built
from tests.jobs.processes import ended
from tests.real.real_runs import DATA, needs, run_of

pytestmark = needs("online_retail")


@pytest.fixture(scope="module")
def retail(tmp_path_factory):
    return run_of("online_retail", tmp_path_factory.mktemp("retail"))


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


def test_the_notebook_leads_from_the_file_to_segments(tmp_path):
    places = {"SEGMENTATION_DATA": str(DATA), "SEGMENTATION_PLACE": str(tmp_path)}

    done = ended([sys.executable, "notebooks/your_own_data.py"], **places)

    assert "Segments on 2011-06-30" in done.stdout
    assert (tmp_path / "warehouse" / "segment_assignments").is_dir()
