"""What people say of themselves in surveys: shown in profiles, never fitted on."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, Feature, Words, profiled
from segmentation.periods import months_before
from segmentation.tables import PersonalData, clean

MONTHS = 24
"""An older answer says nothing of a person as they are."""
QUESTIONS = {"recommends": "recommend", "minds_price": "price", "likes_new": "novelty"}
"""The question of the clean table that tells each feature. Answers are 0 not at all to 10 very much."""


def _feature(name: str, about: str, words: Words) -> Feature:
    return Feature(
        name,
        "psychographic",
        f"{about}: the newest answer of {MONTHS} months",
        "0..10",
        words,
        f"no answer in {MONTHS} months",
        profiled(*ALL),
        (clean.SURVEYS.name,),
        sensitivity=PersonalData.QUASI,
    )


FEATURES = (
    _feature(
        "recommends",
        "How likely they are to recommend us",
        Words("whether they recommend us", "recommends us", "does not recommend us"),
    ),
    _feature(
        "minds_price",
        "How much the price decides",
        Words("how much they mind the price", "looks at the price first", "does not mind the price"),
    ),
    _feature(
        "likes_new",
        "How much they like new devices and services",
        Words("how much they like what is new", "tries what is new", "keeps to what they know"),
    ),
)


def psychographic_features(lines: DataFrame, surveys: DataFrame, day: date) -> DataFrame:
    """The newest answers of the lines by the day. Grain: as `lines`. Needs `subscriber_id`; answers up to the day."""
    lately = surveys.filter(F.col("day") > F.lit(months_before(day, MONTHS)))
    in_order = F.struct("day", "answer_id")
    newest = lately.groupBy("subscriber_id").agg(
        *(
            F.max_by("answer", F.when(F.col("question") == question, in_order)).cast("double").alias(name)
            for name, question in QUESTIONS.items()
        )
    )
    return lines.select("subscriber_id").join(newest, on="subscriber_id", how="left")
