"""One bad feed does not keep the others out, and every bad one is told at once."""

from pathlib import Path

import pytest

from jobs import ingest
from segmentation import runs
from segmentation.errors import SourceError
from segmentation.settings import load
from segmentation.tables import clean

ROOT = Path(__file__).parent.parent.parent
SOURCE = """
name: {name}
table: {table}
location: {name}.csv
format: csv
columns: {{{columns}}}
received_at: {{timestamp: delivered}}
"""
SOURCES = {
    "lines": ("subscribers", "subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}"),
    "phones": (
        "devices",
        "subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}, device_class: class",
    ),
    "wages": (
        "salary_brackets",
        "subscriber_id: {key: phone, kind: subscriber}, valid_from: {date: since}, salary_bracket: tenth",
    ),
}


def operator(spark, folder):
    """A run over three feeds."""
    (folder / "landing").mkdir()
    for name, (table, columns) in SOURCES.items():
        (folder / f"{name}.yaml").write_text(SOURCE.format(name=name, table=table, columns=columns))
    places = [f"{name}={folder / name}" for name in ("warehouse", "vault", "landing", "report", "logs")]
    sources = f"sources=[{', '.join(str(folder / f'{name}.yaml') for name in SOURCES)}]"
    return runs.new_run(spark, load(ROOT / "conf/local.yaml", [*places, sources]))


def test_feeds_that_can_be_taken_in_are_and_all_others_are_told_together(spark, tmp_path):
    at = operator(spark, tmp_path)
    deliveries = {
        "lines": "phone,begun,delivered\n999031415926,2025-01-01,2025-01-02 03:00:00\n",
        "phones": "phone,since,class,delivered\n999031415926,2025-01-01,basic,2025-01-02 03:00:00\n",
        "wages": "",
    }
    for name, text in deliveries.items():
        (tmp_path / "landing" / f"{name}.csv").write_text(text)

    with pytest.raises(SourceError, match="2 of 3 feeds cannot be taken in") as refused:
        ingest.run(at)

    assert "columns.valid_from: the feed has no column" in str(refused.value)
    assert "source wages: the feed is empty" in str(refused.value)
    assert [row["device_class"] for row in at.tables_at.read(clean.DEVICES).collect()] == ["basic"]
    assert not at.tables_at.exists(clean.SUBSCRIBERS)
