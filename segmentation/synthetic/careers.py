"""Careers: what happens to lines over the years, as stages that follow one another and begin anew.

A place in the base (a slot) has one career for ever, and is somewhere in it in any month, so the base looks the same in
any year: nothing has to be played through from a beginning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from segmentation.errors import SettingsError
from segmentation.settings import SyntheticSettings
from segmentation.synthetic import base, changing, segments
from segmentation.synthetic.segments import (
    AT_RISK,
    BUDGET,
    BULK,
    CHURN_RISK,
    DATA_HEAVY,
    FAMILY,
    FREQUENT,
    FRUSTRATED,
    HIGH_VALUE,
    MIGRATORS,
    RENEWALS,
    STREAMING,
    VIP,
    WORK_FROM_HOME,
)  # fmt: skip

MAX_STAGES = 3
FOR_EVER = 100_000
"""Months of a stage that does not end."""


@dataclass(frozen=True)
class Stage:
    """Months spent in a segment, from `low` to `high`."""

    segment: str
    low: int
    high: int


@dataclass(frozen=True)
class Career:
    """Stages in their order. With `gone` the line leaves after the last, and the slot is empty for so many months."""

    stages: tuple[Stage, ...]
    gone: tuple[int, int] | None = None

    @property
    def vertical(self) -> str:
        return segments.of(self.stages[0].segment).vertical

    def time_shares(self) -> dict[str, float]:
        """Share of the time of a slot that is spent in each segment."""
        lengths = [(stage.low + stage.high) / 2 for stage in self.stages]
        cycle = sum(lengths) + (sum(self.gone) / 2 if self.gone else 0.0)
        spent: dict[str, float] = {}
        for stage, length in zip(self.stages, lengths, strict=True):
            spent[stage.segment] = spent.get(stage.segment, 0.0) + length / cycle
        return spent


def settled(segment: str) -> Career:
    """A line that stays in its segment."""
    return Career((Stage(segment, FOR_EVER, FOR_EVER),))


def _fading(segment: str) -> Career:
    """PAYG: about 1 line in 32 of these falls silent in a month, after a year of fading."""
    return Career((Stage(segment, 12, 20), Stage(CHURN_RISK, 10, 14)), gone=(4, 5))


def _upgrading(segment: str) -> Career:
    """PAYG to plan: one migration in about 39 months."""
    return Career((Stage(segment, 8, 12), Stage(MIGRATORS, 12, 16), Stage(HIGH_VALUE, 10, 14)), gone=(2, 4))


def _shifting(one: str, other: str) -> Career:
    return Career((Stage(one, 16, 22), Stage(other, 16, 22)))


ENDINGS: tuple[tuple[Career, float], ...] = (
    (_fading(FREQUENT), 0.40),
    (_fading(BULK), 0.30),
    (_fading(DATA_HEAVY), 0.30),
    (Career((Stage(AT_RISK, 12, 16),), gone=(2, 4)), 0.90),
    (Career((Stage(HIGH_VALUE, 20, 30), Stage(AT_RISK, 6, 8))), 0.10),
    (Career((Stage(FRUSTRATED, 14, 18),), gone=(3, 4)), 0.70),
    (Career((Stage(STREAMING, 18, 26), Stage(FRUSTRATED, 10, 12)), gone=(3, 4)), 0.15),
    (Career((Stage(WORK_FROM_HOME, 18, 26), Stage(FRUSTRATED, 10, 12)), gone=(3, 4)), 0.15),
)
"""Careers that lead to the segments nobody stays in for ever, and the part each has in filling its last segment."""
MOVES: tuple[tuple[Career, float], ...] = (
    (_upgrading(BULK), 0.08),
    (_upgrading(DATA_HEAVY), 0.08),
    (_shifting(FREQUENT, BULK), 0.05),
    (_shifting(DATA_HEAVY, FREQUENT), 0.04),
    (Career((Stage(RENEWALS, 8, 10), Stage(HIGH_VALUE, 20, 26))), 0.05),
    (_shifting(HIGH_VALUE, VIP), 0.04),
    (_shifting(BUDGET, RENEWALS), 0.05),
    (_shifting(WORK_FROM_HOME, FAMILY), 0.06),
)
"""Careers of lines that move, and the share of the slots of their vertical."""


def careers(settings: SyntheticSettings) -> list[tuple[Career, float]]:
    """Every career that is lived, with its weight in its vertical (those of a vertical add up to 1).

    Lines that come from another vertical count in the shares of the one they come to; they move to verticals that
    stand later in VERTICALS.

    Raises: SettingsError when the settings name a segment that is not known, or leave a vertical without any.
    """
    _check(settings)
    changing.check(settings)
    wanted = segments.shares(settings)
    begun = [*_endings(wanted), *((career, weight) for career, weight in MOVES if _is_possible(career, wanted))]
    lived: list[tuple[Career, float]] = []
    for vertical in segments.VERTICALS:
        own = [(career, weight) for career, weight in begun if career.vertical == vertical]
        wanted_here = {name: share for name, share in wanted.items() if segments.of(name).vertical == vertical}
        lived += _filled_up(own, wanted_here, _coming(lived, vertical))
    return lived


def _filled_up(
    own: Sequence[tuple[Career, float]], wanted: Mapping[str, float], coming: Mapping[str, float]
) -> list[tuple[Career, float]]:
    """Careers of a vertical and lines that stay for ever, so many that its segments have the shares wanted."""
    filled = _time(own)
    rest = {name: share - filled.get(name, 0.0) for name, share in wanted.items()}
    # `coming` is for a slot, the rest for a line; with those that come, fewer slots hold a line
    slots_a_line = (sum(weight for _, weight in own) + sum(rest.values())) / (1 + sum(coming.values()))
    staying = {name: share - slots_a_line * coming.get(name, 0.0) for name, share in rest.items()}
    all_of_it = [*own, *((settled(name), share) for name, share in staying.items() if share > 0)]
    total = sum(weight for _, weight in all_of_it)
    return [(career, weight / total) for career, weight in all_of_it]


def _coming(lived: Sequence[tuple[Career, float]], vertical: str) -> dict[str, float]:
    """Lines in each segment of a vertical that began in another, for each slot of the vertical."""
    coming: dict[str, float] = {}
    for career, weight in lived:
        slots = base.slots_a_block(career.vertical) / base.slots_a_block(vertical)
        for name, part in career.time_shares().items():
            if segments.of(name).vertical == vertical != career.vertical:
                coming[name] = coming.get(name, 0.0) + slots * weight * part
    return coming


def _time(lived: Sequence[tuple[Career, float]]) -> dict[str, float]:
    """Time that weighted careers spend in each segment."""
    spent: dict[str, float] = {}
    for career, weight in lived:
        for name, part in career.time_shares().items():
            spent[name] = spent.get(name, 0.0) + weight * part
    return spent


def _endings(wanted: Mapping[str, float]) -> list[tuple[Career, float]]:
    """Careers that end in a segment, weighted so that together they give it its share."""
    possible = [(career, part) for career, part in ENDINGS if _is_possible(career, wanted)]
    parts: dict[str, float] = {}
    for career, part in possible:
        last = career.stages[-1].segment
        parts[last] = parts.get(last, 0.0) + part
    weighted = []
    for career, part in possible:
        last = career.stages[-1].segment
        weighted.append((career, wanted[last] * part / parts[last] / career.time_shares()[last]))
    return weighted


def _is_possible(career: Career, wanted: Mapping[str, float]) -> bool:
    return all(stage.segment in wanted for stage in career.stages)


def _check(settings: SyntheticSettings) -> None:
    named = [name for by_name in settings.segment_shares.values() for name in by_name]
    strange = sorted({*named, *settings.unknown_segments} - set(segments.NAMES))
    misplaced = sorted(
        name
        for vertical, by_name in settings.segment_shares.items()
        for name in by_name
        if name not in strange and segments.of(name).vertical != vertical
    )
    asked = {name: share for by_name in settings.segment_shares.values() for name, share in by_name.items()}
    planted = [s for s in segments.SEGMENTS if s.is_known or s.name in settings.unknown_segments]
    peopled = {s.vertical for s in planted if asked.get(s.name, s.share) > 0}
    empty = sorted(set(segments.VERTICALS) - peopled)
    negative = sorted(name for name, share in asked.items() if share < 0)
    problems = (("not known", strange), ("of another vertical", misplaced), ("below 0", negative), ("empty", empty))
    found = "; ".join(f"{what}: {', '.join(names)}" for what, names in problems if names)
    if found:
        raise SettingsError(
            "the segments to plant cannot be used",
            where="synthetic.segment_shares, synthetic.unknown_segments",
            found=found,
            expected="shares of at least 0 of segments of the vertical, at least one above 0",
            remedy=f"names are those of synthetic/segments.py; unknown ones are {', '.join(segments.UNKNOWN)}",
        )
