"""Make features ready to be compared: learn a preparation from a sample of rows, and put it to use on all of them."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.errors import DataError
from segmentation.features import selection
from segmentation.features.feature import Feature
from segmentation.features.selection import NO_LEAKS, Leaks
from segmentation.features.transformation import LARGEST, Numbers, Preparation, Step, filled, is_known, signed_log
from segmentation.settings import PreparationSettings

__all__ = ["Preparation", "fit_preparation", "learn", "n_imputed", "nodes", "sample"]

NODES = "subscriber_id string, features array<double>"
UNIT_QUANTILE = 0.1
"""Unit of logarithms: a small but usual value, so that 0 falls just below the smallest ones."""
SMALLEST_UNIT = 1e-12
"""Of the largest value: below that the logarithm would tell rounding apart."""
IQR_OF_NORMAL = 1.349
"""Quartile distance of a normal distribution with spread 1."""
FLAT = 1e-9
"""A spread this small against the size of the values is rounding."""
PRECISION_BITS = 20


def fit_preparation(
    features: DataFrame,
    candidates: Sequence[Feature],
    settings: PreparationSettings,
    *,
    earlier: DataFrame | None = None,
    leaks: Leaks = NO_LEAKS,
) -> Preparation:
    """The preparation of the candidates, learnt from the rows with the lowest hash of their key.

    `earlier` are features of the day before, to see what has shifted; `leaks` as `selection.leaks` gives them.

    Raises: DataError when no feature is left, with the reason for each.
    """
    names = [feature.name for feature in candidates]
    before = None if earlier is None else sample(earlier, names, settings.sample_rows)
    values = sample(features, names, settings.sample_rows)
    return learn(values, candidates, settings, before=before, leaks=leaks)


def nodes(features: DataFrame, preparation: Preparation) -> DataFrame:
    """Prepared features [subscriber_id, features array<double>]. Grain: unchanged. Needs the raw names."""
    raw = features.select("subscriber_id", *(F.col(name).cast("double").alias(name) for name in preparation.raw_names))

    def prepare(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            values = batch[list(preparation.raw_names)].to_numpy(dtype=np.float64)
            points = list(preparation.transform(values))
            yield pd.DataFrame({"subscriber_id": batch["subscriber_id"].to_numpy(), "features": points})

    return raw.mapInPandas(prepare, schema=NODES)


def n_imputed(preparation: Preparation) -> Column:
    """How many of the fitted features of a row are missing and take the median. Needs the raw names.

    The same as `Preparation.n_imputed` gives for the values of the row.
    """
    values = F.array(*(F.col(name).cast("double") for name in preparation.raw_names))
    # Spark holds nan to be larger than any number, so it is not known either.
    known = F.filter(values, lambda value: F.abs(value) <= LARGEST)
    return F.size(values) - F.size(known)


def sample(features: DataFrame, names: Sequence[str], n_rows: int) -> Numbers:
    """Values (n, d) of the `n_rows` rows with the lowest hash of their key, in that order; nan is missing."""
    values = [F.col(name).cast("double").alias(name) for name in names]
    by_hash = features.orderBy(F.xxhash64("subscriber_id"), "subscriber_id").limit(n_rows)
    rows: pd.DataFrame = by_hash.select(*values).toPandas()
    return rows.to_numpy(dtype=np.float64)


def learn(
    values: Numbers,
    candidates: Sequence[Feature],
    settings: PreparationSettings,
    *,
    before: Numbers | None = None,
    leaks: Leaks = NO_LEAKS,
) -> Preparation:
    """The preparation learnt from rows (n, d), columns in the candidates' order; `before`: rows of a day before."""
    steps: list[Step] = []
    columns: list[Numbers] = []
    dropped: dict[str, str] = {}
    for index, feature in enumerate(candidates):
        earlier = None if before is None else before[:, index]
        found = _untrusted(feature, values[:, index], earlier, leaks, settings) or _step(
            values[:, index], feature, settings
        )
        if isinstance(found, str):
            dropped[feature.name] = found
            continue
        column = Preparation((found,)).transform(values[:, [index]])[:, 0]
        twin = _twin(column, columns, settings.max_correlation)
        if twin is not None:
            other, correlation = steps[twin].name, abs(selection.correlation(column, columns[twin]))
            dropped[feature.name] = f"moves with {other} (correlation {correlation:.3f})"
            continue
        steps.append(found)
        columns.append(column)
    told = selection.inflated(columns, settings.max_inflation)
    dropped |= {steps[place].name: _told_by_others(factor, settings) for place, factor in told.items()}
    if not steps:
        raise DataError(
            "no feature is left to fit on",
            found="; ".join(f"{name}: {reason}" for name, reason in dropped.items()) or "no candidates",
            expected="at least one feature that is known and varies",
            remedy="look at the sources and at preparation in the settings of the vertical",
        )
    return Preparation(tuple(step for place, step in enumerate(steps) if place not in told), dropped)


