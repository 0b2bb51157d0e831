"""The screen of `aac check`, 80 columns wide, and findings as a compiler shows them (UX 4.3 b and c)."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import TYPE_CHECKING, ClassVar, Literal

from aac.findings import in_reading_order
from aac.hookspecs import hookimpl
from aac.reports.base import Page
from aac.reports.wording import (
    LEVELS,
    NONE,
    as_of_words,
    count_words,
    due_words,
    freshness_of_all,
    needed_words,
    plural,
    result_words,
    visible,
)
from aac.results import CardReading, ClockReading, NumberReading, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.findings import Finding, Span
    from aac.reports.base import Entry, Report, ReportProject, View
    from aac.results import Result, Results

WIDTH = 80
LINE = 100
"""The longest part of a source line that is shown with a finding."""
WRITE = re.compile(r"^write (?=`)")
FINDINGS_SHOWN = 5
KEYS_SHOWN = 5
COLORS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "info": "\x1b[1;36m"}
PLAIN = "\x1b[0m"
SEVERITY = {level: n for n, level in enumerate(LEVELS)}


class TextReport:
    """What `aac check` prints: totals only; groups are in the wiki and in JSON."""

    name: ClassVar[str] = "text"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """Everything the screen says: words and numbers as they are printed."""
        entries = {f"{entry.kind}:{entry.id}": entry for entry in project.entries()}
        totals = [result for result in results.results if not result.reading.by]
        clocks = [result for result in totals if isinstance(result.reading, ClockReading)]
        numbers = [result for result in totals if isinstance(result.reading, NumberReading)]
        cards = [result for result in totals if isinstance(result.reading, CardReading)]
        findings = in_reading_order((*project.findings, *results.findings))
        freshness = freshness_of_all(results)
        header = [
            results.project + (f" @ {results.revision}" if results.revision else ""),
            f"data as of {as_of_words(results, project.timezone)}",
            *([freshness["word"]] if freshness else []),
        ]
        return {
            "header": header,
            "agreements": _by_pair(clocks, entries),
            "metrics": _by_document(numbers, entries),
            "scorecards": _by_document(cards, entries),
            "findings": _findings(findings),
            "next": _next_step(results, findings),
            "summary": count_words(results.headline()) or "nothing to judge yet",
        }

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `check.txt`."""
        lines = _wrapped(view["header"], 0)
        columns = _Columns([row for pair in view["agreements"] for row in pair["rows"]])
        if view["agreements"]:
            lines += columns.titles("Agreements", "objective")
        for pair in view["agreements"]:
            lines.append(f" {pair['title']}")
            for row in pair["rows"]:
                lines += columns.lines(row)
        for section in ("metrics", "scorecards"):
            columns = _Columns(view[section])
            lines += columns.titles(section.capitalize(), "target") if view[section] else []
            for row in view[section]:
                lines += columns.lines(row)
        if view["findings"]["counts"]:
            lines += ["", f"Findings  {view['findings']['counts']}"]
            lines += [_shortened(f"  {line}") for line in view["findings"]["lines"]]
        lines += textwrap.wrap(f"Next  {view['next']}", WIDTH, subsequent_indent="      ")
        lines += textwrap.wrap(view["summary"], WIDTH)
        return (Page("check.txt", "".join(f"{visible(line)}\n" for line in lines)),)


def _by_pair(results: list[Result], entries: Mapping[str, Entry]) -> list[View]:
    """Agreements below the teams they bind, from the one that owes to the one it is owed to."""
    pairs: dict[str, list[Result]] = {}
    for result in results:
        pairs.setdefault(_pair_title(f"{result.kind}:{result.id}", entries), []).append(result)
    return [{"title": title, "rows": _by_document(of_pair, entries)} for title, of_pair in pairs.items()]


def _pair_title(document: str, entries: Mapping[str, Entry]) -> str:
    match entries[document].fields.get("who") if document in entries else None:
        case {"owes": owes, "to": to}:
            teams = [entries.get(f"team:{team}") for team in (owes, to)]
            return " → ".join(team.name if team else str(id) for team, id in zip(teams, (owes, to), strict=True))
        case _:
            return "Other agreements"


