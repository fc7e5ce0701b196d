import hashlib
import json
from datetime import date

import pytest
from pyspark.sql import functions as F

from segmentation.errors import SettingsError
from segmentation.privacy.tokens import token_of
from segmentation.settings import RunSettings
from segmentation.synthetic import base, months, operator, segments
from segmentation.synthetic.careers import careers
from segmentation.synthetic.randomness import Streams
from segmentation.tables import Store, built

KEY = "a key for the tests only"
FEEDS = {
    "subscribers": "csv", "service_spells": "csv", "products": "csv", "devices": "csv", "salary_brackets": "csv",
    "home_ties": "csv", "recharges": "csv", "invoices": "csv", "payments": "json", "subscription_events": "json",
    "care_contacts": "json", "lifestyle_monthly": "parquet", "usage_daily": "parquet",
    "digital_monthly": "parquet", "surveys": "json", "consents": "csv", "acquisition": "csv",
    "campaign_contacts": "json",
}  # fmt: skip


def settings_at(folder, **synthetic):
    return RunSettings.model_validate(
        {
            "operator": "Test",
            "warehouse": str(folder / "warehouse"),
            "vault": str(folder / "vault"),
            "landing": folder / "landing",
            "report": folder / "report",
            "periods": {"history_from": "2026-06", "first": "2026-07", "last": "2026-08"},
            "secret": {"demo_key": KEY},
            "spark": "local.conf",
            "sources": [],
            "archetypes": "archetypes.yaml",
            "verticals": {},
            "synthetic": {"n_lines": 300, "seed": 11, "dirt_share": 0.02, **synthetic},
        }
    )


def line_months_of(spark, n_lines, seed=11, first=date(2026, 1, 1), last=date(2026, 8, 31), **synthetic):
    asked = operator.SyntheticSettings(n_lines=n_lines, seed=seed, **synthetic)
    slots = months.with_careers(base.slots(spark, n_lines), Streams(seed), careers(asked), asked.effects)
    return months.line_months(slots, Streams(seed), asked.effects, first, last, date(2026, 7, 31))


@pytest.fixture(scope="module")
def world(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("operator")
    settings = settings_at(folder)
    store = Store(spark, settings.warehouse)
    counts = operator.generate(spark, settings, store)
    return settings, store, counts


def feed(spark, settings, name):
    reader = spark.read.option("header", True) if FEEDS[name] == "csv" else spark.read
    return reader.format(FEEDS[name]).load(str(settings.landing / name))


def digest(frame):
    rows = sorted(json.dumps(row.asDict(), default=str, sort_keys=True) for row in frame.collect())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:12]


@pytest.mark.delta
def test_every_feed_lands_with_the_rows_that_were_counted(spark, world):
    settings, _, counts = world

    assert counts == {name: feed(spark, settings, name).count() for name in FEEDS}
    assert all(counts.values())


@pytest.mark.delta
def test_a_second_call_writes_nothing(spark, world):
    settings, store, counts = world
    before = {path: path.stat().st_mtime_ns for path in settings.landing.rglob("*") if path.is_file()}
    version = store.version(built.TRUTH_SEGMENTS)

    again = operator.generate(spark, settings, store)

    assert again == counts
    assert {path: path.stat().st_mtime_ns for path in settings.landing.rglob("*") if path.is_file()} == before
    assert store.version(built.TRUTH_SEGMENTS) == version


