"""Counts and sums grow while their window is open, and a target for the total says nothing of its parts."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from aac.expressions.nodes import Aggregate, Call, Literal, Node, Stored
from aac.judging import Limits, number_status
from aac.measures import is_volume
from aac.periods import parse_label
from aac.reports.json import as_json
from aac.results import NumberReading, Status
from tests.small import COMPANY, measured, write_project

if TYPE_CHECKING:
    from pathlib import Path

COUNT = Aggregate("count", ())
SUM = Aggregate("sum", (Stored("deal", "amount"),))
SHARE = Aggregate("share", (Stored("deal", "won"),))
AVERAGE = Aggregate("avg", (Stored("deal", "amount"),))


def reading(value: int, elapsed: Fraction, by: dict[str, str] | None = None) -> NumberReading:
    return NumberReading(
        subject="metric:mqls",
        window=parse_label("2026-03"),
        as_of_us=0,
        is_open=elapsed < 1,
        is_stale=False,
        by=by or {},
        value=Fraction(value),
        numerator=None,
        denominator=None,
        n=max(value, 1),
        unknown=0,
        unit="count",
        elapsed=elapsed,
        is_volume=True,
    )


@pytest.mark.parametrize(
    ("value", "elapsed", "limits", "status"),
    [
        # at least 100, a tenth of the month gone: 10 keep pace, 9 are behind, and neither is off target yet
        (10, "1/10", (100, None), "on_target"),
        (9, "1/10", (100, None), "at_risk"),
        (0, "1/10", (100, None), "at_risk"),
        (100, "1/10", (100, None), "on_target"),
        (99, "1", (100, None), "off_target"),
        (100, "1", (100, None), "on_target"),
        # at most 100: only when it is exceeded, and then at once
        (100, "1/10", (None, 100), "on_target"),
        (101, "1/10", (None, 100), "off_target"),
        # between: the least is still to come, the most may be passed already
        (9, "1/10", (100, 200), "at_risk"),
        (50, "1/10", (100, 200), "on_target"),
        (201, "1/10", (100, 200), "off_target"),
        (201, "1", (100, 200), "off_target"),
    ],
)
def test_status_of_a_total(value: int, elapsed: str, limits: tuple[int | None, int | None], status: str) -> None:
    exact: Limits = tuple(None if limit is None else Fraction(limit) for limit in limits)  # pyright: ignore[reportAssignmentType]
    assert number_status(reading(value, Fraction(elapsed)), exact, 1) == Status(status)


def test_a_group_is_not_judged_by_the_target_of_the_total() -> None:
    assert number_status(reading(30, Fraction(1), {"segment": "SMB"}), (Fraction(100), None), 1) is None


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (COUNT, True),
        (SUM, True),
        (Aggregate("count_if", (Stored("deal", "won"),)), True),
        (Aggregate("count_distinct", (Stored("deal", "account"),)), True),
        (Call("subtract", (SUM, COUNT)), True),
        (Call("multiply", (Literal(12), SUM)), True),
        (SHARE, False),
        (AVERAGE, False),
        (Call("divide", (SUM, COUNT)), False),
        (Call("add", (SUM, AVERAGE)), False),
        (Aggregate("max", (Stored("deal", "amount"),)), False),
        (Aggregate("median", (Stored("deal", "amount"),)), False),
    ],
)
def test_what_is_a_volume(formula: Node, expected: bool) -> None:
    assert is_volume(formula) is expected


# A volume that is promised

LEADS = """\
kind: entity
id: lead
from: crm.leads
key: id
occurs: at
fields: {id: text, at: timestamp, source: text}
---
kind: metric
id: mqls
formula: count(*)
of: lead
at: at
unit: count
better: higher
owner: marketing
serves: successful_acquisition
by: [source]
---
kind: sla
id: supply
what: Marketing brings three leads a month
who: {owes: marketing, to: sales}
when: {every: month}
how_measured: {metric: mqls, at_least: 3, at_most: 4}
escalation: [{at: off_target, do: notify, to: sales}]
---
"""
TABLE = """\
id,at,source
1,2026-01-03T10:00:00,web
2,2026-01-04T10:00:00,web
3,2026-02-03T10:00:00,web
4,2026-02-04T10:00:00,partner
5,2026-02-05T10:00:00,web
6,2026-03-02T10:00:00,web
"""


@pytest.mark.parametrize(
    ("label", "value", "status", "steps"),
    [
        ("2025-12", 0, "off_target", 1),  # nothing came, and that is known
        ("2026-01", 2, "off_target", 1),
        ("2026-02", 3, "on_target", 0),
        ("2026-03", 1, "on_target", 0),  # 9.5 days of 31 are over: 3 x 0.307 = 0.92
    ],
)
def test_a_volume_is_judged_by_its_sla(tmp_path: Path, label: str, value: int, status: str, steps: int) -> None:
    write_project(tmp_path, COMPANY + LEADS.removesuffix("---\n"), {"leads": TABLE}, watermark="2026-03-10T12:00:00Z")
    results = measured(tmp_path, label)
    (found,) = [result for result in results.results if result.kind == "sla"]
    assert isinstance(found.reading, NumberReading)
    assert (found.reading.value, found.verdict.status) == (value, status)
    assert found.verdict.target == {"at_least": 3, "at_most": 4}
    assert len(found.verdict.escalations) == steps
    shown = next(shown for shown in as_json(results)["results"] if shown["kind"] == "sla")
    assert (shown["value"], shown["target"]) == (value, {"at_least": 3, "at_most": 4})
    assert "attainment" not in shown
