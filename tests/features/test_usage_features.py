"""Use, lifestyle, bills and care: levels, shares that cannot blow up, and null that is never 0."""

from datetime import date

import pytest
from pyspark.sql import functions as F

from segmentation.features import billing, care, digital, lifestyle, subscription, usage
from segmentation.features.partials import period_of_chain
from segmentation.periods import period_ends
from segmentation.tables import clean

JUNE = date(2026, 6, 30)
ENDS = period_ends(JUNE, 6)
PERIOD_OF = period_of_chain(ENDS)


def lines(tables_at, *rows):
    return tables_at.spark.createDataFrame(list(rows), "subscriber_id string, months_seen bigint")


def collected(frame):
    return {row["subscriber_id"]: row.asDict() for row in frame.collect()}


def used(tables_at, *days):
    return tables_at.rows(clean.USAGE_DAILY, [{"subscriber_id": who, "day": day, **use} for who, day, use in days])


def usage_of(tables_at, seen, *days, product=None):
    partials = usage.usage_partials(used(tables_at, *days), PERIOD_OF)
    products = [
        {"product_id": "S", "valid_from": date(2025, 1, 1), "valid_to": date(2026, 1, 31), "allowance_kb": 7},
        {"product_id": "S", "valid_from": date(2026, 2, 1), "allowance_kb": 1000},
        {"product_id": "unlimited", "valid_from": date(2025, 1, 1), "allowance_kb": None},
        {"product_id": "none", "valid_from": date(2025, 1, 1), "allowance_kb": 0},
    ]
    having = lines(tables_at, *seen).withColumn("product_id", F.lit(product))
    included = usage.with_allowance(having, tables_at.rows(clean.PRODUCTS, products), JUNE)
    return collected(usage.usage_features(included, partials, ENDS))


def test_shares_are_null_without_data_and_levels_are_0(tables_at):
    saturday, monday = date(2026, 6, 6), date(2026, 6, 8)
    found = usage_of(
        tables_at,
        [("ann", 12), ("bob", 12)],
        ("ann", saturday, {"data_kb": 300, "data_night_kb": 30, "n_calls": 2, "n_peers": 2, "n_sms": 0}),
        ("ann", monday, {"data_kb": 100, "data_night_kb": 70, "n_calls": 0, "n_peers": 0, "n_sms": 3}),
    )

    ann, bob = found["ann"], found["bob"]
    assert ann["weekend_share"] == 0.75
    assert ann["data_night_share"] == 0.25
    assert ann["peers_per_day"] == 2.0
    assert ann["active_days_share"] == pytest.approx(2 / 91)
    assert (bob["data_kb_per_month"], bob["calls_per_month"], bob["active_days_share"]) == (0.0, 0.0, 0.0)
    assert (bob["weekend_share"], bob["data_night_share"], bob["peers_per_day"]) == (None, None, None)


def test_days_of_use_are_bits_the_last_day_of_the_period_the_lowest(tables_at):
    use = {"data_kb": 1}
    days = [date(2026, 6, 1), date(2026, 6, 29), JUNE, date(2026, 5, 31)]
    partials = usage.usage_partials(used(tables_at, *(("ann", day, use) for day in days)), PERIOD_OF).collect()

    assert {row["period"].month: bin(row["days_heard"]) for row in partials} == {6: f"0b1{'0' * 27}11", 5: "0b1"}


def test_a_measure_the_source_does_not_carry_stays_null_though_the_line_was_used(tables_at):
    found = usage_of(tables_at, [("home", 12)], ("home", date(2026, 6, 3), {"data_kb": 500, "n_devices": 4}))

    assert found["home"]["data_kb_per_month"] == pytest.approx(500 / 3)
    assert found["home"]["devices_max"] == 4.0
    assert found["home"]["calls_per_month"] is None
    assert found["home"]["streaming_data_share"] is None


def test_even_use_is_consistent_and_a_line_of_one_month_has_no_consistency(tables_at):
    even = [("ann", date(2026, month, 3), {"data_kb": 400}) for month in range(1, 7)]
    uneven = [("bob", date(2026, 6, 3), {"data_kb": 2400})]
    found = usage_of(tables_at, [("ann", 6), ("bob", 6), ("new", 1)], *even, *uneven, ("new", JUNE, {"data_kb": 5}))

    # bob: 2400 and five times 0: mean 400, spread 400 * sqrt(5).
    assert found["ann"]["usage_consistency"] == 1.0
    assert found["ann"]["data_velocity"] == 1.0
    assert found["bob"]["usage_consistency"] == pytest.approx(1 / (1 + 5**0.5))
    assert found["bob"]["data_velocity"] is None
    assert found["new"]["usage_consistency"] is None


