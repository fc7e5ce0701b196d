"""Numbers, amounts, changes and names of features as people say them."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeGuard

from segmentation.periods import month_end

NBSP = "\u00a0"
"""Keeps a number and its unit on one line."""
MINUS = "\u2212"
TOO_FEW = "too few to show"
UNKNOWN = "not known"
_VERTICALS = {"payg": "Pay as you go", "plan": "Mobile plan", "home": "Home broadband", "all": "All verticals"}
_MILLION, _TOO_MUCH_FOR_CENTS = 1_000_000, 100


@dataclass(frozen=True)
class Money:
    """How the operator writes amounts. `minor_units` of the smallest unit make one unit of the currency."""

    currency: str
    minor_units: int

    def text(self, minor: float | None) -> str:
        """An amount given in minor units, such as 12.40 EUR or 1.25 million EUR."""
        if not _is_known(minor):
            return UNKNOWN
        units = minor / self.minor_units
        if abs(units) >= _MILLION:
            return f"{units / _MILLION:,.2f}{NBSP}million {self.currency}"
        return (
            f"{units:,.0f}{NBSP}{self.currency}"
            if abs(units) >= _TOO_MUCH_FOR_CENTS
            else f"{units:,.2f}{NBSP}{self.currency}"
        )


@dataclass(frozen=True)
class Scale:
    """How a stored measure is shown: divided by `per`, with the unit behind it."""

    per: float
    unit: str
    is_money: bool = False

    def text(self, value: float | None) -> str:
        if not _is_known(value):
            return UNKNOWN
        shown = value / self.per
        told = f"{shown:,.2f}" if self.is_money and abs(shown) < _TOO_MUCH_FOR_CENTS else number(shown)
        return f"{told}{NBSP}{self.unit}".strip()


def vertical(name: str) -> str:
    """What people call a vertical."""
    return _VERTICALS.get(name, name)


def month(day: date) -> str:
    """The month that ends on a day, such as October 2026, or December 2011 (to the 9th) where it ends within one."""
    return f"{day:%B %Y}{_to_the_day(day)}"


def short_month(day: date) -> str:
    """The same with a short name, such as Oct 2026."""
    return f"{day:%b %Y}{_to_the_day(day)}"


def cut_short(day: date, before: date | None, *, is_end_of_data: bool) -> str:
    """What to mind about figures as of a day within a month; "" for the last day of one.

    Periods are whole months to the day (see segmentation.periods), so only the step since the last day is short.
    """
    if not is_cut(day):
        return ""
    why = ", where the data end" if is_end_of_data else ""
    text = f"{day:%B %Y} ends on the {_ordinal(day.day)} here{why}. Its figures are of the 3 whole months to that day"
    if before is None:
        return f"{text}."
    n_days = (day - before).days
    since = f"what changed since {month(before)} changed within {n_days} day{'s' if n_days > 1 else ''}"
    return f"{text}, many days of which those of {month(before)} hold as well: {since}."


def _to_the_day(day: date) -> str:
    return f" (to the {_ordinal(day.day)})" if is_cut(day) else ""


def is_cut(day: date) -> bool:
    """Whether a day ends a part of a month."""
    return day != month_end(f"{day:%Y-%m}")


def _ordinal(n: int) -> str:
    ending = "th" if n in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{ending}"


def count(n: int | None) -> str:
    """A count with thousands set apart; None is a count that must not be shown."""
    return TOO_FEW if n is None else f"{n:,}"


def share(part: float | None) -> str:
    """A share of 1 in percent; small ones are not rounded to nothing."""
    if not _is_known(part):
        return UNKNOWN
    if 0 < part < 0.01:
        return f"{100 * part:.1f}{NBSP}%" if part >= 0.001 else f"<{NBSP}0.1{NBSP}%"
    return f"{100 * part:.0f}{NBSP}%"


def number(value: float | None) -> str:
    """A measure with three digits that matter."""
    if not _is_known(value):
        return UNKNOWN
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def change(now: int | None, before: int | None, since: str) -> str:
    """How a count moved since a month, such as +12 lines (+4 %) since May 2026."""
    if now is None or before is None:
        return "change not shown: too few lines"
    if before == 0:
        return f"new since {since}" if now else "no lines"
    if now == before:
        return f"as many lines as in {since}"
    percent = signed((now - before) / before, ".1%").replace("%", f"{NBSP}%")
    lines = "line" if abs(now - before) == 1 else "lines"
    return f"{signed(now - before, ',')}{NBSP}{lines} ({percent}) since {since}"


def signed(value: float, form: str) -> str:
    """A number with its sign, a true minus, and no sign where nothing is left after rounding."""
    text = format(abs(value), form)
    is_nothing = not any(digit in text for digit in "123456789")
    return text if is_nothing else f"{MINUS if value < 0 else '+'}{text}"


def listed(names: Sequence[str]) -> str:
    """Names in one phrase: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def plain(name: str) -> str:
    """A name of the code as words: recharges_per_month becomes recharges per month."""
    return name.replace("_", " ").strip()


def sentence(text: str) -> str:
    """The text as a sentence: a capital first, a full stop last."""
    ended = text if text.endswith((".", "!", "?")) else f"{text}."
    return ended[:1].upper() + ended[1:]


def spelled_out(text: str) -> str:
    """The text with names of the code in it as words."""
    return re.sub(r"\b[a-z0-9]+(?:_[a-z0-9]+)+\b", lambda found: plain(found[0]), text)


def wrapped(name: str, width: int = 18) -> str:
    """The name with line breaks for a chart, at most about `width` characters a line."""
    lines: list[str] = []
    for word in name.split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return "<br>".join(lines)


def _is_known(value: float | None) -> TypeGuard[float]:
    return value is not None and not math.isnan(value)
