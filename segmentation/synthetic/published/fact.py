"""What a published fact is: figures with their source, and when a generated base is like them.

Only figures that somebody published about real subscribers, each as it was found; ranges run from the lowest to the
highest figure of the sources named. They are no targets: nothing in this room is set by them.
"""

from dataclasses import dataclass

IRAN = "https://archive.ics.uci.edu/dataset/563/iranian+churn+dataset"
ONE_FIGURE = 0.2
"""Where all there is is one figure, as much above or below it, as a part of it, still counts as like it."""


@dataclass(frozen=True)
class Source:
    """Who says it, where, and what. `year` is "" where the page gives none."""

    title: str
    year: str
    address: str
    says: str


@dataclass(frozen=True)
class Fact:
    """A published figure, or the lowest and highest of several, in the unit of the measure of the same name.

    `of_top`: the amounts and the top part of them whose share in the sum it is (see `concentration`).
    """

    name: str
    about: str
    low: float
    high: float
    unit: str
    sources: tuple[Source, ...]
    mind: str = ""
    """How the two figures differ in what they count."""
    of_top: tuple[str, float] | None = None

    @property
    def is_one_figure(self) -> bool:
        return self.low == self.high

    @property
    def limits(self) -> tuple[float, float]:
        """Between which a figure counts as like the published ones."""
        slack = ONE_FIGURE if self.is_one_figure else 0.0
        return self.low * (1 - slack), self.high * (1 + slack)

    def holds(self, seen: float | None) -> bool | None:
        """Whether a figure is like the published ones; None where there is none."""
        low, high = self.limits
        return None if seen is None else low <= seen <= high


def iran(says: str) -> Source:
    """The one public set of a real operator that has both prepaid and contract customers; counted on its rows."""
    return Source("Iranian Churn Dataset, UCI Machine Learning Repository, set 563", "", IRAN, says)
