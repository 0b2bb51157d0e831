"""Cells of metrics -> readings and results; what is told of records that are in no window, or have no rate."""

from __future__ import annotations

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


def number_results(
    run: Run, scan: NumberScan, setting: Setting, answers: Sequence[Rows]
) -> Iterator[tuple[Piece[Measure], Result]]:
    """The results of every piece of a scan, also of those that are only parts of other numbers."""
    for cell in scan.cells(answers):
        is_told = not cell.by and cell.piece.is_shown
        if cell.window == UNPLACED:
            if is_told and cell.n:
                _tell_unplaced(run, cell)
            continue
        if is_told:
            _tell_unrated(run, cell, scan.windows[cell.window].window)
        yield cell.piece, _result(run, scan, setting, cell)


def _result(run: Run, scan: NumberScan, setting: Setting, cell: Cell) -> Result:
    chosen, measure = scan.windows[cell.window], cell.piece.of
    is_counted = not isinstance(measure.basis, Snapshot | Retention)
    has_all = has_matured(measure, chosen.window, cell.latest, setting)
    reading = NumberReading(
        subject=measure.subject,
        window=chosen.window,
        as_of_us=setting.as_of_us,
        is_open=setting.clockwork.is_open(chosen.window),
        is_stale=run.is_stale(run.sources_of(measure)),
        by=cell.by,
        value=cell.value,
        numerator=cell.numerator,
        denominator=cell.denominator,
        n=cell.n,
        unknown=cell.unknown,
        unit=measure.unit,
        is_volume=is_volume(measure.formula),
        elapsed=setting.clockwork.elapsed(chosen.window) if is_counted else Fraction(1),
        has_matured=has_all,
        is_maturing=not has_all and isinstance(measure.basis, Cohort) and measure.basis.matures is not None,
    )
    return run.judged(cell.piece.project, reading, chosen.selection)


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
