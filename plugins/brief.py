"""A report of a team's own: one line a promise, short enough for a chat."""

from __future__ import annotations

from typing import ClassVar, Literal

from aac import Page, Report, ReportProject, Results, View, hookimpl


class Brief:
    name: ClassVar[str] = "brief"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        lines = [f"{r.id} {r.reading.window.label}: {r.verdict.status}" for r in results.headline()]
        return {"title": project.name, "lines": lines}

    def render(self, view: View) -> tuple[Page, ...]:
        return (Page("brief.txt", "\n".join([view["title"], *view["lines"]]) + "\n"),)


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [Brief]
