"""What the connector `postgres` offers of a real server, how values are written, and what settings are refused.

Expected values are written by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from aac.connectors.base import Files, Progress, Stream
from aac.connectors.postgres import PostgresSettings
from aac.errors import SourceError
from tests.servers.pulling import parsed, pulled

if TYPE_CHECKING:
    from tests.servers.postgresql import Server
    from tests.servers.pulling import Connect, Run

pytestmark = pytest.mark.servers


# What is offered


def test_tables_views_and_partitioned_tables_are_streams(database: Run, connect: Connect) -> None:
    database("""
        CREATE SCHEMA sales;
        CREATE TABLE leads (id bigint PRIMARY KEY, name text, score numeric(8, 2), at timestamptz, day date, ok boolean,
          gone int, odd numeric, big numeric(30, 9), "Lead Source" varchar(20));
        ALTER TABLE leads DROP COLUMN gone;
        CREATE VIEW open_leads AS SELECT id, score FROM leads WHERE NOT ok;
        CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS n FROM leads;
        CREATE TABLE events (id int, at timestamp, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
        CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        CREATE TABLE sales.deals (id int);
        CREATE DOMAIN points AS int; CREATE DOMAIN score AS points;
        CREATE TABLE sales.scores (value score)
    """)
    types = {"id": "integer", "score": "number", "at": "timestamp", "day": "date", "ok": "boolean"}
    leads = Stream("leads", ("id", "name", "score", "at", "day", "ok", "odd", "big", "Lead Source"), types)
    own = (
        Stream("events", ("id", "at"), {"id": "integer", "at": "timestamp"}),
        leads,
        Stream("open_leads", ("id", "score"), {"id": "integer", "score": "number"}),
        Stream("totals", ("n",), {"n": "integer"}),
    )
    assert connect().discover() == own
    both = connect(schemas=["public", "sales"]).discover()
    assert both == (
        *own[:3],
        Stream("sales.deals", ("id",), {"id": "integer"}),
        Stream("sales.scores", ("value",), {"value": "integer"}),
        own[3],
    )
    assert [stream.name for stream in connect(schemas=["sales"]).discover()] == ["deals", "scores"]
    assert connect(tables=["leads"]).discover() == (leads,)
    followed = connect(streams={"leads": {"cursor": "at"}, "open_leads": {"key": "id"}}).discover()
    assert followed[1] == Stream("leads", leads.columns, types, ("id",), deletes="key_scan")
    assert followed[2] == own[2]
    logged = connect(streams={"events": {"cursor": "at", "deletes": "none"}}).discover()[0]
    assert (logged.key, logged.deletes) == (("at", "id"), "none")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"schemas": ["sale"]}, "there is no table in a schema `sale` in the database: correct `schemas` in aac.toml"),
        ({"tables": ["lead"]}, "there is no table `lead` in the database: did you mean `leads`?"),
        ({"streams": {"leds": {}}}, "there is no table `leds` in the database: did you mean `leads`?"),
        ({"streams": {"leads": {"cursor": "upd"}}}, "`leads` has no column `upd`: one of: `at`, `id`, `name`"),
        ({"streams": {"leads": {"key": ["id", "nam"]}}}, "`leads` has no column `nam`: did you mean `name`?"),
        (
            {"streams": {"leads": {"cursor": "name"}}},
            "the cursor `name` of `leads` holds no dates or times: name a column that is later after every change of a "
            "row",
        ),
        (
            {"streams": {"log": {"cursor": "at"}}},
            "`log` has no primary key, which following it by a cursor needs: name the columns that tell its rows "
            'apart, as in `key = "id"`',
        ),
    ],
)
def test_settings_that_the_database_cannot_keep_are_told(
    database: Run, connect: Connect, settings: dict[str, object], told: str
) -> None:
    database("CREATE TABLE leads (id int PRIMARY KEY, name text, at timestamptz); CREATE TABLE log (at date)")
    with pytest.raises(SourceError) as error:
        connect(**settings).discover()
    assert str(error.value) == told


@pytest.mark.parametrize(
    "settings",
    [
        {"dsn": "postgresql://u:p@h/d"},
        {"dsn": {"env": "X"}, "table": ["leads"]},
        {"dsn": {"env": "X"}, "streams": {"leads": {"cursors": "at"}}},
        {"dsn": {"env": "X"}, "streams": {"leads": {"overlap": "2 business days"}}},
        {"dsn": {"env": "X"}, "streams": {"leads": {"overlap": "soon"}}},
        {"dsn": {"env": "X"}, "schemas": []},
    ],
)
def test_settings_that_say_nothing_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PostgresSettings.model_validate(settings)


# How values are written

VALUES = [
    ("smallint", "-32768", "-32768"),
    ("bigint", "9223372036854775807", "9223372036854775807"),
    ("numeric", "12345678901234567890.1234567890123456789", "12345678901234567890.1234567890123456789"),
    ("numeric(8, 2)", "10", "10.00"),
    ("numeric", "'NaN'", "NaN"),
    ("double precision", "0.1::float8 + 0.2::float8", "0.30000000000000004"),
    ("real", "'-0'", "-0"),
    ("money", "'1234.5'", "1234.50"),
    ("boolean", "true", "true"),
    ("boolean", "false", "false"),
    ("date", "'2026-03-29'", "2026-03-29"),
    ("timestamptz", "'2026-03-29 02:30:00.123456+01'", "2026-03-29 01:30:00.123456+00"),
    ("timestamptz", "'2026-11-01 01:30 America/New_York'", "2026-11-01 06:30:00+00"),
    ("timestamptz", "'infinity'", "infinity"),
    ("timestamp", "'2026-03-29 02:30'", "2026-03-29 02:30:00"),
    ("interval", "'1 day 2 hours'", "P1DT2H"),
    ("text", "''", ""),
    ("text", "NULL", None),
    ("text", "'\\N'", "\\N"),
    ("text", "'NULL'", "NULL"),
    ("text", "'  '", "  "),
    ("text", """'a,"b" c'""", 'a,"b" c'),
    ("text", "E'two\\nlines\\r\\nand\\ttab'", "two\nlines\r\nand\ttab"),
    ("text", "U&'\\+01F600 \\FFFF\\FEFF \\0301'", "\U0001f600 \uffff\ufeff \u0301"),
    ("char(4)", "'ab'", "ab  "),
    ("json", """'{"a":  [1, "x"], "a": null}'""", '{"a":  [1, "x"], "a": null}'),
    ("jsonb", """'{"b": 1, "a": "é"}'""", '{"a": "é", "b": 1}'),
    ("text[]", """ARRAY['a', NULL, 'b,"c"', '']""", '["a",null,"b,\\"c\\"",""]'),
    ("int[]", "ARRAY[[1, 2], [3, 4]]", "[[1,2],[3,4]]"),
    ("int[]", "NULL", None),
    ("stage", "'won'", "won"),
    ("pair", "ROW(1, 'x')", '{"n":1,"t":"x"}'),
    ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("bytea", "'\\xDEAD'", "\\xdead"),
    ("score", "7", "7"),
]


def test_values_are_written_exactly(database: Run, connect: Connect, server: Server) -> None:
    columns = ", ".join(f"c{place} {type_}" for place, (type_, _, _) in enumerate(VALUES))
    values = ", ".join(f"{value}" for _, value, _ in VALUES)
    server.run("ALTER DATABASE crm SET datestyle = 'German'; ALTER DATABASE crm SET extra_float_digits = 0")
    database(f"""
        CREATE TYPE stage AS ENUM ('open', 'won'); CREATE TYPE pair AS (n int, t text); CREATE DOMAIN score AS int;
        CREATE TABLE odd ({columns}); INSERT INTO odd VALUES ({values})
    """)
    _, messages = pulled(connect(), "odd")
    files = messages[0]
    assert isinstance(files, Files)
    header, row = parsed(files.paths[0])
    assert tuple(header) == files.columns == tuple(f"c{place}" for place in range(len(VALUES)))
    assert dict(zip(VALUES, row, strict=True)) == {each: each[2] for each in VALUES}


def test_a_database_of_another_encoding_is_read_as_utf_8(server: Server, connect: Connect) -> None:
    server.create("latin", "LATIN1")
    server.run("CREATE TABLE t (name text); INSERT INTO t VALUES ('Zoë')", "latin")
    _, messages = pulled(connect(server.url("latin")), "t")
    assert isinstance(messages[0], Files)
    assert parsed(messages[0].paths[0]) == [["name"], ["Zoë"]]


def test_odd_names_are_names(database: Run, connect: Connect) -> None:
    database("""
        CREATE TABLE "Le%s; -- {}" ("a ""b"" c" int, "%(x)s" text, "{0}" text, PRIMARY KEY ("a ""b"" c"));
        INSERT INTO "Le%s; -- {}" VALUES (1, 'x', 'y')
    """)
    stream, messages = pulled(connect(), "Le%s; -- {}")
    assert isinstance(messages[0], Files)
    assert parsed(messages[0].paths[0]) == [list(stream.columns), ["1", "x", "y"]]
    assert stream.columns == ('a "b" c', "%(x)s", "{0}")


def test_progress_is_told(database: Run, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aac.connectors.postgres.TOLD_EVERY", 4)
    database("CREATE TABLE n AS SELECT generate_series(1, 10) AS i; ANALYZE n")
    _, messages = pulled(connect(), "n")
    assert messages[:2] == [Progress(4, 10), Progress(8, 10)]
    assert isinstance(messages[2], Files)
