"""How often something repeats -> the days and moments on which it does (LANGUAGE §9).

`weekly on thu 10:00` and an RRULE (RFC 5545) are read into the same `Repeats`. Moments are microseconds since
1970-01-01T00:00Z. A ValueError of this module says what is wrong and, after its last semicolon, what to write instead.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import replace
from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Literal

from aac.calendars import WEEKDAYS, parse_weekdays
from aac.periods import midnight_us, parse_moment
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Frequency = Literal["daily", "weekly", "monthly", "yearly"]
DAY = timedelta(days=1)
FURTHEST_DAYS = 31
"""How many closed days in a row something moves over; after that it does not take place."""
ANCHOR = date(2024, 1, 1)
"""From where every second week or month is counted if nothing says so: a Monday, and the first day of a year."""

UNITS: dict[str, tuple[Frequency, int]] = {
    "day": ("daily", 1),
    "week": ("weekly", 1),
    "month": ("monthly", 1),
    "quarter": ("monthly", 3),
    "year": ("yearly", 1),
}
WORDS = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter", "yearly": "year"} | {
    "annually": "year"
}
PLAIN = re.compile(
    r"(?:(?P<word>[a-z]+ly)|every (?:(?P<times>[0-9]{1,2}) )?(?P<unit>day|week|month|quarter|year)s?)"
    r"(?: on (?P<on>.+?))?(?: (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2}))?"
)
HOUR_ALONE = re.compile(rf"\b(?:{'|'.join(WEEKDAYS)}) (?:at )?([01]?[0-9]|2[0-3])$")
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
FULL_NAMES = re.compile(r"\b(mon|tues?|wed(?:nes)?|thur?s?|fri|sat(?:ur)?|sun)day\b")
ICAL_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FREQUENCIES: dict[str, Frequency] = {
    "DAILY": "daily",
    "WEEKLY": "weekly",
    "MONTHLY": "monthly",
    "YEARLY": "yearly",
}
ICAL_DAY = re.compile(r"([+-]?[0-9]{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
ICAL_UNTIL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")


@record
class Repeats:
    """What repeats: in every ``interval``-th day, week (from Monday), month or year, the days that fit all of the rest.

    ``weekdays`` are (n, weekday): 0 is Monday, the n-th of its month (of its year where no months are named, in a
    yearly rule), from the end if negative, 0 for each. ``month_days`` may be negative too: -1 is the last. ``places``
    chooses among the days of a period. ``at`` is a local time of day; null: none was agreed. ``last`` is the last day.
    """

    frequency: Frequency
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    months: tuple[int, ...] = ()
    places: tuple[int, ...] = ()
    at: time | None = None
    last: date | None = None


def parse_repeats(text: str) -> Repeats:
    """`weekly on thu 10:00`, `every 2 weeks on thu`, `monthly on first tue`, `quarterly`, or `FREQ=WEEKLY;BYDAY=TH`.

    Raises ValueError for anything else.
    """
    if "=" in text:
        return _parse_rrule("".join(text.upper().split()).removeprefix("RRULE:"))
    found = PLAIN.fullmatch(" ".join(text.lower().split()))
    unit = (found["unit"] or WORDS.get(found["word"])) if found is not None else None
    if found is None or unit is None:
        raise ValueError(
            f"`{text}` does not say how often; write `weekly on thu 10:00`, `every 2 weeks on thu 10:00`, "
            "`monthly on first tue`, `quarterly`, `yearly` or an RRULE"
        )
    frequency, months = UNITS[unit]
    repeats = Repeats(frequency, months * _number(found["times"] or "1", 1, 99, text), at=_time(found, text))
    return _on(repeats, found["on"], text) if found["on"] is not None else repeats


def days(repeats: Repeats, first: date, until: date, starts_on: date | None = None) -> Iterator[date]:
    """The days from ``first`` up to, not including, ``until``, in order; none before ``starts_on``.

    What the rule leaves open (`weekly`: on which day) is as on ``starts_on``, else as on `ANCHOR`.
    """
    anchor = starts_on or ANCHOR
    whole = _with_days(repeats, anchor)
    begins = _period(whole, anchor)
    day = _first_day(whole, _period(whole, first))
    while day < until:
        number = _period(whole, day)
        after = _first_day(whole, number + 1)
        if (number - begins) % whole.interval == 0:
            for fitting in _fitting(whole, day, after):
                is_over = whole.last is not None and fitting > whole.last
                if first <= fitting < until and not is_over and (starts_on is None or fitting >= starts_on):
                    yield fitting
        day = after


def moments(
    repeats: Repeats,
    first: date,
    until: date,
    zone: str,
    *,
    starts_on: date | None = None,
    is_open: Callable[[date], bool] | None = None,
    is_skipped: Callable[[date], bool] | None = None,
) -> tuple[int, ...]:
    """When it takes place on the local days from ``first`` up to, not including, ``until``; in microseconds."""
    held = held_days(repeats, first, until, starts_on=starts_on, is_open=is_open, is_skipped=is_skipped)
    return tuple(moment_on(day, repeats.at, zone) for day in held)


def held_days(
    repeats: Repeats,
    first: date,
    until: date,
    *,
    starts_on: date | None = None,
    is_open: Callable[[date], bool] | None = None,
    is_skipped: Callable[[date], bool] | None = None,
) -> tuple[date, ...]:
    """The days from ``first`` up to, not including, ``until`` on which it takes place.

    A day that is not open moves to the next that is; one that is skipped is left out.
    """
    taken: set[date] = set()
    for day in days(repeats, first - FURTHEST_DAYS * DAY, until, starts_on):
        if is_skipped is None or not is_skipped(day):
            taken |= _moved(day, is_open)
    return tuple(day for day in sorted(taken) if first <= day < until)


def moment_on(day: date, at: time | None, zone: str) -> int:
    """The moment of a local time on a day, in microseconds; without a time it is the local midnight.

    A local time that does not exist is the first moment after it, one that occurs twice the second (LANGUAGE §6).
    """
    return midnight_us(day, zone) if at is None else parse_moment(f"{day} {at:%H:%M}", zone)


def rrule(repeats: Repeats, starts_on: date | None = None) -> str:
    """The same days as an RRULE (RFC 5545, 3.3.10), without its end and without a time of day, which other programs
    take from the first one."""
    whole = _with_days(repeats, starts_on or ANCHOR)
    parts = [f"FREQ={whole.frequency.upper()}", f"INTERVAL={whole.interval}"]
    weekdays = [f"{n or ''}{ICAL_DAYS[weekday]}" for n, weekday in whole.weekdays]
    numbers = {"BYMONTH": whole.months, "BYMONTHDAY": whole.month_days, "BYSETPOS": whole.places}
    parts += [f"BYDAY={','.join(weekdays)}"] if weekdays else []
    parts += [f"{name}={','.join(map(str, values))}" for name, values in numbers.items() if values]
    return ";".join(parts)


def _moved(day: date, is_open: Callable[[date], bool] | None) -> set[date]:
    """The day, or the next open one; nothing when there is none for long."""
    for step in range(FURTHEST_DAYS):
        if is_open is None or is_open(day + step * DAY):
            return {day + step * DAY}
    return set()


# Days of a period


def _with_days(repeats: Repeats, anchor: date) -> Repeats:
    """The rule with the days that it leaves open taken from the anchor."""
    if repeats.weekdays or repeats.month_days or repeats.frequency == "daily":
        return repeats
    if repeats.frequency == "weekly":
        return replace(repeats, weekdays=((0, anchor.weekday()),))
    months = repeats.months or (anchor.month,) if repeats.frequency == "yearly" else repeats.months
    return replace(repeats, month_days=(anchor.day,), months=months)


def _period(repeats: Repeats, day: date) -> int:
    """The number of the day, week, month or year that holds a day."""
    match repeats.frequency:
        case "daily":
            return day.toordinal()
        case "weekly":
            return (day.toordinal() - 1) // 7
        case "monthly":
            return day.year * 12 + day.month - 1
        case "yearly":
            return day.year


def _first_day(repeats: Repeats, number: int) -> date:
    """The first day of the period of that number."""
    match repeats.frequency:
        case "daily":
            return date.fromordinal(number)
        case "weekly":
            return date.fromordinal(number * 7 + 1)
        case "monthly":
            return date(number // 12, number % 12 + 1, 1)
        case "yearly":
            return date(number, 1, 1)


def _fitting(repeats: Repeats, first: date, until: date) -> list[date]:
    """The days of a period that the rule means."""
    found = [day for day in _all_days(first, until) if _fits(repeats, day)]
    if not repeats.places:
        return found
    chosen = {place - 1 if place > 0 else place + len(found) for place in repeats.places}
    return [day for number, day in enumerate(found) if number in chosen]


def _all_days(first: date, until: date) -> Iterator[date]:
    return (first + number * DAY for number in range((until - first).days))


def _fits(repeats: Repeats, day: date) -> bool:
    if repeats.months and day.month not in repeats.months:
        return False
    from_end = day.day - monthrange(day.year, day.month)[1] - 1
    if repeats.month_days and not {day.day, from_end} & set(repeats.month_days):
        return False
    return not repeats.weekdays or any(
        weekday == day.weekday() and (n == 0 or n in _nth(repeats, day)) for n, weekday in repeats.weekdays
    )


def _nth(repeats: Repeats, day: date) -> tuple[int, int]:
    """Which of its weekday a day is in its month (in its year, if no months are named), from both ends."""
    if repeats.frequency == "yearly" and not repeats.months:
        number, length = day.timetuple().tm_yday, date(day.year, 12, 31).timetuple().tm_yday
    else:
        number, length = day.day, monthrange(day.year, day.month)[1]
    return (number - 1) // 7 + 1, -((length - number) // 7) - 1


# Reading


def _number(text: str, least: int, most: int, whole: str) -> int:
    """A whole number, not 0, between two; raises ValueError."""
    number = int(text) if re.fullmatch(r"[+-]?[0-9]{1,4}", text) else 0
    if number == 0 or not least <= number <= most:
        raise ValueError(f"`{text}` in `{whole}` cannot be; write a number from {max(least, 1)} to {most}")
    return number


def _time(found: re.Match[str], text: str) -> time | None:
    if found["hour"] is None:
        return None
    hour, minute = int(found["hour"]), int(found["minute"])
    if hour > 23 or minute > 59:
        raise ValueError(f"`{hour}:{minute:02}` in `{text}` is no time of day; write it as `09:30`")
    return time(hour, minute)


def _on(repeats: Repeats, on: str, text: str) -> Repeats:
    """The rule with the days that stand behind `on`; raises ValueError."""
    on = FULL_NAMES.sub(lambda found: found[1][:3], on)
    if hour := HOUR_ALONE.search(on):
        raise ValueError(f"`{on}` in `{text}` has no minutes; write the time as `{int(hour[1]):02}:00`")
    match repeats.frequency:
        case "weekly":
            numbers = {number for part in on.split(",") for number in parse_weekdays(part.strip())}
            return replace(repeats, weekdays=tuple((0, number) for number in sorted(numbers)))
        case "monthly":
            return _on_in_month(repeats, on, text)
        case "yearly":
            return _on_in_year(repeats, on, text)
        case "daily":
            raise ValueError(f"`{text}` names days of the week; write `weekly on mon-fri` and the time")


def _on_in_month(repeats: Repeats, on: str, text: str) -> Repeats:
    ordinal, _, weekday = on.partition(" ")
    if ordinal in ORDINALS and weekday in WEEKDAYS:
        return replace(repeats, weekdays=((ORDINALS[ordinal], WEEKDAYS.index(weekday)),))
    if on == "last day":
        return replace(repeats, month_days=(-1,))
    if not on.isdecimal():
        raise ValueError(f"`{on}` in `{text}` is no day of a month; write `first tue`, `last fri`, `last day` or `15`")
    if int(on) > 28:
        raise ValueError(f"not every month has a day {on}; write a day up to 28, or `last day`")
    return replace(repeats, month_days=(_number(on, 1, 28, text),))


def _on_in_year(repeats: Repeats, on: str, text: str) -> Repeats:
    found = re.fullmatch(r"([0-9]{2})-([0-9]{2})", on)
    month, day = (int(found[1]), int(found[2])) if found is not None else (0, 0)
    if not (1 <= month <= 12 and 1 <= day <= (28 if month == 2 else monthrange(2024, month)[1])):
        raise ValueError(f"`{on}` in `{text}` is no day that every year has; write month and day, as in `02-15`")
    return replace(repeats, months=(month,), month_days=(day,))


def _parse_rrule(text: str) -> Repeats:
    """The parts of an RRULE that say days and a time of day; raises ValueError for the others."""
    parts: dict[str, str] = {}
    for part in text.strip(";").split(";"):
        key, _, value = part.partition("=")
        if key in parts or not value:
            raise ValueError(f"`{part}` in `{text}` cannot be; write each part once, as in `FREQ=WEEKLY;BYDAY=TH`")
        parts[key] = value
    unknown = next((key for key in parts if key not in READ), None)
    if unknown is not None:
        raise ValueError(f"`{unknown}` of an RRULE is not read here; write it with {', '.join(READ)}")
    frequency = FREQUENCIES.get(parts.get("FREQ", ""))
    if frequency is None:
        raise ValueError(f"`{text}` has no frequency; write `FREQ=DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`")
    if parts.get("WKST", "MO") != "MO":
        raise ValueError(f"weeks begin on Monday here; leave `WKST={parts['WKST']}` out")
    repeats = Repeats(
        frequency,
        _number(parts.get("INTERVAL", "1"), 1, 99, text),
        _weekdays(parts.get("BYDAY"), frequency, text),
        _numbers(parts.get("BYMONTHDAY"), -31, 31, text),
        _numbers(parts.get("BYMONTH"), 1, 12, text),
        _numbers(parts.get("BYSETPOS"), -366, 366, text),
        _ical_time(parts, text),
        _ical_date(parts["UNTIL"]) if "UNTIL" in parts else None,
    )
    if next(days(replace(repeats, interval=1, last=None), ANCHOR, ANCHOR.replace(ANCHOR.year + 9)), None) is None:
        raise ValueError(f"no day fits `{text}`; leave a part out")
    return repeats


READ = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYHOUR", "BYMINUTE", "UNTIL", "WKST")


def _numbers(text: str | None, least: int, most: int, whole: str) -> tuple[int, ...]:
    return tuple(sorted({_number(part, least, most, whole) for part in text.split(",")})) if text else ()


def _weekdays(text: str | None, frequency: Frequency, whole: str) -> tuple[tuple[int, int], ...]:
    found: set[tuple[int, int]] = set()
    for part in text.split(",") if text else ():
        match = ICAL_DAY.fullmatch(part)
        if match is None:
            raise ValueError(f"`{part}` in `{whole}` is no weekday; write `TH`, or `1TU` and `-1FR` in months")
        if match[1] is not None and frequency in ("daily", "weekly"):
            raise ValueError(f"`{part}` is a weekday of a month; write `FREQ=MONTHLY;BYDAY={part}`")
        found.add((_number(match[1], -53, 53, whole) if match[1] else 0, ICAL_DAYS.index(match[2])))
    return tuple(sorted(found))


def _ical_time(parts: dict[str, str], text: str) -> time | None:
    if "BYHOUR" not in parts and "BYMINUTE" not in parts:
        return None
    hour, minute = parts.get("BYHOUR", ""), parts.get("BYMINUTE", "0")
    if not (re.fullmatch("[01]?[0-9]|2[0-3]", hour) and re.fullmatch("[0-5]?[0-9]", minute)):
        raise ValueError(f"`{text}` has no one time of day; write `BYHOUR=10;BYMINUTE=30`")
    return time(int(hour), int(minute))


def _ical_date(text: str) -> date:
    match = ICAL_UNTIL.fullmatch(text)
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise ValueError(f"`UNTIL={text}` is no date; write the last day, as in `UNTIL=20261231`")
