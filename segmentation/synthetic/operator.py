"""A whole operator with known truth: feeds in the landing folder, truth in its own tables."""

import hmac
import logging
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial

from pyspark.sql import DataFrame, SparkSession

from segmentation import progress
from segmentation.concurrency import side_by_side
from segmentation.errors import SettingsError
from segmentation.periods import month_end
from segmentation.settings import RunSettings, SyntheticSettings, stable_hash
from segmentation.synthetic import (
    acquisition,
    base,
    bills,
    campaigns,
    consents,
    contacts,
    digital,
    lifestyle,
    lines,
    months,
    outages,
    recharges,
    segments,
    spells,
    surveys,
    ties,
    truth,
    usage,
)
from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.careers import careers
from segmentation.synthetic.dirt import PLANS, with_dirt
from segmentation.synthetic.dwellings import dwellings
from segmentation.synthetic.landing import Feed, Format, Landing
from segmentation.synthetic.randomness import Streams
from segmentation.tables import Store, built

logger = logging.getLogger(__name__)
VERSION = 6
"""Of the generator: another version makes another operator of the same settings."""
LINE_MONTHS_A_FILE, USAGE_LINE_MONTHS_A_FILE = 1_000_000, 60_000


def generate(spark: SparkSession, settings: RunSettings, tables_at: Store) -> dict[str, int]:
    """Rows written per feed. Nothing is written when this very operator is there already, feeds and truth.

    Raises: SettingsError when there is no part `synthetic`, or it names segments or regions that do not exist.
    """
    synthetic = synthetic_part(settings)
    outages.check(synthetic.effects.outages)
    landing = Landing(settings.landing)
    fingerprint = _fingerprint(settings)
    there = landing.counts_of(fingerprint)
    if there is not None and all(tables_at.exists(table) for table in built.TRUTH_TABLES):
        logger.info("the operator is there already in %s", settings.landing)
        return there
    landing.open()
    world = World(spark, settings, synthetic, landing)
    progress.says("lines and their months")
    feeds = world.feeds()
    written = side_by_side(
        spark,
        [partial(_write, world, feed) for feed in feeds],
        ended=lambda n_ended: progress.says(f"{n_ended} of {len(feeds)} feeds"),
    )
    counts = {feed.name: n_rows for feed, n_rows in zip(feeds, written, strict=True)}
    progress.says("the truth")
    tokens = truth.tokens(world.line_months, settings.secret.key())
    tables_at.replace(truth.truth_segments(world.line_months, tokens), built.TRUTH_SEGMENTS)
    tables_at.replace(truth.truth_moves(world.line_months, tokens), built.TRUTH_MOVES)
    tables_at.replace(truth.truth_persons(world.lines_there, settings.secret.key()), built.TRUTH_PERSONS)
    landing.close(fingerprint, counts)
    return counts


