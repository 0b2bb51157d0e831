"""Calendar files: read by the packages icalendar and dateutil, they hold the moments at which meetings take place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from io import StringIO
from typing import Any, cast

import pytest
from dateutil import tz
from dateutil.rrule import rrulestr
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from aac.recurrence import days, held_days, moment_on, parse_repeats
from aac.reports.ics import Series, calendar_text, escaped, folded
from tests.calendar_files import events_in
from tests.test_recurrence import ZONES, rrules

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
STAMP_US = 1_772_427_600_000_000


def series(
    repeats: str, first: date, until: date, zone: str = "Europe/Berlin", *, closed: frozenset[date] = frozenset(),
    skipped: frozenset[date] = frozenset(), starts_on: date | None = None, at: time | None = None,
) -> Series:  # fmt: skip
    read = parse_repeats(repeats + (f";BYHOUR={at.hour};BYMINUTE={at.minute}" if at is not None else ""))
    held = held_days(
        read, first, until, starts_on=starts_on, is_open=lambda day: day not in closed,
        is_skipped=lambda day: day in skipped,
    )  # fmt: skip
    nominal = tuple(days(read, first, until, starts_on))
    return Series("review@small", "Review", "What to do", 45, zone, STAMP_US, read, starts_on, nominal, held)


def listed(value: Any) -> list[Any]:
    """The dates of a property that may stand several times."""
    several = cast("list[Any]", value) if isinstance(value, list) else [] if value is None else [value]
    return [each.dt for property_ in several for each in property_.dts]


def moments_in(text: str) -> list[object]:
    """When events begin, as other programs read the file: moments by the file's own time zone, or days."""
    clocks = tz.tzical(StringIO(text)) if "BEGIN:VTIMEZONE" in text else None

    def read(value: date | datetime) -> object:
        if not isinstance(value, datetime):
            return value
        zone = clocks.get() if clocks is not None and value.utcoffset() != timedelta() else None
        if value.tzinfo is UTC or str(value.tzinfo) == "UTC" or zone is None:
            return value.replace(tzinfo=UTC)
        return value.replace(tzinfo=zone).astimezone(UTC)

    found: list[object] = []
    for event in events_in(text):
        start = event["DTSTART"].dt
        rule = event.get("RRULE")
        naive = start.replace(tzinfo=None) if isinstance(start, datetime) else datetime.combine(start, time())
        if rule is None:
            found.append(read(start))
            continue
        until = rule["UNTIL"][0]
        if isinstance(until, datetime):  # the rule is followed in local time
            zone = clocks.get() if clocks is not None else UTC
            until = until.astimezone(zone).replace(tzinfo=None)
        plain = _without_until(rule)
        gone = {
            value.replace(tzinfo=None) if isinstance(value, datetime) else value
            for value in listed(event.get("EXDATE"))
        }
        for day in rrulestr(f"{plain};UNTIL={until:%Y%m%dT%H%M%S}", dtstart=naive):
            local = day if isinstance(start, datetime) else day.date()
            if local not in gone:
                found.append(read(local.replace(tzinfo=start.tzinfo) if isinstance(local, datetime) else local))
        found += [read(value) for value in listed(event.get("RDATE"))]
    return sorted(found, key=str)


def _without_until(rule: Any) -> str:
    return ";".join(part for part in rule.to_ical().decode().split(";") if not part.startswith("UNTIL="))


@settings(max_examples=200, deadline=None)
@given(
    rrules(),
    st.none() | st.times(),
    ZONES,
    st.dates(date(2015, 1, 1), date(2030, 1, 1)),
    st.booleans(),
    st.sets(st.integers(0, 900), max_size=120),
    st.sets(st.integers(0, 900), max_size=60),
)
def test_the_file_holds_the_moments(
    text: str, at: time | None, zone: str, first: date, is_first: bool, closed: set[int], skipped: set[int]
) -> None:
    at = at.replace(second=0, microsecond=0) if at is not None else None
    try:
        made = series(
            text, first, first + 900 * DAY, zone, at=at, starts_on=first if is_first else None,
            closed=frozenset(first + n * DAY for n in closed), skipped=frozenset(first + n * DAY for n in skipped),
        )  # fmt: skip
    except ValueError:
        assume(False)
        raise
    file = calendar_text("Small", [made])
    if at is None:
        assert moments_in(file) == list(made.held)
    else:
        expected = [EPOCH + timedelta(microseconds=moment_on(day, at, zone)) for day in made.held]
        assert moments_in(file) == expected
    assert all(len(line.encode()) <= 75 for line in file.split("\r\n"))
    assert "\n" not in file.replace("\r\n", "")
    uids = [str(event["UID"]) for event in events_in(file)]
    assert len(uids) == len(set(uids))


