"""What a change does to the numbers: both sides counted on the same data, at the same moment, in the same windows.

The past is counted once as the newest documents of the one side say it, and once as those of the other do. Only what a
change touches is counted. What could not be counted is named, with the reason: it is never shown as unchanged.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from aac.counting import SCORING, meant
from aac.evaluate import readied, recount
from aac.evaluation.moves import moves_of
from aac.expressions.nodes import BROKEN
from aac.keeping import kept_of
from aac.measures import Clock, Measure
from aac.people import has_keys_of_people, people_of
from aac.planner.setting import entities_in, entities_of
from aac.profile_edits import edits_of
from aac.records import record
from aac.recounts import Impact, Moves, Number
from aac.selecting import measurable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import date

    from aac.calendars import Calendar
    from aac.changes import Change
    from aac.config import Source
    from aac.evaluate import Asked
    from aac.expressions.nodes import Node
    from aac.graph import Id
    from aac.keeping import Kept
    from aac.landing.landed import Landed
    from aac.measures import Shown, Table
    from aac.project import Project
    from aac.results import Result

    Windows = dict[str, Result]


UNPLACED = "unplaced"
"""The selection of results about records that are in no window."""
POINTED = ("icp", SCORING)
"""Kinds that say it by points."""
WORDS = ("definition", *POINTED)
"""Kinds that say of records whether they are meant."""
NO_DATA = "there is no data of something it rests on"
NOTHING = "there is nothing to count in these windows on either side"
BROKEN_BEFORE = "it cannot be counted as it was before: it, or something it rests on, had an error"
BROKEN_NOW = "it cannot be counted as it is now without the code of the branch"
OTHER_MOMENT = "the data that it rests on ends at another moment on the two sides"
OTHER_DAYS = "its windows have the same names and other days on the two sides"
OTHER_RECORDS = (
    "the records themselves are read otherwise on the two sides: its numbers are compared, its records are not"
)


def touched(changes: Sequence[Change]) -> dict[Id, Id]:
    """The documents whose numbers can have moved: as they are called now, and as they were."""
    moved = [change for change in changes if change.asks]
    named = {change.doc: (change.doc[0], change.was) for change in moved if change.was is not None}
    return {change.doc: named.get(change.doc, change.doc) for change in moved}


def impact_of(
    base: Project, head: Project, data: tuple[Landed, Landed], changes: Sequence[Change], asked: Asked
) -> Impact:
    """What the changes do to the numbers; ``data`` is that of each side, ``asked`` has the windows.

    Raises UsageError for windows that do not exist, and EngineError.
    """
    base, head = _newest(base), _newest(head)
    now = touched(changes)
    sides = (
        _Side(base, data[0], {was: id_ for id_, was in now.items()}),
        _Side(head, data[1], {id_: id_ for id_ in now}),
    )
    before, after, apart = _counted(sides, asked)
    numbers: list[Number] = []
    left: list[tuple[str, str]] = []
    for id_ in sorted(before.keys() | after.keys()):
        pair = before.get(id_, {}), after.get(id_, {})
        found = _numbers(id_, *pair)
        why = OTHER_MOMENT if id_ in apart else _why_not(id_, now.get(id_, id_), pair, found, sides)
        if why is not None:
            left.append((":".join(id_), why))
        else:
            numbers += found
    moves, untold = _moves(base, head, data, now, asked)
    return Impact(tuple(numbers), moves, (*left, *untold))


def _newest(made: Project) -> Project:
    """A project whose newest documents hold on every day: also those that take effect only later."""
    whole = copy(made)
    whole.by_day = {}
    whole.calendars = tuple(map(_on_all_days, made.calendars))
    return whole


def _on_all_days(calendar: Calendar) -> Calendar:
    """A calendar with the hours of its newest version on all days; a single date stays as the version of it says."""
    versions = (calendar, *calendar.others)
    closed = frozenset(day for version in versions for day in version.closed if version.holds(day))
    short = {day: hours for version in versions for day, hours in version.short.items() if version.holds(day)}
    return replace(calendar, closed=closed, short=short, first=None, until=None, others=())


@record
class _Side:
    """One side; ``names``: the documents that are touched as it calls them, and as they are called now."""

    made: Project
    landed: Landed
    names: Mapping[Id, Id]

    def counted(self, asked: Asked, only: Collection[Id] | None = None) -> dict[Id, Windows]:
        """The totals of what is touched, or of some of it, by document and window."""
        ids = [id_ for id_, now in self.names.items() if only is None or now in only]
        found: dict[Id, Windows] = {}
        for result in recount(self.made, self.landed, asked, lambda version: _shown(version, ids)):
            if not result.reading.by and result.selection != UNPLACED:
                id_ = self.names.get((result.kind, result.id), (result.kind, result.id))
                found.setdefault(id_, {})[result.reading.window.label] = result
        return found


def _shown(version: Project, ids: Collection[Id]) -> list[Shown]:
    """What is measured of some documents; of words how many records they mean, month by month if they have a moment."""
    subjects = {f"{kind}:{id_}" for kind, id_ in ids}
    words = [meant(id_, version) for id_ in ids if id_[0] in WORDS and id_ in version.models]
    parts = (*measurable(version), *(word for word in words if word is not None))
    return [_total(part) for part in parts if part.subject in subjects]


def _total(part: Shown) -> Shown:
    """A measurement without what no recount tells: groups, reminders, and the windows before."""
    match part:
        case Clock():
            return replace(part, dimensions=(), remind_at=None, lookback=0)
        case Measure():
            return replace(part, dimensions=(), lookback=0)
        case _:
            return part


def _counted(sides: tuple[_Side, _Side], asked: Asked) -> tuple[dict[Id, Windows], dict[Id, Windows], frozenset[Id]]:
    """Both sides at one moment: where the data of one ends sooner, both are counted up to there.

    With them the documents of which that cannot be: several rows make a record of theirs, up to another moment.
    """
    before, after = (side.counted(asked) for side in sides)
    moments = {id_: [_as_of(windows[id_]) for windows in (before, after)] for id_ in before.keys() & after.keys()}
    unlike = {id_: min(both) for id_, both in moments.items() if both[0] != both[1]}
    if any(side.landed.known_until for side in sides):
        return before, after, frozenset(unlike)
    for moment in sorted(set(unlike.values())):
        only = {id_ for id_, least in unlike.items() if least == moment}
        then = replace(asked, as_of_us=moment)
        for windows, side in ((before, sides[0]), (after, sides[1])):
            windows |= side.counted(then, only)
    return before, after, frozenset()


def _as_of(windows: Windows) -> int:
    return min(result.reading.as_of_us for result in windows.values())


def _numbers(id_: Id, before: Windows, after: Windows) -> list[Number]:
    """A number in the windows that both sides have; in its own if only one side has it at all."""
    labels = before.keys() | after.keys()
    if before and after:
        labels = {label for label in before.keys() & after.keys() if _days(before[label]) == _days(after[label])}
    return [Number(*id_, label, before.get(label), after.get(label)) for label in sorted(labels)]


def _days(result: Result) -> tuple[date | None, date | None]:
    window = result.reading.window
    return window.first, window.until


def _why_not(
    id_: Id, was: Id, pair: tuple[Windows, Windows], numbers: Sequence[Number], sides: tuple[_Side, _Side]
) -> str | None:
    """Why a number is not compared; null where it is."""
    before, after = pair
    if _lacks_data(pair):
        return NO_DATA
    if not before and was in sides[0].made.places:
        return BROKEN_BEFORE
    if not after and id_ in sides[1].made.places:
        return BROKEN_NOW
    if not numbers and before.keys() & after.keys():
        return OTHER_DAYS
    if not numbers:
        grains = [_grain(next(iter(windows.values()))) for windows in pair]
        return f"it is counted {grains[0]} before and {grains[1]} now, so no window is the same"
    return NOTHING if all(number.is_empty for number in numbers) else None


def _lacks_data(pair: tuple[Windows, Windows]) -> bool:
    """Whether data is not there. What is reckoned from numbers that come to nothing on one side alone has moved."""
    off = [[r.reading for r in windows.values() if getattr(r.reading, "is_off", False)] for windows in pair]
    is_told_of_inputs = all(getattr(reading, "is_derived", False) for side in off for reading in side)
    return any(off) and not (is_told_of_inputs and not all(off))


def _grain(result: Result) -> str:
    grain = result.reading.window.grain
    return "over all time" if grain == "all" else f"by {grain.replace('_', ' ')}"


# The records themselves


def _moves(
    base: Project, head: Project, data: tuple[Landed, Landed], now: Mapping[Id, Id], asked: Asked
) -> tuple[dict[Id, Moves], tuple[tuple[str, str], ...]]:
    """The records that each touched word gained and lost; both sides are asked of one record, so of the same tables."""
    found: dict[Id, Moves] = {}
    words = [(id_, was) for id_, was in now.items() if id_[0] in WORDS and id_ in head.models and was in base.models]
    pairs = [(id_, old, new) for id_, was in words for old, new in _both(id_, was, base, head)]
    unlike = _read_otherwise(base, head) if data[0] is not data[1] else frozenset[str]()
    alike = [pair for pair in pairs if unlike.isdisjoint(_entities(*pair, base, head))]
    if alike:
        run, ready = readied(head, data[1], asked, lambda _: [new for *_, new in alike])
        pieces = {piece.subject: piece for piece in ready.measures}
        for id_, old, new in alike:
            piece = pieces.get(new.subject)
            if piece is None:
                continue
            key = run.landed.tables[new.population.entity].key
            following = list(_following(id_, new.population.entity, base, head))
            edits = edits_of(id_, now[id_], base, head) if id_[0] in POINTED else ()
            moved = moves_of(run, data[1].engine, old, piece, following, key, edits)
            if moved is not None and (moved.lost.records or moved.gained.records):
                kept = kept_of((id_, now[id_]), (base, head), data[1], asked)
                found[id_] = _shown_as(moved, kept, run.landed.tables[new.population.entity], people_of(head.tables))
    return found, tuple((":".join(pair[0]), OTHER_RECORDS) for pair in pairs if pair not in alike)


def _shown_as(moved: Moves, kept: Sequence[Kept], table: Table, people: AbstractSet[str]) -> Moves:
    """Who moved, with what was kept of theirs, and without keys that are personal or those of ``people``."""
    is_personal = any(table.field(name).pii for name in table.key) or has_keys_of_people(table, people)
    sides = (replace(side, kept=tuple(own)) for side, own in zip((moved.lost, moved.gained), kept, strict=True))
    return Moves(*(replace(side, keys=()) if is_personal else side for side in sides))


def _read_otherwise(base: Project, head: Project) -> frozenset[str]:
    """The entities whose records are not read the same way on both sides."""
    tables = [{table.entity: table for table in made.tables} for made in (base, head)]
    every = tables[0].keys() | tables[1].keys()
    if (base.timezone, base.config.engine) != (head.timezone, head.config.engine):
        return frozenset(every)
    sources = base.config.sources.keys() | head.config.sources.keys()
    unlike = {id_ for id_ in sources if not is_read_alike(base.config.sources.get(id_), head.config.sources.get(id_))}
    return frozenset(
        entity
        for entity in every
        if (table := tables[0].get(entity)) != tables[1].get(entity)
        or table is None
        or not unlike.isdisjoint(table.sources)
    )


def is_read_alike(old: Source | None, new: Source | None) -> bool:
    """Whether two settings of a source read the same records: how old they may be, and up to when they count, decides
    none of them."""
    if old is None or new is None:
        return old is new
    return replace(old, freshness=None, watermark=None) == replace(new, freshness=None, watermark=None)


def _entities(id_: Id, old: Measure, new: Measure, base: Project, head: Project) -> set[str]:
    """Every entity that is read to tell who moved between two meanings of a word, and what became of them."""
    later = [node for _, *nodes in _following(id_, new.population.entity, base, head) for node in nodes]
    return {*entities_of(old), *entities_of(new), *entities_in(later)}


def _both(id_: Id, was: Id, base: Project, head: Project) -> Iterator[tuple[Measure, Measure]]:
    """Those that a word means, as measures of both sides, if it is about the same entity on both."""
    before, after = meant(was, base), meant(id_, head)
    if before is not None and after is not None and before.population.entity == after.population.entity:
        yield before, after


def _following(id_: Id, entity: str, base: Project, head: Project) -> Iterator[tuple[str, Node, Node]]:
    """The words that a record may come to behind one, by the lifecycles, as far as they are said of its entity: what
    each meant before, and means now."""
    for lifecycle in head.of_kind("lifecycle"):
        stages = [stage.is_ for stage in getattr(lifecycle, "stages", ())]
        for word in stages[stages.index(id_[1]) + 1 :] if id_[1] in stages else ():
            meanings = [project.graph.meaning(entity, word) for project in (base, head)]
            known = [meaning.node for meaning in meanings if meaning is not None and meaning.type != BROKEN]
            if len(known) == len(meanings):
                yield head.titles.names.get(f"definition:{word}", word), known[0], known[1]
