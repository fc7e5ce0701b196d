"""What becomes of refused rows when their delivery is taken in again, and which file they came in."""

import pytest

from segmentation.tables import care, clean

TOP_UPS = """
name: top_ups
table: recharges
location: top_ups
format: csv
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: {number: amount, times: 100}
  channel: {sql: sold_in}
received_at: {timestamp: delivered}
checks: {not_null: [channel]}
"""
HEAD = "ref,phone,sold,amount,sold_in,delivered"


def row(ref, channel="shop", amount="10"):
    return f"{ref},99903141592{ref[-1]},2025-02-01,{amount},{channel},2025-02-02 03:00:00"


def deliver(operator, *rows, file="february.csv"):
    operator.deliver(f"top_ups/{file}", "\n".join([HEAD, *rows]))


def refused(operator, *columns):
    rows = operator.tables.read(care.QUARANTINE).select(*columns, "reasons").orderBy(*columns, "reasons").collect()
    return [tuple(row)[:-1] for row in rows]


def test_a_refused_row_tells_in_which_file_and_when_it_came(operator):
    deliver(operator, row("T1", ""), row("T2"), file="2025-02 north.csv")
    deliver(operator, row("T1", ""), row("T3", ""), file="2025-02 south.csv")
    deliver(operator, row("T4", ""), file="of ann.smith@example.org, 999031415926.csv")

    operator.take_in(TOP_UPS)

    assert refused(operator, "file", "n_rows") == [
        ("2025-02 north.csv", 1),
        ("2025-02 south.csv", 1),
        ("of <e-mail>, <number>.csv", 1),
    ]
    assert {str(row["received_at"]) for row in operator.tables.read(care.QUARANTINE).collect()} == {
        "2025-02-02 03:00:00"
    }


@pytest.mark.parametrize("feed", ["snapshot", "append"])
def test_what_the_mapping_leaves_out_now_was_not_accepted(operator, feed):
    text = f"{TOP_UPS}feed: {feed}\n"
    deliver(operator, row("T1", ""), row("T2", amount="x"), row("T3", amount="y"), row("T4"))
    operator.take_in(text)

    operator.take_in(text.replace("{not_null: [channel]}", "{}") + "filter: amount <> 'x'\n")

    assert refused(operator, "state") == [("filtered",), ("open",), ("replayed",)]
    assert operator.tables.read(clean.RECHARGES).count() == 2


def test_a_repeat_of_a_row_that_was_accepted_is_told_from_one_that_is_now(operator):
    deliver(operator, row("T1"), row("T1"), row("T2", ""), row("T2", ""))
    operator.take_in(TOP_UPS + "duplicates: keep\n")
    assert refused(operator, "state", "n_rows") == [("open", 1), ("open", 2)]

    for _ in range(2):
        operator.take_in(TOP_UPS.replace("{not_null: [channel]}", "{}"))
        assert refused(operator, "state", "n_rows") == [("duplicate", 1), ("replayed", 2)]
    assert operator.tables.read(clean.RECHARGES).count() == 2


def test_a_row_refused_in_two_deliveries_is_no_repeat_of_itself(operator):
    text = TOP_UPS + "feed: append\n"
    for file in ("january.csv", "february.csv"):
        deliver(operator, row("T1", ""), file=file)
        operator.take_in(text)

    operator.take_in(text.replace("{not_null: [channel]}", "{}"))

    assert refused(operator, "state") == [("replayed",), ("replayed",)]
