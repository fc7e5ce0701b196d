"""Recharges, on days that can be counted on fingers."""

from datetime import date

import pytest
from chispa import assert_approx_df_equality

from segmentation.features import denominations, recharge
from segmentation.features.partials import period_of_chain
from segmentation.periods import period_ends
from segmentation.tables import clean

JUNE = date(2026, 6, 30)
ENDS = period_ends(JUNE, 6)


def by_line(frame):
    return frame.orderBy("subscriber_id")


def paid(tables_at, *events):
    rows = [
        {
            "recharge_id": f"r{n}",
            "subscriber_id": who,
            "day": day,
            "recharge_amount": amount,
            "is_emergency_credit": is_lent,
        }
        for n, (who, day, amount, is_lent) in enumerate(events)
    ]
    return tables_at.rows(clean.RECHARGES, rows)


def features_of(tables_at, lines, *events):
    return features_from(tables_at, lines, paid(tables_at, *events))


def features_from(tables_at, lines, recharges):
    partials = recharge.recharge_partials(recharges, period_of_chain(ENDS))
    seen = tables_at.spark.createDataFrame(lines, "subscriber_id string, months_seen bigint")
    return by_line(recharge.recharge_features(seen, partials, ENDS))


def test_credit_lent_is_no_recharge_and_what_is_taken_back_lowers_the_amount_only(tables_at):
    events = [
        ("ann", date(2026, 6, 1), 1000, False),
        ("ann", date(2026, 6, 1), 500, False),
        ("ann", date(2026, 6, 5), -300, False),
        ("ann", date(2026, 6, 9), 200, True),
        ("ann", date(2026, 6, 21), 800, False),
    ]
    expected = tables_at.spark.createDataFrame(
        [("ann", JUNE, 3, 2000, 2, date(2026, 6, 1), date(2026, 6, 21), 400, [500, 800, 1000], 1, 0, 0, None)],
        "subscriber_id string, period date, n_recharges bigint, recharge_amount bigint, n_recharge_days bigint, "
        "first_day date, last_day date, gap_squares bigint, amounts array<bigint>, n_lent bigint, n_expiring bigint, "
        "n_before_expiry bigint, last_expires_on date",
    )

    actual = recharge.recharge_partials(paid(tables_at, *events), period_of_chain(ENDS))

    assert_approx_df_equality(actual, expected, 0, ignore_nullable=True)


def test_clockwork_is_regular_across_the_ends_of_months_and_bursts_are_not(tables_at):
    clockwork = [("ann", date(2026, month, 15), 100, False) for month in (1, 2, 3, 4, 5, 6)]
    bursts = [("bob", day, 100, False) for day in (date(2026, 1, 1), date(2026, 1, 2), date(2026, 6, 30))]
    once = [("cid", date(2026, 5, 5), 100, False), ("cid", date(2026, 6, 5), 100, False)]

    found = features_of(tables_at, [("ann", 6), ("bob", 6), ("cid", 6)], *clockwork, *bursts, *once)

    # bob: gaps of 1 and 179 days: mean 90, spread 89.
    ann, bob, cid = (row["recharge_regularity"] for row in found.collect())
    assert ann > 0.95
    assert bob == pytest.approx(90 / (90 + 89))
    assert cid is None


def test_levels_divide_by_months_seen_and_velocity_needs_something_earlier(tables_at):
    events = [
        ("ann", date(2026, 2, 10), 600, False),
        ("ann", date(2026, 6, 20), 300, False),
        ("new", date(2026, 6, 20), 300, False),
        ("old", date(2026, 1, 31), 500, False),
    ]
    expected = tables_at.spark.createDataFrame(
        [
            ("ann", 10.0, 1 / 3, 100.0, 300.0, 0.5),
            ("new", 10.0, 1.0, 300.0, 300.0, None),
            ("old", 150.0, 0.0, 0.0, 500.0, 0.0),
            ("zoe", 180.0, 0.0, 0.0, None, None),
        ],
        "subscriber_id string, recharge_recency_days double, recharges_per_month double, "
        "recharge_amount_per_month double, recharge_amount_mean double, recharge_velocity double",
    )

    actual = features_of(tables_at, [("ann", 20), ("new", 1), ("old", 6), ("zoe", 9)], *events)

    assert_approx_df_equality(actual.select(expected.columns), expected, 1e-9, ignore_nullable=True)


def test_what_a_line_did_before_it_came_to_the_vertical_does_not_count(tables_at):
    events = [("ann", date(2026, 3, 1), 900, False), ("ann", date(2026, 6, 1), 100, False)]

    found = features_of(tables_at, [("ann", 2)], *events).first()

    assert found["recharge_amount_per_month"] == 50.0
    assert found["recharge_velocity"] is None


def test_the_usual_amount_is_the_one_that_comes_most_often_and_of_several_the_largest(tables_at):
    ann = [("ann", date(2026, month, 15), amount, False) for month, amount in ((2, 500), (3, 2000), (5, 500), (6, 500))]
    bob = [("bob", date(2026, month, 15), amount, False) for month, amount in ((5, 500), (6, 2000))]
    lent = [("cid", date(2026, 6, 15), 500, True)]

    ann, bob, cid = features_of(tables_at, [("ann", 6), ("bob", 6), ("cid", 6)], *ann, *bob, *lent).collect()

    assert (ann["usual_recharge_amount"], ann["usual_amount_share"], ann["recharge_denominations"]) == (500, 0.75, 2)
    assert (bob["usual_recharge_amount"], bob["usual_amount_share"], bob["recharge_denominations"]) == (2000, 0.5, 2)
    assert (cid["usual_recharge_amount"], cid["usual_amount_share"], cid["recharge_denominations"]) == (None,) * 3
    assert cid["credit_lent_per_month"] == pytest.approx(1 / 3)
    assert ann["credit_lent_per_month"] == 0.0


