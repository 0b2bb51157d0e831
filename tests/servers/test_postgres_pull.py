"""`aac pull` of a real PostgreSQL, and numbers that the database agrees with."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.commands import AAC, run_aac
from tests.servers.postgresql import PASSWORD
from tests.servers.pulling import role

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.postgresql import Server
    from tests.servers.pulling import Run

pytestmark = pytest.mark.servers

SETTINGS = """
[project]
name = "Deals"
spec = 1

[sources.crm]
connector = "postgres"
dsn = { env = "CRM_DSN" }
"""
DOCUMENTS = """
kind: entity
id: owner
from: crm.owners
key: owner_id
fields: {owner_id: integer, name: text}
---
kind: entity
id: deal
from: crm.deals
key: deal_id
occurs: created_at
fields:
  deal_id: integer
  created_at: timestamp
  owner: {ref: owner, from: owner_id}
  stage: {type: text, values: [open, won, lost]}
  amount: {type: money, unit: EUR}
  is_renewal: boolean
---
kind: team
id: sales
name: Sales
---
kind: metric
id: booked
name: Booked
of: deal
at: created_at
formula: sum(amount) filter (where stage = 'won' and not is_renewal)
unit: EUR
better: higher
owner: sales
serves: successful_acquisition
by: [stage]
---
kind: metric
id: deals
name: Deals
of: deal
at: created_at
formula: count(*)
unit: count
better: higher
owner: sales
serves: successful_acquisition
by: [stage]
"""
TABLES = """
CREATE TABLE owners (owner_id int PRIMARY KEY, name text);
INSERT INTO owners VALUES (1, 'Ann'), (2, 'Zoë, "the" first');
CREATE TYPE stage AS ENUM ('open', 'won', 'lost');
CREATE TABLE deals (deal_id int PRIMARY KEY, created_at timestamptz, owner_id int, stage stage, amount numeric(12, 2),
  is_renewal boolean, updated_at timestamptz DEFAULT now());
INSERT INTO deals SELECT i, '2026-01-01Z'::timestamptz + i * interval '1 hour', 1 + i % 2,
  (ARRAY['open', 'won', 'lost']::stage[])[1 + i % 3], i * 10.01, i % 5 = 0, '2026-02-01Z'
FROM generate_series(1, 700) AS i
"""
NUMBERS = """
SELECT stage::text, count(*), sum(amount) FILTER (WHERE stage = 'won' AND NOT is_renewal)
FROM deals WHERE created_at >= '2026-01-01Z' AND created_at < '2026-02-01Z' GROUP BY stage ORDER BY stage::text
"""


@pytest.fixture
def root(tmp_path: Path, server: Server, database: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a new database."""
    database(TABLES)
    monkeypatch.setenv("CRM_DSN", server.url("crm"))
    (tmp_path / "alignment").mkdir()
    (tmp_path / "alignment" / "all.yml").write_text(DOCUMENTS, encoding="utf-8")
    (tmp_path / "aac.toml").write_text(SETTINGS, encoding="utf-8")
    return tmp_path


def pull(root: Path, code: int = 0) -> str:
    """What a pull says; never the password."""
    done = run_aac(root, "pull")
    assert done.returncode == code, done.stdout + done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    return done.stdout + done.stderr


def measured(root: Path) -> list[tuple[Any, ...]]:
    """Deals and bookings of January by stage."""
    numbers: dict[str, dict[str, Any]] = {"deals": {}, "booked": {}}
    for metric, cells in numbers.items():
        told = run_aac(
            root, "query", metric, "--by", "stage", "--from", "2026-01-01", "--until", "2026-02-01", "--format", "json"
        )
        assert told.returncode == 0, told.stderr
        for result in json.loads(told.stdout)["results"]:
            if result["by"]:
                cells[result["by"]["stage"]] = result["value"]
    return [(stage, count, numbers["booked"].get(stage)) for stage, count in sorted(numbers["deals"].items())]


def agree(root: Path, database: Run) -> None:
    """Ours and the database's numbers are the same."""
    theirs = [(stage, count, amount and float(amount)) for stage, count, amount in database(NUMBERS)]
    assert measured(root) == theirs


def test_a_database_that_is_read_whole(root: Path, database: Run) -> None:
    assert "crm.deals: 700 records" in pull(root)
    agree(root, database)
    database("UPDATE deals SET stage = 'won' WHERE deal_id < 50; DELETE FROM deals WHERE deal_id > 600")
    assert "crm.deals: 600 records" in pull(root)
    agree(root, database)


def test_of_a_table_that_is_read_whole_changes_are_told_and_nothing_else(root: Path, database: Run) -> None:
    pull(root)
    database("UPDATE deals SET amount = 1")
    assert "notice" not in (told := pull(root)), told
    assert "now" not in told
    database("ALTER TABLE deals ALTER deal_id TYPE text, DROP updated_at")
    told = pull(root)
    assert "crm.deals: `deal_id` was a whole number and is text now" in told
    assert "crm.deals: its column `updated_at` is gone" in told


