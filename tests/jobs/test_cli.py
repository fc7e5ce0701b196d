import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import ends_with

from jobs import cli, terminal
from jobs.arguments import auto_or_number
from segmentation.errors import DataError, SettingsError

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("SEGMENTATION_DATA", raising=False)
    monkeypatch.delenv("SEGMENTATION_SECRET", raising=False)
    monkeypatch.setenv("COLUMNS", "200")


@pytest.mark.parametrize("command", [command.name for command in cli.COMMANDS])
def test_every_command_explains_itself_with_an_example(command, capsys):
    assert ends_with([command, "--help"]) == 0

    said = capsys.readouterr().out
    assert f"segmentation {command}" in said
    assert "--json" in said


@pytest.mark.parametrize(("file", "name"), [("build_features", "build-features"), ("pipeline", "run")])
def test_a_command_also_goes_by_the_name_of_its_file(file, name, capsys):
    assert ends_with([file, "--help"]) == 0

    assert f"segmentation {name}" in capsys.readouterr().out


def test_a_wrong_setting_ends_with_2_and_every_problem_but_no_traceback(capsys):
    code = ends_with(["run", "--set", "periods.first=2026-13", "--set", "warehose=x"])

    said = capsys.readouterr()
    assert code == 2
    assert "periods.first" in said.err
    assert "warehose" in said.err
    assert "Traceback" not in said.err


def test_problems_of_several_files_come_together_and_before_spark(capsys, tmp_path):
    source = tmp_path / "raising.yaml"
    source.write_text(
        "name: raising\ntable: products\nlocation: x\nformat: csv\ncolumns:\n  product_id: cast(a as string)\n"
    )

    code = ends_with(["ingest", "--set", f"sources=['{source}','nowhere.yaml']", "--set", "archetypes=gone.yaml"])

    said = capsys.readouterr().err
    assert code == 2
    for name in ("raising.yaml", "nowhere.yaml", "gone.yaml"):
        assert name in said


def test_with_json_the_last_line_of_an_error_is_one_object(capsys):
    ends_with(["settings", "--json", "--conf-file", "nowhere.yaml"])

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["error"]["kind"] == "SettingsError"
    assert "nowhere.yaml" in last["error"]["message"]


def test_with_json_a_wrong_option_is_an_object_too(capsys):
    assert ends_with(["tables", "--json", "--nonsense"]) == 2

    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"]["kind"] == "UsageError"


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["--month", "2026-1"], "--month"),
        (["--month", "2026-10", "--as-of", "2026-10-31"], "not both"),
        (["--as-of", "yesterday"], "--as-of"),
        (["--conf-file", "conf/real/online_retail.yaml", "--data", "x", "--vertical", "home"], "no such vertical"),
        (["--conf-file", "conf/real/online_retail.yaml"], "--data"),
        (["--conf-file", "conf/cluster.yaml"], "SEGMENTATION_SECRET"),
    ],
)
def test_what_cannot_be_run_is_said_before_spark_starts(argv, named, capsys):
    assert ends_with(["build-features", *argv]) == 2

    assert named in capsys.readouterr().err


def test_settings_are_shown_without_the_secret(capsys):
    ends_with(["settings", "--json", "--set", "synthetic.n_lines=777"])

    said = capsys.readouterr().out
    assert json.loads(said.splitlines()[-1])["synthetic"]["n_lines"] == 777
    assert "plain-sight" not in said


def test_every_key_is_explained(capsys):
    ends_with(["settings", "--explain"])

    said = capsys.readouterr().out
    assert "periods.history_from" in said
    assert "Where the tables lie" in said


def test_one_table_is_shown_with_its_columns(capsys):
    ends_with(["tables", "segment_assignments"])
    for_people = capsys.readouterr().out
    ends_with(["tables", "segment_assignments", "--json"])
    for_programs = json.loads(capsys.readouterr().out.splitlines()[-1])

    assert "runner_up_segment_id" in for_people
    assert for_programs["grain"] == ["vertical", "subscriber_id", "as_of", "correction"]


@pytest.mark.parametrize(
    ("broken", "code"), [(DataError("nothing there"), 2), (ZeroDivisionError("no"), 1), (KeyboardInterrupt(), 130)]
)
def test_the_exit_code_says_who_can_mend_it(broken, code, capsys):
    with pytest.raises(SystemExit) as end, terminal.ending(is_json=False, is_verbose=False):
        raise broken

    assert end.value.code == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_traceback_is_shown_when_asked_for(capsys):
    with pytest.raises(SystemExit), terminal.ending(is_json=False, is_verbose=True):
        raise ZeroDivisionError("no")

    assert "Traceback" in capsys.readouterr().err


def test_what_a_child_process_says_goes_to_the_file_and_is_shown_when_it_breaks(tmp_path, capfd):
    quiet, loud = tmp_path / "quiet.log", tmp_path / "loud.log"
    with terminal.chatter_to(quiet):
        subprocess.run(["echo", "chatter"], check=True)
    kept_quiet = capfd.readouterr()

    with pytest.raises(RuntimeError), terminal.chatter_to(loud):
        subprocess.run(["echo", "the reason"], check=True)
        raise RuntimeError

    assert (kept_quiet.out, quiet.read_text()) == ("", "chatter\n")
    assert "the reason" in capfd.readouterr().err


@pytest.mark.parametrize("version", [None, "1.8.0_392", "24.0.1"])
def test_without_a_java_that_spark_knows_the_remedy_is_named(tmp_path, version):
    if version is not None:
        java = tmp_path / "bin/java"
        java.parent.mkdir()
        java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025-04-15' >&2\n")
        java.chmod(0o755)
    environment = {**os.environ, "JAVA_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    environment.pop("SPARK_ENV_LOADED", None)
    asked = [sys.executable, "-m", "jobs.doctor", "--json", "--set", f"logs={tmp_path}"]

    done = subprocess.run(asked, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "failed" in done.stderr
    assert "install OpenJDK 17" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["error"]["kind"] == "PlatformError"


@pytest.mark.parametrize("text", ["0", "-1", "2.5", "many", ""])
def test_a_number_of_segments_is_auto_or_whole(text):
    with pytest.raises(SettingsError):
        auto_or_number(text, "--segments")


def test_a_run_that_is_asked_to_end_gives_its_lock_back(tmp_path):
    waiting = (
        "import sys, time; from pathlib import Path; from jobs import terminal; from segmentation.tables import held\n"
        "terminal.raise_on_termination()\n"
        "with terminal.ending(is_json=False, is_verbose=False), held(Path(sys.argv[1]), 'run'):\n"
        "    print('held', flush=True); time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    run = subprocess.Popen(
        [sys.executable, "-c", waiting, tmp_path], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout.readline() == "held\n"

    run.terminate()

    assert run.wait() == 143
    assert not (tmp_path / "_run.lock").exists()


def test_features_are_told_by_vertical_and_family_and_one_in_full(capsys):
    ends_with(["features", "--json", "--vertical", "plan", "--family", "salary"])
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])["features"]
    ends_with(["features", "recharge_regularity"])
    in_full = capsys.readouterr().out

    assert [one["name"] for one in listed] == ["salary_bracket", "salary_change", "spending_for_salary"]
    assert "null means" in in_full
    assert "fitted on in" in in_full


@pytest.mark.parametrize(("argv", "expected"), [(["nope"], "catalogue"), (["--family", "nope"], "recharge")])
def test_a_feature_or_family_that_is_not_there_is_named(argv, expected, capsys):
    assert ends_with(["features", *argv]) == 2

    said = capsys.readouterr().err
    assert "nope" in said
    assert expected in said
