"""What is looked up in the calendar tables: left joins by one integer key, no time zone at any row.

Each look-up is placed once a block. Arguments and results are SQL trees; all moments are microseconds since the epoch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from aac.calendars import DAY_US, DAYS_A_CALENDAR
from aac.engines.base import CALENDAR_DAYS
from aac.engines.functions import duckdbs, eq, literal, paren

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot.expressions import Expr


class CalendarJoins:
    """The look-ups of one block. ``join`` adds a left join with a table, by its letter and a condition on its alias.

    ``segments``: pairs of opens and closes in a row; ``pieces``: how many a row has of what is later.
    """

    def __init__(self, join: Callable[[str, str, Callable[[str], Expr]], str], segments: int, pieces: int) -> None:
        self._join = join
        self._segments = segments
        self._pieces = pieces
        self._placed: dict[tuple[str, str], str] = {}

    def open_time(self, number: Expr, moment: Expr) -> Expr:
        """Open time from the calendar's beginning until a moment."""
        name = self._day_of(CALENDAR_DAYS, number, moment)
        total: Expr = _column("open_before", name)
        for opens, closes in self._openings(name):
            until = exp.Least(this=moment.copy(), expressions=[closes])
            open_here = exp.Greatest(this=literal(0), expressions=[exp.Sub(this=until, expression=opens)])
            total = exp.Add(this=total, expression=open_here)
        return paren(total)

    def is_open(self, number: Expr, moment: Expr) -> Expr:
        """Whether a moment lies in an opening."""
        name = self._day_of(CALENDAR_DAYS, number, moment)
        inside = [
            exp.And(
                this=exp.GTE(this=moment.copy(), expression=opens),
                expression=exp.LT(this=moment.copy(), expression=closes),
            )
            for opens, closes in self._openings(name)
        ]
        return paren(exp.or_(*inside))

    def later(self, table: str, number: Expr, moment: Expr) -> Expr:
        """The moment so much later, by the table of that length."""
        name = self._day_of(table, number, moment)
        ends = [
            exp.Add(
                this=_column(f"base_{place}", name),
                expression=exp.Mul(this=_column(f"runs_{place}", name), expression=moment.copy()),
            )
            for place in range(1, self._pieces + 1)
        ]
        begins = [_column(f"from_{place}", name) for place in range(2, self._pieces + 1)]
        cases = [
            exp.If(this=exp.LT(this=moment.copy(), expression=begin), true=end)
            for begin, end in zip(begins, ends, strict=False)
        ]
        return exp.Case(ifs=cases, default=ends[-1]) if cases else paren(ends[-1])

    def date_later(self, table: str, number: Expr, date: Expr) -> Expr:
        """The date so much later, by the table of that length."""
        return _column("day", self._row(table, number, date.copy()))

    def _openings(self, name: str) -> list[tuple[Expr, Expr]]:
        numbers = range(1, self._segments + 1)
        return [(_column(f"opens_{number}", name), _column(f"closes_{number}", name)) for number in numbers]

    def _day_of(self, table: str, number: Expr, moment: Expr) -> str:
        """The row of the UTC day that a moment lies in."""
        return self._row(table, number, duckdbs("DIVIDE", moment.copy(), literal(DAY_US)))

    def _row(self, table: str, number: Expr, part: Expr) -> str:
        """The alias of a calendar's row; joins it on the first use."""
        key = exp.Add(this=exp.Mul(this=paren(number.copy()), expression=literal(DAYS_A_CALENDAR)), expression=part)
        place = (table, key.sql())
        if place not in self._placed:
            self._placed[place] = self._join(table, "c", lambda name: eq(_column("key", name), key))
        return self._placed[place]


def _column(name: str, table: str) -> Expr:
    return exp.column(name, table=table, quoted=True)
