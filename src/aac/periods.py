"""Durations, windows and moments: pure arithmetic of time (LANGUAGE §6).

Moments and spans are whole microseconds (``us``), moments since 1970-01-01T00:00Z. A ``zone`` is an IANA name,
a ``fiscal_start`` the (month, day) on which fiscal years begin. A ValueError of this module says what is wrong and,
after its last semicolon, what to write instead.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Unit = Literal["minutes", "hours", "days", "months"]
TimeKind = Literal["elapsed", "business", "calendar"]
Grain = Literal["week", "month", "quarter", "fiscal_quarter", "year", "fiscal_year", "all"]
GRAINS: tuple[Grain, ...] = get_args(Grain)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000
UNIT_US = {"minutes": 60 * SECOND_US, "hours": 3600 * SECOND_US, "days": 86_400 * SECOND_US}
JANUARY = (1, 1)
YEARS = range(1990, 2101)
"""Data knows no moments outside these years (LANGUAGE §3), so neither do labels and moments that people write."""

UNITS: dict[str, Unit] = {"minute": "minutes", "hour": "hours", "day": "days", "month": "months"}
# At most six decimals, so that every duration in minutes, hours or days is a whole number of microseconds.
DURATIONS: tuple[tuple[TimeKind, re.Pattern[str]], ...] = (
    ("elapsed", re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) (minute|hour|day)s?")),
    ("business", re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) business (minute|hour)s?")),
    ("business", re.compile(r"([0-9]{1,6}) business (day)s?")),
    ("calendar", re.compile(r"([0-9]{1,6}) calendar (day)s?")),
    ("calendar", re.compile(r"([0-9]{1,6}) (month)s?")),
)
NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
HABITS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"^(?:<=?|≤|within|max\.?|up to)\s*"), ""),
    (re.compile(rf"\b({'|'.join(NUMBER_WORDS)})\b"), lambda found: str(NUMBER_WORDS.index(found[1]) + 1)),
    (re.compile(r"^an? (?=[a-z])"), "1 "),
    (re.compile(r"^[0-9.]+\s*(?:-|–|to|or)\s*(?=[0-9])"), ""),  # of two the later one is the promise
    (re.compile(r"(?<=[0-9])\s*(?=[a-z])"), " "),
    (re.compile(r"\b(?:working|work)\b"), "business"),
    (re.compile(r"\b(?:h|hrs?|stunden?)\b\.?"), "hours"),
    (re.compile(r"\b(?:mins?|minuten?)\b\.?"), "minutes"),
    (re.compile(r"\b(?:d|tage?)\b"), "days"),
    (re.compile(r"\b([0-9]{1,3}) weeks?\b"), lambda found: f"{7 * int(found[1])} days"),
)
"""How people write durations otherwise, and how they are written here."""
MONTHS: dict[Grain, int] = {"month": 1, "quarter": 3, "fiscal_quarter": 3, "year": 12, "fiscal_year": 12}
LABELS: tuple[tuple[Grain, re.Pattern[str]], ...] = (
    ("week", re.compile(r"([0-9]{4})-W[0-9]{2}")),
    ("month", re.compile(r"([0-9]{4})-[0-9]{2}")),
    ("quarter", re.compile(r"([0-9]{4})-Q[1-4]")),
    ("fiscal_quarter", re.compile(r"FY([0-9]{4})-Q[1-4]")),
    ("year", re.compile(r"([0-9]{4})")),
    ("fiscal_year", re.compile(r"FY([0-9]{4})")),
)
OTHERS = re.compile("localtime|posixrules|Factory|posix/|right/")
"""What stands beside the zones in their folder: this machine's own, and zones with leap seconds."""
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?P<time>[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)


