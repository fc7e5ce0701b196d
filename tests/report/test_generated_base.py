"""The page of the generated base: every published fact stands in it with its source, beside the figure of the base."""

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from jobs import compare_base
from segmentation.errors import DataError, SettingsError
from segmentation.report import generated_base
from segmentation.runs import new_run
from segmentation.settings import RunSettings, load
from segmentation.synthetic.published import FACTS
from segmentation.tables import Store, clean

pytestmark = pytest.mark.delta
ROOT = Path(__file__).parents[2]
OCTOBER = date(2026, 10, 31)
CAME, ARRIVED = date(2024, 1, 1), {"received_at": datetime(2026, 11, 1, tzinfo=UTC), "feed_id": "one"}
N_LINES = 20


def _settings(folder: Path) -> RunSettings:
    places = [f"{name}={folder / name}" for name in ("warehouse", "vault", "landing", "report", "logs")]
    return load(ROOT / "conf/local.yaml", [*places, "periods.history_from=2026-07"])


def _fill(tables_at: Store) -> None:
    """Ten prepaid lines, six plans and four homes: line n uses n times as much as line 1; line 0 leaves in October."""
    verticals = ["payg"] * 10 + ["plan"] * 6 + ["home"] * 4
    lines = [(f"line-{n:02}", n, vertical) for n, vertical in enumerate(verticals)]
    gone = {"valid_to": date(2026, 10, 10), "end_reason": "disconnection"}
    spells = [
        {"subscriber_id": key, "valid_from": CAME, "vertical": vertical, "status": "active", **({} if n else gone)}
        for key, n, vertical in lines
    ]
    payers = [
        {"subscriber_id": key, "valid_from": CAME, "account_id": f"account-{n // 2}", "is_urban": True}
        for key, n, _ in lines
    ]
    days = [OCTOBER - timedelta(days=n) for n in range(3)]
    use = [
        {"subscriber_id": key, "day": day, "voice_seconds": 60 * n, "n_calls": n, "data_kb": 1000 * n * n}
        for key, n, _ in lines
        for day in days
    ]
    recharges = [
        {"recharge_id": f"{key}-{place}", "subscriber_id": key, "day": day, "recharge_amount": 500 + 100 * n}
        for key, n, vertical in lines
        if vertical == "payg"
        for place, day in enumerate((date(2026, 9, 20), date(2026, 10, 4)))
    ]
    bills = [
        {"subscriber_id": key, "period": OCTOBER, "bill_amount": 1000 + 100 * n}
        for key, n, vertical in lines
        if vertical != "payg"
    ]
    contacts = [{"contact_id": "c1", "subscriber_id": "line-03", "day": OCTOBER, "is_complaint": True}]
    filled = {
        clean.SERVICE_SPELLS: spells,
        clean.SUBSCRIBERS: payers,
        clean.USAGE_DAILY: use,
        clean.RECHARGES: recharges,
        clean.INVOICES: bills,
        clean.CARE_CONTACTS: contacts,
    }
    for table, rows in filled.items():
        tables_at.replace(tables_at.rows(table, [{**row, **ARRIVED} for row in rows]), table)


@pytest.fixture(scope="module")
def folder(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("generated")
    _fill(Store(spark, str(place / "warehouse")))
    compare_base.run(new_run(spark, _settings(place), as_of_days=(OCTOBER,)))
    return place


@pytest.fixture(scope="module")
def html(folder: Path) -> str:
    return (folder / "report" / generated_base.FILE_NAME).read_text(encoding="utf-8")


class _Rows(HTMLParser):
    """The cells of the table of facts, row by row, and what the page would fetch or link to."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.fetched: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        if tag == "a":
            self.links.append(given["href"])
        self.fetched += [given[name] for name in ("src", "srcset", "data", "poster") if name in given]
        self.fetched += [given["href"]] if tag == "link" else []

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def _parsed(html: str) -> _Rows:
    parser = _Rows()
    parser.feed(re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL))
    return parser


def test_every_fact_stands_in_the_page_with_its_source(html):
    parsed = _parsed(html)
    text = re.sub(r"\s+", " ", unescape(html))

    for fact in FACTS:
        row = next(cells for cells in parsed.rows if len(cells) == 5 and cells[1].startswith(fact.about))
        for source in fact.sources:
            assert source.title in row[4]
            assert source.says in row[4]
            assert source.address in parsed.links
    assert "nobody on this page is real" in text


def test_figures_of_the_base_stand_beside_the_published_ones(html):
    rows = {cells[1].strip(): [re.sub(r"\s+", " ", cell).strip() for cell in cells] for cells in _parsed(html).rows}
    by_start = {fact.name: next(row for about, row in rows.items() if about.startswith(fact.about)) for fact in FACTS}

    assert by_start["payg_churn"][2:4] == ["2.5 %", "2.62 % to 4.24 %"]
    assert by_start["payg_churn"][0] == "▽ lower"
    assert by_start["prepaid_share"][2] == "60 %"
    assert by_start["prepaid_share"][0] == "✓ alike"
    assert by_start["days_between_recharges"][2:4] == ["14.0 days", "28.0 days to 63.0 days"]
    assert by_start["lines_per_account"][2] == "2.00 lines"
    assert by_start["call_seconds"][2] == "60.0 s"


def test_the_page_asks_the_network_for_nothing(html):
    parsed = _parsed(html)

    assert parsed.fetched == []
    assert "default-src 'none'" in html
    assert html.count("plotly.js v") == 1
    assert {link for link in parsed.links if not link.startswith("#")} == {s.address for f in FACTS for s in f.sources}


def test_tails_and_parts_of_the_top_are_drawn(html):
    drawn = re.findall(r'<script type="application/json">(.*?)</script>', html, flags=re.DOTALL)

    assert len(drawn) == 9
    assert sum('"type":"log"' in figure for figure in drawn) == 4
    assert sum('"name":"published"' in figure for figure in drawn) == 4


def test_a_warehouse_without_lines_is_told(tables_at, tmp_path):
    with pytest.raises(DataError, match="no base to compare"):
        generated_base.write(tables_at, _settings(tmp_path), OCTOBER)


def test_a_base_that_is_not_generated_is_refused_before_spark_starts():
    real = load(ROOT / "conf/local.yaml").model_copy(update={"synthetic": None})

    with pytest.raises(SettingsError, match="compare-base is about a generated base"):
        compare_base.require_generated(real)
