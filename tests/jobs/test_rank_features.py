"""Features ranked by how much they tell segments apart, as a command over a small warehouse."""

import json
from pathlib import Path

import pytest
from command_line import ends_with
from pyspark.sql import functions as F
from two_kinds_of_lines import N_OF_A_KIND, OCTOBER, OFTEN, ROOT, opened, write_features

from segmentation.features import catalogue
from segmentation.profiles import description
from segmentation.settings import VerticalName
from segmentation.tables import built

pytestmark = pytest.mark.delta
PAYG = VerticalName.PAYG


@pytest.fixture(scope="module")
def warehouse(spark, tmp_path_factory) -> Path:
    """A base of two segments, told apart by how often they top up."""
    folder = tmp_path_factory.mktemp("ranked")
    at = opened(spark, folder)
    write_features(at)
    features = at.tables_at.read(catalogue.feature_table(PAYG), OCTOBER)
    is_often = F.col("recharges_per_month") > 5
    assigned = features.select("subscriber_id", F.when(is_often, "payg-01").otherwise("payg-02").alias("segment_id"))
    stamp = {"run_id": at.run_id, "computed_at": at.started_at}
    known = catalogue.for_vertical(PAYG)
    rows = description.profiles(assigned, features, known, vertical="payg", as_of=OCTOBER, **stamp)
    at.tables_at.replace(rows, built.SEGMENT_PROFILES, vertical="payg", as_of=OCTOBER)
    return folder


@pytest.fixture
def ranks(warehouse, monkeypatch, capsys):
    """The exit code and what was said last, for some more arguments."""
    monkeypatch.chdir(ROOT)
    places = [f"{name}={warehouse / name}" for name in ("warehouse", "vault", "landing", "report", "logs")]

    def said(*argv: str) -> tuple[int, str]:
        code = ends_with(["rank-features", *(part for place in places for part in ("--set", place)), *argv])
        out, err = capsys.readouterr()
        return code, out + err

    return said


def test_features_that_tell_the_segments_apart_come_first(ranks):
    code, said = ranks("--month", "2026-10", "--vertical", "payg", "--json")

    answer = json.loads(said.splitlines()[-1])
    found = answer["features"]["payg"]
    separations = [one["separation"] for one in found]
    assert (code, answer["as_of"]) == (0, "2026-10-31")
    # All lines of one kind lie below all of the other in each: no feature can tell two halves further apart.
    assert {one["feature"] for one in found[: len(OFTEN)]} == set(OFTEN)
    assert separations == sorted(separations, reverse=True)
    assert found[0]["separation"] > 0.7
    assert {one["n_known"] for one in found} == {2 * N_OF_A_KIND}


def test_people_see_the_strongest_in_words(ranks):
    code, said = ranks("--month", "2026-10", "--vertical", "payg", "--top", "2")

    names = [line for line in said.splitlines() if any(name in line for name in OFTEN)]
    assert code == 0
    assert len(names) == 2
    assert "separation" in said
    assert catalogue.by_name(next(name for name in OFTEN if name in names[0])).family in names[0]


def test_a_day_without_segments_is_an_error_that_says_what_to_do(ranks):
    code, said = ranks("--month", "2026-09", "--vertical", "payg")

    assert code == 2
    assert "no segments were published on this day" in said
    assert "segmentation run" in said
