"""Every check: null when the row is fine, else its name and what it expects."""

from datetime import date, datetime

import pytest
from pyspark.sql import functions as F

from segmentation.sources import checks

ROWS = "row int, amount bigint, channel string, day date, until date, a string, b string, received_at timestamp"
ARRIVED = datetime(2026, 1, 10, 5)
FINE = (1, 5, "app", date(2026, 1, 9), date(2026, 1, 9), "x", "y", ARRIVED)
BAD = (2, -1, "fax", date(2026, 1, 11), date(2025, 1, 1), "x", "x", ARRIVED)
EMPTY = (3, None, None, None, None, None, None, ARRIVED)


@pytest.fixture(scope="module")
def judged(spark):
    rows = spark.createDataFrame([FINE, BAD, EMPTY], ROWS)
    reasons = {
        "not_null": checks.not_null("amount"),
        "between": checks.between("amount", 0, 10),
        "between days": checks.between("day", None, date(2026, 1, 10)),
        "one_of": checks.one_of("channel", ["app", "web"]),
        "not_future": checks.not_future("day"),
        "ordered": checks.ordered("day", "until"),
        "different": checks.different("a", "b"),
        "has_type": checks.has_type("amount", F.lit(True), "bigint"),
        "references": checks.references("channel", "products", F.col("channel") == "app"),
    }
    found = rows.select("row", *(reason.alias(name) for name, reason in reasons.items())).collect()
    return {row["row"]: row.asDict() for row in found}


EXPECTED = {
    "not_null": (None, None, "not_null(amount): a value"),
    "between": (None, "between(amount): at least 0 at most 10", None),
    "between days": (None, "between(day): at most 2026-01-10", None),
    "one_of": (None, "one_of(channel): app, web", None),
    "not_future": (None, "not_future(day): not after its arrival", None),
    "ordered": (None, "ordered(day, until): day not after until", None),
    "different": (None, "different(a, b): two of them", None),
    "has_type": (None, None, "type(amount): bigint"),
    "references": (None, "references(channel): a key that products knows", None),
}


@pytest.mark.parametrize("check", EXPECTED)
def test_a_check_speaks_only_of_a_bad_row(judged, check):
    assert tuple(judged[row][check] for row in (1, 2, 3)) == EXPECTED[check]
