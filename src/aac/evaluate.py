"""A plan and an engine -> results: readings from counted rows, verdicts from the documents' own kinds."""

from __future__ import annotations

from datetime import date
from operator import itemgetter
from typing import TYPE_CHECKING

from aac.evaluation.cards import card_results
from aac.evaluation.derived import Known, derived_results, with_inputs
from aac.evaluation.health import tell_health, with_affected
from aac.evaluation.lookback import add_windows_before, in_a_row
from aac.evaluation.numbers import number_results
from aac.evaluation.opening import needed_of, prepare_calendars
from aac.evaluation.present import tell_current_values
from aac.evaluation.promises import clock_results
from aac.evaluation.run import Asked, Run
from aac.evaluation.unmeasured import is_off, unmeasured
from aac.evaluation.versions import Pieces, pieces_of
from aac.evaluation.waived import beside
from aac.measures import Card
from aac.planner.fuse import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aac.engines.base import Engine
    from aac.evaluation.lookback import Measured
    from aac.expressions.nodes import Value
    from aac.findings import Finding
    from aac.landing.landed import Landed
    from aac.measures import Shown
    from aac.planner.fuse import Plan
    from aac.project import Project
    from aac.results import Result


__all__ = ["Asked", "evaluate", "plan_of", "readied", "recount"]

TURNS = {"current": 1, "unplaced": 2}
"""What stands behind all other windows of a document."""


def evaluate(
    project: Project, landed: Landed, engine: Engine, asked: Asked, chosen: Callable[[Project], Sequence[Shown]]
) -> tuple[tuple[Result, ...], tuple[Finding, ...]]:
    """The results of what is ``chosen`` of each version of a project, in the order of their kinds, ids and windows.

    With them come the findings of landing and those on the way. Raises UsageError for windows that do not exist, and
    EngineError.
    """
    run = Run(project, landed, asked)
    pieces = _pieces(run, chosen)
    shown = _shown(run, pieces, engine, chosen, _unwaived(run, chosen))
    there = [piece for piece in pieces.counted if not is_off(run, piece)]
    tell_current_values(run, there)
    tell_health(run, there, engine)
    return shown, with_affected((*landed.findings, *run.findings), project, landed.tables, pieces.counted)


def recount(
    project: Project, landed: Landed, asked: Asked, chosen: Callable[[Project], Sequence[Shown]]
) -> tuple[Result, ...]:
    """The same results alone, where nobody asks what is wrong with the data."""
    run = Run(project, landed, asked)
    return _shown(run, _pieces(run, chosen), landed.engine, chosen)


def _unwaived(run: Run, chosen: Callable[[Project], Sequence[Shown]]) -> tuple[Result, ...]:
    """The results of the promises of which something was waived, as they would be without that."""
    wanted = {part.subject for part in run.project.unwaived}
    if not wanted:
        return ()

    def bare(version: Project) -> Sequence[Shown]:
        shown = {part.subject for part in chosen(version)}
        shown |= {row.subject for part in chosen(version) if isinstance(part, Card) for row in part.rows}
        return [clock for clock in version.unwaived if clock.subject in shown]

    return recount(run.project, run.landed, run.asked, bare)


def _shown(
    run: Run,
    pieces: Pieces,
    engine: Engine,
    chosen: Callable[[Project], Sequence[Shown]],
    bare: Iterable[Result] = (),
) -> tuple[Result, ...]:
    """What was counted, reckoned and read off cards, in order; ``bare``: the same without waivers, of what has some."""
    off = [piece for piece in pieces.counted if is_off(run, piece)]
    planned = _planned(run, _without(pieces, off), engine)
    results: list[Measured] = [*_counted(run, engine, planned)]
    results += ((piece, result) for piece in off for result in unmeasured(run, piece))
    results += _derived(run, pieces, results)
    waived = beside(run.project, bare)
    results = [(piece, waived(result)) for piece, result in results]
    shown = [waived(result) for result in in_a_row(run, results)]
    for card in (part for part in chosen(run.project) if isinstance(part, Card)):
        shown += card_results(run, card, [result for _, result in results])
    return tuple(_in_order(shown))


