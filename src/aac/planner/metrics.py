"""Measures of one entity and moment -> one query: one scan, whatever the number of metrics and dimensions.

The block `records` has a column for each value and rule that the measures need, each once; the output groups it by
window, and by window and each dimension alone, or all of them if they are crossed. What an aggregate divides is divided
afterwards, on exact fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, cast

from aac.engines.base import Entity, Query, Select, group_columns
from aac.expressions.nodes import (
    NOTHING,
    TRUE,
    Aggregate,
    Call,
    Case,
    Column,
    Literal,
    Named,
    Node,
    PeriodEnd,
    conjunction,
    walk,
)
from aac.measures import Cohort, Measure, Retention, aggregates, sides
from aac.planner.cohorts import judged
from aac.planner.different import apart, numbered
from aac.planner.ends import end_of, with_ends
from aac.planner.places import Placed
from aac.planner.reckoning import needed, reckoned
from aac.planner.stacked import stacked, unstacked
from aac.planner.windows import UNPLACED, Chosen, in_reach, told_of_window, window_number
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from fractions import Fraction

    from aac.engines.base import Rows
    from aac.expressions.nodes import Value
    from aac.measures import Dimension, Moment
    from aac.planner.different import Different
    from aac.planner.pieces import Piece
    from aac.planner.reckoning import Look, Part, Reckoned
    from aac.planner.setting import Setting

WINDOW = "w"
RECORDS = "records"
MOST_DIMENSIONS = 62
"""A mask of 63 bits says which of the group columns a row is split by, and the window is one of them."""


@record
class Figures:
    """The aggregates that a measure is calculated from.

    ``n``: how many records it is about; ``unknown``, added up: for how many of them, or of those that may belong to
    them, something was unknown; ``unrated``, added up: how many have money without a rate; ``latest``: of a cohort the
    last moment of entry; ``parts``: what stands for each part of the formula.
    """

    n: Aggregate
    unknown: tuple[Aggregate, ...]
    unrated: tuple[Aggregate, ...]
    latest: Aggregate | None
    parts: Mapping[Aggregate, Aggregate]

    @property
    def all(self) -> tuple[Aggregate, ...]:
        latest = (self.latest,) if self.latest is not None else ()
        return (self.n, *self.unknown, *self.unrated, *latest, *self.parts.values())


@record
class View:
    """A piece as it is seen from windows (by their numbers in the scan): ``measure`` is what is measured there.

    ``base``: the group columns that all of its groups have.
    """

    piece: Piece[Measure]
    numbers: tuple[int, ...]
    measure: Measure
    figures: Figures
    base: tuple[str, ...] = (WINDOW,)


class Cell(NamedTuple):
    """What a piece came to for a window (by its number in the scan) and a group. ``latest``: see `Figures`."""

    window: int
    by: Mapping[str, Value]
    value: Fraction | None
    numerator: Fraction | None
    denominator: Fraction | None
    n: int
    unknown: int
    unrated: int
    latest: int | None = None


Strip = tuple["Piece[Measure]", Sequence[Cell]]
"""What one piece came to, where its records are split alike: all totals, or all groups of a dimension."""
Answers = Sequence[Sequence[object]]
"""Rows of a query, column by column."""
Splits = tuple[tuple["Dimension", int], ...]
"""How a group is told: dimensions, and the place of each one's value in a row."""


