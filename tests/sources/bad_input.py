"""What real feeds get wrong, and what becomes of it: the rows of docs/bad_input.md, each of them a test."""

import gzip
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SOURCE = """
name: top_ups
table: recharges
location: top_ups
format: csv
null_values: ["NULL", "n/a", "\\\\N"]
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold, format: yyyy-MM-dd}
  recharge_amount: {number: amount, times: 100}
  channel: {code: via, values: {A: app, S: shop}}
received_at: {timestamp: delivered, zone: UTC}
checks:
  between: {recharge_amount: [0, 100000000]}
references: {subscriber_id: subscribers}
personal: {text: [note]}
"""
SPELLS = """
name: spells
table: service_spells
location: top_ups
format: csv
columns:
  subscriber_id: {key: phone, kind: subscriber}
  valid_from: {date: since}
  valid_to: {date: until}
  contract_end: {date: bound}
  vertical: service
received_at: {timestamp: delivered}
"""
USE = """
name: use
table: usage_daily
location: top_ups
format: csv
columns:
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: day}
  n_calls: calls
  data_kb: kb
received_at: {timestamp: delivered}
"""
LOGINS = """
name: logins
table: digital_monthly
location: top_ups
format: csv
columns:
  subscriber_id: {key: phone, kind: subscriber}
  period: {date: month}
  n_app_logins: logins
received_at: {timestamp: delivered}
"""
SPELLS_HEAD = "phone,since,until,bound,service,delivered"
COLUMNS = ("ref", "phone", "sold", "amount", "via", "delivered", "note")
HEAD = ",".join(COLUMNS)
PHONE = "999031415926"
WITH_ZEROS = "0031415926"
GOOD = {
    "phone": PHONE,
    "sold": "2026-01-05",
    "amount": "10.50",
    "via": "A",
    "delivered": "2026-01-06 01:00:00",
    "note": "",
}


@dataclass(frozen=True)
class BadRow:
    """One row among good ones. `refused` names the checks it breaks; none: it is accepted."""

    what: str
    cells: dict[str, str]
    refused: tuple[str, ...] = ()
    accepted_as: str = ""
    """What it comes to where it is accepted."""


@dataclass(frozen=True)
class BadFile:
    """One delivery. It is taken in with these counts, or refused as a whole with an error that says this."""

    what: str
    deliver: Callable[[Path], None]
    accepted: int = 0
    duplicates: int = 0
    refused: tuple[tuple[str, ...], ...] = ()
    """Of each refused row the checks it breaks."""
    error: str = ""
    source: str = SOURCE


AMOUNT, DAY = "recharge_amount", "day"
NO_NUMBER = (f"type({AMOUNT})", f"not_null({AMOUNT})")
NO_DAY = (f"type({DAY})", f"not_null({DAY})")
UNKNOWN = ("references(subscriber_id)",)

