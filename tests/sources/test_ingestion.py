"""From a raw feed to the clean table: what is accepted, what is refused and why, and nobody's name anywhere."""

import json

import pyarrow.parquet as pq
import pytest
from pyspark.sql import functions as F

from segmentation.errors import SourceError
from segmentation.privacy.tokens import token_of
from segmentation.sources import feeds, sifting
from segmentation.tables import care, clean

LINES = """
name: lines
table: subscribers
location: lines.csv
format: csv
columns:
  subscriber_id: {key: phone, kind: subscriber}
  customer_id: {key: cust, kind: customer}
  valid_from: {date: since}
received_at: {timestamp: delivered}
personal: {direct: [holder]}
"""
TOP_UPS = """
name: top_ups
table: recharges
location: top_ups
format: csv
options: {sep: ";"}
null_values: [n/a]
filter: kind = 'topup'
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold, format: dd.MM.yyyy}
  recharge_amount: {number: amount, times: 100, decimal_mark: ","}
  channel: {code: via, values: {A: app, S: shop}}
received_at: {timestamp: delivered}
personal: {direct: [holder], text: [note]}
checks:
  not_null: [subscriber_id, day, recharge_amount]
  between: {recharge_amount: [0, 100000]}
  not_future: [day]
references: {subscriber_id: subscribers}
counts: {by_app: via = 'A'}
"""
LINES_CSV = """phone,cust,holder,since,delivered
999031415926,C1,Anna Kowalska,2025-01-01,2025-01-02 03:00:00
999031415927,C1,Anna Kowalska,2025-01-01,2025-01-02 03:00:00
"""
HEAD = "ref;kind;phone;holder;sold;amount;via;note;delivered;extra\n"
TOP_UPS_CSV = HEAD + "\n".join(
    [
        "T1;topup; 999031415926 ;Anna Kowalska;05.01.2026;10,50;A;;2026-01-06 01:00:00;",
        "T2;topup;999031415927;Anna Kowalska;06.01.2026;20;S;;2026-01-07 01:00:00;",
        "T2;topup;999031415927;Anna Kowalska;06.01.2026;20;S;;2026-01-07 01:00:00;",
        "T3;topup;;Zebulon Quagmire;06.01.2026;5;A;Zebulon +48 601 234 567 z@q.example;2026-01-07 01:00:00;Quagmire",
        "T4;topup;999031415926;Zebulon Quagmire;06.01.2026;12,5O;A;;2026-01-07 01:00:00;",
        "T5;topup;999031415926;Zebulon Quagmire;31.02.2026;5;F;999777555333;2026-01-07 01:00:00;",
        "T6;topup;999031415926;Zebulon Quagmire;n/a;-5;A;;2026-01-07 01:00:00;",
        "T7;topup;999000000000;Zebulon Quagmire;08.01.2026;5;A;;2026-01-07 01:00:00;",
        "T8;topup;999031415926;Zebulon Quagmire;06.01.2026;5;999031415926;;2026-01-07 01:00:00;",
        "T9;topup;999031415926;Anna Kowalska;06.01.2026;7;A;;2026-01-07 01:00:00;",
        "T9;topup;999031415926;Anna Kowalska;06.01.2026;8;A;;2026-01-08 01:00:00;",
        "TX;topup;999031415926;Zebulon Quagmire;06.01.2026;8;A;;2026-01-08 01:00:00;;Quagmire;too;many",
        "F1;fee;999031415926;Anna Kowalska;06.01.2026;8;A;;2026-01-08 01:00:00;",
    ]
)
READABLE = "readable: a line with as many fields as the header, or one JSON object"
PERSONAL = (
    "Zebulon",
    "Quagmire",
    "Kowalska",
    "999031415926",
    "999000000000",
    "999777555333",
    "601 234 567",
    "z@q.example",
)


@pytest.fixture(scope="module", params=[sifting.KEPT_BYTES, 0], ids=["kept", "read again for each question"])
def taken_in(operator_at, tmp_path_factory, request):
    operator = operator_at(tmp_path_factory.mktemp("operator"))
    operator.deliver("lines.csv", LINES_CSV)
    operator.deliver("top_ups/part-1.csv", TOP_UPS_CSV)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sifting, "KEPT_BYTES", request.param)
        operator.lines = operator.take_in(LINES)
        operator.counts = operator.take_in(TOP_UPS)
    return operator