@record
class Sheet:
    """One output of a query and how its rows answer views.

    In a row there is a mask at the place ``mask``, which tells of the columns ``masked``; behind it stand the columns
    ``grouped``, and then the aggregates as ``columns`` says. ``dimensions`` is the column of each dimension's rule.
    """

    views: tuple[View, ...]
    masked: tuple[str, ...]
    grouped: tuple[str, ...]
    dimensions: Mapping[Node, str]
    columns: Mapping[Aggregate, int]
    mask: int = 0

    def strips(self, rows: Rows) -> Iterator[Strip]:
        """Every cell that has records."""
        readers = [self._reader(view) for view in self.views]
        by_mask: dict[object, list[tuple[object, ...]]] = {}
        for row in rows:
            by_mask.setdefault(row[self.mask], []).append(row)
        for mask, alike in by_mask.items():
            columns = list(zip(*alike, strict=True))
            for splits, answered in self._answering(int(str(mask)), readers):
                groups = _told(splits, columns)
                for reader in answered:
                    yield reader.piece, reader.cells(columns, groups)

    def empty(self, view: View, window: int) -> Cell:
        """The total of a window without records: counts and sums are what they are of nothing."""
        nothing = [0 if a.function in {"count", "count_distinct"} else None for a in self.columns]
        columns = [(value,) for value in [None] * self._behind + nothing]
        return next(self._reader(view).every_cell((window,), [{}], columns))

    @property
    def width(self) -> int:
        """How many columns its rows have."""
        return self._behind + len(self.columns)

    @property
    def _behind(self) -> int:
        """Where the aggregates begin."""
        return self.mask + 1 + len(self.grouped)

    def _place(self, column: str) -> int:
        return self.mask + 1 + self.grouped.index(column)

    def _reader(self, view: View) -> _Reader:
        figures, formula, scale = view.figures, view.measure.formula, view.measure.scale

        def place(aggregate: Aggregate) -> int:
            return self._behind + self.columns[aggregate]

        def look(part: Part) -> Look:
            return itemgetter(place(figures.parts[cast("Aggregate", part)]))

        above, below = sides(formula) or (None, None)
        return _Reader(
            view.piece,
            self._place(WINDOW),
            frozenset((*view.numbers, UNPLACED)),
            reckoned(formula, look, scale),
            reckoned(above, look, scale) if above is not None else None,
            reckoned(below, look) if below is not None else None,
            place(figures.n),
            tuple(map(place, figures.unknown)),
            tuple(map(place, figures.unrated)),
            place(figures.latest) if figures.latest is not None else None,
        )

    def _answering(self, mask: int, readers: Sequence[_Reader]) -> list[tuple[Splits, list[_Reader]]]:
        """The groups that a row of this mask is: how each is told, and who has it."""
        split = names_in(mask, self.masked)
        found: dict[Splits, list[_Reader]] = {}
        for view, reader in zip(self.views, readers, strict=True):
            for splits in self._groups(view, split):
                found.setdefault(splits, []).append(reader)
        return list(found.items())

    def _groups(self, view: View, split: set[str]) -> list[Splits]:
        """The groups of a view that a row is: the total, or one for each name its column has there."""
        if not split.issuperset(view.base):
            return []
        split = split.difference(view.base)
        if not split:
            return [()]
        columns = [(dimension, self.dimensions[dimension.value]) for dimension in view.measure.dimensions]
        placed = tuple((dimension, self._place(column)) for dimension, column in columns if column in split)
        if view.measure.is_crossed:
            return [placed] if split == {column for _, column in columns} else []
        return [(one,) for one in placed] if len(split) == 1 else []


@record
class _Reader:
    """Where the figures of a piece, and the number of the window, stand among columns, for windows of these numbers."""

    piece: Piece[Measure]
    window: int
    numbers: frozenset[int]
    value: Reckoned
    numerator: Reckoned | None
    denominator: Reckoned | None
    n: int
    unknown: tuple[int, ...]
    unrated: tuple[int, ...]
    latest: int | None

    def cells(self, columns: Answers, groups: Sequence[Mapping[str, Value]]) -> list[Cell]:
        """The cells that have records."""
        windows, numbers = cast("Sequence[int]", columns[self.window]), self.numbers
        cells = self.every_cell(windows, groups, columns)
        return [cell for cell in cells if (cell.n or cell.unknown) and cell.window in numbers]

    def every_cell(
        self, windows: Sequence[int], groups: Sequence[Mapping[str, Value]], columns: Answers
    ) -> Iterator[Cell]:
        """What the piece came to, row by row; a sum of no records is null."""
        nothing = repeat(None)
        return map(
            Cell,
            windows,
            groups,
            self.value(columns),
            self.numerator(columns) if self.numerator is not None else nothing,
            self.denominator(columns) if self.denominator is not None else nothing,
            cast("Sequence[int]", columns[self.n]),
            _added(columns, self.unknown),
            _added(columns, self.unrated),
            cast("Sequence[int | None]", columns[self.latest]) if self.latest is not None else nothing,
        )


