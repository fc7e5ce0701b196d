"""Who is there, in which state, worth how much: one small operator, every transition."""

from datetime import date, timedelta

import pytest

from segmentation.features import availability, partials, service_cost
from segmentation.features.outcomes import outcomes
from segmentation.features.population import population
from segmentation.settings import ServiceCosts
from segmentation.tables import clean

JUNE = date(2026, 6, 30)
LONG_AGO = date(2024, 1, 1)


def spell(who, start, end=None, vertical="payg", **more):
    return {
        "subscriber_id": who,
        "valid_from": start,
        "valid_to": end,
        "vertical": vertical,
        "status": "active",
        "start_reason": "activation",
        **more,
    }


def used(who, day, charged=10):
    return {"subscriber_id": who, "day": day, "data_kb": 5, "charged_amount": charged}


def bill(who, period, amount):
    return {"subscriber_id": who, "period": period, "bill_amount": amount, "overage_amount": 0, "discount_amount": 0}


def write(tables_at, table, rows):
    tables_at.replace(tables_at.rows(table, rows), table)


SPELLS = [
    spell("active", LONG_AGO),
    spell("silent 89", LONG_AGO),
    spell("silent 90", LONG_AGO),
    spell("long silent", LONG_AGO),
    spell("never used", LONG_AGO),
    spell("woke up", LONG_AGO),
    spell("new", date(2026, 5, 1)),
    spell("moved", LONG_AGO, date(2026, 5, 31), end_reason="migration"),
    spell("moved", date(2026, 6, 1), None, "plan", start_reason="migration", contract_end=date(2028, 5, 31)),
    spell("left open", LONG_AGO, None, "plan"),
    spell("left open", date(2026, 6, 11), None, "home"),
    spell("renewed", date(2024, 6, 16), date(2026, 6, 15), "plan", contract_end=date(2026, 6, 15), product_id="P1"),
    spell("renewed", date(2026, 6, 16), None, "plan", contract_end=date(2028, 6, 15), product_id="P2"),
    spell("suspended", LONG_AGO, None, "plan", status="suspended"),
    spell("left", LONG_AGO, date(2026, 4, 20), "home", end_reason="disconnection"),
    spell("left last year", LONG_AGO, date(2025, 4, 20), "home", end_reason="port_out"),
    spell("came back", LONG_AGO, date(2025, 4, 20), "home", end_reason="disconnection"),
    spell("came back", date(2026, 5, 10), None, "home", start_reason="return"),
    spell("leaves tomorrow", LONG_AGO, JUNE + timedelta(days=1), "home", end_reason="port_out"),
    spell("comes tomorrow", JUNE + timedelta(days=1), None, "home"),
    spell("ends today", LONG_AGO, JUNE, "home", end_reason="disconnection"),
    spell("ends yesterday", LONG_AGO, JUNE - timedelta(days=1), "home", end_reason="disconnection"),
    spell("second line", date(2026, 6, 5), None, "plan"),
    spell("number kept", date(2026, 4, 1), None, "plan", start_reason="port_in"),
    spell("there and back", LONG_AGO, date(2026, 3, 31), "payg", end_reason="migration"),
    spell("there and back", date(2026, 4, 1), date(2026, 6, 9), "plan", end_reason="migration"),
    spell("there and back", date(2026, 6, 10), None, "payg", start_reason="migration"),
]
USAGE = [
    used("active", JUNE, 30),
    used("active", date(2026, 6, 1), 12),
    used("active", date(2026, 5, 31), 500),
    used("active", date(2026, 4, 20)),
    used("active", date(2026, 2, 15)),
    used("active", date(2025, 12, 1)),
    used("silent 89", date(2026, 2, 1)),
    used("silent 89", JUNE - timedelta(days=89)),
    used("silent 90", JUNE - timedelta(days=90)),
    used("long silent", date(2025, 11, 30)),
    used("woke up", date(2025, 12, 24)),
    used("woke up", date(2026, 5, 2)),
    used("new", date(2026, 6, 2)),
    used("moved", date(2026, 3, 20)),
    used("moved", date(2026, 6, 3), 0),
    used("there and back", date(2026, 6, 12)),
]
BILLS = [
    bill("renewed", JUNE, 4000),
    bill("renewed", date(2026, 5, 31), 3000),
    bill("suspended", date(2026, 5, 31), 900),
]


