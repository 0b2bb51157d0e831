"""Settled numbers: what a lock keeps of a result and gives back, and whether it was measured with what holds now."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from aac.agreements import digest, measured_with, said, timeless_print
from aac.judging import card_score
from aac.kinds.base import Versioned
from aac.kinds.lock import Lock
from aac.periods import iso_utc, parse_label, parse_moment
from aac.records import record
from aac.reports.json import dumps, json_number
from aac.resting import Grounds
from aac.results import CardReading, ClockReading, NumberReading, Outcome, Result, Status, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.findings import Span
    from aac.graph import Id
    from aac.kinds.lock import LockedNumber
    from aac.landing.state import PulledSource
    from aac.periods import Window
    from aac.project import Project
    from aac.results import Reading

COUNTED: Mapping[str, Outcome] = {
    "met": Outcome.MET,
    "late": Outcome.LATE,
    "excused": Outcome.EXCUSED,
    "unmeasurable": Outcome.UNMEASURABLE,
    "outside": Outcome.OUTSIDE,
}
"""The keys of a lock that say how items ended."""
ALWAYS = frozenset({"met", "late", "value", "numerator", "denominator", "n", "score"})
"""Keys that are told though they are 0."""


BEGIN = "begin what is new with `effective_from`, which leaves closed windows"
"""What is to be done about a document that was edited and may have versions."""


@record
class Settled:
    """A number that was locked: of which document and window, by which lock, and what it was."""

    id: Id
    window: Window
    lock: Lock
    number: LockedNumber
    span: Span

    @property
    def first(self) -> date:
        """The first day of its window, whose documents it was measured with."""
        return self.window.first or date.min


def settled(project: Project) -> Iterator[Settled]:
    """Every number that was locked, by lock, document and window."""
    for lock in project.of_kind("lock"):
        if isinstance(lock, Lock):
            document = project.places["lock", lock.id]
            for of, windows in lock.numbers.items():
                kind, _, id_ = of.partition("/")
                for label, number in windows.items():
                    window = parse_label(label, project.fiscal_start)
                    yield Settled((kind, id_), window, lock, number, document.span("numbers", of, label, key=True))


# What is kept of a result


def kept(reading: Reading, status: Status | None) -> dict[str, str]:
    """What a lock says of a reading, key by key as it is written; counts of nothing are left out."""
    found: dict[str, str] = {"as_of": iso_utc(reading.as_of_us)}
    if status is not None:
        found["status"] = status.value
    match reading:
        case ClockReading():
            found |= {key: str(reading.count(outcome)) for key, outcome in COUNTED.items()}
            found |= {"outside_hours": str(reading.outside_hours), "unknown": str(reading.unknown)}
        case CardReading():
            found |= _numbers({"score": card_score(reading.rows)})
        case _:
            parts = {"value": reading.value, "numerator": reading.numerator, "denominator": reading.denominator}
            found |= _numbers(parts) | {"n": str(reading.n), "unknown": str(reading.unknown), "unit": reading.unit}
    return _told(found)


def _told(found: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in found.items() if value != "0" or key in ALWAYS}


def _numbers(parts: Mapping[str, Fraction | None]) -> dict[str, str]:
    return {key: dumps(json_number(value)) for key, value in parts.items() if value is not None}


def kept_of(number: LockedNumber) -> dict[str, str]:
    """The same of what a lock says."""
    said = {key: str(value) for key, value in number.model_dump(exclude_none=True).items()}
    return _told(said)


def differs(one: Settled, now: Result) -> bool:
    """Whether a number would come out differently now: what it came to, its counts or its status."""
    moment = {"as_of": one.number.as_of}
    return kept_of(one.number) | moment != kept(now.reading, now.verdict.status) | moment


def as_result(one: Settled) -> Result:
    """A locked number as the result that it was; of scorecards the rows are not known any more."""
    number, subject = one.number, ":".join(one.id)
    status = Status(number.status) if number.status is not None else None
    return Result(*one.id, _reading(subject, one), Verdict(status), "named")


def _reading(subject: str, one: Settled) -> Reading:
    number = one.number
    place = (subject, one.window, parse_moment(number.as_of, "UTC"), False, False)
    if number.met is not None or number.late is not None:
        counts = {outcome: getattr(number, key) or 0 for key, outcome in COUNTED.items()}
        return ClockReading(*place, {}, counts, number.outside_hours or 0, number.unknown or 0)
    if one.id[0] == "scorecard":
        return CardReading(*place, ())
    above, below = _fraction(number.numerator), _fraction(number.denominator)
    value = above / below if number.value is not None and above is not None and below else _fraction(number.value)
    return NumberReading(*place, {}, value, above, below, number.n or 0, number.unknown or 0, number.unit or "count")


def _fraction(text: str | None) -> Fraction | None:
    return Fraction(text) if text is not None else None


# What it was measured with


def data_print(source: PulledSource) -> str:
    """The fingerprint of what was pulled of a source."""
    streams = {name: [list(stream.copies), stream.rows, stream.changed] for name, stream in source.streams.items()}
    return digest([source.id, source.watermark_us, streams])


def _everywhere(project: Project) -> dict[str, str]:
    """The fingerprints of what every number rests on: the company, and how sources are read."""
    prints = {
        f"company/{model.id}": timeless_print(model, project.parsed.parse) for model in project.of_kind("company")
    }
    for id_, source in project.config.sources.items():
        prints[f"source/{id_}"] = digest([source.connector, source.timezone, list(source.nulls), source.watermark])
    return prints


class Prints:
    """What each number is measured with on the first day of its window; each version of a project is read once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._grounds: dict[int, Grounds] = {}
        self._known: dict[tuple[int, Id], dict[str, str]] = {}

    def may_begin(self, names: Iterable[str]) -> bool:
        """Whether all of what changed, as `changed` names it, is of documents that may hold from a day on."""
        kinds = (self._project.kinds.get(name.partition("/")[0]) for name in names)
        return all(kind is not None and issubclass(kind, Versioned) for kind in kinds)

    def of(self, id_: Id, day: date) -> Mapping[str, str]:
        """Fingerprints by key, as `agreements.measured_with` has them; none for what is broken or not there."""
        version = self._project.at(day)
        key = id(version), id_
        if key not in self._known:
            grounds = self._grounds.setdefault(id(version), Grounds(version))
            prints = {**measured_with(id_, grounds), **_everywhere(version)} if id_ in version.models else {}
            self._known[key] = dict(sorted(prints.items()))
        return self._known[key]

    def changed(self, one: Settled) -> list[str]:
        """What a locked number was measured with and is not so now, by its key: itself first."""
        now = {key.partition("@")[0]: print_ for key, print_ in self.of(one.id, one.first).items()}
        then = prints_on(one.lock.fingerprints, one.first)
        found = [key for key, print_ in now.items() if then.get(key, print_) != print_]
        own = "/".join(one.id)
        return sorted(found, key=lambda key: (key != own, key))

    def over(self, one: Settled, key: str) -> tuple[str, ...]:
        """What lies between a locked number and something that it was measured with, as people say it."""
        version = self._project.at(one.first)
        way = self._grounds.setdefault(id(version), Grounds(version)).way(one.id, key)
        return tuple(said("/".join(step)) for step in way)


def prints_on(prints: Mapping[str, str], day: date) -> dict[str, str]:
    """The fingerprints of a lock that held on a day: of the versions of a document the last that had begun."""
    found: dict[str, tuple[str, str]] = {}
    for key, print_ in prints.items():
        name, _, begins = key.partition("@")
        if begins <= day.isoformat() and begins >= found.get(name, ("", ""))[0]:
            found[name] = (begins, print_)
    return {name: print_ for name, (_, print_) in found.items()}


def prints_of(numbers: Iterable[tuple[Id, date]], project: Project) -> dict[str, str]:
    """The fingerprints of all that some numbers are measured with, by document and the first day of the window."""
    prints, found = Prints(project), dict[str, str]()
    for id_, day in numbers:
        found |= prints.of(id_, day)
    return dict(sorted(found.items()))
