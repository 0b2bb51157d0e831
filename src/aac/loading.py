"""A folder of documents -> a project, and all that is wrong with it, in one pass.

`load` never stops at a mistake: a document that fails still lends its id, so that one typo is told once. When
documents have versions, the project of each day on which one begins or ends is checked, each mistake told once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from aac.calendars import Calendar
from aac.deriving import reckoned
from aac.documents import read_files, read_folder
from aac.examples import worked_examples
from aac.expressions.mistakes import Refused
from aac.expressions.parsed import Rules
from aac.expressions.values import Typed, alike
from aac.findings import MOST, Finding, did_you_mean, in_reading_order
from aac.kinds.base import Versioned
from aac.measures import (
    ANY,
    Card,
    Clock,
    Derived,
    Measure,
    StoredField,
    StreamName,
    Table,
    Volume,
    Waiver,
    columns_of,
)
from aac.models import invalid
from aac.packs import OURS, Packs
from aac.project import Project, Version
from aac.prose import prose_findings
from aac.resting import rested_on
from aac.sharing import Shared
from aac.signing import signoffs_can_count
from aac.upkeep import everything_has_an_owner
from aac.waiving import with_waivers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from aac.config import Config
    from aac.documents import Document
    from aac.expressions.nodes import Node
    from aac.graph import Id
    from aac.kinds.base import Kind
    from aac.kinds.written import Part


def load(
    config: Config,
    kinds: Mapping[str, type[Kind]],
    parsed: Rules | None = None,
    packs: Packs | None = None,
    files: Iterable[tuple[str, bytes | Finding]] | None = None,
    shared: Shared | None = None,
) -> tuple[Project, tuple[Finding, ...]]:
    """Everything under `alignment/` as the newest project, and what is wrong with it, in reading order.

    ``parsed`` are rules that were parsed before, ``packs`` the documents that it may start from or name. ``files``:
    what lies under `alignment/` of a project that is in no folder. ``shared``: what was read of another side of it.
    """
    shared = shared or Shared()
    documents, told = read_folder(config.root, shared.read) if files is None else read_files(files, shared.read)
    findings = list(told)
    packs = packs or Packs({})
    own, lent = read_versions(documents, kinds, packs, findings, shared.versions)
    versions = (*own, *packaged(own, lent, kinds, packs, shared.versions))
    by_day: dict[date, Project] = {}
    parsed = parsed or Rules()
    for day in days_of_change(versions):
        project = Project(config, kinds, documents, versions, day, lent, rested_on, parsed, packs, by_day=by_day)
        by_day[day] = project
        shared.take_over(project)
        for check in CHECKS:
            if len(findings) + len(project.told) < MOST:
                check(project)
        findings += project.told
    shared.by_day = by_day
    newest = by_day[max(by_day)]
    findings += prose_findings(newest)
    # what a team should settle, it settles in its own documents
    ready = {f"{kind}:{id_}" for kind, id_ in (version.id for version in versions if version.is_packaged)}
    findings = [finding for finding in findings if finding.level == "error" or finding.doc not in ready]
    # quotes around a value that is refused there are no second mistake
    refused = {finding.span for finding in findings if finding.level == "error"}
    findings = [finding for finding in findings if finding.code != "AAC113" or finding.span not in refused]
    newest.told = list(in_reading_order(findings))[:MOST]
    return newest, newest.findings


def days_of_change(versions: Iterable[Version]) -> list[date]:
    """The first day there is, and every day on which a version begins or ends."""
    days = {day for version in versions for day in (version.begins, version.ends)}
    return sorted({date.min, *days} - {date.max})


# Documents to models


Known = dict[tuple[int, "type[Kind]"], Version]
"""The sound versions that were made before, each by its document and kind."""


def read_versions(
    documents: Sequence[Document],
    kinds: Mapping[str, type[Kind]],
    packs: Packs,
    told: list[Finding],
    known: Known | None = None,
) -> tuple[tuple[Version, ...], frozenset[str]]:
    """Every document of a known kind through its model, and the ids that the others lend.

    Two of one kind and id are an error unless they are versions that do not overlap (AAC205); AAC208: no such kind.
    When there are too many mistakes, the other documents are left out.
    """
    versions: dict[Id, list[Version]] = {}
    lent: set[str] = set()
    for document in documents:
        if len(told) >= MOST:
            break
        model = kinds.get(document.kind or "")
        if model is None or document.kind is None or document.id is None:
            lent |= _ids_of(document)
            if model is None and document.kind is not None:
                message = f"there is no kind `{document.kind}`"
                advice = did_you_mean(document.kind, kinds)
                told.append(Finding("AAC208", "error", message, advice, document.span("kind"), None))
            continue
        id_ = (document.kind, document.id)
        version = _version(id_, document, model, packs, told, known if known is not None else {})
        earlier = versions.setdefault(id_, [])
        twin = next((other for other in earlier if _overlap(other, version)), None)
        if twin is not None:
            told.append(_told_twice(version, twin))
        else:
            earlier.append(version)
    return tuple(version for several in versions.values() for version in several), frozenset(lent)


def packaged(
    own: Sequence[Version], lent: Collection[str], kinds: Mapping[str, type[Kind]], packs: Packs, known: Known
) -> list[Version]:
    """The packaged documents that a project's own documents name and have not, and those that these name in turn.

    They are those of the preset that the project starts from, and ours where that has none.
    """
    presets = _presets(own, packs)
    there = {version.id for version in own}
    joined: list[Version] = []
    waiting = list(own)
    while waiting:
        for _, possible, target in waiting.pop().references:
            if target in lent or any((kind, target) in there for kind in possible):
                continue
            made = [document for pack in presets if (document := packs.document(pack, target)) is not None]
            document = made[0] if len(made) == 1 else packs.document(OURS, target)
            if document is None or document.kind not in possible:
                continue
            id_ = (document.kind, target)
            there.add(id_)
            joined.append(_version(id_, document, kinds[document.kind], packs, [], known))
            waiting.append(joined[-1])
    return joined


def _presets(own: Iterable[Version], packs: Packs) -> list[str]:
    """The packs but ours that a project's documents start from."""
    named = {str(version.document.data.get("extends")) for version in own}
    return sorted(named & packs.folders.keys() - {OURS})


