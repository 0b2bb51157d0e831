"""Agendas: when a meeting takes place, and what its sections are filled with, by hand on a project of a few records."""

from __future__ import annotations

import re
import subprocess
from shutil import copytree
from typing import TYPE_CHECKING

import pytest

from aac.kinds.meeting import SHOWN_WORDS
from aac.operations import open_sound_project, pull_sources
from aac.reports.sections import WORDS
from aac.revisions import Edit, committed
from tests.calendar_files import events_in
from tests.commands import run_aac
from tests.small import COMPANY, DESK, NOW_US, metric, write_project

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = (
    COMPANY
    + DESK
    + """\
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, asked_at: timestamp, replied_at: timestamp}
---
kind: sla
id: reply
name: Answer to a lead
what: Sales replies
who: {owes: sales, to: marketing}
when: {within: 24 hours}
how_measured: {each: lead, starts: asked_at, stops: replied_at, objective: 50%}
escalation:
  - {at: off_target, do: agenda, meeting: weekly}
  - {at: late, do: notify, to: marketing}
---
kind: scorecard
id: joint
owner: [sales, marketing]
rows: [{metric: leads, weight: 2}, {sla: reply}]
---
kind: meeting
id: weekly
name: The weekly | one
owner: sales
purpose: What to change.
repeats: weekly on wed 10:00
minutes: 30
attendees: [sales, Head of Nothing]
calendar: desk
sections:
  - {id: last_actions, minutes: 3, shows: [actions]}
  - {id: numbers, minutes: 7, shows: ["sla:reply", "metric:leads"]}
  - {id: joint_card, minutes: 5, shows: ["scorecard:joint"], why: We win together.}
  - {id: off, minutes: 5, shows: [off_target, needs_help, escalations]}
  - {id: rest, minutes: 5, shows: [changes, data_health, decisions, learned, "entity:lead"]}
---
kind: meeting
id: bare
owner: marketing
purpose: Whatever comes.
repeats: monthly on 15
minutes: 20
---
"""
    + metric("leads", "count(*)", of="lead", at="asked_at", target="{at_least: 3}", role="north_star")
)
LEADS = """\
id,asked_at,replied_at
a,2026-02-05T12:00Z,2026-02-05T13:00Z
b,2026-02-06T12:00Z,2026-02-09T12:00Z
c,2026-02-07T12:00Z,2026-02-10T12:00Z
"""
NOW = ("--now", "2026-03-10T13:00")
EXPECTED = """\
# The weekly | one — Wed 2026-03-11, 10:00–10:30 CET, 30 min

Data as of Tue 2026-03-10 13:00 CET

**Decision this meeting produces:** What to change.

Led by Sales · Who comes: Sales, Head of Nothing · Last time: Wed 2026-03-04

## 1. Last actions (10:00, 3 min)

| What | Role | Due | Done |
| --- | --- | --- | --- |
|  |  |  |  |
|  |  |  |  |
|  |  |  |  |

## 2. Numbers (10:03, 7 min)

| What | Result | Agreed | Status | Beside it | Who |
| --- | --- | --- | --- | --- | --- |
| Answer to a lead, 2026-02 | 33.3% (1 of 3) | 50% | ■ off target | 2 late (1 allowed) | Sales |
| leads, 2026-02 | 3 | ≥ 3 | ● on target | — | Sales |

## 3. Joint card (10:10, 5 min)

We win together.

"""


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("agenda") / "p"
    write_project(root, DOCUMENTS.removesuffix("---\n"), {"lead": LEADS})
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


