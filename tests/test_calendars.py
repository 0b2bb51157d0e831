"""Calendars against the oracle, and the oracle against hand-made values and its own definition."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aac import calendars
from aac.calendars import Calendar, Openings
from tests.oracle import business_time as oracle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NINE_TO_FIVE: Openings = ((540, 1020),)
WEEK = dict.fromkeys(range(5), NINE_TO_FIVE)
DESK = oracle.PlainCalendar("Europe/Berlin", WEEK)
MAX_EXAMPLES = 150

# Where clocks are changed, and what is odd about it.
CHANGES = (
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("America/Los_Angeles", "2026-03-08"),
    ("America/Los_Angeles", "2026-11-01"),
    ("America/St_Johns", "2010-03-14"),  # at 00:01, half hours from UTC
    ("America/St_Johns", "2010-11-07"),  # back at 00:01, into the day before
    ("America/St_Johns", "2026-11-01"),
    ("Asia/Kolkata", "2026-03-29"),  # never
    ("Australia/Lord_Howe", "2026-04-05"),  # by half an hour
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Pacific/Apia", "2011-12-30"),  # a whole date was left out
    ("Africa/Casablanca", "2026-02-15"),  # around Ramadan
    ("Africa/Casablanca", "2026-03-22"),
)


def us(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> int:
    """Microseconds of a local clock reading."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // oracle.MICROSECOND


def calendar_of(plain: oracle.PlainCalendar) -> Calendar:
    """The product's calendar with the same hours."""
    hours = {day: tuple(openings) for day, openings in plain.hours.items()}
    short = {day: tuple(openings) for day, openings in plain.short.items()}
    return Calendar("desk", plain.timezone, hours, frozenset(plain.closed), short)


# The oracle


@pytest.mark.parametrize(("start", "end", "hours"), oracle.CHECK_VALUES)
def test_oracle_gives_the_check_values_of_the_language(start: str, end: str, hours: float) -> None:
    assert oracle.open_us(DESK, us(start), us(end)) == hours * oracle.HOUR_US


@pytest.mark.parametrize(
    ("zone", "around"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("America/St_Johns", "2010-11-07"),  # clocks went back at 00:01, into the day before
        ("Australia/Lord_Howe", "2026-04-05"),  # half an hour back
        ("Pacific/Apia", "2011-12-31"),  # a whole date was left out
    ],
)
def test_oracle_agrees_with_its_definition_asked_every_minute(zone: str, around: str) -> None:
    calendar = oracle.PlainCalendar(zone, {day: [(0, 1), (15, 150), (160, 600), (1320, 1800)] for day in range(7)})
    middle = us(f"{around}T00:00", zone)
    minutes = range(middle - oracle.DAY_US, middle + oracle.DAY_US, oracle.MINUTE_US)
    by_minute = sum(oracle.is_open(calendar, minute) for minute in minutes) * oracle.MINUTE_US
    assert oracle.open_us(calendar, minutes.start, minutes.stop) == by_minute


@pytest.mark.parametrize(
    ("start", "promised_hours", "due"),
    [
        ("2026-03-03T10:00", 2.5, "2026-03-03T12:30"),
        ("2026-03-03T10:00", 7, "2026-03-04T09:00"),  # runs out at closing: the next opening still counts as met
        ("2026-03-06T16:30", 1, "2026-03-09T09:30"),
        ("2026-03-07T11:00", 1, "2026-03-09T10:00"),
    ],
)
def test_oracle_due(start: str, promised_hours: float, due: str) -> None:
    assert oracle.due_us(DESK, us(start), int(promised_hours * oracle.HOUR_US)) == us(due)


# The product, by hand


@pytest.mark.parametrize(("start", "end", "hours"), oracle.CHECK_VALUES)
def test_check_values_of_the_language(start: str, end: str, hours: float) -> None:
    assert calendars.open_us(calendar_of(DESK), us(start), us(end)) == hours * oracle.HOUR_US


