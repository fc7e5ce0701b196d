"""What lies at a source's location: its files and the id that tells one delivery from another."""

import hashlib
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from delta.tables import DeltaTable
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from segmentation.errors import SourceError
from segmentation.sources import telling
from segmentation.sources.source import Source

_BLOCK = 1 << 20
_ID_LENGTH = 16
_TINY = 10
"""A file so many times smaller than the largest may hold no row: Spark writes such ones."""


@dataclass(frozen=True)
class FeedFile:
    """A file of a delivery; `stamp` is the hash of its content, or, far away, its modification time."""

    name: str
    size: int
    stamp: str

    @property
    def file_id(self) -> str:
        """Hash by which a file is known again."""
        return _short(f"{self.name}\t{self.size}\t{self.stamp}")


@dataclass(frozen=True)
class Delivery:
    """The whole of a feed as it lies there now, or those of its files that have not been taken in."""

    feed_id: str
    path: str
    n_files: int
    largest_bytes: int
    n_bytes: int
    is_named_table: bool = False
    ends: tuple[str, ...] = ()
    """Paths of its first and its last file but tiny ones, one where that is all; none of a Delta table."""
    is_nested: bool = False
    """Whether files lie in folders below it whose names say nothing of columns, as `month=2026-10` would."""
    only: str | None = None
    """Path of the one file of it to read; None reads all."""
    files: tuple[FeedFile, ...] = ()
    """Its files; of a Delta table its version as one file."""
    version: int | None = None
    """Of a Delta table: this version is read, whatever is written to it meanwhile."""
    paths: tuple[str, ...] = ()
    """Paths of its files when it is a part of what lies there; empty when it is all of it."""

    def paths_of_files(self) -> list[str]:
        """Paths of its files, in their order; none of a Delta table."""
        return [] if self.version is not None else [_path_of(file.name, self.path) for file in self.files]

    def of_files(self, source: Source, files: Collection[FeedFile]) -> "Delivery":
        """The delivery that these files of it are; itself when they are all of them."""
        if len(files) == len(self.files):
            return self
        part = _of_files(source, self.path, sorted(files, key=lambda file: file.name))
        return replace(part, paths=tuple(_path_of(file.name, self.path) for file in part.files))


def find(spark: SparkSession, source: Source, landing: Path, *, by_content: bool = True) -> Delivery | None:
    """The delivery of a source; None when it is absent and optional.

    Without `by_content` local files are told by name and size alone: quick, but no id to remember a delivery by.

    Raises: SourceError when there is nothing at the location, or it may not be read.
    """
    with telling.telling_errors(source, "look for the feed"), _telling_of_files(source):
        found = _found(spark, source, landing, by_content)
    if found is None and not source.optional:
        where = located(source.location, landing)
        raise SourceError(
            "the feed is not there",
            where=f"source {source.name}",
            found=f"no {source.format} files at {where}",
            expected="a folder or file that exists",
            remedy="mend `location` in the source's YAML or `landing` in the conf file; "
            "when the feed may be missing, write optional: true",
        )
    return found


def _found(spark: SparkSession, source: Source, landing: Path, by_content: bool) -> Delivery | None:
    if source.format == "delta":
        return _delta(spark, source, landing)
    path = located(source.location, landing)
    files = _local_files(Path(path), by_content) if is_local(path) else _remote_files(spark, path)
    return _of_files(source, path, files) if files else None


@contextmanager
def _telling_of_files(source: Source) -> Iterator[None]:
    """Turn a file that cannot be opened into a SourceError."""
    try:
        yield
    except OSError as cause:
        raise SourceError(
            f"cannot read the feed; {telling.NOTHING_WRITTEN}",
            where=f"source {source.name}",
            found=f"{cause.strerror or type(cause).__name__}: {cause.filename or source.location}",
            expected="files that this user may read",
            remedy="give the user of the run the right to read the folder and its files",
        ) from None


def located(location: str, landing: Path) -> str:
    """The location with the landing folder before it, unless it is a full path or an address."""
    is_full = "://" in location or location.startswith(("/", "dbfs:", "file:"))
    return location.removeprefix("file:") if is_full else str(landing / location)


