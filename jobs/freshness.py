"""Whether what is there for a day was made from what it would be made from now: then it is kept, else it is stale."""

from datetime import date

from segmentation.features import building
from segmentation.runs import Run
from segmentation.segments import scoring
from segmentation.settings import VerticalName


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
