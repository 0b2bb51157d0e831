"""Every form of a promise, by hand: cases, pauses, restarts, steps, rules, business days, calendar days and months."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from aac.reports.json import as_json
from tests.small import COMPANY, DESK, measured, outcomes, write_project

if TYPE_CHECKING:
    from pathlib import Path

# 2026-03-02 is a Monday; Berlin goes to summer time on 2026-03-29
ENTITIES = """\
kind: entity
id: ticket
from: crm.tickets
key: id
occurs: at
fields:
  id: text
  at: timestamp
  priority: text
  routed: timestamp
  assigned: timestamp
  done: timestamp
  owner: {ref: user}
  stage: text
  replies: {rollup: count(*), over: reply}
---
kind: entity
id: wait
from: crm.waits
key: id
fields: {id: text, ticket: {ref: ticket}, why: text, begins: timestamp, ends: timestamp}
---
kind: entity
id: owner_change
from: crm.owner_changes
key: id
occurs: at
fields: {id: text, ticket: {ref: ticket}, at: timestamp, owner: {ref: user}}
---
kind: entity
id: stage_change
from: crm.stage_changes
key: id
occurs: at
fields: {id: text, ticket: {ref: ticket}, at: timestamp, stage: text}
---
kind: entity
id: reply
from: crm.replies
key: id
occurs: at
fields: {id: text, ticket: {ref: ticket}, at: timestamp}
---
kind: entity
id: user
from: crm.users
key: id
fields: {id: text, calendar: text, region: text}
---
kind: calendar
id: late
timezone: Europe/Berlin
hours: {mon-fri: "12:00-20:00"}
---
"""
EMPTY = {
    "tickets": "id,at,priority,routed,assigned,done,owner,stage\n",
    "waits": "id,ticket,why,begins,ends\n",
    "owner_changes": "id,ticket,at,owner\n",
    "stage_changes": "id,ticket,at,stage\n",
    "replies": "id,ticket,at\n",
    "users": "id,calendar,region\n1,desk,north\n2,late,south\n",
}


def sla(when: str, how: str) -> str:
    stops = "" if "must:" in how or "stops:" in how else "stops: done, "
    return f"""\
kind: sla
id: answer
what: Sales answers
who: {{owes: sales, to: marketing}}
when: {when}
how_measured: {{each: ticket, starts: at, {stops}objective: 90%{how}}}
escalation: [{{at: late, do: notify, to: sales}}, {{at: 50% of time, do: remind, to: sales}}]
"""


def told(root: Path, when: str, how: str = "", **tables: str) -> dict[str, Any]:
    """The total of the month in JSON, as of Tuesday noon, 10 March 2026."""
    rows = {name: EMPTY[name] + text for name, text in tables.items()}
    write_project(root, COMPANY + DESK + ENTITIES + sla(when, how), EMPTY | rows, watermark="2026-03-10T11:00:00Z")
    results = as_json(measured(root, "2026-03"))["results"]
    (found,) = [
        result for result in results if result["id"] == "answer" and not result["by"] and result["window"]["from"]
    ]
    return found


def counted(found: dict[str, Any]) -> dict[str, int]:
    names = ("met", "late", "open", "excused", "unmeasurable", "outside", "outside_hours")
    return {name: found[name] for name in names if found[name]}


def late(found: dict[str, Any]) -> list[tuple[str, str | None, float]]:
    """Key, due and seconds of late items."""
    return [(item["key"], item["due"], item["seconds"]) for item in found["late_items"]]


def open_steps(found: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return [(step["key"], step["at"], step["since"]) for step in found["escalations"]]


# Cases

CASES = """{cases: [
  {for: "priority = 'P0'", within: 1 hour},
  {for: "priority = 'P1'", within: 2 business hours, calendar: owner.calendar},
  {for: "priority = 'P2'", within: 1 business day, calendar: desk},
  {for: "priority = 'P3'", within: none, why: no promise made}]}"""


def test_the_first_case_that_is_true_holds(tmp_path: Path) -> None:
    tickets = """\
