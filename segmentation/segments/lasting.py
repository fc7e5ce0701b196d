"""Segments that last: an id is given once, to one cluster of one model, and never again."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from segmentation.features.catalogue import Feature
from segmentation.profiles.differences import Shape
from segmentation.segments.archetypes import Archetype
from segmentation.segments.naming import named

SegmentRow = Mapping[str, object]


def segments_of_model(
    shapes: Sequence[Shape],
    stored: Iterable[SegmentRow],
    archetypes: Sequence[Archetype],
    catalogue: Sequence[Feature],
    *,
    vertical: str,
    model_version: str,
    as_of: date,
    max_distance: float,
) -> list[SegmentRow]:
    """All rows of SEGMENTS of the vertical, with those of this model, by segment_id.

    The `segment_id` of a shape is the number of its cluster. `stored` are the rows there are: those of other models
    stay as they are, see `retired`. A model that has its segments already keeps their ids. They are named again, so
    that a change of the archetypes shows; without one a rerun changes nothing.
    """
    earlier = sorted((dict(row) for row in stored), key=lambda row: str(row["segment_id"]))
    own = {row["cluster"]: row for row in earlier if row["model_version"] == model_version}
    names = named(shapes, archetypes, catalogue, max_distance=max_distance)
    in_order = sorted(shapes, key=lambda shape: int(shape.segment_id))
    new = [shape for shape in in_order if int(shape.segment_id) not in own]
    free = iter(free_ids(vertical, [str(row["segment_id"]) for row in earlier], len(new)))
    ids = [str(own[cluster]["segment_id"]) if cluster in own else next(free) for cluster in _clusters(in_order)]
    live = [
        {
            "vertical": vertical,
            "segment_id": segment_id,
            "segment_name": names[shape.segment_id].name,
            "colour": names[shape.segment_id].colour,
            "archetype": names[shape.segment_id].archetype,
            "archetype_distance": names[shape.segment_id].distance,
            "looks_like": names[shape.segment_id].looks_like,
            "recommended_action": names[shape.segment_id].action,
            "model_version": model_version,
            "cluster": int(shape.segment_id),
            "born": own[int(shape.segment_id)]["born"] if int(shape.segment_id) in own else as_of,
            "retired": None,
        }
        for segment_id, shape in zip(ids, in_order, strict=True)
    ]
    others = [row for row in earlier if row["model_version"] != model_version]
    return sorted([*others, *live], key=lambda row: str(row["segment_id"]))


def retired(stored: Iterable[SegmentRow], model_version: str, as_of: date) -> list[SegmentRow]:
    """All rows of SEGMENTS of the vertical once a model scores: its own live, the others end on the day."""
    return [_retired(row, model_version, as_of) for row in stored]


def free_ids(vertical: str, taken: Iterable[str], n_ids: int) -> list[str]:
    """The next ids of a vertical, such as payg-06: one above the highest ever given, also when that one is retired."""
    highest = max((int(segment_id.rpartition("-")[2]) for segment_id in taken), default=0)
    return [f"{vertical}-{number:02d}" for number in range(highest + 1, highest + 1 + n_ids)]


def _clusters(shapes: Sequence[Shape]) -> list[int]:
    return [int(shape.segment_id) for shape in shapes]


def _retired(row: SegmentRow, model_version: str, as_of: date) -> SegmentRow:
    """A segment of another model ends on the day, unless it ended before; one of this model lives."""
    if row["model_version"] == model_version:
        return {**row, "retired": None}
    return {**row, "retired": row["retired"] or as_of}
