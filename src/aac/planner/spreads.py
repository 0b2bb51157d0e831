"""How the time used of promises is spread, and at what hours those that were late began: from the judged items.

Blocks: `spread` (of each item that was met or late, which part of its time it used), `misses` (of each late one, the
hour in which its clock started). Both are counted by window; nothing is scanned twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from aac.engines.base import Select
from aac.expressions.nodes import Aggregate, Call, Case, Column, Literal, conjunction
from aac.planner.metrics import WINDOW
from aac.planner.stretches import MEMBER, STARTED
from aac.records import record
from aac.results import Outcome, Spread

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.engines.base import Rows
    from aac.expressions.nodes import Node

JUDGED, USED, OUTCOME = "judged", "used", "outcome"
"""The block of judged items, and two of its columns."""
SPREAD, MISSES = "spread", "misses"
PART, HOUR = "part", "hour"


@record
class Spreading:
    """The blocks and outputs that tell of one clock how its time is spread, and which of the two it has."""

    blocks: tuple[tuple[str, Select], ...]
    names: tuple[str, ...]

    @property
    def outputs(self) -> tuple[Select, ...]:
        columns = {SPREAD: (WINDOW, OUTCOME, PART), MISSES: (WINDOW, HOUR)}
        counts = (("items", Aggregate("count", ())),)
        return tuple(Select(name, counts, groups=(columns[name],)) for name in self.names)

    def read(self, outputs: Sequence[Rows]) -> Mapping[int, Spread]:
        """The spread of each window by its number; a row is the mask, the group columns and how many items."""
        parts: dict[int, dict[tuple[Outcome, int], int]] = {}
        hours: dict[int, dict[int, int]] = {}
        for name, rows in zip(self.names, outputs, strict=True):
            for _, window, *groups, items in cast("list[tuple[int, ...]]", rows):
                if name == SPREAD:
                    outcome, part = groups
                    parts.setdefault(window, {})[Outcome(str(outcome)), part] = items
                else:
                    hours.setdefault(window, {})[groups[0]] = items
        return {window: Spread(parts.get(window), hours.get(window)) for window in {*parts, *hours}}


def plan_spread(allowed: Node, zone: str, *, is_date: bool, has_length: bool) -> Spreading:
    """What is asked of the judged items; ``allowed``: the time promised to each, ``zone``: whose hours are told.

    What begins on a date has no hour; what is only looked at when its time is over (not ``has_length``) used all of it.
    """
    blocks = dict(_blocks(allowed, zone))
    names = (*((SPREAD,) if has_length else ()), *(() if is_date else (MISSES,)))
    return Spreading(tuple((name, blocks[name]) for name in names), names)


def _blocks(allowed: Node, zone: str) -> Iterator[tuple[str, Select]]:
    late, met = (Call("eq", (Column(OUTCOME), Literal(outcome.value))) for outcome in (Outcome.LATE, Outcome.MET))
    placed = [Column(MEMBER), Call("is_not_null", (Column(WINDOW),)), Call("ge", (Column(WINDOW), Literal(0)))]
    gone = Call("multiply", (Column(USED), Literal(100)))
    cases = tuple(
        (Call("le", (gone, Call("multiply", (allowed, Literal(end))))), Literal(part))
        for part, end in enumerate(Spread.ENDS)
    )
    own = ((WINDOW, Column(WINDOW)), (OUTCOME, Column(OUTCOME)), (PART, Case(cases, Literal(len(Spread.ENDS)))))
    yield SPREAD, Select(JUDGED, own, conjunction([*placed, Call("or", (late, met))]))
    hour = Call("date_trunc", (Literal("hour"), Column(STARTED), Literal(zone)))
    yield MISSES, Select(JUDGED, ((WINDOW, Column(WINDOW)), (HOUR, hour)), conjunction([*placed, late]))
