"""Cells of metrics -> readings and results; what is told of records that are in no window, or have no rate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aac.findings import Finding
from aac.measures import Cohort, Retention, Snapshot, is_volume
from aac.planner.cohorts import has_matured
from aac.planner.windows import UNPLACED, WHOLE
from aac.results import UNJUDGED, NumberReading, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
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
    stale = {piece: run.is_stale(run.sources_of(piece.of)) for piece in scan.pieces}
    places = {
        piece: [
            _Place.of(piece, chosen, setting, stale[piece], *over[number]) for number, chosen in enumerate(scan.windows)
        ]
        for piece in scan.pieces
    }
    for cell in scan.cells(answers):
        piece, number = cell.piece, cell.window
        if not cell.by and piece.is_shown:
            _tell(run, cell, scan.windows)
        if number != UNPLACED:
            yield piece, places[piece][number].result(cell)


@dataclass(frozen=True, slots=True)
class _Place:
    """What is the same in all cells of a piece in one window: the first fields of their readings, and the last.

    ``judge``: what its document says of a reading; ``basis``: that of a cohort, which has matured once its last entrant
    has.
    """

    piece: Piece[Measure]
    chosen: Chosen
    setting: Setting
    selection: str
    kind: str
    id: str
    judge: Callable[[NumberReading], Verdict]
    first: tuple[str, Window, int, bool, bool]
    last: tuple[str, bool, Fraction]
    basis: Cohort | None

    @classmethod
    def of(
        cls, piece: Piece[Measure], chosen: Chosen, setting: Setting, is_stale: bool, is_open: bool, elapsed: Fraction
    ) -> _Place:
        measure = piece.of
        basis, (kind, _, id_) = measure.basis, measure.subject.partition(":")
        if isinstance(basis, Snapshot | Retention):
            elapsed = WHOLE  # it is looked at from its end
        return cls(
            piece,
            chosen,
            setting,
            chosen.selection,
            kind,
            id_,
            piece.project.models[kind, id_].judge,
            (measure.subject, chosen.window, setting.as_of_us, is_open, is_stale),
            (measure.unit, is_volume(measure.formula), elapsed),
            basis if isinstance(basis, Cohort) else None,
        )

    def result(self, cell: Cell) -> Result:
        by, *counted = cell[2:8]  # from the group to the unknown ones, as a reading has them
        reading = NumberReading(*self.first, by, *counted, *self.last)
        if self.basis is not None:
            has_all = has_matured(self.piece.of, self.chosen.window, cell.latest, self.setting)
            is_maturing = not has_all and self.basis.matures is not None
            reading = replace(reading, has_matured=has_all, is_maturing=is_maturing)
        verdict = self.judge(reading) if self.piece.is_shown or not by else UNJUDGED
        return Result(self.kind, self.id, reading, verdict, self.selection)


def _tell(run: Run, cell: Cell, windows: Sequence[Chosen]) -> None:
    """What has to be said of a total."""
    if cell.window != UNPLACED and cell.unrated:
        _tell_unrated(run, cell, windows[cell.window].window)
    elif cell.window == UNPLACED and cell.n:
        _tell_unplaced(run, cell)


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
