"""Every kind of bad input that docs/bad_input.md lists ends as it says there."""

import json
import os
from pathlib import Path

import pytest

from segmentation.errors import SourceError
from segmentation.privacy.tokens import token_of
from segmentation.tables import care, clean
from tests.sources.bad_input import FILES, PHONE, ROWS, SOURCE, WITH_ZEROS, BadFile, BadRow, as_page, row, text

ROOT = Path(__file__).parents[2]
LINES = """
name: lines
table: subscribers
location: lines.csv
format: csv
columns: {subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}}
received_at: {timestamp: delivered}
"""


@pytest.fixture(scope="module")
def known(operator_at, tmp_path_factory):
    """An operator that knows one line."""
    operator = operator_at(tmp_path_factory.mktemp("operator"))
    known = [f"{phone},2020-01-01,2020-01-02 00:00:00" for phone in (PHONE, WITH_ZEROS)]
    operator.deliver("lines.csv", text(*known, head="phone,since,delivered"))
    operator.take_in(LINES)
    return operator


@pytest.fixture(scope="module")
def all_rows(known):
    """What became of every bad row, by its key: reasons, or the accepted row."""
    rows = [row(f"K{number}", **one.cells) for number, one in enumerate(ROWS)]
    known.deliver("top_ups/1.csv", text(*rows, row("fine")))
    counts = known.take_in(SOURCE)
    secret = known.settings.secret.key()
    keys = {token_of(secret, "record", f"K{number}"): number for number in range(len(ROWS))}
    refused, unreadable = {}, []
    for one in known.tables.read(care.QUARANTINE).collect():
        names = tuple(reason.partition(":")[0] for reason in one["reasons"])
        number = keys.get(json.loads(one["masked_row"]).get("ref"))
        if number is None:
            unreadable.append(names)
        else:
            refused[number] = names
    stored = known.tables.read(clean.RECHARGES).collect()
    accepted = {keys[one["recharge_id"]]: one for one in stored if one["recharge_id"] in keys}
    return counts, refused, accepted, unreadable


@pytest.mark.parametrize(("number", "one"), enumerate(ROWS), ids=[one.what for one in ROWS])
def test_a_bad_row_is_refused_for_what_is_wrong_with_it_or_read_as_meant(all_rows, number: int, one: BadRow):
    _, refused, accepted, unreadable = all_rows

    if one.refused == ("readable",):
        assert ("readable",) in unreadable
    elif one.refused:
        assert set(refused[number]) == set(one.refused)
    else:
        assert number in accepted
        if one.accepted_as[0].isdecimal():
            assert accepted[number]["recharge_amount"] == round(float(one.accepted_as) * 100)


def test_every_bad_row_is_accounted_for(all_rows):
    counts, refused, accepted, unreadable = all_rows

    assert counts.read == len(ROWS) + 1 == counts.duplicates + counts.quarantined + counts.accepted
    assert len(refused) + len(unreadable) == counts.quarantined
    assert len(accepted) + 1 == counts.accepted


@pytest.mark.parametrize("one", FILES, ids=[one.what for one in FILES])
def test_a_bad_delivery_is_taken_in_as_far_as_it_can_or_leaves_everything_as_it_was(operator, one: BadFile):
    operator.deliver("lines.csv", f"phone,since,delivered\n{PHONE},2020-01-01,2020-01-02 00:00:00\n")
    one.deliver(operator.folder / "landing")
    source = one.source.replace("references: {subscriber_id: subscribers}\n", "")

    if one.error:
        with pytest.raises(SourceError, match=one.error) as refused:
            operator.take_in(source)
        assert PHONE not in str(refused.value)
        assert operator.written() == []
    else:
        counts = operator.take_in(source)
        assert (counts.accepted, counts.duplicates, counts.quarantined) == (
            one.accepted,
            one.duplicates,
            len(one.refused),
        )
        assert counts.read == counts.accepted + counts.duplicates + counts.quarantined
        filled = operator.source(source).clean_table()
        assert operator.tables.read(filled).count() == one.accepted
        rows = operator.tables.read(care.QUARANTINE).collect()
        reasons = [{reason.partition(":")[0] for reason in one["reasons"]} for one in rows]
        assert sorted(map(sorted, reasons)) == sorted(map(sorted, one.refused))


def test_the_page_of_bad_input_is_in_step_with_what_is_tested():
    assert (ROOT / "docs/bad_input.md").read_text() == as_page(), "run `make docs`"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any file")
def test_a_feed_that_may_not_be_read_says_so(operator):
    operator.deliver("top_ups/1.csv", text(row("T1"))).chmod(0)

    with pytest.raises(SourceError, match="cannot read the feed") as refused:
        operator.take_in(SOURCE)

    assert "the right to read" in str(refused.value)
