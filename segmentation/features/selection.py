"""Which features are not fitted on: those that others tell, that shift between periods, that know the future."""

import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from pyspark.sql import functions as F

from segmentation.features import catalogue
from segmentation.features.transformation import Numbers, is_known
from segmentation.settings import VerticalName
from segmentation.tables import Store, built

N_BINS = 10
SMALLEST_SHARE = 1e-4
"""A bin without a row counts as this share: the logarithm of 0 is none."""


def correlation(one: Numbers, other: Numbers) -> float:
    """Pearson correlation (0 when one of them does not vary)."""
    a, b = one - one.mean(), other - other.mean()
    size = float(np.sqrt((a * a).sum()) * np.sqrt((b * b).sum()))
    return float((a * b).sum()) / size if size > 0 else 0.0


def inflated(columns: Sequence[Numbers], most: float) -> dict[int, float]:
    """Places of columns to leave out, with their variance inflation: 1 / (1 - R2) of a column told by all others.

    The most inflated one goes first, of equal ones the later; then all are looked at again, until none is over `most`.
    Source: Belsley, Kuh and Welsch, Regression Diagnostics (1980), chapter 3.
    """
    left, dropped = list(range(len(columns))), {}
    while len(left) > 1:
        factors = _inflation(np.column_stack([columns[place] for place in left]))
        worst = max(range(len(left)), key=lambda at: (factors[at], at))
        if factors[worst] <= most:
            break
        dropped[left.pop(worst)] = float(factors[worst])
    return dropped


def _inflation(points: Numbers) -> Numbers:
    """Variance inflation of every column (infinite where the others tell it exactly; 1 where it does not vary)."""
    centred = points - points.mean(axis=0)
    sizes = np.sqrt((centred * centred).sum(axis=0))
    unit = centred / np.where(sizes > 0, sizes, 1.0)
    together = unit.T @ unit
    np.fill_diagonal(together, 1.0)
    values, vectors = np.linalg.eigh(together)
    # A direction without any spread says that some columns add up to another.
    kept = np.maximum(values, np.finfo(float).eps * len(values))
    return np.asarray((vectors * vectors / kept).sum(axis=1))


def instability(now: Numbers, before: Numbers) -> float:
    """Population stability index of one feature between two periods (0 is the same; over 0.25 is called a shift).

    Bins are the tenths of the period before, missing values one of their own. Null (nan) without a row in either.
    Source: Siddiqi, Credit Risk Scorecards (2006), chapter 9.
    """
    if not len(now) or not len(before):
        return float("nan")
    known = before[is_known(before)]
    inner = np.unique(np.quantile(known, np.linspace(0, 1, N_BINS + 1)[1:-1])) if known.size else np.empty(0)
    shares = [_shares(values, inner) for values in (now, before)]
    return float(((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum())


def _shares(values: Numbers, inner: Numbers) -> Numbers:
    is_there = is_known(values)
    counts = np.bincount(np.searchsorted(inner, values[is_there], side="left"), minlength=len(inner) + 1)
    every = np.append(counts, len(values) - is_there.sum()) / len(values)
    return np.maximum(every, SMALLEST_SHARE)


def leaks(tables_at: Store, vertical: VerticalName, names: Sequence[str], as_of: date) -> Mapping[str, float]:
    """Correlation, without its sign, of each feature with the churn of its line later, as far as that was known.

    A feature that tells churn nearly by itself was made from it. Of all days whose outcomes were known on the day; a
    feature that did not vary there is not named. This is all that what became of a line is used for before a fit.
    """
    is_known_then = (F.col("vertical") == str(VerticalName(vertical))) & (F.col("known_on") <= F.lit(as_of))
    churned = F.col("is_churned").cast("double").alias("_churned")
    told = tables_at.read(built.OUTCOMES).filter(is_known_then).select("subscriber_id", "as_of", churned)
    features = tables_at.read(catalogue.feature_table(vertical)).select("subscriber_id", "as_of", *names)
    both = features.join(told, on=["subscriber_id", "as_of"], how="inner")
    with_flag = [F.corr(name, "_churned").alias(name) for name in names]
    found = both.agg(*with_flag).collect()[0].asDict()
    return {name: abs(value) for name, value in found.items() if value is not None and not math.isnan(value)}
