"""The records that a word means on one side of a change and not on the other: how many, when, which, and why.

One query: the records on which the two rules disagree stand in the block `moved`, and are counted by window and
direction, clause by clause, and listed by key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from aac.engines.base import Entity, Select
from aac.expressions.nodes import TRUE, Aggregate, Call, Column, Literal, Named, Node, Stored
from aac.expressions.words import words
from aac.planner.known import as_known
from aac.planner.windows import window_number
from aac.records import record
from aac.recounts import Moves, Side

if TYPE_CHECKING:
    from aac.engines.base import Engine, Query, Rows
    from aac.evaluation.run import Run
    from aac.measures import Measure
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting

MOVED = "moved"
WINDOW, GAINED = "w", "gained"
Following = Sequence[tuple[str, Node, Node]]
Clauses = Sequence[tuple[str, Node]]
"""What is told of who moved, and of whom."""
LISTED = 20
"""How many records of each direction are listed by key."""


def moves_of(
    run: Run,
    engine: Engine,
    before: Measure,
    after: Piece[Measure],
    following: Following,
    key: Sequence[str],
    edits: Clauses = (),
) -> Moves | None:
    """What moved between two measures of one entity, in the windows of the later one; null when nothing can have.

    ``following``: words that a record may come to later, with their rules before and after; ``key``: the key fields of
    the entity; ``edits``: what is told of who moved, each with a rule that is true of whom it is about, in place of the
    parts of both rules that are not true.
    """
    setting = run.setting(after)
    was, now = (_of(after.of, measure.population.rule, setting) for measure in (before, after.of))
    if was == now:
        return None
    titles = run.project.titles
    edited = [(told, _of(after.of, rule, setting)) for told, rule in edits]
    lost_by, gained_by = (
        edited or [(words(part, titles), Call("not", (Call("is_true", (part,)),))) for part in _parts(rule)]
        for rule in (now, was)
    )
    later = [_of(after.of, rule, setting) for _, *rules in following for rule in rules]
    plan = _Plan(setting, after, was, now, (lost_by, gained_by), later, key)
    counts, *lists = engine.run(plan.query)
    labels = [chosen.window.label for chosen in after.windows]
    sides = [
        _side(counts, rows, is_gained, labels, [told for told, _ in parts], [name for name, *_ in following])
        for is_gained, rows, parts in ((False, lists[0], lost_by), (True, lists[1], gained_by))
    ]
    return Moves(*sides)


def _of(measure: Measure, rule: Node | None, setting: Setting) -> Node:
    """A rule about the records of a measure as it can be known at as_of."""
    about = replace(measure, population=replace(measure.population, rule=rule))
    return as_known(about, setting).population.rule or TRUE


@record
class _Plan:
    setting: Setting
    piece: Piece[Measure]
    was: Node
    now: Node
    parts: tuple[Clauses, Clauses]
    following: Sequence[Node]
    key: Sequence[str]

    @property
    def query(self) -> Query:
        entity = self.piece.of.population.entity
        gained, lost = (self._only(one, other) for one, other in ((self.now, self.was), (self.was, self.now)))
        columns: list[tuple[str, Node]] = [(f"k{i}", Stored(entity, name)) for i, name in enumerate(self.key)]
        columns += [(WINDOW, self._window(entity)), (GAINED, gained)]
        columns += [(f"c{number}", rule) for number, (_, rule) in enumerate(self.rules)]
        columns += [(f"f{number}", Call("is_true", (rule,))) for number, rule in enumerate(self.following)]
        moved = Select(Entity(entity), tuple(columns), Call("or", (gained, lost)))
        return self.setting.query(((MOVED, moved),), (self._counts(), self._keys(False), self._keys(True)), MOVED)

    @property
    def rules(self) -> Clauses:
        """The clauses of both rules, those of the later one first."""
        return (*self.parts[0], *self.parts[1])

    def _only(self, one: Node, other: Node) -> Node:
        return Call("and", (Call("is_true", (one,)), Call("not", (Call("is_true", (other,)),))))

    def _window(self, entity: str) -> Node:
        anchor = as_known(self.piece.of, self.setting).anchor
        if anchor is None:
            return Literal(0)
        zone = self.setting.zone_of(anchor, entity)
        return window_number(anchor.value, self.piece.windows, zone, anchor.is_date)

    def _counts(self) -> Select:
        names = [f"c{i}" for i in range(len(self.rules))] + [f"f{i}" for i in range(len(self.following))]
        counted = ((name, Aggregate("count", (), Column(name))) for name in names)
        return Select(MOVED, (("n", Aggregate("count", ())), *counted), groups=((WINDOW, GAINED),))

    def _keys(self, is_gained: bool) -> Select:
        names = tuple(f"k{i}" for i in range(len(self.key)))
        rule = Column(GAINED) if is_gained else Call("not", (Column(GAINED),))
        return Select(MOVED, tuple((name, Column(name)) for name in names), rule, order=names, limit=LISTED)


def _side(
    counts: Rows, keys: Rows, is_gained: bool, labels: Sequence[str], clauses: Sequence[str], following: Sequence[str]
) -> Side:
    """One direction of what was counted; a row is the mask, the window, the direction, and the counts."""
    rows = [row for row in counts if bool(row[2]) is is_gained]
    numbers = [cast("tuple[int, ...]", row[3:]) for row in rows]
    totals = [sum(column) for column in zip(*numbers, strict=True)] or [0] * (1 + len(clauses) + 2 * len(following))
    windows = {labels[cast("int", row[1])]: n[0] for row, n in zip(rows, numbers, strict=True) if _is_placed(row[1])}
    # the clauses of the later rule come first, and of each word what it meant before
    last = len(totals) - 2 * len(following)
    first = last - len(clauses) if is_gained else 1
    parts = zip(clauses, totals[first : first + len(clauses)], strict=True)
    became = zip(following, totals[last + is_gained :: 2], strict=True)
    listed = tuple(str(row[0]) if len(row) == 1 else tuple(map(str, row)) for row in keys)
    return Side(totals[0], windows, listed, tuple((name, n) for name, n in parts if n), tuple(became))


def _is_placed(window: object) -> bool:
    return isinstance(window, int) and window >= 0


def _parts(rule: Node) -> list[Node]:
    """The parts of a rule that must all be true."""
    match rule:
        case Named(body=body, path=()) if not rule.is_part:
            return _parts(body)
        case Call(function="and", arguments=arguments):
            return [part for argument in arguments for part in _inner(argument)]
        case _:
            return [rule]


def _inner(part: Node) -> list[Node]:
    """A part, or the parts of a conjunction inside it; what has a name is told by that."""
    return _parts(part) if isinstance(part, Call) and part.function == "and" else [part]
