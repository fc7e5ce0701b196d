"""One run of the pipeline: its session, settings and tables, and the record it leaves in `runs`.

A step that was done with the same inputs, settings and code is not done again: its fingerprint stands in `runs`. A step
that was begun and not ended counts as not done, whatever `runs` says: a mark beside the lock of the warehouse tells.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from segmentation import code
from segmentation.concurrency import side_by_side
from segmentation.progress import kept, step
from segmentation.settings import Json, RunSettings, VerticalName, VerticalSettings, stable_hash
from segmentation.tables import Store, built

Part = TypeVar("Part")
ALL_VERTICALS = "all"
BEGUN_FOLDER = "_begun"
"""Beside the lock: a mark for every step that has begun and not ended."""


@dataclass
class StepRecord:
    """What a step wants remembered in `runs`: counts and notes a reader should know."""

    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


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
    is_again: bool = False
    """Do every step again, also where nothing has changed."""
    _fingerprints: dict[tuple[str, str], dict[str, str]] | None = None
    """By step and vertical; read once: under the lock of the warehouse only this run adds any."""

    def vertical(self, name: VerticalName) -> VerticalSettings:
        return self.settings.verticals[name]

    def side_by_side(self, do: Callable[["Run", Part], None], parts: Sequence[Part]) -> None:
        """Do each of some independent parts, several at once; each with a run that remembers its own steps."""
        self._read_fingerprints()
        own = [replace(self, tables_at=self.tables_at.beside()) for _ in parts]
        side_by_side(self.spark, [partial(do, run, part) for run, part in zip(own, parts, strict=True)])

    def fingerprint(self, *inputs: Json) -> str:
        """Hash of what a step is made from: its inputs, the settings, the archetypes and the code."""
        archetypes = self.settings.archetypes.read_text(encoding="utf-8")
        return stable_hash([code.digest(), self.settings.hash(), archetypes, inputs])

    def fingerprints(self, name: str, vertical: str = ALL_VERTICALS) -> dict[str, str]:
        """The newest fingerprint of a step, by day."""
        return self._read_fingerprints().setdefault((name, vertical), {})

    def _read_fingerprints(self) -> dict[tuple[str, str], dict[str, str]]:
        if self._fingerprints is None:
            self._fingerprints = _newest_fingerprints(self.tables_at)
        return self._fingerprints

    def has_done(self, name: str, as_of: date, fingerprint: str, vertical: str = ALL_VERTICALS) -> bool:
        """Whether the newest ending of the step had this fingerprint, and it was not begun since without ending."""
        if self.is_again or self._mark(name, vertical, as_of).exists():
            return False
        return self.fingerprints(name, vertical).get(as_of.isoformat()) == fingerprint

    def keeps(self, name: str, as_of: date, vertical: str = ALL_VERTICALS) -> None:
        """Say that a step that was done before is left as it is."""
        kept(_title(name, vertical, as_of))

    @contextmanager
    def step(
        self, name: str, as_of: date, vertical: str = ALL_VERTICALS, *, fingerprint: str | None = None
    ) -> Iterator[StepRecord]:
        """Show progress, and record the step in `runs` when it ended well."""
        started_at = datetime.now(tz=UTC)
        self.tables_at.forget_versions()
        mark = self._mark(name, vertical, as_of)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
        with step(_title(name, vertical, as_of)):
            record = StepRecord()
            yield record
            self._remember(name, vertical, as_of, started_at, record, fingerprint)
        mark.unlink(missing_ok=True)

    def _mark(self, name: str, vertical: str, as_of: date) -> Path:
        return self.settings.lock_folder / BEGUN_FOLDER / f"{name}-{vertical}-{as_of}"

    def _remember(
        self, name: str, vertical: str, as_of: date, started_at: datetime, record: StepRecord, fingerprint: str | None
    ) -> None:
        row = {
            "run_id": self.run_id,
            "step": name,
            "vertical": vertical,
            "as_of": as_of,
            "code_version": code.version(),
            "settings_hash": self.settings.hash(),
            "fingerprint": fingerprint,
            "tables_read": dict(self.tables_at.versions_read),
            "tables_written": self.tables_at.versions_written,
            "counts": dict(record.counts),
            "notes": list(record.notes),
            "started_at": started_at,
            "ended_at": datetime.now(tz=UTC),
        }
        self.tables_at.append(self.tables_at.rows(built.RUNS, [row]), built.RUNS, is_unique=True)
        if fingerprint is not None:
            self.fingerprints(name, vertical)[as_of.isoformat()] = fingerprint


def _newest_fingerprints(tables_at: Store) -> dict[tuple[str, str], dict[str, str]]:
    with_fingerprint = tables_at.read(built.RUNS).filter(F.col("fingerprint").isNotNull())
    rows = with_fingerprint.select("step", "vertical", "as_of", "ended_at", "fingerprint").collect()
    found: dict[tuple[str, str], dict[str, str]] = {}
    for row in sorted(rows, key=_ended):
        found.setdefault((row["step"], row["vertical"]), {})[row["as_of"].isoformat()] = row["fingerprint"]
    return found


def _ended(row: Row) -> datetime:
    return row["ended_at"]


def _title(name: str, vertical: str, as_of: date) -> str:
    return f"{name} {as_of}" if vertical == ALL_VERTICALS else f"{name} {vertical} {as_of}"


def new_run(
    spark: SparkSession,
    settings: RunSettings,
    *,
    verticals: tuple[VerticalName, ...] | None = None,
    as_of_days: tuple[date, ...] | None = None,
    is_again: bool = False,
) -> Run:
    """A run with an id of its own. The time zone of the session becomes the operator's."""
    spark.conf.set("spark.sql.session.timeZone", settings.timezone)
    now = datetime.now(tz=UTC)
    run_id = f"{now:%Y%m%dT%H%M%S}-{os.getpid()}-{uuid4().hex[:6]}"
    chosen = verticals or tuple(settings.verticals)
    days = as_of_days or tuple(settings.periods.as_of_days)
    return Run(spark, settings, Store(spark, settings.warehouse), run_id, now, chosen, days, is_again)
