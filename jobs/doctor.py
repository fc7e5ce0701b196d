"""Is everything there that a run needs? One line each, with the remedy."""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pyspark.sql import SparkSession

from jobs import opening, starting, terminal
from jobs.arguments import Command, ConfOptions
from jobs.terminal import Answer
from segmentation import session
from segmentation.errors import PlatformError
from segmentation.runs import Run
from segmentation.settings import RunSettings
from segmentation.tables import Column, Store, Table

NEEDED_PYTHON, NEEDED_DISK_GB, NEEDED_BESIDE_JVM_GB = (3, 11), 5, 1
GB = 1024**3
_PROBE = Table(
    "doctor_probe",
    ("id",),
    (Column("id", "bigint", "Any number"),),
    "Written and read by the doctor",
    retention="until the doctor has gone",
)


@dataclass(frozen=True)
class Check:
    """One thing looked at; `remedy` says what to do when it is not well."""

    name: str
    is_well: bool
    found: str
    remedy: str = ""

    def __str__(self) -> str:
        mark = "[green]ok    [/]" if self.is_well else "[red]failed[/]"
        remedy = "" if self.is_well or not self.remedy else f"\n         remedy: {self.remedy}"
        return f"{mark} {self.name:<12} {self.found}{remedy}"


def run(settings: RunSettings) -> Answer:
    """Look at Java, Python, memory, disk, the JARs, Delta and GraphFrames: one line each, with the remedy."""
    checks = [*shown(before_spark(settings))]
    if all(check.is_well for check in checks):
        checks += shown(with_spark(settings))
    require_well(checks)
    return Answer(data={"is_well": True, "checks": {check.name: check.found for check in checks}})


def first(settings: RunSettings) -> None:
    """What can be seen before a run starts Spark. Raises PlatformError when something is missing."""
    require_well(shown(before_spark(settings)))


def then(at: Run) -> None:
    """The rest, with the session that the run has started. Raises PlatformError when something is missing."""
    require_well(shown(with_spark(at.settings)))


def shown(checks: Iterator[Check]) -> list[Check]:
    """The checks, each shown as soon as it was made."""
    done = []
    for check in checks:
        terminal.note(str(check))
        done.append(check)
    return done


def require_well(checks: list[Check]) -> None:
    """Raise PlatformError naming the checks that failed."""
    failed = [check for check in checks if not check.is_well]
    if failed:
        raise PlatformError(
            f"{len(failed)} of {len(checks)} checks failed: {', '.join(check.name for check in failed)}",
            remedy="; ".join(check.remedy for check in failed if check.remedy),
        )


def before_spark(settings: RunSettings) -> Iterator[Check]:
    """What can be seen without Spark."""
    version = sys.version_info
    yield Check(
        "Python",
        version[:2] >= NEEDED_PYTHON,
        f"{version.major}.{version.minor}.{version.micro} at {sys.executable}",
        "install Python 3.11 and make the virtual environment with it",
    )
    if not session.is_submitted():
        java, found = starting.java()
        yield Check("Java", starting.is_fit(java), found, starting.JAVA_REMEDY)
        yield _memory(session.read_properties(settings.spark))
    yield _disk(settings)


def with_spark(settings: RunSettings) -> Iterator[Check]:
    """The JARs, Delta and GraphFrames, by use. The session that is started here stays for the run."""
    try:
        spark = starting.started(settings.spark, settings.logs)
    except Exception as broken:
        yield Check("JARs", False, _first_line(broken), starting.jar_remedy(settings.spark))
        return
    yield Check(
        "JARs", True, f"Spark {spark.version}, {spark.conf.get('spark.jars.packages', 'packages of the platform')}"
    )
    yield _tried(
        "Delta", lambda: _write_and_read(spark, settings), f"see {settings.spark} for the coordinate and settings"
    )
    yield _tried(
        "GraphFrames",
        lambda: _propagate(spark),
        f"see {settings.spark}: the JVM classes and graphframes-py go together",
    )


def _memory(properties: dict[str, str]) -> Check:
    asked = properties.get("spark.driver.memory", "1g")
    heap = as_gb(asked)
    if heap is None:
        return Check(
            "memory", False, f"spark.driver.memory = {asked!r}", "write a whole number with its unit, like 1536m"
        )
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GB
    return Check(
        "memory",
        total >= heap + NEEDED_BESIDE_JVM_GB,
        f"{total:.1f} GB, of which Spark may take {heap:.0f}",
        "lower spark.driver.memory in the Spark properties file (2g is enough for the demo), or use a larger machine",
    )


def _disk(settings: RunSettings) -> Check:
    folder = settings.lock_folder.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free / GB
    is_well = free >= NEEDED_DISK_GB and os.access(folder, os.W_OK)
    return Check(
        "disk", is_well, f"{free:.0f} GB free at {folder}", f"free {NEEDED_DISK_GB} GB, or name another warehouse"
    )


def _tried(name: str, attempt: Callable[[], str], remedy: str) -> Check:
    try:
        return Check(name, True, attempt())
    except Exception as broken:
        return Check(name, False, _first_line(broken), remedy)


def _write_and_read(spark: SparkSession, settings: RunSettings) -> str:
    store = Store(spark, settings.warehouse)
    if not store.is_folder:
        if not spark.catalog.databaseExists(settings.warehouse):
            raise PlatformError(f"there is no schema {settings.warehouse}", remedy="create it in the catalog")
        return f"schema {settings.warehouse} is there"
    # Executors of a cluster share the warehouse with the driver, but no temp folder.
    is_local = spark.conf.get("spark.master", "").startswith("local")
    settings.lock_folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="_doctor", dir=None if is_local else settings.lock_folder) as folder:
        there = Store(spark, folder)
        there.replace(spark.range(3), _PROBE)
        n_read = there.read(_PROBE).count()
    return f"wrote and read {n_read} rows"


def _propagate(spark: SparkSession) -> str:
    session.require_graphframes(spark)
    from graphframes import GraphFrame  # only where the platform has it

    vertices = spark.createDataFrame([("a",), ("b",), ("c",)], "id string")
    edges = spark.createDataFrame([("a", "b"), ("b", "c"), ("a", "c")], "src string, dst string")
    labelled = GraphFrame(vertices, edges).labelPropagation(maxIter=2)
    n_labels = labelled.select("label").distinct().count()
    labelled.unpersist()
    return f"3 vertices labelled, {n_labels} communit{'y' if n_labels == 1 else 'ies'}"


def as_gb(memory: str) -> float | None:
    """Gigabytes of a size as Spark writes it; null for what Spark does not take, such as 1.5g."""
    found = re.fullmatch(r"(\d+)([kmgt]?)b?", memory.strip().lower())
    if found is None:
        return None
    return int(found[1]) * {"k": 2**-20, "m": 2**-10, "g": 1, "t": 2**10, "": 2**-30}[found[2]]


def _first_line(broken: Exception) -> str:
    return (str(broken).strip().splitlines() or [type(broken).__name__])[0][:200]


main = Command(
    run,
    "doctor",
    ConfOptions,
    opening.settings_only,
    ("segmentation doctor", "segmentation doctor --conf-file conf/cluster.yaml"),
)

if __name__ == "__main__":
    main()
