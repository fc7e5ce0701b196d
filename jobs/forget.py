"""Erase a line for good, as the law asks, and write a receipt."""

from typing import Annotated

import typer
from rich.table import Table as Grid

from jobs.opening import writing_job
from jobs.tables import every_table
from jobs.terminal import Answer
from segmentation.errors import DataError, SettingsError
from segmentation.runs import Run
from segmentation.sources import erasure
from segmentation.tables import Store

Subscriber = Annotated[str, typer.Argument(help="The line: its key as your feeds write it, or its token.")]
KeepHours = Annotated[
    int,
    typer.Option(
        "--keep-hours",
        min=0,
        max=168,
        help="Leave files of older versions that are younger than this; forget the line again to end it.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it: it cannot be undone.")]


def run(at: Run, subscriber: Subscriber, *, yes: Yes = False, keep_hours: KeepHours = 0) -> Answer:
    """Erase a line from the vault, all tables and the files of their older versions, and write a receipt.

    Rows of it that arrived by now are never taken in again; feeds under `landing` and replays are yours to clear.
    Totals of past months stay, but those of a segment with few lines. Older versions of the tables are gone.
    """
    vault = Store(at.spark, at.settings.vault)
    token = erasure.line_token(subscriber, at.settings.secret.key())
    if not yes:
        raise SettingsError("an erasure cannot be undone", where="forget", remedy="say --yes if it is meant")
    if not erasure.is_known(at.tables_at, vault, token, every_table()):
        raise DataError(
            "nothing is known of this line",
            where="forget",
            expected="a key as the feeds write it, or a token of 32 hexadecimal digits",
            remedy="look at the spelling, and at the conf file: its secret makes the tokens",
        )
    with at.step("forget", at.as_of_days[-1]) as record:
        receipt = erasure.erase(at.tables_at, vault, token, every_table(), run_id=at.run_id, keep_hours=keep_hours)
        record.counts.update(receipt.n_rows or {})
    return _told(receipt)


def _told(receipt: erasure.Receipt) -> Answer:
    grid = Grid("table", title=f"Receipt {receipt.receipt}", title_justify="left")
    grid.add_column("rows erased", justify="right")
    n_rows = dict(receipt.n_rows or {})
    for name, n_erased in sorted(n_rows.items()):
        grid.add_row(name, f"{n_erased:,}")
    still = f"old files of the last {receipt.kept_hours} hours are still there: forget the line again after that"
    told = (grid, still) if receipt.kept_hours else (grid,)
    return Answer(told, {"receipt": receipt.receipt, "n_rows": n_rows, "kept_hours": receipt.kept_hours})


main = writing_job(
    run, "forget", "segmentation forget 0601234567 --yes", "segmentation forget TOKEN --yes --keep-hours 24"
)

if __name__ == "__main__":
    main()
