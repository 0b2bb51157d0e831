"""Corners of every form of a promise, by hand. As_of is 2026-03-10T12:00Z, a Tuesday; the company is in Berlin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.periods import iso_utc
from aac.results import ClockReading
from tests.small import COMPANY, DESK, SLA, measured, outcomes, total, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.results import Results

TICKET = """\
kind: entity
id: ticket
from: crm.ticket
key: id
fields: {id: text, priority: text, vip: boolean, opened_at: timestamp, solved_at: timestamp}
---
kind: entity
id: wait
from: crm.wait
key: id
fields: {id: text, ticket: {ref: ticket}, status: text, began_at: timestamp, ended_at: timestamp}
---
"""
NO_WAITS = "id,ticket,status,began_at,ended_at\n"
HOUR_US = 3_600_000_000
HEAD = COMPANY + DESK + TICKET + SLA
HOW = "how_measured: {each: ticket, starts: opened_at, stops: solved_at, objective: 50%"


def project(root: Path, documents: str, **tables: str) -> Path:
    return write_project(root / "p", documents, tables)


def listed(results: Results) -> dict[str, tuple[float, str | None]]:
    """The hours used by each late item of March, and when it was due."""
    reading = total(results, "reply", "2026-03").reading
    assert isinstance(reading, ClockReading)
    return {str(i.key): (i.used_us / HOUR_US, iso_utc(i.due_us) if i.due_us else None) for i in reading.late_items}


# Cases


CASES = """\
when:
  cases:
    - {for: vip, within: 1 hours}
    - {for: "priority = 'P0'", within: 4 hours}
    - {for: "priority = 'P1'", within: 4 business hours, calendar: desk}
    - {for: "priority = 'P3'", within: none, why: no promise}