def _version(
    id_: Id, document: Document, model: type[Kind], packs: Packs, told: list[Finding], known: Known
) -> Version:
    """A document as a version; one that is sound is made once, what is wrong is told each time."""
    made = known.get((id(document), model))
    if made is None:
        made = Version(id_, *_read(document, model, packs, told))
        if made.model is not None:
            known[id(document), model] = made
    return made


def _read(document: Document, model: type[Kind], packs: Packs, told: list[Finding]) -> tuple[Document, Kind | None]:
    """A document on top of what it extends, and its model; null when it is broken."""
    if document.broken:
        return document, None
    if "extends" in model.model_fields and isinstance(document.data.get("extends"), str):
        made = packs.extended(document)
        if isinstance(made, Finding):
            told.append(made)
            return document, None
        document = made
    try:
        return document, model.model_validate(document.data)
    except ValidationError as error:
        told += invalid(error, model, document)
        return document, None


def _overlap(one: Version, other: Version) -> bool:
    """Whether two documents of one id cannot be versions of each other."""
    if one.model is None or other.model is None:
        # what is broken may be a version, if it says so
        return not all({"effective_from", "effective_until"} & v.document.data.keys() for v in (one, other))
    return one.begins < other.ends and other.begins < one.ends


def _told_twice(version: Version, twin: Version) -> Finding:
    kind, id_ = version.id
    place = twin.document.span("id")
    if isinstance(version.model, Versioned) and (version.begins, version.ends) != (date.min, date.max):
        message = f"the days of this version overlap with those of the {kind} `{id_}` in {place}"
        advice = "end the older one with `effective_until`: the first day on which it no longer holds"
        path = "effective_from" if version.model.effective_from else "effective_until"
        return Finding("AAC205", "error", message, advice, version.document.span(path), f"{kind}:{id_}")
    message = f"there is a {kind} `{id_}` already, in {place}"
    is_copy = version.document.data == twin.document.data
    advice = "delete one of the two, which say the same" if is_copy else "rename one of them"
    return Finding("AAC205", "error", message, advice, version.document.span("id"))


