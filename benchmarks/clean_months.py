"""Months of a generated operator as clean tables: made once in a folder and kept; an interrupted run goes on.

The rows are the generator's own, and they become clean by the mappings of conf/sources. Each month of use is a delivery
of its own, as a feed of full months brings it. Left out are feeds that are not compared, broken rows, and the checks.
"""

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.periods import month_end, months_between
from segmentation.settings import RunSettings, stable_hash
from segmentation.sources import mapping, reading, source
from segmentation.sources.source import Source
from segmentation.synthetic import bills, contacts, operator, recharges, spells, usage
from segmentation.synthetic.landing import Feed, Landing
from segmentation.synthetic.operator import World
from segmentation.tables import Store, clean

logger = logging.getLogger(__name__)
VERSION = 2
"""Of what is made of the generator's rows: another version makes the tables again."""
FIRST_MONTH, LAST_MONTH, N_MONTHS = "2026-05", "2026-10", 6
MANIFEST, TABLES_FOLDER = "made.json", "clean"
Delivery = Callable[[World], Feed]
TABLES = {
    table.name: table
    for table in (
        clean.SERVICE_SPELLS,
        clean.PRODUCTS,
        clean.USAGE_DAILY,
        clean.RECHARGES,
        clean.INVOICES,
        clean.CARE_CONTACTS,
    )
}


@dataclass
class Made:
    """What was written, and how long it took."""

    fingerprint: str
    rows: dict[str, int] = field(default_factory=dict)
    """By delivery."""
    generator_seconds: float = 0.0
    """The generator's rows and their files, as it writes feeds."""
    tables_seconds: float = 0.0
    """From these files to clean tables: keys as tokens, columns as declared."""

    def n_rows(self, table: str) -> int:
        """Rows of a table, all its deliveries together."""
        return sum(n for name, n in self.rows.items() if name.split()[0] == table)


@dataclass(frozen=True)
class CleanMonths:
    """Clean tables of some months of an operator."""

    folder: Path
    settings: RunSettings
    made: Made

    @property
    def tables(self) -> Path:
        return self.folder / TABLES_FOLDER

    @property
    def as_of(self) -> date:
        return months(self.settings)[-1]


def months(settings: RunSettings) -> list[date]:
    """Last days of the months, oldest first."""
    periods = settings.periods
    return months_between(month_end(periods.history_from), month_end(periods.last))


def kept_or_made(spark: SparkSession, settings: RunSettings, folder: Path, *, is_again: bool = False) -> CleanMonths:
    """The tables in the folder: what is there of exactly these settings stays, what is missing is made now."""
    fingerprint = _fingerprint(settings)
    made = None if is_again else _there(folder, fingerprint)
    if made is None:
        made = Made(fingerprint)
        shutil.rmtree(folder / TABLES_FOLDER, ignore_errors=True)
    missing = {name: feed for name, feed in _deliveries(settings).items() if name not in made.rows}
    if missing:
        _make(spark, settings, folder, made, missing)
    return CleanMonths(folder, settings, made)


def _make(
    spark: SparkSession, settings: RunSettings, folder: Path, made: Made, missing: Mapping[str, Delivery]
) -> None:
    """Make deliveries one after the other. One that was interrupted is made again, and counts once."""
    tables_at = Store(spark, str(folder / TABLES_FOLDER))
    sources = {one.table: one for one in source.load_all(settings.sources) if one.table in TABLES}
    landing = Landing(folder / "landing")
    landing.open()
    world = World(spark, settings, operator.synthetic_part(settings), landing)
    for name, feed_of in missing.items():
        with _clock(made, "generator_seconds"):
            feed = feed_of(world)
            n_rows = landing.write(feed, _n_files(world, feed))
        with _clock(made, "tables_seconds"):
            clean_rows = _cleaned(_lying(world, feed), sources[feed.name], settings, name)
            # The generator gives every row of a feed a key of its own.
            tables_at.replace(clean_rows, TABLES[feed.name], is_unique=True, feed_id=name)
        made.rows[name] = n_rows
        (folder / MANIFEST).write_text(json.dumps(asdict(made), indent=1), encoding="utf-8")
        logger.info("made %s: %d rows", name, n_rows)
    shutil.rmtree(landing.folder)


