"""The numbers of a period that are final, and whether those that were locked would come out the same now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from aac.agreements import said
from aac.distribution import VERSION
from aac.evaluate import recount
from aac.findings import Finding
from aac.judging import card_score
from aac.locks import BEGIN, Prints, as_result, data_print, differs, settled
from aac.periods import GRAINS, day_of, windows_between
from aac.records import record
from aac.reports.wording import is_provisional, percent, plural, result_words
from aac.resting import Grounds
from aac.results import Background, CardReading, ClockReading, NumberReading, Outcome
from aac.selecting import measurable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aac.evaluate import Asked
    from aac.landing.landed import Landed
    from aac.locks import Settled
    from aac.measures import Shown
    from aac.periods import Grain, Window
    from aac.project import Project
    from aac.results import Result

    Chosen = Callable[[Project], Sequence[Shown]]
    Place = tuple[str, str, Window]


@record
class Reckoning:
    """What was settled and what it comes to now: what is told of that, the numbers ``then``, and ``now``."""

    findings: tuple[Finding, ...] = ()
    then: tuple[Result, ...] = ()
    now: tuple[Result, ...] = ()


# The numbers of a period


def numbers_of(
    period: Window, made: Project, landed: Landed, asked: Asked, chosen: Chosen = measurable
) -> tuple[Result, ...]:
    """The totals of a period: of all of it, and of each window of a number's own length that lies in it. Raises
    EngineError.

    Of a number that is no period's, as of all time or of the last 28 days, there is that of all of it alone.
    """
    grains = _grains(made)
    wanted = {grain for of_one in grains.values() for grain in of_one} - {"all", period.grain}
    labels = [window.label for grain in GRAINS if grain in wanted for window in _inside(period, grain, made)]
    asked = replace(asked, windows=(period.label, *labels), restate=False, stale=frozenset())
    results = recount(made, landed, asked, chosen)
    return tuple(
        result
        for result in _totals(results)
        if result.reading.window == period
        or result.reading.window.grain in grains.get(f"{result.kind}:{result.id}", set[str]())
    )


def _totals(results: Iterable[Result]) -> Iterator[Result]:
    return (result for result in results if not result.reading.by and result.selection == "named")


def _grains(made: Project) -> dict[str, set[str]]:
    """How long the windows of each number are, in any of its versions; of a scorecard those of its rows."""
    versions = list(made.by_day.values()) or [made]
    grains: dict[str, set[str]] = {}
    for version in versions:
        for part in (*version.clocks, *version.measures, *version.derived):
            grains.setdefault(part.subject, set()).add(part.grain)
    for card in (card for version in versions for card in version.cards):
        rows = (grains.get(row.subject, set[str]()) for row in card.rows)
        grains.setdefault(card.subject, set()).update(*rows)
    return grains


def _inside(period: Window, grain: str, made: Project) -> Iterator[Window]:
    first, until = period.first, period.until
    if first is None or until is None:
        return
    for window in windows_between(cast("Grain", grain), first, until, made.fiscal_start):
        if window.first is not None and window.until is not None and window.first >= first and window.until <= until:
            yield window


def open_because(result: Result) -> str | None:
    """Why a result is not final, in words; null when it is."""
    reading = result.reading
    match reading:
        case CardReading():
            return "a number on it is not final" if reading.is_open else None
        case _ if reading.is_off:
            return "there is no data of something it rests on"
        case ClockReading() if not reading.is_final:
            open_ = reading.count(Outcome.OPEN)
            return "its data ends before the window does" if reading.is_open else f"{plural(open_, 'item')} still open"
        case NumberReading() if not reading.is_final:
            return "its data ends before the window does" if reading.is_open else "not matured yet"
        case _:
            return None


# Those that were locked


def reckoned(made: Project, landed: Landed, asked: Asked, chosen: Chosen) -> Reckoning:
    """What was locked of that which is ``chosen``, and what it comes to now, as the documents of its window say it.

    Told (AAC445) is each number that is another, with the reason. Raises EngineError.
    """
    subjects = {part.subject for part in chosen(made)}
    numbers = [one for one in settled(made) if ":".join(one.id) in subjects]
    if not numbers:
        return Reckoning()
    labels = tuple(dict.fromkeys(one.window.label for one in numbers))
    wanted = {":".join(one.id) for one in numbers}
    asked = replace(asked, windows=labels, restate=False, past=0, stale=frozenset())
    results = recount(made, landed, asked, lambda version: [p for p in measurable(version) if p.subject in wanted])
    by_place = {_place(result): result for result in _totals(results)}
    pairs = [(one, by_place.get((*one.id, one.window))) for one in numbers]
    # a run as of an earlier day knows less than what was settled
    known = [(one, now) for one, now in pairs if now is not None and _is_known(one, now)]
    found = _told([(one, now) for one, now in known if differs(one, now)], made, landed)
    return Reckoning(tuple(found), tuple(as_result(one) for one in numbers), tuple(now for _, now in known))


def _place(result: Result) -> Place:
    return result.kind, result.id, result.reading.window


def _is_known(one: Settled, now: Result) -> bool:
    return now.reading.as_of_us >= as_result(one).reading.as_of_us and not is_provisional(now.reading)


def _told(pairs: Iterable[tuple[Settled, Result]], made: Project, landed: Landed) -> Iterator[Finding]:
    prints = Prints(made)
    for one, now in pairs:
        kind, id_ = one.id
        was, is_ = _words(as_result(one), now) if kind != "scorecard" else _cards(one, now)
        why, advice = _reason(one, prints, landed)
        settled_as = f"{kind} `{id_}` in {one.window.label} was {was} when {one.lock.window} was locked"
        message = f"{settled_as}, and comes to {is_} now: {why}"
        yield Finding("AAC445", "warning", message, advice, one.span, f"{kind}:{id_}")


def _words(then: Result, now: Result) -> tuple[str, str]:
    """What a number was and is, told so that the two differ: by what it came to, by its status, else by its counts."""
    for tell in (_shown, _standing, _counts):
        was, is_ = tell(then), tell(now)
        if was != is_:
            return was, is_
    return _shown(then), f"{_shown(now)} of other records"


def _cards(one: Settled, now: Result) -> tuple[str, str]:
    """How a card stood and stands, with how much of its weight was on target: its rows were not kept."""
    score = card_score(now.reading.rows) if isinstance(now.reading, CardReading) else None
    scores = (Fraction(one.number.score) if one.number.score is not None else None, score)
    told = (f" with {percent(each)} of its weight on target" if each is not None else "" for each in scores)
    was, is_ = (f"{_standing(card)}{share}" for card, share in zip((as_result(one), now), told, strict=True))
    return was, is_


def _shown(result: Result) -> str:
    words = result_words(result)
    return f"{words['shown']} ({words['counts']})" if words["counts"] else str(words["shown"])


def _standing(result: Result) -> str:
    status = result_words(result)["status"]
    return f"{status['word'].lower()}" if status else "not judged"


def _counts(result: Result) -> str:
    words = result_words(result)
    beside = (part for part in words["beside"] if "allowed" not in part)
    return ", ".join([words["shown"], *beside])


def _reason(one: Settled, prints: Prints, landed: Landed) -> tuple[str, str]:
    """Everything that is not as it was when the number was settled, and what to do about it."""
    changed = prints.changed(one)
    reasons = [_changed(changed, one, prints)] if changed else []
    data = sorted(
        source.id
        for source in landed.sources
        if source.id in one.lock.sources and one.lock.sources[source.id].fingerprint != data_print(source)
    )
    reasons += [f"the data of {', '.join(f'`{id_}`' for id_ in data)} is not what it was"] if data else []
    before = (one.lock.aac, one.lock.engine)
    if before != (VERSION, landed.engine.release):
        tools = f"aac {VERSION} with {landed.engine.release}"
        reasons.append(f"{tools} measures it, and aac {one.lock.aac} with {one.lock.engine} did")
    again = f"delete it from `{one.span.file}` and run `aac lock {one.lock.window}`"
    if changed and prints.may_begin(changed):
        return " and ".join(reasons), f"{BEGIN}; or {again}"
    if reasons:
        return " and ".join(reasons), f"tell those who saw it, then {again}; or leave it as it was reported"
    return (
        "nothing that is kept of what it was measured with changed, so perhaps the lock was",
        f"put back what it said, or {again}",
    )


def _changed(keys: Sequence[str], one: Settled, prints: Prints) -> str:
    """`what it says changed`, or what it rests on that did, and over what."""
    own, *others = keys if keys[0] == "/".join(one.id) else ("", *keys)
    told = ["what it says changed"] if own else []
    shown = [f"`{said(key)}`{_over(prints.over(one, key))}" for key in others]
    told += [f"it rests on a changed {', '.join(shown)}"] if shown else []
    return " and ".join(told)


def _over(way: Sequence[str]) -> str:
    return f" over {', '.join(f'`{step}`' for step in way)}" if way else ""


# What a page draws beside a number


def redrawn(made: Project, landed: Landed, asked: Asked, chosen: Chosen, locked: Reckoning) -> Background:
    """The numbers as they were locked, all windows as today's documents say them, and when these began to hold.

    Of a number whose documents have one version alone the second is what was measured anyway. Raises EngineError.
    """
    parts = {part.subject for version in made.by_day.values() or [made] for part in chosen(version)}
    # what rests on an older source has no window that begins later
    last = max(source.watermark_us for source in landed.sources) if asked.as_of_us is None else asked.as_of_us
    day = day_of(last - 1, made.timezone)
    begun = {subject: found for subject in parts if (found := tuple(_begun(subject, made, day)))}
    again = replace(asked, restate=True, stale=frozenset())
    results = recount(made, landed, again, lambda version: [p for p in chosen(version) if p.subject in begun])
    totals = tuple(result for result in results if not result.reading.by) if begun else ()
    return Background(locked=locked.then, restated=totals, begun=begun)


def _begun(subject: str, made: Project, last: date) -> Iterator[tuple[date, str]]:
    """The days up to the ``last`` on which a version began of a document, or of what it rests on in any version, and
    its name."""
    kind, _, id_ = subject.partition(":")
    days = {version.begins for version in made.versions} - {date.min}
    if not days:
        return
    found = {(kind, id_)}
    for version in made.by_day.values():
        found |= Grounds(version).of((kind, id_)).documents if (kind, id_) in version.models else set()
    begins = {(v.begins, v.id) for v in made.versions if v.id in found and date.min < v.begins <= last}
    yield from sorted((day, "this" if doc == (kind, id_) else said("/".join(doc))) for day, doc in begins)
