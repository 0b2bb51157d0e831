#!/usr/bin/env python3
"""`aac check` of three promises of 36 months against SQL of ours that returns the same full rows, whole processes.

    python bench/agreements.py [--leads 1000000] [--runs 5] [--again] [--save]

Every cell and every listed item is compared before any time is told. So that no slow rival flatters us, it is compared
with the shared `limit.py` first, cut down to what that returns: it may take at most `SLOWEST_CUT` times as long. Times
are of the processor, taken in pairs; memory is the peak of a process.
"""

from __future__ import annotations

import argparse
import compileall
import json
import statistics
import sys
from typing import TYPE_CHECKING, Any

import promises
from figures import AAC, ROOT, Figure, median, told, used
from gate import GENERATOR, cells_of_aac, cells_of_rival, first_difference, generate, prepare
from work import LARGE, PROMISES, WORK, their_queries, timed

if TYPE_CHECKING:
    from pathlib import Path

SLOWEST_CUT = 1.05
MOST_MEMORY = 1.2
CHECK = (
    *(AAC, "check", "--format", "json", "--window", "last:36"),
    *(part for promise in PROMISES for part in ("--select", promise)),
)


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
    compileall.compile_dir(ROOT / "src", quiet=1)
    data = generate(asked.leads)
    project = prepare(data, WORK, again=asked.again)
    rival = (sys.executable, str(ROOT / "bench" / "promises.py"), data / "crm.duckdb")
    (_, theirs), (_, ours) = used(rival, project), used(CHECK, project, ends=(0, 1))
    cells = cells_of_rival(theirs)
    if difference := first_difference(cells, cells_of_aac(ours)):
        print(f"aac and the rival disagree: {difference}")
        return 1
    print(f"{len(cells):,} cells are the same")
    pairs = [(used(CHECK, project, ends=(0, 1))[0], used(rival, project)[0]) for _ in range(asked.runs)]
    ratio = statistics.median(mine.processor / other.processor for mine, other in pairs)
    mine, other = (median(side) for side in zip(*pairs, strict=True))
    seen = f"{mine.processor:.2f} s against {other.processor:.2f} s of the processor, {mine.clock:.2f} s against "
    figures = [
        cut_down(data / "crm.duckdb", asked.runs),
        Figure(
            f"aac check of 3 promises, {asked.leads:,} leads, times the full-row rival",
            ratio,
            1.2 if asked.leads >= LARGE else 1.5,
            f"{seen}{other.clock:.2f} s by the clock",
        ),
        Figure(
            f"memory of it, {asked.leads:,} leads, times the rival's",
            mine.peak / other.peak,
            MOST_MEMORY,
            f"{mine.peak:.0f} MB against {other.peak:.0f} MB",
        ),
    ]
    return told(f"agreements-{asked.leads}", figures, save=asked.save)


def cut_down(path: Path, runs: int) -> Figure:
    """How long the rival takes for no more than `limit.py` returns, in one process, in turn."""
    import duckdb

    limit = their_queries()
    parts = ["sla", "kickoff", "volume"]
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        if difference := other_rows(promises.cut(connection), limit.run(connection, parts, "fused")[1]):
            raise SystemExit(f"the rival and limit.py disagree: {difference}")
        pairs = [
            (
                timed(lambda: promises.cut(connection)).cpu,
                timed(lambda: limit.run(connection, parts, "fused")).cpu,
            )
            for _ in range(3 * runs)
        ]
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(mine / other for mine, other in pairs)
    seen = f"{ours:.3f} s against {theirs:.3f} s of the processor"
    return Figure("the rival cut down, times limit.py", ratio, SLOWEST_CUT, seen)


def other_rows(ours: dict[str, Any], theirs: dict[str, Any]) -> str | None:
    """What the two tell differently."""
    found: dict[str, Any] = {"volume": sum(n for _, n in ours["volume"])}
    for name, table in (("sla", "touch"), ("kickoff", "kickoff")):
        counts, (late, keys, bits) = ours[table]
        totals = {part: sum(row[at] for row in counts) for at, part in enumerate(("n", "met", "missed", "pending"), 2)}
        found[name] = {"cells": len(counts), **totals, "missed_ids": {"count": late, "sum": int(keys), "xor": bits}}
    wanted = {name: {part: theirs[name][part] for part in found[name]} for name in ("sla", "kickoff")}
    wanted["volume"] = theirs["volume"]["mqls_icp"]
    return None if found == wanted else json.dumps([found, wanted])


if __name__ == "__main__":
    raise SystemExit(main())
