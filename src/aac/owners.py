"""Numbers by the owner of records: for the restricted pages alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac.expressions.nodes import Stored
from aac.measures import Clock, Dimension, Measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aac.measures import Shown
    from aac.project import Project

OWNER = "owner"
"""The field that says whose a record is, and the dimension that splits by it."""


def with_owners(parts: Iterable[Shown], project: Project) -> list[Shown]:
    """The parts, those that count records which have an owner split by that too; never by one with a personal key."""
    tables = {table.entity: table for table in project.tables}
    found: dict[str, Dimension] = {}
    for entity, table in tables.items():
        owner = next((stored for stored in table.fields if stored.name == OWNER), None)
        target = tables.get(owner.type.entity or "") if owner is not None else None
        if owner is not None and target is not None and not any(target.field(key).pii for key in target.key):
            found[entity] = Dimension(OWNER, Stored(entity, OWNER), owner.type)
    return [_split(part, found) for part in parts]


def _split(part: Shown, owners: dict[str, Dimension]) -> Shown:
    if not isinstance(part, Clock | Measure) or part.population.entity not in owners:
        return part
    if any(dimension.name == OWNER for dimension in part.dimensions):
        return part
    return replace(part, dimensions=(*part.dimensions, owners[part.population.entity]))
