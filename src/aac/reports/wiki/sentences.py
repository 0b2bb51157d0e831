"""What a reader should know first, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.reports.wording import plural, result_words
from aac.results import CardReading, ClockReading, NumberReading, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from aac.findings import Finding
    from aac.reports.base import View
    from aac.results import Result, Results

PHRASES: Mapping[Status, tuple[str, str]] = {
    Status.OFF_TARGET: ("is off target", "are off target"),
    Status.AT_RISK: ("is at risk", "are at risk"),
    Status.STALE: ("rests on data that is too old", "rest on data that is too old"),
    Status.NOT_MEASURABLE: ("cannot be measured", "cannot be measured"),
    Status.NOT_ENOUGH_DATA: ("has not enough data yet", "have not enough data yet"),
    Status.ON_TARGET: ("is on target", "are on target"),
}
"""What a sentence says of one document and of several, the worst first."""


def sentences(
    results: Results, findings: tuple[Finding, ...], links: Mapping[str, View], stars: Collection[str]
) -> list[str]:
    """What a reader should know first; ``stars``: the metrics that all others lead to, as `metric:id`."""
    clocks = [result for result in results.headline() if isinstance(result.reading, ClockReading)]
    numbers = [result for result in results.headline() if isinstance(result.reading, NumberReading)]
    cards = [result for result in results.headline() if isinstance(result.reading, CardReading)]
    sentences = [
        *_north_star(results, links, stars),
        _standing(clocks, "agreement", "agreements"),
        _standing(numbers, "metric", "metrics with a target"),
    ]
    sentences.append(_standing(cards, "scorecard", "scorecards"))
    sentences.append(_at_risk(results, links))
    wrong = sum(finding.level != "info" for finding in findings)
    if wrong:
        sentences.append(
            f"{plural(wrong, 'thing')} in the documents or the data {'needs' if wrong == 1 else 'need'} a look."
        )
    return [sentence for sentence in sentences if sentence]


def _north_star(results: Results, links: Mapping[str, View], stars: Collection[str]) -> list[str]:
    """`The north star, New customers, is off target: 11 in 2026-02, agreed ≥ 15.`"""
    found = [result for result in results.headline() if f"{result.kind}:{result.id}" in stars and result.verdict.status]
    told: list[str] = []
    for result in found:
        words, name = result_words(result), links[f"{result.kind}:{result.id}"]["name"]
        phrase = PHRASES[result.verdict.status or Status.ON_TARGET][0]
        told.append(
            f"The north star, {name}, {phrase}: {words['shown']} in {words['window']}, agreed {words['limit']}."
        )
    return told


def _standing(results: list[Result], one: str, several: str) -> str:
    """`Of 5 agreements, 2 are off target and 3 are on target.`; empty when none has a status."""
    statuses = [result.verdict.status for result in results if result.verdict.status is not None]
    counts = [(statuses.count(status), phrases) for status, phrases in PHRASES.items() if status in statuses]
    if len(counts) == 1:
        n, phrases = counts[0]
        return f"The one {one} {phrases[0]}." if n == 1 else f"All {n} {several} {phrases[1]}."
    told = [f"{n} {phrases[n > 1]}" for n, phrases in counts]
    return f"Of {len(statuses)} {several}, {', '.join(told[:-1])} and {told[-1]}." if told else ""


def _at_risk(results: Results, links: Mapping[str, View]) -> str:
    """`In the window that is still running, X and Y are at risk.`; empty when nothing is."""
    totals = [result for result in results.results if not result.reading.by and result.selection == "current"]
    at_risk = [f"{r.kind}:{r.id}" for r in totals if r.standing is Status.AT_RISK]
    names = list(dict.fromkeys(links[subject]["name"] if subject in links else subject for subject in at_risk))
    if not names:
        return ""
    several = " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)
    return f"In the window that is still running, {several} {PHRASES[Status.AT_RISK][len(names) > 1]}."
