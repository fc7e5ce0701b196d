"""Recharges of prepaid credit: recency, frequency, amounts and denominations, gaps, expiry, credit lent, velocity."""

from collections.abc import Callable, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from segmentation.features import denominations
from segmentation.features.feature import (
    NO_EARLIER,
    NO_SOURCE,
    PAYG,
    PER_MONTH,
    RATIO,
    RATIO_TO,
    SHARE,
    Feature,
    Skew,
    Words,
    fitted,
)
from segmentation.features.windows import (
    earlier_months,
    earlier_sum,
    evenness,
    is_recent,
    or_zero,
    per_line,
    per_month,
    ratio,
    recent_months,
    recent_sum,
    seen_windows,
    share,
    velocity,
    window_months,
)
from segmentation.periods import period_start
from segmentation.tables import Column as TableColumn
from segmentation.tables import built, clean
from segmentation.tables.clean import MONEY, count, day, money

MIN_GAPS = 2
"""Two gaps are the fewest that can be even or uneven."""
EXPIRY_DAYS = 2
"""A recharge is just before expiry when what was bought last would run out on that day or so many days after it."""
PARTIALS = built.partials(
    "recharge_partials",
    "Recharges of a line in a period",
    (
        count("n_recharges", "Recharges paid; credit lent and takings back do not count"),
        money("recharge_amount", "Credit bought, less what was taken back"),
        count("n_recharge_days", "Days with a recharge"),
        day("first_day", "First day with a recharge; null without one"),
        day("last_day", "Last day with a recharge; null without one"),
        count("gap_squares", "Sum of the squared gaps, in days, between days of recharge within the period"),
        TableColumn("amounts", "array<bigint>", "Amounts of the recharges paid, smallest first", MONEY),
        count("n_lent", "Times that credit was lent; null where no recharge tells whether it was"),
        count(
            "n_expiring", "Days of recharge with what was bought last known to run out, the first of the period apart"
        ),
        count("n_before_expiry", "Of these, just before it runs out"),
        day("last_expires_on", "When what was bought on the last of these days runs out"),
    ),
)
SOURCES = (clean.RECHARGES,)


def _feature(
    name: str, about: str, unit: str, words: Words, null_means: str = NO_SOURCE, skew: Skew = "log"
) -> Feature:
    return Feature(name, "recharge", about, unit, words, null_means, fitted(PAYG), (clean.RECHARGES.name,), skew)


def _shown(name: str, about: str, unit: str, words: Words, null_means: str = NO_SOURCE, skew: Skew = "log") -> Feature:
    return _feature(name, about, unit, words, null_means, skew).only_shown()


FEATURES = (
    _feature(
        "recharge_recency_days",
        "Days since the last recharge; without one in 6 periods, days since those began",
        "days",
        Words("how long ago they last topped up", "has not topped up for long", "topped up just now"),
    ),
    _feature(
        "recharges_per_month",
        "Recharges a month",
        PER_MONTH,
        Words("how often they top up", "tops up often", "tops up rarely"),
    ),
    _feature(
        "recharge_amount_per_month",
        "Credit bought a month, less what was taken back",
        f"{MONEY} {PER_MONTH}",
        Words("how much credit they buy", "buys much credit", "buys little credit"),
    ),
    _feature(
        "recharge_amount_mean",
        "Amount of one recharge",
        MONEY,
        Words("how large one top-up is", "tops up large amounts", "tops up small amounts"),
        "no recharge in 6 periods",
    ),
    _feature(
        "recharge_regularity",
        "Evenness of the gaps between days of recharge over 6 periods: 1 is clockwork",
        SHARE,
        Words("how regularly they top up", "tops up like clockwork", "tops up irregularly"),
        "fewer than three days of recharge in 6 periods",
        "none",
    ),
    _feature(
        "recharge_velocity",
        "Credit bought in the last 3 periods over the 3 before",
        RATIO,
        Words("whether they buy more credit than before", "buys more and more credit", "buys less and less credit"),
        NO_EARLIER,
    ),
    _shown(
        "recharge_gap_days_mean",
        "Mean gap between days of recharge over 6 periods",
        "days",
        Words("how long they wait between top-ups", "tops up rarely", "tops up often"),
        "fewer than two days of recharge in 6 periods",
    ),
    _shown(
        "recharge_overdue_ratio",
        "Days since the last recharge over the mean gap",
        f"{RATIO_TO}the mean gap",
        Words("how overdue the next top-up is", "is overdue with the next top-up", "topped up in time"),
        "fewer than two days of recharge in 6 periods",
    ),
    *denominations.FEATURES,
    _shown(
        "expiry_recharge_share",
        "Share of the days of recharge of 6 periods that come just before the credit bought last runs out",
        SHARE,
        Words("whether they wait for credit to expire", "tops up just before credit expires", "tops up at any time"),
        "no recharge after credit with a last day",
        "none",
    ),
    _shown(
        "credit_lent_per_month",
        "Times that credit was lent a month",
        PER_MONTH,
        Words("how often they borrow credit", "borrows credit often", "does not borrow credit"),
        f"{NO_SOURCE}, or not told of any recharge",
    ),
)


