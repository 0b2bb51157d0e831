"""The ends of the period where a rule asks for them, as `period.from` and `period.until` (LANGUAGE §4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac.expressions.nodes import NOTHING, PeriodEnd, transform, walk
from aac.measures import Force, Moment, Population, Retention, Snapshot
from aac.planner.setting import rules_of
from aac.planner.windows import bounds

if TYPE_CHECKING:
    from collections.abc import Callable

    from aac.expressions.nodes import Node
    from aac.measures import Measure
    from aac.periods import Window


def end_of(window: Window, end: PeriodEnd, zone: str) -> int | None:
    """An end of a window, in days since the epoch or in microseconds; `all` has none."""
    first, until = bounds(window, zone, end.is_date)
    return first if end.end == "from" else until


def outside_periods(node: Node) -> Node:
    """A rule where there is no period: its ends are unknown."""
    return transform(node, lambda part: NOTHING if isinstance(part, PeriodEnd) else part)


def with_ends(measure: Measure, told: Callable[[PeriodEnd], Node]) -> Measure:
    """A measure with what is ``told`` of each end of the period in its place."""
    if not any(isinstance(part, PeriodEnd) for rule in rules_of(measure) for part in walk(rule)):
        return measure

    def change(node: Node) -> Node:
        return transform(node, lambda part: told(part) if isinstance(part, PeriodEnd) else part)

    def moment(of: Moment) -> Moment:
        return replace(of, value=change(of.value))

    def force(of: Force) -> Force:
        return Force(moment(of.starts), moment(of.until))

    match measure.basis:
        case Snapshot(of):
            basis = Snapshot(force(of))
        case Retention(of, span, per):
            basis = Retention(force(of), span, change(per))
        case basis:
            pass
    rule = measure.population.rule
    return replace(
        measure,
        population=Population(measure.population.entity, change(rule) if rule is not None else None),
        formula=change(measure.formula),
        dimensions=tuple(replace(split, value=change(split.value)) for split in measure.dimensions),
        basis=basis,
    )
