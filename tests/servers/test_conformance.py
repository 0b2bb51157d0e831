"""The conformance suite on real servers: the connector `postgres`, and that of `plugins/tryton.py`."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from aac.testing import Trial, connector_suite, run
from tests.servers.tryton import DATABASE, PASSWORD, decimal

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from tests.servers.postgresql import Server
    from tests.servers.pulling import Run
    from tests.servers.tryton import Crm

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parents[2]


class PostgresTrial(Trial):
    """A table that is followed by a cursor, read by a role of its own; any text but NUL."""

    connector = "postgres"
    stream = "record"
    overlap = timedelta(minutes=15)
    unwritable = "\0"  # no text of PostgreSQL holds it

    def __init__(self, database: Run) -> None:
        self.run = database
        self.extra: dict[str, str | int] = {}
        self.run("""
            DO $$ BEGIN CREATE ROLE suite LOGIN PASSWORD 's3cret'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            CREATE TABLE record (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text, at timestamptz);
            GRANT SELECT ON record TO suite
        """)

    @property
    def settings(self) -> str:
        return 'dsn = { env = "SUITE_DSN" }\nstreams.record = { cursor = "at" }'

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        moment = f"'{at.isoformat()}'" if at is not None else "clock_timestamp()"
        columns = "".join(f", {name}" for name in self.extra)
        extra = "".join(f", {value!r}" for value in self.extra.values())
        rows = ", ".join(f"({quoted(text)}, {moment}{extra})" for text in texts)
        return [str(id_) for (id_,) in self.run(f"INSERT INTO record (text, at{columns}) VALUES {rows} RETURNING id")]

    def change(self, keys: Collection[str], text: str) -> None:
        self.run(f"UPDATE record SET text = {quoted(text)}, at = clock_timestamp() WHERE id IN ({', '.join(keys)})")

    def delete(self, keys: Collection[str]) -> None:
        self.run(f"DELETE FROM record WHERE id IN ({', '.join(keys)})")

    def add_column(self, name: str, value: str | int) -> None:
        type_ = "bigint" if isinstance(value, int) else "text"
        self.run(f"ALTER TABLE record ADD COLUMN {name} {type_}; UPDATE record SET {name} = {value!r}")
        self.extra[name] = value

    def retype_column(self, name: str, value: str | int) -> None:
        self.drop_column(name)
        self.add_column(name, value)

    def drop_column(self, name: str) -> None:
        self.run(f"ALTER TABLE record DROP COLUMN {name}")
        del self.extra[name]

    def forbid(self) -> None:
        self.run("REVOKE SELECT ON record FROM suite")

    def allow(self) -> None:
        self.run("GRANT SELECT ON record TO suite")

    def fill(self, number: int) -> None:
        self.run(
            "INSERT INTO record (text, at) SELECT 'some text of a record ' || i, '2026-03-02Z' "
            f"FROM generate_series(1, {number}) AS i; ANALYZE record"
        )


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@connector_suite(PostgresTrial)
def test_postgres(check: str, database: Run, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUITE_DSN", server.url("crm", "suite", "s3cret"))
    run(check, PostgresTrial(database), tmp_path / "project")


NO_COLUMNS = "the columns are those that the plugin names"


class TrytonTrial(Trial):
    """Opportunities by their reason of loss, a text; when they were made is set in the server's tables."""

    connector = "tryton"
    stream = "opportunity"
    key = "opportunity_id"
    text = "lost_reason"
    at = "created_at"
    page = 50
    overlap = timedelta(minutes=5)
    unwritable = "\0"
    cannot: ClassVar[Mapping[str, str]] = {
        "column added": NO_COLUMNS,
        "column dropped": NO_COLUMNS,
        "column retyped": NO_COLUMNS,
        "a million records": "asked as of a moment, the server needs minutes where its history is long",
    }

    def __init__(self, crm: Crm, server: Server, plugin: Path) -> None:
        self.crm, self.plugin = crm, plugin
        self.sql: Run = lambda statements: server.run(f"SET TimeZone = 'UTC'; {statements}", DATABASE)
        self.sql("DELETE FROM sale_opportunity; DELETE FROM sale_opportunity__history")
        (self.party,) = crm.call("party.party.search", [["name", "=", "Acme"]])
        (self.currency,) = crm.call("currency.currency.search", [])

    @property
    def settings(self) -> str:
        given = 'database = "tryton"\nuser = "admin"\npassword = { env = "TRYTON_PASSWORD" }'
        return f'url = "{self.crm.url}"\n{given}'

    def create(self, texts: Sequence[str], at: datetime | None = None) -> list[str]:
        context = self.crm.context
        of = {"company": context["company"], "employee": context["employee"], "party": self.party}
        of |= {"currency": self.currency, "amount": decimal("1"), "start_date": DAY}
        ids = self.crm.call("sale.opportunity.create", [{**of, "lost_reason": text} for text in texts])
        # the server tells time in seconds, and a pull is as of the second that has ended
        self._date(ids, "create_date", at or datetime.now(UTC) - timedelta(seconds=2))
        return [str(id_) for id_ in ids]

    def change(self, keys: Collection[str], text: str) -> None:
        ids = [int(key) for key in keys]
        self.crm.call("sale.opportunity.write", ids, {"lost_reason": text})
        self._date(ids, "write_date", datetime.now(UTC) - timedelta(seconds=1))

    def delete(self, keys: Collection[str]) -> None:
        ids = [int(key) for key in keys]
        self.crm.opportunity("cancel", *ids)
        self.crm.opportunity("delete", *ids)
        time.sleep(1.02 - time.time() % 1)

    def forbid(self) -> None:
        self.sql("UPDATE res_user SET active = false WHERE login = 'admin'; DELETE FROM ir_session")

    def allow(self) -> None:
        self.sql("UPDATE res_user SET active = true WHERE login = 'admin'")
        self.crm.log_in()

    def _date(self, ids: Sequence[int], column: str, at: datetime) -> None:
        """Says when the newest version of records was made."""
        those = ", ".join(map(str, ids))
        self.sql(f"""
            UPDATE sale_opportunity SET {column} = '{at:%Y-%m-%d %H:%M:%S.%f}' WHERE id IN ({those});
            UPDATE sale_opportunity__history SET {column} = '{at:%Y-%m-%d %H:%M:%S.%f}' WHERE __id IN (
              SELECT max(__id) FROM sale_opportunity__history WHERE id IN ({those}) GROUP BY id
            )
        """)


DAY = {"__class__": "date", "year": 2026, "month": 3, "day": 1}


@connector_suite(TrytonTrial)
def test_tryton(check: str, crm: Crm, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRYTON_PASSWORD", PASSWORD)
    plugin = tmp_path / "tryton.py"
    text = (ROOT / "plugins" / "tryton.py").read_text(encoding="utf-8")
    plugin.write_text(text.replace("PAGE = 500", f"PAGE = {TrytonTrial.page}"), encoding="utf-8")
    run(check, TrytonTrial(crm, server, plugin), tmp_path / "project")
