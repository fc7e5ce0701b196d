import pytest
from pyspark.sql import functions as F

from segmentation.synthetic.dirt import KINDS, DirtPlan, with_dirt
from segmentation.synthetic.randomness import Streams

N = 40_000
PLAN = DirtPlan(("ref",), "phone", "day", ("n/a",), "amount", (-1,))


@pytest.fixture
def feed(spark):
    number = F.col("id").cast("string")
    return spark.range(N).select(
        number.alias("ref"),
        F.concat(F.lit("99"), number).alias("phone"),
        F.lit("2026-01-31").alias("day"),
        F.lit(5).cast("bigint").alias("amount"),
    )


def test_every_clean_row_stays_beside_the_bad_ones(feed):
    dirty = with_dirt(feed, "any", PLAN, Streams(3), 0.05)

    assert feed.exceptAll(dirty).isEmpty()
    assert dirty.columns == feed.columns


def test_each_kind_of_dirt_has_its_stated_rate(feed):
    share = 0.05
    found = (
        with_dirt(feed, "any", PLAN, Streams(3), share)
        .agg(
            F.count(F.lit(1)).alias("rows"),
            F.count_if(F.col("amount") == -1).alias("amount"),
            F.count_if(F.col("day") == "n/a").alias("date"),
            F.count_if(F.col("phone").isNull()).alias("keyless"),
            F.count_if(F.col("phone").startswith("000")).alias("stranger"),
        )
        .first()
    )

    seen = {kind: found[kind] for kind in ("amount", "date", "keyless", "stranger")}
    seen["repeat"] = found["rows"] - N - sum(seen.values())
    assert found["rows"] == pytest.approx(N * (1 + share), rel=0.01)
    assert {kind: n / N for kind, n in seen.items()} == pytest.approx(
        {kind: share * part for kind, part in KINDS}, rel=0.2
    )


def test_without_a_share_there_is_no_dirt(feed):
    assert with_dirt(feed, "any", PLAN, Streams(3), 0.0).count() == N
