"""Fit one vertical: preparation, method, baseline."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation import code, progress
from segmentation.clustering import kmeans, mixture, nodes, ward
from segmentation.clustering.report import FitReport
from segmentation.errors import DataError
from segmentation.features import catalogue, preparation, selection
from segmentation.features.selection import NO_LEAKS, Leaks
from segmentation.graph import communities, ties
from segmentation.models.comparison import beside_baseline
from segmentation.models.fitted import FittedModel, MethodModel
from segmentation.settings import (
    CommunitiesMethod,
    KMeansMethod,
    MixtureMethod,
    VerticalSettings,
    WardMethod,
    stable_hash,
)

logger = logging.getLogger(__name__)
FITTED_STATES = ("active", "dormant")
"""New and returned lines are scored with a flag, never fitted on: their windows are not full yet."""
FEWEST_MONTHS = 3
FEWEST_ROWS = 30
BASELINE_STARTS = 2


def fit(
    features: DataFrame,
    settings: VerticalSettings,
    as_of: date,
    *,
    home_ties: DataFrame | None = None,
    earlier: DataFrame | None = None,
    leaks: Leaks = NO_LEAKS,
) -> FittedModel:
    """The model of one vertical as of a day. The same features, settings and seed give the same model.

    Needs `features` of the day; for communities also `home_ties` read as of the day. `earlier`, features of the day
    before, and `leaks` of `features.selection` keep features out that cannot be trusted.

    Raises: DataError when there are too few lines to fit on.
    """
    progress.says("1 of 5, preparation of the features")
    rows = only_fittable(features)
    candidates = catalogue.cluster_features(settings.vertical, settings)
    prepared, on_selection = _prepared(rows, candidates, settings, as_of, earlier, leaks)
    digest = features_digest(rows, [feature.name for feature in candidates])
    with (
        nodes.ordered(preparation.nodes(rows, prepared)) as ordered,
        _ties_between(ordered.frame, settings, as_of, home_ties) as tied,
    ):
        ties_digest = None if tied is None else digest_of_ties(tied)
        progress.says(f"2 of 5, {settings.method.name}")
        model, report = _fit_method(ordered, settings, tied)
        progress.says("3 of 5, the KMeans baseline")
        as_many = KMeansMethod(name="kmeans", segments=report.n_clusters, n_starts=BASELINE_STARTS)
        baseline, baseline_report = kmeans.fit_ordered(
            ordered, as_many, settings.limits, settings.seed, outlier_share=settings.outlier_share
        )
    return FittedModel(
        vertical=settings.vertical.value,
        model_version=model_version(settings, digest, ties_digest, fitted_on=prepared.raw_names),
        fitted_as_of=as_of,
        features_digest=digest,
        settings=settings.model_dump(mode="json"),
        preparation=prepared,
        model=model,
        report=replace(report, notes=(*report.notes, *on_selection, beside_baseline(report, baseline_report))),
        baseline=baseline,
        baseline_report=baseline_report,
    )


def _prepared(
    rows: DataFrame,
    candidates: Sequence[catalogue.Feature],
    settings: VerticalSettings,
    as_of: date,
    earlier: DataFrame | None,
    leaks: Leaks,
) -> tuple[preparation.Preparation, tuple[str, ...]]:
    """The preparation, and what a reader should know of how its features were chosen."""
    before = None if earlier is None else only_settled(earlier)
    prepared = preparation.fit_preparation(rows, candidates, settings.preparation, earlier=before, leaks=leaks)
    has_earlier = before is not None and not before.isEmpty()
    gaps = selection.not_looked_for(as_of, leaks, has_earlier=has_earlier)
    for gap in gaps:
        logger.warning("%s: %s", settings.vertical, gap)
    return prepared, (*selection.looked_for(leaks), *gaps)


def only_settled(features: DataFrame) -> DataFrame:
    """Lines seen long enough to be fitted on. Grain: unchanged."""
    is_settled = F.col("state").isin(*FITTED_STATES) & (F.col("months_seen") >= FEWEST_MONTHS)
    return features.filter(is_settled)


def only_fittable(features: DataFrame) -> DataFrame:
    """Those lines, when there are enough of them. Grain: unchanged. Raises DataError when there are too few."""
    fittable = only_settled(features)
    n_rows = fittable.count()
    if n_rows < FEWEST_ROWS:
        raise DataError(
            "there are too few lines to fit segments on",
            found=f"{n_rows} lines {' or '.join(FITTED_STATES)} and seen for {FEWEST_MONTHS} months or more",
            expected=f"at least {FEWEST_ROWS}",
            remedy="build more months of features, or choose a later --month",
        )
    return fittable


def features_digest(rows: DataFrame, names: list[str]) -> str:
    """Hash of the rows fitted on that does not depend on their order."""
    return _digest(rows, ["subscriber_id", *names], names)


def digest_of_ties(tied: DataFrame) -> str:
    """Hash of the ties fitted on that does not depend on their order. Needs what `ties.tied_pairs` gives."""
    names = ["subscriber_a", "subscriber_b", "weight", "tie_kinds"]
    return _digest(tied, names, names)


def _digest(rows: DataFrame, hashed: list[str], names: list[str]) -> str:
    row = F.xxhash64(*[F.col(name) for name in hashed])
    total = F.sum(row.cast("decimal(38,0)"))
    found = rows.agg(F.count("*").alias("n"), total.alias("total"), F.bit_xor(row).alias("mixed")).first()
    return stable_hash([found["n"], str(found["total"]), found["mixed"], names])


def model_version(
    settings: VerticalSettings, digest: str, ties_digest: str | None = None, *, fitted_on: Sequence[str]
) -> str:
    """Hash of vertical, settings with their seed, code, features, and ties where the method looks at them.

    `fitted_on` are the features that were chosen: what is known of other days may leave another one out.
    """
    of_ties = [] if ties_digest is None else [ties_digest]
    return stable_hash([settings.model_dump(mode="json"), code.version(), digest, list(fitted_on), *of_ties])


@contextmanager
def _ties_between(
    homes: DataFrame, settings: VerticalSettings, as_of: date, home_ties: DataFrame | None
) -> Iterator[DataFrame | None]:
    """Tied pairs of the homes while the block lasts; None for a method that does not look at ties."""
    method = settings.method
    if not isinstance(method, CommunitiesMethod):
        yield None
        return
    if home_ties is None:
        raise DataError("communities need ties between homes", remedy="hand over the table home_ties, empty if need be")
    tied = ties.tied_pairs(home_ties, homes, as_of, tie_weights=method.tie_weights, max_degree=method.max_degree)
    tied.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield tied
    finally:
        tied.unpersist()


def _fit_method(
    ordered: nodes.OrderedNodes, settings: VerticalSettings, tied: DataFrame | None
) -> tuple[MethodModel, FitReport]:
    limits, seed, outliers = settings.limits, settings.seed, settings.outlier_share
    match settings.method:
        case KMeansMethod() as method:
            return kmeans.fit_ordered(ordered, method, limits, seed, outlier_share=outliers)
        case WardMethod() as method:
            return ward.fit_ordered(ordered, method, limits, seed, outlier_share=outliers)
        case MixtureMethod() as method:
            return mixture.fit_ordered(ordered, method, limits, seed, outlier_share=outliers)
        case CommunitiesMethod() as method:
            assert tied is not None
            return communities.fit_ordered(ordered, tied, method, limits, seed, outlier_share=outliers)
