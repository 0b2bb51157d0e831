"""What a checked rule comes to for one record, in plain Python: slow, exact, without data or an engine.

Worked examples are run with it, and tests compare it with every engine. Values are those of `nodes`, but for exact
numbers, which are fractions. What is not known of a record is None; a roll-up is unknown unless it is told.
"""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING

from aac.calendars import open_us
from aac.expressions.nodes import (
    Applied,
    AsOf,
    CalendarNumber,
    Call,
    Case,
    Literal,
    Named,
    Node,
    OpenTime,
    Path,
    PeriodEnd,
    Rate,
    Rollup,
    Stored,
    Values,
)
from aac.periods import local_time, midnight_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aac.calendars import Calendar

EPOCH = date(1970, 1, 1)
DAY_US = 86_400_000_000

Known = str | int | bool | Fraction | float | None
"""Text, whole number, condition, exact number, inexact number, or nothing."""


@dataclass(frozen=True)
class Record:
    """What is known of one record.

    ``values``: what nodes come to, whatever they stand for; ``there``: the references that lead to a record.
    """

    values: Mapping[Node, Known]
    there: frozenset[Path] = frozenset()
    calendars: Mapping[str, Calendar] = field(default_factory=dict[str, "Calendar"])

    @cached_property
    def sorts(self) -> frozenset[type[Node]]:
        """The sorts of nodes that ``values`` tells of: only those need be looked for."""
        return frozenset(map(type, self.values))


def evaluate(node: Node, record: Record) -> Known:
    """The value of a rule; a condition is true, false or None."""
    if type(node) in record.sorts and node in record.values:
        return record.values[node]
    match node:
        case Literal():
            return _exact(node.value)
        case Stored() | Rollup() | AsOf() | PeriodEnd() | Rate():
            return None
        case Named():
            return evaluate(node.body, record) if not node.path or node.path in record.there else None
        case Applied():
            return evaluate(node.body, record)
        case Case():
            return _case(node, record)
        case Call(function="and" | "or"):
            return _joined(node, record)
        case Call(function="coalesce"):
            return next((value for part in node.arguments if (value := evaluate(part, record)) is not None), None)
        case Call(function="subtract", arguments=(OpenTime() as until, OpenTime() as since)):
            return _open_between(since, until, record)
        case Call():
            return FUNCTIONS[node.function](*_arguments(node, record))
        case CalendarNumber():
            value = evaluate(node.calendar, record)
            return value if value in record.calendars else None
        case _:
            raise TypeError(f"{type(node).__name__} is not about one record")


def _exact(value: object) -> Known:
    match value:
        case None | str() | int():
            return value
        case _:
            return Fraction(str(value))


def _arguments(call: Call, record: Record) -> list[Known]:
    """The values of the arguments, those of a list with a name one by one."""
    values: list[Known] = []
    for part in call.arguments:
        values += map(_exact, part.values) if isinstance(part, Values) else [evaluate(part, record)]
    return values


def _case(node: Case, record: Record) -> Known:
    chosen = next((then for when, then in node.branches if evaluate(when, record) is True), node.otherwise)
    return evaluate(chosen, record)


def _joined(call: Call, record: Record) -> bool | None:
    """``and`` is false as soon as one part is, ``or`` true; else unknown if one part is."""
    decides = call.function == "or"
    is_unknown = False
    for part in call.arguments:
        value = evaluate(part, record)
        if value is decides:
            return decides
        is_unknown = is_unknown or value is None
    return None if is_unknown else not decides


def _open_between(since: OpenTime, until: OpenTime, record: Record) -> int | None:
    """Open microseconds of a calendar between two moments, negative when they are the other way round."""
    calendar, begin, end = (evaluate(part, record) for part in (until.number, since.moment, until.moment))
    if not (isinstance(calendar, str) and isinstance(begin, int) and isinstance(end, int)):
        return None
    sign = 1 if begin <= end else -1
    return sign * open_us(record.calendars[calendar], *sorted((begin, end)))


# Functions: unknown as soon as one argument is, unless they ask for that themselves


def _strict(function: Callable[..., Known]) -> Callable[..., Known]:
    def of_known(*values: Known) -> Known:
        return None if None in values else function(*_of_one_sort(values))

    return of_known


def _of_one_sort(values: tuple[Known, ...]) -> tuple[Known, ...]:
    """Exact numbers beside an inexact one become inexact."""
    if not any(isinstance(value, float) for value in values):
        return values
    return tuple(float(value) if isinstance(value, int | Fraction) else value for value in values)


def _with_settings(place: int, function: Callable[..., Known]) -> Callable[..., Known]:
    """A function of the argument at a place; the others are constants, of which null is one."""

    def of_known(*values: Known) -> Known:
        return None if values[place] is None else function(*values)

    return of_known


def _in(subject: Known, *values: Known) -> bool | None:
    if subject is None:
        return None
    if any(value is not None and _same(subject, value) for value in values):
        return True
    return None if None in values else False


def _same(a: Known, b: Known) -> bool:
    one, other = _of_one_sort((a, b))
    return one == other


def _in_currency(amount: Fraction | int, currency: str, rate: Fraction | int) -> Known:
    del currency
    return amount * rate


def _nullif(value: Known, other: Known) -> Known:
    return None if value is not None and other is not None and _same(value, other) else value


