"""The items of a clock that are told one by one: those that were late, and those due for a step of its escalation.

Blocks: `late_items` and `due_items`, in which an item has its place in the order of its window. Outputs: the items of
each, behind them their pauses, if the clock has any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from aac.engines.base import Join, Select
from aac.expressions.nodes import NOTHING, Call, Column, Literal, Over, conjunction
from aac.planner.metrics import WINDOW
from aac.planner.pauses import BEGINS, ENDS, OWNER, PARTS, WAITING
from aac.planner.spreads import JUDGED, USED
from aac.planner.stretches import MEMBER, NUMBER, STARTED, STOPPED, lacks
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from aac.engines.base import Rows
    from aac.expressions.nodes import Node, Value

    Pauses = Mapping[tuple[object, ...], Sequence[tuple[int, int]]]

LATE_ITEMS, DUE_ITEMS = "late_items", "due_items"
"""The blocks of the lists there are."""
ALLOWED, DUE = "allowed", "due"
PLACE = "place"


class Listed(NamedTuple):
    """An item by key: moments in microseconds or days, used and allowed time in the clock's own unit, the calendar's
    number. ``due``: where the start alone decides it; ``waits``: whether a pause had not ended by as_of. ``pauses``:
    (begins, ends) of its owner's, which do not overlap, in order. ``missing``: the parts of its checklist it lacked."""

    key: tuple[Value, ...]
    started: int
    stopped: int | None
    used: int
    allowed: int
    calendar: int | None
    due: int | None
    waits: bool
    pauses: tuple[tuple[int, int], ...] = ()
    missing: tuple[str, ...] = ()


@record
class Asking:
    """Which items a list is of: those of which ``rule`` is true, of each window the first ``most`` (null: all)."""

    name: str
    rule: Node
    most: int | None


@record
class Listing:
    """The lists of one clock, of the windows with these numbers; ``keys`` are the columns of an item's key.

    ``shown`` are the columns behind it, ``order`` what a window's items are sorted by, ``allowed`` the promised time,
    where it is the same for all, ``parts`` those of the checklist.
    """

    lists: tuple[Asking, ...]
    windows: tuple[int, ...]
    keys: tuple[str, ...]
    order: tuple[str, ...]
    shown: tuple[str, ...]
    allowed: int | None
    is_paused: bool
    parts: tuple[str, ...] = ()

    @property
    def blocks(self) -> tuple[tuple[str, Select], ...]:
        return tuple((asking.name, self._items(asking)) for asking in self.lists)

    def _items(self, asking: Asking) -> Select:
        is_listed = Call("in", (Column(WINDOW), *map(Literal, self.windows)))
        names = (WINDOW, *self.keys, *self.shown, *((OWNER,) if self.is_paused else ()))
        place = Over("place", NOTHING, (Column(WINDOW),), tuple(map(Column, self.order)))
        columns = (*_columns(names), *(((PLACE, place),) if asking.most is not None else ()))
        return Select(JUDGED, columns, conjunction([Column(MEMBER), is_listed, asking.rule]))

    @property
    def outputs(self) -> tuple[Select, ...]:
        made: list[Select] = []
        for asking in self.lists:
            first = None if asking.most is None else Call("le", (Column(PLACE), Literal(asking.most)))
            names, order = (WINDOW, *self.keys, *self.shown), (WINDOW, *self.order)
            made.append(Select(asking.name, _columns(names), first, order=order))
            if self.is_paused:
                bounds = tuple((bound, Column(bound, block=PARTS)) for bound in (BEGINS, ENDS))
                shown = (*_columns((*self.keys, STARTED)), *bounds)
                made.append(Select(asking.name, shown, first, joins=(Join(PARTS, ((OWNER, OWNER),)),)))
        return tuple(made)

    def read(self, outputs: Iterable[Rows]) -> dict[str, dict[int, tuple[Listed, ...]]]:
        """The items of each list by the number of their window."""
        rest, one = iter(outputs), self._one()
        found: dict[str, dict[int, tuple[Listed, ...]]] = {}
        for asking in self.lists:
            rows = next(rest)
            pauses = self._pauses(next(rest) if self.is_paused else ())
            windows: dict[int, list[Listed]] = {}
            for window, *row in rows:
                windows.setdefault(cast("int", window), []).append(one(row, pauses))
            found[asking.name] = {window: tuple(items) for window, items in windows.items()}
        return found

    def _pauses(self, rows: Iterable[Sequence[object]]) -> Pauses:
        """The pauses by key and start of an item."""
        parts: dict[tuple[object, ...], list[tuple[int, int]]] = {}
        for *item, begins, ends in rows:
            if begins is not None:
                parts.setdefault(tuple(item), []).append((cast("int", begins), cast("int", ends)))
        return parts

    def _one(self) -> Callable[[Sequence[object], Pauses], Listed]:
        """What makes an item of a row, which is the key's fields and what is ``shown``."""
        width = len(self.keys)
        places = {name: place for place, name in enumerate(self.shown, width)}
        started, stopped, used = (places[name] for name in (STARTED, STOPPED, USED))
        allowed, calendar, due, waits = (places.get(name) for name in (ALLOWED, NUMBER, DUE, WAITING))
        same = cast("int", self.allowed)
        lacking = [(part, places[lacks(number)]) for number, part in enumerate(self.parts)]

        def one(row: Sequence[Any], pauses: Pauses) -> Listed:
            begun, key = row[started], tuple(row[:width])
            return Listed(
                key,
                begun,
                row[stopped],
                row[used],
                row[allowed] if allowed is not None else same,
                row[calendar] if calendar is not None else None,
                row[due] if due is not None else None,
                waits is not None and bool(row[waits]),
                tuple(sorted(pauses.get((*key, begun), ()))) if pauses else (),
                tuple([part for part, place in lacking if row[place]]) if lacking else (),
            )

        return one


def _columns(names: Iterable[str]) -> tuple[tuple[str, Node], ...]:
    return tuple((name, Column(name)) for name in names)