@pytest.mark.parametrize(
    ("opening", "spring_hours", "autumn_hours"),
    [
        ("00:00-06:00", 5, 7),
        ("02:00-03:00", 0, 2),  # the hour that is lost and the hour that occurs twice
        ("02:30-03:30", 0.5, 1.5),
        ("02:00-02:30", 0, 1),
        ("03:00-04:00", 1, 1),
        ("00:00-24:00", 23, 25),
    ],
)
def test_hours_that_are_lost_or_occur_twice(opening: str, spring_hours: float, autumn_hours: float) -> None:
    calendar = Calendar("night", "Europe/Berlin", {6: calendars.parse_hours(opening)})
    for sunday, hours in (("2026-03-29", spring_hours), ("2026-10-25", autumn_hours)):
        begin, end = us(f"{sunday}T00:00"), us(f"{sunday}T23:59") + oracle.MINUTE_US
        assert calendars.open_us(calendar, begin, end) == hours * oracle.HOUR_US


def test_an_opening_in_an_hour_that_occurs_twice_is_two_intervals() -> None:
    calendar = Calendar("night", "Europe/Berlin", {6: ((150, 210),)})
    assert calendars.open_intervals(calendar, us("2026-10-25T00:00"), us("2026-10-26T00:00")) == [
        (us("2026-10-25T02:30"), us("2026-10-25T02:00", fold=1)),
        (us("2026-10-25T02:30", fold=1), us("2026-10-25T03:30")),
    ]


def test_a_night_shift_belongs_to_the_day_it_begins() -> None:
    night = calendars.parse_hours("22:00-06:00")
    calendar = Calendar("night", "Europe/Berlin", dict.fromkeys(range(5), night), frozenset({date(2026, 3, 4)}))
    assert calendars.open_intervals(calendar, us("2026-03-03T12:00"), us("2026-03-06T12:00")) == [
        (us("2026-03-03T22:00"), us("2026-03-04T06:00")),  # the closed Wednesday does not cut it
        (us("2026-03-05T22:00"), us("2026-03-06T06:00")),
    ]


def test_a_long_shift_reaches_a_utc_day_that_is_two_dates_on() -> None:
    calendar = Calendar("long", "America/Los_Angeles", {0: calendars.parse_hours("20:00-18:00")})
    wednesday = us("2026-03-04T00:00", "UTC")  # 16:00 on Tuesday, of Monday's shift
    assert calendars.open_us(calendar, wednesday, wednesday + oracle.DAY_US) == 2 * oracle.HOUR_US


def test_no_interval_is_empty() -> None:
    calendar = calendar_of(DESK)
    noon = us("2026-03-03T12:00")
    assert calendars.open_intervals(calendar, noon, noon) == []
    assert calendars.open_intervals(calendar, us("2026-03-03T17:00"), us("2026-03-04T09:00")) == []


def test_a_short_day_goes_before_hours_closed_and_holidays() -> None:
    new_year, saturday = date(2026, 1, 1), date(2026, 1, 3)
    short = {new_year: ((600, 720),), saturday: ((540, 600),), date(2026, 1, 2): ()}
    calendar = Calendar("desk", "Europe/Berlin", WEEK, frozenset({new_year}), short, holidays=("DE", "BY"))
    assert calendars.open_intervals(calendar, us("2026-01-01T00:00"), us("2026-01-05T00:00")) == [
        (us("2026-01-01T10:00"), us("2026-01-01T12:00")),
        (us("2026-01-03T09:00"), us("2026-01-03T10:00")),
    ]


def test_public_holidays_are_closed() -> None:
    calendar = Calendar("desk", "Europe/Berlin", WEEK, holidays=("DE", "BY"))
    # Between them lie Good Friday and Easter Monday.
    assert calendars.open_us(calendar, us("2026-04-02T16:00"), us("2026-04-07T10:00")) == 2 * oracle.HOUR_US
    assert calendars.due_us(calendar, us("2025-12-31T16:00"), oracle.HOUR_US) == us("2026-01-02T09:00")


