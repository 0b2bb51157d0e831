"""A calendar: opening hours in a time zone, public holidays, own closed and short days (LANGUAGE §6, §9)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, ClassVar, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from aac.calendars import WEEKDAYS, Calendar, Openings, parse_hours, parse_weekdays, public_holidays
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Scope, Versioned
from aac.kinds.classes import Change
from aac.kinds.written import Day, Strict, Zone, advised, shown, wrong
from aac.periods import YEARS

DAY_MINUTES = 24 * 60
CLOSED = "write hours, as in `09:00-17:00`; a weekday that is left out is closed"


def read_openings(value: object) -> Openings:
    """``09:00-12:00, 13:00-18:00`` as minutes after midnight; raises a finding AAC308."""
    try:
        return parse_hours(str(value))
    except ValueError as error:
        raise wrong("AAC308", *advised(error)) from None


def read_week(value: object) -> dict[int, Openings]:
    """``{mon-fri: "09:00-18:00"}`` as openings by weekday; raises a finding AAC308, also for a day told twice."""
    if not isinstance(value, dict) or not value:
        raise wrong("AAC308", "`hours` names weekdays", 'write `hours: {mon-fri: "09:00-18:00"}`')
    week: dict[int, Openings] = {}
    for days, hours in cast("dict[str, object]", value).items():
        try:
            weekdays = parse_weekdays(days)
        except ValueError as error:
            raise wrong("AAC308", *advised(error), days, key=True) from None
        if again := week.keys() & weekdays:
            told = ", ".join(WEEKDAYS[day] for day in sorted(again))
            raise wrong("AAC308", f"the hours of {told} are told twice", "name each weekday once", days, key=True)
        try:
            openings = parse_hours(hours) if isinstance(hours, str) else ()
        except ValueError as error:
            raise wrong("AAC308", *advised(error), days) from None
        if not openings:
            raise wrong("AAC308", f"{shown(hours)} is no opening", CLOSED, days)
        week.update(dict.fromkeys(weekdays, openings))
    return week


def weekday(number: str) -> str:
    """What a day of the week is called."""
    return WEEKDAYS[int(number)]


def as_hours(openings: Openings) -> str:
    """Openings as people write them, as in ``09:00-12:00, 13:00-18:00``."""
    return ", ".join(f"{opens // 60:02}:{opens % 60:02}-{_closing(closes)}" for opens, closes in openings)


def _closing(minutes: int) -> str:
    """When an opening ends, maybe on the next day."""
    clock = minutes if minutes <= DAY_MINUTES else minutes - DAY_MINUTES
    return f"{clock // 60:02}:{clock % 60:02}"


class Holidays(Strict):
    """The public holidays of a country (ISO 3166-1) and, if they differ there, of a region of it (ISO 3166-2)."""

    country: Annotated[str, Change(says="the country of the holidays")]
    """The country's code, as in `DE` (ISO 3166-1)."""
    region: Annotated[str | None, Change(says="the region of the holidays")] = None
    """The code of the part of the country, as in `BY`, where its holidays differ (ISO 3166-2)."""


class CalendarDocument(Versioned):
    """When people are at work. On each local date its version of that date says what opens."""

    kind_name: ClassVar[str] = "calendar"
    draft: ClassVar[str] = """\
kind: calendar
id: $id
name: $name
timezone: Europe/Berlin
hours:                                     # a weekday that is left out is closed
  mon-thu: "09:00-12:00, 13:00-18:00"
  fri: "09:00-15:00"
holidays: {country: DE, region: BE}        # public holidays; leave the region out where all have the same
closed: [2026-12-24]                       # own days on which nobody is there
short:
  2026-12-31: "09:00-12:00"                # own days with other hours
"""

    timezone: Annotated[Zone, Change(says="the time zone")]
    """The time zone of its hours: an IANA name, as in `Europe/Berlin`."""
    hours: Annotated[
        dict[int, Openings],
        BeforeValidator(read_week),
        Change(says="the opening hours", each="the opening of", called=weekday, shows=as_hours),
    ]
    """Opening hours by weekday or range, as in `mon-fri: "09:00-12:00, 13:00-18:00"`; days left out are closed."""
    holidays: Annotated[Holidays | None, Change(says="the public holidays")] = None
    """Whose public holidays it keeps: a country, and a region if they differ there."""
    closed: Annotated[tuple[Day, ...], Change(says="the closed days")] = ()
    """Own days on which it stays closed."""
    short: Annotated[
        dict[Day, Annotated[Openings, BeforeValidator(read_openings)]],
        Change(says="the short days", each="the short day", shows=as_hours),
    ] = Field(default_factory=dict[date, Openings])
    """Own days with other hours; they go before weekdays and public holidays."""

    @model_validator(mode="after")
    def _names_closed_days_once(self) -> Self:
        told: set[date] = set()
        for number, day in enumerate(self.closed):
            if day in told:
                raise wrong("AAC209", f"{day} is told twice", "name each day once", "closed", number)
            told.add(day)
        return self

    @model_validator(mode="after")
    def _is_closed_or_short(self) -> Self:
        both = sorted(set(self.closed) & self.short.keys())
        if both:
            message = f"{both[0]} is closed and short at once"
            raise wrong("AAC308", message, "name it under one of the two", "short", str(both[0]), key=True)
        return self

    def compile(self, scope: Scope) -> tuple[Calendar, ...]:
        if self.holidays is not None:
            try:
                public_holidays(self.holidays.country, self.holidays.region, range(YEARS[-1], YEARS[-1]))
            except ValueError as error:
                place = "region" if "region" in str(error) else "country"
                scope.report("AAC308", *advised(error), "holidays", place)
                return ()
        others = [other for other in scope.versions() if other is not self]
        elsewhere = next((other for other in others if other.timezone != self.timezone), None)
        if elsewhere is not None:
            message = f"another version of this calendar is in `{elsewhere.timezone}`"
            scope.report("AAC308", message, "give a calendar in another zone an id of its own", "timezone")
            return ()
        return (replace(self.alone(), others=tuple(other.alone() for other in others)),)

    def alone(self) -> Calendar:
        """What this version says, of its own dates."""
        holidays = (self.holidays.country, self.holidays.region) if self.holidays else None
        return Calendar(
            self.id,
            self.timezone,
            self.hours,
            frozenset(self.closed),
            self.short,
            holidays,
            self.effective_from,
            self.effective_until,
        )


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [CalendarDocument]
