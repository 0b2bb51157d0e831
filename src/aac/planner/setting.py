"""What a plan needs to know of the run: where entities are, in which zones, which calendars there are, and as_of."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING

from aac.engines.base import Query, Relation, Select
from aac.expressions.nodes import (
    NOTHING,
    RATES,
    Applied,
    Call,
    Case,
    Literal,
    Named,
    Node,
    Rate,
    Rollup,
    Stored,
    everything_in,
    walk,
)
from aac.measures import Clock, Cohort, Retention, Snapshot
from aac.periods import day_of
from aac.planner.lean import lean
from aac.planner.pasts import History, as_of_moment, ever
from aac.planner.windows import EPOCH, Clockwork
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from aac.measures import Measure, Moment
    from aac.planner.pasts import By


@record
class Prepared:
    """An entity's prepared table: where it is, the zone of its source, and how `occurs` is stored.

    ``watermark_us``: up to when its sources are known; ``latest``: the greatest value of each moment, in its own unit,
    and whether it is a date; ``refers``: the entity that each reference leads to. ``is_put_together``: whether its
    records are made of the rows that are no later than as_of. ``lists``: the closed lists that texts belong to.
    """

    relation: Relation
    zone: str
    occurs_is_date: bool
    watermark_us: int = 0
    latest: Mapping[str, tuple[int, bool]] = field(default_factory=dict[str, tuple[int, bool]])
    refers: Mapping[str, str] = field(default_factory=dict[str, str])
    is_put_together: bool = False
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])


@record
class Setting:
    """One as_of and everything that is the same for all measures of a run at it."""

    clockwork: Clockwork
    entities: Mapping[str, Prepared]
    calendars: Mapping[str, int]
    segments: int
    history: History = field(default_factory=History)
    pieces: int = 1

    @property
    def as_of_us(self) -> int:
        return self.clockwork.as_of_us

    def as_of_day(self, zone: str) -> int:
        """The day that as_of lies in, in days since the epoch."""
        return (day_of(self.as_of_us, zone) - EPOCH).days

    def latest(self, moment: Moment, entity: str) -> int:
        """As_of in the unit of a moment: a date is its midnight, so the day as_of lies in has come."""
        return self.as_of_day(self.zone_of(moment, entity)) if moment.is_date else self.as_of_us

    def comes_later(self, entity: str, moment: str) -> bool:
        """Whether a field of an entity holds moments that are later than as_of."""
        prepared = self.entities[entity]
        greatest, is_date = prepared.latest.get(moment, (0, False))
        return greatest > (self.as_of_day(prepared.zone) if is_date else self.as_of_us)

    def is_behind(self, entity: str) -> bool:
        """Whether more is known of an entity than as_of may see."""
        return self.entities[entity].watermark_us > self.as_of_us

    def zone_of(self, moment: Moment, entity: str) -> str:
        """The zone of a moment of ``entity``: for a date that of the source it comes from, else the company's."""
        return self.entities[_home(moment.value, entity)].zone if moment.is_date else self.clockwork.zone

    def at_deadline(self, rule: Node, by: By, entity: str) -> Node:
        """A rule about an entity as it was at the deadline of an item, as far as the past is told."""
        return as_of_moment(rule, by, self.history, entity)

    def query(self, blocks: tuple[tuple[str, Select], ...], outputs: tuple[Select, ...], *shared: str) -> Query:
        """A query at this as_of: what occurs later does not exist in any of its tables."""
        relations = {entity: self._at_as_of(entity) for entity in self.entities}
        relations |= {ever(entity): prepared.relation for entity, prepared in self.entities.items()}
        query = Query(blocks, outputs, relations, shared, self.as_of_us, self.segments, self.calendars, self.pieces)
        return lean(query, self._greatest)

    @property
    def _greatest(self) -> dict[tuple[str, str], int]:
        """The greatest value of each moment, in its own unit."""
        known = self.entities.items()
        return {(entity, name): value for entity, prepared in known for name, (value, _) in prepared.latest.items()}

    def _at_as_of(self, entity: str) -> Relation:
        prepared = self.entities[entity]
        occurs = prepared.relation.occurs
        if occurs is None or not self.comes_later(entity, occurs):
            return prepared.relation
        until = self.as_of_day(prepared.zone) if prepared.occurs_is_date else self.as_of_us
        return replace(prepared.relation, exists_until=until)


