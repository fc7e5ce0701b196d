"""The device of a mobile line: shown in profiles, never fitted on."""

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import MOBILE, YEARS, Feature, Words, profiled
from segmentation.features.household import latest_holding
from segmentation.tables import clean

FEATURES = (
    Feature(
        "device_age_years",
        "device",
        "Years since the model of the device came out",
        YEARS,
        Words("how old the device is", "has an old device", "has a new device"),
        "device not known",
        profiled(*MOBILE),
        (clean.DEVICES.name,),
    ),
    Feature(
        "is_5g_device",
        "device",
        "Whether the device can use 5G",
        "0 or 1",
        Words("whether they have a 5G device", "has a 5G device", "has no 5G device"),
        "device not known",
        profiled(*MOBILE),
        (clean.DEVICES.name,),
    ),
    Feature(
        "is_flagship_device",
        "device",
        "Whether the device is a flagship",
        "0 or 1",
        Words("whether they have a flagship phone", "has a flagship phone", "has no flagship phone"),
        "device not known",
        profiled(*MOBILE),
        (clean.DEVICES.name,),
    ),
    Feature(
        "is_basic_device",
        "device",
        "Whether the device is a basic phone",
        "0 or 1",
        Words("whether they have a basic phone", "has a basic phone", "has a smartphone"),
        "device not known",
        profiled(*MOBILE),
        (clean.DEVICES.name,),
    ),
)


def device_features(lines: DataFrame, devices: DataFrame, day: date) -> DataFrame:
    """Age and kind of the device on the day. Grain: as `lines`. Needs `subscriber_id`."""
    known = latest_holding(devices, day).select(
        "subscriber_id",
        (F.lit(day.year) - F.col("release_year")).cast("double").alias("device_age_years"),
        F.col("is_5g").cast("double").alias("is_5g_device"),
        (F.col("device_class") == "flagship").cast("double").alias("is_flagship_device"),
        (F.col("device_class") == "basic").cast("double").alias("is_basic_device"),
    )
    return lines.select("subscriber_id").join(known, on="subscriber_id", how="left")
