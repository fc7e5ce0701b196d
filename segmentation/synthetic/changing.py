"""Segments that appear and vanish: while one does not exist, its lines belong to the segment next to it."""

from collections.abc import Iterator

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from segmentation.errors import SettingsError
from segmentation.settings import EffectSettings, SyntheticSettings
from segmentation.synthetic import segments
from segmentation.synthetic.dates import number_of
from segmentation.synthetic.segments import HOME


def with_segments_of_the_time(staged: DataFrame, effects: EffectSettings) -> DataFrame:
    """Put the segments that exist in the month in place of the others; the change is a move. Grain: unchanged.

    Needs `segment`, `previous`, `next`, `stage_start`, `stage_end`, `is_coming`.
    """
    if not effects.appears and not effects.vanishes:
        return staged
    month, segment = F.col("month"), F.col("segment")
    now = segment_of_the_time(segment, month, effects)
    before = segment_of_the_time(segment, month - 1, effects)
    is_moved = (now != before) & ~F.col("is_coming") & (F.col("stage_start") < month)
    coming = segment_of_the_time(F.col("next"), F.col("stage_end"), effects)
    start, end = F.col("stage_start"), F.col("stage_end")
    for number, changed in _changes(effects):
        is_of_it = segment == number
        start = F.when(is_of_it & (start < changed) & (month >= changed), changed).otherwise(start)
        end = F.when(is_of_it & (end > changed) & (month < changed), changed).otherwise(end)
    return staged.withColumns(
        {
            "segment": now,
            "previous": F.when(is_moved, before).otherwise(segment_of_the_time(F.col("previous"), month - 1, effects)),
            "next": F.when(coming != now, coming),
            "stage_start": start.cast("int"),
            "stage_end": end.cast("int"),
        }
    )


def segment_of_the_time(segment: Column, month: Column, effects: EffectSettings) -> Column:
    """The segment where it exists in the month, else the one whose lines its lines are like."""
    there = segment
    for name in sorted(_named(effects)):
        is_missing = F.lit(False)
        if name in effects.appears:
            is_missing = is_missing | (month < number_of(effects.appears[name]))
        if name in effects.vanishes:
            is_missing = is_missing | (month >= number_of(effects.vanishes[name]))
        is_of_it = segment == segments.NAMES.index(name)
        there = F.when(is_of_it & is_missing, segments.NAMES.index(stand_in(name))).otherwise(there)
    return there


def stand_in(name: str) -> str:
    """The segment in which lines of a segment are while it does not exist."""
    return segments.of(name).neighbours[0]


def check(settings: SyntheticSettings) -> None:
    """Raise SettingsError listing what the effects say of segments and cannot be."""
    if problems := list(_problems(settings)):
        raise SettingsError(
            "the changes of segments cannot be used",
            where="synthetic.effects: drifts, appears, vanishes, treatment_effects",
            found="; ".join(problems),
            expected="planted segments, for appears and vanishes of mobile lines, each beside one that stays",
            remedy="names are those of synthetic/segments.py; unknown ones have to stand in synthetic.unknown_segments",
        )


def _problems(settings: SyntheticSettings) -> Iterator[str]:
    effects, planted = settings.effects, segments.shares(settings)
    named = {*effects.drifts, *_named(effects), *effects.treatment_effects}
    for name in sorted(named - planted.keys()):
        yield f"{name} is not planted"
    for name in sorted(_named(effects) & planted.keys()):
        if segments.of(name).vertical == HOME:
            yield f"{name} is of homes, whose ties do not change"
        if stand_in(name) not in planted.keys() - _named(effects):
            yield f"{stand_in(name)}, which stands in for {name}, is not there all the time"
        if name in effects.appears and effects.appears[name] >= effects.vanishes.get(name, "9999-12"):
            yield f"{name} vanishes before it appears"
    attributes = {attribute for segment in segments.SEGMENTS for attribute in segment.means}
    for name, rates in sorted(effects.drifts.items()):
        yield from (f"{name} has no attribute {attribute}" for attribute in sorted(rates.keys() - attributes))


def _changes(effects: EffectSettings) -> Iterator[tuple[int, int]]:
    """Number of each segment that changes, and of the month in which it does."""
    for told in (effects.appears, effects.vanishes):
        for name, month in told.items():
            yield segments.NAMES.index(name), number_of(month)


def _named(effects: EffectSettings) -> set[str]:
    return {*effects.appears, *effects.vanishes}
