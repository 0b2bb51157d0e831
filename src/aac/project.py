"""The graph of a project: every document as it holds on a day, what every name means, and what rests on what.

A document may have versions (LANGUAGE §1). `Project.at` is the project of a day: one version an id. Outside the days of
all its versions a document still lends its names, as the nearest version says, and is not measured.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from aac.expressions.parsed import Rules
from aac.findings import Finding, in_reading_order
from aac.graph import Graph, Id
from aac.kinds.base import Versioned
from aac.kinds.company import Company
from aac.models import references
from aac.packs import Packs
from aac.reports.base import Entry
from aac.saying import rules_in_words, titles_of
from aac.scope import DocumentScope, RuleNames

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from aac.calendars import Calendar
    from aac.config import Config
    from aac.documents import Document
    from aac.expressions.nodes import Value
    from aac.expressions.words import Titles
    from aac.kinds.base import Checked, Kind
    from aac.kinds.written import Part
    from aac.measures import Card, Clock, Derived, Measure, Table, Waiver
    from aac.models import Found

__all__ = ["Project", "RuleNames", "Version"]


@dataclass(frozen=True)
class Version:
    """A document that has a kind and an id; ``model`` is null when it is broken."""

    id: Id
    document: Document
    model: Kind | None

    @property
    def begins(self) -> date:
        """The first day it holds."""
        return (isinstance(self.model, Versioned) and self.model.effective_from) or date.min

    @property
    def ends(self) -> date:
        """The first day it no longer holds."""
        return (isinstance(self.model, Versioned) and self.model.effective_until) or date.max

    @property
    def is_packaged(self) -> bool:
        """Whether it is none of the project's own documents, but joined them because they name it."""
        return ("id",) not in self.document.positions

    @cached_property
    def references(self) -> tuple[Found, ...]:
        """Every reference that was written into it."""
        return tuple(references(self.model)) if self.model is not None else ()

    def holds(self, day: date) -> bool:
        return self.begins <= day < self.ends


def on(day: date, versions: Iterable[Version]) -> Version:
    """Of the versions of one id the one that holds on a day, else the nearest one, earlier ones first."""

    def distance(version: Version) -> tuple[bool, int]:
        is_before = version.ends <= day
        return (not is_before and not version.holds(day), abs((day - version.begins).days))

    return min(versions, key=lambda version: (not version.holds(day), *distance(version)))


