"""What happens to a database while it is read, who may read it, and what is said: never a password."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import psycopg
import pytest

from aac.connectors.base import Context, Files, Slice
from aac.connectors.postgres import PostgresConnector, PostgresSettings
from aac.errors import SourceError
from tests.servers.postgresql import PASSWORD
from tests.servers.pulling import FOLLOWED, LEADS, parsed, pulled, role

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.postgresql import Server
    from tests.servers.pulling import Connect, Run

pytestmark = pytest.mark.servers


# One moment


def test_all_streams_are_as_of_one_moment(database: Run, connect: Connect) -> None:
    database("CREATE TABLE a AS SELECT 1 AS n; CREATE TABLE b AS SELECT 1 AS n")
    connector = connect()
    read = {}
    for name in ("a", "b"):
        _, messages = pulled(connector, name)
        assert isinstance(messages[0], Files)
        read[name] = parsed(messages[0].paths[0])[1:]
        database("INSERT INTO a VALUES (2); INSERT INTO b VALUES (2)")
    assert read == {"a": [["1"]], "b": [["1"]]}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TABLE leads", "`leads` was changed while it was read: relation \"public.leads\" does not exist"),
        ("ALTER TABLE leads DROP COLUMN name", "`leads` was changed while it was read: column \"name\" does not exist"),
        ("ALTER TABLE leads RENAME TO old", "`leads` was changed while it was read: relation \"public.leads\""),
        ("TRUNCATE leads", "`leads` was emptied or made anew while it was read: run `aac pull` when that is done"),
        ("ALTER TABLE leads ALTER COLUMN id TYPE bigint", "`leads` was emptied or made anew while it was read"),
        ("REVOKE SELECT ON leads FROM reader", "`leads` may not be read: permission denied for table leads; ask"),
    ],
)  # fmt: skip
def test_what_happens_to_a_table_while_it_is_read_is_told(
    database: Run, connect: Connect, server: Server, change: str, told: str
) -> None:
    role(database)
    database(LEADS + "; GRANT SELECT ON leads TO reader")
    connector = connect(server.url("crm", "reader"), streams=FOLLOWED)
    (stream,) = connector.discover()
    database(change)
    with pytest.raises(SourceError) as error:
        list(connector.read(stream, Slice("leads", {"since": None})))
    assert str(error.value).startswith(told)


def test_a_table_below_a_view_that_was_emptied_is_told(database: Run, connect: Connect) -> None:
    database(LEADS + "; CREATE VIEW v AS SELECT * FROM leads")
    connector = connect()
    stream = connector.discover()[1]
    database("TRUNCATE leads")
    with pytest.raises(SourceError, match=r"^`leads` was emptied or made anew while it was read"):
        list(connector.read(stream, Slice("v", {"since": None})))


def test_a_server_that_goes_away_is_told(database: Run, connect: Connect) -> None:
    database(LEADS)
    connector = connect()
    (stream,) = connector.discover()
    database("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'aac'")
    with pytest.raises(SourceError, match=r"^reading `leads` was cut short: .*; run `aac pull` again$"):
        list(connector.read(stream, Slice("leads", {"since": None})))


def test_a_locked_table_is_waited_for_and_told(
    database: Run,
    connect: Connect,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "aac.connectors.postgres.SESSION", "SET LOCAL TimeZone = 'UTC'; SET LOCAL lock_timeout = '50ms'"
    )
    database(LEADS)
    connector = connect()
    (stream,) = connector.discover()
    with psycopg.connect(server.url("crm")) as other:
        other.execute("LOCK TABLE leads")
        with pytest.raises(SourceError, match=r"^`leads` is locked by somebody else for more than a minute: run"):
            list(connector.read(stream, Slice("leads", {"since": None})))


# Who may read what


def test_what_may_not_be_read_is_told_and_never_looks_deleted(database: Run, connect: Connect, server: Server) -> None:
    role(database)
    database(f"""
        {LEADS}; GRANT SELECT (id, at) ON leads TO reader;
        CREATE TABLE "secret TABLE" AS SELECT 1 AS n;
        CREATE SCHEMA closed; CREATE TABLE closed.t AS SELECT 1 AS n; GRANT SELECT ON closed.t TO reader;
        CREATE TABLE few AS SELECT 1 AS n; ALTER TABLE few ENABLE ROW LEVEL SECURITY;
        CREATE VIEW above WITH (security_invoker) AS SELECT n FROM few;
        CREATE VIEW owners AS SELECT n FROM few; GRANT SELECT ON few, above, owners TO reader
    """)
    streams = connect(server.url("crm", "reader"), schemas=["public", "closed"]).discover()
    few = 'row-level security shows it only some of the rows: ask for `ALTER ROLE "reader" BYPASSRLS`'
    assert {stream.name: stream.refused for stream in streams} == {
        "above": 'query would be affected by row-level security policy for table "few"; '
        "ask for it: `GRANT SELECT ON …`, or where it is row-level security `ALTER ROLE … BYPASSRLS`",
        "closed.t": 'ask for `GRANT USAGE ON SCHEMA "closed" TO "reader"`',
        "leads": None,
        "owners": None,  # a view reads with the rights of whoever made it
        "secret TABLE": 'ask for `GRANT SELECT ON "public"."secret TABLE" TO "reader"`',
        "few": few,
    }
    (leads,) = [stream for stream in streams if stream.name == "leads"]
    assert leads.columns == ("id", "at")  # as much of it as was granted
    assert leads.withheld == {"name": 'ask for `GRANT SELECT ("name") ON "public"."leads" TO "reader"`'}
    everything = connect(schemas=["public", "closed"]).discover()
    assert [stream.name for stream in everything if stream.refused or stream.withheld] == []


def test_a_policy_that_comes_while_a_table_is_read_hides_nothing(
    database: Run, connect: Connect, server: Server
) -> None:
    role(database)
    database(LEADS + "; GRANT SELECT ON leads TO reader")
    connector = connect(server.url("crm", "reader"), streams=FOLLOWED)
    (stream,) = connector.discover()
    database("ALTER TABLE leads ENABLE ROW LEVEL SECURITY")
    with pytest.raises(SourceError, match=r"^`leads` may not be read: .*row-level security.*; ask for it: .*BYPASSRLS"):
        list(connector.read(stream, Slice("leads", {"since": None})))


def test_nothing_is_ever_written(database: Run, connect: Connect) -> None:
    database("""
        CREATE TABLE log (n int);
        CREATE FUNCTION note() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO log VALUES (1) RETURNING n';
        CREATE VIEW sly AS SELECT note() AS n
    """)
    connector = connect()
    stream = next(stream for stream in connector.discover() if stream.name == "sly")
    with pytest.raises(SourceError, match=r"^`sly` cannot be read: cannot execute INSERT in a read-only transaction$"):
        list(connector.read(stream, Slice("sly", {"since": None})))


# What is said when there is no connection, and what never is

BAD = [
    ("postgresql://postgres:{password}@127.0.0.1:{port}/nowhere", 'database "nowhere" does not exist'),
    ("postgresql://postgres:Wr0ngPass@127.0.0.1:{port}/crm", "password authentication failed for user"),
    ("postgresql://nobody:{password}@127.0.0.1:{port}/crm", "password authentication failed for user"),
    ("postgresql://postgres:{password}@127.0.0.1:1/crm", "Connection refused"),
    ("host=127.0.0.1 port={port} user=postgres password=Wr0ngPass dbname=crm", "password authentication failed"),
    ("postgresql://postgres:{raw}@127.0.0.1:{port}/crm", "the connection string in `CRM_DSN` cannot be read: write"),
    ("host=127.0.0.1 password = {raw}", "the connection string in `CRM_DSN` cannot be read: write it as `postgresql:"),
    ("Wr0ngPass", "the connection string in `CRM_DSN` cannot be read: write it as `postgresql://user:password@host/"),
    ("postgresql://u:Wr0ng@Pass@127.0.0.1/crm", "with `%40` for an `@` in the password"),
]


@pytest.mark.parametrize(("dsn", "told"), BAD)
def test_no_connection_is_told_without_a_secret(
    server: Server, database: object, connect: Connect, dsn: str, told: str
) -> None:
    del database
    password = server.url().split(":")[2].split("@")[0]
    with pytest.raises(SourceError) as error:
        connect(dsn.format(password=password, port=server.port, raw=PASSWORD))
    message = str(error.value)
    assert told in message
    assert "\n" not in message
    assert error.value.__cause__ is None
    for secret in (PASSWORD, password, "s3cret", "odd:signs", "Wr0ng"):
        assert secret not in message


def test_a_reference_to_nothing_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_DSN", raising=False)
    connector = PostgresConnector(
        PostgresSettings.model_validate({"dsn": {"env": "NO_DSN"}}), Context(tmp_path, tmp_path)
    )
    with pytest.raises(SourceError, match=r"^the environment variable `NO_DSN` is not set: set it and run `aac pull`"):
        connector.check()


def test_connections_end_with_their_connector(database: Run, connect: Connect) -> None:
    database(LEADS)
    open_now = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'aac'"
    connector = connect()
    assert database(open_now) == [(1,)]
    del connector
    gone = threading.Event()
    while database(open_now) != [(0,)]:
        gone.wait(0.01)
