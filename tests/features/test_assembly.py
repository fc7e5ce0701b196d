"""All features of a day: nothing from after it, and a declared ladder for what is not there."""

import shutil
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from chispa import assert_df_equality

from segmentation.errors import DataError
from segmentation.features import availability, building, catalogue
from segmentation.features.assembly import vertical_features
from segmentation.periods import period_ends
from segmentation.settings import VerticalName
from segmentation.tables import Store, built, clean

JUNE = date(2026, 6, 30)
TOMORROW = JUNE + timedelta(days=1)
NOON = datetime(2026, 7, 1, 12)
START = date(2025, 1, 1)
LINES = {"pia": "payg", "paul": "payg", "petra": "plan", "hans": "home"}


def write(tables_at, table, rows, *, add=False):
    frame = tables_at.rows(table, rows)
    if add:
        tables_at.append(frame, table)
    else:
        tables_at.replace(frame, table)


def build(tables_at, as_of=JUNE):
    building.build_partials(tables_at, [as_of])
    building.build_day(tables_at, tuple(VerticalName), as_of, "run", NOON)
    return features_of(tables_at, as_of)


def features_of(tables_at, as_of=JUNE):
    return {v: tables_at.read(catalogue.feature_table(v), as_of) for v in VerticalName}


@pytest.fixture(scope="module")
def built_in_june(spark, tmp_path_factory):
    """The warehouse of an operator whose June is built. Tests work on copies."""
    tables_at = Store(spark, str(tmp_path_factory.mktemp("operator") / "warehouse"))
    days = [end - timedelta(days=n) for end in period_ends(JUNE, 7) for n in (0, 3, 11)]
    spells = [{"subscriber_id": w, "valid_from": START, "vertical": v, "status": "active"} for w, v in LINES.items()]
    people = [
        {"subscriber_id": w, "valid_from": START, "household_id": "h1", "birth_year": 1986, "is_urban": True}
        for w in LINES
    ]
    use = [{"subscriber_id": w, "day": d, "data_kb": 10 * d.day, "n_calls": d.month} for w in LINES for d in days]
    paid = [
        {"recharge_id": f"{w}{d}", "subscriber_id": w, "day": d, "recharge_amount": 100 * d.day}
        for w in ("pia", "paul")
        for d in days
    ]
    bills = [
        {"subscriber_id": w, "period": e, "bill_amount": 900 + e.month, "overage_amount": 9, "discount_amount": 0}
        for w in ("petra", "hans")
        for e in period_ends(JUNE, 7)
    ]
    contacts = [{"contact_id": "c1", "subscriber_id": "hans", "day": days[-1], "is_complaint": True}]
    write(tables_at, clean.SERVICE_SPELLS, spells)
    write(tables_at, clean.SUBSCRIBERS, people)
    write(
        tables_at,
        clean.SALARY_BRACKETS,
        [{"subscriber_id": w, "valid_from": START, "salary_bracket": 4} for w in LINES],
    )
    write(
        tables_at,
        clean.DEVICES,
        [{"subscriber_id": w, "valid_from": START, "device_class": "smartphone", "release_year": 2020} for w in LINES],
    )
    tie = {"subscriber_a": "hans", "subscriber_b": "pia", "tie_kind": "household", "valid_from": START}
    write(tables_at, clean.HOME_TIES, [tie])
    write(tables_at, clean.USAGE_DAILY, use)
    write(tables_at, clean.RECHARGES, paid)
    write(tables_at, clean.INVOICES, bills)
    write(tables_at, clean.CARE_CONTACTS, contacts)
    build(tables_at)
    return Path(tables_at.location)


@pytest.fixture
def operator(spark, built_in_june, tmp_path):
    shutil.copytree(built_in_june, tmp_path / "warehouse")
    return Store(spark, str(tmp_path / "warehouse"))


