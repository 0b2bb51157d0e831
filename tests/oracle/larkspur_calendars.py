"""When Larkspur's two offices answer, from `alignment/calendars/` and the holiday acts, by hand."""

from __future__ import annotations

from datetime import date, time

from tests.oracle.business_time import PlainCalendar

# Public holidays by law, from the holiday acts of Berlin and New York State (2024-09 to 2026-03).
BERLIN_HOLIDAYS = (
    "2024-10-03 2024-12-25 2024-12-26 2025-01-01 "
    "2025-03-08 2025-04-18 2025-04-21 2025-05-01 2025-05-08 2025-05-29 2025-06-09 2025-10-03 2025-12-25 2025-12-26 "
    "2026-01-01 2026-03-08"
)
NEW_YORK_HOLIDAYS = (
    "2024-09-02 2024-10-14 2024-11-05 2024-11-11 2024-11-28 2024-12-25 2025-01-01 2025-01-20 2025-02-12 2025-02-17 "
    "2025-05-26 2025-06-19 2025-07-04 2025-09-01 2025-10-13 2025-11-04 2025-11-11 2025-11-27 2025-12-25 2026-01-01 "
    "2026-01-19 2026-02-12 2026-02-16"
)


def dates(text: str) -> set[date]:
    return {date.fromisoformat(day) for day in text.split()}


def hours(text: str) -> tuple[int, int]:
    opens, closes = (time.fromisoformat(part) for part in text.split("-"))
    return opens.hour * 60 + opens.minute, closes.hour * 60 + closes.minute


CALENDARS = {
    "desk": PlainCalendar(
        "Europe/Berlin",
        {day: (hours("09:00-12:00"), hours("13:00-18:00")) for day in range(5)},
        closed=dates(BERLIN_HOLIDAYS + " 2025-12-24"),
        short={date(2025, 12, 31): (hours("09:00-12:00"),)},
    ),
    "new_york": PlainCalendar(
        "America/New_York", {day: (hours("09:00-17:00"),) for day in range(5)}, closed=dates(NEW_YORK_HOLIDAYS)
    ),
}
