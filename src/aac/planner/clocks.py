"""A promise in time -> one query: every item with its time used and its outcome, counted and listed.

Blocks: `items` (the records, their moments, what excuses them), `timed` (how much of the promised time was used),
`judged` (which window, which outcome; computed once, counted and listed from). Business time is the difference of two
look-ups in the calendar table, by an integer key; a left join, so what cannot be measured is unmeasurable, never gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, cast

from aac.engines.base import Entity, Query, Select, group_columns
from aac.expressions.nodes import (
    NOTHING,
    TRUE,
    Aggregate,
    CalendarNumber,
    Call,
    Case,
    Column,
    Literal,
    Node,
    OpenTime,
    Stored,
    conjunction,
)
from aac.periods import day_of, midnight_us
from aac.planner.metrics import WINDOW, names_in
from aac.planner.setting import known_by
from aac.planner.windows import EPOCH, Chosen, in_reach, window_number
from aac.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from fractions import Fraction

    from aac.expressions.nodes import Value
    from aac.measures import Clock, Moment
    from aac.periods import Duration
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting

US_A_DAY = 86_400_000_000
LISTED = 50
"""How many late items of a window are listed by key (LANGUAGE §11)."""

MEMBER, STARTED, STOPPED, USED, OUTCOME = "member", "started", "stopped", "used", "outcome"
OUTSIDE, RECENT, NUMBER, IN_DOUBT = "outside_hours", "recent", "calendar", "in_doubt"
COUNTED = tuple(outcome for outcome in Outcome if outcome is not Outcome.OUTSIDE)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted for a window (by its number, or UNPLACED) and a group.

    ``in_doubt``: of how many items that could be measured it is unknown whether they are excused.
    """

    window: int
    by: Mapping[str, Value]
    counts: Mapping[Outcome, int]
    outside_hours: int
    unknown: int
    in_doubt: int
    recent: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """An item by key: moments in microseconds or days, time used in the clock's own unit, the calendar's number."""

    key: tuple[Value, ...]
    started: int
    stopped: int | None
    used: int
    calendar: int | None


@dataclass(frozen=True, slots=True)
class ClockScan:
    """One query. Its outputs are the tallies, then for each window its late items and, if asked for, its open ones."""

    piece: Piece[Clock]
    windows: tuple[Chosen, ...]
    query: Query
    groups: tuple[tuple[str, ...], ...]

    def tallies(self, rows: Sequence[Sequence[object]]) -> Iterator[Tally]:
        """The counted cells; a row is the mask, the group columns and the counts."""
        names = group_columns(self.groups)
        for row in rows:
            split = names_in(int(str(row[0])), names)
            values = cast("dict[str, Value]", dict(zip(names, row[1:], strict=False)))
            by = {d.name: d.shown(values[f"d{i}"]) for i, d in enumerate(self.piece.of.dimensions) if f"d{i}" in split}
            numbers = [int(str(number)) for number in row[len(names) + 1 :]]
            counts = dict(zip(COUNTED, numbers, strict=False))
            outside, unknown, in_doubt, met, late = numbers[len(COUNTED) :]
            if any(numbers):
                yield Tally(int(str(values[WINDOW])), by, counts, outside, unknown, in_doubt, (met, late))

    def listed(self, rows: Sequence[Sequence[object]]) -> tuple[Listed, ...]:
        """The items of one list; a row is the key's fields, started, stopped, used, calendar."""
        return tuple(
            Listed(
                cast("tuple[Value, ...]", tuple(key)),
                cast("int", started),
                _integer(stopped),
                cast("int", used),
                _integer(calendar),
            )
            for *key, started, stopped, used, calendar in rows
        )


