"""A fitted model with all it needs to score: a folder of JSON and NumPy. Loads without Spark or a JVM."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from segmentation.clustering.centroids import CentroidModel
from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.prediction import Array, Prediction
from segmentation.clustering.report import FitReport
from segmentation.errors import ModelError
from segmentation.features.transformation import Preparation
from segmentation.graph.keys import hashed
from segmentation.graph.model import CommunityModel

MODEL_FILE, ARRAYS_FILE = "model.json", "arrays.npz"
FORMAT = 1
"""Version of the folder's layout."""
MethodModel = CentroidModel | MixtureModel | CommunityModel
_CLASSES: dict[str, type[CentroidModel] | type[MixtureModel] | type[CommunityModel]] = {
    "kmeans": CentroidModel,
    "ward": CentroidModel,
    "mixture": MixtureModel,
    "communities": CommunityModel,
}


@dataclass(frozen=True)
class FittedModel:
    """Preparation, method and KMeans baseline of one vertical, and how they were found."""

    vertical: str
    model_version: str
    fitted_as_of: date
    features_digest: str
    settings: dict
    preparation: Preparation
    model: MethodModel
    report: FitReport
    baseline: CentroidModel
    baseline_report: FitReport

    @property
    def n_clusters(self) -> int:
        return self.model.n_clusters

    def predict(self, values: Array, subscriber_ids: Array | None = None, votes: Array | None = None) -> Prediction:
        """Clusters of raw feature rows (n, raw), columns in the order of `preparation.raw_names`; nan is missing.

        A model of homes also takes keys, to know its homes again, and votes of tied homes (n, k).
        """
        points = self.preparation.transform(values)
        if isinstance(self.model, CommunityModel):
            keys = None if subscriber_ids is None else hashed(subscriber_ids)
            return self.model.predict(points, keys, votes)
        return self.model.predict(points)

    def predict_baseline(self, values: Array) -> Prediction:
        """Clusters of the KMeans baseline for the same rows."""
        return self.baseline.predict(self.preparation.transform(values))

    def save(self, folder: Path) -> None:
        """Write the folder; a reader sees the model whole or not at all: each file takes its name when it is complete,
        the JSON last.
        """
        folder.mkdir(parents=True, exist_ok=True)
        arrays = {f"model.{name}": array for name, array in self.model.to_arrays().items()}
        arrays |= {f"baseline.{name}": array for name, array in self.baseline.to_arrays().items()}
        unfinished_arrays = folder / f"{ARRAYS_FILE}.part"
        with unfinished_arrays.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # its stubs take every keyword for allow_pickle
        unfinished_arrays.replace(folder / ARRAYS_FILE)
        content = {
            "format": FORMAT,
            "vertical": self.vertical,
            "model_version": self.model_version,
            "fitted_as_of": self.fitted_as_of.isoformat(),
            "features_digest": self.features_digest,
            "settings": self.settings,
            "preparation": self.preparation.to_dict(),
            "report": self.report.as_dict(),
            "baseline_report": self.baseline_report.as_dict(),
        }
        unfinished = folder / f"{MODEL_FILE}.part"
        unfinished.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")
        unfinished.replace(folder / MODEL_FILE)


def load(folder: Path) -> FittedModel:
    """The model in a folder. Raises ModelError when there is none, or one of another layout."""
    path = folder / MODEL_FILE
    if not path.is_file():
        raise ModelError(
            "there is no model in this folder", where=str(folder), remedy="fit one: segmentation fit-segments"
        )
    content = json.loads(path.read_text(encoding="utf-8"))
    if content["format"] != FORMAT:
        raise ModelError(
            "the model has another layout than this version of the code reads",
            where=str(folder),
            found=str(content["format"]),
            expected=str(FORMAT),
            remedy="fit it again: segmentation fit-segments --refit",
        )
    report = FitReport.from_dict(content["report"])
    with np.load(folder / ARRAYS_FILE, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    return FittedModel(
        vertical=content["vertical"],
        model_version=content["model_version"],
        fitted_as_of=date.fromisoformat(content["fitted_as_of"]),
        features_digest=content["features_digest"],
        settings=content["settings"],
        preparation=Preparation.from_dict(content["preparation"]),
        model=_CLASSES[report.method].from_arrays(_part(arrays, "model.")),
        report=report,
        baseline=CentroidModel.from_arrays(_part(arrays, "baseline.")),
        baseline_report=FitReport.from_dict(content["baseline_report"]),
    )


def _part(arrays: dict[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
