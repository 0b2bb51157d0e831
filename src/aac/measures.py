"""All that a kind may compile to: what the planner turns into queries and nothing else.

Every rule in here is a checked node (`expressions.check`), so that nothing later looks a name up.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from aac.calendars import Calendar
from aac.expressions.nodes import TEXT, Aggregate, Call, Column, Literal, Named, Node, Path, Type, Value, walk
from aac.periods import iso_utc
from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from fractions import Fraction

    from aac.expressions.nodes import Measured, Reference
    from aac.findings import Span
    from aac.periods import Duration, Grain, Window


ANY = ""
"""The source of streams that are in whichever source has them."""


class StreamName(NamedTuple):
    """A stream of a source."""

    source: str
    stream: str

    def __str__(self) -> str:
        return f"{self.source}.{self.stream}"


@record
class TypedColumn:
    """A column of a stream that is no text: ``format`` holds strptime codes; without it moments are ISO 8601."""

    name: str
    type: Type
    format: str | None = None


@record
class StoredField:
    """A column of a prepared table: ``read`` over the stream's columns, then ``mapping``, ``values``, the type.

    ``format`` holds strptime codes; without it dates and times are ISO 8601. ``span`` is where the field stands.
    ``is_text``: what is read still has to be given its type; ``is_instant``: it is a timestamp, and the field its day;
    ``may_lack``: a stream may be without its columns; ``landing``: whether these are dropped
    (`drop`) or hashed (`hash`) before they arrive.
    """

    name: str
    type: Type
    read: Node
    mapping: tuple[tuple[str, str], ...] = ()
    format: str | None = None
    pii: bool = False
    span: Span | None = field(default=None, compare=False)
    is_text: bool = True
    may_lack: bool = False
    is_instant: bool = False
    landing: str | None = None


def columns_of(stored: StoredField) -> set[str]:
    """The columns of a stream that a field is read from, in small letters: engines do not tell capital ones apart."""
    return {node.name.casefold() for node in walk(stored.read) if isinstance(node, Column)}


@record
class Table:
    """An entity as landing prepares it: one row a record, from ``streams`` that follow each other.

    Without ``streams`` it is read from the stream of its own name, in whichever source that is; streams of the source
    ANY are in whichever source has them. One that ``is_packaged`` is off when there is none; one that ``is_preset``
    names what another tool lands, and may find less. All rows that are alike in the columns ``per`` make one record;
    then ``occurs`` names a column, else a field. ``deleted``: true of rows whose record is gone; ``versions``:
    moments of a row, of which the newest is the record, the first before the second; ``incomplete``: text about values
    that did not arrive.
    """

    entity: str
    streams: tuple[StreamName, ...]
    key: tuple[str, ...]
    occurs: str | None
    fields: tuple[StoredField, ...]
    span: Span | None = field(default=None, compare=False)
    per: tuple[str, ...] = ()
    columns: tuple[TypedColumn, ...] = ()
    is_packaged: bool = False
    is_preset: bool = False
    deleted: StoredField | None = None
    versions: tuple[StoredField, ...] = ()
    incomplete: StoredField | None = None

    @property
    def marks(self) -> tuple[StoredField, ...]:
        """What is told of its rows beside their fields."""
        return (*(mark for mark in (self.deleted, self.incomplete) if mark is not None), *self.versions)

    @property
    def sources(self) -> set[str]:
        """The sources it is read from."""
        return {name.source for name in self.streams}

    @property
    def is_of_a_moment(self) -> bool:
        """Whether its records are made of those rows that are no later than as_of."""
        return bool(self.per) and self.occurs is not None

    def field(self, name: str) -> StoredField:
        """The stored field of that name; raises KeyError."""
        return {stored.name: stored for stored in self.fields}[name]


def key_text(value: Value, type_: str) -> str:
    """A field of a key as people write it; moments are stored as numbers."""
    match value, type_:
        case str(), _:
            return value
        case int(), "timestamp":
            return iso_utc(value)
        case int(), "date":
            return (date(1970, 1, 1) + timedelta(days=value)).isoformat()
        case Decimal(), _:
            return format(value.normalize(), "f")
        case _:
            return str(value)


@record
class Population:
    """Whom a measure is about: records of ``entity`` for which ``rule`` is true (null: all)."""

    entity: str
    rule: Node | None


@record
class Dimension:
    """A way to split a number: its name, and the value of each record and what it is."""

    name: str
    value: Node
    type: Type = TEXT

    def shown(self, stored: Value) -> Value:
        """A group's value as it is told: dates and moments in ISO 8601 (UTC), lengths of time in their unit."""
        if stored is None or isinstance(stored, str):
            return stored
        match self.type.name:
            case "date":
                return (date(1970, 1, 1) + timedelta(days=int(stored))).isoformat()
            case "timestamp":
                return iso_utc(int(stored))
            case "span":
                return Decimal(stored) / self.type.scale
            case _:
                return stored


