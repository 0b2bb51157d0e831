"""Which windows are asked for, and the rule that finds a record's window without a time-zone function per row."""

from __future__ import annotations

import re
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, cast

from aac.errors import UsageError
from aac.expressions.nodes import NOTHING, Call, Case, Literal
from aac.periods import (
    ALL,
    YEARS,
    Grain,
    Window,
    current_window,
    last_windows,
    parse_label,
    rolling_window,
    shifted_us,
    window_of,
    windows_between,
)
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.expressions.nodes import Node
    from aac.periods import Duration

EPOCH = date(1970, 1, 1)
MOST_WINDOWS = 1000
"""As many windows `last:N` counts back: of the grain `year` more would leave the years that dates have."""
ROLLING = re.compile(r"rolling ([1-9][0-9]{0,3}) days")
LAST = re.compile("current|last(?::[1-9][0-9]{0,3})?")
RANGE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})?\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})?")
"""From a day up to, not including, another one: `2025-01-01..2026-01-01`; either may be left out."""
RECENT = 12
"""Windows of a range that does not say where it begins."""
PAST, BEFORE = "past", "before"
"""Why a window before the last one is measured: to be shown as the past of a number, or because a step looks back."""
WHOLE = Fraction(1)
"""The share of a window that is over when all of it is."""
UNPLACED = -1
"""The window number of a record whose moment is unknown, or later than as_of, which is the same (LANGUAGE §7)."""


@record
class Chosen:
    """A window and why it is measured: as `last` or `current` of its own accord, because `--window` `named` it, or as
    one before these."""

    window: Window
    selection: str

    @property
    def is_listed(self) -> bool:
        """Whether its items are listed by key; of those before they are only counted."""
        return self.selection not in (PAST, BEFORE)


@record
class Clockwork:
    """What turns days into moments: the company's zone and fiscal year, and as_of in microseconds."""

    zone: str
    fiscal_start: tuple[int, int]
    as_of_us: int

    def elapsed(self, window: Window) -> Fraction:
        """The share of the window that was over by as_of; all of it for `all`, which has no end to wait for."""
        start, until = window.start_us(self.zone), window.until_us(self.zone)
        if start is None or until is None or until <= self.as_of_us:
            return WHOLE
        return max(Fraction(0), Fraction(self.as_of_us - start, until - start))

    def is_open(self, window: Window) -> bool:
        """Whether the window had not ended by as_of."""
        until = window.until_us(self.zone)
        return until is None or until > self.as_of_us


@lru_cache
def choose(
    asked: tuple[str, ...], grain: Grain | str, clockwork: Clockwork, matures: Duration | None = None, past: int = 0
) -> tuple[Chosen, ...]:
    """The windows of one grain, each once, oldest first; raises UsageError for a word that names none.

    ``asked`` holds the words of `--window`; without any it is the newest window that ended by as_of, and the current.
    Of the grain ``rolling N days`` these are one, which ends at as_of. ``matures``: how long after that the last window
    must have ended, so that all who entered in it have been judged. ``past``: how many windows before the last one come
    too, unless some were asked for.
    """
    as_of, zone, fiscal = clockwork.as_of_us, clockwork.zone, clockwork.fiscal_start
    own = ROLLING.fullmatch(grain)
    plain = cast("Grain", "all" if own else grain)
    chosen: dict[Window, Chosen] = {}
    before = [f"last:{past + 1}"] if past and not asked else []
    for word in (*(asked or ("last", "current")), *before):
        name, _, count = word.partition(":")
        if rolling := ROLLING.fullmatch(word):
            windows: Iterable[Window] = (rolling_window(int(rolling[1]), as_of, zone),)
        elif own and LAST.fullmatch(word) and int(count or 1) <= MOST_WINDOWS:
            windows = _rolling_windows(int(own[1]), int(count or 1), clockwork)
        elif RANGE.fullmatch(word):
            windows = _in_range(word, plain, clockwork)
        elif word == "current":
            windows = (current_window(plain, as_of, zone, fiscal),)
        elif word == "last" or (name == "last" and count.isdecimal() and 0 < int(count) <= MOST_WINDOWS):
            known = shifted_us(as_of, matures, zone, -1) if matures else as_of
            windows = last_windows(plain, known, zone, int(count or 1), fiscal)
        else:
            try:
                windows = (parse_label(word, fiscal),)
            except ValueError as error:
                last = f"`last`, `last:13` (at most {MOST_WINDOWS})"
                raise UsageError(f"--window: {error}, {last} or `current`") from None
        for window in windows:
            chosen.setdefault(window, Chosen(window, "named" if asked else PAST if word in before else word))
    return tuple(sorted(chosen.values(), key=lambda c: (c.window.first or date.min, c.window.until or date.max)))


def _rolling_windows(days: int, n: int, clockwork: Clockwork) -> list[Window]:
    """The rolling window that ends at as_of, and those before it, each up to where the next begins."""
    windows: list[Window] = []
    until: int | None = clockwork.as_of_us
    while until is not None and len(windows) < n:
        windows.append(rolling_window(days, until, clockwork.zone))
        until = windows[-1].start_us(clockwork.zone)
    return windows


