"""What can be known at as_of: measures with rules that see nothing later (LANGUAGE §2, §3, §7).

Records that occur later are left out where tables are read. Here the rest is seen to: a definition's moment and what a
roll-up counts from are null when they are later, a reference to a record that is still to come finds nothing, and a
field with a past is as it was. Other dates and times are values and stay, as planned ones do.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

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
    transform,
)
from aac.measures import Clock, Cohort, Force, Measure, Moment, Population, Retention, Snapshot
from aac.planner.pasts import History, as_of_moment
from aac.planner.setting import known_by

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from aac.expressions.nodes import Node, Path
    from aac.measures import Basis, Pauses, Restarts
    from aac.planner.setting import Setting

Of = TypeVar("Of", Clock, Measure)


def as_known(part: Of, setting: Setting) -> Of:
    """A measure as it can be known at the as_of of a setting."""
    entity = part.population.entity
    if isinstance(part, Clock):
        # each stretch takes them from its event
        told = part.restarts.fields if part.restarts is not None else ()
        return _clock(part, _Sight(setting, entity, told))
    sight = _Sight(setting, entity)
    return replace(
        part,
        population=_population(part.population, sight),
        formula=sight.today(part.formula) if _is_judged_later(part) else sight.rule(part.formula),
        anchor=sight.anchor(part.anchor) if part.anchor is not None else None,
        dimensions=tuple(replace(split, value=sight.rule(split.value)) for split in part.dimensions),
        basis=_basis(part.basis, sight),
    )


def _is_judged_later(measure: Measure) -> bool:
    """Whether the formula is about another moment for each record: fields stay in it as they are until it is told."""
    return isinstance(measure.basis, Cohort) and measure.basis.matures is not None


def _clock(clock: Clock, sight: _Sight) -> Clock:
    """The rule that must hold at the deadline is about that moment, so fields stay in it as they are."""
    return replace(
        clock,
        population=_population(clock.population, sight),
        where=_maybe(clock.where, sight.rule),
        starts=sight.anchor(clock.starts),
        stops=sight.anchor(clock.stops) if clock.stops is not None else None,
        promises=tuple(
            replace(row, rule=_maybe(row.rule, sight.rule), calendar=_maybe(row.calendar, sight.rule))
            for row in clock.promises
        ),
        excused=_maybe(clock.excused, sight.rule),
        dimensions=tuple(replace(split, value=sight.rule(split.value)) for split in clock.dimensions),
        must=_maybe(clock.must, sight.today),
        paused=_pauses(clock.paused, sight) if clock.paused is not None else None,
        restarts=_restarts(clock.restarts, sight) if clock.restarts is not None else None,
        through=tuple((name, sight.anchor(moment)) for name, moment in clock.through),
    )


def _pauses(paused: Pauses, sight: _Sight) -> Pauses:
    child = _Sight(sight.setting, paused.child)
    return replace(
        paused,
        owner=sight.rule(paused.owner),
        where=_maybe(paused.where, child.rule),
        starts=child.moment(paused.starts),
        until=_maybe(paused.until, child.moment),
    )


def _restarts(restarts: Restarts, sight: _Sight) -> Restarts:
    return replace(restarts, at=_Sight(sight.setting, restarts.child).moment(restarts.at))


def _population(population: Population, sight: _Sight) -> Population:
    return replace(population, rule=_maybe(population.rule, sight.rule))


def _basis(basis: Basis | None, sight: _Sight) -> Basis | None:
    def force(of: Force) -> Force:
        return Force(*(Moment(sight.rule(end.value), end.is_date) for end in (of.starts, of.until)))

    match basis:
        case Snapshot():
            return Snapshot(force(basis.force))
        case Retention():
            return replace(basis, force=force(basis.force), per=sight.rule(basis.per))
        case Cohort():
            return replace(basis, words=tuple((word, sight.anchor(moment)) for word, moment in basis.words))
        case None:
            return None


def _maybe(node: Node | None, change: Callable[[Node], Node]) -> Node | None:
    return change(node) if node is not None else None


class _Sight:
    """Rules about records of ``entity`` as they are seen at one as_of; fields in ``told`` stay as they are."""

    def __init__(self, setting: Setting, entity: str, told: Collection[str] = ()) -> None:
        self.setting, self.entity = setting, entity
        self.history = History(
            {
                (owner, field): past
                for (owner, field), past in setting.history.pasts.items()
                if setting.is_behind(owner) and not (owner == entity and field in told)
            }
        )

    def rule(self, node: Node) -> Node:
        """A rule about records, with fields as they were."""
        is_then = bool(self.history.pasts)
        return self.today(as_of_moment(node, self._by_as_of, self.history, self.entity) if is_then else node)

    def today(self, node: Node) -> Node:
        """A rule about records, with fields as they are."""
        return self._followed(self._without_later_words(node))

    def anchor(self, moment: Moment) -> Moment:
        return replace(moment, value=self.moment(moment.value))

    def moment(self, node: Node) -> Node:
        """The moment of a clock or a window, which whoever plans them holds against as_of.

        If it is not a field itself, then what it is made of is not later either.
        """
        node = node.body if isinstance(node, Named) and node.is_moment else node
        return node if isinstance(node, Stored) else self.rule(self._not_later(node))

    def _by_as_of(self, occurs: Stored, is_date: bool, way: Path | None) -> Node:
        del way
        setting = self.setting
        latest = setting.as_of_day(setting.entities[occurs.entity].zone) if is_date else setting.as_of_us
        return Call("le", (occurs, Literal(latest)))

    def _not_later(self, node: Node) -> Node:
        """A moment that is made of moments, each null if it is later than as_of."""

        def change(part: Node) -> Node:
            match part:
                case Stored() if self._comes_later(part):
                    return known_by(part, self._latest(part))
                case Rollup():
                    return replace(part, aggregate=_aggregate(self._not_later(part.aggregate)))
                case _:
                    return part

        return transform(node, change)

    def _without_later_words(self, node: Node) -> Node:
        """A rule in which the moments of definitions, and those that roll-ups count from, are not later than as_of."""

        def change(part: Node) -> Node:
            match part:
                case Named(is_moment=True):
                    return self._not_later(part.body)
                case Rollup():
                    after = self._not_later(self._without_later_words(part.after)) if part.after is not None else None
                    aggregate = _aggregate(self._without_later_words(part.aggregate))
                    return replace(part, aggregate=aggregate, after=after)
                case _:
                    return part

        return transform(node, change)

    def _followed(self, node: Node) -> Node:
        """A rule in which references to records that are still to come are null."""

        def change(part: Node) -> Node:
            match part:
                case Stored():
                    return self._reference(part)
                case Rollup():
                    after = self._followed(part.after) if part.after is not None else None
                    return replace(part, aggregate=_aggregate(self._followed(part.aggregate)), after=after)
                case _:
                    return part

        return transform(node, change)

    def _reference(self, leaf: Stored) -> Node:
        target = self.setting.entities[leaf.entity].refers.get(leaf.field)
        there = self.setting.entities.get(target) if target is not None else None
        if target is None or there is None or there.relation.key is None or there.relation.occurs is None:
            return leaf
        if not self.setting.comes_later(target, there.relation.occurs):
            return leaf
        key = Stored(target, there.relation.key, (*leaf.path, Reference(leaf.field, target)))
        return Case(((Call("is_not_null", (key,)), leaf),), NOTHING)

    def _comes_later(self, leaf: Stored) -> bool:
        """Whether a field may be a moment after as_of: what a record occurs by is none, where it exists."""
        is_own = self.setting.entities[leaf.entity].relation.occurs == leaf.field
        return not is_own and self.setting.comes_later(leaf.entity, leaf.field)

    def _latest(self, leaf: Stored) -> int:
        prepared = self.setting.entities[leaf.entity]
        is_date = prepared.latest[leaf.field][1]
        return self.setting.as_of_day(prepared.zone) if is_date else self.setting.as_of_us


def _aggregate(node: Node) -> Aggregate:
    if not isinstance(node, Aggregate):
        raise TypeError(f"{type(node).__name__} is no aggregate")
    return node
