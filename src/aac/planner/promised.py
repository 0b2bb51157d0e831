"""What is promised to an item: which row of a table holds, how long it is, and whether a moment comes in time.

Nodes of this room are about a row of a block that has the item's start, its calendar's number and the number of its row
of the table (`Item`): the columns of a later block, or expressions over the record itself.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac.expressions.nodes import (
    NOTHING,
    TRUE,
    BusinessDaysLater,
    CalendarNumber,
    Call,
    Case,
    DaysLater,
    Literal,
    OpenTime,
    under,
)
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.expressions.nodes import Node, Path, Stored
    from aac.measures import Promised
    from aac.periods import Duration
    from aac.planner.pasts import By

US_A_DAY = 86_400_000_000
NO_ROW = -1
"""The row of an item that no row of the table is true of."""


@record
class Item:
    """An item as a block has it: the moment it started, the number of its calendar and of its row."""

    started: Node
    calendar: Node
    row: Node

    def moved(self, path: Path) -> Item:
        """The same, told of a record from which ``path`` leads to the item's."""
        return Item(under(self.started, path), under(self.calendar, path), under(self.row, path))


@record
class Terms:
    """The promises of a clock; ``home`` is the number of the calendar that is the company's zone.

    ``zone`` is that of the source of its dates, if it runs between dates.
    """

    promises: tuple[Promised, ...]
    is_date: bool
    home: int
    zone: str = ""

    @property
    def is_one(self) -> bool:
        """Whether the same is promised to all."""
        return len(self.promises) == 1 and self.promises[0].rule is None

    @property
    def has_deadlines(self) -> bool:
        """Whether a row ends on a moment that its start decides, and not after so much time."""
        return any(_is_deadline(row.within) for row in self.promises)

    @property
    def is_on_calendars(self) -> bool:
        """Whether a row counts open time."""
        return any(row.calendar is not None for row in self.promises)

    @property
    def row(self) -> Node:
        """The number of the first row that is true; unknown where an earlier one is unknown, `NO_ROW` where none is."""
        if self.is_one:
            return Literal(0)
        branches: list[tuple[Node, Node]] = []
        for number, promised in enumerate(self.promises):
            rule = promised.rule or TRUE
            branches.append((Call("is_true", (rule,)), Literal(number)))
            branches += [(Call("is_null", (rule,)), NOTHING)] if rule != TRUE else []
        return Case(tuple(branches), Literal(NO_ROW))

    @property
    def calendar(self) -> Node:
        """The number of the calendar that counts, unknown where none does."""
        calendars = [row.calendar for row in self.promises]
        numbers = [CalendarNumber(calendar) if calendar is not None else NOTHING for calendar in calendars]
        return self._by_row(numbers, self.row)

    def is_outside(self, item: Item) -> Node:
        """Whether nothing is promised."""
        silent = [number for number, row in enumerate(self.promises) if row.within is None]
        if self.is_one:
            return Literal(False)
        return Call("in", (item.row, *map(Literal, (NO_ROW, *silent))))

    def lacks_calendar(self, item: Item) -> Node:
        """Whether open time should be counted, and it is not known whose."""
        asks = [
            Call("is_null", (item.calendar,)) if row.calendar is not None else Literal(False) for row in self.promises
        ]
        return self._by_row(asks, item.row)

    def between(self, item: Item, begin: Node, end: Node) -> Node:
        """The time from one moment to another on the promise's own clock: open microseconds, microseconds or dates."""

        def length(row: Promised) -> Node:
            if row.calendar is None or self.is_date:
                return Call("subtract", (end, begin))
            return Call("subtract", (OpenTime(item.calendar, end), OpenTime(item.calendar, begin)))

        return self._by_row([length(row) for row in self.promises], item.row)

    def allowed(self, item: Item) -> Node:
        """The time promised, on the promise's own clock."""

        def length(row: Promised) -> Node:
            within = row.within
            if within is None:
                return NOTHING
            if _is_deadline(within):
                return self._length_until(row, item, self._deadline(within, item))
            return Literal(within.us // US_A_DAY if self.is_date else within.us)

        return self._by_row([length(row) for row in self.promises], item.row)

    def deadline(self, item: Item) -> Node:
        """The last moment that counts as met, of rows that end on one; else unknown."""
        ends = [
            self._deadline(row.within, item) if row.within is not None and _is_deadline(row.within) else NOTHING
            for row in self.promises
        ]
        return self._by_row(ends, item.row)

    def is_over(self, item: Item, moment: Node, used: Node, allowed: Node, due: Node, paused: Node) -> Node:
        """Whether at a moment more time than promised was used: ``paused`` does not count."""

        def rule(row: Promised) -> Node:
            if row.within is None:
                return NOTHING
            if not _is_deadline(row.within):
                return Call("gt", (used, allowed))
            is_late = Call("gt", (moment, due))
            if paused == Literal(0):
                return is_late
            waited = Call("or", (Call("eq", (paused, Literal(0))), Call("gt", (used, allowed))))
            return Call("and", (is_late, waited))

        return self._by_row([rule(row) for row in self.promises], item.row)

    def by(self, item: Item) -> By:
        """Whether something had happened by the deadline of an item: between dates, by the end of that day.

        Of what only has a date it cannot be told whether it came before a moment of that day.
        """

        def happened(occurs: Stored, is_date: bool, way: Path | None) -> Node | None:
            if way is None or (is_date and not self.is_date):
                return None
            is_day_of_moment = self.is_date and not is_date
            then = Call("local_day", (occurs, Literal(self.zone))) if is_day_of_moment else occurs
            at = item.moved(way)
            rules: list[Node] = []
            for row in self.promises:
                if row.within is not None and _is_deadline(row.within):
                    rules.append(Call("le", (then, self._deadline(row.within, at))))
                else:
                    one = replace(self, promises=(row,))
                    in_time = Call("le", (one.between(at, at.started, then), one.allowed(at)))
                    # calendars need not reach as far back as what happened before
                    is_earlier = Call("le", (then, at.started))
                    rules.append(in_time if row.calendar is None else Call("or", (is_earlier, in_time)))
            return self._by_row(rules, at.row)

        return happened

    def _deadline(self, within: Duration, item: Item) -> Node:
        amount = int(within.amount)
        if within.clock == "business":
            return BusinessDaysLater(item.calendar, item.started, amount, self.is_date)
        days, months = (amount, 0) if within.unit == "days" else (0, amount)
        return DaysLater(Literal(self.home), item.started, days, months)

    def _length_until(self, row: Promised, item: Item, end: Node) -> Node:
        return replace(self, promises=(row,)).between(item, item.started, end)

    def _by_row(self, values: Sequence[Node], row: Node) -> Node:
        """The value of the item's row; one that all rows share needs no question."""
        if all(value == values[0] for value in values):
            return values[0]
        branches = [(Call("eq", (row, Literal(number))), value) for number, value in enumerate(values)]
        return Case(tuple((rule, value) for rule, value in branches if value != NOTHING), NOTHING)


def _is_deadline(within: Duration | None) -> bool:
    return within is not None and not within.has_length
