"""Cohorts: what became of records within a time after they entered (LANGUAGE §8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from aac.expressions.nodes import (
    NOTHING,
    TRUE,
    AsOf,
    Call,
    DaysLater,
    Literal,
    Named,
    children,
    conjunction,
    transform,
    under,
)
from aac.measures import Cohort, Moment
from aac.periods import day_of, midnight_us, shifted_day, shifted_us
from aac.planner.pasts import as_of_moment
from aac.planner.windows import EPOCH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aac.expressions.nodes import Node, Path, Stored
    from aac.measures import Measure
    from aac.periods import Duration, Window
    from aac.planner.setting import Setting

US_A_DAY = 86_400_000_000


def judged(measure: Measure, setting: Setting) -> Measure:
    """The measure of a cohort with its formula as each record is judged: at its maturity, or by as_of if that is first.

    A definition is true if it holds and its moment came in time, false if that did not come in time, and else unknown.
    Fields with a past, and roll-ups, are as they were then.
    """
    basis, at = measure.basis, measure.anchor
    if not isinstance(basis, Cohort) or at is None:
        return measure
    judge = _Judge(setting, measure.population.entity, at, basis.matures)
    formula = measure.formula if basis.matures is None else as_of_moment(measure.formula, judge.by, setting.history)
    moments = dict(basis.words)
    found = {word: node for node in _named(formula) if (word := (node.label, node.path)) in moments}

    def change(node: Node) -> Node:
        word = (node.label, node.path) if isinstance(node, Named) and not node.is_part else None
        if word is None or word not in found:
            return node
        return Call("and", (found[word], Call("is_true", (judge.in_time(moments[word]),))))

    return replace(measure, formula=transform(formula, change))


def _named(node: Node) -> Iterator[Named]:
    """What has a name in a formula, the outermost first."""
    if isinstance(node, Named) and not node.is_part:
        yield node
    for child in children(node):
        yield from _named(child)


class _Judge:
    """Rules about the records of a cohort, which entered ``at``.

    Where a date meets a moment it is its midnight in the zone of its source: m ≤ midnight of d is said as d > the day
    of (m - 1 µs), and midnight of d ≤ m as d ≤ the day of m.
    """

    def __init__(self, setting: Setting, entity: str, at: Moment, matures: Duration | None) -> None:
        self.setting, self.entity, self.at, self.matures = setting, entity, at, matures

    def in_time(self, moment: Moment) -> Node:
        """Whether something happened after the entry, in time, and by as_of."""
        return conjunction([self._after_entry(moment), *self._limits(moment)]) or TRUE

    def by(self, occurs: Stored, is_date: bool, way: Path | None) -> Node | None:
        """Whether a child record had happened when a record of the cohort is judged, to which ``way`` leads from it."""
        if way is None:
            return None
        entry = Moment(under(self.at.value, way), self.at.is_date)
        judge = _Judge(self.setting, self.entity, entry, self.matures)
        return conjunction(judge._limits(Moment(occurs, is_date)))

    def _limits(self, moment: Moment) -> list[Node]:
        """Whether a moment is no later than as_of, and than maturity."""
        latest = Literal(self.setting.latest(moment, self.entity)) if moment.is_date else AsOf()
        return [Call("le", (moment.value, latest)), *([self._within(moment, self.matures)] if self.matures else [])]

    def _after_entry(self, moment: Moment) -> Node:
        at, then = self.at.value, moment.value
        if self.at.is_date == moment.is_date:
            return Call("le", (at, then))
        return Call("le", (at, self._day(then, self.at))) if self.at.is_date else self._later(then, at, moment)

    def _within(self, moment: Moment, matures: Duration) -> Node:
        """Whether it happened no later than so long after the entry."""
        at, then, amount = self.at.value, moment.value, int(matures.amount)
        if not self.at.is_date:
            limit = self._plus_length(at, matures)
            return Call("le", (then, self._day(limit, moment) if moment.is_date else limit))
        if not moment.is_date and matures.clock == "elapsed":
            return self._later(at, _plus(then, -amount * US_A_DAY), self.at)
        # a moment is not later than a midnight if the day after that of the microsecond before it is not
        day = then if moment.is_date else _plus(self._day(_plus(then, -1), self.at), 1)
        return _by_month(day, at, amount) if matures.unit == "months" else Call("le", (day, _plus(at, amount)))

    def _plus_length(self, at: Node, length: Duration) -> Node:
        """The moment so long after another one, in the company's zone."""
        amount = int(length.amount)
        if length.clock == "elapsed":
            return _plus(at, amount * US_A_DAY)
        company = Literal(len(self.setting.calendars))
        return DaysLater(company, at, **{length.unit: amount})

    def _later(self, day: Node, than: Node, of: Moment) -> Node:
        """Whether the midnight of a day is a moment or later."""
        return Call("gt", (day, self._day(_plus(than, -1), of)))

    def _day(self, moment: Node, like: Moment) -> Node:
        """The day of a moment where the source of a date is."""
        return Call("local_day", (moment, Literal(self.setting.zone_of(like, self.entity))))


def _by_month(day: Node, at: Node, months: int) -> Node:
    """Whether a day is no later than another one so many months later; a day that a month lacks is its last."""

    def month(of: Node) -> Node:
        year = Call("multiply", (_part("year", of), Literal(12)))
        return Call("add", (year, _part("month", of)))

    last = _plus(month(at), months)
    same = Call("and", (Call("eq", (month(day), last)), Call("le", (_part("day", day), _part("day", at)))))
    return Call("or", (Call("lt", (month(day), last)), same))


def _part(part: str, day: Node) -> Node:
    return Call("date_part", (Literal(part), day, NOTHING))


def _plus(value: Node, number: int) -> Node:
    return Call("add", (value, Literal(number)))


def has_matured(measure: Measure, window: Window, latest: int | None, setting: Setting) -> bool:
    """Whether no record of a cell can change any more once its window is over: its last entrant has matured by as_of.

    ``latest``: the entry of the last one; null where there is none, and then the end of the window stands for it.
    Where dates play a part, the day on which it matures must be over.
    """
    basis, at = measure.basis, measure.anchor
    if not isinstance(basis, Cohort) or at is None:
        return True
    zone = setting.zone_of(at, measure.population.entity)
    until = window.until_us(setting.clockwork.zone)
    if basis.matures is None or (latest is None and until is None):
        return False
    if at.is_date and latest is not None:
        last = shifted_day(EPOCH + timedelta(days=latest), basis.matures)
        return midnight_us(last + timedelta(days=1), zone) <= setting.as_of_us
    entry = latest if latest is not None else until
    limit = shifted_us(entry or 0, basis.matures, setting.clockwork.zone)
    if any(moment.is_date for _, moment in basis.words):
        limit = midnight_us(day_of(limit, zone) + timedelta(days=1), zone)
    return limit <= setting.as_of_us
