"""Cells of metrics -> readings and results; what is told of records that are in no window, or have no rate."""

from __future__ import annotations

from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING

from aac.findings import Finding
from aac.measures import Cohort, Retention, Snapshot, is_volume
from aac.planner.cohorts import has_matured
from aac.planner.windows import UNPLACED, WHOLE
from aac.records import record
from aac.results import UNJUDGED, NumberReading, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from fractions import Fraction

    from aac.engines.base import Rows
    from aac.evaluation.run import Run
    from aac.measures import Measure
    from aac.periods import Window
    from aac.planner.fuse import NumberScan
    from aac.planner.metrics import Cell
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting
    from aac.planner.windows import Chosen
    from aac.results import Verdict


def number_results(
    run: Run, scan: NumberScan, setting: Setting, answers: Sequence[Rows]
) -> Iterator[tuple[Piece[Measure], Result]]:
    """The results of every piece of a scan, also of those that are only parts of other numbers."""
    clockwork = setting.clockwork
    over = [(clockwork.is_open(chosen.window), clockwork.elapsed(chosen.window)) for chosen in scan.windows]
    known = {
        piece: _Known.of(piece, scan.windows, setting, run.is_stale(run.sources_of(piece.of)), over)
        for piece in scan.pieces
    }
    for piece, cells in scan.strips(answers):
        if piece.is_shown:
            _tell(run, piece, (cell for cell in cells if not cell.by), scan.windows)
        placed = [cell for cell in cells if cell.window != UNPLACED]
        yield from zip(repeat(piece), known[piece].results(placed), strict=False)


@record
class _Known:
    """What is the same in all cells of a piece: by window the first fields of their readings and the last.

    ``judge``: what its document says of a reading; ``basis``: that of a cohort, which has matured once its last entrant
    has.
    """

    piece: Piece[Measure]
    windows: tuple[Chosen, ...]
    setting: Setting
    judge: Callable[[NumberReading], Verdict]
    first: Sequence[tuple[str, Window, int, bool, bool]]
    last: Sequence[tuple[str, bool, Fraction]]
    basis: Cohort | None

    @classmethod
    def of(
        cls,
        piece: Piece[Measure],
        windows: tuple[Chosen, ...],
        setting: Setting,
        is_stale: bool,
        over: Sequence[tuple[bool, Fraction]],
    ) -> _Known:
        """``over``: whether each window is open, and the share of it that is over."""
        measure, as_of = piece.of, setting.as_of_us
        basis, (kind, _, id_) = measure.basis, measure.subject.partition(":")
        is_from_end = isinstance(basis, Snapshot | Retention)  # looked at from there, a window is over
        is_whole = is_volume(measure.formula)
        return cls(
            piece,
            windows,
            setting,
            piece.project.models[kind, id_].judge,
            [
                (measure.subject, c.window, as_of, is_open, is_stale)
                for c, (is_open, _) in zip(windows, over, strict=True)
            ],
            [(measure.unit, is_whole, WHOLE if is_from_end else elapsed) for _, elapsed in over],
            basis if isinstance(basis, Cohort) else None,
        )

    def results(self, cells: Sequence[Cell]) -> Iterator[Result]:
        """Those of a strip, column by column."""
        kind, _, id_ = self.piece.subject.partition(":")
        first, last, basis = self.first, self.last, self.basis
        # from the group to the unknown ones a cell has the fields of a reading
        readings = [NumberReading(*first[cell.window], *cell[1:7], *last[cell.window]) for cell in cells]
        if basis is not None:
            readings = [self._matured(basis, reading, cell) for reading, cell in zip(readings, cells, strict=True)]
        is_judged = self.piece.is_shown or not any(cell.by for cell in cells[:1])
        verdicts = map(self.judge, readings) if is_judged else repeat(UNJUDGED)
        selections = [self.windows[cell.window].selection for cell in cells]
        return map(Result, repeat(kind), repeat(id_), readings, verdicts, selections)

    def _matured(self, basis: Cohort, reading: NumberReading, cell: Cell) -> NumberReading:
        has_all = has_matured(self.piece.of, reading.window, cell.latest, self.setting)
        return replace(reading, has_matured=has_all, is_maturing=not has_all and basis.matures is not None)


def _tell(run: Run, piece: Piece[Measure], totals: Iterable[Cell], windows: Sequence[Chosen]) -> None:
    """What has to be said of totals."""
    for cell in totals:
        if cell.window != UNPLACED and cell.unrated:
            _tell_unrated(run, piece, cell, windows[cell.window].window)
        elif cell.window == UNPLACED and cell.n:
            _tell_unplaced(run, piece, cell.n)


def _tell_unplaced(run: Run, piece: Piece[Measure], n: int) -> None:
    """Members whose moment is unknown by as_of are in no window: told once a metric (LANGUAGE §8)."""
    kind, _, id_ = piece.subject.partition(":")
    scope = piece.project.scope((kind, id_))
    run.tell(
        Finding(
            "AAC510",
            "info",
            f"no moment by as_of, so in no window of {kind} `{id_}`: {n:,} record{'s' * (n != 1)}",
            "fill the field that `at` names, or leave them out with a rule",
            scope.span("at") if "at" in scope.document.data else scope.span("of"),
            piece.subject,
            n,
        )
    )


def _tell_unrated(run: Run, piece: Piece[Measure], cell: Cell, window: Window) -> None:
    """Money is unknown on days for which no exchange rate is told (LANGUAGE §4)."""
    kind, _, id_ = piece.subject.partition(":")
    run.tell(
        Finding(
            "AAC520",
            "warning",
            f"of {cell.n:,} records of {kind} `{id_}` in {window.label} {cell.unrated:,} have money without a rate",
            "bring the rates of their days to `exchange_rate`, between the two currencies",
            piece.project.scope((kind, id_)).span("formula"),
            piece.subject,
            cell.unrated,
        )
    )