@pytest.mark.parametrize(
    ("start", "promised", "due"),
    [
        ("2026-03-03T10:00", 2 * oracle.HOUR_US, "2026-03-03T12:00:00"),
        ("2026-03-03T10:00", 7 * oracle.HOUR_US - 1, "2026-03-03T16:59:59.999999"),
        ("2026-03-03T10:00", 7 * oracle.HOUR_US, "2026-03-04T09:00:00"),
        ("2026-03-03T10:00", 7 * oracle.HOUR_US + 1, "2026-03-04T09:00:00.000001"),
        ("2026-03-06T16:30", oracle.HOUR_US, "2026-03-09T09:30:00"),
        ("2026-03-07T11:00", oracle.HOUR_US, "2026-03-09T10:00:00"),
        ("2026-03-02T09:00", 400 * oracle.HOUR_US, "2026-05-11T09:00:00"),  # ten weeks of 40 hours
    ],
)
def test_due_is_the_last_moment_that_counts_as_met(start: str, promised: int, due: str) -> None:
    assert calendars.due_us(calendar_of(DESK), us(start), promised) == us(due)


def test_nothing_is_due_where_nothing_opens() -> None:
    once = Calendar("once", "UTC", {}, short={date(2026, 3, 3): NINE_TO_FIVE})
    start = us("2026-03-02T00:00", "UTC")
    assert calendars.due_us(once, start, 8 * oracle.HOUR_US - 1) == us("2026-03-03T17:00", "UTC") - 1
    assert calendars.due_us(once, start, 8 * oracle.HOUR_US) is None


def test_no_time_is_open_backwards() -> None:
    calendar = calendar_of(DESK)
    assert calendars.open_us(calendar, us("2026-03-03T12:00"), us("2026-03-03T10:00")) == 0
    assert calendars.open_us(calendar, us("2026-03-03T12:00"), us("2026-03-03T12:00")) == 0


def test_rows_by_hand() -> None:
    monday = us("2026-03-02T00:00", "UTC")
    midnight, hour, key = monday, oracle.HOUR_US, 7 * 65_536 + 20_514
    opened = calendars.open_days(calendar_of(DESK), monday + 1, monday + oracle.DAY_US)
    rows = list(calendars.calendar_rows(opened, 7, 2))
    assert rows == [
        (key, 0, midnight + 8 * hour, midnight + 16 * hour, midnight + 24 * hour, midnight + 24 * hour),
        (key + 1, 8 * hour, midnight + 32 * hour, midnight + 40 * hour, midnight + 48 * hour, midnight + 48 * hour),
    ]


def test_the_busiest_day_of_all_calendars() -> None:
    lunch = calendars.parse_hours("09:00-12:00, 13:00-18:00")
    week = (us("2026-03-02T00:00", "UTC"), us("2026-03-06T00:00", "UTC"))
    here = Calendar("here", "Europe/Berlin", dict.fromkeys(range(5), lunch))
    # 18:00 in Los Angeles is 02:00 of the next UTC day.
    there = Calendar("there", "America/Los_Angeles", dict.fromkeys(range(5), lunch))
    never = Calendar("never", "UTC", {})
    assert [calendars.busiest_day([calendars.open_days(calendar, *week)]) for calendar in (here, never)] == [2, 1]
    assert calendars.busiest_day([calendars.open_days(calendar, *week) for calendar in (here, there)]) == 3
    assert calendars.busiest_day([]) == 1


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (0, 65_536 * oracle.DAY_US)])
def test_rows_that_keys_have_no_room_for_are_refused(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="room for the days of 1970 to 2148"):
        calendars.open_days(calendar_of(DESK), first, last)


# The product against the oracle


class Scene(NamedTuple):
    """A calendar and two moments in order, most of them near a change of clocks."""

    plain: oracle.PlainCalendar
    first: int
    last: int


