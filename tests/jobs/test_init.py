"""`segmentation init`: a folder to begin with that loads as it stands, and nothing overwritten."""

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import check, init
from jobs.arguments import ConfOptions
from jobs.checking import checked
from segmentation import runs
from segmentation.errors import SettingsError
from segmentation.settings import read_yaml
from segmentation.sources import source, starter
from segmentation.tables import clean

ROOT = Path(__file__).parents[2]
A_COLUMN_LEFT_OUT = re.compile(r"^  # (\w+: )", re.MULTILINE)


def test_what_is_written_loads_with_all_it_names(tmp_path):
    answer = init.run(None, tmp_path / "Zażółć #1: {x}", last="2026-10")

    settings = checked(ConfOptions(conf_file=Path(answer.data["conf_file"])), needs_secret=True)
    assert settings.operator == "Zażółć #1: {x}"
    assert settings.landing == tmp_path / "Zażółć #1: {x}" / "landing"
    assert (settings.periods.history_from, settings.periods.first, settings.periods.last) == (
        "2025-11",
        "2026-08",
        "2026-10",
    )
    assert settings.secret.demo_key is None


def test_there_is_a_source_for_every_feed_that_something_is_made_from(tmp_path):
    init.run(None, tmp_path / "yours")

    of_the_operator = {path.stem for path in Path("conf/sources").glob("*.yaml")}
    assert {path.stem for path in (tmp_path / "yours/sources").iterdir()} == of_the_operator - {
        "acquisition",
        "campaign_contacts",
    }


def test_the_secret_is_random_readable_by_its_owner_alone_and_never_shown(tmp_path):
    answers = [init.run(None, tmp_path / name) for name in ("one", "two")]

    keys = [(tmp_path / name / "secret.key").read_text().strip() for name in ("one", "two")]
    assert keys[0] != keys[1]
    assert len(keys[0]) == 64
    assert stat.S_IMODE((tmp_path / "one/secret.key").stat().st_mode) == 0o600
    assert keys[0] not in json.dumps(answers[0].data)
    assert "secret.key" in (tmp_path / "one/.gitignore").read_text()


def test_a_folder_that_holds_anything_is_left_as_it_is(tmp_path):
    (tmp_path / "yours").mkdir()
    (tmp_path / "yours/operator.yaml").write_text("mine")

    with pytest.raises(SettingsError, match="there is something already"):
        init.run(None, tmp_path / "yours")

    assert [path.name for path in tmp_path.rglob("*")] == ["yours", "operator.yaml"]
    assert (tmp_path / "yours/operator.yaml").read_text() == "mine"


def test_it_can_be_called_in_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    init.run(None, Path("yours"))

    assert [name for name in (*init.COPIED, "operator.yaml") if not (tmp_path / "yours" / name).is_file()] == []


def test_what_it_copies_is_packed_into_the_wheel(tmp_path):
    pytest.importorskip("setuptools")

    built = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(built, cwd=ROOT, check=True, capture_output=True)

    assert [name for name in init.COPIED if not (tmp_path / "segmentation/conf" / name).is_file()] == []


def test_a_month_that_is_none_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="a month like 2026-10"):
        init.run(None, tmp_path / "yours", last="2026-13")


@pytest.mark.parametrize("table", clean.TABLES, ids=lambda table: table.name)
def test_a_source_can_be_used_with_and_without_the_columns_that_may_be_left_out(table, tmp_path):
    text = starter.starter(table)
    (tmp_path / "as_it_is.yaml").write_text(text)
    (tmp_path / "whole.yaml").write_text(A_COLUMN_LEFT_OUT.sub(r"  \1", text))

    for name in ("as_it_is", "whole"):
        assert source.load(tmp_path / f"{name}.yaml").table == table.name
    everything = read_yaml(tmp_path / "whole.yaml")["columns"]
    assert list(everything) == [name for name in table.column_names if name not in ("received_at", "feed_id")]


def test_a_feed_with_columns_of_these_names_is_taken_as_it_is(spark, tmp_path):
    answer = init.run(None, tmp_path / "yours", last="2026-10")
    feeds = tmp_path / "yours/landing"
    (feeds / "subscribers").mkdir()
    (feeds / "subscribers/all.csv").write_text(
        "subscriber_id,valid_from,received_at\n999031415926,2026-01-01,2026-01-02 03:00:00\n"
    )

    settings = checked(ConfOptions(conf_file=Path(answer.data["conf_file"])), needs_secret=True)
    tried = check.run(runs.new_run(spark, settings))

    assert tried.broken is None
    assert [(one["source"], one["accepted"]) for one in tried.data["sources"]] == [("subscribers", 1)]
    assert "usage_daily" in tried.data["absent"]
