"""Keys with records in force at one of the two ends of a span, and what they had at each (LANGUAGE §8).

Records are grouped by window and key, and each dimension; then keys are counted as records are elsewhere. What a key
had at an end is unknown if one of its records may have been in force then, or has no value; such a key is unknown, and
left out of everything that the formula adds or counts. Records without a key are unknown, each of them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from aac.engines.base import Join, Select, Stack, group_columns
from aac.expressions.nodes import NOTHING, TRUE, Aggregate, Call, Case, Column, Literal, conjunction, transform, walk
from aac.measures import Population, Retention
from aac.planner.metrics import (
    RECORDS,
    WINDOW,
    Columns,
    Figures,
    Sheet,
    View,
    any_of,
    doubts_of,
    grouping_sets,
    in_population,
    unrated_in,
)
from aac.planner.reckoning import needed
from aac.planner.snapshots import WINDOWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aac.expressions.nodes import Node
    from aac.measures import Measure
    from aac.planner.pieces import Piece
    from aac.planner.snapshots import Told
    from aac.planner.stacked import Blocks

KEYS, ENDS, RULES = "keys", "ends", "rules"
"""The blocks: records grouped by key; what each key had at the two ends; and what rules say of that."""
MASK = "mask"
SIDES = ("opening", "closing")


class Keys:
    """The keys of some measures, from the columns of the block `records`; `add` adds what one measure needs.

    ``maybe``: rules, of which one is true of every record that may be in force at one of the ends.
    """

    def __init__(self, records: Columns, told: Told) -> None:
        self.maybe: list[Node] = []
        self._records, self._told = records, told
        self._ends = Columns("e")
        self._asked: dict[Aggregate, str] = {}
        self._keys: dict[Node, str] = {}
        self._dimensions: dict[Node, str] = {}
        self._views: list[View] = []

    @property
    def columns(self) -> tuple[tuple[str, Node], ...]:
        """What the block `records` must have besides its other columns."""
        return tuple((name, per) for per, name in self._keys.items())

    def add(self, piece: Piece[Measure]) -> None:
        """A piece as it is seen from all of its windows."""
        measure = self._told.seen(piece.of)
        basis, entity, rule = measure.basis, measure.population.entity, measure.population.rule
        if not isinstance(basis, Retention):
            raise TypeError(f"{measure.subject} is about no keys")
        key = self._keys.setdefault(basis.per, f"key{len(self._keys)}")
        ends = dict(zip(SIDES, (basis.span, None), strict=True))
        forces = {side: self._told.in_force(basis.force, entity, side, earlier) for side, earlier in ends.items()}
        inside = {side: conjunction([rule, force]) or TRUE for side, force in forces.items()}
        self.maybe.append(Call("is_not_false", (Call("or", tuple(inside.values())),)))
        values = {part: self._end(self._value(part, inside[part.function])) for part in _of_keys(measure.formula)}
        formula = transform(measure.formula, lambda node: values.get(node, node) if isinstance(node, Call) else node)
        splits = [replace(split, value=Column(self._dimension(split.value))) for split in measure.dimensions]
        figures = self._figures(key, formula, measure, inside, [*values.values()])
        measure = replace(measure, population=Population(KEYS, None), formula=formula, dimensions=tuple(splits))
        self._views.append(View(piece, self._told.numbers(piece), measure, figures, (WINDOW, key)))

    def _figures(
        self, key: str, formula: Node, measure: Measure, inside: dict[str, Node], values: Sequence[Node]
    ) -> Figures:
        is_key = Call("is_not_null", (Column(key),))
        member = Call("and", (is_key, self._end(self._is_there(inside))))
        known = conjunction([Call("is_not_null", (value,)) for value in values])
        doubts = [Call("not", (known,))] if known is not None else []
        doubts += [doubt] if (doubt := doubts_of(formula)) is not None else []
        unknown = [Call("is_null", (member,)), *([Call("and", (member, any_of(doubts)))] if doubts else [])]
        maybe = Call("is_not_false", (Call("or", tuple(inside.values())),))
        keyless = Case(((is_key, Literal(0)),), self._end(self._count(maybe)))
        missing = unrated_in(measure.formula)
        unrated = conjunction([member, Call("gt", (self._end(self._count(conjunction([maybe, missing]))), Literal(0)))])
        return Figures(
            n=Aggregate("count", (), member),
            unknown=(Aggregate("count", (), any_of(unknown)), Aggregate("sum", (keyless,))),
            unrated=(Aggregate("count", (), unrated),) if missing is not None else (),
            latest=None,
            parts={part: in_population(part, conjunction([member, known])) for part in needed(formula)},
        )

    def _is_there(self, inside: dict[str, Node]) -> Node:
        """Whether a key has a record in force at one of the two ends; unknown if it only may have."""
        some, maybe = (
            [self._count(rule) for rule in rules]
            for rules in (inside.values(), [Call("is_null", (rule,)) for rule in inside.values()])
        )
        return Case(((_more_than_none(some), TRUE), (_more_than_none(maybe), NOTHING)), Literal(False))

    def _value(self, part: Call, inside: Node) -> Node:
        """``opening(x)`` or ``closing(x)``: the sum over the records in force then, 0 of none."""
        (value,) = part.arguments
        doubts = [self._count(Call("is_null", (inside,)))]
        if not isinstance(value, Literal):
            doubts.append(self._count(conjunction([inside, Call("is_null", (value,))])))
        total = Call("coalesce", (self._ask(Aggregate("sum", (Case(((inside, value),), NOTHING),))), Literal(0)))
        return Case(((_more_than_none(doubts), NOTHING),), total)

    def _count(self, rule: Node | None) -> Column:
        """How many records of a key a rule is true of."""
        return self._ask(Aggregate("count", (Case(((rule, TRUE),), NOTHING),) if rule is not None else ()))

    def _end(self, node: Node) -> Column:
        """What a key had at the two ends, as a column of its own."""
        return Column(self._ends.column(node))

    def _ask(self, aggregate: Aggregate) -> Column:
        return Column(self._asked.setdefault(aggregate, f"k{len(self._asked)}"))

    def _dimension(self, value: Node) -> str:
        return self._dimensions.setdefault(value, self._records.column(value))

    def sheet(self) -> tuple[tuple[tuple[str, Select], ...], Sheet, Select]:
        """The blocks, and the output that answers the views."""
        views = tuple(self._views)
        dimensions: dict[Node, str] = {Column(name): name for name in self._dimensions.values()}
        groups = grouping_sets(views, dimensions)
        grouped = [(name, self._records.over_columns(aggregate)) for aggregate, name in self._asked.items()]
        rules = Columns("v")
        wanted = dict.fromkeys(aggregate for view in views for aggregate in view.figures.all)
        outputs = tuple((f"a{i}", rules.over_columns(aggregate)) for i, aggregate in enumerate(wanted))
        split = (MASK, WINDOW, *dimensions.values())
        by = [(name, cast("Node", Column(name))) for name in split]
        asked = [part.block for _, rule in rules.columns for part in walk(rule) if isinstance(part, Column)]
        joins = (Join(WINDOWS, ((WINDOW, WINDOW),)),) if WINDOWS in asked else ()
        keys, ends = self._grouped(groups, tuple(grouped))
        blocks = (
            *keys,
            *ends,
            (RULES, Select(Stack(tuple(name for name, _ in ends)), (*by, *rules.columns), joins=joins)),
        )
        sheet = Sheet(
            views,
            masked=group_columns(groups),
            grouped=split[1:],
            dimensions=dimensions,
            columns={aggregate: place for place, aggregate in enumerate(wanted)},
            mask=1,
        )
        return blocks, sheet, Select(RULES, outputs, None, (split,))

    def _grouped(self, groups: Sequence[tuple[str, ...]], asked: tuple[tuple[str, Node], ...]) -> tuple[Blocks, Blocks]:
        """The keys of each grouping set, and what each of them had at the ends, with the columns of all sets.

        They are grouped set by set: all at once, as grouping sets, took DuckDB half as long again (there are about as
        many keys as records, each in every window).
        """
        masked = group_columns(tuple(groups))
        keys: list[tuple[str, Select]] = []
        ends: list[tuple[str, Select]] = []
        for number, group in enumerate(groups):
            mask = sum(1 << place for place, name in enumerate(reversed(masked)) if name not in group)
            same = [(name, Column(name) if name in group else NOTHING) for name in masked]
            keys.append((f"{KEYS}{number}", Select(RECORDS, asked, None, (group,))))
            ends.append((f"{ENDS}{number}", Select(keys[-1][0], ((MASK, Literal(mask)), *same, *self._ends.columns))))
        return tuple(keys), tuple(ends)


def _of_keys(formula: Node) -> list[Call]:
    """What keys had at one of the two ends, wherever a formula names it; each once."""
    return [*dict.fromkeys(part for part in walk(formula) if isinstance(part, Call) and part.function in SIDES)]


def _more_than_none(counts: Sequence[Node]) -> Node:
    """Whether one of some counts is more than 0."""
    return any_of([Call("gt", (count, Literal(0))) for count in counts])
