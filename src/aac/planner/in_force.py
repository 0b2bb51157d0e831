"""Measures of records in force, and of keys that have such, of one entity -> queries that read its records once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.engines.base import Entity, Join, Select
from aac.expressions.nodes import Column
from aac.measures import Retention
from aac.planner.metrics import RECORDS, WINDOW, Columns, MetricScan, any_of, maybe_anyone, parted, sheet_of
from aac.planner.retention import Keys
from aac.planner.snapshots import WINDOWS, Told, snapshot_view
from aac.planner.stacked import Blocks, stacked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.measures import Measure
    from aac.planner.metrics import Sheet
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting
    from aac.planner.windows import Chosen

MOST_WINDOWS = 100
"""As many windows stand beside each record: what a query holds of each group or key grows with them."""


def plan_in_force(
    pieces: Sequence[Piece[Measure]], windows: tuple[Chosen, ...], setting: Setting
) -> Iterator[MetricScan]:
    """The scans of measures of one entity: one, if its windows and dimensions are not very many."""
    for first in range(0, len(windows), MOST_WINDOWS):
        some = windows[first : first + MOST_WINDOWS]
        asked = [piece for piece in pieces if not set(piece.windows).isdisjoint(some)]
        for part in parted(asked):
            yield _scan(part, some, setting)


def _scan(pieces: tuple[Piece[Measure], ...], windows: tuple[Chosen, ...], setting: Setting) -> MetricScan:
    records, told = Columns(), Told(windows, setting)
    keys = Keys(records, told)
    for piece in pieces:
        if isinstance(piece.of.basis, Retention):
            keys.add(piece)
    snapshots = tuple(snapshot_view(piece, told) for piece in pieces if not isinstance(piece.of.basis, Retention))
    answers: list[tuple[Blocks, Sheet, Select]] = []
    if snapshots:
        answers.append(((), *sheet_of(snapshots, records, RECORDS)))
    answers += [keys.sheet()] if keys.maybe else []
    anyone = [*keys.maybe]
    if snapshots and (rule := maybe_anyone(view.measure for view in snapshots)) is not None:
        anyone.append(rule)
    columns = ((WINDOW, Column(WINDOW, block=WINDOWS)), *keys.columns, *records.columns)
    block = Select(Entity(pieces[0].of.population.entity), columns, any_of(anyone), joins=(Join(WINDOWS, ()),))
    blocks = ((WINDOWS, told.block), (RECORDS, block), *(named for more, _, _ in answers for named in more))
    stack, output = stacked([output for _, _, output in answers])
    query = setting.query((*blocks, *stack), (output,))
    return MetricScan(pieces, windows, query, tuple(sheet for _, sheet, _ in answers))
