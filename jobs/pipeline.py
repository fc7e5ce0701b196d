"""The main job: every step of the monthly run, in order."""

from dataclasses import replace
from typing import Annotated

import typer

from jobs import assign_segments, build_features, closing, doctor, fit_segments, freshness, generate, ingest, report
from jobs.arguments import Refit
from jobs.opening import writing_job
from jobs.terminal import Answer
from segmentation.runs import Run

Stale = Annotated[bool, typer.Option("--stale", help="Only published days whose inputs, settings or code changed.")]


def run(at: Run, *, refit: Refit = False, stale: Stale = False) -> Answer:
    """Run every step for the months of the conf file: the first is fitted where no model scores yet, all are scored."""
    doctor.then(at)
    if at.settings.synthetic is not None:
        generate.run(at)
    ingest.run(at)
    if stale:
        at = replace(at, as_of_days=freshness.days_to_make_again(at))
    if at.as_of_days:
        build_features.run(at)
        fit_segments.run(at, refit=refit)
        assign_segments.run(at)
        report.run(at)
    return closing.where_everything_is(at)


main = writing_job(
    run,
    "run",
    "segmentation run",
    "segmentation run --conf-file conf/real/online_retail.yaml --data DIR",
    "segmentation run --month 2026-10 --vertical payg --json",
    "segmentation run --stale",
    first=doctor.first,
)

if __name__ == "__main__":
    main()
