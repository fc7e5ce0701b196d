"""One run of the pipeline: its session, settings, tables and lock, and the record it leaves in `runs`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import uuid4

from pyspark.sql import SparkSession

from segmentation import __version__
from segmentation.progress import Progress, step
from segmentation.settings import RunSettings, VerticalName, VerticalSettings
from segmentation.tables import Store, built

ALL_VERTICALS = "all"


@dataclass
class StepRecord:
    """What a step wants remembered in `runs`: counts and notes a reader should know."""

    progress: Progress
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def says(self, message: str) -> None:
        self.progress.says(message)


@dataclass
class Run:
    """Handed to every job. `verticals` are those asked for; `as_of_days` the days to build, oldest first."""

    spark: SparkSession
    settings: RunSettings
    tables_at: Store
    run_id: str
    started_at: datetime
    verticals: tuple[VerticalName, ...]
    as_of_days: tuple[date, ...]

    def vertical(self, name: VerticalName) -> VerticalSettings:
        return self.settings.verticals[name]

    @contextmanager
    def step(self, name: str, as_of: date, vertical: str = ALL_VERTICALS) -> Iterator[StepRecord]:
        """Show progress, and record the step in `runs` when it ended well."""
        started_at = datetime.now(tz=UTC)
        self.tables_at.forget_versions()
        with step(f"{name} {vertical} {as_of}" if vertical != ALL_VERTICALS else f"{name} {as_of}") as progress:
            record = StepRecord(progress)
            yield record
            self._remember(name, vertical, as_of, started_at, record)

    def _remember(self, name: str, vertical: str, as_of: date, started_at: datetime, record: StepRecord) -> None:
        row = {
            "run_id": self.run_id,
            "step": name,
            "vertical": vertical,
            "as_of": as_of,
            "code_version": __version__,
            "settings_hash": self.settings.hash(),
            "tables_read": dict(self.tables_at.versions_read),
            "tables_written": self.tables_at.versions_written,
            "counts": dict(record.counts),
            "notes": list(record.notes),
            "started_at": started_at,
            "ended_at": datetime.now(tz=UTC),
        }
        self.tables_at.append(self.tables_at.rows(built.RUNS, [row]), built.RUNS, is_unique=True)


def new_run(
    spark: SparkSession,
    settings: RunSettings,
    *,
    verticals: tuple[VerticalName, ...] | None = None,
    as_of_days: tuple[date, ...] | None = None,
) -> Run:
    """A run with an id of its own. The time zone of the session becomes the operator's."""
    spark.conf.set("spark.sql.session.timeZone", settings.timezone)
    now = datetime.now(tz=UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{os.getpid()}-{uuid4().hex[:6]}"
    chosen = verticals or tuple(settings.verticals)
    days = as_of_days or tuple(settings.periods.as_of_days)
    return Run(spark, settings, Store(spark, settings.warehouse), run_id, now, chosen, days)
