"""Tables of which several rows make one record: the rows as they are, then the records that they make by as_of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.engines.base import Query, Select
from aac.engines.base import Table as StoreTable
from aac.expressions.nodes import Aggregate, Call, Column, Literal, Node, transform, walk
from aac.landing.staging import column_held, staged_from

if TYPE_CHECKING:
    from aac.engines.base import Files
    from aac.measures import Table

ROW = Column("rowid")
"""The number of a row in the order of its source."""


def columns_read(table: Table) -> tuple[str, ...]:
    """The columns of the source that the records of a table are made of; the places of its rows' columns."""
    read = [node.name for field in table.fields for node in walk(field.read) if isinstance(node, Column)]
    return tuple(dict.fromkeys([*table.per, *([table.occurs] if table.occurs else []), *read]))


def rows_query(table: Table, files: Files, nulls: tuple[str, ...], zone: str) -> tuple[Query, Select]:
    """The rows of ``files``: what each column holds that is read, as ``c0``, ``c1`` …"""
    types = {column.name: column for column in table.columns}

    def held(name: str) -> Node:
        return column_held(name, types.get(name), files, nulls, zone)

    columns = tuple((f"c{place}", held(name)) for place, name in enumerate(columns_read(table)))
    output = Select(files, columns)
    return Query((), (output,), {}), output


def records_query(table: Table, rows: str, latest: int, zone: str) -> tuple[Query, Select]:
    """The records that the rows make which are no later than ``latest``, in the order of their first rows.

    ``latest`` is in the unit of ``occurs``: microseconds, or days of a date. A row without a moment counts.
    """
    places = {name: Column(f"c{place}") for place, name in enumerate(columns_read(table))}
    made = tuple((f"r{place}", _made(field.read, places)) for place, field in enumerate(table.fields))
    moment = places[table.occurs] if table.occurs else None
    known = Call("le", (moment, Literal(latest))) if moment is not None else None
    where = Call("or", (Call("is_null", (moment,)), known)) if moment is not None and known is not None else None
    groups = (tuple(places[name].name for name in table.per),)
    source = StoreTable(("temp", "main", rows))
    grouped = Select(source, (*made, ("first", Aggregate("min", (ROW,)))), where, groups)
    return staged_from(table, grouped, zone, ("first",))


def without_moment(table: Table, rows: str) -> Query:
    """How many rows have no moment of their own."""
    place = columns_read(table).index(str(table.occurs))
    unknown = Call("is_null", (Column(f"c{place}"),))
    source = StoreTable(("temp", "main", rows))
    return Query((), (Select(source, (("n", Aggregate("count", ())),), unknown),), {})


def _made(read: Node, places: dict[str, Column]) -> Node:
    """An aggregate over rows, or one of the columns they have in common."""

    def placed(node: Node) -> Node:
        if isinstance(node, Column):
            return places[node.name]
        if isinstance(node, Aggregate) and node.function in {"arg_max", "arg_min"}:
            value, order = node.arguments  # of rows at one moment the later one is the last
            return Aggregate(node.function, (value, Call("in_order", (order, ROW))), node.where)
        return node

    return transform(read, placed)
