"""Fit a vertical and give its clusters ids, names and colours."""

from datetime import date, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features import catalogue
from segmentation.models import assignment, fitting, registry, tracking
from segmentation.models.fitted import FittedModel
from segmentation.profiles import description, differences
from segmentation.segments import archetypes, lasting
from segmentation.settings import RunSettings, VerticalName
from segmentation.tables import Store, built, clean


def is_fitted(tables_at: Store, vertical: VerticalName) -> bool:
    """Whether a model scores this vertical."""
    return registry.has_released(tables_at, vertical)


def fit_and_name(
    tables_at: Store, settings: RunSettings, vertical: VerticalName, as_of: date, run_id: str, computed_at: datetime
) -> list[str]:
    """Fit the vertical as of a day, name its segments and release the model, which comes last: a run killed before that
    is repeated whole. Returns what a reader should know of the fit.
    """
    features = tables_at.read(catalogue.feature_table(vertical), as_of)
    home_ties = tables_at.read(clean.HOME_TIES, as_of)
    fitted = fitting.fit(features, settings.verticals[vertical], as_of, home_ties=home_ties)
    rows = _named(tables_at, settings, vertical, fitted, features)
    tables_at.replace(tables_at.rows(built.SEGMENTS, rows), built.SEGMENTS, vertical=vertical)
    folder = registry.folder_of(settings.models_folder, vertical, fitted.model_version)
    fitted.save(folder)
    mlflow_run_id = tracking.log_fit(fitted, folder, settings.mlflow, tables_at.versions_read)
    registry.release(
        tables_at, fitted, settings.models_folder, run_id=run_id, computed_at=computed_at, mlflow_run_id=mlflow_run_id
    )
    return [*fitted.report.choice.warnings, *fitted.report.notes]


def _named(
    tables_at: Store, settings: RunSettings, vertical: VerticalName, fitted: FittedModel, features: DataFrame
) -> list[lasting.SegmentRow]:
    """Rows of SEGMENTS of the vertical, with the segments of this model."""
    known = catalogue.for_vertical(vertical)
    names_by_vertical = {name: [feature.name for feature in catalogue.for_vertical(name)] for name in VerticalName}
    stored = tables_at.read(built.SEGMENTS).filter(F.col("vertical") == vertical).collect()
    return lasting.segments_of_model(
        differences.shapes(_profiles_of_clusters(fitted, features, known)),
        [row.asDict() for row in stored],
        archetypes.load(settings.archetypes, names_by_vertical).of(vertical),
        known,
        vertical=vertical,
        model_version=fitted.model_version,
        as_of=fitted.fitted_as_of,
        max_distance=settings.verticals[vertical].max_archetype_distance,
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
