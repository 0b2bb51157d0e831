#!/usr/bin/env python3
"""The coarse gate: `aac check` against hand-written SQL that returns the same rows, whole processes, on the same data.

    python bench/gate.py [--leads 1000000] [--runs 5]

Every cell is compared before any time is told: if one differs, the first difference is printed and no ratio. Ends with
1 when a cell differs, or when `aac check` takes more than `SLOWEST_CHECK` times the rival; with 2 when the generator is
not there.
"""

from __future__ import annotations

import argparse
import compileall
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

SLOWEST_CHECK = 3.0

ROOT = Path(__file__).parents[1]
OUT = ROOT / "bench" / "out"
PROJECT = ROOT / "tests" / "projects" / "bench"
GENERATOR = Path(os.environ.get("AAC_SHARED", ROOT.parent / "shared")) / "bench" / "gen.py"
AAC = Path(sys.executable).parent / "aac"
CHECK = (AAC, "check", "--format", "json", "--window", "last", "--window", "current")

# The data that is made lies beside the projects that read it.
os.environ["AAC_SOURCE_FOLDERS"] = str(OUT)

Cell = dict[str, Any]
Cells = dict[tuple[str, ...], Cell]
"""By kind, id, window, dimension and value."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--leads", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=5)
    asked = options.parse_args()
    if not GENERATOR.exists():
        print(f"The generator is absent: {GENERATOR}. AAC_SHARED names another folder.", file=sys.stderr)
        return 2
    # as an installed package is; the libraries are
    compileall.compile_dir(ROOT / "src", quiet=1)
    data = generate(asked.leads)
    project = prepare(data)
    rival = (sys.executable, ROOT / "bench" / "rival.py", data / "crm.duckdb")
    difference = first_difference(cells_of_rival(run(rival, project)), cells_of_aac(run(CHECK, project)))
    if difference:
        print(f"aac and the rival disagree: {difference}")
        return 1
    check = median_ratio(CHECK, rival, project, asked.runs)
    print(f"aac check takes {check:.2f} times the rival (at most {SLOWEST_CHECK})")
    return int(check > SLOWEST_CHECK)


def generate(leads: int) -> Path:
    """The folder with the generated data, made when it is not there."""
    folder = OUT / str(leads)
    if not (folder / "csv" / "users.csv").exists():
        subprocess.run((sys.executable, GENERATOR, "--leads", str(leads), "--out", folder, "--csv"), check=True)
    return folder


def prepare(data: Path, *more: Path, again: bool = False) -> Path:
    """A project that reads the data, freshly pulled unless it is asked for ``again``; the documents of ``more`` are
    added, or stand for others."""
    project = OUT / f"{more[-1].name if more else 'project'}-{data.name}"
    if again:
        return project
    shutil.rmtree(project, ignore_errors=True)
    for folder in (PROJECT, *more):
        shutil.copytree(folder, project, dirs_exist_ok=True)
    settings = project / "aac.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("@DATA@", str(data / "csv")), encoding="utf-8")
    begun = time.perf_counter()
    subprocess.run((AAC, "pull"), cwd=project, check=True, stdout=subprocess.DEVNULL)
    print(f"aac pull took {time.perf_counter() - begun:.1f} s")
    return project


def run(command: Sequence[str | Path], folder: Path) -> str:
    """What a command prints. `aac check` may end with 1: something is off target."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{command[0]} ended with {done.returncode}")
    return done.stdout


def cells_of_rival(text: str) -> Cells:
    found = json.loads(text)
    return {
        (kind, id, label, *by_key(cell["by"])): cell
        for kind, measured in (("sla", found["slas"]), ("metric", found["metrics"]))
        for id, windows in measured.items()
        for label, window in windows.items()
        for cell in (*window["cells"], *late_cells(window))
    }


def late_cells(window: dict[str, Any]) -> Iterator[Cell]:
    """The late items as one more cell of their window, moments as the product writes them."""
    if "late_items" in window:
        names = {"started": "started_us", "due": "due_us", "done": "done_us"}
        items = [
            {"key": str(item["key"]), "seconds": item["seconds"]}
            | {name: utc_text(item[column]) for name, column in names.items()}
            for item in window["late_items"]
        ]
        yield {"by": {"late": "items"}, "items": items}


def cells_of_aac(text: str) -> Cells:
    cells: Cells = {}
    for result in json.loads(text)["results"]:
        if not is_empty(result):
            place = (result["kind"], result["id"], result["window"]["label"])
            cells[(*place, *by_key(result["by"]))] = result
            if "late_items" in result and not result["by"]:
                names = ("key", "seconds", "started", "due", "done")
                items = [{name: item[name] for name in names} for item in result["late_items"]]
                cells[(*place, "late", "items")] = {"items": items}
    return cells


def is_empty(result: Cell) -> bool:
    """A total without records, which the rival leaves out."""
    counts = ("met", "late", "open", "excused", "unmeasurable")
    return not result["n"] if "n" in result else not any(result[name] for name in counts)


def by_key(by: dict[str, str | None]) -> tuple[str, ...]:
    return tuple(str(part) for dimension in by.items() for part in dimension)


def utc_text(us: int | None) -> str | None:
    if us is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)).isoformat().replace("+00:00", "Z")


def first_difference(rival: Cells, aac: Cells) -> str | None:
    """The first cell that only one has, or in which they differ, in words; null when they agree."""
    for place in sorted(rival.keys() | aac.keys()):
        name = " ".join(place)
        if place not in aac or place not in rival:
            return f"{name} is only in {'the rival' if place in rival else 'aac'}"
        for column, wanted in rival[place].items():
            found: Any = aac[place].get(column)
            if column == "items":
                mine: object
                theirs: object
                for mine, theirs in zip(wanted, found, strict=False):
                    if mine != theirs:
                        return f"{name}: the rival has {mine}, aac {theirs}"
                if len(wanted) != len(found):
                    return f"{name}: the rival lists {len(wanted)}, aac {len(found)}"
            elif column != "by" and wanted is not None and (found is None or float(found) != float(wanted)):
                return f"{name}: {column} is {wanted} for the rival, {found} for aac"
    return None


def median_ratio(ours: Sequence[str | Path], theirs: Sequence[str | Path], folder: Path, runs: int) -> float:
    """The median of `ours` ÷ `theirs`, run one after the other: a slow moment of the machine hits both."""
    run(ours, folder)
    run(theirs, folder)
    pairs = [(seconds(lambda: run(ours, folder)), seconds(lambda: run(theirs, folder))) for _ in range(runs)]
    print(f"{statistics.median(a for a, _ in pairs):.3f} s against {statistics.median(b for _, b in pairs):.3f} s")
    return statistics.median(a / b for a, b in pairs)


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    raise SystemExit(main())
