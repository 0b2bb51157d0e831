"""Lengths of time that depend on when they begin, and the tables that tell where they end.

Calendar days and months are those of the company's zone, whose number comes behind those of the calendars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aac.calendar_days import business_dates_later, business_days_later, days_later, piece_rows
from aac.calendars import DAYS_A_CALENDAR
from aac.engines.base import business_dates_table, business_days_table, later_table
from aac.measures import Clock, Cohort, Measure
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aac.calendar_days import Known, Pattern
    from aac.calendars import Calendar
    from aac.engines.base import Engine
    from aac.periods import Duration


class Length(NamedTuple):
    """So many ``days``, ``months``, ``business_days`` or, between two dates, ``business_dates``."""

    unit: str
    amount: int


@record
class Later:
    """What is so much later than moments of the UTC days from ``first_day`` on.

    ``patterns``: of each day from ``first_day`` on, by table and number of a calendar; ``dates``: the rows of tables
    about dates.
    """

    first_day: int
    patterns: Mapping[str, Mapping[int, Sequence[Pattern]]]
    dates: Mapping[str, Sequence[tuple[int, int]]]

    @classmethod
    def of(cls, calendars: Sequence[Calendar], zone: str, lengths: Iterable[Length], starts: tuple[int, int]) -> Later:
        """All that is later than moments of the UTC days in ``starts``, last included, by such lengths."""
        patterns: dict[str, dict[int, Sequence[Pattern]]] = {}
        dates: dict[str, list[tuple[int, int]]] = {}
        for unit, amount in lengths:
            match unit:
                case "business_days":
                    known: Known = {}
                    found = (business_days_later(calendar, *starts, amount, known) for calendar in calendars)
                    patterns[business_days_table(amount)] = dict(enumerate(found))
                case "business_dates":
                    dates[business_dates_table(amount)] = list(_date_rows(calendars, starts, amount))
                case _:
                    days, months = (0, amount) if unit == "months" else (amount, 0)
                    found = days_later(zone, *starts, days, months)
                    patterns[later_table(days, months)] = {len(calendars): found}
        return cls(starts[0], patterns, dates)

    @property
    def most_pieces(self) -> int:
        """Into how many pieces a UTC day falls, at most."""
        days = {day for table in self.patterns.values() for days in table.values() for day in days}
        return max((len(day.pieces) for day in days), default=1)

    def load(self, engine: Engine) -> None:
        """Makes the tables."""
        width = self.most_pieces
        names = [f"{name}_{i}" for i in range(1, width + 1) for name in ("from", "runs", "base")]
        for table, by_number in self.patterns.items():
            rows = [
                row for number, days in by_number.items() for row in piece_rows(days, number, self.first_day, width)
            ]
            engine.load(table, [(name, "bigint") for name in ("key", *names[1:])], rows)
        for table, dates in self.dates.items():
            engine.load(table, [("key", "bigint"), ("day", "bigint")], dates)


def lengths_of(part: Clock | Measure) -> list[Length]:
    """The lengths of a measurement that have none of their own: business days, calendar days and months."""
    match part:
        case Clock(starts=starts, promises=promises):
            found = [(row.within, starts.is_date) for row in promises]
        case Measure(basis=Cohort(matures=matures)):
            found = [(matures, False)]
        case _:
            found = []
    return [
        _length(duration, is_date) for duration, is_date in found if duration is not None and not duration.has_length
    ]


def _length(duration: Duration, is_date: bool) -> Length:
    amount = int(duration.amount)
    if duration.clock == "business":
        return Length("business_dates" if is_date else "business_days", amount)
    return Length(duration.unit, amount)


def _date_rows(calendars: Sequence[Calendar], days: tuple[int, int], amount: int) -> Iterator[tuple[int, int]]:
    for number, calendar in enumerate(calendars):
        for day, later in business_dates_later(calendar, *days, amount):
            yield number * DAYS_A_CALENDAR + day, later
