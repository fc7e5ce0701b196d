"""Clusters of any table of numbers: `segmentation cluster`, and the same on a DataFrame."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import Field
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation import progress
from segmentation.clustering import kmeans, mixture, nodes, ward
from segmentation.clustering.centroids import CentroidModel
from segmentation.clustering.choice import BEST_SILHOUETTE
from segmentation.clustering.densities import MixtureModel
from segmentation.clustering.files import finite, read_table, require_columns, require_folder, write_answer
from segmentation.clustering.report import FitReport
from segmentation.errors import DataError
from segmentation.settings import KMeansMethod, Limits, MixtureMethod, Settings, WardMethod

MethodName = Literal["kmeans", "ward", "mixture"]
Scaling = Literal["none", "standard", "robust"]
KEY = "subscriber_id"
"""Name of the key inside the engine, whatever the table calls it."""
STARTS_BY_HAND, STARTS_AUTO = 10, 3
MOST_MICRO = 1024
"""A table of no more distinct rows is merged row by row: Ward is exact there."""


class TableClustering(Settings):
    """What is wanted of a table. `auto` is the best silhouette for 2 to 10 clusters."""

    id_column: str
    columns: list[str] = Field(min_length=1)
    method: MethodName = "kmeans"
    segments: int | Literal["auto"] = "auto"
    scaling: Scaling = "standard"
    seed: int = 1
    outlier_share: float = Field(default=0.005, ge=0, lt=0.5)
    limits: Limits = Limits(min_segments=2, max_segments=10, min_share=0.0, max_share=1.0)
    """Bind `auto` only. At most 4 clusters under 1,000 rows."""


def cluster_table(
    spark: SparkSession,
    input: Path,
    id_column: str,
    columns: Sequence[str],
    method: MethodName,
    segments: int | Literal["auto"],
    scaling: Scaling,
    seed: int,
    out: Path,
) -> dict:
    """Metrics of the clusters of a file; labels and metrics are written to `out`."""
    wanted = TableClustering(
        id_column=id_column, columns=list(columns), method=method, segments=segments, scaling=scaling, seed=seed
    )
    require_folder(out)
    with clustered(read_table(spark, input), wanted) as (labels, metrics):
        write_answer(labels, metrics, out)
    return metrics


@contextmanager
def clustered(table: DataFrame, wanted: TableClustering) -> Iterator[tuple[DataFrame, dict]]:
    """Labels [id as given, label 0..k-1, probability, is_outlier] and metrics of a table, while the block lasts.

    Gaps are filled with the median, and counted in the metrics. Columns are scaled as asked; a figure that is not
    finite (nothing lies within the clusters) is None.

    Raises: DataError for columns that are not there or hold text, ids that are empty or repeated, and too few rows.
    """
    require_columns(table, [wanted.id_column, *wanted.columns], "table")
    numbers = _numbers(table, wanted).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        progress.says("1 of 3, reading and checking")
        missing = _checked(numbers, wanted)
        scale = _Scale.fit(numbers, wanted)
        points = numbers.mapInPandas(_scaler(scale), schema=f"{KEY} string, features array<double>")
        progress.says(f"2 of 3, {wanted.method}")
        model, report = _fit(points, wanted)
        progress.says("3 of 3, labels")
        yield _labels(numbers, scale, model, wanted), _metrics(report, missing, scale, wanted)
    finally:
        numbers.unpersist()


def _numbers(table: DataFrame, wanted: TableClustering) -> DataFrame:
    """[the id as given, key, values array<double>]; null and not finite become nan, text becomes null."""
    return table.select(
        F.col(f"`{wanted.id_column}`").alias("id"),
        F.trim(F.col(f"`{wanted.id_column}`").cast("string")).alias(KEY),
        F.array(*[_number(name) for name in wanted.columns]).alias("values"),
    )


def _number(name: str) -> Column:
    text = F.trim(F.col(f"`{name}`").cast("string"))
    number = F.expr(f"try_cast(trim(cast(`{name}` as string)) as double)")
    is_gap = text.isNull() | (text == "") | F.upper(text).isin("NAN", "INF", "-INF", "INFINITY", "-INFINITY")
    return F.when(is_gap, F.lit(float("nan"))).otherwise(number)


def _checked(numbers: DataFrame, wanted: TableClustering) -> dict[str, int]:
    """Gaps by column. Raises DataError for everything that cannot be clustered, without showing a value."""
    is_blank = F.col(KEY).isNull() | (F.col(KEY) == "")
    facts = numbers.agg(
        F.count("*").alias("n_rows"),
        F.count_distinct(KEY).alias("n_ids"),
        F.count_if(is_blank).alias("n_blank"),
        *[F.count_if(F.col("values")[i].isNull()).alias(f"text_{i}") for i in range(len(wanted.columns))],
        *[F.count_if(F.isnan(F.col("values")[i])).alias(f"gap_{i}") for i in range(len(wanted.columns))],
    ).first()
    text = {name: facts[f"text_{i}"] for i, name in enumerate(wanted.columns) if facts[f"text_{i}"]}
    gaps = {name: facts[f"gap_{i}"] for i, name in enumerate(wanted.columns) if facts[f"gap_{i}"]}
    empty = [name for name, n_gaps in gaps.items() if n_gaps == facts["n_rows"]]
    fewest = max(2, wanted.segments if isinstance(wanted.segments, int) else 2)
    problems = [f"column {name} holds text that is no number in {n:,} rows" for name, n in text.items()]
    problems += [f"column {name} holds no value at all" for name in empty]
    if facts["n_blank"]:
        problems.append(f"{facts['n_blank']:,} ids in column {wanted.id_column} are empty")
    n_repeated = facts["n_rows"] - facts["n_blank"] - facts["n_ids"] + (1 if facts["n_blank"] > 1 else 0)
    if facts["n_rows"] and not facts["n_blank"] and n_repeated:
        problems.append(f"{n_repeated:,} of {facts['n_rows']:,} ids in column {wanted.id_column} are repeated")
    if facts["n_rows"] < fewest:
        problems.append(f"{facts['n_rows']:,} rows are too few for {fewest} clusters")
    if isinstance(wanted.segments, int) and wanted.segments < 2:
        problems.append(f"{wanted.segments} clusters cannot be made")
    if problems:
        raise DataError(
            "the table cannot be clustered",
            found="; ".join(problems),
            expected="one row for every id, and numbers in the chosen columns",
            remedy="mend the rows, or choose other columns",
        )
    return gaps


class _Scale:
    """What fills the gaps of a column, and what it is moved and divided by.

    `is_by_deviation` tells the columns of which more than half share a value, so that quartiles give no spread.
    """

    def __init__(
        self, fill: np.ndarray, centre: np.ndarray, spread: np.ndarray, is_by_deviation: np.ndarray | None = None
    ) -> None:
        self.fill, self.centre, self.spread = fill, centre, spread
        self.is_by_deviation = np.zeros(len(fill), dtype=bool) if is_by_deviation is None else is_by_deviation

    @classmethod
    def fit(cls, numbers: DataFrame, wanted: TableClustering) -> "_Scale":
        """Learnt from the rows of lowest hash, all of them up to nodes.SAMPLE_ROWS: the same on any cluster."""
        lowest = numbers.orderBy(F.xxhash64(KEY), KEY).limit(nodes.SAMPLE_ROWS).select("values").toPandas()
        values = np.stack(lowest["values"].to_numpy()).astype(float)
        fill = np.nanmedian(values, axis=0)
        filled = np.where(np.isnan(values), fill, values)
        if wanted.scaling == "none":
            return cls(fill, np.zeros_like(fill), np.ones_like(fill))
        deviation = filled.std(axis=0)
        if wanted.scaling == "standard":
            return cls(fill, filled.mean(axis=0), np.where(deviation > 0, deviation, 1.0))
        lower, centre, upper = np.quantile(filled, [0.25, 0.5, 0.75], axis=0)
        is_by_deviation = (upper == lower) & (deviation > 0)
        spread = np.where(is_by_deviation, deviation, upper - lower)
        return cls(fill, centre, np.where(spread > 0, spread, 1.0), is_by_deviation)

    def apply(self, values: np.ndarray) -> np.ndarray:
        filled = np.where(np.isnan(values), self.fill, values)
        return (filled - self.centre) / self.spread


def _scaler(scale: _Scale) -> Callable[[Iterator[pd.DataFrame]], Iterator[pd.DataFrame]]:
    def scaled(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            if len(batch):
                points = scale.apply(np.stack(batch["values"].to_numpy()).astype(float))
                yield pd.DataFrame({KEY: batch[KEY], "features": list(points)})

    return scaled


def _fit(points: DataFrame, wanted: TableClustering) -> tuple[CentroidModel | MixtureModel, FitReport]:
    n_starts = STARTS_BY_HAND if isinstance(wanted.segments, int) else STARTS_AUTO
    limits, seed, outliers = wanted.limits, wanted.seed, wanted.outlier_share
    if wanted.method == "kmeans":
        kmeans_method = KMeansMethod(name="kmeans", segments=wanted.segments, n_starts=n_starts, max_rounds=100)
        return kmeans.fit(points, kmeans_method, limits, seed, outlier_share=outliers, rule=BEST_SILHOUETTE)
    if wanted.method == "ward":
        ward_method = WardMethod(name="ward", segments=wanted.segments, n_micro=MOST_MICRO, max_rounds=20)
        return ward.fit(points, ward_method, limits, seed, outlier_share=outliers, rule=BEST_SILHOUETTE)
    mixture_method = MixtureMethod(name="mixture", segments=wanted.segments, n_starts=n_starts, max_rounds=100)
    return mixture.fit(points, mixture_method, limits, seed, outlier_share=outliers, rule=BEST_SILHOUETTE)


def _labels(
    numbers: DataFrame, scale: _Scale, model: CentroidModel | MixtureModel, wanted: TableClustering
) -> DataFrame:
    """[id as given, label, probability where the method has one, is_outlier]. Grain: id."""
    has_probability = wanted.method == "mixture"
    id_type = numbers.schema["id"].dataType.simpleString()
    columns = ["label int", *(["probability double"] if has_probability else []), "is_outlier boolean"]

    def labelled(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            if len(batch):
                found = model.predict(scale.apply(np.stack(batch["values"].to_numpy()).astype(float)))
                rows = pd.DataFrame({"id": batch["id"], "label": found.cluster.astype("int32")})
                if has_probability:
                    rows["probability"] = found.probability
                yield rows.assign(is_outlier=found.is_outlier)

    schema = ", ".join([f"id {id_type}", *columns])
    return numbers.select("id", "values").mapInPandas(labelled, schema=schema)


def _metrics(report: FitReport, missing: dict[str, int], scale: _Scale, wanted: TableClustering) -> dict:
    by_deviation = [name for name, is_so in zip(wanted.columns, scale.is_by_deviation, strict=True) if is_so]
    warnings = [
        f"column {name}: its quartiles are equal, so it was scaled by its standard deviation" for name in by_deviation
    ]
    return {
        "method": wanted.method,
        "n_rows": report.n_rows,
        "n_columns": len(wanted.columns),
        "n_clusters": report.n_clusters,
        "scaling": wanted.scaling,
        "seed": wanted.seed,
        "indices": finite(report.indices),
        "choice": report.choice.reason,
        "candidates": finite([candidate.as_dict() for candidate in report.candidates]),
        "imputed": missing,
        "warnings": [*report.choice.warnings, *warnings],
        "notes": list(report.notes),
    }
