"""What is known of people as they are on a day: dwelling, moves, salary, device, contract, answers."""

from datetime import date

import pytest

from segmentation.features import contract, demographic, device, household, psychographic, salary
from segmentation.tables import clean

JUNE = date(2026, 6, 30)
LONG_AGO = date(2024, 1, 1)


def lines(tables_at, *names, **values):
    rows = [(name, "payg", 1000, *values.values()) for name in names]
    more = "".join(f", {name} string" for name in values)
    return tables_at.spark.createDataFrame(rows, f"subscriber_id string, vertical string, monthly_value bigint{more}")


def collected(frame):
    return {row["subscriber_id"]: row.asDict() for row in frame.collect()}


def lived(tables_at, *stays):
    names = ("subscriber_id", "valid_from", "household_id", "latitude", "longitude")
    return tables_at.rows(clean.SUBSCRIBERS, [dict(zip(names, stay, strict=False)) for stay in stays])


def test_a_household_counts_its_open_lines_their_kinds_and_their_devices(tables_at):
    people = lived(
        tables_at, *((who, LONG_AGO, "h1") for who in ("ann", "bob", "hub", "gone")), ("zoe", LONG_AGO, None)
    )
    kinds = {"ann": "payg", "bob": "payg", "hub": "home", "gone": "plan", "zoe": "payg"}
    spells = [
        {
            "subscriber_id": who,
            "valid_from": LONG_AGO,
            "vertical": vertical,
            "valid_to": JUNE if who == "gone" else None,
        }
        for who, vertical in kinds.items()
    ]
    spells[3]["valid_to"] = date(2026, 6, 1)
    owned = [
        {"subscriber_id": who, "valid_from": LONG_AGO, "device_class": kind}
        for who, kind in (("ann", "basic"), ("bob", "basic"), ("hub", "router"))
    ]

    found = collected(
        household.household_features(
            lines(tables_at, "hub", "zoe"),
            people,
            tables_at.rows(clean.SERVICE_SPELLS, spells),
            tables_at.rows(clean.DEVICES, owned),
            JUNE,
        )
    )

    hub, zoe = found["hub"], found["zoe"]
    assert (hub["household_lines"], hub["household_verticals"], hub["household_device_kinds"]) == (3.0, 2.0, 2.0)
    assert (zoe["household_lines"], zoe["household_verticals"], zoe["household_device_kinds"]) == (None, None, None)


def test_without_devices_their_kinds_are_not_known(tables_at):
    spells = [{"subscriber_id": "ann", "valid_from": LONG_AGO, "vertical": "payg"}]
    rows = tables_at.rows(clean.SERVICE_SPELLS, spells)
    no_devices = tables_at.rows(clean.DEVICES, [])

    found = household.household_features(
        lines(tables_at, "ann"), lived(tables_at, ("ann", LONG_AGO, "h1")), rows, no_devices, JUNE
    )

    assert collected(found)["ann"]["household_device_kinds"] is None


def test_moves_of_the_last_year_count_with_how_far_the_last_one_went(tables_at):
    berlin, hamburg = (52.52, 13.405), (53.551, 9.994)
    people = lived(
        tables_at,
        ("ann", LONG_AGO, "h1", *berlin),
        ("ann", date(2026, 2, 1), "h2", *hamburg),
        ("bob", LONG_AGO, "h3"),
        ("bob", date(2025, 6, 30), "h4"),
        ("cid", LONG_AGO, "h5"),
        ("cid", date(2026, 2, 1), "h5", *berlin),
        ("dan", LONG_AGO, None),
        ("eva", date(2026, 2, 1), "h6"),
    )

    found = collected(
        demographic.demographic_features(lines(tables_at, "ann", "bob", "cid", "dan", "eva"), people, JUNE)
    )

    assert {who: row["moves_per_year"] for who, row in found.items()} == {
        "ann": 1.0,
        "bob": 0.0,
        "cid": 0.0,
        "dan": None,
        "eva": 0.0,
    }
    # Great circle between the two cities: 255 km.
    assert found["ann"]["km_moved"] == pytest.approx(255.3, abs=0.5)
    assert [found[who]["km_moved"] for who in ("bob", "cid", "eva")] == [None, None, None]


def test_gender_is_told_or_not_and_nobody_is_older_than_people_get(tables_at):
    told = [
        ("ann", "female", 1990),
        ("bob", "male", 2027),
        ("cid", "other", 1900),
        ("dan", None, None),
        ("eva", None, 1911),
    ]
    rows = [
        {"subscriber_id": who, "valid_from": LONG_AGO, "gender": gender, "birth_year": born}
        for who, gender, born in told
    ]
    seen = lines(tables_at, *(who for who, *_ in told))

    found = collected(demographic.demographic_features(seen, tables_at.rows(clean.SUBSCRIBERS, rows), JUNE))

    assert {who: (row["is_female"], row["age_years"]) for who, row in found.items()} == {
        "ann": (1.0, 36.0),
        "bob": (0.0, None),
        "cid": (None, None),
        "dan": (None, None),
        "eva": (None, 115.0),
    }


