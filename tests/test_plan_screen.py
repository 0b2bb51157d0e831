"""`aac check --plan`: every query that would be run, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.evaluate import Asked
from aac.operations import open_sound_project, plan_text, pull_sources
from tests.commands import run_aac
from tests.small import COMPANY, NOW_US, metric, write_project

if TYPE_CHECKING:
    from pathlib import Path

ENTITY = """\
kind: entity
id: lead
from: crm.leads
key: id
occurs: at
fields: {id: text, at: timestamp, score: integer}
---
"""
EXPECTED = """\
1 query answers 2 metrics.

1 · lead by at · as of 2026-03-10T12:00:00Z
  windows  2026-02, 2026-03
  answers  metric:leads, metric:points

  WITH records AS (
    SELECT
"""


def test_what_a_plan_says(tmp_path: Path) -> None:
    target = "{at_least: 1}"
    metrics = metric("leads", "count(*)", of="lead", at="at", target=target)
    metrics += metric("points", "sum(score)", of="lead", at="at", unit="score", target=target)
    root = write_project(tmp_path, (COMPANY + ENTITY + metrics).removesuffix("---\n"), {"leads": "id,at,score\n"})
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    said = plan_text(opened, Asked(), lambda _: None)
    assert said.startswith(EXPECTED)
    assert said.count("FROM") == 2, "the records are read once"
    printed = run_aac(root, "check", "--plan")
    assert (printed.returncode, printed.stdout) == (0, said)


def test_a_plan_of_what_was_chosen(tmp_path: Path) -> None:
    metrics = [metric(id_, "count(*)", of="lead", at="at", target="{at_least: 1}") for id_ in ("leads", "others")]
    documents = "".join([COMPANY, ENTITY, *metrics]).removesuffix("---\n")
    root = write_project(tmp_path, documents, {"leads": "id,at,score\n"})
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    printed = run_aac(root, "check", "--plan", "--select", "others")
    assert printed.stdout.startswith("1 query answers 1 metric.\n")
    assert "answers  metric:others\n" in printed.stdout
    assert "there is no" in run_aac(root, "check", "--plan", "--select", "other_ones").stderr


def test_a_plan_of_nothing(tmp_path: Path) -> None:
    root = write_project(tmp_path, (COMPANY + ENTITY).removesuffix("---\n"), {"leads": "id,at,score\n"})
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    assert plan_text(opened, Asked(), lambda _: None) == "Nothing is measured, so nothing is asked.\n"
