"""A feed that cannot be taken in: one error with the remedy, nothing written, no cell shown."""

import gzip

import pytest

from segmentation.errors import SourceError

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


def test_files_with_different_headers_are_refused(operator):
    operator.deliver("lines/a.csv", GOOD)
    operator.deliver("lines/b.csv", GOOD.replace("holder,region", "region,holder"))

    assert "cannot read the feed" in refusal(operator)


@pytest.mark.parametrize(
    ("expression", "safe_form"),
    [
        ("case when phone > 5 then region end", "try_cast"),
        ("coalesce(region, 0)", "try_cast"),
        ("concat(region, try_cast(phone as bigint) * 100)", "try_multiply"),
    ],
)
def test_a_cast_that_nobody_wrote_is_found_before_the_feed_is_read(operator, expression, safe_form):
    operator.deliver("lines/a.csv", GOOD)

    told = refusal(operator, LINES.replace("region: region", f"region: {expression}"))

    assert "columns.region: stops at a bad value" in told
    assert safe_form in told