@record
class Duration:
    """A promised span, such as 4 business hours. Months, as calendar days, have the clock `calendar`."""

    amount: Fraction
    unit: Unit
    clock: TimeKind

    @property
    def has_length(self) -> bool:
        """Whether it has a length of its own: how long business days, calendar days and months are depends on when they
        begin."""
        return self.clock != "calendar" and (self.clock, self.unit) != ("business", "days")

    @property
    def us(self) -> int:
        """Its length in microseconds, on its own clock.

        Raises ValueError for business days, calendar days and months, which have none of their own.
        """
        if not self.has_length:
            raise ValueError(f"`{self}` has no length of its own; write hours, as in `48 hours` or `16 business hours`")
        return int(self.amount * UNIT_US[self.unit])

    @property
    def plain(self) -> Duration:
        """The same in the unit that people would write: whole hours as hours, else minutes. Days stay days: clocks that
        run in days may count dates."""
        if self.unit not in ("minutes", "hours"):
            return self
        minutes = self.amount * (60 if self.unit == "hours" else 1)
        return Duration(minutes, "minutes", self.clock) if minutes % 60 else Duration(minutes / 60, "hours", self.clock)

    def __str__(self) -> str:
        amount = format(Decimal(self.amount.numerator) / self.amount.denominator, "f")
        unit = self.unit.removesuffix("s") if self.amount == 1 else self.unit
        return (
            f"{amount} {unit}"
            if self.clock == "elapsed" or unit.startswith("month")
            else f"{amount} {self.clock} {unit}"
        )


def parse_duration(text: str) -> Duration:
    """A duration as LANGUAGE §6 writes them: `30 minutes`, `4 business hours`, `2 calendar days`, `3 months`.

    Raises ValueError when the text is none of these, or no time at all.
    """
    plain = " ".join(text.lower().split())
    duration = _plain_duration(plain)
    if duration is not None:
        if duration.amount == 0:
            raise ValueError(f"`{text}` is no time at all; write a number above 0, as in `4 hours`")
        return duration
    for habit, ours in HABITS:
        plain = habit.sub(ours, plain).strip()
    meant = _plain_duration(plain)
    if meant is not None and meant.amount:
        raise ValueError(f"`{text}` is not a duration; did you mean `{meant}`?")
    raise ValueError(
        f"`{text}` is not a duration; write one number and its unit, as in `30 minutes`, `4 hours`, `2 days`, "
        "`4 business hours`, `5 business days`, `2 calendar days` or `3 months`"
    )


def _plain_duration(plain: str) -> Duration | None:
    for clock, pattern in DURATIONS:
        if found := pattern.fullmatch(plain):
            return Duration(Fraction(found[1]), UNITS[found[2]], clock)
    return None


@record
class Window:
    """The local days from ``first`` up to, not including, ``until``; both null in the window `all`.

    A rolling one ends at a moment, and begins at the same local time of an earlier day: ``first`` and the last of its
    days are in it in part.
    """

    label: str
    grain: Grain | Literal["rolling"]
    first: date | None
    until: date | None
    ends: tuple[int, int] | None = None
    """Of a rolling window its first moment and the first after it, in microseconds."""

    def start_us(self, zone: str) -> int | None:
        """The first moment in it; null in `all`."""
        if self.ends is not None:
            return self.ends[0]
        return None if self.first is None else midnight_us(self.first, zone)

    def until_us(self, zone: str) -> int | None:
        """The first moment after it; null in `all`."""
        if self.ends is not None:
            return self.ends[1]
        return None if self.until is None else midnight_us(self.until, zone)

    def days(self, zone: str) -> tuple[date | None, date | None]:
        """The first date in it, and the first after it: those whose midnight lies in it; null in `all`."""
        first, start = self.first, self.start_us(zone)
        if first is not None and start is not None and midnight_us(first, zone) < start:
            first += timedelta(days=1)
        return first, self.until


ALL = Window("all", "all", None, None)


def window_of(grain: Grain, day: date, fiscal_start: tuple[int, int] = JANUARY) -> Window:
    """The window of a grain that holds a local day, labelled as in LANGUAGE §6.

    A fiscal start that a month lacks (31 in a quarter that begins in April) is that month's last day.
    """
    if grain == "all":
        return ALL
    if grain == "week":
        year, week, weekday = day.isocalendar()
        first = day - timedelta(days=weekday - 1)
        return Window(f"{year}-W{week:02}", grain, first, first + timedelta(days=7))
    start_month, start_day = fiscal_start if grain.startswith("fiscal") else JANUARY
    month = day.year * 12 + day.month - 1
    if day < _day_in(month, start_day):
        month -= 1
    into_year = (month - (start_month - 1)) % 12
    length = MONTHS[grain]
    begins = month - into_year % length
    # A fiscal year is named after the year in which its last day lies.
    year = (_day_in(month - into_year + 12, start_day) - timedelta(days=1)).year
    labels = {
        "month": f"{year}-{into_year + 1:02}",
        "quarter": f"{year}-Q{into_year // 3 + 1}",
        "fiscal_quarter": f"FY{year}-Q{into_year // 3 + 1}",
        "year": f"{year}",
        "fiscal_year": f"FY{year}",
    }
    return Window(labels[grain], grain, _day_in(begins, start_day), _day_in(begins + length, start_day))