def _by_document(results: list[Result], entries: Mapping[str, Entry]) -> list[View]:
    """A row a document: its id, a line for each window, and the steps that are due."""
    documents: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        documents.setdefault((result.kind, result.id), []).append(result)
    return [
        {
            "id": id,
            "windows": [_window(result, entries.get(f"{kind}:{id}")) for result in of_document],
            "due": due_words(step for result in of_document for step in result.verdict.escalations),
        }
        for (kind, id), of_document in documents.items()
    ]


def _window(result: Result, entry: Entry | None) -> View:
    words = result_words(result)
    counts = words["counts"]
    status = words["status"]
    # A share never stands without its counts; what is none says below it what it is made of.
    return {
        "window": words["window"],
        "result": f"{counts.replace(' of ', '/')} {words['shown']}" if words["is_share"] and counts else words["shown"],
        "limit": words["short_limit"] or NONE,
        "status": f"{status['shape']} {status['word'].lower()}" if status else "",
        "notes": [
            *(["so far"] if words["so_far"] else []),
            *([words["hint"]] if words["hint"] else []),
            *(needed_words(result, entry.fields) if entry else []),
            *([counts] if counts and not words["is_share"] else []),
            *words["beside"],
        ],
    }


def _findings(findings: tuple[Finding, ...]) -> View:
    worst_first = sorted(findings, key=lambda finding: SEVERITY[finding.level])
    lines = [f"{LEVELS[finding.level]}[{finding.code}] {finding.message}" for finding in worst_first[:FINDINGS_SHOWN]]
    if len(findings) > FINDINGS_SHOWN:
        lines.append(f"and {len(findings) - FINDINGS_SHOWN} more: `aac check --format json` has them all")
    return {"counts": _level_counts(findings), "lines": lines}


def _level_counts(findings: Iterable[Finding]) -> str:
    levels = [finding.level for finding in findings]
    return ", ".join(plural(levels.count(level), noun) for level, noun in LEVELS.items() if level in levels)


def _next_step(results: Results, findings: tuple[Finding, ...]) -> str:
    """The one thing to do now: look at what was late where that was too much, mend the worst finding, or build."""
    for result in results.headline():
        reading = result.reading
        if isinstance(reading, ClockReading) and result.verdict.status is Status.OFF_TARGET:
            n = reading.count(Outcome.LATE)
            late = "the one that was late" if n == 1 else f"the {n:,} that were late"
            page = f"site/{result.kind}/{result.id}.html"
            return f"`aac build` and open {page}: {late} in {reading.window.label}"
    mendable = [finding for finding in findings if finding.level != "info"]
    if mendable:
        worst = min(mendable, key=lambda finding: SEVERITY[finding.level])
        return worst.instead + (f" ({worst.span})" if worst.span else "")
    return "`aac build` writes the wiki"


class _Columns:
    """Where the columns of the screen begin: as wide as their widest cell, the id taking what is left."""

    def __init__(self, rows: list[View]) -> None:
        cells = [window for row in rows for window in row["windows"]]
        self.widths = {
            "window": max([6, *(len(cell["window"]) for cell in cells)]),
            "result": max([6, *(len(cell["result"]) for cell in cells)]),
            "limit": max([9, *(len(cell["limit"]) for cell in cells)]),
        }
        status = max([6, *(len(cell["status"]) for cell in cells)])
        left = WIDTH - 4 - sum(width + 2 for width in self.widths.values()) - status
        self.id = max(8, min(left, max([20, *(len(row["id"]) for row in rows)])))

    def line(self, first: str, cells: Mapping[str, str]) -> str:
        columns = [cells[name].ljust(width) for name, width in self.widths.items()]
        return "  ".join([first.ljust(self.id + 2), *columns, cells["status"]]).rstrip()

    def titles(self, section: str, limit: str) -> list[str]:
        return ["", self.line(section, {"window": "window", "result": "result", "limit": limit, "status": "status"})]

    def lines(self, row: View) -> list[str]:
        """A row: an id too long for its column stands on a line of its own."""
        first = f"  {row['id']}"
        lines = [first] if len(row["id"]) > self.id else []
        for window in row["windows"]:
            lines.append(self.line("" if lines else first, window))
            lines += _wrapped(window["notes"], 5)
        for step in row["due"]:
            lines += _wrapped(_due(step), 5)
        return lines