def _added(columns: Answers, places: Sequence[int]) -> Iterator[int]:
    """Some counts together, row by row."""
    counts = [[int(cast("int", value or 0)) for value in columns[place]] for place in places]
    return map(sum, zip(*counts, strict=True)) if len(counts) > 1 else iter(counts[0]) if counts else repeat(0)


def _told(splits: Splits, columns: Answers) -> list[Mapping[str, Value]]:
    """The group of each row as it is told; the same mapping for rows of the same group."""
    if not splits:
        return [{}] * len(columns[0])
    names = [split.name for split, _ in splits]
    stored = list(zip(*(cast("Sequence[Value]", columns[place]) for _, place in splits), strict=True))
    told: dict[tuple[Value, ...], Mapping[str, Value]] = {}
    for values in dict.fromkeys(stored):
        shown = (split.shown(value) for (split, _), value in zip(splits, values, strict=True))
        told[values] = dict(zip(names, shown, strict=True))
    return [told[values] for values in stored]


@record
class MetricScan:
    """One query, with a sheet for each of its answers; several are stacked in one output.

    ``different``: the number of a sheet, and a distinct count of it that has an output of its own.
    """

    pieces: tuple[Piece[Measure], ...]
    windows: tuple[Chosen, ...]
    query: Query
    sheets: tuple[Sheet, ...]
    different: tuple[tuple[int, Different], ...] = ()

    def strips(self, answers: Sequence[Rows]) -> Iterator[Strip]:
        """Every cell that has records; and for totals without any, what they are of nothing."""
        rows, *counted = answers
        told = unstacked(rows, [sheet.width for sheet in self.sheets])
        for (number, different), alike in zip(self.different, counted, strict=True):
            told[number] = different.told(told[number], alike)
        for sheet, own in zip(self.sheets, told, strict=True):
            seen: dict[Piece[Measure], set[int]] = {view.piece: set() for view in sheet.views}
            for piece, cells in sheet.strips(own):
                yield piece, cells
                seen[piece] |= {cell.window for cell in cells if not cell.by}
            for view in sheet.views:
                missing = [number for number in view.numbers if number not in seen[view.piece]]
                yield view.piece, [sheet.empty(view, number) for number in missing]


def plan_metrics(pieces: tuple[Piece[Measure], ...], windows: tuple[Chosen, ...], setting: Setting) -> MetricScan:
    """The scan of measures that share entity and moment, for windows that do not overlap."""
    anchor, entity = pieces[0].of.anchor, pieces[0].of.population.entity
    window: Node = Literal(0)
    reach: Node | None = None
    if anchor is not None:
        zone, latest = setting.zone_of(anchor, entity), setting.latest(anchor, entity)
        later = Call("gt", (anchor.value, Literal(latest)))
        window = Case(((later, Literal(UNPLACED)),), window_number(anchor.value, windows, zone, anchor.is_date))
        reach = in_reach(anchor.value, windows, zone, anchor.is_date, latest)
    views = tuple(_view(piece, windows, setting) for piece in pieces)
    records = Columns()
    answers = [sheet_of(alike, records, RECORDS) for alike in families(views)]
    anyone = maybe_anyone(view.measure for view in views)
    block = Select(Entity(entity), ((WINDOW, window), *records.columns), conjunction([anyone, reach]))
    rest, different = _told_apart(answers)
    stack, output = stacked(rest)
    pairs = [one.block for _, one in different]
    query = setting.query(((RECORDS, block), *pairs, *stack), (output, *(one.output for _, one in different)))
    return MetricScan(pieces, windows, query, tuple(sheet for sheet, _ in answers), different)


def _told_apart(answers: Sequence[tuple[Sheet, Select]]) -> tuple[list[Select], tuple[tuple[int, Different], ...]]:
    """The selects without distinct counts that are better asked for apart, and these by the number of their sheet."""
    rest: list[Select] = []
    found: list[tuple[int, Different]] = []
    for number, (sheet, select) in enumerate(answers):
        splits = [split for view in sheet.views for split in view.measure.dimensions]
        places = {sheet.dimensions[s.value]: len(s.texts) for s in splits if isinstance(s, Placed)}
        sets = numbered(select.groups, (WINDOW,), places)
        without, own = apart(select, sets, (WINDOW,), f"pairs{number}_") if sets else (select, [])
        rest.append(without)
        found += ((number, one) for one in own)
    return rest, tuple(found)


