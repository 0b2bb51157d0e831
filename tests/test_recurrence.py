"""When meetings take place: against dateutil, which reads the same RRULEs, and by hand where it knows no answer."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest
from dateutil import tz
from dateutil.rrule import rrulestr
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from aac.periods import iso_utc
from aac.recurrence import Repeats, days, moments, parse_repeats

if TYPE_CHECKING:
    from collections.abc import Callable

DAY = timedelta(days=1)
WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
NTH = [f"{n}{weekday}" for n in (1, 2, 3, 4, 5, -1, -2) for weekday in WEEKDAYS]
ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo"])
DATES = st.dates(date(1992, 1, 1), date(2036, 1, 1))
"""dateutil knows no changes of the clocks after 2037."""


def listed(numbers: list[int]) -> str:
    return ",".join(map(str, sorted(set(numbers))))


@st.composite
def rrules(draw: st.DrawFn) -> str:
    """An RRULE of any frequency with any of the parts that we read."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 5))}"]
    has_nth = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
    if draw(st.booleans()):  # `MO,1MO` is every Monday (RFC 5545), and the first to dateutil
        weekdays = st.sampled_from(NTH if has_nth else WEEKDAYS)
        parts.append("BYDAY=" + ",".join(draw(st.lists(weekdays, min_size=1, max_size=4, unique=True))))
    if frequency != "WEEKLY" and draw(st.booleans()):
        month_days = st.sampled_from([*range(1, 32), *range(-31, 0)])
        parts.append("BYMONTHDAY=" + listed(draw(st.lists(month_days, min_size=1, max_size=12))))
    if draw(st.booleans()):
        parts.append("BYMONTH=" + listed(draw(st.lists(st.integers(1, 12), min_size=1, max_size=6))))
    if frequency != "WEEKLY" and len(parts) > 2 and draw(st.booleans()):  # dateutil cuts the first week at its start
        parts.append("BYSETPOS=" + listed(draw(st.lists(st.sampled_from([1, 2, 3, -1, -2]), min_size=1, max_size=2))))
    if draw(st.booleans()):
        parts.append(f"UNTIL={draw(DATES):%Y%m%d}")
    return ";".join(parts)


@settings(max_examples=200, deadline=None)
@given(rrules(), DATES, st.integers(-400, 1500))
def test_days_are_those_of_dateutil(text: str, starts_on: date, later: int) -> None:
    first = starts_on + later * DAY
    until = first + 1000 * DAY
    try:
        repeats = parse_repeats(text)
    except ValueError as error:
        if not str(error).startswith("no day fits"):  # which dateutil finds out in the year 9999
            raise
        reject()
    rule = rrulestr(text, dtstart=datetime.combine(starts_on, time()))
    begins = datetime.combine(first, time())
    expected = [found.date() for found in rule.between(begins, begins + 1000 * DAY, inc=True) if found.date() < until]
    assert list(days(repeats, first, until, starts_on)) == expected


@settings(max_examples=40, deadline=None)
@given(st.times(), ZONES, DATES)
def test_moments_are_those_of_dateutil(at: time, zone: str, first: date) -> None:
    at = at.replace(second=0, microsecond=0)
    found = moments(Repeats("daily", at=at), first, first + 366 * DAY, zone)
    assert len(found) == 366
    for number, us in enumerate(found):
        local = tz.enfold(datetime.combine(first + number * DAY, at, tz.gettz(zone)), fold=1)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)
        if tz.datetime_exists(local):
            assert moment == local.astimezone(UTC)
        else:  # the first moment after the hour that is not there
            shown = [(moment + side * timedelta(microseconds=1)).astimezone(tz.gettz(zone)) for side in (-1, 0)]
            assert shown[0].replace(tzinfo=None) < local.replace(tzinfo=None) < shown[1].replace(tzinfo=None)


