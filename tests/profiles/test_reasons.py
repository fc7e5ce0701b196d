"""Why a line is in its segment."""

import pytest
from pyspark.sql import DataFrame, SparkSession

from segmentation.features.catalogue import by_name, for_vertical
from segmentation.privacy.tokens import token_of
from segmentation.profiles.reasons import Reason, possible_ids, reason
from segmentation.tables import PersonalData

SECRET = b"a secret for tests only"
TOLD = tuple(by_name(name) for name in ("recharges_per_month", "data_night_share", "sms_per_month", "salary_bracket"))
NAMES = {"payg-01": "Often", "payg-02": "Rarely"}


@pytest.fixture(scope="module")
def base(spark: SparkSession) -> tuple[DataFrame, DataFrame]:
    """Six lines: two top up often and are up at night, four do not; `odd` sends fewer messages than its segment."""
    lines = [
        ("odd", "payg-01", "payg-02", 30.0, 0.6, 0.0, 9.0),
        ("two", "payg-01", "payg-02", 30.0, 0.6, 90.0, 9.0),
        *[(f"few{n}", "payg-02", "payg-01", 1.0 + n, 0.1 * n, 30.0 + n, 1.0) for n in range(4)],
    ]
    published = [("payg", who, segment, other, 0.7, None, "centroid") for who, segment, other, *_ in lines]
    features = [(who, *values) for who, _, _, *values in lines]
    return (
        spark.createDataFrame(
            published,
            "vertical string, subscriber_id string, segment_id string, runner_up_segment_id string, margin double,"
            " probability double, assigned_by string",
        ),
        spark.createDataFrame(features, "subscriber_id string, " + ", ".join(f"{f.name} double" for f in TOLD)),
    )


def _reason(base: tuple[DataFrame, DataFrame], *ids: str) -> Reason | None:
    return reason(*base, NAMES, TOLD, ids)


def test_a_line_is_told_its_segment_the_runner_up_and_the_largest_differences_first(base):
    why = _reason(base, "two")

    assert (why.segment, why.runner_up, why.margin, why.probability) == ("Often", "Rarely", 0.7, None)
    assert [d.words for d in why.differences][-1] != why.differences[0].words
    assert {d.words for d in why.differences} == {"tops up often", "is online at night", "sends many messages"}
    sizes = [abs(d.spreads) for d in why.differences]
    assert sizes == sorted(sizes, reverse=True)


def test_a_difference_that_its_own_segment_does_not_share_is_marked(base):
    by_words = {d.words: d for d in _reason(base, "odd").differences}

    assert by_words["tops up often"].is_like_segment
    assert by_words["sends few messages"].spreads < 0


def test_personal_features_are_withheld_and_counted(base):
    why = _reason(base, "two")

    assert why.n_withheld == 1
    assert not any("earn" in d.words for d in why.differences)


def test_a_stranger_has_no_reason(base):
    assert _reason(base, "nobody") is None


def test_a_key_may_be_raw_or_a_token():
    token = token_of(SECRET, "subscriber", "999031415926")

    assert possible_ids(" 999031415926 ", SECRET) == (token,)
    assert token in possible_ids(token, SECRET)
    assert possible_ids(token, None) == (token,)
    assert possible_ids("999031415926", None) == ()


def test_no_more_than_the_five_largest_differences_are_told(spark):
    told = [f for f in for_vertical("payg") if f.sensitivity is PersonalData.NONE and f.skew != "log"][:8]
    assert len({f.words.high for f in told}) == 8
    lines = [("one", "payg-01", "payg-02", 1.0), *[(f"n{n}", "payg-02", "payg-01", 0.0) for n in range(8)]]
    published = spark.createDataFrame(
        [("payg", who, segment, other, 0.7, None, "centroid") for who, segment, other, _ in lines],
        "vertical string, subscriber_id string, segment_id string, runner_up_segment_id string, margin double,"
        " probability double, assigned_by string",
    )
    # in the place-th feature all but the first of the others lie `place` steps apart: the later, the wider spread
    rows = [(who, *(x if x else 0.1 * place * (n % 2) for place in range(8))) for n, (who, _, _, x) in enumerate(lines)]
    features = spark.createDataFrame(rows, "subscriber_id string, " + ", ".join(f"{f.name} double" for f in told))

    why = reason(published, features, NAMES, told, ("one",))

    assert [d.words for d in why.differences] == [f.words.high for f in told[:5]]
