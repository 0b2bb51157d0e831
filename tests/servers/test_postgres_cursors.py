"""What the connector `postgres` reads again in a second pull: by hand, on a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from aac.connectors.base import Rows
from tests.servers.pulling import FOLLOWED, LEADS, keys, pulled, state_of, upserts

if TYPE_CHECKING:
    from aac.connectors.base import Message
    from tests.servers.postgresql import Server
    from tests.servers.pulling import Connect, Run

pytestmark = pytest.mark.servers


# What is followed


def names(messages: list[Message]) -> list[str]:
    return sorted(row[1] or "" for row in upserts(messages))


def test_the_second_pull_reads_what_changed_and_all_keys(database: Run, connect: Connect) -> None:
    database(LEADS)
    _, first = pulled(connect(streams=FOLLOWED), "leads")
    assert names(first) == ["never", "new", "old"]
    assert keys(first, "id") == [["1"], ["2"], ["3"]]  # all rows list their own
    assert len({each.path for each in first if isinstance(each, Rows)}) == 1
    database("""
        UPDATE leads SET name = 'moved', at = now() WHERE id = 1; DELETE FROM leads WHERE id = 2;
        INSERT INTO leads VALUES (4, 'late', now() - interval '70 minutes'), (5, 'too late', now() - interval '2 hours')
    """)
    _, second = pulled(connect(streams=FOLLOWED), "leads", state_of(first))
    # the cursor stood an hour ago and begins a quarter of an hour before; what has no time is always read
    assert names(second) == ["late", "moved", "never"]
    assert keys(second) == [["1"], ["3"], ["4"], ["5"]]
    wide = {"leads": {"cursor": "at", "overlap": "2 hours", "deletes": "none"}}
    _, third = pulled(connect(streams=wide), "leads", state_of(first))
    assert names(third) == ["late", "moved", "never", "too late"]
    assert keys(third) is None


KEYS = ("text", "varchar(9)", "char(4)", "numeric(8, 2)", "date", "boolean", "timestamptz", "timestamp", "uuid")
ODD = r"""
    (1, '', 'a"b,c', 'ab', 1.5, '2026-03-29', true, '2026-03-29 02:30+02', '2026-03-29 02:30:00.5',
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'),
    (2, E'x\ny', '\N', '', -1, 'infinity', false, '-infinity', 'infinity', '00000000-0000-0000-0000-000000000000')
"""


def test_keys_are_listed_as_rows_have_them(database: Run, connect: Connect) -> None:
    """Of all types, with what has to be quoted in them, and more of them than go in one row of lines."""
    columns = ", ".join(f"k{place} {type_}" for place, type_ in enumerate(KEYS))
    database(f"""
        CREATE TABLE many (id bigint, {columns}, at timestamptz DEFAULT now()); INSERT INTO many VALUES {ODD};
        INSERT INTO many SELECT i, i, i, 'z', i, '2026-01-01', true, now(), now(), gen_random_uuid()
        FROM generate_series(3, 5000) AS i
    """)
    for place in range(len(KEYS)):
        streams = {"many": {"cursor": "at", "key": ["id", f"k{place}"]}}
        _, first = pulled(connect(streams=streams), "many")
        _, again = pulled(connect(streams=streams), "many", state_of(first))
        listed = keys(again)
        assert listed == keys(first, "id", f"k{place}"), KEYS[place]
        assert len(listed or ()) == 5000


def test_rows_of_one_moment_are_all_read(database: Run, connect: Connect) -> None:
    database(f"""{LEADS}; UPDATE leads SET at = '2026-01-01 12:00+00'""")
    narrow = {"leads": {"cursor": "at", "overlap": "0.000001 minutes"}}
    _, first = pulled(connect(streams=narrow), "leads")
    database("INSERT INTO leads SELECT i, 'tie', '2026-01-01 12:00+00' FROM generate_series(10, 509) AS i")
    _, second = pulled(connect(streams=narrow), "leads", state_of(first))
    assert len(upserts(second)) == 503


def test_a_clock_that_is_wrong_does_not_move_the_cursor(database: Run, connect: Connect) -> None:
    database(LEADS + "; INSERT INTO leads VALUES (9, 'from 2099', '2099-01-01')")
    _, first = pulled(connect(streams=FOLLOWED), "leads")
    database("INSERT INTO leads VALUES (4, 'today', now())")
    _, second = pulled(connect(streams=FOLLOWED), "leads", state_of(first))
    assert names(second) == ["from 2099", "never", "today"]


def test_what_an_open_transaction_writes_is_read_when_it_ends(database: Run, connect: Connect, server: Server) -> None:
    database(LEADS)
    streams = {"leads": {"cursor": "at", "overlap": "0.000001 minutes"}}
    with psycopg.connect(server.url("crm")) as writer:
        writer.execute("INSERT INTO leads VALUES (4, 'begun before', now())")
        database("INSERT INTO leads VALUES (5, 'begun later', clock_timestamp())")
        _, first = pulled(connect(streams=streams), "leads")
        assert names(first) == ["begun later", "never", "new", "old"]
    _, second = pulled(connect(streams=streams), "leads", state_of(first))
    assert names(second) == ["begun before", "begun later", "never"]


@pytest.mark.parametrize(
    ("type_", "first", "late"),
    [
        ("date", "2026-03-02", "2026-03-02"),
        # a local clock that was put back: half an hour later it shows half an hour less
        ("timestamp", "2026-10-25 02:45", "2026-10-25 02:15"),
        ("timestamp(3) with time zone", "2026-03-02 10:00+00", "2026-03-02 09:50+00"),
    ],
)
def test_cursors_of_all_types(
    database: Run,
    connect: Connect,
    type_: str,
    first: str,
    late: str,
) -> None:
    database(f"CREATE TABLE leads (id int PRIMARY KEY, name text, at {type_}); "
             f"INSERT INTO leads VALUES (1, 'a', '{first}'), (2, 'b', '2020-01-01')")  # fmt: skip
    _, messages = pulled(connect(streams=FOLLOWED), "leads")
    database(f"INSERT INTO leads VALUES (3, 'late', '{late}')")
    _, second = pulled(connect(streams=FOLLOWED), "leads", state_of(messages))
    assert names(second) == ["a", "late"]


def test_an_empty_table_is_read_whole_until_it_has_rows(database: Run, connect: Connect) -> None:
    database("CREATE TABLE leads (id int PRIMARY KEY, name text, at timestamptz)")
    _, first = pulled(connect(streams=FOLLOWED), "leads")
    assert (upserts(first), keys(first)) == ([], [])
    database("INSERT INTO leads VALUES (1, 'an old one', '2020-01-01')")
    _, second = pulled(connect(streams=FOLLOWED), "leads", state_of(first))
    assert names(second) == ["an old one"]


@pytest.mark.parametrize(
    ("change", "streams"),
    [
        ("ALTER TABLE leads ADD COLUMN stage text DEFAULT 'new'", FOLLOWED),
        ("ALTER TABLE leads ALTER COLUMN name TYPE varchar(50)", FOLLOWED),
        ("ALTER TABLE leads DROP COLUMN name; ALTER TABLE leads ADD COLUMN name text DEFAULT 'x'", FOLLOWED),
        ("ALTER TABLE leads ADD COLUMN at2 timestamptz", {"leads": {"cursor": "at2"}}),
        ("SELECT 1", {"leads": {"cursor": "at", "key": ["id", "name"]}}),
    ],
)
def test_what_a_cursor_cannot_tell_of_is_read_whole(
    database: Run, connect: Connect, change: str, streams: dict[str, Any]
) -> None:
    database(LEADS)
    _, first = pulled(connect(streams=FOLLOWED), "leads")
    database(change)
    _, second = pulled(connect(streams=streams), "leads", state_of(first))
    assert len(upserts(second)) == 3


def test_views_and_partitioned_tables_are_followed(database: Run, connect: Connect) -> None:
    database("""
        CREATE TABLE events (id int, at timestamptz, PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
        CREATE TABLE e25 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE e26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
        INSERT INTO events VALUES (1, '2025-06-01Z'), (2, '2026-06-01Z');
        CREATE VIEW recent AS SELECT id, at FROM events WHERE id > 1
    """)
    streams = {"events": {"cursor": "at"}, "recent": {"cursor": "at", "key": "id"}}
    _, first = pulled(connect(streams=streams), "events")
    assert keys(first, "at", "id") == [["2025-06-01 00:00:00+00", "1"], ["2026-06-01 00:00:00+00", "2"]]
    _, of_view = pulled(connect(streams=streams), "recent")
    database("INSERT INTO events VALUES (3, '2026-06-02Z')")
    assert [row[0] for row in upserts(pulled(connect(streams=streams), "events", state_of(first))[1])] == ["2", "3"]
    assert [row[0] for row in upserts(pulled(connect(streams=streams), "recent", state_of(of_view))[1])] == ["2", "3"]
