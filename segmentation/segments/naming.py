"""Names for found segments: the archetype a segment is nearest to, or an honest description where none is near."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from segmentation.features.catalogue import Feature
from segmentation.profiles.differences import Shape, Trait, in_words, traits
from segmentation.segments.archetypes import Archetype

SPARE_COLOURS = (
    *("#332288", "#88CCEE", "#44AA99", "#117733", "#999933", "#DDCC77"),
    *("#CC6677", "#882255", "#AA4499", "#555555", "#A6761D", "#7F7F7F"),
)
"""Paul Tol's muted colours and three more: for segments the business has no colour for yet."""
FEWEST_MEASURED = 3
"""Features of an archetype that must be known before its name may be given."""
OUT_OF_REACH = 1e6
AVERAGE_NAME = "Close to the Average"
DESCRIBED_ACTION = "New to the business: look at the profile, give it a name, and decide what to offer."


@dataclass(frozen=True)
class SegmentName:
    """What people call a segment. `archetype` is null when none is near; `distance` is to the nearest or given one."""

    name: str
    colour: str
    archetype: str | None
    distance: float | None
    looks_like: str
    action: str


def named(
    shapes: Sequence[Shape], archetypes: Sequence[Archetype], catalogue: Sequence[Feature], *, max_distance: float
) -> dict[str, SegmentName]:
    """A name and colour for every segment, each used once, by segment_id.

    All segments are named at once, so that the mean distance over all lines is least: of two segments that look alike
    the larger has the better claim. A segment farther than `max_distance` from the archetype it could have is
    described instead. There may be more segments than archetypes, or fewer.
    """
    distances = archetype_distances(shapes, archetypes, catalogue)
    matched = _matched(distances, np.array([shape.share for shape in shapes]), max_distance)
    names = {
        shapes[row].segment_id: _from_archetype(shapes[row], archetypes[column], distances[row, column], catalogue)
        for row, column in matched.items()
    }
    known_names = {archetype.name for archetype in archetypes}
    known_colours = {archetype.colour for archetype in archetypes}
    for row, shape in enumerate(shapes):
        if row not in matched:
            taken = known_names | {found.name for found in names.values()}
            colour = _spare_colour(known_colours | {found.colour for found in names.values()})
            names[shape.segment_id] = _described(shape, distances[row], catalogue, taken, colour)
    return names


def archetype_distances(
    shapes: Sequence[Shape], archetypes: Sequence[Archetype], catalogue: Sequence[Feature]
) -> np.ndarray:
    """Distance of every segment (row) to every archetype (column): mean difference of places, 0..1.

    Only the features the archetype names count, and of those the known ones; infinite when fewer than
    FEWEST_MEASURED are known. Features of one family partly say the same: n of them weigh as much as the square root
    of n.
    """
    families = {feature.name: feature.family for feature in catalogue}
    found = [_distance(shape.places, archetype, families) for shape in shapes for archetype in archetypes]
    return np.array(found, dtype=float).reshape(len(shapes), len(archetypes))


def _distance(places: Mapping[str, float], archetype: Archetype, families: Mapping[str, str]) -> float:
    known = [name for name in archetype.looks_like if name in places]
    if len(known) < min(FEWEST_MEASURED, len(archetype.looks_like)):
        return np.inf
    in_family = [sum(families.get(other) == families.get(name) for other in known) for name in known]
    weights = 1 / np.sqrt(np.array(in_family, dtype=float))
    gaps = np.array([abs(places[name] - archetype.looks_like[name]) for name in known])
    return float((weights * gaps).sum() / weights.sum())


def _matched(distances: np.ndarray, shares: np.ndarray, max_distance: float) -> dict[int, int]:
    """Archetype of every segment that gets one. Each segment could also stay without, at the cost of `max_distance`."""
    n_segments, n_archetypes = distances.shape
    within = np.where(distances <= max_distance, distances, OUT_OF_REACH)
    stay_without = np.full((n_segments, n_segments), max_distance)
    costs = np.hstack([within, stay_without]) * shares[:, np.newaxis]
    rows, columns = linear_sum_assignment(costs)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if column < n_archetypes}


def _from_archetype(shape: Shape, archetype: Archetype, distance: float, catalogue: Sequence[Feature]) -> SegmentName:
    looks_like = in_words(traits(shape, catalogue))
    return SegmentName(archetype.name, archetype.colour, archetype.name, float(distance), looks_like, archetype.action)


def _described(
    shape: Shape, distances: np.ndarray, catalogue: Sequence[Feature], taken: Collection[str], colour: str
) -> SegmentName:
    found = traits(shape, catalogue)
    nearest = float(distances.min()) if distances.size and np.isfinite(distances.min()) else None
    return SegmentName(_free_name(found, taken), colour, None, nearest, in_words(found), DESCRIBED_ACTION)


def _free_name(found: Sequence[Trait], taken: Collection[str]) -> str:
    """The two strongest traits, of two families where possible; a third, then a number, where the name is taken."""
    if not found:
        return _numbered(AVERAGE_NAME, taken)
    strongest, *others = found
    of_another_family = [trait for trait in others if trait.feature.family != strongest.feature.family]
    pair = [strongest, *(of_another_family or others)[:1]]
    third = [trait for trait in others if trait not in pair][:1]
    names = [in_words(pair), in_words([*pair, *third])]
    return next((name for name in names if name not in taken), None) or _numbered(names[0], taken)


def _numbered(name: str, taken: Collection[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name} ({number})" for number in range(2, len(taken) + 3) if f"{name} ({number})" not in taken)


def _spare_colour(taken: Collection[str]) -> str:
    free = [colour for colour in SPARE_COLOURS if colour not in taken]
    return free[0] if free else SPARE_COLOURS[len(taken) % len(SPARE_COLOURS)]
