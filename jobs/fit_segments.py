"""Find the segments of each vertical where none are released yet."""

from functools import partial

from jobs.arguments import Refit
from jobs.opening import writing_job
from segmentation.runs import Run
from segmentation.segments import birth
from segmentation.settings import VerticalName


def run(at: Run, *, refit: Refit = False) -> None:
    """Fit each vertical on the first of the days, name its segments and release the model. One that scores is kept."""
    at.side_by_side(partial(_fit, refit=refit), at.verticals)


def _fit(at: Run, vertical: VerticalName, *, refit: bool) -> None:
    as_of = at.as_of_days[0]
    if not refit and birth.keep_released(at.tables_at, at.settings, vertical):
        at.keeps("fit_segments", as_of, vertical)
        return
    with at.step("fit_segments", as_of, vertical) as record:
        record.notes += birth.fit_and_name(at.tables_at, at.settings, vertical, as_of, at.run_id, at.started_at)


main = writing_job(
    run,
    "fit-segments",
    "segmentation fit-segments",
    "segmentation fit-segments --vertical plan --refit --set verticals.plan.method.segments=6",
)

if __name__ == "__main__":
    main()
