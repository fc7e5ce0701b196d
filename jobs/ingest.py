"""Take the operator's feeds in: clean tables, and what was refused."""

from jobs.opening import writing_job
from segmentation.features import readymade
from segmentation.runs import Run
from segmentation.sources import ingestion, source


def run(at: Run) -> None:
    """Take all feeds of the conf file in. A feed that was taken in before is left as it is."""
    sources = source.load_all(at.settings.sources)
    with at.step("ingest", at.as_of_days[-1]) as record:
        for number, one in enumerate(sources, start=1):
            record.says(f"{one.name}, {number} of {len(sources)}")
            take_in = readymade.take_in if one.is_ready_made else ingestion.take_in
            counts = take_in(at.spark, at.tables_at, one, at.settings, at.run_id)
            record.counts.update(counts.by_name(one.name))
            record.notes.extend(counts.notes)


main = writing_job(
    run,
    "ingest",
    "segmentation ingest",
    "segmentation ingest --conf-file conf/real/online_retail.yaml --data DIR",
)

if __name__ == "__main__":
    main()
