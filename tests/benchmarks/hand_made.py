"""A few hundred lines with six months of everything the benchmark reads, odd rows among them."""

from datetime import date, timedelta
from random import Random

from segmentation.tables import clean

FIRST, LAST = date(2026, 5, 1), date(2026, 10, 31)
ENDS = [date(2026, month, day) for month, day in ((5, 31), (6, 30), (7, 31), (8, 31), (9, 30), (10, 31))]
N_DAYS = (LAST - FIRST).days + 1
VERTICALS = ("payg", "plan", "home")
_MEASURES = [column.name for column in clean.USAGE_DAILY.columns if column.type == "bigint"]


def write(tables_at, n_lines):
    """Fill the clean tables. Every fifth line is new, every seventh was never used."""
    chance = Random(7)
    lines = [(f"line-{n:04}", VERTICALS[n % 3], n) for n in range(n_lines)]
    used = [line for line in lines if line[2] % 7]
    rows = {
        clean.SERVICE_SPELLS: [spell(*line) for line in lines],
        clean.PRODUCTS: [product(name, kb) for name, kb in (("S", 0), ("M", 500_000), ("L", None))],
        clean.USAGE_DAILY: [row for line in used for row in use(chance, *line)],
        clean.RECHARGES: [row for line in used if line[1] == "payg" for row in recharges(chance, *line)],
        clean.INVOICES: [row for line in used if line[1] != "payg" for row in invoices(chance, *line)],
        clean.CARE_CONTACTS: [row for line in used for row in contacts(chance, *line)],
    }
    for table, of_table in rows.items():
        tables_at.append(tables_at.rows(table, of_table), table, is_unique=True)


def began(number):
    return date(2026, 8, 20) if number % 5 == 0 else date(2024, 1, 1)


def days(chance, number, share):
    every = (FIRST + timedelta(days=n) for n in range(N_DAYS))
    return [day for day in every if day >= began(number) and chance.random() < share]


def spell(who, vertical, number):
    row = {"subscriber_id": who, "valid_from": began(number), "vertical": vertical, "status": "active"}
    return {**row, "product_id": "SML"[number % 4 % 3], "start_reason": "activation"}


def product(name, kb):
    return {"product_id": name, "valid_from": date(2020, 1, 1), "allowance_kb": kb, "monthly_fee": 999}


def use(chance, who, vertical, number):
    """Kinds of data are not told of some lines, or all data of a month, and home lines make no calls."""
    untold = {"streaming_kb", "social_kb"} if number % 11 == 0 else set()
    untold |= {"n_calls", "n_peers", "n_sms", "voice_seconds"} if vertical == "home" else {"n_devices"}
    for day in days(chance, number, 0.15):
        whole = chance.randrange(1, 10**6)
        told = {name: whole if name == "data_kb" else chance.randrange(0, whole) for name in _MEASURES}
        told["n_calls"] = chance.choice((0, 1, 5))
        if number % 13 == 0 and day.month == 6 + number % 5:
            del told["data_kb"]
        yield {"subscriber_id": who, "day": day, **{n: v for n, v in told.items() if n not in untold}}


def recharges(chance, who, _vertical, number):
    """Some are taken back, some lent, some never run out, and some days have two."""
    for day in days(chance, number, 0.08):
        for place in range(chance.choice((1, 1, 2))):
            lasts = chance.choice((None, 1, 7, 14, 30))
            yield {
                "recharge_id": f"{who}-{day}-{place}",
                "subscriber_id": who,
                "day": day,
                "recharge_amount": chance.choice((500, 500, 1000, 2000, -500)),
                "is_emergency_credit": chance.choice((None, False, False, True)),
                "expires_on": None if lasts is None else day + timedelta(days=lasts),
            }


def invoices(chance, who, _vertical, number):
    for end in ENDS:
        if end >= began(number) and chance.random() < 0.9:
            bill = chance.randrange(0, 9000)
            row = {"subscriber_id": who, "period": end, "bill_amount": bill, "overage_amount": bill // 3}
            yield {**row, "discount_amount": chance.choice((None, 0, 100))}


def contacts(chance, who, _vertical, number):
    """Some stay open, some are resolved months later or after the last day."""
    for place, day in enumerate(days(chance, number, 0.02)):
        lasts = chance.choice((None, 0, 3, 40, 200))
        yield {
            "contact_id": f"{who}-{place}",
            "subscriber_id": who,
            "day": day,
            "channel": chance.choice((None, "phone", "shop", "chat", "e-mail")),
            "is_complaint": chance.choice((None, False, True)),
            "resolved_on": None if lasts is None else day + timedelta(days=lasts),
            "satisfaction": chance.choice((None, 1, 3, 5)),
        }
