"""A line that is erased is in no table, no file of an older version and no vault, and no feed brings it back."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from jobs.tables import every_table
from segmentation.features import catalogue, recharge
from segmentation.privacy.tokens import token_of
from segmentation.sources import erasure
from segmentation.tables import Store, built, care, clean
from segmentation.tables.contract import superseded

LINES = """
name: lines
table: subscribers
location: lines
format: csv
feed: upsert
columns:
  subscriber_id: {key: phone, kind: subscriber}
  customer_id: {key: cust, kind: customer}
  valid_from: {date: since}
  region: region
received_at: {timestamp: delivered}
"""
TOP_UPS = """
name: top_ups
table: recharges
location: top_ups
format: csv
feed: append
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: {number: amount}
received_at: {timestamp: delivered}
checks: {not_null: [recharge_amount]}
"""
CONSENTS = """
name: consents
table: consents
location: consents
format: csv
columns:
  customer_id: {key: cust, kind: customer}
  purpose: what
  valid_from: {date: since}
  is_granted: agreed
received_at: {timestamp: delivered}
"""
LINES_HEAD, TOP_UPS_HEAD = "phone,cust,since,region,delivered\n", "ref,phone,sold,amount,delivered\n"
OCTOBER = date(2026, 10, 31)


@pytest.fixture(scope="module")
def erased(operator_at, tmp_path_factory):
    """An operator that has erased one of three lines, which had been corrected and refused before."""
    operator = operator_at(tmp_path_factory.mktemp("operator"))
    operator.deliver("lines/1.csv", LINES_HEAD + "".join(f"{n},C{n // 2},2026-01-01,N,2026-01-02\n" for n in (1, 2, 3)))
    operator.take_in(LINES.replace("delivered}", "delivered, format: yyyy-MM-dd}"))
    operator.deliver("lines/2.csv", LINES_HEAD + "1,C0,2026-01-01,S,2026-02-02\n")
    operator.take_in(LINES.replace("delivered}", "delivered, format: yyyy-MM-dd}"))
    operator.deliver(
        "top_ups/1.csv",
        TOP_UPS_HEAD + "A,1,2026-02-01,5,2026-02-02 00:00:00\nB,1,2026-02-02,,2026-02-02 00:00:00\n"
        "C,2,2026-02-01,5,2026-02-02 00:00:00\n",
    )
    operator.take_in(TOP_UPS)
    operator.token = token_of(operator.settings.secret.key(), "subscriber", "1")
    other = token_of(operator.settings.secret.key(), "subscriber", "2")
    stamp = {"vertical": "payg", "as_of": OCTOBER, "correction": 0}
    rows = [
        {"subscriber_id": operator.token, "segment_id": "few", **stamp},
        {"subscriber_id": operator.token, "segment_id": "many", **stamp, "as_of": date(2026, 9, 30)},
        {"subscriber_id": other, "segment_id": "few", **stamp},
    ]
    operator.tables.replace(operator.tables.rows(built.SEGMENT_ASSIGNMENTS, rows), built.SEGMENT_ASSIGNMENTS)
    profiles = [
        {"vertical": "payg", "segment_id": "few", "as_of": OCTOBER, "feature": "x", "n_subscribers": 9},
        {"vertical": "payg", "segment_id": "many", "as_of": date(2026, 9, 30), "feature": "x", "n_subscribers": 10},
    ]
    operator.tables.replace(operator.tables.rows(built.SEGMENT_PROFILES, profiles), built.SEGMENT_PROFILES)
    features, sums = catalogue.feature_table("payg"), recharge.PARTIALS
    of_line = {"subscriber_id": operator.token}
    operator.tables.replace(operator.tables.rows(features, [{**of_line, "as_of": OCTOBER}]), features)
    # Of the sums only an older version knows the line.
    operator.tables.replace(operator.tables.rows(sums, [{**of_line, "period": OCTOBER}]), sums)
    operator.tables.replace(operator.tables.rows(sums, [{"subscriber_id": other, "period": OCTOBER}]), sums)
    assert erasure.is_known(operator.tables, operator.vault, operator.token, every_table())
    operator.receipt = erasure.erase(operator.tables, operator.vault, operator.token, every_table(), run_id="r2")
    return operator


def test_the_receipt_says_what_was_erased(erased):
    assert erased.receipt.n_rows == {
        "subscribers": 1,
        "subscribers_superseded": 1,
        "recharges": 1,
        "payg_features": 1,
        "quarantine": 1,
        "segment_assignments": 2,
        "segment_profiles": 1,
        "identity_vault": 2,
    }
    row = erased.tables.read(care.ERASURES).first()
    assert (row["receipt"], dict(row["n_rows"])) == (erased.receipt.receipt, erased.receipt.n_rows)


def test_no_file_of_any_version_has_the_line(erased):
    files = [*(erased.folder / "warehouse").rglob("*.parquet"), *(erased.folder / "vault").rglob("*.parquet")]
    data = [file for file in files if "_delta_log" not in file.parts and "erasures" not in file.parts]

    having = [file for file in data if erased.token in str(pq.ParquetFile(file).read().to_pylist())]

    assert data
    assert having == []


def test_no_log_of_the_vault_has_a_key_as_the_operator_writes_it(operator):
    operator.deliver("lines/1.csv", LINES_HEAD + "999031415926,C77712345,2026-01-01,N,2026-01-02\n")
    operator.take_in(LINES.replace("delivered}", "delivered, format: yyyy-MM-dd}"))

    logs = [file for file in (operator.folder / "vault").rglob("*") if "_delta_log" in file.parts and file.is_file()]

    told = [file.name for file in logs if any(key in file.read_bytes() for key in (b"999031415926", b"C77712345"))]
    assert any(file.suffix == ".json" for file in logs)
    assert told == []


def test_an_erasure_that_left_old_files_is_ended_by_another(operator):
    operator.deliver("lines/1.csv", LINES_HEAD + "1,C1,2026-01-01,N,2026-01-02\n2,C2,2026-01-01,N,2026-01-02\n")
    operator.take_in(LINES.replace("delivered}", "delivered, format: yyyy-MM-dd}"))
    token = token_of(operator.settings.secret.key(), "subscriber", "1")

    def erase(**how):
        return erasure.erase(operator.tables, operator.vault, token, every_table(), run_id="r", **how)

    def is_in_files():
        files = (operator.folder / "warehouse/subscribers").glob("*.parquet")
        return any(token in str(pq.ParquetFile(file).read().to_pylist()) for file in files)

    first = erase(keep_hours=24)
    was_left = is_in_files()
    is_open = erasure.is_known(operator.tables, operator.vault, token, every_table())
    last = erase()

    assert was_left
    assert is_open
    assert not is_in_files()
    assert not erasure.is_known(operator.tables, operator.vault, token, every_table())
    assert (last.receipt, last.n_rows, last.kept_hours) == (first.receipt, first.n_rows, 0)
    assert operator.tables.read(care.ERASURES).count() == 1


@pytest.mark.parametrize("n_done", [1, 3])
def test_a_receipt_counts_what_an_erasure_that_was_killed_had_taken(operator, monkeypatch, n_done):
    operator.deliver("lines/1.csv", LINES_HEAD + "1,C1,2026-01-01,N,2026-01-02\n2,C2,2026-01-01,N,2026-01-02\n")
    operator.take_in(LINES.replace("delivered}", "delivered, format: yyyy-MM-dd}"))
    operator.deliver(
        "consents/1.csv", "cust,what,since,agreed,delivered\nC1,marketing,2026-01-01,true,2026-01-02 00:00:00\n"
    )
    operator.take_in(CONSENTS)
    operator.deliver("top_ups/1.csv", TOP_UPS_HEAD + "A,1,2026-02-01,5,2026-02-02 00:00:00\n")
    operator.take_in(TOP_UPS)
    token = token_of(operator.settings.secret.key(), "subscriber", "1")
    delete, n_calls = Store.delete, Counter()

    def killed(store, table, condition):
        if n_calls["delete"] == n_done:
            raise KeyboardInterrupt
        n_calls["delete"] += 1
        return delete(store, table, condition)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Store, "delete", killed)
        erasure.erase(operator.tables, operator.vault, token, every_table(), run_id="r")
    is_open = erasure.is_known(operator.tables, operator.vault, token, every_table())
    receipt = erasure.erase(operator.tables, operator.vault, token, every_table(), run_id="r")

    assert is_open
    assert receipt.n_rows == {"subscribers": 1, "consents": 1, "recharges": 1, "identity_vault": 2}
    assert operator.tables.read(care.ERASURES).count() == 1


def test_a_snapshot_with_an_erased_line_says_how_many_rows_stay_out_and_not_of_whom(operator):
    lines = LINES.replace("delivered}", "delivered, format: yyyy-MM-dd}").replace("feed: upsert", "feed: snapshot")
    rows = LINES_HEAD + "77701,C77701,2026-01-01,N,2026-01-02\n2,C2,2026-01-01,N,2026-01-02\n"
    operator.deliver("lines/1.csv", rows)
    first = operator.take_in(lines)
    token = token_of(operator.settings.secret.key(), "subscriber", "77701")
    erasure.erase(operator.tables, operator.vault, token, every_table(), run_id="r")
    operator.deliver("lines/1.csv", rows + "3,C3,2026-01-01,N,2026-01-02\n")

    counts = operator.take_in(lines)
    again = operator.take_in(lines)

    told = [note for note in counts.notes if "erased" in note]
    stored = operator.tables.read(care.FEEDS).filter("n_erased > 0").select("n_erased", "n_filtered").collect()
    assert (first.erased, counts.erased, counts.filtered, counts.accepted) == (0, 1, 1, 2)
    assert counts.by_name("lines")["lines.erased"] == again.erased == 1
    assert told == ["lines: 1 rows of lines that were erased stay out; their receipts are in erasures"]
    assert not any(token in note or "77701" in note for note in counts.notes)
    assert [tuple(row) for row in stored] == [(1, 1)]


def test_lines_erased_after_a_moment_are_counted(erased):
    erased_at = erased.tables.read(care.ERASURES).first()["erased_at"]

    assert erasure.n_erased_since(erased.tables, erased_at - timedelta(seconds=1)) == 1
    assert erasure.n_erased_since(erased.tables, erased_at) == 0


def test_the_person_of_an_erased_line_comes_back_with_no_feed_that_was_there(operator):
    operator.deliver("lines/1.csv", LINES_HEAD + "1,C1,2026-01-01,N,2026-01-02\n2,C2,2026-01-01,N,2026-01-02\n")
    operator.take_in(LINES.replace("delivered}", "delivered, format: yyyy-MM-dd}"))
    token = token_of(operator.settings.secret.key(), "subscriber", "1")
    erasure.erase(operator.tables, operator.vault, token, every_table(), run_id="r")
    operator.deliver(
        "consents/1.csv",
        "cust,what,since,agreed,delivered\nC1,marketing,2026-01-01,true,2026-01-02 00:00:00\n"
        "C1,analytics,2026-01-01,true,\nC2,marketing,2026-01-01,true,2026-01-02 00:00:00\n",
    )

    counts = operator.take_in(CONSENTS)

    originals = {row["original"] for row in operator.vault.read(care.IDENTITY_VAULT).collect()}
    assert (counts.read, counts.filtered, counts.accepted, counts.quarantined) == (1, 2, 1, 0)
    assert originals == {"2", "C2"}


def test_other_lines_and_the_totals_of_many_stay(erased):
    tables = erased.tables

    kept = tables.read(built.SEGMENT_PROFILES).select("segment_id").collect()
    originals = {row["original"] for row in erased.vault.read(care.IDENTITY_VAULT).collect()}
    assert [row["segment_id"] for row in kept] == ["many"]
    assert tables.read(clean.SUBSCRIBERS).count() == 2
    assert tables.read(superseded(clean.SUBSCRIBERS)).isEmpty()
    assert {"2", "3", "C1"} == originals


def test_feeds_that_are_read_again_do_not_bring_the_line_back_and_one_that_comes_later_may(erased):
    later = datetime.now(tz=UTC).year + 1
    erased.deliver("top_ups/2.csv", TOP_UPS_HEAD + f"D,1,2026-11-01,5,{later}-01-02 00:00:00\n")

    counts = erased.take_in(TOP_UPS.replace("{number: amount}", "{number: amount, times: 100}"))

    of_line = erased.tables.read(clean.RECHARGES).filter(F.col("subscriber_id") == erased.token).collect()
    assert (counts.filtered, counts.accepted) == (2, 2)
    assert [str(row["day"]) for row in of_line] == ["2026-11-01"]


@pytest.mark.parametrize("known_as", ["601234567", " 601234567 "])
def test_a_line_is_named_by_its_key_or_its_token(known_as):
    token = erasure.line_token(known_as, b"secret")

    assert token == erasure.line_token(token, b"other") == token_of(b"secret", "subscriber", "601234567")
