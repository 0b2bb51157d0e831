"""Promises about the same records in one query: what they begin with is made once, and judged by each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac.engines.base import Join, Stack
from aac.expressions.nodes import Column, transform
from aac.planner.spreads import JUDGED
from aac.planner.stretches import ITEMS
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aac.engines.base import Query, Rows, Select
    from aac.expressions.nodes import Node
    from aac.measures import Clock
    from aac.planner.clocks import ClockScan
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting
    from aac.planner.windows import Chosen

Blocks = tuple[tuple[str, "Select"], ...]


@record
class Joint:
    """The scans of some promises whose items are the same ones, and the query that answers them all."""

    scans: tuple[ClockScan, ...]
    setting: Setting
    query: Query

    @property
    def pieces(self) -> tuple[Piece[Clock], ...]:
        return tuple(scan.piece for scan in self.scans)

    @property
    def windows(self) -> tuple[Chosen, ...]:
        """The windows of all of them, each once."""
        return tuple(dict.fromkeys(chosen for scan in self.scans for chosen in scan.windows))

    def answers(self, outputs: Sequence[Rows]) -> Iterator[tuple[ClockScan, Sequence[Rows]]]:
        """Each scan with the rows of its own outputs."""
        begin = 0
        for scan in self.scans:
            until = begin + len(scan.query.outputs)
            yield scan, outputs[begin:until]
            begin = until


def joined(scans: Iterable[tuple[ClockScan, Setting]]) -> tuple[Joint, ...]:
    """The scans, those together that are made at one as_of and begin with the same items."""
    groups: list[tuple[Blocks, Setting, list[ClockScan]]] = []
    for scan, setting in scans:
        own = _items(scan.query)
        for place, (items, at, together) in enumerate(groups):
            both = _both(items, own) if at is setting else None
            if both is not None:
                groups[place] = (both, at, [*together, scan])
                break
        else:
            groups.append((own, setting, [scan]))
    return tuple(Joint(tuple(together), at, _query(items, together)) for items, at, together in groups)


def _items(query: Query) -> Blocks:
    """The blocks that make the items of a promise: all up to the one of their name."""
    names = [name for name, _ in query.blocks]
    return query.blocks[: names.index(ITEMS) + 1]


def _both(ours: Blocks, theirs: Blocks) -> Blocks | None:
    """The blocks that make the same items with the columns of both; none if they are not the same ones."""
    if ours == theirs:
        return ours
    match ours, theirs:
        case ((name, mine),), ((_, other),):
            columns = dict(mine.columns)
            differs = replace(mine, columns=()) != replace(other, columns=())
            if differs or any(columns.setdefault(column, node) != node for column, node in other.columns):
                return None
            return ((name, replace(mine, columns=tuple(columns.items()))),)
        case _:
            return None


def _query(items: Blocks, scans: Sequence[ClockScan]) -> Query:
    """One query for all scans, in which the blocks behind the items bear the number of their scan."""
    first = scans[0].query
    if len(scans) == 1:
        return first
    blocks: list[tuple[str, Select]] = [*items]
    outputs: list[Select] = []
    for number, scan in enumerate(scans, 1):
        own = scan.query.blocks[len(items) :]
        names = {name: f"{name}_{number}" for name, _ in own}
        blocks += ((names[name], _renamed(select, names)) for name, select in own)
        outputs += (_renamed(output, names) for output in scan.query.outputs)
    judged = (f"{JUDGED}_{number}" for number in range(1, len(scans) + 1))
    return replace(first, blocks=tuple(blocks), outputs=tuple(outputs), shared=(ITEMS, *judged))


def _renamed(select: Select, names: Mapping[str, str]) -> Select:
    """A block that reads blocks by other names."""

    def renamed(node: Node) -> Node:
        return replace(node, block=names[node.block]) if isinstance(node, Column) and node.block else node

    source = select.source
    match source:
        case str():
            source = names.get(source, source)
        case Stack(blocks=blocks):
            source = Stack(tuple(names.get(block, block) for block in blocks))
        case _:
            pass
    if not select.joins:
        return replace(select, source=source)
    columns = tuple((name, transform(node, renamed)) for name, node in select.columns)
    where = transform(select.where, renamed) if select.where is not None else None
    joins = tuple(Join(names[join.block], join.on) for join in select.joins)
    return replace(select, source=source, columns=columns, where=where, joins=joins)
