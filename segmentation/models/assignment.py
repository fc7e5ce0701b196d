"""Put a fitted model to use on all rows: one pass, the same NumPy code as for a single row."""

from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame

from segmentation.clustering.prediction import Prediction
from segmentation.errors import ModelError
from segmentation.features import preparation
from segmentation.graph import edges
from segmentation.graph.model import CommunityModel
from segmentation.models.fitted import FittedModel
from segmentation.settings import CommunitiesMethod

ASSIGNED = (
    "subscriber_id string, cluster int, probability double, margin double, "
    "runner_up int, is_outlier boolean, assigned_by string"
)
_VOTES = "votes"
Batches = Iterator[pd.DataFrame]


def assign(features: DataFrame, fitted: FittedModel, *, home_edges: DataFrame | None = None) -> DataFrame:
    """Cluster of every line, with how sure the choice is. Grain: subscriber.

    Needs the features the model was fitted on; for homes `home_edges` of the same day, else ties do not count.
    `probability` is null where the method has none.
    """
    raw = features.select("subscriber_id", *fitted.preparation.raw_names)
    if isinstance(fitted.model, CommunityModel) and home_edges is not None:
        raw = raw.join(edges.votes(home_edges, fitted.model), on="subscriber_id", how="left")
    return raw.mapInPandas(_assigner(fitted, is_baseline=False), schema=ASSIGNED)


def assign_baseline(features: DataFrame, fitted: FittedModel) -> DataFrame:
    """The same by the KMeans baseline. Grain: subscriber."""
    raw = features.select("subscriber_id", *fitted.preparation.raw_names)
    return raw.mapInPandas(_assigner(fitted, is_baseline=True), schema=ASSIGNED)


def has_graph(fitted: FittedModel) -> bool:
    """Whether the model looks at ties between homes: what the settings say now may be another method."""
    return isinstance(fitted.model, CommunityModel)


def home_edges(features: DataFrame, home_ties: DataFrame, fitted: FittedModel, as_of: date) -> DataFrame:
    """HOME_EDGES of the day, similarity measured as the model does. Grain: one row for every tied pair.

    Needs `home_ties` read as of the day. Raises ModelError for a model that is not of homes.
    """
    if not isinstance(fitted.model, CommunityModel):
        raise ModelError("only a model of communities has a graph", found=fitted.report.method, expected="communities")
    method = CommunitiesMethod.model_validate(fitted.settings["method"])
    points = preparation.nodes(features, fitted.preparation)
    return edges.home_edges(points, home_ties, fitted.model.cells, method, as_of)


def _assigner(fitted: FittedModel, *, is_baseline: bool) -> Callable[[Batches], Batches]:
    names = list(fitted.preparation.raw_names)

    def assign_batches(batches: Batches) -> Batches:
        for batch in batches:
            if len(batch):
                values = batch[names].to_numpy(dtype=float)
                keys = batch["subscriber_id"].to_numpy()
                found = (
                    fitted.predict_baseline(values)
                    if is_baseline
                    else fitted.predict(values, keys, _votes(batch, fitted))
                )
                yield as_frame(keys, found)

    return assign_batches


def _votes(batch: pd.DataFrame, fitted: FittedModel) -> np.ndarray | None:
    """Votes of tied homes (n, k); 0 for a home without any. None when nobody voted."""
    if _VOTES not in batch:
        return None
    none = np.zeros(fitted.n_clusters)
    return np.stack([none if vote is None else np.asarray(vote, dtype=float) for vote in batch[_VOTES]])


def as_frame(subscriber_ids: np.ndarray, found: Prediction) -> pd.DataFrame:
    """A prediction as rows, one a subscriber."""
    return pd.DataFrame(
        {
            "subscriber_id": subscriber_ids,
            "cluster": found.cluster.astype("int32"),
            "probability": pd.array(found.probability, dtype="Float64"),
            "margin": found.margin,
            "runner_up": found.runner_up.astype("int32"),
            "is_outlier": found.is_outlier,
            "assigned_by": found.assigned_by,
        }
    )
