"""Which version of the project each window is measured with (LANGUAGE §1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aac.measures import Clock, Derived, Measure
from aac.planner.pieces import Piece
from aac.planner.windows import all_time, choose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aac.evaluation.run import Run
    from aac.measures import Measurement
    from aac.planner.windows import Chosen
    from aac.project import Project


@dataclass(frozen=True, slots=True)
class Pieces:
    """What is measured of a run, by sort."""

    clocks: list[Piece[Clock]]
    measures: list[Piece[Measure]]
    derived: list[Piece[Derived]]

    @property
    def counted(self) -> list[Piece[Clock] | Piece[Measure]]:
        """Those that read records themselves."""
        return [*self.clocks, *self.measures]


def pieces_of(run: Run, chosen: Callable[[Project], Sequence[Measurement]]) -> Pieces:
    """What is ``chosen``, with the windows that are asked for."""
    pieces = Pieces([], [], [])
    for part in chosen(run.project):
        match part:
            case Clock():
                pieces.clocks.append(Piece(run.project, part, _windows(run, part)))
            case Measure():
                pieces.measures.append(Piece(run.project, part, _windows(run, part)))
            case Derived():
                pass
    return pieces


def _windows(run: Run, part: Clock | Measure) -> tuple[Chosen, ...]:
    if isinstance(part, Measure) and not part.has_windows:
        return all_time()
    return choose(run.asked.windows, part.grain, run.clockwork(run.as_of(part)))
