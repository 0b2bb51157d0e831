"""Measures of records in force, and of keys that have such, of one entity -> queries that read its records once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.engines.base import Entity, Select
from aac.expressions.nodes import Literal, Named
from aac.measures import Retention
from aac.planner.metrics import MOST_DIMENSIONS, RECORDS, WINDOW, Columns, MetricScan, View, maybe_anyone, sheet_of
from aac.planner.retention import Keys
from aac.planner.snapshots import seen_from, snapshot_view

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.expressions.nodes import Node
    from aac.measures import Measure
    from aac.planner.metrics import Sheet
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting
    from aac.planner.windows import Chosen

MOST_WINDOWS = 100
"""As many windows a query has aggregates for: what it holds of each group or key grows with them."""

MOST_OF_KEYS = 40
"""As many measures of keys, in as many windows, a query answers: each has columns of its own, and the time that an
engine takes to plan them grows with their square."""

Blocks = tuple[tuple[str, Select], ...]
Seen = tuple["Piece[Measure]", int, "Measure"]
"""A piece, the number of a window, and what is measured there."""


def plan_in_force(
    pieces: Sequence[Piece[Measure]], windows: tuple[Chosen, ...], setting: Setting
) -> Iterator[MetricScan]:
    """The scans of measures of one entity: one, if its windows and dimensions are not very many."""
    seen = [
        (piece, number, seen_from(piece.of, chosen.window, setting))
        for number, chosen in enumerate(windows)
        for piece in pieces
        if chosen in piece.windows
    ]
    for part in _parted(seen):
        yield _scan(part, windows, setting)


def _parted(seen: Sequence[Seen]) -> Iterator[Sequence[Seen]]:
    """What one scan can answer, and the next: so many windows, and so many dimensions and keys."""
    part: list[Seen] = []
    for one in seen:
        longer = [*part, one]
        columns = {column for _, _, measure in longer for column in _columns(measure)}
        of_keys = [number for _, number, measure in longer if isinstance(measure.basis, Retention)]
        windows = {number for _, number, _ in longer}
        if len(windows) > MOST_WINDOWS or len(of_keys) > MOST_OF_KEYS or len(columns) > MOST_DIMENSIONS:
            yield part
            longer = [one]
        part = longer
    yield part


def _columns(measure: Measure) -> Iterator[Node]:
    """What the groups of a measure are told apart by."""
    yield from (split.value for split in measure.dimensions)
    if isinstance(measure.basis, Retention):
        yield Named("key", measure.basis.per)


def _scan(seen: Sequence[Seen], windows: tuple[Chosen, ...], setting: Setting) -> MetricScan:
    records, snapshots = Columns(), list[View]()
    keys = Keys(records)
    for piece, number, measure in seen:
        if isinstance(measure.basis, Retention):
            keys.add(piece, number, measure, windows[number].window, setting)
        else:
            snapshots.append(snapshot_view(piece, number, measure, windows[number].window, setting))
    answers: list[tuple[Blocks, Sheet, Select]] = []
    if snapshots:
        answers.append(((), *sheet_of(tuple(snapshots), records, RECORDS, None, is_placed=False)))
    answers += [keys.sheet()] if len(snapshots) < len(seen) else []
    columns = ((WINDOW, Literal(0)), *keys.columns, *records.columns)
    anyone = maybe_anyone(measure for _, _, measure in seen)
    block = Select(Entity(seen[0][2].population.entity), columns, anyone)
    blocks = ((RECORDS, block), *(named for more, _, _ in answers for named in more))
    shared = (RECORDS,) if len(answers) > 1 else ()  # read once, whatever is asked of it
    query = setting.query(blocks, tuple(output for _, _, output in answers), *shared)
    return MetricScan(
        tuple(dict.fromkeys(piece for piece, _, _ in seen)), windows, query, tuple(sheet for _, sheet, _ in answers)
    )
