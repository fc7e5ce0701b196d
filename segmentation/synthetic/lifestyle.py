"""Feed lifestyle_monthly: streaming, social media, games, going out, shopping, travel."""

import math

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.delivery import month_arrival

MISSING_VALUES = 0.01


def lifestyle_monthly(line_months: DataFrame, of: Behaviour, amount_factor: float) -> DataFrame:
    """Lifestyle of a month as partners write it. Grain: svc_no, month_end."""
    streams = of.streams
    keys = (F.col("line"), F.col("month"))
    is_whole = ~F.col("is_leaving") & ~F.col("is_coming")
    is_told = streams.uniform("lifestyle.told", *keys) > of.effects.no_lifestyle_share
    values = {
        "stream_min": F.floor(of.level("streaming", math.log(1500), 0.55) * of.season(0.02, 1)),
        "social_min": F.floor(of.plain_level("social", math.log(1200), 0.55)),
        "game_min": F.floor(of.plain_level("gaming", math.log(300), 0.80)),
        "nights_out": streams.count(
            "lifestyle.nightlife", of.plain_level("nightlife", math.log(3.0), 0.50) * of.season(0.1, 7), 0.25, *keys
        ),
        "grocery_minor": F.floor(of.level("market", math.log(25_000), 0.45) * of.season(0.02, 12) * amount_factor),
        "away_days": F.least(
            streams.count(
                "lifestyle.travel", of.plain_level("travel", math.log(2.5), 0.55) * of.season(0.2, 8), 0.25, *keys
            ),
            F.lit(31),
        ),
    }
    return line_months.filter(is_whole & is_told).select(
        line_number(F.col("line")).alias("svc_no"),
        "month_end",
        *(
            F.when(streams.uniform(f"lifestyle.{name}.told", *keys) > MISSING_VALUES, value.cast("bigint")).alias(name)
            for name, value in values.items()
        ),
        month_arrival(streams, "lifestyle", *keys).alias("delivered"),
    )
