"""A source tried on a few rows: the same verdict as an intake, nothing written, nobody's name shown."""

import pytest

from segmentation.errors import SourceError
from segmentation.sources import newest, references, trial

LINES = """
name: lines
table: subscribers
location: lines
format: csv
columns:
  subscriber_id: {key: phone, kind: subscriber}
  valid_from: {date: since}
  birth_year: born
  region: "upper(trim(area))"
  is_urban: {code: urban, values: {"Y": true, "N": false}}
received_at: {timestamp: delivered}
personal: {direct: [holder]}
filter: kind = 'mobile'
checks: {between: {birth_year: [1900, 2030]}}
"""
HEAD = "phone,kind,holder,area,born,urban,since,delivered"
PERSONAL = ("999031415", "Quagmire", "1971", "1850")


def line(number, kind="mobile", born="1971", since="2025-01-01"):
    return f"99903141592{number},{kind},Quagmire {number},north,{born},Y,{since},2025-01-02 03:00:00"


def tried(operator, n_rows=100, text=LINES):
    one = operator.source(text)
    return trial.try_out(operator.spark, operator.tables, one, one.clean_table(), operator.settings, n_rows)


def test_a_trial_counts_as_an_intake_does_and_writes_nothing(operator):
    rows = [line(1), line(2), line(2), line(3, born="1850"), line(4, since="31.02."), line(5, kind="landline")]
    operator.deliver("lines/part-1.csv", "\n".join([HEAD, *rows]))

    found = tried(operator)

    assert operator.written() == []
    counts = operator.take_in(LINES)
    assert (found.read, found.filtered, found.duplicates) == (counts.read, counts.filtered, counts.duplicates)
    assert (found.quarantined, found.accepted) == (counts.quarantined, counts.accepted) == (2, 2)
    assert found.reasons == (
        ("between(birth_year): at least 1900 at most 2030", 1),
        ("not_null(valid_from): a value", 1),
        ("type(valid_from): date written yyyy-MM-dd", 1),
    )


def test_examples_are_shown_as_far_as_they_name_nobody(operator):
    operator.deliver("lines/part-1.csv", "\n".join([HEAD, line(1), line(2)]))

    found = tried(operator)

    columns = {column.name: column for column in found.columns}
    assert columns["valid_from"].examples == ("2025-01-01",)
    assert columns["received_at"].examples == ("2025-01-02 03:00:00",)
    assert columns["is_urban"].examples == columns["birth_year"].examples == ("<masked>",)
    assert columns["subscriber_id"].made_of == "phone"
    assert len(columns["subscriber_id"].examples) == 2
    assert columns["region"].filled == 1.0
    assert "customer_id" in found.not_mapped
    assert not any(name in str(found) for name in PERSONAL)


def test_a_file_that_begins_with_broken_rows_is_not_judged_by_them(operator):
    broken = [f",mobile,Nobody,north,1971,Y,2025-01-{day:02d},2025-02-01 03:00:00" for day in range(1, 31)]
    rows = [f"9990314{n:05d},mobile,Nobody,north,1971,N,2025-01-01,2025-02-01 03:00:00" for n in range(300)]
    operator.deliver("lines/part-1.csv", "\n".join([HEAD, *broken, *rows]))

    found = tried(operator, n_rows=30)

    assert found.read == 30
    assert found.accepted > 15


def test_of_a_file_too_large_to_read_whole_the_first_rows_are_tried(operator, monkeypatch):
    monkeypatch.setattr(trial, "READ_WHOLE_BYTES", 10)
    operator.deliver("lines/part-1.csv", "\n".join([HEAD, line(1), line(2), line(3), line(4)]))

    assert tried(operator, n_rows=2).accepted == 2


JSON_LINES = """
name: lines
table: subscribers
location: lines
format: json
columns: {subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}}
received_at: {timestamp: delivered}
"""


def test_a_last_file_without_a_row_does_not_count(operator):
    operator.deliver("lines/part-1.csv", "\n".join([HEAD, *map(line, range(10))]))
    operator.deliver("lines/part-2.csv", HEAD)

    assert tried(operator, n_rows=4).read == 4


def test_what_is_new_in_the_last_file_is_seen(operator):
    old = '{"phone": "999031415926", "since": "2025-01-01", "delivered": "2025-01-02 03:00:00"}'
    new = '{"phone": "999031415927", "since": "2025-02-01", "delivered": "2025-02-02 03:00:00", "tariff": "S"}'
    for name, text in (("2025-01.json", old), ("2025-02.json", new), ("2025-03.json", new.replace("927", "928"))):
        operator.deliver(f"lines/{name}", text)

    found = tried(operator, text=JSON_LINES)

    assert (found.n_files, found.read, found.accepted) == (3, 2, 2)
    assert found.not_read == ("tariff",)


