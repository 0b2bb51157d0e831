"""Which version of the project each window is measured with (LANGUAGE §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from aac.measures import Card, Clock, Cohort, Derived, Measure
from aac.periods import day_of
from aac.planner.pieces import Piece
from aac.planner.windows import all_time, choose
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aac.evaluation.run import Run
    from aac.measures import Measurement, Shown
    from aac.planner.windows import Chosen
    from aac.project import Project


@record
class Pieces:
    """What is measured of a run, by sort."""

    clocks: list[Piece[Clock]]
    measures: list[Piece[Measure]]
    derived: list[Piece[Derived]]

    @property
    def counted(self) -> list[Piece[Clock] | Piece[Measure]]:
        """Those that read records themselves."""
        return [*self.clocks, *self.measures]


def pieces_of(run: Run, chosen: Callable[[Project], Sequence[Shown]]) -> Pieces:
    """What is ``chosen`` of each version, with those of the windows asked for that begin while it holds.

    A rolling window, and `all`, is measured as of its end; with `--restate` every window is, by the documents of the
    day up to which the data of its number is known: other sources may have ended sooner.
    """
    pieces = Pieces([], [], [])
    for version in _versions(run):
        parts = chosen(version)
        shown = {part.subject for part in parts}
        for part in (*parts, *_rows(version, parts)):
            match part:
                case Clock():
                    pieces.clocks.extend(_piece(run, version, part, is_shown=part.subject in shown))
                case Measure():
                    pieces.measures.extend(_piece(run, version, part, is_shown=part.subject in shown))
                case Derived():
                    pieces.derived.extend(_piece(run, version, part, is_shown=part.subject in shown))
                case Card():
                    pass
    return pieces


def _rows(version: Project, parts: Sequence[Shown]) -> list[Measurement]:
    """What stands on the cards among what is shown, and is not there itself; without a target it is not judged."""
    cards = [part for part in parts if isinstance(part, Card)]
    wanted = {row.subject for card in cards for row in card.rows} - {part.subject for part in parts}
    numbers = (number for number in (*version.measures, *version.derived) if number.has_target)
    return [number for number in (*version.clocks, *numbers) if number.subject in wanted]


def _versions(run: Run) -> Sequence[Project]:
    """The project of each day on which something in it changes, oldest first."""
    by_day = run.project.by_day
    return [by_day[day] for day in sorted(by_day)] if by_day else [run.project]


Of = TypeVar("Of", Clock, Measure, Derived)


def _piece(run: Run, version: Project, part: Of, *, is_shown: bool) -> list[Piece[Of]]:
    """A measurement with its windows; nothing when none of them begins while the version holds."""
    clockwork = run.clockwork(run.as_of(part))
    has_windows = isinstance(part, Clock) or part.has_windows
    matures = part.basis.matures if isinstance(part, Measure) and isinstance(part.basis, Cohort) else None
    past = run.asked.past
    windows = choose(run.asked.windows, part.grain, clockwork, matures, past) if has_windows else all_time()
    today = day_of(clockwork.as_of_us - 1, clockwork.zone)

    def holds(chosen: Chosen) -> bool:
        first = chosen.window.first
        day = today if first is None or chosen.window.grain == "rolling" or run.asked.restate else first
        return version.at(day) is version

    windows = tuple(filter(holds, windows))
    return [Piece(version, part, windows, is_shown, in_detail=past > 0)] if windows else []
