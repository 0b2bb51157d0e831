"""Calendar days, months and business days in SQL, beside the oracle that asks day by day (LANGUAGE §6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aac.calendar_days import ROOM_FOR_DAYS, Ahead, business_rows, last_day, local_rows, most_openings, utc_rows
from aac.calendars import DAYS_A_CALENDAR, Calendar, busiest_day, calendar_rows, parse_hours
from aac.engines.base import BUSINESS_DAYS, CALENDAR_DAYS, LOCAL_DAYS, UTC_DAYS, Query, Select, Table
from aac.engines.duckdb import DuckdbEngine
from aac.expressions.nodes import BusinessDaysLater, Column, DaysLater
from aac.periods import iso_utc, parse_moment
from tests.oracle.business_time import DAY_US, PlainCalendar
from tests.oracle.days import business_days_later, days_later, months_later

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.calendars import Openings

ZONES = (
    "Europe/Berlin",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Asia/Kolkata",
)
HOURS = ("09:00-12:00, 13:00-18:00", "22:00-06:00", "01:30-02:30, 02:45-03:15", "00:00-24:00", "23:30-00:30")
FIRST, LAST = "2011-10-01", "2012-04-20"
"""Clocks are changed in all zones but one, and Apia skips 30 December 2011."""
SHORT = {date(2011, 12, 23): parse_hours("09:00-12:00")}
CLOSED = frozenset({date(2011, 12, 26), date(2012, 3, 26)})
FURTHEST = Ahead(days=40, months=3, business_days=7)
HALF_HOUR_US = 1_800_000_000


SHIFTS = {
    0: "22:00-06:00",
    1: "02:00-03:00, 04:00-05:00, 20:00-04:00",
    2: "03:30-12:00",
    4: "18:00-08:00",
    5: "05:00-14:00, 23:00-01:00",
}
"""Shifts that overlap those of the day before, and lie within them."""
CHANGES = (date(2011, 12, 30), date(2012, 3, 11), date(2012, 4, 1))
"""Days on which other hours begin to hold: where clocks are changed, or a day is skipped."""


def calendars() -> list[Calendar]:
    weekdays = (range(5), range(6), range(7), range(7), (0, 2, 5))
    plain = [
        Calendar(f"{zone} {hours}", zone, dict.fromkeys(days, parse_hours(hours)), CLOSED, SHORT)
        for zone in ZONES
        for hours, days in zip(HOURS, weekdays, strict=True)
    ]
    shifts = {day: parse_hours(hours) for day, hours in SHIFTS.items()}
    return [*plain, *(Calendar(f"{zone} shifts", zone, shifts, CLOSED, SHORT) for zone in ZONES), *map(changing, ZONES)]


def changing(zone: str) -> Calendar:
    """A calendar of which each version has other hours."""
    bounds = (None, *CHANGES, None)
    eras = [
        Calendar(f"{zone} eras", zone, dict.fromkeys(range(7), parse_hours(hours)), first=first, until=until)
        for hours, first, until in zip(("22:00-06:00", *HOURS), bounds[:-1], bounds[1:], strict=False)
    ]
    return replace(eras[1], others=(eras[0], *eras[2:]))


CALENDARS = calendars()


@pytest.fixture(scope="module")
def engine() -> Iterator[tuple[DuckdbEngine, int]]:
    """An engine with all calendar tables, and how many openings a row has."""
    begin, end = (parse_moment(day, "UTC") for day in (FIRST, LAST))
    first = begin // DAY_US - 1
    last = max(last_day(calendar, end, FURTHEST) for calendar in CALENDARS)
    segments = max(most_openings(calendar, first, last) for calendar in CALENDARS)
    segments = max(segments, busiest_day(CALENDARS, first * DAY_US, last * DAY_US))
    pairs = [f"{end}_{i}" for i in range(1, segments + 1) for end in ("opens", "closes")]
    numbered = list(enumerate(CALENDARS))
    turn = ("turn", "before", "after")
    tables = {
        CALENDAR_DAYS: (
            ("key", "open_before", *pairs),
            [r for n, c in numbered for r in calendar_rows(c, n, first * DAY_US, last * DAY_US, segments)],
        ),
        UTC_DAYS: (("key", *turn, "next_open"), [r for n, c in numbered for r in utc_rows(c, n, first, last)]),
        LOCAL_DAYS: (
            ("key", *turn, "runs_on", "ordinal", "ordinal_before", "later_1", "later_3"),
            [r for n, c in numbered for r in local_rows(c, n, first, last, (1, 3))],
        ),
        BUSINESS_DAYS: (
            ("key", "day", "ends", *pairs),
            [r for n, c in numbered for r in business_rows(c, n, first, last, segments)],
        ),
    }
    with DuckdbEngine() as made:
        for name, (columns, rows) in tables.items():
            made.load(name, [(column, "bigint") for column in columns], rows)
        yield made, segments


def asked(engine: tuple[DuckdbEngine, int], items: list[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Of each (calendar, moment) two days, one and three months, one and seven business days later."""
    made, segments = engine
    made.load("items", [(name, "bigint") for name in ("i", "n", "t")], [(i, *item) for i, item in enumerate(items)])
    number, moment = Column("n"), Column("t")
    columns = (
        ("i", Column("i")),
        ("days", DaysLater(number, moment, days=2)),
        ("month", DaysLater(number, moment, months=1)),
        ("months", DaysLater(number, moment, months=3)),
        ("one", BusinessDaysLater(number, moment, 1)),
        ("seven", BusinessDaysLater(number, moment, 7)),
    )
    select = Select(Table(("temp", "main", "items")), columns, order=("i",))
    try:
        (rows,) = made.run(Query((), (select,), {}, segments=segments))
    finally:
        made.execute("DROP TABLE items")
    return [cast("tuple[int, ...]", row[1:]) for row in rows]


