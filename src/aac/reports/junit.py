"""Documents and agreements as test cases in JUnit's XML, which every build server shows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Literal

from aac.hookspecs import hookimpl
from aac.reports.annotations import annotated, sentence
from aac.reports.base import Page
from aac.reports.wording import result_words, visible
from aac.results import Status

if TYPE_CHECKING:
    from aac.reports.base import Report, ReportProject, View
    from aac.results import Result, Results

NO_CHARACTERS = re.compile("[\ufffe\uffff]")
"""What XML 1.0 may not hold, beside what `visible` writes otherwise."""
ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})
ENDINGS = {
    Status.OFF_TARGET: "failure",
    Status.STALE: "error",
    Status.NOT_MEASURABLE: "skipped",
    Status.NOT_ENOUGH_DATA: "skipped",
}
"""How a test ends that is no success."""


class JunitReport:
    """A suite of files, which fail with their errors, and one of agreements, which fail when they are off target."""

    name: ClassVar[str] = "junit"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """``suites`` with their ``cases``; a case has an ``ending`` (null if all is well), words and an ``output``."""
        suites = [{"name": "documents", "cases": _cases_of_files(project, results)}]
        judged = [result for result in results.headline() if result.verdict.status is not None]
        if judged:
            suites.append({"name": "agreements", "cases": [_case_of_result(result) for result in judged]})
        return {"suites": suites}

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `junit.xml`."""
        cases = [case for suite in view["suites"] for case in suite["cases"]]
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites name="aac" {_counts(cases, skipped=False)}>']
        for suite in view["suites"]:
            lines.append(f"  <testsuite name={_quoted(suite['name'])} {_counts(suite['cases'])}>")
            for case in suite["cases"]:
                lines += _case(case)
            lines.append("  </testsuite>")
        return (Page("junit.xml", "\n".join([*lines, "</testsuites>", ""])),)


def _cases_of_files(project: ReportProject, results: Results) -> list[View]:
    """A case a file: its errors make it fail, its other findings are its output."""
    found = annotated(project, results)[: len(results.findings)]
    files = sorted({*(entry.file for entry in project.entries()), *(view["file"] for view in found)})
    cases: list[View] = []
    for file in files:
        told = [view for view in found if view["file"] == file]
        errors = [view for view in told if view["level"] == "error"]
        others = [view for view in told if view["level"] != "error"]
        cases.append(
            {
                "name": file,
                "classname": "documents",
                "ending": "failure" if errors else None,
                "type": errors[0]["rule"] if errors else "",
                "message": sentence(errors[0]) if errors else "",
                "text": _lines(errors),
                "output": _lines(others),
            }
        )
    return cases


def _lines(found: list[View]) -> str:
    return "".join(f"{v['file']}:{v['line']}:{v['col']}: {v['level']}[{v['rule']}] {sentence(v)}\n" for v in found)


def _case_of_result(result: Result) -> View:
    words, status = result_words(result), result.verdict.status
    assert status is not None
    counts = f" ({words['counts']})" if words["counts"] else ""
    parts = [words["status"]["word"].lower(), f"{words['shown']}{counts}"]
    parts += [f"{words['limit']} was agreed"] if words["limit"] else []
    ending = ENDINGS.get(status)
    said = ", ".join([*parts, *words["beside"]])
    return {
        "name": f"{result.id} {words['window']}",
        "classname": result.kind,
        "ending": ending,
        "type": status.value if ending else "",
        "message": said if ending else "",
        "text": "",
        "output": "" if ending else f"{said}\n",
    }


def _counts(cases: list[View], *, skipped: bool = True) -> str:
    endings = [case["ending"] for case in cases]
    counts = f'tests="{len(cases)}" failures="{endings.count("failure")}" errors="{endings.count("error")}"'
    return f'{counts} skipped="{endings.count("skipped")}"' if skipped else counts


def _case(case: View) -> list[str]:
    opening = f"    <testcase name={_quoted(case['name'])} classname={_quoted(case['classname'])}"
    inner: list[str] = []
    if case["ending"]:
        attributes = f"type={_quoted(case['type'])} message={_quoted(case['message'])}"
        inner.append(f"      <{case['ending']} {attributes}>{_escaped(case['text'])}</{case['ending']}>")
    if case["output"]:
        inner.append(f"      <system-out>{_escaped(case['output'])}</system-out>")
    return [f"{opening}>", *inner, "    </testcase>"] if inner else [f"{opening}/>"]


def _escaped(text: str, keep: str = "\n") -> str:
    return NO_CHARACTERS.sub("\ufffd", visible(text, keep)).translate(ESCAPES)


def _quoted(text: str) -> str:
    return f'"{_escaped(text, keep="")}"'


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [JunitReport]