@pytest.fixture
def operator(tables_at):
    write(tables_at, clean.SERVICE_SPELLS, SPELLS)
    write(tables_at, clean.USAGE_DAILY, USAGE)
    write(tables_at, clean.INVOICES, BILLS)
    partials.ensure(tables_at, partials.periods_needed([JUNE]))
    return tables_at


@pytest.mark.delta
def test_every_line_has_its_state_its_clock_and_its_value(operator):
    found = {(row["vertical"], row["subscriber_id"]): row for row in population(operator, JUNE).collect()}

    assert {key: row["state"] for key, row in found.items()} == {
        ("payg", "active"): "active",
        ("payg", "silent 89"): "active",
        ("payg", "silent 90"): "lost",
        ("payg", "woke up"): "returned",
        ("payg", "new"): "new",
        ("payg", "moved"): "lost",
        ("plan", "moved"): "new",
        ("plan", "left open"): "lost",
        ("home", "left open"): "new",
        ("plan", "renewed"): "active",
        ("plan", "suspended"): "dormant",
        ("home", "left"): "lost",
        ("home", "came back"): "returned",
        ("home", "leaves tomorrow"): "active",
        ("home", "ends today"): "active",
        ("home", "ends yesterday"): "lost",
        ("plan", "second line"): "new",
        ("plan", "number kept"): "active",
        ("payg", "there and back"): "returned",
        ("plan", "there and back"): "lost",
    }
    clocks = {who: (found[who]["months_seen"], found[who]["tenure_months"]) for who in found}
    assert clocks["payg", "new"] == (2, 2)
    assert clocks["plan", "moved"] == (1, 30)
    assert clocks["plan", "renewed"] == (25, 24)
    assert clocks["home", "came back"] == (2, 30)
    assert clocks["plan", "second line"] == (1, 0)
    assert clocks["plan", "number kept"] == (3, 3)
    assert clocks["payg", "there and back"] == (1, 30)
    assert found["plan", "renewed"]["product_id"] == "P2"
    assert found["plan", "renewed"]["contract_end"] == date(2028, 6, 15)
    values = {who: found[who]["monthly_value"] for who in found}
    assert values["payg", "active"] == 42
    assert values["payg", "silent 89"] == 0
    assert values["plan", "renewed"] == 4000
    assert values["plan", "suspended"] == 900
    assert values["home", "left"] is None
    assert found["payg", "active"]["last_active_on"] == JUNE


@pytest.mark.delta
def test_without_usage_recharges_are_the_value_and_the_first_one_is_the_beginning(tables_at):
    recharges = [("r1", "ann", date(2025, 12, 9), 700), ("r2", "ann", date(2026, 6, 2), 500), ("r3", "bob", JUNE, 900)]
    rows = [
        {"recharge_id": r, "subscriber_id": who, "day": day, "recharge_amount": amount}
        for r, who, day, amount in [*recharges, ("r4", "cid", JUNE + timedelta(days=3), 1)]
    ]
    write(tables_at, clean.RECHARGES, rows)
    partials.ensure(tables_at, partials.periods_needed([JUNE]))

    found = {row["subscriber_id"]: row for row in population(tables_at, JUNE).collect()}

    assert {who: (row["state"], row["months_seen"], row["monthly_value"]) for who, row in found.items()} == {
        "ann": ("returned", 7, 500),
        "bob": ("new", 1, 900),
    }


@pytest.mark.delta
def test_an_outcome_exists_only_once_it_can_be_known(operator):
    march = date(2026, 3, 31)
    partials.ensure(operator, partials.periods_needed([march]))
    there = population(operator, march)

    early = outcomes(operator, there, march, 1, today=date(2026, 4, 29))
    later = {(r["vertical"], r["subscriber_id"]): r for r in outcomes(operator, there, march, 3, today=JUNE).collect()}

    assert early.count() == 0
    assert {vertical for vertical, _ in later} == {"plan", "home"}
    assert later["home", "left"]["is_churned"]
    assert later["home", "ends today"]["is_churned"], "its last day is the last of the horizon"
    assert not later["home", "leaves tomorrow"]["is_churned"]
    assert not later["plan", "renewed"]["is_churned"]
    assert later["plan", "renewed"]["future_value"] == 7000


