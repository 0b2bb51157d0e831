"""Documents -> kinds -> graph: what every name means, what rests on what, and all that is wrong, in one pass.

`load` never stops at a mistake: a document that fails still lends its id, so that one typo is told once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from aac.calendars import Calendar
from aac.documents import read_folder
from aac.expressions.check import Broken, Typed, check_formula, check_rule, wanted
from aac.expressions.nodes import BROKEN, NOTHING, TEXT, Column, Meaning, Node, Value
from aac.expressions.parse import Problem, Refused, parse
from aac.findings import Finding, Level, Span, did_you_mean, in_reading_order
from aac.kinds.base import Checked, Kind, Part
from aac.kinds.company import Company
from aac.measures import Clock, Measure, Population, Table
from aac.models import invalid, references
from aac.reports.base import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from aac.config import Config
    from aac.documents import Document

Id = tuple[str, str]
"""Kind and id of a document."""

T = TypeVar("T")
WORD = re.compile(r"[\w.]+")
"""What is marked of a rule: the name or number that a problem begins at."""


def load(config: Config, kinds: Mapping[str, type[Kind]]) -> tuple[Project, tuple[Finding, ...]]:
    """Everything under `alignment/` as a project, and what is wrong with it, in reading order."""
    documents, findings = read_folder(config.root)
    project = Project(config, kinds, documents, list(findings))
    for check in CHECKS:
        check(project)
    project.compile()
    return project, project.findings


@dataclass
class Project:
    """The graph of one project. It only grows while it loads; afterwards it is only read."""

    config: Config
    kinds: Mapping[str, type[Kind]]
    documents: list[Document]
    told: list[Finding]
    models: dict[Id, Kind] = field(default_factory=dict[Id, Kind])
    places: dict[Id, Document] = field(default_factory=dict["Id", "Document"])
    tables: tuple[Table, ...] = ()
    measures: tuple[Measure, ...] = ()
    clocks: tuple[Clock, ...] = ()
    calendars: tuple[Calendar, ...] = ()
    _meanings: dict[tuple[str, str], Meaning | None] = field(default_factory=dict[tuple[str, str], "Meaning | None"])
    _entities: dict[Id, str | None] = field(default_factory=dict["Id", "str | None"])
    _asked: list[str] = field(default_factory=list[str])
    _asking: list[Id] = field(default_factory=list["Id"])
    _rests_on: dict[Id, set[Id]] = field(default_factory=lambda: defaultdict(set))

    @property
    def findings(self) -> tuple[Finding, ...]:
        return in_reading_order(self.told)

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def root(self) -> Path:
        return self.config.root

    @cached_property
    def company(self) -> Company | None:
        return next((model for model in self.of_kind("company") if isinstance(model, Company)), None)

    @property
    def timezone(self) -> str:
        return self.company.timezone if self.company else "UTC"

    @property
    def fiscal_start(self) -> tuple[int, int]:
        return self.company.fiscal_year_starts if self.company else (1, 1)

    def of_kind(self, kind: str) -> list[Kind]:
        """The sound documents of a kind, by id."""
        return [model for (other, _), model in sorted(self.models.items(), key=lambda pair: pair[0]) if other == kind]

    def ids(self, kind: str) -> list[str]:
        """The ids of a kind, those of broken documents among them."""
        return sorted(id_ for other, id_ in self.places if other == kind)

    def table(self, entity: str) -> Table:
        """The compiled table of an entity; raises KeyError."""
        return {table.entity: table for table in self.tables}[entity]

    def entries(self) -> tuple[Entry, ...]:
        """Every document as reports see it, sorted by kind and id."""
        used_by: dict[Id, set[Id]] = defaultdict(set)
        for user, others in self._rests_on.items():
            for other in others:
                used_by[other].add(user)
        return tuple(
            self._entry(id_, document, used_by[id_]) for id_, document in sorted(self.places.items(), key=_by_id)
        )

    def _entry(self, id_: Id, document: Document, used_by: set[Id]) -> Entry:
        model, span = self.models.get(id_), document.span()
        title = model.title if model else id_[1]
        rests_on = _shown(self._rests_on[id_])
        return Entry(*id_, title, span.file, span.line, document.data, rests_on, _shown(used_by))

    def scope(self, id_: Id) -> _Scope:
        """What one document may ask."""
        return _Scope(self, id_, self.places[id_])

    def compile(self) -> None:
        """Asks every sound document what it compiles to, and keeps it by sort."""
        compiled: list[object] = []
        for id_, model in sorted(self.models.items(), key=lambda pair: pair[0]):
            with _Asking(self, id_):
                compiled += model.compile(self.scope(id_))
        self.tables = tuple(part for part in compiled if isinstance(part, Table))
        self.measures = tuple(part for part in compiled if isinstance(part, Measure))
        self.clocks = tuple(part for part in compiled if isinstance(part, Clock))
        self.calendars = tuple(part for part in compiled if isinstance(part, Calendar))

    # What names mean

    @cached_property
    def _lenders(self) -> dict[str, list[Id]]:
        lenders: dict[str, list[Id]] = defaultdict(list)
        for id_, model in self.models.items():
            for name in model.names:
                lenders[name].append(id_)
        return lenders

    def meaning(self, entity: str, name: str) -> Meaning | None:
        """What a name means on an entity; null when nothing. Raises Refused for two meanings and for a ring."""
        if (entity, name) in self._meanings:
            self._note_lender(entity, name)
            return self._meanings[entity, name]
        with self._in_ring(f"{entity}.{name}"):
            self._meanings[entity, name] = self._find(entity, name)
        return self._meanings[entity, name]

    def _find(self, entity: str, name: str) -> Meaning | None:
        lenders = self._lenders_on(entity, name)
        if len(lenders) > 1:
            both = " and ".join(f"{kind} `{id_}`" for kind, id_ in lenders)
            raise Refused("AAC209", f"`{name}` means two things on `{entity}`: {both}", "rename one of them")
        if not lenders:
            broken = ("definition", name) in self.places.keys() - self.models.keys()
            broken = broken or ("entity", entity) not in self.models
            broken = broken or any(self._entity_of(id_) is None for id_ in self._lenders.get(name, ()))
            return Meaning(NOTHING, BROKEN) if broken else None
        id_ = lenders[0]
        self._rest_on(id_)
        with _Asking(self, id_):
            return self.models[id_].meaning(self.scope(id_), name)

    def _lenders_on(self, entity: str, name: str) -> list[Id]:
        return [id_ for id_ in self._lenders.get(name, ()) if self._entity_of(id_) == entity]

    def _note_lender(self, entity: str, name: str) -> None:
        for id_ in self._lenders_on(entity, name):
            self._rest_on(id_)

    def _rest_on(self, other: Id) -> None:
        """The document that is asking rests on ``other``."""
        if self._asking and self._asking[-1] != other:
            self._rests_on[self._asking[-1]].add(other)

    def known(self, entity: str) -> Iterator[str]:
        """Every name that means something on an entity."""
        for name in self._lenders:
            if self._lenders_on(entity, name):
                yield name

    def population(self, name: str) -> tuple[Population, Meaning | None] | None:
        """An entity or a definition as a population; null when it is broken or not there (told by its reference)."""
        if ("entity", name) in self.models:
            self._rest_on(("entity", name))
            return Population(name, None), None
        entity = self.entity(name)
        found = self.meaning(entity, name) if entity else None
        return (Population(entity, found.node), found) if entity and found and found.type != BROKEN else None

    def entity(self, name: str) -> str | None:
        """The entity that a name which may be a population is about; null when it is broken or not there.

        Raises Refused for a ring.
        """
        if ("entity", name) in self.models:
            return name
        lenders = [id_ for id_ in self._lenders.get(name, ()) if id_[1] == name]
        return self._entity_of(lenders[0]) if lenders else None

    def _entity_of(self, id_: Id) -> str | None:
        """The entity that a document's names are about, worked out once."""
        if id_ not in self._entities:
            with self._in_ring(f"{id_[0]}:{id_[1]}"):
                self._entities[id_] = self.models[id_].entity(self.scope(id_))
        return self._entities[id_]

    @contextmanager
    def _in_ring(self, shown: str) -> Generator[None]:
        """While it is entered, asking for the same again is a ring: raises Refused AAC206."""
        if shown in self._asked:
            ring = [*self._asked[self._asked.index(shown) :], shown]
            raise Refused("AAC206", f"a ring: {' needs '.join(f'`{part}`' for part in ring)}", "break it at one place")
        self._asked.append(shown)
        try:
            yield
        finally:
            self._asked.pop()


