"""The items of a clock: one a record, or with restarts one for each stretch that an event began.

Blocks with restarts: `changes` (events, with what the record was from then on), `later` (the stretches they begin),
`first` (records whose clock started before any event), `items` (both).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from aac.engines.base import Entity, Select, Stack
from aac.expressions.nodes import (
    NOTHING,
    TRUE,
    Aggregate,
    Call,
    Case,
    Column,
    Literal,
    Named,
    Node,
    Over,
    Rollup,
    Stored,
    conjunction,
    transform,
    under,
    walk,
)
from aac.planner.checklists import missing_parts
from aac.planner.pasts import ever
from aac.planner.pauses import OWNER
from aac.planner.promised import Item
from aac.planner.setting import known_by
from aac.planner.windows import in_reach
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aac.expressions.nodes import Path
    from aac.measures import Clock, Moment, Restarts
    from aac.planner.pauses import Blocks
    from aac.planner.promised import Terms
    from aac.planner.setting import Setting
    from aac.planner.windows import Chosen

ITEMS = "items"
MEMBER, INCLUDED, EXCUSED, ENDED = "member", "included", "excused", "ended"
STARTED, STOPPED, HELD, ROW, NUMBER = "started", "stopped", "held", "row", "calendar"


@record
class Scope:
    """A clock, what it promises, the setting, and the key columns of its items."""

    clock: Clock
    terms: Terms
    setting: Setting
    keys: Mapping[str, str]

    @property
    def entity(self) -> str:
        return self.clock.population.entity

    def known(self, moment: Moment) -> Node:
        """A moment, null when it is later than as_of."""
        return known_by(moment.value, self.setting.latest(moment, self.entity))

    @property
    def latest(self) -> int:
        """As_of in the unit of the clock."""
        return self.setting.latest(self.clock.starts, self.entity)


def point(number: int) -> str:
    """The column of a moment on the way."""
    return f"t{number}"


def lacks(number: int) -> str:
    """The column of whether a part of the checklist was missing."""
    return f"lacks_{number}"


def item_blocks(scope: Scope, windows: tuple[Chosen, ...]) -> Blocks:
    """The blocks up to `items`: records of the population, or of which that is unknown, in reach of the windows."""
    clock = scope.clock
    maybe: list[Node] = [
        Call("is_not_false", (rule,)) for rule in (clock.population.rule, clock.where) if rule is not None
    ]
    if clock.restarts is not None:
        return _restarted(scope, windows, clock.restarts, maybe)
    reach = _in_reach(scope, windows, clock.starts.value)
    columns = _columns(scope, scope.known(clock.starts))
    return ((ITEMS, Select(Entity(scope.entity), columns, conjunction([*maybe, reach]))),)


def _in_reach(scope: Scope, windows: tuple[Chosen, ...], started: Node) -> Node | None:
    zone = scope.setting.zone_of(scope.clock.starts, scope.entity)
    return in_reach(started, windows, zone, scope.clock.starts.is_date, scope.latest)


def _columns(scope: Scope, started: Node) -> tuple[tuple[str, Node], ...]:
    """What is known of an item, over its record."""
    clock, terms = scope.clock, scope.terms
    item = Item(started, terms.calendar, terms.row)
    columns: list[tuple[str, Node]] = [(name, Stored(scope.entity, field)) for name, field in scope.keys.items()]
    columns += [(f"d{i}", dimension.value) for i, dimension in enumerate(clock.dimensions)]
    columns += [
        (MEMBER, clock.population.rule or TRUE),
        (INCLUDED, clock.where or TRUE),
        (EXCUSED, clock.excused or Literal(False)),
        (STARTED, started),
        (STOPPED, scope.known(clock.stops) if clock.stops is not None else NOTHING),
    ]
    columns += [] if terms.is_one else [(ROW, terms.row)]
    columns += [(NUMBER, terms.calendar)] if terms.is_on_calendars else []
    if clock.must is not None:
        columns.append((HELD, scope.setting.at_deadline(clock.must, terms.by(item), scope.entity)))
    for number, (_, rule) in enumerate(missing_parts(clock.must)):
        columns.append((lacks(number), scope.setting.at_deadline(rule, terms.by(item), scope.entity)))
    columns += [(OWNER, clock.paused.owner)] if clock.paused is not None else []
    columns += [(point(i), scope.known(moment)) for i, (_, moment) in enumerate(clock.through)]
    return tuple(columns)


# Stretches


def _restarted(scope: Scope, windows: tuple[Chosen, ...], restarts: Restarts, maybe: list[Node]) -> Blocks:
    columns = _columns(scope, scope.known(scope.clock.starts))
    names = [name for name, _ in columns]
    at = known_by(restarts.at, scope.latest)
    owner = Stored(restarts.child, restarts.via.field)
    moved = _moved(restarts)
    told = (
        *((name, moved(value)) for name, value in columns),
        ("at", at),
        ("following", Over("next", at, (owner,), (at, *_order(scope, restarts)))),
    )
    # one that begins no item ends the stretch before it all the same
    happened = [Call("is_not_null", (owner,)), Call("is_not_null", (at,))]
    changes = Select(Entity(restarts.child), told, conjunction(happened))
    stretches = (*names, ENDED)
    items = Select(
        Stack(("first", "later")),
        tuple((name, Column(name)) for name in stretches),
        _in_reach(scope, windows, Column(STARTED)),
    )
    return (
        ("changes", changes),
        ("later", _later(names)),
        ("first", _first(scope, restarts, columns, maybe)),
        (ITEMS, items),
    )


def _order(scope: Scope, restarts: Restarts) -> list[Node]:
    """What tells the events of one moment apart, so that it is always the same one that begins a stretch."""
    key = scope.setting.entities[restarts.child].relation.key
    names = [*([key] if key is not None else []), *restarts.fields]
    return [Stored(restarts.child, name) for name in names]


def _later(names: list[str]) -> Select:
    """The stretches that events begin: those after the start, and the last one before it."""
    at, following, started, stopped = (Column(name) for name in ("at", "following", STARTED, STOPPED))
    never = Call("is_null", (following,))
    is_first = Call("le", (at, started))
    begins = Case(((is_first, started),), at)
    where = conjunction(
        [
            *(Call("is_not_false", (Column(name),)) for name in (MEMBER, INCLUDED)),
            Call("is_not_null", (started,)),
            Call("or", (never, Call("and", (Call("gt", (following, started)), Call("gt", (following, at)))))),
            Call("or", (Call("is_null", (stopped,)), is_first, Call("lt", (at, stopped)))),
        ]
    )
    return Select("changes", _stretch(names, begins, following), where)


def _first(scope: Scope, restarts: Restarts, columns: tuple[tuple[str, Node], ...], maybe: list[Node]) -> Select:
    """Records whose clock did not start, or before any event: what events tell of is known if there are none."""
    started = dict(columns)[STARTED]
    since, at = under(started, (restarts.via,)), known_by(restarts.at, scope.latest)

    def events(function: str, *arguments: Node, where: Node, of: str = restarts.child) -> Rollup:
        return Rollup(of, restarts.via, Aggregate(function, arguments, where))

    is_past = any(past.child == restarts.child for past in scope.setting.history.pasts.values())
    whole = ever(restarts.child) if is_past else restarts.child
    earlier = events("count", where=Call("le", (at, since)))
    none = Call("eq", (events("count", where=Call("is_not_null", (restarts.at,)), of=whole), Literal(0)))
    following = events("min", at, where=Call("gt", (at, since)))

    def told(value: Node) -> Node:
        return Case(((none, value),), NOTHING) if _asks_for(value, restarts) else value

    values = {name: told(value) for name, value in columns}
    stretch = _stretch(list(values), started, following, values)
    unstarted = Call("or", (Call("is_null", (started,)), Call("eq", (earlier, Literal(0)))))
    return Select(Entity(scope.entity), stretch, conjunction([*map(told, maybe), unstarted]))


def _stretch(
    names: list[str], begins: Node, following: Node, values: Mapping[str, Node] | None = None
) -> tuple[tuple[str, Node], ...]:
    """The columns of a stretch: one that another ended before it was done is not done."""
    held = {name: Column(name) for name in names} if values is None else dict(values)
    stopped = held[STOPPED]
    ended = conjunction(
        [
            Call("is_not_null", (following,)),
            Call("or", (Call("is_null", (stopped,)), Call("lt", (following, stopped)))),
        ]
    )
    is_ended = Call("is_true", (cast("Node", ended),))
    changed: dict[str, Node] = {STARTED: begins, STOPPED: Case(((is_ended, NOTHING),), stopped)}
    return (*((name, changed.get(name, value)) for name, value in held.items()), (ENDED, is_ended))


def _moved(restarts: Restarts) -> Callable[[Node], Node]:
    """What a rule says of the record, told by an event of it: fields that the event has too are its own."""
    via = restarts.via

    def own(path: Path) -> Path:
        is_told = len(path) > 1 and path[0] == via and path[1].field in restarts.fields
        return path[1:] if is_told else path

    def change(leaf: Node) -> Node:
        if isinstance(leaf, Stored) and leaf.path == (via,) and leaf.field in restarts.fields:
            return Stored(restarts.child, leaf.field)
        return replace(leaf, path=own(leaf.path)) if isinstance(leaf, Stored | Rollup | Named) else leaf

    return lambda node: transform(under(node, (via,)), change)


def _asks_for(node: Node, restarts: Restarts) -> bool:
    """Whether a rule reads one of the fields that events tell of."""
    for part in walk(node):
        path = part.path if isinstance(part, Stored | Rollup | Named) else ()
        if path and path[0].field in restarts.fields:
            return True
        if isinstance(part, Stored) and not part.path and part.field in restarts.fields:
            return True
    return False
