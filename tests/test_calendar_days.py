"""Calendar days, months and business days in SQL, beside the oracle that asks day by day (LANGUAGE §6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aac.calendar_days import business_dates_later, business_days_later, days_later, last_day
from aac.calendars import Calendar, parse_hours
from aac.engines.base import Query, Select, Table, business_days_table, later_table
from aac.engines.duckdb import DuckdbEngine
from aac.evaluation.lengths import Later
from aac.expressions.nodes import BusinessDaysLater, Column, DaysLater
from aac.periods import iso_utc, parse_moment
from tests.oracle import days as oracle
from tests.oracle.business_time import DAY_US, PlainCalendar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aac.calendar_days import Pattern
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
SPAN = (parse_moment(FIRST, "UTC"), parse_moment(LAST, "UTC") - 1)
SHORT = {date(2011, 12, 23): parse_hours("09:00-12:00")}
CLOSED = frozenset({date(2011, 12, 26), date(2012, 3, 26)})
HALF_HOUR_US = 1_800_000_000
EPOCH = date(1970, 1, 1)


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
    """An engine with the tables of all calendars, and into how many pieces a day falls."""
    later = later_than(CALENDARS, SPAN)
    with DuckdbEngine() as made:
        later.load(made)
        yield made, later.most_pieces


def later_than(calendars: list[Calendar], span: tuple[int, int]) -> Later:
    """What is later by the zone or the hours of each calendar."""
    first, last = span[0] // DAY_US, span[1] // DAY_US

    def table(patterns: Callable[[Calendar], list[Pattern]]) -> dict[int, list[Pattern]]:
        return dict(enumerate(map(patterns, calendars)))

    tables = {
        later_table(2): table(lambda calendar: days_later(calendar.timezone, first, last, 2)),
        later_table(0, 1): table(lambda calendar: days_later(calendar.timezone, first, last, 0, 1)),
        later_table(0, 3): table(lambda calendar: days_later(calendar.timezone, first, last, 0, 3)),
        business_days_table(1): table(lambda calendar: business_days_later(calendar, first, last, 1)),
        business_days_table(7): table(lambda calendar: business_days_later(calendar, first, last, 7)),
    }
    return Later(first, tables, {})


def asked(engine: tuple[DuckdbEngine, int], items: list[tuple[int, int]]) -> list[tuple[int | None, ...]]:
    """Of each (calendar, moment) two days, one and three months, one and seven business days later."""
    made, pieces = engine
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
        (rows,) = made.run(Query((), (select,), {}, pieces=pieces))
    finally:
        made.execute("DROP TABLE items")
    return [cast("tuple[int | None, ...]", row[1:]) for row in rows]


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
        oracle.days_later(zone, moment, 2),
        oracle.months_later(zone, moment, 1),
        oracle.months_later(zone, moment, 3),
        oracle.business_days_later(plain, moment, 1),
        oracle.business_days_later(plain, moment, 7),
    )


anywhen = st.integers(*SPAN) | st.integers(*(us // HALF_HOUR_US for us in SPAN)).map(lambda n: n * HALF_HOUR_US)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, len(CALENDARS) - 1), anywhen), min_size=20, max_size=20))
def test_beside_the_oracle(engine: tuple[DuckdbEngine, int], items: list[tuple[int, int]]) -> None:
    found = asked(engine, items)
    for (number, moment), answers in zip(items, found, strict=True):
        assert answers == expected(number, moment), (CALENDARS[number].id, iso_utc(moment))


WEEK = st.dictionaries(st.integers(0, 6), st.sampled_from([*HOURS, *SHIFTS.values()]).map(parse_hours))
DATES = st.integers(0, 150).map(lambda day: date.fromisoformat(FIRST) + timedelta(days=day))


def as_if_no_week_were_like_another(*_: object) -> int:
    """In place of what looks for how long weeks are alike."""
    return 0


def as_if_clocks_were_always_changed(*_: object) -> None:
    """In place of what takes the same readings for the same."""


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ZONES),
    WEEK,
    st.frozensets(DATES, max_size=5),
    st.dictionaries(DATES, st.sampled_from(HOURS).map(parse_hours), max_size=5),
    st.integers(1, 9),
    st.tuples(st.integers(0, 90), st.integers(0, 90)),
)
def test_a_date_like_that_of_a_week_before_is_not_worked_out_again(
    zone: str,
    hours: dict[int, Openings],
    closed: frozenset[date],
    short: dict[date, Openings],
    days: int,
    span: tuple[int, int],
) -> None:
    """What is taken from another date is what would have been found for this one."""
    calendar = Calendar("any", zone, hours, closed, short)
    first = SPAN[0] // DAY_US + span[0]
    found = business_days_later(calendar, first, first + span[1], days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aac.calendar_days._BusinessDays.days_alike", as_if_no_week_were_like_another)
        patch.setattr("aac.calendar_days._BusinessDays.of_readings", as_if_clocks_were_always_changed)
        expected = business_days_later(calendar, first, first + span[1], days)
    for one, other in zip(found, expected, strict=True):
        begins = {max(0, piece.begin) for piece in (*one.pieces, *other.pieces)}
        for moment in (*begins, *(begin - 1 for begin in begins if begin)):
            assert later(one, moment) == later(other, moment)


def later(pattern: Pattern, moment: int) -> tuple[int, int | None]:
    """What is so much later than a moment of the day: where it stands still that moment, else the distance."""
    (piece,) = [piece for piece in pattern.pieces if piece.begin <= moment][-1:]
    return piece.runs, piece.base


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
    assert asked(engine, [(number, moment)])[0][3] == parse_moment(due, "Europe/Berlin")


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
    assert found == parse_moment(due, zone)


def test_all_promises_have_ended_by_the_last_day() -> None:
    today = parse_moment("2026-03-10", "UTC") // DAY_US
    office = dict.fromkeys(range(5), parse_hours("09:00-17:00"))
    for over in (Calendar("never", "UTC", {}), Calendar("closed", "UTC", office, until=date(2026, 3, 1))):
        assert last_day(over, today, 5) <= today + 10
    ends_soon = Calendar("ends", "UTC", office, until=date(2026, 3, 20))
    assert today + 10 <= last_day(ends_soon, today, 90) <= today + 20
    summer = frozenset(date(2026, 7, day) for day in range(1, 32))
    leave = Calendar("leave", "UTC", dict.fromkeys(range(7), parse_hours("09:00-17:00")), summer)
    assert (
        last_day(leave, parse_moment("2026-06-25", "UTC") // DAY_US, 5) >= parse_moment("2026-08-01", "UTC") // DAY_US
    )


def test_what_lies_behind_2100_is_none() -> None:
    day = parse_moment("2026-03-10", "UTC") // DAY_US
    always = Calendar("always", "UTC", dict.fromkeys(range(7), parse_hours("00:00-24:00")))
    over = Calendar("over", "UTC", dict.fromkeys(range(7), parse_hours("00:00-24:00")), until=date(2026, 3, 12))
    for patterns in (
        days_later("UTC", day, day, 999_999),
        days_later("UTC", day, day, 0, 999_999),
        business_days_later(always, day, day, 999_999),
        business_days_later(over, day, day, 2),
        business_days_later(Calendar("never", "UTC", {}), day, day, 1),
    ):
        assert [piece.base for pattern in patterns for piece in pattern.pieces] == [None]
    assert not list(business_dates_later(over, day, day, 2))


def test_business_dates() -> None:
    office = Calendar("office", "Asia/Tokyo", dict.fromkeys(range(5), parse_hours("09:00-17:00")), CLOSED)
    days = {date(2011, 12, 22): date(2011, 12, 23), date(2011, 12, 24): date(2011, 12, 27)}
    first, last = ((day - EPOCH).days for day in (min(days), max(days)))
    found = dict(business_dates_later(office, first, last, 1))
    assert {day: found[(day - EPOCH).days] for day in days} == {
        day: (later - EPOCH).days for day, later in days.items()
    }


def test_a_promise_begins_in_a_shift_before_the_first_day(engine: tuple[DuckdbEngine, int]) -> None:
    number = next(i for i, calendar in enumerate(CALENDARS) if calendar.id == "Asia/Kolkata 22:00-06:00")
    ((_, _, _, one, _),) = asked(engine, [(number, SPAN[0])])  # 05:30 in Friday's shift
    assert one == SPAN[0] + DAY_US


def test_nothing_is_later_than_a_moment_that_no_table_has(engine: tuple[DuckdbEngine, int]) -> None:
    assert asked(engine, [(0, SPAN[1] + 2 * DAY_US), (10**6, SPAN[0])]) == [(None,) * 5] * 2
