"""Names, types, units and closed lists of a rule, without data or engine.

`check_rule` and `check_formula` return the rule with every name replaced by what it stands for, so that nothing later
looks a name up. One entry of `FUNCTIONS` or `AGGREGATES` is the signature of one function: it says what the arguments
must be, what the value is, and which simpler nodes it means.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from aac.expressions.nodes import (
    BOOLEAN,
    BROKEN,
    INTEGER,
    NULL,
    NUMBER,
    TEXT,
    TIMESTAMP,
    Aggregate,
    AsOf,
    CalendarNumber,
    Call,
    Case,
    Literal,
    Meaning,
    Name,
    Named,
    Names,
    Node,
    OpenTime,
    Reference,
    Stored,
    Type,
    under,
)
from aac.expressions.parse import Refused
from aac.findings import did_you_mean
from aac.periods import parse_moment
from aac.units import added, divided, multiplied

if TYPE_CHECKING:
    from collections.abc import Callable

US_AN_HOUR = 3_600_000_000
US_A_DAY = 86_400_000_000
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Typed:
    """A node and the type of its value."""

    node: Node
    type: Type

    @property
    def at(self) -> int:
        return getattr(self.node, "at", 0)


class Broken(Exception):
    """Raised when a rule rests on a document that is wrong itself; that one has been told already."""


def check_rule(node: Node, entity: str, names: Names) -> Typed:
    """A rule about one record of ``entity``; raises Refused or Broken."""
    return _Checker(entity, names).value(node)


def check_formula(node: Node, entity: str, names: Names) -> Typed:
    """Arithmetic over aggregates of records of ``entity``; raises Refused or Broken."""
    return _Checker(entity, names).formula(node)


def wanted(typed: Typed, wants: str) -> Typed:
    """The value if its type is what its place wants; raises Refused AAC302 otherwise."""
    name = typed.type.name
    fine = {
        "value": True,
        "boolean": name in {"boolean", "null"},
        "moment": typed.type.is_moment,
        "text": name in {"text", "null"},
    }[wants]
    if not fine:
        raise Refused("AAC302", f"this is {_a(name)}, and {_a(wants)} is needed here", _ADVICE[wants], typed.at)
    return typed


_ADVICE = {
    "boolean": "write a condition that is true or false, as in `score > 50`",
    "moment": "name a field that is a date or a timestamp",
    "text": "name a text field, or write a value in single quotes",
}


def _a(name: str) -> str:
    words = {"boolean": "a condition", "moment": "a moment in time", "span": "a time"}
    words |= {"null": "null", "text": "text", "money": "money"}
    return words.get(name, f"an {name}" if name[0] in "aeio" else f"a {name}")


class _Checker:
    def __init__(self, entity: str, names: Names) -> None:
        self.entity = entity
        self.names = names

    # Values of one record

    def value(self, node: Node) -> Typed:
        match node:
            case Literal():
                return Typed(node, _literal_type(node))
            case Name():
                return self.name(node)
            case Call():
                arguments = [self.value(argument) for argument in node.arguments]
                return FUNCTIONS[node.function](self, node, arguments)
            case Case():
                return self.case(node)
            case Aggregate():
                shown = node.function.replace("count_distinct", "count(distinct …)")
                raise Refused(
                    "AAC307",
                    f"`{shown}` is over many records, and this rule is about one",
                    "use a roll-up field, or put the aggregate into a metric's formula",
                    node.at,
                )
            case _:
                raise TypeError(f"{type(node).__name__} is not a parsed node")

    def condition(self, node: Node) -> Node:
        return wanted(self.value(node), "boolean").node

    def name(self, node: Name) -> Typed:
        first, *rest = node.parts
        if first == "param":
            return self.parameter(node)
        if node.parts == ("as_of",):
            return Typed(AsOf(), TIMESTAMP)
        meaning = self.meaning(self.entity, first, node)
        shown = first
        for part in rest:
            meaning = self.step(meaning, part, shown, node)
            shown = f"{shown}.{part}"
        return Typed(meaning.node, meaning.type)

    def meaning(self, entity: str, name: str, node: Name) -> Meaning:
        try:
            meaning = self.names.meaning(entity, name)
        except Refused as refused:
            problem = refused.problem
            raise Refused(problem.code, problem.message, problem.instead, node.at) from None
        if meaning is None:
            raise Refused(
                "AAC203", f"`{name}` means nothing on `{entity}`", self.instead_of(entity, name, node), node.at
            )
        if meaning.type == BROKEN:
            raise Broken
        return meaning

    def instead_of(self, entity: str, name: str, node: Name) -> str:
        """What to write instead of a name that means nothing."""
        if name == entity and len(node.parts) > 1:
            return f"write `{'.'.join(node.parts[1:])}`: the rule is about `{entity}` already"
        advice = did_you_mean(name, [*self.names.known(entity), "as_of", "param"])
        return (
            advice
            if advice.startswith("did you mean")
            else f"if it is text, write '{name}' in single quotes; else {advice}"
        )

    def step(self, meaning: Meaning, part: str, shown: str, node: Name) -> Meaning:
        """From what ``shown`` means to what ``shown.part`` means."""
        if part == "at" and isinstance(meaning.node, Named) and meaning.type.entity is None:
            if meaning.moment is None or meaning.moment_type is None:
                raise Refused("AAC203", f"`{shown}` has no moment", f"give `{shown}` an `at: <field>`", node.at)
            return Meaning(meaning.moment, meaning.moment_type)
        if meaning.type.entity is None or not isinstance(meaning.node, Stored):
            raise Refused("AAC203", f"`{shown}` is no reference and has no `.{part}`", f"write `{shown}`", node.at)
        path = (*meaning.node.path, Reference(meaning.node.field, meaning.type.entity))
        found = self.meaning(meaning.type.entity, part, node)
        moment = under(found.moment, path) if found.moment is not None else None
        return replace(found, node=under(found.node, path), moment=moment)

    def parameter(self, node: Name) -> Typed:
        name = ".".join(node.parts[1:])
        try:
            value = self.names.parameter(name)
        except KeyError:
            known = list(self.names.parameters())
            advice = did_you_mean(name, known) or f"add `{name} = …` under [param] in aac.toml"
            raise Refused("AAC203", f"there is no parameter `{name}`", advice, node.at) from None
        literal = Literal(value, label=f"param.{name}", at=node.at)
        return Typed(literal, _literal_type(literal))

    def case(self, node: Case) -> Typed:
        whens = [self.condition(when) for when, _ in node.branches]
        values = _same_type([self.value(then) for _, then in node.branches] + [self.value(node.otherwise)], self, node)
        branches = tuple(zip(whens, (value.node for value in values[:-1]), strict=True))
        return Typed(Case(branches, values[-1].node, at=node.at), _common(values))

    # Values of many records

    def formula(self, node: Node) -> Typed:
        match node:
            case Aggregate():
                return self.aggregate(node)
            case Literal():
                return Typed(node, _literal_type(node))
            case Call(function="add" | "subtract" | "multiply" | "divide"):
                left, right = (self.formula(argument) for argument in node.arguments)
                return _formula_arithmetic(node, left, right)
            case Name(parts=("param", *_)):
                return self.parameter(node)
            case _:
                raise Refused(
                    "AAC307",
                    "a formula is arithmetic over aggregates",
                    "write an aggregate, as in `count(*)`, `share(won)` or `sum(amount)`",
                    getattr(node, "at", 0),
                )

    def aggregate(self, node: Aggregate) -> Typed:
        where = self.condition(node.where) if node.where is not None else None
        arguments = [self.value(argument) for argument in node.arguments]
        if node.function != "count" and len(arguments) != 1:
            raise Refused("AAC302", f"`{node.function}` takes one value", f"write `{node.function}(field)`", node.at)
        type_ = AGGREGATES[node.function](node, arguments)
        return Typed(Aggregate(node.function, tuple(a.node for a in arguments), where, at=node.at), type_)


# Types


def _literal_type(literal: Literal) -> Type:
    match literal.value:
        case None:
            return NULL
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case Decimal():
            return NUMBER
        case str():
            return TEXT


def _is_literal(typed: Typed) -> bool:
    return isinstance(typed.node, Literal)


def _unlike(a: Typed, b: Typed, at: int) -> Refused:
    first, second = _a(a.type.name), _a(b.type.name)
    advice = "use two values of one type"
    if a.type.is_moment != b.type.is_moment and (a.type.is_number or b.type.is_number):
        advice = "write dates in single quotes, as in '2026-02-28'"
    return Refused("AAC302", f"{first} cannot be compared or joined with {second}", advice, at)


def _meet(a: Typed, b: Typed, checker: _Checker, at: int) -> tuple[Typed, Typed]:
    """Two values made comparable: literals become what they meet; raises Refused when the types are unlike."""
    if a.type.name == "null" or b.type.name == "null":
        return a, b
    if a.type.is_moment and b.type.name == "text" and _is_literal(b):
        return a, _moment_literal(b, a.type, checker)
    if b.type.is_moment and a.type.name == "text" and _is_literal(a):
        return _moment_literal(a, b.type, checker), b
    if a.type.name == "text" and b.type.name == "text":
        return _listed(a, b), _listed(b, a)
    spans = {a.type.name, b.type.name} & {"span"}
    if spans and (a.type.is_number or a.type.name == "span") and (b.type.is_number or b.type.name == "span"):
        return _spans(a, b, at)
    if a.type.is_number and b.type.is_number:
        _unit(added, a, b, at)
        return a, b
    if a.type.name != b.type.name:
        raise _unlike(a, b, at)
    return a, b


def _listed(text: Typed, other: Typed) -> Typed:
    """The text, after a literal among it was looked up in the closed list of what it meets."""
    values = other.type.values
    if values is not None and isinstance(text.node, Literal) and text.node.value not in values:
        word = str(text.node.value)
        raise Refused("AAC305", f"`{word}` is not in the list of values", did_you_mean(word, values), text.at)
    return text


def _moment_literal(text: Typed, like: Type, checker: _Checker) -> Typed:
    """A quoted date or time as days or microseconds since the epoch."""
    assert isinstance(text.node, Literal)
    written = str(text.node.value)
    try:
        if like.name == "date":
            value = (date.fromisoformat(written) - EPOCH).days
        else:
            value = parse_moment(written, checker.names.timezone, date_means="midnight")
    except ValueError:
        raise Refused("AAC302", f"`{written}` is no {like.name}", "write it as '2026-02-28'", text.at) from None
    return Typed(Literal(value, label=written, at=text.at), like)


def _spans(a: Typed, b: Typed, at: int) -> tuple[Typed, Typed]:
    """Two lengths of time in one scale; a plain number takes the other's unit."""
    unit = _unit(added, a, b, at)
    scale = max(a.type.scale, b.type.scale)
    return _scaled(a, unit, scale), _scaled(b, unit, scale)


