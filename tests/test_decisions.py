"""Decisions: what is wrong with them, when they are late, and on which agendas they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.reports.sections import Material, Sitting, tables_of
from aac.results import Results
from aac.upkeep import overdue
from tests.loading import load_documents

if TYPE_CHECKING:
    from pathlib import Path

    from aac.project import Project
    from aac.reports.base import View

DAY_US = 86_400_000_000
NOW_US = 1_772_438_400_000_000
"""2026-03-02."""
TEAMS = """\
kind: team
id: sales
name: Sales
lead_role: VP Sales
---
kind: team
id: marketing
name: Marketing
---
kind: calendar
id: desk
timezone: UTC
hours: {mon-fri: "09:00-17:00"}
---
kind: meeting
id: weekly
owner: sales
purpose: What to change.
repeats: weekly on mon 10:00
minutes: 30
attendees: [sales]
---
"""


def decision(id_: str, **keys: str) -> str:
    known = {"kind": "decision", "id": id_, "owner": "sales", "decided_on": "2026-02-24", "what": f"We do {id_}"} | keys
    return "".join(f"{key}: {value}\n" for key, value in known.items()) + "---\n"


def shown(project: Project, word: str) -> View:
    """What a section of the weekly meeting on 2 March shows."""
    sitting = Sitting(NOW_US, NOW_US + 1, NOW_US - 7 * DAY_US, "UTC", has_time=True)
    results = Results("Test", None, NOW_US, (), {}, (), ())
    (table,) = tables_of(word, Material("weekly", frozenset({"sales"}), sitting, project, results, None))
    return table


def cells(project: Project, word: str) -> list[list[str]]:
    return [row["cells"] for row in shown(project, word)["rows"] if any(row["cells"])]


def test_what_was_decided_later_is_not_known_yet(tmp_path: Path) -> None:
    text = TEAMS + decision("now", decided_on="2026-03-02") + decision("then", decided_on="2026-03-03")
    project, _ = load_documents(tmp_path, text)
    for word in ("decisions", "actions"):
        assert [row[0] for row in cells(project, word)] == ["We do now"]


def test_what_is_to_be_done_stays_on_the_agenda_of_its_meeting(tmp_path: Path) -> None:
    text = (
        TEAMS
        + decision("later", due="2026-03-20", decided_on="2026-01-05")
        + decision("soon", due="2026-03-05", meeting="weekly", owner="marketing")
        + decision("some_day")
        + decision("over", state="done")
        + decision("theirs", owner="marketing")
    )
    project, findings = load_documents(tmp_path, text)
    assert findings == ()
    assert cells(project, "actions") == [
        ["We do soon", "Marketing", "2026-03-05", ""],
        ["We do later", "VP Sales", "2026-03-20", ""],
        ["We do some_day", "VP Sales", "—", ""],
    ]
    assert shown(project, "actions")["rows"][0]["href"] == "decision/soon.html"
    assert len(shown(project, "actions")["rows"]) == 6


def test_what_was_decided_since_the_last_time_is_told(tmp_path: Path) -> None:
    text = TEAMS + decision("old", decided_on="2026-02-22") + decision("new", state="done", why="It is\n  late.")
    project, _ = load_documents(tmp_path, text)
    assert cells(project, "decisions") == [["We do new", "It is late.", "VP Sales", "2026-02-24"]]
    empty, _ = load_documents(tmp_path, TEAMS)
    assert cells(empty, "decisions") == []
    assert len(shown(empty, "decisions")["rows"]) == 3


def test_many_are_cut(tmp_path: Path) -> None:
    project, _ = load_documents(tmp_path, TEAMS + "".join(decision(f"d{number}") for number in range(9)))
    assert len(cells(project, "actions")) == 5
    assert shown(project, "actions")["note"] == "And 4 more decisions."


@pytest.mark.parametrize(
    ("keys", "is_late"),
    [
        ({"due": "2026-03-01"}, True),
        ({"due": "2026-03-02"}, False),
        ({"due": "2026-03-01", "state": "done"}, False),
        ({"due": "2026-03-01", "state": "dropped"}, False),
        ({}, False),
    ],
)
def test_a_decision_that_is_not_done_on_its_day(tmp_path: Path, keys: dict[str, str], is_late: bool) -> None:
    project, findings = load_documents(tmp_path, TEAMS + decision("cover", **keys))
    assert findings == ()
    told = [(f.code, f.level, f.message) for f in overdue(project, NOW_US)]
    expected = ("AAC443", "warning", "this was to be done by 2026-03-01, and `sales` answers for it")
    assert told == [expected] * is_late


@pytest.mark.parametrize(
    ("keys", "code", "says"),
    [
        ({"about": "[meeting:weekly]"}, None, ""),
        ({"about": '["meeting:weakly"]'}, "AAC204", "there is no document `meeting:weakly`"),
        ({"about": "[weekly]"}, "AAC204", "there is no document `weekly`"),
        ({"meeting": "monthly"}, "AAC204", "no meeting is called `monthly`"),
        ({"owner": ""}, "AAC210", "`owner` is missing"),
        ({"state": "closed"}, "AAC308", "`closed` is not possible here"),
        ({"decided_on": "yesterday"}, "AAC308", "`yesterday` is not a date"),
    ],
)
def test_what_is_wrong_with_it(tmp_path: Path, keys: dict[str, str], code: str | None, says: str) -> None:
    project, findings = load_documents(tmp_path, TEAMS + decision("cover", **keys))
    assert [(f.code, f.message) for f in findings] == ([(code, says)] if code else [])
    if code is None:
        assert project.graph.rests_on["decision", "cover"] == {("meeting", "weekly"), ("team", "sales")}


def test_each_late_decision_is_told_where_it_says_its_day(tmp_path: Path) -> None:
    late = {"due": "2026-02-01"}
    project, _ = load_documents(tmp_path, TEAMS + decision("one", **late) + decision("other", **late))
    told = [(f.code, f.doc, f.span.text if f.span else "") for f in overdue(project, NOW_US)]
    assert told == [("AAC443", f"decision:{name}", "due: 2026-02-01") for name in ("one", "other")]