SAME = {
    "weekly on thu 10:00": "FREQ=WEEKLY;BYDAY=TH;BYHOUR=10",
    "Weekly on Thursday 10:00": "FREQ=WEEKLY;BYDAY=TH;BYHOUR=10;BYMINUTE=0",
    "weekly on tue, thu 09:30": "RRULE:FREQ=WEEKLY;BYDAY=TH,TU;BYHOUR=9;BYMINUTE=30",
    "weekly on mon-fri 9:15": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=9;BYMINUTE=15",
    "every week on fri": "FREQ=WEEKLY;BYDAY=FR",
    "every 2 weeks on thu 10:00": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TH;BYHOUR=10",
    "monthly on third wed": "FREQ=MONTHLY;BYDAY=3WE",
    "monthly on first tue": "FREQ=MONTHLY;BYDAY=1TU",
    "monthly on last fri 09:30": "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=30",
    "monthly on 15": "FREQ=MONTHLY;BYMONTHDAY=15",
    "monthly on last day 16:00": "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=16",
    "quarterly": "FREQ=MONTHLY;INTERVAL=3",
    "quarterly on second wed 14:00": "FREQ=MONTHLY;INTERVAL=3;BYDAY=2WE;BYHOUR=14",
    "every 2 quarters": "FREQ=MONTHLY;INTERVAL=6",
    "yearly": "FREQ=YEARLY",
    "annually": "freq=yearly;interval=1",
    "yearly on 02-15": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=15",
    "daily 08:45": "FREQ=DAILY;BYHOUR=8;BYMINUTE=45;WKST=MO",
}


@pytest.mark.parametrize(("words", "rrule"), SAME.items())
def test_words_and_rrules_are_read_into_the_same(words: str, rrule: str) -> None:
    assert parse_repeats(words) == parse_repeats(rrule)


WRONG = {
    "thursdays": "`thursdays` does not say how often",
    "weekly on thu 10": "`thu 10` in `weekly on thu 10` has no minutes",
    "monthly on first tuesday at 9": "`first tue at 9` in `monthly on first tuesday at 9` has no minutes",
    "weekly on thursdy": "`thursdy` is no weekday",
    "weekly on thu 25:00": "`25:00` in `weekly on thu 25:00` is no time of day",
    "weekly on thu 10:60": "`10:60` in `weekly on thu 10:60` is no time of day",
    "every 0 weeks on thu": "`0` in `every 0 weeks on thu` cannot be",
    "fortnightly": "`fortnightly` does not say how often",
    "daily on mon": "`daily on mon` names days of the week",
    "monthly on 0": "`0` in `monthly on 0` cannot be",
    "monthly on 31": "not every month has a day 31",
    "monthly on fifth tue": "`fifth tue` in `monthly on fifth tue` is no day of a month",
    "yearly on 02-29": "`02-29` in `yearly on 02-29` is no day that every year has",
    "yearly on feb": "`feb` in `yearly on feb` is no day that every year has",
    "FREQ=HOURLY": "`FREQ=HOURLY` has no frequency",
    "BYDAY=TH": "`BYDAY=TH` has no frequency",
    "FREQ=WEEKLY;BYDAY=TH;BYDAY=FR": "`BYDAY=FR` in `FREQ=WEEKLY;BYDAY=TH;BYDAY=FR` cannot be",
    "FREQ=WEEKLY;COUNT=3": "`COUNT` of an RRULE is not read here",
    "FREQ=WEEKLY;BYDAY=XX": "`XX` in `FREQ=WEEKLY;BYDAY=XX` is no weekday",
    "FREQ=WEEKLY;BYDAY=1TH": "`1TH` is a weekday of a month",
    "FREQ=MONTHLY;BYDAY=0TH": "`0` in `FREQ=MONTHLY;BYDAY=0TH` cannot be",
    "FREQ=WEEKLY;INTERVAL=-1": "`-1` in `FREQ=WEEKLY;INTERVAL=-1` cannot be",
    "FREQ=WEEKLY;BYHOUR=10,14": "`FREQ=WEEKLY;BYHOUR=10,14` has no one time of day",
    "FREQ=WEEKLY;BYMINUTE=10": "`FREQ=WEEKLY;BYMINUTE=10` has no one time of day",
    "FREQ=WEEKLY;UNTIL=2026-12-31": "`UNTIL=2026-12-31` is no date",
    "FREQ=WEEKLY;UNTIL=20260231": "`UNTIL=20260231` is no date",
    "FREQ=WEEKLY;WKST=SU": "weeks begin on Monday here",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30": "no day fits `FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30`",
}


