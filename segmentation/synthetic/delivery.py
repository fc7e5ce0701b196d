"""When and how rows of a feed arrive."""

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.synthetic.behaviour import Behaviour
from segmentation.synthetic.randomness import Streams


def delivered(of: Behaviour, feed: str, day: Column, *keys: Column) -> Column:
    """Text of the time of arrival: the morning after the day, of a few rows 2-5 days after it."""
    streams = of.streams
    is_late = streams.happens(f"{feed}.late", of.effects.late_share, *keys)
    n_days = F.when(is_late, streams.whole(f"{feed}.late_days", 2, 5, *keys)).otherwise(1)
    hour = streams.whole(f"{feed}.delivered_hour", 2, 5, *keys)
    return F.format_string("%s %02d:00:00", F.date_add(day, n_days).cast("string"), hour)


def month_arrival(streams: Streams, feed: str, *keys: Column) -> Column:
    """Time of arrival of a month's total: six in the morning, one to three days after its end. Needs `month_end`."""
    n_days = streams.whole(f"{feed}.delivered", 1, 3, *keys)
    return F.timestamp_seconds((F.unix_date("month_end").cast("bigint") + n_days) * 86_400 + 21_600)


def reference(streams: Streams, letter: str, feed: str, *keys: Column) -> Column:
    """A reference of the operator, as good as unique."""
    digits = F.conv(F.hex(streams.hashed(f"{feed}.reference", *keys)), 16, 36)
    return F.concat(F.lit(letter), F.lpad(digits, 13, "0"))