def test_a_month_of_which_data_is_not_told_is_no_month_without_data(tables_at):
    even = [(who, date(2026, month, 3), {"data_kb": 2000}) for who in ("ann", "bob") for month in (1, 2, 4, 5, 6)]
    calls_in_march = ("ann", date(2026, 3, 3), {"n_calls": 1})
    calls_in_june = ("cid", JUNE, {"n_calls": 1})

    found = usage_of(tables_at, [("ann", 6), ("bob", 6), ("cid", 6)], *even, calls_in_march, calls_in_june, product="S")

    assert found["ann"]["usage_consistency"] is None
    assert found["ann"]["pack_exhausted_share"] == 1.0, "March is before the last three months"
    assert found["bob"]["usage_consistency"] < 1.0, "of March it is known that nothing was used"
    assert found["cid"]["pack_exhausted_share"] is None


def test_a_velocity_from_almost_nothing_is_held_at_ten(tables_at):
    days = [("ann", date(2026, 1, 3), {"data_kb": 1}), ("ann", date(2026, 6, 3), {"data_kb": 1_000_000})]

    assert usage_of(tables_at, [("ann", 6)], *days)["ann"]["data_velocity"] == 10.0


def test_lifestyle_is_the_mean_of_the_months_observed(tables_at):
    rows = [
        {"subscriber_id": "ann", "period": ENDS[5], "streaming_minutes": 100},
        {"subscriber_id": "ann", "period": ENDS[3], "streaming_minutes": 300, "social_minutes": 8},
        {"subscriber_id": "ann", "period": ENDS[0], "streaming_minutes": 400},
    ]
    partials = lifestyle.lifestyle_partials(tables_at.rows(clean.LIFESTYLE_MONTHLY, rows), PERIOD_OF)

    found = collected(lifestyle.lifestyle_features(lines(tables_at, ("ann", 9), ("bob", 9)), partials, ENDS))

    assert found["ann"]["streaming_minutes_per_month"] == 200.0
    assert found["ann"]["streaming_velocity"] == 0.5
    assert found["ann"]["social_minutes_per_month"] == 8.0
    assert found["bob"]["streaming_minutes_per_month"] is None


def test_a_missing_bill_does_not_make_the_others_smaller_and_failed_tries_are_not_late(tables_at):
    bills = [
        {"subscriber_id": "ann", "period": ENDS[5], "bill_amount": 3000, "overage_amount": 600, "discount_amount": 0},
        {
            "subscriber_id": "ann",
            "period": ENDS[4],
            "bill_amount": 1000,
            "overage_amount": 400,
            "discount_amount": 1000,
        },
        {"subscriber_id": "ann", "period": ENDS[1], "bill_amount": 1000, "overage_amount": 0, "discount_amount": 0},
    ]
    due = date(2026, 6, 10)
    tries = [("p1", date(2026, 6, 9), False), ("p2", date(2026, 6, 11), True), ("p3", date(2026, 6, 12), False)]
    payments = [
        {"payment_id": p, "subscriber_id": "ann", "day": d, "due_on": due, "paid_amount": 10, "is_failed": f}
        for p, d, f in tries
    ]
    partials = billing.billing_partials(
        tables_at.rows(clean.INVOICES, bills), tables_at.rows(clean.PAYMENTS, payments), PERIOD_OF
    )

    found = collected(billing.billing_features(lines(tables_at, ("ann", 9)), partials, ENDS))["ann"]

    assert found["bill_amount_per_month"] == 2000.0
    assert found["overage_share"] == 0.25
    assert found["discount_share"] == 0.2
    assert found["bill_velocity"] == 2.0
    assert found["late_payment_share"] == 0.5
    assert found["failed_payment_share"] == pytest.approx(1 / 3)


def test_what_payments_do_not_tell_is_not_0(tables_at):
    told = {"bob": {"is_failed": False}, "cid": {"due_on": date(2026, 6, 3), "is_failed": True}}
    payments = [
        {"payment_id": who, "subscriber_id": who, "day": date(2026, 6, 9), "paid_amount": 10, **told.get(who, {})}
        for who in ("ann", "bob", "cid")
    ]
    partials = billing.billing_partials(
        tables_at.rows(clean.INVOICES, []), tables_at.rows(clean.PAYMENTS, payments), PERIOD_OF
    )

    found = collected(billing.billing_features(lines(tables_at, ("ann", 9), ("bob", 9), ("cid", 9)), partials, ENDS))

    shares = {who: (row["late_payment_share"], row["failed_payment_share"]) for who, row in found.items()}
    assert shares == {"ann": (None, None), "bob": (None, 0.0), "cid": (None, 1.0)}


