import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from jobs import cli, tables
from jobs.arguments import ConfOptions
from jobs.checking import checked
from segmentation.features import catalogue
from segmentation.tables import PersonalData, Table, TimeKind, built

ROOT = Path(__file__).parent.parent
CODE = sorted([*(ROOT / "segmentation").rglob("*.py"), *(ROOT / "jobs").rglob("*.py")])
TABLES = [table for chapter in tables.chapters().values() for table in chapter]
STEPS = ("generate", "ingest", "build_features", "fit_segments", "assign_segments", "report", "pipeline")
# Where a name that must stay in few hands may stand.
MAY_NAME_TRUTH = {
    "segmentation/tables/built.py",
    "jobs/score.py",  # the one that reads it
    "jobs/sql.py",  # keeps it out
    "jobs/tables.py",  # prints the catalogue
}
TRUTH_NAMES = {name for table in built.TRUTH_TABLES for name in (table.name, table.name.upper())}
# One small file, read unsplit: there the number is that of the line, and the key of the row.
MAY_NUMBER_ROWS = {"segmentation/sources/reading.py"}
MAY_DROP_EQUAL_ROWS = {"segmentation/sources/quarantine.py"}  # equal in every cell
# Two write them; the third leaves a feature out that was made from them.
SEE_OUTCOMES = ["building.py", "readymade.py", "selection.py"]
MAY_TOUCH_THE_SESSION = {"segmentation/session.py"}
REGISTRIES = re.compile(
    r"pypi\.org|pythonhosted\.org|repo1?\.maven|maven\.org|anaconda\.org|repos\.spark-packages|mvnrepository"
)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_declared_whole(table: Table):
    names = table.column_names

    assert re.fullmatch(r"[a-z][a-z0-9_]*", table.name)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert len(names) == len(set(names))
    assert table.grain
    assert set(table.grain) <= set(names)
    assert set(table.partitioned_by) <= set(names)
    assert {*table.end_columns, *table.later_columns} <= set(names)
    assert table.about
    assert all(column.about for column in table.columns)
    assert all(field.nullable == (field.name not in table.grain) for field in table.schema)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_can_be_read_as_of_a_day(table: Table):
    kinds = {column.name: column.type for column in table.columns}

    if table.time in (TimeKind.EVENT, TimeKind.SNAPSHOT):
        assert kinds[table.time_column] == "date"
    if table.time is TimeKind.VALIDITY:
        assert (kinds["valid_from"], kinds["valid_to"]) == ("date", "date")


def test_table_names_are_told_apart():
    names = [table.name for table in TABLES]

    assert sorted(set(names)) == sorted(names)


def test_nothing_that_names_a_person_by_itself_is_kept_outside_the_vault():
    direct = {t.name for t in TABLES for column in t.columns if column.personal is PersonalData.DIRECT}

    assert direct == {"identity_vault"}


def test_a_room_imports_only_rooms_before_it():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_job_is_an_entry_point_and_a_command():
    with_main = {path.stem for path in (ROOT / "jobs").glob("*.py") if has_main(path)} - {"cli"}

    assert declared_jobs().keys() == with_main
    assert {command.name for command in cli.COMMANDS} == {
        name.removeprefix("segmentation-") for name in declared_jobs().values()
    }


def test_every_task_of_the_databricks_bundle_is_an_entry_point():
    bundle = yaml.safe_load((ROOT / "databricks.yml").read_text())
    tasks = bundle["resources"]["jobs"]["segmentation"]["tasks"]

    assert {task["python_wheel_task"]["entry_point"] for task in tasks} <= set(declared_jobs().values())


@pytest.mark.parametrize("job", STEPS)
def test_a_step_reads_like_a_table_of_contents(job):
    text = (ROOT / "jobs" / f"{job}.py").read_text()

    assert len(text.splitlines()) <= 45
    assert "F." not in text


