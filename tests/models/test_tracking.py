"""MLflow: a fit leaves one run, found again, whose model answers like ours."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from segmentation.models import tracking
from segmentation.models.fitted import FittedModel
from segmentation.settings import MlflowSettings
from tests.models.planted import NAMES, fitted_model, raw_rows


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[MlflowSettings, FittedModel, Path, str]]:
    scratch = tmp_path_factory.mktemp("mlflow")
    settings = MlflowSettings(tracking_uri=f"sqlite:///{scratch}/mlflow.db", artifacts=str(scratch / "mlruns"))
    model = fitted_model("mixture")
    model.save(scratch / "model")
    before = mlflow.get_tracking_uri()
    run_id = tracking.log_fit(model, scratch / "model", settings, {"plan_features": 3})
    assert run_id is not None
    yield settings, model, scratch / "model", run_id
    mlflow.set_tracking_uri(before)


def test_a_fit_is_found_again_by_its_tags_and_logged_once(logged):
    settings, model, folder, run_id = logged

    assert tracking.find_fit(settings, "plan", model.fitted_as_of, model.model_version) == run_id
    assert tracking.find_fit(settings, "plan", model.fitted_as_of, "another") is None
    assert tracking.log_fit(model, folder, settings, {"plan_features": 3}) == run_id


def test_the_run_tells_how_good_the_fit_is(logged):
    _, _, _, run_id = logged

    run = mlflow.get_run(run_id)

    assert run.data.metrics["silhouette"] == 0.5
    assert run.data.metrics["baseline.silhouette"] == 0.5
    assert run.data.params["method.name"] == "mixture"
    assert (run.data.tags["vertical"], run.data.tags["as_of"]) == ("plan", "2026-08-31")


def test_the_logged_model_answers_like_ours(logged):
    _, model, _, run_id = logged
    values, _, _ = raw_rows()
    logged_model = mlflow.get_run(run_id).outputs.model_outputs[0].model_id

    served = mlflow.pyfunc.load_model(f"models:/{logged_model}").predict(pd.DataFrame(values, columns=list(NAMES)))

    assert served["cluster"].tolist() == model.predict(values).cluster.tolist()


def test_a_scoring_repeated_keeps_its_run(logged):
    settings, model, _, _ = logged
    told = {"counts": {"n_scored": 5}, "tables_read": {"plan_features": 4}}

    first = tracking.log_scoring("plan", date(2026, 9, 30), model.model_version, settings, **told)
    again = tracking.log_scoring("plan", date(2026, 9, 30), model.model_version, settings, **told)

    assert first == again


def test_switched_off_it_says_nothing(tmp_path: Path):
    off = MlflowSettings(is_on=False)

    assert tracking.log_fit(fitted_model("ward"), tmp_path, off, {}) is None


@pytest.mark.parametrize("address", ["dbfs:/Volumes/main/segmentation/files/mlruns", "s3://bucket/mlruns"])
def test_an_address_of_artifacts_is_kept_and_a_folder_becomes_one(address, tmp_path):
    assert tracking.artifact_address(address) == address
    assert tracking.artifact_address(str(tmp_path / "mlruns")) == (tmp_path / "mlruns").as_uri()
