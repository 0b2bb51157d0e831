#!/usr/bin/env python3
"""Three promises and fifty metrics against the SQL of the shared `limit.py`: in one process, warm, on the same data.

    python bench/work.py [--leads 1000000] [--runs 5] [--again] [--save]

Every cell is compared before any time is told: if one differs, the first difference is printed and no ratio. What is
timed of ours is `evaluate`: plan, calendars, queries, results. Times are of the processor, taken in pairs. Ends with 1
when a cell differs, or when a part takes more than `SLOWEST` times the SQL (`SLOWEST_LARGE`, of 10 million leads); with
2 when the generator is not there.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import sys
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import duckdb
from figures import ROOT, Figure, told
from gate import GENERATOR, generate, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aac.landing.landed import Landed
    from aac.operations import Opened
    from aac.project import Project
    from aac.results import Result

SLOWEST = {"slas": 1.6, "metrics": 1.25}
SLOWEST_LARGE = {"slas": 1.6, "metrics": 1.10}
LARGE = 5_000_000
"""From so many leads on the bounds for 10 million hold."""
WHAT = {"slas": "3 promises", "metrics": "50 metrics"}
WORK = ROOT / "tests" / "projects" / "work"
FIRST, UNTIL = "2023-01-01", "2026-01-01"
PROMISES = ("sla:first_touch", "sla:kickoff", "sla:icp_mqls")
OWNED = "quota_attainment"
"""The metric by owner; all others are by channel and segment."""
SECOND_YEAR = "2024-01"
"""The first month a year before which there are subscriptions: before that `limit.py` has no retention."""

Cells = dict[tuple[str, ...], float]
"""By what was measured, month and group. What is nothing, or 0, is left out."""

# As LANGUAGE §6 means it: the same local time on the fifth business day; before its hours the closing, behind them the
# next opening. `limit.KICKOFF`, which is timed, counts dates.
KICKOFF = """
WITH opened AS (
  SELECT key // 32768 AS rid, bdays, open, close, next_open, 9 * 3600000000 AS morning FROM cal WHERE close > open
),
p AS (
  SELECT h.closed_at, h.kickoff_at, team, rid, epoch_us(timezone(g.tz, timezone('UTC', h.closed_at))) AS reading,
    reading % 86400000000 AS clock
  FROM handoffs h JOIN users u ON u.id = h.csm_id JOIN reg USING (region) JOIN regions g USING (region)
),
d AS (
  SELECT p.*, CASE WHEN clock < morning THEN close WHEN clock < morning + close - open THEN open + clock - morning
    ELSE next_open END AS due
  FROM p JOIN (SELECT key, bdays FROM cal) k ON k.key = (p.rid * 32768 + reading // 86400000000)::INT
  JOIN opened o ON o.rid = p.rid AND o.bdays = k.bdays + 5
)
SELECT date_trunc('month', closed_at)::DATE AS month, team, count(*) AS n,
  count(*) FILTER (epoch_us(kickoff_at) <= due) AS met,
  count(*) FILTER (epoch_us(coalesce(kickoff_at, TIMESTAMP '2026-01-01')) > due) AS missed,
  n - met - missed AS pending
FROM d GROUP BY ALL
"""


@dataclass(frozen=True, slots=True)
class Work:
    """The same work twice: ``ours`` and ``theirs`` do it, the others tell what came out."""

    ours: Callable[[], Sequence[Result]]
    theirs: Callable[[], object]
    their_cells: Callable[[], Cells]


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
    """Compares both parts of the work, and then tells how long each took."""
    from aac.cli import collect_seldom
    from aac.landing.landed import prepared
    from aac.operations import open_sound_project

    collect_seldom()
    data = generate(asked.leads)
    opened = open_sound_project(prepare(data, WORK, again=asked.again))
    made, limit = opened.project, their_queries()
    with (
        duckdb.connect(str(data / "crm.duckdb"), read_only=True) as connection,
        prepared(made.root, made.tables, made.config.sources, made.timezone, made.config.engine) as landed,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        works = works_of(opened, landed, connection, limit)
        for name, work in works.items():
            ours, theirs = cells_of(work.ours()), work.their_cells()
            forget(landed)
            if difference := first_difference(theirs, ours):
                print(f"{name}: aac and the SQL disagree: {difference}")
                return 1
            print(f"{name}: {len(theirs):,} cells are the same")
        figures = [ratio(name, work, landed, asked) for name, work in works.items()]
    return told(f"work-{asked.leads}", figures, save=asked.save)


def their_queries() -> Any:
    """`limit.py`, which stands beside the generator."""
    spec = importlib.util.spec_from_file_location("limit", GENERATOR.with_name("limit.py"))
    if spec is None or spec.loader is None:
        raise SystemExit(f"{GENERATOR.with_name('limit.py')} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def works_of(opened: Opened, landed: Landed, connection: duckdb.DuckDBPyConnection, limit: Any) -> dict[str, Work]:
    """Promises and metrics, ours and theirs."""
    queries = limit.metric_queries("fused")
    names = [name for _, found in queries for name in found]
    parts = ["sla", "kickoff", "volume"]
    return {
        "slas": Work(
            partial(evaluated, opened, landed, promises),
            lambda: limit.run(connection, parts, "fused"),
            lambda: cells_of_promises(connection, limit),
        ),
        "metrics": Work(
            partial(evaluated, opened, landed, partial(numbers, names)),
            lambda: [connection.execute(sql).fetchall() for sql, _ in queries],
            lambda: cells_of_metrics(connection, queries),
        ),
    }


def promises(made: Project) -> list[Any]:
    return [part for part in (*made.clocks, *made.measures) if part.subject in PROMISES]


def numbers(names: Sequence[str], made: Project) -> list[Any]:
    """All metrics, crossed as the SQL has them."""
    from aac.querying import Question, numbers_of

    split = tuple(name for name in names if name != OWNED)
    # `query` splits by nobody's owner; the SQL does, and what is measured here is seen by nobody
    with patch("aac.querying.by_people", return_value=False):
        return [
            *numbers_of(Question(split, ("channel", "segment"), "month", FIRST, UNTIL), made),
            *numbers_of(Question((OWNED,), ("owner",), "month", FIRST, UNTIL), made),
        ]


def evaluated(opened: Opened, landed: Landed, chosen: Callable[[Project], Sequence[Any]]) -> Sequence[Result]:
    from aac.evaluate import Asked, evaluate

    return evaluate(opened.project, landed, landed.engine, Asked(windows=(f"{FIRST}..{UNTIL}",)), chosen)[0]


def forget(landed: Landed) -> None:
    """Lets go of the calendars of a run, so that the next one makes its own."""
    for (table,) in landed.engine.execute("FROM duckdb_tables() SELECT table_name WHERE temporary"):
        landed.engine.execute(f'DROP TABLE temp.main."{table}"')


# What came out


def cells_of(results: Sequence[Result]) -> Cells:
    """Ours by name, month and group; totals over all groups are left out, and counted in `limit.py` by no query."""
    from aac.results import CardReading, ClockReading

    found: dict[tuple[str, ...], float | None] = {}
    for result in results:
        reading = result.reading
        place = (reading.window.label, *map(str, reading.by.values()))
        if result.selection == "unplaced" or not (reading.by or result.id == "icp_mqls"):
            continue
        if isinstance(reading, ClockReading):
            counts = {str(outcome): n for outcome, n in reading.counts.items()}
            found |= {(result.id, outcome, *place): n for outcome, n in counts.items()}
        elif not isinstance(reading, CardReading):
            found[result.id, *place] = None if reading.value is None else float(reading.value)
    return something(found)


def cells_of_promises(connection: duckdb.DuckDBPyConnection, limit: Any) -> Cells:
    connection.execute(limit.CALENDAR)
    connection.execute(limit.SLA)
    found: dict[tuple[str, ...], float | None] = {}
    for id_, sql in (("first_touch", limit.SLA_TABLE), ("kickoff", KICKOFF)):
        for month, team, _, met, missed, pending, *_ in connection.execute(sql).fetchall():
            for outcome, n in (("met", met), ("late", missed), ("open", pending)):
                found[id_, outcome, f"{month:%Y-%m}", team] = n
    for month, n, _ in connection.execute(limit.VOLUME).fetchall():
        found["icp_mqls", f"{month:%Y-%m}"] = n
    return something(found)


def cells_of_metrics(connection: duckdb.DuckDBPyConnection, queries: Sequence[tuple[str, Sequence[str]]]) -> Cells:
    found: dict[tuple[str, ...], float | None] = {}
    for sql, names in queries:
        cursor = connection.execute(sql)
        groups = len(cursor.description) - 1 - len(names)
        for month, *row in cursor.fetchall():
            if not FIRST <= f"{month:%Y-%m-%d}" < UNTIL:  # ours was not asked for it
                continue
            place = (f"{month:%Y-%m}", *map(str, row[:groups]))
            found |= {(name, *place): value for name, value in zip(names, row[groups:], strict=True)}
    return something(found)


def something(found: dict[tuple[str, ...], float | None]) -> Cells:
    """The cells that are not nothing: whether none is 0 or unknown is told differently by the two."""
    return {place: float(value) for place, value in found.items() if value}


def first_difference(theirs: Cells, ours: Cells) -> str | None:
    """The first cell that only one has, or in which they differ by more than the rounding of floats, in words."""
    for place in sorted(theirs.keys() | ours.keys()):
        wanted, found = theirs.get(place, 0.0), ours.get(place, 0.0)
        if abs(wanted - found) > 1e-9 * max(1.0, abs(wanted)) and not is_before_theirs(place):
            return f"{' '.join(place)} is {wanted} in SQL, {found} for aac"
    return None


def is_before_theirs(place: tuple[str, ...]) -> bool:
    return place[0] in ("nrr_12m", "grr_12m") and place[1] < SECOND_YEAR


# How long it took


def ratio(name: str, work: Work, landed: Landed, asked: argparse.Namespace) -> Figure:
    """The median of our processor time ÷ theirs, run one after the other."""
    pairs: list[tuple[Time, Time]] = []
    for _ in range(asked.runs):
        pairs.append((timed(work.ours), timed(work.theirs)))
        forget(landed)
    found = statistics.median(ours.cpu / theirs.cpu for ours, theirs in pairs)
    ours, theirs = (Time(*map(statistics.median, zip(*side, strict=True))) for side in zip(*pairs, strict=True))
    seen = f"processor {ours.cpu:.3f} s against {theirs.cpu:.3f} s, wall {ours.wall:.3f} s against {theirs.wall:.3f} s"
    slowest = SLOWEST_LARGE if asked.leads >= LARGE else SLOWEST
    return Figure(f"{WHAT[name]} in process, {asked.leads:,} leads, times the SQL", found, slowest[name], seen)


class Time(NamedTuple):
    """Seconds."""

    cpu: float
    wall: float


def timed(work: Callable[[], object]) -> Time:
    begun = time.process_time(), time.perf_counter()
    work()
    return Time(time.process_time() - begun[0], time.perf_counter() - begun[1])


if __name__ == "__main__":
    raise SystemExit(main())
