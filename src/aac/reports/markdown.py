"""Agreements and findings as two tables in Markdown, as a pull request or a chat shows them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Literal

from aac.hookspecs import hookimpl
from aac.reports.annotations import annotated
from aac.reports.base import Page
from aac.reports.wording import LEVELS, NONE, count_words, result_words, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aac.reports.base import Report, ReportProject, View
    from aac.results import Result, Results

CODE = re.compile(r"(`[^`]*`)")
PUNCTUATION = re.compile(r"([\\*_\[\]<>&#~`])")


class MarkdownReport:
    """Totals and findings; text of documents stays text, but for what stands in backticks."""

    name: ClassVar[str] = "markdown"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """``title``, ``summary``, the ``rows`` of agreements and metrics, and the ``findings``."""
        totals = [result for result in results.results if not result.reading.by and result.verdict.status is not None]
        return {
            "title": results.project,
            "summary": count_words(results.headline()),
            "rows": [_row(result) for result in totals],
            "findings": annotated(project, results)[: len(results.findings)],
        }

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `check.md`."""
        parts = [f"### {_plain(view['title'])}\n"]
        parts += [f"{view['summary']}\n"] if view["summary"] else []
        if view["rows"]:
            rows = [
                [_code(row["id"]), row["window"], row["shown"], row["limit"], row["status"]] for row in view["rows"]
            ]
            parts.append(_table(["", "window", "result", "agreed", "status"], rows))
        if view["findings"]:
            parts.append(_table(["finding", "where", "what is wrong", "instead"], map(_finding, view["findings"])))
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
        "status": f"{words['status']['shape']} {words['status']['word'].lower()}",
    }


def _finding(view: View) -> list[str]:
    where = _code(f"{view['file']}:{view['line']}:{view['col']}")
    return [f"{LEVELS[view['level']]} {view['rule']}", where, _plain(view["message"]), _plain(view["instead"])]


def _table(titles: list[str], rows: Iterable[list[str]]) -> str:
    """A table of GitHub's Markdown; a bar inside a cell is escaped, also in code."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _plain(text: str) -> str:
    """Text with the code in it as code, and everything else as it is."""
    parts = CODE.split(visible(text))
    return "".join(part if CODE.fullmatch(part) else PUNCTUATION.sub(r"\\\1", part) for part in parts)


def _code(text: str) -> str:
    """Text as code, whatever backticks it has."""
    text = visible(text)
    return f"`` {text} ``" if "`" in text else f"`{text}`"


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [MarkdownReport]
