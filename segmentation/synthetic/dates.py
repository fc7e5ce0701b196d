"""Months as numbers, and the days on which lines come and go."""

from datetime import date

from pyspark.sql import Column
from pyspark.sql import functions as F

from segmentation.periods import month_end
from segmentation.synthetic.randomness import Streams

_EPOCH_YEAR = 2000


def month_number(day: date) -> int:
    """Months since January 2000."""
    return (day.year - _EPOCH_YEAR) * 12 + day.month - 1


def number_of(month: str) -> int:
    """Months since January 2000, of a month like 2026-10."""
    return month_number(month_end(month))


def month_start(number: Column) -> Column:
    """First day of a month given by its number."""
    return F.add_months(F.lit(date(_EPOCH_YEAR, 1, 1)), number.cast("int"))


def arrival(streams: Streams) -> Column:
    """Day on which a line came, in the month `line_start`."""
    return F.date_add(
        month_start(F.col("line_start")), streams.whole("line.first_day", 0, 26, F.col("line"), F.col("line_start"))
    )


def departure(streams: Streams, month: Column) -> Column:
    """Day of the last use of a line that leaves in the month."""
    return F.date_add(month_start(month), streams.whole("line.last_day", 0, 19, F.col("line"), month.cast("int")))
