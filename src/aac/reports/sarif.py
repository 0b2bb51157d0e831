"""Findings and missed agreements as SARIF 2.1.0 (OASIS), which code scanning services read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote

from aac.distribution import VERSION
from aac.hookspecs import hookimpl
from aac.reports.annotations import annotated, rules_of, sentence
from aac.reports.base import Page
from aac.reports.json import dumps
from aac.reports.wording import visible

if TYPE_CHECKING:
    from aac.reports.base import Report, ReportProject, View
    from aac.results import Results

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}


class SarifReport:
    """One log with one run; columns count characters, paths are relative to the project."""

    name: ClassVar[str] = "sarif"
    made_by: ClassVar[Literal["check", "build"]] = "check"

    def view(self, project: ReportProject, results: Results) -> View:
        """The log."""
        found = annotated(project, results)
        rules = rules_of(found)
        places = {rule["id"]: at for at, rule in enumerate(rules)}
        driver = {"name": "aac", "semanticVersion": VERSION, "rules": [_rule(rule) for rule in rules]}
        run = {
            "tool": {"driver": driver},
            "columnKind": "unicodeCodePoints",
            "results": [_result(view, places[view["rule"]]) for view in found],
        }
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}

    def render(self, view: View) -> tuple[Page, ...]:
        """The page `aac.sarif`."""
        return (Page("aac.sarif", dumps(view) + "\n"),)


def _rule(rule: View) -> dict[str, Any]:
    described = {"fullDescription": {"text": rule["means"]}} if rule["means"] else {}
    return {
        "id": rule["id"],
        "shortDescription": {"text": rule["title"]},
        **described,
        "defaultConfiguration": {"level": LEVELS[rule["level"]]},
    }


def _result(view: View, rule: int) -> dict[str, Any]:
    region = {"startLine": view["line"], "startColumn": view["col"], "endColumn": view["end"]}
    snippet = {"snippet": {"text": view["text"]}} if view["text"] else {}
    location = {"artifactLocation": {"uri": quote(view["file"], errors="surrogateescape")}, "region": region | snippet}
    return {
        "ruleId": view["rule"],
        "ruleIndex": rule,
        "level": LEVELS[view["level"]],
        "message": {"text": visible(sentence(view))},
        "locations": [{"physicalLocation": location}],
        "partialFingerprints": {"aac/v1": view["fingerprint"]},
    }


@hookimpl
def aac_reports() -> list[type[Report]]:
    return [SarifReport]
