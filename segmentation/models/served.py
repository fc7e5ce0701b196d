"""A model folder as an MLflow pyfunc. Needs neither Spark nor MLflow."""

from pathlib import Path

import pandas as pd

from segmentation.clustering.prediction import Prediction
from segmentation.models.fitted import FittedModel, load

KEY = "subscriber_id"


class ServedModel:
    """Takes raw features by column name; `subscriber_id` is optional, and only known homes gain by it."""

    def __init__(self, fitted: FittedModel) -> None:
        self.fitted = fitted

    def predict(self, rows: pd.DataFrame, params: dict | None = None) -> pd.DataFrame:  # noqa: ARG002 - MLflow's signature
        """Cluster, probability (nan where the method has none), margin, runner-up and outlier flag of every row."""
        values = rows[list(self.fitted.preparation.raw_names)].to_numpy(dtype=float)
        keys = rows[KEY].to_numpy() if KEY in rows else None
        return _as_columns(self.fitted.predict(values, keys))


def _as_columns(found: Prediction) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "cluster": found.cluster,
            "probability": found.probability,
            "margin": found.margin,
            "runner_up": found.runner_up,
            "is_outlier": found.is_outlier,
            "assigned_by": found.assigned_by,
        }
    )


def _load_pyfunc(path: str) -> ServedModel:
    """What MLflow calls to load the model."""
    return ServedModel(load(Path(path)))
