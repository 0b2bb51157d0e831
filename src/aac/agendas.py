"""The agendas of meetings as files: each filled with what was measured, and all of their days for other programs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac import meetings
from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.lately import news
from aac.records import record
from aac.reports import agenda, ics
from aac.reports.base import Page, Sheet

if TYPE_CHECKING:
    from aac.evaluate import Asked
    from aac.project import Project
    from aac.reports.base import View
    from aac.reports.sections import Sitting
    from aac.results import Results

FORMATS = ("md", "html", "ics")


@record
class Wanted:
    """Which agenda is wanted: of the meeting that is named, or that comes next; ``on`` a day, or the next time."""

    meeting: str | None
    on: str | None
    form: str


def check(wanted: Wanted, project: Project) -> None:
    """Raises UsageError for a format, meeting or day that there is not."""
    if wanted.form not in FORMATS:
        raise UsageError(f"--format: there is no format `{wanted.form}`; {did_you_mean(wanted.form, FORMATS)}")
    if wanted.on is not None and (wanted.meeting is None or wanted.form == "ics"):
        raise UsageError("--on: name a meeting for `md` or `html`; a calendar file has all of its days")
    if wanted.meeting is not None:
        meeting = meetings.find(wanted.meeting, project)
        if wanted.on is not None:
            meetings.sitting_on(meeting, project, wanted.on)


def as_of_its_day(wanted: Wanted, project: Project, asked: Asked, newest_us: int) -> Asked:
    """What is asked for a meeting of a day before that of the newest data: what was known when it began."""
    if wanted.on is None or wanted.meeting is None or asked.as_of_us is not None:
        return asked
    begins = meetings.sitting_on(meetings.find(wanted.meeting, project), project, wanted.on).from_us
    return replace(asked, as_of_us=begins) if begins < newest_us else asked


def now_of_its_day(wanted: Wanted, project: Project, now_us: int) -> int:
    """When data is judged as to its age: of a meeting of a day that is over, when it began. What it rests on then was
    all that had come by then, and what is too old by now may have been fresh."""
    if wanted.on is None or wanted.meeting is None:
        return now_us
    return min(now_us, meetings.sitting_on(meetings.find(wanted.meeting, project), project, wanted.on).from_us)


def page(wanted: Wanted, project: Project, results: Results, asked: Asked) -> Page | Sheet:
    """The agenda, or without a meeting that of the one that comes next; `ics` then has all meetings."""
    every = [meetings.find(wanted.meeting, project)] if wanted.meeting else meetings.all_meetings(project)
    at_us = _newest(results, asked)
    if wanted.form == "ics":
        series = [meetings.series(meeting, project, at_us) for meeting in every]
        return Page("agendas.ics", ics.calendar_text(project.name, series))
    meeting, sitting = meetings.chosen(every, project, at_us, wanted.on)
    view = _view(project, results, meeting.id, sitting)
    if wanted.form == "md":
        return Page(f"{meeting.id}.md", agenda.as_markdown(view))
    return agenda.as_html(view, f"{meeting.id}.html")


def pages(project: Project, results: Results, asked: Asked) -> list[Page | Sheet]:
    """`agendas/<id>.md`, `.html` and `.ics` of each meeting, and `agendas.ics` with all; nothing without meetings.

    One that takes place no more has its days alone.
    """
    at_us, made = _newest(results, asked), list[Page | Sheet]()
    every = meetings.all_meetings(project)
    series = [meetings.series(meeting, project, at_us) for meeting in every]
    for meeting, days in zip(every, series, strict=True):
        made.append(Page(f"agendas/{meeting.id}.ics", ics.calendar_text(meeting.title, [days])))
        sitting = meetings.next_sitting(meeting, project, at_us)
        if sitting is not None:
            view = _view(project, results, meeting.id, sitting)
            made.append(Page(f"agendas/{meeting.id}.md", agenda.as_markdown(view)))
            made.append(agenda.as_html(view, f"agendas/{meeting.id}.html"))
    return [*made, Page("agendas.ics", ics.calendar_text(project.name, series))] if every else []


def next_days(project: Project, results: Results, asked: Asked) -> dict[str, str]:
    """When each meeting takes place next, in words by its id, the first that does so first."""
    at_us = _newest(results, asked)
    found = [(meeting.id, meetings.next_sitting(meeting, project, at_us)) for meeting in meetings.all_meetings(project)]
    coming = sorted((sitting.from_us, id_, sitting) for id_, sitting in found if sitting is not None)
    return {id_: agenda.when(sitting) for _, id_, sitting in coming}


def _newest(results: Results, asked: Asked) -> int:
    """The moment that agendas look ahead from: what was asked for, else that of the newest data."""
    return asked.as_of_us if asked.as_of_us is not None else max(source.watermark_us for source in results.sources)


def _view(project: Project, results: Results, id_: str, sitting: Sitting) -> View:
    (entry,) = (entry for entry in project.entries() if (entry.kind, entry.id) == ("meeting", id_))
    changes = news(project, sitting.before_us, sitting.from_us)
    return agenda.view_of(entry, sitting, project, results, changes)
