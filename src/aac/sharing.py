"""What two sides of a comparison have in common: it is read, typed and checked once.

Most files are the same on both sides. What a document's rules mean follows from it, from what it rests on, and from
which names there are: where neither is another, what was found on the one side holds on the other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from aac.documents import Document, read_text
from aac.expressions import parsed
from aac.findings import Finding
from aac.packs import Packs
from aac.project import Project, Version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from aac.expressions.macros import Function
    from aac.expressions.parsed import Rules
    from aac.graph import Id
    from aac.kinds.base import Kind

WORDS = frozenset({"definition", "icp", "scoring", "metric", "sla", "signoff", "decision"})
"""Kinds of which another document alters no rule but its own, and those of what rests on it."""
Read = tuple[list[Document], list[Finding]]


@dataclass
class Shared:
    """What was read of the sides so far: of files by path and content, of documents by the kind that they are of; the
    project of each day of the side that was read last; and with what its rules and packs were read."""

    texts: dict[tuple[str, bytes], Read] = field(default_factory=dict[tuple[str, bytes], Read])
    versions: dict[tuple[int, type[Kind]], Version] = field(default_factory=dict[tuple[int, "type[Kind]"], Version])
    by_day: Mapping[date, Project] = field(default_factory=dict[date, Project])
    _rules: tuple[Mapping[str, Function], Rules] | None = None
    _packs: Packs | None = None

    def rules(self, root: Path, functions: Mapping[str, Function]) -> Rules:
        """As `parsed.read`."""
        if self._rules is None or self._rules[0] != functions:
            self._rules = functions, parsed.read(root, functions)
        return self._rules[1]

    def packs(self, folders: Mapping[str, Path]) -> Packs:
        """The packs in some folders, by name."""
        if self._packs is None or self._packs.folders != folders:
            self._packs = Packs(folders)
        return self._packs

    def read(self, data: bytes, file: str) -> Read:
        """As `documents.read_text`."""
        found = self.texts.get((file, data))
        if found is None:
            found = self.texts[file, data] = read_text(data, file)
        return found

    def take_over(self, project: Project) -> None:
        """Gives a project what was found of its rules on the other side, before it is checked itself."""
        was = self.by_day.get(project.day)
        if was is None or not _have_one_setting(was, project):
            return
        edited = {id_ for id_, version in project.chosen.items() if was.chosen[id_] is not version}
        if not all(_lends_the_same(was.models.get(id_), project.models.get(id_)) for id_ in edited):
            return
        reached = _resting_on(edited, was)
        for id_, rules in was.rules.items():
            if id_ not in reached:
                project.rules[id_] = dict(rules)
        for id_, others in was.graph.rests_on.items():
            if id_ not in reached:
                project.graph.rests_on[id_] = set(others)
        project.of_period |= was.of_period - reached


def _have_one_setting(was: Project, now: Project) -> bool:
    """Whether rules are read alike on both sides, and the same documents are there, all of them sound."""
    return (
        was.parsed is now.parsed
        and was.packs is now.packs
        and was.config == now.config
        and was.kinds == now.kinds
        and was.chosen.keys() == now.chosen.keys() == was.models.keys() == now.models.keys()
        and not was.lent
        and not now.lent
    )


def _lends_the_same(was: Kind | None, now: Kind | None) -> bool:
    """Whether an edit leaves it as it was which names there are, and of what."""
    return (
        was is not None
        and now is not None
        and was.kind in WORDS
        and was.names == now.names
        and getattr(was, "of", None) == getattr(now, "of", None)
    )


def _resting_on(edited: Collection[Id], project: Project) -> set[Id]:
    """Some documents, and all that rest on them, near and far."""
    users: defaultdict[Id, set[Id]] = defaultdict(set)
    for id_, others in project.graph.rests_on.items():
        for other in others:
            users[other].add(id_)
    found, waiting = set(edited), list(edited)
    while waiting:
        fresh = users[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found
