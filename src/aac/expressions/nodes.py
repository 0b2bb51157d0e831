"""Our dozen frozen nodes, the types of values, and the Protocol of what names may mean.

`parse` makes `Literal`, `Name`, `Call`, `Case` and `Aggregate`. `check` replaces every `Name` by what it stands for:
`Stored`, `Rollup`, `Named`, `Values`, `Measured`, `Literal`, `AsOf` or `PeriodEnd`, and the call of a plugin's
function by an `Applied`. The planner adds `Column` (a column of an earlier block of a query), `Over`, `OpenTime`,
`DaysLater`, `BusinessDaysLater` and `CalendarNumber`. Nodes compare by meaning: where one stood in the text is not part
of it.

Values in a query: moments are integer microseconds since the epoch (UTC), dates are integer days since the epoch,
money and numbers are exact decimals, spans of time are integers in the scale of their type.
"""

from __future__ import annotations

import operator
from dataclasses import field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

Value = str | int | bool | Decimal | None

DECIMALS = {"number": 6, "money": 4}
"""The digits behind the point of exact numbers as they are stored (LANGUAGE §3); of all others none."""


@record
class Type:
    """What a value is.

    ``name``: text, integer, number, money, float, boolean, date, timestamp, span (a length of time) or null.
    ``unit``: of a number or span; ``scale``: how many of the stored integer make one unit of a span.
    ``values``: the closed list a text belongs to. ``entity``: where a reference leads (its ``name`` is the key's type).
    ``places``: the digits behind the point that an exact value can have, where they are not those of its type.
    """

    name: str
    unit: str | None = None
    scale: int = 1
    values: tuple[str, ...] | None = None
    entity: str | None = None
    places: int | None = field(default=None, compare=False)

    @property
    def decimals(self) -> int:
        """The digits behind the point that an exact value can have."""
        if self.name == "float":
            return 0
        return self.places if self.places is not None else DECIMALS.get(self.name, 0)

    @property
    def is_number(self) -> bool:
        return self.name in {"integer", "number", "money", "float"}

    @property
    def is_moment(self) -> bool:
        return self.name in {"date", "timestamp"}


BOOLEAN = Type("boolean")
TEXT = Type("text")
INTEGER = Type("integer")
NUMBER = Type("number")
DATE = Type("date")
TIMESTAMP = Type("timestamp")
NULL = Type("null")
BROKEN = Type("broken")
"""Of something whose own document is wrong: told there, so nothing is said again where it is used."""


@record
class Reference:
    """One step from a record to another: the field that holds the key, and the entity it leads to.

    ``then``: what the field held at a moment that is asked about, said of its own record; null: what it holds.
    """

    field: str
    entity: str
    then: Node | None = None


Path = tuple[Reference, ...]


@record
class Literal:
    """A constant: text, exact number, true, false or null.

    ``label`` is the parameter's name, if it came from one; ``written`` the value as it was written, where it was made
    like what it is compared with (a moment, a length of time).
    """

    value: Value
    label: str | None = None
    at: int = 0
    written: Value = None

    def __eq__(self, other: object) -> bool:
        # True == 1 in Python, and here they are two things
        return isinstance(other, Literal) and type(self.value) is type(other.value) and self.value == other.value

    def __hash__(self) -> int:
        return hash((type(self.value), self.value))


@record
class Name:
    """A dotted name as written, not yet known to mean anything. ``at``: offset in the rule's text, in characters.

    ``places`` are the offsets of its parts; ``quoted``: whether the last stands in double quotes.
    """

    parts: tuple[str, ...]
    at: int = field(default=0, compare=False)
    places: tuple[int, ...] = field(default=(), compare=False)
    quoted: bool = field(default=False, compare=False)


@record
class Call:
    """An operator or function over values of one record. Operators have names too: ``add``, ``lt``, ``and``, ``in``."""

    function: str
    arguments: tuple[Node, ...]
    at: int = field(default=0, compare=False)


@record
class Case:
    """``case when … then … else … end``; ``otherwise`` is null when it was not written."""

    branches: tuple[tuple[Node, Node], ...]
    otherwise: Node
    at: int = field(default=0, compare=False)


@record
class Aggregate:
    """An aggregate over many records; ``where`` is its filter (null: all). ``count(*)`` has no argument."""

    function: str
    arguments: tuple[Node, ...]
    where: Node | None = None
    at: int = field(default=0, compare=False)


@record
class Stored:
    """A stored field of ``entity``, reached over ``path`` from the record the rule is about."""

    entity: str
    field: str
    path: Path = ()


@record
class Rollup:
    """Child records brought to their parent.

    ``aggregate`` and its rules are about the child; ``via`` is the child's reference to the parent. Only children at
    or after ``after`` (a moment of the *parent*) count; if that is unknown, so is the roll-up. ``occurs`` is the
    child's own moment. The parent is reached over ``path``.
    """

    child: str
    via: Reference
    aggregate: Aggregate
    occurs: Node | None = None
    after: Node | None = None
    path: Path = ()


