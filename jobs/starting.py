"""Start Spark, with its chatter kept off the terminal, or say plainly why it does not start."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from pyspark.sql import SparkSession

from jobs import terminal
from segmentation import session
from segmentation.errors import PlatformError, SegmentationError

OLDEST_JAVA, NEWEST_JAVA = 17, 21
"""Spark 4.0 is made for Java 17 and 21."""
JAVA_REMEDY = (
    f"install OpenJDK {OLDEST_JAVA} (Debian: apt-get install openjdk-17-jre-headless, macOS: brew install openjdk@17) "
    "and set JAVA_HOME to it"
)
SPARK_LOG = "spark.log"


def started(properties_file: Path, logs: Path) -> SparkSession:
    """The session of this process. What its JVM says goes to logs/spark.log.

    Raises: PlatformError when there is no fit Java or Spark does not start.
    """
    if not is_given():
        _require_java()
    try:
        with terminal.chatter_to(logs / SPARK_LOG):
            return session.current_or_new(properties_file)
    except SegmentationError:
        raise
    except Exception as broken:
        raise PlatformError(
            "Spark does not start",
            where=str(properties_file),
            found=(str(broken).strip().splitlines() or [type(broken).__name__])[0],
            remedy=f"see {logs / SPARK_LOG}; {jar_remedy(properties_file)}",
        ) from broken


def is_given() -> bool:
    """Whether somebody else started the JVM: a notebook, spark-submit, a platform."""
    return SparkSession.getActiveSession() is not None or session.is_submitted()


def java() -> tuple[int, str]:
    """Major version of Java, 0 when there is none, and what was found where."""
    home = os.environ.get("JAVA_HOME")
    path = shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")
    if path is None:
        return 0, f"no java in JAVA_HOME ({home})" if home else "no java on the PATH"
    said = subprocess.run([path, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)[^"]*"', said)
    return (int(found[1]) if found else 0), f"{found[0] if found else 'unknown version'} at {path}"


def is_fit(version: int) -> bool:
    """Whether Spark runs on a Java of this major version."""
    return OLDEST_JAVA <= version <= NEWEST_JAVA


def jar_remedy(properties_file: Path) -> str:
    """What to do where the JARs cannot be fetched."""
    return (
        f"the coordinates of the JARs stand in {properties_file} (spark.jars.packages). Behind a firewall name your "
        "Maven mirror in an Ivy settings file and add to the Spark properties: spark.jars.ivySettings /path/to/it.xml"
    )


def _require_java() -> None:
    version, found = java()
    if not is_fit(version):
        raise PlatformError(
            "Spark needs another Java",
            found=found,
            expected=f"Java {OLDEST_JAVA} to {NEWEST_JAVA}",
            remedy=JAVA_REMEDY,
        )
