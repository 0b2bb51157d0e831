"""Random promises in time: calendars, items and pauses, the same for the same seed.

Most moments are deliberate: where hours open and close, where clocks are changed, at the deadline and a hair beside it,
at as_of. A hair is a microsecond, or a minute where all is in whole minutes.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tests.oracle.business_time import DAY_US, HOUR_US, MINUTE_US, PlainCalendar
from tests.oracle.clocks import EPOCH, Item, Promise, World, due_of, known_pauses

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.oracle.clocks import OpenHours, Pause, WallClock

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
)
ERAS = ((date(2011, 2, 1), date(2012, 10, 1)), (date(2025, 2, 1), date(2026, 11, 20)))
"""St John's changed its clocks at 00:01, and Apia left out a day; Casablanca turns its clocks back for Ramadan."""
AHEAD_DAYS = 250
"""For how long hours are known behind the last moment: deadlines lie there."""
PROMISES: Mapping[str, Promise] = {
    "30 minutes": Promise("elapsed", 30 * MINUTE_US),
    "2 days": Promise("elapsed", 2 * DAY_US),
    "30 business minutes": Promise("business", 30 * MINUTE_US),
    "4 business hours": Promise("business", 4 * HOUR_US),
    "20 business hours": Promise("business", 20 * HOUR_US),
    "1 business days": Promise("business_days", 1),
    "5 business days": Promise("business_days", 5),
    "1 calendar days": Promise("calendar_days", 1),
    "7 calendar days": Promise("calendar_days", 7),
    "1 months": Promise("months", 1),
    "3 months": Promise("months", 3),
    "3 days": Promise("dates", 3),
}
HOURS: tuple[tuple[range, tuple[tuple[int, int], ...]], ...] = (
    (range(5), ((540, 1020),)),
    (range(5), ((540, 720), (780, 1080))),  # in America there are three in some UTC days
    (range(6), ((360, 540), (720, 840), (1080, 1410))),
    (range(7), ((1320, 1800),)),
    (range(5), ((1320, 1800),)),
    (range(7), ((0, 1440),)),
    (range(5), ((0, 1440),)),
    (range(7), ((90, 150), (165, 195))),
    (range(7), ((0, 1), (15, 75), (1380, 1440))),
    (range(5), ((1200, 2520),)),
    (range(7), ((0, 240), (1320, 1800))),  # opens while yesterday's night shift is still there
    (range(4), ((1410, 1470),)),
)
"""Weekdays, and what opens on them in minutes after midnight."""
NOWHERE = "nowhere"
"""A calendar that does not exist."""
LONG_DAYS = 14


class Case(NamedTuple):
    """An item of one promise (a key of `PROMISES`); ``pauses`` are in `Item`, whether they count is ``is_paused``."""

    key: str
    promise: str
    is_paused: bool
    item: Item


@dataclass(frozen=True)
class Batch:
    """Cases that are asked at one as_of."""

    world: World
    as_of: int
    cases: Sequence[Case]


def batch(seed: int, size: int, *, hair: int = 1, days: int | None = None) -> Batch:
    """A batch of cases. All their moments are multiples of ``hair``; they lie in at most so many ``days``."""
    return Chance(seed, hair, days).batch(size)


