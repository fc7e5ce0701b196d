"""Tables of people without a warehouse: read from a file, answered in a folder."""

import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from segmentation.errors import DataError
from segmentation.settings import Json

_MALFORMED = "_malformed"
"""Holds a row of a CSV that could not be taken apart, while it is looked for."""


def read_table(spark: SparkSession, path: Path) -> DataFrame:
    """Rows of a CSV (also .gz, all columns text), Parquet or Delta table.

    Raises: DataError when there is nothing, or something else, and for a CSV with rows that do not fit its header.
    """
    if not path.exists():
        raise DataError("there is no such file or folder", where=str(path))
    kind = _kind(path)
    if kind == "csv":
        return _csv(spark, path)
    return spark.read.format(kind).load(str(path))


def _csv(spark: SparkSession, path: Path) -> DataFrame:
    # multiLine keeps a quoted line break within its cell, at the price that a file is read by one task.
    options: dict[str, str] = {"header": "true", "escape": '"', "multiLine": "true", "mode": "PERMISSIVE"}
    names = spark.read.csv(str(path), **options).columns
    if not names:
        raise DataError("the file is empty", where=str(path), expected="names of columns, then rows")
    schema = T.StructType([T.StructField(name, T.StringType()) for name in (*names, _MALFORMED)])
    rows = spark.read.csv(str(path), schema=schema, columnNameOfCorruptRecord=_MALFORMED, **options)
    # A column beside the malformed one is counted too: Spark refuses a query of that one alone.
    n_bad = F.count_if(F.col(_MALFORMED).isNotNull()).alias("n_bad")
    counts = rows.agg(F.count("*").alias("n_rows"), F.count(F.col(f"`{names[0]}`")).alias("n_first"), n_bad).first()
    if counts["n_bad"]:
        raise DataError(
            f"{counts['n_bad']:,} of {counts['n_rows']:,} rows do not fit the header",
            where=str(path),
            found="rows with more or fewer cells, or an open quote",
            expected=f"{len(names)} cells in every row, those that hold a comma, a quote or a line break in quotes",
            remedy="mend these rows, or write the table as Parquet",
        )
    return rows.drop(_MALFORMED)


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


def require_folder(out: Path) -> None:
    """Raise DataError when `out` is no folder, and none can be made there."""
    there = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise DataError(
            "the answer cannot be written",
            where=str(out),
            found=f"{there} is {'a folder that may not be written' if there.is_dir() else 'a file'}",
            expected="a folder, or a place where one can be made",
            remedy="name another folder with --out",
        )


def write_answer(labels: DataFrame, metrics: Mapping[str, Json], out: Path) -> None:
    """Parquet `out/labels` and `out/metrics.json`, both replaced when they are there."""
    out.mkdir(parents=True, exist_ok=True)
    labels.write.mode("overwrite").parquet(str(out / "labels"))
    text = json.dumps(finite(metrics), indent=2, sort_keys=True, allow_nan=False)
    (out / "metrics.json").write_text(text + "\n", encoding="utf-8")


def finite(value: Json) -> Json:
    """The value with null for numbers that JSON cannot tell: infinity, and what is no number."""
    if isinstance(value, Mapping):
        return {name: finite(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
