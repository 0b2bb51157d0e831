"""Signatures: what the arguments of each function must be, what its value is, and which simpler nodes it means.

One entry of `FUNCTIONS` or `AGGREGATES` is the contract of one function (LANGUAGE §4); `engines.functions` lowers it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from aac.expressions.nodes import (
    BOOLEAN,
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
from aac.expressions.parse import Refused, signature
from aac.expressions.values import Typed, alike, joined, require_listed, require_units, said, wanted
from aac.findings import did_you_mean
from aac.units import added, multiplied

US_AN_HOUR = 3_600_000_000
US_A_DAY = 86_400_000_000

Signature = Callable[[Names, Call, list[Typed]], Typed]
AggregateSignature = Callable[[Typed], Type]


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
    values = alike(arguments, names.timezone)
    return Typed(replace(call, arguments=tuple(value.node for value in values)), joined(values))


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
    if call.function == "divide":
        raise Refused(
            "AAC307", "division belongs into a formula, between two aggregates",
            "write `sum(a) / sum(b)` in a metric, or multiply the other side of a comparison", call.at,
        )  # fmt: skip
    if call.function in {"add", "subtract"}:
        require_units(added, a, b, b.at)
        a, b = alike(arguments, names.timezone)
        return Typed(replace(call, arguments=(a.node, b.node)), joined([a, b]))
    unit = require_units(multiplied, a, b, b.at)
    type_ = replace(joined([a, b]), unit=unit, scale=max(a.type.scale, b.type.scale))
    return Typed(replace(call, arguments=(a.node, b.node)), type_)


def _elapsed(unit: str, scale: int) -> Signature:
    """``hours_between(a, b)`` and its like: the span from a to b, negative when b is first."""

    def signature_(names: Names, call: Call, arguments: list[Typed]) -> Typed:
        a, b = _two_moments(names, call, arguments, 2)
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
    a, b = _two_moments(names, call, arguments, 3)
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


def _two_moments(names: Names, call: Call, arguments: list[Typed], count: int) -> tuple[Typed, Typed]:
    if len(arguments) != count:
        message = f"`{call.function}` takes {count} values, not {len(arguments)}"
        raise Refused("AAC302", message, f"write `{signature(call.function)}`", call.at)
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
    "divide": _arithmetic,
    "hours_between": _elapsed("hours", US_AN_HOUR),
    "days_between": _elapsed("days", US_A_DAY),
    "business_hours_between": _business,
}


# Aggregates: from the type of their argument to their own


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


COUNT = Type("integer", unit="count")
AGGREGATES: dict[str, AggregateSignature] = {
    "count": _counting,
    "count_distinct": _counting_values,
    "count_if": _counting_true,
    "share": _sharing,
    "sum": _summing,
    "avg": _averaging,
    "median": _averaging,
    "min": _choosing,
    "max": _choosing,
}
"""``count(*)`` has no argument, and its type is `COUNT`."""


def aggregate_type(node: Aggregate, arguments: list[Typed]) -> Type:
    """The type of an aggregate's value; raises Refused AAC302 for arguments it does not take."""
    if node.function == "count" and not arguments:
        return COUNT
    if len(arguments) != 1:
        raise Refused("AAC302", f"`{node.function}` takes one value", f"write `{signature(node.function)}`", node.at)
    return AGGREGATES[node.function](arguments[0])
