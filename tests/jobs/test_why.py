"""Why a line is in its segment, told without telling who it is."""

from dataclasses import replace

import pytest
from pyspark.sql import functions as F
from two_kinds_of_lines import OCTOBER, number, opened, write_features

from jobs import why
from segmentation.errors import DataError
from segmentation.features import catalogue
from segmentation.privacy.tokens import token_of
from segmentation.profiles.reasons import Reason
from segmentation.runs import Run
from segmentation.segments import publication
from segmentation.settings import VerticalName
from segmentation.tables import built, care

pytestmark = pytest.mark.delta
LINE = number("often", 3)
FITTED = ["recharges_per_month", "recharge_amount_mean", "recharge_recency_days", "salary_bracket"]


@pytest.fixture(scope="module")
def at(spark, tmp_path_factory) -> Run:
    run = opened(spark, tmp_path_factory.mktemp("asked"))
    write_features(run)
    tables_at = run.tables_at
    names = (("payg-01", 0, "Tops up often"), ("payg-02", 1, "Tops up rarely"))
    segments = [
        {"vertical": "payg", "segment_id": key, "cluster": cluster, "segment_name": name, "model_version": "m"}
        for key, cluster, name in names
    ]
    tables_at.replace(tables_at.rows(built.SEGMENTS, segments), built.SEGMENTS)
    model = {"vertical": "payg", "model_version": "m", "features": FITTED, "is_released": True}
    tables_at.replace(tables_at.rows(built.SEGMENT_MODELS, [model]), built.SEGMENT_MODELS)
    features = tables_at.read(catalogue.feature_table(VerticalName.PAYG), OCTOBER)
    is_often = F.col("recharges_per_month") > 5
    assigned = features.select(
        "subscriber_id",
        F.when(is_often, 0).otherwise(1).alias("cluster"),
        F.when(is_often, 1).otherwise(0).alias("runner_up"),
        F.lit(None).cast("double").alias("probability"),
        F.lit(0.8).alias("margin"),
        F.lit(False).alias("is_outlier"),
        F.lit("centroid").alias("assigned_by"),
    )
    stamp = {"model_version": "m", "run_id": "r", "computed_at": run.started_at}
    scored = publication.scores(assigned, tables_at.read(built.SEGMENTS), vertical="payg", as_of=OCTOBER, **stamp)
    imputed = features.withColumn("n_imputed", F.lit(0))
    quality = tables_at.read(care.RECORD_QUALITY, OCTOBER)
    rows = publication.published(scored, imputed, tables_at.read(built.POPULATION, OCTOBER), quality)
    publication.publish(tables_at, rows, vertical="payg", as_of=OCTOBER)
    return run


def test_a_number_is_told_its_segment_and_what_sets_it_apart_from_the_runner_up(at):
    (told,) = why.run(at, LINE).data["reasons"]

    assert (told["segment"], told["runner_up"], told["margin"]) == ("Tops up often", "Tops up rarely", 0.8)
    assert {difference["words"] for difference in told["differences"]} == {
        "tops up often",
        "tops up small amounts",
        "topped up just now",
    }
    assert all(difference["is_like_segment"] for difference in told["differences"])


def test_the_features_of_the_model_explain_a_line_whatever_the_settings_say_now(at):
    payg = at.settings.verticals[VerticalName.PAYG].model_copy(update={"features": ["data_night_share"]})
    changed = replace(at, settings=at.settings.model_copy(update={"verticals": {VerticalName.PAYG: payg}}))

    (told,) = why.run(changed, LINE).data["reasons"]

    assert {difference["words"] for difference in told["differences"]} == {
        "tops up often",
        "tops up small amounts",
        "topped up just now",
    }
    assert told["n_withheld"] == 1


@pytest.mark.parametrize(
    ("assigned_by", "said"),
    [("community", "grouped with at the fit"), ("tied homes", "it is tied to"), ("profile", None)],
)
def test_a_home_is_told_what_beside_its_profile_placed_it(assigned_by: str, said: str | None):
    text = why._as_text(Reason("home", "Streamers", "Quiet", 0.4, 0.7, assigned_by, (), 0))

    assert said in text if said else "differences below tell" not in text


def test_a_pseudonym_gets_the_same_answer_as_the_number(at):
    pseudonym = token_of(at.settings.secret.key(), "subscriber", LINE)

    assert why.run(at, pseudonym) == why.run(at, LINE)


def test_the_answer_holds_no_key_and_no_value_of_the_line(at):
    answer = why.run(at, LINE)
    own = at.tables_at.read(catalogue.feature_table(VerticalName.PAYG), OCTOBER)
    pseudonym = token_of(at.settings.secret.key(), "subscriber", LINE)
    amount = own.filter(F.col("subscriber_id") == pseudonym).first()["recharge_amount_mean"]

    said = f"{answer.shown} {answer.data}"

    assert not any(secret in said for secret in (LINE, pseudonym, f"{amount:.2f}"))


def test_a_stranger_is_an_error_that_does_not_repeat_the_number(at):
    with pytest.raises(DataError, match="no such line") as refused:
        why.run(at, "999039999999")

    assert "999039999999" not in str(refused.value)
    assert "--month" in str(refused.value)
