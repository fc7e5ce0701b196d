"""How much of a planted truth is found again: scored on a base that anybody can tell apart."""

import json
from datetime import timedelta

import pytest
from two_kinds_of_lines import N_OF_A_KIND, OCTOBER, number, opened, write_features

from jobs import score
from segmentation.errors import DataError, SettingsError
from segmentation.privacy.tokens import token_of
from segmentation.runs import Run
from segmentation.segments import birth, scoring
from segmentation.settings import VerticalName
from segmentation.tables import built, care

pytestmark = pytest.mark.delta
PAYG = VerticalName.PAYG
NAMES = {"often": "Frequent Small Rechargers", "rarely": "Bulk Rechargers / Mid-Tier Prepaid"}


@pytest.fixture(scope="module")
def at(spark, tmp_path_factory) -> Run:
    run = opened(spark, tmp_path_factory.mktemp("scored"))
    write_features(run)
    stamp = (run.run_id, run.started_at)
    birth.fit_and_name(run.tables_at, run.settings, PAYG, OCTOBER, *stamp)
    scoring.score_and_publish(run.tables_at, run.settings, PAYG, OCTOBER, *stamp)
    return run


def _plant(at: Run, names: dict[str, str]) -> None:
    secret = at.settings.secret.key()
    rows = [
        {"vertical": "payg", "subscriber_id": token_of(secret, "subscriber", number(kind, n)), "as_of": OCTOBER}
        | {"segment_name": name, "is_moving": False}
        for kind, name in names.items()
        for n in range(N_OF_A_KIND)
    ]
    at.tables_at.replace(at.tables_at.rows(built.TRUTH_SEGMENTS, rows), built.TRUTH_SEGMENTS, as_of=OCTOBER)


def test_a_clear_base_is_found_named_and_told_in_the_last_line(at):
    _plant(at, NAMES)

    answer = score.run(at)

    assert answer.data == {"payg": {"ari": 1.0, "baseline_ari": 1.0, "oracle_ari": 1.0, "name_accuracy": 1.0}}
    assert json.loads(answer.shown[-1]) == answer.data


def test_a_wrong_name_costs_names_and_nothing_else(at):
    _plant(at, {"often": NAMES["rarely"], "rarely": "Churn Risk"})

    found = score.score(at)["payg"]

    assert (found["ari"], found["name_accuracy"]) == (1.0, 0.0)


def test_totals_that_are_counted_again_after_an_erasure_say_so_once(at):
    def described(started_at):
        return scoring.describe(at.tables_at, PAYG, OCTOBER, at.run_id, started_at)

    first = described(at.started_at)
    later = at.started_at + timedelta(hours=1)
    receipt = {"receipt": "r", "subscriber_id": "gone", "erased_at": later, "kept_hours": 0}
    at.tables_at.append(at.tables_at.rows(care.ERASURES, [receipt]), care.ERASURES)
    second, third = described(later + timedelta(hours=1)), described(later + timedelta(hours=2))

    assert (first, third) == ([], [])
    assert second == [
        "payg 2026-10-31: the totals published before are counted again, without what 1 lines erased since then "
        "added to them"
    ]


def test_without_a_truth_there_is_nothing_to_score(at):
    _plant(at, {})

    with pytest.raises(DataError, match="no truth"):
        score.score(at)


def test_figures_of_several_seeds_are_averaged():
    seeds = [{"payg": {"ari": 0.5, "name_accuracy": 1.0}}, {"payg": {"ari": 0.7, "name_accuracy": 0.9}}]

    assert score.mean_scores(seeds) == {"payg": {"ari": 0.6, "name_accuracy": 0.95}}


def test_seeds_that_are_no_numbers_are_refused(at):
    with pytest.raises(SettingsError, match="--seeds"):
        score.run(at, seeds="1,two")
