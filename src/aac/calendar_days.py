"""Local days and business days as calendar rows: what calendar days, months and business days are counted with.

All moments, readings and offsets are whole microseconds. A *reading* is what local clocks show, as if it were UTC; its
offset is reading minus moment. A row knows the one change of the clocks that matters for its day, so that

- the reading of a moment t is t + (``before`` if t < ``turn`` else ``after``), by the row of its UTC day;
- the moment of a reading r is r − ``after`` if r ≥ ``turn`` + ``after``, else the lesser of r − ``before`` and
  ``turn``, by the row of its local day: of no moment the first one after, of two the second (LANGUAGE §6).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import islice, pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from aac.calendars import (
    DAY_MINUTES,
    DAY_US,
    DAYS_A_CALENDAR,
    END_US,
    EPOCH_ORDINAL,
    MINUTE_US,
    clock_settings,
    open_intervals,
    openings_by_day,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.calendars import Calendar, Openings

NEVER_US = 1 << 60
"""A turn of the clocks that does not come."""
MARGIN_DAYS = 3
"""Local dates are at most a day from UTC's, and night shifts and lost days lie a day further."""
ROOM_FOR_DAYS = 1 << 20
"""Room for the local days, or the business days, of one calendar in a key: also for those that no table has, so far ahead
are they. No promise is of more than 999,999 days."""

Turn = tuple[int, int, int]
"""The moment at which clocks are changed, and their offsets before and after it."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """How far deadlines lie ahead of the moments that they are counted from, at most, in each sort of day."""

    days: int = 0
    months: int = 0
    business_days: int = 0


def last_day(calendar: Calendar, last_us: int, ahead: Ahead) -> int:
    """The last day that any deadline counted from moments up to ``last_us`` may need, in days since the epoch."""
    last = last_us // DAY_US + MARGIN_DAYS
    furthest, end = last + max(ahead.days, 31 * ahead.months), END_US // DAY_US
    if ahead.business_days:
        # One more: what is due after that day's last closing is due at the next opening.
        opened = (day for day, openings in openings_by_day(calendar, last + 1, end) if openings)
        last = max(islice(opened, ahead.business_days + 1), default=last)
    return min(max(furthest, last) + MARGIN_DAYS, end)


def utc_rows(calendar: Calendar, number: int, first_day: int, last: int) -> Iterator[tuple[int | None, ...]]:
    """(key, turn, before, after, next_open) a UTC day: the next change of the clocks, and the first opening after it.

    ``key`` is number × 65,536 + days since the epoch.
    """
    turns = turns_of(calendar.timezone, first_day, last)
    openings = _first_openings(calendar, first_day, last + 1)
    upcoming: int | None = None
    place = len(turns) - 1
    rows: list[tuple[int | None, ...]] = []
    for day in range(last, first_day - 1, -1):
        while place > 0 and turns[place - 1][0] > day * DAY_US:
            place -= 1
        later = openings.get(day + 1)
        upcoming = upcoming if later is None else later
        rows.append((number * DAYS_A_CALENDAR + day, *turns[place], upcoming))
    return reversed(rows)


def local_rows(
    calendar: Calendar, number: int, first_day: int, last: int, months: Sequence[int] = ()
) -> Iterator[tuple[int, ...]]:
    """(key, turn, before, after, runs_on, ordinal, ordinal_before, later_1, …) a local day.

    ``key`` is number × 1,048,576 + days since the epoch. ``runs_on`` is the reading until which an opening of the day
    before runs on into this one; ``ordinal`` counts the business days up to and including it, ``ordinal_before`` those
    before it. ``later_i``: the day so many ``months`` later, or the last of a month that lacks it.
    """
    ordinal, runs_on = 0, 0
    for day, turn, openings in _local_days(calendar, first_day - 1, last):
        until = day * DAY_US + runs_on * MINUTE_US
        runs_on = max([0, *(closes - DAY_MINUTES for _, closes in openings)])
        if day < first_day:
            continue
        later = [_months_later(day, count) for count in months]
        is_open = bool(openings)
        yield number * ROOM_FOR_DAYS + day, *turn, until, ordinal + is_open, ordinal, *later
        ordinal += is_open


def business_rows(
    calendar: Calendar, number: int, first_day: int, last: int, segments: int
) -> Iterator[tuple[int, ...]]:
    """(key, day, ends, opens_1, closes_1, …) a business day, by its ordinal; openings are readings of that day.

    ``key`` is number × 1,048,576 + ordinal, ``ends`` the moment at which the last opening ends. Unused openings are
    empty.
    """
    opened = (found for found in _local_days(calendar, first_day, last) if found[2])
    for ordinal, (day, turn, openings) in enumerate(opened, 1):
        midnight = day * DAY_US
        bounds = [midnight + minutes * MINUTE_US for opening in openings for minutes in opening]
        unused = [midnight] * (2 * segments - len(bounds))
        yield number * ROOM_FOR_DAYS + ordinal, day, _end_of(turn, max(bounds)), *bounds, *unused


def most_openings(calendar: Calendar, first_day: int, last: int) -> int:
    """The most openings that begin on a day, at least 1."""
    return max([1, *(len(openings) for _, openings in openings_by_day(calendar, first_day, last))])


def turns_of(zone: str, first_day: int, last: int) -> list[Turn]:
    """The changes of a zone's clocks around some days, and behind them one that never comes."""
    begin, end = (first_day - MARGIN_DAYS) * DAY_US, (last + MARGIN_DAYS) * DAY_US
    settings = list(clock_settings(ZoneInfo(zone), begin, end))
    changes = [(later[0], former[2], later[2]) for former, later in pairwise(settings)]
    return [*changes, (NEVER_US, settings[-1][2], settings[-1][2])]


