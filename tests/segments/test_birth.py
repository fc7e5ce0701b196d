"""A model and its segments belong together, whenever a fit is killed."""

import json
from datetime import date

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from segmentation.features import catalogue
from segmentation.models import registry, tracking
from segmentation.runs import Run
from segmentation.segments import birth, publication, scoring
from segmentation.settings import KMeansMethod, VerticalName
from segmentation.tables import built
from tests.jobs.two_kinds_of_lines import OCTOBER, opened, write_features

pytestmark = [pytest.mark.delta, pytest.mark.slow]
PAYG = VerticalName.PAYG
SEPTEMBER = date(2026, 9, 30)


@pytest.fixture
def at(spark: SparkSession, tmp_path) -> Run:
    run = opened(spark, tmp_path)
    write_features(run)
    settings = run.settings.model_copy(update={"models": tmp_path / "models"})
    run.settings = settings
    _fit(run, 2)
    return run


def _fit(at: Run, n_segments: int) -> None:
    vertical = at.settings.verticals[PAYG].model_copy(
        update={"method": KMeansMethod(name="kmeans", segments=n_segments, n_starts=1)}
    )
    settings = at.settings.model_copy(update={"verticals": {PAYG: vertical}})
    birth.fit_and_name(at.tables_at, settings, PAYG, OCTOBER, at.run_id, at.started_at)


def _living(at: Run) -> set[str]:
    """Models with a segment that has not ended."""
    rows = at.tables_at.read(built.SEGMENTS).filter("retired is null").collect()
    return {row["model_version"] for row in rows}


def _scored(at: Run) -> set[str]:
    scoring.score_and_publish(at.tables_at, at.settings, PAYG, OCTOBER, at.run_id, at.started_at)
    rows = publication.current_assignments(at.tables_at, "payg", OCTOBER).collect()
    return {row["segment_id"] for row in rows}


@pytest.mark.parametrize("killed_in", [(tracking, "log_fit"), (registry, "release")], ids=["before", "at the release"])
def test_a_refit_killed_before_the_release_leaves_the_model_before_with_its_segments(at, killed_in, monkeypatch):
    before = registry.released_row(at.tables_at, PAYG)["model_version"]

    def kill(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(*killed_in, kill)
        with pytest.raises(KeyboardInterrupt):
            _fit(at, 3)

    assert registry.released_row(at.tables_at, PAYG)["model_version"] == before
    assert before in _living(at)
    assert _scored(at) == {"payg-01", "payg-02"}

    _fit(at, 3)
    after = registry.released_row(at.tables_at, PAYG)["model_version"]
    assert _living(at) == {after} != {before}
    assert _scored(at) == {"payg-03", "payg-04", "payg-05"}


def test_a_refit_killed_after_the_release_is_brought_to_its_end_by_a_word(at, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(birth, "retire_replaced", lambda *_: None)
        _fit(at, 3)
    assert len(_living(at)) == 2

    birth.retire_replaced(at.tables_at, PAYG)
    version = at.tables_at.version(built.SEGMENTS)
    birth.retire_replaced(at.tables_at, PAYG)

    assert _living(at) == {registry.released_row(at.tables_at, PAYG)["model_version"]}
    assert at.tables_at.version(built.SEGMENTS) == version


def _with_sms(at: Run) -> None:
    """Half of the lines, of either kind, write one message a month and the others none."""
    table = catalogue.feature_table(PAYG)
    writes = F.pmod(F.xxhash64("subscriber_id"), F.lit(2)).cast("double")
    features = at.tables_at.read(table, OCTOBER).withColumn("sms_per_month", writes)
    at.tables_at.replace(features, table, as_of=OCTOBER)


def _september(at: Run) -> None:
    """September as October was; by the end of October it is known that all who wrote have left."""
    table = catalogue.feature_table(PAYG)
    features = at.tables_at.read(table, OCTOBER).withColumn("as_of", F.lit(SEPTEMBER))
    at.tables_at.replace(features, table, as_of=SEPTEMBER)
    outcome = {"vertical": "payg", "as_of": SEPTEMBER, "horizon_months": 1, "known_on": OCTOBER}
    rows = [
        {**outcome, "subscriber_id": row["subscriber_id"], "is_churned": row["sms_per_month"] == 1}
        for row in features.collect()
    ]
    at.tables_at.replace(at.tables_at.rows(built.OUTCOMES, rows), built.OUTCOMES)


def test_a_first_fit_says_what_was_not_looked_for_and_a_later_one_what_was(at):
    _with_sms(at)
    _fit(at, 2)
    first = registry.released_row(at.tables_at, PAYG)

    _september(at)
    _fit(at, 2)

    second = registry.released_row(at.tables_at, PAYG)
    assert json.loads(first["choice"])["notes"][-3:-1] == [
        "features made from what came later were not looked for: by 2026-10-31 it was known of too few lines of "
        "earlier days what became of them",
        "features that have shifted were not looked for: there are no lines of a day before 2026-10-31",
    ]
    assert json.loads(second["choice"])["notes"][-2] == (
        "features were held against what came later: churn within 1 month"
    )
    assert "sms_per_month" in first["features"]
    assert second["dropped_features"]["sms_per_month"] == (
        "tells what came later: churn within 1 month (correlation 1.000, at most 0.9)"
    )
    # The same features of the same lines, but one was left out: another model.
    assert first["model_version"] != second["model_version"]
