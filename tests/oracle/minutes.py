"""Clocks of promises once more, minute by minute: the oracle of the oracle `clocks`, for cases of whole minutes.

It knows nothing of intervals and offsets. Of each minute it asks what the clock on the wall shows (zoneinfo), and
whether that reading lies in an opening; everything else is counting minutes. Answers and questions are those of
`clocks`, in microseconds.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from tests.oracle.business_time import DAY_US, EPOCH, MINUTE_US, openings
from tests.oracle.clocks import UNMEASURABLE, Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.oracle.business_time import PlainCalendar
    from tests.oracle.clocks import Item, Pause, Promise

DAY_MINUTES = 1440
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@lru_cache(maxsize=2000)
def readings_of_day(zone: str, day: int) -> list[datetime]:
    """What the clock shows in each minute of a UTC day."""
    midnight, there = EPOCH + day * DAY, ZoneInfo(zone)
    moments = (midnight + minute * MINUTE for minute in range(DAY_MINUTES))
    return [moment.astimezone(there).replace(tzinfo=None, fold=0) for moment in moments]


def reading_at(zone: str, minute: int) -> datetime:
    """What the clock shows in a minute (since 1970)."""
    day, place = divmod(minute, DAY_MINUTES)
    return readings_of_day(zone, day)[place]


def hours_of(calendar: PlainCalendar, begun: date) -> list[tuple[datetime, datetime]]:
    """The openings that begin on a date: from which reading until before which one."""
    midnight = datetime.combine(begun, time())
    return [(midnight + opens * MINUTE, midnight + closes * MINUTE) for opens, closes in openings(calendar, begun)]


def is_in(hours: Sequence[tuple[datetime, datetime]], reading: datetime) -> bool:
    """Whether a reading lies in one of these openings."""
    return any(opens <= reading < closes for opens, closes in hours)


def minute_of(zone: str, reading: datetime) -> int:
    """The last minute in which the clock shows a reading; of none the first that shows a later one."""
    around = (reading.replace(tzinfo=UTC) - EPOCH) // MINUTE
    days = range(around // DAY_MINUTES - 2, around // DAY_MINUTES + 3)
    minutes = [
        (day * DAY_MINUTES + place, shown) for day in days for place, shown in enumerate(readings_of_day(zone, day))
    ]
    shown = [minute for minute, shows in minutes if shows == reading]
    return shown[-1] if shown else next(minute for minute, shows in minutes if shows > reading)


class MinuteWorld:
    """Calendars by id, and the zones of the company and of the source."""

    def __init__(self, company: str, source: str, calendars: Mapping[str, PlainCalendar]) -> None:
        self.company, self.source, self.calendars = company, source, calendars
        self._open: dict[tuple[str, int], bytes] = {}
        self._business: dict[tuple[str, date], list[int]] = {}

    def is_open(self, id_: str, minute: int) -> bool:
        """Whether a calendar is open in a minute; asked once for all minutes of a UTC day."""
        day, place = divmod(minute, DAY_MINUTES)
        if (id_, day) not in self._open:
            calendar = self.calendars[id_]
            readings = readings_of_day(calendar.timezone, day)
            dates = {reading.date() for reading in readings}
            begun = dates | {shown - DAY for shown in dates}
            hours = [opening for shown in begun for opening in hours_of(calendar, shown)]
            self._open[id_, day] = bytes(is_in(hours, reading) for reading in readings)
        return bool(self._open[id_, day][place])

    def minutes_of_business_day(self, id_: str, begun: date) -> list[int]:
        """The first and the last minute that are open because an opening began on a date; none on no business day."""
        if (id_, begun) not in self._business:
            calendar = self.calendars[id_]
            first = (begun - date(1970, 1, 1)).days * DAY_MINUTES
            hours = hours_of(calendar, begun)
            around = range(first - DAY_MINUTES, first + 3 * DAY_MINUTES) if hours else ()
            of_day = [m for m in around if is_in(hours, reading_at(calendar.timezone, m))]
            self._business[id_, begun] = [of_day[0], of_day[-1]] if of_day else []
        return self._business[id_, begun]

    def business_days_later(self, id_: str, start: int, days: int) -> int:
        """The end of the n-th business day after the start's."""
        calendar = self.calendars[id_]
        reading = reading_at(calendar.timezone, start)
        day = reading.date()
        if not is_in(hours_of(calendar, day), reading) and is_in(hours_of(calendar, day - DAY), reading):
            day -= DAY
        place = reading - datetime.combine(day, time())
        for _ in range(days):
            day += DAY
            while not self.minutes_of_business_day(id_, day):
                day += DAY
        minute = minute_of(calendar.timezone, datetime.combine(day, time()) + place)
        if is_in(hours_of(calendar, day), reading_at(calendar.timezone, minute)):
            return minute
        closing = self.minutes_of_business_day(id_, day)[-1] + 1
        return closing if closing > minute else next(m for m in count(minute) if self.is_open(id_, m))


