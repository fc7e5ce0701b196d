"""What sets a segment apart, in words."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata

from segmentation.features.catalogue import by_name, for_vertical
from segmentation.profiles.differences import Shape, in_words, place_among_others, shapes, traits

PLAN = for_vertical("plan")


def _shape(**places: float) -> Shape:
    return Shape("s-1", 10, 0.2, places)


def test_the_place_does_not_depend_on_how_large_the_segment_is():
    numbers = np.random.default_rng(3)
    high, others = numbers.normal(1, 1, 4000), numbers.normal(0, 1, 4000)

    places = []
    for n_high in (400, 4000):
        values = np.concatenate([high[:n_high], others])
        mean_rank = ((rankdata(values) - 1) / (len(values) - 1))[:n_high].mean()
        places.append(place_among_others(mean_rank, n_high / len(values)))

    beats = (high[:, np.newaxis] > others).mean()
    assert places == pytest.approx([beats, beats], abs=0.02)


def test_the_strongest_trait_comes_first_and_a_weak_one_is_not_worth_saying():
    found = traits(_shape(bill_amount_per_month=0.95, late_payment_share=0.2, travel_days_per_month=0.55), PLAN)

    assert in_words(found) == "Pays a high bill, pays on time"


def test_two_features_that_say_the_same_are_said_once():
    minutes = by_name("streaming_minutes_per_month")
    same_words = replace(by_name("streaming_data_share"), words=minutes.words)

    found = traits(_shape(streaming_minutes_per_month=0.1, streaming_data_share=0.2), [minutes, same_words])

    assert [trait.feature for trait in found] == [minutes]


def test_personal_features_are_not_told():
    assert traits(_shape(salary_bracket=0.99, age_years=0.99), PLAN) == ()
    assert in_words(()) == "Close to the average in everything"


def test_shapes_leave_unknown_ranks_out():
    rows = [
        {"segment_id": "b", "feature": feature, "share": 0.5, "n_subscribers": 7, "mean_rank": rank}
        for feature, rank in (("sms_per_month", 0.75), ("offnet_share", None))
    ]

    (shape,) = shapes(rows)

    assert (shape.segment_id, shape.n_subscribers, dict(shape.places)) == ("b", 7, {"sms_per_month": 1.0})
