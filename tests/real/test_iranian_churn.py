"""Iranian Churn: ready-made features of telecom customers, mapped onto the catalogue."""

from pathlib import Path

import pytest
from pyspark.sql import functions as F

from segmentation import settings
from segmentation.features import catalogue, readymade
from segmentation.sources import source
from segmentation.tables import Store, built

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data"
HAS_DATA = (DATA / "iranian_churn").is_dir()
pytestmark = pytest.mark.skipif(not HAS_DATA, reason="../shared/data/iranian_churn is not there")


@pytest.fixture(scope="module")
def churn(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("iranian")
    places = [f"warehouse={folder}/warehouse", f"vault={folder}/vault"]
    conf = settings.load(ROOT / "conf/real/iranian_churn.yaml", places, data=DATA)
    tables = Store(spark, conf.warehouse)
    one = source.load(conf.sources[0])
    return tables, conf, one, readymade.take_in(spark, tables, one, conf, "r1")


def test_every_line_of_the_file_is_a_customer(churn):
    counts = churn[3]

    assert (counts.read, counts.duplicates, counts.quarantined, counts.accepted) == (3_150, 0, 0, 3_150)
    assert counts.named == {"payg": 2_905, "payg_churned": 489, "plan": 245, "plan_churned": 6}


def test_churn_is_an_outcome_known_on_the_day_and_no_feature(churn):
    tables, conf, *_ = churn
    as_of = conf.periods.as_of_days[-1]

    known = tables.read(built.OUTCOMES, as_of).filter(F.col("known_on") <= F.lit(as_of))
    churned = known.groupBy("vertical").agg(F.count(F.when(F.col("is_churned"), 1)).alias("n")).collect()

    assert {row["vertical"]: row["n"] for row in churned} == {"payg": 489, "plan": 6}
    assert not [name for name in catalogue.feature_table("payg").column_names if "churn" in name]


def test_features_are_means_of_a_month_and_absent_families_are_named(churn):
    tables, conf, *_ = churn

    features = tables.read(catalogue.feature_table("payg"), conf.periods.as_of_days[-1])
    row = features.agg(
        F.count(F.lit(1)).alias("lines"),
        F.sum("sms_per_month").alias("sms"),
        F.max("staleness_periods").alias("stale"),
        F.max("missing_families").alias("missing"),
        F.count("recharges_per_month").alias("recharges"),
    ).first()

    assert (row["lines"], row["stale"], row["recharges"]) == (2_905, 3, 0)
    assert row["sms"] == pytest.approx(194_047 / 9)
    assert {"recharge", "lifestyle", "salary"} <= set(row["missing"])
    assert "usage" not in row["missing"]


def test_the_same_file_again_changes_nothing(churn, spark):
    tables, conf, one, first = churn
    before = tables.version(built.POPULATION)

    again = readymade.take_in(spark, tables, one, conf, "r2")

    assert (again.is_new, again.read, again.named) == (False, first.read, first.named)
    assert tables.version(built.POPULATION) == before
