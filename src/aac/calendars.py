"""Opening hours and holidays as open intervals and calendar rows: what business time is counted with (LANGUAGE §6).

Moments and spans are whole microseconds (``us``), moments since 1970-01-01T00:00Z. Openings are minutes after local
midnight. A ValueError of this module says what is wrong and, after its last semicolon, what to write instead.

A moment is open when its local clock reading lies in an opening. So intervals are first made of readings, as if local
clocks ran in UTC and were never changed; then each stretch of time between two changes of the clocks takes out the
readings that it shows. Hours that are lost or repeated need no rule of their own.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import field
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from itertools import islice, pairwise, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Openings = tuple[tuple[int, int], ...]
"""(opens, closes) in minutes after local midnight, in order; closes is above 1440 when that is on the next day."""
Interval = tuple[int, int]
"""(from, until) in microseconds, until excluded."""

MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_MINUTES = 1440
DAY_SECONDS = 86_400
DAY_US = DAY_SECONDS * SECOND_US
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
DAYS_A_CALENDAR = 65_536
"""Room for the UTC days of one calendar in a key: 1970-01-01 to 2149-06-05."""
SEARCH_US = 2 * DAY_US
"""How much of a calendar is looked at first for the end of a promise; then twice as much each time."""
END_US = int(datetime(2101, 1, 1, tzinfo=UTC).timestamp()) * SECOND_US
"""Data knows no moments after 2100 (LANGUAGE §3)."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHORT_DAYS = {
    "mo": "mon", "tu": "tue", "di": "tue", "we": "wed", "mi": "wed", "th": "thu", "do": "thu", "fr": "fri", "sa": "sat",
    "su": "sun", "so": "sun",
}  # fmt: skip
"""How days of two letters, and German ones, begin."""
TO = re.compile(r"\s*(?:-|–|—|\bto\b|\bbis\b)\s*")
TIME = r"([0-9]{1,2})(?:[:.]?([0-5][0-9]))?\s*(am|pm|uhr)?"
HABIT = re.compile(rf"{TIME}\s*(?:-|–|—|to|until|bis)\s*{TIME}")
"""How people write an opening otherwise."""
OPENING = re.compile(r"([0-9]{1,2}):([0-5][0-9]) ?- ?([0-9]{1,2}):([0-5][0-9])")


@record
class Calendar:
    """When people are at work. ``hours``: openings by weekday (0 is Monday); a weekday that is left out is closed.

    ``short`` holds the openings of single dates and goes before all else: whoever writes a date means that date.
    On ``closed`` dates and on the public ``holidays`` of a (country, region) nothing opens; what opened on the evening
    before runs on over midnight.

    It says what opens on local dates from ``first`` up to, not including, ``until`` (null: on all); on other dates one
    of ``others`` does, which are earlier and later versions of it, or nothing opens.
    """

    id: str
    timezone: str
    hours: Mapping[int, Openings]
    closed: frozenset[date] = frozenset()
    short: Mapping[date, Openings] = field(default_factory=dict[date, Openings])
    holidays: tuple[str, str | None] | None = None
    first: date | None = None
    until: date | None = None
    others: tuple[Calendar, ...] = ()

    def holds(self, day: date) -> bool:
        """Whether it is this version that says what opens on a date."""
        return (self.first is None or self.first <= day) and (self.until is None or day < self.until)

    def openings(self, day: date) -> Openings:
        """What opens on a local date."""
        version = self.version(day)
        return version.exceptions(day.year).get(day, version.hours.get(day.weekday(), ())) if version else ()

    def version(self, day: date) -> Calendar | None:
        """The one that says what opens on a date: this, or one of the others."""
        return next((version for version in (self, *self.others) if version.holds(day)), None)

    def exceptions(self, year: int) -> dict[date, Openings]:
        """What opens on those dates of a year on which it is not their weekday that says so."""
        public = public_holidays(*self.holidays, range(year, year + 1)) if self.holidays is not None else ()
        return {**dict.fromkeys((*self.closed, *public), ()), **self.short}


def parse_hours(text: str) -> Openings:
    """`09:00-12:00, 13:00-18:00`, `22:00-06:00` (closes on the next day), `00:00-24:00`, in order of opening.

    Raises ValueError for what is no opening, lasts no time or overlaps another.
    """
    openings = sorted((_opening(part.strip()), part.strip()) for part in text.split(","))
    for ((_, closes), former), ((opens, _), latter) in pairwise(openings):
        if opens < closes:
            raise ValueError(
                f"`{former}` and `{latter}` overlap; write openings that do not, as in `09:00-12:00, 13:00-18:00`"
            )
    return tuple(opening for opening, _ in openings)