A,2026-03-02T10:00,P0,,,2026-03-02T11:00,1,
B,2026-03-02T10:00,P0,,,2026-03-02T11:00:00.000001,1,
C,2026-03-02T10:00,P1,,,2026-03-02T13:00,2,
D,2026-03-02T10:00,P1,,,2026-03-02T13:00,1,
E,2026-03-02T10:00,P1,,,2026-03-02T13:00,,
F,2026-03-06T10:00,P2,,,2026-03-09T10:00,1,
G,2026-03-06T10:00,P2,,,2026-03-09T10:01,1,
H,2026-03-02T10:00,P3,,,,1,
I,2026-03-02T10:00,P9,,,,1,
J,2026-03-02T10:00,,,,,1,
"""
    found = told(tmp_path, CASES, tickets=tickets)
    # A and C (one hour of the late desk) and F are met; B, D and G are late; of E no calendar, of J no case is known
    assert counted(found) == {"met": 3, "late": 3, "unmeasurable": 2, "outside": 2}
    assert late(found) == [
        ("B", "2026-03-02T10:00:00Z", 3600.000001),
        ("D", "2026-03-02T11:00:00Z", 3 * 3600),
        ("G", "2026-03-09T09:00:00Z", 8 * 3600 + 60),
    ]


# Business days, calendar days, months


@pytest.mark.parametrize(
    ("within", "at", "due"),
    [
        ("5 business days, calendar: desk", "2026-02-27T10:30", "2026-03-06T09:30:00Z"),
        ("1 business day, calendar: desk", "2026-03-06T18:00", "2026-03-10T08:00:00Z"),
        ("2 calendar days", "2026-03-06T18:00", "2026-03-08T17:00:00Z"),
        ("1 month", "2026-01-31T12:00", "2026-02-28T11:00:00Z"),
    ],
)
def test_deadlines(tmp_path: Path, within: str, at: str, due: str) -> None:
    late_by = due.replace(":00Z", ":00.000001Z")
    tickets = f"A,{at},,,,{due},1,\nB,{at},,,,{late_by},1,\n"
    write_project(
        tmp_path,
        COMPANY + DESK + ENTITIES + sla(f"{{within: {within}}}", ""),
        EMPTY | {"tickets": EMPTY["tickets"] + tickets},
        watermark="2026-03-10T11:00:00Z",
    )
    results = measured(tmp_path, "all")
    assert outcomes(results, "answer", "all") == {"met": 1, "late": 1}
    (found,) = [r for r in as_json(results)["results"] if r["id"] == "answer"]
    assert [(item["key"], item["due"]) for item in found["late_items"]] == [("B", due)]


# Pauses

PAUSED = ", paused: {over: wait, where: \"why = 'customer'\", from: begins, until: ends}"


def test_pauses_overlap_and_count_once(tmp_path: Path) -> None:
    tickets = "A,2026-03-02T09:00,,,,2026-03-02T16:00,1,\nB,2026-03-02T09:00,,,,2026-03-02T16:01,1,\n"
    waits = """\
1,A,customer,2026-03-02T10:00,2026-03-02T12:00
2,A,customer,2026-03-02T11:00,2026-03-02T13:00
3,A,customer,2026-03-02T11:30,2026-03-02T11:45
4,A,us,2026-03-02T13:00,2026-03-02T15:00
5,B,customer,2026-03-02T10:00,2026-03-02T13:00
6,B,customer,2026-03-02T08:00,2026-03-02T08:30
7,B,customer,2026-03-02T14:00,2026-03-02T14:00
8,B,customer,,2026-03-02T15:00
"""
    found = told(tmp_path, "{within: 4 hours}", PAUSED, tickets=tickets, waits=waits)
    assert counted(found) == {"met": 1, "late": 1}
    assert late(found) == [("B", "2026-03-02T15:00:00Z", 4 * 3600 + 60)]


def test_pauses_in_business_hours(tmp_path: Path) -> None:
    # Friday 15:00 to Monday 11:00 are four hours, of which one on Friday and one on Monday were spent waiting
    tickets = "A,2026-03-06T15:00,,,,2026-03-09T11:00,1,\nB,2026-03-06T15:00,,,,2026-03-09T11:00:00.000001,1,\n"
    waits = "1,A,customer,2026-03-06T16:00,2026-03-09T10:00\n2,B,customer,2026-03-06T16:00,2026-03-09T10:00\n"
    found = told(tmp_path, "{within: 2 business hours, calendar: desk}", PAUSED, tickets=tickets, waits=waits)
    assert counted(found) == {"met": 1, "late": 1}
    assert late(found) == [("B", "2026-03-09T10:00:00Z", 7200.000001)]


def test_an_open_pause_lasts_until_as_of(tmp_path: Path) -> None:
    tickets = "A,2026-03-10T08:00,,,,,1,\nB,2026-03-10T08:00,,,,,1,\nC,2026-03-09T08:00,,,,,1,\n"
    waits = """\
