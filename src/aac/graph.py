"""What every name means on every entity, which entity a word is about, and what rests on what.

Each answer is kept, so that whatever is wrong on the way to it is told once.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, cast

from aac.expressions.check import require_bounded
from aac.expressions.nodes import BROKEN, NOTHING, Meaning, Path, Reference, under
from aac.expressions.parse import Refused
from aac.kinds.base import ANYWHERE, NUMBERS
from aac.measures import Population

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence

    from aac.kinds.base import Kind, Scope

Id = tuple[str, str]
"""Kind and id of a document."""

FARTHEST = 5
"""References that are followed to find a word of another entity."""
MOST_WAYS = 4
"""Ways to it that are told, when there are several."""
MOST_RINGS = 100
"""Rings of one key that are told: whoever has broken these is told of the others."""


class Graph:
    """The words of all sound documents. ``missing``: ids of documents that are there, but cannot be used."""

    def __init__(self, models: Mapping[Id, Kind], missing: set[str], scope: Callable[[Id], Scope]) -> None:
        self.rests_on: dict[Id, set[Id]] = defaultdict(set)
        self._models = models
        self._missing = missing
        self._scope = scope
        self._lenders: dict[str, list[Id]] = defaultdict(list)
        for id_, model in models.items():
            for name in model.names:
                self._lenders[name].append(id_)
        self._entities: dict[Id, str | None] = {}
        self._lent: dict[str, dict[str | None, list[tuple[int, Id]]]] = {}
        self._meanings: dict[tuple[str, str], Meaning | None] = {}
        self._far_away: dict[tuple[str, str], str] = {}
        """The entity that has a word, where a name was found by a way of references."""
        self._rings: dict[tuple[str, str], dict[str, list[tuple[str, ...]]]] = {}
        self._asked: list[str] = []
        self._asking: list[Id] = []

    def rings(self, kind: str, key: str) -> Mapping[str, Sequence[tuple[str, ...]]]:
        """The rings of a key that names documents of its own kind, by the first of their ids, which ends them too."""
        if (kind, key) not in self._rings:
            named = {
                id_: cast("Sequence[str]", getattr(model, key))
                for (sort, id_), model in sorted(self._models.items(), key=itemgetter(0))
                if sort == kind
            }
            found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
            for ring in islice(rings_of(named), MOST_RINGS):
                found[ring[0]].append(ring)
            self._rings[kind, key] = dict(found)
        return self._rings[kind, key]

    def users_of(self, id_: Id, numbers: Collection[str]) -> set[Id]:
        """The documents that say something by another one, over others too; what a number is named by is not asked.

        ``numbers``: kinds of which others know the number alone.
        """
        found, waiting = set[Id](), [id_]
        while waiting:
            asked = waiting.pop()
            fresh = {user for user, others in self.rests_on.items() if asked in others} - found
            found |= fresh
            waiting.extend(user for user in fresh if user[0] not in numbers)
        return found

    @contextmanager
    def asking(self, id_: Id) -> Generator[None]:
        """While it is entered, what is looked up is what this document rests on."""
        self._asking.append(id_)
        try:
            yield
        finally:
            self._asking.pop()

    @contextmanager
    def _asked_for(self, shown: str) -> Generator[None]:
        """While it is entered, whoever asks for the same again has come round in a ring, and is refused."""
        if shown in self._asked:
            ring = [*self._asked[self._asked.index(shown) :], shown]
            raise Refused("AAC206", f"a ring: {' needs '.join(f'`{part}`' for part in ring)}", "break it at one place")
        self._asked.append(shown)
        try:
            yield
        finally:
            self._asked.pop()

    def lenders(self, entity: str, name: str) -> list[Id]:
        """The documents by which a name means something on an entity; two or more mean different things."""
        if name not in self._lent:
            by_entity: dict[str | None, list[tuple[int, Id]]] = {}
            for place, id_ in enumerate(self._lenders.get(name, ())):
                by_entity.setdefault(self.entity_of(id_), []).append((place, id_))
            self._lent[name] = by_entity
        lent = self._lent[name]
        return [id_ for _, id_ in sorted(each for of in {entity, ANYWHERE} for each in lent.get(of, ()))]

    def lent(self) -> Iterator[tuple[str, str, Id]]:
        """Every entity and name that mean something, and the document by which they do."""
        for name, ids in self._lenders.items():
            for id_ in ids:
                entity = self.entity_of(id_)
                if entity is not None:
                    yield entity, name, id_

    def entity_of(self, id_: Id) -> str | None:
        """The entity whose records a document's names are about; raises Refused for a ring."""
        if id_ not in self._entities:
            with self._asked_for(f"{id_[0]} {id_[1]}"):
                self._entities[id_] = self._models[id_].entity(self._scope(id_))
        return self._entities[id_]

    def entity_of_word(self, word: str) -> str | None:
        """The entity that an entity or a definition is about, by its id; raises Refused for a ring."""
        if ("entity", word) in self._models:
            return word
        return next((self.entity_of(id_) for id_ in self._lenders.get(word, ()) if id_[1] == word), None)

    def population(self, word: str) -> tuple[Population, Meaning | None] | None:
        """The records that an entity or a definition means; null when it is broken or not there.

        Raises Refused for a ring, and for a word that rests on too many others.
        """
        entity = self.entity_of_word(word)
        if entity is None:
            return None
        if ("entity", word) in self._models:
            self._note(("entity", word))
            return Population(entity, None), None
        found = self.meaning(entity, word)
        if found is None or found.type == BROKEN:
            return None
        require_bounded(found.node)
        return Population(entity, found.node), found

    def meaning(self, entity: str, name: str) -> Meaning | None:
        """What a name means on an entity, null when nothing; of type BROKEN when that was told already.

        Raises Refused for a ring, and for a word that several ways lead to.
        """
        for id_ in self.lenders(entity, name):
            self._note(id_)
        if (entity, name) not in self._meanings:
            with self._asked_for(_shown(entity, name)):
                self._meanings[entity, name] = self._find(entity, name)
        there = self._far_away.get((entity, name))
        for id_ in self.lenders(there, name) if there is not None else ():
            self._note(id_)
        return self._meanings[entity, name]

    def _find(self, entity: str, name: str) -> Meaning | None:
        lenders = self.lenders(entity, name)
        if len(lenders) == 1:
            (id_,) = lenders
            with self.asking(id_):
                return self._models[id_].meaning(self._scope(id_), name)
        is_there = ("entity", entity) in self._models or entity in (ANYWHERE, NUMBERS)
        if lenders or self._is_missing(name) or not is_there:
            return Meaning(NOTHING, BROKEN)
        word = next((id_ for id_ in self._lenders.get(name, ()) if _is_its_word(id_, name)), None)
        return self._far(entity, name, self.entity_of(word)) if word is not None else None

    def _is_missing(self, name: str) -> bool:
        """Whether a document that would lend a name is there, but cannot be used."""
        return name in self._missing or ".".join(name.split(".")[:2]) in self._missing

    def _far(self, entity: str, name: str, there: str | None) -> Meaning | None:
        """A word of another entity, if exactly one way of references leads there (LANGUAGE §4)."""
        if there is None:
            return Meaning(NOTHING, BROKEN)
        ways = list(islice(self._ways(entity, there), MOST_WAYS))
        if len(ways) > 1:
            told = " and ".join(f"`{'.'.join((*(step.field for step in way), name))}`" for way in ways)
            raise Refused("AAC209", f"`{name}` is of `{there}`, where several ways lead: {told}", "write one of them")
        self._far_away[entity, name] = there
        found = self.meaning(there, name) if ways else None
        if found is None or found.type == BROKEN:
            return found
        moment = under(found.moment, ways[0]) if found.moment is not None else None
        return Meaning(under(found.node, ways[0]), found.type, moment, found.moment_type)

    def _ways(self, entity: str, there: str) -> Iterator[Path]:
        """The references that lead from one entity to another, none twice over the same entity; nearest first."""
        ways: list[Path] = [()]
        for _ in range(FARTHEST):
            ways = [(*way, step) for way in ways for step in self._steps(entity, way)]
            yield from (way for way in ways if way[-1].entity == there)
            ways = [way for way in ways if way[-1].entity != there]

    def _steps(self, entity: str, way: Path) -> Iterator[Reference]:
        model = self._models.get(("entity", way[-1].entity if way else entity))
        seen = {entity, *(step.entity for step in way)}
        for field, target in model.steps.items() if model is not None else ():
            if target not in seen:
                yield Reference(field, target)

    def _note(self, other: Id) -> None:
        """The document that is asking rests on another."""
        if self._asking and self._asking[-1] != other:
            self.rests_on[self._asking[-1]].add(other)

    @cached_property
    def families(self) -> dict[str, Collection[str]]:
        """The names that have a kind ahead, by their first parts; of a kind that cannot be used none is known."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        found.update({name.split(".")[0]: [] for name in self._missing if "." in name})
        for name, ids in self._lenders.items():
            if any(_has_kind_ahead(id_, name) and self.entity_of(id_) != NUMBERS for id_ in ids):
                found[name.split(".")[0]].append(name)
        return dict(found)

    def known(self, entity: str) -> Iterator[str]:
        """Every name that means something on an entity, but for those that are being looked up."""
        for name in self._lenders:
            if _shown(entity, name) not in self._asked and self.lenders(entity, name):
                yield name


def rings_of(named: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Rings, among them one of each that there is by the step that closes it; every step is gone once."""
    gone = set[str]()
    for start in named:
        way = {start: iter(named[start])} if start not in gone else {}
        while way:
            here = next(reversed(way))
            step = next(way[here], None)
            if step is None:
                way.popitem()
                gone.add(here)
            elif step in way:
                ring = list(way)[list(way).index(step) :]
                first = ring.index(min(ring))
                yield (*ring[first:], *ring[: first + 1])
            elif step in named and step not in gone:
                way[step] = iter(named[step])


def _shown(entity: str, name: str) -> str:
    """A name on an entity, as a ring shows it."""
    return name if entity in (ANYWHERE, NUMBERS) else f"{entity}.{name}"


def _has_kind_ahead(id_: Id, name: str) -> bool:
    return name == f"{id_[0]}.{id_[1]}" or name.startswith(f"{id_[0]}.{id_[1]}.")


def _is_its_word(id_: Id, name: str) -> bool:
    """Whether a name is what a document is called, and not one of the fields of an entity."""
    return id_[0] != "entity" and (id_[1] == name or _has_kind_ahead(id_, name))
