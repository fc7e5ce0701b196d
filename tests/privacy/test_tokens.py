"""Pseudonyms."""

from pyspark.sql import functions as F

from segmentation.privacy.tokens import BLANKS, token, token_of

SECRET = b"a secret of the tests"


def test_a_key_has_the_same_token_in_a_column_and_alone(spark):
    keys = spark.createDataFrame([(1, " 999031415926 ")], "row int, phone string")

    found = keys.select(token(SECRET, "subscriber")(keys["phone"])).first()[0]

    assert found == token_of(SECRET, "subscriber", "999031415926")


def test_kind_and_secret_both_change_the_token():
    tokens = {
        token_of(SECRET, "subscriber", "1"),
        token_of(SECRET, "customer", "1"),
        token_of(b"another secret 16", "subscriber", "1"),
    }

    assert len(tokens) == 3


def test_no_key_has_no_token(spark):
    keys = spark.createDataFrame([(1, None), (2, "  ")], "row int, phone string")

    found = keys.select(token(SECRET, "subscriber")(keys["phone"]).alias("token")).collect()

    assert [row["token"] for row in found] == [None, None]


def test_the_secret_is_not_in_the_query_plan(spark, capsys):
    keys = spark.createDataFrame([(1, "999031415926")], "row int, phone string")

    keys.select(token(SECRET, "subscriber")(keys["phone"])).explain(extended=True)

    assert SECRET.decode() not in capsys.readouterr().out


def test_the_signs_around_a_key_that_do_not_count_are_the_same_for_spark(spark):
    padded = f"{BLANKS}9990 31{BLANKS}"
    keys = spark.createDataFrame([(padded,)], "phone string")

    found = keys.select(F.trim("phone", F.lit(BLANKS)).alias("trimmed")).first()["trimmed"]

    assert found == padded.strip() == "9990 31"
    assert token_of(SECRET, "subscriber", padded) == token_of(SECRET, "subscriber", found)
