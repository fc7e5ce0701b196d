"""Whether what is there for a day was made from what it would be made from now: then it is kept, else it is stale."""

from datetime import date

from pyspark.sql import functions as F

from segmentation.features import building, readymade
from segmentation.runs import Run
from segmentation.segments import scoring
from segmentation.settings import VerticalName
from segmentation.tables import built


def of_features(at: Run, as_of: date) -> str:
    """Fingerprint of all that the features of a day would be made from now."""
    return at.fingerprint(building.made_from(at.tables_at, at.verticals, as_of))


def has_features(at: Run, as_of: date, fingerprint: str) -> bool:
    """Whether the features of a day are there, made from that."""
    is_done = at.has_done("build_features", as_of, fingerprint)
    return is_done and building.is_built(at.tables_at, at.verticals, as_of)


def of_segments(at: Run, vertical: VerticalName, as_of: date) -> str:
    """Fingerprint of all that the segments of a day would be made from now."""
    earlier = at.fingerprints("assign_segments", vertical), at.fingerprints("build_features")
    return at.fingerprint(scoring.made_from(at.tables_at, vertical, as_of, *earlier))


def has_segments(at: Run, vertical: VerticalName, as_of: date, fingerprint: str) -> bool:
    """Whether the segments of a day are published, made from that."""
    is_done = at.has_done("assign_segments", as_of, fingerprint, vertical)
    return is_done and scoring.is_published(at.tables_at, vertical, as_of)


def days_to_make_again(at: Run) -> tuple[date, ...]:
    """Days that were published and are stale, oldest first; all days of the warehouse count, not those asked for.

    A day looks back at the ones before it, so all that follow the first stale one are among them; what turns out to be
    as it was is kept.
    """
    published = at.tables_at.read(built.SEGMENT_ASSIGNMENTS)
    chosen = published.filter(F.col("vertical").isin([name.value for name in at.verticals]))
    pairs = chosen.select("vertical", "as_of").distinct().collect()
    days = sorted({row["as_of"] for row in pairs})
    is_ready_made = readymade.is_ready_made_run(at.settings)
    for place, day in enumerate(days):
        verticals = [VerticalName(row["vertical"]) for row in pairs if row["as_of"] == day]
        is_built = is_ready_made or has_features(at, day, of_features(at, day))
        if not is_built or not all(has_segments(at, one, day, of_segments(at, one, day)) for one in verticals):
            return tuple(days[place:])
    return ()
