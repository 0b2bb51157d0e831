#!/usr/bin/env python3
"""`aac pull` of a PostgreSQL table against a bare `COPY` into DuckDB: a million rows of twelve columns.

    python bench/postgres.py [--rows 1000000] [--runs 5]

The rival writes what `COPY … TO STDOUT (FORMAT csv)` gives into a file and has DuckDB read it, with the right types,
into a new database. `aac pull` does that and looks for what is wrong with keys and values; of a table that is followed
by a cursor it also keeps the rows in `.aac/raw`. Both are whole processes, one after the other; counts and sums are
compared before any time is told. Ends with 1 when one differs, or when the rate of `aac pull` is less than `LEAST_RATE`
of the rival's. The server is that of the tests (tests/servers/postgresql.py).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.servers.postgresql import postgresql  # noqa: E402

LEAST_RATE = 0.6
PROJECT = ROOT / "bench" / "out" / "postgres"
AAC = Path(sys.executable).parent / "aac"

TABLE = """
CREATE TABLE deals AS SELECT
  i AS id, 'Deal ' || i AS name, (ARRAY['open', 'won', 'lost'])[1 + i % 3] AS state,
  (i::bigint * 7919 % 10000000)::numeric(12, 2) / 100 AS amount, (i % 100)::int AS probability, i % 7 = 0 AS is_renewal,
  'o' || i % 500 AS owner, 'acc-' || i % 90000 AS account, date '2024-01-01' + (i % 900)::int AS close_date,
  timestamptz '2024-01-01' + i * interval '71 seconds' AS created_at,
  timestamptz '2024-01-02' + i * interval '71 seconds' AS updated_at,
  CASE WHEN i % 5 > 0 THEN 'note ' || md5(i::text) END AS note
FROM generate_series(1, {rows}) AS i;
ALTER TABLE deals ADD PRIMARY KEY (id);
CREATE INDEX ON deals (updated_at);
ANALYZE deals
"""
CHANGE = "UPDATE deals SET name = 'changed', updated_at = now() WHERE id <= 1000"
COLUMNS = {
    "id": "BIGINT", "name": "VARCHAR", "state": "VARCHAR", "amount": "DECIMAL(18, 6)", "probability": "BIGINT",
    "is_renewal": "BOOLEAN", "owner": "VARCHAR", "account": "VARCHAR", "close_date": "DATE",
    "created_at": "TIMESTAMPTZ", "updated_at": "TIMESTAMPTZ", "note": "VARCHAR",
}  # fmt: skip
RIVAL = """
import sys, duckdb, psycopg
url, file, store, columns = sys.argv[1:]
with psycopg.connect(url) as connection, connection.cursor() as cursor, open(file, "wb") as out:
    with cursor.copy("COPY deals TO STDOUT (FORMAT csv, HEADER true)") as copy:
        for line in copy:
            out.write(line)
with duckdb.connect(store) as connection:
    connection.execute(f"CREATE TABLE deals AS FROM read_csv('{file}', header = true, columns = {columns})")
    connection.execute("CHECKPOINT")
"""
SETTINGS = """
[project]
name = "Bench"
spec = 1

[sources.crm]
connector = "postgres"
dsn = { env = "BENCH_DSN" }
"""
FOLLOWED = 'streams = { deals = { cursor = "updated_at" } }\n'
DOCUMENT = """
kind: entity
id: deal
from: crm.deals
key: id
occurs: created_at
fields:
  id: integer
  name: text
  state: {type: text, values: [open, won, lost]}
  amount: {type: number, unit: EUR}
  probability: integer
  is_renewal: boolean
  owner: text
  account: text
  close_date: date
  created_at: timestamp
  updated_at: timestamp
  note: text
"""
SUMS = "SELECT count(*), sum(id), sum(amount), count(*) FILTER (is_renewal), count(note), {days} FROM {table}"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--runs", type=int, default=5)
    asked = options.parse_args()
    with postgresql() as server:
        url = server.create("bench")
        server.run(TABLE.format(rows=asked.rows), "bench")
        os.environ["BENCH_DSN"] = url
        whole = compare("read whole", SETTINGS, url, asked.runs)
        followed = compare("followed by a cursor, the first pull", SETTINGS + FOLLOWED, url, asked.runs)
        print(f"followed by a cursor, nothing new: {run((AAC, 'pull')):.2f} s")
        server.run(CHANGE, "bench")
        print(f"followed by a cursor, 1,000 rows changed: {run((AAC, 'pull')):.2f} s, again {run((AAC, 'pull')):.2f} s")
    return int(min(whole, followed) < LEAST_RATE)


def compare(what: str, settings: str, url: str, runs: int) -> float:
    """The rate of `aac pull` as a part of the rival's: the median of pairs, each from nothing."""
    store, file = PROJECT / "rival.duckdb", PROJECT / "rival.csv"
    rival = (sys.executable, "-c", RIVAL, url, str(file), str(store), json.dumps(COLUMNS).replace('"', "'"))
    pairs: list[tuple[float, float]] = []
    for _ in range(runs):
        shutil.rmtree(PROJECT, ignore_errors=True)
        (PROJECT / "alignment").mkdir(parents=True)
        (PROJECT / "aac.toml").write_text(settings)
        (PROJECT / "alignment" / "deal.yml").write_text(DOCUMENT)
        pairs.append((run(rival), run((AAC, "pull"))))
    agree(PROJECT / ".aac" / "store.duckdb", store)
    theirs, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    rate = statistics.median(theirs / ours for theirs, ours in pairs)
    print(f"{what}: {ours:.2f} s against {theirs:.2f} s, {rate:.2f} of the rate")
    return rate


def run(command: Sequence[str | Path]) -> float:
    """The seconds that a command takes."""
    began = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=PROJECT, check=True, stdout=quiet, stderr=quiet)
    return time.perf_counter() - began


def agree(ours: Path, theirs: Path) -> None:
    """Ends the run when counts and sums of both tables differ."""
    import duckdb

    found: dict[str, object] = {}
    for store, table, days in (
        (ours, "prepared.deal", "sum(close_date), sum(updated_at)"),
        (theirs, "deals", "sum(close_date - DATE '1970-01-01'), sum(epoch_us(updated_at))"),
    ):
        with duckdb.connect(str(store), read_only=True) as connection:
            found[table] = connection.execute(SUMS.format(table=table, days=days)).fetchall()
    if len({str(rows) for rows in found.values()}) > 1:
        raise SystemExit(f"aac and the rival disagree: {found}")


if __name__ == "__main__":
    raise SystemExit(main())
