"""Feed home_ties: homes among their like, homes tied to anybody, and mobile lines of the dwelling."""

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.synthetic import segments
from segmentation.synthetic.base import home_slot, line_number
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.dates import month_number, month_start
from segmentation.synthetic.delivery import delivered
from segmentation.synthetic.randomness import Streams, lookup, pick
from segmentation.synthetic.segments import CORPORATE, HOME, SPREAD_SEGMENTS, STREAMING

COMMUNITY_HOMES = 36
"""Mean size of a community; they reach from about 20 to 60."""
PURITY: Mapping[str, float] = {CORPORATE: 0.98, STREAMING: 0.98}
OTHER_PURITY = 0.88
"""Share of the homes that live in a community of their own segment."""
INSIDE_TIES, OUTSIDE_TIES, SPREAD_TIES = 3, 0.4, 3
"""Ties that a home begins: within its community, to any home, and of a spread segment to any home."""
SPREAD_REFUSED = 0.75
"""Share of the ties between two homes of spread segments that are not made: they have fewer ties than the rest, so ties
drawn home by home would tie them to each other more often than chance."""
ENDED_SHARE = 0.06
_INSIDE_KINDS = ("BUILDING", "HOUSEHOLD", "PAYER", "DEVICE", "TROUBLE")
_OLDEST_MONTHS, _YOUNGEST_MONTHS = 40, 12


def home_ties(
    careers_of_slots: DataFrame,
    dwellings: DataFrame,
    lines_there: DataFrame,
    wanted: Mapping[str, float],
    of: Behaviour,
    *,
    n_homes: int,
    anchor: date,
    last: date,
) -> DataFrame:
    """Ties between lines as the operator writes them, in no order of the two. Grain: the pair, link, since."""
    streams = of.streams
    homes = careers_of_slots.filter(F.col("vertical") == HOME).transform(_with_community, streams, wanted, n_homes)
    inside = _pairs_inside(homes, streams)
    outside = _pairs_anywhere(homes, streams, n_homes)
    shared = _pairs_of_dwellings(dwellings, streams)
    found = inside.unionByName(outside).unionByName(shared).filter(F.col("slot_1") != F.col("slot_2"))
    ordered = found.select(
        F.least("slot_1", "slot_2").alias("slot_1"), F.greatest("slot_1", "slot_2").alias("slot_2"), "link"
    )
    return ordered.distinct().transform(_with_lines, lines_there, streams, anchor).transform(_as_written, of, last)


def _with_community(homes: DataFrame, streams: Streams, wanted: Mapping[str, float], n_homes: int) -> DataFrame:
    """Add `community`: null for homes of the segments that are tied to anybody. Grain: slot."""
    settled = [name for name in wanted if segments.of(name).vertical == HOME and name not in SPREAD_SEGMENTS]
    numbers = [segments.NAMES.index(name) for name in settled]
    key = F.col("slot")
    purity = lookup([PURITY.get(name, OTHER_PURITY) for name in segments.NAMES], F.col("segment_1"), "double")
    is_at_home = streams.uniform("community.pure", key) < purity
    # Among CORPORATE and STREAMING live only their own: they are to stand apart.
    mixed = [number for name, number in zip(settled, numbers, strict=True) if name not in PURITY] or numbers
    other = pick(streams.uniform("community.other", key), mixed, [wanted[segments.NAMES[number]] for number in mixed])
    block = F.when(is_at_home, F.col("segment_1")).otherwise(other)
    counts = [
        max(1, round(wanted.get(name, 0.0) * n_homes / COMMUNITY_HOMES)) if name in settled else 1
        for name in segments.NAMES
    ]
    place = F.floor(F.pow(streams.uniform("community.place", key), F.lit(1.2)) * lookup(counts, block, "int"))
    is_spread = F.col("segment_1").isin([segments.NAMES.index(name) for name in SPREAD_SEGMENTS])
    community = F.when(~is_spread, block.cast("bigint") * 10_000_000 + place)
    return homes.select("slot", "home_number", community.alias("community"))


def _pairs_inside(homes: DataFrame, streams: Streams) -> DataFrame:
    """Pairs of homes of one community. Grain: not settled, pairs may repeat."""
    members = (
        homes.filter(F.col("community").isNotNull())
        .groupBy("community")
        .agg(F.array_sort(F.collect_list("slot")).alias("members"))
    )
    begun = members.withColumns({"slot_1": F.explode("members")}).withColumn(
        "draw", F.explode(F.sequence(F.lit(1), F.lit(INSIDE_TIES)))
    )
    keys = (F.col("slot_1"), F.col("draw"))
    place = F.floor(streams.uniform("tie.inside", *keys) * F.size("members")).cast("int") + 1
    kind = streams.pick("tie.kind", _INSIDE_KINDS, [40, 10, 12, 18, 20], *keys)
    return begun.select("slot_1", F.element_at("members", place).alias("slot_2"), kind.alias("link"))


