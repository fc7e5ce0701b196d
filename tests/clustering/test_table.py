"""`segmentation cluster`: any table of numbers in, labels and metrics out."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import SparkSession

from segmentation.clustering import table
from segmentation.clustering.files import read_table
from segmentation.errors import DataError
from segmentation.evaluation.agreement import adjusted_rand
from tests.clustering.nodes import planted

COLUMNS = ["calls", "data use", "visits", "spend"]


def lines() -> tuple[pd.DataFrame, np.ndarray]:
    points, truth, keys = planted(n_rows=240)
    return pd.DataFrame(points * [1, 10, 100, 1000], columns=COLUMNS).assign(line=keys), truth


def clustered(spark: SparkSession, path: Path, out: Path, **asked) -> tuple[pd.DataFrame, dict]:
    given = {"columns": COLUMNS, "method": "ward", "segments": 4, "scaling": "standard", "seed": 1} | asked
    metrics = table.cluster_table(spark, path, "line", out=out, **given)
    assert json.loads((out / "metrics.json").read_text(encoding="utf-8")) == json.loads(json.dumps(metrics))
    return pd.read_parquet(out / "labels").sort_values("id", ignore_index=True), metrics


@pytest.mark.parametrize("method", ["ward", "mixture"])
def test_a_zipped_csv_gets_a_label_for_every_id(spark: SparkSession, tmp_path: Path, method: str):
    given, truth = lines()
    given.to_csv(tmp_path / "lines.csv.gz", index=False)

    labels, metrics = clustered(spark, tmp_path / "lines.csv.gz", tmp_path / "out", method=method)

    assert labels["id"].tolist() == given["line"].tolist()
    assert adjusted_rand(truth, labels["label"]) > 0.9
    assert set(labels["label"]) == {0, 1, 2, 3}
    assert labels.columns.tolist() == ["id", "label", *(["probability"] if method == "mixture" else []), "is_outlier"]
    assert metrics["n_clusters"] == 4


def test_scaling_lets_every_column_count(spark: SparkSession, tmp_path: Path):
    given, truth = lines()
    given.to_parquet(tmp_path / "lines.parquet")

    by_scaling = {
        scaling: clustered(spark, tmp_path / "lines.parquet", tmp_path / scaling, scaling=scaling)[0]["label"]
        for scaling in ("none", "standard")
    }

    assert adjusted_rand(truth, by_scaling["none"]) < 0.6
    assert adjusted_rand(truth, by_scaling["standard"]) > 0.9


def test_robust_scaling_is_not_led_by_one_absurd_value(spark: SparkSession, tmp_path: Path):
    truth = np.arange(240) % 4
    noise = np.random.default_rng(3).normal(size=(240, 2))
    points = np.column_stack([truth % 2 * 8.0, truth // 2 * 8.0]) + noise
    points[0, 0] = 10_000.0
    given = pd.DataFrame(points, columns=["calls", "visits"]).assign(line=[f"s{row:04d}" for row in range(240)])
    given.to_parquet(tmp_path / "lines.parquet")
    asked = {"columns": ["calls", "visits"], "segments": 5}

    by_scaling = {
        scaling: clustered(spark, tmp_path / "lines.parquet", tmp_path / scaling, scaling=scaling, **asked)[0]["label"]
        for scaling in ("standard", "robust")
    }

    assert adjusted_rand(truth, by_scaling["standard"]) < 0.6
    assert adjusted_rand(truth, by_scaling["robust"]) > 0.9


def test_gaps_are_filled_and_counted_and_a_number_given_by_hand_is_kept(spark: SparkSession, tmp_path: Path):
    given, _ = lines()
    given.loc[[0, 1, 2], "calls"] = [np.nan, np.inf, np.nan]
    given.assign(line=range(len(given))).to_parquet(tmp_path / "lines.parquet")

    labels, metrics = clustered(spark, tmp_path / "lines.parquet", tmp_path / "out", segments=6)

    assert labels["id"].dtype == "int64"
    assert metrics["imputed"] == {"calls": 3}
    assert labels["label"].nunique() == metrics["n_clusters"] == 6
    assert "at most 4 segments can be trusted" in metrics["warnings"][0]


def test_auto_takes_few_clusters_of_a_small_table_and_says_so(spark: SparkSession, tmp_path: Path):
    given, _ = lines()
    in_one_unit = given.assign(**given[COLUMNS] / [1, 10, 100, 1000])
    in_one_unit.to_csv(tmp_path / "lines.csv", index=False)

    _, metrics = clustered(spark, tmp_path / "lines.csv", tmp_path / "out", segments="auto", scaling="none")

    assert metrics["n_clusters"] == 4
    assert [candidate["n_clusters"] for candidate in metrics["candidates"]] == [2, 3, 4]
    assert "more than 4 segments were not tried" in metrics["warnings"][0]


def test_everything_that_is_wrong_with_a_table_is_said_at_once_without_a_value(spark: SparkSession, tmp_path: Path):
    given, _ = lines()
    broken = given.astype({"calls": "object"})
    broken.loc[5, "calls"] = "secret"
    broken.loc[7, "line"] = broken.loc[6, "line"]
    broken.assign(spend=None).to_csv(tmp_path / "broken.csv", index=False)

    with pytest.raises(DataError) as told:
        clustered(spark, tmp_path / "broken.csv", tmp_path / "out")

    for part in ("calls holds text that is no number in 1 rows", "spend holds no value", "1 of 240 ids"):
        assert part in told.value.found
    assert "secret" not in str(told.value)


def test_columns_and_files_that_are_not_there_are_named(spark: SparkSession, tmp_path: Path):
    given, _ = lines()
    given.to_csv(tmp_path / "lines.csv", index=False)
    (tmp_path / "empty").mkdir()

    with pytest.raises(DataError, match="2 columns are not there"):
        clustered(spark, tmp_path / "lines.csv", tmp_path / "out", columns=["calls", "height", "weight"])
    with pytest.raises(DataError, match="no such file"):
        read_table(spark, tmp_path / "nowhere.csv")
    (tmp_path / "blank.csv").write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="the file is empty"):
        read_table(spark, tmp_path / "blank.csv")
    with pytest.raises(DataError, match="no table that can be read"):
        read_table(spark, tmp_path / "empty")


def test_too_few_rows_are_an_error(spark: SparkSession, tmp_path: Path):
    lines()[0].head(3).to_csv(tmp_path / "few.csv", index=False)

    with pytest.raises(DataError, match="cannot be clustered"):
        clustered(spark, tmp_path / "few.csv", tmp_path / "out")


def test_a_quoted_line_break_a_comma_and_a_quote_stay_in_their_cell(spark: SparkSession, tmp_path: Path):
    file = tmp_path / "notes.csv"
    file.write_text('line,note\n1,"two\nlines"\n2,"a, b"\n3,"he said ""no"""\n', encoding="utf-8")

    found = read_table(spark, file).collect()

    assert [tuple(row) for row in found] == [("1", "two\nlines"), ("2", "a, b"), ("3", 'he said "no"')]


