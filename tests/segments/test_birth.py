"""A model and its segments belong together, whenever a fit is killed."""

import pytest
from pyspark.sql import SparkSession

from segmentation.models import registry, tracking
from segmentation.runs import Run
from segmentation.segments import birth, publication, scoring
from segmentation.settings import KMeansMethod, VerticalName
from segmentation.tables import built
from tests.jobs.two_kinds_of_lines import OCTOBER, opened, write_features

pytestmark = [pytest.mark.delta, pytest.mark.slow]
PAYG = VerticalName.PAYG


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
