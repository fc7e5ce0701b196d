"""What became of a line: read by profiles and by checks for leaks, never by features or a fit."""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features import service_cost
from segmentation.features.activity import SILENT_DAYS
from segmentation.features.availability import heard_until
from segmentation.features.population import NO_COSTS, SCORED_STATES
from segmentation.features.stays import last_stay_per_vertical
from segmentation.features.usage import is_used
from segmentation.periods import months_before
from segmentation.settings import ServiceCosts, VerticalName
from segmentation.tables import Store, clean
from segmentation.tables.store import holding_on

CHURN_REASONS = ("disconnection", "port_out")
HORIZONS = (1, 3, 6)
"""Months ahead."""
SILENT_MONTHS = 3
"""Months that hold the 90 silent days after which PAYG is known."""


def outcomes(
    tables_at: Store,
    people: DataFrame,
    as_of: date,
    horizon: int,
    *,
    today: date,
    costs: ServiceCosts = NO_COSTS,
) -> DataFrame:
    """What became of the lines of a day within `horizon` months. Grain: vertical, subscriber_id, as_of, horizon_months.

    `people` is the population of the day. Only what is known on the day `today`: plan and home once the horizon has
    passed, PAYG once use and recharges of 90 days more are delivered. Needs the partials of today's periods.
    Churned: disconnection or port-out, or an end without a reason that no other service follows; PAYG a last event,
    within the horizon or before, that 90 silent days follow. `future_value` is null where no feed tells of it; what
    a line costs by `costs` is taken off.
    """
    end = months_before(as_of, -horizon)
    known_on = {name: end + timedelta(days=SILENT_DAYS if name == VerticalName.PAYG else 0) for name in VerticalName}
    ripe = _ripe(tables_at, known_on, today)
    is_there = F.col("vertical").isin(ripe) & F.col("state").isin(*SCORED_STATES)
    lines = people.filter(is_there).select("vertical", "subscriber_id", "as_of", "last_active_on")
    is_payg = F.col("vertical") == str(VerticalName.PAYG)
    joined = (
        lines.join(_ends(tables_at, end), on=["subscriber_id", "vertical"], how="left")
        .join(_billed(tables_at, as_of, end), on="subscriber_id", how="left")
        .join(_now_in(tables_at, end), on="subscriber_id", how="left")
    )
    if costs.are_given:
        joined = joined.join(service_cost.after(tables_at, as_of, end, costs), on="subscriber_id", how="left")
    else:
        joined = joined.withColumn("service_cost", F.lit(0).cast("bigint"))
    if VerticalName.PAYG in ripe:
        joined = joined.join(_heard(tables_at, as_of, end), on="subscriber_id", how="left")
        joined = joined.transform(_with_spending, tables_at, as_of, end)
    else:
        unknown = {"last_day": "date", "next_day": "date", "spent": "bigint"}
        joined = joined.withColumns({name: F.lit(None).cast(kind) for name, kind in unknown.items()})
    billed = F.coalesce(F.col("billed"), F.lit(0)) if tables_at.exists(clean.INVOICES) else F.col("billed")
    ends_untold = F.col("is_ended") & F.col("end_reason").isNull() & F.col("now_in").isNull()
    has_left = F.coalesce(F.col("end_reason").isin(*CHURN_REASONS) & F.col("is_ended") | ends_untold, F.lit(False))
    is_silent = is_payg & _is_silent(end) & F.col("now_in").eqNullSafe(F.col("vertical"))
    moved_to = F.when(F.col("now_in") != F.col("vertical"), F.col("now_in"))
    return joined.select(
        "vertical",
        "subscriber_id",
        "as_of",
        F.lit(horizon).alias("horizon_months"),
        (has_left | is_silent).alias("is_churned"),
        service_cost.net(F.when(is_payg, F.col("spent")).otherwise(billed)).alias("future_value"),
        moved_to.alias("moved_to"),
        _by_vertical(known_on).alias("known_on"),
    )


def _ripe(tables_at: Store, known_on: dict[VerticalName, date], today: date) -> list[str]:
    """Verticals whose outcome is known: its day has come, and for PAYG the feeds have reached it."""
    passed = [name for name, day in known_on.items() if day <= today]
    if VerticalName.PAYG in passed:
        heard = heard_until(tables_at, today)
        if heard is None or heard < known_on[VerticalName.PAYG]:
            passed.remove(VerticalName.PAYG)
    return [str(name) for name in passed]


