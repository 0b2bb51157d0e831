"""The screen of `aac check`, 80 columns wide, and findings as a compiler shows them (UX 4.3 b and c)."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import TYPE_CHECKING, ClassVar, Literal

from aac.distribution import VERSION
from aac.findings import MOST, in_reading_order
from aac.hookspecs import hookimpl
from aac.reports.base import Page
from aac.reports.ending import SEVERITY, exit_words, next_steps
from aac.reports.overview import by_document, by_pair, teams_of
from aac.reports.wording import LEVELS, as_of_words, count_words, freshness_of_all, plural, visible
from aac.results import CardReading, ClockReading

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.findings import Finding, Span
    from aac.reports.base import Entry, Report, ReportProject, View
    from aac.results import Result, Results

WIDTH = 80
LINE = 100
"""The longest part of a source line that is shown with a finding."""
WRITE = re.compile(r"^write (?=`)")
SETTLED = "AAC445"
"""A number that was reported is another one now: told before all else of its level."""
FINDINGS_SHOWN = 5
AFFECTS_SHOWN = 4
KEYS_SHOWN = 5
COLORS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "info": "\x1b[1;36m"}
PLAIN = "\x1b[0m"
WIDTHS = {"window": (6, 9), "result": (6, 16), "limit": (9, 12)}
"""How wide each column of the screen is, at least and at most."""


class TextReport:
    """What `aac check` prints: totals only; groups are in the wiki and in JSON."""

    name: ClassVar[str] = "text"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """Everything the screen says: words and numbers as they are printed."""
        entries = {f"{entry.kind}:{entry.id}": entry for entry in project.entries()}
        totals = [result for result in results.results if not result.reading.by]
        cards = [result for result in totals if isinstance(result.reading, CardReading)]
        promises = [result for result in totals if _is_promise(result, entries)]
        numbers = [result for result in totals if result not in cards and result not in promises]
        zone = project.timezone
        findings = in_reading_order((*project.findings, *results.findings))
        freshness = freshness_of_all(results)
        header = [
            f"aac {VERSION}",
            results.project + (f" @ {results.revision}" if results.revision else ""),
            f"data as of {as_of_words(results, project.timezone)}",
            *([freshness["word"]] if freshness else []),
        ]
        agreements = by_pair(promises, entries, results, zone)
        metrics, scorecards = (by_document(found, entries, results, zone) for found in (numbers, cards))
        shown = [row["subject"] for group in (*agreements, metrics, scorecards) for row in group["rows"]]
        return {
            "header": header,
            "agreements": agreements,
            "metrics": metrics,
            "scorecards": scorecards,
            "findings": _findings(findings),
            "summary": count_words(results.headline()) or "nothing to judge yet",
            "exit": exit_words(results),
            "next": next_steps(results, findings, shown, entries),
        }

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `check.txt`."""
        lines = _wrapped(view["header"], 0)
        lines += _section("Agreements", "objective", view["agreements"])
        lines += _section("Metrics", "target", [view["metrics"]])
        lines += _section("Scorecards", "target", [view["scorecards"]])
        if view["findings"]["counts"]:
            lines += ["", f"Findings  {view['findings']['counts']}"]
            lines += [_shortened(f"  {line}") for line in view["findings"]["lines"]]
        for text in (view["summary"], *([view["exit"]] if view["exit"] else [])):
            lines += textwrap.wrap(text, WIDTH, break_on_hyphens=False)
        lines += map(_shortened, _beside(view["next"]))
        return (Page("check.txt", "".join(f"{visible(line)}\n" for line in lines)),)


def _findings(findings: tuple[Finding, ...]) -> View:
    worst_first = sorted(findings, key=lambda finding: (SEVERITY[finding.level], finding.code != SETTLED))
    lines = [f"{LEVELS[finding.level]}[{finding.code}] {_told(finding)}" for finding in worst_first[:FINDINGS_SHOWN]]
    if len(findings) > FINDINGS_SHOWN:
        lines.append(f"and {len(findings) - FINDINGS_SHOWN} more: `aac check --format json` has them all")
    return {"counts": _level_counts(findings), "lines": lines}


def _told(finding: Finding) -> str:
    """Its message, after the entity that it is about where the message does not name it."""
    kind, _, id = (finding.doc or "").partition(":")
    entity = finding.entity or (id if kind == "entity" else "")
    return f"{entity}: {finding.message}" if entity and entity not in finding.message else finding.message


def _level_counts(findings: Iterable[Finding]) -> str:
    levels = [finding.level for finding in findings]
    return ", ".join(plural(levels.count(level), noun) for level, noun in LEVELS.items() if level in levels)


def _is_promise(result: Result, entries: Mapping[str, Entry]) -> bool:
    """Whether it is a promise in time, or of a volume between two teams."""
    return isinstance(result.reading, ClockReading) or bool(teams_of(result, entries))


