"""Which features are not fitted on: those that others tell, that shift between periods, that know the future."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from segmentation.features import catalogue
from segmentation.features.transformation import Numbers, is_known
from segmentation.settings import VerticalName
from segmentation.tables import Store, built

N_BINS = 10
SMALLEST_SHARE = 1e-4
"""A bin without a row counts as this share: the logarithm of 0 is none."""
FEWEST_CASES = 5
"""An outcome that fewer lines with a value had, or had not, is not looked for: chance alone may tell so few apart."""
_OUTCOME, _IS_SO = "_outcome", "_is_so"


@dataclass(frozen=True)
class Leak:
    """The outcome that a feature tells best, and its correlation with that, without its sign."""

    outcome: str
    correlation: float


@dataclass(frozen=True)
class Leaks:
    """How well features tell what came later."""

    strongest: Mapping[str, Leak] = field(default_factory=dict)
    """By feature; one that did not vary where an outcome was known is not named."""
    sought: tuple[str, ...] = ()
    """Outcomes that were known of enough lines to be looked for."""


NO_LEAKS = Leaks()
"""Of a fit that nobody has looked for leaks before."""


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


def leaks(tables_at: Store, vertical: VerticalName, names: Sequence[str], as_of: date) -> Leaks:
    """How well each feature tells what became of its line later, as far as that was known on the day.

    What either happened to a line or did not is looked at: churn, and a move to each other vertical, each within each
    horizon. A feature that tells one of them nearly by itself was made from it. The value of the months ahead is not:
    who spends much goes on to spend much, so what lawfully tells it would look like a leak.
    Of all days whose outcomes were known on the day. This is all that what became of a line is used for before a fit.
    """
    told = _what_became(tables_at, vertical, as_of)
    features = tables_at.read(catalogue.feature_table(vertical)).select("subscriber_id", "as_of", *names)
    both = features.join(told, on=["subscriber_id", "as_of"], how="inner")
    rows = both.groupBy(_OUTCOME).agg(*map(_told_by, names)).orderBy(_OUTCOME).collect() if names else []
    strongest: dict[str, Leak] = {}
    for row in rows:
        for name in names:
            leak = _leak(row[_OUTCOME], row[name])
            if leak is not None and (name not in strongest or leak.correlation > strongest[name].correlation):
                strongest[name] = leak
    sought = (row[_OUTCOME] for row in rows if any(_leak(row[_OUTCOME], row[name]) for name in names))
    return Leaks(strongest, tuple(sought))


def _what_became(tables_at: Store, vertical: VerticalName, as_of: date) -> DataFrame:
    """Whether an outcome came about, as 1 or 0. Grain: subscriber_id, as_of, outcome. Of known outcomes only."""
    is_known_then = (F.col("vertical") == str(VerticalName(vertical))) & (F.col("known_on") <= F.lit(as_of))
    others = [name for name in VerticalName if name != VerticalName(vertical)]
    flags = {
        "churn": F.col("is_churned"),
        **{f"a move to {name}": F.col("moved_to").eqNullSafe(F.lit(str(name))) for name in others},
    }
    months = F.when(F.col("horizon_months") == 1, F.lit("month")).otherwise(F.lit("months"))
    named = [
        F.struct(
            F.concat_ws(" ", F.lit(outcome), F.lit("within"), F.col("horizon_months").cast("string"), months).alias(
                _OUTCOME
            ),
            is_so.cast("double").alias(_IS_SO),
        )
        for outcome, is_so in flags.items()
    ]
    known = tables_at.read(built.OUTCOMES).filter(is_known_then)
    return known.select("subscriber_id", "as_of", F.explode(F.array(*named)).alias("told")).select(
        "subscriber_id", "as_of", "told.*"
    )


def _told_by(name: str) -> Column:
    """Correlation of a feature with the outcome, and lines with a value of it that had the outcome, and had it not."""
    value, is_so = F.col(name), F.when(F.col(name).isNotNull(), F.col(_IS_SO))
    # corr divides by a spread of 0 and ends the query.
    spreads = F.stddev_pop(F.when(is_so.isNotNull(), value)) * F.stddev_pop(is_so)
    return F.struct(
        F.try_divide(F.covar_pop(value, is_so), spreads).alias("correlation"),
        F.count_if(is_so == 1).alias("n_had"),
        F.count_if(is_so == 0).alias("n_had_not"),
    ).alias(name)


def _leak(outcome: str, told: Row) -> Leak | None:
    """None where too few lines tell, or the feature did not vary."""
    correlation = told["correlation"]
    if min(told["n_had"], told["n_had_not"]) < FEWEST_CASES or correlation is None or math.isnan(correlation):
        return None
    return Leak(outcome, round(abs(correlation), 9))


def looked_for(found: Leaks) -> tuple[str, ...]:
    """Which outcomes features were held against, in words."""
    return (f"features were held against what came later: {', '.join(found.sought)}",) if found.sought else ()


def not_looked_for(as_of: date, found: Leaks, *, has_earlier: bool) -> tuple[str, ...]:
    """What could not be looked for before a fit, in words: all of it in the first run of a base.

    A run fits on the first of its days, so that none is known of before; `build-features --month` of months before
    that, ahead of the run, makes up for it.
    """
    told = []
    if not found.sought:
        told.append(
            f"features made from what came later were not looked for: by {as_of} it was known of too few lines of "
            "earlier days what became of them"
        )
    if not has_earlier:
        told.append(f"features that have shifted were not looked for: there are no lines of a day before {as_of}")
    return tuple(told)
