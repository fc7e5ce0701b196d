"""What every segment looks like: size, mean, median, quartiles, rank and difference, feature by feature."""

from collections.abc import Sequence
from datetime import date, datetime

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from segmentation.features.catalogue import Feature
from segmentation.periods import months_before
from segmentation.profiles.ranks import coarse, mean_rank_per_segment

CHURNED_SHARE = "churned_share"
EXTRA_FAMILIES = {"monthly_value": "value", "tenure_months": "contract", CHURNED_SHARE: "churn"}
"""Told of every segment, whether they are features of the vertical or not."""
MEASURED = {
    "outcomes": ("is_churned",),
    "population": ("monthly_value", "tenure_months"),
    "segment_assignments": ("monthly_value",),
}
"""Columns besides features whose mean over the vertical the profiles tell, by table."""
OUTCOME_MONTHS = 12
"""How far back the outcomes of a segment are looked for."""
MOST_EXACT = 1_000_000
"""Lines up to which quartiles are exact. Beyond, values are rounded to 12 significant bits first: Spark keeps every
distinct value of a group in one place, and of a large base they are too many."""


def profiles(
    assigned: DataFrame,
    features: DataFrame,
    catalogue: Sequence[Feature],
    *,
    vertical: str,
    as_of: date,
    run_id: str,
    computed_at: datetime,
    population: DataFrame | None = None,
    churned: DataFrame | None = None,
) -> DataFrame:
    """Rows of SEGMENT_PROFILES. Grain: one row per (segment, feature); figures are null where nobody has a value.

    `assigned` [subscriber_id, segment_id]; `features` [subscriber_id, ...] with the columns of `catalogue`, absent ones
    count as unknown; `population` [subscriber_id, monthly_value, tenure_months] fills what is no feature; `churned` as
    `churn_known` gives it. All features go through one aggregation: no loop over columns or segments.
    """
    families = {feature.name: feature.family for feature in catalogue}
    lines = _lines(assigned, features, tuple(families), population)
    values = _values(lines, churned)
    n_lines = assigned.agg(F.count("*").alias("n_assigned"))
    described = _statistics(values.crossJoin(F.broadcast(n_lines))).join(
        mean_rank_per_segment(values), on=["feature", "segment_id"], how="left"
    )
    family_of = F.create_map(*[F.lit(text) for pair in {**EXTRA_FAMILIES, **families}.items() for text in pair])
    return described.select(
        F.lit(vertical).alias("vertical"),
        "segment_id",
        F.lit(as_of).alias("as_of"),
        "feature",
        family_of[F.col("feature")].alias("family"),
        "n_subscribers",
        "share",
        "n_known",
        "mean",
        "median",
        "lower_quartile",
        "upper_quartile",
        "base_mean",
        "base_median",
        "mean_rank",
        "standardised_difference",
        F.lit(run_id).alias("run_id"),
        F.lit(computed_at).cast("timestamp").alias("computed_at"),
    )


def churn_known(outcomes: DataFrame, assigned_by_day: DataFrame, as_of: date) -> DataFrame:
    """Of the lines of a segment, who churned later, as far as known on the day: [segment_id, is_churned].

    `outcomes` of one vertical; `assigned_by_day` [subscriber_id, as_of, segment_id]. The last day with a known outcome
    counts, with its shortest horizon; the segment is the one held on that day. Empty when nothing is known yet.
    """
    known = outcomes.filter(F.col("known_on") <= F.lit(as_of))
    is_recent = F.col("as_of").between(F.lit(months_before(as_of, OUTCOME_MONTHS)), F.lit(as_of))
    segments = assigned_by_day.filter(is_recent).select("subscriber_id", "as_of", "segment_id")
    held = known.join(segments, on=["subscriber_id", "as_of"], how="inner")
    rated = held.withColumn("freshness", F.struct(F.col("as_of"), -F.col("horizon_months")))
    freshest = F.broadcast(rated.agg(F.max("freshness").alias("freshness")))
    return rated.join(freshest, on="freshness", how="left_semi").select("segment_id", "is_churned")


