"""Whole processes, as a user and a scheduler start them: run, repeat, kill, spark-submit, a cluster."""

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from jobs.terminal import TERMINATED
from segmentation.errors import LockedError
from segmentation.tables import Store, built, care, clean, held
from tests.equality import OF_THE_FILES, differences, every_table
from tests.jobs import canaries
from tests.jobs.processes import (
    ROOT,
    Place,
    asked_to_end,
    ended,
    killed,
    segmentation,
    spark_properties,
    spark_submit,
    standalone_cluster,
)

pytestmark = [pytest.mark.slow, pytest.mark.delta, pytest.mark.graph]
N_KILLS = 3
FEATURE_TABLES = ("payg_features", "plan_features", "home_features")


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("processes")


@pytest.fixture(scope="module")
def low(scratch):
    """Options for a session with little memory."""
    return ["--set", f"spark={spark_properties(scratch)}"]


@pytest.fixture(scope="module")
def undisturbed(scratch, low):
    """One run from nothing to the report, the seconds it took, and what it said last."""
    place = Place(scratch / "undisturbed")
    begin = time.monotonic()
    done = ended(segmentation("run", "--json", *place.options, *low))
    return place, time.monotonic() - begin, json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def store(spark):
    return lambda place: Store(spark, place.warehouse)


def copy_of(place: Place, folder: Path, *without: str) -> Place:
    """The warehouse and the feeds of a place, less some tables."""
    for name in ("warehouse", "landing", "vault"):
        shutil.copytree(place.folder / name, folder / name)
    for name in without:
        shutil.rmtree(folder / "warehouse" / name)
    return Place(folder)


def test_a_run_ends_with_every_segment_and_where_everything_is(undisturbed, store):
    place, _, said = undisturbed

    verticals = {segment["vertical"] for segment in said["segments"]}
    n_lines = sum(segment["n_lines"] for segment in said["segments"])
    assert verticals == {"payg", "plan", "home"}
    assert n_lines == store(place).read(built.SEGMENT_ASSIGNMENTS).filter("as_of = '2026-10-31'").count()
    assert Path(said["places"]["report"]).stat().st_size > 100_000
    assert "wrote segment_assignments" in Path(said["places"]["log"]).read_text()


def test_every_feed_fills_its_clean_table_and_who_objects_is_in_no_segment(undisturbed, store):
    at = store(undisturbed[0])
    empty = [table.name for table in clean.TABLES if at.read(table).isEmpty()]
    objecting = at.read(clean.CONSENTS).filter("purpose = 'analytics' and not is_granted").select("customer_id")
    lines = at.read(clean.SUBSCRIBERS).join(objecting, on="customer_id", how="left_semi").select("subscriber_id")

    segmented = at.read(built.SEGMENT_ASSIGNMENTS).join(lines, on="subscriber_id", how="left_semi")

    assert empty == []
    assert lines.count() > 0
    assert segmented.isEmpty()


def test_the_report_and_the_log_hold_no_key_of_a_line(undisturbed, store):
    place, _, said = undisturbed
    keys = [
        row[0] for row in store(place).read(built.POPULATION).select("subscriber_id").distinct().limit(200).collect()
    ]

    texts = [Path(said["places"]["report"]).read_text(), Path(said["places"]["log"]).read_text()]

    assert not [key for key in keys for text in texts if key in text]


@pytest.mark.parametrize("how", [(), ("--again",)], ids=["what is unchanged is kept", "everything is done again"])
def test_a_second_run_changes_nothing_and_corrects_nothing(undisturbed, store, low, tmp_path, how):
    place, _, _ = undisturbed
    before = copy_of(place, tmp_path)

    ended(segmentation("run", *how, *place.options, *low))

    assert differences(store(before), store(place)) == []
    assert store(place).read(built.SEGMENT_ASSIGNMENTS).filter("correction > 0").count() == 0


