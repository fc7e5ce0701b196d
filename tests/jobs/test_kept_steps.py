"""Steps that are kept because nothing has changed, and those that are not."""

from dataclasses import replace
from datetime import date

import pytest
from two_kinds_of_lines import OCTOBER, opened, write_features

from jobs import assign_segments, fit_segments
from segmentation.runs import Run, new_run
from segmentation.segments import birth
from segmentation.settings import VerticalName
from segmentation.tables import built

pytestmark = pytest.mark.delta
STEP = "build_features"
PAYG = VerticalName.PAYG


@pytest.fixture
def at(spark, tmp_path) -> Run:
    return opened(spark, tmp_path)


def later(at: Run) -> Run:
    """The next run over the same warehouse."""
    return new_run(at.spark, at.settings, verticals=at.verticals, as_of_days=at.as_of_days)


def test_a_step_that_ended_with_the_same_inputs_is_done(at):
    fingerprint = at.fingerprint("inputs")
    with at.step(STEP, OCTOBER, fingerprint=fingerprint):
        pass

    assert later(at).has_done(STEP, OCTOBER, fingerprint)
    assert not later(at).has_done(STEP, OCTOBER, at.fingerprint("other inputs"))
    assert not later(at).has_done(STEP, date(2026, 9, 30), fingerprint)
    assert not later(at).has_done(STEP, OCTOBER, fingerprint, "payg")
    assert not replace(later(at), is_again=True).has_done(STEP, OCTOBER, fingerprint)


def test_a_step_that_broke_off_since_is_not_done_though_it_once_was(at):
    fingerprint = at.fingerprint("inputs")
    with at.step(STEP, OCTOBER, fingerprint=fingerprint):
        pass

    with pytest.raises(RuntimeError), at.step(STEP, OCTOBER, fingerprint=at.fingerprint("other inputs")):
        raise RuntimeError("half-way")

    assert not later(at).has_done(STEP, OCTOBER, fingerprint)


def test_other_settings_are_another_fingerprint_and_other_places_are_not(at):
    seed = at.vertical(PAYG).seed + 1
    other = at.settings.model_copy(update={"verticals": {PAYG: at.vertical(PAYG).model_copy(update={"seed": seed})}})
    moved = at.settings.model_copy(update={"vault": "elsewhere/vault"})

    assert replace(at, settings=other).fingerprint("inputs") != at.fingerprint("inputs")
    assert replace(at, settings=moved).fingerprint("inputs") == at.fingerprint("inputs")


def test_segments_are_kept_until_the_features_or_the_model_change_or_they_are_gone(at):
    write_features(at)
    stamp = (at.run_id, at.started_at)
    birth.fit_and_name(at.tables_at, at.settings, PAYG, OCTOBER, *stamp)

    assign_segments.run(at)
    assign_segments.run(later(at))
    assert n_assigned(at) == 1

    at.tables_at.replace(at.tables_at.read(built.SEGMENT_PROFILES).limit(0), built.SEGMENT_PROFILES)
    assign_segments.run(later(at))
    assert n_assigned(at) == 2

    birth.fit_and_name(at.tables_at, at.settings, PAYG, OCTOBER, "a refit", at.started_at)
    assign_segments.run(later(at))
    assert n_assigned(at) == 3


def test_a_model_is_kept_when_settings_change_and_that_is_said(at, caplog):
    write_features(at)
    seed = at.vertical(PAYG).seed + 1
    other = at.settings.model_copy(update={"verticals": {PAYG: at.vertical(PAYG).model_copy(update={"seed": seed})}})

    fit_segments.run(at)
    with caplog.at_level("WARNING"):
        fit_segments.run(later(at))
        said_of_the_same = warnings(caplog)
        fit_segments.run(replace(later(at), settings=other))

    assert said_of_the_same == []
    assert warnings(caplog) == ["payg: the model that scores was fitted with other settings; --refit fits anew"]
    assert at.tables_at.read(built.SEGMENT_MODELS).count() == 1


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def n_assigned(at: Run) -> int:
    """How often segments were assigned, by the record."""
    return at.tables_at.read(built.RUNS).filter("step = 'assign_segments'").count()