def parse_weekdays(text: str) -> tuple[int, ...]:
    """A weekday or a range of them, `sat` or `mon-fri` (also `fri-mon`), as numbers: 0 is Monday.

    Raises ValueError for anything else.
    """
    first, dash, last = (part.strip() for part in text.lower().partition("-"))
    if not dash:
        last = first
    if first not in WEEKDAYS or last not in WEEKDAYS:
        advice = f"write a day or a range of {', '.join(WEEKDAYS)}, as in `sat` or `mon-fri`"
        raise ValueError(f"`{text}` is no weekday; {_meant_weekdays(text.lower()) or advice}")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return tuple((begin + step) % 7 for step in range((end - begin) % 7 + 1))


@cache
def public_holidays(country: str, region: str | None, years: range) -> frozenset[date]:
    """The public holidays of a country (ISO 3166-1 code) and region (ISO 3166-2 part, or its name), as observed.

    Raises ValueError when the library `holidays` does not know the country or region.
    """
    import holidays
    from holidays.registry import COUNTRIES

    names = {name.lower(): codes for codes in COUNTRIES.values() for name in codes}
    if country not in names.get(country.lower(), ())[1:]:
        close = get_close_matches(country.lower(), names, n=3)
        codes = dict.fromkeys(names[name][1] for name in close) or ("DE", "US")
        raise ValueError(f"no public holidays are known of the country `{country}`; write its code, as in {_or(codes)}")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=region, years=years))
    except NotImplementedError:
        known = holidays.country_holidays(country)
    regions = [*known.subdivisions, *known.subdivisions_aliases]
    choice = get_close_matches(str(region), regions, n=3) or known.subdivisions
    instead = f"write {_or(choice)}" if regions else "leave the region out"
    raise ValueError(f"no public holidays are known of the region `{region}` of `{country}`; {instead}")