@record
class Named:
    """Something that has a name in the documents (a definition, a computed field) and the rule it stands for.

    ``path`` leads from the record the rule is about to the one that it is said of: if that is not there, it is unknown.
    ``is_part``: of a checklist, where its name alone says too little. ``is_moment``: the moment of a definition.
    """

    label: str
    body: Node
    path: Path = ()
    is_part: bool = field(default=False, compare=False)
    is_moment: bool = False


@record
class Applied:
    """A function of a plugin and what it came to stand for: its rule, with ``arguments`` in place of its parameters.

    ``says``: how it reads, with the places of arguments in braces; empty where words are made of its name.
    """

    function: str
    arguments: tuple[Node, ...] = field(compare=False)
    body: Node
    says: str = field(default="", compare=False)


@record
class Values:
    """A list that has a name, which only `in` takes, and what tells the place of a text in it."""

    label: str
    values: tuple[Value, ...]


@record
class Measured:
    """A number of another document in a derived formula: a metric's, or the attainment of an SLA (`kind:id`)."""

    subject: str


@record
class AsOf:
    """The moment every number is decided at."""


@record
class PeriodEnd:
    """The first day of the period that is measured (``end`` is `from`), or the first behind it (`until`).

    ``is_date``: in days since the epoch; else the moment at which that day begins, in microseconds.
    """

    end: str
    is_date: bool = True


RATES = "exchange_rate"
"""The entity of exchange rates, whose field `rate` is told for each of `RATE_KEY`."""
RATE_KEY = frozenset({"from_currency", "to_currency", "day"})


@record
class Rate:
    """What one unit of a currency was worth in another on a day (days since the epoch); unknown where none is told."""

    currency: str
    into: str
    day: Node


@record
class Column:
    """A column of the block a query reads from: a prepared block's, or a source file's own text column.

    ``block``: of a block that is joined to it (`engines.base.Join`), its name.
    """

    name: str
    at: int = field(default=0, compare=False)
    block: str = ""


@record
class Over:
    """What the rows around a row hold, among those alike in ``by``, sorted by ``order`` (nulls last).

    ``function``: ``greatest_before`` (the greatest ``value`` of all rows before, null for the first), ``next`` (the
    ``value`` of the row behind it, null for the last) or ``place`` (1 for the first, whatever ``value`` is).
    """

    function: str
    value: Node
    by: tuple[Node, ...]
    order: tuple[Node, ...]


@record
class CalendarNumber:
    """The small integer of a calendar whose id ``calendar`` yields; unknown for an unknown id."""

    calendar: Node


@record
class OpenTime:
    """Open microseconds of a calendar (by its number) from the calendar's beginning until ``moment``.

    The difference of two is the business time between two moments.
    """

    number: Node
    moment: Node


@record
class DaysLater:
    """The moment of the same local reading so many ``days`` and ``months`` later, in the zone of a calendar's number.

    A reading that does not exist is the first moment after it, one that occurs twice the second; a day that a month
    lacks is its last.
    """

    number: Node
    moment: Node
    days: int = 0
    months: int = 0


@record
class BusinessDaysLater:
    """The last moment of a promise of so many business ``days`` of a calendar (by its number), begun at ``moment``: the
    same local time on that day; outside its opening hours its last closing if that is later, else the next opening.

    ``is_date``: begun on a date, so that it is the date of that business day (both in days since the epoch).
    """

    number: Node
    moment: Node
    days: int
    is_date: bool = False


Node = (
    Literal
    | Name
    | Call
    | Case
    | Aggregate
    | Stored
    | Rollup
    | Named
    | Applied
    | Values
    | Measured
    | AsOf
    | PeriodEnd
    | Rate
    | Column
    | Over
    | CalendarNumber
    | OpenTime
    | DaysLater
    | BusinessDaysLater
)

TRUE = Literal(True)
NOTHING = Literal(None)