def _beside(steps: list[View]) -> list[str]:
    """What to do next: on one line where there is room for it, else each below the other."""
    alone = [f"{step['title']}  {step['words']}" for step in steps]
    line = (" " * 5).join(alone)
    width = max(len(step["title"]) for step in steps)
    return [line] if len(line) <= WIDTH else [f"{step['title']:{width}}  {step['words']}" for step in steps]


def _section(title: str, limit: str, groups: list[View]) -> list[str]:
    """A part of the screen: groups of documents, each maybe with a title; nothing when they are empty."""
    rows = [row for group in groups for row in group["rows"]]
    if not rows and not any(group["folded"] for group in groups):
        return []
    columns = _Columns(rows)
    lines = ["", columns.titles(title, limit) if rows else title]
    for group in groups:
        lines += [f" {group['title']}"] if "title" in group else []
        for row in group["rows"]:
            lines += columns.lines(row)
        for folded in group["folded"]:
            first, *others = folded["pieces"]
            lines += _wrapped([f"{folded['label']}: {first}", *others], 2, 5)
            for pieces in folded["through"]:
                lines += _wrapped(pieces, 5, 7)
    return lines


class _Columns:
    """Where the columns of the screen begin: as wide as most cells are, the id taking what is left.

    A cell that is wider moves those after it to the right.
    """

    def __init__(self, rows: list[View]) -> None:
        cells = [window for row in rows for window in row["windows"]]
        self.widths = {
            name: max(least, *(min(most, len(cell[name])) for cell in cells)) if cells else least
            for name, (least, most) in WIDTHS.items()
        }
        status = max([6, *(len(cell["status"]) for cell in cells)])
        left = WIDTH - 4 - sum(width + 2 for width in self.widths.values()) - status
        self.id = max(8, min(left, max([20, *(len(row["id"]) for row in rows)])))

    def line(self, first: str, cells: Mapping[str, str]) -> str:
        line, start = first, self.id + 2
        for name, width in (*self.widths.items(), ("status", 0)):
            line = line.ljust(start + 2) if len(line) <= start else f"{line}  "
            line += cells[name]
            start += width + 2
        return line.rstrip()

    def fitted(self, first: str, cells: Mapping[str, str]) -> str:
        """The line, with less room between its cells where it would be too long."""
        line = self.line(first, cells)
        if len(line) <= WIDTH:
            return line
        others = "  ".join(cells[name] for name in (*self.widths, "status"))
        return first.ljust(max(len(first) + 2, min(self.id + 4, WIDTH - len(others)))) + others

    def titles(self, section: str, limit: str) -> str:
        return self.line(section, {"window": "window", "result": "result", "limit": limit, "status": "status"})

    def lines(self, row: View) -> list[str]:
        """A row: an id too long for its column, or beside cells that need its room, stands on a line of its own."""
        first = f"  {row['id']}"
        is_alone = len(row["id"]) > self.id or len(self.fitted(first, row["windows"][0])) > WIDTH
        lines = [first] if is_alone else []
        for window in row["windows"]:
            lines.append(self.fitted("" if lines else first, window))
            for pieces in (window["notes"], window["through"], *window["late"]):
                lines += _wrapped(pieces, 5)
        for step in row["due"]:
            lines += _wrapped(_due(step), 5)
        return lines


def _due(step: View) -> list[str]:
    action = f"due ({step['at'].replace('_', ' ')}): {step['do']}" + (f" → {step['to']}" if step["to"] else "")
    more = f" and {step['more']} more" if step["more"] else ""
    return [action, *([", ".join(step["keys"]) + more] if step["keys"] else [])]


def _wrapped(pieces: list[str], indent: int, hanging: int | None = None) -> list[str]:
    """Pieces with dots between them on as few lines as they need, those after the first indented by ``hanging``; a
    piece is not broken."""
    lines: list[str] = []
    for piece in pieces:
        if lines and len(lines[-1]) + 3 + len(piece) <= WIDTH:
            lines[-1] += f" · {piece}"
        else:
            lines.append(" " * (hanging if lines and hanging is not None else indent) + piece)
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
        counts += f" in {plural(len(files), 'file')}" if files else ""
        counts += ", and maybe more: no further ones were looked for" if len(findings) >= MOST else ""
        return f"{counts} · nothing was changed"
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
        what = "columns" if finding.code.startswith("AAC6") else "records"  # a source lacks columns
        lines.append(f"{gutter} = {what}: {keys}" + (f" and {more:,} more" if more > 0 else ""))
    elif finding.count > 1:
        lines.append(f"{gutter} = {plural(finding.count, 'record')}")
    if finding.affects:
        others = len(finding.affects) - AFFECTS_SHOWN
        shown = ", ".join(f"`{visible(subject)}`" for subject in finding.affects[:AFFECTS_SHOWN])
        lines.append(f"{gutter} = counts in: {shown}" + (f" and {others:,} more" if others > 0 else ""))
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
