"""Ids that are given once."""

from datetime import date

from segmentation.features.catalogue import for_vertical
from segmentation.profiles.differences import Shape
from segmentation.segments.archetypes import Archetype
from segmentation.segments.lasting import free_ids, retired, segments_of_model
from segmentation.tables.built import SEGMENTS

AUGUST, OCTOBER = date(2026, 8, 31), date(2026, 10, 31)


def _segments(
    model_version: str,
    as_of: date,
    stored: list | tuple = (),
    n_clusters: int = 2,
    archetypes: tuple = (),
    all_features: dict | None = None,
) -> list:
    places = [(all_features or {}) | {"sms_per_month": 0.1 + 0.8 * (n % 2)} for n in range(n_clusters)]
    shapes = [Shape(str(n), 10, 1 / n_clusters, places[n]) for n in reversed(range(n_clusters))]
    return segments_of_model(
        shapes,
        stored,
        archetypes,
        for_vertical("payg"),
        vertical="payg",
        model_version=model_version,
        as_of=as_of,
        max_distance=0.2,
    )


def test_clusters_get_the_first_free_ids_in_their_order():
    rows = _segments("m1", AUGUST)

    assert [(row["segment_id"], row["cluster"], row["born"], row["retired"]) for row in rows] == [
        ("payg-01", 0, AUGUST, None),
        ("payg-02", 1, AUGUST, None),
    ]
    assert set(rows[0]) == set(SEGMENTS.column_names)


def test_a_model_that_has_its_segments_keeps_them():
    rows = _segments("m1", AUGUST)

    assert _segments("m1", OCTOBER, rows) == rows


def test_a_refit_after_the_archetypes_changed_names_the_same_segments_anew():
    rows = _segments("m1", AUGUST)
    looks = {"sms_per_month": 0.9, "data_kb_per_month": 0.5, "recharges_per_month": 0.5}
    texter = Archetype(name="Texters", colour="#123456", about="They text.", looks_like=looks, action="Offer texts.")

    again = _segments("m1", AUGUST, rows, archetypes=(texter,), all_features=looks)

    assert [(row["segment_id"], row["born"]) for row in again] == [("payg-01", AUGUST), ("payg-02", AUGUST)]
    assert "Texters" in {row["segment_name"] for row in again}


def test_another_model_gets_new_ids_and_the_old_segments_end_when_it_scores():
    added = _segments("m2", OCTOBER, _segments("m1", AUGUST))
    rows = retired(added, "m2", OCTOBER)

    assert {row["retired"] for row in added} == {None}
    assert [(row["segment_id"], row["retired"]) for row in rows] == [
        ("payg-01", OCTOBER),
        ("payg-02", OCTOBER),
        ("payg-03", None),
        ("payg-04", None),
    ]


def test_a_model_that_scores_again_brings_its_segments_back():
    both = retired(_segments("m2", OCTOBER, _segments("m1", AUGUST)), "m2", OCTOBER)

    back = retired(_segments("m1", OCTOBER, both), "m1", OCTOBER)

    assert [row["retired"] for row in back] == [None, None, OCTOBER, OCTOBER]


def test_an_id_is_never_used_again_and_may_grow_past_two_digits():
    assert free_ids("home", ["home-02", "home-99"], 2) == ["home-100", "home-101"]
