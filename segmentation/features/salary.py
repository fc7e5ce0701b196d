"""Salary bracket of a line on a day. One setting, `use_salary`, keeps it out of every fit."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, Feature, Words, fitted
from segmentation.tables import PersonalData, clean
from segmentation.tables.store import holding_on

FEATURES = (
    Feature(
        "salary_bracket",
        "salary",
        "Salary in ten equal groups of the country",
        "1..10",
        Words("how much they earn", "earns much", "earns little"),
        "salary not known",
        fitted(*ALL),
        (clean.SALARY_BRACKETS.name,),
        sensitivity=PersonalData.SENSITIVE,
    ),
)


def salary_features(lines: DataFrame, salary_brackets: DataFrame, day: date) -> DataFrame:
    """Salary bracket that holds on the day (the latest begun). Grain: as `lines`. Needs `subscriber_id`."""
    holding = holding_on(salary_brackets, day)
    latest = holding.groupBy("subscriber_id").agg(F.max_by("salary_bracket", "valid_from").alias("salary_bracket"))
    known = latest.select("subscriber_id", F.col("salary_bracket").cast("double").alias("salary_bracket"))
    return lines.select("subscriber_id").join(known, on="subscriber_id", how="left")