def _scaled(typed: Typed, unit: str | None, scale: int) -> Typed:
    factor = Fraction(scale, typed.type.scale)
    type_ = Type("span", unit=unit, scale=scale)
    if factor == 1:
        return Typed(typed.node, type_)
    if isinstance(typed.node, Literal) and isinstance(typed.node.value, int | Decimal):
        exact = Fraction(typed.node.value) * factor
        value = exact.numerator if exact.denominator == 1 else Decimal(exact.numerator) / exact.denominator
        return Typed(replace(typed.node, value=value), type_)
    return Typed(Call("multiply", (typed.node, Literal(factor.numerator)), at=typed.at), type_)


def _unit(rule: Callable[[str | None, str | None], str | None], a: Typed, b: Typed, at: int) -> str | None:
    try:
        return rule(a.type.unit, b.type.unit)
    except ValueError as error:
        raise Refused("AAC304", f"units do not fit: {error}", "convert one of them explicitly", at) from None


def _same_type(values: list[Typed], checker: _Checker, node: Node) -> list[Typed]:
    """The values after each met the first that is not null."""
    first = next((value for value in values if value.type.name != "null"), values[0])
    return [_meet(first, value, checker, value.at or getattr(node, "at", 0))[1] for value in values]


def _common(values: list[Typed]) -> Type:
    types = [value.type for value in values if value.type.name != "null"]
    if not types:
        return NULL
    widest = next((t for t in types if t.name in {"money", "span"}), None) or next(
        (t for t in types if t.name == "number"), types[0]
    )
    unit = next((t.unit for t in types if t.unit is not None), None)
    same_list = all(t.values == widest.values for t in types)
    return replace(widest, unit=unit, values=widest.values if same_list else None)


