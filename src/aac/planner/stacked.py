"""Several answers in one statement: what they have in common is read once, and kept nowhere on the way.

A row of it tells which answer it belongs to, and has the columns of all of them: those of the others are null.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from aac.engines.base import Select, Stack, group_columns
from aac.expressions.nodes import NOTHING, Column, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.engines.base import Rows
    from aac.expressions.nodes import Node

Blocks = tuple[tuple[str, Select], ...]
NUMBER = "answer"


def stacked(answers: Sequence[Select]) -> tuple[Blocks, Select]:
    """The rows of some grouped selects, one's behind the other's: the blocks that they need, and the output.

    A single one is the output itself.
    """
    if len(answers) == 1:
        return (), answers[0]
    names = [("grouping", *group_columns(one.groups), *(name for name, _ in one.columns)) for one in answers]
    every = [(number, name) for number, own in enumerate(names) for name in own]
    blocks: list[tuple[str, Select]] = []
    for number, one in enumerate(answers):
        columns: list[tuple[str, Node]] = [(NUMBER, Literal(number))]
        columns += [(_column(*each), Column(each[1]) if each[0] == number else NOTHING) for each in every]
        blocks += [(f"answer{number}", one), (f"wide{number}", Select(f"answer{number}", tuple(columns)))]
    stack = Stack(tuple(name for name, _ in blocks[1::2]))
    return tuple(blocks), Select(stack, tuple((name, Column(name)) for name in (NUMBER, *(_column(*e) for e in every))))


def unstacked(rows: Rows, widths: Sequence[int]) -> list[Rows]:
    """The rows of each answer; ``widths``: how many columns each has."""
    if len(widths) == 1:
        return [rows]
    spans = [slice(*span) for span in pairwise(accumulate(widths, initial=1))]
    found: list[Rows] = [[] for _ in widths]
    for row in rows:
        number = int(str(row[0]))
        found[number].append(row[spans[number]])
    return found


def _column(number: int, name: str) -> str:
    return f"{name}_{number}"
