"""What a job is told on its command line, and how a job becomes a command."""

import dataclasses
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Generic, Literal, TypeVar, get_type_hints

import typer

from jobs import terminal
from jobs.terminal import Answer
from segmentation.errors import SettingsError
from segmentation.settings import VerticalName

Opened = TypeVar("Opened")
Refit = Annotated[bool, typer.Option("--refit", help="Fit again although a model scores.")]


@dataclasses.dataclass(frozen=True)
class OutputOptions:
    """Options of every command."""

    json: Annotated[
        bool,
        typer.Option("--json", help="The last line of standard output is one JSON object.", rich_help_panel="Output"),
    ] = False
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose", help="Show the log, and a traceback when something breaks.", rich_help_panel="Output"
        ),
    ] = False


@dataclasses.dataclass(frozen=True)
class SparkOptions(OutputOptions):
    """Options of a command that needs Spark but no warehouse."""

    spark: Annotated[
        Path,
        typer.Option("--spark", metavar="FILE", help="Spark properties for a session started here."),
    ] = Path("conf/spark/local.conf")


@dataclasses.dataclass(frozen=True)
class ConfOptions(OutputOptions):
    """Options of a command that reads a conf file."""

    conf_file: Annotated[
        Path, typer.Option("--conf-file", metavar="FILE", help="Settings to use.", envvar="SEGMENTATION_CONF")
    ] = Path("conf/local.yaml")
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folder of the real data sets.", envvar="SEGMENTATION_DATA"),
    ] = None
    set: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Put one setting on top: path.to.key=value. Repeatable."),
    ] = None


@dataclasses.dataclass(frozen=True)
class RunOptions(ConfOptions):
    """Options of a command that opens a run."""

    vertical: Annotated[
        list[VerticalName] | None, typer.Option("--vertical", help="Only this vertical. Repeatable. Default: all.")
    ] = None
    month: Annotated[
        str | None,
        typer.Option("--month", metavar="YYYY-MM", help="Only this month. Default: all months of the conf file."),
    ] = None
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="Only this day, the last one that may be read.")
    ] = None


@dataclasses.dataclass(frozen=True)
class WriteOptions(RunOptions):
    """Options of a command that writes tables."""

    again: Annotated[
        bool,
        typer.Option("--again", help="Build features and assign again though inputs, settings and code are unchanged."),
    ] = False


@dataclasses.dataclass(frozen=True)
class Command(Generic[Opened]):
    """A job as a command: call it with the arguments after the program's name, or add it to an app.

    `opens` takes its options and hands over what `run` gets first, say a Run; other parameters of `run` become options
    and arguments of their own. `run` may return an Answer for the end of standard output.
    """

    run: Callable[..., Answer | None]
    name: str
    options: type[OutputOptions]
    opens: Callable[..., AbstractContextManager[Opened]]
    examples: tuple[str, ...] = ()
    closes: Callable[[Opened], Answer] = lambda _: Answer()
    """What is said at the end when `run` says nothing."""

    def __call__(self, argv: Sequence[str] | None = None) -> None:
        app = new_app()
        self.add_to(app)
        call(app, argv)

    def add_to(self, app: typer.Typer, alias: str | None = None) -> None:
        """Make it a command of an app, under its name or under an alias, which the list of commands leaves out."""
        epilog = "\n\n".join(["Examples:", *(f"[cyan]{example}[/]" for example in self.examples)])
        shown = epilog if self.examples else None
        app.command(alias or self.name, epilog=shown, hidden=alias is not None)(self._as_function())

    def _as_function(self) -> Callable[..., None]:
        own = list(inspect.signature(self.run, eval_str=True).parameters.values())[1:]
        shared = _as_parameters(self.options)
        names = {parameter.name for parameter in shared}

        def function(**arguments: object) -> None:
            told = {name: value for name, value in arguments.items() if name in names}
            extra = {name: value for name, value in arguments.items() if name not in names}
            options = self.options(**told)  # type: ignore[arg-type]  # typer has checked them
            with (
                terminal.ending(is_json=options.json, is_verbose=options.verbose) as ending,
                self.opens(options) as opened,
            ):
                ending.answer = self.run(opened, **extra) or self.closes(opened)

        parameters = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in (*own, *shared)]
        # typer reads the options off the signature.
        function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        function.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        function.__doc__ = self.run.__doc__
        return function


def new_app(about: str | None = None) -> typer.Typer:
    """An app without commands; errors are shown by `terminal`, not by typer."""
    return typer.Typer(help=about, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)


def call(app: typer.Typer, argv: Sequence[str] | None) -> None:
    """Run an app. Returns when all went well, so that a job scheduler sees no exit; else exits with the code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    terminal.raise_on_termination()
    try:
        app(arguments)
    except terminal.Told:
        raise
    except SystemExit as end:
        if end.code:
            terminal.last_json_on_usage_error(arguments, end.code)
            raise


def auto_or_number(text: str, option: str) -> int | Literal["auto"]:
    """What `K|auto` says."""
    if text == "auto":
        return "auto"
    if not text.isdecimal() or int(text) < 2:
        raise SettingsError(f"cannot read {option}", found=text, expected="auto, or a whole number from 2 up")
    return int(text)


def _as_parameters(options: type[OutputOptions]) -> list[inspect.Parameter]:
    hints: Mapping[str, type] = get_type_hints(options, include_extras=True)
    # Inherited options come first in a dataclass; a reader wants those of the command first.
    fields = sorted(dataclasses.fields(options), key=lambda field: field.name in ("json", "verbose"))
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=field.default, annotation=hints[field.name]
        )
        for field in fields
    ]
