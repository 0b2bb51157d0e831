"""What is looked up in the calendar tables: left joins by one integer key, no time zone at any row.

Each look-up is placed once a block. Arguments and results are SQL trees; all moments are microseconds since the epoch,
readings what local clocks show at them, as if it were UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from aac.calendar_days import ROOM_FOR_DAYS
from aac.calendars import DAY_US, DAYS_A_CALENDAR
from aac.engines.base import BUSINESS_DAYS, CALENDAR_DAYS, LOCAL_DAYS, UTC_DAYS
from aac.engines.functions import duckdbs, eq, literal, paren

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlglot.expressions import Expr

ROOM = {
    CALENDAR_DAYS: DAYS_A_CALENDAR,
    UTC_DAYS: DAYS_A_CALENDAR,
    LOCAL_DAYS: ROOM_FOR_DAYS,
    BUSINESS_DAYS: ROOM_FOR_DAYS,
}
"""How many keys one calendar has in a table."""


class CalendarJoins:
    """The look-ups of one block. ``join`` adds a left join with a table, by its letter and a condition on its alias.

    ``segments``: pairs of opens and closes in a row.
    """

    def __init__(self, join: Callable[[str, str, Callable[[str], Expr]], str], segments: int) -> None:
        self._join = join
        self._segments = segments
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
        return self._is_inside(self._day_of(CALENDAR_DAYS, number, moment), moment)

    def days_later(self, number: Expr, moment: Expr, days: int, months: int) -> Expr:
        """The moment of the same local reading so many days and months later."""
        reading = self._reading(number, moment)
        if months:
            day = self._day_of(LOCAL_DAYS, number, reading)
            reading = _plus(_of_day(_column(f"later_{months}", day)), _time_of_day(reading))
        return self._moment(number, _plus(reading, literal(days * DAY_US)) if days else reading)[0]

    def business_days_later(self, number: Expr, moment: Expr, days: int) -> Expr:
        """The last moment of a promise of so many business days that begins at a moment (LANGUAGE §6)."""
        reading = self._reading(number, moment)
        today = self._day_of(LOCAL_DAYS, number, reading)
        # Of the openings that begin today or later only today's can hold the reading.
        own = self._row(BUSINESS_DAYS, number, _plus(_column("ordinal_before", today), literal(1)))
        is_of_yesterday = exp.And(
            this=exp.LT(this=reading.copy(), expression=_column("runs_on", today)),
            expression=exp.Not(this=self._is_inside(own, reading)),
        )
        ordinal = _if(is_of_yesterday, _column("ordinal_before", today), _column("ordinal", today))
        since = _plus(_time_of_day(reading), _if(is_of_yesterday.copy(), literal(DAY_US), literal(0)))
        day = self._row(BUSINESS_DAYS, number, _plus(ordinal, literal(days)))
        then, shown = self._moment(number, _plus(_of_day(_column("day", day)), since))
        ends = _column("ends", day)
        return exp.Case(
            ifs=[
                exp.If(this=self._is_inside(day, shown), true=then),
                exp.If(this=exp.GT(this=ends, expression=then.copy()), true=ends.copy()),
            ],
            default=self._next_open(number, then),
        )

    def business_date(self, number: Expr, day: Expr, days: int) -> Expr:
        """The date of the business day so many after a date."""
        ordinal = _column("ordinal", self._row(LOCAL_DAYS, number, day.copy()))
        return _column("day", self._row(BUSINESS_DAYS, number, _plus(ordinal, literal(days))))

    def _next_open(self, number: Expr, moment: Expr) -> Expr:
        """The first open moment at or after a moment."""
        name = self._day_of(CALENDAR_DAYS, number, moment)
        cases = [
            exp.If(
                this=exp.And(
                    this=exp.LT(this=moment.copy(), expression=closes),
                    expression=exp.LT(this=opens, expression=closes.copy()),
                ),
                true=exp.Greatest(this=moment.copy(), expressions=[opens.copy()]),
            )
            for opens, closes in self._openings(name)
        ]
        return exp.Case(ifs=cases, default=_column("next_open", self._day_of(UTC_DAYS, number, moment)))

    def _reading(self, number: Expr, moment: Expr) -> Expr:
        """What local clocks show at a moment."""
        name = self._day_of(UTC_DAYS, number, moment)
        is_before = exp.LT(this=moment.copy(), expression=_column("turn", name))
        return _plus(moment, _if(is_before, _column("before", name), _column("after", name)))

    def _moment(self, number: Expr, reading: Expr) -> tuple[Expr, Expr]:
        """The moment at which clocks show a reading, or the first after it if they never do; what they show then."""
        name = self._day_of(LOCAL_DAYS, number, reading)
        turn, before, after = (_column(column, name) for column in ("turn", "before", "after"))
        from_then = _plus(turn, after)
        moment = _if(
            exp.GTE(this=reading.copy(), expression=from_then),
            _minus(reading, after),
            exp.Least(this=_minus(reading, before), expressions=[turn.copy()]),
        )
        is_skipped = exp.GTE(this=reading.copy(), expression=_plus(turn, before))
        shown = _if(is_skipped, exp.Greatest(this=reading.copy(), expressions=[from_then.copy()]), reading)
        return moment, shown

    def _is_inside(self, name: str, moment: Expr) -> Expr:
        """Whether a moment, or a reading, lies in one of a row's openings."""
        inside = [
            exp.And(
                this=exp.GTE(this=moment.copy(), expression=opens),
                expression=exp.LT(this=moment.copy(), expression=closes),
            )
            for opens, closes in self._openings(name)
        ]
        return paren(exp.or_(*inside))

    def _openings(self, name: str) -> list[tuple[Expr, Expr]]:
        numbers = range(1, self._segments + 1)
        return [(_column(f"opens_{number}", name), _column(f"closes_{number}", name)) for number in numbers]

    def _day_of(self, table: str, number: Expr, moment: Expr) -> str:
        """The row of the day that a moment, or a reading, lies in."""
        return self._row(table, number, duckdbs("DIVIDE", moment.copy(), literal(DAY_US)))

    def _row(self, table: str, number: Expr, part: Expr) -> str:
        """The alias of a calendar's row; joins it on the first use."""
        key = exp.Add(this=exp.Mul(this=paren(number.copy()), expression=literal(ROOM[table])), expression=part)
        place = (table, key.sql())
        if place not in self._placed:
            self._placed[place] = self._join(table, "c", lambda name: eq(_column("key", name), key))
        return self._placed[place]


def _column(name: str, table: str) -> Expr:
    return exp.column(name, table=table, quoted=True)


def _plus(a: Expr, b: Expr) -> Expr:
    return paren(exp.Add(this=a.copy(), expression=b.copy()))


def _minus(a: Expr, b: Expr) -> Expr:
    return paren(exp.Sub(this=a.copy(), expression=b.copy()))


def _of_day(day: Expr) -> Expr:
    """The reading at which a local day begins."""
    return exp.Mul(this=day, expression=literal(DAY_US))


def _time_of_day(reading: Expr) -> Expr:
    """How far a reading is into its day."""
    return duckdbs("MOD", reading.copy(), literal(DAY_US))


def _if(condition: Expr, true: Expr, false: Expr) -> Expr:
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=true.copy())], default=false.copy())