def plan_of(project: Project, landed: Landed, asked: Asked, chosen: Callable[[Project], Sequence[Shown]]) -> Plan:
    """The queries that `evaluate` would run; what rests on data that is not there has none."""
    run = Run(project, landed, asked)
    pieces = _pieces(run, chosen)
    return _planned(run, _without(pieces, [piece for piece in pieces.counted if is_off(run, piece)]))


def readied(
    project: Project, landed: Landed, asked: Asked, chosen: Callable[[Project], Sequence[Shown]]
) -> tuple[Run, Pieces]:
    """The run and the pieces of it that `evaluate` would count, with the calendars they need in the engine: for whoever
    asks something else of the same records."""
    run = Run(project, landed, asked)
    pieces = _pieces(run, chosen)
    there = _without(pieces, [piece for piece in pieces.counted if is_off(run, piece)])
    _planned(run, there, landed.engine)
    return run, there


def _pieces(run: Run, chosen: Callable[[Project], Sequence[Shown]]) -> Pieces:
    """What is asked for, what steps of escalations look back at, and what derived numbers are reckoned from."""
    pieces = pieces_of(run, chosen)
    add_windows_before(run, pieces)
    return with_inputs(run, pieces)


def _without(pieces: Pieces, off: Sequence[object]) -> Pieces:
    clocks = [piece for piece in pieces.clocks if piece not in off]
    return Pieces(clocks, [piece for piece in pieces.measures if piece not in off], pieces.derived)


def _planned(run: Run, pieces: Pieces, engine: Engine | None = None) -> Plan:
    """The plan of what is measured; ``engine``: where to put the calendars that it needs."""
    needed = needed_of(run, pieces.counted)
    if needed is not None:
        run.segments, run.pieces = needed.segments, needed.pieces
        if engine is not None:
            prepare_calendars(run, needed, engine)
    keys = {entity: table.key for entity, table in run.landed.tables.items()}
    return plan(pieces.clocks, pieces.measures, run.setting, keys)


def _counted(run: Run, engine: Engine, planned: Plan) -> Iterator[Measured]:
    """What the engine counted, also for pieces that are only parts of other numbers."""
    told: set[str] = set()
    for joint in planned.clocks:
        for scan, outputs in joint.answers(engine.run(joint.query)):
            piece = scan.piece
            is_first = piece.is_shown and piece.subject not in told
            results = clock_results(run, scan, joint.setting, outputs, with_unplaced=is_first)
            yield from ((piece, result) for result in results)
            told |= {piece.subject} if piece.is_shown else set()
    for scan, setting in planned.metrics:
        yield from number_results(run, scan, setting, engine.run(scan.query))


def _derived(run: Run, pieces: Pieces, counted: Iterable[Measured]) -> list[Measured]:
    """What is reckoned from what was counted."""
    known = Known()
    inputs = {part.subject for piece in pieces.derived for part in piece.of.inputs}
    for piece, result in counted:
        if piece.subject in inputs:
            known.keep(piece.project, result.reading)
    return [(piece, result) for piece in pieces.derived for result in derived_results(run, piece, known)]


def _in_order(results: Iterable[Result]) -> Iterator[Result]:
    """By document and window, the total before its groups."""
    places: dict[tuple[object, ...], list[Result]] = {}
    groups: dict[int, Mapping[str, Value]] = {}
    for result in results:
        reading = result.reading
        turn = TURNS.get(result.selection, 0)
        place = (result.kind, result.id, turn, reading.window.first or date.min, reading.window.label)
        places.setdefault(place, []).append(result)
        groups[id(reading.by)] = reading.by
    ranks = _ranks(groups)
    for _, together in sorted(places.items(), key=itemgetter(0)):
        yield from sorted(together, key=lambda result: ranks[id(result.reading.by)])


def _ranks(groups: Mapping[int, Mapping[str, Value]]) -> dict[int, int]:
    """In which order groups stand, by their identity: one mapping tells a group in many windows and documents."""
    orders = {
        place: (len(by), tuple((name, value is not None, str(value)) for name, value in by.items()))
        for place, by in groups.items()
    }
    ranks = {order: rank for rank, order in enumerate(sorted(set(orders.values())))}
    return {place: ranks[order] for place, order in orders.items()}
