"""A connector to a database of the tests, what it sends, and how that is read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from aac.connectors.base import Checkpoint, Message, Rows, Stream
from aac.connectors.postgres import PostgresConnector
from tests.servers.postgresql import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Run: TypeAlias = Callable[[str], list[tuple[Any, ...]]]
"""Runs statements, each of which commits; the rows of the last."""
Connect: TypeAlias = Callable[..., PostgresConnector]
"""A connector by its settings, checked; `dsn` is the connection string itself."""

LEADS = """
    CREATE TABLE leads (id int PRIMARY KEY, name text, at timestamptz);
    INSERT INTO leads VALUES (1, 'old', now() - interval '3 days'), (2, 'new', now() - interval '1 hour'),
      (3, 'never', NULL)
"""
FOLLOWED = {"leads": {"cursor": "at"}}


def role(database: Run) -> None:
    """A role `reader` that may do nothing."""
    database(f"""
        DO $$ BEGIN CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'; EXCEPTION WHEN duplicate_object THEN NULL; END $$
    """)


def parsed(path: Path) -> list[list[str | None]]:
    """The rows of a CSV file of PostgreSQL's, header first: what is empty is null unless it is quoted."""
    rows: list[list[str | None]] = [[]]
    value, quoted, inside = "", False, False
    text = path.read_bytes().decode("utf-8")
    at = 0
    while at < len(text):
        char = text[at]
        if inside and text[at : at + 2] == '""':
            value += '"'
            at += 1
        elif char == '"':
            quoted, inside = True, not inside
        elif inside or char not in ",\n":
            value += char
        else:
            rows[-1].append(value if value or quoted else None)
            value, quoted = "", False
            if char == "\n":
                rows.append([])
        at += 1
    assert rows[-1] == []
    return rows[:-1]


def pulled(
    connector: PostgresConnector, name: str, state: Mapping[str, Any] | None = None
) -> tuple[Stream, list[Message]]:
    """A stream and its messages."""
    (stream,) = [stream for stream in connector.discover() if stream.name == name]
    (part,) = connector.slices(stream, state)
    return stream, list(connector.read(stream, part))


def state_of(messages: list[Message]) -> Mapping[str, Any]:
    end = messages[-1]
    assert isinstance(end, Checkpoint)
    assert end.complete
    return end.state


def upserts(messages: list[Message]) -> list[list[str | None]]:
    """The rows that a stream sends to be put in place of older ones, without the header."""
    return [row for each in messages if isinstance(each, Rows) and each.op == "upsert" for row in parsed(each.path)[1:]]


def keys(messages: list[Message], *key: str) -> list[list[str]] | None:
    """The complete list of keys in order; null when none is sent. ``key``: their columns, where all rows list them."""
    for each in messages:
        if isinstance(each, Rows) and each.op == "keys":
            places = [each.columns.index(name) for name in key or each.columns]
            return sorted([str(row[place]) for place in places] for row in parsed(each.path)[1:])
    return None
