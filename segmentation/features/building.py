"""Write what the features room makes: partials, the population of a day, the features of its verticals."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from pyspark.storagelevel import StorageLevel

from segmentation.features import assembly, availability, catalogue, partials, population
from segmentation.settings import VerticalName
from segmentation.tables import Store, built, clean


def build_partials(tables_at: Store, as_of_days: Iterable[date]) -> None:
    """Write the period partials that these days need and that are not there yet."""
    partials.ensure(tables_at, partials.periods_needed(as_of_days))


def build_day(
    tables_at: Store, verticals: Sequence[VerticalName], as_of: date, run_id: str, computed_at: datetime
) -> list[str]:
    """Write the population of a day and the features of its verticals. Needs the partials of the day.

    Gives the rungs of the ladder taken that day, in words.
    """
    there = availability.look(tables_at, as_of)
    delivered = partials.delivered_versions(tables_at, clean.TABLES)
    tables_at.replace(population.population(tables_at, as_of, there=there), built.POPULATION, as_of=as_of)
    everyone = assembly.day_features(tables_at, verticals, there).persist(StorageLevel.MEMORY_AND_DISK)
    try:
        for vertical in verticals:
            version = assembly.features_version(vertical, delivered)
            features = assembly.of_vertical(everyone, vertical, there, version, run_id, computed_at)
            tables_at.replace(features, catalogue.feature_table(vertical), as_of=as_of)
    finally:
        everyone.unpersist()
    return there.notes()
