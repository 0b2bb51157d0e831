#!/usr/bin/env python3
"""What starting costs: the commands that only tell something, and the least of one that evaluates.

    python bench/start.py [--runs 15] [--save]

`aac --help`, `aac --version` and a completion against `python -c "import click"`, and their peaks of memory; `aac
check` of a project with one record, one metric and one promise against importing the libraries it imports, one first
parse of a rule and of a document, and one first query. Whole processes, processor time, in pairs.
"""

from __future__ import annotations

import argparse
import compileall
import os
import statistics
import sys
import tempfile
from pathlib import Path

from figures import AAC, ROOT, Figure, median, told, used

CLICK = (sys.executable, "-c", "import click")
COMPLETION = {"_AAC_COMPLETE": "bash_complete", "COMP_WORDS": "aac ch", "COMP_CWORD": "1"}
TELLING = {"--help": (AAC, "--help"), "--version": (AAC, "--version"), "completion": (AAC,)}
LIBRARIES = """
import click, duckdb, pluggy, pydantic, sqlglot, yaml
class Document(pydantic.BaseModel):
    kind: str
    fields: dict[str, str]
Document.model_validate(yaml.load("kind: entity\\nfields: {score: integer}", Loader=yaml.CSafeLoader))
sql = sqlglot.parse_one("score > 50 and won_at is not null", read="duckdb").sql(dialect="duckdb")
with duckdb.connect() as connection:
    connection.execute(f"SELECT count(*) FILTER ({sql}) FROM (SELECT 60 AS score, now() AS won_at)").fetchall()
"""
SETTINGS = '[project]\nname = "One record"\nspec = 1\n\n[sources.crm]\nconnector = "csv"\npath = "data"\n'
DOCUMENTS = """\
kind: company
id: one
currency: EUR
timezone: Europe/Berlin
---
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {mon-fri: "09:00-18:00"}
---
kind: team
id: sales
name: Sales
calendar: desk
---
kind: team
id: marketing
name: Marketing
---
kind: entity
id: lead
from: crm.leads
key: lead_id
occurs: created_at
owner: sales
fields: {lead_id: text, created_at: timestamp, won_at: timestamp, score: integer}
---
kind: metric
id: leads
formula: count_if(score > 50)
of: lead
at: created_at
unit: count
better: higher
role: north_star
owner: sales
serves: successful_acquisition
target: {at_least: 1}
---
kind: sla
id: follow_up
what: Sales makes a first contact with every lead
who: {owes: sales, to: marketing}
when: {within: 4 business hours, calendar: desk}
how_measured: {each: lead, starts: created_at, stops: won_at, objective: 90%}
escalation: [{at: late, do: notify, to: marketing}]
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--runs", type=int, default=15)
    options.add_argument("--save", action="store_true")
    asked = options.parse_args()
    # as an installed package is; the libraries are
    compileall.compile_dir(ROOT / "src", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        figures = [figure for name in TELLING for figure in telling(name, root, asked.runs)]
        write(root)
        used((AAC, "pull"), root)
        figures.append(evaluating(root, asked.runs))
    return told("start", figures, save=asked.save)


def telling(name: str, folder: Path, runs: int) -> list[Figure]:
    """How long a command that only tells something takes, and how much memory."""
    env = {**os.environ, **(COMPLETION if name == "completion" else {})}
    pairs = [(used(TELLING[name], folder, env)[0], used(CLICK, folder)[0]) for _ in range(runs)]
    ratio = statistics.median(ours.processor / theirs.processor for ours, theirs in pairs)
    ours, theirs = (median(side) for side in zip(*pairs, strict=True))
    seen = f"{1000 * ours.processor:.0f} ms against {1000 * theirs.processor:.0f} ms of the processor"
    return [
        Figure(f"aac {name}, times importing click", ratio, 2.0, seen),
        Figure(f"aac {name}, MB of memory", ours.peak, 20.0, f"importing click: {theirs.peak:.1f} MB"),
    ]


def evaluating(project: Path, runs: int) -> Figure:
    """What a command that evaluates takes at least."""
    check, libraries = (AAC, "check"), (sys.executable, "-c", LIBRARIES)
    used(check, project, ends=(0, 1))
    pairs = [(used(check, project, ends=(0, 1))[0], used(libraries, project)[0]) for _ in range(runs)]
    ratio = statistics.median(ours.processor / theirs.processor for ours, theirs in pairs)
    ours, theirs = (median(side) for side in zip(*pairs, strict=True))
    seen = (
        f"{ours.processor:.2f} s against {theirs.processor:.2f} s of the processor, "
        f"{ours.peak:.0f} MB against {theirs.peak:.0f} MB"
    )
    return Figure("aac check of one record, times its libraries, a first parse and a first query", ratio, 1.5, seen)


def write(project: Path) -> None:
    (project / "alignment").mkdir()
    (project / "data").mkdir()
    (project / "aac.toml").write_text(SETTINGS)
    (project / "alignment" / "all.yml").write_text(DOCUMENTS)
    (project / "data" / "leads.csv").write_text(
        "lead_id,created_at,won_at,score\nL-1,2026-03-02T09:00:00Z,2026-03-02T10:00:00Z,60\n"
    )


if __name__ == "__main__":
    raise SystemExit(main())
