"""Open what a command needs: settings, then Spark, then a run, with its log and the lock of its warehouse."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import date
from functools import partial
from pathlib import Path

from pyspark.sql import SparkSession

from jobs import terminal
from jobs.arguments import Command, ConfOptions, RunOptions, SparkOptions, WriteOptions
from jobs.checking import checked
from jobs.starting import started
from jobs.terminal import Answer
from segmentation import runs, session
from segmentation.errors import SettingsError, told_to_a_log
from segmentation.periods import month_end
from segmentation.runs import Run
from segmentation.settings import Json, RunSettings, VerticalName
from segmentation.tables import held

logger = logging.getLogger(__name__)
Look = Callable[[RunSettings], None]


def _no_look(_settings: RunSettings) -> None:
    """Nothing is looked at before Spark starts."""


def writing_job(run: Callable[..., Answer | None], name: str, *examples: str, first: Look = _no_look) -> Command:
    """A job that writes tables, as a command: the `main` of its file. `first` is done before Spark starts."""
    return Command(run, name, WriteOptions, partial(writing, first=first), examples, _done)


def reading_job(run: Callable[..., Answer | None], name: str, *examples: str) -> Command:
    """A job that only reads tables, as a command."""
    return Command(run, name, RunOptions, reading, examples, _done)


def querying_job(run: Callable[..., Answer | None], name: str, *examples: str, first: Look = _no_look) -> Command:
    """A job that reads whole tables, all days and verticals of them. `first` is done before Spark starts."""
    return Command(run, name, ConfOptions, partial(_reading_all, first=first), examples, _done)


@contextmanager
def settings_only(options: ConfOptions) -> Iterator[RunSettings]:
    """The settings, checked; no Spark."""
    yield checked(options, needs_secret=False)


@contextmanager
def spark_only(options: SparkOptions) -> Iterator[SparkSession]:
    """A Spark session; no warehouse."""
    yield started(options.spark, Path("logs"))


@contextmanager
def reading(options: RunOptions, *, first: Look = _no_look) -> Iterator[Run]:
    """A run that only reads."""
    with _opened(options, needs_secret=False, first=first) as run:
        yield run


@contextmanager
def _reading_all(options: ConfOptions, *, first: Look) -> Iterator[Run]:
    given = {field.name: getattr(options, field.name) for field in fields(options)}
    with reading(RunOptions(**given), first=first) as run:
        yield run


@contextmanager
def writing(options: WriteOptions, *, first: Look = _no_look) -> Iterator[Run]:
    """A run that holds the lock of its warehouse."""
    with _opened(options, needs_secret=True, is_again=options.again, first=first) as run, holding(run):
        yield run


@contextmanager
def holding(run: Run) -> Iterator[None]:
    """The lock of the warehouse, for as long as the block runs. Raises LockedError when another run has it."""
    jvm = session.jvm_process(run.spark)
    with held(run.settings.lock_folder, run.run_id, writers=() if jvm is None else (jvm,)):
        yield


@contextmanager
def _opened(
    options: RunOptions, *, needs_secret: bool, is_again: bool = False, first: Look = _no_look
) -> Iterator[Run]:
    settings = checked(options, needs_secret=needs_secret)
    verticals, days = _verticals(options, settings), _days(options, settings)
    first(settings)
    spark = started(settings.spark, settings.logs)
    run = runs.new_run(spark, settings, verticals=verticals, as_of_days=days, is_again=is_again)
    log_file = terminal.log_to_file(settings.logs, run.run_id)
    try:
        logger.info("run %s with %s", run.run_id, options.conf_file)
        yield run
    except BaseException as broken:
        logger.info("run %s broke off: %s", run.run_id, told_to_a_log(broken))
        raise
    finally:
        terminal.close_log_file(log_file)


def _done(run: Run) -> Answer:
    days: Json = [day.isoformat() for day in run.as_of_days]
    verticals: Json = [vertical.value for vertical in run.verticals]
    return Answer(data={"run_id": run.run_id, "as_of": days, "verticals": verticals})


def _verticals(options: RunOptions, settings: RunSettings) -> tuple[VerticalName, ...]:
    chosen = tuple(dict.fromkeys(options.vertical or settings.verticals))
    absent = [name for name in chosen if name not in settings.verticals]
    if absent:
        raise SettingsError(
            "the conf file has no such vertical",
            where=str(options.conf_file),
            found=", ".join(absent),
            expected=" or ".join(settings.verticals),
            remedy="choose one of these with --vertical, or add it to the conf file",
        )
    return chosen


def _days(options: RunOptions, settings: RunSettings) -> tuple[date, ...]:
    """The days asked for. A month is its last day, or the last day with data where the conf file says so."""
    days = tuple(settings.periods.as_of_days)
    if options.month and options.as_of:
        raise SettingsError(
            "give --month or --as-of, not both", remedy="--month 2026-10 is short for --as-of 2026-10-31"
        )
    try:
        if options.as_of:
            days = (date.fromisoformat(options.as_of),)
        elif options.month:
            end = month_end(options.month)
            days = tuple(day for day in days if (day.year, day.month) == (end.year, end.month)) or (end,)
    except ValueError as broken:
        raise SettingsError(
            "cannot read --month or --as-of", found=str(broken), expected="2026-10 or 2026-10-31"
        ) from None
    _require_history(days, options, settings)
    return days


def _require_history(days: tuple[date, ...], options: RunOptions, settings: RunSettings) -> None:
    """Raise SettingsError for a day before the feeds begin. A later one than the conf file's last is a new period."""
    begin = settings.periods.history_from
    early = [day.isoformat() for day in days if f"{day:%Y-%m}" < begin]
    if early:
        raise SettingsError(
            "the day lies before the feeds begin",
            where=str(options.conf_file),
            found=", ".join(early),
            expected=f"a day from {begin} (periods.history_from) on; the conf file segments {settings.periods.first} "
            f"to {settings.periods.last}",
            remedy="choose another --month or --as-of, or set periods.history_from to the first month of the feeds",
        )
