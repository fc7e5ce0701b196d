"""What a feature is: a measured column with its meaning for people, its treatment and its role."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from segmentation.settings import VerticalName
from segmentation.tables import Column, PersonalData

Role = Literal["cluster", "profile", "outcome"]
Skew = Literal["none", "log"]

PAYG, PLAN, HOME = VerticalName.PAYG, VerticalName.PLAN, VerticalName.HOME
MOBILE = (PAYG, PLAN)
CONTRACT = (PLAN, HOME)
ALL = (PAYG, PLAN, HOME)

DAYS, MONTHS, YEARS, SHARE, RATIO, PER_MONTH = "days", "months", "years", "0..1", "ratio, 1 is flat", "a month"
RATIO_TO = "ratio to "
"""Followed by what the value is compared with, as it follows "times"."""
NO_SOURCE = "the source is not there, or the line was not yet"
NO_EARLIER = "nothing earlier to compare with"


@dataclass(frozen=True)
class Words:
    """How people say it. `how` follows "they differ in"; `high` and `low` follow "this segment"."""

    how: str
    high: str
    low: str


@dataclass(frozen=True)
class Feature:
    """One feature. Plain data only, so that a site's own features can be read from a file."""

    name: str
    family: str
    about: str
    unit: str
    words: Words
    null_means: str
    roles: Mapping[VerticalName, Role]
    """Role in every vertical that has the feature. Only `cluster` features are fitted on."""
    needs: tuple[str, ...]
    """Clean tables it is made from; none when it comes ready-made only."""
    skew: Skew = "none"
    """`log`: a long tail, compared by orders of magnitude."""
    sensitivity: PersonalData = PersonalData.NONE

    @property
    def verticals(self) -> tuple[VerticalName, ...]:
        return tuple(self.roles)

    def role(self, vertical: VerticalName) -> Role:
        return self.roles[vertical]

    def only_shown(self) -> "Feature":
        """The same in the same verticals, never fitted on."""
        return replace(self, roles=profiled(*self.verticals))

    @property
    def column(self) -> Column:
        """The column of the feature tables."""
        about = f"{self.about}; null: {self.null_means}"
        return Column(self.name, "double", about, self.unit, self.sensitivity)


def fitted(*verticals: VerticalName) -> Mapping[VerticalName, Role]:
    """Fitted on in these verticals."""
    return MappingProxyType(dict.fromkeys(verticals, "cluster"))


def profiled(*verticals: VerticalName) -> Mapping[VerticalName, Role]:
    """Shown in these verticals, never fitted on."""
    return MappingProxyType(dict.fromkeys(verticals, "profile"))


def both(cluster: tuple[VerticalName, ...], profile: tuple[VerticalName, ...]) -> Mapping[VerticalName, Role]:
    """Fitted on in some verticals, only shown in others."""
    return MappingProxyType(
        {name: ("cluster" if name in cluster else "profile") for name in ALL if name in cluster + profile}
    )
