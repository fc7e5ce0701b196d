"""Take the operator's feeds in: clean tables, and what was refused."""

from functools import partial

from jobs.opening import writing_job
from segmentation import progress
from segmentation.concurrency import side_by_side
from segmentation.features import readymade
from segmentation.runs import Run
from segmentation.sources import ingestion, refusals, source
from segmentation.sources.source import Source


def run(at: Run) -> None:
    """Take all feeds of the conf file in, of all verticals and months. One taken in before is left as it is."""
    sources = source.load_all(at.settings.sources)
    with at.step("ingest", at.as_of_days[-1]) as record:
        found = side_by_side(
            at.spark,
            [partial(refusals.counts_or_refusal, partial(take_in, at, one)) for one in sources],
            after=source.taken_in_before(sources),
            ended=lambda n_ended: progress.says(f"{n_ended} of {len(sources)} feeds"),
        )
        for one, counts in zip(sources, found, strict=True):
            if isinstance(counts, ingestion.FeedCounts):
                record.counts.update(counts.by_name(one.name))
                record.notes.extend(counts.notes)
        refusals.require_none(found)


def take_in(at: Run, one: Source, *, is_again: bool = False) -> ingestion.FeedCounts:
    """Take one feed in; one taken in before is read again only if asked."""
    room = readymade if one.is_ready_made else ingestion
    return room.take_in(at.spark, at.tables_at, one, at.settings, at.run_id, is_again=is_again)


main = writing_job(
    run,
    "ingest",
    "segmentation ingest",
    "segmentation ingest --conf-file conf/real/online_retail.yaml --data DIR",
)

if __name__ == "__main__":
    main()
