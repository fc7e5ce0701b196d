"""Tables of people without a warehouse: read from a file, answered in a folder."""

import json
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from segmentation.errors import DataError


def read_table(spark: SparkSession, path: Path) -> DataFrame:
    """Rows of a CSV (also .gz, all columns text), Parquet or Delta table.

    Raises: DataError when there is nothing, or something else.
    """
    if not path.exists():
        raise DataError("there is no such file or folder", where=str(path))
    kind = _kind(path)
    if kind == "csv":
        return spark.read.csv(str(path), header=True, inferSchema=False, escape='"', mode="PERMISSIVE")
    return spark.read.format(kind).load(str(path))


def _kind(path: Path) -> str:
    if (path / "_delta_log").is_dir():
        return "delta"
    inside = [path] if path.is_file() else [part for part in path.iterdir() if not part.name.startswith(("_", "."))]
    names = {part.name.lower().removesuffix(".gz") for part in inside}
    for kind in ("csv", "parquet"):
        if names and all(name.endswith(f".{kind}") for name in names):
            return kind
    raise DataError(
        "this is no table that can be read",
        where=str(path),
        found=", ".join(sorted({part.suffix or part.name for part in inside})) or "an empty folder",
        expected="a CSV file (also .csv.gz), a Parquet file or folder, or a Delta folder",
    )


def write_answer(labels: DataFrame, metrics: dict, out: Path) -> None:
    """Parquet `out/labels` and `out/metrics.json`, both replaced when they are there."""
    out.mkdir(parents=True, exist_ok=True)
    labels.write.mode("overwrite").parquet(str(out / "labels"))
    (out / "metrics.json").write_text(json.dumps(metrics, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def require_columns(frame: DataFrame, names: list[str], where: str) -> None:
    """Raise DataError naming every column that is not there."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise DataError(
            f"{len(missing)} columns are not there",
            where=where,
            found=", ".join(frame.columns),
            expected=", ".join(missing),
            remedy="column names are told apart by case",
        )
