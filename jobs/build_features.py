"""Turn clean tables into one row per line and day: population, then features."""

from jobs import freshness
from jobs.opening import writing_job
from segmentation import progress
from segmentation.features import building, readymade
from segmentation.runs import Run


def run(at: Run) -> None:
    """Build the population and the features of every vertical as of each day. Those that come ready-made are kept."""
    if readymade.is_ready_made_run(at.settings):
        return
    with at.step("build_partials", at.as_of_days[-1]):
        building.build_partials(at.tables_at, at.as_of_days)
    for as_of in at.as_of_days:
        fingerprint = freshness.of_features(at, as_of)
        if freshness.has_features(at, as_of, fingerprint):
            at.keeps("build_features", as_of)
            continue
        with at.step("build_features", as_of, fingerprint=fingerprint) as record:
            progress.says(f"day {at.as_of_days.index(as_of) + 1} of {len(at.as_of_days)}")
            costs = at.settings.service_costs
            record.notes += building.build_day(at.tables_at, at.verticals, as_of, at.run_id, at.started_at, costs=costs)


main = writing_job(
    run,
    "build-features",
    "segmentation build-features",
    "segmentation build-features --month 2026-10 --vertical payg",
)

if __name__ == "__main__":
    main()