minutes = st.sampled_from([0, 1, 60, 90, 120, 150, 180, 540, 720, 780, 1020, 1320, 1380, 1439, 1440]) | st.integers(
    0, 1440
)


@st.composite
def openings(draw: st.DrawFn) -> Openings:
    """Up to three openings of a day that do not overlap, the last perhaps over midnight."""
    bounds = sorted(draw(st.sets(minutes, min_size=2, max_size=6)))
    pairs = list(zip(bounds[::2], bounds[1::2], strict=False))
    if draw(st.booleans()):
        opens = pairs[-1][0] if pairs[-1][0] < 1440 else 0
        pairs[-1] = (opens, draw(st.integers(1441, max(1441, opens + 1439))))
    return tuple(pairs)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    zone, changed_on = draw(st.sampled_from(CHANGES))
    around = date.fromisoformat(changed_on) + timedelta(days=draw(st.just(0) | st.integers(-400, 400)))
    dates = st.integers(-4, 4).map(lambda days: around + timedelta(days=days))
    plain = oracle.PlainCalendar(
        zone,
        draw(st.dictionaries(st.integers(0, 6), openings(), min_size=1)),
        draw(st.frozensets(dates, max_size=3)),
        draw(st.dictionaries(dates, openings() | st.just(()), max_size=2)),
    )
    anchor = us(f"{around}T00:00", "UTC")
    on_a_minute = st.tuples(st.integers(-4320, 4320), st.integers(-1, 1)).map(
        lambda minute: minute[0] * oracle.MINUTE_US + minute[1]
    )
    first, last = sorted(
        anchor + draw(on_a_minute | st.integers(-3 * oracle.DAY_US, 3 * oracle.DAY_US)) for _ in range(2)
    )
    return Scene(plain, first, last)


def agrees_on_open_intervals(scene: Scene) -> None:
    calendar = calendar_of(scene.plain)
    expected = oracle.open_intervals(scene.plain, scene.first, scene.last)
    assert calendars.open_intervals(calendar, scene.first, scene.last) == expected
    assert calendars.open_us(calendar, scene.first, scene.last) == sum(until - begin for begin, until in expected)


def agrees_on_due(scene: Scene) -> None:
    """What was open until ``last`` is promised: where that is closed, the promise runs out exactly at a closing."""
    calendar, start = calendar_of(scene.plain), scene.first
    promised = oracle.open_us(scene.plain, start, scene.last)
    due = calendars.due_us(calendar, start, promised)
    assert due == oracle.due_us(scene.plain, start, promised)
    assert due is not None
    assert calendars.open_us(calendar, start, due) == promised
    assert calendars.open_us(calendar, start, due + 1) == promised + 1
    behind = calendars.open_days(calendar, due + oracle.DAY_US, due + 2 * oracle.DAY_US)
    around = calendars.open_days(calendar, start, due)
    assert calendars.due_in(around, start, promised) == due
    assert calendars.due_in(behind, start, promised) is None
    assert calendars.due_in(around, start, promised + 7 * oracle.DAY_US) is None


