"""What the generator planted in two operators, found again by the jobs: small operators, the bars of the full size."""

from collections.abc import Iterator

import pytest
from pyspark.sql import functions as F

from jobs import score
from segmentation import runs
from segmentation.runs import Run
from segmentation.segments.publication import current_assignments
from segmentation.settings import VerticalName, load
from segmentation.tables import built
from tests.jobs.processes import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.delta, pytest.mark.graph]
SMALL = ["synthetic.n_lines=6000", "periods.history_from=2026-04", "periods.first=2026-09", "periods.last=2026-10"]
SEED = 5
OF_THE_ORACLE = {"payg": 0.75, "plan": 0.75, "home": 0.60}
ORACLE = (0.80, 0.95)
"""A world that a taught classifier cannot read is hopeless, one that it reads without fault is no test."""
NAMED_RIGHT = 0.70
WHERE_NOTHING_WAS_FITTED = 0.9


def segmented(spark, conf_file: str) -> Iterator[Run]:
    settings = load(ROOT / conf_file, SMALL)
    at = runs.new_run(spark, settings, as_of_days=tuple(settings.periods.as_of_days))
    with score.generated(at, SEED) as operator:
        yield operator


@pytest.fixture(scope="module")
def demo(spark) -> Iterator[Run]:
    yield from segmented(spark, "conf/local.yaml")


@pytest.fixture(scope="module")
def stranger(spark) -> Iterator[Run]:
    """Another currency, other shares, a segment that is not there and one that nobody has a name for."""
    yield from segmented(spark, "conf/other_operator.yaml")


def shortfalls(scores: score.Scores, part: float = 1.0) -> list[str]:
    """What is under its bar; `part` of every bar is asked for."""
    return [
        f"{vertical}: {figures}"
        for vertical, figures in scores.items()
        if figures["ari"] < part * OF_THE_ORACLE[vertical] * figures["oracle_ari"]
        or figures["name_accuracy"] < part * NAMED_RIGHT
    ]


def test_planted_segments_are_found_again_and_named_in_a_world_neither_trivial_nor_hopeless(demo):
    scores = score.score(demo)

    lowest, highest = ORACLE
    assert shortfalls(scores) == []
    assert {name: figures for name, figures in scores.items() if not lowest <= figures["oracle_ari"] <= highest} == {}


def test_they_are_found_in_an_operator_that_nothing_was_fitted_to(stranger):
    assert shortfalls(score.score(stranger), WHERE_NOTHING_WAS_FITTED) == []


def test_the_name_of_a_segment_that_is_not_there_is_given_to_none(stranger):
    names = [row[0] for row in stranger.tables_at.read(built.SEGMENTS).select("segment_name").collect()]

    assert "Contract Renewals Needed" not in names
    assert "VIP / Premium Postpaid" in names


def test_a_segment_that_nobody_has_a_name_for_is_described(stranger):
    last = stranger.as_of_days[-1]
    gamers = stranger.tables_at.read(built.TRUTH_SEGMENTS, last).filter("segment_name = 'Night Gamers'")
    held = current_assignments(stranger.tables_at, VerticalName.PAYG.value, last).join(
        gamers.select("subscriber_id"), on="subscriber_id", how="left_semi"
    )

    most = held.groupBy("segment_id").count().orderBy(F.desc("count"), "segment_id").limit(1)
    [row] = most.join(stranger.tables_at.read(built.SEGMENTS).filter("vertical = 'payg'"), on="segment_id").collect()

    assert row["archetype"] is None
    assert "gam" in row["looks_like"].lower() or "night" in row["looks_like"].lower()
