"""`segmentation status`: what is there, and what the next run would make again."""

from dataclasses import replace

from two_kinds_of_lines import OCTOBER, opened, write_features

from jobs import assign_segments, freshness, ingest, status
from segmentation.runs import Run, new_run
from segmentation.segments import birth
from segmentation.settings import VerticalName
from segmentation.sources import source

PAYG = VerticalName.PAYG
LINES = """
name: lines
table: subscribers
location: lines.csv
format: csv
columns: {subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}}
received_at: {timestamp: delivered}
"""


def states(at: Run) -> tuple[str, str]:
    later = new_run(at.spark, at.settings, verticals=at.verticals, as_of_days=at.as_of_days)
    day = next(one for one in status.run(later).data["days"] if one["as_of"] == OCTOBER.isoformat())
    return day["features"], day["segments"]


def test_a_day_is_current_until_what_it_was_made_from_changes(spark, tmp_path):
    at = opened(spark, tmp_path)
    assert states(at) == ("none", "none")

    write_features(at)
    with at.step("build_features", OCTOBER, fingerprint=freshness.of_features(at, OCTOBER)):
        pass
    birth.fit_and_name(at.tables_at, at.settings, PAYG, OCTOBER, at.run_id, at.started_at)
    assert states(at) == ("current", "none")

    assign_segments.run(at)
    assert states(at) == ("current", "current")
    found = status.run(at).data
    assert found["models"]["payg"]["fitted_as_of"] == OCTOBER.isoformat()
    assert (found["days"][-1]["correction"], found["days"][-1]["n_lines"] > 0) == (0, True)

    birth.fit_and_name(at.tables_at, at.settings, PAYG, OCTOBER, "a refit", at.started_at)
    assert states(at) == ("current", "stale")


def test_a_feed_says_whether_the_next_run_will_take_it_in(spark, tmp_path):
    at = opened(spark, tmp_path)
    at.settings.landing.mkdir(parents=True)
    (tmp_path / "lines.yaml").write_text(LINES)
    at = replace(at, settings=at.settings.model_copy(update={"sources": [tmp_path / "lines.yaml"]}))
    feed = at.settings.landing / "lines.csv"

    def of_feed():
        one = status.run(at).data["feeds"][0]
        return one["in_landing"], one["n_written"], one["newest_arrival"]

    assert of_feed() == ("nothing", 0, None)
    feed.write_text("phone,since,delivered\n999031415926,2025-01-01,2025-01-02 12:00:00\n")
    assert of_feed() == ("another", 0, None)
    ingest.take_in(at, source.load(tmp_path / "lines.yaml"))
    assert of_feed() == ("the same", 1, "2025-01-02")
    feed.write_text("phone,since,delivered\n999031415927,2025-01-01,2025-02-02 12:00:00\n")
    assert of_feed() == ("another", 1, "2025-01-02")
    feed.unlink()
    assert of_feed() == ("nothing", 1, "2025-01-02")


TOP_UPS = """
name: top_ups
table: recharges
location: top_ups.csv
format: csv
columns:
  recharge_id: {key: ref, kind: record}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: 500
received_at: {timestamp: delivered}
references: {subscriber_id: subscribers}
"""


def test_a_feed_says_why_what_was_taken_in_will_be_again(spark, tmp_path):
    at = opened(spark, tmp_path)
    at.settings.landing.mkdir(parents=True)
    lines, top_ups = tmp_path / "lines.yaml", tmp_path / "top_ups.yaml"
    lines.write_text(LINES)
    top_ups.write_text(TOP_UPS)
    (at.settings.landing / "lines.csv").write_text(
        "phone,since,delivered\n999031415926,2025-01-01,2025-01-02 12:00:00\n"
    )
    sold = "ref,phone,sold,delivered\nT1,999031415926,2025-02-01,2025-02-02 12:00:00\n"
    (at.settings.landing / "top_ups.csv").write_text(sold)
    at = replace(at, settings=at.settings.model_copy(update={"sources": [lines, top_ups]}))

    def again():
        return [one["again"] for one in status.run(at).data["feeds"]]

    ingest.run(at)
    assert again() == [None, None]
    lines.write_text(LINES.replace("{date: since}", "{date: trim(since)}"))
    assert again() == ["mapping", None]
    ingest.take_in(at, source.load(lines))
    assert again() == [None, None]
    (at.settings.landing / "lines.csv").write_text(
        "phone,since,delivered\n999031415926,2025-01-01,2025-03-02 12:00:00\n"
    )
    ingest.take_in(at, source.load(lines))
    assert again() == [None, "keys"]
    unreadable = at.settings.secret.model_copy(update={"demo_key": None, "environment": "NO_SUCH_SECRET"})
    at = replace(at, settings=at.settings.model_copy(update={"secret": unreadable}))
    assert again() == [None, None]