def test_a_region_has_the_share_of_all_lines_that_are_there_on_the_day(tables_at):
    lived_in = [
        ("ann", LONG_AGO, date(2026, 5, 31), "South"),
        ("ann", date(2026, 6, 1), None, "North"),
        ("bob", LONG_AGO, None, "North"),
        ("cid", LONG_AGO, None, "North"),
        ("dan", LONG_AGO, None, "South"),
        ("eva", LONG_AGO, None, None),
        ("gone", LONG_AGO, date(2026, 6, 29), "South"),
    ]
    names = ("subscriber_id", "valid_from", "valid_to", "region")
    people = tables_at.rows(clean.SUBSCRIBERS, [dict(zip(names, stay, strict=True)) for stay in lived_in])

    found = collected(demographic.demographic_features(lines(tables_at, "ann", "dan", "eva", "zoe"), people, JUNE))

    shares = {who: row["region_share"] for who, row in found.items()}
    assert shares == {"ann": 0.75, "dan": 0.25, "eva": None, "zoe": None}


def test_salary_has_a_change_and_spending_is_measured_by_those_who_earn_the_same(tables_at):
    told = [
        ("ann", LONG_AGO, date(2026, 5, 31), 4),
        ("ann", date(2026, 6, 1), None, 6),
        ("bob", LONG_AGO, None, 6),
        ("new", date(2026, 6, 1), None, 2),
    ]
    names = ("subscriber_id", "valid_from", "valid_to", "salary_bracket")
    brackets = tables_at.rows(clean.SALARY_BRACKETS, [dict(zip(names, row, strict=True)) for row in told])
    rows = [("ann", "payg", 3000), ("bob", "payg", 1000), ("new", "payg", None), ("zoe", "payg", 500)]
    seen = tables_at.spark.createDataFrame(rows, "subscriber_id string, vertical string, monthly_value bigint")

    found = collected(salary.salary_features(seen, brackets, JUNE))

    assert {who: row["salary_bracket"] for who, row in found.items()} == {
        "ann": 6.0,
        "bob": 6.0,
        "new": 2.0,
        "zoe": None,
    }
    assert {who: row["salary_change"] for who, row in found.items()} == {
        "ann": 2.0,
        "bob": 0.0,
        "new": None,
        "zoe": None,
    }
    assert {who: row["spending_for_salary"] for who, row in found.items()} == {
        "ann": 1.5,
        "bob": 0.5,
        "new": None,
        "zoe": None,
    }


def test_a_device_has_a_class_or_is_not_known(tables_at):
    rows = [{"subscriber_id": "ann", "valid_from": LONG_AGO, "device_class": "flagship", "release_year": 2025}]

    found = collected(device.device_features(lines(tables_at, "ann", "bob"), tables_at.rows(clean.DEVICES, rows), JUNE))

    assert (found["ann"]["is_flagship_device"], found["ann"]["is_basic_device"]) == (1.0, 0.0)
    assert (found["bob"]["is_flagship_device"], found["bob"]["is_basic_device"]) == (None, None)


def test_the_last_upgrade_may_be_older_than_any_window(tables_at):
    events = [
        {"event_id": "a", "subscriber_id": "ann", "day": date(2025, 6, 30), "event_kind": "upgrade"},
        {"event_id": "b", "subscriber_id": "ann", "day": JUNE, "event_kind": "addon_on"},
        {"event_id": "c", "subscriber_id": "bob", "day": JUNE, "event_kind": "downgrade"},
    ]
    people = lines(tables_at, "ann", "bob").selectExpr("*", "10 as tenure_months", "cast(null as date) as contract_end")

    found = collected(contract.contract_features(people, tables_at.rows(clean.SUBSCRIPTION_EVENTS, events), JUNE))

    assert found["ann"]["months_since_upgrade"] == 12.0
    assert found["bob"]["months_since_upgrade"] is None


def test_the_newest_answer_of_two_years_counts_for_each_question_alone(tables_at):
    told = [
        ("a1", "ann", date(2026, 1, 1), "recommend", 3),
        ("a2", "ann", date(2026, 5, 1), "recommend", 9),
        ("a3", "ann", date(2026, 4, 1), "price", 7),
        ("a4", "ann", date(2023, 1, 1), "novelty", 5),
        ("a5", "ann", JUNE, "weather", 1),
    ]
    names = ("answer_id", "subscriber_id", "day", "question", "answer")
    surveys = tables_at.rows(clean.SURVEYS, [dict(zip(names, row, strict=True)) for row in told])

    found = collected(psychographic.psychographic_features(lines(tables_at, "ann", "bob"), surveys, JUNE))

    assert (found["ann"]["recommends"], found["ann"]["minds_price"], found["ann"]["likes_new"]) == (9.0, 7.0, None)
    assert found["bob"]["recommends"] is None