def _local_days(calendar: Calendar, first_day: int, last: int) -> Iterator[tuple[int, Turn, Openings]]:
    """Each local date, the change of the clocks that matters for it, and its openings of which clocks show anything.

    Without those that fall into a gap: on a date that was skipped nothing opens.
    """
    turns = turns_of(calendar.timezone, first_day, last)
    place = 0
    for day, openings in openings_by_day(calendar, first_day, last):
        midnight = day * DAY_US
        while place < len(turns) - 1 and turns[place][0] + max(turns[place][1:]) <= midnight:
            place += 1
        turn, before, after = turns[place]
        shown = tuple(
            (opens, closes)
            for opens, closes in openings
            if midnight + opens * MINUTE_US < turn + before or midnight + closes * MINUTE_US > turn + after
        )
        yield day, turns[place], shown


def _end_of(change: Turn, closes: int) -> int:
    """The moment at which an opening ends that closes at a reading: the last one before which it is still open.

    A reading that clocks show twice is the end of the second time if the opening was still open between, which it was
    unless they were set back to the very reading.
    """
    turn, before, after = change
    if closes > turn + after:
        return closes - after
    return min(closes - before, turn)


def _first_openings(calendar: Calendar, first_day: int, last: int) -> dict[int, int]:
    """The first moment at which something opens, or is still open, in each UTC day that has one."""
    found: dict[int, int] = {}
    for opens, closes in open_intervals(calendar, first_day * DAY_US, (last + 1) * DAY_US):
        for day in range(opens // DAY_US, (closes - 1) // DAY_US + 1):
            found.setdefault(day, max(opens, day * DAY_US))
    return found


def _months_later(day: int, months: int) -> int:
    """The same day of a month so many months later, in days since the epoch; one that it lacks is its last.

    Of a month that no date has any day that no table has.
    """
    here = date.fromordinal(day + EPOCH_ORDINAL)
    year, month = divmod(here.year * 12 + here.month - 1 + months, 12)
    next_year, next_month = divmod(year * 12 + month + 1, 12)
    if next_year > date.max.year:
        return ROOM_FOR_DAYS - 1
    length = (date(next_year, next_month + 1, 1) - date(year, month + 1, 1)).days
    return date(year, month + 1, min(here.day, length)).toordinal() - EPOCH_ORDINAL
