"""Forms of columns and of feeds that the planted feed does not use."""

from segmentation.privacy.tokens import token_of
from segmentation.tables import clean

TIES = """
name: ties
table: home_ties
location: ties.json
format: json
columns:
  subscriber_a: {key: line.one, kind: subscriber}
  subscriber_b: {key: line.two, kind: subscriber}
  tie_kind: "'payer'"
  valid_from: {date: month, format: yyyy-MM, is_month_end: true}
received_at: {timestamp: delivered}
ordered_pair: [subscriber_a, subscriber_b]
checks: {different: [[subscriber_a, subscriber_b]]}
"""
TIES_JSON = """{"line": {"one": "1", "two": "2"}, "month": "2024-02", "delivered": "2024-03-01 00:00:00"}
{"line": {"one": "2", "two": "1"}, "month": "2024-03", "delivered": "2024-04-01 00:00:00"}
{"line": {"one": "2", "two": "2"}, "month": "2024-03", "delivered": "2024-04-01 00:00:00"}
{"line": {"one": "2", "two"
"""
ANSWERS = """
name: answers
table: surveys
location: answers.csv
format: csv
duplicates: keep
columns:
  answer_id: {row_key: hash}
  subscriber_id: {key: phone, kind: subscriber}
  day: "date '2026-01-01'"
  question: "'price'"
  answer: score
received_at: {timestamp: "'2026-01-01 00:00:00'"}
"""
TOP_UPS = """
name: lines_of_invoices
table: recharges
location: lines.parquet
format: parquet
columns:
  recharge_id: {key: invoice, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: day
  recharge_amount: amount
received_at: "timestamp '2026-01-09 00:00:00'"
group:
  by: [recharge_id]
  take: {subscriber_id: min, day: min, recharge_amount: sum}
  having: recharge_amount <> 0
"""


def test_a_pair_has_one_order_a_month_ends_on_its_last_day_and_a_broken_object_is_refused(operator):
    operator.deliver("ties.json", TIES_JSON)

    counts = operator.take_in(TIES)

    rows = operator.tables.read(clean.HOME_TIES).orderBy("valid_from").collect()
    tokens = sorted(token_of(operator.settings.secret.key(), "subscriber", line) for line in ("1", "2"))
    assert (counts.read, counts.quarantined, counts.accepted) == (4, 2, 2)
    assert [[row["subscriber_a"], row["subscriber_b"]] for row in rows] == [tokens, tokens]
    assert [str(row["valid_from"]) for row in rows] == ["2024-02-29", "2024-03-31"]


def test_equal_rows_that_are_different_facts_get_keys_of_their_own(operator):
    operator.deliver("answers.csv", "phone,score\n1,5\n1,5\n2,5\n1,4\n")

    counts = operator.take_in(ANSWERS)

    keys = [row["answer_id"] for row in operator.tables.read(clean.SURVEYS).collect()]
    assert (counts.read, counts.duplicates, counts.accepted) == (4, 0, 4)
    assert len(set(keys)) == 4


def test_an_empty_cell_and_a_shifted_one_are_not_the_same_row(operator):
    operator.deliver("answers.csv", "phone,score\n7,\n,7\n")

    counts = operator.take_in(ANSWERS.replace("duplicates: keep", "duplicates: drop"))

    assert (counts.duplicates, counts.quarantined) == (0, 2)


def test_lines_of_an_invoice_become_one_recharge(operator, spark):
    rows = [
        ("I1", "1", "2026-01-01", 5),
        ("I1", "1", "2026-01-02", 7),
        ("I2", "1", "2026-01-02", 0),
        ("I3", "2", "2026-01-03", -3),
    ]
    lines = spark.createDataFrame(rows, "invoice string, phone string, day string, amount bigint")
    lines.selectExpr("invoice", "phone", "date(day) as day", "amount").write.parquet(
        str(operator.folder / "landing/lines.parquet")
    )

    counts = operator.take_in(TOP_UPS)

    found = operator.tables.read(clean.RECHARGES).orderBy("day").collect()
    assert (counts.accepted, counts.written) == (4, 2)
    assert [(str(row["day"]), row["recharge_amount"]) for row in found] == [("2026-01-01", 12), ("2026-01-03", -3)]


PLACES = """
name: places
table: subscribers
location: places.csv
format: csv
columns:
  subscriber_id: {key: phone, kind: subscriber}
  valid_from: "date '2026-01-01'"
  latitude: lat
  longitude: lon
received_at: {timestamp: "'2026-01-01 00:00:00'"}
"""


def test_what_is_no_number_and_what_is_endless_is_no_value(operator):
    cells = ["52.1", "NaN", "Infinity", "-Infinity", "1e400", ""]
    operator.deliver("places.csv", "phone,lat,lon\n" + "".join(f"{n},{cell},0\n" for n, cell in enumerate(cells)))

    counts = operator.take_in(PLACES)

    stored = operator.tables.read(clean.SUBSCRIBERS).select("latitude").collect()
    assert sorted((row["latitude"] for row in stored), key=str) == [52.1, None]
    assert (counts.accepted, counts.quarantined) == (2, 4)
