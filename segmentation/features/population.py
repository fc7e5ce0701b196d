"""Who is there on a day: every line that is or was in a vertical, its state, tenure and value."""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.features import availability, billing, recharge, service_cost, usage
from segmentation.features.activity import SILENT_DAYS, activity_per_line, data_began
from segmentation.features.availability import CHARGES, Availability
from segmentation.features.partials import MAX_STALENESS
from segmentation.features.stays import stays
from segmentation.features.windows import WINDOW_PERIODS
from segmentation.periods import months_before, period_ends
from segmentation.settings import ServiceCosts, VerticalName
from segmentation.tables import Store

NEW_MONTHS = 3
"""A line seen in fewer periods than this is new, or has just returned."""
LOST_PERIODS = 3
"""For so many periods after it was lost a line is still listed."""
NO_COSTS = ServiceCosts()
SCORED_STATES = ("new", "active", "dormant", "returned")


def population(
    tables_at: Store, as_of: date, *, there: Availability | None = None, costs: ServiceCosts = NO_COSTS
) -> DataFrame:
    """Every line of every vertical and its state on the day. Grain: vertical, subscriber_id, as_of.

    States, the first that holds: `lost` (the last stay ended, or a PAYG line was silent for 90 days; listed for 3
    periods, a line that migrated is lost to its old vertical), `returned` (back for less than 3 periods after having
    been gone or, PAYG, silent), `new` (seen in fewer than 3 periods), `dormant` (suspended), `active`.
    Where use or recharges are late, silence is counted to the day they reach: what is not delivered is not silence.
    Needs the partials of the day's periods (`partials.ensure`); `there` saves a look at what can be had. What a line
    cost in the period by `costs` is taken off its value, which may fall below 0.
    """
    ends = period_ends(as_of, WINDOW_PERIODS + MAX_STALENESS)
    there = there or availability.look(tables_at, as_of)
    usage_partials, recharges = tables_at.read(usage.PARTIALS), tables_at.read(recharge.PARTIALS)
    active = activity_per_line(usage_partials, recharges, ends)
    # Before the first delivery nothing is known: that is not silence.
    began = data_began(usage_partials, recharges, ends)
    value = _value_per_line(tables_at, there, costs)
    lines = (
        stays(tables_at, as_of)
        .crossJoin(F.broadcast(began))
        .join(active, on="subscriber_id", how="left")
        .join(value, on="subscriber_id", how="left")
    )
    known = lines.transform(_with_silence, as_of, there.heard_until)
    return known.transform(_with_state, as_of).select(
        "vertical",
        "subscriber_id",
        F.lit(as_of).alias("as_of"),
        "state",
        "months_seen",
        _tenure(as_of).alias("tenure_months"),
        "product_id",
        "contract_end",
        service_cost.net(_revenue(there)).alias("monthly_value"),
        "last_active_on",
    )


def months_seen(stay_start: Column, as_of: date) -> Column:
    """Periods from the one in which a stay began to the one that ends on the day, both counted."""
    return F.ceil(F.months_between(F.lit(as_of + timedelta(days=1)), stay_start)).cast("bigint")


def _tenure(as_of: date) -> Column:
    months = F.months_between(F.lit(as_of + timedelta(days=1)), F.col("first_start"))
    return F.floor(months).cast("bigint")