def families(views: Sequence[View]) -> list[tuple[View, ...]]:
    """Views that are split alike, or only by what another one beside them is split by too.

    So little is asked of groups that nobody wants.
    """
    found: list[tuple[set[tuple[Node, ...]], list[View]]] = []
    for view in sorted(views, key=lambda view: -len(_splits(view))):
        own = _splits(view)
        alike = next((members for splits, members in found if splits >= own), None)
        if alike is None:
            found.append((own, [view]))
        else:
            alike.append(view)
    return [tuple(members) for _, members in found]


def _splits(view: View) -> set[tuple[Node, ...]]:
    """The dimensions that a view is split by: each alone, or all of them if they are crossed."""
    values = tuple(dict.fromkeys(dimension.value for dimension in view.measure.dimensions))
    return ({values} if values else set()) if view.measure.is_crossed else {(value,) for value in values}


def parted(pieces: Sequence[Piece[Measure]]) -> list[tuple[Piece[Measure], ...]]:
    """The pieces of one scan, or of several when there are more dimensions, or keys, than a scan tells apart."""
    parts: list[list[Piece[Measure]]] = []
    columns: set[Node] = set()
    for piece in pieces:
        basis = piece.of.basis
        own = {dimension.value for dimension in piece.of.dimensions}
        own |= {Named("key", basis.per)} if isinstance(basis, Retention) else set()
        if not parts or len(columns | own) > MOST_DIMENSIONS:
            parts.append([])
            columns = set()
        parts[-1].append(piece)
        columns |= own
    return [tuple(part) for part in parts]


def maybe_anyone(measures: Iterable[Measure]) -> Node | None:
    """Whether a record may belong to the population of one of some measures; null when every record does."""
    rules = [measure.population.rule for measure in measures]
    return None if None in rules else any_of([Call("is_not_false", (rule,)) for rule in rules if rule is not None])


def _view(piece: Piece[Measure], windows: tuple[Chosen, ...], setting: Setting) -> View:
    """A piece as it is seen from all of its windows; of the period a rule is told by the record's own window."""
    measure = judged(piece.of, setting)
    anchor, entity = measure.anchor, measure.population.entity

    def told(end: PeriodEnd) -> Node:
        if anchor is None:
            return NOTHING
        ends = [Literal(end_of(chosen.window, end, setting.clockwork.zone)) for chosen in windows]
        here = told_of_window(anchor.value, windows, setting.zone_of(anchor, entity), anchor.is_date, ends)
        return Case(((Call("le", (anchor.value, Literal(setting.latest(anchor, entity)))), here),), NOTHING)

    measure = with_ends(measure, told)
    numbers = tuple(number for number, chosen in enumerate(windows) if chosen in piece.windows)
    entry = anchor if isinstance(measure.basis, Cohort) else None
    return View(piece, numbers, measure, figures_of(measure, entry))


def sheet_of(views: tuple[View, ...], columns: Columns, block: str) -> tuple[Sheet, Select]:
    """The output that answers views from a block of records, whose ``columns`` they add what they need to."""
    dimensions = {d.value: columns.column(d.value) for view in views for d in view.measure.dimensions}
    wanted = dict.fromkeys(aggregate for view in views for aggregate in view.figures.all)
    outputs = tuple((f"a{i}", columns.over_columns(aggregate)) for i, aggregate in enumerate(wanted))
    groups = grouping_sets(views, dimensions)
    names = group_columns(groups)
    places = {aggregate: place for place, aggregate in enumerate(wanted)}
    return Sheet(views, names, names, dimensions, places), Select(block, outputs, groups=groups)


