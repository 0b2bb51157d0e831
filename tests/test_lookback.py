"""Steps after several windows off target: those before are measured, and not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.small import COMPANY, measured, write_project

if TYPE_CHECKING:
    from pathlib import Path

LEADS = """\
kind: entity
id: lead
from: crm.leads
key: id
occurs: at
fields: {id: text, at: timestamp, reply: timestamp}
---
"""
SLA = """\
kind: sla
id: reply
what: Sales replies
who: {owes: sales, to: marketing}
when: {within: 1 hour}
how_measured: {each: lead, starts: at, stops: reply, objective: 60%WINDOW}
escalation:
  - {at: off_target, do: notify, to: sales}
  - {at: 2 windows off_target, do: decide, to: marketing}
  - {at: 3 windows off_target, do: decide, to: sales}
---
"""
COUNT = """\
kind: metric
id: leads
formula: count(*)
of: lead
at: at
unit: count
better: higher
owner: sales
serves: customer_success
---
kind: sla
id: supply
what: Leads come
who: {owes: marketing, to: sales}
when: {every: month}
how_measured: {metric: leads, at_least: 2}
escalation:
  - {at: 2 windows off_target, do: decide, to: sales}
---
"""
# late in December, January and February, in time in November and March; two in December, one a month after that
TABLE = """\
id,at,reply
1,2025-11-05T10:00,2025-11-05T10:30
2,2025-12-05T10:00,2025-12-05T11:30
3,2025-12-06T10:00,2025-12-06T11:30
4,2026-01-05T10:00,2026-01-05T11:30
5,2026-02-05T10:00,2026-02-05T11:30
6,2026-03-03T10:00,2026-03-03T10:30
"""


def due(root: Path, sla: str, id_: str, label: str) -> list[str]:
    text = COMPANY + LEADS + sla
    write_project(root, text.removesuffix("---\n"), {"leads": TABLE}, watermark="2026-03-10T12:00:00Z")
    results = [result for result in measured(root, label).results if result.id == id_]
    assert [result.reading.window.label for result in results] == [results[0].reading.window.label]
    return [step.at for step in results[0].verdict.escalations]


@pytest.mark.parametrize(
    ("label", "steps"),
    [
        ("2025-12", ["off_target"]),
        ("2026-01", ["off_target", "2 windows off_target"]),
        ("2026-02", ["off_target", "2 windows off_target", "3 windows off_target"]),
        ("2026-03", []),
        ("all", ["off_target"]),  # nothing comes before
    ],
)
def test_in_a_row(tmp_path: Path, label: str, steps: list[str]) -> None:
    assert due(tmp_path, SLA.replace("WINDOW", ""), "reply", label) == steps


def test_rolling_windows_do_not_overlap(tmp_path: Path) -> None:
    # to 10 March: one in time; of 29 days: one late before it
    rolling = SLA.replace("WINDOW", ", window: rolling 28 days")
    assert due(tmp_path / "a", rolling, "reply", "last") == []
    assert due(tmp_path / "b", SLA.replace("WINDOW", ", window: rolling 60 days"), "reply", "last") == [
        "off_target",
        "2 windows off_target",
    ]


@pytest.mark.parametrize(("label", "steps"), [("2026-01", []), ("2026-02", ["2 windows off_target"])])
def test_of_a_volume(tmp_path: Path, label: str, steps: list[str]) -> None:
    assert due(tmp_path, COUNT, "supply", label) == steps


def test_a_window_before_is_measured_as_its_own_version_has_it(tmp_path: Path) -> None:
    loose = (
        SLA.replace("WINDOW", "").replace("1 hour", "2 hours").replace("---\n", "effective_until: 2026-02-01\n---\n")
    )
    strict = SLA.replace("WINDOW", "").replace("---\n", "effective_from: 2026-02-01\n---\n")
    assert due(tmp_path, loose + strict, "reply", "2026-02") == ["off_target"]
