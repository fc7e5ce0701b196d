"""Ids that are given once."""

from datetime import date

from segmentation.features.catalogue import for_vertical
from segmentation.profiles.differences import Shape
from segmentation.segments.lasting import free_ids, segments_of_model
from segmentation.tables.built import SEGMENTS

AUGUST, OCTOBER = date(2026, 8, 31), date(2026, 10, 31)


def _segments(model_version: str, as_of: date, stored: list | tuple = (), n_clusters: int = 2) -> list:
    places = [{"sms_per_month": 0.1 + 0.8 * (n % 2)} for n in range(n_clusters)]
    shapes = [Shape(str(n), 10, 1 / n_clusters, places[n]) for n in reversed(range(n_clusters))]
    return segments_of_model(
        shapes,
        stored,
        (),
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

    assert _segments("m1", OCTOBER, rows, n_clusters=5) == rows


def test_another_model_gets_new_ids_and_the_old_segments_end():
    rows = _segments("m2", OCTOBER, _segments("m1", AUGUST))

    assert [(row["segment_id"], row["retired"]) for row in rows] == [
        ("payg-01", OCTOBER),
        ("payg-02", OCTOBER),
        ("payg-03", None),
        ("payg-04", None),
    ]


def test_a_model_that_scores_again_brings_its_segments_back():
    both = _segments("m2", OCTOBER, _segments("m1", AUGUST))

    back = _segments("m1", OCTOBER, both)

    assert [row["retired"] for row in back] == [None, None, OCTOBER, OCTOBER]


def test_an_id_is_never_used_again_and_may_grow_past_two_digits():
    assert free_ids("home", ["home-02", "home-99"], 2) == ["home-100", "home-101"]
