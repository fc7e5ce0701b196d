"""What the page counts: every function makes a small frame out of the big tables, and no key of a line leaves it."""

from collections.abc import Sequence

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from segmentation.sources.quarantine import is_refused

MARGIN_BANDS = (("border", 0.0, 0.1), ("leaning", 0.1, 0.3), ("clear", 0.3, 0.6), ("sure", 0.6, 1.01))
"""Name, lower and upper limit (not included) of the margin."""


def segment_sizes(assigned: DataFrame) -> DataFrame:
    """Lines, value and certainty of every segment. Grain: vertical, as_of, segment_id."""
    margin = F.col("margin")
    bands = [F.count_if((margin >= low) & (margin < high)).alias(f"n_{name}") for name, low, high in MARGIN_BANDS]
    return assigned.groupBy("vertical", "as_of", "segment_id").agg(
        F.count("*").alias("n_lines"),
        F.sum("monthly_value").alias("total_value"),
        F.count("monthly_value").alias("n_valued"),
        F.count_if(F.col("is_outlier")).alias("n_outliers"),
        F.avg("probability").alias("mean_probability"),
        F.avg("quality").alias("mean_quality"),
        F.count_if(F.col("state") == "new").alias("n_new"),
        F.count_if(F.col("staleness_periods") > 0).alias("n_stale"),
        F.max("staleness_periods").alias("max_staleness"),
        *bands,
    )


def missing_families(assigned: DataFrame) -> DataFrame:
    """Lines that lack a family of features. Grain: vertical, as_of, family."""
    lacking = assigned.select("vertical", "as_of", F.explode("missing_families").alias("family"))
    return lacking.groupBy("vertical", "as_of", "family").agg(F.count("*").alias("n_lines"))


def assigned_by(assigned: DataFrame) -> DataFrame:
    """Lines by the way their segment was found. Grain: vertical, as_of, assigned_by."""
    return assigned.groupBy("vertical", "as_of", "assigned_by").agg(F.count("*").alias("n_lines"))


def standing_feeds(feeds: DataFrame) -> DataFrame:
    """Deliveries whose rows the tables hold: of a snapshot the newest, of others all. Grain: source, feed_id.

    One that was read again as part of a later one does not count beside that. Adds `is_newest`: taken in last.
    """
    newest_first = Window.partitionBy("source").orderBy(F.desc("recorded_at"), F.desc("feed_id"))
    ranked = feeds.withColumn("is_newest", F.row_number().over(newest_first) == 1)
    is_added = F.coalesce(F.col("feed") != "snapshot", F.lit(False)) & F.col("read_again_in").isNull()
    return ranked.filter(F.col("is_newest") | is_added)


def quarantine_reasons(quarantine: DataFrame, feeds: DataFrame) -> DataFrame:
    """Rows of these feeds refused for a reason; a row with two reasons counts for both. Grain: source, reason.

    Rows that were refused once and are taken in by now do not count.
    """
    refused = quarantine.filter(is_refused())
    of_feeds = refused.join(feeds.select("source", "feed_id"), on=["source", "feed_id"], how="left_semi")
    reasons = of_feeds.select("source", "n_rows", F.explode("reasons").alias("reason"))
    return reasons.groupBy("source", "reason").agg(F.sum("n_rows").alias("n_rows"))


def changed_columns(changes: DataFrame, feeds: DataFrame) -> DataFrame:
    """Columns of these feeds that are not what they were. Grain: source, column_name."""
    of_feeds = changes.join(feeds.select("source", "feed_id"), on=["source", "feed_id"], how="left_semi")
    return of_feeds.select("source", "column_name", "change", "detail").orderBy("source", "column_name")


def tie_kinds(edges: DataFrame) -> DataFrame:
    """Tied pairs of homes by kind of tie; a pair with two kinds counts for both. Grain: kind."""
    kinds = edges.select(F.explode("tie_kinds").alias("kind"))
    return kinds.groupBy("kind").agg(F.count("*").alias("n_ties"))


def ties_between(edges: DataFrame, assigned: DataFrame) -> DataFrame:
    """Ties of the lines of one segment to those of another, both ways. Grain: segment_id, other_segment_id."""
    members = assigned.select("subscriber_id", "segment_id")
    first = members.select(F.col("subscriber_id").alias("subscriber_a"), F.col("segment_id").alias("segment_a"))
    second = members.select(F.col("subscriber_id").alias("subscriber_b"), F.col("segment_id").alias("segment_b"))
    tied = edges.join(first, on="subscriber_a", how="inner").join(second, on="subscriber_b", how="inner")
    one_way = tied.select(F.col("segment_a").alias("segment_id"), F.col("segment_b").alias("other_segment_id"))
    other_way = tied.select(F.col("segment_b").alias("segment_id"), F.col("segment_a").alias("other_segment_id"))
    both = one_way.unionByName(other_way)
    return both.groupBy("segment_id", "other_segment_id").agg(F.count("*").alias("n_ties"))


def sample_of_lines(features: DataFrame, assigned: DataFrame, names: Sequence[str], n_lines: int) -> DataFrame:
    """At most `n_lines` lines, those with the lowest hash, without their key: segment_id and the features named."""
    segments = assigned.select("subscriber_id", "segment_id")
    lines = features.select("subscriber_id", *names).join(segments, on="subscriber_id", how="inner")
    ordered = lines.orderBy(F.xxhash64("subscriber_id"), "subscriber_id")
    return ordered.limit(n_lines).select("segment_id", *[F.col(name).cast("double") for name in names])
