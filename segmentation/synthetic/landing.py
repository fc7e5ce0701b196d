"""The landing folder: feeds as files, and a manifest that says they are complete."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pyspark.sql import DataFrame, Observation
from pyspark.sql import functions as F

from segmentation.synthetic.dirt import DirtPlan

MANIFEST = "_manifest.json"
WORK = "_work"
Format = Literal["csv", "json", "parquet"]


@dataclass(frozen=True)
class Feed:
    """One feed to write: its folder, format, rows, and where dirt falls (None: nowhere)."""

    name: str
    format: Format
    rows: DataFrame
    dirt: DirtPlan | None


@dataclass(frozen=True)
class Landing:
    """The folder that feeds arrive in."""

    folder: Path

    def counts_of(self, fingerprint: str) -> dict[str, int] | None:
        """Rows per feed when the folder holds exactly this operator, complete; else None."""
        path = self.folder / MANIFEST
        if not path.is_file():
            return None
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except json.JSONDecodeError:
            return None
        is_same = isinstance(found, dict) and found.get("fingerprint") == fingerprint
        counts = {name: int(count) for name, count in found["rows"].items()} if is_same else None
        is_whole = counts is not None and all((self.folder / name / "_SUCCESS").is_file() for name in counts)
        return counts if is_whole else None

    def open(self) -> None:
        """Begin anew: without a manifest nothing here counts until the new one is written."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / MANIFEST).unlink(missing_ok=True)

    def keep(self, frame: DataFrame, name: str) -> DataFrame:
        """The frame, computed once and read back from the folder's workbench."""
        path = str(self.folder / WORK / name)
        frame.write.mode("overwrite").parquet(path)
        return frame.sparkSession.read.schema(frame.schema).parquet(path)

    def write(self, feed: Feed, n_files: int) -> int:
        """Write a feed in its format: the same rows in the same order in the same files. Returns the number of rows."""
        seen = Observation()
        columns = feed.rows.columns
        ordered = feed.rows.repartition(n_files, *columns).sortWithinPartitions(*columns)
        writer = ordered.observe(seen, F.count(F.lit(1)).alias("rows")).write.mode("overwrite").format(feed.format)
        if feed.format == "csv":
            writer = writer.option("header", True)
        folder = self.folder / feed.name
        writer.save(str(folder))
        _with_plain_names(folder)
        return int(seen.get["rows"])

    def close(self, fingerprint: str, counts: Mapping[str, int]) -> None:
        """Clear the workbench and write the manifest, whole or not at all."""
        shutil.rmtree(self.folder / WORK, ignore_errors=True)
        draft = self.folder / f"{MANIFEST}.draft"
        draft.write_text(json.dumps({"fingerprint": fingerprint, "rows": dict(counts)}, indent=1), encoding="utf-8")
        draft.replace(self.folder / MANIFEST)


def _with_plain_names(folder: Path) -> None:
    """Spark puts a random id into the names of its files; without it, the same rows are the same delivery."""
    for checksum in folder.glob(".*.crc"):
        checksum.unlink()
    for written in folder.glob("part-*"):
        number, kind = written.name.split("-")[1], "".join(written.suffixes)
        written.rename(folder / f"part-{number}{kind}")