def recharge_partials(recharges: DataFrame, period_of: Callable[[Column], Column]) -> DataFrame:
    """Recharges of a line in a period. Grain: subscriber_id, period."""
    is_lent = F.coalesce(F.col("is_emergency_credit"), F.lit(False))
    in_period = recharges.withColumn("period", period_of(F.col("day"))).filter(F.col("period").isNotNull())
    # Brought together by line once: neither the window nor the sums move a row again.
    of_lines = in_period.select(
        "subscriber_id",
        "period",
        "day",
        "recharge_amount",
        "expires_on",
        "is_emergency_credit",
        F.coalesce((F.col("recharge_amount") > 0) & ~is_lent, F.lit(False)).alias("is_paid"),
    ).repartition("subscriber_id")
    is_paid, day = F.col("is_paid"), F.col("day")
    # Of a day with several recharges the last in this order bought the credit that lasts longest.
    in_turn = Window.partitionBy("subscriber_id", "period", "is_paid").orderBy("day", "expires_on")
    day_before, expiry_before = F.lag("day").over(in_turn), F.lag("expires_on").over(in_turn)
    is_first_of_day = is_paid & (F.col("day_before").isNull() | (F.col("day_before") < day))
    gap = F.when(is_first_of_day, F.date_diff(day, F.col("day_before"))).cast("bigint")
    days_left = F.when(is_first_of_day, F.date_diff(F.col("expiry_before"), day))
    last_bought = F.max(F.when(is_paid, F.struct("day", "expires_on")))
    return (
        of_lines.withColumns({"day_before": day_before, "expiry_before": expiry_before})
        .groupBy("subscriber_id", "period")
        .agg(
            F.count_if(is_paid).alias("n_recharges"),
            F.sum(F.when(is_lent, F.lit(0)).otherwise(F.col("recharge_amount"))).alias("recharge_amount"),
            F.count_if(is_first_of_day).alias("n_recharge_days"),
            F.min(F.when(is_paid, day)).alias("first_day"),
            F.max(F.when(is_paid, day)).alias("last_day"),
            F.coalesce(F.sum(gap * gap), F.lit(0)).alias("gap_squares"),
            F.sort_array(F.collect_list(F.when(is_paid, F.col("recharge_amount")))).alias("amounts"),
            F.sum(F.col("is_emergency_credit").cast("int")).alias("n_lent"),
            F.count(days_left).alias("n_expiring"),
            F.count_if(is_before_expiry(days_left)).alias("n_before_expiry"),
            last_bought["expires_on"].alias("last_expires_on"),
        )
    )


def is_before_expiry(days_left: Column) -> Column:
    """Whether credit that has so many days left is about to run out (null where it does not)."""
    return days_left.between(0, EXPIRY_DAYS)