def rules_of(part: Clock | Measure) -> list[Node]:
    """Every rule of a measure about records of its own entity."""
    nodes: list[Node | None] = [part.population.rule, *(dimension.value for dimension in part.dimensions)]
    if isinstance(part, Clock):
        nodes += [part.where, part.starts.value, part.excused, part.must, *(m.value for _, m in part.through)]
        nodes += [part.stops.value if part.stops else None, part.paused.owner if part.paused else None]
        nodes += [rule for row in part.promises for rule in (row.rule, row.calendar)]
    else:
        nodes += [part.formula, part.anchor.value if part.anchor else None]
        match part.basis:
            case Snapshot(force) | Retention(force):
                nodes += [force.starts.value, force.until.value]
            case Cohort(_, words):
                nodes += [moment.value for _, moment in words]
            case None:
                pass
        nodes += [part.basis.per] if isinstance(part.basis, Retention) else []
    return [node for node in nodes if node is not None]


def events_of(part: Clock | Measure) -> list[tuple[str, list[Node]]]:
    """The entities of events that a clock waits for or begins anew with, and the rules about their records."""
    found: list[tuple[str, list[Node]]] = []
    if isinstance(part, Clock) and part.paused is not None:
        pauses = part.paused
        rules = [Stored(pauses.child, pauses.via.field), pauses.where, pauses.starts, pauses.until]
        found.append((pauses.child, [rule for rule in rules if rule is not None]))
    if isinstance(part, Clock) and part.restarts is not None:
        restarts = part.restarts
        fields = (restarts.via.field, *restarts.fields)
        found.append((restarts.child, [restarts.at, *(Stored(restarts.child, field) for field in fields)]))
    return found


def entities_of(part: Clock | Measure) -> set[str]:
    """Every entity that a measure reads."""
    events = events_of(part)
    nodes = [*rules_of(part), *(rule for _, rules in events for rule in rules)]
    return {part.population.entity, *(child for child, _ in events), *entities_in(nodes)}


def fields_of(part: Clock | Measure) -> set[tuple[str, str]]:
    """Every stored field that a measure reads, as (entity, field)."""
    found = set(fields_in(rules_of(part), part.population.entity))
    for child, rules in events_of(part):
        found.update(fields_in(rules, child))
    return found


def entities_in(nodes: Iterable[Node | None]) -> Iterator[str]:
    """Every entity that the nodes read, over references and inside roll-ups; may repeat."""
    for part in everything_in(nodes):
        if isinstance(part, Rate):
            yield RATES
        if isinstance(part, Stored | Rollup):
            yield part.entity if isinstance(part, Stored) else part.child
            yield from (step.entity for step in part.path)


def fields_in(nodes: Iterable[Node | None], entity: str) -> Iterator[tuple[str, str]]:
    """Every stored field, as (entity, field), that rules about records of ``entity`` read; may repeat."""
    for part in (part for node in nodes if node is not None for part in walk(node)):
        if not isinstance(part, Stored | Rollup | Named):
            continue
        owners = (entity, *(step.entity for step in part.path))
        yield from ((owner, step.field) for owner, step in zip(owners, part.path, strict=False))
        if isinstance(part, Stored):
            yield part.entity, part.field
        elif isinstance(part, Rollup):
            yield part.child, part.via.field
            yield from fields_in((part.aggregate, part.occurs), part.child)
            yield from fields_in((part.after,), owners[-1])


def _home(moment: Node, entity: str) -> str:
    """The entity whose field a moment is read from; of several the first that is named."""
    match moment:
        case Stored():
            return moment.entity
        case Named() | Applied():
            return _home(moment.body, entity)
        case Rollup():
            return _home(moment.aggregate.arguments[0], moment.child)
        case Case():
            return _home(moment.branches[0][1], entity)
        case Call():
            return _home(moment.arguments[0], entity)
        case _:
            return entity


def known_by(moment: Node, latest: int) -> Node:
    """A moment, or null when it is later than as_of: it has not come yet."""
    return Case(((Call("le", (moment, Literal(latest))), moment),), NOTHING)
