"""Versions: several documents of one kind and id, each for its own days (LANGUAGE §1)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from aac.expressions.nodes import Literal, walk
from tests.loading import load_documents

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding
    from aac.project import Project

BASE = """\
kind: team
id: sales
name: Sales
---
kind: entity
id: lead
from: crm.leads
key: lead_id
fields: {lead_id: text, score: integer, mql_at: timestamp}
---
"""


def word(threshold: int, *days: str, id_: str = "mql") -> str:
    """A definition: more than so many points, from and until days."""
    keys = [f"{key}: {day}\n" for key, day in zip(("effective_from", "effective_until"), days, strict=False) if day]
    return f"kind: definition\nid: {id_}\nof: lead\nowner: sales\nwhen: score > {threshold}\n{''.join(keys)}---\n"


def load(root: Path, *documents: str) -> tuple[Project, tuple[Finding, ...]]:
    return load_documents(root, BASE + "".join(documents))


def threshold(project: Project, day: str, name: str = "mql") -> int:
    """The number in the rule of a definition as it holds on a day."""
    found = project.at(date.fromisoformat(day)).graph.meaning("lead", name)
    assert found is not None
    (number,) = [node.value for node in walk(found.node) if isinstance(node, Literal)]
    assert isinstance(number, int)
    return number


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, int]]:
    return [(f.code, f.message, f.span.line if f.span else 0) for f in findings]


def test_each_day_has_its_version(tmp_path: Path) -> None:
    project, findings = load(
        tmp_path,
        word(70, "2026-04-01"),
        word(50, "", "2025-07-01"),
        word(60, "2025-07-01", "2026-04-01"),
    )
    assert told(findings) == []
    days = ("2025-06-30", "2025-07-01", "2026-03-31", "2026-04-01", "2030-01-01")
    assert [threshold(project, day) for day in days] == [50, 60, 60, 70, 70]


def test_the_newest_is_what_load_gives(tmp_path: Path) -> None:
    project, _ = load(tmp_path, word(50, "", "2025-07-01"), word(60, "2025-07-01"))
    assert project.day == date(2025, 7, 1)
    assert project.at(date(2025, 7, 1)) is project
    assert project.at(date(2025, 6, 30)) is not project


def test_what_rests_on_a_version_changes_with_it(tmp_path: Path) -> None:
    big = "kind: definition\nid: big\nof: mql\nowner: sales\n---\n"
    project, findings = load(tmp_path, word(50, "", "2025-07-01"), word(60, "2025-07-01"), big)
    assert told(findings) == []
    assert [threshold(project, day, "big") for day in ("2025-06-30", "2025-07-01")] == [50, 60]


def test_outside_its_days_a_document_lends_its_names_and_is_not_measured(tmp_path: Path) -> None:
    metric = (
        "kind: metric\nid: mqls\nname: MQLs\nformula: count(*)\nof: mql\nat: mql_at\nunit: count\nbetter: higher\n"
        "owner: sales\nserves: successful_acquisition\neffective_from: 2026-01-01\neffective_until: 2026-07-01\n---\n"
    )
    project, findings = load(tmp_path, word(50, "2026-01-01", "2026-03-01"), word(70, "2026-05-01"), metric)
    assert [finding for finding in findings if finding.level == "error"] == []
    days = ("2025-12-31", "2026-01-01", "2026-06-30", "2026-07-01")
    measured = [[part.subject for part in project.at(date.fromisoformat(day)).measures] for day in days]
    assert measured == [[], ["metric:mqls"], ["metric:mqls"], []]
    # before all versions the first, in a gap the one that ended
    assert [threshold(project, day) for day in ("2025-01-01", "2026-04-01")] == [50, 50]


def test_days_that_overlap_are_told_of_the_later_document(tmp_path: Path) -> None:
    _, findings = load(tmp_path, word(50, "", "2025-07-02"), word(60, "2025-07-01"))
    ((code, message, line),) = told(findings)
    assert code == "AAC205"
    assert message == "the days of this version overlap with those of the definition `mql` in alignment/all.yml:12:5"
    assert line == 23


def test_two_without_days_are_no_versions(tmp_path: Path) -> None:
    _, findings = load(tmp_path, word(50), word(60))
    assert told(findings) == [("AAC205", "there is a definition `mql` already, in alignment/all.yml:12:5", 18)]


@pytest.mark.parametrize("until", ["2026-01-01", "2025-12-31"])
def test_a_version_holds_for_a_day_at_least(tmp_path: Path, until: str) -> None:
    _, findings = load(tmp_path, word(50, "2026-01-01", until))
    assert told(findings) == [("AAC308", f"it would end on {until}, before it holds for a day", 17)]


def test_only_some_kinds_have_versions(tmp_path: Path) -> None:
    _, findings = load(tmp_path, "kind: team\nid: cs\nname: CS\neffective_from: 2026-01-01\n---\n")
    assert told(findings) == [("AAC207", "there is no key `effective_from` here", 14)]


def test_a_mistake_in_one_version_is_told_once(tmp_path: Path) -> None:
    wrong = word(60, "2025-07-01").replace("score >", "scor >")
    _, findings = load(tmp_path, word(50, "", "2025-07-01"), wrong, word(70, id_="other"))
    assert [(code, line) for code, _, line in told(findings)] == [("AAC203", 22)]


def test_a_broken_version_is_no_second_mistake(tmp_path: Path) -> None:
    broken = word(60, "2025-07-01").replace("owner: sales\n", "")
    _, findings = load(tmp_path, word(50, "", "2025-07-01"), broken)
    assert [(code, line) for code, _, line in told(findings)] == [("AAC210", 18)]
