"""A page tells the commit that changed last what it shows or rests on, and no commit that changed neither."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.newest import last_changes
from aac.operations import open_sound_project
from tests.small import COMPANY, SLA, metric, write_project
from tests.test_revisions import git

if TYPE_CHECKING:
    from pathlib import Path

LEAD = """\
kind: entity
id: lead
from: crm.leads
key: id
fields:
  id: text
  came_at: timestamp
  score: integer
  called_at: timestamp
"""
MQL = """\
kind: definition
id: mql
of: lead
means: A lead with a score.
owner: sales
when: score > param.least
at: came_at
"""
MQLS = metric("mqls", "count(*)", of="mql")
REPLY = SLA + (
    "when: {within: 4 hours}\nhow_measured: {each: lead, starts: came_at, stops: called_at, objective: 90%}\n"
)
WEEKLY = """\
kind: meeting
id: weekly
purpose: What to change
owner: sales
minutes: 30
repeats: weekly on thu 10:00
sections: [{id: numbers, minutes: 30, shows: ["sla:reply"]}]
"""
FILES = {"company": COMPANY, "lead": LEAD, "mql": MQL, "mqls": MQLS, "reply": REPLY, "weekly": WEEKLY}
PARAMETERS = "\n[param]\nleast = 50\nother = 1\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = write_project(tmp_path / "p", "", {"leads": "id\n"}, settings=PARAMETERS)
    (root / "alignment" / "all.yml").unlink()
    for name, text in FILES.items():
        (root / "alignment" / f"{name}.yml").write_text(text.replace("---\n", ""))
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "all")
    return root


@pytest.mark.parametrize(
    ("file", "old", "new", "moved"),
    [
        ("aac.toml", "least = 50", "least = 60", "definition:mql metric:mqls"),
        ("aac.toml", "other = 1", "other = 2", ""),
        ("alignment/mql.yml", "A lead", "Any lead", "definition:mql"),
        ("alignment/mql.yml", "score > param.least", "score >= param.least", "definition:mql metric:mqls"),
        ("alignment/mql.yml", "at: came_at\n", "", "definition:mql metric:mqls"),
        ("alignment/lead.yml", "  score: integer", "  score: {type: integer, from: points}",
         "definition:mql entity:lead metric:mqls"),
        ("alignment/lead.yml", "  called_at: timestamp\n", "  called_at: {type: timestamp, from: called}\n",
         "entity:lead sla:reply"),
        ("alignment/weekly.yml", "minutes: 30\nrepeats", "minutes: 40\nrepeats", "meeting:weekly"),
        ("alignment/teams.yml", "name: Sales", "name: Sellers", "team:sales"),
        ("data/leads.csv", "id\n", "id,score\n", ""),
    ],
)  # fmt: skip
def test_which_pages_tell_a_commit(root: Path, file: str, old: str, new: str, moved: str) -> None:
    before = last_changes(open_sound_project(root).project)
    assert {change.revision for change in before.values()} == {git(root, "rev-parse", "HEAD")[:10]}
    path = root / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    git(root, "commit", "-qam", "changed")
    after = last_changes(open_sound_project(root).project)
    newest = git(root, "rev-parse", "HEAD")[:10]
    assert " ".join(sorted(subject for subject, change in after.items() if change.revision == newest)) == moved
