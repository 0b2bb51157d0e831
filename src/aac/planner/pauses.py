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

OWNER, SINCE, BEGINS, ENDS, IS_OPEN = "owner", "since", "begins", "ends", "is_open"
PARTS, WAITS, WAITING, WAITED = "parts", "waits", "waiting", "waited"
Blocks = tuple[tuple[str, Select], ...]


def pause_blocks(pauses: Pauses, is_date: bool, setting: Setting) -> Blocks:
    """The blocks up to `parts`: ``owner``, ``begins``, ``ends``, whether the pause had not ended by as_of, and when it
    began beside others (``since``)."""
    zone = setting.entities[pauses.child].zone
    latest = setting.as_of_day(zone) if is_date else setting.as_of_us
    events, is_pause = _events(pauses, latest)
    until = Column("until")
    lasting = (
        (OWNER, Column(OWNER)),
        (SINCE, Column(SINCE)),
        (ENDS, Call("coalesce", (until, Literal(latest)))),
        (IS_OPEN, Call("is_null", (until,))),
    )
    lasts = Call("or", (Call("is_null", (until,)), Call("gt", (until, Column(SINCE)))))
    before = Over("greatest_before", Column(ENDS), (Column(OWNER),), (Column(SINCE), Column(ENDS)))
    kept = tuple((name, Column(name)) for name in (OWNER, SINCE, ENDS, IS_OPEN))
    adds = Call("or", (Call("is_null", (Column("before"),)), Call("gt", (Column(ENDS), Column("before")))))
    is_later = Call("gt", (Column("before"), Column(SINCE)))
    begins = Case(((is_later, Column("before")),), Column(SINCE))
    return (
        ("events", events),
        ("pauses", Select("events", lasting, conjunction([is_pause, lasts]))),
        ("stretches", Select("pauses", (*kept, ("before", before)))),
        (PARTS, Select("stretches", (*kept, (BEGINS, begins)), Call("or", (adds, Column(IS_OPEN))))),
    )


def _events(pauses: Pauses, latest: int) -> tuple[Select, Node | None]:
    """What pauses: ``owner``, ``since`` and ``until``; and which of it does (null: all)."""
    owner, since = Stored(pauses.child, pauses.via.field), known_by(pauses.starts, latest)
    columns = ((OWNER, owner), (SINCE, since))
    happened = [Call("is_not_null", (owner,)), Call("is_not_null", (since,))]
    if pauses.until is not None:
        columns = (*columns, ("until", known_by(pauses.until, latest)))
        return Select(Entity(pauses.child), columns, conjunction([*happened, pauses.where])), None
    following, former = (Over(look, since, (owner,), (since,)) for look in ("next", "greatest_before"))
    columns = (*columns, ("until", following), ("former", former), ("is_pause", pauses.where or Literal(True)))
    # of several events at one moment nobody knows which came last: none of them pauses
    is_alone = Call("or", (Call("is_null", (Column("former"),)), Call("lt", (Column("former"), Column(SINCE)))))
    return Select(Entity(pauses.child), columns, conjunction(happened)), conjunction([Column("is_pause"), is_alone])


def wait_block(
    source: str, keys: Sequence[str], points: Sequence[Node], stopped: Node, terms: Terms, item: Item
) -> Select:
    """How long each item of a block waited between each two ``points``, as ``wait_0``, ``wait_1`` …, and how many
    pauses that have not ended began before it was done. Of one that has a deadline, how long it waited until that was
    over, as ``waited``: a pause of the deadline itself holds it, later ones do not."""
    begins, ends = Column(BEGINS, block=PARTS), Column(ENDS, block=PARTS)
    sums = [
        (f"wait_{number}", Aggregate("sum", (_overlap(terms, item, begin, end, begins, ends),)))
        for number, (begin, end) in enumerate(pairwise(points))
    ]
    if terms.has_deadlines:
        over = Call("add", (terms.deadline(item), Literal(1)))
        sums.append((WAITED, Aggregate("sum", (_overlap(terms, item, points[0], over, begins, ends),))))
    touches = Call("and", (Call("lt", (begins, points[-1])), Call("gt", (ends, points[0]))))
    is_before_done = Call("or", (Call("is_null", (stopped,)), Call("lt", (Column(SINCE, block=PARTS), stopped))))
    is_open = Column(IS_OPEN, block=PARTS)
    join = Join(PARTS, ((OWNER, OWNER),))
    columns = (*sums, (WAITING, Aggregate("count", (), Call("and", (is_open, is_before_done)))))
    return Select(source, columns, Call("or", (touches, is_open)), (tuple(keys),), joins=(join,))


def _overlap(terms: Terms, item: Item, begin: Node, end: Node, begins: Node, ends: Node) -> Node:
    """What of a pause lies between two moments, on the promise's own clock."""
    first, last = Call("greatest", (begin, begins)), Call("least", (end, ends))
    return Case(((Call("lt", (first, last)), terms.between(item, first, last)),), Literal(0))
