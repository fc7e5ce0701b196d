"""How much of the generated operator's truth the segments find again. The only code that reads the truth."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Annotated

import pandas as pd
import typer
from scipy.sparse import csr_matrix

from jobs import assign_segments, build_features, fit_segments, generate, ingest, terminal
from jobs.opening import reading_job
from jobs.terminal import Answer
from segmentation.errors import DataError, SettingsError
from segmentation.features import catalogue
from segmentation.models import assignment, registry
from segmentation.runs import Run, new_run
from segmentation.segments import archetypes, recovery
from segmentation.segments.publication import current_assignments
from segmentation.settings import RunSettings, VerticalName
from segmentation.tables import built, clean
from segmentation.tables.store import holding_on

Scores = Mapping[str, Mapping[str, float]]


def run(
    at: Run,
    *,
    seeds: Annotated[str, typer.Option(metavar="1,2,3", help="Generate one operator a seed; print means.")] = "",
) -> Answer:
    """Compare the published segments of the last day with what the generator planted. The last line is JSON."""
    numbers = _numbers(seeds)
    if not numbers:
        result = score(at)
        return Answer((json.dumps(result),), result)
    by_seed: dict[int, Scores] = {}
    for place, number in enumerate(numbers, start=1):
        terminal.note(f"seed {number}, {place} of {len(numbers)}")
        with generated(at, number) as other:
            by_seed[number] = score(other)
        terminal.note(f"seed {number}: {json.dumps(by_seed[number])}")
    result = mean_scores(list(by_seed.values()))
    return Answer((json.dumps(result),), result)


def score(at: Run) -> Scores:
    """For every vertical: ari, baseline_ari (KMeans), oracle_ari (a classifier taught with the truth), name_accuracy.

    Raises: DataError when the warehouse holds no truth of the last day.
    """
    return {vertical.value: _score_of(at, vertical) for vertical in at.verticals}


def mean_scores(scores: list[Scores]) -> Scores:
    """The mean of every figure, rounded to 4 digits."""
    return {
        vertical: {name: round(fmean(one[vertical][name] for one in scores), 4) for name in figures}
        for vertical, figures in scores[0].items()
    }


def _score_of(at: Run, vertical: VerticalName) -> Mapping[str, float]:
    as_of, tables_at = at.as_of_days[-1], at.tables_at
    features = tables_at.read(catalogue.feature_table(vertical), as_of)
    fitted = registry.released(tables_at, vertical, at.settings.models_folder)
    truth = tables_at.read(built.TRUTH_SEGMENTS, as_of)
    found = recovery.scored_lines(
        truth.where(f"vertical = '{vertical.value}'"),
        current_assignments(tables_at, vertical.value, as_of),
        tables_at.read(built.SEGMENTS),
        assignment.assign_baseline(features, fitted),
    )
    names = [f.name for f in catalogue.for_vertical(vertical) if f.role(vertical) == "cluster"]
    wide = found.join(features.select("subscriber_id", *names), on="subscriber_id", how="left")
    lines = pd.DataFrame(wide.toPandas()).sort_values("subscriber_id", ignore_index=True)
    if lines.empty:
        raise DataError(
            "there is no truth to compare with",
            where=f"{built.TRUTH_SEGMENTS.name} of {as_of}, {vertical.value}",
            expected="a generated operator, run to this day",
            remedy="segmentation run with a conf file that has `synthetic`, or score --seeds 1",
        )
    ties = _ties(at, lines["subscriber_id"].tolist()) if vertical is VerticalName.HOME else None
    known_names = [archetype.name for archetype in _archetypes(at.settings).of(vertical)]
    figures = recovery.recovery_of(lines, lines[names].to_numpy(dtype=float), ties, known_names)
    return {name: round(figure, 4) for name, figure in figures.items()}


def _ties(at: Run, keys: list[str]) -> csr_matrix:
    as_of = at.as_of_days[-1]
    pairs = holding_on(at.tables_at.read(clean.HOME_TIES, as_of), as_of).select("subscriber_a", "subscriber_b")
    return recovery.tie_matrix(keys, [(row[0], row[1]) for row in pairs.distinct().collect()])


def _archetypes(settings: RunSettings) -> archetypes.Archetypes:
    return archetypes.load(
        settings.archetypes, {name: [f.name for f in catalogue.for_vertical(name)] for name in VerticalName}
    )


def _numbers(seeds: str) -> list[int]:
    try:
        return [int(number) for number in seeds.split(",") if number.strip()]
    except ValueError:
        raise SettingsError("cannot read --seeds", found=seeds, expected="whole numbers such as 1,2,3") from None


@contextmanager
def generated(at: Run, seed: int) -> Iterator[Run]:
    """A run over an operator generated from the seed, segmented, in a folder that goes away afterwards."""
    if at.settings.synthetic is None:
        raise SettingsError(
            "--seeds generates operators, and this conf file has none",
            expected="a part `synthetic`",
            remedy="--conf-file conf/local.yaml",
        )
    with TemporaryDirectory(prefix="segmentation-score-") as scratch:
        folder = Path(scratch)
        settings = at.settings.model_copy(
            update={
                "warehouse": str(folder / "warehouse"),
                "vault": str(folder / "vault"),
                "landing": folder / "landing",
                "report": folder / "report",
                "models": folder / "models",
                "mlflow": at.settings.mlflow.model_copy(update={"is_on": False}),
                "synthetic": at.settings.synthetic.model_copy(update={"seed": seed}),
            }
        )
        # The first day is fitted on, the last one scored: those between say nothing here.
        days = (at.as_of_days[0], at.as_of_days[-1]) if len(at.as_of_days) > 1 else at.as_of_days
        other = new_run(at.spark, settings, verticals=at.verticals, as_of_days=days)
        for step in (generate, ingest, build_features, fit_segments):
            step.run(other)
        assign_segments.run(replace(other, as_of_days=days[-1:]))
        yield other


main = reading_job(
    run,
    "score",
    "segmentation score --conf-file conf/local.yaml",
    "segmentation score --conf-file conf/local.yaml --seeds 1,2,3,4,5",
)

if __name__ == "__main__":
    main()
