"""Documents that have another id and say the same; and what others say of them, in the new words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from aac.comparing import fields_of
from aac.kinds.classes import MEANING, Change
from aac.kinds.written import Split, Strict
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aac.graph import Id
    from aac.kinds.base import Kind

    Part = TypeVar("Part", bound=Strict)

WORDS = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*""")
"""Texts, quoted names, and names with dots between their parts."""


@record
class Renames:
    """``ids``: from the former id of a document to its new one; ``names``: from what rules called it to what they
    call it now."""

    ids: Mapping[str, str]
    names: Mapping[tuple[str, ...], tuple[str, ...]]

    def followed(self, model: Part, mark: Change = MEANING) -> Part:
        """A document, or a part of one, as it would have been with the new names; prose stays as it is."""
        if not self.ids:
            return model
        update: dict[str, Any] = {}
        for name, own in fields_of(type(model)).values():
            there = own or mark
            value = getattr(model, name)
            if there.sort != "prose" and name not in ("kind", "id"):
                made = self._value(value, there)
                update |= {name: made} if made != value else {}
        return model.model_copy(update=update) if update else model

    def _value(self, value: object, mark: Change) -> object:
        match value:
            case Strict():
                return self.followed(value, mark)
            case Split(name, rule, steps):
                return Split(self.ids.get(name, name) if name == rule else name, self._text(rule), steps)
            case tuple():
                return tuple(self._value(item, mark) for item in cast("tuple[object, ...]", value))
            case Mapping():
                entries = cast("Mapping[object, object]", value).items()
                return {key: self._value(item, mark) for key, item in entries}
            case str():
                return self._text(value)
            case _:
                return value

    def _text(self, text: str) -> str:
        """A name, or a rule with names in it."""
        return self.ids.get(text) or WORDS.sub(lambda found: self._word(found[0]), text)

    def _word(self, word: str) -> str:
        parts = tuple(word.split("."))
        for length in range(len(parts), 0, -1):
            for start in range(len(parts) - length + 1):
                new = self.names.get(parts[start : start + length])
                if new is not None:
                    return ".".join((*parts[:start], *new, *parts[start + length :]))
        return word


def renames(pairs: Iterable[tuple[Id, Kind, Id, Kind]]) -> Renames:
    """Of documents that were found again: the former id and its model, and the new ones."""
    ids: dict[str, str] = {}
    names: dict[tuple[str, ...], tuple[str, ...]] = {}
    for (kind, old), before, (_, new), after in pairs:
        ids |= {old: new, f"{kind}:{old}": f"{kind}:{new}"}
        for one, other in zip(before.names, after.names, strict=False):
            # the fields of an entity are called as they were
            names |= {tuple(one.split(".")): tuple(other.split("."))} if one != other else {}
    return Renames(ids, names)