class _Asking:
    """While it is entered, what is looked up is what this document rests on."""

    def __init__(self, project: Project, id_: Id) -> None:
        self.stack = project._asking  # pyright: ignore[reportPrivateUsage]
        self.id = id_

    def __enter__(self) -> None:
        self.stack.append(self.id)

    def __exit__(self, *_: object) -> None:
        self.stack.pop()


class _StreamColumns:
    """The names of a stream: every one is a text column, looked for when data is there."""

    timezone = "UTC"

    def meaning(self, entity: str, name: str) -> Meaning:
        del entity
        return Meaning(Column(name), TEXT)

    def known(self, entity: str) -> tuple[str, ...]:
        del entity
        return ()

    def parameter(self, name: str) -> Value:
        raise KeyError(name)

    def parameters(self) -> tuple[str, ...]:
        return ()


class _Scope:
    """What one document may ask of the project (`kinds.base.Scope`)."""

    def __init__(self, project: Project, id_: Id, document: Document) -> None:
        self.project = project
        self.id = id_
        self.document = document

    @property
    def sources(self) -> Collection[str]:
        return self.project.config.sources

    def report(
        self, code: str, message: str, instead: str, *path: Part, level: Level = "error", offset: int | None = None
    ) -> None:
        span = self.document.span(*path, offset=offset)
        if offset is not None and (word := WORD.match(span.text, span.col - 1)):
            span = replace(span, length=len(word[0]))
        self.project.told.append(Finding(code, level, message, instead, span, f"{self.id[0]}:{self.id[1]}"))

    def span(self, *path: Part) -> Span:
        return self.document.span(*path)

    def model(self, kind: str, id: str) -> Any | None:
        return self.project.models.get((kind, id))

    def models(self, kind: str) -> Iterable[Any]:
        return self.project.of_kind(kind)

    def rule(self, text: str, entity: str, *path: Part, wants: str = "value") -> Checked | None:
        return self._checked(text, path, lambda node: wanted(check_rule(node, entity, self._names), wants))

    def formula(self, text: str, entity: str, *path: Part) -> Checked | None:
        return self._checked(text, path, lambda node: _a_number(check_formula(node, entity, self._names)))

    def aggregate(self, text: str, entity: str, *path: Part) -> Checked | None:
        return self._checked(text, path, lambda node: check_formula(node, entity, self._names))

    def read(self, text: str, *path: Part) -> Node | None:
        checked = self._checked(text, path, lambda node: wanted(check_rule(node, "", _StreamColumns()), "text"))
        return checked.node if checked else None

    def entity(self, name: str, *path: Part) -> str | None:
        return self._unless_refused(lambda: self.project.entity(name), path)

    def population(self, name: str, *path: Part) -> tuple[Population, Meaning | None] | None:
        return self._unless_refused(lambda: self.project.population(name), path)

    def ids(self, kind: str) -> Collection[str]:
        return self.project.ids(kind)

    def _unless_refused(self, find: Callable[[], T | None], path: tuple[Part, ...]) -> T | None:
        try:
            return find()
        except Refused as refused:
            self._tell(refused.problem, path)
            return None

    @property
    def _names(self) -> RuleNames:
        return RuleNames(self.project)

    def _checked(self, text: str, path: tuple[Part, ...], check: Callable[[Node], Typed]) -> Checked | None:
        try:
            typed = check(parse(text))
        except Refused as refused:
            self._tell(refused.problem, path)
            return None
        except Broken:
            return None
        return Checked(typed.node, typed.type)

    def _tell(self, problem: Problem, path: tuple[Part, ...]) -> None:
        self.report(problem.code, problem.message, problem.instead, *path, offset=problem.at)