def test_a_file() -> None:
    made = series(
        "FREQ=WEEKLY;BYDAY=TH", date(2026, 3, 19), date(2026, 4, 9), closed=frozenset({date(2026, 4, 2)}), at=time(10)
    )
    assert calendar_text("Small, all", [made]).replace("\r\n", "\n").split("\n", 4)[4] == (
        """\
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:STANDARD
DTSTART:20260317T010000
TZOFFSETFROM:+0100
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:20260329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
UID:review@small
DTSTAMP:20260302T050000Z
DTSTART;TZID=Europe/Berlin:20260319T100000
RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=TH;UNTIL=20260402T080000Z
EXDATE;TZID=Europe/Berlin:20260402T100000
RDATE;TZID=Europe/Berlin:20260403T100000
DURATION:PT45M
SUMMARY:Review
DESCRIPTION:What to do
TRANSP:OPAQUE
END:VEVENT
END:VCALENDAR
"""
    )


def test_what_comes_before_the_first_day_of_the_rule_is_an_event_of_its_own() -> None:
    closed = frozenset({date(2026, 3, 19)})
    made = series("FREQ=WEEKLY;BYDAY=TH", date(2026, 3, 19), date(2026, 4, 9), closed=closed, at=time(10))
    file = calendar_text("Small", [made])
    assert "UID:20260320-review@small\r\n" in file
    assert "DTSTART;TZID=Europe/Berlin:20260326T100000\r\nRRULE:" in file
    never = series(
        "FREQ=WEEKLY;BYDAY=SU",
        date(2026, 3, 1),
        date(2026, 3, 15),
        closed=frozenset({date(2026, 3, 1), date(2026, 3, 8)}),
    )
    assert [
        line for line in calendar_text("Small", [never]).split("\r\n") if line.startswith(("DTSTART", "RRULE"))
    ] == [
        "DTSTART;VALUE=DATE:20260302",
        "DTSTART;VALUE=DATE:20260309",
    ]


def test_a_time_that_clocks_show_twice_is_told_in_utc() -> None:
    made = series("FREQ=WEEKLY;BYDAY=SU", date(2026, 10, 18), date(2026, 11, 2), at=time(2, 30))
    file = calendar_text("Small", [made])
    assert "EXDATE;TZID=Europe/Berlin:20261025T023000\r\n" in file
    assert "RDATE:20261025T013000Z\r\n" in file  # the second of the two, LANGUAGE §6


@pytest.mark.parametrize(
    ("text", "value"),
    [("a, b; c\\d\ne", "a\\, b\\; c\\\\d\\ne"), ("\x1b[31m\r", "\\\\x1b[31m\\\\x0d"), ("ä", "ä")],
)
def test_text_is_escaped(text: str, value: str) -> None:
    assert escaped(text) == value


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=400))
def test_lines_are_folded_between_characters(line: str) -> None:
    parts = folded(line).split("\r\n ")
    assert "".join(parts) == line
    assert all(len(part.encode()) + (number > 0) <= 75 for number, part in enumerate(parts))


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), min_size=1, max_size=200))
def test_other_programs_read_the_text(text: str) -> None:
    made = series("FREQ=WEEKLY", date(2026, 3, 19), date(2026, 4, 9))
    file = calendar_text("x", [replace(made, name=text, text=f"{text}\n{text}")])
    (event,) = events_in(file)
    assert (str(event["SUMMARY"]), str(event["DESCRIPTION"])) == (text, f"{text}\n{text}")
