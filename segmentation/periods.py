"""The calendar: months, days as of, and the month-long periods that end on them."""

import calendar
from datetime import date, timedelta


def month_end(month: str) -> date:
    """Last day of a month written as 2026-10. Raises ValueError for anything else."""
    year, _, number = month.partition("-")
    if len(year) != 4 or len(number) != 2:
        raise ValueError(f"a month is written like 2026-10, not {month!r}")
    first = date(int(year), int(number), 1)
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def months_before(day: date, n_months: int) -> date:
    """The same day `n_months` earlier; the last day of a month stays the last day of a month."""
    index = day.year * 12 + day.month - 1 - n_months
    year, month = index // 12, index % 12 + 1
    last = calendar.monthrange(year, month)[1]
    is_month_end = day.day == calendar.monthrange(day.year, day.month)[1]
    return date(year, month, last if is_month_end else min(day.day, last))


def period_ends(as_of: date, n_periods: int) -> list[date]:
    """Last days of the `n_periods` periods that end with `as_of`, oldest first, each a month before the next."""
    ends = [as_of]
    # Step by step, as `period_start` steps: from 30 January the third step would else land on 30, not 31 October.
    while len(ends) < n_periods:
        ends.append(months_before(ends[-1], 1))
    return ends[::-1]


def period_start(period: date) -> date:
    """First day of the period that ends on `period`: the day after the period before it."""
    return months_before(period, 1) + timedelta(days=1)


def months_between(first: date, last: date) -> list[date]:
    """Month ends from the month of `first` to the month of `last`, both included."""
    end = month_end(f"{last:%Y-%m}")
    ends = [end]
    while ends[-1] > month_end(f"{first:%Y-%m}"):
        ends.append(months_before(ends[-1], 1))
    return ends[::-1]