def _ids_of(document: Document) -> set[str]:
    """The id of a document as it was written, perhaps below a misspelt key, and what `AAC202` says to write instead."""
    written = next((value for key, value in document.data.items() if _is_nearly_id(key)), None)
    return {written, re.sub(r"[^a-z0-9]+", "_", written.lower()).strip("_")} if isinstance(written, str) else set()


def _is_nearly_id(key: str) -> bool:
    return bool(get_close_matches(key.lower(), ["id"], cutoff=0.75))  # `kind` has 0.67


# The checks, in order; each adds to what is told


def one_company(project: Project) -> None:
    """At most one company (AAC205)."""
    first, *others = project.ids("company") or [""]
    for id_ in others:
        message = f"there is a company already, in {project.places['company', first].span('id')}"
        project.tell("AAC205", message, "keep one of them", ("company", id_), "id")


def references_lead_somewhere(project: Project) -> None:
    """Every key that names a document names one that is there (AAC204); told once a document and name."""
    for id_ in project.models:
        told: set[str] = set()
        for path, kinds, target in project.chosen[id_].references:
            found = next(((kind, target) for kind in kinds if (kind, target) in project.places), None)
            if found is not None:
                project.graph.rests_on[id_].add(found)
            elif target not in project.lent and target not in told:
                told.add(target)
                known = [other for kind in kinds for other in project.ids(kind)]
                advice = did_you_mean(target, known)
                if "entity" in kinds and not advice.startswith("did you mean"):
                    near = did_you_mean(target, project.packs.ids(OURS))
                    advice = near if near.startswith("did you mean") else advice
                advice = advice or f"write a document of kind `{kinds[0]}` with `id: {target}`"
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
    for id_, model in sorted(project.models.items(), key=itemgetter(0)):
        with graph.asking(id_):
            entity = graph.entity_of(id_)
            for name in model.names if entity is not None else ():
                graph.meaning(str(entity), name)
            parts = model.compile(project.scope(id_))
            # what holds on other days only is checked and not measured
            compiled += [part for part in parts if project.is_in_force(id_) or isinstance(part, Table | Calendar)]
    project.tables = tuple(part for part in compiled if isinstance(part, Table))
    project.calendars = tuple(part for part in compiled if isinstance(part, Calendar))
    project.waivers = tuple(part for part in compiled if isinstance(part, Waiver))
    for waiver in project.waivers:
        kind, _, id_ = waiver.subject.partition(":")
        graph.rests_on[kind, id_].add(("waiver", waiver.id))
        graph.rests_on["waiver", waiver.id].discard((kind, id_))
    compiled, project.unwaived = with_waivers(compiled, project.timezone)
    compiled += volumes(compiled)
    project.measures = tuple(part for part in compiled if isinstance(part, Measure))
    project.clocks = tuple(part for part in compiled if isinstance(part, Clock))
    project.cards = tuple(part for part in compiled if isinstance(part, Card))
    numbers = {part.subject: part for part in compiled if isinstance(part, Clock | Measure | Derived)}
    project.derived = tuple(reckoned(part, numbers) for part in compiled if isinstance(part, Derived))


def volumes(compiled: Sequence[object]) -> list[Measure | Derived]:
    """What is promised of metrics: their measures, judged by the SLA in its own windows; its groups are not asked for.

    A metric that is not measured on this day leaves its promise without a number.
    """
    numbers = {part.subject: part for part in compiled if isinstance(part, Measure | Derived)}
    promised: list[Measure | Derived] = []
    for volume in (part for part in compiled if isinstance(part, Volume)):
        number = numbers.get(f"metric:{volume.metric}")
        own: dict[str, Any] = {"subject": volume.subject, "grain": volume.grain, "lookback": volume.lookback}
        if isinstance(number, Measure):
            promised.append(replace(number, **own, has_target=True, dimensions=()))
        elif number is not None:
            promised.append(replace(number, **own, has_target=True, splits=()))
    return promised


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