ROWS = (
    BadRow("a day as d/m/Y among ISO days", {"sold": "05/01/2026"}, NO_DAY),
    BadRow("29 February of a year that has none", {"sold": "2025-02-29"}, NO_DAY),
    BadRow("29 February of a leap year", {"sold": "2024-02-29"}, accepted_as="the day"),
    BadRow("a thirteenth month", {"sold": "2026-13-01"}, NO_DAY),
    BadRow("a day with a time behind it", {"sold": "2026-01-05 10:15"}, NO_DAY),
    BadRow("a day as a number of a spreadsheet", {"sold": "46027"}, NO_DAY),
    BadRow("a day as seconds since epoch 0", {"sold": "1767571200"}, NO_DAY),
    BadRow("a day as epoch 0, 0", {"sold": "0"}, NO_DAY),
    BadRow("the day of epoch 0, which means no day", {"sold": "1970-01-01"}, (f"between({DAY})",)),
    BadRow("the last day there is, 9999-12-31", {"sold": "9999-12-31"}, (f"between({DAY})", f"not_future({DAY})")),
    BadRow("a day after the row arrived", {"sold": "2026-01-07"}, (f"not_future({DAY})",)),
    BadRow("no day", {"sold": ""}, (f"not_null({DAY})",)),
    BadRow("an amount with a decimal comma", {"amount": '"10,50"'}, NO_NUMBER),
    BadRow("a letter among the digits, 1O.50", {"amount": "1O.50"}, NO_NUMBER),
    BadRow("an amount with its currency, €10", {"amount": "€10"}, NO_NUMBER),
    BadRow("an amount in another currency, 10.50 USD", {"amount": "10.50 USD"}, NO_NUMBER),
    BadRow("an amount with a separator of thousands", {"amount": '"1,000.00"'}, NO_NUMBER),
    BadRow("an amount with a blank in it", {"amount": "1 000"}, NO_NUMBER),
    BadRow("an amount with a sign behind it", {"amount": "5-"}, NO_NUMBER),
    BadRow("an amount in per cent", {"amount": "10%"}, NO_NUMBER),
    BadRow("an amount in hexadecimal digits", {"amount": "0x10"}, NO_NUMBER),
    BadRow("NaN", {"amount": "NaN"}, NO_NUMBER),
    BadRow("infinity", {"amount": "Infinity"}, NO_NUMBER),
    BadRow("an amount of thirty digits", {"amount": "9" * 30}, NO_NUMBER),
    BadRow("an amount over what is allowed", {"amount": "1000000.01"}, (f"between({AMOUNT})",)),
    BadRow("a negative amount where none may be", {"amount": "-5"}, (f"between({AMOUNT})",)),
    BadRow("no amount", {"amount": ""}, (f"not_null({AMOUNT})",)),
    BadRow("an amount written NULL", {"amount": "NULL"}, (f"not_null({AMOUNT})",)),
    BadRow("an amount written as a database writes nothing, \\N", {"amount": "\\N"}, (f"not_null({AMOUNT})",)),
    BadRow("an amount in scientific notation, 1e3", {"amount": "1e3"}, accepted_as="1000.00"),
    BadRow("an amount with a plus", {"amount": "+5"}, accepted_as="5.00"),
    BadRow("half a cent", {"amount": "1.005"}, accepted_as="1.01"),
    BadRow("a key of blanks", {"phone": '"   "'}, ("not_null(subscriber_id)",)),
    BadRow("a key in scientific notation", {"phone": "9.99031E+11"}, UNKNOWN),
    BadRow("a key read as a number, with .0 behind it", {"phone": f"{PHONE}.0"}, UNKNOWN),
    BadRow("a key with leading zeros", {"phone": f"00{PHONE}"}, UNKNOWN),
    BadRow("a key that has lost its leading zeros", {"phone": WITH_ZEROS.lstrip("0")}, UNKNOWN),
    BadRow("a key with a mark of writing direction", {"phone": f"\u200e{PHONE}"}, UNKNOWN),
    BadRow("a key with a tab and a no-break space around it", {"phone": f"\t{PHONE}\u00a0"}, accepted_as="the key"),
    BadRow("a line that nobody knows", {"phone": "999000000000"}, UNKNOWN),
    BadRow("SQL in a key", {"phone": "'; drop table recharges; --"}, UNKNOWN),
    BadRow("a code that is not listed", {"via": "Z"}, ("type(channel)",)),
    BadRow("a code in another letter case", {"via": "a"}, ("type(channel)",)),
    BadRow("no arrival", {"delivered": ""}, ("not_null(received_at)",)),
    BadRow("an arrival in another format", {"delivered": "06.01.2026"}, ("type(received_at)", "not_null(received_at)")),
    BadRow(
        "an arrival with a time zone of its own among others without",
        {"delivered": "2026-01-06 01:00:00+02:00"},
        ("type(received_at)", "not_null(received_at)"),
    ),
    BadRow(
        "an arrival at 24 o'clock", {"delivered": "2026-01-06 24:00:00"}, ("type(received_at)", "not_null(received_at)")
    ),
    BadRow("a separator in quotes", {"note": '"one, two"'}, accepted_as="one cell"),
    BadRow("a quote within quotes", {"note": '"they said ""no"""'}, accepted_as="one cell"),
    BadRow("more fields than the header", {"note": "x,y,z"}, ("readable",)),
    BadRow(
        "cells that have moved on by one, as many as the header has",
        {
            "phone": "",
            "sold": PHONE,
            "amount": "2026-01-05",
            "via": "10.50",
            "delivered": "A",
            "note": "2026-01-06 01:00:00",
        },
        (
            "not_null(subscriber_id)",
            *NO_DAY,
            *NO_NUMBER,
            "type(channel)",
            "type(received_at)",
            "not_null(received_at)",
        ),
    ),
)


def row(key: str, **cells: str) -> str:
    """A line of the feed with these cells, good but for them."""
    return ",".join({**GOOD, "ref": key, **cells}[name] for name in COLUMNS)


def text(*rows: str, head: str = HEAD, end: str = "\n") -> str:
    return end.join([head, *rows]) + end


def _written(content: str | bytes, name: str = "top_ups/1.csv") -> Callable[[Path], None]:
    """Puts one file there."""

    def deliver(landing: Path) -> None:
        file = landing / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    return deliver


def _both(*deliveries: Callable[[Path], None]) -> Callable[[Path], None]:
    def deliver(landing: Path) -> None:
        for one in deliveries:
            one(landing)

    return deliver


def _short(key: str) -> str:
    return ",".join([key, PHONE, "2026-01-05"])


def _folder(landing: Path) -> None:
    (landing / "top_ups").mkdir(parents=True)


