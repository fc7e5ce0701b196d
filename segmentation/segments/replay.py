"""What was known on a day, in a warehouse of its own: clean tables without later arrivals, models as they are."""

from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import progress
from segmentation.segments import publication
from segmentation.tables import Store, built, clean

MODEL_TABLES = (built.SEGMENT_MODELS, built.SEGMENTS)


def copy_known(source: Store, target: Store, known_at: datetime) -> None:
    """Write every clean table as it was known at a moment, and the tables that say which model scores.

    Exact for feeds that are appended, upserted or never changed; what a snapshot or a full month has replaced is not
    kept, so of that only the rows that still stand are known.
    """
    held = [table for table in clean.TABLES if source.exists(table)]
    for n_done, table in enumerate(held):
        progress.says(f"{n_done} of {len(held)} tables")
        target.replace(source.read(table, known_at=known_at), table, is_unique=True)
    for table in MODEL_TABLES:
        target.replace(source.read(table), table, is_unique=True)


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
