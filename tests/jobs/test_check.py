"""`segmentation check`: every feed tried, all problems together, nothing written."""

import json
from datetime import date
from pathlib import Path

import pytest

from jobs import check, foreseen, terminal
from segmentation import runs
from segmentation.errors import SourceError
from segmentation.settings import load
from segmentation.sources.newest import ENDS, WHOLE, Newest

ROOT = Path(__file__).parent.parent.parent
LINES = """
name: {name}
table: subscribers
location: {name}.csv
format: csv
columns: {{subscriber_id: {{key: phone, kind: subscriber}}, valid_from: {{date: since}}}}
received_at: {{timestamp: delivered}}
"""
TOP_UPS = """
name: top_ups
table: recharges
location: top_ups.csv
format: csv
columns:
  recharge_id: {row_key: hash}
  subscriber_id: {key: phone, kind: subscriber}
  day: {date: sold}
  recharge_amount: {number: amount, times: 100}
received_at: {timestamp: delivered}
references: {subscriber_id: subscribers}
"""


@pytest.fixture
def opened(spark, tmp_path):
    """A run over three sources: one whose feed lacks a column, one without its feed, and one that is fine."""
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing/lines.csv").write_text("phone,delivered\n999031415926,2025-01-02 03:00:00\n")
    (tmp_path / "landing/top_ups.csv").write_text(
        "phone,sold,amount,delivered\n"
        "999031415926,2025-01-05,10.50,2025-01-06 03:00:00\n"
        "999031415926,2025-02-05,10.5O,2025-02-06 03:00:00\n"
    )
    files = [tmp_path / f"{name}.yaml" for name in ("lines", "more_lines", "top_ups")]
    texts = (LINES.format(name="lines"), LINES.format(name="more_lines") + "optional: true\n", TOP_UPS)
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    places = [f"{name}={tmp_path / name}" for name in ("warehouse", "vault", "landing", "report", "logs")]
    sources = f"sources=[{', '.join(map(str, files))}]"
    return runs.new_run(spark, load(ROOT / "conf/local.yaml", [*places, sources]))


def test_all_feeds_are_tried_and_what_is_wrong_with_one_comes_at_the_end(opened, tmp_path):
    answer = check.run(opened)

    assert [one["source"] for one in answer.data["sources"]] == ["top_ups"]
    assert answer.data["sources"][0]["reasons"] == (
        ("not_null(recharge_amount): a value", 1),
        ("type(recharge_amount): bigint", 1),
    )
    assert answer.data["absent"] == ["more_lines"]
    assert isinstance(answer.broken, SourceError)
    assert "source lines" in str(answer.broken)
    assert not (tmp_path / "warehouse").exists()


def test_families_without_a_feed_are_told(opened):
    families = check.run(opened).data["families"]

    n_had, n_all = families["payg"]["recharge"]
    assert n_had == n_all > 0
    assert families["payg"]["usage"][0] == 0
    assert families["home"]["care"][0] == 0


def test_a_feature_without_a_column_is_told_with_the_column(opened):
    answer = check.run(opened)
    missing = answer.data["missing_features"]["payg"]

    assert "recharge_velocity" not in missing
    assert missing["expiry_recharge_share"] == ["recharges.expires_on"]
    assert missing["data_velocity"] == ["usage_daily"]
    assert answer.data["missing_features"]["home"]["age_years"] == ["service_spells", "subscribers"]
    assert answer.data["shown_families"]["payg"]["recharge"] == [8, 10]
    lines = [str(part) for part in answer.shown]
    assert "recharges.expires_on is not mapped: no expiry_recharge_share (payg)" in lines
    assert not any(line.startswith("usage_daily.") for line in lines)
    assert "plan, home: no line can be in it, since nothing fills service_spells" in lines


def test_the_newest_day_of_a_feed_is_told_beside_the_month_asked_for(opened):
    answer = check.run(opened)

    found = answer.data["newest"]["top_ups"]
    assert found["day"] == "2025-02-05"
    assert found["lag"] > 2
    assert any("too old" in str(part) for part in answer.shown)


@pytest.mark.parametrize(
    ("table", "newest", "lag", "told"),
    [
        ("recharges", date(2026, 9, 30), 1, "the month asked for is 2026-10: it would be late"),
        (
            "recharges",
            date(2026, 7, 31),
            3,
            "the month asked for is 2026-10: too old, what is made of it would be null",
        ),
        ("recharges", date(2026, 10, 1), 0, "the month asked for, 2026-10, is in it, without its last 30 days"),
        ("recharges", date(2026, 11, 3), 0, "the month asked for, 2026-10, is in it"),
        ("invoices", date(2026, 10, 31), 0, "the month asked for, 2026-10, is in it"),
    ],
)
def test_a_feed_of_events_whose_newest_day_lies_before_the_month_is_late(table, newest, lag, told):
    found = foreseen.month(table, Newest("day", newest, WHOLE), date(2026, 10, 31))

    assert (found.lag, found.told) == (lag, f"newest day in the whole feed: {newest}; {told}")


def test_what_holds_over_time_is_not_late_without_a_new_row():
    found = foreseen.month("devices", Newest("valid_from", date(2026, 3, 1), ENDS), date(2026, 10, 31))

    assert (found.lag, found.told) == (0, "newest valid_from in its first and its last file: 2026-03-01")


def test_a_month_may_end_on_any_day():
    found = foreseen.month("recharges", Newest("day", date(2026, 9, 9), WHOLE), date(2026, 10, 9))

    assert (found.lag, found.told.partition("; ")[2]) == (
        1,
        "the month asked for is that to 2026-10-09: it would be late",
    )


def test_the_answer_is_shown_before_the_error_that_ends_the_command(capsys):
    with pytest.raises(SystemExit) as end, terminal.ending(is_json=True, is_verbose=False) as ending:
        ending.answer = terminal.Answer((), {"sources": [1]}, SourceError("cannot be read", where="source lines"))

    assert end.value.code == 2
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["sources"] == [1]
    assert said["error"]["message"] == "source lines: cannot be read"