# Signatures of functions over one record


def _logical(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    del checker
    nodes = tuple(wanted(argument, "boolean").node for argument in arguments)
    return Typed(replace(call, arguments=nodes), BOOLEAN)


def _comparison(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    if any(argument.type.name == "null" for argument in arguments):
        raise Refused(
            "AAC302", "nothing equals null: the answer is always unknown", "write `is null` or `is not null`", call.at
        )
    a, b = _meet(arguments[0], arguments[1], checker, call.at)
    if "boolean" in {a.type.name, b.type.name} and call.function not in {"eq", "ne"}:
        raise _unlike(a, b, call.at)
    return Typed(replace(call, arguments=(a.node, b.node)), BOOLEAN)


def _membership(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    subject, *others = arguments
    met = [_meet(subject, other, checker, other.at) for other in others]
    if subject.type.name == "span":
        subject = met[0][0]
    return Typed(replace(call, arguments=(subject.node, *(other.node for _, other in met))), BOOLEAN)


def _presence(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    del checker
    return Typed(replace(call, arguments=(arguments[0].node,)), BOOLEAN)


def _pattern(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    del checker
    return Typed(replace(call, arguments=tuple(wanted(a, "text").node for a in arguments)), BOOLEAN)


def _casing(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    del checker
    _count(call, arguments, 1)
    return Typed(replace(call, arguments=(wanted(arguments[0], "text").node,)), TEXT)


def _first_known(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    values = _same_type(arguments, checker, call)
    return Typed(replace(call, arguments=tuple(value.node for value in values)), _common(values))


def _arithmetic(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    del checker
    a, b = arguments
    for side in (a, b):
        if not (side.type.is_number or side.type.name in {"span", "null"}):
            message = f"{_a(side.type.name)} cannot be calculated with"
            raise Refused("AAC302", message, "use numbers; for moments use days_between or hours_between", side.at)
    if call.function == "divide":
        raise Refused(
            "AAC307", "division belongs into a formula, between two aggregates",
            "write `sum(a) / sum(b)` in a metric, or multiply the other side of a comparison", call.at,
        )  # fmt: skip
    if call.function in {"add", "subtract"}:
        unit = _unit(added, a, b, call.at)
        if "span" in {a.type.name, b.type.name}:
            a, b = _spans(a, b, call.at)
            return Typed(replace(call, arguments=(a.node, b.node)), a.type)
    else:
        unit = _unit(multiplied, a, b, call.at)
    name = next((n for n in ("span", "money", "number", "integer") if n in {a.type.name, b.type.name}), "integer")
    scale = max(a.type.scale, b.type.scale)
    return Typed(replace(call, arguments=(a.node, b.node)), Type(name, unit=unit, scale=scale))


def _elapsed(unit: str, scale: int) -> Callable[[_Checker, Call, list[Typed]], Typed]:
    """``hours_between(a, b)`` and its like: the span from a to b, negative when b is first."""

    def signature(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
        del checker
        a, b = _two_moments(call, arguments)
        if a.type.name == "date":
            if unit != "days":
                message = "dates have no hours"
                raise Refused("AAC302", message, "use days_between, or fields that are timestamps", call.at)
            return Typed(Call("subtract", (b.node, a.node), at=call.at), Type("span", unit=unit, scale=1))
        return Typed(Call("subtract", (b.node, a.node), at=call.at), Type("span", unit=unit, scale=scale))

    return signature


def _business(checker: _Checker, call: Call, arguments: list[Typed]) -> Typed:
    """``business_hours_between(a, b, calendar)``: open time of the calendar; unknown when b is first."""
    del checker
    _count(call, arguments, 3)
    a, b = _two_moments(call, arguments[:2])
    if a.type.name != "timestamp":
        raise Refused("AAC302", "dates have no business hours", "use fields that are timestamps", call.at)
    number = CalendarNumber(wanted(arguments[2], "text").node)
    used = Call("subtract", (OpenTime(number, b.node), OpenTime(number, a.node)))
    forward = Call("ge", (b.node, a.node))
    return Typed(Case(((forward, used),), Literal(None)), Type("span", unit="business_hours", scale=US_AN_HOUR))


def _two_moments(call: Call, arguments: list[Typed]) -> tuple[Typed, Typed]:
    if call.function != "business_hours_between":
        _count(call, arguments, 2)
    a, b = (wanted(argument, "moment") for argument in arguments)
    if a.type.name != b.type.name:
        message = f"a {a.type.name} and a {b.type.name} are measured differently"
        raise Refused("AAC302", message, "use two dates or two timestamps", call.at)
    return a, b


def _count(call: Call, arguments: list[Typed], n: int) -> None:
    if len(arguments) != n:
        message = f"`{call.function}` takes {n} value{'s' * (n != 1)}, not {len(arguments)}"
        raise Refused("AAC302", message, f"write `{call.function}({', '.join('abc'[:n])})`", call.at)


FUNCTIONS: dict[str, Callable[[_Checker, Call, list[Typed]], Typed]] = {
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
    "nullif": _first_known,
    "add": _arithmetic,
    "subtract": _arithmetic,
    "multiply": _arithmetic,
    "divide": _arithmetic,
    "hours_between": _elapsed("hours", US_AN_HOUR),
    "days_between": _elapsed("days", US_A_DAY),
    "business_hours_between": _business,
}


# Signatures of aggregates


def _counting(node: Aggregate, arguments: list[Typed]) -> Type:
    if node.function == "count" and any(argument.type.name == "boolean" for argument in arguments):
        message = "`count` of a condition also counts the records for which it is false"
        raise Refused("AAC302", message, "write `count_if(…)` for those that it is true for, or `share(…)`", node.at)
    return Type("integer", unit="count")


def _counting_true(node: Aggregate, arguments: list[Typed]) -> Type:
    del node
    wanted(arguments[0], "boolean")
    return Type("integer", unit="count")


def _sharing(node: Aggregate, arguments: list[Typed]) -> Type:
    del node
    wanted(arguments[0], "boolean")
    return Type("number", unit="percent")


def _summing(node: Aggregate, arguments: list[Typed]) -> Type:
    type_ = arguments[0].type
    if not (type_.is_number or type_.name == "span"):
        message = f"`{node.function}` needs a number, and this is {_a(type_.name)}"
        raise Refused("AAC302", message, "name a field that is a number or money", node.at)
    return type_


def _choosing(node: Aggregate, arguments: list[Typed]) -> Type:
    del node
    return arguments[0].type


AGGREGATES: dict[str, Callable[[Aggregate, list[Typed]], Type]] = {
    "count": _counting,
    "count_distinct": _counting,
    "count_if": _counting_true,
    "share": _sharing,
    "sum": _summing,
    "avg": _summing,
    "median": _summing,
    "min": _choosing,
    "max": _choosing,
}


def _formula_arithmetic(node: Call, left: Typed, right: Typed) -> Typed:
    """Arithmetic between numbers over many records; a span keeps its scale, so both sides must have one."""
    for side in (left, right):
        if not (side.type.is_number or side.type.name == "span"):
            raise Refused("AAC302", f"{_a(side.type.name)} cannot be calculated with", "use a number", side.at)
    rule = {"add": added, "subtract": added, "multiply": multiplied, "divide": divided}[node.function]
    unit = _unit(rule, left, right, node.at)
    if node.function in {"add", "subtract"} and "span" in {left.type.name, right.type.name}:
        left, right = _spans(left, right, node.at)
    scale = Fraction(left.type.scale)
    if node.function == "divide":
        scale /= right.type.scale
    elif node.function == "multiply":
        scale *= right.type.scale
    name = "span" if scale != 1 else "number"
    if scale.denominator != 1:
        raise Refused("AAC304", "a number divided by a time has no unit", "divide the time by the number", node.at)
    return Typed(replace(node, arguments=(left.node, right.node)), Type(name, unit=unit, scale=int(scale)))