@pytest.mark.delta
def test_what_a_killed_generation_left_is_not_trusted(spark, tmp_path, monkeypatch):
    settings = settings_at(tmp_path, n_lines=200)
    store = Store(spark, settings.warehouse)
    monkeypatch.setattr(operator.truth, "truth_segments", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        operator.generate(spark, settings, store)
    monkeypatch.undo()

    operator.generate(spark, settings, store)

    assert store.read(built.TRUTH_SEGMENTS).count() > 0


@pytest.mark.delta
def test_truth_speaks_of_every_line_that_is_there_at_the_months_end(spark, world):
    settings, store, _ = world
    truth = store.read(built.TRUTH_SEGMENTS, date(2026, 8, 31))
    goes_on = "to_day is null or (to_day = '2026-08-31' and end_cause != 'CEASE')"
    spells = feed(spark, settings, "service_spells").filter(f"service != 'PREPAID' and ({goes_on})").distinct()
    open_lines = {row["line_no"] for row in spells.collect() if row["line_no"] and row["from_day"][:4] > "1900"}

    known = {row["subscriber_id"] for row in truth.filter("vertical != 'payg'").collect()}

    real = {line for line in open_lines if not line.startswith("000")}
    assert known == {token_of(KEY.encode(), "subscriber", line) for line in real}
    assert {row["segment_name"] for row in truth.collect()} <= set(segments.NAMES)


@pytest.mark.delta
def test_feeds_agree_with_digests_kept_here(spark, world):
    settings, store, _ = world
    seen = {name: digest(feed(spark, settings, name)) for name in FEEDS}
    seen["truth_segments"] = digest(store.read(built.TRUTH_SEGMENTS))

    assert seen == DIGESTS, "the operator of a seed has changed: raise operator.VERSION and keep the new digests"


def test_rows_do_not_depend_on_partitions_or_on_how_many_months_are_asked_for(spark, monkeypatch):
    whole = digest(line_months_of(spark, 300))
    later = line_months_of(spark, 300, first=date(2026, 5, 1))
    monkeypatch.setattr(base, "ROWS_PER_PART", 30)

    assert digest(line_months_of(spark, 300)) == whole
    # A line that leaves in the first month asked for is taken as gone before.
    inside = line_months_of(spark, 300).filter((F.col("month_end") >= "2026-05-01") & ~F.col("is_leaving"))
    assert digest(inside) == digest(later.filter(~F.col("is_leaving")))


def test_a_line_is_in_one_place_at_a_time(spark):
    rows = line_months_of(spark, 2000)

    repeated = rows.groupBy("line", "month").count().filter("count > 1")

    assert repeated.isEmpty()


def test_segments_and_verticals_have_their_shares_in_any_month(spark):
    rows = line_months_of(spark, 12_000).filter(~F.col("is_leaving"))
    wanted = segments.shares(operator.SyntheticSettings(seed=11))

    for month in (months.month_number(date(2026, 1, 1)), months.month_number(date(2026, 8, 1))):
        there = rows.filter(F.col("month") == month).groupBy("vertical", "segment").count().collect()
        total = sum(row["count"] for row in there)
        of_vertical = {v: sum(row["count"] for row in there if row["vertical"] == v) for v in segments.VERTICALS}
        shares = {segments.NAMES[row["segment"]]: row["count"] / of_vertical[row["vertical"]] for row in there}
        assert {v: n / total for v, n in of_vertical.items()} == pytest.approx(
            {"payg": 0.45, "plan": 0.30, "home": 0.25}, abs=0.015
        )
        assert shares == pytest.approx(wanted, abs=0.03)


def test_lines_move_migrate_leave_and_return_at_stated_rates(spark):
    rows = line_months_of(spark, 12_000)
    n_line_months = rows.count()
    moved = F.col("previous").isNotNull() & (F.col("previous") != F.col("segment"))
    verticals = F.array(*(F.lit(segment.vertical) for segment in segments.SEGMENTS))
    migrated = moved & (F.element_at(verticals, F.col("previous") + 1) != F.col("vertical"))
    found = rows.agg(
        F.count_if(moved & ~migrated), F.count_if(migrated), F.count_if("is_leaving"), F.count_if("is_return")
    ).first()

    rates = [count / n_line_months for count in found]

    # Per line and month: 2 % move within their vertical, 0.15 % migrate, 1.3 % leave, a third of these come back.
    assert rates == pytest.approx([0.020, 0.0016, 0.013, 0.0045], rel=0.35)


def test_behaviour_changes_in_the_two_months_before_a_move(spark):
    rows = line_months_of(spark, 6000)
    before = rows.filter((F.col("ramp") > 0) & (F.col("month") < months.month_number(date(2026, 7, 1))))
    after = rows.select("line", (F.col("month") - 1).alias("month"), F.col("segment").alias("segment_after"))

    last = before.filter("ramp > 0.5").join(after, on=["line", "month"], how="inner")

    assert last.filter("segment_after != next").isEmpty()
    assert last.count() > 50
    assert {round(row["ramp"], 2) for row in before.select("ramp").distinct().collect()} == {0.33, 0.67}


def test_identifiers_of_the_largest_base_keep_all_their_digits(spark):
    numbers = spark.range(10_999_999_990, 11_000_000_010).union(spark.range(20)).repartition(3)

    told = [row[0] for row in numbers.select(base.identifier("P", F.col("id"))).collect()]

    assert len(set(told)) == 40
    assert "P0000000007" in told
    assert "P11000000007" in told


def test_an_operator_without_settings_is_refused(spark, tmp_path):
    settings = settings_at(tmp_path).model_copy(update={"synthetic": None})

    with pytest.raises(SettingsError, match="no operator to generate"):
        operator.generate(spark, settings, Store(spark, settings.warehouse))


DIGESTS: dict[str, str] = {
    "subscribers": "a9e505212735",
    "service_spells": "ad822c8d3b37",
    "products": "3b3fe9566a8b",
    "devices": "fe6b8ba33616",
    "salary_brackets": "056c9c97a126",
    "home_ties": "653847e77170",
    "recharges": "c87c7af95848",
    "invoices": "8668ef4cd746",
    "payments": "d06521fa34be",
    "subscription_events": "7de65b452a73",
    "care_contacts": "0c93a69ae57a",
    "lifestyle_monthly": "632b04976a7f",
    "usage_daily": "51a633da1c7d",
    "digital_monthly": "2e0c3888803b",
    "surveys": "753deb9e61c3",
    "consents": "fd04a8fca2cb",
    "acquisition": "ba9cf91b1e43",
    "campaign_contacts": "2dcd85c6e446",
    "truth_segments": "a5d6a2ea35d9",
}
