"""Formulas over whatever is counted: value, numerator and denominator, exactly (LANGUAGE §4, §8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tests.oracle.exact import middle

Sides = tuple[Fraction | None, Fraction | None, Fraction | None]
Rule = Callable[[Any], bool | None]
Value = Callable[[Any], Any]


@dataclass(frozen=True)
class Formula:
    """Value, numerator and denominator of some things; ``needs``: without one of them a thing is unknown."""

    of: Callable[[Sequence[Any]], Sides]
    needs: tuple[Value, ...] = ()


def number() -> Formula:
    return Formula(lambda things: (Fraction(len(things)), None, None))


def count_if(rule: Rule) -> Formula:
    return Formula(lambda things: (Fraction(sum(rule(thing) is True for thing in things)), None, None), (rule,))


def share(rule: Rule, where: Rule | None = None) -> Formula:
    def of(things: Sequence[Any]) -> Sides:
        kept = [thing for thing in things if where is None or where(thing)]
        true, decided = (sum(rule(thing) in among for thing in kept) for among in ((True,), (True, False)))
        return (Fraction(true, decided) if decided else None), Fraction(true), Fraction(decided)

    return Formula(of, (rule, *((where,) if where else ())))


def quotient(above: Rule, below: Rule | None = None) -> Formula:
    """``count_if(above) / count_if(below)``, or ``/ count(*)``."""

    def of(things: Sequence[Any]) -> Sides:
        true = sum(above(thing) is True for thing in things)
        n = sum(below is None or below(thing) is True for thing in things)
        return (Fraction(true, n) if n else None), Fraction(true), Fraction(n)

    return Formula(of, (above, *((below,) if below else ())))


def total(value: Value, where: Rule | None = None) -> Formula:
    return _of_known(value, lambda known: sum(known, Fraction(0)), where)


def mean(value: Value, where: Rule | None = None) -> Formula:
    return _of_known(value, lambda known: sum(known, Fraction(0)) / len(known), where)


def median(value: Value, where: Rule | None = None) -> Formula:
    return _of_known(value, middle, where)


def quantile(value: Value, share_: Fraction) -> Formula:
    def of(known: list[Fraction]) -> Fraction:
        ordered = sorted(known)
        place = (len(ordered) - 1) * share_
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below)

    return _of_known(value, of)


def distinct(value: Value) -> Formula:
    return Formula(lambda things: (Fraction(len({value(thing) for thing in things} - {None})), None, None))


def ratio(above: Value, below: Value, where: Rule | None = None) -> Formula:
    """``sum(above) filter (where …) / sum(below)``."""
    upper, lower = total(above, where), total(below)

    def of(things: Sequence[Any]) -> Sides:
        a, b = upper.of(things)[0], lower.of(things)[0]
        return (None if a is None or not b else a / b), a, b

    return Formula(of, (*upper.needs, *lower.needs))


def best(value: Value, order: Value) -> Formula:
    """``arg_max(value, order)``: among equals the greatest value; an unknown one beats all."""

    def of(things: Sequence[Any]) -> Sides:
        ranks = [order(thing) for thing in things if order(thing) is not None]
        found = [value(thing) for thing in things if order(thing) is not None and order(thing) == max(ranks)]
        return (None if not found or None in found else Fraction(max(found))), None, None

    return Formula(of, (value, order))


def _of_known(value: Value, aggregate: Callable[[list[Any]], Any], where: Rule | None = None) -> Formula:
    def of(things: Sequence[Any]) -> Sides:
        known = [found for t in things if (where is None or where(t)) and (found := value(t)) is not None]
        return (Fraction(aggregate(known)) if known else None), None, None

    def need(thing: Any) -> Any:
        """True where nothing is to be added."""
        kept = where(thing) if where is not None else True
        return None if kept is None else value(thing) if kept else True

    return Formula(of, (need,))
