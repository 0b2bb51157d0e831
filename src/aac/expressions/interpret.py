"""What a checked rule comes to for one record, in plain Python: slow, exact, without data or an engine.

Worked examples are run with it, and tests compare it with every engine. Values are those of `nodes`, but for exact
numbers, which are fractions. What is not known of a record is None; a roll-up is unknown unless it is told.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING

from aac.calendars import open_us
from aac.expressions.nodes import (
    AsOf,
    CalendarNumber,
    Call,
    Case,
    Literal,
    Named,
    Node,
    OpenTime,
    Path,
    Rollup,
    Stored,
    Values,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aac.calendars import Calendar

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
        case Stored() | Rollup() | AsOf():
            return None
        case Named():
            return evaluate(node.body, record) if not node.path or node.path in record.there else None
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


def _in(subject: Known, *values: Known) -> bool | None:
    if subject is None:
        return None
    if any(value is not None and _same(subject, value) for value in values):
        return True
    return None if None in values else False


def _same(a: Known, b: Known) -> bool:
    one, other = _of_one_sort((a, b))
    return one == other


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


def _divide(a: Fraction | float, b: Fraction | float) -> Known:
    """The exact quotient, unknown when divided by 0."""
    if b == 0:
        return None
    return a / b if isinstance(a, float) else Fraction(a) / Fraction(b)


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
    "divide": _strict(_divide),
    "hours_between": _strict(_elapsed),
    "days_between": _strict(_elapsed),
}
"""What each function comes to; those that need not know all their arguments stand in `evaluate`."""
