"""Features that come ready-made: a feed whose rows are lines with features, mapped onto the catalogue.

Such a feed has no events, so population, features and outcomes are written from it directly, for the last day of the
run. A churn flag in it becomes an outcome known on that day; like every outcome it is never fitted on.

A row whose features reach beyond that day is refused; that it arrives later is in the nature of a feed. Lines whose
person objects to analytics go into none of the tables, and families that need a grant are null without one.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from segmentation.errors import SettingsError, SourceError
from segmentation.features import catalogue, consent, quality
from segmentation.settings import RunSettings, VerticalName, stable_hash
from segmentation.sources import changes, feeds, ingestion, probing, reading, source, telling
from segmentation.sources import delivery as deliveries
from segmentation.sources.delivery import Delivery
from segmentation.sources.feeds import FeedCounts
from segmentation.sources.sifting import Sifted, sifted
from segmentation.sources.source import Source
from segmentation.tables import Column as TableColumn
from segmentation.tables import Store, Table, built, care
from segmentation.tables.clean import SUBSCRIBER, count, day
from segmentation.tables.store import union_by_name

STATES = ("new", "active", "dormant", "returned")
_LINE = (
    SUBSCRIBER,
    built.VERTICAL,
    TableColumn("state", "string", "State in the population: new, active, dormant or returned"),
    count("months_seen", "Months since the spell began; taken from tenure_months when not mapped"),
    TableColumn("product_id", "string", "Product"),
    TableColumn("is_churned", "boolean", "Whether the line churned within the horizon; null when not known"),
    day("as_of", "Last day that the features of the row look at; the last day of the run when not mapped"),
)


def is_ready_made_run(settings: RunSettings) -> bool:
    """Whether the features of a run come ready-made, so that none are to be built."""
    return any(source.load(path).is_ready_made for path in settings.sources)


def lines_table(of: Source) -> Table:
    """What the mapping fills: the line, its vertical and state, and one double column for each mapped feature.

    Raises: SettingsError listing names that are neither, and what is missing.
    """
    own = {column.name: column for column in _LINE}
    known = {feature.name: feature.column for feature in catalogue.FEATURES}
    problems = [
        f"columns.{name}: neither a feature nor one of {', '.join(own)}"
        for name in of.columns
        if name not in own | known
    ]
    problems += [
        f"columns.{name}: missing" for name in ("subscriber_id", "vertical", "state") if name not in of.columns
    ]
    if problems:
        raise SettingsError(
            f"{len(problems)} problems in the source",
            where=f"source {of.name}",
            found="\n    ".join(["", *problems]),
            remedy="docs/features.md lists the features",
        )
    mapped = (known[name] for name in of.columns if name in known)
    columns = (*own.values(), *mapped)
    about, never_stored = "Lines with features that came ready-made", "not at all: rows go on to the tables of features"
    return Table(source.READY_MADE, ("subscriber_id",), columns, about, retention=never_stored)


def take_in(
    spark: SparkSession, tables_at: Store, of: Source, settings: RunSettings, run_id: str, *, is_again: bool = False
) -> FeedCounts:
    """Write population, features and outcomes of the run's last day.

    The same delivery again changes nothing and is not read, unless `is_again` asks for it or people have answered
    otherwise since. Needs the consents, where they are delivered, and the subscribers.

    Raises: SourceError as `ingestion.take_in` does, and where no row can be used.
    """
    table = lines_table(of)
    as_of = settings.periods.as_of_days[-1]
    found = deliveries.find(spark, of, settings.landing)
    if found is None:
        return FeedCounts(notes=(f"source {of.name} is absent",))
    verticals = tuple(settings.verticals)
    known = feeds.book(tables_at)
    referred = feeds.referred_hash(known, of)
    mapping = mapping_hash(tables_at, of, settings, referred)
    read_again = (found.feed_id,) if known.has(of, found) else ()
    before = known.counts(of, found, mapping)
    if not is_again and before is not None and _is_there(tables_at, as_of, verticals):
        return before
    checked = with_checks(of, as_of)
    feed = changes.reconciled(reading.raw_rows(spark, of, table, found), known, checked, table, found)
    changes.remember(tables_at, feed.changed, of, found.feed_id)
    probing.require_usable(spark, feed, of, found)
    secret = settings.secret.key()
    with sifted(feed.rows, tables_at, checked, table, found, secret) as parts:
        _require_lines(parts, of, as_of)
        agreed_lines = _agreed(parts.accepted, tables_at, as_of, of)
        refused = ingestion.refused_kept(parts, of, secret, found, run_id)
        lines = agreed_lines.persist()
        try:
            with telling.telling_errors(of, "write the features", then="the next run writes them again"):
                n_lines = lines.count()
                for vertical in verticals:
                    _write(tables_at, lines, vertical, as_of, of, _version(vertical, found, mapping), run_id)
                _write_quality(tables_at, verticals, as_of, of)
                ingestion.replace_refused(tables_at, refused, parts, of, found, read_again)
        finally:
            lines.unpersist()
            refused.unpersist()
    n_objecting = 0 if of.group else parts.n_accepted - n_lines
    counts = ingestion.counted(parts, n_lines, (*feed.notes(of), *_notes(of, as_of, n_objecting)))
    feeds.record(
        tables_at,
        known,
        of,
        found,
        counts,
        mapping=mapping,
        referred=referred,
        columns=feed.columns,
        received_at=parts.received_at,
        run_id=run_id,
    )
    return counts


def mapping_hash(tables_at: Store, of: Source, settings: RunSettings, referred: str) -> str:
    """Hash of all but the files that decides what a delivery becomes, what people have answered included."""
    as_of = settings.periods.as_of_days[-1]
    more = str(as_of), catalogue.version(), consent.version(tables_at, as_of), *settings.verticals
    return feeds.mapping_hash(of, lines_table(of), settings, referred, *more)


def with_checks(of: Source, as_of: date) -> Source:
    """The source with the checks that population and features need: among them, none of a later day than `as_of`."""
    required, between = ["vertical", "state", *of.checks.not_null], dict(of.checks.between)
    one_of = {"state": list(STATES), "vertical": [str(name) for name in VerticalName], **of.checks.one_of}
    if "as_of" in of.columns:
        least, _ = between.get("as_of", (None, None))
        required, between = [*required, "as_of"], {**between, "as_of": (least, as_of)}
    wanted = {"not_null": required, "one_of": one_of, "between": between}
    return of.model_copy(update={"checks": of.checks.model_copy(update=wanted)})


def _require_lines(parts: Sifted, of: Source, as_of: date) -> None:
    if parts.n_accepted:
        return
    later = f", none of them later than {as_of}" if "as_of" in of.columns else ""
    raise SourceError(
        "every row of the feed is refused; nothing was written",
        where=f"source {of.name}",
        found=f"{parts.quarantined:,} refused rows",
        expected=f"rows that say vertical, state and features of a line{later}",
        remedy="`segmentation check` counts the reasons; mend the mapping, or ask for the features of that day",
    )


def _agreed(lines: DataFrame, tables_at: Store, as_of: date, of: Source) -> DataFrame:
    """Lines that may be segmented, with the features that may be looked at. Grain: one row per line."""
    by_family: dict[str, list[str]] = {}
    for feature in catalogue.FEATURES:
        if feature.name in of.columns:
            by_family.setdefault(feature.family, []).append(feature.name)
    may_be_segmented = consent.without_objection(lines, tables_at, as_of)
    return consent.with_agreed_values(may_be_segmented, tables_at, as_of, by_family)


def _notes(of: Source, as_of: date, n_objecting: int) -> list[str]:
    """What a reader should know of the lines that were written."""
    told = []
    if "as_of" not in of.columns:
        told.append(f"{of.name}: its rows do not say which day their features reach to; it is taken to be {as_of}")
    if n_objecting:
        told.append(f"{of.name}: lines whose people object to {consent.ANALYTICS} are left out")
    return told


def _is_there(tables_at: Store, as_of: date, verticals: tuple[VerticalName, ...]) -> bool:
    """Whether the features of the day were written: the last table of each vertical but the outcomes."""
    return all(not tables_at.read(catalogue.feature_table(name), as_of).isEmpty() for name in verticals)


def _version(vertical: VerticalName, found: Delivery, mapping: str) -> str:
    return stable_hash([catalogue.version(catalogue.for_vertical(vertical)), found.feed_id, mapping])


def _write(
    tables_at: Store, lines: DataFrame, vertical: VerticalName, as_of: date, of: Source, version: str, run_id: str
) -> None:
    of_vertical = lines.filter(F.col("vertical") == vertical)
    people = population(of_vertical, as_of, of)
    tables_at.replace(people, built.POPULATION, vertical=str(vertical), as_of=as_of)
    features = vertical_features(of_vertical, vertical, as_of, of, version, run_id)
    tables_at.replace(features, catalogue.feature_table(vertical), as_of=as_of)
    horizon = of.ready_made.horizon_months
    known = outcomes(of_vertical, vertical, as_of, horizon, of)
    tables_at.replace(known, built.OUTCOMES, vertical=str(vertical), as_of=as_of, horizon_months=horizon)


def _write_quality(tables_at: Store, verticals: Sequence[VerticalName], as_of: date, of: Source) -> None:
    stored = {vertical: tables_at.read(catalogue.feature_table(vertical), as_of) for vertical in verticals}
    found = [quality.quality_of_ready_made(rows, vertical, of.columns) for vertical, rows in stored.items()]
    tables_at.replace(union_by_name(found), care.RECORD_QUALITY, as_of=as_of)


def population(lines: DataFrame, as_of: date, of: Source) -> DataFrame:
    """Rows of the population. Grain: one row per line."""
    tenure = _mapped(of, "tenure_months").cast("bigint")
    months_seen = F.col("months_seen") if "months_seen" in of.columns else tenure
    return lines.select(
        "vertical",
        "subscriber_id",
        F.lit(as_of).alias("as_of"),
        "state",
        months_seen.alias("months_seen"),
        tenure.alias("tenure_months"),
        "product_id",
        F.lit(None).cast("date").alias("contract_end"),
        F.round(_mapped(of, "monthly_value")).cast("bigint").alias("monthly_value"),
        F.lit(None).cast("date").alias("last_active_on"),
    )


def vertical_features(
    lines: DataFrame, vertical: VerticalName, as_of: date, of: Source, version: str, run_id: str
) -> DataFrame:
    """Rows of the vertical's features; a feature that the feed does not bring is null. Grain: one row per line."""
    features = catalogue.for_vertical(vertical)
    brought = {feature.family for feature in features if feature.name in of.columns}
    missing = [family for family in catalogue.families(vertical) if family not in brought]
    months_seen = F.col("months_seen") if "months_seen" in of.columns else _mapped(of, "tenure_months").cast("bigint")
    return lines.select(
        "subscriber_id",
        F.lit(as_of).alias("as_of"),
        "state",
        months_seen.alias("months_seen"),
        F.array(*(F.lit(family) for family in missing)).cast("array<string>").alias("missing_families"),
        _staleness(of, as_of).alias("staleness_periods"),
        F.lit(version).alias("features_version"),
        *(_mapped(of, feature.name).alias(feature.name) for feature in features),
        F.lit(run_id).alias("run_id"),
        F.lit(datetime.now(tz=UTC)).alias("computed_at"),
    )


def outcomes(lines: DataFrame, vertical: VerticalName, as_of: date, horizon: int, of: Source) -> DataFrame:
    """What became of the lines, as far as the feed knows. Grain: one row per line; none without a churn flag."""
    told = lines.filter(F.col("is_churned").isNotNull()) if "is_churned" in of.columns else lines.limit(0)
    return told.select(
        F.lit(str(vertical)).alias("vertical"),
        "subscriber_id",
        F.lit(as_of).alias("as_of"),
        F.lit(horizon).cast("int").alias("horizon_months"),
        "is_churned",
        F.lit(None).cast("bigint").alias("future_value"),
        F.lit(None).cast("string").alias("moved_to"),
        F.lit(as_of).alias("known_on"),
    )


def _staleness(of: Source, as_of: date) -> Column:
    """Whole months between the last day that the features look at and the day; at least what the source declares."""
    declared = F.lit(of.ready_made.staleness_periods).cast("bigint")
    if "as_of" not in of.columns:
        return declared
    return F.greatest(declared, F.floor(F.months_between(F.lit(as_of), F.col("as_of"))).cast("bigint"))


def _mapped(of: Source, name: str) -> Column:
    return F.col(name) if name in of.columns else F.lit(None).cast("double")