class Chance:
    """Everything that is drawn for one batch."""

    def __init__(self, seed: int, hair: int, days: int | None) -> None:
        self.random = Random(seed)
        self.grid = hair
        begin, end = self.random.choice(ERAS)
        if days is not None:
            begin += timedelta(days=self.random.randrange((end - begin).days - days))
            end = begin + timedelta(days=days)
        self.begin, self.end = ((day - EPOCH).days * DAY_US for day in (begin, end))
        company = self.random.choice(ZONES)
        source = self.random.choice([company, self.random.choice(ZONES)])
        ahead = self.end + AHEAD_DAYS * DAY_US
        calendars = {f"c{number}": self.calendar(zone) for number, zone in enumerate([*ZONES, *ZONES[:4]])}
        self.world = World(company, source, calendars, self.begin - 40 * DAY_US, ahead)
        self.as_of = self.end
        turning = max(self.turning(self.world.company_clock) for _ in range(4))
        self.as_of = self.on_grid(self.random.choice([self.late_moment(), turning]))

    # Calendars

    def calendar(self, zone: str) -> PlainCalendar:
        weekdays, openings = self.random.choice(HOURS)
        if self.random.randrange(3) == 0:
            weekdays, openings = range(self.random.randrange(1, 8)), self.openings()
        hours = dict.fromkeys(weekdays, openings)
        if self.random.randrange(3) == 0:
            hours[self.random.choice(weekdays)] = self.openings()
        closed = frozenset(self.day() for _ in range(self.random.randrange(30)))
        short = {day: self.openings() for day in (self.day() for _ in range(self.random.randrange(30)))}
        return PlainCalendar(zone, hours, closed - short.keys(), short)

    def openings(self) -> tuple[tuple[int, int], ...]:
        """Up to three openings of a day that do not overlap, the last perhaps over midnight."""
        bounds = sorted(
            self.random.sample(range(0, 1441, self.random.choice([1, 15, 30])), 2 * self.random.choice([1, 1, 2, 3]))
        )
        found = list(zip(bounds[::2], bounds[1::2], strict=True))
        if self.random.randrange(3) == 0 and found[-1][0] > 1:
            opens = found[-1][0]
            found[-1] = (opens, self.random.randrange(1441, opens + 1440))
        return tuple(found)

    def day(self) -> date:
        return EPOCH + timedelta(days=self.random.randrange(self.begin // DAY_US, self.end // DAY_US))

    # Moments

    def hair(self) -> int:
        return self.random.choice([-self.grid, self.grid, 0, 0, 0])

    def on_grid(self, moment: int) -> int:
        """A moment, or a date, which is a small number, as it may stand in a case."""
        return moment if moment < DAY_US else moment // self.grid * self.grid

    def anywhen(self) -> int:
        """Any moment, more often one that people write down."""
        moment = self.random.randrange(self.begin, self.end)
        return moment // (step := self.random.choice([1, MINUTE_US, 15 * MINUTE_US, HOUR_US])) * step

    def late_moment(self) -> int:
        return self.random.randrange(self.end - (self.end - self.begin) // 3, self.end)

    def turning(self, clock: WallClock, days: int = 0) -> int:
        """A moment in the hours around a change of clocks, or so many local days before them."""
        turns = [turn for turn in clock.turns[1:] if self.begin <= turn < self.end]
        if not turns:
            return self.anywhen()
        moment = self.random.choice(turns) + 15 * MINUTE_US * self.random.randrange(-12, 13) + self.hair()
        return clock.moment(clock.reading(moment) - days * DAY_US)

    def missing(self, clock: WallClock, days: int) -> int:
        """So many local days before a reading that does not exist or occurs twice."""
        turns = [turn for turn in clock.turns[1:] if self.begin <= turn < self.end]
        if not turns:
            return self.anywhen()
        turn = self.random.choice(turns)
        first, last = sorted((clock.reading(turn), clock.reading(turn - 1)))
        reading = first + self.random.choice([0, (last - first) // 4, (last - first) // 2, last - first])
        return clock.moment(reading + self.hair() - days * DAY_US)

    def bound(self, hours: OpenHours, after: int | None = None) -> int:
        """A moment at which a calendar opens or closes, perhaps on one of the next days after another."""
        days = [*hours.by_day]
        place = bisect_left(days, (self.anywhen() if after is None else after) // DAY_US)
        openings = hours.by_day[days[place + self.random.randrange(4)]]
        return self.random.choice(self.random.choice(openings)) + self.hair()

    def before_as_of(self, promise: Promise, hours: OpenHours | None) -> int:
        """A moment since which the promise runs out at as_of."""
        if promise.clock == "business" and hours is not None:
            left = promise.amount
            for begin, end in reversed(hours.intervals[: bisect_left(hours.intervals, (self.as_of, 0))]):
                end = min(end, self.as_of)
                if end - begin >= left:
                    return end - left + self.hair()
                left -= end - begin
        length = promise.amount if promise.clock == "elapsed" else self.random.randrange(3) * promise.amount * DAY_US
        return self.as_of - length + self.hair()

    # Items

    def batch(self, size: int) -> Batch:
        names = [*PROMISES]
        cases = [self.case(f"k{number}", self.random.choice(names)) for number in range(size)]
        return Batch(self.world, self.as_of, cases)

    def case(self, key: str, name: str) -> Case:
        promise = PROMISES[name]
        is_paused = self.random.randrange(2) == 0
        calendar = self.random.choice([*self.world.calendars] * 3 + [NOWHERE, None])
        item = self.dates(promise) if promise.clock == "dates" else self.moments(promise, calendar)
        return Case(key, name, is_paused, item if is_paused else item._replace(pauses=()))

    def moments(self, promise: Promise, calendar: str | None) -> Item:
        hours = self.world.hours.get(calendar or "", self.any_hours)
        start = self.on_grid(self.start(promise, hours))
        bare = Item(start, None, calendar)
        points = [self.anywhen(), start, self.as_of, self.bound(hours, start), self.due(promise, bare, hours)]
        pauses = self.pauses(
            points, [0, -self.grid, self.grid, *(hours * HOUR_US for hours in (-30, -3, -1, 1, 5, 20))]
        )
        end = self.end_of(promise, bare._replace(pauses=pauses), hours)
        if self.random.randrange(40) == 0:
            return Item(None, end, calendar, pauses)
        return Item(start, end, calendar, pauses)

    @cached_property
    def any_hours(self) -> OpenHours:
        return self.world.hours[self.random.choice([*self.world.calendars])]

    def start(self, promise: Promise, hours: OpenHours) -> int:
        clock = hours.clock if promise.clock.startswith("business") else self.world.company_clock
        days = promise.amount if promise.clock.endswith("days") else self.random.randrange(3)
        match self.random.randrange(8):
            case 0 | 1:
                return self.anywhen()
            case 2 | 3:
                return self.bound(hours)
            case 4:
                return self.turning(clock, self.random.choice([0, days]))
            case 5:
                return self.missing(clock, self.random.choice([0, days]))
            case 6:
                return self.before_as_of(promise, hours)
            case _:
                return self.as_of - self.random.randrange(3 * DAY_US)

    def due(self, promise: Promise, item: Item, hours: OpenHours) -> int:
        """When an item is due, as far as its pauses are known; without a calendar by some other one."""
        if promise.clock.startswith("business") and item.calendar not in self.world.calendars:
            item = item._replace(calendar=next(id_ for id_, known in self.world.hours.items() if known is hours))
        pauses, _ = known_pauses(item.pauses, self.as_of)
        due = due_of(self.world, promise, item, pauses)
        return self.as_of if due is None else due

    def end_of(self, promise: Promise, item: Item, hours: OpenHours) -> int | None:
        start = item.start
        assert start is not None
        match self.random.randrange(16):
            case 0 | 1 | 2:
                return None
            case 3 | 4 | 5 | 6 | 7:
                found = self.due(promise, item, hours) + self.hair()
            case 8 | 9:
                found = self.bound(hours, start)
            case 10:
                found = start + self.random.choice([0, self.grid, self.random.randrange(HOUR_US)])
            case 11:
                found = start - self.random.choice([self.grid, self.grid, self.random.randrange(DAY_US)])
            case 12:
                found = self.turning(hours.clock)
            case _:
                found = start + self.random.randrange(self.random.choice([1, 3, LONG_DAYS]) * DAY_US)
        # a reply long after the promise ran out is no longer interesting
        return self.on_grid(min(found, start + 120 * DAY_US))

    # Pauses

    def pauses(self, points: Sequence[int], steps: Sequence[int]) -> tuple[Pause, ...]:
        """None, one or several: from one of the points, or a step beside it, to another."""

        def pause() -> Pause:
            begin, end = (self.on_grid(self.random.choice(points) + self.random.choice(steps)) for _ in range(2))
            if end < begin and self.random.randrange(8):
                begin, end = end, begin
            return begin if self.random.randrange(30) else None, end if self.random.randrange(6) else None

        return tuple(pause() for _ in range(self.random.choice([0, 1, 1, 1, 2, 3, 4])))

    # Dates

    def dates(self, promise: Promise) -> Item:
        """A clock between dates: pauses are between dates, too."""
        clock = self.world.source_clock
        now = clock.reading(self.as_of) // DAY_US
        start = self.random.choice([self.anywhen() // DAY_US, now - self.random.randrange(-1, 8)])
        pauses = self.pauses([start, start + promise.amount, now, start + 1], [-2, -1, 0, 0, 0, 1, 3])
        bare = Item(start, None, None, pauses)
        due = due_of(self.world, promise, bare, known_pauses(pauses, now)[0])
        assert due is not None
        near = due + self.random.choice([-1, 0, 0, 1, 1, 2])
        end = self.random.choice([None, near, near, near, start, start - 1, start + self.random.randrange(20)])
        return Item(start if self.random.randrange(40) else None, end, None, pauses)
