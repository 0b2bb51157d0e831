"""Sheets become pages: those of our own and of plugins' templates here, those of the project's in a process of theirs.

Whoever may change `templates/` is thereby not allowed to run code: no text of the project's is ever a template in this
process, and what comes back from the other one is written as it is, or told as a message.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from aac.errors import PageError
from aac.findings import did_you_mean
from aac.reports import copies
from aac.reports.base import Page, Sheet
from aac.reports.pages import Templates, every_template, filler, needs_own
from aac.reports.wording import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.reports.pages import Filler, Template

START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from aac.reports.sandbox import main; main()"
"""The program of the other process, which looks for modules where this one does."""
WAIT = 60
"""Seconds that we wait for the other process, and as many more as it may have for its pages."""
A_PAGE = 10
KILLED = -9
"""How a process ends that is ended from outside."""


def fill(parts: Iterable[Page | Sheet], templates: Templates | None = None) -> tuple[Page, ...]:
    """The pages, with each sheet filled in its place. Raises PageError when a template is wrong."""
    given, templates = tuple(parts), templates or Templates()
    made: dict[int, Page] = {}
    if templates.own:
        known = every_template(templates)
        is_own = needs_own(templates, known)
        theirs = {n: part for n, part in enumerate(given) if isinstance(part, Sheet) and is_own(part)}
        made = dict(zip(theirs, _elsewhere([*theirs.values()], known), strict=True)) if theirs else {}
    ours = {n: part for n, part in enumerate(given) if isinstance(part, Sheet) and n not in made}
    made |= zip(ours, _here([*ours.values()], filler(templates)), strict=True)
    return tuple(made[n] if isinstance(part, Sheet) else part for n, part in enumerate(given))


def idle(parts: Iterable[Page | Sheet], templates: Templates) -> list[str]:
    """What to tell of the project's own templates that nothing is made of: they have the name of no template or page,
    and no other one of them says it. None of them is read as a template for that."""
    asked = {name for part in parts if isinstance(part, Sheet) for name in part.templates}
    known = {name for name in (*every_template(Templates(plugins=templates.plugins)), *asked) if ":" not in name}
    texts = [template.text for template in templates.own.values()]
    return [
        f"{template.file}: no page is made of it; {did_you_mean(name, known)}"
        for name, template in templates.own.items()
        if name not in known and not any(name in text for text in texts)
    ]


def _here(sheets: Sequence[Sheet], filler: Filler) -> list[Page]:
    """The pages of sheets. The first one of a template that many need comes before the others, which copies of this
    process make too: so such a template is read once."""
    many = Counter(sheet.templates for sheet in sheets)
    firsts = {sheet.templates: n for n, sheet in reversed([*enumerate(sheets)]) if many[sheet.templates] > 1}
    made = {n: filler.page(sheets[n]) for n in sorted(firsts.values())}
    others = [n for n in range(len(sheets)) if n not in made]
    texts = copies.all_of(len(others), lambda place: filler.page(sheets[others[place]]).text)
    made |= {n: Page(sheets[n].path, text) for n, text in zip(others, texts, strict=True)}
    return [made[n] for n in range(len(sheets))]


def _elsewhere(sheets: Sequence[Sheet], known: Mapping[str, Template]) -> list[Page]:
    """The pages of sheets, made in one process of their own."""
    told = {
        "templates": {name: [template.file, template.text] for name, template in known.items()},
        "sheets": [[sheet.path, sheet.templates, sheet.view] for sheet in sheets],
    }
    path = json.dumps([str(Path(folder).resolve()) for folder in sys.path if folder])
    command = [sys.executable, "-I", "-B", "-c", START, path]
    limit = WAIT + A_PAGE * len(sheets)
    try:
        run = subprocess.run(
            command, input=json.dumps(told).encode(), capture_output=True, env={}, timeout=limit, check=False
        )
        ended, answers, said = run.returncode, run.stdout, run.stderr
    except subprocess.TimeoutExpired as error:
        ended, answers, said = KILLED, error.stdout or b"", b""
    texts = [json.loads(line) for line in answers.splitlines() if line.endswith(b"}")]
    for answer in texts:
        if "wrong" in answer:
            raise PageError(visible(answer["wrong"]))
    made = [answer["text"] for answer in texts if "text" in answer]
    if ended < 0 and len(made) < len(sheets):
        raise PageError(_stopped(sheets[len(made)], known))
    if ended != 0:
        why = said.decode(errors="replace").strip().rpartition("\n")[2]
        raise PageError(f"the process that fills the templates of the project failed: {visible(why)}")
    return [Page(sheet.path, text) for sheet, text in zip(sheets, made, strict=True)]


def _stopped(sheet: Sheet, known: Mapping[str, Template]) -> str:
    """That a page took so much that the system ended the process, by the template it was made of."""
    file = next(known[name].file for name in sheet.templates if name in known)
    return (
        f"{file}: it, or what it extends or includes, takes more time or memory than a page may have: make less of it "
        f"(the page {sheet.path} cannot be made, so none was written)"
    )
