"""`segmentation status`: what is there, and what the next run would make again."""

from dataclasses import replace

from two_kinds_of_lines import OCTOBER, opened, write_features

from jobs import assign_segments, freshness, ingest, status
from segmentation.runs import Run, new_run
from segmentation.segments import birth
from segmentation.settings import VerticalName
from segmentation.sources import source

PAYG = VerticalName.PAYG


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
    (tmp_path / "lines.yaml").write_text(
        "name: lines\ntable: subscribers\nlocation: lines.csv\nformat: csv\n"
        "columns: {subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}}\n"
        "received_at: {timestamp: delivered}\n"
    )
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