def _due(step: View) -> list[str]:
    action = f"due ({step['at']}): {step['do']}" + (f" → {step['to']}" if step["to"] else "")
    more = f" and {step['more']} more" if step["more"] else ""
    return [action, *([", ".join(step["keys"]) + more] if step["keys"] else [])]


def _wrapped(pieces: list[str], indent: int) -> list[str]:
    """Pieces with dots between them on as few lines as they need; a piece is not broken."""
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1]) + 3 + len(piece) <= WIDTH:
            lines[-1] += f" · {piece}"
        else:
            lines.append(" " * indent + piece)
    return lines


def _shortened(line: str) -> str:
    line = visible(line)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def findings_text(findings: Iterable[Finding], color: bool = False) -> str:
    """Each finding with its place, its line and a caret, and what to write instead; empty without findings.

    Text of documents and of data is made visible: no character of it reaches the terminal as a command.
    """
    return "\n".join(_finding_text(finding, color) for finding in findings)


def closing_line(findings: Iterable[Finding], documents: int) -> str:
    """`4 errors in 3 files · nothing was changed`; without errors `12 documents are fine`."""
    findings = tuple(findings)
    counts = _level_counts(findings)
    if any(finding.level == "error" for finding in findings):
        files = {finding.span.file for finding in findings if finding.span}
        return counts + (f" in {plural(len(files), 'file')}" if files else "") + " · nothing was changed"
    fine = "1 document is fine" if documents == 1 else f"{documents:,} documents are fine"
    return f"{fine} · {counts}" if counts else fine


def _finding_text(finding: Finding, color: bool) -> str:
    span = finding.span
    gutter = " " * (len(str(span.line)) if span else 1)
    lines = [f"{_painted(f'{LEVELS[finding.level]}[{finding.code}]', finding, color)}: {visible(finding.message)}"]
    if span:
        lines.append(f"{gutter} ┌─ {visible(str(span))}")
        if span.text.strip():
            text, mark = _marked(span)
            lines += [f"{span.line} │ {text}", f"{gutter} │ {_painted(mark, finding, color)}"]
    elif finding.doc:
        lines.append(f"{gutter} ┌─ {visible(finding.doc)}")
    if finding.keys:
        keys = ", ".join(f"`{visible(key)}`" for key in finding.keys[:KEYS_SHOWN])
        more = finding.count - min(KEYS_SHOWN, len(finding.keys))
        lines.append(f"{gutter} = records: {keys}" + (f" and {more:,} more" if more > 0 else ""))
    elif finding.count > 1:
        lines.append(f"{gutter} = {plural(finding.count, 'record')}")
    if finding.instead:
        lines.append(f"{gutter} = {WRITE.sub('write: ', visible(finding.instead))}")
    return "".join(f"{line}\n" for line in lines)


def _painted(text: str, finding: Finding, color: bool) -> str:
    return f"{COLORS[finding.level]}{text}{PLAIN}" if color else text


def _marked(span: Span) -> tuple[str, str]:
    """The line of a finding and the carets below it; of a long line the part around the mark."""
    start, end = span.col - 1, span.col - 1 + max(1, span.length)
    before, marked, after = _shown(span.text[:start]), _shown(span.text[start:end]), _shown(span.text[end:].rstrip())
    if len(before) > LINE // 2:
        before = "…" + before[-LINE // 2 :]
    marked = marked if len(marked) <= LINE // 2 else marked[: LINE // 2] + "…"
    room = max(0, LINE - len(before) - len(marked))
    after = after if len(after) <= room else after[:room] + "…"
    return before + marked + after, " " * _columns_of(before) + "^" * max(1, _columns_of(marked))


def _shown(text: str) -> str:
    return visible(text.replace("\t", "    "))


def _columns_of(text: str) -> int:
    """How many columns of a terminal a text takes: ideographs two, marks that stand on another character none."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) in ("Mn", "Me") for character in text)


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [TextReport]
