#!/usr/bin/env python3
"""What one more costs where the tables are read anyway: fifty metrics more, and a second promise.

    python bench/scans.py [--leads 1000000] [--runs 5] [--again] [--save]

The fifty metrics of `work.py`, and fifty more of the same tables and moments, by channel and segment, of 36 months; the
promise of a first contact, and one that promises the half of the time. What is timed is `evaluate` in one process, in
turn, by the processor. That there is one scan for each table and moment is counted from what the engine says it will do
in `tests/test_planner.py`; that the numbers of the fifty are the same beside the others is compared here.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from figures import Figure, told
from gate import GENERATOR, OUT, generate, prepare
from work import WORK, cells_of, evaluated, forget, numbers, their_queries, timed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from aac.project import Project

MOST_METRICS = 1.4
MOST_PROMISE = 1.6
MORE = OUT / "scans"
"""The documents of `tests/projects/work/` and those of this bench."""

OF = {
    "lead": ("created_at", "channel", "segment"),
    "mql": ("mql_at", "channel", "segment"),
    "sql": ("sql_at", "channel", "segment"),
    "opportunity": ("created_at", "channel", "segment"),
    "closed_deal": ("closed_at", "channel", "segment"),
    "activity": ("occurred_at", "lead.channel", "lead.segment"),
}
FORMULAS = {
    "lead": (
        *(f"count_if(score >= {score})" for score in (10, 20, 30, 40, 50, 60)),
        *("avg(employees)", "count(rejected_at)", "share(score >= 70)", "share(rejected_at is not null)"),
    ),
    "mql": (
        *(f"count_if(score >= {score})" for score in (20, 40, 60, 80)),
        *("avg(score)", "share(icp_fit)", "avg(employees)", "median(hours_between(created_at, mql_at))"),
        *("count_if(rejected_reason = 'timing')", "count(sql_at)"),
    ),
    "sql": (
        *(f"count_if(score >= {score})" for score in (40, 80)),
        *("avg(score)", "share(icp_fit)", "avg(employees)", "avg(days_between(created_at, sql_at))"),
    ),
    "opportunity": (
        *(f"count_if(amount >= {amount})" for amount in (10000, 50000, 100000)),
        *("sum(amount) filter (where won)", "max(amount)", "min(amount)"),
    ),
    "closed_deal": (
        *(f"count_if(amount >= {amount})" for amount in (10000, 50000, 100000)),
        *("avg(amount)", "max(amount)", "median(days_between(created_at, closed_at))"),
        *("sum(amount) filter (where amount >= 50000)", "share(amount >= 50000)"),
    ),
    "activity": (
        *("count_if(is_human)", "share(is_human)", "share(type = 'call')", "share(type = 'email')"),
        *("share(type = 'meeting')", "count_if(type = 'linkedin')", "share(type = 'linkedin')"),
        *("count_if(type in ('call', 'meeting'))", "share(type in ('call', 'meeting'))", "count_if(not is_human)"),
    ),
}
METRIC = """\
---
kind: metric
id: {id}
owner: sales
serves: successful_acquisition
role: input
leads_to: [bookings]
guardrail: [win_rate]
formula: {formula}
of: {of}
at: {at}
unit: {unit}
better: higher
by: [{{channel: {channel}}}, {{segment: {segment}}}]
"""
PROMISE = "first_touch"
FASTER = "faster_touch"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--leads", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--again", action="store_true", help="measure what was pulled the last time")
    options.add_argument("--save", action="store_true")
    asked = options.parse_args()
    if not GENERATOR.exists():
        print(f"The generator is absent: {GENERATOR}. AAC_SHARED names another folder.", file=sys.stderr)
        return 2
    return measured(asked)


def measured(asked: argparse.Namespace) -> int:
    """The ratios of both, after what the fifty are beside the others has been compared."""
    from aac.cli import collect_seldom
    from aac.landing.landed import prepared
    from aac.operations import open_sound_project

    collect_seldom()
    more = write(MORE / "more")
    opened = open_sound_project(prepare(generate(asked.leads), WORK, MORE / "more", again=asked.again))
    made, few = opened.project, [name for _, found in their_queries().metric_queries("fused") for name in found]
    with prepared(made.root, made.tables, made.config.sources, made.timezone, made.config.engine) as landed:
        fifty, hundred = (partial(evaluated, opened, landed, partial(numbers, names)) for names in (few, [*few, *more]))
        one, two = (
            partial(evaluated, opened, landed, partial(promised, ids)) for ids in ([PROMISE], [PROMISE, FASTER])
        )
        before, after = cells_of(fifty()), cells_of(hundred())
        if any(after[place] != found for place, found in before.items()):
            print("the fifty metrics are others beside fifty more")
            return 1
        forget(landed)
        ratios, parts = list[tuple[float, float]](), list[float]()
        for _ in range(asked.runs):
            parts = [timed(part).cpu for part in (fifty, hundred)]
            for part in (one, two):
                parts.append(timed(part).cpu)
                forget(landed)
            ratios.append((parts[1] / parts[0], parts[3] / parts[2]))
        seen = [f"{parts[a]:.3f} s against {parts[b]:.3f} s the last time" for a, b in ((1, 0), (3, 2))]
    metrics, promise = (statistics.median(column) for column in zip(*ratios, strict=True))
    figures = [
        Figure(f"100 metrics, {asked.leads:,} leads, times 50 on the same scans", metrics, MOST_METRICS, seen[0]),
        Figure(f"2 promises of the same events, {asked.leads:,} leads, times one", promise, MOST_PROMISE, seen[1]),
    ]
    return told(f"scans-{asked.leads}", figures, save=asked.save)


def promised(ids: Sequence[str], made: Project) -> list[Any]:
    return [clock for clock in made.clocks if clock.subject.removeprefix("sla:") in ids]


def write(folder: Path) -> list[str]:
    """The documents of fifty metrics and of a promise more; the ids of the metrics."""
    path = folder / "alignment" / "scans" / "more.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [(WORK / "alignment" / "slas" / "first_touch.yml").read_text(encoding="utf-8")]
    texts[0] = texts[0].replace(f"id: {PROMISE}", f"id: {FASTER}").replace("4 business hours", "2 business hours")
    ids: list[str] = []
    for of, formulas in FORMULAS.items():
        at, channel, segment = OF[of]
        for at_, formula in enumerate(formulas):
            ids.append(f"more_{of}_{at_}")
            texts.append(
                METRIC.format(
                    id=ids[-1], formula=formula, of=of, at=at, channel=channel, segment=segment, unit=unit_of(formula)
                )
            )
    path.write_text("".join(texts), encoding="utf-8")
    return ids


def unit_of(formula: str) -> str:
    kinds = {"share(": "percent", "count": "count", "median(hours": "hours", "median(": "days", "avg(days": "days"}
    kinds |= {"avg(score": "score", "avg(employees": "count"}
    return next((unit for start, unit in kinds.items() if formula.startswith(start)), "USD")


if __name__ == "__main__":
    raise SystemExit(main())
