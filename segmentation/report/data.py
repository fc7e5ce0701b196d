"""What the page needs to know: one `VerticalData` per vertical and one `BaseData` for the whole. Small frames only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from segmentation.settings import VerticalName, VerticalSettings


@dataclass(frozen=True)
class ModelData:
    """The model that scores a vertical."""

    model_version: str
    method: str
    fitted_as_of: date
    n_rows: int
    n_segments: int
    features: tuple[str, ...]
    dropped: Mapping[str, str]
    indices: Mapping[str, float]
    baseline: Mapping[str, float]
    choice: str


@dataclass(frozen=True)
class VerticalData:
    """One vertical. Frames are small and sorted; `segments` is empty when nothing was published for `as_of`."""

    vertical: VerticalName
    settings: VerticalSettings
    as_of: date
    months: tuple[date, ...]
    """Days with anything published, oldest first."""
    segments: pd.DataFrame
    """Grain: segment_id; columns of SEGMENTS, symbol, sign. With lines in the last month, the most valuable first."""
    sizes: pd.DataFrame
    """Grain: as_of, segment_id; see queries.segment_sizes."""
    profiles: pd.DataFrame
    """Grain: as_of, segment_id, feature; columns of SEGMENT_PROFILES."""
    sample: pd.DataFrame
    """segment_id and the features of the model, one row a line, no key."""
    missing: pd.DataFrame
    """Grain: as_of, family."""
    assigned_by: pd.DataFrame
    """Grain: as_of, assigned_by."""
    ties: pd.DataFrame
    """Grain: kind, of the last month; empty but for homes."""
    ties_between: pd.DataFrame
    """Grain: segment_id, other_segment_id, of the last month; empty but for homes."""
    model: ModelData | None

    @property
    def month_before(self) -> date | None:
        earlier = [day for day in self.months if day < self.as_of]
        return max(earlier) if earlier else None

    def sizes_on(self, day: date | None) -> pd.DataFrame:
        """Grain: segment_id (index)."""
        return self.sizes[self.sizes["as_of"] == day].set_index("segment_id")

    def profiles_on(self, day: date | None) -> pd.DataFrame:
        """Grain: segment_id, feature."""
        return self.profiles[self.profiles["as_of"] == day]


@dataclass(frozen=True)
class BaseData:
    """The whole base: facts, feeds and runs."""

    facts: pd.DataFrame
    feeds: pd.DataFrame
    """Grain: source, feed_id: the deliveries that stand; see queries.standing_feeds."""
    reasons: pd.DataFrame
    """Grain: source, reason."""
    changes: pd.DataFrame
    """Grain: source, column_name, of the newest delivery."""
    runs: pd.DataFrame
    """Grain: step, vertical, as_of: the last run of each, in the order in which they began."""