def _by_vertical(days: dict[VerticalName, date]) -> Column:
    chosen = F.lit(None).cast("date")
    for name, day in days.items():
        chosen = F.when(F.col("vertical") == str(name), F.lit(day)).otherwise(chosen)
    return chosen


def _ends(tables_at: Store, end: date) -> DataFrame:
    """Whether the last stay had ended by the end, and why. Grain: subscriber_id, vertical."""
    stays = last_stay_per_vertical(tables_at.read(clean.SERVICE_SPELLS, end))
    return stays.select("subscriber_id", "vertical", (F.col("valid_to") <= F.lit(end)).alias("is_ended"), "end_reason")


def _now_in(tables_at: Store, end: date) -> DataFrame:
    """Vertical a line is in at the end. Grain: subscriber_id."""
    holding = holding_on(tables_at.read(clean.SERVICE_SPELLS, end), end)
    return holding.groupBy("subscriber_id").agg(F.max_by("vertical", "valid_from").alias("now_in"))


def _heard(tables_at: Store, as_of: date, end: date) -> DataFrame:
    """Last active day up to the end and first one in the 90 days after it. Grain: subscriber_id.

    Looks back 90 days from the day: of a line not heard since then the population knows the last active day.
    """
    is_near = F.col("day") > F.lit(as_of - timedelta(days=SILENT_DAYS))
    last_read = end + timedelta(days=SILENT_DAYS)
    used = tables_at.read(clean.USAGE_DAILY, last_read).filter(is_near & is_used()).select("subscriber_id", "day")
    is_paid = (F.col("recharge_amount") > 0) & ~F.coalesce(F.col("is_emergency_credit"), F.lit(False))
    paid = tables_at.read(clean.RECHARGES, last_read).filter(is_near & is_paid).select("subscriber_id", "day")
    days = used.unionByName(paid).groupBy("subscriber_id")
    return days.agg(
        F.max(F.when(F.col("day") <= F.lit(end), F.col("day"))).alias("last_day"),
        F.min(F.when(F.col("day") > F.lit(end), F.col("day"))).alias("next_day"),
    )


def _is_silent(end: date) -> Column:
    """Whether the last active day up to the end was followed by 90 silent days (false for a line never heard)."""
    after_all = F.lit(end + timedelta(days=SILENT_DAYS + 1))
    last_day = F.coalesce(F.col("last_day"), F.col("last_active_on"))
    return F.coalesce(F.date_diff(F.coalesce(F.col("next_day"), after_all), last_day) > SILENT_DAYS, F.lit(False))


def _with_spending(lines: DataFrame, tables_at: Store, as_of: date, end: date) -> DataFrame:
    """Add `spent`, what a line was charged for use after the day, up to the end. Grain: unchanged.

    As its monthly value: where no line is charged for use, what it recharged; null where neither is told.
    """
    used = tables_at.read(clean.USAGE_DAILY, end).filter(F.col("day") > F.lit(as_of))
    charged = used.groupBy("subscriber_id").agg(F.sum("charged_amount").alias("charged"), F.lit(True).alias("has_use"))
    are_told = used.agg((F.count("charged_amount") > 0).alias("are_charges_told"))
    joined = lines.join(charged, on="subscriber_id", how="left").crossJoin(F.broadcast(are_told))
    recharged = F.lit(None).cast("bigint")
    if tables_at.exists(clean.RECHARGES):
        joined = joined.join(_recharged(tables_at, as_of, end), on="subscriber_id", how="left")
        recharged = F.coalesce(F.col("recharged"), F.lit(0))
    of_use = F.when(F.col("has_use"), F.col("charged")).otherwise(F.lit(0))
    return joined.withColumn("spent", F.when(F.col("are_charges_told"), of_use).otherwise(recharged))


def _recharged(tables_at: Store, as_of: date, end: date) -> DataFrame:
    """Own money recharged after the day, up to the end. Grain: subscriber_id."""
    is_lent = F.coalesce(F.col("is_emergency_credit"), F.lit(False))
    own = tables_at.read(clean.RECHARGES, end).filter((F.col("day") > F.lit(as_of)) & ~is_lent)
    return own.groupBy("subscriber_id").agg(F.sum("recharge_amount").alias("recharged"))


def _billed(tables_at: Store, as_of: date, end: date) -> DataFrame:
    """What a line was billed after the day, up to the end. Grain: subscriber_id."""
    bills = tables_at.read(clean.INVOICES, end).filter(F.col("period") > F.lit(as_of))
    return bills.groupBy("subscriber_id").agg(F.sum("bill_amount").alias("billed"))
