"""What a document rests on in what it means: other documents, single fields of entities, parameters.

Of an entity only what is read counts: who does not read a field does not care what it holds.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from aac.comparing import fields_of, mark_at
from aac.expressions.nodes import Literal, Measured, Named, Rollup, Stored, Values, everything_in
from aac.kinds.base import Kind
from aac.kinds.classes import MEANING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from aac.expressions.nodes import Node, Path
    from aac.graph import Id
    from aac.project import Project

ENTITY = "entity"


def can_mean(model: Kind) -> bool:
    """Whether a document decides anything that is measured: what is shown at a meeting does not."""
    return "meaning" in _sorts(type(model))


def is_prose(model: Kind) -> bool:
    """Whether a document says nothing that teams agree on: it only tells of something."""
    return _sorts(type(model)) <= {"prose"}


@cache
def _sorts(kind: type[Kind]) -> frozenset[str]:
    """What the keys of a kind decide, those left out that all kinds have."""
    own = (mark for key, (_, mark) in fields_of(kind).items() if key not in Kind.model_fields)
    return frozenset((mark or MEANING).sort for mark in own)


def only_named(id_: Id, project: Project) -> set[Id]:
    """What a document names in keys that decide no meaning alone: the team that owns it, who comes to a meeting."""
    said = _said(id_, project)
    return {other for other in _beside(id_, project) if said.isdisjoint(_spoken(other, project))}


def _said(id_: Id, project: Project) -> set[str]:
    """The names that the rules of a document say."""
    parts = list(everything_in(rule.node for rule in project.rules.get(id_, {}).values()))
    return {part.label for part in parts if isinstance(part, Named)} | {
        part.subject for part in parts if isinstance(part, Measured)
    }


def _spoken(id_: Id, project: Project) -> set[str]:
    """The names by which rules say a document."""
    model = project.models.get(id_)
    return {f"{id_[0]}:{id_[1]}", *(model.names if model is not None else ())}


def _beside(id_: Id, project: Project) -> set[Id]:
    """What a document names in keys that decide no meaning."""
    model = project.models.get(id_)
    if model is None:
        return set()
    by_class: dict[bool, set[Id]] = {True: set(), False: set()}
    for path, kinds, target in project.chosen[id_].references:
        decides = mark_at(model, path).sort == "meaning"
        by_class[decides].update((kind, target) for kind in kinds if (kind, target) in project.places)
    return by_class[False] - by_class[True]


def rested_on(project: Project) -> dict[Id, set[Id]]:
    """What each document rests on at once: what can alter its number or its promise, and not what it only names.

    Of an entity it is told who reads it, over whatever other words; so nobody needs to follow what that rests on.
    """
    grounds = Grounds(project)
    found: dict[Id, set[Id]] = {}
    for id_ in (id_ for id_, model in project.models.items() if can_mean(model)):
        near = grounds.near(id_)
        entities = {(ENTITY, entity) for entity in near.fields}
        found[id_] = ({*near.documents, *entities} & project.places.keys()) - {id_}
    return found


@dataclass
class Ground:
    """What a document rests on: documents, entities with the fields that are read, parameters."""

    documents: set[Id] = field(default_factory=set["Id"])
    fields: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict[str, "set[str]"](set))
    parameters: set[str] = field(default_factory=set[str])


class Grounds:
    """What the documents of a project rest on; each is looked through once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._lenders = {name: id_ for id_, model in project.models.items() if id_[0] != ENTITY for name in model.names}
        self._near: dict[Id, Ground] = {}

    def of(self, id_: Id) -> Ground:
        """All that a sound document rests on; nothing of itself."""
        waiting, seen, found = [id_], {id_}, Ground()
        while waiting:
            near = self.near(waiting.pop())
            for entity, fields in near.fields.items():
                found.fields[entity].update(fields)
            found.parameters |= near.parameters
            waiting += near.documents - seen
            seen |= near.documents
        found.documents = seen - {id_}
        if id_[0] == ENTITY:
            found.fields.pop(id_[1], None)
        return found

    def way(self, id_: Id, key: str) -> tuple[Id, ...]:
        """The documents between one and something that it rests on (`definition/mql`, `entity/lead.score`,
        `param/threshold`), on the shortest way; none where it rests on that at once, or not at all."""
        waiting: list[tuple[Id, ...]] = [(id_,)]
        seen = {id_}
        for way in waiting:
            near = self.near(way[-1])
            if _holds(near, key):
                return way[1:]
            fresh = sorted(near.documents - seen)
            seen |= near.documents
            waiting += [(*way, other) for other in fresh]
        return ()

    def near(self, id_: Id) -> Ground:
        """What a sound document rests on at once."""
        if id_ not in self._near:
            self._near[id_] = self._read(id_)
        return self._near[id_]

    def _read(self, id_: Id) -> Ground:
        """What a document rests on at once."""
        project = self.project
        nodes = list(everything_in(rule.node for rule in project.rules.get(id_, {}).values()))
        ground = Ground(parameters=set(_parameters(nodes)))
        others = {*self._named(nodes), *(project.graph.rests_on.get(id_, set()) - _beside(id_, project))}
        for other in others - {id_}:
            if other[0] == ENTITY:
                ground.fields[other[1]].update()
            elif other in project.models and can_mean(project.models[other]):
                ground.documents.add(other)
        self._add_fields(nodes, ground)
        return ground

    def _named(self, nodes: Iterable[Node]) -> Iterator[Id]:
        """The documents that some nodes come from."""
        for node in nodes:
            if isinstance(node, Measured):
                kind, _, id_ = node.subject.partition(":")
                yield kind, id_
            elif isinstance(node, Named | Values) and _name(node) in self._lenders:
                yield self._lenders[_name(node)]

    def _add_fields(self, nodes: Sequence[Node], ground: Ground) -> None:
        """Adds the fields that are read: stored ones, those that are computed, and those that lead to other records."""
        ways: set[Path] = set()
        for node in nodes:
            match node:
                case Stored():
                    ground.fields[node.entity].add(node.field)
                    ways.add(node.path)
                case Rollup():
                    ground.fields[node.child].add(node.via.field)
                    ground.fields[node.via.entity].update(self._brought(node))
                    ways.add(node.path)
                case Named():
                    ways.add(node.path)
                case _:
                    pass
        names = {_name(node) for node in nodes if isinstance(node, Named)}
        for entity, fields in ground.fields.items():
            model = self.project.models.get((ENTITY, entity))
            fields.update(names & set(model.names) if model is not None else ())
        self._add_references(ways, ground)

    def _brought(self, rollup: Rollup) -> Iterator[str]:
        """The fields of the parent that are this roll-up, which is told of by what it does and not by its name."""
        parent = rollup.via.entity
        model = self.project.models.get((ENTITY, parent))
        for name in model.names if model is not None else ():
            meaning = self.project.graph.meaning(parent, name)
            if meaning is not None and meaning.node == replace(rollup, path=()):
                yield name

    def _add_references(self, ways: Iterable[Path], ground: Ground) -> None:
        """Adds the fields of some ways; the first step of one is of an entity that is read already."""
        read = set(ground.fields)
        for way in ways:
            for before, step in zip((None, *way), way, strict=False):
                for entity in {before.entity} if before is not None else read:
                    model = self.project.models.get((ENTITY, entity))
                    if model is not None and model.steps.get(step.field) == step.entity:
                        ground.fields[entity].add(step.field)


def _holds(ground: Ground, key: str) -> bool:
    """Whether something by its key is among what a document rests on at once."""
    kind, _, name = key.partition("/")
    if kind == "param":
        return name in ground.parameters
    if kind != ENTITY:
        return (kind, name) in ground.documents
    entity, _, field_ = name.partition(".")
    return entity in ground.fields and (not field_ or field_ in ground.fields[entity])


def _name(node: Named | Values) -> str:
    return node.label.removesuffix(".at") if isinstance(node, Named) and node.is_moment else node.label


def _parameters(nodes: Iterable[Node]) -> Iterator[str]:
    """The parameters that some nodes were made with."""
    for node in nodes:
        if isinstance(node, Literal) and node.label is not None:
            yield node.label.removeprefix("param.")