def deliver_late_recharges(place: Place) -> None:
    """A file of recharges of October that arrive in December."""
    folder = place.folder / "landing/recharges"
    head, *rows = next(folder.glob("part-*.csv")).read_text().splitlines()
    columns = head.split(",")
    late = []
    for number, row in enumerate(rows[:40]):
        cells = dict(zip(columns, row.split(","), strict=True))
        told = {"topup_ref": f"LATE{number}", "topup_at": "2026-10-20 12:00:00", "delivered": "2026-12-05 01:00:00"}
        late.append(",".join({**cells, **told, "topup_minor": "5000"}[name] for name in columns))
    (folder / "part-late.csv").write_text("\n".join([head, *late]) + "\n")


@pytest.fixture(scope="module")
def late(undisturbed, low, scratch):
    """The same after late recharges of October and fifty canaries have come, and what was said of it."""
    place, _, _ = undisturbed
    later = copy_of(place, scratch / "late")
    deliver_late_recharges(later)
    canaries.plant(later.folder / "landing")
    mlflow = [f"mlflow.tracking_uri=sqlite:///{later.folder}/mlflow.db", f"mlflow.artifacts={later.folder}/mlruns"]
    # Feeds that nobody generates: else they would be made again as they were.
    feeds_only = ["synthetic=null", "secret.is_public_data=true", "mlflow.is_on=true", *mlflow]
    sets = [part for one in feeds_only for part in ("--set", one)]
    return later, ended(segmentation("run", "--stale", "--verbose", *later.options, *low, *sets))


def test_late_rows_make_their_day_again_and_what_was_known_before_can_be_said_again(
    undisturbed, late, store, low, scratch
):
    (place, _, said), (later, _), then = undisturbed, late, Place(scratch / "then")

    ended(segmentation("replay", *later.options, *low, "--known-at", "2026-11-30", "--to", then.warehouse))

    is_later = (F.col("step") == "build_features") & (F.col("run_id") != said["run_id"])
    built_days = [str(row["as_of"]) for row in store(later).read(built.RUNS).filter(is_later).collect()]
    corrected = store(later).read(built.SEGMENT_ASSIGNMENTS).filter("correction = 1").select("vertical", "as_of")
    of_days = {(row["vertical"], str(row["as_of"])) for row in corrected.distinct().collect()}
    assert built_days == ["2026-10-31"]
    # A recharge of a line that has moved to a plan makes the record of that one less consistent.
    assert {("payg", "2026-10-31")} <= of_days <= {("payg", "2026-10-31"), ("plan", "2026-10-31")}
    assert differences(store(place), store(then), apart_from=OF_THE_FILES, names=FEATURE_TABLES) == []
    assert differences(store(later), store(then), apart_from=OF_THE_FILES, names=["payg_features"]) != []


def test_what_names_a_person_is_nowhere_but_in_the_vault(late, store):
    later, done = late

    refused = store(later).read(care.QUARANTINE).filter("day > date'2026-11-30'").count()
    texts = store(later).read(clean.CARE_CONTACTS).filter("day > date'2026-11-30'").count()
    assert (refused > 0, texts) == (True, 5)
    assert canaries.found(later.folder / "vault")
    assert canaries.found(later.folder, "vault", "landing") == []
    assert canaries.in_text(done.stdout + done.stderr) == []


def test_a_run_killed_anywhere_and_repeated_equals_an_undisturbed_one(undisturbed, store, low, tmp_path):
    place, seconds, _ = undisturbed
    broken = Place(tmp_path)
    with_mlflow = ["mlflow.is_on=true", f"mlflow.tracking_uri=sqlite:///{tmp_path}/mlflow.db"]
    with_mlflow += [f"mlflow.artifacts={tmp_path}/mlruns"]
    command = segmentation("run", *broken.options, *low, *(part for one in with_mlflow for part in ("--set", one)))
    chance, n_killed = random.Random(20260331), 0

    # A repeated run has less to do: one that ended before its kill counts for none.
    for _ in range(3 * N_KILLS):
        at = seconds * chance.uniform(0.08, 0.4)
        n_killed += killed(command, at, with_its_jvm=n_killed % 2 == 0)
        if n_killed == N_KILLS:
            break
    ended(command)

    assert n_killed == N_KILLS
    # Each generated its own feeds.
    assert differences(store(place), store(broken), apart_from=OF_THE_FILES) == []


