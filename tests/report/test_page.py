"""The page as a whole: what stands in it, what must not, and that it holds with nothing to show."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import operator_tables
import pytest
from pyspark.sql import SparkSession

from segmentation.errors import DataError
from segmentation.report import page
from segmentation.settings import VerticalName
from segmentation.tables import Store

pytestmark = pytest.mark.delta
MONTHS = operator_tables.MONTHS[-2:]
N_LINES = 120
_VOID = {"meta", "link", "br", "img", "input", "hr"}


@dataclass
class _Markup(HTMLParser):
    """What a browser would meet: open elements that were never closed, ids, references and links."""

    unclosed: list[str] = field(default_factory=list)
    misnested: list[str] = field(default_factory=list)
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.unclosed.append(tag)

    def handle_endtag(self, tag):
        if not self.unclosed or self.unclosed.pop() != tag:
            self.misnested.append(tag)

    def handle_data(self, data):
        if not self.unclosed or self.unclosed[-1] not in ("script", "style"):
            self.words.append(data)

    def values(self, attribute: str) -> list[str]:
        return [attrs[attribute] or "" for _, attrs in self.tags if attribute in attrs]

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def _parsed(html: str) -> _Markup:
    markup = _Markup()
    markup.feed(html)
    return markup


@pytest.fixture(scope="module")
def warehouse(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Store:
    tables_at = Store(spark, str(tmp_path_factory.mktemp("report") / "warehouse"))
    operator_tables.fill(tables_at, months=MONTHS, n_lines=N_LINES)
    return tables_at


@pytest.fixture(scope="module")
def html(warehouse: Store, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("page") / "report.html"
    return page.write(warehouse, operator_tables.settings(), MONTHS, file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bare_html(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a warehouse without a single table, of an operator with an awkward name."""
    folder = tmp_path_factory.mktemp("bare")
    settings = operator_tables.settings().model_copy(update={"operator": "Tel <b>& Co"})
    file = page.write(Store(spark, str(folder / "warehouse")), settings, MONTHS, folder)
    assert file == folder / "index.html"
    return file.read_text(encoding="utf-8")


def test_every_segment_stands_in_the_page_with_its_action(html):
    text = _parsed(html).text

    for archetypes in operator_tables.business().values():
        for archetype in archetypes:
            assert archetype.name in text
            assert archetype.action in text


def test_an_equal_warehouse_gives_an_equal_page(warehouse, html, tmp_path):
    again = page.write(warehouse, operator_tables.settings(), MONTHS, tmp_path / "again.html")

    assert again.read_text(encoding="utf-8") == html


def test_no_line_of_service_can_be_found_in_the_page(html):
    keys = [key for vertical in VerticalName for key in operator_tables.keys(vertical, N_LINES)]

    assert [key for key in keys if key in html] == []


def test_the_page_asks_the_network_for_nothing(html):
    markup = _parsed(html)
    own = _without_plotly(html)

    assert markup.values("src") == []
    assert [link for link in markup.values("href") if not link.startswith("#")] == []
    assert re.findall(r"https?://|@import|url\(", own) == []
    assert "default-src 'none'" in html
    assert html.count("plotly.js v") == 1
    assert len(html.encode()) < 8_000_000


@pytest.mark.parametrize("name", ["html", "bare_html"])
def test_the_markup_is_sound_and_accessible(name, request):
    markup = _parsed(request.getfixturevalue(name))
    ids = markup.values("id")
    tags = [tag for tag, _ in markup.tags]

    assert (markup.misnested, markup.unclosed) == ([], [])
    assert sorted(ids) == sorted(set(ids))
    assert {link[1:] for link in markup.values("href")} <= set(ids)
    assert set(markup.values("aria-labelledby")) <= set(ids)
    assert ("html", {"lang": "en"}) in markup.tags
    assert tags.count("h1") == 1
    assert all(attrs.get("aria-label") for _, attrs in markup.tags if attrs.get("role") == "img")
    assert all("scope" in attrs for tag, attrs in markup.tags if tag == "th")


def test_every_chart_says_how_to_read_it(html):
    charts = re.findall(r'<figure class="chart (\w+)".*?</figure>', html, flags=re.DOTALL)

    assert set(charts) == {"heat", "radar", "boxes", "parallel", "map", "sizes", "sure", "choice", "ties"}
    assert html.count("How to read it") == len(charts)


def test_facts_feeds_and_notes_are_told(html):
    text = _parsed(html).text

    for said in ("✓ holds", "✗ fails", "○ not measured", "84,120", "range(recharge_amount): -1e12..1e12 (451)"):
        assert said in text
    assert "the value of the one before was taken" in text
    assert "0123456789abcdef" in text
    assert "usage_daily v3" in text


def test_without_tables_the_page_says_so_in_plain_words(bare_html):
    text = _parsed(bare_html).text

    assert text.count("No line of this vertical was given a segment") == 3
    for sentence in (
        "No facts were checked",
        "No deliveries are recorded",
        "No run is recorded",
        "No model has been fitted",
    ):
        assert sentence in text


def test_texts_from_outside_stay_texts(bare_html):
    assert "Tel <b>" not in bare_html
    assert "Tel &lt;b&gt;&amp; Co" in bare_html
    assert "Tel <b>& Co" in unescape(bare_html)


def test_a_report_needs_a_day(spark: SparkSession, tmp_path: Path):
    with pytest.raises(DataError, match="no day"):
        page.write(Store(spark, str(tmp_path)), operator_tables.settings(), [], tmp_path)


def _without_plotly(html: str) -> str:
    return re.sub(r"<script>/\*\*\n\* plotly.*?</script>", "", html, flags=re.DOTALL)
