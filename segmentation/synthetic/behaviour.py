"""How a line behaves in a month: its segment's mean, its neighbour's part, its own bent, a little chance, its trend.

Every attribute is a number in spreads (a standard normal around the segment's mean). Feeds turn it into KB, visits or
money by a centre and a scale of the log, or of the log odds of a share.
"""

import math
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.settings import EffectSettings
from segmentation.synthetic import segments
from segmentation.synthetic.dates import number_of
from segmentation.synthetic.randomness import Streams, lookup

MONTHLY_NOISE = 0.30
"""Spread of a month around the line's own level."""
LEAVING_FALL = 0.7
"""Fall of the log of use by the month in which a line leaves."""
_BUSY = frozenset({"data", "voice", "sms", "active", "rate", "streaming", "social"})
_PAID_FROM_SALARY = frozenset({"price", "amount", "market"})
_BUSY_PART, _SALARY_PART = 0.39, 0.50


@dataclass(frozen=True)
class Behaviour:
    """Attributes of the rows of line_months, by the chances and settings of the operator."""

    streams: Streams
    effects: EffectSettings

    def latent(self, name: str) -> Column:
        """The attribute in spreads, with the noise of the month."""
        noise = self.streams.normal(f"month.{name}", F.col("line"), F.col("month"))
        return self.settled_latent(name) + MONTHLY_NOISE * noise

    def settled_latent(self, name: str) -> Column:
        """The attribute in spreads without the noise of the month."""
        return _mean(name) + self.drift(name) + self.bent(name)

    def standing(self, name: str) -> Column:
        """The attribute in spreads as it is throughout a stage: nothing of neighbours, moves to come, or the month."""
        means = _means(name)
        own = lookup(means, F.col("segment"), "double") if any(means) else F.lit(0.0)
        return own + self.bent(name)

    def drift(self, name: str) -> Column:
        """How far the whole segment has gone from where it was."""
        rates = [self.effects.drifts.get(s.name, {}).get(name, 0.0) for s in segments.SEGMENTS]
        if not any(rates):
            return F.lit(0.0)
        n_months = F.greatest(F.col("month") - number_of(self.effects.drifts_from), F.lit(0))
        return lookup(rates, F.col("segment"), "double") * n_months

    def bent(self, name: str) -> Column:
        """How far the line itself lies from its segment (standard normal)."""
        own = self.streams.normal(f"line.{name}", F.col("line"))
        if name == "salary":
            return 0.8 * self.streams.normal("customer.salary", F.col("customer")) + 0.6 * own
        if name in _BUSY:
            return math.sqrt(1 - _BUSY_PART**2) * own + _BUSY_PART * self.streams.normal("line.busy", F.col("line"))
        if name in _PAID_FROM_SALARY:
            return math.sqrt(1 - _SALARY_PART**2) * own + _SALARY_PART * self.bent("salary")
        return own

    def level(self, name: str, centre: Column | float, scale: float) -> Column:
        """An amount whose log has that centre and scale, with the trend of the segment and of leaving."""
        return F.exp(centre + scale * self.latent(name) + _trend(name))

    def plain_level(self, name: str, centre: Column | float, scale: float) -> Column:
        """An amount whose log has that centre and scale, without a trend."""
        return F.exp(centre + scale * self.latent(name))

    def share(self, name: str, centre: Column | float, scale: float) -> Column:
        """A share whose log odds have that centre and scale (0..1)."""
        return 1.0 / (1.0 + F.exp(-(centre + scale * self.latent(name))))

    def season(self, amplitude: float, peak_month: int) -> Column:
        """A factor around 1 that is highest in the peak month (1-12)."""
        angle = (F.pmod(F.col("month"), F.lit(12)) + 1 - peak_month) * (2 * math.pi / 12)
        return 1.0 + self.effects.season_factor * amplitude * F.cos(angle)


def parts(*odds: Column) -> list[Column]:
    """Shares of a whole from the logs of their odds against the rest of it; together they are below 1."""
    weights = [F.exp(each) for each in odds]
    total = F.lit(1.0)
    for weight in weights:
        total = total + weight
    return [weight / total for weight in weights]


def _mean(name: str) -> Column:
    means = _means(name)
    if not any(means):
        return F.lit(0.0)
    own = lookup(means, F.col("segment"), "double")
    mixed = own + F.col("blend") * (lookup(means, F.col("neighbour"), "double") - own)
    target = lookup(means, F.coalesce(F.col("next"), F.col("segment")), "double")
    return mixed + F.col("ramp") * (target - mixed)


def _means(name: str) -> list[float]:
    return [segments.SEPARATION[s.vertical] * s.means.get(name, 0.0) for s in segments.SEGMENTS]


def _trend(name: str) -> Column:
    rates = [s.trend.get(name, 0.0) for s in segments.SEGMENTS]
    leaving = -LEAVING_FALL * F.col("leaving")
    if not any(rates):
        return leaving
    now = lookup(rates, F.col("segment"), "double") * F.col("since")
    coming = lookup(rates, F.coalesce(F.col("next"), F.col("segment")), "double") * F.col("since_next")
    return leaving + now + coming