def test_a_run_that_a_scheduler_ends_says_so_leaves_the_warehouse_free_and_goes_on(undisturbed, store, low, tmp_path):
    place, _, _ = undisturbed
    other = copy_of(place, tmp_path, *FEATURE_TABLES)
    command = segmentation("build_features", "--json", *other.options, *low)
    one_is_there = (Path(other.warehouse) / FEATURE_TABLES[0] / "_delta_log" / f"{0:020}.json").exists

    code, said = asked_to_end(command, when=one_is_there)
    ended(command)

    assert code == TERMINATED
    assert json.loads(said)["error"]["message"] == "terminated; run the same command again to go on"
    assert differences(store(place), store(other)) == []


def test_the_notebook_runs_on_the_tables_of_a_run(undisturbed, scratch):
    place, _, _ = undisturbed
    conf_file = scratch / "of_the_notebook.yaml"
    properties = spark_properties(scratch)
    conf_file.write_text(f"extends: {ROOT / place.conf_file}\nwarehouse: {place.warehouse}\nspark: {properties}\n")

    ended([sys.executable, "notebooks/segments_of_the_month.py"], SEGMENTATION_CONF=str(conf_file))


def test_spark_submit_gives_the_same_features_as_the_command(undisturbed, store, scratch, tmp_path):
    place, _, _ = undisturbed
    other = copy_of(place, tmp_path, *FEATURE_TABLES)
    properties = ["--properties-file", str(spark_properties(scratch))]

    ended([spark_submit(), *properties, "jobs/build_features.py", *other.options])

    assert differences(store(place), store(other)) == []


def test_a_cluster_gives_the_same_tables_as_one_machine(undisturbed, store, tmp_path):
    place, _, _ = undisturbed
    built_again = [table.name for table in every_table() if (Path(place.warehouse) / table.name).exists()]
    built_again = [name for name in built_again if name.endswith(("_features", "_scores", "_assignments"))]
    other = copy_of(place, tmp_path, *built_again)
    memory = [
        "--conf",
        "spark.driver.memory=2g",
        "--conf",
        "spark.executor.memory=900m",
        "--conf",
        "spark.sql.shuffle.partitions=6",
        # Small tables: with Delta's fifty tasks for each look at one, most of the test would be spent on them.
        "--conf",
        "spark.databricks.delta.snapshotPartitions=2",
    ]
    hosts = ["--conf", "spark.driver.host=127.0.0.1", "--conf", "spark.driver.bindAddress=127.0.0.1"]
    ended(["make", "wheel"])
    importable = ["--py-files", "dist/segmentation.zip"]

    with standalone_cluster(tmp_path) as master:
        submit = [
            spark_submit(),
            "--master",
            master,
            "--properties-file",
            "conf/spark/cluster.conf",
            *memory,
            *hosts,
            *importable,
        ]
        ended([*submit, "jobs/build_features.py", *other.options])
        ended([*submit, "jobs/assign_segments.py", *other.options])

    assert differences(store(place), store(other)) == []


def test_the_second_of_two_runs_says_who_holds_the_warehouse_and_since_when(undisturbed, low, tmp_path):
    place = Place(tmp_path)

    with held(Path(place.warehouse), "20261101T000000-1-abcdef"):
        second = subprocess.run(
            segmentation("ingest", "--json", *place.options, *low),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    error = json.loads(second.stdout.splitlines()[-1])["error"]
    assert second.returncode == 2
    assert error["kind"] == LockedError.__name__
    assert "20261101T000000-1-abcdef" in error["message"]
    assert "since 20" in error["message"]
