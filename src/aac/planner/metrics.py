"""Measures of one entity and moment -> one query: one scan, whatever the number of metrics and dimensions.

The block `records` has a column for each value and rule that the measures need, each once; the output groups it by
window, and by window and each dimension alone, or all of them if they are crossed. What an aggregate divides is divided
afterwards, on exact fractions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from aac.engines.base import Entity, Query, Select, group_columns
from aac.expressions.nodes import TRUE, Aggregate, Call, Case, Column, Literal, Measured, Named, Node, conjunction, walk
from aac.measures import Measure, aggregates, sides
from aac.planner.windows import UNPLACED, Chosen, in_reach, window_number

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aac.expressions.nodes import Value
    from aac.planner.pieces import Piece
    from aac.planner.setting import Setting

WINDOW = "w"
RECORDS = "records"
Part = Aggregate | Measured
"""What a formula is arithmetic over."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one piece came to for a window (by its number in the scan) and a group."""

    piece: Piece[Measure]
    window: int
    by: Mapping[str, Value]
    value: Fraction | None
    numerator: Fraction | None
    denominator: Fraction | None
    n: int
    unknown: int
    unrated: int


@dataclass(frozen=True, slots=True)
class MetricScan:
    """One query and how its rows answer the measures.

    ``groups`` are its grouping sets, ``dimensions`` the column of each dimension's rule, and ``columns`` where each
    aggregate stands after the group columns.
    """

    pieces: tuple[Piece[Measure], ...]
    windows: tuple[Chosen, ...]
    query: Query
    groups: tuple[tuple[str, ...], ...]
    dimensions: Mapping[Node, str]
    columns: Mapping[Aggregate, int]

    def cells(self, rows: Sequence[Sequence[object]]) -> Iterator[Cell]:
        """Every cell that has records; a row is the mask, the group columns and the aggregates."""
        names = group_columns(self.groups)
        for row in rows:
            split = names_in(int(str(row[0])), names) - {WINDOW}
            values = cast("dict[str, Value]", dict(zip(names, row[1:], strict=False)))
            number = int(str(values[WINDOW]))
            for piece in self.pieces:
                if number == UNPLACED or self.windows[number] in piece.windows:
                    for by in self._groups(piece.of, split, values):
                        yield from self._cell(piece, number, by, row[len(names) + 1 :])

    def empty(self, piece: Piece[Measure], window: int) -> Cell:
        """The total of a window without records: counts and sums are what they are of nothing."""
        nothing = {a: 0 if a.function in {"count", "count_distinct"} else None for a in self.columns}
        return _calculated(piece, window, {}, nothing, 0, 0)

    def _groups(self, measure: Measure, split: set[str], values: Mapping[str, Value]) -> list[Mapping[str, Value]]:
        """The groups of a measure that a row is: the total, or one for each name its column has there."""
        if not split:
            return [{}]
        columns = [(dimension, self.dimensions[dimension.value]) for dimension in measure.dimensions]
        if measure.is_crossed:
            is_ours = split == {column for _, column in columns}
            return (
                [{dimension.name: dimension.shown(values[column]) for dimension, column in columns}] if is_ours else []
            )
        return [{split_by.name: split_by.shown(values[column])} for split_by, column in columns if column in split]

    def _cell(
        self, piece: Piece[Measure], window: int, by: Mapping[str, Value], values: Sequence[object]
    ) -> Iterator[Cell]:
        found = {aggregate: values[place] for aggregate, place in self.columns.items()}
        n, unknown = (cast("int", found[counted]) for counted in counts(piece.of))
        if n or unknown:
            yield _calculated(piece, window, by, found, n, unknown)


def _calculated(
    piece: Piece[Measure],
    window: int,
    by: Mapping[str, Value],
    found: Mapping[Aggregate, object],
    n: int,
    unknown: int,
) -> Cell:
    """The formula and its two sides from what the engine answered."""
    measure = piece.of
    parts: dict[Part, object] = {part: found[in_population(part, measure)] for part in needed(measure.formula)}
    both = sides(measure.formula)
    return Cell(
        piece,
        window,
        by,
        value=scaled(evaluated(measure.formula, parts), measure.scale),
        numerator=scaled(evaluated(both[0], parts), measure.scale) if both else None,
        denominator=evaluated(both[1], parts) if both else None,
        n=n,
        unknown=unknown,
        unrated=sum(cast("int", found[counted]) for counted in unrated(measure)),
    )


