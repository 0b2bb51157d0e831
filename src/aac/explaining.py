"""What `aac explain` gathers about one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.expressions.phrases import spaced
from aac.expressions.words import Titles

if TYPE_CHECKING:
    from aac.project import Project


def titles_of(project: Project) -> Titles:
    """What people call the documents of a project, and the types of its stored fields."""
    names: dict[str, str] = {}
    for (kind, id_), model in project.models.items():
        title = model.name or spaced(id_)
        names[f"{kind}:{id_}"] = title
        words = {id_, f"{kind}.{id_}"} & {*model.names} if kind != "entity" else {id_}
        names |= dict.fromkeys(words, title)
    types = {(table.entity, stored.name): stored.type for table in project.tables for stored in table.fields}
    return Titles(names, types)