def answer(world: MinuteWorld, promise: Promise, item: Item, as_of: int) -> Answer:
    """What an item came to by as_of; of `dates` in days, all else in minutes."""
    is_dates, is_business = promise.clock == "dates", promise.clock.startswith("business")
    unit = 1 if is_dates else MINUTE_US
    now = as_of // MINUTE_US
    if is_dates:
        now = (reading_at(world.source, now).date() - date(1970, 1, 1)).days
    start, end = _by(now, item.start, unit), _by(now, item.end, unit)
    until = now if end is None else end
    if start is None or until < start or (is_business and item.calendar not in world.calendars):
        return UNMEASURABLE
    pauses = [_known(pause, now, unit) for pause in item.pauses]

    def opens(minute: int) -> bool:
        return not is_business or world.is_open(item.calendar or "", minute)

    paused = frozenset(m for begin, finish, _ in pauses if begin is not None for m in range(begin, finish))

    def is_paused(minute: int) -> bool:
        return minute in paused

    def runs(minute: int) -> bool:
        return not is_paused(minute) and opens(minute)

    used = sum(runs(minute) for minute in range(start, until))
    due = _due(world, promise, item, start, opens, is_paused)
    outcome = "late" if until > due else "open" if end is None else "met"
    outside = is_business and outcome == "met" and not used and not opens(start) and not opens(until)
    lasts = any(lasting and begin is not None and (end is None or begin < end) for begin, _, lasting in pauses)
    if is_dates:
        day = datetime(1970, 1, 1) + (due + 1) * DAY
        return Answer(outcome, used * DAY_US, None if lasts else minute_of(world.source, day) * MINUTE_US - 1, outside)
    return Answer(outcome, used * MINUTE_US, None if lasts else due * MINUTE_US, outside)


def _by(now: int, moment: int | None, unit: int) -> int | None:
    """A moment in minutes or days, if it has come."""
    return None if moment is None or moment // unit > now else moment // unit


def _known(pause: Pause, now: int, unit: int) -> tuple[int | None, int, bool]:
    """When a pause began and ended by now, and whether it lasts."""
    begin, end = _by(now, pause[0], unit), _by(now, pause[1], unit)
    return begin, now if end is None else end, end is None


def _due(
    world: MinuteWorld,
    promise: Promise,
    item: Item,
    start: int,
    opens: Callable[[int], bool],
    is_paused: Callable[[int], bool],
) -> int:
    """The last minute at whose beginning it is not late."""
    deadline, allowed = start, promise.amount if promise.clock == "dates" else promise.amount // MINUTE_US
    if promise.clock not in ("elapsed", "business", "dates"):
        deadline = _deadline(world, promise, item, start)
        allowed = sum(is_paused(minute) and opens(minute) for minute in range(start, deadline))
        if not allowed and not (opens(deadline) and is_paused(deadline)):
            return deadline
    for minute in count(deadline):
        if not is_paused(minute) and opens(minute):
            if not allowed:
                return minute
            allowed -= 1
    raise AssertionError("there is always another minute")


def _deadline(world: MinuteWorld, promise: Promise, item: Item, start: int) -> int:
    if promise.clock == "business_days":
        return world.business_days_later(item.calendar or "", start, promise.amount)
    reading = reading_at(world.company, start)
    if promise.clock == "calendar_days":
        return minute_of(world.company, reading + promise.amount * DAY)
    return minute_of(world.company, _months_later(reading, promise.amount))


def _months_later(reading: datetime, months: int) -> datetime:
    """The same day and time of a later month, or its last day: month by month."""
    year, month = reading.year, reading.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return reading.replace(year=year, month=month, day=min(reading.day, monthrange(year, month)[1]))
