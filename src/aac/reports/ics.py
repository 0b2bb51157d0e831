"""Meetings as a calendar file (RFC 5545): a series each, with a rule where the days have one.

A day that is moved or left out is an EXDATE of its series, and the day it moved to an RDATE. What takes place before
the first day that the rule and the calendar agree on is an event of its own. Holidays are known for a while only, so
the rule ends with what was asked for: whoever subscribes gets the rest with the next build.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from aac.clock_changes import as_calendars_read, settings_of
from aac.distribution import VERSION
from aac.records import record
from aac.recurrence import moment_on, rrule
from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.clock_changes import ClockSetting
    from aac.recurrence import Repeats

OCTETS = 75
"""The longest line, its break not counted (RFC 5545, 3.1)."""
DAY_US = 86_400_000_000
ESCAPES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}


@record
class Series:
    """A meeting and its days, in order: those of its rule (``nominal``), and those on which it takes place (``held``).

    ``uid`` stays the same from build to build; ``stamp_us``: the moment that the file tells of.
    """

    uid: str
    name: str
    text: str
    minutes: int
    zone: str
    stamp_us: int
    repeats: Repeats
    starts_on: date | None
    nominal: tuple[date, ...]
    held: tuple[date, ...]

    def is_plain(self, day: date) -> bool:
        """Whether it takes place on that day, at the moment that other programs mean by its local time."""
        at = self.repeats.at
        return day in self.held and (
            at is None or moment_on(day, at, self.zone) == as_calendars_read(day, at, self.zone)
        )


def calendar_text(name: str, all_series: Sequence[Series]) -> str:
    """The file: lines of at most 75 octets that end with CRLF; the same series give the same bytes."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//alignment-as-code//aac {VERSION}//EN"]
    lines.append(f"X-WR-CALNAME:{escaped(name)}")
    timed = [series for series in all_series if series.repeats.at is not None]
    for zone in sorted({series.zone for series in timed}):
        lines += _zone(
            zone, [day for series in timed if series.zone == zone for day in (*series.nominal, *series.held)]
        )
    for series in all_series:
        lines += _events(series)
    return "".join(f"{folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def escaped(text: str) -> str:
    """Text as the value of a property (RFC 5545, 3.3.11)."""
    return "".join(ESCAPES.get(character, character) for character in visible(text, "\n"))


def folded(line: str) -> str:
    """A line broken into such of at most 75 octets; no character is cut apart."""
    parts, room = [""], OCTETS
    for character in line:
        size = len(character.encode())
        if size > room:
            parts.append("")
            room = OCTETS - 1  # the blank that begins a line that goes on
        parts[-1] += character
        room -= size
    return "\r\n ".join(parts)


def _zone(zone: str, days: Iterable[date]) -> list[str]:
    """How the clocks of a zone are set from the day before the first of some days until the day after the last."""
    days = sorted(days)
    if not days:
        return []
    first_us, until_us = (moment_on(day, None, "UTC") for day in (days[0], days[-1]))
    settings = settings_of(zone, first_us - 2 * DAY_US, until_us + 3 * DAY_US)
    observances = [line for setting in settings for line in _observance(setting)]
    return ["BEGIN:VTIMEZONE", f"TZID:{zone}", *observances, "END:VTIMEZONE"]


def _observance(setting: ClockSetting) -> list[str]:
    sort = "DAYLIGHT" if setting.is_summer else "STANDARD"
    onset = datetime.fromtimestamp(setting.from_us // 1_000_000 + setting.before, UTC)
    return [
        f"BEGIN:{sort}",
        f"DTSTART:{onset:%Y%m%dT%H%M%S}",
        f"TZOFFSETFROM:{_offset(setting.before)}",
        f"TZOFFSETTO:{_offset(setting.offset)}",
        f"TZNAME:{escaped(setting.name)}",
        f"END:{sort}",
    ]


def _offset(seconds: int) -> str:
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02}{minutes % 60:02}"


def _events(series: Series) -> list[str]:
    """The series from the first day that the rule and the calendar agree on, and what takes place before it."""
    plain = [day for day in series.nominal if series.is_plain(day)]
    first = plain[0] if plain else date.max
    lines: list[str] = []
    for day in series.held:
        if day < first:
            lines += _event(series, f"{day:%Y%m%d}-{series.uid}", [_start(series, day)])
    if not plain:
        return lines
    gone = [day for day in series.nominal if day > first and day not in plain]
    added = [day for day in series.held if day > first and day not in plain]
    dates = [_start(series, first), f"RRULE:{rrule(series.repeats, series.starts_on)};UNTIL={_until(series)}"]
    dates += [_local("EXDATE", series, day) for day in gone]
    dates += [_start(series, day, "RDATE") for day in added]
    return [*lines, *_event(series, series.uid, dates)]


def _event(series: Series, uid: str, dates: list[str]) -> list[str]:
    length = [f"DURATION:PT{series.minutes}M"] if series.repeats.at is not None else []
    return [
        "BEGIN:VEVENT",
        f"UID:{escaped(uid)}",
        f"DTSTAMP:{_utc(series.stamp_us)}",
        *dates,
        *length,
        f"SUMMARY:{escaped(series.name)}",
        f"DESCRIPTION:{escaped(series.text)}",
        "TRANSP:OPAQUE" if length else "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _start(series: Series, day: date, name: str = "DTSTART") -> str:
    """When it begins on a day; in UTC where other programs would take its local time for another moment."""
    at = series.repeats.at
    if at is None or moment_on(day, at, series.zone) == as_calendars_read(day, at, series.zone):
        return _local(name, series, day)
    return f"{name}:{_utc(moment_on(day, at, series.zone))}"


def _local(name: str, series: Series, day: date) -> str:
    at = series.repeats.at
    if at is None:
        return f"{name};VALUE=DATE:{day:%Y%m%d}"
    return f"{name};TZID={series.zone}:{datetime.combine(day, at):%Y%m%dT%H%M%S}"


def _until(series: Series) -> str:
    """The last day of the rule, as it counts: in UTC, or as a date where the meeting has no time of day."""
    last, at = series.nominal[-1], series.repeats.at
    if at is None:
        return f"{last:%Y%m%d}"
    return _utc(as_calendars_read(last, at, series.zone))


def _utc(us: int) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us):%Y%m%dT%H%M%SZ}"
