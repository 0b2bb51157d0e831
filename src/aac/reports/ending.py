"""How the screen of `aac check` ends: with which exit code and why, and where to look next."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from aac.judging import exit_code
from aac.reports.wording import LEVELS, plural, visible
from aac.results import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.findings import Finding
    from aac.reports.base import Entry, View
    from aac.results import Result, Results

PHRASES: Mapping[Status, str] = {
    Status.OFF_TARGET: "off target",
    Status.AT_RISK: "at risk",
    Status.STALE: "with data too old",
    Status.NOT_MEASURABLE: "not measurable",
}
"""What is said of several that end a run (`--fail-on`), the worst first."""
NOUNS = {"sla": "agreement", "metric": "metric", "scorecard": "scorecard"}
"""What documents of a kind are called, in the order in which they are told; of other kinds by the kind's own name."""
ROOM = 74
"""Columns that one thing to do has on the screen."""
SEVERITY = {level: n for n, level in enumerate(LEVELS)}


def exit_words(results: Results) -> str | None:
    """`Exit 1: 3 agreements off target (`--fail-on never` to only report)`; null where nobody asks for a code."""
    if results.fail_on is None:
        return None
    code = exit_code(results.deciding(), results.has_warnings, results.fail_on)
    listed = [(status, words) for status, words in PHRASES.items() if status.value in results.fail_on]
    if code:
        found = [_several(results.followed(), status, words) for status, words in listed]
        wrong = sum(finding.level != "info" for finding in results.findings)
        found += [plural(wrong, "warning")] if wrong and "findings" in results.fail_on else []
        return f"Exit {code}: {'; '.join(filter(None, found))} (`--fail-on never` to only report)"
    if "never" in results.fail_on:
        return "Exit 0: `--fail-on never` only reports"
    none = [words for _, words in listed] + (["to warn of"] if "findings" in results.fail_on else [])
    return f"Exit 0: nothing {' or '.join(none)}"


def _several(results: Iterable[Result], status: Status, words: str) -> str:
    """`7 agreements, 5 metrics and 1 scorecard off target`; empty when none stands so."""
    counts = Counter(result.kind for result in results if result.standing is status)
    told = [plural(counts[kind], NOUNS.get(kind, kind)) for kind in dict.fromkeys((*NOUNS, *counts)) if counts[kind]]
    several = " and ".join(filter(None, (", ".join(told[:-1]), *told[-1:])))
    return f"{several} {words}" if several else ""


def next_steps(
    results: Results, findings: Iterable[Finding], shown: Iterable[str], entries: Mapping[str, Entry]
) -> list[View]:
    """Where to look now, each as ``title`` and ``words``: the page of the first of those ``shown`` (``kind:id``) that
    is off target, and the agenda that has it; else the worst finding; else the wiki. Pages may have to be built."""
    off = {f"{r.kind}:{r.id}": r for r in results.headline() if r.standing is Status.OFF_TARGET}
    worst = next((subject for subject in shown if subject in off), None)
    if worst is not None:
        path = f"site/{worst.replace(':', '/')}.html"
        page = {"title": "Details", "words": path if path in results.pages else f"`aac build`, then {path}"}
        meeting = _meeting(off[worst], entries.get(worst))
        return [page, *([{"title": "Agenda", "words": f"`aac agenda {meeting}`"}] if meeting else [])]
    mendable = [finding for finding in findings if finding.level != "info"]
    if mendable:
        first = min(mendable, key=lambda finding: SEVERITY[finding.level])
        whole = f"{first.instead} ({first.span})" if first.span else first.instead
        return [{"title": "Next", "words": whole if len(visible(whole)) <= ROOM else first.instead}]
    wiki = "site/index.html" if "site/index.html" in results.pages else "`aac build` writes the wiki"
    return [{"title": "Next", "words": wiki}]


def _meeting(result: Result, entry: Entry | None) -> str | None:
    """The meeting that has it on its agenda: the one that a step of it leads to, else one that shows it."""
    steps = [step.meeting for step in result.verdict.escalations if step.meeting is not None]
    named = (*(f"meeting:{step}" for step in steps), *((*entry.mentioned_in, *entry.used_by) if entry else ()))
    return next((subject.partition(":")[2] for subject in named if subject.startswith("meeting:")), None)
