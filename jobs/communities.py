"""Communities of any list of edges: a door for people without telecom data."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from pyspark.sql import SparkSession

from jobs.arguments import Command, SparkOptions
from jobs.opening import spark_only
from jobs.terminal import Answer, facts
from segmentation.graph.table import communities_table
from segmentation.progress import step


def run(
    spark: SparkSession,
    *,
    edges: Annotated[Path, typer.Option(metavar="FILE", help="CSV (also .csv.gz), Parquet or Delta; one edge a row.")],
    source: Annotated[str, typer.Option(metavar="COL", help="Column of one end.")],
    target: Annotated[str, typer.Option(metavar="COL", help="Column of the other end.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for labels (Parquet) and metrics.json.")],
    weight: Annotated[str | None, typer.Option(metavar="COL", help="Column of the strength of an edge.")] = None,
    engine: Annotated[Literal["graphframes"], typer.Option(help="Engine.")] = "graphframes",
    seed: Annotated[int, typer.Option(help="The same seed gives the same labels.")] = 1,
) -> Answer:
    """Find the communities of any graph, as they are: a label for every node."""
    with step(f"communities of {edges.name}"):
        metrics = communities_table(spark, edges, source, target, weight, engine, seed, out)
    return Answer((facts(metrics, out),), metrics)


main = Command(
    run,
    "communities",
    SparkOptions,
    spark_only,
    ("segmentation communities --edges ties.csv.gz --source a --target b --seed 7 --out out/communities",),
)

if __name__ == "__main__":
    main()
