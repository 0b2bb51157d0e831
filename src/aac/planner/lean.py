"""The same query, asking no more than it has to: rules that are decided for every row, and columns that nobody reads.

What is known of a row is what landing tells of a table (`Relation.filled`, the greatest of its moments), what the block
before says, and that the block's own condition is true of it. Every step keeps the three values a rule can come to.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aac.engines.base import Constants, Entity, Stack, group_columns
from aac.expressions.nodes import (
    NOTHING,
    STRICT,
    TRUE,
    Aggregate,
    Applied,
    AsOf,
    Call,
    Case,
    Column,
    Literal,
    Named,
    Node,
    Rollup,
    Stored,
    Values,
    transform,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from aac.engines.base import Join, Query, Relation, Select
    from aac.expressions.nodes import Path

FALSE = Literal(False)
TOLD = frozenset({"is_null", "is_not_null", "is_true", "is_false", "is_not_false"})
"""Functions that are never unknown."""
COMPARISONS: dict[str, Callable[..., bool]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge
}  # fmt: skip
COUNTS = frozenset({"count", "count_if", "count_distinct"})
"""Aggregates that are 0 of no rows; others are unknown."""


def lean(query: Query, greatest: Mapping[tuple[str, str], int]) -> Query:
    """The query with the same outputs, row by row and column by column.

    ``greatest``: the greatest value of fields, by entity and name, as far as it is known.
    """
    seen: dict[str, Rows] = {}
    blocks: list[tuple[str, Select]] = []
    for name, select in query.blocks:
        made, rows = _plain(select, query, seen, greatest)
        blocks.append((name, made))
        seen[name] = rows
    outputs = tuple(_plain(output, query, seen, greatest)[0] for output in query.outputs)
    return replace(query, blocks=_read(blocks, outputs), outputs=outputs)


def _plain(
    select: Select, query: Query, seen: Mapping[str, Rows], greatest: Mapping[tuple[str, str], int]
) -> tuple[Select, Rows]:
    """A block in which what is decided is said, and what is known of its rows."""
    rows = _rows(select.source, query, seen, greatest).beside(select.joins, seen)
    where = rows.asked(select.where) if select.where is not None else None
    rows = rows.where(where)
    columns = tuple((name, rows.plain(node)) for name, node in select.columns)
    made = replace(select, columns=columns, where=None if where == TRUE else where)
    if not select.groups:
        return made, rows.told(columns)
    split = tuple((name, Column(name)) for name in group_columns(select.groups))
    return made, rows.grouped(select.groups).told((*split, *columns))


def _rows(source: object, query: Query, seen: Mapping[str, Rows], greatest: Mapping[tuple[str, str], int]) -> Rows:
    """What is known of the rows of a source."""
    match source:
        case str():
            return seen.get(source, Rows())
        case Constants(columns=columns, rows=rows):
            values = dict(zip(columns, zip(*rows, strict=True), strict=True))
            return Rows(full=frozenset(Column(name) for name, held in values.items() if None not in held))
        case Entity():
            return Rows(relations=query.relations, greatest=greatest, entity=source.id)
        case Stack(blocks=(first, *others)):
            rows = seen.get(first, Rows())
            for other in others:
                rows = rows.either(seen.get(other, Rows()))
            return rows
        case _:
            return Rows()


@dataclass(frozen=True)
class Rows:
    """What is known of every row that a block reads: of records of ``entity``, or of an earlier block's columns.

    ``same``: columns that hold what another one does, or a constant; ``full``: nodes that are never unknown, ``true``:
    rules that are true; ``most``: the greatest value of columns.
    """

    relations: Mapping[str, Relation] = field(default_factory=dict[str, "Relation"])
    greatest: Mapping[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    entity: str | None = None
    same: Mapping[str, Node] = field(default_factory=dict[str, Node])
    full: frozenset[Node] = frozenset()
    true: frozenset[Node] = frozenset()
    most: Mapping[str, int] = field(default_factory=dict[str, int])

    def beside(self, joins: Iterable[Join], seen: Mapping[str, Rows]) -> Rows:
        """The same rows with what is known of the rows that stand beside them, where there are always some."""
        always = [join.block for join in joins if not join.on]
        known = {(block, node) for block in always for node in seen[block].full if isinstance(node, Column)}
        return replace(self, full=self.full | {replace(node, block=block) for block, node in known})

    def where(self, rule: Node | None) -> Rows:
        """The rows of which a rule is true."""
        found = _parts(rule, "and") if rule is not None else ()
        parts = [part for part in found if not isinstance(part, Literal)]
        full = {known for part in parts for known in _known_by(part)}
        return replace(self, full=self.full | full, true=self.true | set(parts))

    def either(self, other: Rows) -> Rows:
        """These rows and others behind them, both of earlier blocks: what is known of all."""
        most = {name: max(value, other.most[name]) for name, value in self.most.items() if name in other.most}
        same = {name: node for name, node in self.same.items() if other.same.get(name) == node}
        return Rows(same=same, full=self.full & other.full, true=self.true & other.true, most=most)

    def grouped(self, groups: Sequence[tuple[str, ...]]) -> Rows:
        """The groups of these rows: what splits all of them is known where it was."""
        everywhere = set(groups[0]).intersection(*groups)
        return Rows(full=frozenset(column for name in everywhere if self.is_full(column := Column(name))))

    def told(self, columns: Iterable[tuple[str, Node]]) -> Rows:
        """What a later block knows of these rows by ``columns``."""
        named = list(columns)
        full = frozenset[Node](Column(name) for name, node in named if self.is_full(node))
        true = frozenset[Node](Column(name) for name, node in named if node in self.true)
        most = {name: value for name, node in named if (value := self.greatest_of(node)) is not None}
        first: dict[Node, Node] = {}
        held = [(name, first.setdefault(n, n if isinstance(n, Literal) else Column(name))) for name, n in named]
        same = {name: node for name, node in held if node != Column(name)}
        return Rows(same=same, full=full, true=true, most=most)

    # What a node comes to

    def is_full(self, node: Node) -> bool:
        """Whether a node is known of every row."""
        if node in self.full:
            return True
        match node:
            case Literal(value=value):
                return value is not None
            case AsOf():
                return True
            case Stored(path=path):
                owner = self.relations.get(node.entity)
                return owner is not None and node.field in owner.filled and self.is_reached(path)
            case Call(function=function, arguments=arguments):
                if function in TOLD:
                    return True
                if function == "coalesce":
                    return any(map(self.is_full, arguments))
                if function == "in":
                    return self.is_full(arguments[0]) and all(map(_has_values, arguments[1:]))
                if function in ("and", "or"):
                    return self._all_but_asked(function, arguments)
                return function in STRICT and all(map(self.is_full, arguments))
            case Aggregate(function=function):
                return function in COUNTS
            case Case(branches=branches, otherwise=otherwise):
                return all(self.is_full(then) for _, then in branches) and self.is_full(otherwise)
            case Named(path=path, body=body):
                return self.is_full(body) and self.is_reached(path)
            case Applied(body=body):
                return self.is_full(body)
            case _:
                return False

    def _all_but_asked(self, function: str, arguments: Sequence[Node]) -> bool:
        """Whether all parts are known wherever those that ask for it (is a known, and; is a unknown, or) do not say."""
        asks = "is_not_null" if function == "and" else "is_null"
        asked = {_subject(part) for part in arguments if isinstance(part, Call) and part.function == asks}
        rows = replace(self, full=self.full | asked) if asked else self
        return all(map(rows.is_full, arguments))

    def is_reached(self, path: Path) -> bool:
        """Whether every record refers over ``path`` to one that exists."""
        owner = self.entity
        for step in path:
            before, after = self.relations.get(owner or ""), self.relations.get(step.entity)
            if before is None or after is None or step.then is not None or step.field not in before.filled:
                return False
            if after.occurs is not None and after.exists_until is not None:
                return False
            owner = step.entity
        return True

    def greatest_of(self, node: Node) -> int | None:
        """A value that the node never exceeds where it is known; null if none is known."""
        match node:
            case Stored():
                return self.greatest.get((node.entity, node.field))
            case Column(name=name, block=""):
                return self.most.get(name)
            case Literal(value=value):
                return value if isinstance(value, int) and not isinstance(value, bool) else None
            case Rollup(aggregate=Aggregate(function="min" | "max", arguments=(value,))):
                return self.greatest_of(value)
            case Call(function="coalesce", arguments=arguments):
                known = [self.greatest_of(argument) for argument in arguments]
                return None if None in known else max(value for value in known if value is not None)
            case _:
                return None

    # What can be said more plainly

    def plain(self, node: Node) -> Node:
        """A node that comes to the same in every row."""
        return transform(node, self._fold)

    def asked(self, rule: Node) -> Node:
        """A condition that is true of the same rows: whether it is false or unknown of the others is all the same.

        Each part is only asked where all others are true; the last ones first, which are about more than the others.
        """
        parts = list(_parts(self.plain(rule), "and"))
        for place in reversed(range(len(parts))):
            rows = self.where(_joined("and", [*parts[:place], *parts[place + 1 :]]))
            parts[place] = rows._asked(rows.plain(parts[place]))
        return _joined("and", parts)

    def _asked(self, rule: Node) -> Node:
        match rule:
            case Call(function="and" | "or" as function, arguments=arguments):
                return _joined(function, tuple(map(self._asked, arguments)))
            case Call(function="is_true", arguments=(inner,)):
                return self._asked(inner)
            case Call(function="gt" | "ge" | "le" | "lt" as function, arguments=(left, Literal(value=int(value)))) if (
                self._is_at_most(left, value - (function in ("lt", "ge")))
            ):
                return self._fold(Call("is_not_null", (left,))) if function in ("le", "lt") else FALSE
            case Literal(value=None):
                return FALSE
            case _:
                return rule

    def _fold(self, node: Node) -> Node:
        if self.true and node in self.true:
            return TRUE
        match node:
            case Column(name=name, block=""):
                return self.same.get(name, node)
            case Named(path=path, body=body) if self.is_reached(path):
                return body
            case Applied(body=body):
                return body
            case Case():
                return self._case(node)
            case Aggregate():
                return self._aggregate(node)
            case Call():
                return self._call(node)
            case _:
                return node

    def _call(self, call: Call) -> Node:
        arguments = call.arguments
        match call.function:
            case "and" | "or":
                return _joined(call.function, arguments)
            case "not":
                return _negated(arguments[0], call)
            case "is_null" | "is_not_null":
                return self._is_known(arguments[0], call)
            case "is_true" | "is_not_false":
                return self._decided(arguments[0], call)
            case "coalesce":
                return self._first_known(arguments)
            case "gt" | "le" | "lt" | "ge" if self._is_decided(call):
                return Literal(call.function in ("le", "lt"))
            case function if function in STRICT and NOTHING in arguments:
                return NOTHING
            case function if function in COMPARISONS and all(map(_is_whole, arguments)):
                return Literal(COMPARISONS[function](*(part.value for part in arguments if isinstance(part, Literal))))
            case _:
                return call

    def _decided(self, rule: Node, call: Call) -> Node:
        """Whether a rule is true, or not false: of several at once, whether each is."""
        if self.is_full(rule):
            return rule
        match rule:
            case Call(function="and" | "or" as function, arguments=arguments):
                return _joined(function, [self._decided(part, replace(call, arguments=(part,))) for part in arguments])
            case Literal():
                return Literal(call.function == "is_not_false")
            case _:
                return call

    def _is_known(self, subject: Node, call: Call) -> Node:
        """Whether something is known (or unknown): of what is unknown as soon as a part is, whether the parts are."""
        asks = call.function == "is_not_null"
        if self.is_full(subject):
            return Literal(asks)
        match subject:
            case Literal():
                return Literal(not asks)
            case Call(function=function, arguments=arguments) if function in STRICT:
                parts = [self._is_known(part, replace(call, arguments=(part,))) for part in arguments]
                joined = _joined("and" if asks else "or", parts)
                is_shorter = not (isinstance(joined, Call) and joined.function in ("and", "or"))
                return joined if is_shorter else call
            case _:
                return call

    def _first_known(self, arguments: Sequence[Node]) -> Node:
        kept: list[Node] = []
        for argument in arguments:
            if argument != NOTHING:
                kept.append(argument)
            if self.is_full(argument):
                break
        return kept[0] if len(kept) == 1 else Call("coalesce", tuple(kept)) if kept else NOTHING

    def _is_decided(self, call: Call) -> bool:
        """Whether a comparison with a constant comes out the same of every row."""
        left, right = call.arguments
        if not isinstance(right, Literal) or not isinstance(right.value, int) or not self.is_full(left):
            return False
        return self._is_at_most(left, right.value - (call.function in ("lt", "ge")))

    def _is_at_most(self, node: Node, limit: int) -> bool:
        greatest = self.greatest_of(node)
        return greatest is not None and greatest <= limit

    def _case(self, case: Case) -> Node:
        branches: list[tuple[Node, Node]] = []
        otherwise = case.otherwise
        for when, then in case.branches:
            if when == TRUE:
                otherwise = then
                break
            if when not in (FALSE, NOTHING):
                branches.append((when, then))
        match branches:
            case []:
                return otherwise
            case [(when, then)] if (then, otherwise) == (TRUE, FALSE):
                return self._fold(Call("is_true", (when,)))
            case [(Call(function="le", arguments=(left, Literal(value=int(value)))), then)] if (
                then == left and otherwise == NOTHING and self._is_at_most(left, value)
            ):
                return then
            case _:
                return Case(tuple(branches), otherwise)

    def _aggregate(self, node: Aggregate) -> Node:
        """An aggregate of no rows is no question; and what is known of every row need not be asked for."""
        if node.where in (FALSE, NOTHING) or node.arguments[:1] == (NOTHING,):
            return Literal(0) if node.function in COUNTS else NOTHING
        where = None if node.where == TRUE else node.where
        if node.function == "count" and node.arguments and self.is_full(node.arguments[0]):
            return replace(node, arguments=(), where=where)
        return replace(node, where=where)


def _parts(rule: Node, function: str) -> Iterator[Node]:
    """What is joined by ``function``, at any depth."""
    if isinstance(rule, Call) and rule.function == function:
        for argument in rule.arguments:
            yield from _parts(argument, function)
    else:
        yield rule


def _joined(function: str, arguments: Sequence[Node]) -> Node:
    """``and`` or ``or`` of some rules, without those that change nothing."""
    neutral, decisive = (TRUE, FALSE) if function == "and" else (FALSE, TRUE)
    parts = dict.fromkeys(part for argument in arguments for part in _parts(argument, function))
    parts.pop(neutral, None)
    if decisive in parts:
        return decisive
    other = "or" if function == "and" else "and"
    # what holds only if another part holds anyway (or is true as soon as it is) adds nothing
    kept = [part for part in parts if not any(p in parts for p in _parts(part, other) if p != part)]
    return kept[0] if len(kept) == 1 else Call(function, tuple(kept)) if kept else neutral


def _negated(rule: Node, call: Call) -> Node:
    opposite = {"is_null": "is_not_null", "is_not_null": "is_null"}
    match rule:
        case Literal(value=bool(value)):
            return Literal(not value)
        case Literal(value=None):
            return NOTHING
        case Call(function="not", arguments=(inner,)):
            return inner
        case Call(function=function, arguments=arguments) if function in opposite:
            return Call(opposite[function], arguments)
        case _:
            return call


def _known_by(rule: Node) -> Iterator[Node]:
    """What cannot be unknown where a rule is true."""
    match rule:
        case Call(function="is_not_null", arguments=(subject,)):
            yield from _needed(subject)
        case Call(function="in", arguments=(subject, *_)):
            yield from _needed(subject)
        case Call(function=function) if function not in STRICT:
            pass
        case _:
            yield from _needed(rule)


def _needed(node: Node) -> Iterator[Node]:
    """The node, and what must be known for it to be known."""
    yield node
    if isinstance(node, Call) and node.function in STRICT:
        for argument in node.arguments:
            yield from _needed(argument)


def _subject(asking: Call) -> Node:
    (subject,) = asking.arguments
    return subject


def _is_whole(node: Node) -> bool:
    return isinstance(node, Literal) and isinstance(node.value, int)


def _has_values(node: Node) -> bool:
    """Whether nothing in a list is unknown."""
    return isinstance(node, Values) or (isinstance(node, Literal) and node.value is not None)


# Columns that nobody reads


def _read(blocks: Sequence[tuple[str, Select]], outputs: Sequence[Select]) -> tuple[tuple[str, Select], ...]:
    """The blocks without columns that no later block and no output reads."""
    kept: list[tuple[str, Select]] = []
    wanted: dict[str, set[str]] = {}
    for output in outputs:
        _want(output, wanted)
    for name, select in reversed(blocks):
        names = wanted.get(name, set())
        columns = tuple(column for column in select.columns if column[0] in names)
        select = replace(select, columns=columns or select.columns[:1])
        kept.append((name, select))
        _want(select, wanted)
    return tuple(reversed(kept))


def _want(select: Select, wanted: dict[str, set[str]]) -> None:
    """Adds the names of the columns that a block reads of earlier ones."""
    for join in select.joins:
        wanted.setdefault(join.block, set()).update(there for _, there in join.on)
    own = _of_source(select, wanted)
    own.update(group_columns(select.groups), (here for join in select.joins for here, _ in join.on))
    rules = [node for _, node in select.columns] + ([select.where] if select.where is not None else [])
    for part in (part for rule in rules for part in walk(rule) if isinstance(part, Column)):
        (wanted[part.block] if part.block else own).add(part.name)


def _of_source(select: Select, wanted: dict[str, set[str]]) -> set[str]:
    """What is read of the block, or the blocks, that a block's rows come from; nobody asks what is read of tables.

    Blocks of a stack keep the same columns, whoever else reads one of them.
    """
    match select.source:
        case str(name):
            return wanted.setdefault(name, set())
        case Stack(blocks=names):
            each = [wanted.setdefault(name, set()) for name in names]
            together = set[str]().union(*each)
            wanted.update((name, together) for name, own in wanted.items() if any(own is one for one in each))
            return together
        case _:
            return set()
