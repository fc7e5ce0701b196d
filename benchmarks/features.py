"""Features of a day from six months of use: ours on Spark beside DuckDB, on the same Parquet files.

`python -m benchmarks.features --help` says what can be asked.
"""

import json
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from pyspark.sql import SparkSession

from benchmarks import clean_months, figures, measuring, memory
from benchmarks.clean_months import FIRST_MONTH, LAST_MONTH, CleanMonths
from benchmarks.figures import Figure
from jobs import arguments, starting, terminal
from jobs.arguments import ConfOptions
from jobs.checking import checked
from jobs.terminal import Answer
from segmentation import session
from segmentation.errors import SettingsError
from segmentation.settings import RunSettings

CONF = Path(__file__).parent.parent / "conf/local.yaml"
LEAST_LINES = 200
N_SIZES = 4
"""Sizes of which the exponent is fitted, each twice the one before; the largest is --lines."""


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    n_lines: int
    place: Path
    repeats: int
    is_again: bool
    has_exponent: bool

    @property
    def smaller_sizes(self) -> list[int]:
        """Sizes besides the whole one, for the exponent."""
        return [self.n_lines // 2**halvings for halvings in range(1, N_SIZES)] if self.has_exponent else []


def settings_for(n_lines: int, place: Path) -> RunSettings:
    """Settings of a generated operator of so many lines, with six months of history."""
    changes = {
        "synthetic.n_lines": n_lines,
        "periods.history_from": FIRST_MONTH,
        "periods.first": LAST_MONTH,
        "periods.last": LAST_MONTH,
        "logs": place / "logs",
    }
    pairs = [f"{key}={value}" for key, value in changes.items()]
    return checked(ConfOptions(conf_file=CONF, set=pairs), needs_secret=True)


def figures_of(spark: SparkSession, asked: Asked, *, threads: int, memory_limit: str) -> list[Figure]:
    """All figures of a run, in the order in which they are shown."""
    with memory.watched(session.jvm_process(spark)) as peak:
        of = base_of(spark, asked.n_lines, asked)
        found = measuring.measured(spark, of, asked.repeats, threads=threads, memory=memory_limit)
    shown = [
        *figures.of_base(of, asked.n_lines),
        *figures.of_times(found),
        *figures.of_memory(peak.n_bytes, memory.own_peak()),
    ]
    if asked.has_exponent:
        whole = found.together[measuring.COLD].median
        shown += growth(spark, asked, whole)
    return shown


def growth(spark: SparkSession, asked: Asked, whole: float) -> list[Figure]:
    """Times of smaller bases beside that of the whole one, and the exponent."""
    seconds = {asked.n_lines: whole}
    for n_lines in asked.smaller_sizes:
        seconds[n_lines] = measuring.cold_seconds(spark, base_of(spark, n_lines, asked), asked.repeats)
    return figures.of_growth(measuring.exponent(seconds), seconds)


def base_of(spark: SparkSession, n_lines: int, asked: Asked) -> CleanMonths:
    """The clean tables of so many lines, kept under the place."""
    settings, folder = settings_for(n_lines, asked.place), asked.place / f"lines-{n_lines}"
    return clean_months.kept_or_made(spark, settings, folder.resolve(), is_again=asked.is_again)


def machine(spark: SparkSession) -> dict[str, str]:
    """What the figures were measured on."""
    found, said = re.search(r'"(.+)"', starting.java()[1]), starting.java()[1]
    return {
        "cores": str(os.cpu_count()),
        "java": found[1] if found else said,
        "spark": spark.version,
        "spark master": spark.conf.get("spark.master") or "",
        "driver memory": spark.conf.get("spark.driver.memory") or "",
        "shuffle partitions": spark.conf.get("spark.sql.shuffle.partitions") or "",
        "duckdb": duckdb.__version__,
        "python": platform.python_version(),
    }


def limits(properties: Mapping[str, str]) -> tuple[int, str]:
    """Threads and memory that Spark may use here: the peer gets the same.

    Raises: SettingsError when Spark does not run on this machine alone.
    """
    master, memory_limit = properties.get("spark.master", ""), properties.get("spark.driver.memory", "1g")
    threads = re.fullmatch(r"local\[(\d+)\]", master)
    amount = re.fullmatch(r"(\d+)([kmgt])b?", memory_limit.lower())
    if threads is None or amount is None:
        raise SettingsError(
            "the peer cannot be given what Spark has",
            where="spark.master and spark.driver.memory of the Spark properties",
            found=f"{master}, {memory_limit}",
            expected="a master such as local[2], and memory such as 6g",
            remedy="run it on one machine with conf/spark/local.conf",
        )
    return int(threads[1]), f"{amount[1]}{amount[2].upper()}iB"


def run(
    lines: Annotated[int, typer.Option("--lines", min=LEAST_LINES, help="Lines of service of the base.")] = 1_000_000,
    place: Annotated[
        Path, typer.Option("--place", metavar="FOLDER", help="Where data is made, kept and used again.")
    ] = Path("warehouse/benchmarks"),
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="Turns that count, after one to warm up.")] = 3,
    again: Annotated[bool, typer.Option("--again", help="Make the data again although it is there.")] = False,
    exponent: Annotated[
        bool,
        typer.Option("--exponent", help="Build an eighth, a quarter and a half of the lines too, and fit the growth."),
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the same figures as JSON.")
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the log.")] = False,
) -> None:
    """Time the features of a day from six months of daily use, ours beside DuckDB, and prove that they are equal."""
    with terminal.ending(is_json=False, is_verbose=verbose) as ending:
        ending.answer = answer(Asked(lines, place, repeats, again, exponent), json_file)


def answer(asked: Asked, json_file: Path | None) -> Answer:
    """Run what is asked for on a Spark of its own. Needs a folder for `json_file` that is there."""
    settings, *_ = [settings_for(n_lines, asked.place) for n_lines in (asked.n_lines, *asked.smaller_sizes)]
    if json_file is not None and not json_file.resolve().parent.is_dir():
        raise SettingsError(
            "the figures cannot be written",
            where=str(json_file),
            found="no such folder",
            expected="a file in a folder that exists",
            remedy="make the folder first, or name another file with --json",
        )
    threads, memory_limit = limits(session.read_properties(settings.spark))
    spark = starting.started(settings.spark, settings.logs)
    spark.conf.set("spark.sql.session.timeZone", settings.timezone)
    shown = figures_of(spark, asked, threads=threads, memory_limit=memory_limit)
    about = machine(spark)
    if json_file is not None:
        whole = {"lines": asked.n_lines, "repeats": asked.repeats, "machine": about, "figures": figures.as_json(shown)}
        json_file.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")
    title = f"{asked.n_lines:,} lines, {clean_months.N_MONTHS} months; median of {asked.repeats} after one to warm up"
    return Answer(shown=(figures.as_grid(title, shown), ", ".join(f"{name} {value}" for name, value in about.items())))


def main() -> None:
    """The command."""
    app = arguments.new_app()
    app.command()(run)
    arguments.call(app, None)


if __name__ == "__main__":
    main()