def plan_clock(piece: Piece[Clock], windows: tuple[Chosen, ...], setting: Setting, key: tuple[str, ...]) -> ClockScan:
    """The scan of one clock for windows that do not overlap; ``key`` are the key fields of its entity."""
    clock = piece.of
    keys = tuple(f"k{i}" for i in range(len(key)))
    splits = tuple(f"d{i}" for i in range(len(clock.dimensions)))
    blocks = (
        ("items", _items(clock, windows, setting, dict(zip(keys, key, strict=True)))),
        ("timed", _timed(clock, setting, keys + splits)),
        ("judged", _judged(clock, windows, setting, keys + splits)),
    )
    together = (splits,) if clock.is_crossed else tuple((split,) for split in splits)
    groups = ((WINDOW,), *((WINDOW, *names) for names in together if names))
    outputs = [_tallied(groups)]
    for number in range(len(windows)):
        late = Call("eq", (Column(OUTCOME), Literal(Outcome.LATE.value)))
        outputs.append(_list(keys, number, late, LISTED))
        if clock.remind_at is not None:
            outputs.append(_list(keys, number, _due_for_a_step(clock, clock.remind_at), None))
    query = setting.query(blocks, tuple(outputs), "judged")
    return ClockScan(piece, windows, query, groups)


def _integer(value: object) -> int | None:
    return None if value is None else int(str(value))


def promised(clock: Clock) -> int:
    """The promised time in the clock's own unit: microseconds, or whole days between dates."""
    (promise,) = clock.promises
    within = cast("Duration", promise.within)
    return within.us // US_A_DAY if clock.starts.is_date else within.us


def _items(clock: Clock, windows: tuple[Chosen, ...], setting: Setting, keys: Mapping[str, str]) -> Select:
    """The records of the population, or of which that is unknown, whose clock started in reach of the windows."""
    entity = clock.population.entity
    zone = setting.zone_of(clock.starts, entity)
    started = known_by(clock.starts.value, setting.latest(clock.starts, entity))
    stops = cast("Moment", clock.stops)
    stopped = known_by(stops.value, setting.latest(stops, entity))
    calendar = clock.promises[0].calendar
    columns: list[tuple[str, Node]] = [(name, Stored(entity, field)) for name, field in keys.items()]
    columns += [(f"d{i}", dimension.value) for i, dimension in enumerate(clock.dimensions)]
    columns += [
        (MEMBER, clock.population.rule or TRUE),
        ("included", clock.where or TRUE),
        ("excused", clock.excused or Literal(False)),
        (STARTED, started),
        (STOPPED, stopped),
        (NUMBER, CalendarNumber(calendar) if calendar is not None else NOTHING),
    ]
    maybe = [Call("is_not_false", (rule,)) for rule in (clock.population.rule, clock.where) if rule is not None]
    reach = in_reach(clock.starts.value, windows, zone, clock.starts.is_date, setting.latest(clock.starts, entity))
    return Select(Entity(entity), tuple(columns), conjunction([*maybe, reach]))


def _timed(clock: Clock, setting: Setting, carried: tuple[str, ...]) -> Select:
    """The time used until done or as_of, and whether neither moment lay in opening hours."""
    latest = setting.latest(cast("Moment", clock.stops), clock.population.entity)
    until = Call("coalesce", (Column(STOPPED), Literal(latest)))
    if clock.promises[0].calendar is None:
        used: Node = Call("subtract", (until, Column(STARTED)))
        outside: Node = Literal(False)
    else:
        number = Column(NUMBER)
        used = Call("subtract", (OpenTime(number, until), OpenTime(number, Column(STARTED))))
        inside = [Call("is_open", (number, moment)) for moment in (Column(STARTED), until)]
        outside = Call("not", (Call("or", tuple(inside)),))
    kept = (*carried, MEMBER, "included", "excused", STARTED, STOPPED, NUMBER)
    return Select("items", (*((name, Column(name)) for name in kept), (USED, used), (OUTSIDE, outside)))


