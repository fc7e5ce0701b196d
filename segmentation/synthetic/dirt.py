"""Dirt: bad rows beside the good ones of a feed, at a stated rate. What is clean stays complete."""

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic.randomness import Streams, pick

KINDS: tuple[tuple[str, float], ...] = (
    ("repeat", 0.40),
    ("amount", 0.20),
    ("date", 0.15),
    ("keyless", 0.15),
    ("stranger", 0.10),
)
"""Kinds of bad rows and their part of all bad rows: exact repeats, absurd amounts, dates that are none, missing keys,
lines that nobody knows."""
_CLEAN = "clean"


@dataclass(frozen=True)
class DirtPlan:
    """Where dirt falls in a feed. `rows` are the columns that tell rows apart."""

    rows: tuple[str, ...]
    key: str
    date: str
    bad_dates: tuple[str | None, ...]
    amount: str | None = None
    bad_amounts: tuple[str | int, ...] = ()
    has_strangers: bool = True

    def weights(self) -> list[float]:
        """Weights of KINDS; what a feed has no place for turns into bad dates or missing keys."""
        weight = dict(KINDS)
        if self.amount is None:
            weight["date"] += weight.pop("amount")
            weight["amount"] = 0.0
        if not self.has_strangers:
            weight["keyless"] += weight.pop("stranger")
            weight["stranger"] = 0.0
        return [weight[kind] for kind, _ in KINDS]


def with_dirt(feed: DataFrame, name: str, plan: DirtPlan, streams: Streams, share: float) -> DataFrame:
    """The feed and its bad rows, `share` for each good one. Columns: unchanged."""
    if share == 0:
        return feed
    rows = [F.col(column) for column in plan.rows]
    kind = pick(streams.uniform(f"dirt.kind.{name}", *rows), [kind for kind, _ in KINDS], plan.weights())
    is_dirty = streams.happens(f"dirt.{name}", share, *rows)
    copies = F.when(is_dirty, F.array(F.lit(_CLEAN), kind)).otherwise(F.array(F.lit(_CLEAN)))
    variant = streams.hashed(f"dirt.variant.{name}", *rows)
    copied = feed.withColumns({"dirt": F.explode(copies), "variant": variant})
    return copied.select(*(_spoiled(column, kind_of, plan).alias(column) for column, kind_of in feed.dtypes))


def _spoiled(column: str, kind: str, plan: DirtPlan) -> Column:
    dirt, good = F.col("dirt"), F.col(column)
    if column == plan.key:
        stranger = F.concat(F.lit("000"), F.lpad(F.pmod("variant", F.lit(1_000_000_000)).cast("string"), 9, "0"))
        return F.when(dirt == "keyless", F.lit(None)).when(dirt == "stranger", stranger).otherwise(good)
    if column == plan.date:
        return F.when(dirt == "date", _one_of(plan.bad_dates, kind)).otherwise(good)
    if column == plan.amount:
        return F.when(dirt == "amount", _one_of(plan.bad_amounts, kind)).otherwise(good)
    return good


def _one_of(values: Sequence[str | int | None], kind: str) -> Column:
    table = F.array(*(F.lit(value).cast(kind) for value in values))
    return F.element_at(table, (F.pmod("variant", F.lit(len(values))) + 1).cast("int"))


_DAYS = ("1899-12-31", "2999-12-31", None)
_TEXTS = ("2026-02-31", "n/a", None)
_HUGE = 9_000_000_000_000_000
_DATED = ("line_no", "from_day")
PLANS: dict[str, DirtPlan] = {
    "subscribers": DirtPlan(_DATED, *_DATED, ("31.02.2026", "n/a"), "born", ("1066", "3019"), has_strangers=False),
    "service_spells": DirtPlan(_DATED, *_DATED, ("0000-00-00", "soon")),
    "devices": DirtPlan(_DATED, *_DATED, _TEXTS, "launched", ("0", "20333")),
    "salary_brackets": DirtPlan(_DATED, *_DATED, _TEXTS, "decile", ("0", "77")),
    "home_ties": DirtPlan(("line_1", "line_2", "link", "since"), "line_2", "since", _TEXTS),
    "consents": DirtPlan(("cust_no", "purpose", "from_day"), "cust_no", "from_day", _TEXTS, has_strangers=False),
    "acquisition": DirtPlan(("line_no",), "line_no", "sold_on", _TEXTS, "cost_minor", ("-5", "99999999999999999")),
    "campaign_contacts": DirtPlan(("contact_ref",), "phone", "sent_on", _TEXTS),
    "recharges": DirtPlan(
        ("topup_ref",), "phone", "topup_at", ("n/a", None), "topup_minor", ("99999999999999999", "12,5O")
    ),
    "invoices": DirtPlan(
        ("phone", "bill_month"), "phone", "bill_month", ("2026-13", "last"), "net_total", ("-5000.00", "1e15")
    ),
    "payments": DirtPlan(("pay_ref",), "phone", "paid_on", _TEXTS, "paid_minor", (-777_777, _HUGE)),
    "subscription_events": DirtPlan(("evt_ref",), "phone", "evt_on", _TEXTS),
    "care_contacts": DirtPlan(("ticket_no",), "phone", "opened", ("yesterday", None), "score", (11, -3)),
    "lifestyle_monthly": DirtPlan(("svc_no", "month_end"), "svc_no", "month_end", _DAYS, "stream_min", (-4_711, _HUGE)),
    "digital_monthly": DirtPlan(("svc_no", "month_end"), "svc_no", "month_end", _DAYS, "logins", (-4_711, _HUGE)),
    "surveys": DirtPlan(("answer_ref",), "phone", "answered_on", _TEXTS, "score", (11, -3)),
    "usage_daily": DirtPlan(("svc_no", "usage_day"), "svc_no", "usage_day", _DAYS, "vol_kb", (-4_711, _HUGE)),
}
"""Dirt of every feed that has some."""