def plan_metrics(pieces: tuple[Piece[Measure], ...], windows: tuple[Chosen, ...], setting: Setting) -> MetricScan:
    """The scan of measures that share entity and moment, for windows that do not overlap."""
    measures = tuple(piece.of for piece in pieces)
    entity, anchor = measures[0].population.entity, measures[0].anchor
    records = _Records()
    window: Node = Literal(0)
    reach: Node | None = None
    if anchor is not None:
        zone, latest = setting.zone_of(anchor, entity), setting.latest(anchor, entity)
        later = Call("gt", (anchor.value, Literal(latest)))
        window = Case(((later, Literal(UNPLACED)),), window_number(anchor.value, windows, zone, anchor.is_date))
        reach = in_reach(anchor.value, windows, zone, anchor.is_date, latest)
    dimensions = {d.value: records.column(d.value) for measure in measures for d in measure.dimensions}
    wanted = dict.fromkeys(
        aggregate
        for measure in measures
        for aggregate in (
            *counts(measure),
            *unrated(measure),
            *(in_population(a, measure) for a in needed(measure.formula)),
        )
    )
    outputs = tuple((f"a{i}", records.over_columns(aggregate)) for i, aggregate in enumerate(wanted))
    groups = _grouping_sets(measures, dimensions)
    members = [Call("is_not_false", (rule,)) if (rule := m.population.rule) else None for m in measures]
    anyone = None if None in members else _any(cast("list[Node]", members))
    block = Select(Entity(entity), ((WINDOW, window), *records.columns), conjunction([anyone, reach]))
    output = Select(RECORDS, outputs, Call("is_not_null", (Column(WINDOW),)), groups)
    query = setting.query(((RECORDS, block),), (output,))
    return MetricScan(pieces, windows, query, groups, dimensions, {a: i for i, a in enumerate(wanted)})


def _grouping_sets(measures: Sequence[Measure], dimensions: Mapping[Node, str]) -> tuple[tuple[str, ...], ...]:
    """The window alone, and with each dimension, or with all of a measure that is crossed."""
    sets: dict[tuple[str, ...], None] = {(WINDOW,): None}
    for measure in measures:
        columns = tuple(dict.fromkeys(dimensions[dimension.value] for dimension in measure.dimensions))
        splits = [columns] if measure.is_crossed and columns else [(column,) for column in columns]
        sets |= dict.fromkeys((WINDOW, *split) for split in splits)
    return tuple(sets)


class _Records:
    """The columns of the block `records`: each value that an aggregate or a dimension needs, once."""

    def __init__(self) -> None:
        self._names: dict[Node, str] = {}

    @property
    def columns(self) -> tuple[tuple[str, Node], ...]:
        return tuple((name, node) for node, name in self._names.items())

    def column(self, node: Node) -> str:
        return self._names.setdefault(node, f"c{len(self._names)}")

    def over_columns(self, aggregate: Aggregate) -> Aggregate:
        """The aggregate over columns of the block instead of values of the record."""
        arguments = tuple(
            argument if isinstance(argument, Literal) else Column(self.column(argument))
            for argument in aggregate.arguments
        )
        where = Column(self.column(aggregate.where)) if aggregate.where is not None else None
        return replace(aggregate, arguments=arguments, where=where)


def _any(rules: list[Node]) -> Node:
    distinct = tuple(dict.fromkeys(rules))
    return distinct[0] if len(distinct) == 1 else Call("or", distinct)


def counts(measure: Measure) -> tuple[Aggregate, Aggregate]:
    """How many records the measure is about, and for how many of them something was unknown, each once.

    Unknown: the population's own rule, or for its members any rule of the formula (LANGUAGE §8), or a value that the
    formula should have added, averaged or ranked.
    """
    member = measure.population.rule or TRUE
    doubts: list[Node] = list(
        dict.fromkeys(doubt for aggregate in aggregates(measure.formula) for doubt in _doubts(aggregate))
    )
    if measure.population.rule is not None and doubts:
        doubts = [Call("and", (member, _any(doubts)))]
    if measure.population.rule is not None:
        doubts.append(Call("is_null", (member,)))
    unknown = _any(doubts) if doubts else Literal(False)
    return Aggregate("count", (), _where(measure, None)), Aggregate("count", (), unknown)


