"""From scores to what readers see: the published segment of every line, with corrections that leave a trace."""

from datetime import date, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.errors import ModelError
from segmentation.tables import Store
from segmentation.tables.built import SEGMENT_ASSIGNMENTS, SEGMENT_SCORES, SEGMENT_TEXTS, SEGMENTS, SEGMENTS_NOW

DOUBLE_TOLERANCE = 1e-9
"""Two doubles are equal when they differ by no more, relative to the larger one (to 1 when that is smaller)."""

_NOW = f"""
select a.*, {", ".join(f"s.{name}" for name in SEGMENT_TEXTS)}
from {{assignments}} a
join (
  select vertical, max(struct(as_of, correction)) as newest from {{assignments}} group by vertical
) n on a.vertical = n.vertical and a.as_of = n.newest.as_of and a.correction = n.newest.correction
join {{segments}} s on a.vertical = s.vertical and a.segment_id = s.segment_id
"""


def scores(
    assigned: DataFrame,
    segments: DataFrame,
    *,
    vertical: str,
    model_version: str,
    as_of: date,
    run_id: str,
    computed_at: datetime,
) -> DataFrame:
    """Rows of SEGMENT_SCORES. Grain: one row per scored line.

    `assigned` as the model gives it: [subscriber_id, cluster, probability, margin, runner_up, is_outlier, assigned_by];
    `segments` are rows of SEGMENTS, those of other models are left aside.
    """
    is_of_model = (F.col("vertical") == vertical) & (F.col("model_version") == model_version)
    of_model = segments.filter(is_of_model).select("cluster", "segment_id")
    runner_up = of_model.select(F.col("cluster").alias("runner_up"), F.col("segment_id").alias("runner_up_segment_id"))
    held = assigned.join(F.broadcast(of_model), on="cluster", how="left")
    both = held.join(F.broadcast(runner_up), on="runner_up", how="left")
    stamps = {"vertical": F.lit(vertical), "model_version": F.lit(model_version), "as_of": F.lit(as_of)}
    stamps |= {"run_id": F.lit(run_id), "computed_at": F.lit(computed_at).cast("timestamp")}
    return both.withColumns(stamps).select(*SEGMENT_SCORES.column_names)


def published(scored: DataFrame, features: DataFrame, population: DataFrame, quality: DataFrame) -> DataFrame:
    """Rows of SEGMENT_ASSIGNMENTS but for the correction. Grain: one row per scored line.

    `scored` as `scores` gives it, of one vertical and day; `features`, with `n_imputed`, and `population` of the same;
    `quality` [subscriber_id, quality]. What is published is what the model said: nothing is held back yet.
    """
    of_features = features.select(
        "subscriber_id",
        "state",
        "missing_families",
        "staleness_periods",
        "features_version",
        "n_imputed",
        F.col("as_of").alias("feature_date"),
    )
    of_population = population.select("subscriber_id", "monthly_value")
    with_state = scored.join(of_features, on="subscriber_id", how="left")
    with_value = with_state.join(of_population, on="subscriber_id", how="left")
    with_quality = with_value.join(quality.select("subscriber_id", "quality"), on="subscriber_id", how="left")
    names = [name for name in SEGMENT_ASSIGNMENTS.column_names if name != "correction"]
    return with_quality.withColumn("raw_segment_id", F.col("segment_id")).select(*names)


def publish(tables_at: Store, rows: DataFrame, *, vertical: str, as_of: date) -> int:
    """Write what `published` gives; returns the correction that readers now see (0 for the first).

    Equal to what is there: nothing is written. Different in any line: all lines of the vertical and day are written
    again under the next correction, in one commit, and the earlier ones stay.

    Raises: ModelError when a line has no segment. Nothing is written then.
    """
    _require_segments(rows, vertical, as_of)
    stored = tables_at.read(SEGMENT_ASSIGNMENTS, as_of).filter(F.col("vertical") == vertical)
    last = stored.agg(F.max("correction").alias("correction")).first()["correction"]
    if last is not None:
        readable = stored.filter(F.col("correction") == last).drop("correction")
        if n_different(rows, readable) == 0:
            return int(last)
    correction = 0 if last is None else int(last) + 1
    numbered = rows.withColumn("correction", F.lit(correction).cast("int"))
    tables_at.replace(numbered, SEGMENT_ASSIGNMENTS, vertical=vertical, as_of=as_of, correction=correction)
    return correction


