"""Calendars against the oracle, and the oracle against hand-made values and its own definition."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.oracle import business_time as oracle

DESK = oracle.PlainCalendar("Europe/Berlin", {day: [(540, 1020)] for day in range(5)})


def us(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> int:
    """Microseconds of a local clock reading."""
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // oracle.MICROSECOND


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
