"""Calendar days, months and business days as calendar rows: at which moment so much time later is (LANGUAGE §6).

All moments and readings are whole microseconds. A *reading* is what local clocks show, as if it were UTC; its offset is
reading minus moment. Days are days since the epoch.

Of one length, such as `5 business days`, the moment so much later is a function of the moment at which it begins, and a
plain one: it runs along with that moment, at a fixed distance, or stands still, as at a closing time. So it is worked
out here for whole stretches at once, and a query only looks up the stretch.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from aac.calendars import (
    DAY_US,
    DAYS_A_CALENDAR,
    END_US,
    EPOCH_ORDINAL,
    MINUTE_US,
    clock_settings,
    offsets_by_day,
    openings_by_day,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aac.calendars import Calendar, Interval, Openings

END_DAY = END_US // DAY_US
NEVER_US = 1 << 60
MARGIN_DAYS = 4
"""Local dates are at most a day from UTC's, and night shifts and lost days lie a day further."""
BEHIND = 3
"""How many business days behind a promised one may matter for when it ends: the next opening is on one of them."""
WEEK = 7
UNCHANGED_BEHIND = 1
"""How many do where no clocks are changed, so that no opening is skipped."""


class Piece(NamedTuple):
    """From ``begin`` on the moment later is ``base`` + ``runs`` × the moment; without ``base`` there is none.

    ``runs`` is 1 where it runs along, 0 where it stands still. Of a `Pattern` both moments are told from a midnight.
    """

    begin: int
    runs: int
    base: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """The pieces of a day by the time since its midnight. Days that are alike have the same pattern, and no copy of it.

    The first piece may begin before the day; none begins after it.
    """

    pieces: tuple[Piece, ...]


Known = dict[object, Pattern]
"""The patterns of days around which the same hours hold."""


