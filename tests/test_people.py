"""Nobody is named by what is found in data: of people neither the keys nor what they are known by are told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aac.evaluate import Asked
from aac.operations import measure, open_sound_project, pull_sources
from aac.results import ClockReading, Outcome
from tests.small import COMPANY, NOW_US, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding
    from aac.results import Results

SOMEBODY = re.compile(r"\b[UR]-\d+|Kim")
"""What the people of the test are known by."""
DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.leads
key: id
occurs: came_at
fields: {id: text, came_at: timestamp, owner: {ref: user}, keeper: {ref: rep}, account: {ref: account}}
---
kind: entity
id: account
from: crm.accounts
key: id
fields: {id: text, owner: {ref: rep}}
---
kind: entity
id: rep
from: crm.reps
key: id
fields: {id: text, full_name: {type: text, values: [Ada]}, boss: {ref: rep}}
---
kind: entity
id: user
from: crm.users
key: id
occurs: hired_at
fields: {id: text, hired_at: timestamp, trained_at: timestamp, level: integer}
---
kind: entity
id: quota
from: crm.quotas
key: [who, month]
fields: {who: {ref: user}, month: text, amount: integer}
---
kind: entity
id: note
from: crm.notes
key: id
fields: {id: text, owner: {type: text, values: [us]}, at: {type: text, from: written}}
---
kind: sla
id: training
what: New colleagues are trained
who: {owes: sales, to: marketing}
when: {within: 4 hours}
how_measured: {each: user, starts: hired_at, stops: trained_at, objective: 90%}
escalation: [{at: late, do: remind, to: sales}]
"""
)
USERS = "".join(f"U-{number},2026-03-02T10:00Z,2026-03-02T09:00Z,1\n" for number in range(1, 4))
TABLES = {
    "leads": "id,came_at,owner,keeper,account\nL-1,2026-03-02T10:00Z,U-8,R-8,A-1\nL-2,2026-03-02T10:00Z,U-9,R-1,A-9\n",
    "accounts": "id,owner\nA-1,R-7\n",
    "reps": "id,full_name,boss\nR-1,Kim,R-6\nR-1,Ada,\n",
    "users": "id,hired_at,trained_at,level\n" + USERS + "U-4,,,top\nU-5,2027-03-02T10:00Z,,1\n"
    "U-6,2026-03-02T10:00Z,,1\n",
    "quotas": "who,month,amount\nU-77,2026-03,many\n",
    "notes": "id,owner,written\nN-1,Kim,x\n",
}


def found(root: Path, *, is_restricted: bool = False) -> Results:
    """What is measured behind a pull, and found."""
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    asked = Asked(None, ("2026-03",), is_restricted=is_restricted)
    return measure(opened, NOW_US, asked, lambda _: None, everything=True)


def names_somebody(finding: Finding) -> bool:
    return SOMEBODY.search(f"{finding.message} {finding.instead} {finding.keys}") is not None


def test_findings_name_nobody(tmp_path: Path) -> None:
    told = found(write_project(tmp_path / "p", DOCUMENTS, TABLES)).findings
    assert not list(filter(names_somebody, told))
    said = {(finding.code, finding.doc, finding.field): finding for finding in told}
    assert {code for code, *_ in said} >= {"AAC502", "AAC503", "AAC504", "AAC505", "AAC507", "AAC518", "AAC519"}
    owner, keeper, account = (said["AAC503", "entity:lead", field] for field in ("owner", "keeper", "account"))
    assert (owner.message, owner.keys) == ("`owner` finds no user in 2 records", ("L-1", "L-2"))
    assert owner.instead == "add what is missing to `user`, or read another column, which holds its key"
    assert (keeper.message, keeper.keys) == ("`keeper` finds no rep in 1 record", ("L-1",))
    assert (account.message, account.keys) == ("`account` finds no account in 1 record: 'A-9'", ("L-2",))
    note, level = said["AAC504", "entity:note", "owner"], said["AAC505", "entity:user", "level"]
    assert (note.message, note.keys) == ("`owner` is not in its list of values in 1 record", ("N-1",))
    assert (level.message, level.keys) == ("`level` is not a whole number in 1 record: 'top'", ())
    assert said["AAC502", "entity:rep", None].keys == ()


def test_the_restricted_pages_and_a_pull_name_people(tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", DOCUMENTS, TABLES)
    told = found(root, is_restricted=True).findings
    named = {(finding.code, finding.doc) for finding in told if names_somebody(finding)}
    assert named >= {("AAC503", "entity:lead"), ("AAC502", "entity:rep"), ("AAC519", "entity:user")}
    pulled = pull_sources(open_sound_project(root), NOW_US, lambda _: None).findings
    assert ("AAC503", "entity:lead") in {(finding.code, finding.doc) for finding in pulled if names_somebody(finding)}


def test_late_items_that_are_people_are_counted_and_not_named(tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", DOCUMENTS, TABLES)
    (total,) = [result for result in found(root).results if result.reading.window.label == "2026-03"]
    assert isinstance(total.reading, ClockReading)
    assert total.reading.count(Outcome.LATE) == 1  # U-6: what was done before it began is not measurable
    assert not SOMEBODY.search(repr(total))
    assert SOMEBODY.search(repr(found(root, is_restricted=True).results))
