"""What `aac query` asks for -> numbers and the words of windows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, TypeVar, cast

from aac.counting import is_personal, resolved
from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.measures import Clock, Derived, Measure
from aac.owners import by_people
from aac.periods import GRAINS
from aac.planner.windows import RECENT, ROLLING
from aac.records import record
from aac.results import NumberReading, Verdict

if TYPE_CHECKING:
    from aac.measures import Dimension
    from aac.periods import Grain
    from aac.project import Project
    from aac.results import Reading, Result, Results

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@record
class Question:
    """Which metrics, split by which dimensions, in windows of which grain, from which day until before which one.

    ``grain`` is null for months, or for all time of a metric that has no moment (`in_own_windows`).
    """

    metrics: tuple[str, ...]
    by: tuple[str, ...] = ()
    grain: str | None = None
    first: str | None = None
    until: str | None = None

    @property
    def windows(self) -> tuple[str, ...]:
        """The words of its windows, as `--window` has them; raises UsageError for what cannot be."""
        grain = self.grain or "month"
        if grain not in GRAINS and not ROLLING.fullmatch(grain):
            advice = did_you_mean(grain, [*GRAINS, "rolling 90 days"])
            raise UsageError(f"--grain: there is no grain `{grain}`; {advice}")
        for option, day in (("--from", self.first), ("--until", self.until)):
            if day is not None and not DAY.fullmatch(day):
                raise UsageError(f"{option}: `{day}` is no day; write it as `2026-02-01`")
        has_range = self.first is not None or self.until is not None
        if has_range and (grain == "all" or grain not in GRAINS):
            raise UsageError(f"--grain: `{grain}` has no beginning to choose; leave out `--from` and `--until`")
        if has_range:
            return (f"{self.first or ''}..{self.until or ''}",)
        return (f"last:{RECENT}", "current") if grain in GRAINS else (grain,)


def in_own_windows(question: Question, project: Project) -> Question:
    """The question with the grain that its metrics are agreed in, where it names none and they share one."""
    known = _metrics(project)
    grains = {known[name].grain for name in (m.removeprefix("metric:") for m in question.metrics) if name in known}
    has_its_own = question.grain is None and len(grains) == 1 and grains != {"month"}
    return replace(question, grain=grains.pop()) if has_its_own else question


def numbers_of(question: Question, project: Project) -> list[Measure | Derived]:
    """The numbers that answer a question, in its order; raises UsageError for metrics and dimensions that cannot."""
    found = [_number(name, project) for name in dict.fromkeys(question.metrics)]
    is_dated = question.grain not in (None, "all") or question.first or question.until
    without = next((number for number in found if not number.has_windows), None)
    if is_dated and without is not None:
        raise UsageError(f"{_timeless(without)}, so it has no periods: ask for `--grain all`")
    grain = next((known for known in GRAINS if known == question.grain), cast("Grain", "month"))
    twice = next((name for name in question.by if question.by.count(name) > 1), None)
    if twice is not None:
        raise UsageError(f"--by: `{twice}` is told twice")
    return [_split(replace(number, grain=grain), question.by, project) for number in found]


def numbers_in_force(question: Question, project: Project) -> list[Measure | Derived]:
    """The same for a version of the project that may not have all of the metrics yet, or any more."""
    known = _metrics(project)
    metrics = tuple(name for name in question.metrics if name.removeprefix("metric:") in known)
    return numbers_of(replace(question, metrics=metrics), project)


def _timeless(number: Measure | Derived) -> str:
    """Why a number has no windows but all time."""
    inputs = number.inputs if isinstance(number, Derived) else ()
    without = next((part.subject for part in inputs if isinstance(part, Measure) and not part.has_windows), None)
    if without is not None:
        return f"`{number.subject}` rests on `{without}`, which says no moment with `at`"
    return f"`{number.subject}` says no moment with `at`"


def _split(number: Measure | Derived, names: tuple[str, ...], project: Project) -> Measure | Derived:
    """A number split by all names at once, and with it what it is reckoned from."""
    if isinstance(number, Measure):
        return _crossed(number, names, project)
    inputs = tuple(_crossed(part, names, project) for part in number.inputs)
    return replace(number, splits=names, inputs=inputs, is_crossed=True)


Counted = TypeVar("Counted", bound=Measure | Clock)


def _crossed(part: Counted, names: tuple[str, ...], project: Project) -> Counted:
    dimensions = tuple(_dimension(name, part, project) for name in names)
    return replace(part, dimensions=dimensions, is_crossed=True)


def without_other_targets(results: Results, project: Project) -> Results:
    """The results without verdicts on volumes in windows of another grain than that of their target."""
    agreed = {number.subject: number.grain for number in (*project.measures, *project.derived)}

    def is_other(reading: Reading) -> bool:
        return _is_volume(reading) and reading.window.grain != agreed.get(reading.subject)

    return replace(
        results,
        results=tuple(replace(r, verdict=Verdict(None)) if is_other(r.reading) else r for r in results.results),
    )


def since_its_data(results: Results, question: Question) -> Results:
    """The results without the windows before the first record of each metric, unless a range was asked for."""
    if question.first is not None or question.until is not None:
        return results
    begins: dict[str, date] = {}
    for result in results.results:
        first = result.reading.window.first
        if first is not None and _has_data(result.reading):
            begins[result.id] = min(first, begins.get(result.id, first))

    def is_before(result: Result) -> bool:
        first = result.reading.window.first
        return first is not None and first < begins.get(result.id, date.min)

    return replace(results, results=tuple(result for result in results.results if not is_before(result)))


def _has_data(reading: Reading) -> bool:
    """Whether a window holds records; what is derived may be known where one of its inputs has none."""
    is_number = isinstance(reading, NumberReading)
    return is_number and bool(reading.n or reading.unknown or (reading.is_derived and reading.value))


def _is_volume(reading: Reading) -> bool:
    return isinstance(reading, NumberReading) and reading.is_volume


def _number(name: str, project: Project) -> Measure | Derived:
    id_, numbers = name.removeprefix("metric:"), _metrics(project)
    if id_ in numbers:
        return numbers[id_]
    if ("metric", id_) in project.models:
        raise UsageError(f"the metric `{id_}` is checked, and this version of aac does not measure it yet")
    other = next((kind for kind, other in project.places if other == id_), None)
    if other is not None:
        raise UsageError(f"`{id_}` is no metric, but a document of kind `{other}`; `aac explain {id_}` tells about it")
    advice = did_you_mean(id_, numbers) or "no metric can be measured yet"
    raise UsageError(f"there is no metric `{id_}`; {advice}")


def _metrics(project: Project) -> dict[str, Measure | Derived]:
    """What is measured of metrics, by their ids."""
    numbers = (*project.measures, *project.derived)
    return {number.subject.partition(":")[2]: number for number in numbers if number.subject.startswith("metric:")}


def _dimension(name: str, measure: Measure | Clock, project: Project) -> Dimension:
    """What a name that is declared somewhere means on the records of a measure."""
    entity = measure.population.entity
    declared: dict[str, Dimension] = {}
    names: dict[str, None] = {}
    for part in (*project.measures, *project.clocks):
        for dimension in part.dimensions:
            names[dimension.name] = None
            if part.population.entity == entity:
                declared.setdefault(dimension.name, dimension)
    found = declared.get(name) or (resolved(name, entity, project) if name in names else None)
    if found is None:
        known = [other for other in names if other in declared or resolved(other, entity, project) is not None]
        told = f"means nothing on `{entity}`" if name in names else "is declared with `by` nowhere"
        advice = did_you_mean(name, known) or "declare it with `by` in a metric or an SLA"
        raise UsageError(f"--by: `{name}` {told}; {advice}")
    if is_personal(found, project):
        raise UsageError(f"--by: `{name}` is personal (`pii`), and no report is split by that")
    if by_people(found.value, project):
        raise UsageError(f"--by: `{name}` tells single people apart, which only `aac build --restricted` does")
    return found
