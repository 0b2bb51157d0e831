"""Tables of the types that prepared entities have, in memory: what tests need that run rules without a project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aac.engines import sql
from aac.engines.base import CALENDAR_DAYS, CALENDARS, Entity, Query, Relation, Select
from aac.engines.duckdb import DuckdbEngine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.engines.base import Rows
    from aac.expressions.nodes import Node, Type

STORED = {
    "text": "VARCHAR",
    "integer": "BIGINT",
    "number": "DECIMAL(18, 6)",
    "money": "DECIMAL(18, 4)",
    "float": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "INTEGER",
    "timestamp": "BIGINT",
}
"""How landing stores the types of fields."""
WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"})
NOTHING = '"NULL"'
"""What the engine says of a value that can only be null."""
DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
AS_OF_US = 1_772_323_200_000_000
"""2026-03-01T00:00Z."""


class TypedTables:
    """An engine with a table a entity, empty until rows are added."""

    def __init__(self, entities: Mapping[str, Mapping[str, Type]], key: str, calendars: Sequence[str] = ()) -> None:
        self.engine = DuckdbEngine()
        for entity, fields in entities.items():
            columns = ", ".join(f'"{name}" {STORED[type_.name]}' for name, type_ in fields.items())
            self.engine.execute(f'CREATE TABLE "{entity}" ({columns})')
        ends = ("key", "open_before", "opens_1", "closes_1")
        self.engine.load(CALENDARS, (("id", "text"), ("number", "bigint")), [])
        self.engine.load(CALENDAR_DAYS, [(name, "bigint") for name in ends], [])
        self.relations = {entity: Relation((entity,), key) for entity in entities}
        self.calendars = {id_: number for number, id_ in enumerate(calendars)}

    def add(self, entity: str, row: Sequence[object]) -> None:
        """A record, its values as they are stored."""
        places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        self.engine.execute(f'INSERT INTO "{entity}" VALUES ({places})', *row)

    def rows(self, entity: str, *values: Node, order: str) -> Rows:
        """What rules come to for every record, in the order of a field."""
        return self.engine.execute(f'{self.text(entity, *values)} ORDER BY r."{order}"')

    def type(self, entity: str, value: Node) -> str:
        """What the engine itself says of the type of a rule."""
        ((_, type_, *_),) = self.engine.execute(f"DESCRIBE {self.text(entity, value)}")
        return str(type_)

    def text(self, entity: str, *values: Node) -> str:
        columns = tuple((f"v{place}", value) for place, value in enumerate(values))
        select = Select(Entity(entity), columns)
        query = Query((), (select,), self.relations, as_of_us=AS_OF_US, calendars=self.calendars)
        return sql.output_sql(query, select)


def is_said(engine: str, type_: Type) -> bool:
    """Whether a value of the engine's type is what the check says that it is."""
    found = DECIMAL.fullmatch(engine)
    places = 0 if engine in WHOLE else int(found[2]) if found else None
    if engine == NOTHING:
        return True
    match type_.name:
        case "integer" | "number" | "money" | "date" | "timestamp" | "span":
            return places is not None and places <= type_.decimals
        case "null":
            return engine == "INTEGER"
        case name:
            return engine == STORED[name]
