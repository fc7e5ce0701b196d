"""Write what the features room makes: partials, the population of a day, the features of a vertical."""

from collections.abc import Iterable
from datetime import date, datetime

from segmentation.features import assembly, availability, catalogue, partials, population
from segmentation.settings import VerticalName
from segmentation.tables import Store, built


def build_partials(tables_at: Store, as_of_days: Iterable[date]) -> None:
    """Write the period partials that these days need and that are not there yet."""
    partials.ensure(tables_at, partials.periods_needed(as_of_days))


def build_population(tables_at: Store, as_of: date) -> list[str]:
    """Write the population of a day. Gives the rungs of the ladder taken that day, in words."""
    there = availability.look(tables_at, as_of)
    tables_at.replace(population.population(tables_at, as_of, there=there), built.POPULATION, as_of=as_of)
    return there.notes()


def build_features(
    tables_at: Store, vertical: VerticalName | str, as_of: date, run_id: str, computed_at: datetime
) -> None:
    """Write the features of a vertical on a day. Needs the population and the partials of the day."""
    features = assembly.vertical_features(tables_at, vertical, as_of, run_id, computed_at)
    tables_at.replace(features, catalogue.feature_table(vertical), as_of=as_of)
