"""What a node is, as far as that is needed to say it: a condition, a moment, a number in some unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.expressions.nodes import (
    Aggregate,
    Applied,
    AsOf,
    CalendarNumber,
    Call,
    Case,
    Literal,
    Named,
    Node,
    OpenTime,
    PeriodEnd,
    Rollup,
    Stored,
    Type,
)
from aac.expressions.phrases import ARITHMETIC, ELAPSED, STATED, UNITS_OF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PASSING = ARITHMETIC - {"divide"} | {"coalesce", "nullif", "abs", "round", "least", "greatest", "with_places"}
"""Functions whose value is in the unit of an argument."""


class Sense:
    """What nodes are; ``types`` are those of stored fields, by entity and name."""

    def __init__(self, types: Mapping[tuple[str, str], Type]) -> None:
        self.types = types

    def is_condition(self, node: Node) -> bool:
        """Whether the node is known to be true or false of a record."""
        match node:
            case Call(function="coalesce", arguments=(first, *_)):
                return self.is_condition(first)
            case Call(function=function):
                return function in STATED
            case Case(branches=branches):
                return all(self.is_condition(then) for _, then in branches)
            case Named(body=body) | Applied(body=body):
                return self.is_condition(body)
            case Stored(entity=entity, field=name):
                type_ = self.types.get((entity, name))
                return type_ is not None and type_.name == "boolean"
            case Literal(value=value):
                return isinstance(value, bool)
            case _:
                return False

    def is_moment(self, node: Node) -> bool:
        match node:
            case AsOf() | PeriodEnd():
                return True
            case Literal(value=value, written=written):
                return isinstance(written, str) and not isinstance(value, str)
            case Stored(entity=entity, field=name):
                type_ = self.types.get((entity, name))
                return type_ is not None and type_.is_moment
            case Named(body=body) | Applied(body=body):
                return self.is_moment(body)
            case Rollup(aggregate=Aggregate(function="min" | "max" | "arg_min" | "arg_max", arguments=arguments)):
                return self.is_moment(arguments[0])
            case Call(function="coalesce" | "nullif" | "least" | "greatest", arguments=arguments):
                return any(map(self.is_moment, arguments))
            case Call(function="date_trunc"):
                return True
            case Case(branches=branches):
                return any(self.is_moment(then) for _, then in branches)
            case _:
                return False

    def unit(self, node: Node) -> str | None:
        """The unit of a number, as far as its parts tell."""
        match node:
            case Stored(entity=entity, field=name):
                type_ = self.types.get((entity, name))
                return type_.unit if type_ is not None else None
            case Named(body=body) | Applied(body=body):
                return self.unit(body)
            case Rollup(aggregate=aggregate):
                return self.unit(aggregate)
            case Aggregate(function="sum" | "avg" | "median" | "min" | "max" | "quantile_cont", arguments=arguments):
                return self.unit(arguments[0])
            case Aggregate(function="share"):
                return "percent"
            case Case() if (elapsed := business(node)) is not None:
                return self.unit(elapsed)
            case Case(branches=branches, otherwise=otherwise):
                return self.first_unit((*(then for _, then in branches), otherwise))
            case Call(function="in_currency", arguments=(_, Literal(value=currency))):
                return str(currency)
            case Call(function="per_year", arguments=(amount, *_)):
                unit = self.unit(amount)
                return f"{unit.partition('/')[0]}/year" if unit is not None else None
            case Call(function=function, arguments=arguments):
                known = UNITS_OF.get(function)
                return known or (self.first_unit(arguments) if function in PASSING else None)
            case _:
                return None

    def first_unit(self, nodes: Sequence[Node]) -> str | None:
        return next((unit for node in nodes if (unit := self.unit(node)) is not None), None)


def tells_its_unit(node: Node) -> bool:
    """Whether the words of a value are those of an elapsed time, which are in the plural and tell its unit."""
    return (isinstance(node, Call) and node.function in ELAPSED) or business(node) is not None


def business(node: Node) -> Call | None:
    """The call that checking made a difference of open times of; null for any other node."""
    match node:
        case Case(
            branches=(
                (Call(function="ge"), Call(function="subtract", arguments=(OpenTime() as end, OpenTime() as start))),
            ),
        ):
            number = end.number
            calendar = number.calendar if isinstance(number, CalendarNumber) else number
            return Call("business_hours_between", (start.moment, end.moment, calendar))
        case _:
            return None


def between(node: Call) -> tuple[Node, Node, Node] | None:
    """Value, least and greatest of a condition that `between` stands for."""
    match node:
        case Call(
            function="and",
            arguments=(Call(function="ge", arguments=(a, low)), Call(function="le", arguments=(b, high))),
        ) if a == b:
            return a, low, high
        case _:
            return None


def merged(node: Call) -> list[Node]:
    """The parts of a condition, those that follow each other as limits of one value taken together."""
    parts: list[Node] = []
    for part in node.arguments:
        pair = Call("and", (parts[-1], part)) if parts else None
        if node.function == "and" and pair is not None and between(pair) is not None:
            parts[-1] = pair
        else:
            parts.append(part)
    return parts