def standardised_difference(n: Column, mean: Column, n_base: Column, base_mean: Column, base_scatter: Column) -> Column:
    """Mean less the others' mean, over the pooled spread of both (null without others or without spread).

    The scatter (sum of squares about the mean) of the base is that within the two groups plus
    n (n_base - n) / n_base times the squared difference of their means.
    """
    n_others = n_base - n
    others_mean = F.try_divide(n_base * base_mean - n * mean, n_others)
    difference = mean - others_mean
    within = F.greatest(base_scatter - F.try_divide(n * n_others, n_base) * difference * difference, F.lit(0.0))
    # What rounding leaves of a spread that is really zero must not count as a spread.
    is_spread = within > base_scatter * F.lit(1e-12)
    return F.when(is_spread, F.try_divide(difference, F.sqrt(F.try_divide(within, n_base - 2))))


def _lines(assigned: DataFrame, features: DataFrame, names: Sequence[str], population: DataFrame | None) -> DataFrame:
    """[segment_id, a double for every described feature]. Grain: one row per assigned line."""
    known = [name for name in names if name in features.columns]
    held = assigned.select("subscriber_id", "segment_id").join(
        features.select("subscriber_id", *known), on="subscriber_id", how="left"
    )
    extras = [name for name in EXTRA_FAMILIES if name not in known]
    from_population = [name for name in extras if population is not None and name in population.columns]
    if population is not None and from_population:
        held = held.join(population.select("subscriber_id", *from_population), on="subscriber_id", how="left")
    absent = [name for name in (*names, *extras) if name not in held.columns]
    doubles = [F.col(name).cast("double").alias(name) for name in (*known, *from_population)]
    unknown = [F.lit(None).cast("double").alias(name) for name in dict.fromkeys(absent)]
    return held.select("segment_id", *doubles, *unknown)


def _values(lines: DataFrame, churned: DataFrame | None) -> DataFrame:
    """[segment_id, feature, value, is_line]. Grain: one row per (line, feature), and one per known outcome."""
    names = [name for name in lines.columns if name != "segment_id"]
    values = lines.unpivot("segment_id", list[str | Column](names), "feature", "value").withColumn(
        "is_line", F.lit(True)
    )
    if churned is None:
        return values
    outcome = churned.select(
        "segment_id",
        F.lit(CHURNED_SHARE).alias("feature"),
        F.col("is_churned").cast("double").alias("value"),
        F.lit(False).alias("is_line"),
    )
    return values.unionByName(outcome)


def _statistics(values: DataFrame) -> DataFrame:
    """Statistics of each segment beside those of the base. Grain: one row per (feature, segment_id)."""
    feature, segment = F.col("feature"), F.col("segment_id")
    ranked = F.when(F.col("n_assigned") > MOST_EXACT, coarse(F.col("value"))).otherwise(F.col("value"))
    quartiles = F.percentile(ranked, [0.25, 0.5, 0.75])
    grouped = values.groupingSets([[feature, segment], [feature]], feature, segment).agg(
        F.count_if("is_line").alias("n_lines"),
        F.count("value").alias("n_known"),
        F.mean("value").alias("mean"),
        (F.var_pop("value") * F.count("value")).alias("scatter"),
        quartiles.alias("quartiles"),
    )
    # The base stands in the same frame: a window fetches it, a join would compute everything twice.
    of_feature = Window.partitionBy("feature")
    is_base = F.col("segment_id").isNull()
    told_of_base = {name: F.col(name) for name in ("n_lines", "n_known", "mean", "scatter")}
    told_of_base["median"] = F.col("quartiles")[1]
    in_base = {name: F.max(F.when(is_base, column)).over(of_feature) for name, column in told_of_base.items()}
    with_base = grouped.withColumns({f"base_{name}": column for name, column in in_base.items()})
    difference = standardised_difference(
        F.col("n_known"), F.col("mean"), F.col("base_n_known"), F.col("base_mean"), F.col("base_scatter")
    )
    is_segment = ~is_base & (F.col("n_lines") > 0)
    return with_base.filter(is_segment).select(
        "feature",
        "segment_id",
        F.col("n_lines").alias("n_subscribers"),
        F.try_divide(F.col("n_lines"), F.col("base_n_lines")).alias("share"),
        "n_known",
        "mean",
        F.col("quartiles")[1].alias("median"),
        F.col("quartiles")[0].alias("lower_quartile"),
        F.col("quartiles")[2].alias("upper_quartile"),
        "base_mean",
        "base_median",
        difference.alias("standardised_difference"),
    )
