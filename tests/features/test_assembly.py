"""All features of a day: nothing from after it, and a declared ladder for what is not there."""

from datetime import date, datetime, timedelta

import pytest
from chispa import assert_df_equality

from segmentation.errors import DataError
from segmentation.features import availability, building, catalogue
from segmentation.features.assembly import vertical_features
from segmentation.periods import period_ends
from segmentation.settings import VerticalName
from segmentation.tables import built, clean

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
    return {v: tables_at.read(catalogue.feature_table(v), as_of) for v in VerticalName}


@pytest.fixture
def operator(tables_at):
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
    return tables_at


@pytest.mark.delta
def test_the_future_changes_no_row(operator):
    before = {v: frame.drop("features_version").localCheckpoint() for v, frame in build(operator).items()}

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
    stranger = {"subscriber_id": "zoe", "valid_from": TOMORROW, "vertical": "home", "status": "active"}
    write(operator, clean.SERVICE_SPELLS, [stranger], add=True)

    after = build(operator)

    for vertical, frame in before.items():
        again = after[vertical].drop("features_version")
        assert frame.count() == {"payg": 2, "plan": 1, "home": 1}[vertical]
        assert_df_equality(again, frame, ignore_row_order=True, ignore_nullable=True)


@pytest.mark.delta
def test_an_end_that_lies_ahead_is_not_known_yet(operator):
    before = build(operator)["home"].drop("features_version").localCheckpoint()
    ends = {"valid_to": TOMORROW, "end_reason": "port_out"}
    spells = [
        {"subscriber_id": w, "valid_from": START, "vertical": v, "status": "active", **(ends if w == "hans" else {})}
        for w, v in LINES.items()
    ]
    write(operator, clean.SERVICE_SPELLS, spells)

    assert_df_equality(build(operator)["home"].drop("features_version"), before, ignore_nullable=True)


@pytest.mark.delta
def test_what_is_written_fits_its_table_and_says_what_is_missing(operator):
    features = build(operator)

    alone = vertical_features(operator, "home", JUNE, "run", NOON)
    assert_df_equality(alone, features["home"], ignore_nullable=True, ignore_metadata=True)
    home = features["home"].first()
    assert home["missing_families"] == ["churn", "lifestyle", "subscription"]
    assert home["streaming_minutes_per_month"] is None
    assert home["household_lines"] == 4.0
    assert home["salary_bracket"] == 4.0
    assert home["age_years"] == 40.0
    assert home["complaints_per_month"] == pytest.approx(1 / 3), "one in 3 months, though nobody called before"
    assert features["payg"].first()["missing_families"] == ["churn", "lifestyle"]


@pytest.mark.delta
def test_a_late_family_lends_its_last_period_and_says_so(operator):
    on_time = {row["subscriber_id"]: row for row in build(operator)["payg"].collect()}
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
    building.build_partials(operator, [JUNE])

    with pytest.raises(DataError, match="population of the day"):
        vertical_features(operator, "payg", JUNE, "run", NOON)
    assert not operator.exists(built.POPULATION)
