"""Every line in every month: its segment, what comes next, since when. All feeds are made from this one frame."""

from collections.abc import Mapping, Sequence
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.settings import EffectSettings
from segmentation.synthetic import segments
from segmentation.synthetic.careers import FOR_EVER, MAX_STAGES, Career
from segmentation.synthetic.changing import segment_of_the_time, with_segments_of_the_time
from segmentation.synthetic.dates import arrival, departure, month_number, month_start
from segmentation.synthetic.leaving import cause
from segmentation.synthetic.randomness import Streams, lookup, pick

LEAST_BLEND = 0.15
MOST_BLEND: Mapping[str, float] = {segments.PAYG: 0.53, segments.PLAN: 0.70, segments.HOME: 0.56}
"""How much of the neighbour's behaviour a blended line has, from the least to the most; beyond a half it can no longer
be told from the neighbour."""
RAMP_MONTHS = 2
"""Months before a move in which behaviour already changes, a third of the way each."""
LINES_A_SLOT = 64
TENURE_CENTRE, TENURE_SPREAD = 3.2, 0.4
"""Of the log of the months that a line has been there."""


def with_careers(
    slots: DataFrame, streams: Streams, careers: Sequence[tuple[Career, float]], effects: EffectSettings
) -> DataFrame:
    """Add the career of a slot: stages, their lengths, and where in it the slot was in January 2000. Grain: slot."""
    career = F.lit(None).cast("int")
    for vertical in segments.VERTICALS:
        numbers = [number for number, (one, _) in enumerate(careers) if one.vertical == vertical]
        weights = [careers[number][1] for number in numbers]
        chosen = pick(streams.uniform("career.kind", F.col("slot")), numbers, weights)
        career = F.when(F.col("vertical") == vertical, chosen).otherwise(career)
    kinds = [one for one, _ in careers]
    with_kind = slots.withColumn("career", career)
    lengths = {f"length_{k}": _length(streams, kinds, k) for k in range(1, MAX_STAGES + 1)}
    with_lengths = with_kind.withColumns(
        {
            **lengths,
            **{f"segment_{k}": _stage_segment(kinds, k) for k in range(1, MAX_STAGES + 1)},
            "gone": _gone(streams, kinds),
            "n_stages": lookup([len(one.stages) for one in kinds], F.col("career"), "int"),
            "is_settled": lookup([int(one.stages[0].low == FOR_EVER) for one in kinds], F.col("career"), "int") == 1,
            "returns": streams.happens("career.returns", effects.returned_share, F.col("slot")),
        }
    )
    cycle = sum((F.col(name) for name in lengths), F.col("gone"))
    phase = F.floor(streams.uniform("career.phase", F.col("slot")) * F.col("cycle")).cast("int")
    return with_lengths.withColumn("cycle", cycle).withColumn(
        "phase", F.when(F.col("is_settled"), F.lit(FOR_EVER // 2)).otherwise(phase)
    )


def _length(streams: Streams, kinds: Sequence[Career], k: int) -> Column:
    stages = [one.stages[k - 1] if k <= len(one.stages) else None for one in kinds]
    low = lookup([stage.low if stage else 0 for stage in stages], F.col("career"), "int")
    room = lookup([stage.high - stage.low + 1 if stage else 0 for stage in stages], F.col("career"), "int")
    return low + F.floor(streams.uniform(f"career.length_{k}", F.col("slot")) * room).cast("int")


def _stage_segment(kinds: Sequence[Career], k: int) -> Column:
    numbers = [segments.NAMES.index(one.stages[k - 1].segment) if k <= len(one.stages) else None for one in kinds]
    return lookup(numbers, F.col("career"), "int")


def _gone(streams: Streams, kinds: Sequence[Career]) -> Column:
    low = lookup([one.gone[0] if one.gone else 0 for one in kinds], F.col("career"), "int")
    room = lookup([one.gone[1] - one.gone[0] + 1 if one.gone else 0 for one in kinds], F.col("career"), "int")
    return low + F.floor(streams.uniform("career.gone", F.col("slot")) * room).cast("int")


def line_months(
    careers_of_slots: DataFrame, streams: Streams, effects: EffectSettings, first: date, last: date, anchor: date
) -> DataFrame:
    """Lines in the months in which they are there for at least a day. Grain: line, month.

    `anchor` is the month in which lines that stay for ever have the tenure of their segment.
    """
    numbers = F.explode(F.sequence(F.lit(month_number(first)), F.lit(month_number(last))))
    placed = (
        careers_of_slots.withColumn("month", numbers)
        .withColumn("passed", F.col("month") + F.col("phase"))
        .withColumns(
            {
                "position": F.pmod(F.col("passed"), F.col("cycle")).cast("int"),
                "round": F.floor(F.col("passed") / F.col("cycle")),
            }
        )
    )
    staged = placed.transform(_with_stage).transform(_with_line, streams, month_number(anchor))
    # A line that leaves in the very first month would be known by that month alone: it is taken as gone before.
    leaves_now = (F.col("stage_age") == 0) & (F.col("month") > month_number(first))
    is_there = (F.col("stage") <= F.col("n_stages")) | leaves_now
    return (
        staged.filter(is_there & (F.col("month") >= F.col("line_start")))
        .transform(_with_moves)
        .transform(with_segments_of_the_time, effects)
        .transform(_with_days, streams)
        .transform(_with_blend, streams, effects)
        .withColumn("cause", cause(streams, effects))
        .select(*LINE_MONTH_COLUMNS)
    )


LINE_MONTH_COLUMNS = (
    "slot", "line", "customer", "home_number", "vertical", "month", "month_end", "first_day", "last_day",
    "segment", "previous", "next", "neighbour", "blend", "ramp", "since", "since_next", "leaving",
    "is_leaving", "is_coming", "is_return", "stage_start", "stage_end", "run_start", "run_end", "line_start",
    "run_reason", "run_end_reason", "cause",
)  # fmt: skip


def _with_stage(placed: DataFrame) -> DataFrame:
    """Add `stage` (n_stages + 1 once gone), `stage_age`, `stage_left` (months to its end, this one counted)."""
    position, first = F.col("position"), F.col("length_1")
    second = first + F.col("length_2")
    third = second + F.col("length_3")
    is_gone = position >= third
    stage = F.when(is_gone, F.col("n_stages") + 1).when(position < first, 1).when(position < second, 2).otherwise(3)
    start = F.when(is_gone, third).when(position < first, 0).when(position < second, first).otherwise(second)
    end = F.when(is_gone, F.col("cycle")).when(position < first, first).when(position < second, second).otherwise(third)
    return placed.withColumns(
        {
            "stage": stage.cast("int"),
            "stage_age": (position - start).cast("int"),
            "stage_left": (end - position).cast("int"),
            "alive_length": third,
        }
    )


def _with_line(staged: DataFrame, streams: Streams, anchor: int) -> DataFrame:
    """Add the segments before, now and next, the line of the slot, and when it came."""
    by_stage = F.array(*(F.col(f"segment_{k}") for k in range(1, MAX_STAGES + 1)))
    last_stage = F.col("n_stages")
    now = F.element_at(by_stage, F.least(F.col("stage"), last_stage))
    before = F.element_at(by_stage, F.when(F.col("stage") > 1, F.col("stage") - 1).otherwise(last_stage))
    after = F.when(F.col("stage") < last_stage, F.element_at(by_stage, F.least(F.col("stage") + 1, last_stage)))
    begins_anew = F.when(
        (F.col("stage") == last_stage) & (F.col("gone") == 0) & ~F.col("is_settled"), F.col("segment_1")
    )
    is_replaced = (F.col("gone") > 0) & ~F.col("returns")
    generation = F.when(is_replaced, F.pmod(F.col("round"), F.lit(LINES_A_SLOT))).otherwise(F.lit(0))
    tenure = lookup(
        [segments.SEPARATION[s.vertical] * s.means.get("tenure", 0.0) for s in segments.SEGMENTS],
        F.col("segment_1"),
        "double",
    )
    months = F.exp(TENURE_CENTRE + TENURE_SPREAD * (tenure + streams.normal("line.tenure", F.col("slot"))))
    began = F.lit(anchor) - F.greatest(F.least(F.floor(months), F.lit(240)), F.lit(3))
    return staged.withColumns(
        {
            "segment": now,
            "previous": before,
            "next": F.coalesce(after, begins_anew),
            "line": F.col("slot") * LINES_A_SLOT + generation,
            "line_start": F.when(F.col("gone") > 0, F.col("month") - F.col("position")).otherwise(began).cast("int"),
            "vertical": _vertical_of(now),
        }
    )


def _vertical_of(segment: Column) -> Column:
    return lookup([segment.vertical for segment in segments.SEGMENTS], segment, "string")


def _with_moves(staged: DataFrame) -> DataFrame:
    """Add when stage and stay in the vertical began and end, and why; only a third stage changes the vertical."""
    second_start = F.col("length_1") + F.col("length_2")
    changes = F.coalesce(_vertical_of(F.col("segment_3")) != _vertical_of(F.col("segment_2")), F.lit(False))
    round_start = F.col("month") - F.col("position")
    has_changed = changes & (F.col("position") >= second_start)
    leaves_on = F.when(F.col("gone") > 0, round_start + F.col("alive_length"))
    is_gone = F.col("stage") > F.col("n_stages")
    is_first = F.col("month") == F.col("line_start")
    stage_start = F.greatest(F.col("month") - F.col("stage_age"), F.col("line_start"))
    return staged.withColumns(
        {
            "is_leaving": is_gone,
            "is_coming": is_first,
            "is_return": is_first & (F.col("gone") > 0) & F.col("returns"),
            "previous": F.when((F.col("stage_age") == 0) & ~is_first, F.col("previous")),
            "stage_start": F.when(is_gone, F.lit(None)).otherwise(stage_start).cast("int"),
            "stage_end": F.when(is_gone, F.lit(None)).otherwise(F.col("month") + F.col("stage_left")).cast("int"),
            "run_start": F.when(has_changed, round_start + second_start).otherwise(F.col("line_start")).cast("int"),
            "run_end": F.when(changes & ~has_changed, round_start + second_start).otherwise(leaves_on).cast("int"),
            "run_reason": F.when(has_changed, "MIG")
            .when((F.col("gone") > 0) & F.col("returns"), "BACK")
            .otherwise("NEW"),
            "run_end_reason": F.when(changes & ~has_changed, "MIG").when(F.col("gone") > 0, "CEASE"),
        }
    )


def _with_days(staged: DataFrame, streams: Streams) -> DataFrame:
    """Add the first and last day of the month on which the line is there, and how near a move is."""
    start = month_start(F.col("month"))
    came = arrival(streams)
    left = departure(streams, F.col("month"))
    remaining = F.col("stage_left")
    is_near = (remaining <= RAMP_MONTHS) & ~F.col("is_leaving") & ~F.col("is_settled")
    steps = F.when(is_near, RAMP_MONTHS + 1 - remaining).otherwise(0)
    is_last_stage = (F.col("stage") == F.col("n_stages")) & (F.col("gone") > 0)
    share = steps / F.lit(RAMP_MONTHS + 1.0)
    lengths = F.array(*(F.col(f"length_{k}") for k in range(1, MAX_STAGES + 1)))
    age = F.when(F.col("is_leaving"), F.element_at(lengths, F.col("n_stages"))).otherwise(F.col("stage_age"))
    since = F.when(F.col("is_settled"), 0).otherwise(age + RAMP_MONTHS + 1)
    return staged.withColumns(
        {
            "month_end": F.last_day(start),
            "first_day": F.when(F.col("is_coming"), came).otherwise(start),
            "last_day": F.when(F.col("is_leaving"), left).otherwise(F.last_day(start)),
            "ramp": F.when(F.col("next").isNotNull(), share).otherwise(0.0),
            "since": since.cast("int"),
            "since_next": F.when(F.col("next").isNotNull(), steps).otherwise(0).cast("int"),
            "leaving": F.when(F.col("is_leaving"), 1.0).when(is_last_stage, share).otherwise(0.0),
        }
    )


def _with_blend(staged: DataFrame, streams: Streams, effects: EffectSettings) -> DataFrame:
    """Add the neighbouring segment and how much of its behaviour the line has while it is in its segment."""
    keys = (F.col("line"), F.col("segment"))
    sides = [
        lookup([segments.NAMES.index(s.neighbours[side]) for s in segments.SEGMENTS], F.col("segment"), "int")
        for side in (0, 1)
    ]
    most = lookup([MOST_BLEND[s.vertical] for s in segments.SEGMENTS], F.col("segment"), "double")
    weight = LEAST_BLEND + (most - LEAST_BLEND) * streams.uniform("behaviour.blend", *keys)
    is_blended = streams.happens("behaviour.is_blended", effects.blended_share, *keys)
    is_left = streams.happens("behaviour.side", 0.5, *keys)
    return staged.withColumns(
        {
            "neighbour": segment_of_the_time(F.when(is_left, sides[0]).otherwise(sides[1]), F.col("month"), effects),
            "blend": F.when(is_blended, weight).otherwise(0.0),
        }
    )
