"""Rules that were parsed before: text -> nodes, kept between runs, so that reading them again needs no SQL library."""

from __future__ import annotations

import json
from dataclasses import fields
from decimal import Decimal
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from aac import caches
from aac.distribution import VERSION
from aac.expressions import parse as parser
from aac.expressions.macros import macros_of
from aac.expressions.nodes import Aggregate, Call, Case, Literal, Name, Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aac.expressions.macros import Function
    from aac.expressions.spelling import Spelling

PARSED = {node.__name__: node for node in (Aggregate, Call, Case, Literal, Name)}
"""What `parse` makes."""


class Rules:
    """The rules of one project. ``known`` are those of the last run; a rule that cannot be read is never kept.

    ``functions`` are those of plugins; raises PluginError for one that cannot be used.
    """

    def __init__(
        self, known: Mapping[str, Node] | None = None, functions: Mapping[str, Function] | None = None
    ) -> None:
        self._known = known or {}
        self._used: dict[str, Node] = {}
        self.spellings = {name: function.spelling for name, function in (functions or {}).items()}
        self.macros = macros_of(functions or {}, self.parse)

    def parse(self, text: str) -> Node:
        """The rule's nodes; raises Refused as `parse.parse` does."""
        if text not in self._used:
            self._used[text] = self._known[text] if text in self._known else parser.parse(text, self.spellings)
        return self._used[text]

    @property
    def changed(self) -> Mapping[str, Node] | None:
        """All rules of this run, when they are others than those of the last one."""
        return self._used if self._used.keys() != self._known.keys() else None


def read(root: Path, functions: Mapping[str, Function] | None = None) -> Rules:
    """The rules that were kept for the project at a folder, whose plugins bring these functions.

    Raises PluginError for a function that cannot be used.
    """
    known = caches.read(_name(root), _stamp(each.spelling for each in (functions or {}).values()), _node)
    return Rules(cast("Mapping[str, Node]", known) if isinstance(known, dict) else None, functions)


def keep(root: Path, rules: Rules) -> None:
    """Keeps the rules of this run for the next."""
    if (changed := rules.changed) is not None:
        caches.write(
            _name(root),
            _stamp(rules.spellings.values()),
            json.dumps({"rules": list(changed.items())}, default=as_json),
        )


def _name(root: Path) -> str:
    return f"rules-{sha256(str(root).encode()).hexdigest()[:16]}"


def _stamp(functions: Iterable[Spelling]) -> str:
    """Whatever changes what a rule is read as: our version and parser, the library's version, and more functions."""
    ours = Path(parser.__file__).stat()
    library = find_spec("sqlglot")
    theirs = Path(str(library.origin)).with_name("_version.py").stat() if library is not None else ours
    more = " ".join(sorted(function.written for function in functions))
    return f"{VERSION} {ours.st_mtime_ns} {theirs.st_mtime_ns} {theirs.st_size} {more}"


def as_json(value: object) -> Any:
    """A parsed node or an exact number as JSON can carry it: for `json.dumps`."""
    if isinstance(value, Decimal):
        return {"Decimal": str(value)}
    name = type(value).__name__
    return {name: [getattr(value, part.name) for part in fields(PARSED[name])]}


def _node(mapping: dict[str, Any]) -> Any:
    """What a mapping in the cache stands for; raises KeyError, TypeError or ValueError for what we never wrote."""
    if len(mapping) != 1:
        raise ValueError("no mapping of ours")
    ((name, parts),) = mapping.items()
    if name == "rules":
        rules = dict(cast("list[tuple[str, Node]]", parts))
        if not all(type(node).__name__ in PARSED for node in rules.values()):
            raise ValueError("no rules of ours")
        return rules
    if name == "Decimal":
        return Decimal(parts)
    return PARSED[name](*map(_frozen, parts))


def _frozen(value: object) -> Any:
    return tuple(map(_frozen, cast("list[object]", value))) if isinstance(value, list) else value