"""


def test_cases(tmp_path: Path) -> None:
    tickets = """\
    id,priority,vip,opened_at,solved_at
    p0_met,P0,false,2026-03-02T09:00Z,2026-03-02T13:00Z
    p0_late,P0,false,2026-03-02T09:00Z,2026-03-02T13:00:00.000001Z
    p1_met,P1,false,2026-03-02T14:00Z,2026-03-03T10:00Z
    p1_late,P1,false,2026-03-02T14:00Z,2026-03-03T10:00:00.000001Z
    p3,P3,false,2026-03-02T14:00Z,
    other,P9,false,2026-03-02T14:00Z,
    vip_late,P3,true,2026-03-02T09:00Z,2026-03-02T10:00:01Z
    unknown_before_p0,P0,,2026-03-02T09:00Z,2026-03-02T09:00Z
    outside_hours,P1,false,2026-03-06T20:00Z,2026-03-07T09:00Z
    outside_hours_elapsed,P0,false,2026-03-06T20:00Z,2026-03-06T20:00Z
    """
    results = measured(project(tmp_path, HEAD + CASES + HOW + "}\n", ticket=tickets, wait=NO_WAITS), "2026-03")
    assert outcomes(results, "reply", "2026-03") == {
        "met": 4,
        "late": 3,
        "outside": 2,
        "unmeasurable": 1,
        "outside_hours": 1,
    }
    assert listed(results) == {
        "p0_late": (pytest.approx(4), "2026-03-02T13:00:00Z"),
        "p1_late": (pytest.approx(4), "2026-03-03T10:00:00Z"),
        "vip_late": (pytest.approx(1, abs=1e-3), "2026-03-02T10:00:00Z"),
    }


# Pauses

PAUSED = ", paused: {over: wait, from: began_at, until: ended_at}}\n"
TICKETS = """\
id,priority,vip,opened_at,solved_at
overlapping,,,2026-03-02T09:00Z,2026-03-02T15:00Z
after_it_ran_out,,,2026-03-02T09:00Z,2026-03-02T15:00Z
at_due,,,2026-03-02T09:00Z,2026-03-02T14:00Z
at_due_late,,,2026-03-02T09:00Z,2026-03-02T14:00:00.000001Z
before_it_started,,,2026-03-02T09:00Z,2026-03-02T13:30Z
backwards,,,2026-03-02T09:00Z,2026-03-02T13:00:01Z
still_paused,,,2026-03-10T06:00Z,
late_before_the_pause,,,2026-03-10T04:00Z,
planned,,,2026-03-10T08:30Z,
no_pause,,,2026-03-02T09:00Z,2026-03-02T13:00:01Z
done_as_the_pause_begins,,,2026-03-02T09:00Z,2026-03-02T13:00:01Z
"""
WAITS = """\
id,ticket,status,began_at,ended_at
1,overlapping,,2026-03-02T10:00Z,2026-03-02T12:00Z
2,overlapping,,2026-03-02T11:00Z,2026-03-02T13:00Z
3,overlapping,,2026-03-02T11:30Z,2026-03-02T11:45Z
4,after_it_ran_out,,2026-03-02T14:00Z,2026-03-02T14:30Z
5,at_due,,2026-03-02T13:00Z,2026-03-02T14:00Z
6,at_due_late,,2026-03-02T13:00Z,2026-03-02T14:00Z
7,before_it_started,,2026-03-02T08:00Z,2026-03-02T09:30Z
8,backwards,,2026-03-02T12:00Z,2026-03-02T10:00Z
9,still_paused,,2026-03-10T08:00Z,
10,late_before_the_pause,,2026-03-10T09:00Z,
11,planned,,2026-03-10T12:00:00.000001Z,2026-03-10T13:00Z
12,,,2026-03-02T09:00Z,2026-03-09T09:00Z
13,done_as_the_pause_begins,,2026-03-02T13:00:01Z,
"""


def test_pauses(tmp_path: Path) -> None:
    documents = HEAD + "when: {within: 4 hours}\n" + HOW + PAUSED
    results = measured(project(tmp_path, documents, ticket=TICKETS, wait=WAITS), "2026-03")
    assert outcomes(results, "reply", "2026-03") == {"met": 3, "late": 6, "open": 2}
    hair = 1e-3
    assert listed(results) == {
        "after_it_ran_out": (5.5, "2026-03-02T13:00:00Z"),
        "at_due_late": (pytest.approx(4, abs=hair), "2026-03-02T14:00:00Z"),
        "backwards": (pytest.approx(4, abs=hair), "2026-03-02T13:00:00Z"),
        "late_before_the_pause": (5.0, None),
        "no_pause": (pytest.approx(4, abs=hair), "2026-03-02T13:00:00Z"),
        "done_as_the_pause_begins": (pytest.approx(4, abs=hair), "2026-03-02T13:00:00Z"),
    }


def test_pauses_in_business_time(tmp_path: Path) -> None:
    """Friday 16:30 local, four business hours; paused Saturday (counts nothing) and Monday 9:00 to 11:00 local."""
    tickets = """\
    id,priority,vip,opened_at,solved_at
    met,,,2026-03-06T15:30Z,2026-03-09T13:30Z
    late,,,2026-03-06T15:30Z,2026-03-09T13:30:00.000001Z
    """
    waits = """\
    id,ticket,status,began_at,ended_at
    1,met,,2026-03-07T09:00Z,2026-03-07T12:00Z
    2,met,,2026-03-09T08:00Z,2026-03-09T10:00Z
    3,late,,2026-03-07T09:00Z,2026-03-07T12:00Z
    4,late,,2026-03-09T08:00Z,2026-03-09T10:00Z
    """
    documents = HEAD + "when: {within: 4 business hours, calendar: desk}\n" + HOW + PAUSED
    results = measured(project(tmp_path, documents, ticket=tickets, wait=waits), "2026-03")
    assert outcomes(results, "reply", "2026-03") == {"met": 1, "late": 1}
    assert listed(results) == {"late": (pytest.approx(4), "2026-03-09T13:30:00Z")}


EVENTS = ", paused: {over: wait, while: \"status = 'waiting'\", at: began_at}}\n"


@pytest.mark.parametrize("swap", [False, True])
def test_events_that_pause_until_the_next(tmp_path: Path, swap: bool) -> None:
    """Of two events at one moment neither pauses, in whatever order they stand."""
    tickets = """\
    id,priority,vip,opened_at,solved_at
    waited,,,2026-03-02T09:00Z,2026-03-02T15:00Z
    tied,,,2026-03-02T09:00Z,2026-03-02T15:00Z
    twice,,,2026-03-02T09:00Z,2026-03-02T15:00Z
    """
    events = [
        "1,waited,waiting,2026-03-02T10:00Z,",
        "2,waited,working,2026-03-02T12:00Z,",
        "3,waited,waiting,2026-03-10T13:00Z,",
        "a,tied,waiting,2026-03-02T10:00Z," if swap else "b,tied,waiting,2026-03-02T10:00Z,",
        "b,tied,working,2026-03-02T10:00Z," if swap else "a,tied,working,2026-03-02T10:00Z,",
        "c,tied,working,2026-03-02T14:00Z,",
        "d,twice,waiting,2026-03-02T10:00Z,",
        "e,twice,waiting,2026-03-02T11:00Z,",
        "f,twice,working,2026-03-02T13:00Z,",
    ]
    for rows in (events, events[::-1]):
        documents = HEAD + "when: {within: 4 hours}\n" + HOW + EVENTS
        waits = "id,ticket,status,began_at,ended_at\n" + "\n".join(rows) + "\n"
        root = project(tmp_path / str(rows is events), documents, ticket=tickets, wait=waits)
        results = measured(root, "2026-03")
        assert outcomes(results, "reply", "2026-03") == {"met": 2, "late": 1}, swap
        assert listed(results) == {"tied": (6.0, "2026-03-02T13:00:00Z")}


# Restarts

CHANGES = """\
kind: entity
id: rep
from: crm.rep
key: id
fields: {id: text, region: text}
---
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, owner: {ref: rep}, asked_at: timestamp, replied_at: timestamp}
---
kind: entity
id: owner_change
from: crm.owner_change
key: id
occurs: changed_at
fields: {id: text, lead: {ref: lead}, owner: {ref: rep}, changed_at: timestamp}
---
"""
RESTARTS = "restarts: {over: owner_change, at: changed_at}, objective: 50%"
REPS = "id,region\nann,EU\nbob,EU\ncid,US\n"
LEADS = """\
id,owner,asked_at,replied_at
none,ann,2026-03-02T09:00Z,2026-03-02T10:00Z
before,ann,2026-03-02T09:00Z,2026-03-02T13:30Z
later,ann,2026-03-02T09:00Z,2026-03-02T15:00Z
after_done,ann,2026-03-02T09:00Z,2026-03-02T14:00Z
at_done,ann,2026-03-02T09:00Z,2026-03-02T14:00Z
at_start,ann,2026-03-02T09:00Z,2026-03-02T10:00Z
next_month,ann,2026-02-28T09:00Z,
unstarted,ann,,
"""
CHANGED = """\
id,lead,owner,changed_at
1,before,ann,2026-03-01T08:00Z
2,before,bob,2026-03-02T08:00Z
3,before,cid,2026-03-02T10:00Z
4,later,cid,2026-03-02T11:00Z
5,after_done,cid,2026-03-02T14:30Z
6,at_done,cid,2026-03-02T14:00Z
7,at_start,bob,2026-03-02T09:00Z
8,next_month,bob,2026-02-01T09:00Z
9,next_month,cid,2026-03-10T09:00Z
10,next_month,ann,2026-03-11T09:00Z
11,unstarted,cid,2026-03-01T09:00Z
"""


def restarted(
    root: Path, leads: str = LEADS, changes: str = CHANGED, where: str = "", as_of: str | None = None
) -> Results:
    how = f"how_measured: {{each: lead, starts: asked_at, stops: replied_at, {where}{RESTARTS}, by: [owner]}}\n"
    documents = COMPANY + CHANGES + SLA + "when: {within: 4 hours}\n" + how
    made = write_project(root / "p", documents, {"lead": leads, "owner_change": changes, "rep": REPS})
    return measured(made, "2026-02", "2026-03", as_of=as_of, is_restricted=True)


def test_restarts(tmp_path: Path) -> None:
    results = restarted(tmp_path)
    assert outcomes(results, "reply", "2026-02") == {"excused": 1}  # next_month's first
    assert outcomes(results, "reply", "2026-02", owner="bob") == {"excused": 1}
    # met: none, at_start, the second of before and of later; excused: their first; late: after_done, at_done
    assert outcomes(results, "reply", "2026-03") == {"met": 4, "late": 2, "excused": 2, "open": 1}
    assert outcomes(results, "reply", "2026-03", owner="ann") == {"met": 1}
    assert outcomes(results, "reply", "2026-03", owner="bob") == {"met": 1, "excused": 1}
    assert outcomes(results, "reply", "2026-03", owner="cid") == {"met": 2, "open": 1}
    assert outcomes(results, "reply", "2026-03", owner=None) == {"late": 2, "excused": 1}
    assert outcomes(results, "reply", "unplaced") == {"unmeasurable": 1}


def test_a_stretch_that_is_left_out_ends_the_one_before(tmp_path: Path) -> None:
    leads = "id,owner,asked_at,replied_at\na,cid,2026-03-02T09:00Z,2026-03-02T15:00Z\n"
    changes = "id,lead,owner,changed_at\n1,a,ann,2026-03-02T08:00Z\n2,a,cid,2026-03-02T10:00Z\n"
    results = restarted(tmp_path, leads, changes, where="where: owner.region = 'EU', ")
    assert outcomes(results, "reply", "2026-03") == {"excused": 1}


@pytest.mark.parametrize("order", [1, -1])
def test_two_events_at_one_moment_begin_one_stretch(tmp_path: Path, order: int) -> None:
    """The same one, in whatever order the rows stand."""
    leads = "id,owner,asked_at,replied_at\n"
    leads += "".join(f"{i:03},cid,2026-03-02T09:00Z,2026-03-02T12:00Z\n" for i in range(200))
    rows = [f"{i:03}{x},{i:03},{x},2026-03-02T10:00Z" for i in range(200) for x in ("ann", "bob")][::order]
    results = restarted(tmp_path, leads, "id,lead,owner,changed_at\n" + "\n".join(rows) + "\n")
    assert outcomes(results, "reply", "2026-03") == {"met": 200, "excused": 200}
    owners = {o: outcomes(results, "reply", "2026-03", owner=o) for o in ("ann", "bob")}
    assert sorted(map(str, owners.values())) == ["{'met': 200}", "{}"], owners


def test_restarts_as_of_earlier(tmp_path: Path) -> None:
    """As of the 2nd, 12:00: what owners were is told by the changes, and each stretch keeps its own."""
    results = restarted(tmp_path, as_of="2026-03-02T12:00Z")
    assert outcomes(results, "reply", "2026-03", owner="bob") == {"met": 1, "excused": 1}
    assert outcomes(results, "reply", "2026-03", owner="cid") == {"open": 2}
    # later's own first, after_done's and at_done's, whose changes are still to come: unknown
    assert outcomes(results, "reply", "2026-03", owner=None) == {"open": 2, "excused": 1}
    assert outcomes(results, "reply", "2026-03", owner="ann") == {"met": 1}


# Rules

TOUCHES = """\
kind: entity
id: lead
from: crm.lead
key: id
fields:
  id: text
  stage: text
  asked_at: timestamp
  touches: {rollup: count(*), over: touch}
