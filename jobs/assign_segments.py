"""Give every line its segment as of each day, describe the segments and check the known facts."""

from jobs.opening import writing_job
from segmentation.runs import Run
from segmentation.segments import scoring


def run(at: Run) -> None:
    """Score every line of each vertical with the released model, as of each day, and publish the segments."""
    for as_of in at.as_of_days:
        for vertical in at.verticals:
            with at.step("assign_segments", as_of, vertical) as record:
                counts = scoring.score_and_publish(at.tables_at, at.settings, vertical, as_of, at.run_id, at.started_at)
                record.counts.update(counts)
                record.says("profiles")
                scoring.describe(at.tables_at, vertical, as_of, at.run_id, at.started_at)


main = writing_job(
    run,
    "assign-segments",
    "segmentation assign-segments --month 2026-10",
    "segmentation assign-segments --vertical payg",
)

if __name__ == "__main__":
    main()
