"""Feeds service_spells and products: what a line was in, since when, why, and bound for how long."""

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.periods import month_end
from segmentation.settings import PriceChange
from segmentation.synthetic import leaving, segments
from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.dates import arrival, departure, month_number, month_start
from segmentation.synthetic.delivery import delivered
from segmentation.synthetic.randomness import lookup
from segmentation.synthetic.segments import HOME, PAYG, PLAN

CLOSED_AFTER_DAYS = 90
"""A prepaid line is closed so many days after its last use."""
_SERVICES = {PAYG: "PREPAID", PLAN: "POSTPAID", HOME: "BROADBAND"}
_PRODUCTS: dict[str, tuple[tuple[str, int, int | None, int | None], ...]] = {
    PAYG: (("PAYG-S", 0, 0, None), ("PAYG-M", 499, 5_000, None), ("PAYG-L", 999, 20_000, None)),
    PLAN: (
        ("PLAN-S", 999, 5_000, None),
        ("PLAN-M", 1_999, 20_000, None),
        ("PLAN-L", 3_499, 60_000, None),
        ("PLAN-XL", 6_999, None, None),
    ),
    HOME: (
        ("HOME-50", 1_999, None, 50),
        ("HOME-100", 2_999, None, 100),
        ("HOME-250", 3_999, None, 250),
        ("HOME-1000", 5_999, None, 1_000),
    ),
}
"""Code, fee in minor units, MB included (none: unlimited), Mbit/s."""


def spells(line_months: DataFrame, of: Behaviour, first: date, last: date) -> DataFrame:
    """Spells of lines with `from_day`, `to_day` and why. Grain: line, from_day.

    A contract is renewed by a new spell that follows at once; a spell that began before the history is there whole.
    """
    there = line_months.filter(~F.col("is_leaving")).transform(_with_contract, of)
    names = (
        "line",
        "vertical",
        "run_start",
        "line_start",
        "run_end",
        "run_reason",
        "run_end_reason",
        "row_start",
        "row_end",
        "contract_month",
        "product",
    )
    rows = there.select(*names).distinct()
    of_run = ("line", "vertical", "run_start", "line_start", "run_reason")
    earlier = rows.groupBy(*of_run).agg(
        F.min("row_start").alias("row_end"), F.min_by("product", "row_start").alias("product")
    )
    before = earlier.filter(F.col("row_end") > F.col("run_start")).withColumns(
        {
            "row_start": F.col("run_start"),
            "contract_month": F.col("row_end"),
            "run_end": F.lit(None).cast("int"),
            "run_end_reason": F.lit(None).cast("string"),
        }
    )
    came_by_migration = (F.col("run_reason") == "MIG") & (F.col("run_start") <= month_number(first))
    prepaid = (
        rows.filter(came_by_migration)
        .groupBy("line", "line_start", "run_start")
        .agg(F.lit(None).cast("int").alias("contract_month"))
    )
    prepaid_rows = prepaid.withColumns(
        {
            "vertical": F.lit(PAYG),
            "row_start": F.col("line_start"),
            "row_end": F.col("run_start"),
            "run_end": F.col("run_start"),
            "run_start": F.col("line_start"),
            "run_reason": F.lit("NEW"),
            "run_end_reason": F.lit("MIG"),
            "product": F.lit("PAYG-M"),
        }
    )
    return rows.unionByName(before).unionByName(prepaid_rows).transform(_with_dates, of, last)


def _with_contract(there: DataFrame, of: Behaviour) -> DataFrame:
    """Add the contract that holds in the month: when it was signed, when it ends, and the product. Grain: unchanged."""
    streams = of.streams
    least = lookup([s.contract[0] for s in segments.SEGMENTS], F.col("segment"), "int")
    length = lookup([s.contract[1] - s.contract[0] + 1 for s in segments.SEGMENTS], F.col("segment"), "int")
    offset = F.floor(streams.uniform("contract.offset", F.col("line"), F.col("segment")) * length)
    signed = F.floor((F.col("month") + offset) / length) * length - offset
    has_contract = F.col("vertical") != PAYG
    level = 0.5 + of.standing("price") / 4
    chosen = F.when(
        F.col("vertical") == PAYG,
        streams.pick("product.prepaid", [code for code, *_ in _PRODUCTS[PAYG]], [5, 3, 2], F.col("line")),
    )
    for vertical in (PLAN, HOME):
        codes = [code for code, *_ in _PRODUCTS[vertical]]
        step = F.least(F.greatest(F.floor(level * len(codes)), F.lit(0)), F.lit(len(codes) - 1))
        chosen = chosen.when(F.col("vertical") == vertical, lookup(codes, step, "string"))
    return there.withColumns(
        {
            "product": chosen,
            "row_start": F.when(has_contract, F.greatest("run_start", "stage_start", signed.cast("int"))).otherwise(
                F.col("run_start")
            ),
            "row_end": F.when(has_contract, F.least((signed + length).cast("int"), "stage_end", "run_end")).otherwise(
                F.col("run_end")
            ),
            "contract_month": F.when(has_contract, (signed + length - 1 + least).cast("int")),
        }
    )


