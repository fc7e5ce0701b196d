"""Feeds care_contacts and subscription_events."""

import math

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic import leaving, notes, outages
from segmentation.synthetic.base import line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.delivery import delivered, reference
from segmentation.synthetic.randomness import Streams
from segmentation.synthetic.segments import PAYG

MORE_OF_SERVICE, MORE_OF_OTHERS = 1.6, 0.5
"""Rise of the log of contacts by the month in which a line leaves: because of the service, or of something else."""


def care_contacts(line_months: DataFrame, of: Behaviour) -> DataFrame:
    """Contacts with care as the operator writes them. Grain: ticket_no."""
    streams = of.streams
    keys = (F.col("line"), F.col("month"))
    names = ("line", "month", "customer", "first_day", "last_day", "anger")
    with_anger = line_months.withColumn("anger", of.latent("anger"))
    more = F.when(F.col("cause") == leaving.SERVICE, MORE_OF_SERVICE).otherwise(MORE_OF_OTHERS)
    n_contacts = of.plain_level("contact", math.log(of.effects.contacts_a_month), 0.55) * F.exp(more * F.col("leaving"))
    n = F.least(streams.count("care.contacts", n_contacts, 0.4, *keys), F.lit(30)).alias("n")
    numbered = _numbered(with_anger.select(*names, "cause", n))
    each = numbered.withColumns({"day": _day_within(streams, "care.day"), "about": _about_leaving(of)}).drop("cause")
    of_outages = outages.contacts(with_anger.select(*names, "vertical"), of.effects.outages, streams)
    if of_outages is not None:
        each = each.unionByName(of_outages.drop("vertical").withColumn("about", F.lit("NET")))
    return each.transform(_contacts_as_written, of)


def _about_leaving(of: Behaviour) -> Column:
    """Topic of a contact that is about why the line is going to leave; else null."""
    keys = (F.col("line"), F.col("month"), F.col("number"))
    is_about = of.streams.happens("care.about_leaving", of.effects.about_leaving_share, *keys)
    topic = F.when(F.col("cause") == leaving.SERVICE, "NET").when(F.col("cause") == leaving.PRICE, "BILL")
    return F.when(is_about, topic)


def _contacts_as_written(each: DataFrame, of: Behaviour) -> DataFrame:
    streams = of.streams
    keys = (F.col("line"), F.col("month"), F.col("number"))
    anger = F.col("anger")
    is_complaint = F.col("about").isNotNull() | (
        streams.uniform("care.complaint", *keys) < 1 / (1 + F.exp(1.4 - 0.8 * anger))
    )
    topic = F.coalesce(F.col("about"), streams.pick("care.topic", notes.TOPICS, [30, 30, 15, 15, 10], *keys))
    n_days = F.floor(F.exp(0.4 + 0.3 * anger + 0.7 * streams.normal("care.resolution", *keys))).cast("int")
    is_open = streams.happens("care.open", of.effects.unsolved_share, *keys)
    score = F.least(F.greatest(F.round(3.7 - 0.6 * anger + streams.normal("care.score", *keys)), F.lit(1)), F.lit(5))
    opened = F.concat(
        F.col("day").cast("string"),
        F.format_string(
            " %02d:%02d", streams.whole("care.hour", 8, 20, *keys), streams.whole("care.minute", 0, 59, *keys)
        ),
    )
    return each.select(
        reference(streams, "K", "care", *keys).alias("ticket_no"),
        line_number(F.col("line")).alias("phone"),
        opened.alias("opened"),
        topic.alias("topic"),
        streams.pick("care.via", ["CALL", "CHAT", "SHOP", "MAIL"], [55, 25, 10, 10], *keys).alias("via"),
        is_complaint.alias("complaint"),
        F.when(~is_open, F.date_add("day", n_days).cast("string")).alias("solved"),
        F.when(streams.happens("care.answer", of.effects.rated_share, *keys), score.cast("int")).alias("score"),
        notes.note(streams, topic, notes.mood(anger, is_complaint), *keys).alias("note"),
        delivered(of, "care", F.col("day"), *keys).alias("delivered"),
    )


def subscription_events(line_months: DataFrame, spells: DataFrame, of: Behaviour) -> DataFrame:
    """Changes of what a line has subscribed to, renewals of contracts included. Grain: evt_ref."""
    streams = of.streams
    keys = (F.col("line"), F.col("month"))
    months = line_months.filter(F.col("vertical") != PAYG)
    base = ("line", "month", "first_day", "last_day")
    addons = months.select(
        *base,
        F.lit("ADDON").alias("kind"),
        streams.count("event.addons", of.plain_level("addon", math.log(0.35), 0.55), 0.3, *keys).alias("n"),
    )
    changes = months.select(
        *base,
        F.lit("CHANGE").alias("kind"),
        streams.count("event.changes", of.plain_level("change", math.log(0.10), 0.6), 0.3, *keys).alias("n"),
    )
    is_near = (F.col("leaving") > 0) & ~F.col("is_leaving")
    goes_to_competitor = F.col("cause") == leaving.COMPETITOR
    share = F.when(goes_to_competitor, of.effects.port_request_share).otherwise(of.effects.port_request_else_share)
    asks = (is_near & streams.happens("event.port", share, *keys)).cast("bigint")
    ports = months.select(*base, F.lit("PORT_REQ").alias("kind"), asks.alias("n"))
    counted = addons.unionByName(changes).unionByName(ports)
    each = _numbered(counted).withColumn("day", _day_within(streams, "event.day", F.col("kind")))
    renewed = spells.filter(F.col("start_cause") == "RENEW").select(
        "line",
        F.col("from_day").alias("day"),
        F.lit("RENEWAL").alias("kind"),
        F.lit(1).alias("number"),
        F.col("product").alias("item"),
    )
    return each.unionByName(renewed, allowMissingColumns=True).transform(_events_as_written, of)


def _events_as_written(each: DataFrame, of: Behaviour) -> DataFrame:
    streams = of.streams
    keys = (F.col("line"), F.col("kind"), F.col("day"), F.col("number"))
    side = streams.happens("event.side", 0.55, *keys)
    kind = F.col("kind")
    what = (
        F.when(kind == "ADDON", F.when(side, "ADDON_ON").otherwise("ADDON_OFF"))
        .when(kind == "CHANGE", F.when(side, "UPGRADE").otherwise("DOWNGRADE"))
        .otherwise(kind)
    )
    addon = streams.pick("event.item", ["VIDEO", "MUSIC", "ROAM", "SAFE", "TALK"], [3, 2, 1, 1, 1], *keys)
    return each.select(
        reference(streams, "E", "event", *keys).alias("evt_ref"),
        line_number(F.col("line")).alias("phone"),
        F.col("day").cast("string").alias("evt_on"),
        what.alias("what"),
        F.coalesce(F.col("item"), F.when(kind == "ADDON", addon)).alias("item"),
        delivered(of, "event", F.col("day"), *keys).alias("delivered"),
    )


def _numbered(counted: DataFrame) -> DataFrame:
    """One row for each of the `n` of a row, with its `number`."""
    numbers = F.when(F.col("n") > 0, F.sequence(F.lit(1), F.col("n").cast("int")))
    return counted.withColumn("number", F.explode(numbers)).drop("n")


def _day_within(streams: Streams, stream: str, *more: Column) -> Column:
    """A day of the month on which the line is there."""
    n_days = F.date_diff("last_day", "first_day") + 1
    place = streams.uniform(stream, F.col("line"), F.col("month"), F.col("number"), *more)
    return F.date_add("first_day", F.floor(place * n_days).cast("int"))
