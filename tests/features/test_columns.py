"""Which columns of the clean tables a feature cannot do without, found by leaving each of them out."""

from datetime import date, datetime, timedelta

import pytest

from segmentation.features import building, catalogue, columns
from segmentation.periods import period_ends
from segmentation.settings import VerticalName
from segmentation.sources.contract import ENGINE_COLUMNS
from segmentation.tables import Store, clean

JUNE = date(2026, 6, 30)
START = date(2025, 1, 1)
MOVED = date(2026, 2, 1)
LINES = {"pia": "payg", "petra": "plan", "hans": "home"}
ENDS = period_ends(JUNE, 7)
DAYS = [end - timedelta(days=n) for end in ENDS for n in (0, 3, 11)]
PAYG = VerticalName.PAYG
WHOLE = "nothing"
DECLARED = {
    (f"{table}.{column}", name)
    for table, own in columns.MADE_OF.items()
    for column, names in own.items()
    for name in names
}
OF_A_COPY = {"subscriber_id", "customer_id", "account_id", "household_id", "product_id"}
"""Keys that every copy of the operator has of its own, besides those of its records."""


def rows_of(line, vertical):
    """Rows of one line in which every column that a feature may look at has a value."""
    own = {"subscriber_id": line}
    use = {column.name: 40 for column in clean.USAGE_DAILY.columns if column.type == "bigint"}
    use |= {"voice_seconds": 400, "data_kb": 4000}
    month = {column.name: 10 for column in clean.LIFESTYLE_MONTHLY.columns if column.type == "bigint"}
    digital = {"n_app_logins": 3, "n_web_visits": 2, "n_emails_opened": 1}
    spell = {"valid_from": START, "vertical": vertical, "product_id": "p", "status": "active"}
    places = [(START, "h", "north", True, 50.0, 20.0), (MOVED, "i", "south", False, 52.0, 21.0)]
    at = ("valid_from", "household_id", "region", "is_urban", "latitude", "longitude")
    events = [("upgrade", ENDS[-3]), ("downgrade", ENDS[-2]), ("addon_on", ENDS[-1]), ("port_request", ENDS[-1])]
    contact = {"channel": "phone", "is_complaint": True, "resolved_on": DAYS[-1], "satisfaction": 3}
    return {
        clean.SERVICE_SPELLS: [own | spell | {"contract_end": date(2027, 1, 1)}],
        clean.SUBSCRIBERS: [
            own | {"birth_year": 1986, "gender": "female"} | dict(zip(at, place, strict=True)) for place in places
        ],
        clean.PRODUCTS: [{"product_id": "p", "valid_from": START, "allowance_kb": 5000}],
        clean.DEVICES: [own | {"valid_from": START, "device_class": "flagship", "is_5g": True, "release_year": 2022}],
        clean.SALARY_BRACKETS: [own | {"valid_from": START, "salary_bracket": 4}],
        clean.USAGE_DAILY: [own | use | {"day": day} for day in DAYS],
        clean.RECHARGES: [
            own
            | {"recharge_id": f"{line}{day}", "day": day, "recharge_amount": 500 + day.day}
            | {"is_emergency_credit": False, "expires_on": day + timedelta(days=30)}
            for day in DAYS
        ],
        clean.INVOICES: [
            own | {"period": end, "bill_amount": 900 + end.month, "overage_amount": 9, "discount_amount": 1}
            for end in ENDS
        ],
        clean.PAYMENTS: [
            own | {"payment_id": f"{line}{end}", "day": end, "due_on": end, "paid_amount": 900, "is_failed": False}
            for end in ENDS
        ],
        clean.SUBSCRIPTION_EVENTS: [
            own | {"event_id": f"{line}{kind}", "day": day, "event_kind": kind} for kind, day in events
        ],
        clean.CARE_CONTACTS: [
            own | contact | {"contact_id": f"{line}1", "day": DAYS[-1]},
            own | contact | {"contact_id": f"{line}2", "day": DAYS[-2], "resolved_on": None},
        ],
        clean.SURVEYS: [
            own | {"answer_id": f"{line}{asked}", "day": ENDS[-1], "question": asked, "answer": 7}
            for asked in ("recommend", "price", "novelty")
        ],
        clean.DIGITAL_MONTHLY: [own | digital | {"period": end} for end in ENDS],
        clean.LIFESTYLE_MONTHLY: [own | month | {"period": end} for end in ENDS],
    }


def copies():
    """Number -> "table.column" that this copy of the operator lacks; number 0 lacks none."""
    open_to_all = [
        f"{table.name}.{column.name}"
        for table in rows_of("pia", "payg")
        for column in table.columns
        if column.name not in (*ENGINE_COLUMNS, *table.grain, *columns.of_a_line(table))
    ]
    return dict(enumerate([WHOLE, *open_to_all]))


def written(row, table, number, without):
    keys = OF_A_COPY | {name for name in table.grain if name.endswith("_id")}
    own = {name: f"{value}@{number}" if name in keys else value for name, value in row.items()}
    return {name: value for name, value in own.items() if f"{table.name}.{name}" != without}