def test_what_contacts_do_not_tell_is_not_0(tables_at):
    told = {"bob": {"is_complaint": False, "channel": "shop"}}
    rows = [
        {"contact_id": who, "subscriber_id": who, "day": date(2026, 6, 9), **told.get(who, {})}
        for who in ("ann", "bob")
    ]
    partials = care.care_partials(tables_at.rows(clean.CARE_CONTACTS, rows), PERIOD_OF)
    seen = lines(tables_at, ("ann", 3), ("bob", 3), ("cid", 3))

    found = collected(care.care_features(seen, partials, ENDS, are_solutions_told=False))

    names = ("complaints_per_month", "phone_contact_share", "unresolved_share", "open_contact_days_mean")
    assert {who: tuple(row[name] for name in names) for who, row in found.items()} == {
        "ann": (None, None, None, None),
        "bob": (0.0, 0.0, None, None),
        "cid": (0.0, None, None, None),
    }


def test_a_row_of_nothing_but_0_is_a_day_without_use(tables_at):
    nothing = {"data_kb": 0, "n_calls": 0, "voice_seconds": 0, "charged_amount": 0}

    found = usage_of(
        tables_at,
        [("ann", 12), ("bob", 12)],
        ("ann", date(2026, 6, 3), {**nothing, "n_sms": 1}),
        ("ann", date(2026, 6, 4), nothing),
        ("bob", date(2026, 6, 4), {**nothing, "n_devices": 1}),
    )

    assert found["ann"]["active_days_share"] == pytest.approx(1 / 91)
    assert (found["bob"]["active_days_share"], found["bob"]["data_kb_per_month"]) == (0.0, 0.0)


def test_a_contact_resolved_in_a_later_month_is_open_until_then(tables_at):
    contacts = [
        ("c1", date(2026, 5, 30), date(2026, 6, 2), True, 1),
        ("c2", date(2026, 5, 10), date(2026, 5, 11), False, 4),
    ]
    rows = [
        {"contact_id": c, "subscriber_id": "ann", "day": d, "resolved_on": r, "is_complaint": i, "satisfaction": s}
        for c, d, r, i, s in contacts
    ]
    partials = care.care_partials(tables_at.rows(clean.CARE_CONTACTS, rows), PERIOD_OF)
    seen = lines(tables_at, ("ann", 9), ("bob", 9))

    in_june = collected(care.care_features(seen, partials, ENDS))
    in_may = collected(care.care_features(seen, partials, period_ends(ENDS[4], 6)))

    assert in_june["ann"]["unresolved_share"] == 0.0
    assert in_june["ann"]["resolution_days_mean"] == 2.0
    assert in_may["ann"]["unresolved_share"] == 0.5
    assert in_may["ann"]["resolution_days_mean"] == 1.0
    assert in_june["ann"]["complaints_per_month"] == pytest.approx(1 / 3)
    assert in_june["ann"]["satisfaction_mean"] == 2.5
    assert in_june["bob"]["contacts_per_month"] == 0.0
    assert in_june["bob"]["satisfaction_mean"] is None


def test_a_contact_of_before_the_window_that_is_resolved_hides_no_open_one(tables_at):
    before, in_march, in_june = date(2025, 12, 20), date(2026, 3, 3), date(2026, 6, 10)
    contacts = [
        ("old", "ann", before, date(2026, 6, 5)),
        ("open", "ann", in_june, None),
        ("done", "bob", in_march, date(2026, 6, 5)),
        ("open too", "bob", in_june, None),
        ("done too", "new", in_march, date(2026, 6, 5)),
        ("open as well", "new", in_june, None),
    ]
    rows = [{"contact_id": c, "subscriber_id": w, "day": d, "resolved_on": r} for c, w, d, r in contacts]
    partials = care.care_partials(tables_at.rows(clean.CARE_CONTACTS, rows), PERIOD_OF)
    seen = lines(tables_at, ("ann", 9), ("bob", 9), ("new", 2))

    found = collected(care.care_features(seen, partials, ENDS))

    assert found["ann"]["unresolved_share"] == 1.0
    assert found["bob"]["unresolved_share"] == 0.5
    assert found["new"]["unresolved_share"] == 1.0, "what it asked in March was before it came to the vertical"


