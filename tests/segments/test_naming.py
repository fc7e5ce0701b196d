"""Names for found segments."""

import numpy as np

from segmentation.features.catalogue import for_vertical
from segmentation.profiles.differences import Shape
from segmentation.segments.archetypes import Archetype
from segmentation.segments.naming import SPARE_COLOURS, archetype_distances, named

PAYG = for_vertical("payg")
OFTEN = {"recharges_per_month": 0.9, "recharge_amount_mean": 0.1, "data_kb_per_month": 0.3}
RARELY = {"recharges_per_month": 0.1, "recharge_amount_mean": 0.9, "data_kb_per_month": 0.5}


def _archetype(name: str, colour: str, looks_like: dict[str, float]) -> Archetype:
    return Archetype(name=name, colour=colour, about="", looks_like=looks_like, action=f"Do {name}")


KNOWN = (_archetype("Often", "#E69F00", OFTEN), _archetype("Rarely", "#0072B2", RARELY))


def _shape(key: str, places: dict[str, float], share: float = 0.3) -> Shape:
    return Shape(key, int(1000 * share), share, places)


def _near(places: dict[str, float], by: float) -> dict[str, float]:
    return {name: place + by for name, place in places.items()}


def test_every_segment_gets_the_archetype_that_fits_the_whole_base_best():
    """Both are nearest to Often; giving it to the second leaves the first with one that is far."""
    torn = _shape("0", {"recharges_per_month": 0.55, "recharge_amount_mean": 0.45, "data_kb_per_month": 0.4})
    clear = _shape("1", _near(OFTEN, 0.02))

    names = named([torn, clear], KNOWN, PAYG, max_distance=0.5)

    assert {key: name.name for key, name in names.items()} == {"0": "Rarely", "1": "Often"}
    assert (names["1"].colour, names["1"].archetype, names["1"].action) == ("#E69F00", "Often", "Do Often")


def test_a_segment_too_far_from_every_archetype_is_described_in_words_and_keeps_its_distance():
    stranger = _shape("0", {**dict.fromkeys(OFTEN, 0.5), "data_night_share": 0.95, "streaming_minutes_per_month": 0.1})

    name = named([stranger], KNOWN, PAYG, max_distance=0.15)["0"]

    assert (name.name, name.archetype) == ("Is online at night, hardly streams", None)
    assert name.colour == SPARE_COLOURS[0]
    assert name.distance > 0.15


def test_more_segments_than_archetypes_leave_the_name_to_the_larger_one_and_stay_unique():
    found = (("0", 0.04, 0.5), ("1", 0.0, 0.1), ("2", 0.01, 0.1))
    shapes = [_shape(key, _near(OFTEN, by), share) for key, by, share in found]

    names = named(shapes, KNOWN[:1], PAYG, max_distance=0.2)

    assert names["0"].name == "Often"
    assert len({name.name for name in names.values()}) == 3
    assert len({name.colour for name in names.values()}) == 3


def test_fewer_segments_than_archetypes_leave_a_name_unused():
    names = named([_shape("0", _near(RARELY, 0.05))], KNOWN, PAYG, max_distance=0.2)

    assert [name.name for name in names.values()] == ["Rarely"]


def test_a_name_needs_enough_of_its_features_to_be_known():
    barely_known = _shape("0", {"recharges_per_month": 0.9, "recharge_amount_mean": 0.1})

    assert np.isinf(archetype_distances([barely_known], KNOWN, PAYG)).all()
    assert named([barely_known], KNOWN, PAYG, max_distance=0.5)["0"].archetype is None


def test_many_features_of_one_family_do_not_outvote_another_family():
    of_one_family = ("recharges_per_month", "recharge_amount_mean", "recharge_velocity", "recharge_regularity")
    much = _archetype("Much", "#E69F00", dict.fromkeys((*of_one_family, "data_kb_per_month"), 0.9))
    right_but_one = _shape("0", {**much.looks_like, "data_kb_per_month": 0.0})

    distance = archetype_distances([right_but_one], [much], PAYG)[0, 0]

    assert np.isclose(distance, 0.9 * 1 / (1 + 4 / 2))
