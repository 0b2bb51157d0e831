"""The rules of a project's documents in words, for `aac explain` and for pages: every kind's, a plugin's too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from aac.expressions.nodes import Column, Named, Node, Stored
from aac.expressions.phrases import lowered, plural, spaced
from aac.expressions.words import Titles, words
from aac.kinds.base import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.documents import Document
    from aac.expressions.nodes import Meaning
    from aac.graph import Graph, Id
    from aac.kinds.base import Checked, Kind
    from aac.kinds.written import Part
    from aac.measures import Measure, Table


class Told(Protocol):
    """A project, as far as its rules can be told."""

    @property
    def models(self) -> Mapping[Id, Kind]: ...
    @property
    def places(self) -> Mapping[Id, Document]: ...
    @property
    def rules(self) -> Mapping[Id, Mapping[tuple[Part, ...], Checked]]: ...
    @property
    def graph(self) -> Graph: ...
    @property
    def tables(self) -> Sequence[Table]: ...
    @property
    def measures(self) -> Sequence[Measure]: ...


def titles_of(project: Told) -> Titles:
    """What people call the documents of a project, and the types of its stored fields."""
    names: dict[str, str] = {}
    for (kind, id_), model in project.models.items():
        title = model.name or spaced(id_)
        names[f"{kind}:{id_}"] = title
        lent = {id_, f"{kind}.{id_}"} & {*model.names} if kind != "entity" else {id_}
        names |= dict.fromkeys(lent, title)
    types = {(table.entity, stored.name): stored.type for table in project.tables for stored in table.fields}
    return Titles(names, types)


def rules_in_words(id_: Id, project: Told, titles: Titles) -> Iterator[tuple[str, str]]:
    """Every rule of a document by its place, in reading order.

    The parts of a checklist are told with it, and those of a field as what the field means.
    """
    rules, written = project.rules.get(id_, {}), project.places[id_]
    records = _records(id_, project, titles)
    meanings = dict(lent_by(id_, project)) if id_ in project.models else {}
    told: set[str] = set()
    for path in sorted(rules, key=lambda path: written.span(*path)):
        node = rules[path].node
        name = next((str(part) for part in path if part in meanings), None)
        is_part = any(path[:length] in rules for length in range(1, len(path)))
        if is_part or name in told or isinstance(node, Column):
            continue
        if name is not None:
            told.add(name)
            node = meanings[name].node
        place = spaced(name) if name is not None else _place(path, written.data)
        yield place, words(_opened(node, titles), titles, records)


def _opened(node: Node, titles: Titles) -> Node:
    """What a computed field stands for: its name was read in the document already."""
    return node.body if isinstance(node, Named) and not node.path and node.label not in titles.names else node


def _records(id_: Id, project: Told, titles: Titles) -> str:
    """What the records are called that a formula of a document counts."""
    measure = next((m for m in project.measures if m.subject == f"{id_[0]}:{id_[1]}"), None)
    if measure is None:
        return "records"
    rule = measure.population.rule
    name = rule.label if isinstance(rule, Named) else measure.population.entity
    title = titles.names.get(name, spaced(name))
    return plural(title if isinstance(rule, Named) else lowered(title))


def _place(path: tuple[Part, ...], data: object) -> str:
    """Where a rule stands, as people would say it: `criteria size`, `by region`, `cases 2 for`."""
    steps: list[str] = []
    for part in path:
        match data, part:
            case list(), int():
                data = cast("list[object]", data)[part]
                steps += _step(data, part + 1)
            case dict(), str():
                data = cast("dict[str, object]", data).get(part)
                steps.append(spaced(part))
            case _:
                steps.append(str(part))
    # the rule of a row that has a name is what the name means
    is_of_row = len(path) > 1 and isinstance(path[-2], int) and path[-1] in ("when", "rule") and len(steps) > 1
    return " ".join(steps[:-1] if is_of_row else steps)


def _step(item: object, number: int) -> list[str]:
    """What an item of a list is called: by its id, by its text, by its only key (which follows), else by its number."""
    if isinstance(item, dict):
        keys = cast("dict[str, object]", item)
        return [str(keys["id"])] if "id" in keys else [] if len(keys) == 1 else [str(number)]
    return [item] if isinstance(item, str) else [str(number)]


def lent_by(id_: Id, project: Told) -> Iterator[tuple[str, Meaning]]:
    """The names that a document lends to rules, and what they mean; of an entity those that are calculated."""
    entity = project.graph.entity_of(id_)
    for name in project.models[id_].names if entity not in (None, ANYWHERE) else ():
        meaning = project.graph.meaning(str(entity), name)
        if meaning is not None and meaning.type.name != "broken" and not isinstance(meaning.node, Stored):
            yield name, meaning
