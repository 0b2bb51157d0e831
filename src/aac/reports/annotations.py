"""What other tools show beside a line of a file: findings, and agreements that are missed or cannot be judged."""

from __future__ import annotations

from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from aac import codes
from aac.reports.wording import NONE, STATUSES, result_words
from aac.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.findings import Finding, Level
    from aac.reports.base import Entry, ReportProject, View
    from aac.results import Result, Results

FILE = "aac.toml"
"""Where that is shown which stands nowhere: every project has it."""
LEVELS: Mapping[Status, Level] = {
    Status.OFF_TARGET: "error",
    Status.STALE: "error",
    Status.AT_RISK: "warning",
    Status.NOT_MEASURABLE: "warning",
}
"""How bad a status is; the others are no reason to look."""


def annotated(project: ReportProject, results: Results) -> list[View]:
    """Findings in reading order, then the results that the exit code follows, each with a place in a file.

    ``rule`` is the finding's code or the result's status; ``file``, ``line``, ``col`` and ``end`` (1-based, in
    characters, the end behind the mark) say where, ``text`` is that line. ``fingerprint`` stays the same when other
    lines come before it.
    """
    entries = {f"{entry.kind}:{entry.id}": entry for entry in project.entries()}
    found = [_of_finding(finding, entries) for finding in results.findings]
    found += [_of_result(result, entries) for result in results.followed() if result.standing in LEVELS]
    seen: Counter[str] = Counter()
    for view in found:
        sort = "\0".join((view["rule"], view["file"], view["subject"], view["text"].strip()))
        view["fingerprint"] = sha256(f"{sort}\0{seen[sort]}".encode(errors="replace")).hexdigest()[:32]
        seen[sort] += 1
    return found


def _of_finding(finding: Finding, entries: Mapping[str, Entry]) -> View:
    span, subject = finding.span, finding.doc or ""
    view = {
        "rule": finding.code,
        "level": finding.level,
        "subject": subject,
        "message": finding.message,
        "instead": finding.instead,
    }
    if span is None:
        return view | _place_of(subject, entries)
    return view | {
        "file": span.file,
        "line": span.line,
        "col": span.col,
        "end": span.col + max(1, span.length),
        "text": span.text,
    }


def _of_result(result: Result, entries: Mapping[str, Entry]) -> View:
    subject, status = f"{result.kind}:{result.id}", result.standing
    assert status is not None
    words = result_words(result)
    message = f"{result.kind} `{result.id}` in {words['window']}: {words['status']['word'].lower()}"
    if words["shown"] != NONE:
        message += f", {words['shown']}" + (f" ({words['counts']})" if words["counts"] else "")
        message += f" where {words['limit']} was agreed" if words["limit"] else ""
    view = {"rule": status.value, "level": LEVELS[status], "subject": subject, "message": message, "instead": ""}
    return view | _place_of(subject, entries)


def _place_of(subject: str, entries: Mapping[str, Entry]) -> View:
    """The first line of a document, else of the project's own file."""
    entry = entries.get(subject)
    file, line = (entry.file, entry.line) if entry else (FILE, 1)
    return {"file": file, "line": line, "col": 1, "end": 2, "text": ""}


def rules_of(found: Iterable[View]) -> list[View]:
    """What each rule among annotations is about, in order: ``id``, ``title``, ``means`` (Markdown) and ``level``."""
    known = codes.all_codes()
    words = {status.value: word for status, (_, word) in STATUSES.items()}
    rules: list[View] = []
    for id_, level in sorted({view["rule"]: view["level"] for view in found}.items()):
        rule = {"id": id_, "title": words.get(id_, id_), "means": "", "level": level}
        if id_ in known:
            code = codes.read(id_)
            rule |= {"title": code.title, "means": code.means, "level": code.level}
        rules.append(rule)
    return rules


def sentence(view: View) -> str:
    """What is wrong and what to write instead, in one line."""
    return f"{view['message']}; {view['instead']}" if view["instead"] else view["message"]
