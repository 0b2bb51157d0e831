"""A formula's arithmetic over what was counted: divided once, at the end, on exact fractions (LANGUAGE §4).

It is done column by column: what each part came to, group by group, in one order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from functools import lru_cache, partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, cast

from aac.expressions.nodes import Aggregate, Call, Literal, Measured, Named
from aac.measures import aggregates, sides

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from aac.expressions.nodes import Node

Part = Aggregate | Measured
"""What a formula is arithmetic over."""
Look = Callable[[Any], Iterable[object]]
"""Finds the column of what a part came to among the answers, whatever these are."""
Reckoned = Callable[[Any], Iterable[Fraction | None]]
"""What a formula comes to, given the answers; unknown when a part is, or it divides by 0. Constants have no end."""
MANY = 65_536
"""So many numbers are remembered as fractions: most are small, and told again and again."""


def needed(formula: Node) -> Iterator[Aggregate]:
    """The aggregates an engine has to answer, so that the formula and its two sides can be calculated."""
    for aggregate in aggregates(formula):
        match aggregate:
            case Aggregate(function="share"):
                above, below = cast("tuple[Aggregate, Aggregate]", sides(aggregate))
                yield from (above, below)
            case Aggregate(function="avg", arguments=arguments, where=where):
                yield from (Aggregate("sum", arguments, where), Aggregate("count", arguments, where))
            case Aggregate(function="quantile_cont", arguments=(value, _), where=where):
                yield from (aggregate, Aggregate("count", (value,), where))
            case _:
                yield aggregate


def reckoned(formula: Node, look: Callable[[Part], Look], scale: int = 1) -> Reckoned:
    """A formula as a function of the answers; ``look`` says where each part stands, ``scale`` what one unit is."""
    plain = _reckoned(formula, look)
    return plain if scale == 1 else lambda answers: map(_divided, plain(answers), repeat(scale))


def _reckoned(formula: Node, look: Callable[[Part], Look]) -> Reckoned:
    match formula:
        case Literal(value=value):
            constant = None if value is None else Fraction(str(value))
            return lambda _: repeat(constant)
        case Named(body=body):
            return _reckoned(body, look)
        case Aggregate(function="share" | "avg"):
            above, below = map(look, needed(formula))
            return lambda answers: map(_divided, above(answers), below(answers))
        case Aggregate(function="median"):
            middle = look(formula)
            return lambda answers: map(_middle, middle(answers))
        case Aggregate(function="quantile_cont", arguments=(_, Literal(value=share))):
            neighbours, known = map(look, needed(formula))
            between = partial(_quantile, Fraction(cast("int", share)))
            return lambda answers: map(between, neighbours(answers), known(answers))
        case Aggregate():
            part = look(formula)
            return lambda answers: map(exact, part(answers))
        case Measured():  # a number that was reckoned before
            return cast("Reckoned", look(formula))
        case Call(function=function, arguments=(left, right)):
            first, second = _reckoned(left, look), _reckoned(right, look)
            combined = partial(_combined, function)
            return lambda answers: map(combined, first(answers), second(answers))
        case _:
            raise TypeError(f"{type(formula).__name__} is not part of a formula")


@lru_cache(MANY)
def exact(value: object) -> Fraction | None:
    """An integer or decimal of an engine, exactly."""
    return None if value is None else Fraction(cast("int", value))


def _middle(values: object) -> Fraction | None:
    """The middle of the two values in the middle."""
    found = cast("list[int] | None", values)
    return None if found is None else sum(map(Fraction, found), Fraction(0)) / 2


def _quantile(share: Fraction, neighbours: object, known: object) -> Fraction | None:
    """So much of the way between the two neighbours as the share says, of all gaps between values in order."""
    found = cast("list[int] | None", neighbours)
    if not found:
        return None
    below, above = Fraction(found[0]), Fraction(found[-1])
    return below + (above - below) * ((Fraction(cast("int", known)) - 1) * share % 1)


def _combined(function: str, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None:
        return None
    match function:
        case "add":
            return left + right
        case "subtract":
            return left - right
        case "multiply":
            return left * right
        case _:
            return _divided(left, right)


def _divided(above: object, below: object) -> Fraction | None:
    """A quotient, unknown when something is or when it is divided by 0."""
    if above is None or not below:
        return None
    up, per = cast("Decimal", above).as_integer_ratio()  # integers and fractions have it too
    over, each = cast("Decimal", below).as_integer_ratio()
    return Fraction(up * each, per * over)
