"""Documents -> kinds -> graph: what every name means, what rests on what, and all that is wrong, in one pass.

`load` never stops at a mistake: a document that fails still lends its id, so that one typo is told once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import ValidationError

from aac.calendars import Calendar
from aac.documents import read_folder
from aac.findings import Finding, did_you_mean, in_reading_order
from aac.graph import Graph, Id
from aac.kinds.company import Company
from aac.measures import Clock, Measure, Table
from aac.models import invalid, references
from aac.reports.base import Entry
from aac.scope import DocumentScope, RuleNames

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from pathlib import Path

    from aac.config import Config
    from aac.documents import Document
    from aac.expressions.nodes import Node, Value
    from aac.kinds.base import Kind, Part

__all__ = ["CHECKS", "Project", "RuleNames", "load"]


def load(config: Config, kinds: Mapping[str, type[Kind]]) -> tuple[Project, tuple[Finding, ...]]:
    """Everything under `alignment/` as a project, and what is wrong with it, in reading order."""
    documents, findings = read_folder(config.root)
    project = Project(config, kinds, documents, list(findings))
    for check in CHECKS:
        check(project)
    return project, project.findings


@dataclass
class Project:
    """The graph of one project. It only grows while it loads; afterwards it is only read.

    ``places`` are all documents of a known kind, ``models`` the sound ones among them; ``lent`` are the ids of
    documents whose kind or id cannot be used, as they were written and as they were probably meant.
    """

    config: Config
    kinds: Mapping[str, type[Kind]]
    documents: list[Document]
    told: list[Finding]
    models: dict[Id, Kind] = field(default_factory=dict[Id, "Kind"])
    places: dict[Id, Document] = field(default_factory=dict[Id, "Document"])
    lent: set[str] = field(default_factory=set[str])
    tables: tuple[Table, ...] = ()
    measures: tuple[Measure, ...] = ()
    clocks: tuple[Clock, ...] = ()
    calendars: tuple[Calendar, ...] = ()

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
        missing = {id_ for kind, id_ in self.places if (kind, id_) not in self.models}
        return Graph(self.models, missing | self.lent, self.scope)

    def of_kind(self, kind: str) -> list[Kind]:
        """The sound documents of a kind, by id."""
        return [model for (other, _), model in sorted(self.models.items(), key=_by_id) if other == kind]

    def ids(self, kind: str) -> list[str]:
        """The ids of a kind, those of broken documents among them."""
        return sorted(id_ for other, id_ in self.places if other == kind)

    def is_incomplete(self, kind: str) -> bool:
        """Whether a document of the kind, or one that may be of it, cannot be used."""
        return bool(self.lent) or any(id_[0] == kind and id_ not in self.models for id_ in self.places)

    def table(self, entity: str) -> Table:
        """The compiled table of an entity; raises KeyError."""
        return {table.entity: table for table in self.tables}[entity]

    def entries(self) -> tuple[Entry, ...]:
        """Every document as reports see it, sorted by kind and id."""
        used_by: dict[Id, set[Id]] = defaultdict(set)
        for user, others in self.graph.rests_on.items():
            for other in others:
                used_by[other].add(user)
        return tuple(
            self._entry(id_, document, used_by[id_]) for id_, document in sorted(self.places.items(), key=_by_id)
        )

    def _entry(self, id_: Id, document: Document, used_by: set[Id]) -> Entry:
        model, span = self.models.get(id_), document.span()
        title = model.title if model else id_[1]
        rests_on = _shown(self.graph.rests_on[id_])
        return Entry(*id_, title, span.file, span.line, document.data, rests_on, _shown(used_by))

    def scope(self, id_: Id) -> DocumentScope:
        """What one document may ask."""
        return DocumentScope(self, id_, self.places[id_])

    def tell(self, code: str, message: str, instead: str, id_: Id, *path: Part, key: bool = False) -> None:
        """An error at a key of a document, or at its name."""
        span = self.places[id_].span(*path, key=key)
        self.told.append(Finding(code, "error", message, instead, span, f"{id_[0]}:{id_[1]}"))


def _by_id(pair: tuple[Id, object]) -> Id:
    return pair[0]


def _shown(ids: Iterable[Id]) -> tuple[str, ...]:
    return tuple(sorted(f"{kind}:{id_}" for kind, id_ in ids))


# The checks, in order; each adds to what is told


def read_models(project: Project) -> None:
    """Every document through the model of its kind; two of one kind and id are an error (AAC205, AAC208)."""
    for document in project.documents:
        model = project.kinds.get(document.kind or "")
        if model is None or document.kind is None or document.id is None:
            project.lent |= _ids_of(document)
            if model is None and document.kind is not None:
                message = f"there is no kind `{document.kind}`"
                advice = did_you_mean(document.kind, project.kinds)
                project.told.append(Finding("AAC208", "error", message, advice, document.span("kind"), None))
            continue
        id_ = (document.kind, document.id)
        if id_ in project.places:
            first = project.places[id_].span("id")
            message = f"there is a {document.kind} `{document.id}` already, in {first}"
            project.told.append(Finding("AAC205", "error", message, "rename one of them", document.span("id")))
            continue
        project.places[id_] = document
        if document.broken:
            continue
        try:
            project.models[id_] = model.model_validate(document.data)
        except ValidationError as error:
            project.told += invalid(error, model, document)


def _ids_of(document: Document) -> set[str]:
    """The id of a document as it was written, perhaps below a misspelt key, and what `AAC202` says to write instead."""
    written = next((value for key, value in document.data.items() if _is_nearly_id(key)), None)
    return {written, re.sub(r"[^a-z0-9]+", "_", written.lower()).strip("_")} if isinstance(written, str) else set()


def _is_nearly_id(key: str) -> bool:
    return bool(get_close_matches(key.lower(), ["id"], cutoff=0.75))  # `kind` has 0.67


def one_company(project: Project) -> None:
    """At most one company (AAC205)."""
    first, *others = project.ids("company") or [""]
    for id_ in others:
        message = f"there is a company already, in {project.places['company', first].span('id')}"
        project.tell("AAC205", message, "keep one of them", ("company", id_), "id")


def references_lead_somewhere(project: Project) -> None:
    """Every key that names a document names one that is there (AAC204)."""
    for id_, model in project.models.items():
        for path, kinds, target in references(model):
            found = next(((kind, target) for kind in kinds if (kind, target) in project.places), None)
            if found is not None:
                project.graph.rests_on[id_].add(found)
            elif target not in project.lent:
                known = [other for kind in kinds for other in project.ids(kind)]
                advice = did_you_mean(target, known) or f"write a document of kind `{kinds[0]}` with `id: {target}`"
                project.tell("AAC204", f"no {' or '.join(kinds)} is called `{target}`", advice, id_, *path)


def names_mean_one_thing(project: Project) -> None:
    """A name has one meaning on an entity, and a word is no entity's name too (AAC209)."""
    lenders: dict[tuple[str, str], list[Id]] = defaultdict(list)
    for entity, name, id_ in project.graph.lent():
        lenders[entity, name].append(id_)
        if id_[0] != "entity" and id_[1] == name and ("entity", name) in project.places:
            message = f"there is an entity `{name}` too, in {project.places['entity', name].span('id')}"
            project.tell("AAC209", message, "rename one of them", id_, "id")
    for (entity, name), ids in lenders.items():
        first, *others = sorted(ids, key=lambda id_: id_[0] != "entity")
        path = ("fields", name) if first[0] == "entity" else ("id",)
        place = project.places[first].span(*path, key=True)
        for id_ in others:
            message = f"`{name}` means something on `{entity}` already: {first[0]} `{first[1]}`, in {place}"
            project.tell("AAC209", message, "rename one of them", id_, "id")


