"""Online Retail taken in as the recharges of a prepaid base: the counts are known exactly."""

from pathlib import Path

import pytest
from pyspark.sql import functions as F

from segmentation import settings
from segmentation.sources import ingestion, source
from segmentation.tables import Store, clean

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "online_retail").is_dir(), reason="../shared/data/online_retail is not there"
)


@pytest.fixture(scope="module")
def retail(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("retail")
    places = [f"warehouse={folder}/warehouse", f"vault={folder}/vault"]
    conf = settings.load(ROOT / "conf/real/online_retail.yaml", places, data=DATA)
    spark.conf.set("spark.sql.session.timeZone", conf.timezone)
    tables = Store(spark, conf.warehouse)
    counts = {one.name: ingestion.take_in(spark, tables, one, conf, "r1") for one in map(source.load, conf.sources)}
    yield tables, counts
    spark.conf.set("spark.sql.session.timeZone", "UTC")


def test_every_line_is_a_duplicate_or_refused_or_accepted(retail):
    counts = retail[1]["online_retail_recharges"]

    assert (counts.read, counts.duplicates, counts.quarantined, counts.accepted) == (541_909, 5_268, 135_037, 401_604)
    assert counts.named == {"positive": 392_692, "cancellation": 8_872, "zero_amount": 40}


def test_every_customer_is_one_line_with_one_spell(retail):
    tables, counts = retail

    assert counts["online_retail_subscribers"].written == 4_372
    assert tables.read(clean.SERVICE_SPELLS).select("subscriber_id").distinct().count() == 4_372


def test_an_invoice_is_one_recharge_and_a_cancellation_counts_in_value_alone(retail):
    recharges = retail[0].read(clean.RECHARGES)

    found = recharges.agg(
        F.count(F.when(F.col("recharge_amount") > 0, 1)).alias("bought"),
        F.count(F.when(F.col("recharge_amount") < 0, 1)).alias("taken_back"),
        F.sum("recharge_amount").alias("pence"),
    ).first()

    assert (found["bought"], found["taken_back"]) == (18_532, 3_654)
    assert round(found["pence"] / 100, 2) == pytest.approx(8_278_519.42, abs=1)