def test_a_pack_runs_out_in_the_months_that_use_all_of_it(tables_at):
    days = [("ann", date(2026, month, 3), {"data_kb": kb}) for month, kb in ((4, 1000), (5, 400), (6, 1600))]
    seen = [("ann", 12), ("new", 1)]

    small = usage_of(tables_at, seen, *days, product="S")
    unlimited = usage_of(tables_at, seen, *days, product="unlimited")
    none = usage_of(tables_at, seen, *days, product="none")

    assert small["ann"]["pack_used_ratio"] == 1.0
    assert small["ann"]["pack_exhausted_share"] == pytest.approx(2 / 3)
    assert (small["new"]["pack_used_ratio"], small["new"]["pack_exhausted_share"]) == (0.0, 0.0)
    for found in (unlimited, none):
        assert (found["ann"]["pack_used_ratio"], found["ann"]["pack_exhausted_share"]) == (None, None)


def test_calls_have_a_length_a_night_and_a_direction(tables_at):
    talk = {"voice_seconds": 600, "voice_night_seconds": 150, "n_calls": 4}
    days = [("ann", date(2026, 1, 3), talk), ("ann", date(2026, 6, 3), talk), ("bob", date(2026, 6, 3), {"n_calls": 0})]

    found = usage_of(tables_at, [("ann", 12), ("bob", 12)], *days)

    assert found["ann"]["call_seconds_mean"] == 150.0
    assert found["ann"]["voice_night_share"] == 0.25
    assert found["ann"]["voice_velocity"] == 1.0
    assert (found["bob"]["call_seconds_mean"], found["bob"]["voice_night_share"]) == (None, None)


def lifestyle_of(tables_at, seen, *rows):
    """Of each: who, end of the month, and what is known of it."""
    told = [{"subscriber_id": who, "period": end, **habits} for who, end, habits in rows]
    partials = lifestyle.lifestyle_partials(tables_at.rows(clean.LIFESTYLE_MONTHLY, told), PERIOD_OF)
    return collected(lifestyle.lifestyle_features(lines(tables_at, *seen), partials, ENDS))


def test_every_habit_has_a_direction(tables_at):
    before = dict.fromkeys(lifestyle.MEASURES, 10)
    now = {name: 5 * place for place, name in enumerate(lifestyle.MEASURES)}

    found = lifestyle_of(tables_at, [("ann", 9), ("new", 3)], ("ann", ENDS[1], before), ("ann", ENDS[5], now))

    names = [f"{name.split('_')[0]}_velocity" for name in lifestyle.MEASURES]
    assert [found["ann"][name] for name in names] == [0.0, 0.5, 1.0, 1.5, 2.0, 2.5]
    assert [found["new"][name] for name in names] == [None] * 6


def test_affinity_is_the_share_of_a_habit_when_each_is_measured_by_what_is_usual(tables_at):
    # Means of the base: 150 minutes of streaming, 3 evenings out, 6,000 in supermarkets.
    found = lifestyle_of(
        tables_at,
        [(who, 9) for who in ("ann", "bob", "cid", "dan")],
        ("ann", ENDS[5], {"streaming_minutes": 300, "nightlife_visits": 3, "supermarket_amount": 6000}),
        ("bob", ENDS[5], {"streaming_minutes": 0, "nightlife_visits": 3}),
        ("ann", ENDS[1], {"streaming_minutes": 9999, "nightlife_visits": 99}),  # no level of the last three months
        ("cid", ENDS[5], {"travel_days": 0, "gaming_minutes": 0}),
    )

    names = [f"{name.split('_')[0]}_affinity" for name in lifestyle.MEASURES]
    shares = {who: dict(zip(names, (row[name] for name in names), strict=True)) for who, row in found.items()}
    known = {who: {name: value for name, value in row.items() if value is not None} for who, row in shares.items()}
    assert known == {
        "ann": {"streaming_affinity": 0.5, "nightlife_affinity": 0.25, "supermarket_affinity": 0.25},
        "bob": {"streaming_affinity": 0.0, "nightlife_affinity": 1.0},
        "cid": {},
        "dan": {},
    }


def test_a_shock_is_one_bill_far_over_the_usual_and_one_bill_alone_is_none(tables_at):
    of_ann = [(ENDS[n], 1000) for n in range(4)] + [(ENDS[4], 3000), (ENDS[5], 1000)]
    bills = [{"subscriber_id": "ann", "period": end, "bill_amount": amount} for end, amount in of_ann]
    bills.append({"subscriber_id": "bob", "period": ENDS[5], "bill_amount": 9000})
    partials = billing.billing_partials(
        tables_at.rows(clean.INVOICES, bills), tables_at.rows(clean.PAYMENTS, []), PERIOD_OF
    )

    found = collected(billing.billing_features(lines(tables_at, ("ann", 9), ("bob", 9)), partials, ENDS))

    assert found["ann"]["bill_shock"] == pytest.approx(3000 / (8000 / 6))
    assert found["bob"]["bill_shock"] is None


