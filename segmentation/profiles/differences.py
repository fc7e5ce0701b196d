"""What sets a segment apart, in words for people."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from segmentation.features.catalogue import Feature
from segmentation.tables import PersonalData

WORTH_SAYING = 0.1
"""A trait nearer to the middle than this is no trait: a line of the segment beats one of the others 6 times in 10."""


@dataclass(frozen=True)
class Shape:
    """One segment by its ranks. `places` holds where a typical line stands among the lines of the other segments."""

    segment_id: str
    n_subscribers: int
    share: float
    places: Mapping[str, float]


@dataclass(frozen=True)
class Trait:
    """One thing that sets a segment apart. `place` 0 is below all others, 1 above."""

    feature: Feature
    place: float

    @property
    def strength(self) -> float:
        return abs(self.place - 0.5)

    @property
    def phrase(self) -> str:
        """High or low word of the feature, such as "tops up often"."""
        return self.feature.words.high if self.place > 0.5 else self.feature.words.low


def place_among_others(mean_rank: float, share: float) -> float:
    """Chance that a line of the segment ranks above a line outside it (0..1, 0.5 no different; ties count half).

    The mean rank within the base is that chance pulled to the middle by the segment's own share, since against its
    own lines a line wins half the time: mean_rank = share / 2 + (1 - share) * place. Only the place lets a large and
    a small segment be compared with the same archetype.
    """
    if share >= 1:
        return 0.5
    return min(1.0, max(0.0, 0.5 + (mean_rank - 0.5) / (1 - share)))


def shapes(profile_rows: Iterable[Mapping[str, object]]) -> tuple[Shape, ...]:
    """The segments of one vertical and day from their SEGMENT_PROFILES rows, by segment_id; unknown ranks left out."""
    by_segment: dict[str, list[Mapping[str, object]]] = {}
    for row in profile_rows:
        by_segment.setdefault(str(row["segment_id"]), []).append(row)
    return tuple(_shape(segment_id, by_segment[segment_id]) for segment_id in sorted(by_segment))


def traits(shape: Shape, catalogue: Sequence[Feature]) -> tuple[Trait, ...]:
    """What sets the segment apart, strongest first. Personal features are left out: a name is read by many.

    Two features that say the same in words count once.
    """
    not_personal = [feature for feature in catalogue if feature.sensitivity is PersonalData.NONE]
    found = [Trait(feature, shape.places[feature.name]) for feature in not_personal if feature.name in shape.places]
    ordered = sorted(found, key=lambda trait: (-round(trait.strength, 9), trait.feature.name))
    first_to_say: dict[str, Trait] = {}
    for trait in ordered:
        if trait.strength >= WORTH_SAYING:
            first_to_say.setdefault(trait.phrase, trait)
    return tuple(first_to_say.values())


def in_words(found: Sequence[Trait], n_traits: int = 4) -> str:
    """The strongest traits as a sentence without a full stop."""
    sentence = ", ".join(trait.phrase for trait in found[:n_traits])
    return sentence[:1].upper() + sentence[1:] if sentence else "Close to the average in everything"


def _shape(segment_id: str, rows: list[Mapping[str, object]]) -> Shape:
    share = cast(float, rows[0]["share"])
    places = {
        str(row["feature"]): place_among_others(cast(float, row["mean_rank"]), share)
        for row in rows
        if row["mean_rank"] is not None
    }
    return Shape(segment_id, cast(int, rows[0]["n_subscribers"]), share, places)
