"""What strangers write in documents and data stays text in all that is printed or written, by the real commands."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from icalendar import Calendar
from markdown_it import MarkdownIt

from aac.runner_logs import obeyed_by_nobody
from tests.commands import run_aac
from tests.small import COMPANY, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator

MARK = "zqxjk"
"""Stands in every hostile text, so that none is overlooked."""
TEXTS = {
    "html": f'"><img src=x onerror={MARK}(1)><script>{MARK}(2)</script>',
    "markdown": f"[{MARK}](javascript:{MARK}(3)) <b onclick={MARK}(4)>x</b> ![{MARK}](https://t.example/x.gif) | x |",
    "formula": f'=HYPERLINK("https://t.example/{MARK}")',
    "command": f"::add-mask::{MARK}",
    "bracket": f"##[stop-commands]{MARK} ##vso[task.setvariable variable=x]{MARK}",
    "terminal": f"\x1b]0;{MARK}\x07\x1b[2J\x9b31m{MARK}\u202e{MARK}\u200b",
    "lines": f"{MARK}\r\n::error::{MARK}\nEND:VEVENT\nATTENDEE:mailto:{MARK}",
    "xml": f"]]></failure><testcase name='{MARK}'/><!-- {MARK}",
    "template": "{{ 7 * 7 }}{% include '/etc/passwd' %}" + MARK,
}
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
"""What steers a terminal or hides text; line feeds and tabs are ours."""


def documents() -> str:
    def quoted(sort: str) -> str:
        return json.dumps(TEXTS[sort])

    definitions = "".join(
        f"""\
kind: definition
id: d{number}
name: {quoted(sort)}
means: {quoted(sort)}
why: {quoted(sort)}
of: lead
when: is_open
owner: sales
---
kind: metric
id: m{number}
name: {quoted(sort)}
means: {quoted(sort)}
formula: count(*)
of: d{number}
at: came_at
unit: count
better: higher
owner: sales
serves: successful_acquisition
by: [note]
target: {{at_least: 100}}
---
"""
        for number, sort in enumerate(TEXTS)
    )
    slas = "".join(
        f"""\
kind: sla
id: s{number}
name: {quoted(sort)}
what: {quoted(sort)}
who: {{owes: sales, to: marketing}}
when: {{within: 4 hours}}
how_measured: {{each: lead, starts: came_at, stops: called_at, objective: 90%, by: [note]}}
escalation: []
---
"""
        for number, sort in enumerate(TEXTS)
    )
    meetings = "".join(
        f"""\
kind: meeting
id: w{number}
name: {quoted(sort)}
purpose: {quoted(sort)}
owner: sales
minutes: 30
repeats: weekly on thu 10:00
sections: [{{id: numbers, minutes: 30, shows: [off_target, "sla:s{number}", data_health]}}]
---
"""
        for number, sort in enumerate(TEXTS)
    )
    entity = """\
kind: entity
id: lead
from: crm.leads
key: id
fields:
  id: text
  came_at: timestamp
  called_at: timestamp
  note: text
  is_open: boolean
  tier: {type: text, values: [A]}
