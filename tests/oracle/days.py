"""Calendar days, months and business days by the letter of LANGUAGE §6: slow, and asked day by day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from tests.oracle.business_time import (
    DAY_US,
    PlainCalendar,
    local_reading,
    local_us,
    offset_us,
    open_intervals,
    openings,
)


def moment_of(timezone: str, reading: datetime) -> int:
    """The moment at which clocks show a reading: of two the second, of none the first after it.

    The last moment before which they still show an earlier one; found among the offsets of the days around.
    """
    shown = local_us(reading)
    offsets = {offset_us(timezone, shown + day * DAY_US // 2) for day in range(-5, 6)}
    exact = [shown - offset for offset in offsets if local_reading(timezone, shown - offset) == reading]
    if exact:
        return max(exact)
    before, after = shown - max(offsets) - DAY_US, shown - min(offsets) + DAY_US
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (before, middle) if local_reading(timezone, middle) >= reading else (middle, after)
    return after


def days_later(timezone: str, start_us: int, days: int) -> int:
    """The same local time so many dates later."""
    return moment_of(timezone, local_reading(timezone, start_us) + timedelta(days=days))


def months_later(timezone: str, start_us: int, months: int) -> int:
    """The same local time on that day of a later month, or on the last one that it has."""
    reading = local_reading(timezone, start_us)
    month = reading.month - 1 + months
    first = date(reading.year + month // 12, month % 12 + 1, 1)
    day = max(d for d in range(1, reading.day + 1) if (first + timedelta(days=d - 1)).month == first.month)
    return moment_of(timezone, datetime.combine(first.replace(day=day), reading.time()))


def business_days_later(calendar: PlainCalendar, start_us: int, days: int) -> int:
    """The last moment of a promise of so many business days."""
    reading = local_reading(calendar.timezone, start_us)
    base = reading.date()
    if _is_open_on(calendar, base - timedelta(days=1), reading) and not _is_open_on(calendar, base, reading):
        base -= timedelta(days=1)  # a night shift keeps its day
    day, left = base, days
    while left:
        day += timedelta(days=1)
        left -= _opens_on(calendar, day)
    then = moment_of(calendar.timezone, datetime.combine(day, time()) + (reading - datetime.combine(base, time())))
    if _is_open_on(calendar, day, local_reading(calendar.timezone, then)):
        return then
    alone = PlainCalendar(calendar.timezone, {}, short={day: openings(calendar, day)})
    closing = open_intervals(alone, then - 4 * DAY_US, then + 4 * DAY_US)[-1][1]
    return closing if closing > then else open_intervals(calendar, then, then + 30 * DAY_US)[0][0]


def _opens_on(calendar: PlainCalendar, day: date) -> bool:
    """Whether an opening that begins on a day is open for a moment: not on a day that clocks skip."""
    midnight = datetime.combine(day, time())
    return any(
        local_reading(calendar.timezone, moment_of(calendar.timezone, midnight + timedelta(minutes=opens)))
        < midnight + timedelta(minutes=closes)
        for opens, closes in openings(calendar, day)
    )


def _is_open_on(calendar: PlainCalendar, day: date, reading: datetime) -> bool:
    """Whether a reading lies in an opening that began on a day."""
    midnight = datetime.combine(day, time())
    return any(
        midnight + timedelta(minutes=opens) <= reading < midnight + timedelta(minutes=closes)
        for opens, closes in openings(calendar, day)
    )
