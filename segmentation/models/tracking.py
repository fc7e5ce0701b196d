"""MLflow: one run for every fit and every scoring, found again by its tags. The only module that speaks to MLflow.

MLflow is imported where it is used: it takes seconds, and a site may leave it off.
"""

import logging
from collections.abc import Mapping
from datetime import date
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from urllib.parse import urlparse

from segmentation import code
from segmentation.models.fitted import FittedModel
from segmentation.settings import MlflowSettings

logger = logging.getLogger(__name__)
FIT, SCORING = "fit", "scoring"
_SERVED_BY = "segmentation.models.served"
_making_experiments = Lock()
"""Fits of several verticals end at once, and an experiment is made once."""
_NEEDED_TO_SERVE = ("numpy", "pandas", "pydantic", "PyYAML", "scikit-learn")


def log_fit(fitted: FittedModel, folder: Path, settings: MlflowSettings, tables_read: Mapping[str, int]) -> str | None:
    """Id of the MLflow run of this fit, which holds parameters, indices, table versions and the model as a pyfunc.

    A fit that was logged before keeps its run. None when MLflow is off.
    """
    if not settings.is_on:
        return None
    import mlflow

    experiment_id = _experiment(settings)
    tags = _tags(FIT, fitted.vertical, fitted.fitted_as_of, fitted.model_version)
    known = _find(experiment_id, tags)
    if known is not None:
        return known
    with mlflow.start_run(
        experiment_id=experiment_id, run_name=f"fit {fitted.vertical} {fitted.fitted_as_of}", tags=tags
    ) as run:
        mlflow.log_params(_parameters(fitted))
        mlflow.log_metrics(_metrics(fitted))
        mlflow.log_dict({name: int(number) for name, number in tables_read.items()}, "tables_read.json")
        mlflow.log_dict(fitted.report.as_dict(), "report.json")
        with code.in_folder() as sources:
            mlflow.pyfunc.log_model(
                name="model",
                loader_module=_SERVED_BY,
                data_path=str(folder),
                code_paths=[str(sources)],
                # named, not guessed: MLflow's guess starts Spark in a process of its own
                pip_requirements=[f"{package}=={version(package)}" for package in _NEEDED_TO_SERVE],
            )
        mlflow.set_tag("is_complete", "true")
        return str(run.info.run_id)


def log_scoring(
    vertical: str,
    as_of: date,
    model_version: str,
    settings: MlflowSettings,
    *,
    counts: Mapping[str, int],
    tables_read: Mapping[str, int],
) -> str | None:
    """Id of the MLflow run of this scoring, which holds counts and table versions. None when MLflow is off."""
    if not settings.is_on:
        return None
    import mlflow

    experiment_id = _experiment(settings)
    tags = _tags(SCORING, vertical, as_of, model_version)
    known = _find(experiment_id, tags)
    with mlflow.start_run(
        run_id=known, experiment_id=experiment_id, run_name=None if known else f"score {vertical} {as_of}", tags=tags
    ) as run:
        mlflow.log_metrics({name: float(count) for name, count in counts.items()})
        mlflow.log_dict({name: int(number) for name, number in tables_read.items()}, "tables_read.json")
        mlflow.set_tag("is_complete", "true")
        return str(run.info.run_id)


def find_fit(settings: MlflowSettings, vertical: str, as_of: date, model_version: str) -> str | None:
    """Id of the MLflow run of a fit that was logged to its end; None when there is none."""
    return _find(_experiment(settings), _tags(FIT, vertical, as_of, model_version))


def _tags(kind: str, vertical: str, as_of: date, model_version: str) -> dict[str, str]:
    return {"kind": kind, "vertical": vertical, "as_of": as_of.isoformat(), "model_version": model_version}


def _experiment(settings: MlflowSettings) -> str:
    """Id of the experiment, made when it does not exist."""
    import mlflow

    mlflow.set_tracking_uri(settings.tracking_uri)
    with _making_experiments:
        found = mlflow.get_experiment_by_name(settings.experiment)
        if found is not None:
            return str(found.experiment_id)
        return str(
            mlflow.create_experiment(settings.experiment, artifact_location=artifact_address(settings.artifacts))
        )


def artifact_address(artifacts: str) -> str:
    """The address of a place of artifacts: one with a scheme (dbfs:/Volumes/..., s3://...) as it is, else a folder."""
    return artifacts if urlparse(artifacts).scheme else Path(artifacts).resolve().as_uri()


def _find(experiment_id: str, tags: Mapping[str, str]) -> str | None:
    """Newest run with these tags that was logged to its end."""
    import mlflow

    wanted = [f"tags.{name} = '{value}'" for name, value in {**tags, "is_complete": "true"}.items()]
    runs = mlflow.search_runs([experiment_id], " and ".join(wanted), max_results=1, output_format="list")
    return str(runs[0].info.run_id) if runs else None


def _parameters(fitted: FittedModel) -> dict[str, str | int]:
    method = {
        f"method.{name}": value for name, value in fitted.settings["method"].items() if not isinstance(value, dict)
    }
    return {
        **method,
        "vertical": fitted.vertical,
        "seed": fitted.settings["seed"],
        "n_rows": fitted.report.n_rows,
        "n_features": len(fitted.preparation.feature_names),
        "features_digest": fitted.features_digest,
        "choice": fitted.report.choice.reason[:500],
    }


def _metrics(fitted: FittedModel) -> dict[str, float]:
    own = {name: float(value) for name, value in fitted.report.indices.items()}
    baseline = {f"baseline.{name}": float(value) for name, value in fitted.baseline_report.indices.items()}
    return {**own, **baseline, "n_segments": float(fitted.n_clusters)}
