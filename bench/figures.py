"""What the benches share: how a process is measured, and how a figure is told and kept.

A figure is printed as ``what: ratio (target …)``. With ``--save`` the figures of a run go to
``bench/results/DATE-NAME.json`` with the machine, the versions and what else ran.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
AAC = str(Path(sys.executable).parent / "aac")

# A process begins with the peak of the one that started it: so a small one starts it.
STARTER = """
import json, os, sys, time
began = time.perf_counter()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
spent = [usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024]
sys.stderr.write("\\n" + json.dumps([os.waitstatus_to_exitcode(status), *spent]))
"""


class Used(NamedTuple):
    """What a process took: seconds of the processor and by the clock, and the most memory it held, in MB."""

    processor: float
    clock: float
    peak: float


class Figure(NamedTuple):
    """A measured row of the table of targets; ``least``: the target is a least one. ``seen``: what it came from."""

    what: str
    measured: float
    target: float
    seen: str = ""
    least: bool = False

    @property
    def is_met(self) -> bool:
        return self.measured >= self.target if self.least else self.measured <= self.target


def used(
    command: Sequence[str | Path], folder: Path, env: Mapping[str, str] | None = None, ends: tuple[int, ...] = (0,)
) -> tuple[Used, str]:
    """What a command takes, and what it prints. Ends the run when it ends with another code than ``ends``."""
    starter = (sys.executable, "-S", "-E", "-c", STARTER, *map(str, command))
    done = subprocess.run(starter, cwd=folder, env=env, capture_output=True, text=True, check=True)
    said, _, told = done.stderr.rpartition("\n")
    code, *spent = json.loads(told)
    if code not in ends:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {code}:\n{done.stdout[-2000:]}{said[-2000:]}")
    return Used(*spent), done.stdout


def median(found: Sequence[Used]) -> Used:
    """The median of each column."""
    return Used(*map(statistics.median, zip(*found, strict=True)))


def told(name: str, figures: Sequence[Figure], *, save: bool) -> int:
    """Prints the figures, keeps them where asked to, and returns 1 when one misses its target."""
    for figure in figures:
        bound = f"{'at least' if figure.least else 'at most'} {figure.target:g}"
        missed = "" if figure.is_met else " MISSED"
        print(f"{figure.what}: {figure.measured:.3g} (target {bound}){missed} {figure.seen}".rstrip())
    if save:
        now = datetime.now(UTC)
        RESULTS.mkdir(exist_ok=True)
        rows = [figure._asdict() | {"met": figure.is_met} for figure in figures]
        kept = {"bench": name, "at": now.isoformat(timespec="minutes"), **surroundings(), "figures": rows}
        path = RESULTS / f"{now:%Y-%m-%d}-{name}.json"
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return int(not all(figure.is_met for figure in figures))


def surroundings() -> dict[str, object]:
    """The machine, the versions, and how many processes waited for it."""
    names = ("duckdb", "sqlglot", "pydantic", "click")
    head = subprocess.run(("git", "rev-parse", "--short", "HEAD"), cwd=ROOT, capture_output=True, text=True, check=True)
    return {
        "machine": {
            "cores": os.cpu_count(),
            "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
            "system": f"{platform.system()} {platform.machine()}",
            "load": [round(load, 1) for load in os.getloadavg()],
        },
        "versions": {
            "aac": head.stdout.strip(),
            "python": platform.python_version(),
            **{name: version(name) for name in names},
        },
    }
