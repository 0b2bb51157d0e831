#!/usr/bin/env python3
"""`aac build` of 1,000 pages against MkDocs with the same texts, beyond the evaluation.

    python bench/pages.py --mkdocs PATH/TO/mkdocs [--pages 1000] [--runs 5] [--save]
    python bench/pages.py --times 10 [--pages 1000] [--runs 2] [--save]

Both make their folder anew, as whole processes, one after the other, by the clock on the wall. Of ours the time is
taken off in which numbers are measured, which MkDocs has none of; MkDocs reads a Markdown file a page with the same
prose, rule and links. It is no part of this project: install it elsewhere
(`python -m venv mk && mk/bin/pip install mkdocs==1.6.1`).

Then we build again: when nothing changed, and when one document did. Ends with 1 when a clean build is less than
`FASTER` times as fast or takes more than `MOST_A_PAGE` ms a page, when a build takes more than `MOST_AGAIN` of that
when nothing changed, or when one document changes a page that does not name it. With `--times` a build of so many times
the pages is compared with that of the pages instead: a tenth longer than as many times as long is too long.
"""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from figures import ROOT, Figure, Used, median, told, used

FASTER = 8.0
MOST_A_PAGE = 1.5
MOST_AGAIN = 0.25
MOST_GROWTH = 1.1
NOW = ("--now", "2026-03-02T09:00")
TIMED = """
import sys, time
from aac import operations
from alignment_as_code import main
measure, spent = operations._measured_for_pages, []
def timed(*given):
    begins = time.process_time(), time.perf_counter()
    try:
        return measure(*given)
    finally:
        spent.append((time.process_time() - begins[0], time.perf_counter() - begins[1]))
operations._measured_for_pages = timed
try:
    main()
finally:
    print("EVALUATED", *map(sum, zip(*spent) if spent else [(), ()]))
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


def ours(root: Path) -> tuple[Used, Used]:
    """What a build takes in all, and beyond the evaluation."""
    spent, said = used([sys.executable, "-c", TIMED, "build", *NOW], root, surroundings(root))
    processor, clock = map(float, said.rpartition("EVALUATED ")[2].split())
    return spent, Used(spent.processor - processor, spent.clock - clock, spent.peak)


def surroundings(root: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "XDG_CACHE_HOME": str(root / "cache")}


def written_since(folder: Path, moment_ns: int) -> list[str]:
    """The files of a folder that were written after a moment."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(p.relative_to(folder).as_posix() for p in files if p.stat().st_mtime_ns > moment_ns)


def clean(root: Path) -> tuple[Used, Used]:
    """What a build takes from nothing, and beyond the evaluation."""
    shutil.rmtree(root / "site", ignore_errors=True)
    return ours(root)


def again(root: Path) -> tuple[Used, list[str]]:
    """What another build takes, and the files that it wrote."""
    moment = time.time_ns()
    spent, _ = ours(root)
    return spent, written_since(root / "site", moment)


def mkdocs(root: Path, command: str) -> float:
    """Seconds by the clock."""
    shutil.rmtree(root / "mk", ignore_errors=True)
    return used([command, "build", "--quiet", "--site-dir", "mk"], root, surroundings(root))[0].clock


def compared(root: Path, command: str, pages: int, runs: int) -> list[Figure]:
    """A build against MkDocs, then another when nothing changed, and one when one document did."""
    pairs = [(*clean(root), mkdocs(root, command)) for _ in range(runs)]
    made = len([*(root / "site").rglob("*.html")])
    whole, beyond = median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])
    theirs = statistics.median(took for _, _, took in pairs)
    second, untouched = again(root)
    document = root / "alignment" / "word_5.yml"
    document.write_text(document.read_text().replace("called first", "called at once"))
    third, written = again(root)
    others = [path for path in written if "word_5" not in (root / "site" / path).read_text()]
    what = f"aac build, {pages:,} pages"
    seen = f"{theirs:.2f} s against {beyond.clock:.2f} s by the clock beyond the evaluation"
    return [
        Figure(
            f"{what}, times as fast as MkDocs",
            statistics.median(took / spent.clock for _, spent, took in pairs),
            FASTER,
            seen,
            least=True,
        ),
        Figure(
            f"{what}, ms a page by the clock",
            1000 * beyond.clock / made,
            MOST_A_PAGE,
            f"{beyond.processor:.2f} s of the processor",
        ),
        Figure(
            f"{what}, nothing changed, of a clean build",
            second.processor / whole.processor,
            MOST_AGAIN,
            f"{second.processor:.2f} s against {whole.processor:.2f} s of the processor",
        ),
        Figure("files written when nothing changed", len(untouched), 0, " ".join(untouched)),
        Figure(
            "files that do not name the document that changed, and were written",
            len(others),
            0,
            f"{' '.join(written)} in {third.processor:.2f} s of the processor",
        ),
    ]


def grown(root: Path, pages: int, times: int, runs: int) -> list[Figure]:
    """How much longer a build of ``times`` as many pages takes, by the processor."""
    folders = [made_ready(root / str(count), count) for count in (pages, pages * times)]
    pairs = [[spent.processor for _, spent in map(clean, folders)] for _ in range(runs)]
    few, many = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(large / small for small, large in pairs)
    seen = f"{many:.1f} s against {few:.1f} s of the processor beyond the evaluation"
    return [Figure(f"aac build, {pages * times:,} pages, times {pages:,}", ratio, MOST_GROWTH * times, seen)]


def made_ready(root: Path, pages: int) -> Path:
    """A project of so many pages whose data was pulled."""
    root.mkdir()
    write(root, pages)
    used([sys.executable, "-m", "aac", "pull", *NOW], root, surroundings(root))
    return root


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mkdocs", help="the command of MkDocs")
    parser.add_argument("--times", type=int, help="so many times the pages, against the pages")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--save", action="store_true")
    asked = parser.parse_args()
    if not asked.mkdocs and not asked.times:
        parser.error("either --mkdocs or --times")
    compileall.compile_dir(ROOT / "src", quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if asked.times:
            figures = grown(root, asked.pages, asked.times, asked.runs)
            return told(f"pages-{asked.pages * asked.times}", figures, save=asked.save)
        figures = compared(made_ready(root / "one", asked.pages), asked.mkdocs, asked.pages, asked.runs)
    return told(f"pages-{asked.pages}", figures, save=asked.save)


if __name__ == "__main__":
    raise SystemExit(main())