def _with_dates(rows: DataFrame, of: Behaviour, last: date) -> DataFrame:
    streams, effects = of.streams, of.effects
    is_first = F.col("row_start") == F.col("run_start")
    is_first_of_line = is_first & (F.col("run_start") == F.col("line_start"))
    is_last = F.col("row_end") == F.col("run_end")
    closed = F.date_add(
        departure(streams, F.col("run_end")), F.when(F.col("vertical") == PAYG, CLOSED_AFTER_DAYS).otherwise(0)
    )
    ceases = is_last & (F.col("run_end_reason") == "CEASE")
    ends = F.when(ceases, closed).otherwise(F.date_sub(month_start(F.col("row_end")), 1))
    known_end = F.when(ends <= F.lit(last), ends)
    takes_number = (F.col("vertical") != PAYG) & (leaving.cause_of_end(streams, effects) == leaving.COMPETITOR)
    brings_number = streams.happens("spell.ported_in", effects.ported_in_share, F.col("line"), F.col("run_start"))
    came = F.when((F.col("run_reason") == "NEW") & (F.col("vertical") != PAYG) & brings_number, "PORTIN").otherwise(
        F.col("run_reason")
    )
    left = F.when(ceases & takes_number, "PORTOUT").when(is_last, F.col("run_end_reason")).otherwise("RENEW")
    return rows.select(
        "line",
        "vertical",
        "product",
        F.when(is_first, came).otherwise("RENEW").alias("start_cause"),
        F.when(known_end.isNotNull(), left).alias("end_cause"),
        F.when(is_first_of_line, arrival(streams)).otherwise(month_start(F.col("row_start"))).alias("from_day"),
        known_end.alias("to_day"),
        F.date_add(month_start(F.col("contract_month")), streams.whole("contract.day", 14, 27, F.col("line"))).alias(
            "contract_until"
        ),
    )


def service_spells(spells_there: DataFrame, of: Behaviour) -> DataFrame:
    """Spells as the operator writes them. Grain: line_no, from_day."""
    service = (
        F.when(F.col("vertical") == PAYG, _SERVICES[PAYG])
        .when(F.col("vertical") == PLAN, _SERVICES[PLAN])
        .otherwise(_SERVICES[HOME])
    )
    return spells_there.select(
        line_number(F.col("line")).alias("line_no"),
        service.alias("service"),
        F.col("product").alias("product_code"),
        F.lit("A").alias("state"),
        "start_cause",
        "end_cause",
        *(F.col(name).cast("string").alias(name) for name in ("from_day", "to_day", "contract_until")),
        delivered(of, "spell", F.coalesce(F.col("to_day"), F.col("from_day")), F.col("line"), F.col("from_day")).alias(
            "delivered"
        ),
    )


def products(spark: SparkSession, first: date, amount_factor: float, changes: Sequence[PriceChange]) -> DataFrame:
    """The catalogue of products over time. Grain: product_code, from_day."""
    rows = [
        (
            code,
            code.replace("-", " ").title(),
            _SERVICES[vertical],
            str(round(fee * level * amount_factor)),
            None if mb is None else str(mb),
            None if speed is None else str(speed),
            begins.isoformat(),
            None if ends is None else ends.isoformat(),
            f"{max(begins, first) - timedelta(days=1)} 03:00:00",
        )
        for vertical, of_vertical in _PRODUCTS.items()
        for begins, ends, level in _price_spells(vertical, first, changes)
        for code, fee, mb, speed in of_vertical
    ]
    names = (
        "product_code",
        "product_label",
        "service",
        "fee_minor",
        "included_mb",
        "mbps",
        "from_day",
        "to_day",
        "delivered",
    )
    return spark.createDataFrame(rows, ", ".join(f"{name} string" for name in names))


def _price_spells(vertical: str, first: date, changes: Sequence[PriceChange]) -> list[tuple[date, date | None, float]]:
    """From when to when (None: still) a vertical has which price, over that before any change."""
    own = sorted((change for change in changes if change.vertical.value == vertical), key=lambda change: change.month)
    begun, level = date(first.year - 30, 1, 1), 1.0
    spells_of_price: list[tuple[date, date | None, float]] = []
    for change in own:
        changed = month_end(change.month).replace(day=1)
        spells_of_price.append((begun, changed - timedelta(days=1), level))
        begun, level = changed, level * change.factor
    return [*spells_of_price, (begun, None, level)]
