"""Groups by a text of a closed list: told apart by its place there, a small number, and told as the text again.

A join carries a byte for each record then, and what groups are told apart by is short.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from aac.expressions.nodes import Call, Stored, Values
from aac.measures import Dimension
from aac.records import record

if TYPE_CHECKING:
    from aac.expressions.nodes import Value
    from aac.measures import Clock, Measure
    from aac.planner.setting import Setting

Part = TypeVar("Part", "Clock", "Measure")

MOST = 255
"""A byte tells so many places, and that there is none."""


@record
class Placed(Dimension):
    """A dimension whose ``value`` is the place of a text among ``texts``, from 1."""

    texts: tuple[str, ...] = ()

    def shown(self, stored: Value) -> Value:
        """The text at a place."""
        return None if stored is None else self.texts[int(stored) - 1]


def placed(part: Part, setting: Setting) -> Part:
    """A measurement that is split by places wherever it would be by texts of a closed list."""
    return replace(part, dimensions=tuple(_placed(split, setting) for split in part.dimensions))


def _placed(split: Dimension, setting: Setting) -> Dimension:
    leaf = split.value
    texts = setting.entities[leaf.entity].lists.get(leaf.field, ()) if isinstance(leaf, Stored) else ()
    if not 0 < len(texts) <= MOST:
        return split
    place = Call("place_in", (leaf, Values(split.name, texts)))
    return Placed(split.name, place, split.type, texts)
