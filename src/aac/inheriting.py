"""What else means something new because something it rests on does: editing `icp.core` changes the meaning of `mql`.

A document rests on another by its rules, and by keys of the class `meaning` that name it. Of an entity it is told field
by field: who does not read a field does not care what it holds.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from aac.agreements import digest
from aac.changes import Change
from aac.expressions.nodes import CalendarNumber, Literal, Named, Rollup, Stored, everything_in
from aac.planner.setting import events_of
from aac.resting import can_mean, only_named
from aac.signing import named_teams

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from aac.expressions.nodes import Node
    from aac.graph import Id
    from aac.kinds.base import Kind
    from aac.project import Project

SETTINGS: Id = ("settings", "aac.toml")
"""What changes of `aac.toml` are about."""
CODE = "plugin"
"""What changes of a plugin's code are about; the id is its path."""

LEADING = ("company", "team")
"""Kinds that have no number of their own: what changes below them changes what they lead to."""


def inherited(base: Project, head: Project, found: Sequence[Change]) -> tuple[Change, ...]:
    """A change of each document that rests on one whose meaning changed, with the way to the nearest of these; and of
    the scorecards on which something stands that is promised otherwise."""
    moved = [change for change in found if change.level == "breaking" and change.moves_meaning]
    promised = [change for change in found if change.level == "breaking" and not change.moves_meaning]
    if not moved and not promised:
        return ()
    users = _Users(base, head)
    own = {change.doc for change in moved}
    waiting: deque[tuple[Id, tuple[Id, ...]]] = deque()
    for change in moved:
        waiting += [(id_, (change.doc,)) for id_ in sorted(_first(change, base, head, users))]
    waiting += [(id_, (change.doc,)) for change in promised for id_ in sorted(_cards(change.doc, head))]
    told: dict[Id, tuple[Id, ...]] = {}
    while waiting:
        id_, over = waiting.popleft()
        if id_ in told or id_ == over[-1] or id_ not in head.models or not can_mean(head.models[id_]):
            continue
        told[id_] = over
        waiting += [(user, (id_, *over)) for user in sorted(users.of(id_))]
    causes = _by_document((*moved, *promised))
    shown = sorted(id_ for id_ in told.keys() - own if id_[0] not in LEADING)
    return tuple(_change(id_, told[id_], causes, head, is_meant=told[id_][-1] in own) for id_ in shown)


def _by_document(moved: Iterable[Change]) -> dict[Id, list[str]]:
    causes: dict[Id, list[str]] = {}
    for change in moved:
        causes.setdefault(change.doc, []).append(change.fingerprint)
    return causes


def _change(
    id_: Id, over: tuple[Id, ...], causes: Mapping[Id, Sequence[str]], head: Project, *, is_meant: bool
) -> Change:
    way = tuple(_shown(step) for step in over)
    rule = f"{id_[0]}.rests_on.changed"
    what = "means something else" if is_meant else "is judged otherwise"
    sentence = f"{what}, as it rests on {', which rests on '.join(f'`{step}`' for step in way)}"
    print_ = digest([rule, *id_, sorted(causes[over[-1]])])
    place = head.places[id_].span()
    return Change(rule, "breaking", id_, sentence, print_, place, over=way, teams=named_teams(head.models[id_]))


def _shown(id_: Id) -> str:
    kind, name = id_
    return name if kind in (SETTINGS[0], CODE, "definition", "entity") else f"{kind}.{name}"


class _Users:
    """Who rests on each document, on either side."""

    def __init__(self, *projects: Project) -> None:
        self._named: list[tuple[Project, defaultdict[Id, set[Id]]]] = []
        for project in projects:
            by: defaultdict[Id, set[Id]] = defaultdict(set)
            for id_, others in project.graph.rests_on.items():
                for other in others:
                    by[other].add(id_)
            self._named.append((project, by))

    def of(self, id_: Id) -> set[Id]:
        """Those that rest on a document in what they mean, and do not only name it."""
        return {user for project, by in self._named for user in by.get(id_, ()) if id_ not in only_named(user, project)}