def grouping_sets(views: Sequence[View], dimensions: Mapping[Node, str]) -> tuple[tuple[str, ...], ...]:
    """The columns that all groups of a view have, alone, and with each dimension, or with all if it is crossed."""
    sets: dict[tuple[str, ...], None] = {}
    for view in views:
        columns = tuple(dict.fromkeys(dimensions[dimension.value] for dimension in view.measure.dimensions))
        splits = [columns] if view.measure.is_crossed and columns else [(column,) for column in columns]
        sets |= dict.fromkeys((*view.base, *split) for split in [(), *splits])
    return tuple(sets)


class Columns:
    """The columns of a block: each value that an aggregate or a dimension needs, once."""

    def __init__(self, letter: str = "c") -> None:
        self._letter = letter
        self._names: dict[Node, str] = {}

    @property
    def columns(self) -> tuple[tuple[str, Node], ...]:
        return tuple((name, node) for node, name in self._names.items())

    def column(self, node: Node) -> str:
        return self._names.setdefault(node, f"{self._letter}{len(self._names)}")

    def over_columns(self, aggregate: Aggregate) -> Aggregate:
        """The aggregate over columns of the block instead of values of the record."""
        arguments = tuple(
            argument if isinstance(argument, Literal) else Column(self.column(argument))
            for argument in aggregate.arguments
        )
        where = Column(self.column(aggregate.where)) if aggregate.where is not None else None
        return replace(aggregate, arguments=arguments, where=where)


def any_of(rules: Sequence[Node]) -> Node:
    """Whether one of some rules is true."""
    distinct = tuple(dict.fromkeys(rules))
    return distinct[0] if len(distinct) == 1 else Call("or", distinct)


def figures_of(measure: Measure, entry: Moment | None = None) -> Figures:
    """What has to be asked for a measure. ``entry``: the moment of a cohort.

    Unknown: the population's own rule, or for its members any rule of the formula (LANGUAGE §8), or a value that the
    formula should have added, averaged or ranked.
    """
    rule = measure.population.rule
    doubt = doubts_of(measure.formula)
    doubts = [conjunction([rule, doubt]) or TRUE] if doubt is not None else []
    doubts += [Call("is_null", (rule,))] if rule is not None else []
    belongs = Call("is_not_false", (rule,)) if rule is not None else None
    return Figures(
        n=Aggregate("count", (), rule),
        unknown=(Aggregate("count", (), any_of(doubts) if doubts else Literal(False)),),
        unrated=unrated(measure),
        latest=Aggregate("max", (entry.value,), belongs) if entry is not None else None,
        parts={part: in_population(part, rule) for part in needed(measure.formula)},
    )


def unrated(measure: Measure) -> tuple[Aggregate, ...]:
    """How many records have money in the formula for which no exchange rate is told; nothing if it converts none."""
    missing = unrated_in(measure.formula)
    return (Aggregate("count", (), conjunction([measure.population.rule, missing])),) if missing is not None else ()


def unrated_in(formula: Node) -> Node | None:
    """Whether a record has money in a formula for which no exchange rate is told; null if it converts none."""
    missing: list[Node] = [
        Call("and", (Call("is_not_null", part.arguments[:1]), Call("is_null", part.arguments[2:])))
        for part in walk(formula)
        if isinstance(part, Call) and part.function == "in_currency"
    ]
    return any_of(missing) if missing else None


def doubts_of(formula: Node) -> Node | None:
    """When a record leaves in doubt what a formula comes to; null if none can."""
    doubts = [doubt for aggregate in aggregates(formula) for doubt in _doubts(aggregate)]
    return any_of(doubts) if doubts else None


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


def in_population(aggregate: Aggregate, rule: Node | None) -> Aggregate:
    """The aggregate over members only (``rule`` is true of them); a rule it counts by becomes part of its filter."""
    where = conjunction([rule, aggregate.where])
    if aggregate.function == "count_if":
        return Aggregate("count", (), conjunction([where, aggregate.arguments[0]]))
    return replace(aggregate, where=where)


def names_in(mask: int, names: tuple[str, ...]) -> set[str]:
    """The group columns that are part of a row's grouping set: those whose bit is not set, the first one highest."""
    return {name for i, name in enumerate(names) if not mask >> (len(names) - 1 - i) & 1}
