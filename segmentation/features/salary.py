"""Salary bracket of a line on a day, how it moved, and what is spent for it. `use_salary` keeps it out of every fit."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, RATIO_TO, Feature, Words, fitted, profiled
from segmentation.features.household import latest_holding
from segmentation.features.windows import WINDOW_PERIODS, ratio
from segmentation.periods import months_before
from segmentation.tables import PersonalData, clean

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
    Feature(
        "salary_change",
        "salary",
        f"Salary brackets gained in {WINDOW_PERIODS} months",
        "-9..9",
        Words("whether their salary rises", "earns more than before", "earns less than before"),
        "salary not known now or then",
        profiled(*ALL),
        (clean.SALARY_BRACKETS.name,),
        sensitivity=PersonalData.SENSITIVE,
    ),
    Feature(
        "spending_for_salary",
        "salary",
        "Monthly value over the mean of the vertical's lines with the same salary bracket",
        f"{RATIO_TO}others of that salary",
        Words("how much they spend for what they earn", "spends much of the salary", "spends little of the salary"),
        "salary or revenue not known",
        profiled(*ALL),
        (clean.SALARY_BRACKETS.name, clean.USAGE_DAILY.name, clean.RECHARGES.name, clean.INVOICES.name),
        "log",
        PersonalData.SENSITIVE,
    ),
)


def salary_features(lines: DataFrame, salary_brackets: DataFrame, day: date) -> DataFrame:
    """Salary bracket that holds on the day (the latest begun), its change, and spending. Grain: as `lines`.

    Needs `subscriber_id`, `vertical`, `monthly_value`.
    """
    now = _brackets(salary_brackets, day, "salary_bracket")
    then = _brackets(salary_brackets, months_before(day, WINDOW_PERIODS), "earlier_bracket")
    own = lines.select("subscriber_id", "vertical", "monthly_value").join(now, on="subscriber_id", how="left")
    valued = F.sum("monthly_value").cast("double") / F.count("monthly_value")
    usual = (
        own.filter(F.col("monthly_value").isNotNull()).groupBy("vertical", "salary_bracket").agg(valued.alias("usual"))
    )
    known = own.join(F.broadcast(usual), on=["vertical", "salary_bracket"], how="left")
    return known.join(then, on="subscriber_id", how="left").select(
        "subscriber_id",
        F.col("salary_bracket").cast("double").alias("salary_bracket"),
        (F.col("salary_bracket") - F.col("earlier_bracket")).cast("double").alias("salary_change"),
        ratio(F.col("monthly_value"), F.col("usual")).alias("spending_for_salary"),
    )


def _brackets(salary_brackets: DataFrame, day: date, name: str) -> DataFrame:
    """The bracket of a line that holds on a day. Grain: subscriber_id."""
    return latest_holding(salary_brackets, day).select("subscriber_id", F.col("salary_bracket").alias(name))