---
"""
    return COMPANY + entity + definitions + slas + meetings.rstrip("-\n") + "\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose documents and data are full of them; it was pulled and built."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "came_at", "called_at", "note", "is_open", "tier"])
    for sort, hostile in TEXTS.items():
        writer.writerow([f"{sort} {hostile}", "2026-02-05T12:00:00Z", "", hostile, "true", hostile])
    root = write_project(tmp_path_factory.mktemp("outputs") / "p", documents(), {"leads": "id\n"})
    (root / "data" / "leads.csv").write_bytes(text.getvalue().encode())
    done = run_aac(root, "pull")
    assert done.returncode == 0, done.stderr + done.stdout
    built = run_aac(root, "build")
    assert built.returncode == 0, built.stderr
    return root


def printed(root: Path, *arguments: str, **environment: str) -> str:
    done = run_aac(root, *arguments, **environment)
    assert done.returncode in (0, 1), done.stderr
    assert MARK in done.stdout, arguments
    assert "Traceback" not in done.stderr
    return done.stdout


COMMANDS = {
    "check": ("check",),
    "check markdown": ("check", "--format", "markdown"),
    "check json": ("check", "--format", "json"),
    "check sarif": ("check", "--format", "sarif"),
    "check junit": ("check", "--format", "junit"),
    "check github": ("check", "--format", "github"),
    "check gitlab": ("check", "--format", "gitlab"),
    "query": ("query", "m0", "m3", "--by", "note", "--from", "2026-02-01"),
    "query csv": ("query", "m0", "--by", "note", "--from", "2026-02-01", "--format", "csv"),
    "explain": ("explain", "metric:m3"),
    "agenda": ("agenda", "w3"),
    "validate": ("validate",),
}


@pytest.fixture(scope="module")
def screens(root: Path) -> dict[str, str]:
    """What each command prints where a runner listens."""
    found: dict[str, str] = {}
    for name, arguments in COMMANDS.items():
        done = run_aac(root, *arguments, GITHUB_ACTIONS="true")
        assert done.returncode in (0, 1), done.stderr
        found[name] = done.stdout + done.stderr
    return found


def test_no_character_steers_a_terminal(screens: dict[str, str]) -> None:
    for name, text in screens.items():
        assert UNSEEN.findall(text.replace("\r\n", "\n")) == [], name
    assert sum(MARK in text for text in screens.values()) >= 10


def test_no_line_is_a_command_of_a_runner(screens: dict[str, str]) -> None:
    for name, text in screens.items():
        lines = [line.strip() for line in text.splitlines()]
        commands = [line for line in lines if line.startswith("::")]
        assert all(re.match("::(error|warning|notice) file=", line) for line in commands), name
        assert bool(commands) == (name == "check github")
        assert not re.search(r"##[a-z]*\[", text), name
    assert any("\\::add-mask::" in text for text in screens.values())  # else nothing was tried


def test_lines_are_kept_from_being_commands() -> None:
    text = "a\n::set-env::x\n  ::add-path::y\nb ::c\n##[group]x ##vso[y] ## [z]\n::error file=a.yml,line=1::b\n"
    assert obeyed_by_nobody(text) == (
        "a\n\\::set-env::x\n  \\::add-path::y\nb ::c\n# #[group]x # #vso[y] ## [z]\n::error file=a.yml,line=1::b\n"
    )


def test_csv_holds_no_formula(root: Path, screens: dict[str, str]) -> None:
    texts = [path.read_text() for path in (root / "site").rglob("*.csv")] + [screens["query csv"]]
    for text in texts:
        for row in csv.reader(StringIO(text)):
            assert not any(re.match(r"[=+@\t\r]|-(?![0-9.]+$)", cell) for cell in row), row
    assert "'=HYPERLINK" in screens["query csv"]


def test_json_sarif_junit_and_gitlab_are_whole(root: Path) -> None:
    for name in ("json", "sarif", "gitlab"):
        assert MARK in json.dumps(json.loads(printed(root, "check", "--format", name)))
    junit = ElementTree.fromstring(printed(root, "check", "--format", "junit"))
    names = [case.get("name") or "" for case in junit.iter("testcase")]
    assert MARK not in [name.strip() for name in names]
    assert {element.tag for element in junit.iter()} <= {
        "testsuites", "testsuite", "testcase", "failure", "error", "skipped", "properties", "property", "system-out",
    }  # fmt: skip


class Elements(HTMLParser):
    """The elements of a page and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def active(text: str) -> Iterator[Any]:
    """What would run, or be asked for, when a page is looked at, and comes from a hostile text."""
    for tag, attributes in Elements(text).found:
        for name, value in attributes.items():
            is_ours = MARK not in (value or "")
            is_run = name.startswith("on") or (value or "").strip().lower().startswith(("javascript:", "data:"))
            is_run = is_run and not (is_ours and value == "data:,")
            if is_run or (tag in ("img", "script", "iframe", "object", "b") and MARK in (value or "")):
                yield tag, name, value
        if tag in ("img", "iframe", "object", "embed", "base", "form"):
            yield tag
    for script in re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL | re.IGNORECASE):
        if MARK in script:
            yield script


def test_no_page_runs_what_strangers_write(root: Path) -> None:
    pages = list((root / "site").rglob("*.html"))
    assert sum(MARK in page.read_text() for page in pages) >= 3 * len(TEXTS)
    assert {str(page): list(active(page.read_text())) for page in pages if list(active(page.read_text()))} == {}
    assert not [page for page in pages if "49" + MARK in page.read_text()]  # 7 * 7
    for script in (root / "site").rglob("*.js"):  # what the search finds is put in as text
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script.read_text())


def test_markdown_holds_no_html_and_no_links_that_run(root: Path, screens: dict[str, str]) -> None:
    texts = [path.read_text() for path in (root / "site").rglob("*.md")]
    texts += [screens["check markdown"], screens["agenda"]]
    assert sum(MARK in text for text in texts) >= 3
    for text in texts:
        assert list(active(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))) == []


def test_a_calendar_file_has_the_events_that_were_meant(root: Path) -> None:
    files = list((root / "site").rglob("*.ics"))
    assert files
    for path in files:
        data = path.read_bytes()
        assert b"\r\nATTENDEE" not in data
        calendar: Any = Calendar.from_ical(data)
        events = list(calendar.walk("VEVENT"))
        assert events
        assert not [event for event in events if event.get("ATTENDEE")]
        assert data.count(b"BEGIN:VEVENT") == data.count(b"END:VEVENT") - data.count(b"\\nEND:VEVENT") == len(events)


def test_a_comment_of_a_review_holds_none_of_it(root: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(root, tmp_path / "p", ignore=shutil.ignore_patterns("site")))
    shutil.rmtree(copy / "data")
    (copy / ".gitignore").write_text(".aac/\n")
    for words in (("init", "-q"), ("add", "."), ("-c", "user.name=a", "-c", "user.email=a@b.cc", "commit", "-qm", "a")):
        subprocess.run(["git", *words], cwd=copy, check=True)
    document = copy / "alignment" / "all.yml"
    document.write_text(document.read_text().replace("90%", "80%").replace("at_least: 100", "at_least: 10"))
    diff, review = (run_aac(copy, *words, GITHUB_ACTIONS="true") for words in (("diff",), ("review", "HEAD")))
    for done in (diff, review):
        assert done.returncode in (0, 1), done.stderr
        assert MARK in done.stdout
        assert UNSEEN.findall(done.stdout) == []
        assert not re.search(r"^\s*::|##[a-z]*\[", done.stdout, re.MULTILINE)
    shown = MarkdownIt("commonmark", {"html": True}).enable("table").render(review.stdout)
    assert list(active(shown)) == []
