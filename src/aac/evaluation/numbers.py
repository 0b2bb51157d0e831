"""Cells of metrics -> readings and results; what is told of records that are in no window, or have no rate."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from aac.findings import Finding
from aac.measures import Cohort, Retention, Snapshot, is_volume
from aac.planner.cohorts import has_matured
from aac.planner.windows import UNPLACED
from aac.results import NumberReading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.engines.base import Rows
    from aac.evaluation.run import Run
    from aac.measures import Measure
    from aac.periods import Window
    from aac.planner.fuse import NumberScan
    from aac.planner.metrics import Cell
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting
    from aac.results import Result

ALL_OF_IT = Fraction(1)
"""The share that is over of what is looked at from its end."""


def number_results(
    run: Run, scan: NumberScan, setting: Setting, answers: Sequence[Rows]
) -> Iterator[tuple[Piece[Measure], Result]]:
    """The results of every piece of a scan, also of those that are only parts of other numbers."""
    over = [(setting.clockwork.is_open(c.window), setting.clockwork.elapsed(c.window)) for c in scan.windows]
    facts = {piece: _Facts.of(run, piece.of) for piece in scan.pieces}
    for cell in scan.cells(answers):
        piece = cell.piece
        is_told = not cell.by and piece.is_shown
        if cell.window == UNPLACED:
            if is_told and cell.n:
                _tell_unplaced(run, cell)
            continue
        chosen = scan.windows[cell.window]
        if is_told:
            _tell_unrated(run, cell, chosen.window)
        reading = _reading(cell, facts[piece], chosen.window, setting, *over[cell.window])
        if cell.by and not piece.is_shown:  # a group of what is only a part of other numbers
            yield piece, run.unjudged(reading, chosen.selection)
        else:
            yield piece, run.judged(piece.project, reading, chosen.selection)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What is the same in all cells of a measure. ``is_counted``: its records belong to windows by their moment;
    ``can_mature``: they are judged only so long after that."""

    is_stale: bool
    is_volume: bool
    is_counted: bool
    can_mature: bool

    @classmethod
    def of(cls, run: Run, measure: Measure) -> _Facts:
        basis = measure.basis
        return cls(
            run.is_stale(run.sources_of(measure)),
            is_volume(measure.formula),
            not isinstance(basis, Snapshot | Retention),
            isinstance(basis, Cohort) and basis.matures is not None,
        )


def _reading(
    cell: Cell, facts: _Facts, window: Window, setting: Setting, is_open: bool, elapsed: Fraction
) -> NumberReading:
    measure = cell.piece.of
    has_all = has_matured(measure, window, cell.latest, setting)
    return NumberReading(
        subject=measure.subject,
        window=window,
        as_of_us=setting.as_of_us,
        is_open=is_open,
        is_stale=facts.is_stale,
        by=cell.by,
        value=cell.value,
        numerator=cell.numerator,
        denominator=cell.denominator,
        n=cell.n,
        unknown=cell.unknown,
        unit=measure.unit,
        is_volume=facts.is_volume,
        elapsed=elapsed if facts.is_counted else ALL_OF_IT,
        has_matured=has_all,
        is_maturing=not has_all and facts.can_mature,
    )


def _tell_unplaced(run: Run, cell: Cell) -> None:
    """Members whose moment is unknown by as_of are in no window: told once a metric (LANGUAGE §8)."""
    kind, _, id_ = cell.piece.subject.partition(":")
    scope = cell.piece.project.scope((kind, id_))
    run.tell(
        Finding(
            "AAC510",
            "info",
            f"no moment by as_of, so in no window of {kind} `{id_}`: {cell.n:,} record{'s' * (cell.n != 1)}",
            "fill the field that `at` names, or leave them out with a rule",
            scope.span("at") if "at" in scope.document.data else scope.span("of"),
            cell.piece.subject,
            cell.n,
        )
    )


def _tell_unrated(run: Run, cell: Cell, window: Window) -> None:
    """Money is unknown on days for which no exchange rate is told (LANGUAGE §4)."""
    if not cell.unrated:
        return
    kind, _, id_ = cell.piece.subject.partition(":")
    run.tell(
        Finding(
            "AAC520",
            "warning",
            f"of {cell.n:,} records of {kind} `{id_}` in {window.label} {cell.unrated:,} have money without a rate",
            "bring the rates of their days to `exchange_rate`, between the two currencies",
            cell.piece.project.scope((kind, id_)).span("formula"),
            cell.piece.subject,
            cell.unrated,
        )
    )