_PACKED = gzip.compress(text(*(row(f"T{n}") for n in range(2000))).encode())
FILES = (
    BadFile("a byte order mark", _written(b"\xef\xbb\xbf" + text(row("T1")).encode()), accepted=1),
    BadFile("line ends of Windows", _written(text(row("T1"), row("T2"), end="\r\n")), accepted=2),
    BadFile("empty lines", _written(text(row("T1"), "", "", row("T2"))), accepted=2),
    BadFile("no line end after the last row", _written(text(row("T1"), row("T2")).rstrip("\n")), accepted=2),
    BadFile("a cell of 10 MB", _written(text(row("T1", note="x" * 10_000_000))), accepted=1),
    BadFile("letters of Latin-1", _written(text(row("T1", note="Müller")).encode("latin-1")), accepted=1),
    BadFile("a row twice", _written(text(row("T1"), row("T1"))), accepted=1, duplicates=1),
    BadFile("a million equal rows", _written(text(*[row("T1")] * 1_000_000)), accepted=1, duplicates=999_999),
    BadFile(
        "a row twice, once with a blank behind a cell",
        _written(text(row("T1"), row("T1", amount="10.50 "))),
        accepted=1,
        refused=(("unique(recharge_id)",),),
    ),
    BadFile(
        "a key twice with different cells: the newest arrival is kept",
        _written(text(row("T1"), row("T1", amount="9", delivered="2026-01-07 01:00:00"))),
        accepted=1,
        refused=(("unique(recharge_id)",),),
    ),
    BadFile(
        "rows with fewer fields than the header",
        _written(text(row("T1"), _short("T2"))),
        accepted=1,
        refused=(("readable", f"not_null({AMOUNT})", "not_null(received_at)"),),
    ),
    BadFile(
        "the header again among the rows",
        _written(text(row("T1"), HEAD)),
        accepted=1,
        refused=((*NO_DAY, *NO_NUMBER, "type(channel)", "type(received_at)", "not_null(received_at)"),),
    ),
    BadFile(
        "a whole column without a value",
        _written(text(row("T1", amount=""), row("T2", amount=""))),
        refused=((f"not_null({AMOUNT})",), (f"not_null({AMOUNT})",)),
    ),
    BadFile("files in folders below", _written(text(row("T1")), "top_ups/2026/01/1.csv"), accepted=1),
    BadFile("a packed file, .csv.gz", _written(_PACKED, "top_ups/1.csv.gz"), accepted=2000),
    BadFile(
        "columns in another order",
        _written(
            text(f"10.50,T1,{PHONE},2026-01-05,A,,2026-01-06 01:00:00", head="amount,ref,phone,sold,via,note,delivered")
        ),
        accepted=1,
    ),
    BadFile(
        "columns in capitals, one of them named as personal",
        _written(text(row("T1"), head=HEAD.upper())),
        accepted=1,
    ),
    BadFile("a file of no bytes", _written(""), error="the feed is empty"),
    BadFile("a header and no row", _written(text()), error="the feed is empty"),
    BadFile("a folder without a file", _folder, error="the feed is not there"),
    BadFile("hidden files only", _written(text(row("T1")), "top_ups/_1.csv"), error="the feed is not there"),
    BadFile("a packed file that breaks off", _written(_PACKED[:500], "top_ups/1.csv.gz"), error="cannot read the feed"),
    BadFile(
        "a file that is not packed, called .csv.gz",
        _written(text(row("T1")), "top_ups/1.csv.gz"),
        error="cannot read the feed",
    ),
    BadFile(
        "a column that is not there",
        _written(text(row("T1"), head=HEAD.replace("amount", "sum"))),
        error="the feed has no column",
    ),
    BadFile("another separator", _written(text(row("T1")).replace(",", ";")), error="the feed has no column"),
    BadFile(
        "UTF-16 without a word about it", _written(text(row("T1")).encode("utf-16")), error="the feed has no column"
    ),
    BadFile(
        "two files, one without a column that nothing needs",
        _both(_written(text(row("T1"))), _written(text(row("T2"), head=HEAD.replace("via", "by")), "top_ups/2.csv")),
        accepted=2,
    ),
    BadFile(
        "two files, one without the column that keys are made of",
        _both(_written(text(row("T1"))), _written(text(row("T2"), head=HEAD.replace("phone", "no")), "top_ups/2.csv")),
        error="some files of the feed have not the columns that others have",
    ),
)

