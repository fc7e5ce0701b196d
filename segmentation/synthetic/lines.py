"""Feeds of who a line is: subscribers, devices, salary_brackets."""

import math
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic import base
from segmentation.synthetic.base import age_and_place, birth_date, coordinates, identifier, line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.dates import arrival
from segmentation.synthetic.delivery import delivered
from segmentation.synthetic.names import email, full_name, misspelt, street
from segmentation.synthetic.segments import HOME


def lines(line_months: DataFrame, of: Behaviour) -> DataFrame:
    """Lines seen in the history, the day they came and left (null while there). Grain: line, line_start.

    `known_as` is the number under which the operator knows the customer: of some people a second one.
    """
    is_duplicate = base.is_further_line(F.col("slot")) & of.streams.happens(
        "person.duplicate", of.effects.duplicate_share, F.col("line")
    )
    known_as = F.col("customer") + F.when(is_duplicate, 7_000_000_000).otherwise(0)
    left = F.max(F.when(F.col("is_leaving"), F.col("last_day")))
    found = line_months.groupBy("slot", "line", "customer", "home_number", "line_start").agg(left.alias("left_on"))
    return found.withColumns({"came_on": arrival(of.streams), "known_as": known_as})


def subscribers(lines_there: DataFrame, dwellings: DataFrame, of: Behaviour, first: date, last: date) -> DataFrame:
    """Who uses, who pays and where, as the operator writes it. Grain: line_no, from_day."""
    streams = of.streams
    once = lines_there.groupBy("slot", "line", "customer", "known_as").agg(F.min("came_on").alias("came_on"))
    placed = once.join(dwellings.select("slot", "home", "dwelling"), on="slot", how="left")
    span = (last - first).days
    moved_on = F.date_add(F.lit(first), streams.whole("subscriber.moved_day", 1, max(span, 1), F.col("line")))
    may_move = F.col("home").isNull() & (moved_on > F.col("came_on"))
    is_moved = may_move & streams.happens("subscriber.moved", of.effects.moved_share, F.col("line"))
    with_moves = placed.withColumn("moved_on", F.when(is_moved, moved_on))
    versions = F.when(F.col("moved_on").isNull(), F.array(F.lit(0))).otherwise(F.array(F.lit(1), F.lit(2)))
    rows = with_moves.withColumn("version", F.explode(versions))
    return rows.transform(_subscribers_as_written, of)


def _subscribers_as_written(rows: DataFrame, of: Behaviour) -> DataFrame:
    streams = of.streams
    is_second = F.col("version") == 2
    begins = F.when(is_second, F.col("moved_on")).otherwise(F.col("came_on"))
    ends = F.when(F.col("version") == 1, F.date_sub("moved_on", 1))
    payer = F.when(is_second, F.col("customer") + 5_000_000_000).otherwise(F.col("customer"))
    place = F.when(is_second, F.col("line") + 5_000_000_000).otherwise(F.col("dwelling"))
    # Of the birth date, day and month change about.
    born, changed_about = (F.date_format(birth_date(streams), form) for form in ("dd.MM.yyyy", "MM.dd.yyyy"))
    return rows.select(
        line_number(F.col("line")).alias("line_no"),
        identifier("C", F.col("known_as")).alias("cust_no"),
        identifier("A", payer).alias("bill_acct"),
        identifier("P", place).alias("premise_no"),
        _as_spelt(full_name(streams), of, "name").alias("full_name"),
        email(streams).alias("email"),
        _as_spelt(street(streams), of, "street").alias("street"),
        _as_written_down(born, changed_about, of, "birth").alias("birth_date"),
        *(column.alias(name) for name, column in age_and_place(streams).items()),
        *(column.alias(name) for name, column in coordinates(streams, place).items()),
        F.date_format(begins, "dd.MM.yyyy").alias("from_day"),
        F.date_format(ends, "dd.MM.yyyy").alias("to_day"),
        delivered(of, "subscriber", begins, F.col("line"), F.col("version")).alias("delivered"),
    )


def _as_spelt(text: Column, of: Behaviour, what: str) -> Column:
    """The text as it was taken down for the line: of some with two letters changed about."""
    return _as_written_down(text, misspelt(text, of.streams, f"typo.{what}.place", F.col("line")), of, what)


def _as_written_down(right: Column, wrong: Column, of: Behaviour, what: str) -> Column:
    is_second = F.col("known_as") != F.col("customer")
    chance = F.when(is_second, of.effects.misspelt_share).otherwise(of.effects.typo_share)
    return F.when(of.streams.happens(f"typo.{what}", chance, F.col("line")), wrong).otherwise(right)