@pytest.fixture(scope="module")
def weekly(pulled: Path) -> str:
    done = run_aac(pulled, "agenda", "weekly", *NOW)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def section(text: str, title: str) -> list[str]:
    """The lines of a section that say something; cells of tables with one blank between them."""
    (found,) = re.findall(rf"^## [0-9]+\. {title} \(.*?\)\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    return [line for line in found.splitlines() if line.strip("|- ")]


def test_every_word_has_a_table() -> None:
    assert sorted(WORDS) == sorted(SHOWN_WORDS)


def test_the_head_and_the_numbers(weekly: str) -> None:
    assert weekly.startswith(EXPECTED)  # a window that is still open is told only where it is at risk


def test_a_scorecard_stands_with_its_rows(weekly: str) -> None:
    assert section(weekly, "Joint card")[2:] == [
        "| leads, 2026-02 | 3 | ≥ 3 | ● on target | weight 2 | Sales |",
        "| Answer to a lead, 2026-02 | 33.3% (1 of 3) | 50% | ■ off target | 2 late (1 allowed) | Sales |",
        "joint: ■ off target, 1 of 2 on target.",
    ]


def test_what_is_off_target_who_needs_help_and_what_is_due(weekly: str) -> None:
    lines = section(weekly, "Off")
    assert "| Answer to a lead, 2026-02 | 33.3% (1 of 3) | 50% | ■ off target | 2 late (1 allowed) | Sales |" in lines
    assert "| Sales | Answer to a lead |  |  |" in lines
    assert "| Answer to a lead | agenda → The weekly \\| one | off target | — |" in lines
    assert not [line for line in lines if "notify" in line]  # marketing does not take part


def test_the_rest(weekly: str) -> None:
    lines = section(weekly, "Rest")
    assert lines[0] == "What changed is not known: the project is in no git repository."
    assert "| crm | Tue 2026-03-10 13:00 CET | — |" in lines
    assert "| Decision | Options, and what speaks for each | Decided by | From when on |" in lines
    assert "| What we saw | What we take from it | Where we write it down |" in lines


def test_the_minutes_come_to_those_of_the_meeting(pulled: Path, weekly: str) -> None:
    def minutes(text: str) -> list[int]:
        return [
            int(n) for n in re.findall(r"^## .* ([0-9]+) min\)$|^## .*\(([0-9]+) min\)$", text, re.M) for n in n if n
        ]

    assert minutes(weekly) == [3, 7, 5, 5, 5, 5]
    assert weekly.rstrip().endswith("## 6. In reserve (10:25, 5 min)")
    bare = run_aac(pulled, "agenda", "bare", *NOW).stdout
    assert bare.startswith("# bare — Sun 2026-03-15, 20 min\n")
    assert minutes(bare) == [20]


def test_days(pulled: Path) -> None:
    def first(*options: str) -> str:
        done = run_aac(pulled, "agenda", *options, *NOW)
        return done.stdout.partition("\n")[0] or done.stderr

    assert first() == "# The weekly | one — Wed 2026-03-11, 10:00–10:30 CET, 30 min"  # before the 15th
    assert first("weekly", "--on", "2026-04-01").startswith("# The weekly | one — Wed 2026-04-01, 10:00–10:30 CEST")
    assert first("weekly", "--on", "2026-04-02") == (
        "aac: --on: `weekly` does not take place on 2026-04-02; the nearest days are `2026-04-01` and `2026-04-08`\n"
    )
    assert first("weekly", "--on", "soon") == "aac: --on: `soon` is no day; write it as `2026-03-05`\n"
    assert first("--on", "2026-04-01").startswith("aac: --on: name a meeting")
    assert first("weakly") == "aac: there is no meeting `weakly`; did you mean `weekly`?\n"
    assert first("weekly", "--format", "htm") == "aac: --format: there is no format `htm`; did you mean `html`?\n"
    assert (
        first("weekly", "--as-of", "2026-03-11T10:00") == "# The weekly | one — Wed 2026-03-11, 10:00–10:30 CET, 30 min"
    )
    assert "2026-03-18" in first("weekly", "--as-of", "2026-03-11T10:01")


def test_the_calendar_file(pulled: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.ics"
    done = run_aac(pulled, "agenda", "--format", "ics", "--output", str(file), *NOW)
    assert (done.returncode, done.stdout) == (0, "")
    assert file.read_bytes().count(b"\r\n") == file.read_bytes().count(b"\n")
    events = events_in(file.read_text())
    assert [str(event["UID"]) for event in events] == ["bare@small", "weekly@small"]
    one = run_aac(pulled, "agenda", "weekly", "--format", "ics", *NOW).stdout
    assert "DESCRIPTION:What to change.\\nLast actions (3 min)\\nNumbers (7 min)" in one.replace("\n ", "")


def test_what_a_build_writes(pulled: Path, tmp_path: Path, weekly: str) -> None:
    root = copytree(pulled, tmp_path / "p")
    assert run_aac(root, "build", *NOW).returncode == 0
    names = {path.relative_to(root / "site").as_posix() for path in (root / "site").rglob("*agendas*/*")}
    assert names == {f"agendas/{id_}.{form}" for id_ in ("bare", "weekly") for form in ("md", "html", "ics")}
    assert (root / "site/agendas/weekly.md").read_text() == weekly
    assert b"\r\n" in (root / "site/agendas.ics").read_bytes()
    page = (root / "site/agendas/weekly.html").read_text()
    assert '<link rel="icon" href="data:,">' in page  # or a browser asks the server for one, and is told of an error
    leads = {link for link in re.findall(r'<a href="([^"#]*)"', page) if link}
    assert leads == {"../sla/reply.html", "../metric/leads.html"}
    assert all((root / "site/agendas" / link).resolve().exists() for link in leads)
    assert not re.search(r"https?://|src=", page)


def test_a_day_that_is_over_has_what_was_known_when_it_began(pulled: Path) -> None:
    """On 11 February nobody knew of February as a whole: the last month was January, in which nobody asked. Of the
    three who had asked since, one had an answer in time: half of them may still come."""
    done = run_aac(pulled, "agenda", "weekly", "--on", "2026-02-11", *NOW)
    assert "Data as of Wed 2026-02-11 10:00 CET" in done.stdout
    assert "Last time: Wed 2026-02-04" in done.stdout
    assert section(done.stdout, "Numbers")[1:] == [
        "| Answer to a lead, 2026-01 | — | 50% | ○ not enough data | — | Sales |",
        "| Answer to a lead, 2026-02, so far | 33.3% (1 of 3) | 50% | ▲ at risk | 2 late (1 allowed) | Sales |",
        "| leads, 2026-01 | 0 | ≥ 3 | ○ not enough data | — | Sales |",
    ]
    later = run_aac(pulled, "agenda", "weekly", "--on", "2026-03-11", *NOW)
    assert "Data as of Tue 2026-03-10 13:00 CET" in later.stdout


def test_data_is_as_old_as_it_was_on_a_day_that_is_over(tmp_path: Path) -> None:
    """The data is of 10 March, 13:00, and may be two days old. The meetings are on Wednesdays at 10:00."""
    settings = 'freshness = {error_after = "2 days"}\n'
    root = write_project(tmp_path / "p", DOCUMENTS.removesuffix("---\n"), {"lead": LEADS}, settings=settings)
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)

    def is_too_old(now: str, *on: str) -> bool:
        return "too old" in run_aac(root, "agenda", "weekly", *on, "--now", now).stdout.split("\n## ")[0]

    april, tenth = "2026-04-30T12:00Z", "2026-03-10T12:30Z"
    assert is_too_old(april)
    assert not is_too_old(april, "--on", "2026-02-11")
    assert not is_too_old(april, "--on", "2026-03-11")
    assert is_too_old(april, "--on", "2026-03-18")
    assert not is_too_old(tenth, "--on", "2026-03-18"), "a day to come has the data of today"
    assert is_too_old("2026-03-15T12:00Z", "--on", "2026-04-29")


def test_a_meeting_of_a_year_has_the_numbers_of_a_year(tmp_path: Path) -> None:
    """In June 2025 there were two, and one of them had an answer within 24 hours; the target is one of months."""
    yearly = "repeats: yearly on 01-15\nsections: [{id: year, minutes: 9, shows: ['metric:leads', 'sla:reply']}]\n"
    leads = "d,2025-06-05T12:00Z,2025-06-05T13:00Z\ne,2025-06-05T12:00Z,2025-06-15T13:00Z\n"
    documents = DOCUMENTS.removesuffix("---\n").replace("repeats: monthly on 15\n", yearly)
    root = write_project(tmp_path / "p", documents, {"lead": LEADS + leads})
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    assert section(run_aac(root, "agenda", "bare", *NOW).stdout, "Year")[1:] == [
        "| leads, 2025 | 2 | — | — | — | Sales |",
        "| Answer to a lead, 2025 | 50% (1 of 2) | 50% | ● on target | 1 late (1 allowed) | Sales |",
    ]


def git(root: Path, *words: str, at: str = "2026-03-01T00:00:00Z") -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(
        ["git", *who, *words], cwd=root, check=True, capture_output=True,
        env={"GIT_COMMITTER_DATE": at, "GIT_AUTHOR_DATE": at, "PATH": "/usr/bin:/bin:/usr/local/bin"},
    )  # fmt: skip


def test_changes_are_those_since_the_last_time(pulled: Path, tmp_path: Path) -> None:
    root = copytree(pulled, tmp_path / "p")
    documents = root / "alignment"
    (root / ".gitignore").write_text(".aac/\n")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "one", at="2026-03-01T00:00:00Z")
    (documents / "ä b.yml").write_text("kind: list\nid: late\nvalues: [a]\n")
    (documents / "gone.yml").write_text("kind: list\nid: gone\nvalues: [a]\n")
    git(root, "add", ".")
    git(root, "commit", "-qm", "two", at="2026-03-05T00:00:00Z")
    (documents / "gone.yml").unlink()
    teams = (documents / "teams.yml").read_text()
    (documents / "teams.yml").write_text(teams.replace("name: Sales", "name: Sales\nlead_role: Head of sales\n"))
    settings = (root / "aac.toml").read_text()
    (root / "aac.toml").write_text(settings + "\n[param]\nleast = 50\n")
    git(root, "commit", "-qam", "three by Anna", at="2026-03-06T00:00:00Z")
    day_us = 86_400_000_000
    march_us = 1_772_323_200_000_000  # 2026-03-01T00:00Z
    assert committed(root, "alignment", march_us, march_us + 30 * day_us) == (
        Edit("alignment/teams.yml", march_us + 5 * day_us, "changed"),
        Edit("alignment/ä b.yml", march_us + 4 * day_us, "new"),
    )
    assert committed(root, "alignment", march_us + 4 * day_us, march_us + 5 * day_us - 1) == ()
    lines = section(run_aac(root, "agenda", "weekly", *NOW).stdout, "Rest")
    assert lines[1:4] == [
        "| late | list | the list `late` is new | Thu 2026-03-05 |",
        "| aac.toml | settings | the parameter `least` is new: `50` | Fri 2026-03-06 |",
        "| Sales | team | `lead_role` is new: `Head of sales` | Fri 2026-03-06 |",
    ]
    assert not [line for line in lines if "Anna" in line or "gone" in line]