def _with_silence(lines: DataFrame, as_of: date, heard_until: date | None) -> DataFrame:
    """Add `lost_on` (null while there) and `back_on` (day of return; null without). Grain: unchanged."""
    is_payg = F.col("vertical") == str(VerticalName.PAYG)
    is_ended = F.col("valid_to") < F.lit(as_of)
    since = F.greatest(F.col("stay_start"), F.col("last_active_on"))
    heard = F.lit(heard_until).cast("date")
    is_silent = is_payg & (F.date_diff(heard, since) >= SILENT_DAYS)
    silent_from = F.greatest(F.col("stay_start"), F.col("data_began_on"))
    was_silent = F.date_diff(F.col("first_active_on"), silent_from) > SILENT_DAYS
    resumed_on = F.coalesce(F.col("resumed_on"), F.when(was_silent, F.col("first_active_on")))
    is_new_silence = is_payg & (resumed_on > F.col("stay_start"))
    silence_end = F.when(is_silent, F.date_add(since, SILENT_DAYS))
    return lines.withColumns(
        {
            "lost_on": F.least(F.when(is_ended, F.col("valid_to")), silence_end),
            "back_on": F.greatest(F.when(F.col("is_return"), F.col("stay_start")), F.when(is_new_silence, resumed_on)),
            "months_seen": months_seen(F.col("stay_start"), as_of),
        }
    )


def _with_state(lines: DataFrame, as_of: date) -> DataFrame:
    """Add `state`; leave out lines lost for long. Grain: unchanged."""
    is_lost = F.col("lost_on").isNotNull()
    is_back = F.coalesce(F.col("back_on") > F.lit(months_before(as_of, NEW_MONTHS)), F.lit(False))
    state = (
        F.when(is_lost, F.lit("lost"))
        .when(is_back, F.lit("returned"))
        .when(F.col("months_seen") < NEW_MONTHS, F.lit("new"))
        .when(F.coalesce(F.col("status") == "suspended", F.lit(False)), F.lit("dormant"))
        .otherwise(F.lit("active"))
    )
    is_listed = ~is_lost | (F.col("lost_on") > F.lit(months_before(as_of, LOST_PERIODS)))
    return lines.withColumn("state", state).filter(is_listed)


def _value_per_line(tables_at: Store, there: Availability, costs: ServiceCosts) -> DataFrame:
    """What a line was charged, recharged and billed in the last period, and what it cost. Grain: subscriber_id."""
    charged = _last_period(tables_at.read(usage.PARTIALS), there, CHARGES, "charged_amount")
    is_used = charged.withColumn("is_used", F.lit(True))
    recharged = _last_period(tables_at.read(recharge.PARTIALS), there, "recharge", "recharge_amount")
    billed = _last_bill(tables_at.read(billing.PARTIALS), there)
    earned = is_used.join(recharged, on="subscriber_id", how="full").join(billed, on="subscriber_id", how="full")
    if not costs.are_given:
        return earned.withColumn("service_cost", F.lit(0).cast("bigint"))
    return earned.join(service_cost.of_last_period(tables_at, there, costs), on="subscriber_id", how="full")


def _last_period(partials: DataFrame, there: Availability, family: str, amount: str) -> DataFrame:
    end = there.ends(family)[-1] if there.has(family) else there.as_of
    return partials.filter(F.col("period") == F.lit(end)).select("subscriber_id", amount)


def _last_bill(partials: DataFrame, there: Availability) -> DataFrame:
    """The newest bill of the last 3 periods: a bill refused or late does not make a line worth nothing."""
    ends = there.ends("billing")[-LOST_PERIODS:] if there.has("billing") else [there.as_of]
    billed = partials.filter(F.col("period").isin(ends) & (F.col("n_bills") > 0))
    return billed.groupBy("subscriber_id").agg(F.max_by("bill_amount", "period").alias("bill_amount"))


def _revenue(there: Availability) -> Column:
    """Net revenue without tax of the last period.

    PAYG: usage charged (what was recharged where no line is charged for use); else the bill.
    A line without use was charged nothing; use without a charge has no value that is known.
    """
    prepaid = F.lit(None).cast("bigint")
    if there.has(CHARGES):
        prepaid = F.when(F.col("is_used"), F.col("charged_amount")).otherwise(F.lit(0))
    elif there.has("recharge"):
        prepaid = F.coalesce(F.col("recharge_amount"), F.lit(0))
    is_payg = F.col("vertical") == str(VerticalName.PAYG)
    return F.when(is_payg, prepaid).otherwise(F.col("bill_amount"))