@dataclass(frozen=True)
class World:
    """The operator of one settings file, before dirt."""

    spark: SparkSession
    settings: RunSettings
    synthetic: SyntheticSettings
    landing: Landing

    @property
    def streams(self) -> Streams:
        return Streams(self.synthetic.seed)

    @property
    def behaviour(self) -> Behaviour:
        return Behaviour(self.streams, self.synthetic.effects)

    @property
    def first(self) -> date:
        return month_end(self.settings.periods.history_from).replace(day=1)

    @property
    def last(self) -> date:
        return month_end(self.settings.periods.last)

    @property
    def anchor(self) -> date:
        return month_end(self.settings.periods.first)

    @cached_property
    def careers_of_slots(self) -> DataFrame:
        slots = base.slots(self.spark, self.synthetic.n_lines)
        return months.with_careers(slots, self.streams, careers(self.synthetic), self.synthetic.effects)

    @cached_property
    def line_months(self) -> DataFrame:
        effects = self.synthetic.effects
        every = months.line_months(self.careers_of_slots, self.streams, effects, self.first, self.last, self.anchor)
        return self.landing.keep(every, "line_months")

    @cached_property
    def lines_there(self) -> DataFrame:
        return self.landing.keep(lines.lines(self.line_months, self.behaviour), "lines")

    def n_files(self, feed: str) -> int:
        """Files of a feed: few for a small operator."""
        n_months = (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        per_file = USAGE_LINE_MONTHS_A_FILE if feed == "usage_daily" else LINE_MONTHS_A_FILE
        return max(2, -(-self.synthetic.n_lines * n_months // per_file))

    def feeds(self) -> list[Feed]:
        """Every feed, in the order in which they are written."""
        there, factor, streams, of = self.line_months, self.synthetic.amount_factor, self.streams, self.behaviour
        lines_there = self.lines_there
        n_homes = base.n_homes(self.synthetic.n_lines)
        homes = self.landing.keep(dwellings(self.careers_of_slots, streams, n_homes), "dwellings")
        spells_there = self.landing.keep(spells.spells(there, of, self.first, self.last), "spells")
        billed = bills.billed_months(there, of, factor)
        wanted = segments.shares(self.synthetic)
        tied = ties.home_ties(
            self.careers_of_slots,
            homes,
            lines_there,
            wanted,
            of,
            n_homes=n_homes,
            anchor=self.anchor,
            last=self.last,
        )
        return [
            _feed("subscribers", "csv", lines.subscribers(lines_there, homes, of, self.first, self.last)),
            _feed("service_spells", "csv", spells.service_spells(spells_there, of)),
            _feed("products", "csv", spells.products(self.spark, self.first, factor, of.effects.price_changes)),
            _feed("devices", "csv", lines.devices(lines_there, there, of, self.first, self.last)),
            _feed("salary_brackets", "csv", lines.salary_brackets(lines_there, there, of, self.first, self.last)),
            _feed("home_ties", "csv", tied),
            _feed("consents", "csv", consents.consents(lines_there, of)),
            _feed("acquisition", "csv", acquisition.acquisition(spells_there, of, factor)),
            _feed("campaign_contacts", "json", campaigns.campaign_contacts(there, of)),
            _feed("recharges", "csv", recharges.recharges(there, of, factor)),
            _feed("invoices", "csv", bills.invoices(billed, of)),
            _feed("payments", "json", bills.payments(billed, of, self.last)),
            _feed("subscription_events", "json", contacts.subscription_events(there, spells_there, of)),
            _feed("care_contacts", "json", contacts.care_contacts(there, of)),
            _feed("lifestyle_monthly", "parquet", lifestyle.lifestyle_monthly(there, of, factor)),
            _feed("digital_monthly", "parquet", digital.digital_monthly(there, of)),
            _feed("surveys", "json", surveys.surveys(there, of)),
            _feed("usage_daily", "parquet", usage.usage_daily(there, of, factor)),
        ]


def _write(world: World, feed: Feed) -> int:
    """Write a feed with its dirt. Returns the number of rows."""
    streams, share = world.streams, world.synthetic.dirt_share
    dirty = feed.rows if feed.dirt is None else with_dirt(feed.rows, feed.name, feed.dirt, streams, share)
    n_rows = world.landing.write(Feed(feed.name, feed.format, dirty, None), world.n_files(feed.name))
    logger.info("wrote %s: %d rows", feed.name, n_rows)
    return n_rows


def _feed(name: str, kind: Format, rows: DataFrame) -> Feed:
    return Feed(name, kind, rows, PLANS.get(name))


def synthetic_part(settings: RunSettings) -> SyntheticSettings:
    """What the settings say of the generated operator. Raises SettingsError where they say nothing."""
    if settings.synthetic is None:
        raise SettingsError(
            "this conf file has no operator to generate",
            expected="a part `synthetic` with at least `seed`",
            remedy="--conf-file conf/local.yaml, or add the part",
        )
    return settings.synthetic


def _fingerprint(settings: RunSettings) -> str:
    """Hash of all that decides the feeds and the truth; of the secret only a keyed digest."""
    proof = hmac.digest(settings.secret.key(), b"landing", "sha256").hex()[:16]
    synthetic = synthetic_part(settings).model_dump(mode="json")
    periods = settings.periods.model_dump(mode="json")
    return stable_hash([VERSION, synthetic, periods, proof, settings.warehouse])
