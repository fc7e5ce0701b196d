"""Columns that come, go and change between deliveries: told, let go where nothing needs them, else a clear stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segmentation.errors import SourceError
from segmentation.sources.changes import Change, changes
from segmentation.tables import care, clean

COLUMNS = st.dictionaries(st.text("abc_", min_size=1, max_size=4), st.sampled_from(["string", "bigint"]), max_size=6)
LINES = """
name: lines
table: subscribers
location: lines
format: csv
columns:
  subscriber_id: {key: phone, kind: subscriber}
  valid_from: {date: since}
  birth_year: born
  region: area_name
received_at: {timestamp: delivered}
personal: {direct: [holder]}
"""
HEAD = "phone,holder,born,area_name,since,delivered"


def test_what_comes_goes_and_changes_its_type_is_told():
    before = {"phone": "string", "amount": "string", "note": "string"}

    found = changes(before, {"phone": "string", "amount": "double", "tariff": "string"})

    assert found == (
        Change("amount", "retyped", "it was string and is double"),
        Change("note", "gone", "it was string"),
        Change("tariff", "new", "it is string"),
    )


@pytest.mark.parametrize(("old", "new"), [("phone_no", "phoneNo"), ("phone_number", "phone_num"), ("amt", "amnt")])
def test_a_column_gone_while_one_of_a_like_name_came_looks_renamed(old, new):
    found = changes({old: "string"}, {new: "string"})

    assert found == (Change(old, "renamed", f"{new} looks like it"),)


@pytest.mark.parametrize(("old", "new"), [("phone", "amount"), ("day", "data")])
def test_names_that_are_not_alike_are_two_columns(old, new):
    assert {change.kind for change in changes({old: "string"}, {new: "string"})} == {"gone", "new"}


def test_of_two_candidates_the_one_most_alike_is_taken_once():
    found = changes({"amount_net": "string", "amount_nett": "string"}, {"amount_net1": "string"})

    assert [(one.column, one.kind) for one in found] == [("amount_net", "renamed"), ("amount_nett", "gone")]


def test_letter_case_is_no_change():
    assert changes({"Phone": "string"}, {"PHONE": "string"}) == ()


def test_a_first_delivery_has_changed_nothing():
    assert changes(None, {"phone": "string"}) == ()


@given(before=COLUMNS, now=COLUMNS)
def test_every_column_is_told_once_and_none_that_stayed(before, now):
    found = changes(before, now)

    told = [change.column for change in found]
    renamed_to = [change.detail.removesuffix(" looks like it") for change in found if change.kind == "renamed"]
    same = {name for name in before if now.get(name) == before[name]}
    assert sorted([*told, *renamed_to]) == sorted({*before, *now} - same)
    assert changes(now, now) == ()


def deliver(operator, month, head, *rows):
    for file in (operator.folder / "landing/lines").glob("*.csv"):
        file.unlink()
    operator.deliver(f"lines/{month}.csv", "\n".join([head, *rows]))


def changes_of(operator):
    rows = operator.tables.read(care.SCHEMA_CHANGES).orderBy("column_name").collect()
    return [(row["column_name"], row["change"], row["detail"]) for row in rows]


@pytest.fixture
def delivered(operator):
    """An operator whose first delivery has been taken in."""
    deliver(operator, "01", HEAD, "999031415926,Zebulon,1971,North,2025-01-01,2025-01-02 03:00:00")
    assert operator.take_in(LINES).notes == ()
    return operator


def test_a_column_that_nothing_needs_may_go_and_come_again(delivered):
    without = "phone,born,since,delivered,tariff"
    row = "999031415926,1971,2025-01-01,2025-02-02 03:00:00,S"
    deliver(delivered, "02", without, row)

    counts = delivered.take_in(LINES)

    stored = delivered.tables.read(clean.SUBSCRIBERS).first()
    assert (stored["region"], stored["birth_year"]) == (None, 1971)
    assert counts.accepted == 1
    assert "lines: area_name is not in the feed: what is made of it is null" in counts.notes
    assert changes_of(delivered) == [
        ("area_name", "gone", "it was string"),
        ("holder", "gone", "it was string"),
        ("tariff", "new", "it is string"),
    ]

    deliver(delivered, "03", without, row.replace("2025-02-02", "2025-03-02"))
    assert any("area_name is not in the feed" in note for note in delivered.take_in(LINES).notes)
    assert len(changes_of(delivered)) == 3

    deliver(delivered, "04", HEAD, "999031415926,Zebulon,1971,South,2025-01-01,2025-04-02 03:00:00")
    delivered.take_in(LINES)
    assert delivered.tables.read(clean.SUBSCRIBERS).first()["region"] == "South"


def test_a_column_that_is_needed_stops_the_source_and_the_new_name_is_offered(delivered):
    deliver(
        delivered,
        "02",
        HEAD.replace("phone", "phone_no"),
        "999031415926,Zebulon,1971,North,2025-01-01,2025-02-02 03:00:00",
    )

    with pytest.raises(SourceError) as stopped:
        delivered.take_in(LINES)

    assert "columns.subscriber_id: the feed has no column" in str(stopped.value)
    assert "phone is gone (phone_no looks like it)" in str(stopped.value)
    assert delivered.tables.read(clean.SUBSCRIBERS).count() == 1
    assert changes_of(delivered) == [("phone", "renamed", "phone_no looks like it")]


def test_a_column_that_never_was_is_a_slip_of_the_mapping(operator):
    deliver(
        operator,
        "01",
        HEAD.replace("area_name", "area"),
        "999031415926,Zebulon,1971,North,2025-01-01,2025-01-02 03:00:00",
    )

    with pytest.raises(SourceError, match=r"columns\.region: the feed has no column"):
        operator.take_in(LINES)


MONTHS = """
name: lines
table: subscribers
location: lines
format: {format}
columns:
  subscriber_id: {{key: phone, kind: subscriber}}
  valid_from: {{date: since}}
  region: {{sql: area_name}}
  birth_year: {{number: born}}
received_at: {{timestamp: delivered}}
personal: {{direct: [holder]}}
"""


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_in_a_folder_of_months_a_column_may_come_go_or_move(operator, kind):
    months = {
        "01": ["phone,holder,born,since,delivered", "999031415926,Zebulon,1971,2025-01-01,2025-01-02 03:00:00"],
        "02": [
            "phone,area_name,holder,born,since,delivered",
            "999031415927,South,Zebulon,1972,2025-02-01,2025-02-02 03:00:00",
        ],
        "03": ["delivered,since,area_name,Phone", "2025-03-02 03:00:00,2025-03-01,East,999031415928"],
    }
    for month, (head, row) in months.items():
        if kind == "csv":
            operator.deliver(f"lines/month={month}/1.csv", f"{head}\n{row}\n")
        else:
            folder = operator.folder / f"landing/lines/month={month}"
            operator.spark.createDataFrame([row.split(",")], head.split(",")).write.parquet(str(folder))

    counts = operator.take_in(MONTHS.format(format=kind))

    stored = operator.tables.read(clean.SUBSCRIBERS).orderBy("valid_from").select("region", "birth_year")
    assert (counts.read, counts.accepted) == (3, 3)
    assert [tuple(row) for row in stored.collect()] == [(None, 1971), ("South", 1972), ("East", None)]
