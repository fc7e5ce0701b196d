"""Masking of free text and of refused values."""

import re
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from segmentation.privacy.masking import masked_text, masked_value

FEW_LONG_EXAMPLES = settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
"""Each example is one Spark job over many texts: what fails is shown as it is."""
TEXTS = [
    ("write to anna.kowalska+x@mail.example.com please", "write to <e-mail> please"),
    ("call me at +48 601 234 567 or 0601-234-567", "call me at <number> or <number>"),
    ("my name is Anna Kowalska and the bill is wrong", "my name is <name> and the bill is wrong"),
    ("Mrs Nowak asked twice", "Mrs <name> asked twice"),
    ("he said Peter O'Brien-Smith will come", "he said <name> will come"),
    ("I live at 14 Green Hill Road now", "I live at <address> now"),
    ("router at Lindenstraße 12b is dead", "router at <address> is dead"),
    ("paczka na ul. Długa 7", "paczka na <address>"),
    ("my name is anna smith and the bill is wrong", "my name is <name> and the bill is wrong"),
    ("my name is Bill, the router is dead", "my name is <name>, the router is dead"),
    ("MY NAME IS ANNA SMITH", "MY NAME IS <name>"),
    ("name: smith, anna", "name: <name>"),
    ("Maria de la Cruz and A. Kowalska called", "<name> and <name> called"),
    ("call ANNA SMITH or KOWALSKA Ewa now", "call <name> or <name> now"),
    ("this is anna smith calling about my bill", "this is <name> calling about my bill"),
    ("mrs nowak asked twice, spoke to anna yesterday", "mrs <name> asked twice, spoke to <name> yesterday"),
    ("thanks, anna", "thanks, <name>"),
    ("me llamo maria garcia", "me llamo <name>"),
    ("i live at 12 main street and the line is dead", "i live at <address> and the line is dead"),
    ("send it to 5 high view court", "send it to <address>"),
    ("postcode sw1a 1aa, po box 12", "postcode <address>, <address>"),
    ("call me on zero four one two three four five six", "call me on <number>"),
    ("six oh one, two 3 four please", "<number> please"),
    ("card 4111 1111 1111 1111, passport AB123456C", "card <number>, passport <number>"),
    ("iban gb29 nwbk 6016 1331 9268 19 and 00:1a:2b:3c:4d:5e", "iban <number> and <number>"),
    ("anna at mail dot com", "<e-mail>"),
    ("anna underscore smith (at) mail [dot] co [dot] uk please", "<e-mail> please"),
    ("anna @ mail . com or <anna.smith@localhost>", "<e-mail> or <e-mail>"),
    ("it is anna.smith at gmail.com", "it is <e-mail>"),
    ("date of birth: 12/3/85, born on 3 march 1985", "date of birth: <date>, born on <date>"),
    ("my birthday is march 3rd", "my birthday is <date>"),
    ("@anna_smith, see https://example.com/anna or example.com/anna.s", "<handle>, see <link> or <link>"),
    ("my user name is anna77", "my user name is <handle>"),
]
SAFE = [
    "the app shows 3 bars and no data",
    "the wifi drops 3 times a day, 2 hours each time, at 20:30",
    "i am angry about this and still waiting for an engineer",
    "i'm calling about the invoice for march",
    "my name is wrong on the contract",
    "name on the bill is not mine",
    "hello, the router is slow. thanks for the new phone",
    "hi team, spoke to an agent two days ago",
    "ping is 300 ms and the speed is 2 mbps",
    "moved to 5 gb plan, used 4 gb",
    "i live in a village, no signal on the road 3 times",
    "signed up for the streaming offer, with regards to my bill",
    "look at the data usage, the offer is available at example.com",
    "one or two calls drop, waiting 24/7 for 14 days",
    "THE BILL IS WRONG AND MY INTERNET IS DOWN AGAIN",
    "The Bill Is Wrong Again",
    "lte and 5g do not work on my pixel 8",
    "another operator is cheaper, i want to cancel the contract",
]
"""What care wants to read: nothing of it names anybody."""
DIGIT_RUN = re.compile(r"(?:\d[\s().,/_-]{0,3}){4}\d")
# Digits that came to Unicode lately lie above it, and are none yet to the Java of a cluster.
OLD_LETTERS = st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"])
CHATTER = st.lists(
    st.one_of(
        st.text(OLD_LETTERS, max_size=12),
        st.from_regex(r"[\d +().,/_-]{1,18}", fullmatch=True, alphabet=OLD_LETTERS),
        st.sampled_from(SAFE),
    ),
    max_size=6,
).map(" ".join)


def masked_texts(spark, texts):
    rows = spark.createDataFrame(list(enumerate(texts)), "place int, text string")
    return [row[1] for row in sorted(rows.select("place", masked_text(F.col("text"))).collect())]


@pytest.fixture(scope="module")
def masked(spark):
    texts = [text for text, _ in TEXTS]
    return dict(zip(texts, masked_texts(spark, texts), strict=True))


@pytest.mark.parametrize(("text", "expected"), TEXTS)
def test_what_names_a_person_is_marked(masked, text, expected):
    assert masked[text] == expected


def test_what_care_wants_to_read_stays(spark):
    assert masked_texts(spark, SAFE) == SAFE


@FEW_LONG_EXAMPLES
@given(texts=st.lists(CHATTER, min_size=50, max_size=100))
def test_no_run_of_five_digits_is_left(spark, texts):
    left = [text for text in masked_texts(spark, texts) if DIGIT_RUN.search(text)]

    assert left == []


@FEW_LONG_EXAMPLES
@given(mails=st.lists(st.tuples(CHATTER, st.emails(), CHATTER), min_size=20, max_size=50))
def test_no_e_mail_is_left(spark, mails):
    written = [f"{before} {mail}, {after}" for before, mail, after in mails]

    found = masked_texts(spark, written)

    left = [
        mail
        for (_, mail, _), text in zip(mails, found, strict=True)
        if mail in text or f"@{mail.rpartition('@')[2]}" in text
    ]
    assert left == []


def test_a_text_without_end_is_read_once_and_without_a_deep_stack(spark):
    endless = [
        part * 20_000 for part in ("a1-", "x@", "1", "anna ", "Anna ", "a.", "A. ", "12 ", "one ", "a dot ", "á", "is ")
    ]

    started = time.monotonic()
    masked_texts(spark, endless)

    assert time.monotonic() - started < 60


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
