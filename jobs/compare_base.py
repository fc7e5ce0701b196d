"""Write the page that shows the generated base beside published facts of real ones."""

from jobs.opening import querying_job
from jobs.terminal import Answer
from segmentation.errors import SettingsError
from segmentation.report import generated_base
from segmentation.runs import Run
from segmentation.settings import RunSettings


def run(at: Run) -> Answer:
    """Draw the generated base (counts, heavy tails, who leaves) beside published facts of real ones, sources named."""
    file = generated_base.write(at.tables_at, at.settings, at.as_of_days[-1])
    return Answer((f"the comparison is in {file}",), {"file": str(file)})


def require_generated(settings: RunSettings) -> None:
    """Raise SettingsError where the base is not a generated one: its page hides no small counts."""
    if settings.synthetic is None:
        raise SettingsError(
            "compare-base is about a generated base, and this conf file has none",
            expected="a part `synthetic`",
            remedy="--conf-file conf/local.yaml; for the base of an operator read the report: `segmentation report`",
        )


main = querying_job(
    run,
    "compare-base",
    "segmentation compare-base --conf-file conf/local.yaml",
    "segmentation compare-base --set report=out",
    first=require_generated,
)

if __name__ == "__main__":
    main()
