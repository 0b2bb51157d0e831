"""The past of numbers, and how the time of promises is spread: what a build measures beside what `check` does.

As_of is 2026-03-10T12:00Z, a Tuesday; the company is in Berlin, an hour ahead.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aac.evaluate import Asked
from aac.operations import measure, open_sound_project, pull_sources
from aac.periods import parse_moment
from aac.planner.windows import PAST
from aac.reports.json import as_json
from aac.results import ClockReading, Outcome, Spread
from tests.small import COMPANY, DESK, NOW_US, SLA, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.results import Results

DOCUMENTS = (
    COMPANY
    + DESK
    + """\
kind: entity
id: lead
from: crm.lead
key: id
occurs: asked_at
fields: {id: text, asked_at: timestamp, replied_at: timestamp, segment: text}
---
"""
    + SLA
    + """\
when: {within: 4 hours}
how_measured: {each: lead, starts: asked_at, stops: replied_at, objective: 50%, by: [segment]}
---
kind: sla
id: looked_at
what: Sales looks at it
who: {owes: sales, to: marketing}
escalation: []
when: {within: 1 day}
how_measured: {each: lead, starts: asked_at, must: segment is not null, objective: 50%}
---
kind: metric
id: leads
formula: count(*)
of: lead
at: asked_at
unit: count
better: higher
owner: sales
serves: customer_success
by: [segment]
target: {at_least: 2}
"""
)
LEADS = """\
id,asked_at,replied_at,segment
quarter,2026-02-02T10:00:00Z,2026-02-02T11:00:00Z,A
hair_more,2026-02-02T10:00:00Z,2026-02-02T11:00:00.000001Z,A
all_of_it,2026-02-02T10:00:00Z,2026-02-02T14:00:00Z,A
late_by_a_hair,2026-02-02T10:59:59.999999Z,2026-02-02T15:00:00Z,A
late_twice,2026-02-02T11:00:00Z,2026-02-02T19:00:00Z,A
never,2026-02-28T23:30:00Z,,B
january,2026-01-05T10:00:00Z,2026-01-05T10:00:00Z,B
december,2025-12-05T10:00:00Z,2025-12-06T10:00:00Z,B
open,2026-03-10T11:00:00Z,,B
"""


def run(root: Path, past: int) -> Results:
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    return measure(opened, NOW_US, Asked(past=past), lambda _: None, everything=True)


def test_the_windows_before_the_last_are_past(tmp_path: Path) -> None:
    found = run(write_project(tmp_path / "p", DOCUMENTS, {"lead": LEADS}), 2)
    told = {(r.id, r.reading.window.label): r.selection for r in found.results if not r.reading.by}
    months = {"2025-12": PAST, "2026-01": PAST, "2026-02": "last", "2026-03": "current"}
    assert told == {(id, label): why for id in ("leads", "looked_at", "reply") for label, why in months.items()}
    counts = {
        r.reading.window.label: (r.reading.count(Outcome.MET), r.reading.count(Outcome.LATE))
        for r in found.results
        if isinstance(r.reading, ClockReading) and r.id == "reply" and not r.reading.by
    }
    assert counts == {"2025-12": (0, 1), "2026-01": (1, 0), "2026-02": (3, 2), "2026-03": (0, 1)}


def test_the_past_changes_nothing_of_the_present(tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", DOCUMENTS, {"lead": LEADS})
    plain, told = run(root, 0), run(root, 12)
    assert as_json(plain)["results"] == [
        told_of
        for told_of, result in zip(as_json(told)["results"], told.results, strict=True)
        if result.selection != PAST
    ]
    assert all(result.selection != PAST for result in plain.results)


def test_how_time_is_spread(tmp_path: Path) -> None:
    found = run(write_project(tmp_path / "p", DOCUMENTS, {"lead": LEADS}), 2)
    spread = {
        (r.id, r.reading.window.label): r.reading.spread
        for r in found.results
        if isinstance(r.reading, ClockReading) and not r.reading.by
    }
    over = len(Spread.ENDS)
    february = spread["reply", "2026-02"]
    assert february is not None
    # up to 25 %, 50 %, 75 %, 100 %, 150 %, 200 %, 400 % of four hours, and more
    assert february.parts == {
        (Outcome.MET, 0): 1,
        (Outcome.MET, 1): 1,
        (Outcome.MET, 3): 1,
        (Outcome.LATE, 4): 1,
        (Outcome.LATE, 5): 1,
    }
    # 10:59:59.999999Z lies in the hour that begins at 11:00 in Berlin, 11:00Z in the next
    hours = Counter(parse_moment(text, "UTC") for text in ("2026-02-02T10:00", "2026-02-02T11:00"))
    assert february.late_hours == hours
    march = spread["reply", "2026-03"]
    assert march is not None
    assert (march.parts, march.late_hours) == ({(Outcome.LATE, over): 1}, {parse_moment("2026-02-28T23:00", "UTC"): 1})
    looked = spread["looked_at", "2026-02"]
    assert looked is not None
    assert looked.parts is None  # what must be so when its time is over has used all of it


def test_check_asks_for_no_spread(tmp_path: Path) -> None:
    found = run(write_project(tmp_path / "p", DOCUMENTS, {"lead": LEADS}), 0)
    assert {r.reading.spread for r in found.results if isinstance(r.reading, ClockReading)} == {None}