def open_intervals(calendar: Calendar, first_us: int, last_us: int) -> list[Interval]:
    """The open time of [first, last): in order, disjoint, joined where it touches."""
    readings = _joined(_open_readings(calendar, first_us // DAY_US, last_us // DAY_US))
    found: list[Interval] = []
    for begin, end, offset in clock_settings(ZoneInfo(calendar.timezone), first_us, last_us):
        shown = bisect_right(readings, begin + offset, key=itemgetter(1))
        for opens, closes in islice(readings, shown, None):
            if opens >= end + offset:
                break
            found.append((max(opens - offset, begin), min(closes - offset, end)))
    return _joined(found)


def open_us(calendar: Calendar, first_us: int, last_us: int) -> int:
    """Open time in [first, last); 0 when last is not after first."""
    return sum(until - begin for begin, until in open_intervals(calendar, first_us, last_us))


def due_us(calendar: Calendar, start_us: int, promised_us: int) -> int | None:
    """The last moment that still counts as met: up to it no more than ``promised_us`` was open since the start.

    Time stands still while closed, so a promise that runs out at closing is due at the next opening. Null when the
    calendar does not open for that long before 2101.
    """
    left, begin, search = promised_us, start_us, SEARCH_US
    while begin < END_US:
        for opens, closes in open_intervals(calendar, begin, min(begin + search, END_US)):
            if left < closes - opens:
                return opens + left
            left -= closes - opens
        begin, search = begin + search, 2 * search
    return None


class OpenDays(NamedTuple):
    """Open time by UTC day: of each from ``first`` on (days since 1970) the time from its midnight to each of its
    ``bounds``: opens, closes, opens, closes, …"""

    first: int
    bounds: list[tuple[int, ...]]


def open_days(calendar: Calendar, first_us: int, last_us: int) -> OpenDays:
    """The open time of each UTC day from that of first to that of last.

    Raises ValueError when days lie outside 1970-01-01 to 2149-06-05, for which keys of rows have no room.
    """
    if first_us < 0 or last_us >= DAYS_A_CALENDAR * DAY_US:
        raise ValueError("a calendar has room for the days of 1970 to 2148; ask for fewer")
    first, last = first_us // DAY_US, last_us // DAY_US
    # Days that show the same hours of the same four dates are alike: local dates are at most a day from UTC's, and what
    # shows on a date began on it or the day before.
    hours = [openings for _, openings in openings_by_day(calendar, first - 2, last + 1)]
    settings = clock_settings(ZoneInfo(calendar.timezone), first * DAY_US, (last + 1) * DAY_US)
    around = zip(hours, hours[1:], hours[2:], hours[3:], offsets_by_day(settings, first, last), strict=False)
    known: dict[object, tuple[int, ...]] = {}
    bounds: list[tuple[int, ...]] = []
    for day, alike in enumerate(around, first):
        found = known.get(alike)
        if found is None:
            opened = open_intervals(calendar, day * DAY_US, (day + 1) * DAY_US)
            found = tuple(bound - day * DAY_US for interval in opened for bound in interval)
            if alike[-1] is not None:
                known[alike] = found
        bounds.append(found)
    return OpenDays(first, bounds)


def offsets_by_day(settings: Iterable[tuple[int, int, int]], first_day: int, last_day: int) -> Iterator[int | None]:
    """Local reading - UTC on each UTC day from first to last, null on those on which clocks are changed.

    ``settings``: (from, until, offset) of the clocks over all these days, in order.
    """
    for begin, end, offset in settings:
        start, until = max(begin, first_day * DAY_US), min(end, (last_day + 1) * DAY_US)
        if start < until and start % DAY_US:
            yield None
        yield from repeat(offset, until // DAY_US - -(-start // DAY_US))


def due_in(opened: OpenDays, start_us: int, promised_us: int) -> int | None:
    """The same as `due_us`, found faster; null when it does not lie in the days whose open time is known."""
    day = start_us // DAY_US
    left, begun, first = promised_us, start_us - day * DAY_US, day - opened.first
    for place in range(first, len(opened.bounds)) if first >= 0 else ():
        bounds = opened.bounds[place]
        for opens, closes in zip(bounds[::2], bounds[1::2], strict=True):
            open_here = closes - max(opens, begun)
            if left < open_here:
                return day * DAY_US + closes - open_here + left
            left -= max(0, open_here)
        day, begun = day + 1, 0
    return None


def busiest_day(opened: Iterable[OpenDays]) -> int:
    """The most open intervals that a UTC day of any calendar has, at least 1."""
    return max([1, *(len(bounds) // 2 for days in opened for bounds in set(days.bounds))])


def calendar_rows(opened: OpenDays, number: int, segments: int) -> Iterator[tuple[int, ...]]:
    """One row (key, open_before, opens_1, closes_1, …, opens_n, closes_n) a UTC day.

    ``key`` is number * 65536 + days since 1970. ``open_before`` is the open time between the first row's midnight and
    this one's. ``segments`` is n, at least the `busiest_day`; those that a day does not need stand at its end and are
    empty. Open time up to a moment t of the day is open_before + Σ greatest(0, least(t, closes_i) - opens_i).
    """
    open_before = 0
    for day, bounds in enumerate(opened.bounds, opened.first):
        midnight, unused = day * DAY_US, [(day + 1) * DAY_US] * (2 * segments - len(bounds))
        yield (number * DAYS_A_CALENDAR + day, open_before, *(midnight + bound for bound in bounds), *unused)
        open_before += sum(bounds[1::2]) - sum(bounds[::2])


def openings_by_day(calendar: Calendar, first_day: int, last_day: int) -> Iterator[tuple[int, Openings]]:
    """Each local date from first to last, in days since 1970, and what opens on it."""
    versions = (calendar, *calendar.others)
    changes = [day for version in versions for day in (version.first, version.until) if day is not None]
    day = first_day
    while day <= last_day:
        # up to the end of a year, or to where another version begins
        here = date.fromordinal(EPOCH_ORDINAL + day)
        until = min([date(here.year + 1, 1, 1), *(change for change in changes if change > here)])
        version = calendar.version(here)
        weekly = [version.hours.get(weekday, ()) if version else () for weekday in range(7)]
        exceptions = version.exceptions(here.year) if version else {}
        special = {one.toordinal() - EPOCH_ORDINAL: openings for one, openings in exceptions.items()}
        following = min(last_day + 1, until.toordinal() - EPOCH_ORDINAL)
        for one in range(day, following):
            yield one, special.get(one, weekly[(one + EPOCH_WEEKDAY) % 7])
        day = following


def _open_readings(calendar: Calendar, first_day: int, last_day: int) -> Iterator[Interval]:
    """The openings that UTC days first to last can show, in order, as microseconds of local readings taken for UTC.

    Local dates are at most a day from UTC's, and what shows on a date began on it or the day before.
    """
    for day, openings in openings_by_day(calendar, first_day - 2, last_day + 1):
        for opens, closes in openings:
            yield day * DAY_US + opens * MINUTE_US, day * DAY_US + closes * MINUTE_US


def clock_settings(zone: ZoneInfo, first_us: int, last_us: int) -> Iterator[tuple[int, int, int]]:
    """[first, last) in stretches (from, until, local reading - UTC), parted where the zone's clocks are changed."""
    # Looking once in five days is enough: since 1970 no zone changed its clocks twice within six days.
    last = last_us // SECOND_US
    seconds = [*range(first_us // SECOND_US, last, 5 * DAY_SECONDS), last]
    begin, offset = first_us, _offset(zone, seconds[0])
    for second, later in pairwise(seconds):
        following = _offset(zone, later)
        if following != offset:
            change = _clock_change(zone, second, later) * SECOND_US
            yield begin, change, offset // MICROSECOND
            begin, offset = change, following
    if begin < last_us:
        yield begin, last_us, offset // MICROSECOND


@cache
def hours_after_gaps(zone: str, first_us: int, last_us: int) -> tuple[int, ...]:
    """The hours of UTC (0 to 23) in which local times of [first, last) end up that clocks skip as they are set forward,
    when these are read with the offset from before."""
    settings = list(clock_settings(ZoneInfo(zone), first_us, last_us))
    hours = {
        hour % 24
        for (_, change, before), (_, _, after) in pairwise(settings)
        for hour in range(change // HOUR_US, -((before - after - change) // HOUR_US))
    }
    return tuple(sorted(hours))


def _clock_change(zone: ZoneInfo, second: int, later: int) -> int:
    """The first second in (second, later] at which clocks are set differently than before."""
    before, seconds = _offset(zone, second), range(second, later + 1)
    return seconds[bisect_left(seconds, True, key=lambda at: _offset(zone, at) != before)]


def _offset(zone: ZoneInfo, second: int) -> timedelta:
    """Local clock reading minus UTC at a second since 1970."""
    return datetime.fromtimestamp(second, zone).utcoffset() or timedelta()


def _joined(intervals: Iterable[Interval]) -> list[Interval]:
    """Intervals that come in order, with those made one that touch or overlap."""
    joined: list[Interval] = []
    for opens, closes in intervals:
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(closes, joined[-1][1]))
        else:
            joined.append((opens, closes))
    return joined


def _opening(text: str) -> Interval:
    """`22:00-06:00` as minutes after midnight."""
    found = OPENING.fullmatch(text)
    hours = (int(found[1]), int(found[3])) if found else (25, 25)
    if found is None or max(hours) > 24:
        advice = _meant_opening(text.lower()) or "write when it opens and closes, as in `09:00-17:00`"
        raise ValueError(f"`{text}` is no opening; {advice}")
    opens, closes = hours[0] * 60 + int(found[2]), hours[1] * 60 + int(found[4])
    if max(opens + 1, closes) > DAY_MINUTES or opens == closes:
        raise ValueError(f"`{text}` is no opening; write `00:00-24:00` for a whole day, and `24:00` only to close")
    return opens, closes if closes > opens else closes + DAY_MINUTES


def _meant_weekdays(text: str) -> str | None:
    """What to write instead of weekdays such as `Monday to Friday`, `Mo-Fr` or `all`."""
    text = {"all": "mon-sun", "daily": "mon-sun", "every day": "mon-sun", "weekdays": "mon-fri"}.get(text, text)
    named = [part.strip() for part in TO.split(text)]
    days = [
        (day[:3] if day[:3] in WEEKDAYS else SHORT_DAYS.get(day[:2])) if day.rstrip(".").isalpha() else None
        for day in named
    ]
    return f"did you mean `{'-'.join(filter(None, days))}`?" if None not in days and len(days) <= 2 else None


def _meant_opening(text: str) -> str | None:
    """What to write instead of an opening such as `9-5`, `9am to 5pm` or one with a long dash."""
    found = HABIT.fullmatch(text.strip("“”„"))
    if found is None:
        return None
    opens, closes = _hour(found[1], found[3]), _hour(found[4], found[6])
    if found[6] is None and closes < opens < 12:
        closes += 12
    if max(opens, closes) > 24 or opens == closes:
        return None
    return f"did you mean `{opens:02}:{found[2] or '00'}-{closes:02}:{found[5] or '00'}`?"


def _hour(number: str, half: str | None) -> int:
    """The hour from 0 that is meant by `12 am`, `5 pm` or `17`."""
    return int(number) % 12 + 12 * (half == "pm") if half in ("am", "pm") else int(number)


def _or(words: Iterable[str]) -> str:
    return " or ".join(f"`{word}`" for word in words)
