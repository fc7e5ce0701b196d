"""Write the page that marketing reads."""

from jobs.opening import writing_job
from segmentation.report import page
from segmentation.runs import Run


def run(at: Run) -> None:
    """Write the report: one page that opens from disk."""
    with at.step("report", at.as_of_days[-1]):
        page.write(at.tables_at, at.settings, at.as_of_days[-1], at.settings.report)


main = writing_job(run, "report", "segmentation report", "segmentation report --set report=out/october.html")

if __name__ == "__main__":
    main()
