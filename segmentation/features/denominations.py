"""Denominations of recharges: the usual one, how many there are, and which are small, middle or large.

Small and large are told by the mean recharge of the base, so that they mean the same in any currency.
"""

from collections.abc import Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features.feature import PAYG, SHARE, Feature, Skew, Words, profiled
from segmentation.features.windows import share
from segmentation.tables import clean
from segmentation.tables.clean import MONEY

SMALL_PART, LARGE_TIMES = 0.5, 2
"""A recharge of less than this part of the mean one is small, one of at least so many times as much is large."""
BANDS = ("small", "middle", "large")


def _shown(name: str, about: str, unit: str, words: Words, skew: Skew) -> Feature:
    needs = (clean.RECHARGES.name,)
    return Feature(name, "recharge", about, unit, words, "no recharge in 6 periods", profiled(PAYG), needs, skew)


def _band(name: str, of_what: str, words: Words) -> Feature:
    about = f"Share of the recharges of 6 periods that are of {of_what}"
    return _shown(f"{name}_recharge_share", about, SHARE, words, "none")


FEATURES = (
    _shown(
        "usual_recharge_amount",
        "Amount recharged most often in 6 periods; of several the largest",
        MONEY,
        Words("how large their usual top-up is", "tops up large amounts", "tops up small amounts"),
        "log",
    ),
    _shown(
        "usual_amount_share",
        "Share of the recharges of 6 periods that are of the usual amount",
        SHARE,
        Words(
            "how fixed the amount of a top-up is", "always tops up the same amount", "tops up many different amounts"
        ),
        "none",
    ),
    _shown(
        "recharge_denominations",
        "Different amounts recharged in 6 periods",
        "count",
        Words(
            "how many different amounts they top up", "tops up many different amounts", "always tops up the same amount"
        ),
        "log",
    ),
    _band(
        "small",
        "less than half the mean recharge of the base",
        Words("how much of their top-ups is small", "tops up in small amounts", "hardly tops up small amounts"),
    ),
    _band(
        "middle",
        "half to twice the mean recharge of the base",
        Words("how much of their top-ups is middling", "tops up in middling amounts", "tops up small or large amounts"),
    ),
    _band(
        "large",
        "at least twice the mean recharge of the base",
        Words("how much of their top-ups is large", "tops up in large amounts", "hardly tops up large amounts"),
    ),
)


def of_amounts(amounts: Column, base_mean: Column) -> list[Column]:
    """The features out of all amounts of a window, and the mean recharge of the base."""
    usual = _most_frequent(amounts)
    return [
        usual["amount"].cast("double").alias("usual_recharge_amount"),
        share(usual["n"], F.array_size(amounts)).alias("usual_amount_share"),
        F.nullif(F.array_size(F.array_distinct(amounts)), F.lit(0)).cast("double").alias("recharge_denominations"),
        *_shares_by_band(amounts, base_mean),
    ]


def mean_of_base(partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """`base_mean`, the mean recharge of all lines over the window (null where none was made). Grain: one row."""
    mean = F.try_divide(F.sum("recharge_amount").cast("double"), F.sum("n_recharges"))
    return partials.filter(F.col("period").isin(list(ends))).agg(mean.alias("base_mean"))


def _most_frequent(amounts: Column) -> Column:
    """The amount that comes most often, of several the largest, and how often: a struct (null without any)."""
    times = F.transform(
        F.array_distinct(amounts),
        lambda one: F.struct(
            F.array_size(F.filter(amounts, lambda other: other == one)).alias("n"), one.alias("amount")
        ),
    )
    return F.array_max(times)


def _shares_by_band(amounts: Column, base_mean: Column) -> list[Column]:
    """Shares of the amounts by band; together 1 (null without any amount, or a mean recharge)."""
    smallest_middle, smallest_large = base_mean * SMALL_PART, base_mean * LARGE_TIMES
    n_small = F.array_size(F.filter(amounts, lambda amount: amount < smallest_middle))
    n_large = F.array_size(F.filter(amounts, lambda amount: amount >= smallest_large))
    n_all = F.when(base_mean > 0, F.array_size(amounts))
    n_by_band = (n_small, n_all - n_small - n_large, n_large)
    return [share(n, n_all).alias(f"{band}_recharge_share") for band, n in zip(BANDS, n_by_band, strict=True)]