def secret_of(operator):
    return operator.settings.secret.key()


def reasons_of(operator):
    """Reasons by the record token of the row, in the order of the checks."""
    rows = operator.tables.read(care.QUARANTINE).select("reasons", "masked_row").collect()
    return {json.loads(row["masked_row"]).get("ref"): row["reasons"] for row in rows}


def ref(operator, name):
    return token_of(secret_of(operator), "record", name)


def test_read_is_duplicates_and_quarantined_and_accepted(taken_in):
    counts = taken_in.counts

    assert (counts.read, counts.filtered) == (12, 1)
    assert (counts.duplicates, counts.quarantined, counts.accepted) == (1, 8, 3)
    assert counts.named == {"by_app": 2}


def test_accepted_rows_are_typed_with_tokens_for_keys(taken_in):
    rows = taken_in.tables.read(clean.RECHARGES).orderBy("day", "recharge_amount").collect()

    found = {(row["recharge_id"], row["recharge_amount"], str(row["day"]), row["channel"]) for row in rows}
    assert found == {
        (ref(taken_in, "T1"), 1050, "2026-01-05", "app"),
        (ref(taken_in, "T2"), 2000, "2026-01-06", "shop"),
        (ref(taken_in, "T9"), 800, "2026-01-06", "app"),
    }
    assert {row["subscriber_id"] for row in rows} == {
        token_of(secret_of(taken_in), "subscriber", phone) for phone in ("999031415926", "999031415927")
    }


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("T3", ["not_null(subscriber_id): a value"]),
        ("T4", ["type(recharge_amount): bigint", "not_null(recharge_amount): a value"]),
        (
            "T5",
            ["type(day): date written dd.MM.yyyy", "type(channel): one of the codes A, S", "not_null(day): a value"],
        ),
        ("T6", ["not_null(day): a value", "between(recharge_amount): at least 0 at most 100000"]),
        ("T7", ["not_future(day): not after its arrival", "references(subscriber_id): a key that subscribers knows"]),
        ("T8", ["type(channel): one of the codes A, S"]),
        ("T9", ["unique(recharge_id): one row for a key; the newest arrival stands"]),
    ],
)
def test_a_refused_row_says_why(taken_in, name, reasons):
    assert reasons_of(taken_in)[ref(taken_in, name)] == reasons


def test_a_line_with_too_many_fields_is_refused_and_shown_not_at_all(taken_in):
    unreadable = taken_in.tables.read(care.QUARANTINE).filter(F.array_contains("reasons", READABLE)).first()

    assert json.loads(unreadable["masked_row"]) == {"line": "<masked>"}


def test_nobodys_name_or_number_is_in_any_file_of_the_warehouse(taken_in):
    files = taken_in.written()
    cells = [str(pq.read_table(path).to_pylist()) for path in files if path.suffix == ".parquet"]
    logs = [path.read_text() for path in files if path.suffix == ".json"]

    found = {name for name in PERSONAL for text in (*cells, *logs) if name in text}
    assert len(cells) >= 4
    assert found == set()


def test_a_refused_row_keeps_what_is_not_personal(taken_in):
    rows = taken_in.tables.read(care.QUARANTINE).collect()
    t3 = next(row for row in map(json.loads, (r["masked_row"] for r in rows)) if row.get("ref") == ref(taken_in, "T3"))

    assert t3 == {
        "ref": ref(taken_in, "T3"),
        "kind": "<word>",
        "holder": "<masked>",
        "sold": "06.01.2026",
        "amount": "5",
        "via": "A",
        "note": "<name> <number> <e-mail>",
        "delivered": "2026-01-07 01:00:00",
        "extra": "<not mapped>",
    }


def test_the_vault_leads_back_from_tokens_of_people_and_not_of_records(taken_in):
    rows = taken_in.vault.read(care.IDENTITY_VAULT).select("key_kind", "original", "token").collect()

    assert {(row["key_kind"], row["original"]) for row in rows} == {
        ("subscriber", "999031415926"),
        ("subscriber", "999031415927"),
        ("customer", "C1"),
    }
    assert all(row["token"] == token_of(secret_of(taken_in), row["key_kind"], row["original"]) for row in rows)


