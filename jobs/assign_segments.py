"""Give every line its segment as of each day, describe the segments and check the known facts."""

from jobs import freshness
from jobs.opening import writing_job
from segmentation import progress
from segmentation.runs import Run
from segmentation.segments import publication, scoring
from segmentation.settings import VerticalName


def run(at: Run) -> None:
    """Score every line of each vertical with the released model, as of each day, and publish the segments."""
    at.side_by_side(_assign, at.verticals)
    publication.keep_view(at.tables_at)


def _assign(at: Run, vertical: VerticalName) -> None:
    for as_of in at.as_of_days:
        fingerprint = freshness.of_segments(at, vertical, as_of)
        if freshness.has_segments(at, vertical, as_of, fingerprint):
            at.keeps("assign_segments", as_of, vertical)
            continue
        with at.step("assign_segments", as_of, vertical, fingerprint=fingerprint) as record:
            day = f"day {at.as_of_days.index(as_of) + 1} of {len(at.as_of_days)}"
            progress.says(f"scores, {day}")
            counts = scoring.score_and_publish(at.tables_at, at.settings, vertical, as_of, at.run_id, at.started_at)
            record.counts.update(counts)
            progress.says(f"profiles, {day}")
            record.notes += scoring.describe(at.tables_at, vertical, as_of, at.run_id, at.started_at)


main = writing_job(
    run,
    "assign-segments",
    "segmentation assign-segments --month 2026-10",
    "segmentation assign-segments --vertical payg",
)

if __name__ == "__main__":
    main()