def test_columns_in_the_names_of_folders_are_there(operator):
    of_folder = JSON_LINES.replace("format: json", "format: parquet").replace("{date: since}", "month_end")
    for month in ("2025-01-31", "2025-02-28"):
        rows = operator.spark.createDataFrame([("999031415926", f"{month} 03:00:00")], "phone string, delivered string")
        rows.coalesce(1).write.parquet(str(operator.folder / "landing" / "lines" / f"month_end={month}"))

    found = tried(operator, text=of_folder)

    assert found.accepted == 2
    assert {c.name: c.examples for c in found.columns}["valid_from"] == ("2025-01-31", "2025-02-28")


def test_a_feed_that_cannot_be_taken_in_is_an_error_as_of_an_intake(operator):
    operator.deliver("lines/part-1.csv", "phone,since\n999031415926,2025-01-01\n")

    with pytest.raises(SourceError, match="the feed has no column"):
        tried(operator)

    assert operator.written() == []


def test_an_optional_feed_that_is_absent_is_none(operator):
    assert tried(operator, text=LINES + "optional: true\n") is None


TOP_UPS = """
name: top_ups
table: recharges
location: top_ups.csv
format: csv
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: 500
received_at: {timestamp: delivered}
references: {subscriber_id: subscribers}
"""


def top_ups_tried(operator, n_rows=100):
    lines, top_ups = operator.source(LINES), operator.source(TOP_UPS)
    with references.looked_up(operator.spark, operator.tables, [lines, top_ups], operator.settings) as keys:
        return trial.try_out(
            operator.spark, operator.tables, top_ups, top_ups.clean_table(), operator.settings, n_rows, keys=keys
        )


@pytest.fixture
def with_orphans(operator):
    """Ten lines, of which one is left out by the filter; recharges of each and of a line that nobody knows."""
    rows = [line(number, kind="landline" if number == 9 else "mobile") for number in range(10)]
    sold = [f"T{number},99903141592{number},2025-02-01,2025-02-02 03:00:00" for number in range(10)]
    operator.deliver("lines/part-1.csv", "\n".join([HEAD, *rows]))
    unknown = "T10,999031415900,2025-02-01,2025-02-02 03:00:00"
    operator.deliver("top_ups.csv", "\n".join(["ref,phone,sold,delivered", *sold, unknown]))
    return operator


def test_an_orphan_is_seen_before_there_is_the_table_it_refers_to(with_orphans):
    found = top_ups_tried(with_orphans)

    assert (found.quarantined, found.accepted) == (2, 9)
    assert found.reasons == (("references(subscriber_id): a key that subscribers knows", 2),)
    assert "subscriber_id: looked up among the 9 keys in the feed of subscribers, read whole" in found.notes
    assert with_orphans.written() == []


def test_a_key_is_no_orphan_because_few_rows_are_tried(with_orphans):
    with_orphans.deliver("top_ups.csv", "ref,phone,sold,delivered\nT8,999031415928,2025-02-01,2025-02-02 03:00:00\n")

    assert top_ups_tried(with_orphans, n_rows=1).accepted == 1


def test_of_a_feed_too_large_to_read_whole_no_key_is_called_an_orphan(with_orphans, monkeypatch):
    monkeypatch.setattr(references, "READ_WHOLE_BYTES", 10)
    monkeypatch.setattr(references, "FIRST_ROWS", 4)

    found = top_ups_tried(with_orphans)

    assert (found.quarantined, found.accepted) == (0, 11)
    assert any(note.startswith("subscriber_id: 4 of 11 keys are among the first 4") for note in found.notes)
    assert "top_ups.subscriber_id was not checked: there is no subscribers" in found.notes


def test_keys_in_a_feed_that_cannot_be_read_are_not_looked_up(with_orphans):
    with_orphans.deliver("lines/part-1.csv", "holder,since\nQuagmire,2025-01-01\n")

    found = top_ups_tried(with_orphans)

    assert found.accepted == 11
    assert found.notes == ("top_ups.subscriber_id was not checked: there is no subscribers",)


def test_the_newest_day_is_looked_for_in_as_much_as_can_be_read(operator, monkeypatch):
    old, new, future = line(1, since="2025-01-01"), line(2, since="2025-01-02"), line(3, since="2031-01-01")
    operator.deliver("lines/part-1.csv", "\n".join([HEAD, old]))
    operator.deliver("lines/part-2.csv", "\n".join([HEAD, new, future, line(4, kind="landline", since="2025-01-02")]))
    operator.deliver("lines/part-3.csv", "\n".join([HEAD, old]))

    whole = tried(operator, n_rows=2).newest
    monkeypatch.setattr(newest, "READ_WHOLE_BYTES", 300)
    ends = tried(operator, n_rows=2).newest
    monkeypatch.setattr(newest, "READ_WHOLE_BYTES", 10)
    few = tried(operator, n_rows=2).newest

    assert (str(whole.day), whole.column, whole.among) == ("2025-01-02", "valid_from", newest.WHOLE)
    assert (str(ends.day), ends.among) == ("2025-01-01", newest.ENDS)
    assert (str(few.day), few.among) == ("2025-01-01", newest.SAMPLE)
