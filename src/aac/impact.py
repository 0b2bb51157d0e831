"""What a change does to the numbers: both sides counted on the same data, at the same moment, in the same windows.

The past is counted once as the newest documents of the one side say it, and once as those of the other do. Only what a
change touches is counted. What could not be counted is named, with the reason: it is never shown as unchanged.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

from aac.counting import entries, meant
from aac.evaluate import readied, recount
from aac.evaluation.moves import moves_of
from aac.expressions.nodes import BROKEN
from aac.recounts import Impact, Number
from aac.selecting import measurable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.changes import Change
    from aac.evaluate import Asked
    from aac.expressions.nodes import Node
    from aac.graph import Id
    from aac.landing.landed import Landed
    from aac.measures import Measure, Shown
    from aac.project import Project
    from aac.recounts import Moves
    from aac.results import Result

    Place = tuple[str, str, str]


UNPLACED = "unplaced"
"""The selection of results about records that are in no window."""


def touched(changes: Sequence[Change]) -> dict[Id, Id]:
    """The documents whose numbers can have moved: as they are called now, and as they were."""
    moved = [change for change in changes if change.level == "breaking"]
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
    former = {was: id_ for id_, was in now.items()}
    sides: list[dict[Place, Result]] = []
    for made, landed, names in ((base, data[0], former), (head, data[1], {id_: id_ for id_ in now})):
        results = recount(made, landed, asked, lambda version, names=names: _counted(version, names))
        totals = (result for result in results if not result.reading.by and result.selection != UNPLACED)
        sides.append({_place(result, names): result for result in totals})
    numbers = [
        Number(*place, sides[0].get(place), sides[1].get(place)) for place in sorted(sides[0].keys() | sides[1].keys())
    ]
    off = {f"{n.kind}:{n.id}" for n in numbers if any(_is_off(result) for result in (n.before, n.after))}
    reason = "there is no data of something it rests on"
    kept = tuple(number for number in numbers if f"{number.kind}:{number.id}" not in off)
    moves, untold = _moves(base, head, data, now, asked)
    moments = [result.reading.as_of_us for side in sides for result in side.values()]
    return Impact(min(moments, default=None), kept, moves, (*((name, reason) for name in sorted(off)), *untold))


def _newest(made: Project) -> Project:
    """A project whose newest documents hold on every day: also those that take effect only later."""
    whole = copy(made)
    whole.by_day = {}
    return whole


def _counted(version: Project, names: Mapping[Id, Id]) -> list[Shown]:
    """What is measured of touched documents; of words how many records they mean, month by month."""
    subjects = {f"{kind}:{id_}" for kind, id_ in names}
    words = [
        part for id_ in names if id_[0] == "definition" and id_ in version.models for part in entries(id_, version)
    ]
    return [*(part for part in measurable(version) if part.subject in subjects), *words]


def _place(result: Result, names: Mapping[Id, Id]) -> Place:
    kind, id_ = names.get((result.kind, result.id), (result.kind, result.id))
    return kind, id_, result.reading.window.label


def _is_off(result: Result | None) -> bool:
    return result is not None and bool(getattr(result.reading, "is_off", False))


def _moves(
    base: Project, head: Project, data: tuple[Landed, Landed], now: Mapping[Id, Id], asked: Asked
) -> tuple[dict[Id, Moves], tuple[tuple[str, str], ...]]:
    """The records that each touched word gained and lost; both sides are asked of one record, so of the same tables."""
    found: dict[Id, Moves] = {}
    words = [(id_, was) for id_, was in now.items() if id_[0] == "definition" and was in base.models]
    pairs = [(id_, old, new) for id_, was in words for old, new in _both(id_, was, base, head)]
    if not pairs:
        return found, ()
    if data[0] is not data[1]:
        why = (
            "the records themselves are read otherwise on the two sides: its numbers are compared, its records are not"
        )
        return found, tuple((f"{kind}:{id_}", why) for (kind, id_), *_ in pairs)
    run, ready = readied(head, data[1], asked, lambda _: [new for *_, new in pairs])
    pieces = {piece.subject: piece for piece in ready.measures}
    for id_, old, new in pairs:
        piece = pieces.get(new.subject)
        if piece is None:
            continue
        key = run.landed.tables[new.population.entity].key
        following = list(_following(id_, new.population.entity, base, head))
        moved = moves_of(run, data[1].engine, old, piece, following, key)
        if moved is not None and (moved.lost.records or moved.gained.records):
            found[id_] = moved
    return found, ()


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
