"""Cards: how several numbers stand together, from the results of each (LANGUAGE §9)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from aac.periods import Window
from aac.results import CardReading, RowReading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.evaluation.run import Run
    from aac.measures import Card
    from aac.results import Result

DEFAULT = ("last", "current")
"""The windows of a run that was asked for none."""


def card_results(run: Run, card: Card, results: Sequence[Result]) -> Iterator[Result]:
    """The results of a card, from those of its rows among ``results``; none when no row has any.

    Of its own accord it is told of the last window of each row, and of the current one; a row that has one window alone
    stands in both. Else it is told of each window that was asked for.
    """
    subjects = {row.subject for row in card.rows}
    totals = [result for result in results if not result.reading.by and f"{result.kind}:{result.id}" in subjects]
    if run.asked.windows:
        by_window: defaultdict[Window, dict[str, Result]] = defaultdict(dict)
        for result in totals:
            if result.selection == "named":
                by_window[result.reading.window][f"{result.kind}:{result.id}"] = result
        yield from (_result(run, card, rows, "named") for rows in by_window.values())
        return
    last, current = ({f"{r.kind}:{r.id}": r for r in totals if r.selection == word} for word in DEFAULT)
    if last:
        yield _result(run, card, last, "last")
    if current:
        yield _result(run, card, last | current, "current")


def _result(run: Run, card: Card, found: Mapping[str, Result], selection: str) -> Result:
    readings = [result.reading for result in found.values()]
    windows = {reading.window for reading in readings}
    window = windows.pop() if len(windows) == 1 else Window(selection, "all", None, None)
    rows: list[RowReading] = []
    for row in card.rows:
        result = found.get(row.subject)
        label = result.reading.window.label if result is not None else None
        status = result.standing if result is not None else None
        is_waived = result is not None and result.waived is not None
        rows.append(RowReading(row.subject, row.weight, row.horizon, label, status, is_waived))
    reading = CardReading(
        subject=card.subject,
        window=window,
        as_of_us=min(reading.as_of_us for reading in readings),
        is_open=any(reading.is_open for reading in readings),
        is_stale=any(reading.is_stale for reading in readings),
        rows=tuple(rows),
    )
    return run.judged(run.project, reading, selection)
