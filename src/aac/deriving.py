"""Derived numbers among the others: what each is reckoned from (LANGUAGE §8)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac.expressions.nodes import Call, Measured, walk
from aac.measures import Clock, Derived, Measure, is_volume, sides
from aac.units import added, divided, multiplied

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.expressions.nodes import Node
    from aac.measures import Measurement

ARITHMETIC = {"add": added, "subtract": added, "multiply": multiplied, "divide": divided}
SHARES = (None, "percent", "ratio")


def reckoned(derived: Derived, numbers: Mapping[str, Measurement]) -> Derived:
    """A derived number with all that it is reckoned from; ``numbers``: what is measured, by subject.

    A ring was refused before; here a number of one is unknown, as it is reckoned before what it needs.
    """
    steps: dict[Measured, Node] = {}
    inputs: dict[str, Clock | Measure] = {}
    missing: dict[str, None] = {}
    seen: set[Measured] = set()
    ahead = [(part, False) for part in named_in(derived.formula)]
    while ahead:
        part, is_ready = ahead.pop()
        number = numbers.get(part.subject)
        if is_ready and isinstance(number, Derived):
            steps[part] = number.formula
        elif part not in seen:
            seen.add(part)
            match number:
                case Derived():
                    ahead += [(part, True), *((inner, False) for inner in named_in(number.formula))]
                case Clock() | Measure():
                    inputs[part.subject] = split_by(number, derived.splits)
                case None:
                    missing[part.subject] = None
    known = replace(derived, inputs=tuple(inputs.values()), steps=tuple(steps.items()), missing=tuple(missing))
    units = {part: numbers[part.subject] for part in seen if part.subject in numbers}
    below = sides(derived.formula)
    is_share_below = below is not None and _unit_of(below[1], units) in SHARES
    return replace(known, is_volume=_is_volume(known), is_share_below=is_share_below)


def named_in(formula: Node) -> list[Measured]:
    """The numbers that a formula names, each once, the last first: from a pile they are taken in reading order."""
    return list(dict.fromkeys(node for node in walk(formula) if isinstance(node, Measured)))[::-1]


def split_by(number: Clock | Measure, names: Iterable[str]) -> Clock | Measure:
    """A number with those of its dimensions that are named; of a promise no items are listed."""
    dimensions = tuple(dimension for dimension in number.dimensions if dimension.name in names)
    if isinstance(number, Clock):
        return replace(number, dimensions=dimensions, remind_at=None, lookback=0)
    return replace(number, dimensions=dimensions)


def _is_volume(derived: Derived) -> bool:
    """Whether it is added from counts and sums."""
    volumes: set[Node] = {
        Measured(part.subject) for part in derived.inputs if isinstance(part, Measure) and is_volume(part.formula)
    }
    for part, formula in derived.steps:
        if is_volume(formula, volumes):
            volumes.add(part)
    return is_volume(derived.formula, volumes)


def _unit_of(formula: Node, numbers: Mapping[Measured, Measurement]) -> str | None:
    """The unit of a part of a formula, whose units are known to fit; null for a constant.

    Money that was made yearly has the period it had: it is money all the same.
    """
    match formula:
        case Measured():
            number = numbers.get(formula)
            return "percent" if number is None or isinstance(number, Clock) else number.unit
        case Call(function=function, arguments=(left, right)):
            units = _unit_of(left, numbers), _unit_of(right, numbers)
            try:
                return ARITHMETIC[function](*units)
            except ValueError:
                return units[0]
        case _:
            return None
