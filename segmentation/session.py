"""The one place where a Spark session is made or checked."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from pyspark.sql import SparkSession

from segmentation.errors import PlatformError

DELTA_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
DELTA_FLAGS = (
    "--packages io.delta:delta-spark_4.0_2.13:4.4.0 "
    f"--conf spark.sql.extensions={DELTA_EXTENSION} "
    "--conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog"
)
PLANNING = {"spark.sql.constraintPropagation.enabled": "false"}
"""Inferring filters from constraints takes the planner minutes over the many aliases of a feed or a feature table
(SPARK-33152), and saves nothing here: filters stand where they are needed."""
GRAPHFRAMES_CLASS = "org.graphframes.GraphFrame"


def read_properties(path: Path) -> dict[str, str]:
    """Settings of a `spark-submit --properties-file`: one `key value` or `key=value` a line, # for a comment."""
    if not path.is_file():
        raise PlatformError(
            "there is no such Spark properties file", where=str(path), remedy="name one under conf/spark/"
        )
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (
        line.replace("=", " ", 1).split(None, 1) if "=" in line.split()[0] else line.split(None, 1)
        for line in lines
        if line and not line.startswith("#")
    )
    return {pair[0]: pair[1].strip() if len(pair) > 1 else "" for pair in pairs}


def current_or_new(properties_file: Path, overrides: Mapping[str, str] | None = None) -> SparkSession:
    """The session that runs already (a notebook, spark-submit, Databricks), checked; else a new one.

    Static settings such as packages work only before the JVM starts, so under `spark-submit` they come from
    `--properties-file`; the same file is read here when this process has to start the JVM itself.

    Raises: PlatformError when a running session has no Delta.
    """
    running = SparkSession.getActiveSession()
    session = running if running is not None else _new(properties_file, overrides or {})
    require_delta(session)
    for key, value in PLANNING.items():
        session.conf.set(key, value)
    return session


def _new(properties_file: Path, overrides: Mapping[str, str]) -> SparkSession:
    # Workers start whatever python3 is on PATH; from a virtual environment that one has no pandas.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("segmentation")
    properties = {} if is_submitted() else {**read_properties(properties_file), **overrides}
    for key, value in properties.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def is_submitted() -> bool:
    """Whether spark-submit (or a platform) started this process and owns the settings of the JVM."""
    return any(
        name in os.environ for name in ("SPARK_ENV_LOADED", "PYSPARK_GATEWAY_PORT", "DATABRICKS_RUNTIME_VERSION")
    )


def jvm_process(session: SparkSession) -> int | None:
    """Process of the JVM that this process started; null where another one did."""
    gateway = session.sparkContext._gateway
    process = getattr(gateway, "proc", None)
    return None if process is None else int(process.pid)


def require_delta(session: SparkSession) -> None:
    """Raise PlatformError with the flags to add when the session cannot read and write Delta."""
    extensions = session.conf.get("spark.sql.extensions", "") or ""
    is_databricks = "DATABRICKS_RUNTIME_VERSION" in os.environ
    if DELTA_EXTENSION not in extensions and not is_databricks:
        raise PlatformError(
            "this Spark session has no Delta Lake",
            found=f"spark.sql.extensions = {extensions!r}",
            expected=DELTA_EXTENSION,
            remedy=f"start Spark with --properties-file conf/spark/local.conf, or add {DELTA_FLAGS}",
        )


def require_graphframes(session: SparkSession) -> None:
    """Raise PlatformError when the JVM has no GraphFrames classes."""
    jvm = session._jvm  # the only look into the JVM: there is no other way to ask for a class
    try:
        jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(GRAPHFRAMES_CLASS)
    except Exception as cause:
        raise PlatformError(
            "this Spark session has no GraphFrames",
            expected=f"class {GRAPHFRAMES_CLASS} on the class path",
            remedy="add the coordinate named in conf/spark/local.conf to --packages, "
            "or use a Databricks ML runtime, which carries it",
        ) from cause