def test_the_same_delivery_again_changes_nothing_and_gives_the_same_counts(taken_in):
    before = taken_in.tables.version(clean.RECHARGES), taken_in.tables.version(care.FEEDS)

    again = taken_in.take_in(TOP_UPS, "r2")

    assert (again.is_new, again.read, again.quarantined, again.named) == (False, 12, 8, {"by_app": 2})
    assert (taken_in.tables.version(clean.RECHARGES), taken_in.tables.version(care.FEEDS)) == before


def test_a_run_killed_before_the_last_write_is_mended_by_the_next(operator, monkeypatch):
    operator.deliver("lines.csv", LINES_CSV)
    whole = operator.take_in(LINES)
    expected = operator.tables.read(clean.SUBSCRIBERS).drop("feed_id").collect()
    operator.deliver("lines.csv", LINES_CSV.replace("2025-01-01", "2025-03-01"))
    with monkeypatch.context() as killed:
        killed.setattr(feeds, "record", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            operator.take_in(LINES)

    operator.deliver("lines.csv", LINES_CSV)
    mended = operator.take_in(LINES)

    assert (whole.is_new, mended.is_new) == (True, True)
    assert sorted(operator.tables.read(clean.SUBSCRIBERS).drop("feed_id").collect()) == sorted(expected)


def test_two_sources_of_one_table_leave_each_others_rows(operator):
    other = LINES.replace("name: lines", "name: other_lines").replace("lines.csv", "other.csv")
    operator.deliver("lines.csv", LINES_CSV)
    operator.deliver("other.csv", LINES_CSV.replace("99903141592", "99903141599"))
    operator.take_in(LINES)
    operator.take_in(other)
    operator.deliver("lines.csv", LINES_CSV.rsplit("999031415927", 1)[0])

    operator.take_in(LINES)

    assert operator.tables.read(clean.SUBSCRIBERS).count() == 3


def other_lines(name: str, folder: str = "other.csv") -> str:
    return LINES.replace("name: lines", f"name: {name}").replace("lines.csv", folder)


def test_a_key_that_another_source_has_brought_ends_the_run_before_anything_is_written(operator):
    operator.deliver("lines.csv", LINES_CSV)
    operator.deliver("other.csv", LINES_CSV.replace("999031415927", "999031415999"))
    operator.take_in(LINES)
    before = operator.tables.version(clean.SUBSCRIBERS), operator.vault.version(care.IDENTITY_VAULT)

    with pytest.raises(SourceError, match="another source has brought") as refused:
        operator.take_in(other_lines("other_lines"))

    assert "1 rows" in refused.value.found
    assert "lines" in refused.value.found
    assert (operator.tables.version(clean.SUBSCRIBERS), operator.vault.version(care.IDENTITY_VAULT)) == before


def test_a_source_that_was_renamed_replaces_what_it_brought_under_its_old_name(operator):
    operator.deliver("lines.csv", LINES_CSV)
    operator.take_in(LINES)
    operator.forget("lines")

    renamed = operator.take_in(other_lines("subscriber_lines", "lines.csv"))

    assert (renamed.is_new, renamed.written) == (True, 2)
    assert operator.tables.read(clean.SUBSCRIBERS).count() == 2


def test_rows_of_a_source_that_left_the_conf_file_go_with_the_next_run(operator):
    other = other_lines("other_lines")
    operator.deliver("lines.csv", LINES_CSV)
    operator.deliver("other.csv", LINES_CSV.replace("99903141592", "99903141599"))
    operator.take_in(LINES)
    operator.take_in(other)
    operator.forget("lines")

    first, again = operator.take_in(other), operator.take_in(other)

    assert operator.tables.read(clean.SUBSCRIBERS).count() == 2
    assert (first.is_new, again.is_new) == (True, False)


def test_an_optional_feed_that_is_gone_leaves_its_rows_and_says_so(operator):
    optional = LINES + "optional: true\n"
    file = operator.deliver("lines.csv", LINES_CSV)
    operator.take_in(optional)
    file.unlink()

    note = operator.take_in(optional).notes[0]

    delivery = operator.tables.read(clean.SUBSCRIBERS).select("feed_id").first()[0]
    assert "subscribers keeps the 2 rows" in note
    assert delivery in note


def test_keys_padded_with_a_tab_or_a_no_break_space_are_one_key(operator):
    head, first, _ = LINES_CSV.splitlines()
    padded = first.replace("999031415926", "\t999031415926\u00a0").replace("2025-01-01", "2025-02-01")
    operator.deliver("lines.csv", "\n".join([head, first, padded]) + "\n")

    counts = operator.take_in(LINES)

    tokens = operator.tables.read(clean.SUBSCRIBERS).select("subscriber_id").distinct().count()
    originals = operator.vault.read(care.IDENTITY_VAULT).filter("key_kind = 'subscriber'").select("original").collect()
    assert (counts.accepted, tokens) == (2, 1)
    assert [row["original"] for row in originals] == ["999031415926"]


@pytest.mark.parametrize("kept_bytes", [sifting.KEPT_BYTES, 0])
def test_a_row_without_the_whole_of_a_key_shares_it_with_none(operator, monkeypatch, kept_bytes):
    monkeypatch.setattr(sifting, "KEPT_BYTES", kept_bytes)
    head, first, second = LINES_CSV.splitlines()
    rows = [first, second, first.replace("999031415926,C1", "999031415928,"), second.replace("927,C1", "929,")]
    operator.deliver("lines.csv", "\n".join([head, *rows]) + "\n")

    counts = operator.take_in(LINES + "unique: [[customer_id]]\n")

    customers = [row["customer_id"] for row in operator.tables.read(clean.SUBSCRIBERS).collect()]
    assert (counts.quarantined, counts.accepted) == (1, 3)
    assert customers.count(None) == 2


def test_of_a_nested_cell_the_quarantine_shows_nothing(operator):
    nested = LINES.replace("format: csv", "format: json").replace("{key: phone,", "{key: customer.phone,")
    mapped = nested.replace("personal: {direct: [holder]}", "").replace("{key: cust,", "{key: number,")
    line = {
        "customer": {"phone": None, "region": "North", "name": "Zebulon Quagmire"},
        "number": "C1",
        "since": "2025-01-01",
        "delivered": "2025-01-02 03:00:00",
    }
    good = {**line, "customer": {"phone": "1", "region": "North", "name": "Anna"}}
    operator.deliver("lines.csv", f"{json.dumps(line)}\n{json.dumps(good)}\n")

    counts = operator.take_in(mapped.replace("  valid_from:", "  region: customer.region\n  valid_from:"))

    shown = operator.tables.read(care.QUARANTINE).first()["masked_row"]
    assert (counts.quarantined, counts.accepted) == (1, 1)
    assert "Quagmire" not in shown
    assert "North" not in shown


def test_a_nested_cell_without_a_key_in_it_is_not_shown_either(operator):
    source = LINES.replace("format: csv", "format: json").replace("personal: {direct: [holder]}", "")
    line = {
        "phone": None,
        "cust": "C1",
        "place": {"region": "North", "street": "Quagmire Lane"},
        "since": "2025-01-01",
        "delivered": "2025-01-02 03:00:00",
    }
    operator.deliver("lines.csv", "\n".join(json.dumps(row) for row in (line, {**line, "phone": "1"})) + "\n")

    operator.take_in(source.replace("  valid_from:", "  region: place.region\n  valid_from:"))

    shown = json.loads(operator.tables.read(care.QUARANTINE).first()["masked_row"])
    assert shown["place"] == "<not mapped>"


def test_a_person_is_masked_in_whatever_letter_case_a_feed_writes_its_columns(operator_at, tmp_path):
    operator = operator_at(tmp_path)
    head, row = "PHONE,CUST,HOLDER,SINCE,DELIVERED", "999031415926,C1,Zebulon,no day,2025-01-02 03:00:00"
    operator.deliver("lines.csv", f"{head}\n{row}\n{row.replace('no day', '2025-01-01')}\n")

    operator.take_in(LINES)

    masked = json.loads(operator.tables.read(care.QUARANTINE).collect()[0]["masked_row"])
    assert (masked["HOLDER"], masked["SINCE"]) == ("<masked>", "no day")
