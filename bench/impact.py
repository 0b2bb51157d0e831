#!/usr/bin/env python3
"""What one changed definition does to the numbers, against evaluating once all that rests on it: in one process, warm.

    python bench/impact.py [--leads 1000000] [--runs 5] [--again]

The edit makes an MQL need more points. What is timed of an impact is all of `impact_of`: both sides, and who moved; the
other is `recount` of what rests on the definition as it is, in the same windows, as `aac check` does it. Both times are
of the processor, taken in pairs. Ends with 1 when an impact takes more than `SLOWEST` times the other; with 2 when the
generator is not there.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from typing import TYPE_CHECKING

from gate import GENERATOR, generate, prepare
from work import forget, timed

if TYPE_CHECKING:
    from pathlib import Path

    from aac.changes import Change
    from aac.measures import Shown
    from aac.project import Project

SLOWEST = 2.0
WINDOWS = ("last:6",)
FILE, OLD, NEW = "alignment/definitions/mql.yml", "mql_at is not null", "mql_at is not null and score > 55"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--leads", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--again", action="store_true", help="measure what was pulled the last time")
    asked = options.parse_args()
    if not GENERATOR.exists():
        print(f"The generator is absent: {GENERATOR}. AAC_SHARED names another folder.", file=sys.stderr)
        return 2
    return measured(prepare(generate(asked.leads), again=asked.again), asked.runs)


def measured(root: Path, runs: int) -> int:
    """The median of what an impact takes ÷ what evaluating once takes, run one after the other."""
    from aac.cli import collect_seldom
    from aac.counting import entries
    from aac.evaluate import Asked, recount
    from aac.impact import impact_of, touched
    from aac.landing.landed import prepared
    from aac.operations import open_sound_project
    from aac.selecting import measurable

    collect_seldom()
    base = open_sound_project(root).project
    head = edited(base)
    changes = changes_between(base, head)
    subjects = {":".join(id_) for id_ in touched(changes)}

    def resting(version: Project) -> list[Shown]:
        words = [part for id_ in touched(changes) for part in entries(id_, version)]
        return [*(part for part in measurable(version) if part.subject in subjects), *words]

    asked = Asked(windows=WINDOWS, restate=True)
    pairs: list[tuple[float, float]] = []
    with prepared(base.root, base.tables, base.config.sources, base.timezone, base.config.engine) as data:
        for _ in range(runs):
            ours = timed(lambda: impact_of(base, head, (data, data), changes, asked))
            forget(data)
            once = timed(lambda: recount(base, data, asked, resting))
            forget(data)
            pairs.append((ours.cpu, once.cpu))
    found = statistics.median(ours / once for ours, once in pairs)
    ours, once = (statistics.median(side) for side in zip(*pairs, strict=True))
    print(f"impact: {found:.2f} times evaluating once (at most {SLOWEST}): {ours:.3f} s against {once:.3f} s")
    return int(found > SLOWEST)


def edited(base: Project) -> Project:
    """The project with another rule of an MQL."""
    from aac.folders import files
    from aac.loading import load
    from aac.packs import Packs
    from aac.plugins import load as load_plugins

    registry = load_plugins(None)
    texts = [(file, bytes(data)) for file, data in files(base.root, "alignment") if isinstance(data, bytes)]
    found = [(file, data.replace(OLD.encode(), NEW.encode()) if file == FILE else data) for file, data in texts]
    if found == texts:
        raise SystemExit(f"{FILE} has no `{OLD}` any more")
    return load(base.config, registry.kinds, packs=Packs(registry.packs), files=found)[0]


def changes_between(base: Project, head: Project) -> tuple[Change, ...]:
    from aac.changes import document_changes
    from aac.inheriting import inherited

    own, _ = document_changes(base, head)
    return (*own, *inherited(base, head, own))


if __name__ == "__main__":
    raise SystemExit(main())
