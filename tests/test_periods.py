"""Durations, windows and moments: values worked out by hand, and what must hold of all."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aac import periods
from aac.periods import ALL, GRAINS, Duration, Grain, Window

SECOND = 1_000_000
HOUR = 3600 * SECOND
FEBRUARY = (2, 1)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
)

days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
dated_grains = st.sampled_from([grain for grain in GRAINS if grain != "all"])
fiscal_starts = st.tuples(st.integers(1, 12), st.integers(1, 31))
moments = st.integers(631_152_000 * SECOND, 4_133_980_800 * SECOND - 1)


def utc(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - periods.EPOCH) // timedelta(microseconds=1)


# Durations


@pytest.mark.parametrize(
    ("text", "amount", "unit", "clock", "us"),
    [
        ("30 minutes", 30, "minutes", "elapsed", 1800 * SECOND),
        ("1 minute", 1, "minutes", "elapsed", 60 * SECOND),
        ("4 hours", 4, "hours", "elapsed", 4 * HOUR),
        ("1.5 hours", Fraction(3, 2), "hours", "elapsed", 5400 * SECOND),
        ("0.000001 minutes", Fraction(1, 10**6), "minutes", "elapsed", 60),
        ("2 days", 2, "days", "elapsed", 48 * HOUR),
        ("4 business hours", 4, "hours", "business", 4 * HOUR),
        ("30 business minutes", 30, "minutes", "business", 1800 * SECOND),
        ("  4  Business   Hours ", 4, "hours", "business", 4 * HOUR),
    ],
)
def test_durations_with_a_length(text: str, amount: Fraction, unit: periods.Unit, clock: str, us: int) -> None:
    duration = periods.parse_duration(text)
    assert (duration.amount, duration.unit, duration.clock, duration.us) == (amount, unit, clock, us)


@pytest.mark.parametrize(
    ("text", "unit", "clock"),
    [
        ("5 business days", "days", "business"),
        ("2 calendar days", "days", "calendar"),
        ("3 months", "months", "calendar"),
        ("1 month", "months", "calendar"),
    ],
)
def test_durations_whose_length_depends_on_their_beginning(text: str, unit: str, clock: str) -> None:
    duration = periods.parse_duration(text)
    assert (duration.unit, duration.clock, str(duration)) == (unit, clock, text)
    with pytest.raises(ValueError, match=f"`{text}` has no length of its own; write hours"):
        _ = duration.us


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4",
        "hours",
        "-4 hours",
        "1/2 hours",
        "1e3 hours",
        "٤ hours",
        "30 seconds",
        "1.5 months",
        "1.5 business days",
        "1.5 calendar days",
        "3 business months",
        "2 calendar hours",
        "0.0000001 minutes",
        "4 hours; 2 days",
    ],
)
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write one number and its unit, as in `30 minutes`") as e:
        periods.parse_duration(text)
    message, _, instead = str(e.value).rpartition("; ")
    assert message == f"`{text}` is not a duration"
    assert instead.startswith("write ")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("4h", "4 hours"), ("4 hrs", "4 hours"), ("30min", "30 minutes"), ("5d", "5 days"), ("four hours", "4 hours"),
        ("2-4 hours", "4 hours"), ("2 to 4 hours", "4 hours"), ("an hour", "1 hour"), ("2 weeks", "14 days"),
        ("4 working hours", "4 business hours"), ("five working days", "5 business days"), ("< 90 days", "90 days"),
        ("2 Stunden", "2 hours"), ("within 4 hours", "4 hours"), ("4business hours", "4 business hours"),
    ],
)  # fmt: skip
def test_who_writes_a_duration_otherwise_is_told_how_it_is_written(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match="did you mean") as e:
        periods.parse_duration(text)
    assert str(e.value) == f"`{text}` is not a duration; did you mean `{meant}`?"
    assert str(periods.parse_duration(meant)) == meant


@pytest.mark.parametrize("text", ["0 hours", "0.0 minutes", "0 months"])
def test_a_duration_is_more_than_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="is no time at all; write a number above 0"):
        periods.parse_duration(text)


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (Duration(Fraction(1), "hours", "elapsed"), "1 hour"),
        (Duration(Fraction(4), "hours", "business"), "4 business hours"),
        (Duration(Fraction(5, 2), "days", "elapsed"), "2.5 days"),
        (Duration(Fraction(100), "days", "calendar"), "100 calendar days"),
        (Duration(Fraction(1), "months", "calendar"), "1 month"),
    ],
)
def test_a_duration_is_written_as_people_write_it(duration: Duration, text: str) -> None:
    assert str(duration) == text


@given(
    st.decimals(min_value="0.000001", max_value=999_999, places=6),
    st.sampled_from(["minutes", "hours", "days", "business minutes", "business hours"]),
)
def test_a_duration_reads_what_it_writes(amount: object, unit: str) -> None:
    duration = periods.parse_duration(f"{amount:f} {unit}")
    assert periods.parse_duration(str(duration)) == duration
    assert duration.us == Fraction(f"{amount:f}") * periods.UNIT_US[unit.split()[-1]]


# Windows


@pytest.mark.parametrize(
    ("grain", "day", "fiscal_start", "label", "first", "until"),
    [
        ("week", "2026-02-15", (1, 1), "2026-W07", "2026-02-09", "2026-02-16"),
        ("week", "2021-01-03", (1, 1), "2020-W53", "2020-12-28", "2021-01-04"),
        ("week", "2024-12-30", (1, 1), "2025-W01", "2024-12-30", "2025-01-06"),
        ("month", "2026-02-28", FEBRUARY, "2026-02", "2026-02-01", "2026-03-01"),
        ("month", "2025-12-01", (1, 1), "2025-12", "2025-12-01", "2026-01-01"),
        ("quarter", "2026-03-31", FEBRUARY, "2026-Q1", "2026-01-01", "2026-04-01"),
        ("quarter", "2026-10-01", (1, 1), "2026-Q4", "2026-10-01", "2027-01-01"),
        ("year", "2026-12-31", FEBRUARY, "2026", "2026-01-01", "2027-01-01"),
        ("fiscal_year", "2026-06-30", (1, 1), "FY2026", "2026-01-01", "2027-01-01"),
        ("fiscal_year", "2026-01-31", FEBRUARY, "FY2026", "2025-02-01", "2026-02-01"),
        ("fiscal_year", "2026-02-01", FEBRUARY, "FY2027", "2026-02-01", "2027-02-01"),
        ("fiscal_quarter", "2025-02-01", FEBRUARY, "FY2026-Q1", "2025-02-01", "2025-05-01"),
        ("fiscal_quarter", "2026-01-31", FEBRUARY, "FY2026-Q4", "2025-11-01", "2026-02-01"),
        ("fiscal_quarter", "2026-12-31", (1, 1), "FY2026-Q4", "2026-10-01", "2027-01-01"),
        ("fiscal_year", "2026-04-05", (4, 6), "FY2026", "2025-04-06", "2026-04-06"),
        ("fiscal_quarter", "2025-07-05", (4, 6), "FY2026-Q1", "2025-04-06", "2025-07-06"),
        ("fiscal_quarter", "2026-02-28", (8, 31), "FY2026-Q3", "2026-02-28", "2026-05-31"),
    ],
)
def test_windows_by_hand(
    grain: Grain, day: str, fiscal_start: tuple[int, int], label: str, first: str, until: str
) -> None:
    window = Window(label, grain, date.fromisoformat(first), date.fromisoformat(until))
    assert periods.window_of(grain, date.fromisoformat(day), fiscal_start) == window
    assert periods.parse_label(label, fiscal_start) == window


def test_the_window_all_has_no_ends() -> None:
    assert periods.window_of("all", date(2026, 3, 2)) == periods.parse_label("all") == ALL
    assert (ALL.start_us("Europe/Berlin"), ALL.until_us("Europe/Berlin")) == (None, None)
    with pytest.raises(ValueError, match=r"nothing comes before the window `all`"):
        periods.previous(ALL)
    with pytest.raises(ValueError, match=r"nothing comes after the window `all`"):
        periods.following(ALL)


@pytest.mark.parametrize(
    "label",
    [
        "2026-W00",
        "2026-W54",
        "2025-W53",
        "2026-W7",
        "2026-00",
        "2026-13",
        "2026-2",
        "2026-Q0",
        "2026-Q5",
        "2026-q1",
        "FY2026-Q5",
        "FY26",
        "fy2026",
        "1989",
        "2101",
        "0000",
        "9999",
        "26",
        "All",
        "rolling to 2026-02-28",
        "2026-02-01",
        "",
        "last; month",
    ],
)
def test_labels_that_name_no_window(label: str) -> None:
    with pytest.raises(ValueError, match="there is no window") as e:
        periods.parse_label(label)
    message, _, instead = str(e.value).rpartition("; ")
    assert message == f"there is no window `{label}`"
    assert instead.startswith("write one of 1990 to 2100, as in `2026-W07`")


@given(dated_grains, days, fiscal_starts)
def test_windows_hold_their_day_and_touch_their_neighbours(
    grain: Grain, day: date, fiscal_start: tuple[int, int]
) -> None:
    window = periods.window_of(grain, day, fiscal_start)
    assert window.first is not None
    assert window.until is not None
    assert window.first <= day < window.until
    before, after = periods.previous(window, fiscal_start), periods.following(window, fiscal_start)
    assert (before.until, after.first) == (window.first, window.until)
    assert len({before.label, window.label, after.label}) == 3
    if int(window.label.removeprefix("FY")[:4]) in periods.YEARS:
        assert periods.parse_label(window.label, fiscal_start) == window


@given(days, fiscal_starts)
def test_a_fiscal_year_is_named_after_its_last_day_and_has_four_quarters(day: date, start: tuple[int, int]) -> None:
    year = periods.window_of("fiscal_year", day, start)
    assert year.first is not None
    assert year.until is not None
    assert year.label == f"FY{(year.until - timedelta(days=1)).year}"
    quarters = [periods.window_of("fiscal_quarter", year.first, start)]
    while quarters[-1].until != year.until:
        quarters.append(periods.following(quarters[-1], start))
    assert [quarter.label for quarter in quarters] == [f"{year.label}-Q{number}" for number in range(1, 5)]


def test_grains_are_those_of_the_type() -> None:
    assert get_args(Grain) == GRAINS


# Windows in time


@pytest.mark.parametrize(
    ("day", "zone", "moment"),
    [
        ("2026-03-01", "Europe/Berlin", "2026-02-28T23:00"),
        ("2026-04-01", "Europe/Berlin", "2026-03-31T22:00"),
        ("2026-03-01", "Asia/Kolkata", "2026-02-28T18:30"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00"),  # 00:00 became 01:00
        ("1919-03-31", "America/Toronto", "1919-03-31T04:30"),  # 23:30 became 00:30
        ("2026-11-01", "America/Havana", "2026-11-01T04:00"),  # 01:00 became 00:00: midnight occurs twice
        ("2009-11-01", "America/St_Johns", "2009-11-01T02:30"),  # 00:01 became 23:01: midnight occurs twice
        ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00"),  # a date that never was
        ("2011-12-31", "Pacific/Apia", "2011-12-30T10:00"),
    ],
)
def test_local_midnights(day: str, zone: str, moment: str) -> None:
    assert periods.midnight_us(date.fromisoformat(day), zone) == utc(moment)


def test_window_ends_are_local_midnights() -> None:
    march = periods.parse_label("2026-03")
    assert march.start_us("Europe/Berlin") == utc("2026-02-28T23:00")
    assert march.until_us("Europe/Berlin") == utc("2026-03-31T22:00")


def test_day_of_is_the_local_date() -> None:
    assert periods.day_of(utc("2026-02-28T22:59:59.999999"), "Europe/Berlin") == date(2026, 2, 28)
    assert periods.day_of(utc("2026-02-28T23:00"), "Europe/Berlin") == date(2026, 3, 1)
    assert periods.day_of(utc("2026-03-01T04:59"), "America/New_York") == date(2026, 2, 28)


def test_a_window_that_ends_at_as_of_has_ended() -> None:
    boundary = utc("2026-02-28T23:00")
    assert periods.current_window("month", boundary, "Europe/Berlin").label == "2026-03"
    assert periods.current_window("month", boundary - 1, "Europe/Berlin").label == "2026-02"
    last = periods.last_windows("month", boundary, "Europe/Berlin", 3)
    assert [window.label for window in last] == ["2025-12", "2026-01", "2026-02"]
    last = periods.last_windows("month", boundary - 1, "Europe/Berlin", 1)
    assert [window.label for window in last] == ["2026-01"]


def test_last_windows_of_all_are_the_one_window() -> None:
    assert periods.last_windows("all", utc("2026-03-02T05:00"), "Europe/Berlin", 13) == (ALL,)
    assert periods.current_window("all", utc("2026-03-02T05:00"), "Europe/Berlin") == ALL


def test_fiscal_windows_of_a_moment() -> None:
    as_of = utc("2026-02-01T12:00")
    assert periods.current_window("fiscal_quarter", as_of, "UTC", FEBRUARY).label == "FY2027-Q1"
    last = periods.last_windows("fiscal_quarter", as_of, "UTC", 2, FEBRUARY)
    assert [window.label for window in last] == ["FY2026-Q3", "FY2026-Q4"]


def test_a_window_that_began_stays_begun_when_clocks_show_the_day_before_again() -> None:
    again_october = utc("2009-11-01T02:45")  # in St. John's 00:01 became 23:01 of 31 October
    assert periods.day_of(again_october, "America/St_Johns") == date(2009, 10, 31)
    assert periods.current_window("month", again_october, "America/St_Johns").label == "2009-11"


@settings(max_examples=300)
@given(dated_grains, moments, st.sampled_from(ZONES), fiscal_starts, st.integers(0, 3))
def test_windows_cover_time_without_gap_or_overlap(
    grain: Grain, as_of: int, zone: str, fiscal_start: tuple[int, int], n: int
) -> None:
    windows = [*periods.last_windows(grain, as_of, zone, n, fiscal_start)]
    windows.append(periods.current_window(grain, as_of, zone, fiscal_start))
    assert len(windows) == n + 1
    for earlier, later in pairwise(windows):
        assert earlier.until_us(zone) == later.start_us(zone)
    start, until = windows[-1].start_us(zone), windows[-1].until_us(zone)
    assert start is not None
    assert until is not None
    assert start <= as_of < until


# Moments


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("2026-03-02", "Europe/Berlin", "2026-03-01T23:00"),
        ("2026-03-02T06:00", "Europe/Berlin", "2026-03-02T05:00"),
        ("2026-03-02 06:00:01", "Europe/Berlin", "2026-03-02T05:00:01"),
        ("2026-03-02T05:00:00Z", "Europe/Berlin", "2026-03-02T05:00"),
        ("2026-03-02 05:00:00.5+05:30", "Europe/Berlin", "2026-03-01T23:30:00.500000"),
        ("2026-03-02T05:00:00.000001-08:00", "Europe/Berlin", "2026-03-02T13:00:00.000001"),
        ("2026-03-29T02:30", "Europe/Berlin", "2026-03-29T01:00"),  # skipped: the first moment after
        ("2026-03-29T02:30:00.000001", "Europe/Berlin", "2026-03-29T01:00"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T01:30"),  # occurs twice: the second
        ("2026-11-01", "America/Havana", "2026-11-01T04:00"),  # a day begins at its first midnight
        ("2011-12-30T12:00", "Pacific/Apia", "2011-12-30T10:00"),
    ],
)
def test_moments_as_people_write_them(text: str, zone: str, moment: str) -> None:
    assert periods.parse_moment(text, zone) == utc(moment)


def test_a_date_may_mean_the_moment_after_it() -> None:
    assert periods.parse_moment("2026-03-28", "Europe/Berlin", date_means="after") == utc("2026-03-28T23:00")
    assert periods.parse_moment("2026-03-29", "Europe/Berlin", date_means="after") == utc("2026-03-29T22:00")
    assert periods.parse_moment("2026-03-29T00:00", "Europe/Berlin", date_means="after") == utc("2026-03-28T23:00")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-02-30",
        "2026-3-2",
        "20260302",
        "2026-W10-1",
        "02.03.2026",
        "2026-03-02T25:00",
        "2026-03-02T05",
        "2026-03-02T05:00 Z",
        "2026-03-02T05:00+99:00",
        "2026-03-02T05:00:00.0000001",
        "1989-12-31",
        "2101-01-01",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31",
        "2026-03-02\n",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match="is no moment of 1990 to 2100; write a date as in `2026-03-02`"):
        periods.parse_moment(text, "Europe/Berlin")


@pytest.mark.parametrize(
    ("us", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_772_427_600 * SECOND, "2026-03-02T05:00:00Z"),
        (1_772_427_600 * SECOND + 1, "2026-03-02T05:00:00.000001Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
    ],
)
def test_moments_are_written_in_utc(us: int, text: str) -> None:
    assert periods.iso_utc(us) == text


@given(moments, st.sampled_from(ZONES))
def test_a_moment_reads_what_it_writes(us: int, zone: str) -> None:
    assert periods.parse_moment(periods.iso_utc(us), zone) == us


@pytest.mark.parametrize(
    ("days", "until", "label", "first", "last", "start"),
    [
        (30, "2026-03-02 05:58", "rolling to 2026-03-02", "2026-01-31", "2026-03-03", "2026-01-31 05:58"),
        (30, "2026-03-03", "rolling to 2026-03-02", "2026-02-01", "2026-03-03", "2026-02-01"),
        (1, "2026-03-30 12:00", "rolling to 2026-03-30", "2026-03-29", "2026-03-31", "2026-03-29 12:00"),
        (1, "2026-03-30 02:30", "rolling to 2026-03-30", "2026-03-29", "2026-03-31", "2026-03-29 03:00"),
    ],
)
def test_rolling_windows(days: int, until: str, label: str, first: str, last: str, start: str) -> None:
    until_us, start_us = (periods.parse_moment(text, "Europe/Berlin") for text in (until, start))
    window = periods.rolling_window(days, until_us, "Europe/Berlin")
    assert window == Window(label, "rolling", date.fromisoformat(first), date.fromisoformat(last), (start_us, until_us))
    assert (window.start_us("Europe/Berlin"), window.until_us("Europe/Berlin")) == (start_us, until_us)
    dates = window.days("Europe/Berlin")
    assert dates[0] is not None
    assert dates[1] is not None
    assert (dates[1] - dates[0]).days == days


def test_nothing_is_beside_a_rolling_window() -> None:
    window = periods.rolling_window(30, periods.parse_moment("2026-03-02", "UTC"), "UTC")
    for step in (periods.previous, periods.following):
        with pytest.raises(ValueError, match=r"nothing comes (before|after) the window `rolling to 2026-03-01`"):
            step(window)


def test_windows_between_days() -> None:
    def labels(grain: Grain, first: str, until: str) -> list[str]:
        return [w.label for w in periods.windows_between(grain, date.fromisoformat(first), date.fromisoformat(until))]

    assert labels("month", "2026-01-31", "2026-03-01") == ["2026-01", "2026-02"]
    assert labels("month", "2026-01-31", "2026-03-02") == ["2026-01", "2026-02", "2026-03"]
    assert labels("year", "2026-01-31", "2026-02-01") == ["2026"]
    assert labels("month", "2026-02-15", "2026-02-15") == []
    assert labels("month", "2026-02-15", "2026-02-10") == []
    assert labels("all", "2026-02-01", "2026-02-02") == []
