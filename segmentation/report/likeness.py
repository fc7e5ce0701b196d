"""What the page of the generated base needs to know: small frames counted from the clean tables."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pyspark import StorageLevel
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from segmentation import progress
from segmentation.periods import period_start
from segmentation.report.reading import small
from segmentation.settings import VerticalName
from segmentation.synthetic import concentration, likeness
from segmentation.synthetic.likeness import Base
from segmentation.synthetic.published import FACTS
from segmentation.tables import Store, clean
from segmentation.tables.store import union_by_name


@dataclass(frozen=True)
class Likeness:
    """A base as of the end of its last month."""

    by_month: pd.DataFrame
    """Grain: month, vertical; see likeness.lines_by_month."""
    points: pd.DataFrame
    """Grain: what, top; see concentration.concentration."""
    seen: Mapping[str, float | None]
    """Name of a fact to the figure of this base; None where it cannot be measured."""


def read_likeness(tables_at: Store, month_ends: Sequence[date]) -> Likeness:
    """Counted from the clean tables up to the last of these months, oldest first."""
    as_of = month_ends[-1]
    base = Base(
        spells=tables_at.read(clean.SERVICE_SPELLS, as_of),
        subscribers=tables_at.read(clean.SUBSCRIBERS, as_of),
        usage=tables_at.read(clean.USAGE_DAILY, as_of),
        recharges=tables_at.read(clean.RECHARGES, as_of),
        invoices=tables_at.read(clean.INVOICES, as_of),
        contacts=tables_at.read(clean.CARE_CONTACTS, as_of),
    )
    with ExitStack() as kept:
        by_month = kept.enter_context(_persisted(likeness.lines_by_month(base.spells, month_ends)))
        used = kept.enter_context(_persisted(likeness.use_of_month(base, as_of)))
        progress.says("how use is spread")
        is_of_month = F.col("day") >= F.lit(period_start(as_of))
        amounts = concentration.amounts(used, base.recharges.filter(is_of_month))
        points = small(concentration.concentration(amounts, concentration.points_drawn()), is_sorted=False)
        progress.says("who is there, who leaves, what they do")
        measured = {row["fact"]: row["seen"] for row in _measures(base, by_month, used, as_of).collect()}
        counted = small(by_month)
    in_order = points.sort_values(["what", "top"], ignore_index=True)
    return Likeness(counted, in_order, {fact.name: measured.get(fact.name) for fact in FACTS} | _of_the_top(in_order))


def _measures(base: Base, by_month: DataFrame, used: DataFrame, as_of: date) -> DataFrame:
    """Grain: fact."""
    churn = [likeness.monthly_churn(by_month, vertical.value) for vertical in VerticalName]
    return union_by_name(
        [
            likeness.prepaid_share(by_month, as_of),
            *churn,
            likeness.gone_share(base.spells, as_of),
            likeness.lines_per_account(base.subscribers, base.spells, as_of),
            likeness.days_between_recharges(base.recharges),
            likeness.complained_share(base.contacts, base.spells, as_of),
            likeness.levels(used),
        ]
    )


def _of_the_top(points: pd.DataFrame) -> dict[str, float | None]:
    shares = points.set_index(["what", "top"])["share"].dropna().to_dict()
    return {fact.name: shares.get(fact.of_top) for fact in FACTS if fact.of_top is not None}


@contextmanager
def _persisted(frame: DataFrame) -> Iterator[DataFrame]:
    frame.persist(StorageLevel.MEMORY_AND_DISK)
    try:
        yield frame
    finally:
        frame.unpersist()