_IN_BERLIN = SOURCE.replace("zone: UTC", "zone: Europe/Berlin")
_PARQUET = SOURCE.replace("format: csv", "format: parquet")
_IN_EUROS = SOURCE.replace("number: amount", "number: case when upper(currency) = 'EUR' then amount end")
FILES += (
    BadFile(
        "arrivals in the hour that a spring night leaves out and in the one that an autumn night has twice",
        _written(text(row("T1", delivered="2026-03-29 02:30:00"), row("T2", delivered="2026-10-25 02:30:00"))),
        accepted=2,
        source=_IN_BERLIN,
    ),
    BadFile(
        "amounts in two currencies, told by a column of their own: only the operator's is mapped",
        _written(text(row("T1") + ",EUR", row("T2") + ",USD", row("T3") + ",", head=HEAD + ",currency")),
        accepted=1,
        refused=((f"not_null({AMOUNT})",), (f"not_null({AMOUNT})",)),
        source=_IN_EUROS,
    ),
    BadFile(
        "a Parquet file that was not written to its end",
        _written(b"PAR1" + bytes(200), "top_ups/1.parquet"),
        error="cannot read the feed",
        source=_PARQUET,
    ),
    BadFile(
        "a file of text where Parquet is announced",
        _written(text(row("T1")), "top_ups/1.parquet"),
        error="cannot read the feed",
        source=_PARQUET,
    ),
    BadFile(
        "spells of a line that overlap: the earlier one ends the day before the next, when they are read",
        _written(
            text(
                f"{PHONE},2025-01-01,2025-12-31,,payg,2025-01-02 00:00:00",
                f"{PHONE},2025-06-01,,2026-06-01,plan,2025-06-02 00:00:00",
                head=SPELLS_HEAD,
            )
        ),
        accepted=2,
        source=SPELLS,
    ),
    BadFile(
        "a contract that ends before it begins, and a spell that does",
        _written(
            text(
                f"{PHONE},2025-01-01,,2024-01-01,plan,2025-01-02 00:00:00",
                f"{PHONE},2025-06-01,2025-05-01,,plan,2025-06-02 00:00:00",
                f"{PHONE},2025-07-01,,,plan,2025-07-02 00:00:00",
                head=SPELLS_HEAD,
            )
        ),
        accepted=1,
        refused=(("ordered(valid_from, contract_end)",), ("ordered(valid_from, valid_to)",)),
        source=SPELLS,
    ),
    BadFile(
        "a vertical by a word of the operator's own, without a list of codes",
        _written(
            text(
                f"{PHONE},2025-01-01,,,PREPAID,2025-01-02 00:00:00",
                f"{PHONE},2025-07-01,,,payg,2025-07-02 00:00:00",
                head=SPELLS_HEAD,
            )
        ),
        accepted=1,
        refused=(("one_of(vertical)",),),
        source=SPELLS,
    ),
    BadFile(
        "use that is negative, and two values whose sum no table could hold",
        _written(
            text(
                f"{PHONE},2026-01-01,-1,10,2026-01-02 00:00:00",
                f"{PHONE},2026-01-02,1,9000000000000000000,2026-01-03 00:00:00",
                f"{PHONE},2026-01-03,1,9000000000000000001,2026-01-04 00:00:00",
                f"{PHONE},2026-01-04,1,10,2026-01-05 00:00:00",
                head="phone,day,calls,kb,delivered",
            )
        ),
        accepted=1,
        refused=(("between(n_calls)",), ("between(data_kb)",), ("between(data_kb)",)),
        source=USE,
    ),
    BadFile(
        "a month written by its first day",
        _written(
            text(
                f"{PHONE},2026-01-01,3,2026-02-02 00:00:00",
                f"{PHONE},2026-01-31,3,2026-02-02 00:00:00",
                head="phone,month,logins,delivered",
            )
        ),
        accepted=1,
        refused=(("month_end(period)",),),
        source=LOGINS,
    ),
)


def as_page() -> str:
    """The page docs/bad_input.md."""
    lines = [
        "# Bad input",
        "",
        "What real feeds get wrong and what becomes of it; every row is a test (tests/sources/test_bad_input.py). Rows",
        "that are refused lie in quarantine with the check they break; read = duplicates + quarantined + accepted.",
        "A delivery that cannot be taken in at all changes nothing. Made by `make docs`; do not edit.",
        "",
        "## A row among good ones",
        "",
        "| what | becomes |",
        "|---|---|",
    ]
    for one in ROWS:
        checks = ", ".join(f"`{name}`" for name in one.refused)
        lines.append(f"| {one.what} | {f'refused: {checks}' if checks else f'accepted as {one.accepted_as}'} |")
    lines += ["", "## A delivery", "", "| what | becomes |", "|---|---|"]
    for one in FILES:
        counts = {"accepted": one.accepted, "repeats": one.duplicates, "refused": len(one.refused)}
        told = ", ".join(f"{n:,} {name}" for name, n in counts.items() if n)
        reasons = ", ".join(f"`{name}`" for name in dict.fromkeys(name for names in one.refused for name in names))
        told = f"{told}: {reasons}" if reasons else told
        lines.append(f"| {one.what} | {f'error: {one.error}' if one.error else told} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(as_page())