def is_local(path: str) -> bool:
    """Whether a path is one of this machine's own, not an address."""
    return "://" not in path and not path.startswith("dbfs:")


def _local_files(path: Path, by_content: bool) -> list[FeedFile]:
    if path.is_file():
        return [_local_file(path, path.parent, by_content)]
    found = sorted(file for file in _below(path) if file.is_file() and not _is_hidden(file, path))
    return [_local_file(file, path, by_content) for file in found]


def _below(folder: Path) -> list[Path]:
    """Everything below a folder; nothing below one that is not there. Raises OSError for one that may not be read."""

    def stop(cause: OSError) -> None:
        raise cause

    if not folder.exists():
        return []
    return [Path(place, name) for place, _, names in os.walk(folder, onerror=stop) for name in names]


def _is_hidden(file: Path, folder: Path) -> bool:
    """Spark reads no file below a name that begins with a dot or an underscore."""
    return any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)


def _local_file(file: Path, folder: Path, by_content: bool) -> FeedFile:
    digest = hashlib.sha256()
    if not by_content:
        return FeedFile(str(file.relative_to(folder)), file.stat().st_size, "")
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK):
            digest.update(block)
    return FeedFile(str(file.relative_to(folder)), file.stat().st_size, digest.hexdigest())


def _remote_files(spark: SparkSession, path: str) -> list[FeedFile]:
    """Files of a distributed file system; their contents stay where they are. Empty where there is no such place."""
    try:
        listed = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(path)
    except AnalysisException as cause:
        if cause.getCondition() == "PATH_NOT_FOUND":
            return []
        raise
    stamped = listed.select("path", "length", F.col("modificationTime").cast("string").alias("stamp"))
    found = [FeedFile(row["path"], row["length"], row["stamp"]) for row in stamped.collect()]
    return sorted(found, key=lambda file: file.name)


def _of_files(source: Source, path: str, files: list[FeedFile]) -> Delivery:
    """The name of the source is part of the id: two sources may read one file into one table."""
    sizes = [file.size for file in files]
    filled = [file for file in files if file.size * _TINY >= max(sizes)]
    ends = tuple(dict.fromkeys(_path_of(file.name, path) for file in (filled[0], filled[-1])))
    text = "\n".join([source.name, *(f"{file.name}\t{file.size}\t{file.stamp}" for file in files)])
    below = [file.name if is_local(path) else file.name.partition(path.rstrip("/"))[2].lstrip("/") for file in files]
    is_nested = any("=" not in folder for name in below for folder in Path(name).parent.parts)
    return Delivery(
        _short(text), path, len(files), max(sizes), sum(sizes), ends=ends, is_nested=is_nested, files=tuple(files)
    )


def _path_of(name: str, path: str) -> str:
    """Path of a file by its name in the delivery: below the folder if that is local, else a whole address."""
    return str(Path(path, name)) if is_local(path) and Path(path).is_dir() else path if is_local(path) else name


def _delta(spark: SparkSession, source: Source, landing: Path) -> Delivery | None:
    """A Delta table by path or by name; its id and version say what it holds."""
    is_named = "/" not in source.location and source.location.count(".") in (1, 2)
    path = source.location if is_named else located(source.location, landing)
    is_there = spark.catalog.tableExists(path) if is_named else DeltaTable.isDeltaTable(spark, path)
    if not is_there:
        return None
    table = DeltaTable.forName(spark, path) if is_named else DeltaTable.forPath(spark, path)
    detail = table.detail().select("id", "numFiles", "sizeInBytes").first()
    version = int(table.history(1).select("version").first()["version"])
    feed_id = _short(f"{source.name}\n{detail['id']}\t{version}")
    n_bytes = int(detail["sizeInBytes"])
    as_file = FeedFile(str(detail["id"]), n_bytes, str(version))
    return Delivery(feed_id, path, int(detail["numFiles"]), 0, n_bytes, is_named, files=(as_file,), version=version)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]