STRICT = frozenset(
    {
        "eq", "ne", "lt", "le", "gt", "ge", "like", "ilike", "lower", "upper", "add", "subtract", "multiply", "not",
        "least", "greatest", "hours_between", "days_between",
    }
)  # fmt: skip
"""Functions that are unknown as soon as one argument is, and only then."""


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below. A roll-up is a leaf: what it says is about its child and its own parent."""
    match node:
        case Literal() | Stored():  # most nodes are, so they are asked for first
            return ()
        case Call():
            return node.arguments
        case Case():
            return (*(part for branch in node.branches for part in branch), node.otherwise)
        case Aggregate():
            return (*node.arguments, *((node.where,) if node.where else ()))
        case Named() | Applied():
            return (node.body,)
        case Rate():
            return (node.day,)
        case Over():
            return (node.value, *node.by, *node.order)
        case CalendarNumber():
            return (node.calendar,)
        case OpenTime() | DaysLater() | BusinessDaysLater():
            return (node.number, node.moment)
        case _:
            return ()


def transform(node: Node, change: Callable[[Node], Node]) -> Node:
    """The tree with ``change`` applied to every node, leaves first."""

    def below(part: Node) -> Node:
        return transform(part, change)

    def all_below(parts: tuple[Node, ...]) -> tuple[Node, ...]:
        return tuple([transform(part, change) for part in parts])

    match node:
        case Literal() | Stored() | Column():  # most nodes are, so they are asked for first
            pass
        case Call():
            arguments = all_below(node.arguments)
            if any(map(operator.is_not, arguments, node.arguments)):
                node = Call(node.function, arguments, node.at)
        case Case():
            branches = tuple((below(when), below(then)) for when, then in node.branches)
            node = replace(node, branches=branches, otherwise=below(node.otherwise))
        case Aggregate():
            where = below(node.where) if node.where else None
            node = replace(node, arguments=all_below(node.arguments), where=where)
        case Named():
            node = replace(node, body=below(node.body))
        case Applied():
            node = replace(node, arguments=all_below(node.arguments), body=below(node.body))
        case Rate():
            node = replace(node, day=below(node.day))
        case Over():
            node = replace(node, value=below(node.value), by=all_below(node.by), order=all_below(node.order))
        case CalendarNumber():
            node = replace(node, calendar=below(node.calendar))
        case OpenTime() | DaysLater() | BusinessDaysLater():
            node = replace(node, number=below(node.number), moment=below(node.moment))
        case _:
            pass
    return change(node)


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, each before what is below it."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(children(part)))


def everything_in(nodes: Iterable[Node | None]) -> Iterator[Node]:
    """The nodes and all below them, inside roll-ups too."""
    for node in nodes:
        for part in walk(node) if node is not None else ():
            yield part
            if isinstance(part, Rollup):
                yield from everything_in((part.aggregate, part.occurs, part.after))


def under(node: Node, path: Path) -> Node:
    """What ``node`` says about a record, said about the record that is reached over ``path`` first."""

    def move(leaf: Node) -> Node:
        return replace(leaf, path=path + leaf.path) if isinstance(leaf, Stored | Rollup | Named) else leaf

    return transform(node, move) if path else node


def as_written(node: Node) -> Node:
    """A rule with the moments of definitions as the definitions say them."""

    def plain(part: Node) -> Node:
        match part:
            case Named(is_moment=True):
                return part.body
            case Rollup(aggregate=Aggregate() as aggregate):
                made = as_written(aggregate)
                return replace(part, aggregate=made if isinstance(made, Aggregate) else aggregate)
            case _:
                return part

    return transform(node, plain)


def conjunction(rules: Iterable[Node | None]) -> Node | None:
    """All rules at once; null when there is none."""
    present = [rule for rule in dict.fromkeys(rules) if rule is not None and rule != TRUE]
    if not present:
        return None
    return present[0] if len(present) == 1 else Call("and", tuple(present))


@record
class Meaning:
    """What a name means on an entity: a value, and for a definition the moment of entry (``.at``) beside it."""

    node: Node
    type: Type
    moment: Node | None = None
    moment_type: Type | None = None


@record
class Macro:
    """A function of a plugin: ``body`` is its rule as it was parsed, a `Name` for each use of a parameter."""

    function: str
    parameters: tuple[str, ...]
    body: Node
    says: str


class Names(Protocol):
    """What `check` asks of the project. Spans and documents stay outside: a problem is found where the name stands."""

    timezone: str

    def meaning(self, entity: str, name: str) -> Meaning | None:
        """What ``name`` means on ``entity``; null when it means nothing there.

        Raises `parse.Refused` when it means two things, or is part of a ring.
        """
        ...

    def families(self) -> Mapping[str, Collection[str]]:
        """The names that have dots, on whatever entity, by their first parts: `icp.core.score` under `icp`."""
        ...

    def known(self, entity: str) -> Iterable[str]:
        """Every name that means something on ``entity``, for «did you mean»."""
        ...

    def is_number(self, name: str) -> bool:
        """Whether a name is that of a metric or an attainment, which only formulas over other numbers may use."""
        ...

    def own_moment(self, entity: str) -> Meaning | None:
        """The moment of a record of its own, by which it exists; null when the entity has none."""
        ...

    def has_rates(self) -> bool:
        """Whether the entity `exchange_rate` is there, with a rate for two currencies and a day."""
        ...

    def macros(self) -> Mapping[str, Macro]:
        """The functions of plugins, by name."""
        ...

    def calendars(self) -> Iterable[str]:
        """The ids of all calendars."""
        ...

    def parameter(self, name: str) -> Value:
        """A value of ``[param]``; raises KeyError."""
        ...

    def parameters(self) -> Iterable[str]:
        """The names of ``[param]``."""
        ...