@dataclass
class Project:
    """The graph of a project on a day. It only grows while it loads; afterwards it is only read.

    ``chosen`` is the version of each id that holds on the day, or the nearest; ``places`` are their documents and
    ``models`` the sound ones among them. ``lent`` are the ids of documents whose kind or id cannot be used, as they
    were written and as they were probably meant. ``resting`` tells what the documents of a project rest on at once,
    what can alter their numbers and promises. ``rules`` are the rules that were checked, by document and place;
    ``of_period`` the documents with one that asks for the period.
    """

    config: Config
    kinds: Mapping[str, type[Kind]]
    documents: list[Document]
    versions: tuple[Version, ...]
    day: date
    lent: frozenset[str]
    resting: Callable[[Project], Mapping[Id, Collection[Id]]]
    parsed: Rules = field(default_factory=Rules, repr=False)
    packs: Packs = field(default_factory=lambda: Packs({}), repr=False)
    told: list[Finding] = field(default_factory=list[Finding])
    rules: dict[Id, dict[tuple[Part, ...], Checked]] = field(
        default_factory=lambda: defaultdict[Id, "dict[tuple[Part, ...], Checked]"](dict)
    )
    of_period: set[Id] = field(default_factory=set["Id"])
    by_day: dict[date, Project] = field(default_factory=dict[date, "Project"], repr=False)
    chosen: dict[Id, Version] = field(init=False)
    places: dict[Id, Document] = field(init=False)
    models: dict[Id, Kind] = field(init=False)
    tables: tuple[Table, ...] = ()
    measures: tuple[Measure, ...] = ()
    derived: tuple[Derived, ...] = ()
    clocks: tuple[Clock, ...] = ()
    cards: tuple[Card, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    unwaived: tuple[Clock, ...] = ()
    """The clocks of which something was waived, as they are without that."""
    too_early: frozenset[str] = frozenset()
    """The sign-offs that were merged before their document said so, by id: they count for nothing."""

    def __post_init__(self) -> None:
        by_id: dict[Id, list[Version]] = {}
        for version in self.versions:
            by_id.setdefault(version.id, []).append(version)
        self.chosen = {id_: on(self.day, versions) for id_, versions in by_id.items()}
        self.places = {id_: version.document for id_, version in self.chosen.items()}
        self.models = {id_: version.model for id_, version in self.chosen.items() if version.model is not None}

    def at(self, day: date) -> Project:
        """The project of a day: one version an id, for the whole graph."""
        begun = [first for first in self.by_day if first <= day]
        return self.by_day[max(begun)] if begun else self

    def holding(self, version: Version) -> Project:
        """The project that has a version of an id: this one if it does, else that of its first day."""
        return self if self.chosen[version.id] is version else self.at(version.begins)

    def is_in_force(self, id_: Id) -> bool:
        """Whether the version of an id that was chosen holds on the day."""
        return self.chosen[id_].holds(self.day)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return in_reading_order(self.told)

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def root(self) -> Path:
        return self.config.root

    @property
    def sources(self) -> Collection[str]:
        return self.config.sources

    @property
    def parameters(self) -> Mapping[str, Value]:
        return self.config.parameters

    @cached_property
    def company(self) -> Company | None:
        return next((model for model in self.of_kind("company") if isinstance(model, Company)), None)

    @property
    def timezone(self) -> str:
        return self.company.timezone if self.company else "UTC"

    @property
    def fiscal_start(self) -> tuple[int, int]:
        return self.company.fiscal_year_starts if self.company else (1, 1)

    @property
    def graph(self) -> Graph:
        """What names mean; asked for once all documents are read."""
        return self._graph

    @cached_property
    def _graph(self) -> Graph:
        broken = [id_ for id_ in self.places if id_ not in self.models]
        missing = {word for kind, id_ in broken for word in (id_, f"{kind}.{id_}")}
        return Graph(self.models, missing | self.lent, self.scope)

    def of_kind(self, kind: str) -> Sequence[Kind]:
        """The sound documents of a kind, by id."""
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> Mapping[str, list[Kind]]:
        by_kind: dict[str, list[Kind]] = {}
        for (kind, _), model in sorted(self.models.items(), key=_by_id):
            by_kind.setdefault(kind, []).append(model)
        return by_kind

    def versions_of(self, id_: Id) -> Sequence[Kind]:
        """The sound versions of a document, oldest first."""
        versions = sorted((version for version in self.versions if version.id == id_), key=lambda v: v.begins)
        return [version.model for version in versions if version.model is not None]

    def ids(self, kind: str) -> Sequence[str]:
        """The ids of a kind, those of broken documents among them."""
        return self._ids.get(kind, ())

    @cached_property
    def _ids(self) -> Mapping[str, list[str]]:
        ids: dict[str, list[str]] = {}
        for kind, id_ in sorted(self.places):
            ids.setdefault(kind, []).append(id_)
        return ids

    def is_incomplete(self, kind: str) -> bool:
        """Whether a document of the kind, or one that may be of it, cannot be used."""
        return bool(self.lent) or len(self.ids(kind)) > len(self.of_kind(kind))

    def table(self, entity: str) -> Table:
        """The compiled table of an entity; raises KeyError."""
        return {table.entity: table for table in self.tables}[entity]

    def entries(self) -> tuple[Entry, ...]:
        """Every document as reports see it, sorted by kind and id."""
        return self._entries

    @cached_property
    def _entries(self) -> tuple[Entry, ...]:
        rests_on = self.resting(self)
        names = {id_: self.graph.rests_on[id_] - {*rests_on.get(id_, ())} for id_ in self.places}
        used_by, named_by = _turned(rests_on), _turned(names)
        found: list[Entry] = []
        for id_, document in sorted(self.places.items(), key=_by_id):
            model, span = self.models.get(id_), document.span()
            edges = (rests_on.get(id_, ()), used_by.get(id_, ()), names[id_], named_by.get(id_, ()))
            title = model.title if model else id_[1]
            found.append(Entry(*id_, title, span.file, span.line, document.data, *map(_shown, edges)))
        return tuple(found)

    def in_words(self, kind: str, id: str) -> tuple[tuple[str, str], ...]:
        """The rules of a document in English, each with its place."""
        return tuple(rules_in_words((kind, id), self, self.titles))

    @cached_property
    def titles(self) -> Titles:
        """What people call things; asked for once all documents are compiled."""
        return titles_of(self)

    def scope(self, id_: Id) -> DocumentScope:
        """What one document may ask."""
        return DocumentScope(self, id_, self.places[id_])

    def tell(self, code: str, message: str, instead: str, id_: Id, *path: Part, key: bool = False) -> None:
        """An error at a key of a document, or at its name."""
        span = self.places[id_].span(*path, key=key)
        self.told.append(Finding(code, "error", message, instead, span, f"{id_[0]}:{id_[1]}"))


def _by_id(pair: tuple[Id, object]) -> Id:
    return pair[0]


def _turned(edges: Mapping[Id, Iterable[Id]]) -> Mapping[Id, set[Id]]:
    """From each document to those that lead to it."""
    found: dict[Id, set[Id]] = defaultdict(set)
    for id_, others in edges.items():
        for other in others:
            found[other].add(id_)
    return found


def _shown(ids: Iterable[Id]) -> tuple[str, ...]:
    return tuple(sorted(f"{kind}:{id_}" for kind, id_ in ids))
