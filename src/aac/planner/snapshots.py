"""Records in force at a moment: at the end of a window, or of an open one at as_of (LANGUAGE §8).

Whatever the number of windows, the records are read once: each window has aggregates of its own, over the records in
force at its end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aac.expressions.nodes import Call, Literal, conjunction
from aac.measures import Population, Snapshot
from aac.periods import day_of, midnight_us, shifted_day, shifted_us
from aac.planner.ends import end_of, with_ends
from aac.planner.metrics import View, figures_of
from aac.planner.windows import EPOCH, bounds

if TYPE_CHECKING:
    from aac.expressions.nodes import Node
    from aac.measures import Force, Measure, Moment
    from aac.periods import Duration, Window
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting


@dataclass(frozen=True, slots=True)
class Closing:
    """The moment at which a window is looked at: its end, or as_of if it is open. ``earlier``: so long before that."""

    window: Window
    setting: Setting
    earlier: Duration | None = None

    def at(self, moment: Moment, entity: str) -> int:
        """It in the unit of a moment; of a date the first day that is not before it."""
        zone, until = self.setting.clockwork.zone, bounds(self.window, self.setting.clockwork.zone, moment.is_date)[1]
        if until is None or self.setting.clockwork.is_open(self.window):
            until = self._as_of(moment, entity)
        elif self.earlier is not None and not moment.is_date and self.window.ends is None and self.window.until:
            return midnight_us(shifted_day(self.window.until, self.earlier, -1), zone)
        if self.earlier is None:
            return until
        if moment.is_date:
            return (shifted_day(EPOCH + timedelta(days=until), self.earlier, -1) - EPOCH).days
        return shifted_us(until, self.earlier, zone, -1)

    def _as_of(self, moment: Moment, entity: str) -> int:
        as_of = self.setting.as_of_us
        if not moment.is_date:
            return as_of
        return (day_of(as_of - 1, self.setting.zone_of(moment, entity)) - EPOCH).days + 1


def in_force(force: Force, closing: Closing, entity: str) -> Node:
    """Whether a record is in force then: from < t and (until is null or until ≥ t)."""
    starts, until = force.starts, force.until
    began = Call("lt", (starts.value, Literal(closing.at(starts, entity))))
    lasts = Call("ge", (until.value, Literal(closing.at(until, entity))))
    return Call("and", (began, Call("or", (Call("is_null", (until.value,)), lasts))))


def seen_from(measure: Measure, window: Window, setting: Setting) -> Measure:
    """A measure with the ends of a window in the place of those of the period."""
    return with_ends(measure, lambda end: Literal(end_of(window, end, setting.clockwork.zone)))


def snapshot_view(piece: Piece[Measure], number: int, measure: Measure, window: Window, setting: Setting) -> View:
    """A piece as it is seen from a window (with its number): of the population the records in force at its end.

    ``measure`` has the ends of the window in place.
    """
    basis, entity = measure.basis, measure.population.entity
    if not isinstance(basis, Snapshot):
        raise TypeError(f"{measure.subject} is no snapshot")
    rule = conjunction([measure.population.rule, in_force(basis.force, Closing(window, setting), entity)])
    measure = replace(measure, population=Population(entity, rule))
    return View(piece, (number,), measure, figures_of(measure))
