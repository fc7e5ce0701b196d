"""Write the page that marketing reads."""

from jobs.opening import writing_job
from segmentation.report import page
from segmentation.runs import Run


def run(at: Run) -> None:
    """Write the report: one page that opens from disk, about the verticals asked for."""
    asked_for = {name: at.vertical(name) for name in at.verticals}
    settings = at.settings.model_copy(update={"verticals": asked_for})
    with at.step("report", at.as_of_days[-1]):
        page.write(at.tables_at, settings, at.as_of_days[-1], settings.report)


main = writing_job(run, "report", "segmentation report", "segmentation report --set report=out/october.html")

if __name__ == "__main__":
    main()