def _deliveries(settings: RunSettings) -> dict[str, Delivery]:
    """How each delivery is generated, by its name: the table, of use also the month."""
    of_use = {f"usage_daily {month:%Y-%m}": partial(_use_of_month, month=month) for month in months(settings)}
    return {
        "service_spells": _spells,
        "products": lambda at: Feed(
            "products",
            "csv",
            spells.products(at.spark, at.first, _factor(at), at.behaviour.effects.price_changes),
            None,
        ),
        "recharges": lambda at: Feed(
            "recharges", "csv", recharges.recharges(at.line_months, at.behaviour, _factor(at)), None
        ),
        "invoices": _invoices,
        "care_contacts": lambda at: Feed(
            "care_contacts", "json", contacts.care_contacts(at.line_months, at.behaviour), None
        ),
        **of_use,
    }


def _spells(world: World) -> Feed:
    there = spells.spells(world.line_months, world.behaviour, world.first, world.last)
    kept = world.landing.keep(there, "spells")
    return Feed("service_spells", "csv", spells.service_spells(kept, world.behaviour), None)


def _invoices(world: World) -> Feed:
    billed = bills.billed_months(world.line_months, world.behaviour, _factor(world))
    return Feed("invoices", "csv", bills.invoices(billed, world.behaviour), None)


def _use_of_month(world: World, month: date) -> Feed:
    of_month = world.line_months.filter(F.col("month_end") == F.lit(month))
    return Feed("usage_daily", "parquet", usage.usage_daily(of_month, world.behaviour, _factor(world)), None)


def _factor(world: World) -> float:
    return world.synthetic.amount_factor


def _n_files(world: World, feed: Feed) -> int:
    """Files of one delivery: of use a month's part of those that the generator would write."""
    n_parts = N_MONTHS if feed.name == clean.USAGE_DAILY.name else 1
    return max(2, -(-world.n_files(feed.name) // n_parts))


def _lying(world: World, feed: Feed) -> DataFrame:
    """A feed as it was written. Grain: unchanged."""
    reader = world.spark.read.options(header=True, primitivesAsString=True).format(feed.format)
    return reader.load(str(world.landing.folder / feed.name))


def _cleaned(rows: DataFrame, of: Source, settings: RunSettings, feed_id: str) -> DataFrame:
    """The rows of a feed as those of its clean table. Grain: unchanged."""
    unread = {name: F.lit(0).cast("bigint") for name in reading.ROW_HASH}
    raw = rows.withColumns({**unread, reading.MALFORMED: F.lit(None).cast("string")})
    table = of.clean_table()
    typed = mapping.mapped(reading.trimmed(raw, of), of, table, settings.secret.key())
    absent = {c.name: F.lit(None).cast(c.type) for c in table.columns if c.name not in typed.columns}
    return typed.withColumns({**absent, "feed_id": F.lit(feed_id)}).select(*table.column_names)


@contextmanager
def _clock(made: Made, name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    setattr(made, name, getattr(made, name) + time.perf_counter() - started)


def _there(folder: Path, fingerprint: str) -> Made | None:
    """What is there of these very settings; null when nothing is."""
    path = folder / MANIFEST
    if not path.is_file():
        return None
    try:
        made = Made(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        return None
    return made if made.fingerprint == fingerprint else None


def _fingerprint(settings: RunSettings) -> str:
    synthetic = operator.synthetic_part(settings).model_dump(mode="json")
    periods = settings.periods.model_dump(mode="json")
    return stable_hash([VERSION, operator.VERSION, synthetic, periods, settings.timezone])
