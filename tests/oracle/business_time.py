"""Business time by the letter of LANGUAGE §6: slow, plain, and written differently from the product.

`is_open` is the definition itself, asked of one moment: its local clock reading lies in [opens, closes) of an opening,
and an opening belongs to the day it begins. All else follows from asking it. Between two neighbouring moments of
`turning_points` the answer cannot change, so one question settles the stretch; `due_us` searches for the last moment
that still counts as met instead of working it out.

Moments and spans are microseconds (UTC, since 1970); openings are minutes after local midnight.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
LONGEST_SEARCH_US = 40 * 366 * DAY_US

# 9-17 Mon-Fri, from LANGUAGE §6: local start, local end, open hours. 2026-03-02 is a Monday.
CHECK_VALUES = (
    ("2026-03-03T10:00", "2026-03-03T12:30", 2.5),
    ("2026-03-06T16:30", "2026-03-09T09:30", 1.0),
    ("2026-03-07T11:00", "2026-03-09T10:00", 1.0),
)


class PlainCalendar(NamedTuple):
    """Opening hours: ``hours`` by weekday (0 is Monday), dates without openings, dates with openings of their own.

    ``short`` is asked before ``closed`` and ``hours``.
    """

    timezone: str
    hours: Mapping[int, Sequence[tuple[int, int]]]
    closed: Collection[date] = ()
    short: Mapping[date, Sequence[tuple[int, int]]] = MappingProxyType({})


def is_open(calendar: PlainCalendar, moment_us: int) -> bool:
    """Whether the local clock reading of a moment lies in an opening that began on that date or the date before."""
    reading = local_reading(calendar.timezone, moment_us)
    for begun in (reading.date(), reading.date() - timedelta(days=1)):
        midnight = datetime.combine(begun, time())
        for opens, closes in openings(calendar, begun):
            if midnight + timedelta(minutes=opens) <= reading < midnight + timedelta(minutes=closes):
                return True
    return False


def openings(calendar: PlainCalendar, day: date) -> Sequence[tuple[int, int]]:
    """The openings that begin on a date."""
    if day in calendar.short:
        return calendar.short[day]
    return () if day in calendar.closed else calendar.hours.get(day.weekday(), ())


def open_intervals(calendar: PlainCalendar, first_us: int, last_us: int) -> list[tuple[int, int]]:
    """The open stretches of [first, last), joined where they touch."""
    points = [first_us, *turning_points(calendar, first_us, last_us), last_us]
    found: list[tuple[int, int]] = []
    for begin, end in pairwise(points):
        if begin < end and is_open(calendar, begin):
            if found and found[-1][1] == begin:
                begin = found.pop()[0]
            found.append((begin, end))
    return found


def open_us(calendar: PlainCalendar, first_us: int, last_us: int) -> int:
    """Open time in [first, last)."""
    return sum(end - begin for begin, end in open_intervals(calendar, first_us, last_us))


def due_us(calendar: PlainCalendar, start_us: int, promised_us: int) -> int:
    """The last moment up to which no more than ``promised_us`` of open time went by since ``start_us``."""
    search_us = 14 * DAY_US
    while open_us(calendar, start_us, start_us + search_us) <= promised_us:
        search_us *= 2
        if search_us > LONGEST_SEARCH_US:
            raise ValueError("the calendar never opens for that long")
    stretches = open_intervals(calendar, start_us, start_us + search_us)

    def is_met_at(moment_us: int) -> bool:
        used = sum(min(end, moment_us) - begin for begin, end in stretches if begin < moment_us)
        return used <= promised_us

    met, late = start_us, start_us + search_us
    while late - met > 1:
        middle = (met + late) // 2
        met, late = (middle, late) if is_met_at(middle) else (met, middle)
    return met


def turning_points(calendar: PlainCalendar, first_us: int, last_us: int) -> list[int]:
    """The moments strictly inside (first, last) at which a calendar can open or close, in order.

    A reading passes a bound of an opening either as the clock runs (then it reads the bound: both folds are taken) or
    as the clock is changed.
    """
    zone = ZoneInfo(calendar.timezone)
    points = set(clock_changes(calendar.timezone, first_us, last_us))
    day = local_reading(calendar.timezone, first_us).date() - timedelta(days=2)
    last_day = local_reading(calendar.timezone, last_us).date() + timedelta(days=2)
    while day <= last_day:
        for bound in (bound for opening in openings(calendar, day) for bound in opening):
            reading = datetime.combine(day, time()) + timedelta(minutes=bound)
            for fold in (0, 1):
                points.add((reading.replace(tzinfo=zone, fold=fold) - EPOCH) // MICROSECOND)
        day += timedelta(days=1)
    return sorted(point for point in points if first_us < point < last_us)


def clock_changes(timezone: str, first_us: int, last_us: int) -> Iterator[int]:
    """The moments of [first, last) at which the zone's clocks are changed: walks the hours, then the minutes.

    Since 1970 every change was on a whole minute of UTC.
    """
    hours = range(first_us // HOUR_US * HOUR_US, last_us + HOUR_US, HOUR_US)
    for (hour_us, before), (_, after) in pairwise((hour_us, offset_us(timezone, hour_us)) for hour_us in hours):
        if before != after:
            for minute_us in range(hour_us + MINUTE_US, hour_us + HOUR_US + MINUTE_US, MINUTE_US):
                if offset_us(timezone, minute_us) != offset_us(timezone, minute_us - MINUTE_US):
                    yield minute_us


def offset_us(timezone: str, moment_us: int) -> int:
    """Local clock reading minus UTC."""
    offset = (EPOCH + moment_us * MICROSECOND).astimezone(ZoneInfo(timezone)).utcoffset()
    assert offset is not None
    return offset // MICROSECOND


def local_reading(timezone: str, moment_us: int) -> datetime:
    """What a clock on the wall shows at a moment: a datetime without a zone."""
    moment = EPOCH + moment_us * MICROSECOND
    return moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None, fold=0)


def local_us(reading: datetime) -> int:
    """A reading as microseconds, as if the wall were in UTC."""
    return (reading.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
