"""Numbers by the owner of records: for the restricted pages alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac.expressions.nodes import Stored
from aac.measures import Clock, Derived, Dimension, Measure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aac.measures import Shown
    from aac.project import Project

OWNER = "owner"
"""The field that says whose a record is, and the dimension that splits by it."""


def with_owners(parts: Iterable[Shown], project: Project) -> list[Shown]:
    """The parts, those that count records which have an owner split by that too, and what is reckoned from nothing but
    them; never by one with a personal key."""
    tables = {table.entity: table for table in project.tables}
    found: dict[str, Dimension] = {}
    for entity, table in tables.items():
        owner = next((stored for stored in table.fields if stored.name == OWNER), None)
        target = tables.get(owner.type.entity or "") if owner is not None else None
        if owner is not None and target is not None and not any(target.field(key).pii for key in target.key):
            found[entity] = Dimension(OWNER, Stored(entity, OWNER), owner.type)
    return [_split(part, found) for part in parts]


def _split(part: Shown, owners: dict[str, Dimension]) -> Shown:
    match part:
        case Clock() | Measure():
            return _by_owner(part, owners)
        case Derived(is_crossed=False) if OWNER not in part.splits:
            return _reckoned_by_owner(part, owners)
        case _:
            return part


def _by_owner(part: Clock | Measure, owners: dict[str, Dimension]) -> Clock | Measure:
    if part.population.entity not in owners or any(dimension.name == OWNER for dimension in part.dimensions):
        return part
    return replace(part, dimensions=(*part.dimensions, owners[part.population.entity]))


def _reckoned_by_owner(part: Derived, owners: dict[str, Dimension]) -> Derived:
    """A derived number by owner too, where all that it is reckoned from has owners, and they are of one sort."""
    inputs = tuple(_by_owner(number, owners) for number in part.inputs)
    sorts = {_owners_of(number) for number in inputs}
    if None in sorts or len(sorts) != 1:
        return part
    return replace(part, splits=(*part.splits, OWNER), inputs=inputs)


def _owners_of(number: Clock | Measure) -> str | None:
    """The entity of those by whom a number is split as its owners."""
    return next((dimension.type.entity for dimension in number.dimensions if dimension.name == OWNER), None)
