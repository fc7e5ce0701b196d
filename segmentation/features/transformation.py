"""From raw features to numbers that can be compared: plain arithmetic, learnt in preparation.py, kept with a model.

The same NumPy code prepares all rows on the cluster and a single row without Spark.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]
LARGEST = 1e100
"""No measurement is larger; what is counts as missing, so that squares stay finite."""


@dataclass(frozen=True)
class Step:
    """What is done to one feature: fill, logarithm, pull in the ends, centre, scale, round."""

    name: str
    fill: float
    """Median: taken where the value is missing."""
    log_unit: float
    """Unit of the signed logarithm log(1 + |x| / unit); 0 for none. From the data, so that any currency will do."""
    low: float
    high: float
    centre: float
    factor: float
    """Weight of the family over the spread."""
    quantum: float
    """Results are whole multiples of this: 2^-20 of the power of two next above their spread."""
    missing_share: float
    """Share of the rows fitted on that had to be filled."""


@dataclass(frozen=True)
class Preparation:
    """Turns raw values into prepared ones. Columns out are the columns in, in the same order."""

    steps: tuple[Step, ...]
    dropped: Mapping[str, str] = field(default_factory=dict)
    """Candidates left out, with the reason."""

    @property
    def raw_names(self) -> tuple[str, ...]:
        """Columns that `transform` takes, in order."""
        return tuple(step.name for step in self.steps)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Columns that `transform` gives, in order."""
        return self.raw_names

    def transform(self, values: ArrayLike) -> Numbers:
        """Prepared rows (n, d) of raw rows (n, d); nan is missing. Every result is finite."""
        raw = np.asarray(values, dtype=np.float64)
        prepared = np.empty(raw.shape)
        for index, step in enumerate(self.steps):
            column = filled(raw[:, index], step.fill)
            if step.log_unit:
                column = signed_log(column, step.log_unit)
            scaled = (np.clip(column, step.low, step.high) - step.centre) * step.factor
            prepared[:, index] = np.rint(scaled / step.quantum) * step.quantum
        return prepared

    def n_imputed(self, values: ArrayLike) -> NDArray[np.int64]:
        """How many features of each raw row (n,) are missing and replaced by the median. Noted, never fitted on."""
        missing: NDArray[np.int64] = (~is_known(np.asarray(values, dtype=np.float64))).sum(axis=1)
        return missing

    def to_dict(self) -> dict[str, object]:
        """As plain data for JSON."""
        return {"steps": [asdict(step) for step in self.steps], "dropped": dict(self.dropped)}

    @classmethod
    def from_dict(cls, content: Mapping[str, object]) -> "Preparation":
        """The preparation that `to_dict` gave."""
        steps, dropped = content["steps"], content["dropped"]
        if not isinstance(steps, list) or not isinstance(dropped, dict):
            raise TypeError("steps must be a list and dropped a mapping")
        return cls(tuple(Step(**step) for step in steps), dict(dropped))


def is_known(values: Numbers) -> NDArray[np.bool_]:
    """Whether a value is a number that can have been measured."""
    return np.abs(np.where(np.isnan(values), np.inf, values)) <= LARGEST


def filled(values: Numbers, fill: float) -> Numbers:
    """The values, missing ones replaced."""
    return np.where(is_known(values), values, fill)


def signed_log(values: Numbers, unit: float) -> Numbers:
    """log(1 + |x| / unit) with the sign of x."""
    with np.errstate(over="ignore"):  # Endless is pulled in to the end like any other large value.
        return np.sign(values) * np.log1p(np.abs(values) / unit)
