"""One model of a vertical scores; those before it stay in the table."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from segmentation.errors import ModelError
from segmentation.models import registry
from segmentation.settings import VerticalName
from segmentation.tables import Store
from segmentation.tables.built import SEGMENT_MODELS
from tests.models.planted import fitted_model, raw_rows

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def test_the_model_released_last_scores(spark: SparkSession, tmp_path: Path):
    tables_at, folder = Store(spark, str(tmp_path / "tables")), tmp_path / "models"
    first, other = fitted_model("mixture"), fitted_model("ward")
    second = replace(first, model_version="second")

    for model in (first, other, second, second):
        model.save(registry.folder_of(folder, model.vertical, model.model_version))
        registry.release(tables_at, model, run_id="r", computed_at=NOW)
    rows = {(row.vertical, row.model_version): row.is_released for row in tables_at.read(SEGMENT_MODELS).collect()}

    assert rows == {("plan", "version-of-mixture"): False, ("plan", "second"): True, ("payg", "version-of-ward"): True}
    again = registry.released(tables_at, VerticalName.PLAN, folder)
    assert again.model_version == "second"
    assert again.predict(raw_rows()[0]).cluster.tolist() == first.predict(raw_rows()[0]).cluster.tolist()


def test_the_features_of_a_model_are_known_also_when_it_no_longer_scores(spark: SparkSession, tmp_path: Path):
    tables_at = Store(spark, str(tmp_path / "tables"))
    first = fitted_model("mixture")
    for model in (first, replace(first, model_version="second")):
        registry.release(tables_at, model, run_id="r", computed_at=NOW)

    assert registry.features_of(tables_at, VerticalName.PLAN, first.model_version) == first.preparation.feature_names
    with pytest.raises(ModelError, match="no model third"):
        registry.features_of(tables_at, VerticalName.PLAN, "third")


def test_a_vertical_without_a_model_is_told_how_to_get_one(spark: SparkSession, tmp_path: Path):
    tables_at = Store(spark, str(tmp_path / "tables"))

    assert registry.released_settings(tables_at, VerticalName.HOME) is None
    with pytest.raises(ModelError, match="segmentation fit-segments"):
        registry.released(tables_at, VerticalName.HOME, tmp_path)
