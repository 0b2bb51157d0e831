"""Results beside what they would be without waivers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac.results import ClockReading, NumberReading, Outcome, Verdict, Waived
from aac.waiving import waived_windows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aac.project import Project
    from aac.results import Reading, Result

    Place = tuple[object, ...]


def beside(project: Project, bare: Iterable[Result]) -> Callable[[Result], Result]:
    """Puts beside a result what it would be without waivers, where they excused something of it.

    ``bare``: the results of the clocks that have waivers, without them. A number that was waived in a window is not
    judged there.
    """
    without = {_place(result): result for result in bare}
    waivers = project.waivers

    def waived(result: Result) -> Result:
        if result.waived is not None or not waivers:
            return result
        subject, reading = f"{result.kind}:{result.id}", result.reading
        other = without.get(_place(result))
        if other is not None and _excused(reading) > _excused(other.reading):
            by = tuple(sorted(waiver.id for waiver in waivers if waiver.subject == subject))
            items = _excused(reading) - _excused(other.reading)
            return replace(result, waived=Waived(by, items, other.reading, other.verdict))
        if isinstance(reading, NumberReading) and result.verdict.status is not None:
            by = waived_windows(waivers, subject, reading.window)
            if by:
                unjudged = Verdict(None, target=result.verdict.target)
                return replace(result, verdict=unjudged, waived=Waived(by, None, reading, result.verdict))
        return result

    return waived


def _place(result: Result) -> Place:
    reading = result.reading
    return result.kind, result.id, reading.window, result.selection, tuple(reading.by.items())


def _excused(reading: Reading) -> int:
    return reading.count(Outcome.EXCUSED) if isinstance(reading, ClockReading) else 0
