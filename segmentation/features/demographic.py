"""Age and place: shown in profiles, never fitted on."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, YEARS, Feature, Words, profiled
from segmentation.features.household import latest_holding
from segmentation.tables import PersonalData, clean

FEATURES = (
    Feature(
        "age_years",
        "demographic",
        "Age",
        YEARS,
        Words("how old they are", "is older", "is younger"),
        "year of birth not known",
        profiled(*ALL),
        (clean.SUBSCRIBERS.name,),
        sensitivity=PersonalData.QUASI,
    ),
    Feature(
        "is_urban",
        "demographic",
        "Whether the address is in a town",
        "0 or 1",
        Words("whether they live in town", "lives in town", "lives in the country"),
        "address not known",
        profiled(*ALL),
        (clean.SUBSCRIBERS.name,),
        sensitivity=PersonalData.QUASI,
    ),
)


def demographic_features(lines: DataFrame, subscribers: DataFrame, day: date) -> DataFrame:
    """Age and place on the day. Grain: as `lines`. Needs `subscriber_id`."""
    known = latest_holding(subscribers, day).select(
        "subscriber_id",
        (F.lit(day.year) - F.col("birth_year")).cast("double").alias("age_years"),
        F.col("is_urban").cast("double").alias("is_urban"),
    )
    return lines.select("subscriber_id").join(known, on="subscriber_id", how="left")
