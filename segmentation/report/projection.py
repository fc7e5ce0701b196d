"""Two axes on which a sample of lines can be drawn: the first two principal components of its features."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

Array = np.ndarray
_PULLED_IN = 0.01


@dataclass(frozen=True)
class Projection:
    """`points` (n, 2); `explained`: share of the spread on each axis; `loadings` (2, d) in the order of `names`."""

    points: Array
    explained: tuple[float, float]
    loadings: Array
    names: tuple[str, ...]

    def leading(self, axis: int, n_names: int = 2) -> list[str]:
        """The features that the axis follows most, the strongest first."""
        order = np.argsort(-np.abs(self.loadings[axis]), kind="stable")
        return [self.names[i] for i in order[:n_names]]


def on_two_axes(sample: pd.DataFrame, logged: frozenset[str]) -> Projection | None:
    """Principal components of the sample; None with fewer than 3 lines or 2 features that vary.

    Missing values become the median, features in `logged` are logged, the ends are pulled in by 1 % and every feature
    is given the same spread. The larger loadings of an axis point upwards, so that the picture does not flip.
    """
    columns = {name: _comparable(sample[name].to_numpy(dtype=float), name in logged) for name in sample.columns}
    kept = {name: values for name, values in columns.items() if values is not None}
    if len(sample) < 3 or len(kept) < 2:
        return None
    matrix = np.column_stack(list(kept.values()))
    _, strengths, axes = np.linalg.svd(matrix, full_matrices=False)
    upwards = np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])
    loadings = (axes * upwards[:, None])[:2]
    shares = strengths**2 / (strengths**2).sum()
    return Projection(matrix @ loadings.T, (float(shares[0]), float(shares[1])), loadings, tuple(kept))


def ranks(sample: pd.DataFrame) -> pd.DataFrame:
    """Rank of every value in its column, 0 lowest to 1 highest; equal values share the mean rank, null stays null."""
    n_known = sample.notna().sum()
    return (sample.rank() - 1) / (n_known - 1).clip(lower=1)


def _comparable(values: Array, is_logged: bool) -> Array | None:
    known = values[~np.isnan(values)]
    if known.size == 0:
        return None
    filled = np.where(np.isnan(values), np.median(known), values)
    level = np.sign(filled) * np.log1p(np.abs(filled)) if is_logged else filled
    pulled = np.clip(level, *np.quantile(level, [_PULLED_IN, 1 - _PULLED_IN]))
    spread = pulled.std()
    return (pulled - pulled.mean()) / spread if spread > 1e-12 else None