1,A,customer,2026-03-10T09:00,
2,B,customer,2026-03-10T09:00,2026-03-10T13:00
3,C,customer,2026-03-10T09:00,
"""
    found = told(tmp_path, "{within: 2 hours}", PAUSED, tickets=tickets, waits=waits)
    assert counted(found) == {"open": 2, "late": 1}  # one hour used by A and by B, 25 by C
    assert late(found) == [("C", None, 25 * 3600)]
    assert open_steps(found) == [("C", "late", None), ("A", "50% of time", None), ("B", "50% of time", None)]


def test_a_pause_after_the_time_ran_out_moves_nothing(tmp_path: Path) -> None:
    tickets = "A,2026-03-02T09:00,,,,2026-03-02T16:00,1,\n"
    waits = "1,A,customer,2026-03-02T13:00:00.000001,2026-03-02T15:59\n"
    found = told(tmp_path, "{within: 4 hours}", PAUSED, tickets=tickets, waits=waits)
    assert late(found) == [("A", "2026-03-02T12:00:00Z", 4 * 3600 + 60.000001)]


def test_a_pause_until_the_next_event(tmp_path: Path) -> None:
    paused = ", paused: {over: stage_change, while: \"stage = 'waiting'\", at: at}"
    tickets = "A,2026-03-02T09:00,,,,2026-03-02T16:00,1,\nB,2026-03-02T09:00,,,,2026-03-02T16:00,1,\n"
    changes = """\
1,A,2026-03-02T10:00,waiting
2,A,2026-03-02T12:00,working
3,A,2026-03-02T13:00,waiting
4,A,2026-03-02T14:00,waiting
5,B,2026-03-02T10:00,waiting
6,B,2026-03-02T11:00,working
"""
    found = told(tmp_path, "{within: 4 hours}", paused, tickets=tickets, stage_changes=changes)
    # A waits from 10 to 12 and from 13 on, after the second event still; B from 10 to 11
    assert counted(found) == {"met": 1, "late": 1}
    assert late(found) == [("B", "2026-03-02T13:00:00Z", 6 * 3600)]


def test_pauses_move_a_deadline_by_their_open_time(tmp_path: Path) -> None:
    tickets = "A,2026-03-02T10:00,,,,2026-03-03T12:00,1,\nB,2026-03-02T10:00,,,,2026-03-03T12:00:00.000001,1,\n"
    waits = "1,A,customer,2026-03-02T15:00,2026-03-03T09:00\n2,B,customer,2026-03-02T15:00,2026-03-03T09:00\n"
    found = told(tmp_path, "{within: 1 business day, calendar: desk}", PAUSED, tickets=tickets, waits=waits)
    assert counted(found) == {"met": 1, "late": 1}
    assert late(found) == [("B", "2026-03-03T11:00:00Z", 8 * 3600 + 0.000001)]


# Restarts


def test_each_stretch_is_an_item(tmp_path: Path) -> None:
    tickets = """\
A,2026-03-02T12:00,,,,2026-03-02T16:00,2,
B,2026-03-02T12:00,,,,2026-03-02T16:00,1,
C,2026-03-02T12:00,,,,,1,
D,2026-03-02T12:00,,,,2026-03-02T13:00,2,
"""
    changes = """\
1,A,2026-03-01T09:00,1
2,A,2026-03-02T14:30,2
3,C,2026-03-02T12:00,1
4,C,2026-03-03T10:00,2
5,C,2026-03-03T10:00,2
6,D,2026-03-02T13:30,1
"""
    restarts = ", restarts: {over: owner_change, at: at, ended: excused}, by: [{region: owner.region}]"
    when = "{within: 2 business hours, calendar: owner.calendar}"
    found = told(tmp_path, when, restarts, tickets=tickets, owner_changes=changes)
    # A: 12:00-14:30 of user 1, ended; 14:30-16:00 of user 2, met. B: four hours of user 1, late. C: ended by the change
    # of Tuesday, from then on 22 hours of user 2's. D: whose it was before the only change, nobody knows
    assert counted(found) == {"met": 1, "late": 2, "excused": 2, "unmeasurable": 1}
    # Tue 12-20, four more days of eight hours, and none of Tuesday the 10th before noon
    assert late(found) == [
        ("B", "2026-03-02T13:00:00Z", 4 * 3600),
        ("C", "2026-03-03T13:00:00Z", 5 * 8 * 3600),
    ]


# Steps on the way


def test_the_way_adds_up(tmp_path: Path) -> None:
    tickets = """\
