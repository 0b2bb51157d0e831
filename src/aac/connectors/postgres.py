"""Connector `postgres`: tables and views of a PostgreSQL, every stream of a pull as of one moment.

A stream with a cursor is read from where the last pull ended and its keys are read whole, so that what was deleted is
seen; any other is read whole. `COPY` writes CSV, which goes into files as it comes; types are the catalogue's.
"""

from __future__ import annotations

import weakref
from contextlib import contextmanager
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from aac.connectors.base import Checkpoint, Context, Files, Progress, Rows, Secret, Settings, Slice, Stream
from aac.connectors.postgres_catalogue import ASK, catalogue, lines_of_keys, moment_of, rewritten, shown
from aac.connectors.timed import Elapsed
from aac.errors import SourceError
from aac.findings import did_you_mean
from aac.folders import refusal
from aac.hookspecs import hookimpl
from aac.periods import parse_duration

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping
    from pathlib import Path

    from psycopg import Connection
    from psycopg.sql import Composed

    from aac.connectors.base import Connector, Message
    from aac.connectors.postgres_catalogue import Relation

SESSION = """
SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 1; SET LOCAL lock_timeout = '60s';
SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off
"""
"""How values are written, whatever the server's own settings are; that we wait for others, and they for us; and that a
table is refused of which our role would be shown only some rows, as the others would look deleted."""
CONNECT_SECONDS = 10
ROWS_AT_ONCE = 16
"""Of lines of keys, which are long."""
TOLD_EVERY = 250_000
"""Records between two lines of progress."""
NAIVE_US = 3600 * 1_000_000
"""What the overlap is longer by where times carry no zone: a local clock may be put back by an hour."""


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class TableSettings(BaseModel):
    """How a table is followed. ``cursor``: a column that is later after every change of a row. ``key``: the columns
    that name a row, where the table has no primary key. ``deletes = "none"``: rows never go, so no keys are read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cursor: str | None = None
    key: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    overlap: Elapsed = "15 minutes"
    deletes: Literal["key_scan", "none"] = "key_scan"

    @property
    def overlap_us(self) -> int:
        return parse_duration(self.overlap).us


class PostgresSettings(Settings):
    """``dsn``: where the connection string is. ``schemas``: where tables are looked for. ``tables``: those that are
    offered, all if there are none. ``streams``: how single tables are followed."""

    dsn: Secret
    schemas: tuple[str, ...] = Field(default=("public",), min_length=1)
    tables: tuple[str, ...] = ()
    streams: dict[str, TableSettings] = Field(default_factory=dict[str, TableSettings])


class PostgresConnector:
    """Each table, view and foreign table is a stream: those of the first schema by their names, the others by schema
    and name (`sales.deals`). A partitioned table is one stream."""

    name: ClassVar[str] = "postgres"
    settings: ClassVar[type[Settings]] = PostgresSettings

    def __init__(self, settings: PostgresSettings, context: Context) -> None:
        self._settings = settings
        self._folder = context.folder
        self._open: Connection[tuple[Any, ...]] | None = None
        self._relations: dict[str, Relation] = {}

    def check(self) -> None:
        """Opens the transaction of this pull: all that is read later is as it is now."""
        connection = _connected(self._settings.dsn)
        weakref.finalize(self, connection.close)
        self._open = connection
        with _telling("the database"):
            connection.execute(SESSION.encode())

    def discover(self) -> tuple[Stream, ...]:
        """The tables of the schemas; raises SourceError for a name in the settings that nothing has."""
        schemas = self._settings.schemas
        with _telling("the catalogue"):
            found = catalogue(self._connection, schemas)
        self._relations = {relation.stream(schemas[0]): relation for relation in found}
        self._refuse_unknown(schemas, {relation.schema for relation in found}, "schemas", "table in a schema")
        for key, names in (("tables", self._settings.tables), ("streams", tuple(self._settings.streams))):
            self._refuse_unknown(names, self._relations, key, "table")
        offered = self._settings.tables or tuple(self._relations)
        return tuple(self._stream(name) for name in sorted({*offered, *self._settings.streams}))

    def slices(self, stream: Stream, state: Mapping[str, Any] | None) -> tuple[Slice, ...]:
        """One slice: from the last cursor on, unless something changed that only reading everything makes good."""
        same = state is not None and state.get("made_of") == self._made_of(stream)
        since = state["until"] if state is not None and same else None
        return (Slice(stream.name, {"since": since}),)

    def read(self, stream: Stream, part: Slice) -> Iterator[Message]:
        """The rows, the keys if rows may go, and the end. Raises SourceError when the table cannot be read whole."""
        relation, asked = self._relations[stream.name], self._asked(stream.name)
        path = self._folder / f"{relation.oid}.csv"
        with _telling(f"`{stream.name}`"):
            if asked.cursor is None:
                yield from self._copied(relation.rows(), path, relation.about)
                yield Files((path,), "csv", stream.columns)
                state, until = dict[str, Any](), None
            else:
                until = self._until(relation, asked.cursor)
                since = part.bounds["since"]
                yield from self._copied(self._changed(relation, asked, since), path, None if since else relation.about)
                yield Rows(path, "csv", stream.columns)
                if asked.deletes == "key_scan" and since is None:
                    yield Rows(path, "csv", stream.columns, "keys")
                elif asked.deletes == "key_scan":
                    keys = self._folder / f"{relation.oid}.keys.csv"
                    yield from self._keys(relation, stream.key, keys)
                    yield Rows(keys, "csv", stream.key, "keys")
                state = {"until": until, "made_of": self._made_of(stream)}
            if changed := rewritten(self._connection):
                raise SourceError(
                    f"`{changed}` was emptied or made anew while it was read: run `aac pull` when that is done"
                )
        yield Checkpoint(state, complete=True, until=until)

    @property
    def _connection(self) -> Connection[tuple[Any, ...]]:
        assert self._open is not None, "check() comes first"
        return self._open

    def _asked(self, stream: str) -> TableSettings:
        return self._settings.streams.get(stream, TableSettings())

    def _refuse_unknown(self, names: tuple[str, ...], known: Mapping[str, Any] | set[str], key: str, what: str) -> None:
        for name in names:
            if name not in known:
                near = did_you_mean(name, sorted(known)) or f"correct `{key}` in aac.toml"
                raise SourceError(f"there is no {what} `{name}` in the database: {near}")

    def _stream(self, name: str) -> Stream:
        """What is told of a table; raises SourceError when it cannot be followed as the settings ask."""
        relation, asked = self._relations[name], self._asked(name)
        columns = tuple(column.name for column in relation.columns)
        key = asked.key or relation.key
        for column in (*(key if asked.cursor else asked.key), *((asked.cursor,) if asked.cursor else ())):
            if (advice := relation.withheld.get(column)) is not None:
                raise SourceError(f"`{name}` cannot be followed, as its `{column}` may not be read: {advice}")
            if column not in columns:
                raise SourceError(f"`{name}` has no column `{column}`: {did_you_mean(column, columns)}")
        if asked.cursor and moment_of(relation, asked.cursor) is None:
            message = f"the cursor `{asked.cursor}` of `{name}` holds no dates or times"
            raise SourceError(f"{message}: name a column that is later after every change of a row")
        if asked.cursor and not key:
            message = f"`{name}` has no primary key, which following it by a cursor needs"
            raise SourceError(f'{message}: name the columns that tell its rows apart, as in `key = "id"`')
        types = {column.name: column.type for column in relation.columns if column.type}
        deletes = asked.deletes if asked.cursor else "none"
        # no version: what is read is as the database is now, even where a cursor was set back
        stream = Stream(name, columns, types, key if asked.cursor else (), deletes=deletes)
        return replace(stream, refused=relation.refused, withheld=relation.withheld)

    def _made_of(self, stream: Stream) -> list[Any]:
        """All that a cursor cannot tell of: other columns and another way of following mean reading everything."""
        types = [[column.name, column.spelling] for column in self._relations[stream.name].columns]
        return [types, list(stream.key), self._asked(stream.name).cursor]

    def _until(self, relation: Relation, cursor: str) -> str | None:
        """Where the next pull begins, before its overlap: the latest cursor there is, yet not one of a clock that is
        wrong, nor one that a transaction still open may write behind."""
        latest = moment_of(relation, cursor)
        assert latest is not None
        ((until,),) = self._connection.execute(latest).fetchall()
        return until

    def _changed(self, relation: Relation, asked: TableSettings, since: str | None) -> Composed:
        """The rows since a cursor, those without one among them; all if there is no cursor yet."""
        assert asked.cursor is not None
        if since is None:
            return relation.rows()
        longer = NAIVE_US if relation.column(asked.cursor).plainly == "timestamp without time zone" else 0
        return relation.rows(since=(asked.cursor, since, asked.overlap_us + longer))

    def _copied(self, rows: Composed, path: Path, about: int | None) -> Iterator[Message]:
        """Writes what a query gives, a header first; ``about``: how many rows there will be, if that is known."""
        from psycopg.sql import SQL

        command = SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER true)").format(rows)
        with _written(path) as file, self._connection.cursor() as cursor, cursor.copy(command) as copy:
            for number, line in enumerate(copy):
                file.write(line)
                if number and number % TOLD_EVERY == 0:
                    yield Progress(number, about)

    def _keys(self, relation: Relation, key: tuple[str, ...], path: Path) -> Iterator[Message]:
        """Writes the key of every row there is, a header first."""
        lines = lines_of_keys(relation, key)
        if lines is None:
            yield from self._copied(relation.rows(key), path, None)
            return
        with _written(path) as file, self._connection.cursor("keys") as cursor:
            file.write((",".join('"' + name.replace('"', '""') + '"' for name in key) + "\n").encode())
            cursor.itersize = ROWS_AT_ONCE
            file.writelines(str(text).encode() for (text,) in cursor.execute(lines) if text is not None)


@contextmanager
def _written(path: Path) -> Generator[IO[bytes]]:
    """A new file to be written inside. Raises SourceError when it cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            yield file
    except OSError as error:
        raise SourceError(f"`{path}` cannot be written: {refusal(error, path.parent)}") from error