def _pairs_anywhere(homes: DataFrame, streams: Streams, n_homes: int) -> DataFrame:
    """Pairs of any two homes. Grain: not settled, pairs may repeat."""
    n_ties = F.when(F.col("community").isNull(), F.lit(SPREAD_TIES)).otherwise(
        streams.happens("tie.outside", OUTSIDE_TIES, F.col("slot")).cast("int")
    )
    drawn = homes.withColumn("draw", F.explode(F.when(n_ties > 0, F.sequence(F.lit(1), n_ties))))
    keys = (F.col("slot"), F.col("draw"))
    other = F.floor(streams.uniform("tie.anywhere", *keys) * n_homes)
    kind = streams.pick("tie.anywhere.kind", ["TROUBLE", "BUILDING", "DEVICE"], [50, 30, 20], *keys)
    pairs = drawn.select(
        F.col("slot").alias("slot_1"),
        home_slot(other).alias("slot_2"),
        kind.alias("link"),
        F.col("community").isNull().alias("is_spread_1"),
    )
    sides = homes.select(F.col("slot").alias("slot_2"), F.col("community").isNull().alias("is_spread_2"))
    is_refused = streams.happens("tie.spread", SPREAD_REFUSED, F.col("slot_1"), F.col("slot_2"))
    among_spread = F.col("is_spread_1") & F.col("is_spread_2")
    kept = pairs.join(sides, on="slot_2", how="inner").filter(~(among_spread & is_refused))
    return kept.select("slot_1", "slot_2", "link")


def _pairs_of_dwellings(dwellings: DataFrame, streams: Streams) -> DataFrame:
    """Home and mobile lines of one dwelling, and of one customer where one pays for all. Grain: not settled."""
    mobile = dwellings.filter(F.col("home").isNotNull())
    household = mobile.select(
        home_slot(F.col("home")).alias("slot_1"), F.col("slot").alias("slot_2"), F.lit("HOUSEHOLD").alias("link")
    )
    pays = streams.happens("tie.payer", 0.4, F.col("slot"))
    payer = mobile.filter(pays).select(
        home_slot(F.col("home")).alias("slot_1"), F.col("slot").alias("slot_2"), F.lit("PAYER").alias("link")
    )
    return household.unionByName(payer)


def _with_lines(pairs: DataFrame, lines_there: DataFrame, streams: Streams, anchor: date) -> DataFrame:
    """Ties of the lines that were there together, with `since` and `until`. Grain: the pair, link, since."""
    keys = (F.col("slot_1"), F.col("slot_2"), F.col("link"))
    months_ago = _OLDEST_MONTHS - streams.whole("tie.since", 0, _OLDEST_MONTHS + _YOUNGEST_MONTHS - 1, *keys)
    began = F.date_add(month_start(F.lit(month_number(anchor)) - months_ago), streams.whole("tie.day", 0, 27, *keys))
    is_ended = streams.happens("tie.ended", ENDED_SHARE, *keys)
    ended = F.add_months(began, streams.whole("tie.months", 8, 60, *keys))
    dated = pairs.withColumns({"began": began, "ended": F.when(is_ended, ended)})

    def side(number: int) -> DataFrame:
        return lines_there.select(
            F.col("slot").alias(f"slot_{number}"),
            F.col("line").alias(f"line_{number}"),
            F.col("came_on").alias(f"came_{number}"),
            F.col("left_on").alias(f"left_{number}"),
        )

    together = dated.join(side(1), on="slot_1", how="inner").join(side(2), on="slot_2", how="inner")
    return together.withColumns(
        {
            "since": F.greatest("began", "came_1", "came_2"),
            "until": F.least("ended", "left_1", "left_2"),
        }
    ).filter(F.col("until").isNull() | (F.col("until") > F.col("since")))


def _as_written(ties: DataFrame, of: Behaviour, last: date) -> DataFrame:
    streams = of.streams
    keys = (F.col("line_1"), F.col("line_2"), F.col("link"))
    is_turned = streams.happens("tie.turned", 0.5, *keys)
    first, second = _turned(is_turned, F.col("line_1"), F.col("line_2"))
    known_until = F.when(F.col("until") <= F.lit(last), F.col("until"))
    return ties.filter(F.col("since") <= F.lit(last)).select(
        line_number(first).alias("line_1"),
        line_number(second).alias("line_2"),
        "link",
        F.col("since").cast("string").alias("since"),
        known_until.cast("string").alias("until"),
        delivered(of, "tie", F.coalesce(known_until, F.col("since")), *keys).alias("delivered"),
    )


def _turned(is_turned: Column, one: Column, other: Column) -> tuple[Column, Column]:
    return F.when(is_turned, other).otherwise(one), F.when(is_turned, one).otherwise(other)
