"""Files of one feed that have other columns than the rest of it, as when a column came with this month's file."""

import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyspark.sql import DataFrameReader

from segmentation.errors import SourceError
from segmentation.sources import needs, telling
from segmentation.sources.delivery import Delivery, is_local
from segmentation.sources.source import Source
from segmentation.tables import Table

_LONGEST_HEADER = 1 << 16
Columns = tuple[str, ...]


def by_columns(reader: DataFrameReader, source: Source, delivery: Delivery) -> dict[Columns, list[str]]:
    """The files of a CSV or Parquet feed by their columns, in the order of the files; nothing of another format.

    Files that hold nothing, and so no header, are in no part.
    """
    paths = delivery.paths_of_files()
    if len(paths) < 2 or source.format not in ("csv", "parquet") or "mergeSchema" in source.options:
        return {}
    # A file alone else loses the columns that the names of its folders hold.
    reader.option("basePath", delivery.path)
    if source.format == "parquet" and _have_same_columns(reader, paths):
        return {}
    found: dict[Columns, list[str]] = {}
    for same in _with_same_beginning(paths, source):
        names = tuple(reader.load(same[0]).columns)
        if names:
            found.setdefault(names, []).extend(same)
    return found


def require_needed(source: Source, table: Table, parts: Mapping[Columns, Sequence[str]]) -> None:
    """Raise SourceError when some files lack a column that others have and that the source cannot do without."""
    every = list(dict.fromkeys(name for columns in parts for name in columns))
    wanted = needs.needed_together(source, table, every)
    lacking = {columns: _missing(wanted, columns) for columns in parts}
    missing = sorted({name for names in lacking.values() for name in names})
    if missing:
        n_files = sum(len(parts[columns]) for columns, names in lacking.items() if names)
        raise SourceError(
            f"some files of the feed have not the columns that others have; {telling.NOTHING_WRITTEN}",
            where=f"source {source.name}",
            found=f"{n_files} of {sum(map(len, parts.values()))} files without {', '.join(missing)}",
            expected="in every file the columns that keys, the filter, the arrival and required columns are made of",
            remedy="deliver these files again with those columns, or map what they are called there, "
            "such as coalesce(new_name, old_name)",
        )


def _missing(wanted: Sequence[Sequence[str]], columns: Columns) -> list[str]:
    """Columns of the expressions for which nothing at all is there."""
    here = {name.lower() for name in columns}
    return [name for together in wanted if not any(one.lower() in here for one in together) for name in together]


def _have_same_columns(reader: DataFrameReader, paths: list[str]) -> bool:
    """Whether the columns of all Parquet files together are those of the first."""
    together = reader.option("mergeSchema", "true").load(paths).columns
    reader.option("mergeSchema", "false")
    return set(together) == set(reader.load(paths[0]).columns)


def _with_same_beginning(paths: list[str], source: Source) -> list[list[str]]:
    """Local text files with equal first lines, which need to be looked into once; any other file alone."""
    found: dict[object, list[str]] = {}
    for number, path in enumerate(paths):
        first = _first_line(path) if source.format == "csv" and is_local(path) else None
        found.setdefault(number if first is None else first, []).append(path)
    return list(found.values())


def _first_line(path: str) -> bytes | None:
    try:
        with gzip.open(path) if path.endswith(".gz") else Path(path).open("rb") as opened:
            return opened.readline(_LONGEST_HEADER)
    except (OSError, EOFError):
        return None
