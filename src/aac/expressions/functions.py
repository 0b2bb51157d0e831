"""Signatures: what the arguments of each function must be, what its value is, and which simpler nodes it means.

One entry of `FUNCTIONS` or `AGGREGATES` is the contract of one function (LANGUAGE §4); `engines.functions` lowers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from aac.expressions.mistakes import Refused
from aac.expressions.nodes import (
    BOOLEAN,
    INTEGER,
    NUMBER,
    TEXT,
    Aggregate,
    CalendarNumber,
    Call,
    Case,
    Literal,
    Names,
    OpenTime,
    Type,
)
from aac.expressions.values import (
    Typed,
    alike,
    interchanged,
    joined,
    refuse_inexact_time,
    require_listed,
    require_units,
    said,
    scaled,
    wanted,
)
from aac.findings import did_you_mean
from aac.units import added, divided, multiplied, per_year

US_AN_HOUR = 3_600_000_000
US_A_DAY = 86_400_000_000
MOST_PLACES = 20
"""Digits behind the point that leave an exact number room before it."""
MOST_DIGITS = 9
"""Digits that `round` keeps behind the point, or clears before it."""
PURE = frozenset({None, "percent", "ratio", "count", "score"})
"""Units of numbers that a power can be taken of."""

Signature = Callable[[Names, Call, list[Typed]], Typed]
AggregateSignature = Callable[..., Type]


def _logical(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    del names
    nodes = tuple(wanted(argument, "boolean").node for argument in arguments)
    return Typed(replace(call, arguments=nodes), BOOLEAN)


def _comparison(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    _refuse_null(arguments, "nothing is known to be equal to null", "write `is null` or `is not null`")
    a, b = alike(arguments, names.timezone)
    if a.type.name == "boolean" and call.function not in {"eq", "ne"}:
        raise Refused("AAC302", "conditions have no order", "write `=` or `<>`, or the condition alone", b.at)
    require_listed(a, b)
    require_listed(b, a)
    return Typed(replace(call, arguments=(a.node, b.node)), BOOLEAN)


def _membership(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    _refuse_null(arguments, "no value is known to be equal to null", "leave it out, and add `or … is null`")
    subject, *others = alike(arguments, names.timezone)
    for other in others:
        require_listed(subject, other)
        require_listed(other, subject)
    return Typed(replace(call, arguments=(subject.node, *(other.node for other in others))), BOOLEAN)


def _refuse_null(arguments: list[Typed], message: str, advice: str) -> None:
    """Refuses a null that was written: a comparison with it is never true."""
    for argument in arguments:
        if argument.node == Literal(None):
            raise Refused("AAC302", message, advice, argument.at)


def _presence(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    del names
    return Typed(replace(call, arguments=(arguments[0].node,)), BOOLEAN)


def _pattern(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    del names
    return Typed(replace(call, arguments=tuple(wanted(a, "text").node for a in arguments)), BOOLEAN)


def _casing(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    del names
    return Typed(replace(call, arguments=(wanted(arguments[0], "text").node,)), TEXT)


def _first_known(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    values, type_ = interchanged(arguments, names.timezone)
    return Typed(replace(call, arguments=tuple(value.node for value in values)), type_)


def _unless_equal(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    _refuse_null(arguments, "nothing is known to be equal to null", "leave `nullif` out")
    a, b = alike(arguments, names.timezone)
    require_listed(a, b)
    return Typed(replace(call, arguments=(a.node, b.node)), a.type)


def _arithmetic(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    for side in arguments:
        if side.type.name != "null" and not (side.type.is_number or side.type.name == "span"):
            message = f"{said(side.type)} cannot be calculated with"
            raise Refused("AAC302", message, "use numbers; for moments days_between or hours_between", side.at)
    a, b = arguments
    if call.function in {"add", "subtract"}:
        require_units(added, a, b, b.at)
        a, b = alike(arguments, names.timezone)
        return Typed(replace(call, arguments=(a.node, b.node)), joined([a, b]))
    refuse_inexact_time(a, b)
    unit = require_units(multiplied, a, b, b.at)
    type_ = replace(joined([a, b]), unit=unit, scale=max(a.type.scale, b.type.scale))
    if type_.name != "float":
        type_ = replace(type_, places=a.type.decimals + b.type.decimals)
        if type_.decimals > MOST_PLACES:
            message = f"this product has up to {type_.decimals} digits behind the point"
            raise Refused("AAC310", message, f"round a part of it: at most {MOST_PLACES} are exact", call.at)
    return Typed(replace(call, arguments=(a.node, b.node)), type_)


def _division(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    """``a / b``: rounded half to even, to the places of its type (LANGUAGE §4); unknown where b is 0."""
    a, b = (wanted(side, "number") for side in arguments)
    refuse_inexact_time(a, b)
    unit = require_units(divided, a, b, b.at)
    if a.type.unit == b.type.unit:
        a, b = alike([a, b], names.timezone)
    elif b.type.name == "span":
        raise Refused("AAC304", "a number divided by a time has no unit", "divide the time by the number", b.at)
    if "float" in {a.type.name, b.type.name}:
        return Typed(replace(call, arguments=(a.node, b.node)), Type("float", unit=unit))
    type_ = Type("number", unit=unit)
    if a.type.name == "span" != b.type.name:
        scale = a.type.scale if a.type.scale > 1 else US_A_DAY
        a, type_ = scaled(a, a.type.unit, scale), Type("span", unit=unit, scale=scale)
    elif a.type.name == "money" and unit == a.type.unit:
        type_ = replace(a.type, places=None)
    places = (Literal(type_.decimals), Literal(a.type.decimals), Literal(b.type.decimals))
    return Typed(replace(call, arguments=(a.node, b.node, *places)), type_)


def _magnitude(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    del names
    number = wanted(arguments[0], "number")
    return Typed(replace(call, arguments=(number.node,)), number.type)


def _rounding(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    """``round(x, n)``: to n digits behind the point (0 if left out), a half away from zero."""
    del names
    number = wanted(arguments[0], "number")
    digits = arguments[1].node if len(arguments) > 1 else Literal(0)
    at = arguments[-1].at
    value = digits.value if isinstance(digits, Literal) else None
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > MOST_DIGITS:
        message = "`round` takes how many digits behind the point to keep"
        raise Refused("AAC309", message, "write a whole number, as in `round(amount, 2)`", at)
    if number.type.name == "span":
        step = Fraction(number.type.scale) / Fraction(10) ** value
        if step.denominator > 1:  # finer than what is stored
            return number
        return Typed(Call("round_span", (number.node, Literal(step.numerator)), at=call.at), number.type)
    places = min(number.type.decimals, max(value, 0))
    return Typed(replace(call, arguments=(number.node, Literal(value))), replace(number.type, places=places))


def _power(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    del names
    for side in arguments:
        wanted(side, "number")
        if side.type.unit not in PURE:
            advice = "take the power of a number without a unit, and multiply"
            raise Refused("AAC304", f"a power of {side.type.unit} has no unit", advice, side.at)
    return Typed(replace(call, arguments=tuple(side.node for side in arguments)), Type("float"))


def _extreme(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    """``least`` and ``greatest``, which are unknown if any value is."""
    _refuse_null(arguments, f"`{call.function}` of null is unknown", "leave it out")
    values, type_ = interchanged(arguments, names.timezone)
    if values[0].type.name == "boolean":
        raise Refused("AAC302", "conditions have no order", "join them with `and` or `or`", values[0].at)
    return Typed(replace(call, arguments=tuple(value.node for value in values)), type_)


def _length(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    del names
    return Typed(replace(call, arguments=(wanted(arguments[0], "text").node,)), INTEGER)


def _calendric(parts: tuple[str, ...]) -> Signature:
    """``date_trunc`` and ``date_part``: of a moment as the clocks of the company show it, or of a date."""

    def signature_(names: Names, call: Call, arguments: list[Typed]) -> Typed:
        part, moment = arguments[0], wanted(arguments[1], "moment")
        is_date = moment.type.name == "date"
        known = [name for name in parts if not (is_date and name in {"hour", "minute"})]
        if part.text not in known:
            shown = f"`{part.text}`" if part.text is not None else "this"
            message = f"{shown} is no part of a {moment.type.name} that `{call.function}` knows"
            advice = f"write one of {', '.join(repr(name) for name in known)}"
            raise Refused("AAC309", message, advice, part.at)
        zone = Literal(None if is_date else names.timezone)
        type_ = moment.type if call.function == "date_trunc" else INTEGER
        return Typed(replace(call, arguments=(Literal(part.text), moment.node, zone)), type_)

    return signature_


def _yearly(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    """``per_year(x)``: money per month times 12, per quarter times 4, per day times 365."""
    del names
    money = wanted(arguments[0], "number")
    found = per_year(money.type.unit)
    if found is None:
        message = f"`per_year` takes money per period, and this is in {money.type.unit or 'no unit'}"
        advice = "give the field a unit with a period, as in `unit: EUR/month`"
        raise Refused("AAC304", message, advice, money.at)
    unit, periods = found
    return Typed(Call("multiply", (money.node, Literal(periods)), at=call.at), replace(money.type, unit=unit))


def _elapsed(unit: str, scale: int) -> Signature:
    """``hours_between(a, b)`` and its like: the span from a to b, negative when b is first."""

    def signature_(names: Names, call: Call, arguments: list[Typed]) -> Typed:
        a, b = _two_moments(names, arguments)
        span = replace(call, arguments=(a.node, b.node))
        if a.type.name == "timestamp":
            return Typed(span, Type("span", unit=unit, scale=scale))
        if unit != "days":
            advice = "use days_between, or fields that are timestamps"
            raise Refused("AAC302", "dates have no hours", advice, call.at)
        return Typed(span, Type("span", unit=unit, scale=1))

    return signature_


def _business(names: Names, call: Call, arguments: list[Typed]) -> Typed:
    """``business_hours_between(a, b, calendar)``: open time of the calendar; unknown when b is first."""
    a, b = _two_moments(names, arguments)
    if a.type.name != "timestamp":
        raise Refused("AAC302", "dates have no business hours", "use fields that are timestamps", call.at)
    number = CalendarNumber(calendar_wanted(arguments[2], names).node)
    used = Call("subtract", (OpenTime(number, b.node), OpenTime(number, a.node)))
    forward = Call("ge", (b.node, a.node))
    return Typed(Case(((forward, used),), Literal(None)), Type("span", unit="business_hours", scale=US_AN_HOUR))


def calendar_wanted(typed: Typed, names: Names) -> Typed:
    """The value if it can be the id of a calendar; raises Refused AAC302 and AAC204."""
    if typed.type.entity is not None:
        advice = "name a text field behind it, as in `owner.calendar`"
        raise Refused("AAC302", f"this is {said(typed.type)}, and a calendar is needed here", advice, typed.at)
    known = set(names.calendars())
    if typed.text is not None and typed.text not in known:
        advice = did_you_mean(typed.text, known) or "write a document of kind `calendar`"
        raise Refused("AAC204", f"there is no calendar `{typed.text}`", advice, typed.at)
    return wanted(typed, "text")


def _two_moments(names: Names, arguments: list[Typed]) -> tuple[Typed, Typed]:
    for moment in arguments[:2]:
        if moment.text is None:
            wanted(moment, "moment")
    a, b = (wanted(moment, "moment") for moment in alike(arguments[:2], names.timezone))
    return a, b


FUNCTIONS: dict[str, Signature] = {
    "and": _logical,
    "or": _logical,
    "not": _logical,
    "is_true": _logical,
    "is_false": _logical,
    "eq": _comparison,
    "ne": _comparison,
    "lt": _comparison,
    "le": _comparison,
    "gt": _comparison,
    "ge": _comparison,
    "in": _membership,
    "is_null": _presence,
    "is_not_null": _presence,
    "like": _pattern,
    "ilike": _pattern,
    "lower": _casing,
    "upper": _casing,
    "coalesce": _first_known,
    "nullif": _unless_equal,
    "add": _arithmetic,
    "subtract": _arithmetic,
    "multiply": _arithmetic,
    "divide": _division,
    "abs": _magnitude,
    "round": _rounding,
    "power": _power,
    "least": _extreme,
    "greatest": _extreme,
    "length": _length,
    "date_trunc": _calendric(("year", "quarter", "month", "week", "day", "hour", "minute")),
    "date_part": _calendric(("year", "quarter", "month", "week", "day", "isodow", "hour", "minute")),
    "per_year": _yearly,
    "hours_between": _elapsed("hours", US_AN_HOUR),
    "days_between": _elapsed("days", US_A_DAY),
    "business_hours_between": _business,
}


# Aggregates: from the types of their arguments to their own


def _counting(argument: Typed) -> Type:
    if argument.type.name == "boolean":
        message = "`count` of a condition also counts the records for which it is false"
        advice = "write `count_if(…)` for those that it is true for, or `share(…)`"
        raise Refused("AAC302", message, advice, argument.at)
    return COUNT


def _counting_values(argument: Typed) -> Type:
    del argument
    return COUNT


def _counting_true(argument: Typed) -> Type:
    wanted(argument, "boolean")
    return COUNT


def _sharing(argument: Typed) -> Type:
    wanted(argument, "boolean")
    return replace(NUMBER, unit="percent")


def _summing(argument: Typed) -> Type:
    return wanted(argument, "number").type


def _averaging(argument: Typed) -> Type:
    type_ = wanted(argument, "number").type
    return replace(type_, name="number") if type_.name == "integer" else type_


def _choosing(argument: Typed) -> Type:
    return argument.type


def _quantile(argument: Typed, place: Typed) -> Type:
    value = place.node.value if isinstance(place.node, Literal) else None
    if not isinstance(value, int | Decimal) or isinstance(value, bool) or not 0 <= value <= 1:
        message = "`quantile_cont` takes a number from 0 to 1, the share of values below"
        raise Refused("AAC309", message, "write it out, as in `quantile_cont(amount, 0.9)`", place.at)
    return _averaging(argument)


def _choosing_by(argument: Typed, order: Typed) -> Type:
    if order.type.name in {"boolean", "null"}:
        advice = "name a moment or a number, the record of whose greatest or least value is meant"
        raise Refused("AAC302", f"{said(order.type)} has no order", advice, order.at)
    return argument.type


COUNT = Type("integer", unit="count")
AGGREGATES: dict[str, AggregateSignature] = {
    "count": _counting,
    "count_distinct": _counting_values,
    "count_if": _counting_true,
    "share": _sharing,
    "sum": _summing,
    "avg": _averaging,
    "median": _averaging,
    "quantile_cont": _quantile,
    "min": _choosing,
    "max": _choosing,
    "arg_min": _choosing_by,
    "arg_max": _choosing_by,
}
"""``count(*)`` has no argument, and its type is `COUNT`."""


def aggregate_type(node: Aggregate, arguments: list[Typed]) -> Type:
    """The type of an aggregate's value; raises Refused for arguments it does not take."""
    return AGGREGATES[node.function](*arguments) if arguments else COUNT