@record
class Moment:
    """The field that puts a record into a window; ``is_date``: days since the epoch, else microseconds."""

    value: Node
    is_date: bool


@record
class Force:
    """From when until when a record is in force: from < t and (until is null or until ≥ t) (LANGUAGE §8)."""

    starts: Moment
    until: Moment


Word = tuple[str, Path]
"""A definition as a rule names it: its id, and the way from the record of the rule to the one it is said of."""


@record
class Cohort:
    """Records that entered in a window, and what was true of each by ``matures`` after it (null: by as_of).

    ``words``: the definitions that the formula names, and the moment by which each is known to have come in time.
    """

    matures: Duration | None
    words: tuple[tuple[Word, Moment], ...] = ()


@record
class Snapshot:
    """Records in force at the end of a window (at as_of in open ones)."""

    force: Force


@record
class Retention:
    """Keys (values of ``per``) with records in force at the end of a window, or ``span`` before it."""

    force: Force
    span: Duration
    per: Node


Basis = Cohort | Snapshot | Retention
"""Which records count for a window; null of a measure: those whose moment lies in it (a period)."""


@record
class Measure:
    """A number over a population: ``formula`` is arithmetic over aggregates.

    ``subject`` is ``kind:id``; ``has_target``: whether `check` shows it. Without ``anchor`` only the window `all` can
    be measured, unless the ``basis`` knows which records count. A value is in ``unit``; a span of time in ``scale``
    stored integers a unit. Its dimensions split it each alone, or if it ``is_crossed`` all at once.
    """

    subject: str
    population: Population
    anchor: Moment | None
    formula: Node
    unit: str
    scale: int
    dimensions: tuple[Dimension, ...]
    grain: Grain | str
    has_target: bool
    is_crossed: bool = False
    basis: Basis | None = None
    lookback: int = 0

    @property
    def has_windows(self) -> bool:
        """Whether anything puts its records into windows."""
        return self.anchor is not None or self.basis is not None


@record
class Derived:
    """A formula over other numbers (`Measured` nodes), window by window; ``splits`` are the names of dimensions that
    all of them have: each alone, or if it ``is_crossed`` all at once.

    `deriving` puts in what it is reckoned from. ``inputs``: promises and measures, split as it is. ``steps``: derived
    numbers between them and it, each behind those that it needs. ``missing``: the subjects of numbers that there are
    none of. ``is_volume``: it is added from counts and sums. ``is_share_below``: a share or a constant is below.
    """

    subject: str
    formula: Node
    unit: str
    splits: tuple[str, ...]
    grain: Grain | str
    has_target: bool
    is_crossed: bool = False
    lookback: int = 0
    inputs: tuple[Clock | Measure, ...] = ()
    steps: tuple[tuple[Measured, Node], ...] = ()
    missing: tuple[str, ...] = ()
    is_volume: bool = False
    is_share_below: bool = False

    @property
    def has_windows(self) -> bool:
        """Whether all that it is reckoned from has windows; else only the window `all` can be measured."""
        return all(isinstance(part, Clock) or part.has_windows for part in self.inputs)


@record
class Volume:
    """A promise about a metric's value: the measure of ``metric`` (its id), judged as ``subject`` in windows of
    ``grain``. `loading` puts the measure of that metric in its place."""

    subject: str
    metric: str
    grain: Grain
    lookback: int = 0


@record
class Promised:
    """A row of a table of promises: to records for which ``rule`` is true (null: to all), at most ``within``.

    ``within`` is null where no promise is made; ``calendar`` yields a calendar's id, and is null but for business time.
    """

    rule: Node | None
    within: Duration | None
    calendar: Node | None = None


