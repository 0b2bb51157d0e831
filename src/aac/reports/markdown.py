"""Agreements and findings as two tables in Markdown, as a pull request or a chat shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from aac.hookspecs import hookimpl
from aac.reports.annotations import annotated
from aac.reports.base import Page
from aac.reports.overview import late_lines
from aac.reports.tables import code, plain, table
from aac.reports.wording import LEVELS, NONE, count_words, result_words

if TYPE_CHECKING:
    from aac.reports.base import Report, ReportProject, View
    from aac.results import Result, Results


class MarkdownReport:
    """Totals and findings; text of documents stays text, but for what stands in backticks."""

    name: ClassVar[str] = "markdown"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """``title``, ``summary``, the ``rows`` of agreements and metrics, the ``late`` items that were asked for, and
        the ``findings``."""
        totals = [result for result in results.results if not result.reading.by and result.verdict.status is not None]
        return {
            "title": results.project,
            "summary": count_words(results.headline()),
            "rows": [_row(result) for result in totals],
            "late": [row for result in totals for row in _late(project, results, result)],
            "findings": annotated(project, results)[: len(results.findings)],
        }

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `check.md`."""
        parts = [f"### {plain(view['title'])}\n"]
        parts += [f"{view['summary']}\n"] if view["summary"] else []
        if view["rows"]:
            rows = [[code(row["id"]), row["window"], row["shown"], row["limit"], row["status"]] for row in view["rows"]]
            parts.append(table(["", "window", "result", "agreed", "status"], rows))
        if view["late"]:
            parts.append(table(["late", "window", "item", "", ""], view["late"]))
        if view["findings"]:
            parts.append(table(["finding", "where", "what is wrong", "instead"], map(_finding, view["findings"])))
        if not view["rows"] and not view["findings"]:
            parts.append("Nothing is wrong.\n")
        return (Page("check.md", "\n".join(parts)),)


def _row(result: Result) -> View:
    words = result_words(result)
    counts = f" ({words['counts']})" if words["counts"] else ""
    return {
        "id": result.id,
        "window": words["window"] + (", so far" if words["so_far"] else ""),
        "shown": words["shown"] + counts,
        "limit": words["limit"] or NONE,
        "status": f"{words['status']['shape']} {words['status']['word'].lower()}" if words["status"] else NONE,
    }


def _late(project: ReportProject, results: Results, result: Result) -> list[list[str]]:
    """A row for each late item of a window: of what, in which window, its key, when it was due, and by how much."""
    entry = next((e for e in project.entries() if (e.kind, e.id) == (result.kind, result.id)), None)
    days = "business" not in str(entry.fields.get("when") if entry else "")
    lines = late_lines(result, results.items, project.timezone, days=days)
    window = result_words(result)["window"]
    return [[code(result.id), window, *([plain(line[0]), *map(plain, line[1:]), "", ""][:3])] for line in lines]


def _finding(view: View) -> list[str]:
    where = code(f"{view['file']}:{view['line']}:{view['col']}")
    return [f"{LEVELS[view['level']]} {view['rule']}", where, plain(view["message"]), plain(view["instead"])]


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [MarkdownReport]