def rolling_window(days: int, until_us: int, zone: str) -> Window:
    """The window that ends at a moment and begins so many local days earlier, at the same time of the day."""
    local = _reading(until_us, ZoneInfo(zone))
    start_us = _moment_us(local - timedelta(days=days), ZoneInfo(zone), fold=1)
    last = day_of(until_us - 1, zone)
    label = f"rolling to {last}"
    return Window(label, "rolling", day_of(start_us, zone), last + timedelta(days=1), (start_us, until_us))


def windows_between(
    grain: Grain, first: date, until: date, fiscal_start: tuple[int, int] = JANUARY
) -> Iterator[Window]:
    """Every window of a grain that holds a day from ``first`` up to, not including, ``until``; oldest first."""
    window = window_of(grain, first, fiscal_start)
    while window.first is not None and max(first, window.first) < until:
        yield window
        window = following(window, fiscal_start)


def previous(window: Window, fiscal_start: tuple[int, int] = JANUARY) -> Window:
    """The window of the same grain that ends where this one begins; ValueError for `all` and rolling ones."""
    if window.first is None or window.grain == "rolling":
        raise ValueError(
            f"nothing comes before the window `{window.label}`; name a window with a beginning, as in `2026-02`"
        )
    return window_of(window.grain, window.first - timedelta(days=1), fiscal_start)


def following(window: Window, fiscal_start: tuple[int, int] = JANUARY) -> Window:
    """The window of the same grain that begins where this one ends; ValueError for `all` and rolling ones."""
    if window.until is None or window.grain == "rolling":
        advice = "name a window with an end, as in `2026-02`"
        raise ValueError(f"nothing comes after the window `{window.label}`; {advice}")
    return window_of(window.grain, window.until, fiscal_start)


def parse_label(label: str, fiscal_start: tuple[int, int] = JANUARY) -> Window:
    """The window with that label, such as `2026-W07`, `2026-02`, `2026-Q1`, `FY2026-Q1`, `2026`, `FY2026`, `all`.

    Raises ValueError when there is no such window.
    """
    if label == ALL.label:
        return ALL
    for grain, pattern in LABELS:
        found = pattern.fullmatch(label)
        if found and int(found[1]) in YEARS:
            # From a year early, because weeks and fiscal quarters begin before the year they are named after.
            window = window_of(grain, date(int(found[1]) - 1, 1, 1), fiscal_start)
            for _ in range(2 * 54):
                if window.label == label:
                    return window
                window = following(window, fiscal_start)
    raise ValueError(
        f"there is no window `{label}`; write one of {YEARS[0]} to {YEARS[-1]}, as in `2026-W07`, `2026-02`, "
        "`2026-Q1`, `FY2026-Q1`, `2026` or `FY2026`, or `all`"
    )


def current_window(grain: Grain, as_of_us: int, zone: str, fiscal_start: tuple[int, int] = JANUARY) -> Window:
    """The window that holds the moment as_of; at a boundary the one that begins there."""
    window = window_of(grain, day_of(as_of_us, zone), fiscal_start)
    until_us = window.until_us(zone)
    # Where clocks go back over midnight they show the day before once more, after the next window has begun.
    return window if until_us is None or as_of_us < until_us else following(window, fiscal_start)


def last_windows(
    grain: Grain, as_of_us: int, zone: str, n: int, fiscal_start: tuple[int, int] = JANUARY
) -> tuple[Window, ...]:
    """The ``n`` newest windows that ended by as_of, oldest first; of the grain `all` that one window.

    A window that ends exactly at as_of has ended.
    """
    if grain == "all":
        return (ALL,)
    newest_first = [current_window(grain, as_of_us, zone, fiscal_start)]
    for _ in range(n):
        newest_first.append(previous(newest_first[-1], fiscal_start))
    return tuple(reversed(newest_first[1:]))


def is_zone(name: str) -> bool:
    """Whether the name is an IANA time zone that this machine knows."""
    if OTHERS.match(name):
        return False
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(10_000)
def midnight_us(day: date, zone: str) -> int:
    """The moment at which a local day begins.

    A midnight that does not exist is the first moment after it. Of one that occurs twice the first is meant: as all
    windows end where the next begins, any one choice leaves no gap and no overlap, and with the first a window holds
    every moment that clocks show as its own first day.
    """
    return _moment_us(datetime.combine(day, time()), ZoneInfo(zone), fold=0)


