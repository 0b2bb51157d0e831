"""Calendar days, months and business days as calendar rows: at which moment so much time later is (LANGUAGE §6).

All moments and readings are whole microseconds. A *reading* is what local clocks show, as if it were UTC; its offset is
reading minus moment. Days are days since the epoch.

Of one length, such as `5 business days`, the moment so much later is a function of the moment at which it begins, and a
plain one: it runs along with that moment, at a fixed distance, or stands still, as at a closing time. So it is worked
out here for whole stretches at once, and a query only looks up the stretch.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
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
UNCHANGED_BEHIND = 1
"""How many do where no clocks are changed, so that no opening is skipped."""


class Piece(NamedTuple):
    """From ``begin`` on the moment later is ``base`` + ``runs`` × the moment; without ``base`` there is none.

    ``runs`` is 1 where it runs along, 0 where it stands still.
    """

    begin: int
    runs: int
    base: int | None


Known = dict[object, list[Piece]]
"""The pieces of dates around which the same hours hold, by the time since midnight."""


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
        passed, halves = divmod(bisect_right(self._borders, first), 2)
        return None if halves or self.borders(first, last + 1) else self._offsets[passed]

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


def days_later(zone: str, first_day: int, last_day: int, days: int, months: int = 0) -> Iterator[Piece]:
    """The same local time so many days and months later, for moments from the first to the last UTC day.

    A local time that clocks skip is the first moment after it, of one that they show twice the second is meant; a day
    that a month lacks is its last. Nothing is later than 2100.
    """
    clocks = Clocks(zone, first_day, last_day + days + 31 * months)
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
) -> Iterator[Piece]:
    """The end of a promise of so many business days, for begins from the first to the last UTC day.

    It is the same local time on that business day. Outside its opening hours it is that day's last closing if that is
    later, else the next opening. A start in a night shift counts from the shift's day. Nothing is later than 2100.
    ``known``: what was worked out for other calendars, of the same number of days.
    """
    promise = _BusinessDays(calendar, first_day, last_day, days, {} if known is None else known)
    for begin, until, offset, day in _local_dates(promise.clocks, first_day, last_day):
        is_from_midnight = begin + offset == day * DAY_US
        if is_from_midnight and (found := promise.since_midnight(day)) is not None:
            yield from (_moved(piece, begin) for piece in found if piece.begin < until - begin)
            continue
        pieces = promise.of_date(day)
        for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
            if following is None or following.begin > begin + offset:
                start = max(begin, piece.begin - offset)
                if start < until:
                    yield Piece(start, piece.runs, None if piece.base is None else piece.base + piece.runs * offset)


def business_dates_later(calendar: Calendar, first_day: int, last_day: int, days: int) -> Iterator[tuple[int, int]]:
    """Each local date and the business day so many after it, where there is one before 2101."""
    promise = _BusinessDays(calendar, first_day, last_day, days, {})
    for day in range(first_day, last_day + 1):
        target = promise.target(day)
        if target is not None:
            yield day, target


def pieces_by_day(pieces: Iterable[Piece], first_day: int, last_day: int) -> list[list[Piece]]:
    """The pieces that hold on each UTC day from the first to the last, those that go on as one made one.

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
    return [*found, here, *(here[-1:] for _ in range(last_day - first_day - len(found)))]


def piece_rows(days: Sequence[Sequence[Piece]], number: int, first_day: int, width: int) -> Iterator[list[int | None]]:
    """(key, runs_1, base_1, from_2, runs_2, base_2, …, from_n, runs_n, base_n) a UTC day; n is ``width``.

    ``key`` is number × 65,536 + days since the epoch. The piece of a moment is the last one that is not from later.
    Those that a day does not need come at its end.
    """
    unused = [NEVER_US, 0, None]
    for day, (first, *others) in enumerate(days, first_day):
        row = [number * DAYS_A_CALENDAR + day, *first[1:], *(value for piece in others for value in piece)]
        yield row + unused * (width - len(others) - 1)


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
        self._weekly: dict[int, tuple[int, list[Piece]]] = {}
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

    def since_midnight(self, day: int) -> list[Piece] | None:
        """The pieces of a date by the time since its midnight; null where clocks are changed before they end."""
        last, pieces = self._weekly.get(day - 7, (END_DAY, None))
        if pieces is not None and not self._is_turn(day - 1, last + 7):
            # all that matters is as it was a week before
            self._weekly[day] = last + 7, pieces
            return pieces
        around, place = self._around(day, UNCHANGED_BEHIND)
        if not around or self.clocks.offset((day - 1) * DAY_US, (around[-1] + 2) * DAY_US) is None:
            return None
        hours = tuple((other - day, self._openings[other]) for other in around)
        alike = (self._openings.get(day - 1), self._openings.get(day), hours, place)
        if alike not in self._known:
            found = self._worked_out(day, around, UNCHANGED)
            self._known[alike] = [_moved(piece, -day * DAY_US) for piece in found]
        if len(around) == UNCHANGED_BEHIND + 3:
            self._weekly[day] = around[-1], self._known[alike]
        return self._known[alike]

    def of_date(self, day: int) -> list[Piece]:
        """The pieces of a local date, told of readings: ``begin`` is one, and ``base`` is added to one."""
        around, place = self._around(day, BEHIND)
        midnight = day * DAY_US
        hours = tuple((other - day, self._openings[other]) for other in around)
        settings = self.clocks.settings(midnight - 2 * DAY_US, (max([day, *around]) + 3) * DAY_US)
        clocks = tuple((begin - midnight, offset) for begin, offset in settings)
        alike = (self._openings.get(day - 1), self._openings.get(day), hours, place, clocks)
        if alike not in self._known:
            found = self._worked_out(day, around, self.clocks)
            self._known[alike] = [_moved(piece, -midnight) for piece in found]
        return [_moved(piece, midnight) for piece in self._known[alike]]

    def _around(self, day: int, behind: int) -> tuple[list[int], int]:
        """The business days that matter for when a promise ends, and which of them that is, of one made on a date."""
        place = bisect_left(self._opened, day) + self._days - 1
        first = max(0, place - 1)
        return self._opened[first : place + 2 + behind], place - first

    def _is_turn(self, first: int, last: int) -> bool:
        """Whether on a date from first to last other hours hold than a week before, or clocks are changed behind it."""
        return bisect_left(self._turns, first) < bisect_right(self._turns, last)

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
