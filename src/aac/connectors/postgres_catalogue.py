"""What the catalogue of a PostgreSQL says about its tables, and the queries that read them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, LiteralString

from aac.records import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import Connection, Error
    from psycopg.sql import Composed

CATALOGUE = """
WITH RECURSIVE base AS (
  SELECT oid AS declared, oid AS type, NULL::int AS modifier FROM pg_type
  UNION ALL
  SELECT base.declared, domain.typbasetype, domain.typtypmod FROM base
  JOIN pg_type AS domain ON domain.oid = base.type AND domain.typtype = 'd'
)
SELECT c.oid, n.nspname, c.relname, greatest(c.reltuples, 0)::bigint, a.attname,
  format_type(t.oid, coalesce(nullif(base.modifier, -1), a.atttypmod)), t.typname, t.typcategory, t.typtype,
  has_column_privilege(c.oid, a.attnum, 'SELECT'), array_position(i.indkey::int2[], a.attnum),
  has_schema_privilege(n.oid, 'USAGE'), row_security_active(c.oid), c.relkind = 'v', current_user
FROM pg_class AS c
JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN base ON base.declared = a.atttypid
JOIN pg_type AS t ON t.oid = base.type AND t.typtype <> 'd'
LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
ORDER BY n.nspname, c.relname, a.attnum
"""
"""A row for each column of a table: what domains are made of counts as their type; then what the role may do."""

REWRITTEN = """
SELECT c.relname FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND c.relkind IN ('r', 'm') AND c.relfilenode <> 0
  AND c.relfilenode <> pg_relation_filenode(c.oid)