A,2026-03-02T09:00,,2026-03-02T09:17,2026-03-02T09:24,2026-03-02T09:29,1,
B,2026-03-02T09:00,,,2026-03-02T10:00,2026-03-02T11:00,1,
C,2026-03-02T09:00,,2026-03-02T08:00,2026-03-02T12:00,2026-03-02T11:00,1,
D,2026-03-02T09:00,,2026-03-02T09:10,,,1,
"""
    found = told(tmp_path, "{within: 300 hours}", ", through: {routing: routed, assignment: assigned}", tickets=tickets)
    assert counted(found) == {"met": 3, "open": 1}
    # A 17, 7, 5 minutes; B 0, 60, 60; C 0, 120, 0; D is not done
    assert found["through"] == {"routing": 17 * 60, "assignment": 187 * 60, "rest": 65 * 60}


def test_a_way_that_nobody_went_took_no_time(tmp_path: Path) -> None:
    found = told(tmp_path, "{within: 300 hours}", ", through: {routing: routed}")
    assert (counted(found), found["through"]) == ({}, {"routing": 0, "rest": 0})


def test_the_way_stands_still_in_pauses(tmp_path: Path) -> None:
    how = ", through: {routing: routed}" + PAUSED
    tickets = "A,2026-03-02T09:00,,2026-03-02T11:00,,2026-03-02T14:00,1,\n"
    waits = "1,A,customer,2026-03-02T10:30,2026-03-02T12:00\n"
    found = told(tmp_path, "{within: 3 hours}", how, tickets=tickets, waits=waits)
    assert late(found) == [("A", "2026-03-02T12:30:00Z", 3.5 * 3600)]
    assert found["through"] == {"routing": 90 * 60, "rest": 120 * 60}


# Rules


@pytest.mark.parametrize(
    ("within", "at", "due"),
    [
        ("4 hours", "2026-03-02T10:00", "2026-03-02T14:00"),
        ("4 business hours, calendar: desk", "2026-03-06T15:00", "2026-03-09T11:00"),
        ("1 business day, calendar: desk", "2026-03-06T15:00", "2026-03-09T15:00"),
        ("2 calendar days", "2026-03-06T15:00", "2026-03-08T15:00"),
    ],
)
def test_a_rule_must_hold_at_the_deadline(tmp_path: Path, within: str, at: str, due: str) -> None:
    tickets = "".join(f"{key},{at},,,,,1,new\n" for key in "ABCD")
    tickets += "E,2026-03-10T11:59,,,,,1,new\n"
    replies = f"1,A,{due}\n2,B,{due}:00.000001\n3,C,{at}\n4,D,2026-03-10T11:30\n"
    found = told(tmp_path, f"{{within: {within}}}", ", must: replies > 0", tickets=tickets, replies=replies)
    assert counted(found) == {"met": 2, "late": 2, "open": 1}
    assert [item["key"] for item in found["late_items"]] == ["B", "D"]


def test_a_rule_reads_the_past_of_fields(tmp_path: Path) -> None:
    tickets = "".join(f"{key},2026-03-02T10:00,,,,,1,done\n" for key in "ABCD")
    changes = """\
1,A,2026-03-02T13:00,done
2,B,2026-03-02T11:00,working
3,B,2026-03-02T15:00,done
4,C,2026-03-02T15:00,done
"""
    found = told(tmp_path, "{within: 4 hours}", ", must: stage = 'done'", tickets=tickets, stage_changes=changes)
    # B was at work at 14:00; of C no change by then is told; D never changed
    assert counted(found) == {"met": 2, "late": 1, "unmeasurable": 1}


def test_a_promise_that_ends_before_it_opens_has_nothing_gone(tmp_path: Path) -> None:
    tickets = EMPTY["tickets"] + "A,2026-03-07T09:00,,,,,1,\n"  # Saturday, and due on Monday when it opens
    documents = COMPANY + DESK + ENTITIES + sla("{within: 1 business day, calendar: desk}", "")
    write_project(tmp_path, documents, EMPTY | {"tickets": tickets}, watermark="2026-03-08T12:00:00Z")
    (found,) = [result for result in as_json(measured(tmp_path, "2026-03"))["results"] if result["id"] == "answer"]
    assert counted(found) == {"open": 1}
    assert open_steps(found) == []