def compile_all(project: Project) -> None:
    """Asks what every name means and what every sound document compiles to, and keeps it by sort."""
    graph = project.graph
    compiled: list[object] = []
    for id_, model in sorted(project.models.items(), key=_by_id):
        with graph.asking(id_):
            entity = graph.entity_of(id_)
            for name in model.names if entity is not None else ():
                graph.meaning(str(entity), name)
            compiled += model.compile(project.scope(id_))
    project.tables = tuple(part for part in compiled if isinstance(part, Table))
    project.measures = tuple(part for part in compiled if isinstance(part, Measure))
    project.clocks = tuple(part for part in compiled if isinstance(part, Clock))
    project.calendars = tuple(part for part in compiled if isinstance(part, Calendar))


def dimensions_mean_one_thing(project: Project) -> None:
    """A dimension's name has one expression per entity, in all documents (AAC209; LANGUAGE §8)."""
    seen: dict[tuple[str, str], tuple[Node, Id]] = {}
    for part in (*project.clocks, *project.measures):
        kind, _, id_ = part.subject.partition(":")
        for dimension in part.dimensions:
            key = (part.population.entity, dimension.name)
            first, other = seen.setdefault(key, (dimension.value, (kind, id_)))
            if first != dimension.value and (kind, id_) in project.places:
                message = f"{other[0]} `{other[1]}` splits `{key[0]}` by another `{dimension.name}`"
                path = _dimension(project.places[kind, id_], dimension.name)
                project.tell("AAC209", message, "give one of the two another name", (kind, id_), *path, key=True)


def _dimension(document: Document, name: str) -> tuple[Part, ...]:
    """Where a document names a dimension."""
    for path, position in document.positions.items():
        if "by" in path[:-1] and name in (path[-1], position.text):
            return path
    return ()


CHECKS: tuple[Callable[[Project], None], ...] = (
    read_models,
    one_company,
    references_lead_somewhere,
    names_mean_one_thing,
    compile_all,
    dimensions_mean_one_thing,
)