def _first(change: Change, base: Project, head: Project, users: _Users) -> set[Id]:
    """The documents that a change reaches at once."""
    kind, _ = change.doc
    if change.doc == SETTINGS:
        return _of_setting(change, head)
    if kind in ("company", CODE):
        measured = (*head.clocks, *head.measures, *head.derived)
        return {_document(part.subject) for part in measured}
    if kind == "entity" and change.keys[:1] == ("fields",) and change.entries:
        return _readers(change.doc[1], change.entries[0], (base, head))
    if kind == "calendar":
        return users.of(change.doc) | set(_on_calendar(change.doc[1], head))
    return users.of(change.doc)


def _cards(id_: Id, head: Project) -> list[Id]:
    """The scorecards on which a number stands."""
    subject = ":".join(id_)
    return [_document(card.subject) for card in head.cards if any(row.subject == subject for row in card.rows)]


def _document(subject: str) -> Id:
    kind, _, id_ = subject.partition(":")
    return kind, id_


def _on_calendar(calendar: str, project: Project) -> Iterator[Id]:
    """The documents that count open time of a calendar, or of one that each record names."""
    for id_, rules in project.rules.items():
        parts = everything_in(checked.node for checked in rules.values())
        named = (part.calendar for part in parts if isinstance(part, CalendarNumber))
        if any(_may_be(node, calendar) for node in named):
            yield id_
    for clock in project.clocks:
        promised = (row.calendar for row in clock.promises if row.calendar is not None)
        if any(_may_be(node, calendar) for node in promised):
            yield _document(clock.subject)


def _may_be(node: Node, calendar: str) -> bool:
    """Whether what yields the id of a calendar can yield this one."""
    return not isinstance(node, Literal) or node.value == calendar


def _of_setting(change: Change, head: Project) -> set[Id]:
    """What a parameter stands in, or what is read from a source."""
    sort, name = change.keys[0], change.entries[0] if change.entries else ""
    if sort == "param":
        use = re.compile(rf"\bparam\.{re.escape(name)}\b")
        return {id_ for id_, document in head.places.items() if any(map(use.search, _texts(document.data)))}
    is_whole = change.keys == ("sources",)
    tables = (table for table in head.tables if name in table.sources or (is_whole and not table.streams))
    return {("entity", table.entity) for table in tables}


def _texts(plain: object) -> Iterator[str]:
    """Every text that plain data holds."""
    match plain:
        case str():
            yield plain
        case dict():
            for value in cast("dict[str, object]", plain).values():
                yield from _texts(value)
        case list():
            for item in cast("list[object]", plain):
                yield from _texts(item)
        case _:
            pass


def _readers(entity: str, field: str, projects: Iterable[Project]) -> set[Id]:
    """The documents with a rule that reads a field, by itself or by what it names."""
    return {id_ for project in projects for id_ in _reading(entity, field, project)}


def _reading(entity: str, field: str, project: Project) -> Iterator[Id]:
    model = project.models.get(("entity", entity))
    if model is None or field not in model.names:
        return
    if field in _needed(model):
        yield from (id_ for id_, others in project.graph.rests_on.items() if ("entity", entity) in others)
    meaning = project.graph.meaning(entity, field)
    node = meaning.node if meaning is not None else None
    for id_, rules in project.rules.items():
        nodes = [checked.node for checked in rules.values()]
        if id_ != ("entity", entity) and any(_reads(part, entity, field, node) for part in everything_in(nodes)):
            yield id_
    for clock in project.clocks:
        for _, nodes in events_of(clock):
            if any(_reads(part, entity, field, node) for part in everything_in(nodes)):
                yield _document(clock.subject)


def _needed(model: Kind) -> set[str]:
    """The fields by which the records of an entity are there at all."""
    return {*getattr(model, "key", ()), str(getattr(model, "occurs", ""))}


def _reads(part: Node, entity: str, field: str, meant: Node | None) -> bool:
    """Whether a node is about a field, which is ``meant``; of what is computed, and of a way, the name has to do."""
    match part:
        case Stored() if (part.entity, part.field) == (entity, field):
            return True
        case Rollup() if (part.child, part.via.field) == (entity, field) or replace(part, path=()) == meant:
            return True
        case Named() if part.label == field:
            return True
        case Stored() | Rollup() | Named():
            return any(step.field == field for step in part.path)
        case _:
            return False