def test_line_ends_of_windows_and_blank_lines_make_no_rows(spark: SparkSession, tmp_path: Path):
    (tmp_path / "lines.csv").write_bytes(b'line,note\r\n1,"two\r\nlines"\r\n2,b\r\n\r\n')

    found = read_table(spark, tmp_path / "lines.csv").collect()

    assert [(row["line"], row["note"].split()) for row in found] == [("1", ["two", "lines"]), ("2", ["b"])]


@pytest.mark.parametrize("bad", ["s2,1,2,secret", "s2,secret", 's2,"secret,2'])
def test_rows_of_a_csv_that_do_not_fit_are_counted_and_not_shown(spark: SparkSession, tmp_path: Path, bad: str):
    file = tmp_path / "broken.csv"
    file.write_text(f"line,calls,visits\ns1,1,2\n{bad}\n", encoding="utf-8")

    with pytest.raises(DataError, match="1 of 2 rows do not fit the header") as told:
        read_table(spark, file)

    assert "3 cells in every row" in told.value.expected
    assert "secret" not in str(told.value)


def test_nothing_within_the_clusters_is_null_and_no_infinity(spark: SparkSession, tmp_path: Path):
    given = pd.DataFrame({"line": range(40), "calls": [0.0, 5.0] * 20, "visits": [1.0, 9.0] * 20})
    given.to_parquet(tmp_path / "lines.parquet")

    _, metrics = clustered(spark, tmp_path / "lines.parquet", tmp_path / "out", columns=["calls", "visits"], segments=2)

    assert metrics["indices"]["calinski_harabasz"] is None
    assert metrics["indices"]["silhouette"] == pytest.approx(1.0)
    assert "Infinity" not in (tmp_path / "out" / "metrics.json").read_text(encoding="utf-8")


def test_a_column_without_quartiles_is_scaled_by_its_deviation_and_said(spark: SparkSession, tmp_path: Path):
    rng = np.random.default_rng(3)
    truth = np.arange(240) % 2
    rarely = np.where(np.arange(240) % 12 == 0, 5000.0, 0.0)
    given = pd.DataFrame({"line": range(240), "calls": truth * 8 + rng.normal(size=240), "rarely": rarely, "one": 1.0})
    given.to_parquet(tmp_path / "lines.parquet")

    labels, metrics = clustered(
        spark,
        tmp_path / "lines.parquet",
        tmp_path / "out",
        columns=["calls", "rarely", "one"],
        segments=3,
        scaling="robust",
    )

    assert [text for text in metrics["warnings"] if "standard deviation" in text] == [
        "column rarely: its quartiles are equal, so it was scaled by its standard deviation"
    ]
    assert adjusted_rand(truth[rarely == 0], labels["label"][rarely == 0]) > 0.9


def test_an_answer_that_cannot_be_written_is_said_before_the_work(spark: SparkSession, tmp_path: Path):
    (tmp_path / "taken").write_text("mine", encoding="utf-8")

    for out in (tmp_path / "taken", tmp_path / "taken" / "deeper"):
        with pytest.raises(DataError, match="the answer cannot be written") as told:
            clustered(spark, tmp_path / "nowhere.csv", out)
        assert "is a file" in told.value.found

    assert (tmp_path / "taken").read_text(encoding="utf-8") == "mine"
