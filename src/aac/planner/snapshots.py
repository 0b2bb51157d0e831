"""Records in force at a moment: at the end of a window, or of an open one at as_of (LANGUAGE §8).

Whatever the number of windows, the records are read once: beside each stand the ends of all windows, rows that are
written out, and it stays beside those at which it is in force.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aac.engines.base import Constants, Select
from aac.expressions.nodes import Call, Column, Literal, conjunction
from aac.measures import Population, Snapshot
from aac.periods import day_of, midnight_us, shifted_day, shifted_us
from aac.planner.ends import end_of, with_ends
from aac.planner.metrics import WINDOW, View, figures_of
from aac.planner.windows import EPOCH, bounds
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.expressions.nodes import Node
    from aac.measures import Force, Measure, Moment
    from aac.periods import Duration, Window
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting
    from aac.planner.windows import Chosen

WINDOWS = "windows"
"""The block of what is told of windows."""


@record
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


class Told:
    """What is told of each of some windows, beside every record: the columns of the block `windows`."""

    def __init__(self, windows: Sequence[Chosen], setting: Setting) -> None:
        self.windows, self.setting = windows, setting
        self._columns: dict[tuple[int | None, ...], str] = {}

    def column(self, name: str, values: Sequence[int | None]) -> Node:
        """One value a window, in a column that is called so if no other is; a constant if all are the same."""
        if len(set(values)) == 1:
            return Literal(values[0])
        taken = self._columns.values()
        free = name if name not in taken else f"{name}_{len(taken)}"
        return Column(self._columns.setdefault(tuple(values), free), block=WINDOWS)

    def in_force(self, force: Force, entity: str, name: str, earlier: Duration | None = None) -> Node:
        """Whether a record is in force at the end, or so long before: from < t and (until is null or until ≥ t)."""
        closings = [Closing(chosen.window, self.setting, earlier) for chosen in self.windows]
        starts, until = force.starts, force.until
        began = Call("lt", (starts.value, self.column(name, [closing.at(starts, entity) for closing in closings])))
        lasts = Call("ge", (until.value, self.column(name, [closing.at(until, entity) for closing in closings])))
        return Call("and", (began, Call("or", (Call("is_null", (until.value,)), lasts))))

    def seen(self, measure: Measure) -> Measure:
        """A measure with the ends of each window in the place of those of the period."""
        zone = self.setting.clockwork.zone
        windows = [chosen.window for chosen in self.windows]
        return with_ends(measure, lambda end: self.column(end.end, [end_of(window, end, zone) for window in windows]))

    def numbers(self, piece: Piece[Measure]) -> tuple[int, ...]:
        """Which of the windows a piece is measured for."""
        return tuple(number for number, chosen in enumerate(self.windows) if chosen in piece.windows)

    @property
    def block(self) -> Select:
        """The rows: a window's number, and what is told of it."""
        names = (WINDOW, *self._columns.values())
        rows = tuple(zip(range(len(self.windows)), *self._columns, strict=True))
        return Select(Constants(names, rows), tuple((name, Column(name)) for name in names))


def snapshot_view(piece: Piece[Measure], told: Told) -> View:
    """A piece as it is seen from all of its windows: of the population the records in force at the end of each."""
    measure = told.seen(piece.of)
    basis, entity = measure.basis, measure.population.entity
    if not isinstance(basis, Snapshot):
        raise TypeError(f"{measure.subject} is no snapshot")
    rule = conjunction([measure.population.rule, told.in_force(basis.force, entity, "closing")])
    measure = replace(measure, population=Population(entity, rule))
    return View(piece, told.numbers(piece), measure, figures_of(measure))
