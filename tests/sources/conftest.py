"""A small operator in a temporary folder: feeds made by hand, taken in by sources made by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from segmentation import settings
from segmentation.sources import ingestion
from segmentation.sources import source as sources
from segmentation.sources.feeds import FeedCounts
from segmentation.tables import Store

ROOT = Path(__file__).parents[2]


class Operator:
    """Feeds under `landing`, tables under `warehouse`, both below one folder."""

    def __init__(self, spark, folder: Path):
        self.spark, self.folder = spark, folder
        places = [f"{name}={folder / name}" for name in ("warehouse", "vault", "landing")]
        self.settings = settings.load(ROOT / "conf/local.yaml", [*places, "timezone=UTC"])
        self.tables = Store(spark, self.settings.warehouse)
        self.vault = Store(spark, self.settings.vault)

    def deliver(self, path: str, text: str) -> Path:
        file = self.folder / "landing" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def source(self, text: str) -> sources.Source:
        """A source, which stands in the conf file from now on."""
        written = self.folder / "sources" / "new.yaml"
        written.parent.mkdir(exist_ok=True)
        written.write_text(text, encoding="utf-8")
        one = sources.load(written)
        written.rename(written.with_name(f"{one.name}.yaml"))
        return one

    def forget(self, name: str) -> None:
        """Take a source out of the conf file."""
        (self.folder / "sources" / f"{name}.yaml").unlink()

    def take_in(self, of: sources.Source | str, run_id: str = "r1") -> FeedCounts:
        one = self.source(of) if isinstance(of, str) else of
        conf = self.settings.model_copy(update={"sources": sorted((self.folder / "sources").glob("*.yaml"))})
        return ingestion.take_in(self.spark, self.tables, one, conf, run_id)

    def written(self) -> list[Path]:
        return [path for path in (self.folder / "warehouse").rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def operator_at(spark) -> Callable[[Path], Operator]:
    return lambda folder: Operator(spark, folder)


@pytest.fixture
def operator(spark, tmp_path) -> Operator:
    return Operator(spark, tmp_path)
