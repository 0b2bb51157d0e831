"""A first document of a kind: its draft, with names that this project has, and where the file belongs; and a first
connector."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from aac.documents import FOLDER, ID
from aac.errors import UsageError
from aac.findings import did_you_mean
from aac.kinds.metric import Metric

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from aac.kinds.base import Kind
    from aac.project import Project

CONNECTOR = "connector"
DRAFTS = Path(__file__).parent / "drafts"
AN = "aeio"
FIRST = {"definition": "mql", "entity": "lead", "team": "sales", "other_team": "marketing", "calendar": "desk"}
"""An id for a document that has to be written first."""


def drafts(
    project: Project, kinds: Mapping[str, type[Kind]], connectors: Collection[str], kind: str, id_: str
) -> dict[str, str]:
    """What `aac new` writes, by path in the project. Raises UsageError for what cannot be, or is there already."""
    if not ID.fullmatch(id_):
        raise UsageError(f"`{id_}` cannot be an id: use small letters, digits and `_`, with a letter first")
    if kind == CONNECTOR and id_ in connectors:
        raise UsageError(f"there is a connector `{id_}` already: `aac plugins` lists them")
    if kind == CONNECTOR:
        return _connector(id_)
    if kind not in kinds:
        raise UsageError(f"there is no kind `{kind}`; {did_you_mean(kind, (*kinds, CONNECTOR))}")
    if kinds[kind].written_by:
        raise UsageError(f"a {kind} is written by `{kinds[kind].written_by}`")
    if (kind, id_) in project.places:
        raise UsageError(f"there is a {kind} `{id_}` already, in {project.places[kind, id_].span('id')}")
    return {_path_of(project, kinds[kind], id_): _text_of(project, kinds[kind], id_)}


def _connector(name: str) -> dict[str, str]:
    """A connector of that name and its test: both run as they are."""
    words = {"first": name, "First": "".join(map(str.capitalize, name.split("_"))), "FIRST": name.upper()}
    files = {f"plugins/{name}.py": "connector.py.txt", f"tests/test_{name}.py": "test_connector.py.txt"}
    texts = {path: DRAFTS.joinpath(file).read_text(encoding="utf-8") for path, file in files.items()}
    return {path: re.sub("|".join(words), lambda found: words[found[0]], text) for path, text in texts.items()}


def _text_of(project: Project, kind: type[Kind], id_: str) -> str:
    """The draft of a kind for a document of that id; raises UsageError when it needs what the project has not."""
    names = {"id": id_, "name": id_.replace("_", " ").capitalize(), **_names(project)}
    own = f"${kind.kind_name}"
    # the first of its kind can name no other one
    lines = [line for line in kind.draft.splitlines(keepends=True) if own[1:] in names or own not in line]
    draft = Template("".join(lines))
    for needed in draft.get_identifiers():
        if needed not in names:
            raise UsageError(_needs(kind.kind_name, needed))
    return draft.substitute(names)


def _path_of(project: Project, kind: type[Kind], id_: str) -> str:
    """Where the document goes: into the folder that holds all others of its kind, else into one named after it."""
    own = [version for version in project.versions if version.id[0] == kind.kind_name and not version.is_packaged]
    files = {version.document.file for version in own}
    folders = {file.rpartition("/")[0] for file in files}
    if kind.kind_name == "company":
        folders = {FOLDER}
    folder = folders.pop() if len(folders) == 1 else f"{FOLDER}/{_plural(kind.kind_name)}"
    return f"{folder}/{id_}.yml"


def _plural(kind: str) -> str:
    return f"{kind[:-1]}ies" if kind.endswith("y") else kind if kind.endswith("s") else f"{kind}s"


def _needs(kind: str, needed: str) -> str:
    sort = {"other_team": "second team", "moment": "entity with a date or a time", "key": "entity"}.get(needed, needed)
    article = "an" if sort[0] in AN else "a"
    first = {"other_team": "team", "moment": "entity", "key": "entity"}.get(needed, needed)
    example = f"`aac new {first} {FIRST.get(needed, FIRST.get(first, 'first'))}`"
    return f"this {kind} names {article} {sort}, and the project has none: write one first, with {example}"


def _names(project: Project) -> Mapping[str, str]:
    """What a draft may name, as far as the project has it; fields and words are of one entity."""
    names: dict[str, str] = {}
    teams = [id_ for id_ in project.ids("team") if ("team", id_) in project.models]
    names |= dict(zip(("team", "other_team"), teams, strict=False))
    stars = [
        metric.id for metric in project.of_kind("metric") if isinstance(metric, Metric) and metric.role == "north_star"
    ]
    for kind in ("calendar", "metric", "sla"):
        sound = [id_ for id_ in project.ids(kind) if (kind, id_) in project.models]
        names |= dict(zip((kind,), sound, strict=False))
    names |= dict(zip(("metric",), stars, strict=False))
    names["role"] = "supporting" if stars else "north_star"
    return names | max(({}, *_entities(project)), key=len)


def _entities(project: Project) -> Iterator[dict[str, str]]:
    """What each entity offers: its key, a moment, and a definition that has one."""
    for table in project.tables:
        moments = [field.name for field in table.fields if field.type.is_moment and field.name.isidentifier()]
        offered = {"entity": table.entity, "key": table.key[0]}
        offered |= {"moment": moments[-1]} if moments else {}
        for id_ in project.ids("definition"):
            is_of_it = project.graph.lenders(table.entity, id_) == [("definition", id_)]
            found = project.graph.meaning(table.entity, id_) if is_of_it else None
            if found is not None and found.moment is not None and moments:
                offered.setdefault("definition", id_)
        yield offered
