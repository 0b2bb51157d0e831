"""Calendars that change on a day: each local date is opened by the version of that date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.calendars import open_intervals, open_us
from aac.operations import open_project
from aac.periods import parse_moment
from aac.results import ClockReading
from tests.small import SLA, measured, outcomes, total, write_project

if TYPE_CHECKING:
    from pathlib import Path

OLD = """\
kind: calendar
id: desk
timezone: {zone}
hours: {{mon-sun: "09:00-17:00"}}
effective_until: 2026-03-04
---
"""
NEW = """\
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {mon-sun: "13:00-15:00"}
short: {2026-03-07: "22:00-02:00"}
effective_from: 2026-03-04
effective_until: 2026-03-08
---
"""
REST = """\
kind: company
id: small
currency: EUR
timezone: Europe/Berlin
calendar: desk
---
kind: entity
id: lead
from: crm.leads
key: id
occurs: at
fields: {id: text, at: timestamp, reply: timestamp}
---
"""
BERLIN = "Europe/Berlin"


def at(text: str) -> int:
    return parse_moment(text, BERLIN)


def documents(zone: str = BERLIN) -> str:
    how = "how_measured: {each: lead, starts: at, stops: reply, objective: 90%}\n"
    return OLD.format(zone=zone) + NEW + REST + SLA + "when: {within: 4 business hours}\n" + how


def test_each_date_has_its_own_hours(tmp_path: Path) -> None:
    write_project(tmp_path, documents(), {"leads": "id,at,reply\n"})
    opened = open_project(tmp_path)
    for version in opened.project.by_day.values():
        (calendar,) = version.calendars
        found = open_intervals(calendar, at("2026-03-03"), at("2026-03-10"))
        assert found == [
            (at("2026-03-03T09:00"), at("2026-03-03T17:00")),
            *((at(f"2026-03-{day:02}T13:00"), at(f"2026-03-{day:02}T15:00")) for day in (4, 5, 6)),
            (at("2026-03-07T22:00"), at("2026-03-08T02:00")),  # begun while the version held
        ]
        assert open_us(calendar, at("2026-03-08T02:00"), at("2030-01-01")) == 0


def test_a_clock_runs_across_the_change(tmp_path: Path) -> None:
    # one hour on Tuesday, two on Wednesday, and one of the two on Thursday
    leads = "id,at,reply\nA,2026-03-03T16:00,2026-03-05T14:00\nB,2026-03-03T16:00,2026-03-05T14:01\n"
    results = measured(write_project(tmp_path, documents(), {"leads": leads}), "2026-03")
    assert outcomes(results, "reply", "2026-03") == {"met": 1, "late": 1}
    reading = total(results, "reply", "2026-03").reading
    assert isinstance(reading, ClockReading)
    (late,) = reading.late_items
    assert (late.key, late.used_us, late.due_us) == ("B", 4 * 3_600_000_000 + 60_000_000, at("2026-03-05T14:00"))


def test_all_versions_are_in_one_zone(tmp_path: Path) -> None:
    write_project(tmp_path, documents("Europe/Paris"), {"leads": "id,at,reply\n"})
    found = [f for f in open_project(tmp_path).findings if f.level == "error"]
    assert [f.message for f in found] == [
        "another version of this calendar is in `Europe/Berlin`",
        "another version of this calendar is in `Europe/Paris`",
    ]
