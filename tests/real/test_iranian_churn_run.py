"""The real telecom customers, from the file to the page."""

import pytest
from pyspark.sql import functions as F

from segmentation.tables import Store, built
from tests.real.real_runs import needs, run_of

pytestmark = needs("iranian_churn")


@pytest.fixture(scope="module")
def churn(tmp_path_factory):
    return run_of("iranian_churn", tmp_path_factory.mktemp("iranian"))


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
