"""`segmentation check`: every feed tried, all problems together, nothing written."""

import json
from pathlib import Path

import pytest

from jobs import check, terminal
from segmentation import runs
from segmentation.errors import SourceError
from segmentation.settings import load

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
    assert answer.data["sources"][0]["reasons"] == (("type(recharge_amount): bigint", 1),)
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


def test_the_answer_is_shown_before_the_error_that_ends_the_command(capsys):
    with pytest.raises(SystemExit) as end, terminal.ending(is_json=True, is_verbose=False) as ending:
        ending.answer = terminal.Answer((), {"sources": [1]}, SourceError("cannot be read", where="source lines"))

    assert end.value.code == 2
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["sources"] == [1]
    assert said["error"]["message"] == "source lines: cannot be read"
