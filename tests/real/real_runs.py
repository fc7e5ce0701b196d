"""A real set from the file to the page, by the one command that the README names."""

import json
from pathlib import Path

import pytest

from tests.jobs.processes import ROOT, Place, ended, segmentation, spark_properties

DATA = ROOT.parent / "shared" / "data"


def needs(name: str) -> list[pytest.MarkDecorator]:
    """The marks of tests over a whole run of a set."""
    is_absent = not (DATA / name).is_dir()
    return [pytest.mark.slow, pytest.mark.skipif(is_absent, reason=f"../shared/data/{name} is not there")]


def run_of(name: str, folder: Path) -> tuple[Place, dict]:
    """The place of a run over a real set, and the last line it printed."""
    place = Place(folder, f"conf/real/{name}.yaml")
    low_memory = ["--set", f"spark={spark_properties(folder)}", "--set", "mlflow.is_on=false"]
    done = ended(segmentation("run", "--json", "--data", str(DATA), *place.options, *low_memory))
    return place, json.loads(done.stdout.splitlines()[-1])
