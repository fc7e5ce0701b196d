"""Score a vertical as of a day with its released model, publish the segments and describe them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation.features import catalogue, preparation
from segmentation.graph import edges
from segmentation.models import assignment, registry, tracking
from segmentation.models.fitted import FittedModel
from segmentation.profiles import description
from segmentation.segments import facts, publication
from segmentation.settings import Json, RunSettings, VerticalName
from segmentation.sources import erasure
from segmentation.tables import Store, built, care, clean


def made_from(
    tables_at: Store, vertical: VerticalName, as_of: date, assigned: Mapping[str, str], built_days: Mapping[str, str]
) -> Json:
    """What decides what scoring and describing a day write, besides settings and code.

    The model, the features of the day, and the fingerprints of the days whose outcomes and segments are read.
    """
    today = as_of.isoformat()
    return [
        today,
        _model(tables_at, vertical),
        _features_version(tables_at, vertical, as_of),
        {day: fingerprint for day, fingerprint in sorted(assigned.items()) if day < today},
        {day: fingerprint for day, fingerprint in sorted(built_days.items()) if day <= today},
    ]


def is_published(tables_at: Store, vertical: VerticalName, as_of: date) -> bool:
    """Whether segments and profiles of the day are there."""
    tables = (built.SEGMENT_ASSIGNMENTS, built.SEGMENT_PROFILES)
    return all(not _of_vertical(tables_at.read(table, as_of), vertical).isEmpty() for table in tables)


def _model(tables_at: Store, vertical: VerticalName) -> Json:
    """The released model and the run that fitted and named it."""
    models = _of_vertical(tables_at.read(built.SEGMENT_MODELS), vertical).filter("is_released")
    return [list(row) for row in models.select("model_version", "run_id").collect()]


def _features_version(tables_at: Store, vertical: VerticalName, as_of: date) -> str | None:
    found = tables_at.read(catalogue.feature_table(vertical), as_of).select("features_version").first()
    return None if found is None else found["features_version"]


def score_and_publish(
    tables_at: Store, settings: RunSettings, vertical: VerticalName, as_of: date, run_id: str, computed_at: datetime
) -> dict[str, int]:
    """Write the scores and published segments of all lines of a vertical as of a day. Returns what to count of it."""
    fitted = registry.released(tables_at, vertical, settings.models_folder)
    features = tables_at.read(catalogue.feature_table(vertical), as_of)
    home_edges = _home_edges(tables_at, features, fitted, as_of)
    assigned = assignment.assign(features, fitted, home_edges=home_edges)
    model_version = fitted.model_version
    scored = publication.scores(
        assigned,
        tables_at.read(built.SEGMENTS),
        vertical=str(vertical),
        model_version=model_version,
        as_of=as_of,
        run_id=run_id,
        computed_at=computed_at,
    )
    tables_at.replace(scored, built.SEGMENT_SCORES, vertical=str(vertical), as_of=as_of, model_version=model_version)
    stored = _of_vertical(tables_at.read(built.SEGMENT_SCORES, as_of), vertical)
    of_model = stored.filter(F.col("model_version") == model_version)
    with_imputed = features.withColumn("n_imputed", preparation.n_imputed(fitted.preparation))
    quality = tables_at.read(care.RECORD_QUALITY, as_of)
    rows = publication.published(of_model, with_imputed, _population(tables_at, vertical, as_of), quality)
    correction = publication.publish(tables_at, rows, vertical=str(vertical), as_of=as_of)
    counts = {"scored": of_model.count(), "correction": correction}
    tracking.log_scoring(
        str(vertical), as_of, model_version, settings.mlflow, counts=counts, tables_read=tables_at.versions_read
    )
    return counts


def describe(tables_at: Store, vertical: VerticalName, as_of: date, run_id: str, computed_at: datetime) -> list[str]:
    """Write the profiles of a vertical's segments as of a day, and whether the known facts hold. Returns notes."""
    features = tables_at.read(catalogue.feature_table(vertical), as_of)
    assigned = publication.current_assignments(tables_at, str(vertical), as_of)
    population = _population(tables_at, vertical, as_of)
    outcomes = _of_vertical(tables_at.read(built.OUTCOMES), vertical)
    by_day = publication.newest(_of_vertical(tables_at.read(built.SEGMENT_ASSIGNMENTS), vertical))
    profiles = description.profiles(
        assigned,
        features,
        catalogue.for_vertical(vertical),
        vertical=str(vertical),
        as_of=as_of,
        run_id=run_id,
        computed_at=computed_at,
        population=population,
        churned=description.churn_known(outcomes, by_day, as_of),
    )
    notes = _totals_without_the_erased(tables_at, vertical, as_of)
    tables_at.replace(profiles, built.SEGMENT_PROFILES, vertical=str(vertical), as_of=as_of)
    findings = _findings(tables_at, vertical, as_of, assigned, features)
    rows = facts.fact_rows(vertical, findings, as_of=as_of, run_id=run_id, computed_at=computed_at)
    tables_at.replace(tables_at.rows(built.FACT_CHECKS, rows), built.FACT_CHECKS, vertical=str(vertical), as_of=as_of)
    return notes


def _totals_without_the_erased(tables_at: Store, vertical: VerticalName, as_of: date) -> list[str]:
    """A note when totals that were published once are about to be replaced by some that lack erased lines.

    Of which vertical and month those were is not known any more.
    """
    published = _of_vertical(tables_at.read(built.SEGMENT_PROFILES, as_of), vertical)
    before = published.agg(F.min("computed_at")).first()[0]
    n_erased = 0 if before is None else erasure.n_erased_since(tables_at, before)
    if not n_erased:
        return []
    return [
        f"{vertical} {as_of}: the totals published before are counted again, without what {n_erased:,} lines erased "
        "since then added to them"
    ]


def _home_edges(tables_at: Store, features: DataFrame, fitted: FittedModel, as_of: date) -> DataFrame | None:
    """The graph of the day, written and read back; None where the model needs none."""
    if not assignment.has_graph(fitted):
        return None
    found = assignment.home_edges(features, tables_at.read(clean.HOME_TIES, as_of), fitted, as_of)
    tables_at.replace(found, built.HOME_EDGES, as_of=as_of)
    return tables_at.read(built.HOME_EDGES, as_of)


def _findings(
    tables_at: Store, vertical: VerticalName, as_of: date, assigned: DataFrame, features: DataFrame
) -> Sequence[facts.Finding]:
    names = _of_vertical(tables_at.read(built.SEGMENTS), vertical).select("segment_id", "segment_name")
    named = assigned.select("subscriber_id", "segment_id").join(F.broadcast(names), on="segment_id", how="left")
    lines = named.join(features, on="subscriber_id", how="left")
    if vertical is VerticalName.PAYG:
        return facts.payg_findings(lines)
    if vertical is VerticalName.PLAN:
        profiles = _of_vertical(tables_at.read(built.SEGMENT_PROFILES, as_of), vertical)
        rows = profiles.join(F.broadcast(names), on="segment_id", how="left").collect()
        return facts.plan_findings(lines, [row.asDict() for row in rows])
    return facts.home_findings(lines, edges.only_ties(tables_at.read(built.HOME_EDGES, as_of)))


def _population(tables_at: Store, vertical: VerticalName, as_of: date) -> DataFrame:
    return _of_vertical(tables_at.read(built.POPULATION, as_of), vertical)


def _of_vertical(rows: DataFrame, vertical: VerticalName) -> DataFrame:
    return rows.filter(F.col("vertical") == str(vertical))
