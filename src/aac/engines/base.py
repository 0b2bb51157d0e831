"""What an engine is: something that runs queries made of our own nodes.

A `Query` is a chain of named blocks; each block selects from an entity, from files or from an earlier block.
Joins (references, roll-ups, calendars) are not written down: `engines.sql` places those that the nodes ask for.
"""

from __future__ import annotations

import hashlib
from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from aac.expressions.nodes import Node, Value

CALENDARS = "aac_calendars"
"""Temporary relation (id text, number integer): the calendars of this run by their ids."""

CALENDAR_DAYS = "aac_calendar_days"
"""Temporary relation (key, open_before, opens_1, closes_1, …), one row per calendar and UTC day.

``key`` is number × 65,536 + day since the epoch; moments are microseconds; open time until t within a day is
``open_before`` + Σ greatest(0, least(t, closes_i) − opens_i).
"""


def later_table(days: int, months: int = 0) -> str:
    """Temporary relation (key, runs_1, base_1, from_2, runs_2, base_2, …), one row per UTC day of the company's zone,
    whose number comes behind those of calendars.

    The moment so many days and months after a moment t is base_i + runs_i × t, of the last i whose from_i is not after
    t (`calendar_days.piece_rows`). ``key`` is that of CALENDAR_DAYS.
    """
    return f"aac_{_amounts(months=months, days=days)}_later"


def business_days_table(days: int) -> str:
    """The same for all calendars: the end of a promise of so many business days that begins at a moment."""
    return f"aac_{_amounts(business_days=days)}_later"


def business_dates_table(days: int) -> str:
    """Temporary relation (key, day), one row per calendar and date: the date of the business day so many after it.

    ``key`` is number × 65,536 + date; dates are days since the epoch.
    """
    return f"aac_{_amounts(business_dates=days)}_later"


def _amounts(**amounts: int) -> str:
    return "_".join(f"{amount}_{unit}" for unit, amount in amounts.items() if amount)


@record
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


ROWS = "rows"
"""The format of records that lie in a raw table, not in files."""


@record
class Files:
    """Rows of files: csv, json (lines), parquet, or the table or view of a duckdb file (schema and name: ``table``).

    With the format `ROWS` they are those of a raw ``table`` of the store that are not deleted; with paths, before them
    the rows of a parquet file whose ``key`` is not in the table.
    ``columns``: the header's names in order. They are text but for those with a type in ``types``: `integer`, `number`,
    `float`, `boolean`, `date`, `timestamp`, `local_timestamp` (what a clock shows) or `json` (read as its text).
    """

    paths: tuple[str, ...]
    format: str
    columns: tuple[str, ...]
    delimiter: str = ","
    types: Mapping[str, str] = field(default_factory=dict[str, str])
    table: tuple[str, ...] = ()
    key: tuple[str, ...] = ()


@record
class Entity:
    """The prepared rows of an entity; `Stored` and `Rollup` nodes are about them."""

    id: str


@record
class Table:
    """A table of the store by its qualified name; its columns are read with `Column`."""

    name: tuple[str, ...]


@record
class Stack:
    """The rows of several earlier blocks, one block's after the other's; all have the same columns."""

    blocks: tuple[str, ...]


@record
class Constants:
    """Rows that are written out; at least one, and each has a value, or null, for every column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


@record
class Join:
    """The rows of an earlier block beside each row (as often as there are some, once if there are none).

    ``on``: pairs of a column of the source and one of the block, which are equal; without any, all of its rows stand
    beside every row, so it should have few. `Column` reads it with ``block``.
    """

    block: str
    on: tuple[tuple[str, str], ...]


@record
class Select:
    """One block. ``source`` is a table of some sort or the name of an earlier block; ``joins`` stand beside it.

    ``groups`` are grouping sets over the source's columns. The result then begins with the column ``grouping`` (a bit
    for each group column that is *not* part of the row's set, the first column's bit highest) and the group columns,
    null where they are not part of the set. ``order`` sorts ascending, nulls last.
    """

    source: Entity | Files | Table | Stack | Constants | str
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


@record
class Query:
    """Blocks in order and what is asked of them.

    A block in ``shared`` is computed once for all ``outputs``. ``segments``: pairs of opens/closes in CALENDAR_DAYS;
    ``calendars``: the numbers of calendars whose id a rule names itself; ``pieces``: those of a UTC day in the tables
    of what is so many days or months later.
    """

    blocks: tuple[tuple[str, Select], ...]
    outputs: tuple[Select, ...]
    relations: Mapping[str, Relation]
    shared: tuple[str, ...] = ()
    as_of_us: int = 0
    segments: int = 1
    calendars: Mapping[str, int] = field(default_factory=dict[str, int])
    pieces: int = 1

    def read_by(self, select: Select, but: Collection[str] = ()) -> set[str]:
        """The names of all blocks that a select is made of, those below others too, ``but`` for some."""
        blocks = dict(self.blocks)
        found: set[str] = set()
        waiting = list(select.reads)
        while waiting:
            name = waiting.pop()
            if name not in found and name not in but:
                found.add(name)
                waiting += blocks[name].reads
        return found


def database_alias(path: str) -> str:
    """The name by which a query knows the database file at ``path``."""
    return f"at_{hashlib.sha256(path.encode()).hexdigest()[:16]}"


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
