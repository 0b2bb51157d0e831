"""A meeting: when it repeats, what it is for, and what it looks at for how many minutes (LANGUAGE §9)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from aac.findings import did_you_mean
from aac.hookspecs import hookimpl
from aac.kinds.base import Kind, Ref
from aac.kinds.classes import PROSE, Change
from aac.kinds.written import Count, Day, Looks, Row, advised, read_day, shown, wrong
from aac.recurrence import Repeats, parse_repeats

if TYPE_CHECKING:
    from aac.kinds.base import Scope

ID = re.compile(r"[a-z][a-z0-9_]*")
SHOWN_WORDS = ("actions", "changes", "data_health", "decisions", "escalations", "learned", "needs_help", "off_target")
"""What a section shows beside documents: what happened since the last meeting, and what is due."""

SHOWN_KINDS = ("metric", "sla", "scorecard")
"""The kinds whose numbers a section shows; of others it shows what is written."""


def read_repeats(value: object) -> Repeats:
    """``weekly on thu 10:00`` or an RRULE; raises a finding AAC308."""
    if not isinstance(value, str):
        advice = "write `weekly on thu 10:00`, or `weekly on mon, thu 10:00`"
        raise wrong("AAC308", f"{shown(value)} does not say how often", advice)
    try:
        return parse_repeats(value)
    except ValueError as error:
        raise wrong("AAC308", *advised(error)) from None


def read_skipped(value: object) -> date | Literal["holiday"]:
    """``holiday``, or a day; raises a finding AAC308."""
    if value == "holiday":
        return "holiday"
    if isinstance(value, str) and value.isalpha():
        raise wrong("AAC308", f"`{value}` is no reason to skip it", "write `holiday`, or days as in `2026-12-24`")
    return read_day(value)


class Section(Row):
    """A part of the meeting."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """Its name, by which minutes and agendas call it."""
    minutes: Annotated[Count, Change("promise", says="the number of minutes")]
    """How long it takes."""
    shows: Annotated[tuple[str, ...], Change("promise", says="what is shown")] = ()
    """What it looks at: documents, as in `metric:win_rate`, or words such as `off_target`, `actions` and `changes`."""


class Meeting(Kind):
    """On a day on which its calendar is closed it moves to the next open day, unless ``skip_when`` leaves it out."""

    kind_name: ClassVar[str] = "meeting"
    draft: ClassVar[str] = """\
kind: meeting
id: $id
name: $name
owner: $team
purpose: Say here what it decides.
repeats: weekly on thu 10:00   # also `every 2 weeks on thu 10:00`, `monthly on first tue`, `quarterly`, an RRULE
minutes: 45
attendees: [$team, $other_team]   # teams, and roles such as `Head of Sales`
calendar: $calendar            # whose time zone and holidays hold; on a closed day it moves to the next open one
sections:
  - {id: numbers, minutes: 15, shows: [off_target, "metric:$metric", "sla:$sla"]}
  - {id: help, minutes: 15, shows: [needs_help, escalations]}
  - {id: decisions, minutes: 15, shows: [changes, decisions, actions]}
