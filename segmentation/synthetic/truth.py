"""What was planted: the segment of every line at every month's end, and its moves."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.privacy.tokens import token
from segmentation.synthetic import segments
from segmentation.synthetic.base import identifier, line_number
from segmentation.synthetic.randomness import lookup

GONE = "gone"


def tokens(line_months: DataFrame, secret: bytes) -> DataFrame:
    """The pseudonym of every line. Grain: line."""
    subscriber = token(secret, "subscriber")
    numbers = line_months.select("line").distinct().withColumn("number", line_number(F.col("line")))
    return numbers.select("line", subscriber(F.col("number")).alias("subscriber_id"))


def truth_persons(lines_there: DataFrame, secret: bytes) -> DataFrame:
    """The person behind every customer number. Grain: customer_id."""
    customer = token(secret, "customer")
    known = lines_there.select("customer", "known_as").distinct()
    return known.select(
        customer(identifier("C", F.col("known_as"))).alias("customer_id"),
        customer(identifier("C", F.col("customer"))).alias("person_id"),
    )


def truth_segments(line_months: DataFrame, tokens_of_lines: DataFrame) -> DataFrame:
    """Segment of every line that is there at the end of a month. Grain: vertical, subscriber_id, as_of."""
    there = line_months.filter(~F.col("is_leaving")).join(tokens_of_lines, on="line", how="inner")
    return there.select(
        "vertical",
        "subscriber_id",
        F.col("month_end").alias("as_of"),
        lookup(segments.NAMES, F.col("segment"), "string").alias("segment_name"),
        ((F.col("ramp") > 0) | (F.col("leaving") > 0)).alias("is_moving"),
    )


def truth_moves(line_months: DataFrame, tokens_of_lines: DataFrame) -> DataFrame:
    """Moves in the month in which they happen. Grain: subscriber_id, as_of."""
    names = lookup(segments.NAMES, F.col("segment"), "string")
    before = lookup(segments.NAMES, F.col("previous"), "string")
    verticals = [segment.vertical for segment in segments.SEGMENTS]
    has_migrated = lookup(verticals, F.col("previous"), "string") != F.col("vertical")
    has_moved = F.col("previous").isNotNull() & (F.col("previous") != F.col("segment")) & ~F.col("is_leaving")
    kind = (
        F.when(F.col("is_leaving"), "churn")
        .when(F.col("is_return"), "return")
        .when(has_moved & has_migrated, "migration")
        .when(has_moved, "segment")
    )
    moves = line_months.withColumn("move_kind", kind).filter(F.col("move_kind").isNotNull())
    return moves.join(tokens_of_lines, on="line", how="inner").select(
        "subscriber_id",
        F.col("month_end").alias("as_of"),
        F.when(F.col("is_return"), F.lit(GONE))
        .when(F.col("is_leaving"), names)
        .otherwise(before)
        .alias("from_segment"),
        F.when(F.col("is_leaving"), F.lit(GONE)).otherwise(names).alias("to_segment"),
        "move_kind",
        F.when(F.col("is_leaving"), F.col("cause")).alias("cause"),
    )