def devices(lines_there: DataFrame, line_months: DataFrame, of: Behaviour, first: date, last: date) -> DataFrame:
    """The device of a line over time: some lines get another within the history. Grain: line_no, from_day."""
    streams = of.streams
    kinds = line_months.groupBy("line").agg(
        F.max(F.col("vertical") == HOME).alias("is_home"), F.max_by("segment", "month").alias("segment")
    )
    once = (
        lines_there.groupBy("line", "customer")
        .agg(F.min("came_on").alias("came_on"))
        .join(kinds, on="line", how="left")
    )
    changed_on = F.date_add(
        F.lit(first), streams.whole("device.changed_day", 1, max((last - first).days, 1), F.col("line"))
    )
    is_changed = streams.happens("device.changed", of.effects.new_device_share, F.col("line")) & (
        changed_on > F.col("came_on")
    )
    with_change = once.withColumn("changed_on", F.when(is_changed, changed_on))
    rows = with_change.withColumn(
        "version",
        F.explode(F.when(F.col("changed_on").isNull(), F.array(F.lit(0))).otherwise(F.array(F.lit(1), F.lit(2)))),
    )
    is_second = F.col("version") == 2
    begins = F.when(is_second, F.col("changed_on")).otherwise(F.col("came_on"))
    ends = F.when(F.col("version") == 1, F.date_sub("changed_on", 1))
    wealth = of.standing("salary") / 2 + 0.6 * streams.normal("device.taste", F.col("line"), F.col("version"))
    kind = (
        F.when(F.col("is_home"), "ROUTER")
        .when(wealth > 0.9, "FLAGSHIP")
        .when(wealth > -1.2, "SMART")
        .otherwise("BASIC")
    )
    age = streams.whole("device.age", 0, 4, F.col("line"), F.col("version"))
    launched = F.greatest(F.year(begins) - age, F.lit(2010))
    return rows.select(
        line_number(F.col("line")).alias("line_no"),
        kind.alias("kind"),
        F.when((launched >= 2020) & (kind != "BASIC"), "1").otherwise("0").alias("is_5g"),
        launched.cast("string").alias("launched"),
        begins.cast("string").alias("from_day"),
        ends.cast("string").alias("to_day"),
        delivered(of, "device", begins, F.col("line"), F.col("version")).alias("delivered"),
    )


def salary_brackets(
    lines_there: DataFrame, line_months: DataFrame, of: Behaviour, first: date, last: date
) -> DataFrame:
    """Salary in ten groups, of some lines one lower before a rise; some have none. Grain: line_no, from_day."""
    streams = of.streams
    entered = line_months.groupBy("line", "customer").agg(F.min_by("segment", "month").alias("segment"))
    once = lines_there.groupBy("line").agg(F.min("came_on").alias("came_on"))
    standing = of.standing("salary") / SALARY_SPREAD
    decile = F.least(F.greatest(F.ceil(10 / (1 + F.exp(-1.702 * standing))), F.lit(1)), F.lit(10))
    raised_on = F.date_add(
        F.lit(first), streams.whole("salary.raised_day", 1, max((last - first).days, 1), F.col("line"))
    )
    may_rise = (decile > 1) & (raised_on > F.col("came_on"))
    is_raised = may_rise & streams.happens("salary.raised", of.effects.raised_share, F.col("line"))
    versions = F.when(is_raised, F.array(F.lit(1), F.lit(2))).otherwise(F.array(F.lit(0)))
    is_known = streams.uniform("salary.known", F.col("line")) > of.effects.no_salary_share
    is_before = F.col("version") == 1
    begins = F.when(F.col("version") == 2, F.col("raised_on")).otherwise(F.col("came_on"))
    return (
        entered.join(once, on="line", how="inner")
        .filter(is_known)
        .withColumns({"raised_on": raised_on, "version": F.explode(versions)})
        .select(
            line_number(F.col("line")).alias("line_no"),
            F.when(is_before, decile - 1).otherwise(decile).cast("string").alias("decile"),
            begins.cast("string").alias("from_day"),
            F.when(is_before, F.date_sub("raised_on", 1)).cast("string").alias("to_day"),
            delivered(of, "salary", begins, F.col("line")).alias("delivered"),
        )
    )


SALARY_SPREAD = math.sqrt(1 + 1.6**2)
"""Spread of the salary attribute over the whole base: within and between segments."""