@pytest.mark.delta
def test_moving_on_to_a_plan_is_no_churn(operator):
    march = date(2026, 3, 31)
    partials.ensure(operator, partials.periods_needed([march]))
    there = population(operator, march)
    september = date(2026, 9, 30)
    write(operator, clean.USAGE_DAILY, [*USAGE, used("new", september)])
    partials.ensure(operator, partials.periods_needed([september]))

    known = outcomes(operator, there, march, 3, today=september).filter("vertical = 'payg'")

    found = {row["subscriber_id"]: (row["is_churned"], row["moved_to"]) for row in known.collect()}
    assert found["moved"] == (False, "plan")
    assert found["active"] == (True, None), "its last use is on 30 June, and 90 silent days follow"


def write_and_build(tables_at, spells, usage, recharges=(), *, as_of=JUNE):
    paid = [
        {"recharge_id": f"{who}{day}", "subscriber_id": who, "day": day, "recharge_amount": amount}
        for who, day, amount in recharges
    ]
    write(tables_at, clean.SERVICE_SPELLS, spells)
    write(tables_at, clean.USAGE_DAILY, usage)
    write(tables_at, clean.RECHARGES, paid)
    partials.ensure(tables_at, partials.periods_needed([as_of]))
    return {row["subscriber_id"]: row for row in population(tables_at, as_of).collect()}


@pytest.mark.delta
def test_while_use_is_late_nobody_falls_silent(tables_at):
    spells = [spell(who, LONG_AGO) for who in ("ann", "bob", "cid")]
    usage = [used("ann", date(2026, 3, 25)), used("bob", date(2026, 1, 3))]
    usage += [used("cid", date(2026, 2, 9)), used("cid", date(2026, 4, 9))]

    found = write_and_build(tables_at, spells, usage, [("cid", JUNE, 700)])

    # Use is delivered until April: 36 silent days for ann, 117 for bob.
    assert {who: row["state"] for who, row in found.items()} == {"ann": "active", "bob": "lost", "cid": "active"}


@pytest.mark.delta
def test_a_late_feed_makes_no_outcome_and_a_line_unheard_for_long_has_churned(tables_at):
    march, july = date(2026, 3, 31), date(2026, 7, 31)
    spells = [
        spell("ann", LONG_AGO, date(2026, 1, 31), end_reason="disconnection"),
        spell("ann", date(2026, 3, 25), None, start_reason="return"),
        spell("bob", LONG_AGO),
    ]
    usage = [used("ann", date(2025, 12, 20)), *(used("bob", date(2026, month, 9)) for month in range(1, 7))]
    write_and_build(tables_at, spells, usage, as_of=march)
    there = population(tables_at, march)
    partials.ensure(tables_at, partials.periods_needed([july]))

    late = outcomes(tables_at, there, march, 1, today=july).count()
    write(tables_at, clean.USAGE_DAILY, [*usage, used("bob", july)])
    partials.ensure(tables_at, partials.periods_needed([july]))
    complete = outcomes(tables_at, there, march, 1, today=july).collect()

    assert late == 0, "use of July is not there, and 90 days after 30 April end on 29 July"
    assert {row["subscriber_id"]: row["is_churned"] for row in complete} == {"ann": True, "bob": False}


@pytest.mark.delta
def test_use_that_nobody_is_charged_for_is_not_worth_nothing(tables_at):
    spells = [spell(who, LONG_AGO) for who in ("ann", "bob")]
    usage = [used("ann", JUNE, None), used("bob", date(2026, 5, 9), None)]

    unknown = write_and_build(tables_at, spells, usage)
    recharged = write_and_build(tables_at, spells, usage, [("bob", JUNE, 700)])
    charged = write_and_build(tables_at, [*spells, spell("cid", LONG_AGO)], [*usage, used("cid", JUNE, 5)])

    assert [unknown[who]["monthly_value"] for who in ("ann", "bob")] == [None, None]
    assert [recharged[who]["monthly_value"] for who in ("ann", "bob")] == [0, 700]
    assert [charged[who]["monthly_value"] for who in ("ann", "bob", "cid")] == [None, 0, 5]


@pytest.mark.delta
@pytest.mark.parametrize(("silent_days", "state"), [(89, "active"), (90, "returned")])
def test_who_was_never_lost_has_not_returned(tables_at, silent_days, state):
    back = date(2026, 6, 2)
    before = back - timedelta(days=silent_days + 1)

    found = write_and_build(tables_at, [spell("ann", LONG_AGO)], [used("ann", before), used("ann", back)])

    assert found["ann"]["state"] == state