def by_date(calendar: Calendar) -> dict[date, Openings]:
    """The hours of each date by the version of that date."""
    versions = (calendar, *calendar.others)
    dates = [date(2011, 9, 1) + timedelta(days=day) for day in range(400)]
    return {
        day: version.hours.get(day.weekday(), ())
        for day in dates
        for version in versions
        if (version.first or date.min) <= day < (version.until or date.max)
    }


def expected(number: int, moment: int) -> tuple[int, ...]:
    calendar, zone = CALENDARS[number], CALENDARS[number].timezone
    plain = PlainCalendar(zone, calendar.hours, calendar.closed, calendar.short)
    if calendar.others:
        plain = PlainCalendar(zone, {}, short=by_date(calendar))
    return (
        days_later(zone, moment, 2),
        months_later(zone, moment, 1),
        months_later(zone, moment, 3),
        business_days_later(plain, moment, 1),
        business_days_later(plain, moment, 7),
    )


span = (parse_moment(FIRST, "UTC"), parse_moment(LAST, "UTC") - 1)
anywhen = st.integers(*span) | st.integers(*(us // HALF_HOUR_US for us in span)).map(lambda n: n * HALF_HOUR_US)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(CALENDARS) - 1), anywhen), min_size=20, max_size=20))
def test_beside_the_oracle(engine: tuple[DuckdbEngine, int], items: list[tuple[int, int]]) -> None:
    found = asked(engine, items)
    for (number, moment), answers in zip(items, found, strict=True):
        assert answers == expected(number, moment), (CALENDARS[number].id, iso_utc(moment))


@pytest.mark.parametrize(
    ("hours", "start", "days", "due"),
    [
        ("09:00-12:00, 13:00-18:00", "2012-02-10T10:30", 1, "2012-02-13T10:30"),  # Friday to Monday
        ("09:00-12:00, 13:00-18:00", "2012-02-10T18:00", 1, "2012-02-14T09:00"),  # at closing: the next opening after
        ("09:00-12:00, 13:00-18:00", "2012-02-10T07:00", 1, "2012-02-13T18:00"),  # before it opens: that day's closing
        ("09:00-12:00, 13:00-18:00", "2012-02-10T12:30", 1, "2012-02-13T18:00"),  # at lunch: the last closing
        ("09:00-12:00, 13:00-18:00", "2012-02-11T11:00", 1, "2012-02-13T11:00"),  # Saturday to Monday
        ("09:00-12:00, 13:00-18:00", "2011-12-22T15:00", 1, "2011-12-27T09:00"),  # a half day that is over by then
        ("22:00-06:00", "2012-02-15T01:00", 1, "2012-02-16T01:00"),  # Wednesday, in Tuesday's shift: Thursday
        ("22:00-06:00", "2012-02-11T05:00", 1, "2012-02-12T05:00"),  # Friday's shift: Saturday's
    ],
)
def test_by_hand(engine: tuple[DuckdbEngine, int], hours: str, start: str, days: int, due: str) -> None:
    number = next(i for i, calendar in enumerate(CALENDARS) if calendar.id == f"Europe/Berlin {hours}")
    moment = parse_moment(start, "Europe/Berlin")
    assert days == 1
    assert iso_utc(asked(engine, [(number, moment)])[0][3]) == iso_utc(parse_moment(due, "Europe/Berlin"))


@pytest.mark.parametrize(
    ("zone", "start", "place", "due"),
    [
        ("Europe/Berlin", "2012-03-23T02:30", 0, "2012-03-25T03:00"),  # no such time: the first moment after
        ("Europe/Berlin", "2011-10-28T02:30", 0, "2011-10-30T01:30:00Z"),  # twice: the second
        ("Europe/Berlin", "2011-11-30T12:00", 2, "2012-02-29T12:00"),  # February has no 30th
        ("Pacific/Apia", "2011-12-28T12:00", 0, "2011-12-31T00:00"),  # a day that was skipped
    ],
)
def test_by_hand_in_zones(engine: tuple[DuckdbEngine, int], zone: str, start: str, place: int, due: str) -> None:
    number = next(i for i, calendar in enumerate(CALENDARS) if calendar.timezone == zone)
    found = asked(engine, [(number, parse_moment(start, zone))])[0][place]
    assert iso_utc(found) == iso_utc(parse_moment(due, zone))


def test_a_calendar_without_a_future_reaches_no_further() -> None:
    today = parse_moment("2026-03-10", "UTC")
    office = dict.fromkeys(range(5), parse_hours("09:00-17:00"))
    for over in (Calendar("never", "UTC", {}), Calendar("closed", "UTC", office, until=date(2026, 3, 1))):
        assert last_day(over, today, Ahead(business_days=5)) <= today // DAY_US + 10
    ends_soon = Calendar("ends", "UTC", office, until=date(2026, 3, 20))
    assert today // DAY_US + 10 <= last_day(ends_soon, today, Ahead(business_days=90)) <= today // DAY_US + 20


def test_rows_reach_the_opening_after_the_last_business_day() -> None:
    summer = frozenset(date(2026, 7, day) for day in range(1, 32))
    calendar = Calendar("summer", "UTC", dict.fromkeys(range(7), parse_hours("09:00-17:00")), summer)
    found = last_day(calendar, parse_moment("2026-06-25", "UTC"), Ahead(business_days=2))
    assert found >= parse_moment("2026-08-01", "UTC") // DAY_US


@pytest.mark.parametrize("days", [65_536, 131_072, 200_000, 999_999])
def test_a_day_that_no_table_has_is_none(engine: tuple[DuckdbEngine, int], days: int) -> None:
    """Not that of another calendar, whose rows come behind."""
    made, segments = engine
    made.load("items", [("n", "bigint"), ("t", "bigint")], [(0, span[0]), (0, span[1])])
    number, moment = Column("n"), Column("t")
    later = (BusinessDaysLater(number, moment, days), DaysLater(number, moment, days=days))
    select = Select(Table(("temp", "main", "items")), tuple((f"v{i}", node) for i, node in enumerate(later)))
    try:
        (rows,) = made.run(Query((), (select,), {}, segments=segments))
    finally:
        made.execute("DROP TABLE items")
    assert rows == [(None, None), (None, None)]


def test_a_month_that_no_table_has_is_none() -> None:
    (row,) = local_rows(CALENDARS[0], 0, 0, 0, (1, 999_999))
    assert row[-2] == 31
    assert DAYS_A_CALENDAR <= row[-1] < ROOM_FOR_DAYS


def test_the_shift_before_the_first_day_runs_on() -> None:
    night = Calendar("night", "UTC", dict.fromkeys(range(7), parse_hours("22:00-06:00")))
    runs_on = {row[0]: row[4] for row in local_rows(night, 0, 20_000, 20_001)}
    assert runs_on == {day: day * DAY_US + 6 * 3_600_000_000 for day in (20_000, 20_001)}