def day_of(us: int, zone: str) -> date:
    """The date that local clocks show at a moment."""
    return _reading(us, ZoneInfo(zone)).date()


def parse_moment(text: str, zone: str, *, date_means: Literal["midnight", "after"] = "midnight") -> int:
    """A moment written as ISO 8601 date or date and time, with `T` or space; without an offset it is local to ``zone``.

    A date alone is its midnight, or with ``date_means="after"`` the first moment after that day. A local time that
    does not exist is the first moment after it, one that occurs twice the second (LANGUAGE §6).
    Raises ValueError when the text is no such moment or lies outside `YEARS`.
    """
    wrong = ValueError(
        f"`{text}` is no moment of {YEARS[0]} to {YEARS[-1]}; write a date as in `2026-03-02`, or date and time as in "
        "`2026-03-02T05:00:00Z` or `2026-03-02 06:00`"
    )
    found = MOMENT.fullmatch(text)
    if found is None:
        raise wrong
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise wrong from None
    if moment.year not in YEARS:
        raise wrong
    if moment.tzinfo is not None:
        return _since_epoch(moment)
    if found["time"]:
        return _moment_us(moment, ZoneInfo(zone), fold=1)
    return midnight_us(moment.date() + timedelta(days=date_means == "after"), zone)


def shifted_day(day: date, by: Duration, times: int = 1) -> date:
    """The day so many whole days or months later, or with negative ``times`` earlier; a day that a month lacks is its
    last."""
    steps = times * int(by.amount)
    if by.unit == "months":
        return _day_in(day.year * 12 + day.month - 1 + steps, day.day)
    return day + timedelta(days=steps)


def shifted_us(us: int, by: Duration, zone: str, times: int = 1) -> int:
    """The moment so much later, or with negative ``times`` earlier.

    Of calendar days and months it is that of the same local time; one that does not exist is the first moment after it,
    of one that occurs twice the second is meant (LANGUAGE §6).
    """
    if by.clock == "elapsed":
        return us + times * by.us
    local = _reading(us, ZoneInfo(zone))
    return _moment_us(datetime.combine(shifted_day(local.date(), by, times), local.time()), ZoneInfo(zone), fold=1)


def local_time(us: int, zone: str) -> datetime:
    """What local clocks show at a moment, as a datetime that knows its offset and the name of it, such as CET."""
    return (EPOCH + timedelta(microseconds=us)).astimezone(ZoneInfo(zone))


def iso_utc(us: int) -> str:
    """A moment as text in UTC, `2026-03-02T05:00:00Z`; with six decimals only where they are not zero."""
    return (EPOCH + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")


def _day_in(month: int, day: int) -> date:
    """A day of a month that is counted from year 0; a day the month lacks is its last."""
    year, index = divmod(month, 12)
    next_year, next_index = divmod(month + 1, 12)
    last = date(next_year, next_index + 1, 1) - timedelta(days=1)
    return date(year, index + 1, min(day, last.day))


def _moment_us(reading: datetime, zone: ZoneInfo, fold: Literal[0, 1]) -> int:
    """The moment at which local clocks show a reading: of two the first (``fold`` 0) or second, of none the next."""
    us = _since_epoch(reading.replace(tzinfo=zone, fold=fold))
    if _reading(us, zone) == reading:
        return us
    # The clocks skipped it. With the offset after the change it is a moment before the change, with the one before
    # the change a moment after it (PEP 495): the change, on a whole second, lies between.
    before, after = (_since_epoch(reading.replace(tzinfo=zone, fold=side)) // SECOND_US for side in (1, 0))
    seconds = range(before, after + 1)
    return SECOND_US * seconds[bisect_left(seconds, reading, key=lambda second: _reading(second * SECOND_US, zone))]


def _reading(us: int, zone: ZoneInfo) -> datetime:
    """What local clocks show at a moment, as a datetime without a zone."""
    return (EPOCH + timedelta(microseconds=us)).astimezone(zone).replace(tzinfo=None, fold=0)


def _since_epoch(moment: datetime) -> int:
    """Microseconds since the epoch of a datetime that knows its offset."""
    return (moment - EPOCH) // timedelta(microseconds=1)