def agrees_on_rows(scene: Scene) -> None:
    calendar = calendar_of(scene.plain)
    opened = calendars.open_days(calendar, scene.first, scene.last)
    segments = calendars.busiest_day([opened])
    rows = {row[0]: row[1:] for row in calendars.calendar_rows(opened, 3, segments)}
    assert {len(row) for row in rows.values()} == {1 + 2 * segments}
    assert len(rows) == scene.last // oracle.DAY_US - scene.first // oracle.DAY_US + 1

    def open_until(moment: int) -> int:
        before, *bounds = rows[3 * 65_536 + moment // oracle.DAY_US]
        return before + sum(max(0, min(moment, bounds[i + 1]) - bounds[i]) for i in range(0, len(bounds), 2))

    worked = open_until(scene.last) - open_until(scene.first)
    assert worked == oracle.open_us(scene.plain, scene.first, scene.last)


AGREEMENTS = (agrees_on_open_intervals, agrees_on_due, agrees_on_rows)


@pytest.mark.parametrize("agrees", AGREEMENTS)
def test_agrees_with_the_oracle(agrees: Callable[[Scene], None]) -> None:
    settings(max_examples=MAX_EXAMPLES, deadline=None)(given(scenes())(agrees))()


@pytest.mark.long
@pytest.mark.parametrize("agrees", AGREEMENTS)
def test_agrees_with_the_oracle_for_long(agrees: Callable[[Scene], None]) -> None:
    settings(max_examples=20 * MAX_EXAMPLES, deadline=None)(given(scenes())(agrees))()


@pytest.mark.parametrize("zone", sorted({zone for zone, _ in CHANGES}))
def test_agrees_with_the_oracle_over_years(zone: str) -> None:
    hours: Mapping[int, Openings] = dict.fromkeys(range(5), ((0, 150), (540, 720), (780, 1080), (1320, 1800)))
    plain = oracle.PlainCalendar(zone, hours, {date(2011, 12, 26)})
    agrees_on_open_intervals(Scene(plain, us("2010-12-31T12:00", zone), us("2012-01-31T12:00", zone)))


# Words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09:00-17:00", ((540, 1020),)),
        ("9:00 - 17:30", ((540, 1050),)),
        ("13:00-18:00,09:00-12:00", ((540, 720), (780, 1080))),
        ("09:00-12:00, 12:00-18:00", ((540, 720), (720, 1080))),
        ("22:00-06:00", ((1320, 1800),)),
        ("22:00-00:00", ((1320, 1440),)),
        ("22:00-24:00", ((1320, 1440),)),
        ("00:00-24:00", ((0, 1440),)),
        ("00:00-04:00, 22:00-06:00", ((0, 240), (1320, 1800))),
    ],
)
def test_hours(text: str, expected: Openings) -> None:
    assert calendars.parse_hours(text) == expected


@pytest.mark.parametrize(
    ("text", "message", "instead"),
    [
        ("9-17", "`9-17` is no opening", "did you mean `09:00-17:00`?"),
        ("9-5", "`9-5` is no opening", "did you mean `09:00-17:00`?"),
        ("9am-5pm", "`9am-5pm` is no opening", "did you mean `09:00-17:00`?"),
        ("12pm to 8.30 PM", "`12pm to 8.30 PM` is no opening", "did you mean `12:00-20:30`?"),
        ("09:00–17:00", "`09:00–17:00` is no opening", "did you mean `09:00-17:00`?"),
        ("0900-1800", "`0900-1800` is no opening", "did you mean `09:00-18:00`?"),
        ("9-33", "`9-33` is no opening", "write when it opens and closes, as in `09:00-17:00`"),
        ("", "`` is no opening", "write when it opens and closes, as in `09:00-17:00`"),
        ("closed", "`closed` is no opening", "write when it opens and closes, as in `09:00-17:00`"),
        ("09:00-17:60", "`09:00-17:60` is no opening", "write when it opens and closes, as in `09:00-17:00`"),
        ("09:00-25:00", "`09:00-25:00` is no opening", "write when it opens and closes, as in `09:00-17:00`"),
        ("09:00-12:00,", "`` is no opening", "write when it opens and closes, as in `09:00-17:00`"),
        (
            "09:00-12:00; 13:00-18:00",
            "`09:00-12:00; 13:00-18:00` is no opening",
            "write when it opens and closes, as in `09:00-17:00`",
        ),
        (
            "09:00-24:30",
            "`09:00-24:30` is no opening",
            "write `00:00-24:00` for a whole day, and `24:00` only to close",
        ),
        (
            "24:00-06:00",
            "`24:00-06:00` is no opening",
            "write `00:00-24:00` for a whole day, and `24:00` only to close",
        ),
        (
            "09:00-09:00",
            "`09:00-09:00` is no opening",
            "write `00:00-24:00` for a whole day, and `24:00` only to close",
        ),
        (
            "12:00-18:00, 09:00-13:00",
            "`09:00-13:00` and `12:00-18:00` overlap",
            "write openings that do not, as in `09:00-12:00, 13:00-18:00`",
        ),
        (
            "22:00-06:00, 23:00-24:00",
            "`22:00-06:00` and `23:00-24:00` overlap",
            "write openings that do not, as in `09:00-12:00, 13:00-18:00`",
        ),
    ],
)
def test_hours_that_are_refused(text: str, message: str, instead: str) -> None:
    with pytest.raises(ValueError, match=r"; (write|did you mean) ") as e:
        calendars.parse_hours(text)
    assert str(e.value).rpartition("; ") == (message, "; ", instead)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("sat", (5,)),
        ("Sat - Sun", (5, 6)),
        ("fri-mon", (4, 5, 6, 0)),
        ("wed-wed", (2,)),
        ("tue-mon", (1, 2, 3, 4, 5, 6, 0)),
    ],
)
def test_weekdays(text: str, expected: tuple[int, ...]) -> None:
    assert calendars.parse_weekdays(text) == expected


