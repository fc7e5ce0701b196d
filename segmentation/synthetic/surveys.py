"""Feed surveys: what some customers answer when they are asked."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.delivery import delivered, reference
from segmentation.synthetic.randomness import Streams

SURVEY_DAY = 14
"""Day of the month on which answers come in."""


def surveys(line_months: DataFrame, of: Behaviour) -> DataFrame:
    """Answers as the operator writes them, three questions a survey, 0-10. Grain: answer_ref."""
    streams = of.streams
    keys = (F.col("line"), F.col("month"))
    answers = {
        "RECOMMEND": 7.0 - 1.2 * of.latent("anger"),
        "PRICE": 5.5 - 1.0 * of.settled_latent("salary"),
        "NOVELTY": 5.0 + 0.8 * of.settled_latent("salary"),
    }
    day = F.date_add(F.trunc("month_end", "month"), SURVEY_DAY - 1)
    is_asked = day.between(F.col("first_day"), F.col("last_day"))
    asked = line_months.filter(is_asked & streams.happens("survey.answered", of.effects.answered_share, *keys))
    questions = F.array(*(_question(streams, name, level, *keys) for name, level in answers.items()))
    each = asked.select("line", "month", day.alias("day"), F.explode(questions).alias("told"))
    own = (*keys, F.col("told.question"))
    return each.select(
        reference(streams, "Q", "survey", *own).alias("answer_ref"),
        line_number(F.col("line")).alias("phone"),
        F.col("day").cast("string").alias("answered_on"),
        F.lit("YEARLY").alias("survey"),
        F.col("told.question").alias("question"),
        F.col("told.score").alias("score"),
        delivered(of, "survey", F.col("day"), *own).alias("delivered"),
    )


def _question(streams: Streams, name: str, level: Column, *keys: Column) -> Column:
    score = F.round(level + 1.8 * streams.normal(f"survey.{name.lower()}", *keys))
    held = F.greatest(F.least(score, F.lit(10)), F.lit(0)).cast("int")
    return F.struct(F.lit(name).alias("question"), held.alias("score"))