@pytest.mark.parametrize(("text", "message"), WRONG.items())
def test_what_is_no_repetition(text: str, message: str) -> None:
    with pytest.raises(ValueError, match="; ") as caught:
        parse_repeats(text)
    assert str(caught.value).rpartition("; ")[0].startswith(message)


def test_without_a_start_weeks_are_counted_from_a_monday_and_quarters_from_january() -> None:
    fortnight = list(days(parse_repeats("every 2 weeks on thu"), date(2023, 12, 1), date(2024, 2, 1)))
    assert fortnight == [date(2023, 12, 7), date(2023, 12, 21), date(2024, 1, 4), date(2024, 1, 18)]
    quarters = list(days(parse_repeats("quarterly"), date(2026, 1, 1), date(2027, 1, 1)))
    assert quarters == [date(2026, month, 1) for month in (1, 4, 7, 10)]
    assert list(days(parse_repeats("yearly"), date(2026, 1, 2), date(2028, 1, 1))) == [date(2027, 1, 1)]


def told(
    text: str,
    first: date,
    until: date,
    is_open: Callable[[date], bool] | None = None,
    is_skipped: Callable[[date], bool] | None = None,
) -> list[str]:
    found = moments(parse_repeats(text), first, until, "Europe/Berlin", is_open=is_open, is_skipped=is_skipped)
    return [iso_utc(us) for us in found]


def test_clocks_that_change_keep_the_local_time() -> None:
    sundays = told("weekly on sun 02:30", date(2026, 3, 22), date(2026, 4, 1))
    assert sundays == ["2026-03-22T01:30:00Z", "2026-03-29T01:00:00Z"]
    twice = told("weekly on sun 02:30", date(2026, 10, 19), date(2026, 10, 26))
    assert twice == ["2026-10-25T01:30:00Z"]
    assert told("monthly on 15", date(2026, 7, 1), date(2026, 8, 1)) == ["2026-07-14T22:00:00Z"]


def test_a_closed_day_moves_to_the_next_open_one() -> None:
    closed = {date(2026, 12, 24), date(2026, 12, 25)}

    def is_open(day: date) -> bool:
        return day.weekday() < 5 and day not in closed

    text, first, until = "weekly on thu 10:00", date(2026, 12, 17), date(2027, 1, 1)
    moved = ["2026-12-17T09:00:00Z", "2026-12-28T09:00:00Z", "2026-12-31T09:00:00Z"]
    assert told(text, first, until, is_open=is_open) == moved
    skipped = [moved[0], moved[2]]
    assert told(text, first, until, is_open=is_open, is_skipped=lambda day: day in closed) == skipped
    # one that moves into the days asked for is among them, and two that move to the same day are one
    assert told(text, date(2026, 12, 28), date(2026, 12, 30), is_open=is_open) == moved[1:2]
    daily = told("daily 10:00", date(2026, 12, 24), date(2026, 12, 30), is_open=is_open)
    assert daily == ["2026-12-28T09:00:00Z", "2026-12-29T09:00:00Z"]


def test_where_it_is_never_open_it_does_not_take_place() -> None:
    assert told("daily", date(2026, 1, 1), date(2026, 3, 1), is_open=lambda _: False) == []