def recharge_features(lines: DataFrame, partials: DataFrame, ends: Sequence[date]) -> DataFrame:
    """Recharge features of the lines. Grain: as `lines`. Needs `subscriber_id`, `months_seen`."""
    sums = _sums(seen_windows(partials, lines, ends)).crossJoin(F.broadcast(denominations.mean_of_base(partials, ends)))
    recent_amount = per_month(F.coalesce(F.col("recent_amount"), F.lit(0)), recent_months())
    earlier_amount = per_month(F.col("earlier_amount"), earlier_months())
    recent_mean = F.try_divide(F.col("recent_amount").cast("double"), F.col("recent_recharges"))
    whole_mean = F.try_divide(F.col("whole_amount").cast("double"), F.col("whole_recharges"))
    even = evenness(F.col("n_gaps"), F.col("gap_days"), F.col("gap_squares"))
    mean_gap = F.when(F.col("n_gaps") > 0, F.try_divide(F.col("gap_days").cast("double"), F.col("n_gaps")))
    return sums.select(
        "subscriber_id",
        _recency(ends).alias("recharge_recency_days"),
        per_month(F.coalesce(F.col("recent_recharges"), F.lit(0)), recent_months()).alias("recharges_per_month"),
        recent_amount.alias("recharge_amount_per_month"),
        F.coalesce(recent_mean, whole_mean).alias("recharge_amount_mean"),
        F.when(F.col("n_gaps") >= MIN_GAPS, even).alias("recharge_regularity"),
        velocity(recent_amount, earlier_amount).alias("recharge_velocity"),
        mean_gap.alias("recharge_gap_days_mean"),
        ratio(_recency(ends), mean_gap).alias("recharge_overdue_ratio"),
        *denominations.of_amounts(F.col("amounts"), F.col("base_mean")),
        share(F.col("n_before_expiry"), F.col("n_expiring")).alias("expiry_recharge_share"),
        per_month(or_zero(F.col("recent_lent"), F.col("n_recent")), recent_months()).alias("credit_lent_per_month"),
    )


def _sums(windows: DataFrame) -> DataFrame:
    """Sums and gaps over the window. Grain: subscriber_id."""
    has_recharge = F.col("n_recharge_days") > 0
    oldest_first = Window.partitionBy("subscriber_id", has_recharge).orderBy(F.desc("age"))
    gap = F.when(has_recharge, F.date_diff(F.col("first_day"), F.lag("last_day").over(oldest_first))).cast("bigint")
    days_left = F.when(has_recharge, F.date_diff(F.lag("last_expires_on").over(oldest_first), F.col("first_day")))
    n_days = F.sum("n_recharge_days")
    return per_line(
        windows.withColumns({"gap": gap, "days_left": days_left}),
        recent_sum("n_recharges").alias("recent_recharges"),
        recent_sum("recharge_amount").alias("recent_amount"),
        earlier_sum("recharge_amount").alias("earlier_amount"),
        F.sum("n_recharges").alias("whole_recharges"),
        F.sum("recharge_amount").alias("whole_amount"),
        F.max("last_day").alias("last_day"),
        (n_days - 1).alias("n_gaps"),
        F.date_diff(F.max("last_day"), F.min("first_day")).cast("bigint").alias("gap_days"),
        (F.sum("gap_squares") + F.coalesce(F.sum(F.col("gap") * F.col("gap")), F.lit(0))).alias("gap_squares"),
        F.flatten(F.collect_list("amounts")).alias("amounts"),
        recent_sum("n_lent").alias("recent_lent"),
        F.count(F.when(is_recent(), F.col("n_recharges"))).alias("n_recent"),
        (F.sum("n_expiring") + F.count("days_left")).alias("n_expiring"),
        (F.sum("n_before_expiry") + F.count_if(is_before_expiry(F.col("days_left")))).alias("n_before_expiry"),
    )


def _recency(ends: Sequence[date]) -> Column:
    """Days from the last recharge to the end of the window (null where no month was seen)."""
    since = F.lit(None).cast("date")
    for index, end in enumerate(reversed(ends)):
        since = F.when(window_months() == index + 1, F.lit(period_start(end))).otherwise(since)
    return F.date_diff(F.lit(ends[-1]), F.coalesce(F.col("last_day"), since)).cast("double")