@pytest.fixture(scope="module")
def values(spark, tmp_path_factory):
    """(Column left out, vertical, feature) -> its value with all columns, and without that one."""
    tables_at = Store(spark, str(tmp_path_factory.mktemp("operator") / "warehouse"))
    rows = {}
    for number, without in copies().items():
        for line, vertical in LINES.items():
            for table, own in rows_of(line, vertical).items():
                rows.setdefault(table, []).extend(written(row, table, number, without) for row in own)
    for table, own in rows.items():
        once = {tuple(row[name] for name in table.grain): row for row in own}
        tables_at.replace(tables_at.rows(table, once.values()), table)
    building.build_partials(tables_at, [JUNE])
    building.build_day(tables_at, tuple(VerticalName), JUNE, "run", datetime(2026, 7, 1))
    found = {}
    for vertical in VerticalName:
        of_day = tables_at.read(catalogue.feature_table(vertical), JUNE).collect()
        by_copy = {int(row["subscriber_id"].partition("@")[2]): row.asDict() for row in of_day}
        for number, column in copies().items():
            for feature in catalogue.for_vertical(vertical):
                both = by_copy[0][feature.name], by_copy[number][feature.name]
                found[column, vertical, feature.name] = both
    return found


def test_every_feature_that_is_built_has_a_value_where_no_column_is_left_out(values):
    never = {name for (column, _, name), (whole, _) in values.items() if column == WHOLE and whole is None}

    assert never == {"call_failures_per_month"}


def test_a_feature_is_declared_to_need_every_column_without_which_it_is_null(values):
    null = {(column, name) for (column, _, name), (whole, value) in values.items() if value is None is not whole}

    assert {(column, name) for column, name in null if name not in columns.OF_VALUE} - DECLARED == set()


def test_a_feature_is_not_declared_to_need_what_changes_nothing(values):
    changed = {(column, name) for (column, _, name), (whole, value) in values.items() if value != whole}

    assert DECLARED - changed == set()


FILLED = {table.name: set(table.column_names) for table in clean.TABLES}


def missing(vertical, filled, *names):
    features = [catalogue.by_name(name) for name in names] or catalogue.for_vertical(vertical)
    return columns.missing(features, vertical, filled)


def without(*gone):
    kept = {table: {name for name in own if f"{table}.{name}" not in gone} for table, own in FILLED.items()}
    return {table: own for table, own in kept.items() if table not in gone}


@pytest.mark.parametrize("vertical", VerticalName)
def test_nothing_is_missing_where_everything_is_mapped_but_what_comes_ready_made_only(vertical):
    assert set(missing(vertical, FILLED)) <= {"call_failures_per_month"}


def test_a_feature_lacks_its_table_or_the_column_that_is_not_mapped():
    filled = without("devices", "usage_daily.data_night_kb", "recharges.day")

    found = missing(PAYG, filled, "is_5g_device", "data_night_share", "data_work_share", "recharges_per_month")

    assert found == {
        "is_5g_device": ("devices",),
        "data_night_share": ("usage_daily.data_night_kb",),
        "recharges_per_month": ("recharges.day",),
    }


def test_the_value_of_a_line_needs_one_of_what_its_vertical_takes_it_from():
    filled = without("usage_daily", "invoices", "recharges.recharge_amount")

    assert missing(PAYG, without("usage_daily", "invoices"), "monthly_value") == {}
    assert missing(PAYG, filled, "monthly_value") == {"monthly_value": (" or ".join(columns.VALUE_OF[PAYG]),)}
    assert missing(VerticalName.PLAN, without("invoices"), "monthly_value") == {
        "monthly_value": ("invoices.bill_amount",)
    }
    assert missing(PAYG, without("salary_brackets"), "spending_for_salary") == {
        "spending_for_salary": ("salary_brackets",)
    }


def test_a_move_is_told_by_the_household_or_the_region():
    assert missing(PAYG, without("subscribers.region"), "moves_per_year") == {}
    gone = missing(PAYG, without("subscribers.region", "subscribers.household_id"), "moves_per_year")
    assert gone == {"moves_per_year": ("subscribers.household_id or subscribers.region",)}
    assert missing(PAYG, without("subscribers"), "moves_per_year") == {"moves_per_year": ("subscribers",)}


def test_without_spells_only_prepaid_lines_are_there():
    assert missing(VerticalName.HOME, without("service_spells"), "age_years") == {"age_years": ("service_spells",)}
    assert missing(PAYG, without("service_spells"), "age_years") == {}
    assert missing(PAYG, without("service_spells.vertical"), "age_years") == {"age_years": ("service_spells.vertical",)}


def test_of_features_that_come_ready_made_those_can_be_had_that_do():
    features = [catalogue.by_name(name) for name in ("sms_per_month", "data_kb_per_month")]

    found = columns.missing(features, PAYG, {"usage_daily": {"data_kb"}}, ready={"sms_per_month"})

    assert found == {"data_kb_per_month": ("ready_made_features",)}


def test_what_is_declared_is_there():
    declared = {name for own in columns.MADE_OF.values() for made in own.values() for name in made}

    assert declared <= {feature.name for feature in catalogue.FEATURES}
    for table, own in columns.MADE_OF.items():
        assert set(own) <= FILLED[table]
        for made in own.values():
            assert all(table in catalogue.by_name(name).needs for name in made)
