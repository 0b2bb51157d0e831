"""Units of numbers: which fit together, and what arithmetic makes of them (LANGUAGE §8).

A unit is a word of `WORDS`, a currency (`EUR`), or a currency per period (`EUR/year`). ``None`` is a number without
a unit: it takes the one it meets.
"""

from __future__ import annotations

import re

WORDS = frozenset(
    {"count", "percent", "score", "ratio", "seconds", "minutes", "hours", "days", "months", "business_hours"}
)
_MONEY = re.compile(r"[A-Z]{3}(/(day|month|quarter|year))?")
_PERIODS = {"day": 365, "month": 12, "quarter": 4, "year": 1}
_TIMES = {"days": "day", "months": "month"}
"""The units of time that money may be per."""
_SHARES = frozenset({"percent", "ratio"})
_PLAIN = _SHARES | {"count"}


def is_unit(text: str) -> bool:
    """Whether the text names a unit."""
    return text in WORDS or is_money(text)


def is_currency(text: str) -> bool:
    """Whether the text is a currency alone: three capital letters."""
    return is_money(text) and "/" not in text


def is_money(text: str) -> bool:
    """Whether the text is a currency, or a currency per period."""
    return _MONEY.fullmatch(text) is not None


def fits(declared: str, actual: str | None) -> bool:
    """Whether a number in ``actual`` may be shown as ``declared``; a ratio and a percentage are the same fraction."""
    return actual is None or declared == actual or {declared, actual} <= _SHARES


def per_year(unit: str | None) -> tuple[str, int] | None:
    """The yearly unit of money per period, and how many such periods make a year; null for every other unit."""
    currency, _, period = (unit or "").partition("/")
    return (f"{currency}/year", _PERIODS[period]) if is_money(currency) and period else None


def added(a: str | None, b: str | None) -> str | None:
    """The unit of a sum, a difference or a comparison; raises ValueError when the two are unlike."""
    if a is None or b is None:
        return a or b
    if fits(a, b):
        return a
    raise ValueError(f"{a} and {b} are different units")


def multiplied(a: str | None, b: str | None) -> str | None:
    """The unit of a product: a plain number, a share or a count of something leaves the other's unit.

    Money per day times days is money. Raises ValueError for any other two real units.
    """
    for one, other in ((a, b), (b, a)):
        if one is not None and is_money(one) and other in _TIMES and one.endswith(f"/{_TIMES[other]}"):
            return one.partition("/")[0]
        if one is None or (one in _SHARES and other is not None) or (one == "count" and other not in _SHARES | {None}):
            return other
    raise ValueError(f"{a} times {b} has no meaning here")


def divided(a: str | None, b: str | None) -> str | None:
    """The unit of a quotient: like by like is a ratio, by a count, a share or a plain number keeps the unit.

    A plain number above takes the unit below it, which makes a ratio. Money by days is money per day, and by money per
    day days. Raises ValueError for all else.
    """
    if b is None or (b in _PLAIN and a not in _SHARES | {b}):
        return a
    if a is None or fits(a, b):
        return "ratio"
    if a in _SHARES and b == "count":
        return a
    if is_currency(a) and b in _TIMES:
        return f"{a}/{_TIMES[b]}"
    for time, period in _TIMES.items():
        if b == f"{a}/{period}":
            return time
    raise ValueError(f"{a} divided by {b} has no unit")
