"""Fit a vertical and give its clusters ids, names and colours."""

import logging
from collections.abc import Sequence
from datetime import date, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import progress
from segmentation.errors import ModelError
from segmentation.features import catalogue, quality, selection
from segmentation.models import assignment, fitting, registry, tracking
from segmentation.models.fitted import FittedModel
from segmentation.profiles import description, differences
from segmentation.segments import archetypes, lasting
from segmentation.settings import RunSettings, VerticalName
from segmentation.tables import Store, built, care, clean

logger = logging.getLogger(__name__)


def keep_released(tables_at: Store, settings: RunSettings, vertical: VerticalName) -> bool:
    """Let the model that scores this vertical go on, and say so where it was fitted with other settings than these.

    Returns whether there is such a model. What it replaced has ended after that, even where its own run was killed.
    """
    fitted_with = registry.released_settings(tables_at, vertical)
    if fitted_with is None:
        return False
    if fitted_with != settings.verticals[vertical].model_dump(mode="json"):
        logger.warning("%s: the model that scores was fitted with other settings; --refit fits anew", vertical)
    retire_replaced(tables_at, vertical)
    return True


def fit_and_name(
    tables_at: Store, settings: RunSettings, vertical: VerticalName, as_of: date, run_id: str, computed_at: datetime
) -> list[str]:
    """Fit the vertical as of a day, name its segments and release the model. Returns what a reader should know of it.

    At any kill the model that scores has its segments: new ones are added before the release, and the ones before end
    after it (see `retire_replaced`).
    """
    features = trusted_features(tables_at, settings, vertical, as_of)
    home_ties = tables_at.read(clean.HOME_TIES, as_of)
    names = [feature.name for feature in catalogue.cluster_features(vertical, settings.verticals[vertical])]
    fitted = fitting.fit(
        features,
        settings.verticals[vertical],
        as_of,
        home_ties=home_ties,
        earlier=_features_before(tables_at, vertical, as_of),
        leaks=selection.leaks(tables_at, vertical, names, as_of),
    )
    progress.says("4 of 5, names")
    rows = _named(tables_at, settings, vertical, fitted, features)
    folder = registry.folder_of(settings.models_folder, vertical, fitted.model_version)
    progress.says("5 of 5, the model is kept")
    fitted.save(folder)
    mlflow_run_id = tracking.log_fit(fitted, folder, settings.mlflow, tables_at.versions_read)
    tables_at.replace(tables_at.rows(built.SEGMENTS, rows), built.SEGMENTS, vertical=vertical)
    registry.release(tables_at, fitted, run_id=run_id, computed_at=computed_at, mlflow_run_id=mlflow_run_id)
    retire_replaced(tables_at, vertical)
    least = settings.verticals[vertical].least_quality
    of_day = tables_at.read(catalogue.feature_table(vertical), as_of), tables_at.read(care.RECORD_QUALITY, as_of)
    return [*fitted.report.choice.warnings, *fitted.report.notes, *quality.left_out(*of_day, least)]


def _features_before(tables_at: Store, vertical: VerticalName, as_of: date) -> DataFrame | None:
    """Features of the last day built before a day; None where there is none."""
    features = tables_at.read(catalogue.feature_table(vertical))
    last = features.filter(F.col("as_of") < F.lit(as_of)).agg(F.max("as_of").alias("as_of")).collect()[0]["as_of"]
    return None if last is None else features.filter(F.col("as_of") == F.lit(last))


def trusted_features(tables_at: Store, settings: RunSettings, vertical: VerticalName, as_of: date) -> DataFrame:
    """Features of a day of the lines whose records are good enough to be fitted on. Grain: subscriber_id, as_of."""
    features = tables_at.read(catalogue.feature_table(vertical), as_of)
    qualities = tables_at.read(care.RECORD_QUALITY, as_of)
    return quality.only_trusted(features, qualities, settings.verticals[vertical].least_quality)


def retire_replaced(tables_at: Store, vertical: VerticalName) -> None:
    """End the segments of all models but the one that scores, on the day that one was fitted for.

    Nothing is written where they have ended already: it may be said again after a run that was killed.
    """
    released = registry.released_row(tables_at, vertical)
    if released is None:
        return
    stored = _stored(tables_at, vertical)
    rows = lasting.retired(stored, released["model_version"], released["fitted_as_of"])
    if rows != stored:
        tables_at.replace(tables_at.rows(built.SEGMENTS, rows), built.SEGMENTS, vertical=vertical)


def _stored(tables_at: Store, vertical: VerticalName) -> list[lasting.SegmentRow]:
    is_ours = F.col("vertical") == VerticalName(vertical).value
    return [row.asDict() for row in tables_at.read(built.SEGMENTS).filter(is_ours).collect()]


def _named(
    tables_at: Store, settings: RunSettings, vertical: VerticalName, fitted: FittedModel, features: DataFrame
) -> list[lasting.SegmentRow]:
    """Rows of SEGMENTS of the vertical, with the segments of this model."""
    known = catalogue.for_vertical(vertical)
    names_by_vertical = {name: [feature.name for feature in catalogue.for_vertical(name)] for name in VerticalName}
    shapes = differences.shapes(_profiles_of_clusters(fitted, features, known))
    _require_lines(shapes, fitted)
    return lasting.segments_of_model(
        shapes,
        _stored(tables_at, vertical),
        archetypes.load(settings.archetypes, names_by_vertical).of(vertical),
        known,
        vertical=vertical,
        model_version=fitted.model_version,
        as_of=fitted.fitted_as_of,
        max_distance=settings.verticals[vertical].max_archetype_distance,
    )


def _require_lines(shapes: Sequence[differences.Shape], fitted: FittedModel) -> None:
    if len(shapes) != fitted.n_clusters:
        raise ModelError(
            "some segments of the model hold no line: they can be neither described nor named",
            where=fitted.vertical,
            found=f"{len(shapes)} of {fitted.n_clusters} segments with lines",
            remedy="ask for fewer segments, or write auto: verticals.<vertical>.method.segments",
        )


def _profiles_of_clusters(
    fitted: FittedModel, features: DataFrame, known: tuple[catalogue.Feature, ...]
) -> list[dict[str, object]]:
    number = F.col("cluster").cast("string").alias("segment_id")
    clusters = assignment.assign(features, fitted).select("subscriber_id", number)
    profiles = description.profiles(
        clusters,
        features,
        known,
        vertical=fitted.vertical,
        as_of=fitted.fitted_as_of,
        run_id="",
        computed_at=datetime.combine(fitted.fitted_as_of, datetime.min.time()),
    )
    return [row.asDict() for row in profiles.collect()]