@pytest.mark.parametrize("conf", sorted([*ROOT.glob("conf/*.yaml"), *ROOT.glob("conf/real/*.yaml")]), ids=name_of)
def test_every_conf_file_loads_with_all_it_names(conf: Path):
    tree = yaml.safe_load(conf.read_text())
    if "operator" not in tree and "extends" not in tree:
        pytest.skip("a part of other conf files, which are tested here")

    settings = checked(ConfOptions(conf_file=conf, data=Path("data")), needs_secret=False)

    assert settings.spark.is_file()
    assert settings.sources


def test_no_two_conf_files_share_a_warehouse():
    confs = [*ROOT.glob("conf/*.yaml"), *ROOT.glob("conf/real/*.yaml"), *ROOT.glob("tests/conf/*.yaml")]
    warehouses = [tree["warehouse"] for conf in confs if "warehouse" in (tree := yaml.safe_load(conf.read_text()))]

    assert len(warehouses) == len(set(warehouses))


def test_the_page_of_tables_is_in_step_with_the_declarations():
    assert (ROOT / "docs/tables.md").read_text() == tables.as_markdown(), "run `make docs`"


def test_the_page_of_features_is_in_step_with_the_catalogue():
    assert (ROOT / "docs/features.md").read_text() == catalogue.describe().rstrip() + "\n", "run `make docs`"


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_only_score_reads_the_truth(path: Path):
    if name_of(path) in MAY_NAME_TRUTH or path.is_relative_to(ROOT / "segmentation/synthetic"):
        return

    assert not names_in(path) & {*TRUTH_NAMES, "TRUTH_TABLES"}


def test_what_became_of_a_line_is_never_fitted_on():
    rooms = ("features", "clustering", "graph", "models")
    paths = [path for room in rooms for path in (ROOT / "segmentation" / room).rglob("*.py")]

    assert sorted(path.name for path in paths if names_in(path) & {"OUTCOMES", "outcomes"}) == SEE_OUTCOMES


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_sessions_and_the_jvm_are_touched_in_one_place(path: Path):
    if name_of(path) in MAY_TOUCH_THE_SESSION:
        return

    assert not names_in(path) & {"builder", "sparkContext", "_jvm", "_sc", "rdd"}


@pytest.mark.parametrize("path", CODE, ids=name_of)
def test_nothing_hangs_on_chance_or_on_the_order_of_rows(path: Path):
    chance = {
        "rand",
        "randn",
        "monotonically_increasing_id",
        "approx_percentile",
        "percentile_approx",
        "first",
        "any_value",
    }
    chance -= {"monotonically_increasing_id"} if name_of(path) in MAY_NUMBER_ROWS else set()
    of_frames = {"randomSplit", "approxQuantile", "zipWithIndex", "dropDuplicates"}
    of_frames -= {"dropDuplicates"} if name_of(path) in MAY_DROP_EQUAL_ROWS else set()

    assert not attributes_of(path, "F") & chance
    assert not names_in(path) & of_frames


def test_no_module_has_a_name_that_says_nothing():
    nothing = {"utils", "util", "helpers", "common", "misc", "manager", "shared"}

    assert [name_of(path) for path in CODE if path.stem in nothing] == []


def test_no_file_names_a_package_registry():
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    texts = [
        path
        for name in tracked.stdout.splitlines()
        if (path := ROOT / name).is_file() and path.stat().st_size < 1_000_000
    ]

    found = [
        name_of(p) for p in texts if p.name != Path(__file__).name and REGISTRIES.search(p.read_text(errors="ignore"))
    ]

    assert found == []


def declared_jobs() -> dict[str, str]:
    """JOBS of setup.py: module -> entry point."""
    for node in ast.parse((ROOT / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "JOBS":
            return ast.literal_eval(node.value)
    raise AssertionError("setup.py declares no JOBS")


def has_main(path: Path) -> bool:
    tree = ast.parse(path.read_text())
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return "main" in assigned | {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def names_in(path: Path) -> set[str]:
    """Names, attributes, imported names and texts of a file; docstrings count as texts only when they are one word."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.alias):
            found.add(node.name.split(".")[-1])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return found


def attributes_of(path: Path, name: str) -> set[str]:
    """Attributes taken of a name, for example all functions of F."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == name
    }