def _untrusted(
    feature: Feature,
    now: Numbers,
    before: Numbers | None,
    leaks: Leaks,
    settings: PreparationSettings,
) -> str | None:
    """Why a feature is not to be fitted on though it varies; null when it may be."""
    leak = leaks.strongest.get(feature.name)
    if leak is not None and leak.correlation > settings.max_leak:
        told = f"correlation {leak.correlation:.3f}, at most {settings.max_leak:g}"
        return f"tells what came later: {leak.outcome} ({told})"
    shift = 0.0 if before is None else selection.instability(now, before)
    if shift > settings.max_instability:
        return f"has shifted since the day before (stability index {shift:.2f}, at most {settings.max_instability:g})"
    return None


def _told_by_others(factor: float, settings: PreparationSettings) -> str:
    return f"the others tell it together (variance inflation {factor:.4g}, at most {settings.max_inflation:g})"


def _step(column: Numbers, feature: Feature, settings: PreparationSettings) -> Step | str:
    """What to do to one feature, or the reason to leave it out."""
    weight = settings.family_weights.get(feature.family, 1.0)
    known = column[is_known(column)]
    missing_share = 1.0 - known.size / column.size if column.size else 1.0
    if weight == 0:
        return f"the settings give the family {feature.family} no weight"
    if known.size == 0:
        return "missing for every line"
    if missing_share > settings.max_missing:
        return f"missing for {missing_share:.0%} of the lines (at most {settings.max_missing:.0%})"
    n_equal = int(np.unique(known, return_counts=True)[1].max())
    if n_equal == known.size:
        return "the same for all lines"
    if n_equal / known.size > settings.max_equal_share:
        differing, least = (100 * (1 - share) for share in (n_equal / known.size, settings.max_equal_share))
        return f"the same for all but {differing:.2g}% of the lines (at least {least:.2g}%)"
    fill = float(np.median(known))
    unit = _log_unit(known) if feature.skew == "log" else 0.0
    measured = signed_log(known, unit) if unit else known
    low, high = (float(end) for end in np.quantile(measured, [settings.winsorise, 1 - settings.winsorise]))
    if high - low <= max(FLAT * max(abs(low), abs(high)), 1 / LARGEST):
        return "the same for all but a few lines"
    all_rows = filled(column, fill)
    pulled_in = np.clip(signed_log(all_rows, unit) if unit else all_rows, low, high)
    centre, spread = _centre_and_spread(pulled_in, settings.scaling)
    if settings.scaling != "none" and spread <= FLAT * (high - low):
        return "the same for nearly all lines"
    factor = weight / spread
    return Step(feature.name, fill, unit, low, high, centre, factor, _quantum((high - low) * factor), missing_share)


def _log_unit(known: Numbers) -> float:
    """A small usual size of the values that are not 0 (0 when there are none: no logarithm then)."""
    sizes = np.abs(known[known != 0])
    return max(float(np.quantile(sizes, UNIT_QUANTILE)), float(sizes.max()) * SMALLEST_UNIT) if sizes.size else 0.0


def _centre_and_spread(column: Numbers, scaling: str) -> tuple[float, float]:
    if scaling == "none":
        return 0.0, 1.0
    spread = float(column.std())
    if scaling == "standard":
        return float(column.mean()), spread
    lower, median, upper = (float(value) for value in np.quantile(column, [0.25, 0.5, 0.75]))
    # More than half of the values may be equal: then the quartiles say nothing.
    return median, (upper - lower) / IQR_OF_NORMAL if upper > lower else spread


def _quantum(spread: float) -> float:
    """2^-20 of the power of two next above a spread."""
    _, exponent = np.frexp(spread)
    return float(np.ldexp(1.0, int(exponent) - PRECISION_BITS))


def _twin(column: Numbers, columns: Sequence[Numbers], max_correlation: float) -> int | None:
    """Index of the first column that the new one moves with; None when there is none."""
    for index, other in enumerate(columns):
        if abs(selection.correlation(column, other)) > max_correlation:
            return index
    return None