def _in_range(word: str, grain: Grain, clockwork: Clockwork) -> list[Window]:
    """The windows that hold a day of a range and had begun by as_of; raises UsageError for days that cannot be."""
    current = current_window(grain, clockwork.as_of_us, clockwork.zone, clockwork.fiscal_start)
    if current.until is None:
        raise UsageError(f"`{word}`: all time has no part; name a grain, such as `month`")
    first, until = (_day(text) if text else None for text in word.split(".."))
    until = min(until or current.until, current.until)
    if first is None:
        first = window_of(grain, until - timedelta(days=1), clockwork.fiscal_start).first or until
        for _ in range(RECENT - 1):
            first = window_of(grain, first - timedelta(days=1), clockwork.fiscal_start).first or first
    windows = list(islice(windows_between(grain, first, until, clockwork.fiscal_start), MOST_WINDOWS + 1))
    if not windows:
        raise UsageError(f"`{word}`: there is no {grain.replace('_', ' ')} between these days that has begun")
    if len(windows) > MOST_WINDOWS:
        raise UsageError(f"`{word}`: these are more than {MOST_WINDOWS} windows; begin later, or take a longer grain")
    return windows


def _day(text: str) -> date:
    """A day as ISO 8601; raises UsageError."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"`{text}` is no day") from None
    if day.year not in YEARS:
        raise UsageError(f"`{text}` is not in the years {YEARS[0]} to {YEARS[-1]}")
    return day


def all_time() -> tuple[Chosen, ...]:
    """The only window of a measure without a moment: last and current at once."""
    return (Chosen(ALL, "last"),)


def layers(windows: tuple[Chosen, ...]) -> list[tuple[Chosen, ...]]:
    """Windows in groups without overlap, so that a record falls into at most one of a group."""
    made: list[list[Chosen]] = []
    for chosen in windows:
        first = chosen.window.first
        for layer in made:
            until = layer[-1].window.until
            if first is not None and until is not None and until <= first:
                layer.append(chosen)
                break
        else:
            made.append([chosen])
    return [tuple(layer) for layer in made]


def bounds(window: Window, zone: str, is_date: bool) -> tuple[int | None, int | None]:
    """From and until of a window in the unit of a moment: microseconds, or days since the epoch."""
    if is_date:
        first, until = window.days(zone)
        return _days(first), _days(until)
    return window.start_us(zone), window.until_us(zone)


def _days(day: date | None) -> int | None:
    return None if day is None else (day - EPOCH).days


def window_number(moment: Node, windows: tuple[Chosen, ...], zone: str, is_date: bool) -> Node:
    """The number of the window a moment falls into, null for none, UNPLACED for an unknown moment."""
    numbers = [Literal(number) for number in range(len(windows))]
    unknown = Call("is_null", (moment,))
    return Case(((unknown, Literal(UNPLACED)),), told_of_window(moment, windows, zone, is_date, numbers))


def told_of_window(moment: Node, windows: tuple[Chosen, ...], zone: str, is_date: bool, told: Sequence[Node]) -> Node:
    """What is ``told`` of the window a moment falls into, null for none.

    Comparisons with constants, halved at each step: no time zone is asked for at any row.
    """
    cuts: list[tuple[int, Node]] = []
    first: Node = NOTHING
    for chosen, value in zip(windows, told, strict=True):
        start, until = bounds(chosen.window, zone, is_date)
        if start is None:
            first = value
        elif cuts and cuts[-1][0] == start:
            cuts[-1] = (start, value)
        else:
            cuts.append((start, value))
        if until is not None:
            cuts.append((until, NOTHING))
    return _halved(moment, cuts, first)


def _halved(moment: Node, cuts: list[tuple[int, Node]], before: Node) -> Node:
    """What holds at ``moment``, given the sorted cuts and what holds before the first."""
    if not cuts:
        return before
    middle = len(cuts) // 2
    at, value = cuts[middle]
    earlier = Call("lt", (moment, Literal(at)))
    return Case(((earlier, _halved(moment, cuts[:middle], before)),), _halved(moment, cuts[middle + 1 :], value))


def in_reach(moment: Node, windows: tuple[Chosen, ...], zone: str, is_date: bool, latest: int) -> Node | None:
    """Whether a moment lies in one of the windows, which do not overlap, or in none: unknown, or after ``latest``.

    Null when that is true of every moment. What lies in no window is counted whatever the windows are.
    """
    parts: list[Node] = [Call("is_null", (moment,))]
    for start, until in _runs(windows, zone, is_date):
        if start is None:
            return None
        if until is None or until > latest:
            # whatever is later than ``latest`` is read too, even if all windows begin later still
            parts.append(Call("ge", (moment, Literal(min(latest + 1, start)))))
            break
        parts.append(Call("and", (Call("ge", (moment, Literal(start))), Call("lt", (moment, Literal(until))))))
    else:
        parts.append(Call("gt", (moment, Literal(latest))))
    return Call("or", tuple(parts))


def _runs(windows: tuple[Chosen, ...], zone: str, is_date: bool) -> list[tuple[int | None, int | None]]:
    """From and until of windows, those that follow each other taken together."""
    runs: list[tuple[int | None, int | None]] = []
    for chosen in windows:
        start, until = bounds(chosen.window, zone, is_date)
        if runs and runs[-1][1] == start:
            start = runs.pop()[0]
        runs.append((start, until))
    return runs
