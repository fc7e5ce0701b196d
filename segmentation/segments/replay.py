"""What was known on a day, in a warehouse of its own: clean tables without later arrivals, models as they are."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import progress
from segmentation.segments import publication
from segmentation.tables import Store, built, care, clean

MODEL_TABLES = (built.SEGMENT_MODELS, built.SEGMENTS)


def copy_known(source: Store, target: Store, known_at: datetime) -> None:
    """Write every clean table as it was known at a moment, what was refused by then, and which model scores.

    Exact for feeds that are appended, upserted or never changed; what a snapshot or a full month has replaced is not
    kept, so of that only the rows that still stand are known.
    """
    held = [table for table in clean.TABLES if source.exists(table)]
    for n_done, table in enumerate(held):
        progress.says(f"{n_done} of {len(held)} tables")
        target.replace(source.read(table, known_at=known_at), table, is_unique=True)
    refused, deliveries = known_refused(source, known_at)
    target.replace(deliveries, care.FEEDS, is_unique=True)
    target.replace(refused, care.QUARANTINE, is_unique=True)
    for table in MODEL_TABLES:
        target.replace(source.read(table), table, is_unique=True)


def known_refused(source: Store, known_at: datetime) -> tuple[DataFrame, DataFrame]:
    """Refused rows that had arrived at a moment, and deliveries that had or hold such rows. Grain: as the tables.

    A row that does not tell when it arrived came with the newest of its delivery. A delivery that is part of one that
    came later stands. The counts of a delivery are those of all its rows.
    """
    feeds, moment = source.read(care.FEEDS), F.lit(known_at)
    newest = feeds.select("source", "feed_id", F.coalesce("received_at", "recorded_at").alias("newest"))
    rows = source.read(care.QUARANTINE).join(newest, on=["source", "feed_id"], how="left")
    refused = rows.filter(F.coalesce("received_at", "newest", "recorded_at") <= moment).drop("newest")
    of_refused = refused.select("source", "feed_id").distinct().withColumn("is_held", F.lit(True))
    joined = feeds.join(of_refused, on=["source", "feed_id"], how="left")
    had_arrived = F.coalesce("received_at", "recorded_at") <= moment
    here = joined.filter(had_arrived | F.col("is_held")).drop("is_held")
    later = here.select("source", F.col("feed_id").alias("read_again_in"), F.lit(True).alias("is_here"))
    deliveries = here.join(later, on=["source", "read_again_in"], how="left")
    stands = F.when(F.col("is_here"), F.col("read_again_in"))
    return refused, deliveries.withColumn("read_again_in", stands).drop("is_here")


def compared(source: Store, target: Store) -> DataFrame:
    """Lines of the replayed days in both warehouses, and of those in both how many have the same segment.

    Grain: vertical, as_of. Columns: n_published, n_replayed, n_same.
    """
    replayed = publication.newest(target.read(built.SEGMENT_ASSIGNMENTS))
    days = replayed.select("vertical", "as_of").distinct()
    said = publication.newest(source.read(built.SEGMENT_ASSIGNMENTS)).join(
        days, on=["vertical", "as_of"], how="left_semi"
    )
    keys = ["vertical", "as_of", "subscriber_id"]
    both = (
        said.select(*keys, F.col("segment_id").alias("published"))
        .join(replayed.select(*keys, F.col("segment_id").alias("replayed")), on=keys, how="full")
        .groupBy("vertical", "as_of")
    )
    return both.agg(
        F.count("published").alias("n_published"),
        F.count("replayed").alias("n_replayed"),
        F.count_if(F.col("published") == F.col("replayed")).alias("n_same"),
    ).orderBy("vertical", "as_of")
