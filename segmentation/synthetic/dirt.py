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
