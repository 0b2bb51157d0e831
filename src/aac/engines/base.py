"""What an engine is: something that runs queries made of our own nodes.

A `Query` is a chain of named blocks; each block selects from an entity, from files or from an earlier block.
Joins (references, roll-ups, calendars) are not written down: `engines.sql` places those that the nodes ask for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from aac.expressions.nodes import Node, Value

CALENDARS = "aac_calendars"
"""Temporary relation (id text, number integer): the calendars of this run by their ids."""

CALENDAR_DAYS = "aac_calendar_days"
"""Temporary relation (key, open_before, opens_1, closes_1, …), one row per calendar and UTC day.

``key`` is number × 65,536 + day since the epoch; moments are microseconds; open time until t within a day is
``open_before`` + Σ greatest(0, least(t, closes_i) − opens_i).
"""


UTC_DAYS = "aac_utc_days"
"""Temporary relation (key, turn, before, after, next_open), keyed like CALENDAR_DAYS (`calendar_days.utc_rows`)."""

LOCAL_DAYS = "aac_local_days"
"""Temporary relation (key, turn, before, after, runs_on, ordinal, ordinal_before, later_<months>, …), one row per
calendar and local day (`calendar_days.local_rows`). ``key`` is number × 1,048,576 + day since the epoch."""

BUSINESS_DAYS = "aac_business_days"
"""Temporary relation (key, day, ends, opens_1, closes_1, …), one row per calendar and ordinal of a business day
(`calendar_days.business_rows`); ``key`` is number × 1,048,576 + ordinal, and it has as many openings as CALENDAR_DAYS."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Where an entity's prepared rows are: ``name`` is the qualified table, outermost part first.

    ``key`` is its key column, null when the key has several. Rows whose ``occurs`` is later than ``exists_until``
    (microseconds, or days when ``occurs`` is a date) do not exist; an unknown ``occurs`` does. ``filled``: the columns
    that hold a value in every row, a reference one that leads to a row.
    """

    name: tuple[str, ...]
    key: str | None
    occurs: str | None = None
    exists_until: int | None = None
    filled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Files:
    """Rows of files, every column as text. ``columns``: the header's names in order; ``format``: csv or json lines."""

    paths: tuple[str, ...]
    format: str
    columns: tuple[str, ...]
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class Entity:
    """The prepared rows of an entity; `Stored` and `Rollup` nodes are about them."""

    id: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the store by its qualified name; its columns are read with `Column`."""

    name: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stack:
    """The rows of several earlier blocks, one block's after the other's; all have the same columns."""

    blocks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Join:
    """The rows of an earlier block beside each row (as often as there are some, once if there are none).

    ``on``: pairs of a column of the source and one of the block, which are equal. `Column` reads it with ``block``.
    """

    block: str
    on: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Select:
    """One block. ``source`` is a table of some sort or the name of an earlier block; ``joins`` stand beside it.

    ``groups`` are grouping sets over the source's columns. The result then begins with the column ``grouping`` (a bit
    for each group column that is *not* part of the row's set, the first column's bit highest) and the group columns,
    null where they are not part of the set. ``order`` sorts ascending, nulls last.
    """

    source: Entity | Files | Table | Stack | str
    columns: tuple[tuple[str, Node], ...]
    where: Node | None = None
    groups: tuple[tuple[str, ...], ...] = ()
    order: tuple[str, ...] = ()
    limit: int | None = None
    joins: tuple[Join, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the earlier blocks that it is made of."""
        match self.source:
            case str():
                first: tuple[str, ...] = (self.source,)
            case Stack():
                first = self.source.blocks
            case _:
                first = ()
        return (*first, *(join.block for join in self.joins))


@dataclass(frozen=True, slots=True)
class Query:
    """Blocks in order and what is asked of them.

    A block in ``shared`` is computed once for all ``outputs``. ``segments``: pairs of opens/closes in CALENDAR_DAYS and
    BUSINESS_DAYS;
    ``calendars``: the numbers of calendars whose id a rule names itself.
    """

    blocks: tuple[tuple[str, Select], ...]
    outputs: tuple[Select, ...]
    relations: Mapping[str, Relation]
    shared: tuple[str, ...] = ()
    as_of_us: int = 0
    segments: int = 1
    calendars: Mapping[str, int] = field(default_factory=dict[str, int])


def group_columns(groups: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The columns of grouping sets, each once, in order of appearance."""
    return tuple(dict.fromkeys(column for group in groups for column in group))


Rows = list[tuple[object, ...]]


class Engine(Protocol):
    """Evaluates queries on prepared tables. Raises EngineError, never a foreign exception."""

    dialect: str

    def attach(self, path: str, alias: str) -> None:
        """Make the database file at ``path`` readable as ``alias``, the outermost part of a `Relation` in it."""
        ...

    def load(self, name: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Value]]) -> None:
        """Make a temporary relation ``name`` of ``rows``; ``columns`` are (name, ``bigint`` or ``text``)."""
        ...

    def run(self, query: Query) -> list[Rows]:
        """The rows of each output, in order."""
        ...

    def close(self) -> None:
        """Let go of everything; calling it twice is fine."""
        ...
