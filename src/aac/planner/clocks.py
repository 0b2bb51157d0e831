"""A promise in time -> one query: every item with its time used and its outcome, counted and listed.

Blocks: `items` (the records, their moments, what excuses them: `stretches`), with pauses `parts` and `waits`,
`timed` (how much of the promised time was used), `judged` (which window, which outcome; computed once, counted and
listed from). Business time is the difference of two look-ups in the calendar table, by an integer key; a left join, so
what cannot be measured is unmeasurable, never gone.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, cast

from aac.engines.base import Join, Query, Select, group_columns
from aac.expressions.nodes import NOTHING, Aggregate, Call, Case, Column, Literal, Node, conjunction
from aac.periods import day_of, midnight_us
from aac.planner.checklists import missing_parts
from aac.planner.listing import ALLOWED, DUE, DUE_ITEMS, LATE_ITEMS, Asking, Listing
from aac.planner.metrics import WINDOW, names_in
from aac.planner.pauses import OWNER, WAITED, WAITING, WAITS, pause_blocks, wait_block
from aac.planner.promised import Item, Terms
from aac.planner.spreads import JUDGED, OUTCOME, USED, plan_spread
from aac.planner.stretches import (
    ENDED,
    EXCUSED,
    HELD,
    INCLUDED,
    ITEMS,
    MEMBER,
    NUMBER,
    ROW,
    STARTED,
    STOPPED,
    Scope,
    item_blocks,
    lacks,
    point,
)
from aac.planner.windows import EPOCH, Chosen, window_number
from aac.records import record
from aac.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from aac.engines.base import Rows
    from aac.expressions.nodes import Value
    from aac.measures import Clock
    from aac.planner.listing import Listed
    from aac.planner.pauses import Blocks
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting
    from aac.planner.spreads import Spreading

LISTED = 50
"""How many late items of a window are listed by key (LANGUAGE §11)."""

TIMED = "timed"
OUTSIDE, RECENT, IN_DOUBT = "outside_hours", "recent", "in_doubt"
COUNTED = tuple(outcome for outcome in Outcome if outcome is not Outcome.OUTSIDE)

By = tuple[tuple[str, "Value"], ...]
"""A group: the values of dimensions."""
Told = list[tuple[Outcome, list[int]]]
"""What was counted of each outcome, some of them several times."""


@record
class Tally:
    """What was counted for a window (by its number, or UNPLACED) and a group.

    ``in_doubt``: of how many items that could be measured it is unknown whether they are excused. ``recent``: met and
    late of the last seven days. ``steps``: time used in each step of the way, in the clock's own unit. ``missing``: how
    many late items lacked each part of the checklist.
    """

    window: int
    by: Mapping[str, Value]
    counts: Mapping[Outcome, int]
    outside_hours: int
    unknown: int
    in_doubt: int
    recent: tuple[int, int]
    steps: tuple[int, ...] = ()
    missing: tuple[int, ...] = ()


@record
class ClockScan:
    """One query. Its outputs are what was counted, the spread if it is asked for, and the lists.

    ``groups`` are those of what is counted, each by window and outcome; ``counted`` are the outcomes that can be.
    """

    piece: Piece[Clock]
    windows: tuple[Chosen, ...]
    query: Query
    groups: tuple[tuple[str, ...], ...]
    counted: tuple[Outcome, ...]
    listing: Listing
    spread: Spreading | None = None

    def tallies(self, rows: Sequence[Sequence[object]]) -> Iterator[Tally]:
        """What was counted; a row is the mask, the group columns, the counts and the steps.

        Every item is in one row of each set of groups, so the rows of the first come to the totals.
        """
        names = group_columns(self.groups)
        dimensions = self.piece.of.dimensions
        told: dict[tuple[int, By], Told] = {}
        for row in rows:
            split = names_in(int(str(row[0])), names)
            values = cast("dict[str, Value]", dict(zip(names, row[1:], strict=False)))
            by = tuple((d.name, d.shown(values[f"d{i}"])) for i, d in enumerate(dimensions) if f"d{i}" in split)
            numbers = [int(str(number or 0)) for number in row[len(names) + 1 :]]
            if any(numbers):
                outcome, window = Outcome(str(values[OUTCOME])), int(str(values[WINDOW]))
                for place in dict.fromkeys((by, ()) if split == set(self.groups[0]) else (by,)):
                    told.setdefault((window, place), []).append((outcome, numbers))
        for (window, by), found in told.items():
            yield _tally(window, by, found, self.counted, self.piece.of)

    @property
    def spreads(self) -> int:
        """How many outputs tell of the spread."""
        return len(self.spread.names) if self.spread is not None else 0

    def lists(self, outputs: Sequence[Rows]) -> Mapping[str, Mapping[int, tuple[Listed, ...]]]:
        """The lists by their names, each by the number of a window."""
        return self.listing.read(outputs[1 + self.spreads :])


def _tally(window: int, by: By, told: Told, counted: tuple[Outcome, ...], clock: Clock) -> Tally:
    counts = dict.fromkeys(counted, 0)
    outside = unknown = in_doubt = 0
    recent = {Outcome.MET: 0, Outcome.LATE: 0}
    lengths = len(clock.through) + 1 if clock.through else 0
    steps: list[list[int]] = []
    missing: list[list[int]] = []
    for outcome, (items, in_no_hours, maybe, doubtful, in_seven_days, *more) in told:
        counts[outcome] += items
        unknown += maybe
        outside += in_no_hours if outcome is Outcome.MET else 0
        in_doubt += doubtful if outcome is not Outcome.UNMEASURABLE else 0
        if outcome in recent:
            recent[outcome] += in_seven_days
            steps.append(more[:lengths])
        if outcome is Outcome.LATE:
            missing.append(more[lengths:])
    passed, lacked = (tuple(map(sum, zip(*parts, strict=True))) for parts in (steps, missing))
    met_and_late = recent[Outcome.MET], recent[Outcome.LATE]
    return Tally(window, dict(by), counts, outside, unknown, in_doubt, met_and_late, passed, lacked)


def plan_clock(piece: Piece[Clock], windows: tuple[Chosen, ...], setting: Setting, key: tuple[str, ...]) -> ClockScan:
    """The scan of one clock for windows that do not overlap; ``key`` are the key fields of its entity."""
    clock = piece.of
    zone = setting.zone_of(clock.starts, clock.population.entity)
    terms = Terms(clock.promises, clock.starts.is_date, len(setting.calendars), zone)
    scope = Scope(clock, terms, setting, {f"k{i}": field for i, field in enumerate(key)})
    plan = _Plan(scope, windows)
    splits = tuple(f"d{i}" for i in range(len(clock.dimensions)))
    together = (splits,) if clock.is_crossed or not splits else tuple((split,) for split in splits)
    groups = tuple((WINDOW, OUTCOME, *names) for names in together)
    spread = plan.spread if piece.in_detail else None
    listing = plan.listing()
    blocks = (*plan.blocks(), *(spread.blocks if spread is not None else ()), *listing.blocks)
    outputs = (plan.tallied(groups), *(spread.outputs if spread is not None else ()), *listing.outputs)
    query = setting.query(blocks, outputs, JUDGED)
    return ClockScan(piece, windows, query, groups, plan.counted, listing, spread)


def _or_nothing(name: str) -> Node:
    """How long an item waited; one without pauses did not."""
    return Call("coalesce", (Column(name, block=WAITS), Literal(0)))


class _Plan:
    """The blocks and outputs of one clock."""

    def __init__(self, scope: Scope, windows: tuple[Chosen, ...]) -> None:
        self.scope, self.windows = scope, windows
        self.clock, self.terms = scope.clock, scope.terms
        self.keys = tuple(scope.keys)
        row = Literal(0) if self.terms.is_one else Column(ROW)
        calendar = Column(NUMBER) if self.terms.is_on_calendars else NOTHING
        self.item = Item(Column(STARTED), calendar, row)
        self.until = Call("coalesce", (Column(STOPPED), Literal(scope.latest)))
        allowed = self.terms.allowed(self.item)
        self.allowed = allowed if isinstance(allowed, Literal) else Column(ALLOWED)
        self.parts = [name for name, _ in missing_parts(self.clock.must)]
        self.lacking = [lacks(number) for number in range(len(self.parts))]

    def blocks(self) -> Blocks:
        paused = self.clock.paused
        waits: Blocks = ()
        if paused is not None:
            points = [Column(STARTED), *(Column(f"p{i}") for i in range(len(self.clock.through))), self.until]
            block = wait_block(self.source, (*self.keys, STARTED), points, Column(STOPPED), self.terms, self.item)
            waits = (*pause_blocks(paused, self.clock.starts.is_date, self.scope.setting), (WAITS, block))
        return (
            *item_blocks(self.scope, self.windows),
            *([("passed", self._passed())] if self.clock.through else []),
            *waits,
            (TIMED, self._timed()),
            (JUDGED, self._judged()),
        )

    @property
    def source(self) -> str:
        return "passed" if self.clock.through else ITEMS

    @property
    def carried(self) -> list[str]:
        """What is known of an item from its first block on."""
        names = [*self.keys, *(f"d{i}" for i in range(len(self.clock.dimensions))), MEMBER, INCLUDED, EXCUSED]
        names += [STARTED, STOPPED]
        asked = (
            (ROW, not self.terms.is_one),
            (NUMBER, self.terms.is_on_calendars),
            (HELD, self.clock.must is not None),
            (OWNER, self.clock.paused is not None),
            (ENDED, self.clock.restarts is not None),
        )
        return [*names, *self.lacking, *(name for name, is_there in asked if is_there)]

    @property
    def spread(self) -> Spreading:
        """How the time used is spread; what must hold when its time is over has no length of its own."""
        starts, setting = self.clock.starts, self.scope.setting
        zone, has_length = setting.clockwork.zone, self.clock.must is None
        return plan_spread(self.allowed, zone, is_date=starts.is_date, has_length=has_length)

    @property
    def counted(self) -> tuple[Outcome, ...]:
        """The outcomes that can be."""
        return COUNTED if self.terms.is_one else (*COUNTED, Outcome.OUTSIDE)

    @property
    def shown(self) -> list[str]:
        """The columns of an item that is listed, behind its key."""
        asked = (
            (NUMBER, self.terms.is_on_calendars),
            (ALLOWED, isinstance(self.allowed, Column)),
            (DUE, self.terms.has_deadlines),
            (WAITING, self.clock.paused is not None),
        )
        return [STARTED, STOPPED, USED, *self.lacking, *(name for name, is_there in asked if is_there)]

    def _passed(self) -> Select:
        """The moments on the way, each between the one before and the end: unknown ones add nothing to their step."""
        columns: list[tuple[str, Node]] = [(name, Column(name)) for name in self.carried]
        latest: list[Node] = [Column(STARTED)]
        for number in range(len(self.clock.through)):
            moment = Call("coalesce", (Column(point(number)), Column(STARTED)))
            latest.append(Call("least", (moment, self.until)))
            columns.append((f"p{number}", Call("greatest", tuple(latest))))
        return Select(ITEMS, tuple(columns))

    def _timed(self) -> Select:
        """The time used until done or as_of without pauses, and whether neither moment lay in opening hours."""
        terms, item, until = self.terms, self.item, self.until
        points = [Column(STARTED), *(Column(f"p{i}") for i in range(len(self.clock.through))), until]
        waits = [self._wait(number) for number in range(len(points) - 1)]
        steps = [
            _less(terms.between(item, begin, end), wait)
            for (begin, end), wait in zip(pairwise(points), waits, strict=True)
        ]
        paused = waits[0] if len(waits) == 1 else _sum(waits)
        used = steps[0] if len(steps) == 1 else _less(terms.between(item, Column(STARTED), until), paused)
        allowed, due = terms.allowed(item), terms.deadline(item)
        made: list[tuple[str, Node]] = [
            (USED, used),
            (OUTSIDE, self._outside_hours()),
        ]
        made += [] if isinstance(allowed, Literal) else [(ALLOWED, allowed)]
        made += [(DUE, due)] if terms.has_deadlines else []
        made += [(WAITED, _or_nothing(WAITED))] if self._asks_for_pauses else []
        made += [(WAITING, Call("gt", (Column(WAITING, block=WAITS), Literal(0))))] if self.clock.paused else []
        made += [(f"step_{number}", step) for number, step in enumerate(steps)] if self.clock.through else []
        kept = tuple((name, Column(name)) for name in self.carried)
        on = tuple((name, name) for name in (*self.keys, STARTED))
        joins = (Join(WAITS, on),) if self.clock.paused is not None else ()
        return Select(self.source, (*kept, *made), joins=joins)

    @property
    def _asks_for_pauses(self) -> bool:
        """Whether it is asked how long an item waited until its deadline was over."""
        return self.clock.paused is not None and self.terms.has_deadlines

    @property
    def _is_over(self) -> Node:
        """Whether more time was used than promised; no where a deadline lies behind all calendars."""
        waited = Column(WAITED) if self._asks_for_pauses else Literal(0)
        rule = self.terms.is_over(self.item, self.until, Column(USED), self.allowed, Column(DUE), waited)
        return Call("is_true", (rule,)) if self.terms.has_deadlines else rule

    def _wait(self, number: int) -> Node:
        if self.clock.paused is None:
            return Literal(0)
        return _or_nothing(f"wait_{number}")

    def _outside_hours(self) -> Node:
        """Whether neither start nor end lies in opening hours: of promises in business time only."""
        if not self.terms.is_on_calendars or self.terms.is_date:
            return Literal(False)
        inside = [Call("is_open", (self.item.calendar, moment)) for moment in (Column(STARTED), self.until)]
        return Call("not", (Call("or", tuple(inside)),))

    def _judged(self) -> Select:
        """The outcome of each item, the first that applies (LANGUAGE §7), and the window its clock started in."""
        clock, scope = self.clock, self.scope
        zone = scope.setting.zone_of(clock.starts, scope.entity)
        window = window_number(Column(STARTED), self.windows, zone, clock.starts.is_date)
        keys = [name for name in self.carried if name not in (INCLUDED, EXCUSED, HELD, ROW, ENDED)]
        kept = [*keys, USED, OUTSIDE, *([ALLOWED] if isinstance(self.allowed, Column) else [])]
        kept += [DUE] if self.terms.has_deadlines else []
        kept += [WAITING] if clock.paused is not None else []
        kept += [f"step_{number}" for number in range(len(clock.through) + 1)] if clock.through else []
        in_doubt = Call("is_null", (Column(EXCUSED),))
        made = ((WINDOW, window), (OUTCOME, self._outcome()), (IN_DOUBT, in_doubt))
        return Select(TIMED, (*((name, Column(name)) for name in kept), *made))

    def _outcome(self) -> Node:
        is_over = self._is_over
        unmeasurable: list[Node] = [Call("is_null", (Column(name),)) for name in (INCLUDED, STARTED, USED)]
        if self.clock.stops is not None:
            unmeasurable.append(Call("lt", (Column(STOPPED), Column(STARTED))))
        if not self.terms.is_one:
            unmeasurable.insert(0, Call("is_null", (Column(ROW),)))
        if self.terms.is_date and self.terms.is_on_calendars:
            unmeasurable.append(self.terms.lacks_calendar(self.item))
        if self.clock.must is not None:
            unmeasurable.append(Call("and", (is_over, Call("is_null", (Column(HELD),)))))
        excused: Node = Column(EXCUSED)
        if self.clock.restarts is not None:
            excused = Call("or", (Call("is_true", (excused,)), Column(ENDED)))
        branches = [
            (Call("or", tuple(unmeasurable)), Outcome.UNMEASURABLE),
            (excused, Outcome.EXCUSED),
            *self._ends(is_over),
        ]
        if not self.terms.is_one:
            branches.insert(0, (self.terms.is_outside(self.item), Outcome.OUTSIDE))
        return Case(tuple((rule, _said(outcome)) for rule, outcome in branches), _said(Outcome.OPEN))

    def _ends(self, is_over: Node) -> list[tuple[Node, Outcome]]:
        """When an item that can be measured was met or late; else it is open."""
        if self.clock.must is not None:
            met = Call("and", (is_over, Column(HELD)))
            return [(met, Outcome.MET), (is_over, Outcome.LATE)]
        return [(is_over, Outcome.LATE), (Call("is_not_null", (Column(STOPPED),)), Outcome.MET)]

    # What is counted and listed

    def tallied(self, groups: tuple[tuple[str, ...], ...]) -> Select:
        """The counts of every window, outcome and group, and the time used in each step of the way."""

        def how_many(*rules: Node) -> Aggregate:
            return Aggregate("count", (), conjunction([Column(MEMBER), *rules]))

        maybe_member = Call("is_null", (Column(MEMBER),))
        recent = Call("ge", (Column(STARTED), Literal(_seven_days_before(self.scope))))
        nothing_used = Call("eq", (Column(USED), Literal(0)))
        counts: list[tuple[str, Node]] = [
            ("items", how_many()),
            (OUTSIDE, how_many(nothing_used, Column(OUTSIDE))),
            ("unknown", Aggregate("count", (), Call("and", (maybe_member, Call("is_not_null", (Column(STARTED),)))))),
            (IN_DOUBT, how_many(Column(IN_DOUBT))),
            (RECENT, how_many(recent)),
        ]
        if self.clock.through:
            steps = [Column(f"step_{number}") for number in range(len(self.clock.through) + 1)]
            counts += [(step.name, Aggregate("sum", (step,), Column(MEMBER))) for step in steps]
        counts += [(name, how_many(Column(name))) for name in self.lacking]
        return Select(JUDGED, tuple(counts), groups=groups)

    def listing(self) -> Listing:
        """The late items of each window that is listed, and those that are due for a step of the escalation."""
        lists = [Asking(LATE_ITEMS, Call("eq", (Column(OUTCOME), _said(Outcome.LATE))), LISTED)]
        due = self._due_for_a_step(self.clock.remind_at)
        lists += [Asking(DUE_ITEMS, due, None)] if due is not None else []
        windows = tuple(number for number, chosen in enumerate(self.windows) if chosen.is_listed)
        # of several stretches of a record the earlier one comes first
        order = self.keys if self.clock.restarts is None else (*self.keys, STARTED)
        allowed = cast("int", self.allowed.value) if isinstance(self.allowed, Literal) else None
        is_paused = self.clock.paused is not None
        asked = tuple(lists) if windows else ()
        return Listing(asked, windows, self.keys, order, tuple(self.shown), allowed, is_paused, tuple(self.parts))

    def _due_for_a_step(self, remind_at: Fraction | None) -> Node | None:
        """Not done, and enough of the promised time gone for the first step of the escalation."""
        if remind_at is None:
            return None
        undone = [Call("eq", (Column(OUTCOME), _said(o))) for o in (Outcome.OPEN, Outcome.LATE)]
        if isinstance(self.allowed, Literal):
            enough = Call("ge", (Column(USED), Literal(ceil(cast("int", self.allowed.value) * remind_at))))
        else:
            gone = Call("multiply", (Column(USED), Literal(remind_at.denominator)))
            enough = Call("ge", (gone, Call("multiply", (self.allowed, Literal(remind_at.numerator)))))
        return Call("and", (Call("is_null", (Column(STOPPED),)), Call("or", tuple(undone)), enough))


def _said(outcome: Outcome) -> Literal:
    return Literal(outcome.value)


def _less(length: Node, wait: Node) -> Node:
    return length if wait == Literal(0) else Call("subtract", (length, wait))


def _sum(parts: Sequence[Node]) -> Node:
    total = parts[0]
    for part in parts[1:]:
        total = Call("add", (total, part)) if part != Literal(0) else total
    return total


def _seven_days_before(scope: Scope) -> int:
    """The first of the seven local days up to the last microsecond before as_of, as a moment or a date."""
    starts, setting = scope.clock.starts, scope.setting
    zone = setting.zone_of(starts, scope.entity)
    first = day_of(setting.as_of_us - 1, zone) - timedelta(days=6)
    return (first - EPOCH).days if starts.is_date else midnight_us(first, zone)
