"""The two doors through their command line: exit code, the JSON of the last line, and what lies in the folder."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command_line import ends_with

from jobs import cluster, communities, terminal
from segmentation.evaluation.agreement import adjusted_rand
from tests.clustering.nodes import planted

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture(autouse=True)
def _in_the_project(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)


def lines() -> tuple[pd.DataFrame, np.ndarray]:
    """Lines whose names need quotes in a CSV."""
    points, truth, keys = planted(n_rows=160)
    table = pd.DataFrame(points, columns=["calls", "data", "visits", "spend"])
    return table.assign(line=[f'{key}, "north"\nside' for key in keys]), truth


def written(out: Path) -> tuple[pd.DataFrame, dict]:
    return pd.read_parquet(out / "labels"), json.loads((out / "metrics.json").read_text(encoding="utf-8"))


def last_json(capsys: pytest.CaptureFixture[str]) -> dict:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(capsys.readouterr().out.splitlines()[-1], parse_constant=refuse)


def options(**given: object) -> list[str]:
    return [part for name, value in given.items() for part in (f"--{name}", str(value))]


@pytest.mark.parametrize(
    ("method", "file"), [("kmeans", "lines.csv"), ("ward", "lines.csv.gz"), ("mixture", "lines.parquet")]
)
def test_lines_are_clustered_by_every_method_from_every_kind_of_file(method, file, tmp_path, capsys):
    given, truth = lines()
    source, out = tmp_path / file, tmp_path / "out"
    given.to_parquet(source) if file.endswith("parquet") else given.to_csv(source, index=False)

    told = options(input=source, id="line", columns="calls, data,visits,spend", method=method, segments=4, out=out)
    code = ends_with(["cluster", *told, "--json"])

    said = last_json(capsys)
    labels, metrics = written(out)
    found = given[["line"]].merge(labels, left_on="line", right_on="id", how="left", validate="1:1")
    assert code == 0
    assert said == metrics
    assert (metrics["method"], metrics["n_rows"], metrics["n_clusters"]) == (method, 160, 4)
    assert adjusted_rand(truth, found["label"]) > 0.9
    assert ("probability" in labels) == (method == "mixture")


def test_a_number_given_by_hand_is_kept_for_a_mixture_of_a_few_rows(tmp_path, capsys):
    given = lines()[0].head(24)
    given.to_csv(tmp_path / "few.csv", index=False)

    told = options(input=tmp_path / "few.csv", id="line", columns="calls,data,visits,spend", out=tmp_path / "out")
    cluster.main([*told, *options(method="mixture", segments=5), "--json"])

    labels, metrics = written(tmp_path / "out")
    assert last_json(capsys)["n_clusters"] == metrics["n_clusters"] == 5
    assert set(labels["label"]) <= set(range(5))
    assert any("at most 4 segments" in text for text in metrics["warnings"])


def test_what_is_infinite_is_null_in_the_last_line(tmp_path, capsys):
    pd.DataFrame({"line": range(8), "calls": [1, 7] * 4}).to_csv(tmp_path / "two.csv", index=False)

    told = options(input=tmp_path / "two.csv", id="line", columns="calls", segments=2, out=tmp_path / "out")
    code = ends_with(["cluster", *told, *options(method="ward"), "--json"])

    assert code == 0
    assert last_json(capsys)["indices"]["calinski_harabasz"] is None


def test_communities_are_found_and_told(tmp_path, capsys):
    edges = [(a, b) for group in ("abcd", "uvw") for a in group for b in group if a < b] + [("d", "u")]
    pd.DataFrame(edges, columns=["from", "to"]).to_csv(tmp_path / "ties.csv.gz", index=False)

    out = tmp_path / "out"
    communities.main([*options(edges=tmp_path / "ties.csv.gz", source="from", target="to", seed=7, out=out), "--json"])

    labels, metrics = written(out)
    assert last_json(capsys) == metrics
    assert (metrics["seed"], metrics["n_nodes"], metrics["n_edges"]) == (7, 7, 10)
    assert dict(zip(labels["node"], labels["label"], strict=True)) == dict.fromkeys("abcd", 0) | dict.fromkeys("uvw", 1)


def test_a_file_in_the_place_of_the_answer_ends_with_2(tmp_path, capsys):
    taken = tmp_path / "ties.csv"
    pd.DataFrame([("a", "b")], columns=["from", "to"]).to_csv(taken, index=False)

    code = ends_with(["communities", *options(edges=taken, source="from", target="to", out=taken), "--json"])

    assert code == 2
    assert last_json(capsys)["error"]["kind"] == "DataError"


def test_numbers_that_json_cannot_tell_are_null_at_the_end_of_any_command(capsys):
    with terminal.ending(is_json=True, is_verbose=False) as ending:
        ending.answer = terminal.Answer((), {"score": float("nan"), "more": [1.5, float("-inf")], "day": "x"})

    assert last_json(capsys) == {"score": None, "more": [1.5, None], "day": "x"}


def test_the_log_of_mlflow_goes_to_the_file_and_its_warnings_to_the_terminal(tmp_path):
    program = """
import logging, pathlib, sys
from jobs import terminal
with terminal.ending(is_json=False, is_verbose=False):
    terminal.log_to_file(pathlib.Path(sys.argv[1]), "run")
    import mlflow
    logging.getLogger("mlflow.store.db.utils").info("Creating initial tables")
    logging.getLogger("mlflow.store.db.utils").warning("a table is old")
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )

    log = (tmp_path / "run.log").read_text(encoding="utf-8")
    assert "Creating initial tables" in log
    assert "Creating" not in done.stderr + done.stdout
    assert "a table is old" in done.stderr
