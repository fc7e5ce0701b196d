"""Masking of free text and of refused values."""

import pytest
from pyspark.sql import functions as F

from segmentation.privacy.masking import masked_text, masked_value

TEXTS = [
    ("write to anna.kowalska+x@mail.example.com please", "write to <e-mail> please"),
    ("call me at +48 601 234 567 or 0601-234-567", "call me at <number> or <number>"),
    ("my name is Anna Kowalska and the bill is wrong", "my name is <name> and the bill is wrong"),
    ("Mrs Nowak asked twice", "Mrs <name> asked twice"),
    ("he said Peter O'Brien-Smith will come", "he said <name> will come"),
    ("I live at 14 Green Hill Road now", "I live at <address> now"),
    ("router at Lindenstraße 12b is dead", "router at <address> is dead"),
    ("paczka na ul. Długa 7", "paczka na <address>"),
    ("the app shows 3 bars and no data", "the app shows 3 bars and no data"),
]


@pytest.fixture(scope="module")
def masked(spark):
    rows = spark.createDataFrame([(text,) for text, _ in TEXTS], "text string")
    return dict(
        zip([t for t, _ in TEXTS], [r[0] for r in rows.select(masked_text(F.col("text"))).collect()], strict=True)
    )


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_what_names_a_person_is_marked(masked, text, expected):
    assert masked[text] == expected


def test_words_of_the_rows_own_identifiers_go_wherever_they_stand(spark):
    rows = spark.createDataFrame(
        [("zosia paid, said zosia (BIS)", r"Zosia \E Li", None)], "text string, name string, k string"
    )

    found = rows.select(masked_text(F.col("text"), [F.col("name"), F.col("k")])).first()[0]

    assert found == "<name> paid, said <name> (BIS)"


def test_a_phone_number_in_a_column_of_codes_is_marked_and_a_date_is_not(spark):
    rows = spark.createDataFrame([("999031415926",), ("2026-01-05 10:00:00",), ("99999999",)], "cell string")

    found = [row[0] for row in rows.select(masked_value(F.col("cell"))).collect()]

    assert found == ["<number>", "2026-01-05 10:00:00", "99999999"]


def test_a_word_in_a_column_of_codes_is_marked_unless_it_is_one_of_them(spark):
    cells = ["Vogelsang", "prepaid", "05 Jan 2026", "12,5O", "she said Anna Nowak pays", "anna@mail.example"]
    rows = spark.createDataFrame([(cell,) for cell in cells], "cell string")

    found = [row[0] for row in rows.select(masked_value(F.col("cell"), ["prepaid"])).collect()]

    assert found == ["<word>", "prepaid", "05 Jan 2026", "12,5O", "she <word> <word> <word> <word>", "<e-mail>"]
