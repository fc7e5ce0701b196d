"""Communities of any list of edges: `segmentation communities`, and the same on a DataFrame."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T
from pyspark.storagelevel import StorageLevel

from segmentation import progress
from segmentation.clustering.files import read_table, require_columns, require_folder, write_answer
from segmentation.errors import DataError
from segmentation.graph import propagation
from segmentation.settings import Settings

MAX_ROUNDS = 10
"""Labels settle within a few rounds or not at all."""


MOST_EXACT = 2.0**53
"""From here on a double cannot tell neighbouring whole numbers apart."""


class EdgeList(Settings):
    """What is wanted of a list of edges. Without `weight` every row weighs 1."""

    source: str
    target: str
    weight: str | None = None
    engine: Literal["graphframes"] = "graphframes"
    seed: int = 1


def communities_table(
    spark: SparkSession,
    edges: Path,
    source: str,
    target: str,
    weight: str | None,
    engine: Literal["graphframes"],
    seed: int,
    out: Path,
) -> dict:
    """Metrics of the communities of a file of edges; labels and metrics are written to `out`."""
    wanted = EdgeList(source=source, target=target, weight=weight, engine=engine, seed=seed)
    require_folder(out)
    with communities_of(read_table(spark, edges), wanted) as (labels, metrics):
        write_answer(labels, metrics, out)
    return metrics


@contextmanager
def communities_of(edges: DataFrame, wanted: EdgeList) -> Iterator[tuple[DataFrame, dict]]:
    """Labels [node as given, label 0.. by falling size] and metrics of a list of edges, while the block lasts.

    Edges are undirected; repeated and reversed ones are added up, those with oneself or of weight 0 tie nobody. Every
    node named anywhere is in exactly one community.

    Raises: DataError for columns that are not there, ends of kinds that cannot be compared, weights that are negative
    or no number, and an empty list.
    """
    require_columns(edges, [wanted.source, wanted.target, *([wanted.weight] if wanted.weight else [])], "edges")
    ends = _ends(_of_one_kind(_without_nan(edges, wanted), wanted), wanted).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        progress.says("1 of 3, reading and checking")
        facts = _checked(ends, wanted)
        ties = _ties(ends).persist(StorageLevel.MEMORY_AND_DISK)
        try:
            progress.says("2 of 3, label propagation")
            with propagation.communities(ties, max_rounds=MAX_ROUNDS, seed=wanted.seed, engine=wanted.engine) as found:
                progress.says("3 of 3, labels")
                labels = _labels(ends, found).persist(StorageLevel.MEMORY_AND_DISK)
                try:
                    yield labels.select("node", "label"), _metrics(labels, ties, facts, wanted)
                finally:
                    labels.unpersist()
        finally:
            ties.unpersist()
    finally:
        ends.unpersist()


def _without_nan(edges: DataFrame, wanted: EdgeList) -> DataFrame:
    """The edges with null for an end that is no number, as pandas writes a gap. Grain: unchanged."""
    ends = {name: F.col(f"`{name}`") for name in (wanted.source, wanted.target)}
    fractions = [name for name in ends if isinstance(edges.schema[name].dataType, T.DoubleType | T.FloatType)]
    return edges.withColumns({name: F.when(~F.isnan(ends[name]), ends[name]) for name in fractions})


def _of_one_kind(edges: DataFrame, wanted: EdgeList) -> DataFrame:
    """The edges with both ends of one type, so that 1 and 1.0 (whole numbers with gaps, as pandas writes them) are one.

    Equal types stay as given. Else fractions become whole numbers, and beside text numbers become text.
    """
    types = {name: edges.schema[name].dataType for name in (wanted.source, wanted.target)}
    if len({kind.simpleString() for kind in types.values()}) == 1:
        return edges
    fractions = [name for name, kind in types.items() if isinstance(kind, T.FractionalType)]
    known = T.IntegralType | T.FractionalType | T.StringType
    strange = [name for name, kind in types.items() if not isinstance(kind, known)]
    broken = [] if strange else _not_whole(edges, fractions)
    if strange or broken:
        raise DataError(
            "the two ends of an edge cannot be compared",
            found="; ".join([*(f"column {name} is {kind.simpleString()}" for name, kind in types.items()), *broken]),
            expected="both columns of one type, or whole numbers in both",
            remedy="write both columns as text, or as whole numbers",
        )
    whole = edges.withColumns({name: F.col(f"`{name}`").cast("bigint") for name in fractions})
    is_text = any(isinstance(kind, T.StringType) for kind in types.values())
    common = "string" if is_text else "bigint"
    return whole.withColumns({name: F.col(f"`{name}`").cast(common) for name in types})


def _not_whole(edges: DataFrame, names: list[str]) -> list[str]:
    """What is wrong with the columns as whole numbers: values with a fraction, or too large to be told exactly."""
    if not names:
        return []
    numbers = {name: F.col(f"`{name}`").cast("double") for name in names}
    is_off = {name: (number != F.rint(number)) | (F.abs(number) >= MOST_EXACT) for name, number in numbers.items()}
    counts = edges.agg(*[F.count_if(is_off[name]).alias(str(place)) for place, name in enumerate(names)]).first()
    return [
        f"{counts[place]:,} values in column {name} are no whole numbers"
        for place, name in enumerate(names)
        if counts[place]
    ]


def _ends(edges: DataFrame, wanted: EdgeList) -> DataFrame:
    """[a_given, b_given, a, b, weight]: keys as given and as text; weight null where it is no number."""
    weight = F.expr(f"try_cast(trim(cast(`{wanted.weight}` as string)) as double)") if wanted.weight else F.lit(1.0)
    return edges.select(
        F.col(f"`{wanted.source}`").alias("a_given"),
        F.col(f"`{wanted.target}`").alias("b_given"),
        _key(F.col(f"`{wanted.source}`")).alias("a"),
        _key(F.col(f"`{wanted.target}`")).alias("b"),
        weight.alias("weight"),
    )


def _key(given: Column) -> Column:
    text = F.trim(given.cast("string"))
    return F.when(text != "", text)


def _checked(ends: DataFrame, wanted: EdgeList) -> dict[str, int]:
    """Counts of rows by what becomes of them. Raises DataError for weights that cannot be used."""
    is_half = F.col("a").isNull() | F.col("b").isNull()
    is_bad = F.col("weight").isNull() | F.isnan("weight") | (F.col("weight") < 0) | (F.col("weight") == float("inf"))
    counts = ends.agg(
        F.count("*").alias("n_rows"),
        F.count_if(is_half).alias("n_rows_with_an_empty_end"),
        F.count_if(F.col("a") == F.col("b")).alias("n_rows_with_oneself"),
        F.count_if(is_bad).alias("n_bad_weights"),
    ).first()
    facts = {name: int(counts[name]) for name in counts.asDict()}
    n_bad = facts.pop("n_bad_weights")
    if n_bad:
        raise DataError(
            f"{n_bad:,} weights in column {wanted.weight} are empty, negative or no number",
            expected="numbers from 0 up",
            remedy="mend or drop these rows",
        )
    if facts["n_rows"] == facts["n_rows_with_an_empty_end"]:
        raise DataError("there are no edges", found=f"{facts['n_rows']:,} rows, none with two ends")
    return facts


def _ties(ends: DataFrame) -> DataFrame:
    """[a, b, weight], each tied pair once with its weights added up. Grain: pair, a < b."""
    is_tie = F.col("a").isNotNull() & F.col("b").isNotNull() & (F.col("a") != F.col("b")) & (F.col("weight") > 0)
    ordered = ends.filter(is_tie).select(F.least("a", "b").alias("a"), F.greatest("a", "b").alias("b"), "weight")
    return ordered.groupBy("a", "b").agg(F.sum("weight").alias("weight"))


def _labels(ends: DataFrame, found: DataFrame) -> DataFrame:
    """[node as given, key, label, size] of every node. A node without ties is a community of its own."""
    at_a = ends.select(F.col("a_given").alias("node"), F.col("a").alias("key"))
    at_b = ends.select(F.col("b_given").alias("node"), F.col("b").alias("key"))
    nodes = at_a.unionByName(at_b).filter(F.col("key").isNotNull()).groupBy("key").agg(F.min("node").alias("node"))
    named = nodes.join(found.withColumnRenamed("node", "key"), on="key", how="left")
    placed = named.withColumn("community", F.coalesce("community", "key"))
    sizes = placed.groupBy("community").agg(F.count("*").alias("size"))
    by_size = Window.orderBy(F.desc("size"), "community")
    numbered = sizes.withColumn("label", (F.row_number().over(by_size) - 1).cast("int"))
    return placed.join(numbered, on="community", how="inner").select("node", "key", "label", "size")


def modularity(labels: DataFrame, ties: DataFrame) -> float:
    """Newman's modularity: share of weight inside communities less that expected from degrees (0 without ties).

    Needs `labels` [key, label], `ties` [a, b, weight], each pair once.
    """
    at_a = labels.select(F.col("key").alias("a"), F.col("label").alias("label_a"))
    at_b = labels.select(F.col("key").alias("b"), F.col("label").alias("label_b"))
    labelled = ties.join(at_a, on="a", how="inner").join(at_b, on="b", how="inner")
    is_inside = F.col("label_a") == F.col("label_b")
    weights = labelled.agg(
        F.sum("weight").alias("all"), F.sum(F.when(is_inside, F.col("weight"))).alias("inside")
    ).first()
    if not weights["all"]:
        return 0.0
    ends = labelled.select(F.explode(F.array("label_a", "label_b")).alias("label"), "weight")
    degrees = ends.groupBy("label").agg(F.sum("weight").alias("degree"))
    squares = degrees.agg(F.sum(F.col("degree") * F.col("degree")).alias("squares")).first()["squares"]
    return float((weights["inside"] or 0.0) / weights["all"] - squares / (2.0 * weights["all"]) ** 2)


def _metrics(labels: DataFrame, ties: DataFrame, facts: dict[str, int], wanted: EdgeList) -> dict:
    counts = labels.agg(
        F.count("*").alias("n_nodes"), (F.max("label") + 1).alias("n_communities"), F.max("size").alias("largest")
    ).first()
    n_nodes, largest = int(counts["n_nodes"]), int(counts["largest"])
    warnings = []
    if largest > 0.5 * n_nodes and n_nodes > 2:
        warnings.append(
            f"one community holds {largest / n_nodes:.0%} of all nodes: plain label propagation may have collapsed"
        )
    if wanted.weight:
        warnings.append("engine graphframes propagates without weights; they count in modularity only")
    return {
        "engine": wanted.engine,
        "seed": wanted.seed,
        "n_nodes": n_nodes,
        "n_edges": ties.count(),
        "n_communities": int(counts["n_communities"]),
        "largest_community": largest,
        "modularity": modularity(labels, ties),
        "warnings": warnings,
        **facts,
    }
