"""How amounts are spread, on ten of them."""

import pytest

from segmentation.synthetic.concentration import TOPS, amounts, concentration, points_drawn

AMOUNTS = "what string, key string, amount bigint"


def points(frame, tops):
    return {(row["what"], row["top"]): row for row in concentration(frame, tops).collect()}


def test_the_top_few_have_their_part_of_the_whole(spark):
    ten = spark.createDataFrame([("calls", f"line {n}", n) for n in range(1, 11)], AMOUNTS)

    found = points(ten, [0.01, 0.2, 1.0])

    assert {top: (row["at_least"], row["part"]) for (_, top), row in found.items()} == {
        0.01: (10, 0.1),
        0.2: (9, 0.2),
        1.0: (1, 1.0),
    }
    assert [found["calls", top]["share"] for top in (0.01, 0.2, 1.0)] == pytest.approx([10 / 55, 19 / 55, 1.0])
    assert {(row["mean"], row["n"]) for row in found.values()} == {(5.5, 10)}


def test_a_whole_number_of_lines_is_not_taken_for_one_more(spark):
    hundred = spark.createDataFrame([("calls", f"line {n:03}", 1) for n in range(100)], AMOUNTS)

    assert points(hundred, [0.07])["calls", 0.07]["part"] == 0.07


def test_kinds_are_apart_and_nothing_at_all_has_no_parts(spark):
    rows = [("calls", "ann", 3), ("calls", "bob", 1), ("paid", "ann", 0), ("paid", "bob", 0)]

    found = points(spark.createDataFrame(rows, AMOUNTS), [0.5])

    assert found["calls", 0.5]["share"] == 0.75
    assert found["paid", 0.5]["share"] is None


def test_amounts_are_of_mobile_lines_homes_and_single_recharges(spark):
    used = spark.createDataFrame(
        [("ann", "payg", 60, 10, 500), ("bob", "plan", 0, 20, 900), ("fay", "home", 0, 700, 3000)],
        "subscriber_id string, vertical string, voice_seconds bigint, data_kb bigint, paid bigint",
    )
    bought = spark.createDataFrame([("r1", 500), ("r2", -500)], "recharge_id string, recharge_amount bigint")

    found = sorted((row["what"], row["key"], row["amount"]) for row in amounts(used, bought).collect())

    assert found == [
        ("calls", "ann", 60),
        ("calls", "bob", 0),
        ("home data", "fay", 700),
        ("mobile data", "ann", 10),
        ("mobile data", "bob", 20),
        ("paid", "ann", 500),
        ("paid", "bob", 900),
        ("recharges", "r1", 500),
    ]


def test_curves_pass_through_the_parts_that_published_facts_speak_of():
    assert set(TOPS) <= set(points_drawn())
    assert points_drawn()[-1] == 1.0