@pytest.mark.parametrize("text", ["", "mon,tue", "mon-", "-fri", "mon-fri-sun", "0"])
def test_what_is_no_weekday(text: str) -> None:
    with pytest.raises(ValueError, match="is no weekday; write a day or a range of mon, tue, wed, thu, fri, sat, sun"):
        calendars.parse_weekdays(text)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("monday", "mon"), ("Monday - Friday", "mon-fri"), ("Mo-Fr", "mon-fri"), ("Di bis Do", "tue-thu"),
        ("all", "mon-sun"), ("weekdays", "mon-fri"), ("mon–fri", "mon-fri"), ("thr", "thu"),
    ],
)  # fmt: skip
def test_weekdays_as_others_write_them(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match="did you mean") as e:
        calendars.parse_weekdays(text)
    assert str(e.value) == f"`{text}` is no weekday; did you mean `{meant}`?"


def test_public_holidays_of_bavaria_in_2026() -> None:
    expected = {
        "2026-01-01", "2026-01-06", "2026-04-03", "2026-04-06", "2026-05-01", "2026-05-14", "2026-05-25", "2026-06-04",
        "2026-10-03", "2026-11-01", "2026-12-25", "2026-12-26",
    }  # fmt: skip
    found = calendars.public_holidays("DE", "BY", range(2026, 2027))
    assert {day.isoformat() for day in found} == expected
    assert calendars.public_holidays("DE", "Bayern", range(2026, 2027)) == found
    assert date(2026, 1, 6) not in calendars.public_holidays("DE", None, range(2026, 2027))


def test_public_holidays_of_several_years_are_those_of_each() -> None:
    each = [calendars.public_holidays("US", None, range(year, year + 1)) for year in range(2020, 2030)]
    assert calendars.public_holidays("US", None, range(2020, 2030)) == frozenset().union(*each)


@pytest.mark.parametrize(
    ("country", "region", "message", "instead"),
    [
        ("Germany", None, "the country `Germany`", "write its code, as in `DE`"),
        ("de", None, "the country `de`", "write its code, as in `DE`"),
        ("country_holidays", None, "the country `country_holidays`", "write its code, as in "),
        ("@", None, "the country `@`", "write its code, as in `DE` or `US`"),
        ("DE", "Bayer", "the region `Bayer` of `DE`", "write `Bayern`"),
        ("DE", "XX", "the region `XX` of `DE`", "write `BB` or `BE` or "),
        ("JP", "13", "the region `13` of `JP`", "leave the region out"),
    ],
)
def test_holidays_that_nobody_knows(country: str, region: str | None, message: str, instead: str) -> None:
    with pytest.raises(ValueError, match="no public holidays are known") as e:
        calendars.public_holidays(country, region, range(2026, 2027))
    said, _, advice = str(e.value).rpartition("; ")
    assert said == f"no public holidays are known of {message}"
    assert advice.startswith(instead)