def n_different(rows: DataFrame, stored: DataFrame) -> int:
    """Lines that are in one of the two only, or differ in any column but run_id, computed_at and features_version.

    A new delivery gives all features another version: lines whose values did not move are no correction. Both are of
    one vertical and day, keyed by subscriber_id. Doubles may differ by DOUBLE_TOLERANCE.
    """
    left_out = SEGMENT_ASSIGNMENTS.volatile | {"correction", "subscriber_id", "features_version"}
    names = [name for name in SEGMENT_ASSIGNMENTS.column_names if name not in left_out]
    doubles = {column.name for column in SEGMENT_ASSIGNMENTS.columns if column.type == "double"}
    new = rows.select("subscriber_id", F.struct(*names).alias("new"))
    old = stored.select("subscriber_id", F.struct(*names).alias("old"))
    both = new.join(old, on="subscriber_id", how="full")
    is_equal = F.col("new").isNotNull() & F.col("old").isNotNull()
    for name in names:
        is_same = _is_near if name in doubles else Column.eqNullSafe
        is_equal = is_equal & is_same(F.col(f"new.{name}"), F.col(f"old.{name}"))
    return both.filter(~is_equal).count()


def _require_segments(rows: DataFrame, vertical: str, as_of: date) -> None:
    counts = rows.agg(F.count("*").alias("n"), F.count_if(F.col("segment_id").isNull()).alias("n_without")).first()
    if counts["n_without"]:
        raise ModelError(
            "lines have no segment: the model knows clusters that the table segments does not",
            where=f"segment_assignments, {vertical}, {as_of}",
            found=f"{counts['n_without']:,} of {counts['n']:,} lines",
            expected="a row of segments for every cluster of the model",
            remedy=f"segmentation fit-segments --vertical {vertical} --refit, then segmentation assign-segments",
        )


def newest(assignments: DataFrame) -> DataFrame:
    """What readers see: of every vertical and day the rows of the highest correction.

    Grain: one row per vertical, subscriber_id and as_of.
    """
    last = assignments.groupBy("vertical", "as_of").agg(F.max("correction").alias("correction"))
    return assignments.join(F.broadcast(last), on=["vertical", "as_of", "correction"], how="left_semi")


def current_assignments(tables_at: Store, vertical: str, as_of: date) -> DataFrame:
    """Rows of SEGMENT_ASSIGNMENTS of one vertical and day in their highest correction."""
    return newest(tables_at.read(SEGMENT_ASSIGNMENTS, as_of).filter(F.col("vertical") == vertical))


def segments_now(tables_at: Store) -> DataFrame:
    """The view `segments_now`. Grain: one row per vertical and line of the last day of the vertical."""
    assignments, segments = tables_at.read(SEGMENT_ASSIGNMENTS), tables_at.read(SEGMENTS)
    return tables_at.spark.sql(_NOW, assignments=assignments, segments=segments)


def keep_view(tables_at: Store) -> None:
    """Have the view `segments_now` stand in the catalogue beside its tables. A folder has none: nothing is done."""
    if not tables_at.is_folder:
        query = _NOW.format(assignments=tables_at.in_sql(SEGMENT_ASSIGNMENTS), segments=tables_at.in_sql(SEGMENTS))
        tables_at.keep_view(SEGMENTS_NOW, query)


def _is_near(new: Column, old: Column) -> Column:
    size = F.greatest(F.abs(new), F.abs(old), F.lit(1.0))
    return F.coalesce(F.abs(new - old) <= F.lit(DOUBLE_TOLERANCE) * size, new.isNull() & old.isNull())