def bands(row):
    return tuple(row[f"{band}_recharge_share"] for band in denominations.BANDS)


def test_denominations_fall_into_bands_by_the_mean_recharge_of_the_base_in_any_currency(tables_at):
    # Eight recharges of 8,000 together: the mean is 1,000. Half of it is not small any more, twice as much is large.
    bought = {"ann": (499, 500, 1999, 2000), "bob": (499, 499), "cid": (1004, 1000)}
    events = [
        (who, date(2026, 1 + n, 15), amount, False)
        for who, amounts in bought.items()
        for n, amount in enumerate(amounts)
    ]
    lent = ("dan", date(2026, 6, 15), 9000, True)
    in_rupees = [(who, day, amount * 100, is_lent) for who, day, amount, is_lent in (*events, lent)]
    seen = [(who, 6) for who in ("ann", "bob", "cid", "dan", "eva")]

    found = [bands(row) for row in features_of(tables_at, seen, *events, lent).collect()]
    elsewhere = [bands(row) for row in features_of(tables_at, seen, *in_rupees).collect()]

    assert found == [(0.25, 0.5, 0.25), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (None,) * 3, (None,) * 3]
    assert elsewhere == found


def test_bands_count_the_months_in_which_a_line_was_seen_and_the_base_in_all_of_them(tables_at):
    events = [
        ("ann", date(2026, 1, 15), 100, False),
        ("ann", date(2026, 6, 15), 1000, False),
        ("bob", date(2026, 1, 15), 100, False),
        ("bob", date(2026, 2, 15), 100, False),
        ("old", date(2025, 12, 15), 10**9, False),  # before the window
    ]

    ann, bob = features_of(tables_at, [("ann", 1), ("bob", 6)], *events).collect()

    assert bands(ann) == (0.0, 0.0, 1.0), "what it bought before it came is not its own, but the mean is 325"
    assert bands(bob) == (1.0, 0.0, 0.0)


def test_where_all_was_taken_back_there_is_no_mean_to_measure_by(tables_at):
    events = [("ann", date(2026, 6, 1), 500, False), ("ann", date(2026, 6, 2), -500, False)]

    assert bands(features_of(tables_at, [("ann", 6)], *events).first()) == (None,) * 3


def test_a_line_is_overdue_when_it_has_not_topped_up_for_more_than_its_usual_gap(tables_at):
    ann = [("ann", day, 100, False) for day in (date(2026, 5, 1), date(2026, 5, 11), date(2026, 5, 21))]
    once = [("bob", date(2026, 5, 21), 100, False)]

    ann, bob = features_of(tables_at, [("ann", 6), ("bob", 6)], *ann, *once).collect()

    assert ann["recharge_gap_days_mean"] == 10.0
    assert ann["recharge_overdue_ratio"] == 4.0
    assert (bob["recharge_gap_days_mean"], bob["recharge_overdue_ratio"]) == (None, None)


def test_top_ups_on_the_last_days_of_credit_count_over_the_ends_of_months_too(tables_at):
    bought = [
        (date(2026, 4, 1), date(2026, 4, 30)),
        (date(2026, 4, 29), date(2026, 5, 29)),  # one day before
        (date(2026, 5, 29), date(2026, 6, 28)),  # on the day, in another period
        (date(2026, 6, 10), None),  # well before
        (date(2026, 6, 20), None),  # what was bought last does not run out
    ]
    rows = [
        {"recharge_id": f"r{n}", "subscriber_id": "ann", "day": day, "recharge_amount": 100, "expires_on": last}
        for n, (day, last) in enumerate(bought)
    ]

    found = features_from(tables_at, [("ann", 6)], tables_at.rows(clean.RECHARGES, rows)).first()

    assert found["expiry_recharge_share"] == pytest.approx(2 / 3)


def test_of_a_day_with_several_top_ups_the_credit_that_lasts_longest_counts(tables_at):
    bought = [
        ("ann", date(2026, 6, 1), date(2026, 6, 9)),
        ("ann", date(2026, 6, 1), date(2026, 6, 20)),
        ("ann", date(2026, 6, 1), None),
        ("ann", date(2026, 6, 8), date(2026, 6, 30)),  # twelve days before, though one before the shortest
        ("ann", date(2026, 6, 8), None),
        ("bob", date(2026, 6, 1), None),
        ("bob", date(2026, 6, 8), None),
    ]
    rows = [
        {"recharge_id": f"r{n}", "subscriber_id": who, "day": day, "recharge_amount": 100, "expires_on": last}
        for n, (who, day, last) in enumerate(bought)
    ]

    partials = recharge.recharge_partials(tables_at.rows(clean.RECHARGES, rows), period_of_chain(ENDS))

    names = ("n_recharge_days", "gap_squares", "n_expiring", "n_before_expiry", "last_expires_on")
    seen = [tuple(row) for row in partials.orderBy("subscriber_id").select(*names).collect()]
    assert seen == [(2, 49, 1, 0, date(2026, 6, 30)), (2, 49, 0, 0, None)]


def test_unless_it_is_told_nobody_knows_whether_credit_was_lent(tables_at):
    events = [("ann", date(2026, 6, 9), 100, None), ("bob", date(2026, 6, 9), 100, False)]

    found = features_of(tables_at, [("ann", 3), ("bob", 3), ("cid", 3)], *events).collect()

    assert [row["credit_lent_per_month"] for row in found] == [None, 0.0, 0.0]
