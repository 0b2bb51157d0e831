"""Typed values, and what it takes to put two of them beside each other: types, units, scales, closed lists."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from aac.expressions.mistakes import Refused
from aac.expressions.nodes import BOOLEAN, INTEGER, NULL, NUMBER, TEXT, Call, Literal, Node, PeriodEnd, Type
from aac.findings import did_you_mean
from aac.periods import parse_moment
from aac.records import record
from aac.units import added

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

EPOCH = date(1970, 1, 1)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
NARROW_TO_WIDE = ("integer", "number", "money", "float")
ADVICE = {
    "boolean": "write a condition that is true or false, as in `score > 50`",
    "moment": "name a field that is a date or a timestamp",
    "text": "name a text field, or write a value in single quotes",
    "number": "name a field that is a number or money",
}


@record
class Typed:
    """A node, the type of its value, and where it stands in the text of the rule."""

    node: Node
    type: Type
    at: int = 0

    @property
    def text(self) -> str | None:
        """What it says, if it is a text that stands in the rule or in a parameter."""
        return self.node.value if isinstance(self.node, Literal) and isinstance(self.node.value, str) else None


def literal_type(value: object) -> Type:
    """The type of a constant; a text is a closed list of one."""
    match value:
        case None:
            return NULL
        case bool():
            return BOOLEAN
        case int():
            return INTEGER
        case Decimal():
            return replace(NUMBER, places=max(0, -int(value.as_tuple().exponent)))
        case _:
            return replace(TEXT, values=(str(value),))


def wanted(typed: Typed, wants: str) -> Typed:
    """The value if its type is what its place wants; raises Refused AAC302 otherwise."""
    type_ = typed.type
    fine = {
        "value": True,
        "boolean": type_.name in {"boolean", "null"},
        "moment": type_.is_moment,
        "text": type_.name in {"text", "null"},
        "number": type_.is_number or type_.name == "span",
    }[wants]
    if not fine:
        message = f"this is {said(type_)}, and {said(Type(wants))} is needed here"
        raise Refused("AAC302", message, ADVICE[wants], typed.at)
    return typed


def said(type_: Type) -> str:
    """What a type is called in a sentence."""
    if type_.entity is not None:
        return f"a reference to `{type_.entity}`"
    words = {"boolean": "a condition", "moment": "a moment in time", "span": "a time"}
    words |= {"null": "null", "text": "text", "money": "money"}
    return words.get(type_.name, f"an {type_.name}" if type_.name[0] in "aeio" else f"a {type_.name}")


def alike(values: Sequence[Typed], zone: str) -> list[Typed]:
    """The values made comparable: of one sort, unit and scale.

    A text beside a moment becomes that moment (local to ``zone``), a number beside a length of time has its unit, and
    null goes with all. Raises Refused AAC302 and AAC304 at the first value that does not go with those before it.
    """
    moments = [value for value in values if value.type.is_moment]
    if moments:
        fixed = next((value for value in moments if not isinstance(value.node, PeriodEnd)), moments[0])
        values = [_as_moment(value, fixed.type, zone) for value in values]
    known = [value for value in values if value.type.name != "null"]
    for value in known[1:]:
        _require_same_sort(known[0], value)
    units = _common_unit(known)
    if any(value.type.name == "span" for value in known):
        scale = max(value.type.scale for value in known)
        return [value if value.type.name == "null" else scaled(value, units, scale) for value in values]
    return list(values)


def joined(values: Sequence[Typed]) -> Type:
    """The type of what is one of these values, which are alike: the widest, with a unit and all possible texts."""
    types = [value.type for value in values if value.type.name != "null"]
    if not types:
        return NULL
    widest = max(types, key=_width)
    unit = next((type_.unit for type_ in types if type_.unit is not None), None)
    lists = [type_.values for type_ in types if type_.values is not None]
    every_list = tuple(dict.fromkeys(text for texts in lists for text in texts)) if len(lists) == len(types) else None
    entity = widest.entity if all(type_.entity == widest.entity for type_ in types) else None
    places = max(type_.decimals for type_ in types)
    return replace(widest, unit=unit, values=every_list, entity=entity, places=places)


def interchanged(values: Sequence[Typed], zone: str) -> tuple[list[Typed], Type]:
    """The values made alike, so that one can stand for another, and the type of what is one of them.

    Engines give them one type; exact numbers would lose digits there if theirs behind the point were not as many.
    """
    same = alike(values, zone)
    type_ = joined(same)
    return [_with_places(value, type_) for value in same], type_


def _with_places(value: Typed, type_: Type) -> Typed:
    """An exact number with all digits behind the point that a type has; literals are narrow enough as they are."""
    is_exact = _is_amount(value.type) and _is_amount(type_) and "float" not in (value.type.name, type_.name)
    if not is_exact or isinstance(value.node, Literal) or value.type.decimals == type_.decimals:
        return value
    return replace(value, node=Call("with_places", (value.node, Literal(type_.decimals)), at=value.at))


def require_listed(subject: Typed, other: Typed) -> None:
    """Refuses a text (AAC305) that is not in the closed list of what it is compared with."""
    values = subject.type.values
    if subject.text is None and values is not None and other.text is not None and other.text not in values:
        message = f"`{other.text}` is not in the list of values"
        raise Refused("AAC305", message, did_you_mean(other.text, values), other.at)


def require_units(rule: Callable[[str | None, str | None], str | None], a: Typed, b: Typed, at: int) -> str | None:
    """The unit that a rule of `aac.units` makes of two; raises Refused AAC304."""
    try:
        return rule(a.type.unit, b.type.unit)
    except ValueError as error:
        advice = "use values of one unit, or leave the unit of one field out"
        raise Refused("AAC304", f"units do not fit: {error}", advice, at) from None


def refuse_inexact_time(a: Typed, b: Typed) -> None:
    """Refuses a float beside a length of time (AAC302): times are whole microseconds."""
    if {a.type.name, b.type.name} == {"float", "span"}:
        advice = "give the field the type `number`"
        raise Refused("AAC302", "a float is inexact and a time is not: they do not go together", advice, b.at)


def _width(type_: Type) -> int:
    return NARROW_TO_WIDE.index(type_.name) if type_.name in NARROW_TO_WIDE else len(NARROW_TO_WIDE)


def _is_amount(type_: Type) -> bool:
    return type_.is_number or type_.name == "span"


def _require_same_sort(first: Typed, other: Typed) -> None:
    a, b = first.type, other.type
    if _is_amount(a) and _is_amount(b):
        refuse_inexact_time(first, other)
        return
    if a.name != b.name:
        raise Refused("AAC302", f"{said(a)} and {said(b)} do not go together", _advice(first, other), other.at)
    if a.entity and b.entity and a.entity != b.entity:
        message = f"{said(a)} and {said(b)} do not go together"
        raise Refused("AAC302", message, "compare references to one entity, or fields behind them", other.at)


def _advice(first: Typed, other: Typed) -> str:
    """What to write instead of two values of different types."""
    names, texts = {first.type.name, other.type.name}, [first.text, other.text]
    if names == {"date", "timestamp"}:
        return "use two dates or two timestamps"
    if names & {"date", "timestamp"} and names & {*NARROW_TO_WIDE}:
        return "write dates in single quotes, as in '2026-02-28'"
    if names == {"boolean", "text"} and {"true", "false"} & set(texts):
        return "write true and false without quotes"
    if "text" in names and names & {"integer", "number"}:
        if any(isinstance(value.node, Literal) and value.text is None for value in (first, other)):
            return "write the value in single quotes"
        if any(text is not None and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) for text in texts):
            return "write the number without quotes"
    return "use two values of one type"


def _common_unit(values: Sequence[Typed]) -> str | None:
    """The unit of values that are added or compared; raises Refused AAC304."""
    total = NULL
    for value in values:
        if value.type.unit is not None and value.type.unit != total.unit:
            total = Type("null", unit=require_units(added, Typed(value.node, total), value, value.at))
    return total.unit


def _as_moment(value: Typed, like: Type, zone: str) -> Typed:
    """A text or the end of the period as a moment of the type that stands beside it; all else as it is."""
    if isinstance(value.node, PeriodEnd):
        return replace(value, node=PeriodEnd(value.node.end, is_date=like.name == "date"), type=like)
    return value if value.text is None else _read_moment(value, like, zone)


def _read_moment(text: Typed, like: Type, zone: str) -> Typed:
    """A quoted date or time as days or microseconds since the epoch."""
    written = str(text.text)
    try:
        if like.name == "timestamp":
            value = parse_moment(written, zone, date_means="midnight")
        elif DAY.fullmatch(written):
            value = (date.fromisoformat(written) - EPOCH).days
        else:
            raise ValueError(written)
    except ValueError:
        advice = "write it as '2026-02-28'" + (" or '2026-02-28 09:30'" if like.name == "timestamp" else "")
        raise Refused("AAC302", f"`{written}` is no {like.name}", advice, text.at) from None
    label = text.node.label if isinstance(text.node, Literal) else None
    return Typed(Literal(value, label, text.at, written), like, text.at)


def scaled(typed: Typed, unit: str | None, scale: int) -> Typed:
    """An amount as a length of time, with so many of the stored integer to a unit."""
    factor = scale // typed.type.scale
    type_ = Type("span", unit=unit, scale=scale, places=typed.type.decimals)
    if factor == 1:
        return Typed(typed.node, type_, typed.at)
    if isinstance(typed.node, Literal) and isinstance(typed.node.value, int | Decimal):
        exact = Fraction(typed.node.value) * factor
        value = exact.numerator if exact.denominator == 1 else Decimal(exact.numerator) / exact.denominator
        return Typed(replace(typed.node, value=value, written=typed.node.value), type_, typed.at)
    return Typed(Call("multiply", (typed.node, Literal(factor)), at=typed.at), type_, typed.at)
