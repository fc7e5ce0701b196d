"""Fifty strings that name people, put into feeds, and a search for them in all that a run leaves behind."""

import gzip
import html
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

LETTERS = "abcdefghij"
NAMES = [f"Vogelsang{letter}q" for letter in LETTERS]
MAILS = [f"kanarie.{letter}@canary.example" for letter in LETTERS]
STREETS = [f"Zaunkoenig{letter}weg" for letter in LETTERS]
PHONES = [f"0999777{place:05d}" for place in range(10)]
IN_TEXT = [f"Rotkehlchen{letter}q" for letter in LETTERS]
CANARIES = [*NAMES, *MAILS, *STREETS, *PHONES, *IN_TEXT]
ARRIVAL = "2026-12-05 01:00:00"


def plant(landing: Path) -> None:
    """Lines, contacts and recharges of December, some fine, some refused, some that cannot be taken apart."""
    _add(landing / "subscribers", [_line(place) for place in range(10)], malformed=",".join(CANARIES))
    _add(landing / "recharges", [_recharge(place) for place in range(10)], malformed=",".join(CANARIES))
    contacts = "\n".join(json.dumps(_contact(place)) for place in range(10))
    broken = '{"ticket_no": "' + " ".join(CANARIES)
    (landing / "care_contacts" / "part-canaries.json").write_text(f"{contacts}\n{broken}\n")


def found(folder: Path, *apart_from: str) -> list[str]:
    """Canaries in the files below a folder, each with its file; not below folders of these names."""
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    kept = [file for file in files if not {*file.relative_to(folder).parts} & {*apart_from}]
    return [f"{canary} in {file}" for file in kept for canary in in_text("\n".join(_texts(file)))]


def in_text(text: str) -> list[str]:
    """Canaries that a text holds, in whatever letter case."""
    lower = text.lower()
    return [canary for canary in CANARIES if canary.lower() in lower]


def _texts(file: Path) -> Iterator[str]:
    """What a file says: its bytes, and what they are unpacked."""
    content = file.read_bytes()
    yield content.decode("utf-8", "ignore")
    yield content.decode("utf-16-le", "ignore")
    if content[:2] == b"\x1f\x8b":
        yield gzip.decompress(content).decode("utf-8", "ignore")
    if content[:4] == b"PAR1":
        yield from _cells(pq.ParquetFile(file).read())
    if content.startswith(b"SQLite format 3"):
        with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as database:
            yield from database.iterdump()
    if file.suffix in (".html", ".json"):
        yield html.unescape(content.decode("utf-8", "ignore"))


def _cells(table: pa.Table) -> Iterator[str]:
    """Every text of a table once; nested cells as they print."""
    for column in table.columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            yield "\n".join(text for text in pc.unique(column).to_pylist() if text is not None)
        elif pa.types.is_nested(column.type):
            yield str(column.to_pylist())


def _add(folder: Path, rows: list[dict[str, str]], *, malformed: str) -> None:
    """A file of rows beside those of a feed of CSV, with its header."""
    head = next(folder.glob("part-*.csv")).read_text().splitlines()[0]
    lines = [",".join(row.get(name, "") for name in head.split(",")) for row in rows]
    (folder / "part-canaries.csv").write_text("\n".join([head, *lines, malformed]) + "\n")


def _line(place: int) -> dict[str, str]:
    is_fine = place % 2 == 0
    return {
        "line_no": PHONES[place],
        "cust_no": f"K{place}",
        "bill_acct": f"B{place}",
        "premise_no": f"P{place}",
        "from_day": "01.12.2026",
        "born": "1980" if is_fine else STREETS[place],
        "sex": "F" if is_fine else NAMES[place],
        "region": "North",
        "urban": "Y",
        "full_name": f"Anna {NAMES[place]}",
        "email": MAILS[place],
        "street": f"{STREETS[place]} 7",
        "delivered": ARRIVAL,
    }


def _recharge(place: int) -> dict[str, str]:
    is_known = place % 2 == 0
    return {
        "topup_ref": f"CANARY{place}",
        "phone": PHONES[place],
        "topup_at": "2026-12-03 12:00:00",
        "topup_minor": "500" if is_known else PHONES[place],
        "channel": "app" if is_known else MAILS[place],
        "lent": "N",
        "delivered": ARRIVAL,
    }


def _contact(place: int) -> dict[str, str | bool]:
    note = (
        f"my name is Berta {IN_TEXT[place]}, call {PHONES[place]} or write to {MAILS[place]}; "
        f"the router at {STREETS[place]} 12 is dead, Mrs {NAMES[place]} said"
    )
    return {
        "ticket_no": f"CANARY{place}",
        "phone": PHONES[place],
        "opened": "2026-12-03 12:00",
        "topic": "NET" if place % 2 == 0 else note,
        "via": "CALL",
        "complaint": True,
        "note": note,
        "delivered": ARRIVAL,
    }
