"""Make the feeds of a whole operator whose segments are known."""

from jobs.opening import writing_job
from segmentation.runs import Run
from segmentation.synthetic import operator


def run(at: Run) -> None:
    """Write the feeds of the generated operator, all verticals and months, to the landing folder, once for all."""
    with at.step("generate", at.as_of_days[-1]) as record:
        record.counts.update(operator.generate(at.spark, at.settings, at.tables_at))


main = writing_job(
    run,
    "generate",
    "segmentation generate",
    "segmentation generate --set synthetic.n_lines=100000 --set synthetic.seed=7",
)

if __name__ == "__main__":
    main()