def unrated(measure: Measure) -> tuple[Aggregate, ...]:
    """How many records have money in the formula for which no exchange rate is told; nothing if it converts none."""
    missing: list[Node] = [
        Call("and", (Call("is_not_null", part.arguments[:1]), Call("is_null", part.arguments[2:])))
        for part in walk(measure.formula)
        if isinstance(part, Call) and part.function == "in_currency"
    ]
    return (Aggregate("count", (), _where(measure, _any(missing))),) if missing else ()


def _doubts(aggregate: Aggregate) -> Iterator[Node]:
    """When a record leaves in doubt what an aggregate comes to."""
    if aggregate.where is not None:
        yield Call("is_null", (aggregate.where,))
    if aggregate.function in {"count_if", "share"}:
        yield Call("is_null", aggregate.arguments)
    elif aggregate.function not in {"count", "count_distinct"}:
        missing = [
            Call("is_null", (argument,)) for argument in aggregate.arguments if not isinstance(argument, Literal)
        ]
        for lacking in missing:
            yield Call("and", (aggregate.where, lacking)) if aggregate.where is not None else lacking


def needed(formula: Node) -> Iterator[Aggregate]:
    """The aggregates an engine has to answer, so that the formula and its two sides can be calculated."""
    for aggregate in aggregates(formula):
        match aggregate:
            case Aggregate(function="share"):
                above, below = cast("tuple[Aggregate, Aggregate]", sides(aggregate))
                yield from (above, below)
            case Aggregate(function="avg", arguments=arguments, where=where):
                yield from (Aggregate("sum", arguments, where), Aggregate("count", arguments, where))
            case Aggregate(function="quantile_cont", arguments=(value, _), where=where):
                yield from (aggregate, Aggregate("count", (value,), where))
            case _:
                yield aggregate


def in_population(aggregate: Aggregate, measure: Measure) -> Aggregate:
    """The aggregate over members only; a rule it counts by becomes part of its filter."""
    where = _where(measure, aggregate.where)
    if aggregate.function == "count_if":
        return Aggregate("count", (), conjunction([where, aggregate.arguments[0]]))
    return replace(aggregate, where=where)


def _where(measure: Measure, where: Node | None) -> Node | None:
    return conjunction([measure.population.rule, where])


def evaluated(node: Node, parts: Mapping[Part, object]) -> Fraction | None:
    """A formula's value from its aggregates or other numbers; unknown when a part is, and when it divides by 0."""
    match node:
        case Literal():
            return None if node.value is None else Fraction(str(node.value))
        case Named():
            return evaluated(node.body, parts)
        case Aggregate(function="share" | "avg"):
            above, below = needed(node)
            return _divided(_exact(parts[above]), _exact(parts[below]))
        case Aggregate(function="median"):
            middle = cast("list[object] | None", parts[node])
            return None if middle is None else sum(map(_known, middle), Fraction(0)) / 2
        case Aggregate(function="quantile_cont"):
            return _quantile(node, parts)
        case Aggregate() | Measured():
            return _exact(parts[node])
        case Call():
            left, right = (evaluated(argument, parts) for argument in node.arguments)
            return _combined(node.function, left, right)
        case _:
            raise TypeError(f"{type(node).__name__} is not part of a formula")


def _quantile(node: Aggregate, parts: Mapping[Part, object]) -> Fraction | None:
    """So much of the way between the two neighbours as the share says, of all gaps between values in order."""
    neighbours, known = needed(node)
    found, share = cast("list[object] | None", parts[neighbours]), cast("Literal", node.arguments[1])
    if not found:
        return None
    below, above = _known(found[0]), _known(found[-1])
    place = (_known(parts[known]) - 1) * Fraction(cast("int", share.value))
    return below + (above - below) * (place % 1)


def _combined(function: str, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None:
        return None
    match function:
        case "add":
            return left + right
        case "subtract":
            return left - right
        case "multiply":
            return left * right
        case _:
            return _divided(left, right)


def _divided(above: Fraction | None, below: Fraction | None) -> Fraction | None:
    return None if above is None or not below else above / below


def _exact(value: object) -> Fraction | None:
    return None if value is None else _known(value)


def _known(value: object) -> Fraction:
    """An integer or decimal of an engine, exactly."""
    return Fraction(cast("int", value))


def scaled(value: Fraction | None, scale: int) -> Fraction | None:
    """A value in its unit; ``scale`` stored integers make one."""
    return None if value is None else value / scale


def names_in(mask: int, names: tuple[str, ...]) -> set[str]:
    """The group columns that are part of a row's grouping set: those whose bit is not set, the first one highest."""
    return {name for i, name in enumerate(names) if not mask >> (len(names) - 1 - i) & 1}
