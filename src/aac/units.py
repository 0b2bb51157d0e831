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
_SHARES = frozenset({"percent", "ratio"})
_PLAIN = _SHARES | {"count"}


def is_unit(text: str) -> bool:
    """Whether the text names a unit."""
    return text in WORDS or is_money(text)


def is_money(text: str) -> bool:
    """Whether the text is a currency, or a currency per period."""
    return _MONEY.fullmatch(text) is not None


def fits(declared: str, actual: str | None) -> bool:
    """Whether a number in ``actual`` may be shown as ``declared``; a ratio and a percentage are the same fraction."""
    return actual is None or declared == actual or {declared, actual} <= _SHARES


def added(a: str | None, b: str | None) -> str | None:
    """The unit of a sum, a difference or a comparison; raises ValueError when the two are unlike."""
    if a is None or b is None:
        return a or b
    if fits(a, b):
        return a
    raise ValueError(f"{a} and {b} are different units")


def multiplied(a: str | None, b: str | None) -> str | None:
    """The unit of a product: a plain number or share leaves the other's; raises ValueError for two real units."""
    if a is None or a in _PLAIN:
        return b if b is not None and (a is None or b not in _PLAIN) else a or b
    if b is None or b in _PLAIN:
        return a
    raise ValueError(f"{a} times {b} has no meaning here")


def divided(a: str | None, b: str | None) -> str | None:
    """The unit of a quotient: by a count keeps the unit, like by like is a ratio; raises ValueError otherwise."""
    if a is not None and a == b:
        return "ratio"
    if b is None or b in _PLAIN:
        return a if a is not None or b is None else "ratio"
    raise ValueError(f"{a or 'a plain number'} divided by {b} has no unit")
