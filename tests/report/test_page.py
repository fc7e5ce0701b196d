"""The page as a whole: what stands in it, what must not, and that it holds with nothing to show."""

import re
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import operator_tables
import pytest
from pyspark.sql import SparkSession

from jobs import report
from segmentation.report import page
from segmentation.report.reading import MOST_DAYS, published_days
from segmentation.runs import new_run
from segmentation.settings import VerticalName, load
from segmentation.tables import Store

pytestmark = pytest.mark.delta
MONTHS = operator_tables.MONTHS
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
    return page.write(warehouse, operator_tables.settings(), MONTHS[-1], file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bare_html(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a warehouse without a single table, of an operator with an awkward name."""
    folder = tmp_path_factory.mktemp("bare")
    settings = operator_tables.settings().model_copy(update={"operator": "Tel <b>& Co"})
    file = page.write(Store(spark, str(folder / "warehouse")), settings, MONTHS[-1], folder)
    assert file == folder / "index.html"
    return file.read_text(encoding="utf-8")


def test_every_segment_stands_in_the_page_with_its_action(html):
    text = _parsed(html).text

    for archetypes in operator_tables.business().values():
        for archetype in archetypes:
            assert archetype.name in text
            assert archetype.action in text


def test_an_equal_warehouse_gives_an_equal_page(warehouse, html, tmp_path):
    again = page.write(warehouse, operator_tables.settings(), MONTHS[-1], tmp_path / "again.html")

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
    # One of the four could not be measured here.
    assert "facts that hold 2 of 3" in text
    assert "the value of the one before was taken" in text
    assert f"F{operator_tables.NOT_LOOKED_FOR[1:]}." in text
    assert "0123456789abcdef" in text
    assert "usage_daily v3" in text


def test_the_deliveries_of_a_source_are_summed_and_the_newest_is_told_apart(html):
    text = _parsed(html).text

    assert "2 deliveries; the newest, taken in on" in text
    assert "500 read, 200 refused (40 %)" in text
    assert "515" in text
    assert "the parts do not add up" not in text


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


def test_a_run_of_one_month_shows_the_months_before_it(spark: SparkSession, warehouse: Store, tmp_path: Path):
    places = [f"warehouse={warehouse.location}", f"report={tmp_path / 'page.html'}", "timezone=UTC"]
    settings = load(operator_tables.ROOT / "conf/local.yaml", places)

    report.run(new_run(spark, settings, as_of_days=(MONTHS[-1],)))

    text = _parsed((tmp_path / "page.html").read_text(encoding="utf-8")).text
    assert "Only one month has been scored so far" not in text
    for day in MONTHS:
        assert f"{day:%b %Y}" in text
    assert f"since {MONTHS[-2]:%B %Y}" in text


def test_days_shown_are_the_last_of_a_year_and_none_after_the_run(spark: SparkSession):
    days = [date(2025 + n // 12, n % 12 + 1, 1) for n in range(20)]
    published = spark.createDataFrame([(day,) for day in [*days, *days]], "as_of date")

    assert published_days(published, days[17]) == days[6:18]
    assert len(published_days(published, days[17])) == MOST_DAYS
    assert published_days(published, date(2024, 12, 31)) == [date(2024, 12, 31)]


def test_a_month_that_is_cut_short_is_marked_on_the_page(spark: SparkSession, tmp_path: Path):
    tables_at, months = Store(spark, str(tmp_path / "warehouse")), [MONTHS[-2], date(2026, 10, 9)]
    operator_tables.fill(tables_at, months=months, n_lines=40)
    settings = load(operator_tables.ROOT / "conf/local.yaml", ["periods.partial_last_day=2026-10-09"])

    html = page.write(tables_at, settings, months[-1], tmp_path).read_text(encoding="utf-8")

    text = _parsed(html).text
    assert "October 2026 ends on the 9th here, where the data end" in text
    assert "changed within 9 days" in text
    assert '"Oct 2026 (to the 9th)"' in html
    assert "October 2026 (to the 9th) is not over then" in text


def _without_plotly(html: str) -> str:
    return re.sub(r"<script>/\*\*\n\* plotly.*?</script>", "", html, flags=re.DOTALL)
