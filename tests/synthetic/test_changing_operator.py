"""The operator of conf/changing_operator.yaml: its segments appear, vanish and drift as the file says."""

from datetime import date
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from segmentation import settings
from segmentation.privacy.tokens import token
from segmentation.synthetic import operator, segments
from segmentation.tables import Store, built

pytestmark = [pytest.mark.delta, pytest.mark.slow]
CONF = Path(__file__).parents[2] / "conf/changing_operator.yaml"
ROAMERS = "Seasonal Roamers"


@pytest.fixture(scope="module")
def changing(spark, tmp_path_factory):
    """The operator of the file, with few lines and a short history."""
    folder = tmp_path_factory.mktemp("changing")
    places = [f"{name}={folder / name}" for name in ("warehouse", "vault", "landing", "report")]
    few = ["synthetic.n_lines=1500", "synthetic.dirt_share=0", "periods.history_from=2026-05"]
    conf = settings.load(CONF, [*places, *few])
    store = Store(spark, conf.warehouse)
    operator.generate(spark, conf, store)
    return conf, store


@pytest.fixture(scope="module")
def lines_by_month(changing):
    _, store = changing
    counted = store.read(built.TRUTH_SEGMENTS).groupBy("segment_name", "as_of").count().collect()
    return {(row["segment_name"], row["as_of"]): row["count"] for row in counted}


def months_of(lines_by_month, name):
    return {as_of for segment, as_of in lines_by_month if segment == name}


def test_a_segment_is_there_from_the_month_on_in_which_it_appears(lines_by_month):
    assert months_of(lines_by_month, ROAMERS) == {date(2026, 9, 30), date(2026, 10, 31)}


def test_a_segment_is_there_up_to_the_month_in_which_it_vanishes(lines_by_month):
    months = months_of(lines_by_month, segments.AT_RISK)

    assert (min(months), max(months)) == (date(2026, 5, 31), date(2026, 9, 30))
    assert months_of(lines_by_month, segments.HIGH_VALUE) >= months | {date(2026, 10, 31)}


@pytest.mark.parametrize(
    ("month", "side", "name"),
    [(date(2026, 9, 30), "to_segment", ROAMERS), (date(2026, 10, 31), "from_segment", segments.AT_RISK)],
    ids=["appears", "vanishes"],
)
def test_lines_of_a_segment_that_appears_or_vanishes_move_in_that_month(changing, month, side, name):
    moves = changing[1].read(built.TRUTH_MOVES).filter("move_kind = 'segment'").filter(F.col(side) == name)

    by_month = {row["as_of"]: row["count"] for row in moves.groupBy("as_of").count().collect()}

    assert by_month[month] >= 5
    assert by_month[month] > 2 * max((n for as_of, n in by_month.items() if as_of != month), default=0)


def test_bulk_rechargers_talk_more_from_month_to_month_and_others_do_not(spark, changing):
    conf, store = changing
    subscriber = token(conf.secret.key(), "subscriber")
    used = spark.read.parquet(str(conf.landing / "usage_daily"))
    monthly = used.groupBy(subscriber(F.col("svc_no")).alias("subscriber_id"), F.last_day("usage_day").alias("as_of"))
    spoken = monthly.agg(F.log1p(F.sum("voice_s")).alias("spoken"))
    truth = store.read(built.TRUTH_SEGMENTS).filter("vertical = 'payg' and not is_moving")
    kind = (F.col("segment_name") == segments.BULK).alias("is_bulk")
    told = spoken.join(truth.select("subscriber_id", "as_of", kind), on=["subscriber_id", "as_of"], how="inner")
    means = {
        (row["is_bulk"], row["as_of"]): row["spoken"]
        for row in told.groupBy("is_bulk", "as_of").agg(F.avg("spoken").alias("spoken")).collect()
    }

    growth = {bulk: means[bulk, date(2026, 10, 31)] - means[bulk, date(2026, 5, 31)] for bulk in (True, False)}

    # Four months of a tenth of the spread 0.55 of its log are 0.22, less what lines have of their neighbours.
    assert 0.08 < growth[True] - growth[False] < 0.26