def _like(text: str, pattern: str) -> bool:
    """``%`` stands for any text, ``_`` for one character; nothing stands for itself behind a sign."""
    parts = {"%": ".*", "_": "."}
    return re.fullmatch("".join(parts.get(sign, re.escape(sign)) for sign in pattern), text, re.DOTALL) is not None


def _ilike(text: str, pattern: str) -> bool:
    return _like(_lower(text), _lower(pattern))


def _lower(text: str) -> str:
    """Small letters one by one, as engines make them: one letter stays one letter."""
    return "".join(sign.lower()[0] for sign in text)


def _upper(text: str) -> str:
    """Capital letters one by one, as engines make them."""
    return "".join(LARGE.get(sign) or (sign.upper() if len(sign.upper()) == 1 else sign) for sign in text)


LARGE = {"ß": "ẞ"}


def _divide(a: Fraction | float, b: Fraction | float, places: int | None = None, *_: object) -> Known:
    """The quotient, of exact numbers to so many places, a half to the even neighbour; unknown when divided by 0."""
    if b == 0:
        return None
    if places is None:
        return _finite(float(a) / float(b))
    return round(Fraction(a) / Fraction(b), places)


def _with_places(a: Fraction | int, places: int) -> Known:
    """The number itself: a fraction has all its digits."""
    del places
    return a


def _abs(a: Fraction | float) -> Known:
    return abs(a)


def _power(a: Fraction | float, b: Fraction | float) -> Known:
    try:
        return _finite(math.pow(a, b))
    except (OverflowError, ValueError):
        return None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _round(a: Fraction | float, digits: int) -> Known:
    """To so many digits behind the point, a half away from zero."""
    if isinstance(a, float):
        shifted = a * 10.0**digits if digits >= 0 else a / 10.0**-digits
        whole = math.copysign(math.floor(abs(shifted) + 0.5), a)
        return whole / 10.0**digits if digits >= 0 else whole * 10.0**-digits
    return _round_span(a, Fraction(1, 10) ** digits)


def _round_span(a: Fraction | int, step: Fraction | int) -> Known:
    """To the nearest multiple of a step, a half away from zero."""
    whole = abs(a) / Fraction(step) + Fraction(1, 2)
    return math.floor(whole) * step * (1 if a >= 0 else -1)


# Parts of the calendar: of a moment as clocks in a zone show it; without a zone, of days since the epoch


def _date_trunc(part: str, moment: int, zone: str | None) -> Known:
    """The first moment of the part that a moment lies in."""
    if zone is not None and part in CLOCK_US:
        local = local_time(moment, zone)
        shown = (local.hour * 60 + local.minute) * 60_000_000 + local.second * 1_000_000 + local.microsecond
        return moment - shown % CLOCK_US[part]
    first = _first_day(part, local_time(moment, zone).date() if zone is not None else EPOCH + timedelta(moment))
    return midnight_us(first, zone) if zone is not None else (first - EPOCH).days


def _first_day(part: str, day: date) -> date:
    match part:
        case "year":
            return day.replace(month=1, day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "month":
            return day.replace(day=1)
        case "week":
            return day - timedelta(day.weekday())
        case _:
            return day


def _date_part(part: str, moment: int, zone: str | None) -> Known:
    shown = local_time(moment, zone) if zone is not None else local_time(moment * DAY_US, "UTC")
    parts = {"quarter": (shown.month + 2) // 3, "week": shown.isocalendar().week, "isodow": shown.isoweekday()}
    return parts[part] if part in parts else getattr(shown, part)


def _local_day(moment: int, zone: str) -> Known:
    """The day that clocks in a zone show at a moment, in days since the epoch."""
    return (local_time(moment, zone).date() - EPOCH).days


CLOCK_US = {"hour": 3_600_000_000, "minute": 60_000_000}


def _elapsed(a: int, b: int) -> int:
    """The integers from a to b, whose scale is that of the span."""
    return b - a


FUNCTIONS: dict[str, Callable[..., Known]] = {
    "not": _strict(operator.not_),
    "is_true": partial(operator.is_, True),
    "is_false": partial(operator.is_, False),
    "is_not_false": partial(operator.is_not, False),
    "is_null": partial(operator.is_, None),
    "is_not_null": partial(operator.is_not, None),
    "eq": _strict(operator.eq),
    "ne": _strict(operator.ne),
    "lt": _strict(operator.lt),
    "le": _strict(operator.le),
    "gt": _strict(operator.gt),
    "ge": _strict(operator.ge),
    "in": _in,
    "like": _strict(_like),
    "ilike": _strict(_ilike),
    "lower": _strict(_lower),
    "upper": _strict(_upper),
    "nullif": _nullif,
    "add": _strict(operator.add),
    "subtract": _strict(operator.sub),
    "multiply": _strict(operator.mul),
    "in_currency": _strict(_in_currency),
    "divide": _strict(_divide),
    "abs": _strict(_abs),
    "round": _with_settings(0, _round),
    "round_span": _strict(_round_span),
    "with_places": _strict(_with_places),
    "power": _strict(_power),
    "least": _strict(min),
    "greatest": _strict(max),
    "length": _strict(len),
    "date_trunc": _with_settings(1, _date_trunc),
    "date_part": _with_settings(1, _date_part),
    "local_day": _strict(_local_day),
    "hours_between": _strict(_elapsed),
    "days_between": _strict(_elapsed),
}
"""What each function comes to; those that need not know all their arguments stand in `evaluate`."""