---
kind: entity
id: touch
from: crm.touch
key: id
occurs: at
fields: {id: text, lead: {ref: lead}, at: timestamp}
---
kind: entity
id: stage_change
from: crm.stage_change
key: id
occurs: at
fields: {id: text, lead: {ref: lead}, stage: text, at: timestamp}
---
"""
ASKED = """\
id,stage,asked_at
at_the_last,won,2026-03-02T09:00Z
a_hair_late,won,2026-03-02T09:00Z
long_before,won,2026-03-02T09:00Z
never,won,2026-03-02T09:00Z
still_open,won,2026-03-10T10:00Z
"""
TOUCHED = """\
id,lead,at
1,at_the_last,2026-03-02T13:00Z
2,a_hair_late,2026-03-02T13:00:00.000001Z
3,long_before,2025-01-01T09:00Z
"""


@pytest.mark.parametrize("within", ["4 business hours, calendar: desk", "4 hours"])
def test_a_rule_that_counts_what_happened_by_the_deadline(tmp_path: Path, within: str) -> None:
    how = 'how_measured: {each: lead, starts: asked_at, must: "touches >= 1", objective: 50%}\n'
    documents = COMPANY + DESK + TOUCHES + SLA + f"when: {{within: {within}}}\n" + how
    tables = {"lead": ASKED, "touch": TOUCHED, "stage_change": "id,lead,stage,at\n"}
    results = measured(write_project(tmp_path / "p", documents, tables), "2026-03")
    assert outcomes(results, "reply", "2026-03") == {"met": 2, "late": 2, "open": 1}


def test_a_rule_reads_what_a_field_was_at_the_deadline(tmp_path: Path) -> None:
    how = "how_measured: {each: lead, starts: asked_at, must: \"stage = 'won'\", objective: 50%}\n"
    documents = COMPANY + TOUCHES + SLA + "when: {within: 2 calendar days}\n" + how
    leads = """\
    id,stage,asked_at
    won_in_time,lost,2026-03-02T09:00Z
    won_late,won,2026-03-02T09:00Z
    only_later,won,2026-03-02T09:00Z
    no_change,won,2026-03-02T09:00Z
    no_change_lost,lost,2026-03-02T09:00Z
    open,won,2026-03-09T12:00Z
    """
    changes = """\
    id,lead,stage,at
    1,won_in_time,new,2026-03-02T10:00Z
    2,won_in_time,won,2026-03-04T09:00Z
    3,won_in_time,lost,2026-03-04T09:00:00.000001Z
    4,won_late,new,2026-03-02T10:00Z
    5,won_late,won,2026-03-04T09:00:00.000001Z
    6,only_later,won,2026-03-05T09:00Z
    """
    tables = {"lead": leads, "touch": "id,lead,at\n", "stage_change": changes}
    results = measured(write_project(tmp_path / "p", documents, tables), "2026-03")
    assert outcomes(results, "reply", "2026-03") == {"met": 2, "late": 2, "unmeasurable": 1, "open": 1}


def test_a_rule_between_dates_reads_what_was_by_the_end_of_the_last_day(tmp_path: Path) -> None:
    """The days of a promise are those of the source (Berlin's), and changes and children are told by the moment."""
    how = "how_measured: {each: lead, starts: asked_at, must: \"stage = 'won' or touches > 0\", objective: 50%}\n"
    entities = TOUCHES.replace("asked_at: timestamp", "asked_at: date")
    leads = "id,stage,asked_at\n" + "".join(
        f"{id_},won,2026-03-02\n" for id_ in ("won_in_time", "won_late", "touched_in_time", "touched_late")
    )
    changes = """\
    id,lead,stage,at
    1,won_in_time,won,2026-03-04T22:59:59.999999Z
    2,won_late,new,2026-03-02T10:00Z
    3,won_late,won,2026-03-04T23:00Z
    4,touched_in_time,new,2026-03-02T10:00Z
    5,touched_late,new,2026-03-02T10:00Z
    """
    touches = "id,lead,at\n1,touched_in_time,2026-03-04T22:59Z\n2,touched_late,2026-03-04T23:00Z\n"
    tables = {"lead": leads, "touch": touches, "stage_change": changes}
    documents = COMPANY + entities + SLA + "when: {within: 2 days}\n" + how
    results = measured(write_project(tmp_path / "p", documents, tables), "2026-03")
    assert outcomes(results, "reply", "2026-03") == {"met": 2, "late": 2}
    assert [finding.code for finding in results.findings if finding.code == "AAC515"] == []


def test_changes_that_only_have_a_date_do_not_tell_what_was_at_a_moment(tmp_path: Path) -> None:
    how = "how_measured: {each: lead, starts: asked_at, must: \"stage = 'won' or touches > 0\", objective: 50%}\n"
    entities = TOUCHES.replace("at: timestamp}", "at: date}")
    changes = "id,lead,stage,at\n1,a,new,2026-03-02\n2,a,won,2026-03-09\n"
    tables = {"lead": "id,stage,asked_at\na,won,2026-03-02T09:00Z\n", "touch": "id,lead,at\n", "stage_change": changes}
    documents = COMPANY + entities + SLA + "when: {within: 4 hours}\n" + how
    results = measured(write_project(tmp_path / "p", documents, tables), "2026-03")
    assert outcomes(results, "reply", "2026-03") == {"met": 1}
    (finding,) = [finding for finding in results.findings if finding.code == "AAC515"]
    assert "`stage` of `lead`" in finding.message


# Steps on the way


def test_many_steps_on_the_way(tmp_path: Path) -> None:
    """Nine steps, of which one is unknown, one comes too early and one after the end."""
    names = [f"m{i}" for i in range(9)]
    fields = ", ".join(f"{name}: timestamp" for name in names)
    documents = (
        COMPANY
        + "kind: entity\nid: lead\nfrom: crm.lead\nkey: id\n"
        + f"fields: {{id: text, s: timestamp, e: timestamp, {fields}}}\n---\n"
        + SLA
        + "when: {within: 4 hours}\nhow_measured: {each: lead, starts: s, stops: e, objective: 50%, through: {"
        + ", ".join(f"{name}: {name}" for name in names)
        + "}}\n"
    )
    day = "2026-03-02T"
    row = ["a", "09:00Z", "12:00Z", "09:10Z", "", "09:30Z", "09:20Z", "10:00Z", "10:30Z", "11:00Z", "11:45Z", "13:00Z"]
    cells = [row[0], *(day + cell if cell else "" for cell in row[1:])]
    table = "id,s,e," + ",".join(names) + "\n" + ",".join(cells) + "\n"
    results = measured(write_project(tmp_path / "p", documents, {"lead": table}), "2026-03")
    reading = total(results, "reply", "2026-03").reading
    assert isinstance(reading, ClockReading)
    minutes = [us // 60_000_000 for _, us in reading.through]
    assert minutes == [10, 0, 20, 0, 30, 30, 30, 45, 15, 0]


# Business days with pauses, and reminders at odd shares


def test_business_days_with_pauses(tmp_path: Path) -> None:
    """Until Friday 10:00 local, or 11:00 after an hour's pause."""
    tickets = """\
    id,priority,vip,opened_at,solved_at
    met,,,2026-03-05T09:00Z,2026-03-06T09:00Z
    unpaused_late,,,2026-03-05T09:00Z,2026-03-06T09:00:00.000001Z
    paused_met,,,2026-03-05T09:00Z,2026-03-06T10:00Z
    paused_late,,,2026-03-05T09:00Z,2026-03-06T10:00:00.000001Z
    """
    waits = """\
    id,ticket,status,began_at,ended_at
    1,paused_met,,2026-03-05T10:00Z,2026-03-05T11:00Z
    2,paused_late,,2026-03-05T10:00Z,2026-03-05T11:00Z
    """
    documents = HEAD + "when: {within: 1 business days, calendar: desk}\n" + HOW + PAUSED
    results = measured(project(tmp_path, documents, ticket=tickets, wait=waits), "2026-03")
    due = {key: due for key, (_, due) in listed(results).items()}
    assert due == {"unpaused_late": "2026-03-06T09:00:00Z", "paused_late": "2026-03-06T10:00:00Z"}


@pytest.mark.parametrize("share", ["33.333333%", "99.9999999%"])
def test_a_reminder_at_an_odd_share(tmp_path: Path, share: str) -> None:
    tickets = "id,priority,vip,opened_at,solved_at\nold,,,1971-01-01T00:00Z,\nnew,,,2026-03-10T11:00Z,\n"
    step = SLA.replace("escalation: []", f"escalation: [{{at: {share} of time, do: remind, to: sales}}]")
    documents = COMPANY + TICKET + step + "when: {within: 2 hours}\n" + HOW + ", window: all}\n"
    results = measured(project(tmp_path, documents, ticket=tickets, wait=NO_WAITS))
    steps = total(results, "reply", "all").verdict.escalations
    assert [step.key for step in steps] == (["new"] if share.startswith("33") else [])


# Several windows in a row


def test_steps_after_several_windows(tmp_path: Path) -> None:
    """Off target in December, January, February; on target in November."""
    months = {"2025-11": 1, "2025-12": 30, "2026-01": 30, "2026-02": 30, "2026-03": 1}
    tickets = "id,priority,vip,opened_at,solved_at\n"
    tickets += "".join(f"{m},,,{m}-05T09:00Z,{m}-05T{9 + min(h, 9):02}:00Z\n" for m, h in months.items())
    step = SLA.replace("escalation: []", "escalation: [{at: 3 windows off_target, do: decide, to: sales}]")
    documents = COMPANY + TICKET + step + "when: {within: 4 hours}\n" + HOW + "}\n"
    root = project(tmp_path, documents, ticket=tickets, wait=NO_WAITS)
    results = measured(root, "2026-01", "2026-02")
    labels = [r.reading.window.label for r in results.results if not r.reading.by]
    assert [label for label in labels if label != "unplaced"] == ["2026-01", "2026-02"]
    assert total(results, "reply", "2026-01").verdict.escalations == ()
    assert [step.at for step in total(results, "reply", "2026-02").verdict.escalations] == ["3 windows off_target"]


def test_rolling_windows(tmp_path: Path) -> None:
    """From the same local time 28 days before as_of on."""
    tickets = """\
    id,priority,vip,opened_at,solved_at
    in,,,2026-02-10T12:00Z,2026-02-10T12:00Z
    before,,,2026-02-10T11:59:59Z,2026-02-10T12:00Z
    """
    documents = COMPANY + TICKET + SLA + "when: {within: 4 hours}\n" + HOW + ", window: rolling 28 days}\n"
    results = measured(project(tmp_path, documents, ticket=tickets, wait=NO_WAITS))
    assert outcomes(results, "reply", "rolling to 2026-03-10") == {"met": 1}