@pytest.mark.delta
def test_the_future_changes_no_row(operator):
    before = {v: frame.drop("features_version").localCheckpoint() for v, frame in features_of(operator).items()}

    later = {"day": TOMORROW, "subscriber_id": "pia"}
    write(operator, clean.USAGE_DAILY, [{**later, "data_kb": 10**9, "n_calls": 999}], add=True)
    write(operator, clean.RECHARGES, [{**later, "recharge_id": "x", "recharge_amount": 10**9}], add=True)
    write(operator, clean.SUBSCRIPTION_EVENTS, [{**later, "event_id": "x", "event_kind": "port_request"}], add=True)
    write(operator, clean.PAYMENTS, [{**later, "payment_id": "x", "is_failed": True}], add=True)
    write(
        operator, clean.INVOICES, [{"subscriber_id": "petra", "period": date(2026, 7, 31), "bill_amount": 1}], add=True
    )
    write(operator, clean.LIFESTYLE_MONTHLY, [{"subscriber_id": "pia", "period": date(2026, 7, 31)}], add=True)
    contact = {"contact_id": "x", "subscriber_id": "hans", "day": TOMORROW, "is_complaint": True}
    write(operator, clean.CARE_CONTACTS, [contact], add=True)
    for who in LINES:
        moved = {"subscriber_id": who, "valid_from": TOMORROW, "household_id": "h2", "birth_year": 1900}
        write(operator, clean.SUBSCRIBERS, [moved], add=True)
        write(operator, clean.SALARY_BRACKETS, [{**moved, "salary_bracket": 9}], add=True)
    another = {"subscriber_id": "hans", "valid_from": TOMORROW, "device_class": "flagship", "release_year": 2026}
    write(operator, clean.DEVICES, [another], add=True)
    tied = {"subscriber_a": "hans", "subscriber_b": "petra", "tie_kind": "household", "valid_from": TOMORROW}
    write(operator, clean.HOME_TIES, [tied], add=True)
    write(operator, clean.SURVEYS, [{**later, "answer_id": "x", "question": "recommend", "answer": 9}], add=True)
    write(operator, clean.DIGITAL_MONTHLY, [{"subscriber_id": "pia", "period": date(2026, 7, 31)}], add=True)
    dearer = {"product_id": "P", "valid_from": TOMORROW, "vertical": "payg", "allowance_kb": 1}
    write(operator, clean.PRODUCTS, [dearer], add=True)
    stranger = {"subscriber_id": "zoe", "valid_from": TOMORROW, "vertical": "home", "status": "active"}
    write(operator, clean.SERVICE_SPELLS, [stranger], add=True)

    after = build(operator)

    for vertical, frame in before.items():
        again = after[vertical].drop("features_version")
        assert frame.count() == {"payg": 2, "plan": 1, "home": 1}[vertical]
        assert_df_equality(again, frame, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.delta
def test_an_end_that_lies_ahead_is_not_known_yet(operator):
    before = features_of(operator)["home"].drop("features_version").localCheckpoint()
    ends = {"valid_to": TOMORROW, "end_reason": "port_out"}
    spells = [
        {"subscriber_id": w, "valid_from": START, "vertical": v, "status": "active", **(ends if w == "hans" else {})}
        for w, v in LINES.items()
    ]
    write(operator, clean.SERVICE_SPELLS, spells)

    assert_df_equality(build(operator)["home"].drop("features_version"), before, ignore_nullable=True)


@pytest.mark.delta
def test_what_is_written_fits_its_table_and_says_what_is_missing(operator):
    features = features_of(operator)

    alone = vertical_features(operator, "home", JUNE, "run", NOON)
    assert_df_equality(alone, features["home"], ignore_nullable=True, ignore_metadata=True)
    home = features["home"].first()
    assert home["missing_families"] == ["churn", "digital", "lifestyle", "psychographic", "subscription"]
    assert home["streaming_minutes_per_month"] is None
    assert home["household_lines"] == 4.0
    assert home["salary_bracket"] == 4.0
    assert home["age_years"] == 40.0
    assert home["complaints_per_month"] == pytest.approx(1 / 3), "one in 3 months, though nobody called before"
    assert features["payg"].first()["missing_families"] == ["churn", "digital", "lifestyle", "psychographic"]


@pytest.mark.delta
def test_a_late_family_lends_its_last_period_and_says_so(operator):
    on_time = {row["subscriber_id"]: row for row in features_of(operator)["payg"].collect()}
    july = date(2026, 7, 31)
    write(
        operator,
        clean.RECHARGES,
        [{"recharge_id": "x", "subscriber_id": "pia", "day": july, "recharge_amount": 5}],
        add=True,
    )

    late = {row["subscriber_id"]: row for row in build(operator, july)["payg"].collect()}

    there = availability.look(operator, july)
    assert there.lags["usage"] == 1
    assert there.notes()[0].startswith("billing is late")
    assert late["paul"]["staleness_periods"] == 1
    assert late["paul"]["data_kb_per_month"] == on_time["paul"]["data_kb_per_month"]
    assert late["paul"]["recharges_per_month"] < on_time["paul"]["recharges_per_month"]


@pytest.mark.delta
def test_features_need_the_population_of_the_day(operator):
    may = date(2026, 5, 31)
    building.build_partials(operator, [may])

    with pytest.raises(DataError, match="population of the day"):
        vertical_features(operator, "payg", may, "run", NOON)
    assert operator.read(built.POPULATION, may).isEmpty()


@pytest.mark.delta
def test_what_a_person_has_not_agreed_to_is_not_made(operator):
    people = [
        {"subscriber_id": who, "customer_id": f"c-{who}", "valid_from": START, "birth_year": 1986} for who in LINES
    ]
    lifestyle = [
        {"subscriber_id": w, "period": e, "streaming_minutes": 60} for w in LINES for e in period_ends(JUNE, 3)
    ]
    answers = [
        ("pia", "partner_data", START, None, True),
        ("paul", "partner_data", START, None, True),
        ("paul", "partner_data", JUNE, None, False),
        ("hans", "partner_data", START, None, True),
        ("hans", "partner_data", TOMORROW, None, False),
        ("petra", "analytics", START, None, False),
    ]
    names = ("customer_id", "purpose", "valid_from", "valid_to", "is_granted")
    consents = [dict(zip(names, (f"c-{who}", *answer), strict=True)) for who, *answer in answers]
    write(operator, clean.SUBSCRIBERS, people)
    write(operator, clean.LIFESTYLE_MONTHLY, lifestyle)
    write(operator, clean.CONSENTS, consents)

    found = {row["subscriber_id"]: row for frame in build(operator).values() for row in frame.collect()}

    assert set(found) == {"pia", "paul", "hans"}
    agreed = {who for who, row in found.items() if row["streaming_minutes_per_month"] is not None}
    assert agreed == {who for who, row in found.items() if row["salary_bracket"] is not None} == {"pia", "hans"}
    assert all(row["data_kb_per_month"] is not None for row in found.values())