skip_when: [holiday]           # left out on closed days, instead of moved; also days, as in `2026-12-24`
"""

    repeats: Annotated[
        Repeats, BeforeValidator(read_repeats), Looks({"type": "string"}), Change("promise", says="when it takes place")
    ]
    """How often and when: `weekly on thu 10:00`, `monthly on first tue`, `quarterly`, or an RRULE."""
    minutes: Annotated[Count, Change("promise", says="how many minutes it takes")]
    """How long it takes."""
    purpose: Annotated[str, PROSE]
    """What it is there to decide."""
    attendees: Annotated[tuple[str, ...], Change("promise", says="the attendees")] = ()
    """Who comes: teams by their ids, and roles."""
    calendar: Annotated[Annotated[str, Ref("calendar")] | None, Change("promise", says="the calendar")] = None
    """Whose time zone and holidays hold; without one the company's."""
    sections: Annotated[
        tuple[Section, ...], Change("promise", says="the sections", each="the section", ordered=True)
    ] = ()
    """What it looks at, in order, and for how many minutes."""
    starts_on: Annotated[Day | None, Change("promise", says="the day from which it is counted")] = None
    """The day from which it is counted: none takes place before it."""
    skip_when: Annotated[
        tuple[Annotated[date | Literal["holiday"], BeforeValidator(read_skipped), Looks({"type": "string"})], ...],
        Change("promise", says="when it is left out"),
    ] = ()
    """When it is left out: `holiday` for days on which the calendar is closed, or single days."""

    @model_validator(mode="after")
    def _fits_into_its_time(self) -> Self:
        seen: set[str] = set()
        for number, section in enumerate(self.sections):
            if section.id in seen:
                raise wrong(
                    "AAC209", f"`{section.id}` is told twice", "name each section once", "sections", number, "id"
                )
            seen.add(section.id)
        taken = sum(section.minutes for section in self.sections)
        if taken > self.minutes:
            message = f"the sections take {taken} minutes, and the meeting has {self.minutes}"
            raise wrong("AAC321", message, f"make them shorter, or write `minutes: {taken}`", "minutes")
        return self

    def compile(self, scope: Scope) -> tuple[()]:
        """Nothing; who comes, what is shown and from when it is counted is checked."""
        self._check_attendees(scope)
        for number, section in enumerate(self.sections):
            for place, item in enumerate(section.shows):
                mistake = _mistake(scope, item, section.shows[:place])
                if mistake is not None:
                    scope.report(*mistake, "sections", number, "shows", place)
        if self.starts_on is None and self._is_every_other:
            message = "nothing says which of the weeks or months it is"
            advice = "write the day of the first one, as in `starts_on: 2026-01-08`"
            scope.report("AAC415", message, advice, "repeats", level="warning")
        has_calendar = self.calendar is not None or any(company.calendar for company in scope.models("company"))
        if "holiday" in self.skip_when and not has_calendar and not scope.is_incomplete("company"):
            message = "without a calendar nobody knows the holidays"
            place = self.skip_when.index("holiday")
            scope.report("AAC210", message, "add `calendar: <id>`", "skip_when", place)
        return ()

    @property
    def _is_every_other(self) -> bool:
        """Whether it leaves out weeks, months or years, and not evenly within a year, as quarters do."""
        interval = self.repeats.interval
        return interval > 1 and (self.repeats.frequency != "monthly" or 12 % interval != 0)

    def _check_attendees(self, scope: Scope) -> None:
        """An id that is no team's, and who is named twice; roles are words, and have a capital letter or a space."""
        teams = scope.ids("team")
        for number, who in enumerate(self.attendees):
            if who in self.attendees[:number]:
                scope.report("AAC209", f"`{who}` is told twice", "name them once", "attendees", number)
            elif ID.fullmatch(who) and who not in teams and not scope.is_incomplete("team"):
                advice = did_you_mean(who, teams) or f"write a document of kind `team` with `id: {who}`"
                scope.report("AAC204", f"no team is called `{who}`", advice, "attendees", number)


def _mistake(scope: Scope, item: str, before: tuple[str, ...]) -> tuple[str, str, str] | None:
    """Code, message and advice for something that a section cannot show; null when it can."""
    kind, colon, id_ = item.partition(":")
    if item in before:
        return "AAC209", f"`{item}` is told twice", "show it once in a section"
    if not colon:
        kinds = [other for other in SHOWN_KINDS if item in scope.ids(other)]
        advice = f"write `{kinds[0]}:{item}`" if kinds else did_you_mean(item, SHOWN_WORDS)
        return None if item in SHOWN_WORDS else ("AAC308", f"`{item}` is nothing that a section shows", advice)
    if id_ in scope.ids(kind):
        scope.model(kind, id_)
        return None
    if scope.is_incomplete(kind):
        return None  # it may be the one that is broken
    if not scope.ids(kind):
        return "AAC208", f"no document is of kind `{kind}`", did_you_mean(kind, SHOWN_KINDS)
    return "AAC204", f"no {kind} is called `{id_}`", did_you_mean(id_, scope.ids(kind))


@hookimpl
def aac_kinds() -> list[type[Kind]]:
    return [Meeting]
