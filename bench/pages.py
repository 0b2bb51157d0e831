#!/usr/bin/env python3
"""`aac build` of 1,000 pages against MkDocs with the same texts, beyond the evaluation.

    python bench/pages.py --mkdocs PATH/TO/mkdocs [--pages 1000] [--runs 5]

Both make their folder anew, as whole processes, one after the other, by the clock on the wall. Of ours the time is
taken off in which numbers are measured, which MkDocs has none of; MkDocs reads a Markdown file a page with the same
prose, rule and links. It is no part of this project: install it elsewhere
(`python -m venv mk && mk/bin/pip install mkdocs==1.6.1`).

Then we build again: when nothing changed, and when one document did. Ends with 1 when a clean build is less than
`FASTER` times as fast, takes more than `MOST_A_PAGE` ms a page, or one document changes a page that does not name it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FASTER = 8.0
MOST_A_PAGE = 1.5
ROOT = Path(__file__).parents[1]
NOW = ("--now", "2026-03-02T09:00")
TIMED = """
import sys, time
from aac import operations
from alignment_as_code import main
measure, spent = operations._measured_for_pages, []
def timed(*given):
    begins = time.perf_counter()
    try:
        return measure(*given)
    finally:
        spent.append(time.perf_counter() - begins)
operations._measured_for_pages = timed
try:
    main()
finally:
    print(f"EVALUATED {sum(spent):.6f}")
"""
SETTINGS = '[project]\nname = "Many pages"\nspec = 1\n\n[sources.crm]\nconnector = "csv"\npath = "data"\n'
BASE = """\
kind: company
id: many
currency: EUR
timezone: Europe/Berlin
---
kind: team
id: sales
name: Sales
---
kind: entity
id: lead
from: crm.leads
key: lead_id
owner: sales
fields: {lead_id: text, created_at: timestamp, score: integer}
---
kind: metric
id: leads
formula: count(*)
of: lead
at: created_at
unit: count
better: higher
role: north_star
owner: sales
serves: successful_acquisition
"""
PROSE = (
    "Somebody who told us who they are, and who reached **{n} points** by what they did. It is a *word {n}* of ours: "
    "it says who is called first, and who is written to.",
    "- It counts from the moment the score was reached.\n- Exactly {n} points are not enough.\n- So do partners'.",
    "A lead without a score is neither one nor not one; it is counted as unknown, as a `lead`, until somebody looks. "
    "Ask [the team](https://example.test/teams/{n}) where in doubt.",
)


def prose(n: int) -> str:
    return "\n\n".join(PROSE).format(n=n)


def write(root: Path, pages: int) -> None:
    """The project and, beside it, the same texts for MkDocs."""
    folder, data, docs = root / "alignment", root / "data", root / "docs"
    for made in (folder, data, docs):
        made.mkdir()
    leads = "".join(f"L-{n},2026-03-0{1 + n % 2},{n}\n" for n in range(50))
    links = "".join(f"- [Word {n}](word_{n}.md)\n" for n in range(pages))
    (root / "aac.toml").write_text(SETTINGS)
    (folder / "base.yml").write_text(BASE)
    (data / "leads.csv").write_text(f"lead_id,created_at,score\n{leads}")
    (root / "mkdocs.yml").write_text("site_name: Many pages\nuse_directory_urls: false\n")
    (docs / "index.md").write_text(f"# Many pages\n\n{links}")
    for n in range(pages):
        (folder / f"word_{n}.yml").write_text(document(n))
        (docs / f"word_{n}.md").write_text(page(n))


def rule(n: int) -> str:
    return f"score > {n}" + (f" and word_{n - 1}" if n % 10 else "")


def document(n: int) -> str:
    means = prose(n).replace("\n", "\n  ")
    head = f"kind: definition\nid: word_{n}\nname: Word {n}\nof: lead\nowner: sales\n"
    return f"{head}when: {rule(n)}\nmeans: |\n  {means}\n"


def page(n: int) -> str:
    below = n - n % 10
    return (
        f"# Word {n}\n\n{prose(n)}\n\n## The rule\n\n```\n{rule(n)}\n```\n\n"
        f"## Rests on\n\n- [Word {below}](word_{below}.md)\n"
    )


def run(command: Sequence[str], root: Path) -> tuple[float, str]:
    """Seconds on the wall, and what was said."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "XDG_CACHE_HOME": str(root / "cache")}
    begins = time.perf_counter()
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - begins
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return took, done.stdout


def ours(root: Path) -> tuple[float, float]:
    """Seconds of a build beyond the evaluation, and of the evaluation."""
    took, said = run([sys.executable, "-c", TIMED, "build", *NOW], root)
    evaluated = float(said.rpartition("EVALUATED ")[2])
    return took - evaluated, evaluated


def written_since(folder: Path, moment_ns: int) -> list[str]:
    """The files of a folder that were written after a moment."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(p.relative_to(folder).as_posix() for p in files if p.stat().st_mtime_ns > moment_ns)


def clean(root: Path, mkdocs: str) -> tuple[float, float, float]:
    """Seconds of ours beyond the evaluation, of the evaluation, and of MkDocs, both from nothing."""
    for site in ("site", "mk"):
        shutil.rmtree(root / site, ignore_errors=True)
    beyond, evaluated = ours(root)
    theirs, _ = run([mkdocs, "build", "--quiet", "--site-dir", "mk"], root)
    return beyond, evaluated, theirs


def again(root: Path) -> tuple[float, list[str]]:
    """Seconds of another build, and the files that it wrote."""
    moment = time.time_ns()
    beyond, _ = ours(root)
    return beyond, written_since(root / "site", moment)


def compared(root: Path, mkdocs: str, runs: int) -> bool:
    """Prints how long it all took; whether it is fast enough, and only what names a document is written for it."""
    pairs = [clean(root, mkdocs) for _ in range(runs)]
    pages = len([*(root / "site").rglob("*.html")])
    beyond, evaluated, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(pair[2] / pair[0] for pair in pairs)
    each = 1000 * beyond / pages
    print(f"{pages} pages: {beyond:.2f} s beyond {evaluated:.2f} s of evaluation, {each:.2f} ms a page")
    print(f"MkDocs {theirs:.2f} s: {ratio:.1f} times as long")
    took, written = again(root)
    print(f"nothing changed: {took:.2f} s, {took / beyond:.2f} of a clean build; written: {written}")
    is_kept = not written
    document = root / "alignment" / "word_5.yml"
    document.write_text(document.read_text().replace("called first", "called at once"))
    took, written = again(root)
    print(f"one document changed: {took:.2f} s; written: {written}")
    names_it = all("word_5" in (root / "site" / path).read_text() for path in written)
    return ratio >= FASTER and each <= MOST_A_PAGE and is_kept and names_it


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mkdocs", required=True, help="the command of MkDocs")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, asked.pages)
        run([sys.executable, "-m", "aac", "pull", *NOW], root)
        sys.exit(not compared(root, asked.mkdocs, asked.runs))


if __name__ == "__main__":
    main()
