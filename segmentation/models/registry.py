"""The models of a warehouse: which were fitted, and the one that scores (SEGMENT_MODELS and its folders)."""

import json
from datetime import datetime
from pathlib import Path

from pyspark.sql import Row
from pyspark.sql import functions as F

from segmentation.errors import ModelError
from segmentation.models.fitted import FittedModel, load
from segmentation.settings import Json, VerticalName
from segmentation.tables import Store
from segmentation.tables.built import SEGMENT_MODELS


def folder_of(models_folder: Path, vertical: str, model_version: str) -> Path:
    """Where a model lies."""
    return models_folder / vertical / model_version


def release(
    tables_at: Store,
    fitted: FittedModel,
    *,
    run_id: str,
    computed_at: datetime,
    mlflow_run_id: str | None = None,
) -> None:
    """Make a saved model the one that scores; the models before it stay in the table."""
    is_other = (F.col("vertical") == fitted.vertical) & (F.col("model_version") != fitted.model_version)
    retired = tables_at.read(SEGMENT_MODELS).filter(is_other).withColumn("is_released", F.lit(False))
    row = model_row(fitted, run_id=run_id, computed_at=computed_at, mlflow_run_id=mlflow_run_id)
    both = retired.unionByName(tables_at.rows(SEGMENT_MODELS, [row]))
    # one write: no moment in which none or two of them score
    tables_at.replace(both, SEGMENT_MODELS, vertical=fitted.vertical)


def model_row(
    fitted: FittedModel, *, run_id: str, computed_at: datetime, mlflow_run_id: str | None
) -> dict[str, object]:
    """The row of SEGMENT_MODELS for a model that scores. `folder` is relative to the folder of models."""
    choice = {"reason": fitted.report.choice.reason, "candidates": [c.as_dict() for c in fitted.report.candidates]}
    return {
        "vertical": fitted.vertical,
        "model_version": fitted.model_version,
        "method": fitted.report.method,
        "fitted_as_of": fitted.fitted_as_of,
        "settings_json": json.dumps(fitted.settings, sort_keys=True),
        "features": list(fitted.preparation.feature_names),
        "dropped_features": dict(fitted.preparation.dropped),
        "n_rows": fitted.report.n_rows,
        "n_segments": fitted.n_clusters,
        "indices": fitted.report.indices,
        "baseline_indices": fitted.baseline_report.indices,
        "choice": json.dumps(choice | {"warnings": fitted.report.choice.warnings, "notes": fitted.report.notes}),
        "folder": str(folder_of(Path(), fitted.vertical, fitted.model_version)),
        "mlflow_run_id": mlflow_run_id,
        "is_released": True,
        "run_id": run_id,
        "computed_at": computed_at,
    }


def released_settings(tables_at: Store, vertical: VerticalName) -> dict[str, Json] | None:
    """The settings that the model that scores was fitted with; None when there is no such model."""
    row = released_row(tables_at, vertical)
    return None if row is None else dict(json.loads(row["settings_json"]))


def features_of(tables_at: Store, vertical: VerticalName, model_version: str) -> tuple[str, ...]:
    """Names of the features that a model was fitted on. Raises ModelError when the model is not known."""
    is_it = (F.col("vertical") == VerticalName(vertical).value) & (F.col("model_version") == model_version)
    found = tables_at.read(SEGMENT_MODELS).filter(is_it).select("features").first()
    if found is None:
        raise ModelError(
            "the model that gave these lines their segments is not known",
            where=f"segment_models, {VerticalName(vertical).value}",
            found=f"no model {model_version}",
            remedy="fit and score again: segmentation fit-segments --refit, then segmentation assign-segments",
        )
    return tuple(found["features"])


def released(tables_at: Store, vertical: VerticalName, models_folder: Path) -> FittedModel:
    """The model of the vertical that scores. Raises ModelError when there is none."""
    row = released_row(tables_at, vertical)
    if row is None:
        raise ModelError(
            "no model scores this vertical yet", where=VerticalName(vertical).value, remedy="segmentation fit-segments"
        )
    return load(models_folder / row["folder"])


def released_row(tables_at: Store, vertical: VerticalName) -> Row | None:
    """The row of SEGMENT_MODELS of the model that scores; None when there is none."""
    is_ours = (F.col("vertical") == VerticalName(vertical).value) & F.col("is_released")
    return tables_at.read(SEGMENT_MODELS).filter(is_ours).first()
