"""Clusters of any table of numbers: a door for people without telecom data."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from pyspark.sql import SparkSession

from jobs.arguments import Command, SparkOptions, auto_or_number
from jobs.opening import spark_only
from jobs.terminal import Answer, facts
from segmentation.clustering.table import cluster_table
from segmentation.progress import step


def run(
    spark: SparkSession,
    *,
    input: Annotated[Path, typer.Option(metavar="FILE", help="CSV (also .csv.gz), Parquet or Delta.")],
    id: Annotated[str, typer.Option(metavar="COL", help="Column that tells the rows apart.")],
    columns: Annotated[str, typer.Option(metavar="A,B,...", help="Columns of numbers to cluster on.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for labels (Parquet) and metrics.json.")],
    method: Annotated[Literal["kmeans", "ward", "mixture"], typer.Option(help="Method.")] = "kmeans",
    segments: Annotated[
        str, typer.Option(metavar="K|auto", help="How many; auto takes the best silhouette of 2 to 10.")
    ] = "auto",
    scaling: Annotated[
        Literal["none", "standard", "robust"], typer.Option(help="How columns become comparable.")
    ] = "standard",
    seed: Annotated[int, typer.Option(help="The same seed gives the same labels.")] = 1,
) -> Answer:
    """Cluster any table of numbers: a label for every row, and how good the clusters are."""
    names = [name.strip() for name in columns.split(",") if name.strip()]
    wanted = auto_or_number(segments, "--segments")
    with step(f"clusters of {input.name} by {method}"):
        metrics = cluster_table(spark, input, id, names, method, wanted, scaling, seed, out)
    return Answer((facts(metrics, out),), metrics)


main = Command(
    run,
    "cluster",
    SparkOptions,
    spark_only,
    ("segmentation cluster --input lines.csv --id line --columns calls,data_kb --segments auto --out out/clusters",),
)

if __name__ == "__main__":
    main()
