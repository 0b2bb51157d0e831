"""How the clocks of a time zone are set over a stretch of time: what a VTIMEZONE of RFC 5545 is made of."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from aac.calendars import SECOND_US, clock_settings
from aac.periods import local_time
from aac.records import record


@record
class ClockSetting:
    """From ``from_us`` on clocks show UTC + ``offset``, and before that UTC + ``before``; offsets in seconds.

    ``name``: what people call it, `CET`; ``is_summer``: whether clocks are ahead of the zone's standard time.
    """

    from_us: int
    before: int
    offset: int
    name: str
    is_summer: bool


def settings_of(zone: str, first_us: int, until_us: int) -> tuple[ClockSetting, ...]:
    """The settings in force in [first, until), in order; the first one begins at ``first_us``."""
    found: list[ClockSetting] = []
    for begin, _, offset_us in clock_settings(ZoneInfo(zone), first_us, until_us):
        offset, local = offset_us // SECOND_US, local_time(begin, zone)
        before = found[-1].offset if found else offset
        shift = local.dst()
        found.append(ClockSetting(begin, before, offset, local.tzname() or zone, bool(shift and shift.days >= 0)))
    return tuple(found)


def as_calendars_read(day: date, at: time, zone: str) -> int:
    """The moment that RFC 5545 (3.3.5) means by a local time, in microseconds: one that does not exist is read with the
    offset before the gap, one that occurs twice is the first."""
    return int(datetime.combine(day, at, ZoneInfo(zone)).timestamp()) * SECOND_US
