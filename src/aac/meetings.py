"""When meetings take place: the next one, the one of a day, and the days of a series, by their own calendars."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.measures import Clock, Derived, Measure, Retention
from aac.periods import day_of
from aac.recurrence import days, held_days, moment_on
from aac.reports.ics import Series
from aac.reports.sections import Sitting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.calendars import Calendar
    from aac.kinds.meeting import Meeting
    from aac.measures import Shown
    from aac.periods import Grain
    from aac.project import Project

DAY = timedelta(days=1)
AHEAD = 5 * 366 * DAY
"""How far a next meeting is looked for: every fifth year is seldom enough."""
MINUTE_US = 60_000_000
MONTHS = {"week": 0, "month": 1, "quarter": 3, "year": 12}
"""How many months windows have, by their grain."""


def all_meetings(project: Project) -> list[Meeting]:
    """The meetings of a project, by id."""
    return [cast("Meeting", model) for model in project.of_kind("meeting")]


def find(name: str, project: Project) -> Meeting:
    """A meeting by its id, or by kind and id; raises UsageError."""
    known = {meeting.id: meeting for meeting in all_meetings(project)}
    found = known.get(name.removeprefix("meeting:"))
    if found is None:
        advice = did_you_mean(name, known) or "write one with `aac new meeting weekly_review`"
        raise UsageError(f"there is no meeting `{name}`; {advice}")
    return found


def next_sitting(meeting: Meeting, project: Project, at_us: int) -> Sitting | None:
    """The first time that it takes place at a moment or after it; null when it does so no more."""
    today = day_of(at_us, _zone(meeting, project))
    sittings = (_sitting(meeting, project, day) for day in _held(meeting, project, today, today + AHEAD))
    return next((sitting for sitting in sittings if sitting.from_us >= at_us or meeting.repeats.at is None), None)


def chosen(meetings: Sequence[Meeting], project: Project, at_us: int, on: str | None) -> tuple[Meeting, Sitting]:
    """The one that takes place on a day, or the first of several that does so next; raises UsageError without any."""
    if on is not None:
        return meetings[0], sitting_on(meetings[0], project, on)
    found = [(meeting, next_sitting(meeting, project, at_us)) for meeting in meetings]
    coming = [(meeting, sitting) for meeting, sitting in found if sitting is not None]
    if not coming:
        raise UsageError("no meeting takes place any more: write one with `aac new meeting weekly_review`")
    return min(coming, key=lambda pair: pair[1].from_us)


def sitting_on(meeting: Meeting, project: Project, text: str) -> Sitting:
    """The one of a day, written `2026-03-05`; raises UsageError for a day on which it does not take place."""
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else None
    except ValueError:
        day = None
    if day is None or not 1990 <= day.year <= 2100:
        raise UsageError(f"--on: `{text}` is no day; write it as `2026-03-05`")
    if day in _held(meeting, project, day, day + DAY):
        return _sitting(meeting, project, day)
    near = [*_held(meeting, project, day - AHEAD, day)[-1:], *_held(meeting, project, day, day + AHEAD)[:1]]
    told = " and ".join(f"`{other}`" for other in near)
    advice = f"; the nearest days are {told}" if near else ""
    raise UsageError(f"--on: `{meeting.id}` does not take place on {day}{advice}")


def grain_of(meeting: Meeting, project: Project) -> Grain | None:
    """The windows that lie between two of its times, for those of a year and of a quarter; else null."""
    is_fiscal = project.fiscal_start != (1, 1)
    match meeting.repeats.frequency, meeting.repeats.interval:
        case ("yearly", 1) | ("monthly", 12):
            return "fiscal_year" if is_fiscal else "year"
        case "monthly", 3:
            return "fiscal_quarter" if is_fiscal else "quarter"
        case _:
            return None


def longer(project: Project) -> list[Shown]:
    """The numbers that meetings of a year or a quarter show, and that are told of shorter windows elsewhere, in windows
    of that length; totals alone."""
    numbers = [*project.clocks, *project.measures, *project.derived]
    rows = {card.subject: {row.subject for row in card.rows} for card in project.cards}
    wanted: set[tuple[str, Grain]] = set()
    for meeting in all_meetings(project):
        grain = grain_of(meeting, project)
        shown = [item for section in meeting.sections for item in section.shows] if grain is not None else []
        wanted |= {(one, grain) for item in shown if grain for one in rows.get(item, {item})}
    found: list[Shown] = []
    for part in numbers:
        own: list[Grain] = sorted(grain for of, grain in wanted if of == part.subject)
        found += [_in(part, grain) for grain in own if _is_longer(grain, part)]
    return found


def _is_longer(grain: Grain, part: Clock | Measure | Derived) -> bool:
    """Whether windows are longer than those of a number, and it says something of all their time: what was kept or lost
    within a month does not say it of a year."""
    own, other = part.grain.removeprefix("fiscal_"), grain.removeprefix("fiscal_")
    if own not in MONTHS or MONTHS[own] >= MONTHS[other]:
        return False
    inputs = part.inputs if isinstance(part, Derived) else (part,)
    spans = [one.basis.span for one in inputs if isinstance(one, Measure) and isinstance(one.basis, Retention)]
    return all(span.unit == "months" and span.amount >= MONTHS[other] for span in spans)


def _in(part: Clock | Measure | Derived, grain: Grain) -> Shown:
    match part:
        case Clock():
            return replace(part, grain=grain, dimensions=(), remind_at=None, lookback=0)
        case Measure():
            return replace(part, grain=grain, dimensions=(), lookback=0)
        case Derived():
            return replace(part, grain=grain, splits=(), lookback=0)


def series(meeting: Meeting, project: Project, at_us: int) -> Series:
    """Its days from the year before a moment to the end of the year after next, for calendars of other programs."""
    zone = _zone(meeting, project)
    year = day_of(at_us, zone).year
    first, until = date(year - 1, 1, 1), date(year + 3, 1, 1)
    lines = [meeting.purpose, *(f"{_words(part.id)} ({part.minutes} min)" for part in meeting.sections)]
    where = re.sub(r"[^a-z0-9]+", "-", project.name.lower()).strip("-") or "aac"
    return Series(
        uid=f"{meeting.id}@{where}",
        name=meeting.title,
        text="\n".join(lines),
        minutes=meeting.minutes,
        zone=zone,
        stamp_us=at_us,
        repeats=meeting.repeats,
        starts_on=meeting.starts_on,
        nominal=tuple(days(meeting.repeats, first, until, meeting.starts_on)),
        held=_held(meeting, project, first, until),
    )


def _words(id_: str) -> str:
    return id_.replace("_", " ").capitalize()


def _calendar(meeting: Meeting, project: Project) -> Calendar | None:
    id_ = meeting.calendar or (project.company.calendar if project.company else None)
    return next((calendar for calendar in project.calendars if calendar.id == id_), None)


def _zone(meeting: Meeting, project: Project) -> str:
    calendar = _calendar(meeting, project)
    return calendar.timezone if calendar is not None else project.timezone


def _held(meeting: Meeting, project: Project, first: date, until: date) -> tuple[date, ...]:
    """The days on which it takes place: on a day on which its calendar is closed it moves, or is left out."""
    calendar = _calendar(meeting, project)

    def is_open(day: date) -> bool:
        return calendar is None or bool(calendar.openings(day))

    def is_skipped(day: date) -> bool:
        return day in meeting.skip_when or ("holiday" in meeting.skip_when and not is_open(day))

    return held_days(meeting.repeats, first, until, starts_on=meeting.starts_on, is_open=is_open, is_skipped=is_skipped)


def _sitting(meeting: Meeting, project: Project, day: date) -> Sitting:
    zone, at = _zone(meeting, project), meeting.repeats.at
    begins = moment_on(day, at, zone)
    before = _held(meeting, project, day - AHEAD, day)[-1:]
    return Sitting(
        from_us=begins,
        until_us=begins + meeting.minutes * MINUTE_US,
        before_us=moment_on(before[0], at, zone) if before else None,
        zone=zone,
        has_time=at is not None,
        grain=grain_of(meeting, project),
    )
