"""The quarantine as a workplace: what was refused, why, and what becomes of it."""

from collections.abc import Sequence
from typing import Annotated, Literal

import typer
from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.table import Table as Grid
from rich.text import Text

from jobs import ingest
from jobs.opening import holding, reading_job
from jobs.terminal import Answer
from segmentation.errors import SettingsError
from segmentation.runs import Run
from segmentation.settings import Json
from segmentation.sources import feeds, quarantine, source
from segmentation.tables import care

Action = Literal["list", "show", "replay", "drop"]
SETTLED = {
    quarantine.REPLAYED: "were accepted",
    quarantine.FILTERED: "are left out by the mapping",
    quarantine.DUPLICATE: "repeat an accepted row",
}
Standing = dict[str, list[str]]
"""Deliveries that stand, by source."""


def run(
    at: Run,
    action: Annotated[Action, typer.Argument(help="What to do; the examples below tell.")] = "list",
    name: Annotated[
        str | None, typer.Argument(metavar="SOURCE", help="A source; without one `list` takes all.")
    ] = None,
    *,
    reason: Annotated[str | None, typer.Option(help="Only rows refused for a reason that begins like this.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Rows that `show` shows at most.")] = 20,
) -> Answer:
    """Look at the rows that were refused of the deliveries that stand; take them in again, or give them up.

    Of a snapshot the newest delivery stands, of other feeds all do. `replay` reads what lies there of the source again,
    say after the lines its rows are about have come. Rows that are accepted then stay here as replayed; those that the
    mapping leaves out by now as filtered, exact repeats as duplicate. `drop` marks open rows as given up.
    """
    known = feeds.book(at.tables_at)
    standing = {one: [row["feed_id"] for row in known.standing(one)] for one in known.sources()}
    if action == "list":
        return _list(_refused(at, standing, name).filter(quarantine.has_reason(reason)))
    one = _required(name, action, standing)
    if action == "show":
        return _show(_refused(at, standing, one).filter(quarantine.has_reason(reason)), limit)
    with holding(at):
        return _replay(at, one, standing) if action == "replay" else _drop(at, one, standing[one], reason)


def _refused(at: Run, standing: Standing, name: str | None) -> DataFrame:
    """Rows of the deliveries that stand, of one source if it is named. Grain: as QUARANTINE.

    With them what is not refused any more: it may have come with a delivery that has become part of a later one.
    """
    feed_ids = [one for source_name, own in standing.items() if name in (None, source_name) for one in own]
    rows = at.tables_at.read(care.QUARANTINE).filter(F.col("feed_id").isin(feed_ids) | ~quarantine.is_refused())
    return rows if name is None else rows.filter(F.col("source") == name)


def _required(name: str | None, action: str, standing: Standing) -> str:
    if name is None or name not in standing:
        raise SettingsError(
            f"quarantine {action} needs the name of a source that has been taken in",
            found=name or "none",
            expected=", ".join(sorted(standing)) or "a delivery; `segmentation ingest` takes them in",
        )
    return name


def _list(refused: DataFrame) -> Answer:
    counted = refused.select("source", "state", "n_rows", F.explode("reasons").alias("reason"))
    by_reason = counted.groupBy("source", "state", "reason").agg(F.sum("n_rows").alias("n_rows"))
    rows = by_reason.orderBy("source", "state", F.desc("n_rows"), "reason").collect()
    grid = Grid("source", "state", "reason", caption="a row refused for two reasons counts for both")
    grid.add_column("rows", justify="right")
    for row in rows:
        grid.add_row(row["source"], row["state"], Text(row["reason"]), f"{row['n_rows']:,}")
    return Answer((grid if rows else "nothing is in quarantine",), {"refused": _json(rows)})


def _show(refused: DataFrame, limit: int) -> Answer:
    columns = ("row_hash", "state", "n_rows", "file", "received_at", "reasons", "masked_row")
    rows = refused.select(*columns).orderBy("state", "row_hash").limit(limit).collect()
    grid = Grid("state", "rows", "file", "arrived", "reasons", "the row, masked")
    for row in rows:
        came = row["file"] or "", f"{row['received_at']:%Y-%m-%d}" if row["received_at"] else ""
        why = Text("\n".join(row["reasons"]))
        grid.add_row(row["state"], f"{row['n_rows']:,}", *map(Text, came), why, Text(row["masked_row"]))
    return Answer((grid if rows else "no such row is in quarantine",), {"rows": _json(rows)})


def _replay(at: Run, name: str, standing: Standing) -> Answer:
    one = next((one for one in source.load_all(at.settings.sources) if one.name == name), None)
    if one is None:
        raise SettingsError("the conf file has no such source", found=name, remedy="name it under `sources`")
    refused = _refused(at, standing, name).filter(quarantine.is_refused())
    n_before = int(refused.agg(F.sum("n_rows")).collect()[0][0] or 0)
    before = _settled(at, name)
    with at.step("replay", at.as_of_days[-1]) as record:
        counts = ingest.take_in(at, one, is_again=True)
        record.counts.update(counts.by_name(name))
        record.notes.extend(counts.notes)
    became = {state: n_rows - before[state] for state, n_rows in _settled(at, name).items()}
    others = ", ".join(f"{became[state]:,} {words}" for state, words in SETTLED.items())
    told = f"{name}: {n_before:,} rows were refused, {counts.quarantined:,} are now; of the others {others}"
    data: dict[str, Json] = {"source": name, "refused_before": n_before, **became, **counts.by_name(name)}
    return Answer((told, "`segmentation run` builds again what is made of them"), data)


def _settled(at: Run, name: str) -> dict[str, int]:
    """Rows of a source that are not refused any more, by what became of them."""
    own = at.tables_at.read(care.QUARANTINE).filter(F.col("source") == name)
    counted = {
        row["state"]: row["n_rows"] for row in own.groupBy("state").agg(F.sum("n_rows").alias("n_rows")).collect()
    }
    return {state: counted.get(state, 0) for state in SETTLED}


def _drop(at: Run, name: str, feed_ids: list[str], reason: str | None) -> Answer:
    with at.step("drop", at.as_of_days[-1]) as record:
        n_rows = quarantine.drop(at.tables_at, name, feed_ids, reason)
        record.counts[f"{name}.dropped"] = n_rows
    return Answer((f"{name}: {n_rows:,} rows given up",), {"source": name, "dropped": n_rows})


def _json(rows: Sequence[Row]) -> list[Json]:
    return [row.asDict() for row in rows]


main = reading_job(
    run,
    "quarantine",
    "segmentation quarantine list",
    "segmentation quarantine show recharges --reason references --limit 5",
    "segmentation quarantine replay recharges",
    "segmentation quarantine drop recharges --reason 'not_null(subscriber_id)'",
)

if __name__ == "__main__":
    main()
