"""Random numbers from hashes: a value depends on the seed, the name of its stream and its keys, and on nothing else.

So the rows are the same at any number of partitions, and a new stream changes no value of another.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

_BITS = 53
_SCALE = 2.0**-_BITS


@dataclass(frozen=True)
class Streams:
    """The streams of one seed. Names read `family.attribute`; keys name one thing, say a line and a month."""

    seed: int

    def hashed(self, stream: str, *keys: Column) -> Column:
        """A hash (bigint) of the stream at the keys."""
        return F.xxhash64(F.lit(self.seed).cast("bigint"), F.lit(stream), *keys)

    def uniform(self, stream: str, *keys: Column) -> Column:
        """Evenly spread between 0 and 1, never 0 or 1."""
        bits = F.shiftrightunsigned(self.hashed(stream, *keys), 64 - _BITS)
        return (bits.cast("double") + 0.5) * _SCALE

    def normal(self, stream: str, *keys: Column) -> Column:
        """Standard normal, from two streams (Box and Muller)."""
        radius = F.sqrt(-2.0 * F.log(self.uniform(stream, *keys)))
        return radius * F.cos(2.0 * math.pi * self.uniform(f"{stream}.angle", *keys))

    def happens(self, stream: str, probability: Column | float, *keys: Column) -> Column:
        """Whether something of that probability happens (boolean)."""
        return self.uniform(stream, *keys) < probability

    def whole(self, stream: str, low: int, high: int, *keys: Column) -> Column:
        """A whole number from `low` to `high`, both included, each equally likely."""
        return (F.lit(low) + F.floor(self.uniform(stream, *keys) * (high - low + 1))).cast("int")

    def count(self, stream: str, mean: Column, spread: float, *keys: Column) -> Column:
        """A count (bigint) with that mean: lognormal with the spread of its log, rounded by chance."""
        level = mean * F.exp(spread * self.normal(stream, *keys) - spread * spread / 2)
        return F.floor(level + self.uniform(f"{stream}.rounding", *keys)).cast("bigint")

    def pick(self, stream: str, options: Sequence[str | int], weights: Sequence[float], *keys: Column) -> Column:
        """One of the options, by weight."""
        return pick(self.uniform(stream, *keys), options, weights)


def pick(uniform: Column, options: Sequence[str | int], weights: Sequence[float]) -> Column:
    """One of the options, by weight, from a uniform number."""
    total, reached = sum(weights), 0.0
    chosen: Column | None = None
    for option, weight in zip(options[:-1], weights[:-1], strict=True):
        reached += weight / total
        is_below = uniform < reached
        chosen = F.when(is_below, F.lit(option)) if chosen is None else chosen.when(is_below, F.lit(option))
    return F.lit(options[-1]) if chosen is None else chosen.otherwise(F.lit(options[-1]))


def lookup(values: Sequence[float | int | str | None], index: Column, kind: str) -> Column:
    """The value at an index that counts from 0; null at a null index."""
    table = F.array(*(F.lit(value).cast(kind) for value in values))
    # Under ANSI Spark holds `element_at` of an array without nulls for never null: a null index gave the last value.
    return F.when(index.isNotNull(), F.element_at(table, (index + 1).cast("int")))
