"""What waivers excuse: the clocks of promises with them, and as they were agreed at first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from aac.expressions.nodes import Call, Literal
from aac.measures import Clock, Waiver
from aac.periods import midnight_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from aac.expressions.nodes import Node
    from aac.measures import Moment
    from aac.periods import Window

EPOCH = date(1970, 1, 1)


def with_waivers(compiled: Sequence[object], zone: str) -> tuple[list[object], tuple[Clock, ...]]:
    """What documents compiled to, where clocks excuse what was waived of them; and those clocks without that."""
    waivers = [part for part in compiled if isinstance(part, Waiver)]
    waived = {part.subject for part in waivers}
    bare = tuple(part for part in compiled if isinstance(part, Clock) and part.subject in waived)
    made = [_excusing(part, waivers, zone) if part in bare and isinstance(part, Clock) else part for part in compiled]
    return made, bare


def _excusing(clock: Clock, waivers: Iterable[Waiver], zone: str) -> Clock:
    rules = [_excused(clock.starts, waiver, zone) for waiver in waivers if waiver.subject == clock.subject]
    own = [clock.excused] if clock.excused is not None else []
    return replace(clock, excused=_joined("or", [*own, *rules]))


def _excused(starts: Moment, waiver: Waiver, zone: str) -> Node:
    """True of what started in the window of a waiver before it expires, and is one of its records; else false."""
    first = waiver.window.first if waiver.window is not None else None
    until = min(filter(None, (waiver.until, waiver.window.until if waiver.window is not None else None)))
    parts: list[Node] = [Call("lt", (starts.value, _moment(until, starts, zone)))]
    parts += [Call("ge", (starts.value, _moment(first, starts, zone)))] if first is not None else []
    parts += [waiver.rule] if waiver.rule is not None else []
    return Call("is_true", (_joined("and", parts),))


def _moment(day: date, like: Moment, zone: str) -> Literal:
    """The beginning of a day, in the unit of a moment."""
    return Literal((day - EPOCH).days if like.is_date else midnight_us(day, zone))


def _joined(word: str, parts: Sequence[Node]) -> Node:
    return parts[0] if len(parts) == 1 else Call(word, tuple(parts))


def waived_windows(waivers: Iterable[Waiver], subject: str, window: Window) -> tuple[str, ...]:
    """The ids of the waivers that excuse a number in all of a window: it lies in theirs, and begins before they end."""
    first, until = window.first, window.until
    if first is None or until is None:
        return ()
    found: list[str] = []
    for waiver in waivers:
        own = waiver.window
        lies_in = own is None or (
            own.first is not None and own.until is not None and own.first <= first and until <= own.until
        )
        if waiver.subject == subject and lies_in and first < waiver.until:
            found.append(waiver.id)
    return tuple(found)