def _connected(dsn: Secret) -> Connection[tuple[Any, ...]]:
    """A connection whose transaction will be one snapshot. No message says more of the DSN than its server's name."""
    try:
        import psycopg
    except ModuleNotFoundError:
        message = 'reading PostgreSQL needs a driver: run `pip install "alignment-as-code[postgres]"`'
        raise SourceError(message) from None
    from psycopg.conninfo import conninfo_to_dict

    given = dsn.resolve()
    form = "write it as `postgresql://user:password@host/database`, with `%40` for an `@` in the password"
    try:
        parts = conninfo_to_dict(given)
    except psycopg.Error:  # its message quotes the text that it does not understand
        parts = {"host": "@"}
    if any("@" in str(parts.get(key, "")) for key in ("host", "port", "dbname")):
        raise SourceError(f"the connection string in `{dsn.env}` cannot be read: {form}")
    timeout = parts.get("connect_timeout", CONNECT_SECONDS)
    try:
        connection = psycopg.connect(
            given, connect_timeout=timeout, application_name="aac", client_encoding="UTF8", prepare_threshold=None
        )
    except psycopg.Error as error:
        raise SourceError(f"cannot connect with `{dsn.env}`: {_without(error, parts.get('password'))}") from None
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


def _without(error: Exception, password: object) -> str:
    """An error in one line, without a password."""
    told = " ".join(str(error).split())
    return told.replace(str(password), "…") if password else told


@contextmanager
def _telling(what: str) -> Generator[None]:
    """Says what went wrong while ``what`` was read, and what to do about it."""
    import psycopg
    from psycopg import errors

    try:
        yield
    except errors.InsufficientPrivilege as error:
        raise SourceError(f"{what} may not be read: {shown(error)}; {ASK}") from None
    except (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName) as error:
        raise SourceError(f"{what} was changed while it was read: {shown(error)}; run `aac pull` again") from None
    except errors.LockNotAvailable:
        message = f"{what} is locked by somebody else for more than a minute"
        raise SourceError(f"{message}: run `aac pull` when that is done") from None
    except psycopg.OperationalError as error:
        raise SourceError(f"reading {what} was cut short: {shown(error)}; run `aac pull` again") from None
    except psycopg.Error as error:
        raise SourceError(f"{what} cannot be read: {shown(error)}") from None


@hookimpl
def aac_connectors() -> list[type[Connector]]:
    return [PostgresConnector]
