"""Real processes for slow tests: `segmentation`, spark-submit, a standalone cluster."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from segmentation import session

ROOT = Path(__file__).parent.parent.parent
TINY = "tests/conf/tiny.yaml"
# Beside the session of the tests, on a machine of eight gigabytes.
LOW_MEMORY = "2g"
SPARK_HOME_PATTERN = re.compile(r"^(SPARK_|PYSPARK_)")


@dataclass(frozen=True)
class Place:
    """A folder with a warehouse of its own, for the runs of a conf file."""

    folder: Path
    conf_file: str = TINY

    @property
    def warehouse(self) -> str:
        return str(self.folder / "warehouse")

    @property
    def options(self) -> list[str]:
        # The feeds of a real set lie where they are.
        own_landing = ("landing",) if self.conf_file == TINY else ()
        names = ("warehouse", "vault", "report", "logs", *own_landing)
        sets = [f"{name}={self.folder / name}" for name in names]
        return ["--conf-file", self.conf_file, *(part for one in sets for part in ("--set", one))]


def spark_properties(folder: Path) -> Path:
    """conf/spark/local.conf with little memory and, for little data, few partitions."""
    own = {
        "spark.driver.memory": LOW_MEMORY,
        "spark.local.dir": str(folder / "spark"),
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
    }
    path = folder / "tests.conf"
    properties = session.read_properties(ROOT / "conf/spark/local.conf") | own
    path.write_text("".join(f"{name} {value}\n" for name, value in properties.items()))
    return path


def environment() -> dict[str, str]:
    """This one's, with the project importable and without what a running session left."""
    kept = {name: value for name, value in os.environ.items() if not SPARK_HOME_PATTERN.match(name)}
    return {**kept, "PYTHONPATH": str(ROOT), "PYSPARK_PYTHON": sys.executable, "COLUMNS": "160"}


def segmentation(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "jobs.cli", *arguments]


def ended(command: Sequence[str], seconds: int = 1800, **variables: str) -> subprocess.CompletedProcess[str]:
    """What a command said; fails with all of it when it did not end well."""
    given = environment() | variables
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=seconds, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}"
    return done


def killed(command: Sequence[str], seconds: float, *, with_its_jvm: bool) -> bool:
    """Start a command and kill it without warning after so many seconds; False when it had ended by then.

    Without its JVM only the driver's Python dies, and what it had asked Spark for may still be under way.
    """
    running = _started(command)
    try:
        running.wait(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        if with_its_jvm:
            os.killpg(running.pid, signal.SIGKILL)
        running.send_signal(signal.SIGKILL)
        running.wait()
        return True


def asked_to_end(command: Sequence[str], when: Callable[[], bool], seconds: float = 180) -> tuple[int, str]:
    """Exit code and last line of a command that a scheduler asks to end (SIGTERM) once something is so."""
    running = _started(command, stdout=subprocess.PIPE)
    _wait_until(when, 600)
    running.terminate()
    said, _ = running.communicate(timeout=seconds)
    return running.returncode, said.decode().strip().splitlines()[-1]


def _started(command: Sequence[str], stdout: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=stdout, stderr=subprocess.DEVNULL, start_new_session=True
    )


def spark_submit() -> str:
    """The real spark-submit of the installed Spark."""
    beside = Path(sys.executable).parent / "spark-submit"
    return str(beside) if beside.exists() else str(shutil.which("spark-submit"))


@contextmanager
def standalone_cluster(folder: Path) -> Iterator[str]:
    """Address of a standalone master on loopback with two workers of one core each."""
    import pyspark

    spark_class = str(Path(pyspark.__file__).parent / "bin" / "spark-class")
    port = _free_port()
    address = f"spark://127.0.0.1:{port}"
    settings = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_WORKER_DIR": str(folder / "work"), "SPARK_NO_DAEMONIZE": "1"}
    logs = (folder / "cluster.log").open("wb")
    package = "org.apache.spark.deploy"
    master = [f"{package}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", str(_free_port())]
    worker = [
        f"{package}.worker.Worker",
        "--host",
        "127.0.0.1",
        "--cores",
        "1",
        "--memory",
        "1g",
        "--webui-port",
        "0",
        address,
    ]
    running = []
    try:
        for arguments in (master, worker, worker):
            running.append(
                subprocess.Popen(
                    [spark_class, *arguments], cwd=folder, env={**environment(), **settings}, stdout=logs, stderr=logs
                )
            )
            if arguments is master:
                _wait_for(port)
        _wait_until(lambda: (folder / "cluster.log").read_text().count("Registering worker") >= 2)
        yield address
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()
        logs.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    _wait_until(answers)


def _wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for nothing"
        time.sleep(0.3)
