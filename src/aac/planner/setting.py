"""What a plan needs to know of the run: where entities are, in which zones, which calendars there are, and as_of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aac.engines.base import Query, Relation, Select
from aac.expressions.nodes import NOTHING, Call, Case, Literal, Node, Rollup, Stored, walk
from aac.periods import day_of
from aac.planner.windows import EPOCH, Clockwork

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.measures import Moment


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entity's prepared table: where it is, its source and the source's zone, and how `occurs` is stored."""

    relation: Relation
    source: str
    zone: str
    occurs_is_date: bool


@dataclass(frozen=True, slots=True)
class Setting:
    """One as_of and everything that is the same for all measures of a run at it."""

    clockwork: Clockwork
    entities: Mapping[str, Prepared]
    calendars: Mapping[str, int]
    segments: int

    @property
    def as_of_us(self) -> int:
        return self.clockwork.as_of_us

    def as_of_day(self, entity: str) -> int:
        """The day that as_of lies in, in the entity's zone, in days since the epoch."""
        return (day_of(self.as_of_us, self.entities[entity].zone) - EPOCH).days

    def latest(self, moment: Moment, entity: str) -> int:
        """As_of in the unit of a moment: a date is its midnight, so the day as_of lies in has come."""
        return self.as_of_day(entity) if moment.is_date else self.as_of_us

    def zone_of(self, moment: Moment, entity: str) -> str:
        """The zone a window's ends are taken in; dates need none."""
        return self.entities[entity].zone if moment.is_date else self.clockwork.zone

    def query(self, blocks: tuple[tuple[str, Select], ...], outputs: tuple[Select, ...], *shared: str) -> Query:
        """A query at this as_of: what occurs later does not exist in any of its tables."""
        relations = {entity: self._at_as_of(entity) for entity in self.entities}
        return Query(blocks, outputs, relations, shared, self.as_of_us, self.segments, self.calendars)

    def _at_as_of(self, entity: str) -> Relation:
        prepared = self.entities[entity]
        until = self.as_of_day(entity) if prepared.occurs_is_date else self.as_of_us
        return replace(prepared.relation, exists_until=until)


def entities_in(nodes: Iterable[Node | None]) -> Iterator[str]:
    """Every entity that the nodes read, over references and inside roll-ups; may repeat."""
    for node in nodes:
        for part in walk(node) if node is not None else ():
            match part:
                case Stored():
                    yield part.entity
                    yield from (step.entity for step in part.path)
                case Rollup():
                    yield part.child
                    yield from (step.entity for step in part.path)
                    yield from entities_in((part.aggregate, part.occurs, part.after))
                case _:
                    pass


def known_by(moment: Node, latest: int) -> Node:
    """A moment, or null when it is later than as_of: it has not come yet."""
    return Case(((Call("le", (moment, Literal(latest))), moment),), NOTHING)
