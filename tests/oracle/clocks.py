"""Clocks of promises by the letter of LANGUAGE §6 and §7: one item at a time, walking open intervals in plain integers.

A moment is open when its local reading lies in an opening. Between two changes of the clocks a reading is the moment
plus one offset, so that the open moments of an opening are intervals. What runs is what is open and not paused; the
rest follows by adding up lengths.

Moments and spans are microseconds (UTC, since 1970), readings the same as if the wall were in UTC, dates days since
1970. A clock between dates counts days instead of microseconds, with the same functions.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, cached_property
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from tests.oracle.business_time import DAY_US, MINUTE_US, PlainCalendar, clock_changes, offset_us, openings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

EPOCH = date(1970, 1, 1)
NEVER = 1 << 60
"""Later than every moment and every date."""
Interval = tuple[int, int]
Pause = tuple[int | None, int | None]
"""From when until when; an unknown end has not come yet."""
ALWAYS: tuple[Interval, ...] = ((-NEVER, NEVER),)


class Promise(NamedTuple):
    """How long, and on which clock: `elapsed`, `business`, `calendar_days`, `months`, `business_days` or `dates`.

    ``amount`` is in microseconds on the first two, else so many days or months.
    """

    clock: str
    amount: int


class Item(NamedTuple):
    """What was promised once. Moments may be unknown, or later than as_of; of `dates` they are dates."""

    start: int | None
    end: int | None
    calendar: str | None = None
    pauses: tuple[Pause, ...] = ()


class Answer(NamedTuple):
    """How an item ended; the time used in microseconds on the promise's own clock; the last moment that is met.

    Of an unmeasurable item nothing else is known; ``due`` is also unknown after an open pause, or if nothing opens.
    """

    outcome: str
    used: int | None = None
    due: int | None = None
    outside_hours: bool = False


UNMEASURABLE = Answer("unmeasurable")


# Clocks on the wall


@dataclass(frozen=True)
class WallClock:
    """What clocks show in a zone: from ``turns[i]`` on ``offsets[i]`` more than UTC."""

    turns: Sequence[int]
    offsets: Sequence[int]

    def reading(self, moment: int) -> int:
        """What the clock shows at a moment."""
        return moment + self.offsets[bisect_right(self.turns, moment) - 1]

    def spans(self) -> Iterator[tuple[int, int, int]]:
        """From when until when which offset holds."""
        for (begin, end), offset in zip(pairwise([*self.turns, NEVER]), self.offsets, strict=True):
            yield begin, end, offset

    def moment(self, reading: int) -> int:
        """When the clock shows a reading: of two moments the second, of none the first after it."""
        shown = [reading - offset for begin, end, offset in self.spans() if begin <= reading - offset < end]
        return max(shown) if shown else min(begin for begin, _, offset in self.spans() if begin + offset > reading)

    def midnight(self, day: int) -> int:
        """The first moment of a date."""
        return self.moment(day * DAY_US)


@cache
def wall_clock(zone: str, first: int, last: int) -> WallClock:
    """The clock of a zone for all that happens in [first, last)."""
    turns = [first, *clock_changes(zone, first, last)]
    return WallClock(turns, [offset_us(zone, turn) for turn in turns])


# Intervals: in order, and apart from each other


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """All that is in one of them."""
    found: list[Interval] = []
    for begin, end in sorted(intervals):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif begin < end:
            found.append((begin, end))
    return found


def cut(intervals: Sequence[Interval], first: int, last: int) -> Iterator[Interval]:
    """What of them lies in [first, last)."""
    nearest = max(0, bisect_left(intervals, (first, first)) - 1)
    for begin, end in islice(intervals, nearest, None):
        if begin >= last:
            return
        if max(begin, first) < min(end, last):
            yield max(begin, first), min(end, last)


def without(intervals: Iterable[Interval], holes: Sequence[Interval]) -> Iterator[Interval]:
    """What of them lies in none of the holes."""
    for begin, end in intervals:
        for hole, hole_end in cut(holes, begin, end):
            if begin < hole:
                yield begin, hole
            begin = hole_end
        if begin < end:
            yield begin, end


def length(intervals: Iterable[Interval]) -> int:
    """How long they are together."""
    return sum(end - begin for begin, end in intervals)


def is_in(intervals: Sequence[Interval], moment: int) -> bool:
    """Whether a moment lies in one of them."""
    return any(cut(intervals, moment, moment + 1))


# Opening hours


@dataclass(frozen=True)
class OpenHours:
    """The opening hours of a calendar for all that happens in [first, last)."""

    calendar: PlainCalendar
    first: int
    last: int

    @cached_property
    def clock(self) -> WallClock:
        return wall_clock(self.calendar.timezone, self.first, self.last)

    @cached_property
    def by_day(self) -> dict[int, list[Interval]]:
        """When the openings that begin on a date are open. A date that has no such moment is left out."""
        days = range(self.first // DAY_US - 2, self.last // DAY_US + 3)
        found = {day: union(self._open_moments(day)) for day in days}
        return {day: intervals for day, intervals in found.items() if intervals}

    @cached_property
    def intervals(self) -> list[Interval]:
        """When it is open."""
        return union(interval for intervals in self.by_day.values() for interval in intervals)

    def readings(self, day: int) -> list[Interval]:
        """The openings that begin on a date, as readings."""
        hours = openings(self.calendar, EPOCH + timedelta(days=day))
        return [(day * DAY_US + opens * MINUTE_US, day * DAY_US + closes * MINUTE_US) for opens, closes in hours]

    def _open_moments(self, day: int) -> Iterator[Interval]:
        for opens, closes in self.readings(day):
            for begin, end, offset in self.clock.spans():
                yield max(begin, opens - offset), max(begin, min(end, closes - offset))

    def is_reading_of(self, day: int, reading: int) -> bool:
        """Whether a reading lies in an opening that begins on a date."""
        return any(opens <= reading < closes for opens, closes in self.readings(day))

    def business_days_later(self, start: int, days: int) -> int:
        """The end of the n-th business day after the start's, by its place in the day (LANGUAGE §6).

        A shift that began on the day before keeps its day, unless the start's own day is open then too.
        """
        reading = self.clock.reading(start)
        base = reading // DAY_US
        if self.is_reading_of(base - 1, reading) and not self.is_reading_of(base, reading):
            base -= 1
        following = (day for day in self.by_day if day > base)
        target = next(islice(following, days - 1, None))
        moment = self.clock.moment(reading + (target - base) * DAY_US)
        if self.is_reading_of(target, self.clock.reading(moment)):
            return moment
        closing = self.by_day[target][-1][1]
        return closing if closing > moment else next(cut(self.intervals, moment, NEVER))[0]


# Clocks


@dataclass(frozen=True)
class World:
    """Calendars by id, the zones of the company and of the source, and the span in which all happens."""

    company: str
    source: str
    calendars: Mapping[str, PlainCalendar]
    first: int
    last: int

    @cached_property
    def hours(self) -> Mapping[str, OpenHours]:
        return {id_: OpenHours(calendar, self.first, self.last) for id_, calendar in self.calendars.items()}

    @cached_property
    def company_clock(self) -> WallClock:
        return wall_clock(self.company, self.first, self.last)

    @cached_property
    def source_clock(self) -> WallClock:
        return wall_clock(self.source, self.first, self.last)


def answer(world: World, promise: Promise, item: Item, as_of: int) -> Answer:
    """What an item came to by as_of (LANGUAGE §7)."""
    hours = world.hours.get(item.calendar or "")
    now = world.source_clock.reading(as_of) // DAY_US if promise.clock == "dates" else as_of
    if item.start is None or item.start > now or (hours is None and promise.clock.startswith("business")):
        return UNMEASURABLE
    start, end = item.start, now if item.end is None or item.end > now else item.end
    if end < start:
        return UNMEASURABLE
    is_done = item.end is not None and item.end <= now
    opens = hours.intervals if hours is not None and promise.clock.startswith("business") else ALWAYS
    pauses, lasting = known_pauses(item.pauses, now)
    used = length(without(cut(opens, start, end), pauses))
    due = due_of(world, promise, item, pauses)
    outcome = "late" if due is not None and end > due else "met" if is_done else "open"
    is_unplanned = any(begin < end or not is_done for begin in lasting)
    outside = (
        opens is not ALWAYS and outcome == "met" and not used and not is_in(opens, start) and not is_in(opens, end)
    )
    if promise.clock == "dates":
        used, due = used * DAY_US, None if due is None else world.source_clock.midnight(due + 1) - 1
    return Answer(outcome, used, None if is_unplanned else due, outside)


def known_pauses(pauses: Iterable[Pause], now: int) -> tuple[list[Interval], list[int]]:
    """What is known of pauses by now, taken together; and when those began that still last, up to now."""
    begun = [(begin, end) for begin, end in pauses if begin is not None and begin <= now]
    over = [(begin, end) for begin, end in begun if end is not None and end <= now]
    lasting = [begin for begin, end in begun if end is None or end > now]
    return union([*over, *((begin, now) for begin in lasting)]), lasting


def due_of(world: World, promise: Promise, item: Item, pauses: Sequence[Interval]) -> int | None:
    """The last moment (of `dates`: date) that is met: afterwards more was used than promised, or a deadline is over."""
    start, clock = item.start, promise.clock
    assert start is not None
    if clock in ("elapsed", "dates"):
        return runs_out(ALWAYS, pauses, start, promise.amount)
    if clock == "business":
        return runs_out(world.hours[item.calendar or ""].intervals, pauses, start, promise.amount)
    if clock == "business_days":
        hours = world.hours[item.calendar or ""]
        return moved(hours.business_days_later(start, promise.amount), hours.intervals, pauses, start)
    local = world.company_clock
    later = days_later if clock == "calendar_days" else months_later
    return moved(later(local, start, promise.amount), ALWAYS, pauses, start)


def runs_out(opens: Sequence[Interval], pauses: Sequence[Interval], start: int, promised: int) -> int | None:
    """The last moment by which no more than ``promised`` ran since ``start``: time stands still while nothing runs."""
    left = promised
    for begin, end in without(cut(opens, start, NEVER), pauses):
        if end - begin > left:
            return begin + left
        left -= end - begin
    return None


def moved(deadline: int, opens: Sequence[Interval], pauses: Sequence[Interval], start: int) -> int | None:
    """A deadline, later by the open time that was paused until then, and by pauses on the way.

    What begins once the time is up moves nothing: only a pause of open time can hold it at the deadline itself.
    """
    paused = sum(length(cut(opens, begin, end)) for begin, end in cut(pauses, start, deadline))
    if not paused and not (is_in(opens, deadline) and is_in(pauses, deadline)):
        return deadline
    return runs_out(opens, pauses, deadline, paused)


def days_later(clock: WallClock, start: int, days: int) -> int:
    """The moment of the same reading so many dates later."""
    return clock.moment(clock.reading(start) + days * DAY_US)


def months_later(clock: WallClock, start: int, months: int) -> int:
    """The moment of the same reading on the same day of a later month, or on its last day."""
    day, time = divmod(clock.reading(start), DAY_US)
    begun = EPOCH + timedelta(days=day)
    year, month = divmod(begun.year * 12 + begun.month - 1 + months, 12)
    after = date(year + (month == 11), (month + 1) % 12 + 1, 1)  # the first day of the month after that
    then = min(date(year, month + 1, 1) + timedelta(days=begun.day - 1), after - timedelta(days=1))
    return clock.moment((then - EPOCH).days * DAY_US + time)