class RuleNames:
    """What rules may name (`nodes.Names`)."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.timezone = project.timezone

    def meaning(self, entity: str, name: str) -> Meaning | None:
        return self.project.meaning(entity, name)

    def known(self, entity: str) -> Iterable[str]:
        return self.project.known(entity)

    def parameter(self, name: str) -> Value:
        return self.project.config.parameters[name]

    def parameters(self) -> Iterable[str]:
        return self.project.config.parameters


def _a_number(typed: Typed) -> Typed:
    if not (typed.type.is_number or typed.type.name == "span"):
        raise Refused("AAC302", f"a metric is a number, not a {typed.type.name}", "count, sum or divide", typed.at)
    return typed


def _by_id(pair: tuple[Id, object]) -> Id:
    return pair[0]


def _shown(ids: Iterable[Id]) -> tuple[str, ...]:
    return tuple(sorted(f"{kind}:{id_}" for kind, id_ in ids))


# The checks, in order; each adds to what is told


def read_models(project: Project) -> None:
    """Every document through the model of its kind; two of one kind and id are an error (AAC205, AAC208)."""
    for document in project.documents:
        if document.kind is None or document.id is None:
            continue
        id_ = (document.kind, document.id)
        model = project.kinds.get(document.kind)
        if model is None:
            message = f"there is no kind `{document.kind}`"
            advice = did_you_mean(document.kind, project.kinds)
            project.told.append(Finding("AAC208", "error", message, advice, document.span("kind"), None))
        elif id_ in project.places:
            first = project.places[id_].span("id")
            message = f"there is a {document.kind} `{document.id}` already, in {first}"
            project.told.append(Finding("AAC205", "error", message, "rename one of them", document.span("id")))
        else:
            project.places[id_] = document
            if document.broken:
                continue
            try:
                project.models[id_] = model.model_validate(document.data)
            except ValidationError as error:
                project.told += invalid(error, model, document)


def one_company(project: Project) -> None:
    """At most one company (AAC205)."""
    for id_ in project.ids("company")[1:]:
        first = project.places["company", project.ids("company")[0]].span("id")
        span = project.places["company", id_].span("id")
        project.told.append(Finding("AAC205", "error", f"there is a company already, in {first}", "keep one", span))


def references_lead_somewhere(project: Project) -> None:
    """Every key that names a document names one that is there (AAC204)."""
    for id_, model in project.models.items():
        for path, kinds, target in references(model):
            found = next(((kind, target) for kind in kinds if (kind, target) in project.places), None)
            if found is not None:
                project._rests_on[id_].add(found)  # pyright: ignore[reportPrivateUsage]
                continue
            span = project.places[id_].span(*path)
            known = [other for kind in kinds for other in project.ids(kind)]
            message = f"no {' or '.join(kinds)} is called `{target}`"
            advice = did_you_mean(target, known) or f"write a document of kind `{kinds[0]}` with `id: {target}`"
            project.told.append(Finding("AAC204", "error", message, advice, span, f"{id_[0]}:{id_[1]}"))


CHECKS: tuple[Callable[[Project], None], ...] = (read_models, one_company, references_lead_somewhere)