def test_who_asks_again_within_a_week_repeats_and_what_is_open_grows_older(tables_at):
    contacts = [
        ("c1", date(2026, 3, 30), date(2026, 4, 2), "phone"),
        ("c2", date(2026, 4, 6), None, "phone"),  # seven days after, in another period
        ("c3", date(2026, 4, 14), date(2026, 4, 15), "chat"),  # eight days after
        ("c4", date(2026, 6, 20), None, "shop"),
    ]
    rows = [
        {"contact_id": c, "subscriber_id": "ann", "day": d, "resolved_on": r, "channel": channel, "is_complaint": False}
        for c, d, r, channel in contacts
    ]
    partials = care.care_partials(tables_at.rows(clean.CARE_CONTACTS, rows), PERIOD_OF)

    found = collected(care.care_features(lines(tables_at, ("ann", 9), ("bob", 9), ("new", 3)), partials, ENDS))

    ann = found["ann"]
    assert (ann["repeat_contact_share"], ann["phone_contact_share"], ann["shop_contact_share"]) == (0.25, 0.5, 0.25)
    assert ann["open_contact_days_mean"] == (85 + 10) / 2
    assert (found["bob"]["repeat_contact_share"], found["bob"]["open_contact_days_mean"]) == (None, None)


def test_contacts_are_told_apart_by_channel_and_of_one_without_it_nothing_is_known(tables_at):
    came = {"ann": ("phone", "chat", "e-mail", "e-mail", None), "bob": ("fax", "shop"), "cid": (None,)}
    rows = [
        {"contact_id": f"{who}{n}", "subscriber_id": who, "day": date(2026, 6, 1 + n), "channel": channel}
        for who, channels in came.items()
        for n, channel in enumerate(channels)
    ]
    partials = care.care_partials(tables_at.rows(clean.CARE_CONTACTS, rows), PERIOD_OF)

    found = collected(care.care_features(lines(tables_at, ("ann", 9), ("bob", 9), ("cid", 9)), partials, ENDS))

    names = [f"{channel}_contact_share" for channel in ("phone", "chat", "shop", "email")]
    assert {who: [row[name] for name in names] for who, row in found.items()} == {
        "ann": [0.25, 0.25, 0.0, 0.5],
        "bob": [0.0, 0.0, 0.5, 0.0],
        "cid": [None] * 4,
    }


def test_a_month_without_a_login_is_one_without_use(tables_at):
    rows = [
        {"subscriber_id": "ann", "period": ENDS[5], "n_app_logins": 6, "n_web_visits": 3, "n_emails_opened": 0},
        {"subscriber_id": "ann", "period": ENDS[0], "n_app_logins": 3, "n_web_visits": 0, "n_emails_opened": 9},
    ]
    partials = digital.digital_partials(tables_at.rows(clean.DIGITAL_MONTHLY, rows), PERIOD_OF)

    found = collected(digital.digital_features(lines(tables_at, ("ann", 9), ("bob", 9)), partials, ENDS))

    ann, bob = found["ann"], found["bob"]
    assert (ann["app_logins_per_month"], ann["web_visits_per_month"], ann["emails_opened_per_month"]) == (2.0, 1.0, 0.0)
    assert ann["digital_velocity"] == 3.0
    assert (bob["app_logins_per_month"], bob["digital_velocity"]) == (0.0, None)


def test_upgrades_and_downgrades_are_told_apart(tables_at):
    kinds = ["upgrade", "upgrade", "downgrade", "addon_on"]
    rows = [
        {"event_id": f"e{n}", "subscriber_id": "ann", "day": JUNE, "event_kind": kind} for n, kind in enumerate(kinds)
    ]
    partials = subscription.event_partials(tables_at.rows(clean.SUBSCRIPTION_EVENTS, rows), PERIOD_OF)

    found = collected(subscription.subscription_features(lines(tables_at, ("ann", 9)), partials, ENDS))["ann"]

    assert found["upgrades_per_month"] == pytest.approx(2 / 3)
    assert found["downgrades_per_month"] == pytest.approx(1 / 3)
    assert found["product_changes_per_month"] == 1.0
