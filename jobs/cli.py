"""The command `segmentation`: every job, under one roof."""

from collections.abc import Sequence

from jobs import (
    assign_segments,
    build_features,
    check,
    cluster,
    communities,
    compare_base,
    doctor,
    features,
    fit_segments,
    forget,
    generate,
    ingest,
    init,
    pipeline,
    quarantine,
    rank_features,
    replay,
    report,
    score,
    settings,
    sql,
    status,
    tables,
    why,
)
from jobs.arguments import call, new_app

COMMANDS = (
    doctor.main,
    init.main,
    check.main,
    pipeline.main,
    generate.main,
    ingest.main,
    build_features.main,
    fit_segments.main,
    assign_segments.main,
    report.main,
    score.main,
    compare_base.main,
    why.main,
    rank_features.main,
    status.main,
    replay.main,
    forget.main,
    quarantine.main,
    sql.main,
    tables.main,
    features.main,
    settings.main,
    cluster.main,
    communities.main,
)


def main(argv: Sequence[str] | None = None) -> None:
    """Run one command."""
    app = new_app(
        "Customer segmentation for telecom operators. Every command explains itself: segmentation COMMAND --help."
    )
    for command in COMMANDS:
        command.add_to(app)
        file_name = command.run.__module__.rpartition(".")[2]
        if file_name != command.name:
            command.add_to(app, alias=file_name)
    call(app, argv)


if __name__ == "__main__":
    main()
