"""Findings and missed agreements as workflow commands of GitHub, which a pull request shows beside its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from aac.hookspecs import hookimpl
from aac.reports.annotations import annotated, sentence
from aac.reports.base import Page
from aac.reports.wording import visible

if TYPE_CHECKING:
    from aac.reports.base import Report, ReportProject, View
    from aac.results import Results

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})
"""What a command's message and its properties write otherwise, as in GitHub's own `@actions/core`."""


class GithubReport:
    """A command a line: `::error file=…,line=…,col=…,endColumn=…,title=…::…`."""

    name: ClassVar[str] = "github"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """``annotations``, in the order they are written."""
        return {"annotations": annotated(project, results)}

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `annotations.txt`."""
        return (Page("annotations.txt", "".join(_command(part) for part in view["annotations"])),)


def _command(view: View) -> str:
    places = {
        "file": view["file"],
        "line": view["line"],
        "col": view["col"],
        "endColumn": view["end"],
        "title": view["rule"],
    }
    properties = ",".join(f"{name}={_visible(str(value)).translate(PROPERTY)}" for name, value in places.items())
    return f"::{COMMANDS[view['level']]} {properties}::{_visible(sentence(view)).translate(MESSAGE)}\n"


def _visible(text: str) -> str:
    return visible(text, keep="\r\n")


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [GithubReport]