def _judged(clock: Clock, windows: tuple[Chosen, ...], setting: Setting, carried: tuple[str, ...]) -> Select:
    """The outcome of each item, the first that applies (LANGUAGE §7), and the window its clock started in."""
    entity = clock.population.entity
    window = window_number(Column(STARTED), windows, setting.zone_of(clock.starts, entity), clock.starts.is_date)
    in_time = Call("le", (Column(USED), Literal(promised(clock))))
    contradiction = Call("lt", (Column(STOPPED), Column(STARTED)))
    unmeasurable = [Call("is_null", (Column(name),)) for name in ("included", STARTED, USED)] + [contradiction]
    done = Call("is_not_null", (Column(STOPPED),))
    outcome = Case(
        (
            (Call("or", tuple(unmeasurable)), _outcome(Outcome.UNMEASURABLE)),
            (Column("excused"), _outcome(Outcome.EXCUSED)),
            (Call("not", (in_time,)), _outcome(Outcome.LATE)),
            (done, _outcome(Outcome.MET)),
        ),
        _outcome(Outcome.OPEN),
    )
    recent = Call("ge", (Column(STARTED), Literal(_seven_days_before(clock, setting))))
    kept = (*carried, MEMBER, STARTED, STOPPED, NUMBER, USED, OUTSIDE)
    made = ((WINDOW, window), (OUTCOME, outcome), (RECENT, recent), (IN_DOUBT, Call("is_null", (Column("excused"),))))
    return Select("timed", (*((name, Column(name)) for name in kept), *made))


def _outcome(outcome: Outcome) -> Literal:
    return Literal(outcome.value)


def _seven_days_before(clock: Clock, setting: Setting) -> int:
    """The first of the seven local days up to the last microsecond before as_of, as a moment or a date."""
    zone = setting.zone_of(clock.starts, clock.population.entity)
    first = day_of(setting.as_of_us - 1, zone) - timedelta(days=6)
    return (first - EPOCH).days if clock.starts.is_date else midnight_us(first, zone)


def _tallied(groups: tuple[tuple[str, ...], ...]) -> Select:
    def how_many(*rules: Node) -> Aggregate:
        return Aggregate("count", (), conjunction([Column(MEMBER), *rules]))

    def ended(outcome: Outcome) -> Node:
        return Call("eq", (Column(OUTCOME), Literal(outcome.value)))

    maybe_member = Call("is_null", (Column(MEMBER),))
    nothing_used = Call("eq", (Column(USED), Literal(0)))
    counts = (
        *((outcome.value, how_many(ended(outcome))) for outcome in COUNTED),
        (OUTSIDE, how_many(ended(Outcome.MET), nothing_used, Column(OUTSIDE))),
        ("unknown", Aggregate("count", (), Call("and", (maybe_member, Call("is_not_null", (Column(STARTED),)))))),
        (IN_DOUBT, how_many(Column(IN_DOUBT), Call("not", (ended(Outcome.UNMEASURABLE),)))),
        ("recent_met", how_many(ended(Outcome.MET), Column(RECENT))),
        ("recent_late", how_many(ended(Outcome.LATE), Column(RECENT))),
    )
    return Select("judged", counts, Call("is_not_null", (Column(WINDOW),)), groups)


def _list(keys: tuple[str, ...], window: int, rule: Node, limit: int | None) -> Select:
    """The items of a window for which a rule is true, or the first of them, in the order of their keys."""
    shown = (*keys, STARTED, STOPPED, USED, NUMBER)
    where = conjunction([Column(MEMBER), Call("eq", (Column(WINDOW), Literal(window))), rule])
    return Select("judged", tuple((name, Column(name)) for name in shown), where, order=keys, limit=limit)


def _due_for_a_step(clock: Clock, remind_at: Fraction) -> Node:
    """Not done, and enough of the promised time gone for the first step of the escalation."""
    undone = [Call("eq", (Column(OUTCOME), Literal(o.value))) for o in (Outcome.OPEN, Outcome.LATE)]
    gone = Call("ge", (Column(USED), Literal(ceil(promised(clock) * remind_at))))
    return Call("and", (Call("is_null", (Column(STOPPED),)), Call("or", tuple(undone)), gone))