@pytest.mark.delta
def test_a_feed_of_days_without_use_keeps_nobody_alive(tables_at):
    days = [JUNE - timedelta(days=n) for n in range(120)]
    idle = [{"subscriber_id": "ann", "day": day, "data_kb": 0, "charged_amount": 0} for day in days]
    heard = [used("bob", day) for day in days[::10]]

    found = write_and_build(
        tables_at, [spell("ann", LONG_AGO), spell("bob", LONG_AGO)], [*idle, *heard, used("ann", date(2026, 1, 9))]
    )

    assert {who: row["state"] for who, row in found.items()} == {"ann": "lost", "bob": "active"}


@pytest.mark.delta
def test_an_end_without_a_reason_is_churn_unless_the_line_goes_on(tables_at):
    march, may = date(2026, 3, 31), date(2026, 5, 31)
    write(
        tables_at,
        clean.SERVICE_SPELLS,
        [
            spell("ann", LONG_AGO, may, "home"),
            spell("bob", LONG_AGO, may, "plan"),
            spell("bob", date(2026, 6, 1), None, "home"),
            spell("cid", LONG_AGO, may, "plan", end_reason="migration"),
        ],
    )
    partials.ensure(tables_at, partials.periods_needed([march]))
    there = population(tables_at, march)

    known = outcomes(tables_at, there, march, 3, today=JUNE).collect()

    assert {row["subscriber_id"]: row["is_churned"] for row in known} == {"ann": True, "bob": False, "cid": False}
    assert {row["future_value"] for row in known} == {None}, "no bills are delivered"


@pytest.mark.delta
def test_without_charges_what_prepaid_lines_are_worth_later_is_what_they_recharge(tables_at):
    march, july = date(2026, 3, 31), date(2026, 7, 31)
    spells = [spell("ann", LONG_AGO), spell("bob", LONG_AGO)]
    usage = [used(who, date(2026, month, 9), None) for who in ("ann", "bob") for month in range(1, 8)]
    usage += [used("ann", july, None)]

    def future_values(recharges):
        write_and_build(tables_at, spells, usage, recharges, as_of=july)
        partials.ensure(tables_at, partials.periods_needed([march]))
        known = outcomes(tables_at, population(tables_at, march), march, 1, today=july)
        return {row["subscriber_id"]: row["future_value"] for row in known.collect()}

    assert future_values([("ann", date(2026, 4, 9), 700), ("ann", july, 900)]) == {"ann": 700, "bob": 0}


@pytest.mark.delta
def test_what_a_line_costs_is_taken_off_what_it_is_worth_now_and_later(tables_at):
    march, may = date(2026, 3, 31), date(2026, 5, 31)
    costs = ServiceCosts(per_contact=300, per_gb=0.5)
    write(tables_at, clean.SERVICE_SPELLS, [spell(who, LONG_AGO, None, "plan") for who in ("ann", "bob", "cid")])
    write(tables_at, clean.INVOICES, [bill(who, end, 1000) for who in ("ann", "bob") for end in (march, may)])
    write(tables_at, clean.USAGE_DAILY, [gigabytes("ann", date(2026, 3, 9), 101), gigabytes("ann", may, 2000)])
    asked = [("bob", date(2026, 3, 2)), *(("bob", date(2026, 5, day)) for day in (1, 2, 3, 4)), ("cid", march)]
    contacts = [{"contact_id": f"{who}{day}", "subscriber_id": who, "day": day} for who, day in asked]
    write(tables_at, clean.CARE_CONTACTS, contacts)
    partials.ensure(tables_at, partials.periods_needed([march, JUNE]))

    there = population(tables_at, march, costs=costs)
    known = outcomes(tables_at, there, march, 3, today=JUNE, costs=costs)

    # ann: 101 GB cost 50.5, which is rounded up; bob: a contact costs 300.
    now = {row["subscriber_id"]: row["monthly_value"] for row in there.collect()}
    later = {row["subscriber_id"]: row["future_value"] for row in known.collect()}
    assert now == {"ann": 949, "bob": 700, "cid": None}
    assert later == {"ann": 0, "bob": -200, "cid": 0}


def gigabytes(who, day, n):
    return {"subscriber_id": who, "day": day, "data_kb": n * 1_000_000}


@pytest.mark.delta
def test_a_cost_that_cannot_be_known_is_told(tables_at):
    write_and_build(tables_at, [spell("ann", LONG_AGO)], [used("ann", JUNE)])
    there = availability.look(tables_at, JUNE)

    assert service_cost.notes(there, ServiceCosts(per_contact=1, per_gb=1)) == [
        "the value of lines is without the cost of care, which is missing"
    ]
    assert service_cost.notes(there, ServiceCosts(per_gb=1)) == []