@record
class Pauses:
    """When a clock stands still: while records of ``child`` last for which ``where`` is true.

    They belong to the items whose ``owner`` equals their reference ``via``: an item's key, or a reference that both
    have. Without ``until`` a pause lasts until the next record of the same owner, whatever ``where`` says of that.
    """

    child: str
    via: Reference
    owner: Node
    where: Node | None
    starts: Node
    until: Node | None


@record
class Restarts:
    """What begins a clock anew: records of ``child``, each at the moment ``at``; they refer to the item by ``via``.

    ``fields`` of the item's record are told by the child too, as they were from then on.
    """

    child: str
    via: Reference
    at: Node
    fields: tuple[str, ...] = ()


@record
class Clock:
    """A promise in time about each record of the population for which ``where`` is true, from ``starts`` on.

    Either ``stops`` ends it in time, or the rule ``must`` is true when its time is up. The first of ``promises`` whose
    rule is true holds. When both moments are dates, whole days count. ``through``: named moments on the way.
    ``grain`` is a window's, or ``rolling N days``. ``remind_at``: the least share of the promised time at which open
    items are listed; ``lookback``: how many windows before the newest a step of the escalation looks at. Its dimensions
    split it each alone, or if it ``is_crossed`` all at once.
    """

    subject: str
    population: Population
    where: Node | None
    starts: Moment
    stops: Moment | None
    promises: tuple[Promised, ...]
    excused: Node | None
    dimensions: tuple[Dimension, ...]
    grain: Grain | str
    remind_at: Fraction | None = None
    must: Node | None = None
    paused: Pauses | None = None
    restarts: Restarts | None = None
    through: tuple[tuple[str, Moment], ...] = ()
    lookback: int = 0
    is_crossed: bool = False


@record
class Waiver:
    """What is excused of a promise, by the waiver ``id``: what started in the ``window`` (null: ever) before the day
    ``until``, of which ``rule`` is true (null: of all). Of a number whole windows that lie in it."""

    id: str
    subject: str
    rule: Node | None
    window: Window | None
    until: date


@record
class CardRow:
    """A number on a card: ``kind:id`` of a metric or a promise, its weight beside the others, and whether it decides
    `now` or moves only over the `longer_term`."""

    subject: str
    weight: Fraction
    horizon: str


@record
class Card:
    """Numbers that are judged together."""

    subject: str
    rows: tuple[CardRow, ...]


Measurement = Clock | Measure | Derived
"""What is measured."""
Shown = Measurement | Card
"""What has results: that, and what is told by the results of others."""
Compiled = Table | Shown | Volume | Calendar | Waiver


def aggregates(formula: Node) -> Iterator[Aggregate]:
    """The aggregates of a formula, in reading order."""
    match formula:
        case Aggregate():
            yield formula
        case Call():
            for argument in formula.arguments:
                yield from aggregates(argument)
        case Named():
            yield from aggregates(formula.body)
        case _:
            pass


def sides(formula: Node) -> tuple[Node, Node] | None:
    """Numerator and denominator: the two sides of the outermost division, `share` included; null without one."""
    match formula:
        case Call(function="divide", arguments=(above, below)):
            return above, below
        case Aggregate(function="share", arguments=(rule,), where=where):
            decided = Call("is_not_null", (rule,))
            return Aggregate("count_if", (rule,), where), Aggregate("count_if", (decided,), where)
        case _:
            return None


def is_ratio(formula: Node) -> bool:
    """Whether the outermost operation divides: such a number has a denominator that `min_n` is compared with."""
    return sides(formula) is not None


def is_volume(formula: Node, volumes: Collection[Node] = ()) -> bool:
    """Whether a number is a count or a sum of its records: it grows with its window and is divided among its groups.

    ``volumes``: which other numbers in it are.
    """
    match formula:
        case Aggregate(function="count" | "count_if" | "count_distinct" | "sum"):
            return True
        case Call(function="add" | "subtract" | "multiply", arguments=arguments):
            return all(isinstance(argument, Literal) or is_volume(argument, volumes) for argument in arguments)
        case _:
            return formula in volumes