def columns_arrive_alike(project: Project) -> None:
    """Nothing reads a column for what it was that is dropped or hashed before it arrives (AAC308)."""
    hidden: dict[tuple[StreamName, str], tuple[Table, StoredField]] = {}
    for table in project.tables:
        for stored in (stored for stored in table.fields if stored.landing is not None):
            hidden |= dict.fromkeys(_columns_of(table, stored), (table, stored))
    for table in project.tables if hidden else ():
        for stored in (*table.fields, *table.marks):
            for key in _columns_of(table, stored):
                known, by = hidden.get(key, (table, stored))
                id_ = ("entity", table.entity)
                if by.landing != stored.landing and id_ in project.places:
                    message = (
                        f"`{key[1]}` does not arrive as it is: `{known.entity}.{by.name}` says `landing: {by.landing}`"
                    )
                    advice = f"write `pii: true` and `landing: {by.landing}` here, too, or leave it out there"
                    path = ("fields", stored.name) if stored in table.fields else (stored.name.rstrip("0123456789"),)
                    project.tell("AAC308", message, advice, id_, *path)


def keys_arrive_alike(project: Project) -> None:
    """A reference is hashed before it arrives where the key is that it leads to, and nowhere else (AAC308)."""
    tables = {table.entity: table for table in project.tables}
    for table in project.tables:
        for stored in table.fields:
            target, id_ = tables.get(stored.type.entity or ""), ("entity", table.entity)
            if target is None or stored.landing == "drop" or id_ not in project.places:
                continue
            key = target.field(target.key[0])
            if key.landing != stored.landing:
                is_hashed = "is" if key.landing else "is not"
                message = f"the key of `{target.entity}` {is_hashed} hashed before it arrives, so this leads nowhere"
                advice = "write `pii: true` and `landing: hash` here, too" if key.landing else "leave `landing` out"
                project.tell("AAC308", message, advice, id_, "fields", stored.name)


def _columns_of(table: Table, stored: StoredField) -> list[tuple[StreamName, str]]:
    """The columns that a field is read from, each with its stream."""
    streams = table.streams or (StreamName(ANY, table.entity),)
    return [(stream, column) for stream in streams for column in sorted(columns_of(stored))]


def groups_can_meet(project: Project) -> None:
    """What splits numbers that are reckoned together is of one sort, or their groups never meet (AAC328).

    It is told of the number that is reckoned from them, and not of those that are reckoned from that.
    """
    mistakes = {(d.subject, name): _unlike(d, name, project.timezone) for d in project.derived for name in d.splits}
    for derived in project.derived:
        kind, _, id_ = derived.subject.partition(":")
        for name in derived.splits:
            mistake = mistakes[derived.subject, name]
            if mistake is not None and not any(mistakes.get((part.subject, name)) for part, _ in derived.steps):
                path = _dimension(project.places[kind, id_], name)
                advice = "split both by the same thing, or leave the dimension out here"
                project.tell("AAC328", mistake, advice, (kind, id_), *path)


def _unlike(derived: Derived, name: str, zone: str) -> str | None:
    """What is wrong with a dimension whose values in one input are never those in another; null when they may be."""
    values = [
        (part.subject, Typed(d.value, d.type)) for part in derived.inputs for d in part.dimensions if d.name == name
    ]
    for other, value in values[1:]:
        try:
            alike([values[0][1], value], zone)
        except Refused as refused:
            return f"`{name}` of `{values[0][0]}` and of `{other}`: {refused.problem.message}"
    return None


def _dimension(document: Document, name: str) -> tuple[Part, ...]:
    """Where a document names a dimension."""
    for path, position in document.positions.items():
        if "by" in path[:-1] and name in (path[-1], position.text):
            return path
    return ()


CHECKS: tuple[Callable[[Project], None], ...] = (
    one_company,
    references_lead_somewhere,
    names_mean_one_thing,
    compile_all,
    dimensions_mean_one_thing,
    columns_arrive_alike,
    keys_arrive_alike,
    groups_can_meet,
    worked_examples,
    everything_has_an_owner,
    signoffs_can_count,
)
