"""How many different values there are in each group, and in all of them together: from one table of them.

A value that stands in two groups counts once in the total, so groups cannot be added up, and for each way to group an
engine keeps a table of its own of all windows and values. Where few groups can be, because they are told apart by
places, one table does: beside a window and a value stand the groups that it is in, a bit for each. It is counted how
many are alike, and these counts are told to the groups.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, NamedTuple, cast

from aac.engines.base import Select
from aac.expressions.nodes import Aggregate, Call, Column, Literal, conjunction
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aac.engines.base import Rows
    from aac.expressions.nodes import Node

MOST_GROUPS = 60
"""As many bits of a whole number can be set and counted without a thought of its sign."""
TOTAL = -1
"""What stands for the total where else is the number of a bit."""


class Numbered(NamedTuple):
    """The bits of the groups of a grouping set: the ``first``, and how far the next place in each column is behind."""

    first: int
    steps: Mapping[str, int]


@record
class Different:
    """A distinct count that is asked for apart: ``output``, which reads ``block``, besides the select that it is of.

    In the rows of that select the count belongs in ``column``, the number of the window stands in ``window``, and the
    mask in front. ``sets``: by mask the first bit, and where a place stands and how far it is to the next.
    """

    column: int
    window: int
    sets: Mapping[int, tuple[int, tuple[tuple[int, int], ...]]]
    block: tuple[str, Select]
    output: Select

    def told(self, rows: Rows, alike: Rows) -> Rows:
        """The rows with the count in its column; ``alike``: the rows of ``output``."""
        counts: Counter[tuple[object, int]] = Counter()
        for _, window, groups, n in cast("list[tuple[object, object, int, int]]", alike):
            for bit in (TOTAL, *bits_of(groups)):
                counts[window, bit] += n
        before, behind = slice(self.column), slice(self.column + 1, None)
        return [(*row[before], counts[row[self.window], self._bit(row)], *row[behind]) for row in rows]

    def _bit(self, row: tuple[object, ...]) -> int:
        first, steps = self.sets[cast("int", row[0])]
        return first + sum(step * cast("int", row[place] or 0) for place, step in steps)


def bits_of(number: int) -> Iterator[int]:
    """The bits that are set, lowest first."""
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest


def numbered(groups: tuple[tuple[str, ...], ...], base: tuple[str, ...], places: Mapping[str, int]) -> list[Numbered]:
    """The bits of the groups of each grouping set; none if there are too many, or nobody knows how many.

    ``base``: the columns of the set of the total; ``places``: how many a column tells at most, besides that of nothing.
    """
    found: list[Numbered] = []
    bits = 0
    for group in groups:
        split = [column for column in group if column not in base]
        if not all(column in places for column in split):
            return []
        sizes = [places[column] + 1 for column in split]
        steps = {column: prod(sizes[i + 1 :]) for i, column in enumerate(split)}
        found.append(Numbered(bits if split else TOTAL, steps))
        bits += prod(sizes) if split else 0
    return found if 0 < bits <= MOST_GROUPS else []


def apart(select: Select, sets: list[Numbered], base: tuple[str, ...], name: str) -> tuple[Select, list[Different]]:
    """The select with its distinct counts left out, 0 in their place, and each of them; ``name``: of their blocks."""
    names = tuple(dict.fromkeys(column for group in select.groups for column in group))
    masks = [sum(1 << i for i, column in enumerate(reversed(names)) if column not in group) for group in select.groups]
    places = {column: 1 + i for i, column in enumerate(names)}
    known = {
        mask: (first, tuple((places[column], step) for column, step in steps.items()))
        for mask, (first, steps) in zip(masks, sets, strict=True)
    }
    bits = Call("bits", tuple(_bit(one) for one in sets if one.first != TOTAL))
    columns: list[tuple[str, Node]] = []
    found: list[Different] = []
    for column, node in select.columns:
        match node:
            case Aggregate(function="count_distinct", arguments=(Column(name=value),), where=where):
                pairs, groups = f"{name}{len(found)}", Aggregate("bit_or", (bits,))
                rule = conjunction([Call("is_not_null", (Column(value),)), where])
                block = Select(select.source, (("groups", groups),), rule, ((*base, value),))
                output = Select(pairs, (("n", Aggregate("count", ())),), groups=((*base, "groups"),))
                place = 1 + len(names) + len(columns)
                found.append(Different(place, places[base[0]], known, (pairs, block), output))
                columns.append((column, Literal(0)))
            case _:
                columns.append((column, node))
    return replace(select, columns=tuple(columns)), found


def _bit(one: Numbered) -> Node:
    """The bit of a record's group."""
    steps = [part for column, step in one.steps.items() for part in (Column(column), Literal(step))]
    return Call("bit", (Literal(one.first), *steps))
