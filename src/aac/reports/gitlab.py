"""Findings and missed agreements as a code quality report of GitLab, which a merge request shows beside its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from aac.hookspecs import hookimpl
from aac.reports.annotations import annotated, sentence
from aac.reports.base import Page
from aac.reports.json import dumps
from aac.reports.wording import visible

if TYPE_CHECKING:
    from aac.reports.base import Report, ReportProject, View
    from aac.results import Results

SEVERITIES = {"error": "critical", "warning": "minor", "info": "info"}


class GitlabReport:
    """A list of issues; the fingerprint of one stays the same when it only moves."""

    name: ClassVar[str] = "gitlab"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """``issues``, as the report lists them."""
        issues = [
            {
                "description": visible(sentence(view)),
                "check_name": view["rule"],
                "fingerprint": view["fingerprint"],
                "severity": SEVERITIES[view["level"]],
                "location": {"path": view["file"], "lines": {"begin": view["line"]}},
            }
            for view in annotated(project, results)
        ]
        return {"issues": issues}

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `gl-code-quality-report.json`, the name that GitLab's documentation gives it."""
        return (Page("gl-code-quality-report.json", dumps(view["issues"]) + "\n"),)


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [GitlabReport]
