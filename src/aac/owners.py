"""Numbers by the people who own records: for the restricted pages alone.

A split tells of people when it is made by what tells who one is (`aac.people`); that by their region does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from aac.expressions.nodes import Aggregate, Call, Rollup, Stored, children
from aac.findings import Finding
from aac.measures import Clock, Derived, Dimension, Measure
from aac.people import OWNER, people_of, tells_who

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from aac.expressions.nodes import Node
    from aac.measures import Shown
    from aac.project import Project

TELL_NOBODY = ("is_null", "is_not_null", "count", "count_distinct")
"""Calls and aggregates that tell whether somebody is there, or of how many, and not of whom."""


def by_people(value: Node, project: Project) -> bool:
    """Whether a split tells single people apart."""
    tables = {table.entity: table for table in project.tables}
    people = people_of(tables.values())
    return any(tells_who(tables[part.entity], part.field, people) for part in _told(value))


def _told(node: Node) -> Iterator[Stored]:
    """The fields whose values a node tells something of; inside roll-ups too."""
    match node:
        case Stored():
            yield node
        case Rollup():
            yield from _told(node.aggregate)
        case Call(function=name) | Aggregate(function=name) if name in TELL_NOBODY:
            where = node.where if isinstance(node, Aggregate) else None
            yield from _told(where) if where is not None else ()
        case _:
            for part in children(node):
                yield from _told(part)


def for_readers(
    chosen: Callable[[Project], Sequence[Shown]], *, is_restricted: bool
) -> Callable[[Project], list[Shown]]:
    """What is ``chosen`` of a version, as it is measured for the restricted pages, or for everybody."""
    split = with_owners if is_restricted else without_people
    return lambda version: split(chosen(version), version)


# Everybody's pages


def without_people(parts: Iterable[Shown], project: Project) -> list[Shown]:
    """The parts without their splits by people."""
    return [_bare(part, project) for part in parts]


def left_out(parts: Iterable[Shown], project: Project) -> Iterator[Finding]:
    """What of the splits of some parts is for the restricted pages alone (AAC542)."""
    for part in parts:
        names = sorted(_splits_by_people(part, project))
        if names:
            kind, _, id_ = part.subject.partition(":")
            told = " and ".join(f"`{name}`" for name in names)
            yield Finding(
                "AAC542",
                "info",
                f"{kind} `{id_}` is split by people ({told}), which is shown in the restricted pages alone",
                "run `aac build --restricted` for those who may see it, or split by what people share, as their region",
                project.scope((kind, id_)).span("by" if kind == "metric" else "how_measured"),
                part.subject,
            )


def _splits_by_people(part: Shown, project: Project) -> set[str]:
    match part:
        case Clock() | Measure():
            return {dimension.name for dimension in part.dimensions if by_people(dimension.value, project)}
        case Derived():
            found = {name for number in part.inputs for name in _splits_by_people(number, project)}
            return found & set(part.splits)
        case _:
            return set()


def _bare(part: Shown, project: Project) -> Shown:
    gone = _splits_by_people(part, project)
    match part:
        case Clock() | Measure() if gone:
            return _without(part, gone)
        case Derived() if gone:
            splits = tuple(name for name in part.splits if name not in gone)
            return replace(part, splits=splits, inputs=tuple(_without(number, gone) for number in part.inputs))
        case _:
            return part


def _without(part: Clock | Measure, gone: set[str]) -> Clock | Measure:
    return replace(part, dimensions=tuple(dimension for dimension in part.dimensions if dimension.name not in gone))


# The restricted pages
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
