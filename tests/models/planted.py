"""Features of planted lines, and models fitted on them without Spark."""

from datetime import date

import numpy as np

from segmentation.clustering.centroids import CentroidModel
from segmentation.clustering.choice import Candidate, Choice
from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.report import FitReport
from segmentation.clustering.shapes import fit_shapes
from segmentation.features import catalogue
from segmentation.features.preparation import learn
from segmentation.graph.keys import hashed
from segmentation.graph.model import CommunityModel
from segmentation.models.fitted import FittedModel
from segmentation.settings import PreparationSettings, VerticalSettings

NAMES = ("data_kb_per_month", "weekend_share", "streaming_minutes_per_month", "salary_bracket")
AS_OF = date(2026, 8, 31)


def settings(vertical: str, method: dict, **more: object) -> VerticalSettings:
    objective = {
        "goal": "growth",
        "statement": "Grow.",
        "owner": "Test",
        "success": [{"table": "outcomes", "column": "is_churned", "direction": "down"}] * 2,
    }
    given = {"vertical": vertical, "objective": objective, "method": method, "features": list(NAMES), "seed": 3}
    return VerticalSettings.model_validate(given | more)


def raw_rows(n_rows: int = 240, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Raw features (n, 4) with some missing, the planted cluster (0..2) and key of every row."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(3, n_rows, p=[0.5, 0.3, 0.2])
    middles = np.array([[9.0, 0.2, 3.0, 2.0], [12.0, 0.5, 6.0, 5.0], [15.0, 0.2, 1.0, 9.0]])
    latent = middles[truth] + rng.normal(size=(n_rows, 4)) * np.array([0.4, 0.05, 0.4, 0.5])
    values = np.column_stack([np.exp(latent[:, 0]), latent[:, 1], np.exp(latent[:, 2]), latent[:, 3]])
    values[rng.random(values.shape) < 0.02] = np.nan
    return values, truth, [f"s{row:04d}" for row in range(n_rows)]


def fitted_model(method: str) -> FittedModel:
    """A model of the planted rows, told the truth: what matters here is that it is kept and put to use."""
    values, truth, keys = raw_rows()
    vertical = {"ward": "payg", "mixture": "plan", "communities": "home"}[method]
    prepared = learn(values, [catalogue.by_name(name) for name in NAMES], PreparationSettings())
    points = prepared.transform(values)
    shapes = fit_shapes(points, truth, 3, 0.01)
    centroids = CentroidModel(shapes.means, np.arange(3), shapes)
    likely = np.log(np.full((3, 3), 0.1) + 0.7 * np.eye(3))
    known = hashed(keys[:200])
    order = np.argsort(known)
    model = {
        "ward": centroids,
        "mixture": MixtureModel(np.array([0.5, 0.3, 0.2]), shapes),
        "communities": CommunityModel(
            shapes.means, shapes, np.array([0.5, 0.3, 0.2]), known[order], truth[:200][order], likely, likely
        ),
    }[method]
    report = FitReport(
        method, len(values), 3, {"silhouette": 0.5}, (Candidate(3, 0.5, 5.0, 0.2, 0.5),), Choice(3, "given by hand")
    )
    method_settings = {"ward": {"n_micro": 16}, "mixture": {}, "communities": {"n_neighbours": 3}}[method]
    return FittedModel(
        vertical=vertical,
        model_version=f"version-of-{method}",
        fitted_as_of=AS_OF,
        features_digest="digest",
        settings=settings(vertical, {"name": method, **method_settings}).model_dump(mode="json"),
        preparation=prepared,
        model=model,
        report=report,
        baseline=centroids,
        baseline_report=report,
    )
