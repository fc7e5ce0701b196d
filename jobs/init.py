"""A folder to begin with on one's own data: a conf file, its sources, and what they name, all commented."""

import json
import secrets
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid

import segmentation
from jobs.arguments import Command, OutputOptions
from jobs.tables import nothing
from jobs.terminal import Answer
from segmentation.errors import SettingsError
from segmentation.features import catalogue
from segmentation.periods import month_end, months_before
from segmentation.settings import Json
from segmentation.sources import starter
from segmentation.tables import Table, clean

_PACKAGE = Path(segmentation.__file__).parent
CONF = next((place for place in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if place.is_dir()), _PACKAGE / "conf")
"""Files to begin with: in the package where it was installed from a wheel, else beside it."""
COPIED = ("payg.yaml", "plan.yaml", "home.yaml", "archetypes.yaml", "spark/local.conf")
CONF_NAME, SECRET_NAME = "operator.yaml", "secret.key"
N_MONTHS, N_SEGMENTED = 12, 3
_READ_BESIDE_FEATURES = (clean.PRODUCTS.name, clean.HOME_TIES.name, clean.CONSENTS.name)
_IGNORED = "# Nothing of it belongs into version control.\nsecret.key\nwarehouse/\nvault/\nlanding/\nreport/\nlogs/\n"
_TEMPLATE = """# Settings of your operator. What is marked <- is a guess: put it right.
# All keys with what they mean: segmentation settings --explain
operator: {name}   # <- heads the report
warehouse: "{place}/warehouse"   # tables: a folder, or catalog.schema
vault: "{place}/vault"   # the way back from pseudonyms to keys; a place of its own
landing: "{place}/landing"   # <- folder of the raw feeds
report: "{place}/report"
logs: "{place}/logs"
timezone: UTC   # <- time zone of the operator, such as Europe/Warsaw: says what is day and night
currency: EUR   # <-
minor_units: 100   # minor units in one unit of the currency
# service_costs: {{per_contact: 300, per_gb: 5}}   # minor units, taken off what a line is worth
periods:
  history_from: {history_from}   # <- first month of the feeds; six months before `first` are best
  first: {first}   # <- first month to segment: the one that is fitted
  last: {last}   # <- last month to segment
secret:
  # Keys of people become pseudonyms under this key. Keep it and show it to nobody: with another one every line would be
  # a stranger. On a cluster rather `environment: SEGMENTATION_SECRET`.
  file: "{place}/secret.key"
spark: spark/local.conf
archetypes: archetypes.yaml   # the segments that your business knows
sources:   # take away those you have no feed for; what others refer to comes first
{sources}
verticals:   # take away those you do not have
  payg: payg.yaml
  plan: plan.yaml
  home: home.yaml
mlflow:
  tracking_uri: "sqlite:///{place}/mlflow.db"
  artifacts: "{place}/mlruns"
"""


def run(
    _: None,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="New folder to write.")],
    *,
    last: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Last month to segment. Default: the month before this one.")
    ] = None,
) -> Answer:
    """Write a commented conf file with a source for every feed. An existing folder is left as it is."""
    _require_free(folder)
    texts = {**_copies(), **_sources(), CONF_NAME: _conf(folder, _last_day(last)), ".gitignore": _IGNORED}
    _write(folder, {**texts, SECRET_NAME: f"{secrets.token_hex(32)}\n"})
    data: dict[str, Json] = {"conf_file": str(folder / CONF_NAME), "files": sorted([*texts, SECRET_NAME])}
    return Answer((_next_steps(folder),), data)


def _tables() -> list[Table]:
    """Clean tables that something is made from, those that others refer to first."""
    read = {name for feature in catalogue.FEATURES for name in feature.needs} | set(_READ_BESIDE_FEATURES)
    return [table for table in clean.TABLES if table.name in read]


def _require_free(folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError(
            "there is something already; nothing was written", where=str(folder), remedy="name a new folder"
        )


def _copies() -> dict[str, str]:
    return {name: (CONF / name).read_text(encoding="utf-8") for name in COPIED}


def _sources() -> dict[str, str]:
    return {f"sources/{table.name}.yaml": starter.starter(table) for table in _tables()}


def _last_day(last: str | None) -> date:
    try:
        return month_end(last) if last else months_before(date.today(), 1)
    except ValueError as broken:
        raise SettingsError("cannot read --last", found=str(broken), expected="a month like 2026-10") from None


def _conf(folder: Path, last: date) -> str:
    return _TEMPLATE.format(
        # JSON quotes a text as YAML takes it.
        place=json.dumps(str(folder), ensure_ascii=False)[1:-1],
        name=json.dumps(folder.resolve().name, ensure_ascii=False),
        history_from=f"{months_before(last, N_MONTHS - 1):%Y-%m}",
        first=f"{months_before(last, N_SEGMENTED - 1):%Y-%m}",
        last=f"{last:%Y-%m}",
        sources="\n".join(f"  - sources/{table.name}.yaml" for table in _tables()),
    )


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all files or none: into a folder beside it, which then takes the name."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as beside:
        new = Path(beside) / folder.name
        for name, text in texts.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            (new / name).write_text(text, encoding="utf-8")
        (new / SECRET_NAME).chmod(0o600)
        (new / "landing").mkdir()
        new.replace(folder)


def _next_steps(folder: Path) -> Grid:
    conf_file = folder / CONF_NAME
    grid = Grid(box=None, show_header=False)
    grid.add_row("1", f"put your feeds into {folder / 'landing'}, or name their folder as `landing` in {conf_file}")
    grid.add_row("2", f"write the names of their columns into {folder / 'sources'}/*.yaml")
    grid.add_row("3", f"segmentation check --conf-file {conf_file}")
    grid.add_row("4", f"segmentation run --conf-file {conf_file}")
    return grid


main = Command(
    run, "init", OutputOptions, nothing, ("segmentation init yours", "segmentation init yours --last 2026-10")
)

if __name__ == "__main__":
    main()
