"""When clocks stand still: the pauses of an owner as stretches that do not overlap, and how long each item waited.

Blocks: `events` (records that pause, maybe until the next one), `pauses` (those that last), `stretches` (beside the
greatest end of all before), `parts` (what each adds to those before it: together they do not overlap), `waits` (of an
item, what of the parts lies in its own time).
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from aac.engines.base import Entity, Join, Select
from aac.expressions.nodes import Aggregate, Call, Case, Column, Literal, Over, Stored, conjunction
from aac.planner.setting import known_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.expressions.nodes import Node
    from aac.measures import Pauses
    from aac.planner.promised import Item, Terms
    from aac.planner.setting import Setting

OWNER, BEGINS, ENDS, IS_OPEN = "owner", "begins", "ends", "is_open"
PARTS, WAITS, WAITING = "parts", "waits", "waiting"
Blocks = tuple[tuple[str, Select], ...]


def pause_blocks(pauses: Pauses, is_date: bool, setting: Setting) -> Blocks:
    """The blocks up to `parts`: ``owner``, ``begins``, ``ends`` and whether the pause had not ended by as_of."""
    zone = setting.entities[pauses.child].zone
    latest = setting.as_of_day(zone) if is_date else setting.as_of_us
    owner = Stored(pauses.child, pauses.via.field)
    begins = known_by(pauses.starts, latest)
    happened = conjunction([Call("is_not_null", (owner,)), Call("is_not_null", (begins,))])
    if pauses.until is not None:
        ends = known_by(pauses.until, latest)
        where = conjunction([happened, pauses.where])
        events = Select(Entity(pauses.child), ((OWNER, owner), (BEGINS, begins), ("until", ends)), where)
        is_pause = None
    else:
        following = Over("next", begins, (owner,), (begins,))
        is_pause = Column("is_pause")
        columns = ((OWNER, owner), (BEGINS, begins), ("until", following), ("is_pause", pauses.where or Literal(True)))
        events = Select(Entity(pauses.child), columns, happened)
    until = Column("until")
    lasting = (
        (OWNER, Column(OWNER)),
        (BEGINS, Column(BEGINS)),
        (ENDS, Call("coalesce", (until, Literal(latest)))),
        (IS_OPEN, Call("is_null", (until,))),
    )
    lasts = Call("or", (Call("is_null", (until,)), Call("gt", (until, Column(BEGINS)))))
    before = Over("greatest_before", Column(ENDS), (Column(OWNER),), (Column(BEGINS), Column(ENDS)))
    kept = tuple((name, Column(name)) for name in (OWNER, BEGINS, ENDS, IS_OPEN))
    first = Call("coalesce", (Column("before"), Column(BEGINS)))
    adds = Call("or", (Call("is_null", (Column("before"),)), Call("gt", (Column(ENDS), Column("before")))))
    is_later = Call("gt", (first, Column(BEGINS)))
    part = (
        (OWNER, Column(OWNER)),
        (BEGINS, Case(((is_later, first),), Column(BEGINS))),
        (ENDS, Column(ENDS)),
        (IS_OPEN, Column(IS_OPEN)),
    )
    return (
        ("events", events),
        ("pauses", Select("events", lasting, conjunction([is_pause, lasts]))),
        ("stretches", Select("pauses", (*kept, ("before", before)))),
        (PARTS, Select("stretches", part, Call("or", (adds, Column(IS_OPEN))))),
    )


def wait_block(source: str, keys: Sequence[str], points: Sequence[Node], terms: Terms, item: Item) -> Select:
    """How long each item of a block waited between each two ``points``, as ``wait_0``, ``wait_1`` …, and whether it
    still does."""
    begins, ends = Column(BEGINS, block=PARTS), Column(ENDS, block=PARTS)
    sums = [
        (f"wait_{number}", Aggregate("sum", (_overlap(terms, item, begin, end, begins, ends),)))
        for number, (begin, end) in enumerate(pairwise(points))
    ]
    waiting = Aggregate("count", (), Column(IS_OPEN, block=PARTS))
    touches = Call("and", (Call("lt", (begins, points[-1])), Call("gt", (ends, points[0]))))
    is_open_now = Call("and", (Column(IS_OPEN, block=PARTS), Call("le", (begins, points[-1]))))
    join = Join(PARTS, ((OWNER, OWNER),))
    columns = (*sums, (WAITING, waiting))
    return Select(source, columns, Call("or", (touches, is_open_now)), (tuple(keys),), joins=(join,))


def _overlap(terms: Terms, item: Item, begin: Node, end: Node, begins: Node, ends: Node) -> Node:
    """What of a pause lies between two moments, on the promise's own clock."""
    first, last = Call("greatest", (begin, begins)), Call("least", (end, ends))
    return Case(((Call("lt", (first, last)), terms.between(item, first, last)),), Literal(0))
