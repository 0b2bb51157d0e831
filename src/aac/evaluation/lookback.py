"""Windows before those that are shown: what a step of an escalation after several windows off target looks at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from aac.measures import Clock, Derived, Measure
from aac.periods import previous, rolling_window
from aac.planner.pieces import Piece
from aac.planner.windows import BEFORE, PAST, Chosen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aac.evaluation.run import Run
    from aac.evaluation.versions import Pieces
    from aac.periods import Window
    from aac.project import Project
    from aac.results import Result, Status

    Measured = tuple[Piece[Clock] | Piece[Measure] | Piece[Derived], Result]

DAY_US = 86_400_000_000
Of = TypeVar("Of", Clock, Measure, Derived)
Key = tuple[str, str]
"""The subject and the label of a window."""


def add_windows_before(run: Run, pieces: Pieces) -> None:
    """Adds pieces that are not shown, of the windows that steps look back at, each as its own version has them."""
    pieces.clocks.extend(_before(run, pieces.clocks, lambda version: version.clocks))
    pieces.measures.extend(_before(run, pieces.measures, lambda version: version.measures))
    pieces.derived.extend(_before(run, pieces.derived, lambda version: version.derived))


def in_a_row(run: Run, measured: Sequence[Measured]) -> Iterator[Result]:
    """The results that are shown; those with such a step are judged again, by what came before."""
    statuses: dict[Key, Status | None] = {
        (r.reading.subject, r.reading.window.label): r.verdict.status for _, r in measured if not r.reading.by
    }
    for piece, result in measured:
        if not piece.is_shown:
            continue
        if not piece.of.lookback or result.reading.by or result.selection in ("unplaced", PAST):
            yield result
            continue
        windows = _windows_before(run, result.reading.window, piece.of.lookback)
        before = tuple(statuses.get((piece.subject, window.label)) for window in windows)
        yield run.judged(piece.project, replace(result.reading, before=before), result.selection)


def _before(run: Run, pieces: Iterable[Piece[Of]], own: Callable[[Project], Iterable[Of]]) -> list[Piece[Of]]:
    found: list[Piece[Of]] = []
    for piece in pieces:
        if not piece.is_shown:
            continue
        known = {chosen.window for chosen in piece.windows}
        shown = [chosen.window for chosen in piece.windows if chosen.selection != PAST]
        for window in {w for now in shown for w in _windows_before(run, now, piece.of.lookback)} - known:
            first = window.first
            version = piece.project if first is None or run.asked.restate else piece.project.at(first)
            parts = [part for part in own(version) if part.subject == piece.subject]
            found += [Piece(version, part, (Chosen(window, BEFORE),), is_shown=False) for part in parts]
    return found


def _windows_before(run: Run, window: Window, n: int) -> list[Window]:
    """The windows before one, newest first; `all` has none."""
    found: list[Window] = []
    zone = run.project.timezone
    while len(found) < n and window.first is not None and window.until is not None:
        start = window.start_us(zone)
        if window.ends is not None and start is not None:
            begin, end = window.ends
            window = rolling_window(round((end - begin) / DAY_US), start, zone)  # summer time moves it by an hour
        else:
            window = previous(window, run.project.fiscal_start)
        found.append(window)
    return found
