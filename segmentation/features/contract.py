"""The clock of a line: how long it has been there and how long it is bound; and what it is worth."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, CONTRACT, HOME, MONTHS, PAYG, PLAN, Feature, Words, both, profiled
from segmentation.tables import clean
from segmentation.tables.clean import MONEY

FEATURES = (
    Feature(
        "tenure_months",
        "contract",
        "Whole months since the line was first active, in any vertical",
        MONTHS,
        Words("how long they have been with us", "has been with us for long", "came to us lately"),
        "first day not known",
        both((PLAN,), (PAYG, HOME)),
        (clean.SERVICE_SPELLS.name,),
        "log",
    ),
    Feature(
        "contract_months_left",
        "contract",
        "Months until the contract ends; 0 once it ran out",
        MONTHS,
        Words("how far off the end of the contract is", "is bound for long", "has a contract about to end"),
        "no contract with an end",
        both((PLAN,), (HOME,)),
        (clean.SERVICE_SPELLS.name,),
    ),
    Feature(
        "months_since_upgrade",
        "contract",
        "Months since the last upgrade of the product",
        MONTHS,
        Words("how long ago they last upgraded", "has not upgraded for long", "upgraded lately"),
        "no upgrade known",
        profiled(*CONTRACT),
        (clean.SUBSCRIPTION_EVENTS.name,),
        "log",
    ),
)
VALUE_FEATURES = (
    Feature(
        "monthly_value",
        "value",
        "Net revenue without tax of the period, less service cost where given",
        MONEY,
        Words("how much they are worth", "is worth much", "is worth little"),
        "revenue not known",
        profiled(*ALL),
        (clean.USAGE_DAILY.name, clean.RECHARGES.name, clean.INVOICES.name),
        "log",
    ),
)


def contract_features(lines: DataFrame, events: DataFrame, day: date) -> DataFrame:
    """Tenure, contract clock, last upgrade and value on the day. Grain: as `lines`.

    Needs those columns of the population; of the subscription events, those up to the day.
    """
    days_left = F.greatest(F.date_diff(F.col("contract_end"), F.lit(day)), F.lit(0))
    months_left = F.months_between(F.date_add(F.lit(day), days_left), F.lit(day))
    upgraded = F.max(F.when(F.col("event_kind") == "upgrade", F.col("day"))).alias("upgraded_on")
    last_upgrade = events.groupBy("subscriber_id").agg(upgraded)
    since_upgrade = F.months_between(F.lit(day), F.col("upgraded_on"))
    return lines.join(last_upgrade, on="subscriber_id", how="left").select(
        "subscriber_id",
        F.col("tenure_months").cast("double").alias("tenure_months"),
        F.when(F.col("contract_end").isNotNull(), months_left).alias("contract_months_left"),
        since_upgrade.alias("months_since_upgrade"),
        F.col("monthly_value").cast("double").alias("monthly_value"),
    )