def test_without_room_the_store_stays(root: Path, database: Run) -> None:
    """No file may grow longer than what the store is: what comes of the server is."""
    pull(root)
    before = measured(root)
    most = 2 * (root / ".aac" / "store.duckdb").stat().st_size
    database(f"""
        UPDATE deals SET amount = 0; ALTER TABLE owners RENAME TO people;
        CREATE VIEW owners AS SELECT *, repeat('x', {most}) AS note FROM people
    """)
    done = subprocess.run(
        ["prlimit", f"--fsize={most}", AAC, "pull"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4, done.stderr
    assert f"there is no room left in `{root / '.aac' / 'raw' / 'crm'}`: make room on its disk" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert measured(root) == before


def test_what_was_pulled_before_stays_when_the_database_is_away(
    root: Path, server: Server, database: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull(root)
    before = measured(root)
    database("UPDATE deals SET amount = 0; DROP TABLE owners")
    told = pull(root, code=4)
    assert "AAC607" in told
    assert "has no stream `owners`" in told
    monkeypatch.setenv("CRM_DSN", server.url("gone"))
    assert 'database "gone" does not exist' in pull(root, code=4)
    assert measured(root) == before


def test_a_database_that_is_followed(root: Path, database: Run) -> None:
    follow(root)
    pull(root)
    agree(root, database)
    database("""
        UPDATE deals SET stage = 'won', updated_at = now() WHERE deal_id < 50;
        DELETE FROM deals WHERE deal_id BETWEEN 600 AND 640;
        INSERT INTO deals VALUES (1000, '2026-01-31T12:00Z', 1, 'won', 0.01, false);
        INSERT INTO owners VALUES (3, 'new')
    """)
    pull(root)
    agree(root, database)
    database("ALTER TABLE deals ADD COLUMN lost_reason text DEFAULT 'price'; DELETE FROM deals WHERE deal_id = 1000")
    pull(root)
    agree(root, database)
    pull(root)
    agree(root, database)


def test_rows_that_only_seem_to_be_gone_stop_the_pull(root: Path, database: Run) -> None:
    follow(root)
    pull(root)
    before = measured(root)
    database("ALTER TABLE deals RENAME TO all_deals; CREATE VIEW deals AS SELECT * FROM all_deals WHERE deal_id < 100")
    told = pull(root, code=4)
    assert "has no primary key" in told
    (root / "aac.toml").write_text((root / "aac.toml").read_text().replace("cursor =", 'key = "deal_id", cursor ='))
    told = pull(root, code=4)
    assert "601 of the 700 records of `deals` are not there any more, more than 20 %" in told
    assert measured(root) == before


@pytest.mark.parametrize("followed", [False, True])
def test_what_may_not_be_read_any_more_is_not_gone(
    root: Path, server: Server, database: Run, monkeypatch: pytest.MonkeyPatch, followed: bool
) -> None:
    role(database)
    database("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader; CREATE TABLE secret (n int)")
    monkeypatch.setenv("CRM_DSN", server.url("crm", "reader"))
    if followed:
        follow(root)
    pull(root)
    before = measured(root)
    told = run_aac(root, "pull", "--check").stderr
    assert "crm: can be read, 2 streams" in told
    assert 'crm: `secret` may not be read: ask for `GRANT SELECT ON "public"."secret" TO "reader"`' in told
    for change, back, said in (
        ("ALTER TABLE deals ENABLE ROW LEVEL SECURITY", "ALTER TABLE deals DISABLE ROW LEVEL SECURITY",
         "`deals` may not be read any more: row-level security shows it only some of the rows: ask for `ALTER ROLE"),
        ("REVOKE SELECT ON deals FROM reader", "GRANT SELECT ON deals TO reader",
         "`deals` may not be read any more: ask for `GRANT SELECT ON"),
        ("REVOKE SELECT ON deals FROM reader; "
         "GRANT SELECT (deal_id, created_at, owner_id, stage, is_renewal, updated_at) ON deals TO reader",
         "GRANT SELECT ON deals TO reader", "column `amount` of `crm.deals` may not be read"),
    ):  # fmt: skip
        database(change)
        assert said in pull(root, code=4)
        assert measured(root) == before
        checked = run_aac(root, "pull", "--check")
        assert "may not be read" in (checked.stdout + checked.stderr).replace("`secret` may not", "")
        database(back)
    pull(root)
    assert measured(root) == before


def follow(root: Path) -> None:
    """The table of deals by its cursor from now on."""
    with (root / "aac.toml").open("a") as settings:
        settings.write('streams.deals = { cursor = "updated_at" }\n')