class Clocks:
    """The clocks of a zone, as they are changed between two days; before and after that they are not."""

    def __init__(self, zone: str, first_day: int, last_day: int) -> None:
        begin, end = (first_day - MARGIN_DAYS) * DAY_US, (min(last_day, END_DAY) + MARGIN_DAYS) * DAY_US
        settings = list(clock_settings(ZoneInfo(zone), begin, end))
        self._begins = [-NEVER_US, *(begin for begin, _, _ in settings[1:])]
        self._offsets = [offset for _, _, offset in settings]
        self.stretches = list(zip(self._begins, [*self._begins[1:], NEVER_US], self._offsets, strict=True))
        """(from, until, offset), in order."""
        changes = zip(self._begins[1:], pairwise(self._offsets), strict=True)
        self._borders = sorted({turn + offset for turn, offsets in changes for offset in offsets})

    def reading(self, moment: int) -> int:
        """What they show at a moment."""
        return moment + self._offsets[bisect_right(self._begins, moment) - 1]

    def moment(self, reading: int) -> int:
        """When they show a reading: of two moments the second, of none the first after it."""
        place = bisect_right(self._begins, reading)
        after = NEVER_US
        for begin, until, offset in reversed(self.stretches[max(0, place - 2) : place + 1]):
            if begin <= reading - offset < until:
                return reading - offset
            after = begin if begin + offset > reading else after
        return after

    def borders(self, first: int, last: int) -> list[int]:
        """The readings in [first, last) beside which clocks are changed."""
        return self._borders[bisect_left(self._borders, first) : bisect_left(self._borders, last)]

    def offset(self, first: int, last: int) -> int | None:
        """The offset of all readings from first to last, null when clocks are changed there."""
        place = bisect_right(self._borders, first)
        return None if place % 2 or bisect_left(self._borders, last + 1) > place else self._offsets[place // 2]

    def offset_at(self, reading: int) -> int:
        """The offset of a reading beside which they are not changed."""
        return self._offsets[bisect_right(self._borders, reading) // 2]

    def settings(self, first: int, last: int) -> list[tuple[int, int]]:
        """The offsets of the moments of [first, last) and since when each holds, no earlier than ``first``."""
        return [
            (max(begin, first), offset) for begin, until, offset in self.stretches if first < until and begin < last
        ]

    def shown(self, first: int, last: int) -> list[Interval]:
        """The moments at which they show a reading in [first, last)."""
        place = bisect_right(self._begins, first)
        around = self.stretches[max(0, place - 2) : place + 2]
        spans = [(max(begin, first - offset), min(until, last - offset)) for begin, until, offset in around]
        return [(begin, until) for begin, until in spans if begin < until]


def days_later(zone: str, first_day: int, last_day: int, days: int, months: int = 0) -> list[Pattern]:
    """The same local time so many days and months later, for moments of each UTC day from first to last.

    A local time that clocks skip is the first moment after it, of one that they show twice the second is meant; a day
    that a month lacks is its last. Nothing is later than 2100.
    """
    clocks = Clocks(zone, first_day, last_day + days + 31 * months)
    return _by_day(_days_later(clocks, first_day, last_day, days, months), first_day, last_day)


def _days_later(clocks: Clocks, first_day: int, last_day: int, days: int, months: int) -> Iterator[Piece]:
    for begin, until, offset, day in _local_dates(clocks, first_day, last_day):
        target = _months_later(day, months) + days
        if target >= END_DAY:
            yield Piece(begin, 0, None)
            continue
        moved = offset + (target - day) * DAY_US
        for start in (begin, *(border - moved for border in clocks.borders(begin + moved + 1, until + moved))):
            moment = clocks.moment(start + moved)
            runs = int(clocks.reading(moment) == start + moved)
            yield Piece(start, runs, moment - runs * start)


def business_days_later(
    calendar: Calendar, first_day: int, last_day: int, days: int, known: Known | None = None
) -> list[Pattern]:
    """The end of a promise of so many business days that begins on a UTC day, for each from first to last.

    It is the same local time on that business day. Outside its opening hours it is that day's last closing if that is
    later, else the next opening. A start in a night shift counts from the shift's day. Nothing is later than 2100.
    ``known``: what was worked out for other calendars, of the same number of days.
    """
    known = {} if known is None else known
    promise = _BusinessDays(calendar, first_day, last_day, days, known)
    offsets = list(offsets_by_day(promise.clocks.stretches, first_day, last_day))
    found: list[Pattern] = []
    while len(found) < len(offsets):
        day, offset = first_day + len(found), offsets[len(found)]
        repeated = promise.days_alike(day, offset) if offset is not None and len(found) >= WEEK else 0
        if repeated:
            weeks = found[-WEEK:] * (repeated // WEEK + 1)
            found += weeks[: min(repeated, len(offsets) - len(found))]
        else:
            found.append(promise.of_day(day, offset))
    return found


def business_dates_later(calendar: Calendar, first_day: int, last_day: int, days: int) -> Iterator[tuple[int, int]]:
    """Each local date and the business day so many after it, where there is one before 2101."""
    promise = _BusinessDays(calendar, first_day, last_day, days, {})
    for day in range(first_day, last_day + 1):
        target = promise.target(day)
        if target is not None:
            yield day, target


def _by_day(pieces: Iterable[Piece], first_day: int, last_day: int) -> list[Pattern]:
    """The patterns of the UTC days from first to last; pieces that go on as one are made one.

    The first piece begins no later than the first day.
    """
    found: list[list[Piece]] = []
    here: list[Piece] = []
    begin, end, last = first_day * DAY_US, (first_day + 1) * DAY_US, None
    for piece in pieces:
        if last is not None and (piece.runs, piece.base) == (last.runs, last.base):
            continue
        while piece.begin >= end:
            found.append(here)
            here, begin, end = here[-1:], end, end + DAY_US
        if piece.begin <= begin:
            here = [piece]
        else:
            here.append(piece)
        last = piece
    days = [*found, here, *(here[-1:] for _ in range(last_day - first_day - len(found)))]
    return [_pattern(of_day, day * DAY_US) for day, of_day in enumerate(days, first_day)]


def piece_rows(days: Iterable[Pattern], number: int, first_day: int, width: int) -> Iterator[list[int | None]]:
    """(key, runs_1, base_1, from_2, runs_2, base_2, …, from_n, runs_n, base_n) a UTC day; n is ``width``.

    ``key`` is number × 65,536 + days since the epoch. The piece of a moment is the last one that is not from later.
    Those that a day does not need come at its end.
    """
    unused = [NEVER_US, 0, None]
    shapes: dict[Pattern, list[tuple[int | None, bool]]] = {}
    for day, pattern in enumerate(days, first_day):
        shape = shapes.get(pattern)
        if shape is None:
            shape = shapes[pattern] = list(_shape(pattern))[1:]
        midnight = day * DAY_US
        row = [value + midnight if is_moment and value is not None else value for value, is_moment in shape]
        yield [number * DAYS_A_CALENDAR + day, *row, *unused * (width - len(pattern.pieces))]


def _shape(pattern: Pattern) -> Iterator[tuple[int | None, bool]]:
    """The values of its pieces, and whether each is a moment, told from midnight."""
    for begin, runs, base in pattern.pieces:
        yield from ((begin, True), (runs, False), (base, not runs))


def last_day(calendar: Calendar, after_day: int, days: int) -> int:
    """A day by which all promises of so many business days have ended that begin up to the UTC day ``after_day``."""
    opened = (day for day, openings in openings_by_day(calendar, after_day + 2, END_DAY - 1) if openings)
    last = max(islice(opened, days + BEHIND), default=after_day)
    return min(last + MARGIN_DAYS, END_DAY)


class _BusinessDays:
    """A promise of so many business ``days``, for all that begins from the first to the last UTC day."""

    def __init__(self, calendar: Calendar, first_day: int, last_day: int, days: int, known: Known) -> None:
        opened: list[tuple[int, Openings]] = []
        missing = days + BEHIND
        for day, openings in openings_by_day(calendar, first_day - MARGIN_DAYS, END_DAY - 1):
            if openings:
                opened.append((day, openings))
                missing -= day > last_day + 1
            if not missing:
                break
        self.clocks = Clocks(calendar.timezone, first_day, max([last_day, *(day for day, _ in opened[-1:])]))
        shown = ((day, self._shown(day, openings)) for day, openings in opened)
        self._openings = {day: openings for day, openings in shown if openings}
        self._opened = list(self._openings)
        self._days = days
        self._known = known
        self._dates: dict[int, Pattern | None] = {}
        turns = self.clocks.borders(-NEVER_US, NEVER_US)
        changed = {turn // DAY_US - before for turn in turns for before in range(3)}
        dates = [*self._opened, *(day + 7 for day in self._opened)]
        self._turns = sorted(
            changed.union(day for day in dates if self._openings.get(day) != self._openings.get(day - 7))
        )

    def target(self, base: int) -> int | None:
        """The business day so many after a date."""
        place = bisect_right(self._opened, base) + self._days - 1
        return self._opened[place] if place < len(self._opened) else None

    def days_alike(self, day: int, offset: int) -> int:
        """How many UTC days from this one on are as those a week before; ``offset`` is that of its clocks."""
        local = (day * DAY_US + offset) // DAY_US
        if self.clocks.offset((local - WEEK - 1) * DAY_US, (local + 1) * DAY_US) is None:
            return 0
        place = bisect_left(self._turns, local - 1)
        turn = self._turns[place] if place < len(self._turns) else END_DAY
        last = bisect_left(self._opened, turn) - 1 - self._days - UNCHANGED_BEHIND
        return max(0, self._opened[last] - local) if last >= 0 else 0

    def of_day(self, day: int, offset: int | None) -> Pattern:
        """The pattern of a UTC day; ``offset`` is that of its clocks, null where they are changed on it."""
        if offset is None:
            return self._asked(day)
        local, passed = divmod(day * DAY_US + offset, DAY_US)
        shown = self.of_readings(local), self.of_readings(local + 1)
        if None in shown:
            return self._asked(day)
        last = max((local, *self._around(local + 1, UNCHANGED_BEHIND)[0][-1:]))
        if self.clocks.offset((local - 1) * DAY_US, (last + 2) * DAY_US) is None:
            return self._composed(shown, day, offset, is_changed=True)
        alike = (*shown, passed)
        if alike not in self._known:
            self._known[alike] = self._composed(shown, day, offset, is_changed=False)
        return self._known[alike]

    def _composed(self, shown: Iterable[Pattern | None], day: int, offset: int, *, is_changed: bool) -> Pattern:
        """The pattern of a UTC day by those of the readings of the two local dates that it shows."""
        pieces: list[Piece] = []
        last = None
        for local, pattern in enumerate(shown, (day * DAY_US + offset) // DAY_US):
            midnight = (local - day) * DAY_US - offset
            for begin, runs, base in pattern.pieces if pattern is not None else ():
                start, later = midnight + begin, base
                if start >= DAY_US:
                    break
                if base is not None:
                    end = local * DAY_US + base + runs * begin
                    later = (
                        base + (0 if runs else midnight) + (offset - self.clocks.offset_at(end) if is_changed else 0)
                    )
                if (runs, later) != last:
                    pieces = [*(pieces if start > 0 else ()), Piece(start, runs, later)]
                    last = runs, later
        return Pattern(tuple(pieces))

    def _asked(self, day: int) -> Pattern:
        """The pattern of a UTC day, asked of each of its local dates."""
        return _by_day(self._pieces(day), day, day)[0]

    def _pieces(self, day: int) -> Iterator[Piece]:
        for begin, until, offset, local in _local_dates(self.clocks, day, day):
            pieces = self.of_date(local)
            for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
                if following is None or following.begin > begin + offset:
                    start = max(begin, piece.begin - offset)
                    if start < until:
                        yield Piece(start, piece.runs, None if piece.base is None else piece.base + piece.runs * offset)

    def of_readings(self, day: int) -> Pattern | None:
        """The pattern of a local date in readings, its ends too; null where clocks are changed within its hours."""
        if day not in self._dates:
            self._dates[day] = self._of_readings(day)
        return self._dates[day]

    def _of_readings(self, day: int) -> Pattern | None:
        around, place = self._around(day, UNCHANGED_BEHIND)
        if not around or self._is_changed_at_work(day, around):
            return None
        alike = self._alike(day, around, place)
        if alike not in self._known:
            self._known[alike] = _pattern(self._worked_out(day, around, UNCHANGED), day * DAY_US)
        return self._known[alike]

    def _is_changed_at_work(self, day: int, around: Sequence[int]) -> bool:
        """Whether clocks are changed while something is open on a date, the one before, or the days ``around``."""
        if self.clocks.offset((day - 1) * DAY_US, (around[-1] + 2) * DAY_US) is not None:
            return False
        openings = (opening for one in (day - 1, day, *around) for opening in self._readings(one))
        return any(self.clocks.offset(*opening) is None for opening in openings)

    def of_date(self, day: int) -> list[Piece]:
        """The pieces of a local date, told of readings: ``begin`` is one, and ``base`` is added to one."""
        around, place = self._around(day, BEHIND)
        midnight = day * DAY_US
        settings = self.clocks.settings(midnight - 2 * DAY_US, (max([day, *around]) + 3) * DAY_US)
        clocks = tuple((begin - midnight, offset) for begin, offset in settings)
        alike = (self._alike(day, around, place), clocks)
        if alike not in self._known:
            self._known[alike] = _pattern(self._worked_out(day, around, self.clocks), midnight)
        return [_moved(piece, midnight) for piece in self._known[alike].pieces]

    def _alike(self, day: int, around: Sequence[int], place: int) -> object:
        """What of dates is the same where the same pieces hold: the hours around them."""
        hours = tuple([(other - day, self._openings[other]) for other in around])
        return self._openings.get(day - 1), self._openings.get(day), hours, place

    def _around(self, day: int, behind: int) -> tuple[list[int], int]:
        """The business days that matter for when a promise ends, and which of them that is, of one made on a date."""
        place = bisect_left(self._opened, day) + self._days - 1
        first = max(0, place - 1)
        return self._opened[first : place + 2 + behind], place - first

    def _worked_out(self, day: int, around: Sequence[int], clocks: Clocks) -> list[Piece]:
        """The pieces of a date, by asking once between all readings at which something may change."""
        midnight = day * DAY_US
        own, former = self._readings(day), self._readings(day - 1)
        near = [opening for other in around for opening in self._readings(other)]
        cuts = {midnight, *_bounds(own), *_bounds(former)}
        for base, target in ((base, self.target(base)) for base in (day - 1, day)):
            moved = (target - base) * DAY_US if target is not None else 0
            cuts.update(bound - moved for bound in _bounds(near))
            cuts.update(border - moved for border in clocks.borders(midnight + moved, midnight + moved + DAY_US))
        open_moments = [span for opening in near for span in clocks.shown(*opening)]
        pieces: list[Piece] = []
        for reading in sorted(cut for cut in cuts if midnight <= cut < midnight + DAY_US):
            base = day - (_is_in(former, reading) and not _is_in(own, reading))
            pieces.append(self._piece(reading, base, clocks, open_moments))
        return pieces

    def _piece(self, reading: int, base: int, clocks: Clocks, open_moments: Sequence[Interval]) -> Piece:
        """The piece that begins with a reading which counts for the date ``base``."""
        target = self.target(base)
        if target is None:
            return Piece(reading, 0, None)
        then = reading + (target - base) * DAY_US
        moment = clocks.moment(then)
        shown, openings = clocks.reading(moment), self._readings(target)
        end: int | None = moment
        if not _is_in(openings, shown):
            closing = max(until for opening in openings for _, until in clocks.shown(*opening))
            following = (max(begin, moment) for begin, until in open_moments if until > moment)
            end = closing if closing > moment else min(following, default=None)
        if end is None or end != moment or shown != then:
            return Piece(reading, 0, end)
        return Piece(reading, 1, moment - reading)

    def _readings(self, day: int) -> list[Interval]:
        """The openings that begin on a date."""
        midnight = day * DAY_US
        openings = self._openings.get(day, ())
        return [(midnight + opens * MINUTE_US, midnight + closes * MINUTE_US) for opens, closes in openings]

    def _shown(self, day: int, openings: Openings) -> Openings:
        """Those of a date's openings of which clocks show anything: on a date that they skip nothing opens."""
        midnight = day * DAY_US
        if not self.clocks.borders(midnight, midnight + 2 * DAY_US):
            return openings
        return tuple(
            (opens, closes)
            for opens, closes in openings
            if self.clocks.shown(midnight + opens * MINUTE_US, midnight + closes * MINUTE_US)
        )


def _local_dates(clocks: Clocks, first_day: int, last_day: int) -> Iterator[tuple[int, int, int, int]]:
    """The UTC days from first to last, parted by local dates and changes of clocks: (from, until, offset, date)."""
    for begin, until, offset in clocks.stretches:
        start, end = max(begin, first_day * DAY_US), min(until, (last_day + 1) * DAY_US)
        while start < end:
            day = (start + offset) // DAY_US
            following = min(end, (day + 1) * DAY_US - offset)
            yield start, following, offset, day
            start = following


def _pattern(pieces: Iterable[Piece], midnight: int) -> Pattern:
    """The pattern of the day that begins at ``midnight``."""
    return Pattern(tuple(_moved(piece, -midnight) for piece in pieces))


def _moved(piece: Piece, by: int) -> Piece:
    """A piece so much later."""
    begin, runs, base = piece
    return Piece(begin + by, runs, base if runs or base is None else base + by)


def _bounds(intervals: Iterable[Interval]) -> Iterator[int]:
    return (bound for interval in intervals for bound in interval)


def _is_in(intervals: Iterable[Interval], reading: int) -> bool:
    return any(begin <= reading < until for begin, until in intervals)


def _months_later(day: int, months: int) -> int:
    """The same day of a month so many months later, or its last; what lies behind all dates is the end of days."""
    here = date.fromordinal(day + EPOCH_ORDINAL)
    year, month = divmod(here.year * 12 + here.month - 1 + months, 12)
    next_year, next_month = divmod(year * 12 + month + 1, 12)
    if next_year > date.max.year:
        return END_DAY
    length = (date(next_year, next_month + 1, 1) - date(year, month + 1, 1)).days
    return date(year, month + 1, min(here.day, length)).toordinal() - EPOCH_ORDINAL


UNCHANGED = Clocks("UTC", 0, 0)
