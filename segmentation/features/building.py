"""Write what the features room makes: partials, the population of a day, the features of its verticals."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from functools import partial

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from segmentation import progress
from segmentation.concurrency import side_by_side
from segmentation.features import (
    assembly,
    availability,
    catalogue,
    outcomes,
    partials,
    population,
    quality,
    service_cost,
)
from segmentation.features.population import NO_COSTS
from segmentation.periods import months_before
from segmentation.settings import Json, ServiceCosts, VerticalName
from segmentation.sources import contents
from segmentation.tables import Store, built, care, clean


def build_partials(tables_at: Store, as_of_days: Iterable[date]) -> None:
    """Write the period partials that these days need and that are not there yet."""
    partials.ensure(tables_at, partials.periods_needed(as_of_days))


def made_from(tables_at: Store, verticals: Sequence[VerticalName], as_of: date) -> Json:
    """What decides what `build_day` writes, besides settings and code.

    What the clean tables hold up to the day, and the earlier days there are.
    """
    held = contents.held(tables_at, clean.TABLES)
    return [
        as_of.isoformat(),
        sorted(verticals),
        {table.name: held.version(table, as_of) for table in clean.TABLES},
        quality.refused_version(tables_at, as_of),
        [day.isoformat() for day in sorted(_built_days(tables_at)) if day < as_of],
    ]


def is_built(tables_at: Store, verticals: Sequence[VerticalName], as_of: date) -> bool:
    """Whether every vertical has features of the day."""
    return all(not tables_at.read(catalogue.feature_table(name), as_of).isEmpty() for name in verticals)


def build_day(
    tables_at: Store,
    verticals: Sequence[VerticalName],
    as_of: date,
    run_id: str,
    computed_at: datetime,
    *,
    costs: ServiceCosts = NO_COSTS,
) -> list[str]:
    """Write the population of a day, the features of its verticals and the quality of their records.

    Needs the partials of the day.
    Gives the rungs of the ladder taken that day, in words.
    """
    there = availability.look(tables_at, as_of)
    held = contents.held(tables_at, clean.TABLES)
    people = population.population(tables_at, as_of, there=there, costs=costs)
    tables_at.replace(people, built.POPULATION, as_of=as_of)
    everyone = assembly.day_features(tables_at, verticals, there).persist(StorageLevel.MEMORY_AND_DISK)

    def write_features(vertical: VerticalName) -> None:
        version = assembly.features_version(vertical, as_of, held)
        features = assembly.of_vertical(everyone, vertical, there, version, run_id, computed_at)
        tables_at.replace_kept(features, catalogue.feature_table(vertical), as_of=as_of)

    def write_quality() -> None:
        records = quality.record_quality(tables_at, everyone, verticals, there)
        tables_at.replace(records, care.RECORD_QUALITY, as_of=as_of)

    parts: list[Callable[[], None]] = [*(partial(write_features, vertical) for vertical in verticals), write_quality]
    try:
        side_by_side(
            tables_at.spark,
            parts,
            ended=lambda n_ended: progress.says(f"{as_of}, {n_ended} of {len(parts)} tables of features"),
        )
    finally:
        everyone.unpersist()
    build_outcomes(tables_at, as_of, costs=costs)
    return [*there.notes(), *service_cost.notes(there, costs)]


def build_outcomes(tables_at: Store, today: date, *, costs: ServiceCosts = NO_COSTS) -> None:
    """Write what is known from this day on: what became of the lines of earlier days that were built.

    A day is looked at when its horizon has passed, when the silent months of PAYG have, and while a late feed may still
    come. What was known only after `today` stays as it is.
    """
    people = tables_at.read(built.POPULATION)
    built_days = _built_days(tables_at)
    for horizon in outcomes.HORIZONS:
        silence_ends = horizon + outcomes.SILENT_MONTHS
        for n_months in (horizon, *range(silence_ends, silence_ends + partials.MAX_STALENESS + 1)):
            as_of = months_before(today, n_months)
            if as_of in built_days:
                there = people.filter(F.col("as_of") == F.lit(as_of))
                known = outcomes.outcomes(tables_at, there, as_of, horizon, today=today, costs=costs)
                both = known.unionByName(_known_later(tables_at, as_of, horizon, today))
                tables_at.replace(both, built.OUTCOMES, as_of=as_of, horizon_months=horizon)


def _known_later(tables_at: Store, as_of: date, horizon: int, today: date) -> DataFrame:
    """Outcomes of a day that were not known yet. Grain: as OUTCOMES."""
    is_of_day = (F.col("as_of") == F.lit(as_of)) & (F.col("horizon_months") == horizon)
    return tables_at.read(built.OUTCOMES).filter(is_of_day & (F.col("known_on") > F.lit(today)))


def _built_days(tables_at: Store) -> set[date]:
    return {row["as_of"] for row in tables_at.read(built.POPULATION).select("as_of").distinct().collect()}
