"""What fields were at a moment, where an entity of changes tells of it (LANGUAGE §3).

A field has a past when the changes of its record are told: by an entity whose id ends in `_change`, whose records occur
at a moment, refer to the record once, and have a field of the same name and type.
"""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Protocol

from aac.expressions.nodes import (
    NOTHING,
    Aggregate,
    Call,
    Case,
    Literal,
    Named,
    Reference,
    Rollup,
    Stored,
    conjunction,
    transform,
)
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from aac.expressions.nodes import Node, Path, Type
    from aac.measures import Table

CHANGES = "_change"
"""How the id of an entity of changes ends."""


@record
class Past:
    """Where the past of a field is told: in the field of that name of ``child``, which refers to the record by ``via``.

    ``occurs`` is the moment of a change; ``is_date``: in days since the epoch, else in microseconds.
    """

    child: str
    via: Reference
    occurs: Stored
    is_date: bool


@record
class History:
    """The ``pasts`` of fields, as (entity, field), and by entity the moment at which its records ``occur``: a moment,
    and whether it is a date."""

    pasts: Mapping[tuple[str, str], Past] = field(default_factory=dict[tuple[str, str], Past])
    occur: Mapping[str, tuple[Stored, bool]] = field(default_factory=dict[str, tuple[Stored, bool]])


class By(Protocol):
    """Whether something had happened by the moment that is asked about."""

    def __call__(self, occurs: Stored, is_date: bool, way: Path | None) -> Node | None:
        """A rule about a record that happens at ``occurs``; null when it cannot be told.

        ``way`` leads from it to the record that the whole rule is about; null when none does.
        """
        ...


def pasts_of(tables: Iterable[Table], lacking: Collection[tuple[str, str]] = ()) -> dict[tuple[str, str], Past]:
    """The fields that have a past; of several entities of changes that tell it, the first by id does.

    ``lacking``: fields, as (entity, field), for which there is no data.
    """
    by_entity = {table.entity: table for table in tables}
    found: dict[tuple[str, str], Past] = {}
    for child, table in sorted(by_entity.items()):
        if not child.endswith(CHANGES) or table.occurs is None or table.per or (child, table.occurs) in lacking:
            continue
        told = {stored.name: stored.type for stored in table.fields if (child, stored.name) not in lacking}
        targets = [stored.type.entity for stored in table.fields]
        is_date = told[table.occurs].name == "date"
        for name, type_ in told.items():
            parent = by_entity.get(type_.entity or "")
            if parent is None or targets.count(parent.entity) > 1:
                continue
            past = Past(child, Reference(name, parent.entity), Stored(child, table.occurs), is_date)
            for stored in parent.fields:
                if stored.name not in parent.key and _is_alike(stored.type, told.get(stored.name)):
                    found.setdefault((parent.entity, stored.name), past)
    return found


def _is_alike(type_: Type, other: Type | None) -> bool:
    return other is not None and (type_.name, type_.unit, type_.entity) == (other.name, other.unit, other.entity)


def ever(entity: str) -> str:
    """All records of an entity, those later than as_of among them, as an entity of queries."""
    return f"{entity}, ever"


def as_of_moment(node: Node, by: By, history: History, entity: str = "", way: Path | None = ()) -> Node:
    """What a rule about an entity comes to at a moment: fields with a past as they were then, roll-ups over what had
    occurred, and references led to where they led.

    ``by`` says of a change or a child record whether it had happened then; where it cannot, today's value stays.
    ``way`` leads from the record that ``node`` is about to the one that ``by`` is about.
    """
    return _Then(by, history).rule(node, entity, way)


@record
class _Then:
    by: By
    history: History

    def rule(self, node: Node, entity: str, way: Path | None) -> Node:
        def then(leaf: Node) -> Node:
            match leaf:
                case Stored():
                    return self.value(replace(leaf, path=self.path(leaf.path, entity, way)), way)
                case Rollup():
                    return self.rolled_up(leaf, entity, way)
                case Named():
                    return replace(leaf, path=self.path(leaf.path, entity, way))
                case _:
                    return leaf

        return transform(node, then)

    def value(self, leaf: Stored, way: Path | None) -> Node:
        """The value of the last change by then; without any change at all today's; if all came later, it is unknown."""
        past = self.history.pasts.get((leaf.entity, leaf.field))
        happened = self.by(past.occurs, past.is_date, _on(leaf.path, past.via, way)) if past is not None else None
        if past is None or happened is None:
            return leaf

        def over_changes(function: str, *arguments: Node, where: Node | None) -> Rollup:
            return Rollup(ever(past.child), past.via, Aggregate(function, arguments, where), path=leaf.path)

        last = over_changes("arg_max", Stored(past.child, leaf.field), past.occurs, where=happened)
        some = Call("gt", (over_changes("count", where=happened), Literal(0)))
        none = Call("eq", (over_changes("count", where=None), Literal(0)))
        return Case(((some, last), (none, leaf)), NOTHING)

    def path(self, path: Path, entity: str, way: Path | None) -> Path:
        """The way to another record, by what its references held then."""
        owners = (entity, *(step.entity for step in path))
        steps = zip(owners, path, strict=False)
        return tuple(self.reference(step, owner, None if number else way) for number, (owner, step) in enumerate(steps))

    def reference(self, step: Reference, owner: str, way: Path | None) -> Reference:
        held = self.value(Stored(owner, step.field), way)
        return replace(step, then=held) if not isinstance(held, Stored) else step

    def rolled_up(self, leaf: Rollup, entity: str, way: Path | None) -> Rollup:
        """A roll-up over the children that had occurred by then, as they were."""
        path = self.path(leaf.path, entity, way)
        there = _on(leaf.path, leaf.via, way)
        aggregate = self.rule(leaf.aggregate, leaf.child, there)
        after = leaf.after
        if after is not None:
            after = self.rule(after, path[-1].entity if path else entity, None if path else way)
        if leaf.child in self.history.occur and isinstance(aggregate, Aggregate):
            happened = self.by(*self.history.occur[leaf.child], there)
            aggregate = replace(aggregate, where=conjunction([happened, aggregate.where]))
        via = self.reference(leaf.via, leaf.child, there)
        return replace(leaf, via=via, aggregate=aggregate, after=after, path=path)


def _on(path: Path, via: Reference, way: Path | None) -> Path | None:
    """The way from a child record on: none from the children of a record that is itself reached over a reference."""
    return (via, *way) if not path and way is not None else None
