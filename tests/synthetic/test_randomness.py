import pytest
from pyspark.sql import functions as F

from segmentation.synthetic.randomness import Streams, lookup


def test_values_do_not_depend_on_partitions(spark):
    of = Streams(7)
    numbers = (
        of.uniform("a.u", F.col("id")),
        of.normal("a.n", F.col("id")),
        of.count("a.c", F.lit(2.5), 0.3, F.col("id")),
    )

    by_one = spark.range(0, 60, 1, 1).select("id", *numbers).orderBy("id").collect()
    by_seven = spark.range(0, 60, 1, 7).select("id", *numbers).orderBy("id").collect()

    assert by_one == by_seven


def test_streams_of_other_names_keys_or_seeds_are_unrelated(spark):
    keys = F.col("id")
    frame = spark.range(4000).select(
        Streams(7).uniform("a.x", keys).alias("x"),
        Streams(7).uniform("a.y", keys).alias("y"),
        Streams(8).uniform("a.x", keys).alias("other_seed"),
    )

    found = frame.select(F.corr("x", "y"), F.corr("x", "other_seed"), F.mean("x"), F.stddev("x")).first()

    assert abs(found[0]) < 0.05
    assert abs(found[1]) < 0.05
    assert found[2] == pytest.approx(0.5, abs=0.02)
    assert found[3] == pytest.approx(12**-0.5, abs=0.01)


def test_distributions_have_their_mean_and_spread(spark):
    of, key = Streams(7), F.col("id")
    frame = spark.range(6000).select(
        of.normal("a.normal", key).alias("normal"),
        of.count("a.count", F.lit(1.7), 0.4, key).alias("count"),
        of.pick("a.pick", ["x", "y"], [3, 1], key).alias("pick"),
        of.whole("a.whole", 2, 4, key).alias("whole"),
    )

    found = frame.agg(
        F.mean("normal"), F.stddev("normal"), F.kurtosis("normal"), F.mean("count"),
        F.mean((F.col("pick") == "x").cast("int")), F.min("whole"), F.max("whole"),
    ).first()  # fmt: skip

    assert list(found[:5]) == pytest.approx([0.0, 1.0, 0.0, 1.7, 0.75], abs=0.12)
    assert (found[5], found[6]) == (2, 4)


def test_a_table_is_read_at_its_index_and_says_nothing_where_there_is_none(spark):
    indices = spark.createDataFrame([(0,), (1,), (None,)], "at int")

    found = indices.select(lookup(["a", "b"], F.col("at"), "string").alias("value")).collect()

    assert [row["value"] for row in found] == ["a", "b", None]
