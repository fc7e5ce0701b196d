"""Age, gender, place and moves: shown in profiles, never fitted on."""

from datetime import date
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from segmentation.features.feature import ALL, SHARE, YEARS, Feature, Skew, Words, profiled
from segmentation.features.household import latest_holding
from segmentation.features.windows import share
from segmentation.periods import months_before
from segmentation.tables import PersonalData, clean
from segmentation.tables.store import holding_on

MONTHS_OF_MOVES = 12
OLDEST = 115
"""Years. Who would be older, or not born yet, has a year of birth that somebody made up."""


def _shown(
    name: str, family: str, about: str, unit: str, words: Words, null_means: str, skew: Skew = "none"
) -> Feature:
    needs = (clean.SUBSCRIBERS.name,)
    return Feature(name, family, about, unit, words, null_means, profiled(*ALL), needs, skew, PersonalData.QUASI)


FEATURES = (
    _shown(
        "age_years",
        "demographic",
        "Age",
        YEARS,
        Words("how old they are", "is older", "is younger"),
        f"year of birth not known, or one of nobody up to {OLDEST}",
    ),
    _shown(
        "is_female",
        "demographic",
        "Whether the customer is a woman",
        "0 or 1",
        Words("whether they are women", "is a woman", "is a man"),
        "gender not told, or neither",
    ),
    _shown(
        "region_share",
        "geography",
        "Share of all lines with a known region that are in the region of the line",
        SHARE,
        Words("how many of our lines are in their region", "lives where we have many lines", "lives where we have few"),
        "region not known",
    ),
    _shown(
        "is_urban",
        "geography",
        "Whether the address is in a town",
        "0 or 1",
        Words("whether they live in town", "lives in town", "lives in the country"),
        "address not known",
    ),
    _shown(
        "moves_per_year",
        "geography",
        "Changes of dwelling, region or kind of place in the last 12 months",
        "a year",
        Words("how often they move", "moved lately", "stays where they are"),
        "address not known",
    ),
    _shown(
        "km_moved",
        "geography",
        "Distance of the last move in 12 months",
        "km",
        Words("how far they moved", "moved far away", "moved around the corner"),
        "no move, or coordinates not known",
        "log",
    ),
)
FEMALE = "female"
GENDERS = (FEMALE, "male")
_PLACE = ("household_id", "region", "is_urban")
"""What tells one place from another where both are known; coordinates that are found out later are no move."""
_EARTH_KM = 6371.0088
"""Mean radius of the earth (IUGG)."""


def demographic_features(lines: DataFrame, subscribers: DataFrame, day: date) -> DataFrame:
    """Age, gender, place on the day and moves of a year. Grain: as `lines`.

    Needs `subscriber_id`; of the subscribers, rows begun by the day.
    """
    age = F.lit(day.year) - F.col("birth_year")
    there = latest_holding(subscribers, day).join(F.broadcast(_regions(subscribers, day)), on="region", how="left")
    known = there.select(
        "subscriber_id",
        F.when(age.between(0, OLDEST), age).cast("double").alias("age_years"),
        F.when(F.col("gender").isin(*GENDERS), F.col("gender") == FEMALE).cast("double").alias("is_female"),
        "region_share",
        F.col("is_urban").cast("double").alias("is_urban"),
    )
    moved = _moves(subscribers, day)
    both = known.join(moved, on="subscriber_id", how="left")
    return lines.select("subscriber_id").join(both, on="subscriber_id", how="left")


def _regions(subscribers: DataFrame, day: date) -> DataFrame:
    """`region_share`: lines that are in a region on the day, as a share of all with a known one. Grain: region."""
    sizes = (
        holding_on(subscribers, day).filter(F.col("region").isNotNull()).groupBy("region").agg(F.count("*").alias("n"))
    )
    n_all = F.sum("n").over(Window.partitionBy(F.lit(0)))
    return sizes.select("region", share(F.col("n"), n_all).alias("region_share"))


def _moves(subscribers: DataFrame, day: date) -> DataFrame:
    """Moves of the year up to the day and how far the last one went. Grain: subscriber_id, of known addresses."""
    in_turn = Window.partitionBy("subscriber_id").orderBy("valid_from")
    place = F.struct(*_PLACE, "latitude", "longitude")
    is_known = F.coalesce("household_id", "region").isNotNull()
    began = subscribers.filter((F.col("valid_from") <= F.lit(day)) & is_known)
    placed = began.select("subscriber_id", "valid_from", place.alias("now"), F.lag(place).over(in_turn).alias("before"))
    differ = (F.col("now")[name] != F.col("before")[name] for name in _PLACE)
    is_elsewhere = reduce(or_, (F.coalesce(differs, F.lit(False)) for differs in differ))
    is_move = is_elsewhere & (F.col("valid_from") > F.lit(months_before(day, MONTHS_OF_MOVES)))
    distance = F.max_by(_km(F.col("before"), F.col("now")), F.when(is_move, F.col("valid_from")))
    return placed.groupBy("subscriber_id").agg(
        F.count_if(is_move).cast("double").alias("moves_per_year"), distance.alias("km_moved")
    )


def _km(one: Column, other: Column) -> Column:
    """Great-circle distance in km (null without coordinates). Source: haversine formula, Sinnott 1984."""
    # Apache Sedona, whose JAR is there for GraphFrames, has this as ST_DistanceSphere. But not every platform has the
    # JAR, and its extension adds rules to every query and reports each start of a session to a server outside.
    north, south = F.radians(one["latitude"]), F.radians(other["latitude"])
    apart = F.radians(other["longitude"]) - F.radians(one["longitude"])
    half = F.pow(F.sin((south - north) / 2), 2) + F.cos(north) * F.cos(south) * F.pow(F.sin(apart / 2), 2)
    return F.lit(2 * _EARTH_KM) * F.asin(F.sqrt(F.least(half, F.lit(1.0))))