ORDER BY c.relname LIMIT 1
"""
"""Tables that have been read whose rows lie elsewhere now than in our snapshot: `TRUNCATE` and most of `ALTER TABLE`
leave nothing of them to see (https://www.postgresql.org/docs/current/mvcc-caveats.html)."""

TYPES = {
    "int2": "integer",
    "int4": "integer",
    "int8": "integer",
    "float4": "float",
    "float8": "float",
    "bool": "boolean",
    "date": "date",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
}
PLACES = re.compile(r"numeric\(([0-9]+),(-?[0-9]+)\)")
MOST_DIGITS, MOST_PLACES = 18, 6
"""Of our type `number`: a `numeric` of more, or of any number of them, stays the text that says it exactly."""

PRECISION = re.compile(r"\([0-9, ]+\)")
AS_IT_IS: LiteralString = "{}"
FORMS: dict[str, LiteralString] = {"bool": "{}::text", "money": "{}::numeric"}
"""How `COPY` has to write values of some types, so that they are read as what they are: `true`, and not `t`."""
AS_JSON: LiteralString = "to_json({})"
"""The same for arrays and rows of columns."""

ASK = "ask for it: `GRANT SELECT ON …`, or where it is row-level security `ALTER ROLE … BYPASSRLS`"
"""What to do about what the server refuses."""
FEW_ROWS = "row-level security shows it only some of the rows: ask for `ALTER ROLE {} BYPASSRLS`"
"""Why a table is refused whose rows nobody but its owner sees all of, with the name of our role."""

MOMENTS: dict[str, tuple[LiteralString, LiteralString]] = {
    "timestamp with time zone": (
        "timestamptz",
        """now(), (SELECT min(xact_start) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid())""",
    ),
    "timestamp without time zone": ("timestamp", "now() AT TIME ZONE 'UTC' + interval '14 hours'"),
    "date": ("date", "(now() AT TIME ZONE 'UTC')::date + 1"),
}
"""Types that a cursor may be of: how we write them, and what no cursor can be later than that is to be believed. What
an open transaction writes may be as old as the transaction, and a time without a zone may be that of any place."""
LATEST: LiteralString = """
SELECT CASE WHEN max({cursor}) IS NOT NULL THEN least(max({cursor}), {believed}) END::text FROM {table}
"""


BARE = frozenset({"smallint", "integer", "bigint", "uuid", "date", *MOMENTS})
IN_QUOTES = frozenset({"text", "character varying"})
"""Types whose values as text are what `COPY` writes: such that need no quotes, and such that may."""
AS_TEXT: LiteralString = "{}::text"
QUOTED: LiteralString = """'"' || replace({}, '"', '""') || '"'"""
LINES: LiteralString = """
SELECT string_agg(line, E'\\n') || E'\\n'
FROM (SELECT {line} AS line, (row_number() OVER () - 1) / 4096 AS part FROM {table}) AS numbered GROUP BY part
"""
"""Lines of keys, 4096 to a row."""


@record
class TableColumn:
    """``type``: ours, null for text; ``spelling``: PostgreSQL's; ``form``: how `COPY` is to write a value."""

    name: str
    type: str | None
    spelling: str
    form: LiteralString

    @property
    def plainly(self) -> str:
        """The spelling without a precision: `timestamp(3) with time zone` is one with time zone."""
        return PRECISION.sub("", self.spelling)

    @property
    def read(self) -> Composed:
        """The column as `COPY` is to write it."""
        from psycopg.sql import SQL, Identifier

        return SQL(self.form).format(Identifier(self.name))


@record
class Relation:
    """A table or what reads like one. ``about``: how many rows it had when the server last counted; 0: not known.

    ``refused`` and ``withheld`` as in `Stream`; of what is refused the columns are all there are.
    """

    oid: int
    schema: str
    name: str
    about: int | None
    columns: tuple[TableColumn, ...]
    key: tuple[str, ...]
    refused: str | None
    withheld: Mapping[str, str]

    def stream(self, first: str) -> str:
        """The name of its stream where ``first`` is the schema whose tables go by their own names."""
        return self.name if self.schema == first else f"{self.schema}.{self.name}"

    def column(self, name: str) -> TableColumn:
        return next(column for column in self.columns if column.name == name)

    def rows(self, names: Sequence[str] = (), since: tuple[str, str, int] | None = None) -> Composed:
        """A query of columns, all if none is named; ``since``: a cursor, its value and how many microseconds before."""
        from psycopg.sql import SQL, Identifier, Literal

        wanted = [self.column(name) for name in names] if names else self.columns
        named = SQL("{} AS {}")
        read = SQL(", ").join(named.format(column.read, Identifier(column.name)) for column in wanted)
        query = SQL("SELECT {} FROM {}").format(read, Identifier(self.schema, self.name))
        if since is None:
            return query
        cursor, value, overlap_us = since
        return query + SQL(" WHERE {column} >= {value}::{type} - {overlap}::interval OR {column} IS NULL").format(
            column=Identifier(cursor),
            value=Literal(value),
            type=SQL(MOMENTS[self.column(cursor).plainly][0]),
            overlap=Literal(f"{overlap_us} microseconds"),
        )


def lines_of_keys(relation: Relation, key: Sequence[str]) -> Composed | None:
    """A query of a table's keys as lines of CSV, many to a row, as the way of each row costs more than its key.

    Null where a value of a type may be written otherwise than by `COPY`, as it then would not be known again.
    """
    from psycopg.sql import SQL, Identifier

    columns = [relation.column(name) for name in key]
    if not all(column.plainly in (*BARE, *IN_QUOTES) for column in columns):
        return None
    written = [
        SQL(QUOTED if column.plainly in IN_QUOTES else AS_TEXT).format(Identifier(column.name)) for column in columns
    ]
    table = Identifier(relation.schema, relation.name)
    return SQL(LINES).format(line=SQL(" || ',' || ").join(written), table=table)


def catalogue(connection: Connection[tuple[Any, ...]], schemas: Sequence[str]) -> tuple[Relation, ...]:
    """The tables of some schemas, with what of them may not be read."""
    rows = connection.execute(CATALOGUE.encode(), [list(schemas)]).fetchall()
    found = [_relation(list(columns)) for _, columns in groupby(rows, key=lambda row: row[0])]
    views = {row[0] for row in rows if row[13]}
    return tuple(
        replace(each, refused=_refusal(connection, each)) if each.oid in views and each.refused is None else each
        for each in found
    )


def _refusal(connection: Connection[tuple[Any, ...]], view: Relation) -> str | None:
    """Why the server refuses a view as something below it may not be read; what is locked is not waited for.

    Nothing else that is wrong with a view is told before it is read.
    """
    from psycopg import Error, Rollback, errors
    from psycopg.sql import SQL

    refused: str | None = None
    with connection.transaction() as inside:
        try:
            connection.execute("SET LOCAL lock_timeout = '1s'")
            connection.execute(SQL("EXPLAIN {}").format(view.rows()))
        except errors.InsufficientPrivilege as error:
            refused = f"{shown(error)}; {ASK}"
        except Error:
            refused = None
        raise Rollback(inside)
    return refused


def moment_of(relation: Relation, cursor: str) -> Composed | None:
    """A query of the latest value of a column, as text; null when it holds no dates or times."""
    from psycopg.sql import SQL, Identifier

    known = MOMENTS.get(relation.column(cursor).plainly)
    if known is None:
        return None
    table = Identifier(relation.schema, relation.name)
    return SQL(LATEST).format(cursor=Identifier(cursor), believed=SQL(known[1]), table=table)


def rewritten(connection: Connection[tuple[Any, ...]]) -> str | None:
    """A table that was read and no longer is what our snapshot shows of it."""
    rows = connection.execute(REWRITTEN.encode()).fetchall()
    return rows[0][0] if rows else None


def shown(error: Error) -> str:
    """What the server says went wrong, in one line; of a connection that broke, what the driver says."""
    return " ".join((error.diag.message_primary or str(error)).split())


def _relation(rows: Sequence[Sequence[Any]]) -> Relation:
    """The table of the catalogue's rows about it."""
    oid, schema, name, about, *_, may_enter, is_filtered, _, role = rows[0]
    table, role = _quoted(schema, name), _quoted(role)
    hidden = [row[4] for row in rows if not row[9]]
    refused = None
    if not may_enter:
        refused = f"ask for `GRANT USAGE ON SCHEMA {_quoted(schema)} TO {role}`"
    elif len(hidden) == len(rows):
        refused = f"ask for `GRANT SELECT ON {table} TO {role}`"
    elif is_filtered:
        refused = FEW_ROWS.format(role)
    key = sorted((row[10], row[4]) for row in rows if row[10] is not None)
    columns = tuple(_column(*row[4:9]) for row in rows if row[9] or refused)
    withheld = {} if refused else {of: f"ask for `GRANT SELECT ({_quoted(of)}) ON {table} TO {role}`" for of in hidden}
    return Relation(oid, schema, name, about or None, columns, tuple(each for _, each in key), refused, withheld)


def _quoted(*parts: str) -> str:
    """A name as a statement of PostgreSQL's has it."""
    from psycopg.sql import Identifier

    return Identifier(*parts).as_string()


def _column(name: str, spelling: str, type_: str, category: str, sort: str) -> TableColumn:
    is_nested = category == "A" or sort == "c"
    form = AS_JSON if is_nested else FORMS.get(type_, AS_IT_IS)
    ours = TYPES.get(type_)
    if type_ == "numeric" and (places := PLACES.fullmatch(spelling)):
        ours = "number" if int(places[2] or 0) <= MOST_PLACES and int(places[1]) <= MOST_DIGITS else None
    return TableColumn(name, ours, spelling, form)
