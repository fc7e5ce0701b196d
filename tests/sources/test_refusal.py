"""A feed that cannot be taken in: one error with the remedy, nothing written, no cell shown."""

import gzip

import pytest
from pyspark.errors import PySparkException

from segmentation.errors import SourceError
from segmentation.sources import delivery, probing, vault

LINES = """
name: lines
table: subscribers
location: lines
format: csv
columns:
  subscriber_id: {key: phone, kind: subscriber}
  valid_from: {date: since}
  region: region
received_at: {timestamp: delivered}
personal: {direct: [holder]}
"""
GOOD = "phone,holder,region,since,delivered\n999031415926,Zebulon,North,2025-01-01,2025-01-02 03:00:00\n"


def refusal(operator, source=LINES):
    with pytest.raises(SourceError) as refused:
        operator.take_in(source)
    assert operator.written() == []
    assert "Zebulon" not in str(refused.value)
    assert "999031415926" not in str(refused.value)
    return str(refused.value)


def test_a_missing_folder_says_where_it_looked(operator):
    assert "landing/lines" in refusal(operator)


def test_an_optional_source_that_is_absent_is_a_note(operator):
    counts = operator.take_in(LINES + "optional: true\n")

    assert (counts.read, counts.is_new, len(counts.notes)) == (0, False, 1)
    assert operator.written() == []


def test_missing_columns_are_all_named(operator):
    operator.deliver("lines/a.csv", GOOD.replace("region", "area").replace("since", "start"))

    told = refusal(operator)

    assert "columns.region" in told
    assert "columns.valid_from" in told
    assert "phone, holder, area, start, delivered" in told


def test_a_feed_with_a_header_alone_is_empty(operator):
    operator.deliver("lines/a.csv", GOOD.splitlines()[0] + "\n")

    assert "the feed is empty" in refusal(operator)


def test_files_of_no_bytes_are_empty(operator):
    operator.deliver("lines/a.csv", "")

    assert "the feed is empty" in refusal(operator)


def test_a_file_cut_short_is_unreadable(operator):
    file = operator.deliver("lines/a.csv.gz", "")
    file.write_bytes(gzip.compress((GOOD * 2000).encode(), mtime=0)[:-20])

    assert "cannot read the feed" in refusal(operator)


def test_a_file_without_the_column_that_keys_are_made_of_says_so(operator):
    operator.deliver("lines/a.csv", GOOD)
    operator.deliver("lines/b.csv", GOOD.replace("phone", "msisdn"))

    told = refusal(operator)

    assert "some files of the feed have not the columns that others have" in told
    assert "1 of 2 files without phone" in told
    assert "coalesce(new_name, old_name)" in told


def test_a_key_that_has_another_name_in_some_files_can_be_mapped(operator):
    operator.deliver("lines/a.csv", GOOD)
    operator.deliver("lines/b.csv", GOOD.replace("phone", "msisdn").replace("999031415926", "999031415927"))

    counts = operator.take_in(LINES.replace("key: phone", 'key: "coalesce(phone, msisdn)"'))

    assert (counts.read, counts.accepted) == (2, 2)


@pytest.mark.parametrize(
    ("expression", "safe_form"),
    [
        ("case when since > 5 then region end", "try_cast"),
        ("coalesce(region, 0)", "try_cast"),
        ("concat(region, try_cast(since as bigint) * 100)", "try_multiply"),
    ],
)
def test_a_cast_that_nobody_wrote_is_found_before_the_feed_is_read(operator, expression, safe_form):
    operator.deliver("lines/a.csv", GOOD)

    told = refusal(operator, LINES.replace("region: region", f"region: {expression}"))

    assert "columns.region: stops at a bad value" in told
    assert safe_form in told


GROUPED = """group:
  by: [subscriber_id]
  take: {valid_from: min, region: min}
"""


@pytest.mark.parametrize(
    ("having", "told"),
    [
        ("valid_until is null", "the grouped row has no column"),
        ("region > 5", "stops at a bad value"),
        ("holder is not null", "the grouped row has no column"),
    ],
)
def test_a_condition_on_groups_is_tried_before_the_feed_is_read(operator, having, told):
    operator.deliver("lines/a.csv", GOOD)

    said = refusal(operator, LINES + GROUPED + f"  having: {having}\n")

    assert "group.having" in said
    assert told in said


def test_a_group_that_stops_at_a_bad_value_shows_no_cell(operator, monkeypatch):
    monkeypatch.setattr(probing, "require_usable", lambda *_: None)
    operator.deliver("lines/a.csv", GOOD)

    said = refusal(operator, LINES + GROUPED + "  having: region > 5\n")

    assert "CAST_INVALID_INPUT" in said
    assert "North" not in said


def test_a_file_that_may_not_be_read_says_so(operator, monkeypatch):
    def refuse(file, *_):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr(delivery, "_local_file", refuse)
    operator.deliver("lines/a.csv", GOOD)

    told = refusal(operator, LINES + "optional: true\n")

    assert "Permission denied" in told
    assert "lines/a.csv" in told


def test_a_place_far_away_that_is_not_there_has_no_files(spark, tmp_path):
    assert delivery._remote_files(spark, f"file://{tmp_path}/nowhere") == []


def test_what_breaks_while_the_tables_are_written_shows_no_cell(operator, monkeypatch):
    def refuse(*_):
        raise PySparkException("cannot take 'Zebulon' of 999031415926")

    monkeypatch.setattr(vault, "remember", refuse)
    operator.deliver("lines/a.csv", GOOD)

    assert "cannot write the tables; the next run writes them again" in refusal(operator)
