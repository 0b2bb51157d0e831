"""Tallies and listed items of a clock -> readings and results."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from aac.calendars import due_in, due_us, open_us
from aac.findings import Finding
from aac.measures import key_text
from aac.periods import Window, midnight_us
from aac.planner.checklists import missing_parts
from aac.planner.clocks import Tally
from aac.planner.listing import DUE_ITEMS, LATE_ITEMS
from aac.planner.windows import EPOCH, UNPLACED, Chosen
from aac.results import ClockReading, Item, Spread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aac.calendars import Calendar
    from aac.engines.base import Rows
    from aac.evaluation.run import Run
    from aac.measures import Clock
    from aac.planner.clocks import ClockScan
    from aac.planner.listing import Listed
    from aac.planner.setting import Setting
    from aac.results import Result

US_A_DAY = 86_400_000_000
NOWHERE = Chosen(Window("unplaced", "all", None, None), "unplaced")
"""Where items are counted whose clock never started."""
REST = "rest"
"""The last step of the way, from the last named moment to the end."""


def clock_results(
    run: Run, scan: ClockScan, setting: Setting, outputs: Sequence[Rows], *, with_unplaced: bool
) -> Iterator[Result]:
    """The results of a clock. Each of its scans counts items without a start: one tells them (``with_unplaced``)."""
    clock = scan.piece.of
    tallies = {(t.window, tuple(t.by.items())): t for t in scan.tallies(outputs[0])}
    lists = scan.lists(outputs)
    late, due = (lists.get(name, {}) for name in (LATE_ITEMS, DUE_ITEMS))
    spreads: Mapping[int, Spread] = {}
    if scan.spread is not None:
        spreads = scan.spread.read(outputs[1 : 1 + scan.spreads])
    for number in range(len(scan.windows)):
        tallies.setdefault((number, ()), Tally(number, {}, {}, 0, 0, 0, (0, 0)))
    is_stale = run.is_stale(run.sources_of(clock))
    still_open = {UNPLACED: False}
    still_open |= {number: setting.clockwork.is_open(chosen.window) for number, chosen in enumerate(scan.windows)}
    for (number, by), tally in tallies.items():
        if number == UNPLACED and not with_unplaced:
            continue
        chosen = NOWHERE if number == UNPLACED else scan.windows[number]
        total = not by and number != UNPLACED
        if total and tally.in_doubt:
            _tell_in_doubt(run, scan, chosen.window, tally.in_doubt)
        reading = ClockReading(
            subject=clock.subject,
            window=chosen.window,
            as_of_us=setting.as_of_us,
            is_open=still_open[number],
            is_stale=is_stale,
            by=tally.by,
            counts=tally.counts,
            outside_hours=tally.outside_hours,
            unknown=tally.unknown,
            recent=tally.recent,
            through=_steps(clock, tally),
            missing=_missing(clock, tally),
            late_items=_items(run, clock, late.get(number, ()), setting) if total else (),
            open_items=_items(run, clock, due.get(number, ()), setting) if total else (),
            spread=spreads.get(number, Spread() if scan.spread is not None else None) if total else None,
        )
        yield run.judged(scan.piece.project, reading, chosen.selection)


def _items(run: Run, clock: Clock, listed: Iterable[Listed], setting: Setting) -> tuple[Item, ...]:
    """Listed items with moments in microseconds and the moment each was due."""
    zone, types = setting.zone_of(clock.starts, clock.population.entity), run.key_types[clock.population.entity]
    return tuple(_item(run, clock, one, zone, types) for one in listed)


def _item(run: Run, clock: Clock, one: Listed, zone: str, types: Iterable[str]) -> Item:
    parts = tuple(map(key_text, one.key, types))
    key = parts[0] if len(parts) == 1 else parts
    due = None if one.waits else _due(run, one, clock.starts.is_date)
    if not clock.starts.is_date:
        return Item(key, one.started, due, one.stopped, one.used, one.allowed, one.missing)
    started, stopped = _midnight(one.started, zone), one.stopped
    done = _midnight(stopped, zone) if stopped is not None else None
    over = _midnight(due + 1, zone) - 1 if due is not None else None
    return Item(key, started, over, done, one.used * US_A_DAY, one.allowed * US_A_DAY, one.missing)


def _due(run: Run, one: Listed, is_date: bool) -> int | None:
    """The last moment (or day) that still counts as met: up to it no more than allowed was used, pauses left out."""
    calendar = run.calendars[one.calendar] if one.calendar is not None and not is_date else None
    if one.due is not None and not (one.pauses and _is_moved(one, one.due, calendar)):
        return one.due
    at, left = one.started, one.allowed
    for begins, ends in one.pauses:
        begins = max(begins, at)
        if begins >= ends:
            continue
        used = open_us(calendar, at, begins) if calendar is not None else begins - at
        if used > left:
            break
        at, left = ends, left - used
    if calendar is None or one.calendar is None:
        return at + left
    due = due_in(run.opened[one.calendar], at, left)
    return due if due is not None else due_us(calendar, at, left)


def _is_moved(one: Listed, due: int, calendar: Calendar | None) -> bool:
    """Whether time was paused that a deadline had still before it, or that it lies in itself."""
    spans = ((max(begins, one.started), min(ends, due + 1)) for begins, ends in one.pauses)
    return any(open_us(calendar, *span) if calendar is not None else span[0] < span[1] for span in spans)


def _steps(clock: Clock, tally: Tally) -> tuple[tuple[str, int], ...]:
    """The time used in each step of the way, in microseconds, and in what was left of it: none without items."""
    if not clock.through:
        return ()
    scale = US_A_DAY if clock.starts.is_date else 1
    names = (*(name for name, _ in clock.through), REST)
    steps = tally.steps or (0,) * len(names)
    return tuple((name, used * scale) for name, used in zip(names, steps, strict=True))


def _missing(clock: Clock, tally: Tally) -> tuple[tuple[str, int], ...]:
    """The parts of the checklist, and how many late items lacked each."""
    names = [name for name, _ in missing_parts(clock.must)]
    return tuple(zip(names, tally.missing or (0,) * len(names), strict=True))


def _tell_in_doubt(run: Run, scan: ClockScan, window: Window, n: int) -> None:
    """Items of which it is unknown whether they are excused are not, and are told (LANGUAGE §7)."""
    subject = scan.piece.subject
    kind, _, id_ = subject.partition(":")
    run.tell(
        Finding(
            "AAC511",
            "info",
            f"of {n:,} items of {kind} `{id_}` in {window.label} it is unknown whether they are excused: they are not",
            "fill the fields that `excused` reads, or say what an empty one means with `coalesce(field, false)`",
            scan.piece.project.scope((kind, id_)).span("how_measured", "excused"),
            subject,
            n,
        )
    )


def _midnight(day: int, zone: str) -> int:
    return midnight_us(EPOCH + timedelta(days=day), zone)
