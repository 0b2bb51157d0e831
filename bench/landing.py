#!/usr/bin/env python3
"""`aac pull` of files against DuckDB's own `COPY` of the same columns with the same types: CSV and Parquet.

    python bench/landing.py [--rows 2000000] [--runs 5] [--save]     # 12,000,000 rows are 1 GB of CSV

The rival copies three files into typed tables of a new database and checkpoints it. `aac pull` copies the files to
`.aac/raw`, looks for doubled keys, references that lead nowhere, values outside lists and texts that are no values, and
writes prepared tables. Both are whole processes, one after the other, compared by processor time, less what each takes
for files without a row; counts and sums are compared before any time is told. Ends with 1 when one differs, when the
rate of `aac pull` is less than `LEAST_RATE` of the rival's, or when a second pull of files that did not change takes
`MOST_AGAIN` of the first or more, both less what `aac validate` takes. What whole processes take by the clock is told
beside it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
from pathlib import Path

from figures import AAC, Figure, Used, median, told, used

LEAST_RATE = 0.6
MOST_AGAIN = 0.1
OUT = Path(__file__).parent / "out" / "landing"

DEALS = """
SELECT 'D-' || range AS deal_id, 'A-' || (range * 7919 % 50000) AS account, 'U-' || (range * 31 % 500) AS owner,
  ['new', 'qualified', 'proposal', 'won', 'lost'][1 + range % 5] AS stage,
  TIMESTAMP '2020-01-01' + to_microseconds(range * 61000000) AS created_at,
  CASE WHEN range % 3 > 0 THEN DATE '2024-02-01' + (range % 700)::INTEGER END AS closed_on,
  ((range * 104729) % 1000003)::DECIMAL(12, 2) AS amount, range % 97 AS score, range % 5 = 0 AS is_inbound,
  'note ' || (range % 1000) AS note
FROM range({rows})"""
OTHERS = {
    "account": "SELECT 'A-' || range AS id FROM range(50000)",
    "user": "SELECT 'U-' || range AS id FROM range(500)",
}
TYPES = (
    "deal_id VARCHAR, account VARCHAR, owner VARCHAR, stage VARCHAR, created_at TIMESTAMP, closed_on DATE, "
    "amount DECIMAL(18, 4), score BIGINT, is_inbound BOOLEAN, note VARCHAR"
)
RIVAL = f"""
import sys, duckdb
folder, kind, store = sys.argv[1:]
options = "(HEADER)" if kind == "csv" else "(FORMAT parquet)"
with duckdb.connect(store) as connection:
    for table, columns in (("deal", {TYPES!r}), ("account", "id VARCHAR"), ("user", "id VARCHAR")):
        connection.execute(f'CREATE TABLE "{{table}}" ({{columns}})')
        connection.execute(f"COPY \\"{{table}}\\" FROM '{{folder}}/{{table}}.{{kind}}' {{options}}")
    connection.execute("CHECKPOINT")
"""
SETTINGS = """
[project]
name = "Bench"
spec = 1

[sources.crm]
connector = "{kind}"
path = "data"
"""
DOCUMENTS = """
kind: entity
id: deal
from: crm.deal
key: deal_id
occurs: created_at
fields:
  deal_id: text
  account: {ref: account}
  owner: {ref: user}
  stage: {type: text, values: [new, qualified, proposal, won, lost]}
  created_at: timestamp
  closed_on: date
  amount: {type: money, unit: EUR}
  score: {type: integer, unit: score}
  is_inbound: boolean
  note: text
---
kind: entity
id: account
from: crm.account
key: id
fields: {id: text}
---
kind: entity
id: user
from: crm.user
key: id
fields: {id: text}
"""
SUMS = "SELECT count(*), sum(amount), sum(score), count(*) FILTER (is_inbound), count(note), {moments} FROM {table}"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rows", type=int, default=2_000_000)
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--save", action="store_true")
    asked = options.parse_args()
    shutil.rmtree(OUT, ignore_errors=True)
    figures = [figure for kind in ("csv", "parquet") for figure in compared(kind, asked.rows, asked.runs)]
    return told(f"landing-{asked.rows}", figures, save=asked.save)


def compared(kind: str, rows: int, runs: int) -> list[Figure]:
    """How quick `aac pull` is: the medians of pairs, each from nothing."""
    project, empty = OUT / kind, OUT / f"{kind}-empty"
    write(project, kind, rows)
    write(empty, kind, 0)
    rates: list[float] = []
    again: list[float] = []
    seconds: list[tuple[Used, Used, Used]] = []
    for _ in range(runs):
        (theirs, ours), (idle, begun) = pulled(project, kind), pulled(empty, kind)
        rates.append((theirs.processor - idle.processor) / (ours.processor - begun.processor))
        validated, second = used((AAC, "validate"), project)[0], used((AAC, "pull"), project)[0]
        again.append((second.processor - validated.processor) / (ours.processor - validated.processor))
        seconds.append((ours, theirs, second))
    agree(project / ".aac" / "store.duckdb", project / "rival.duckdb")
    ours, theirs, second = (median(side) for side in zip(*seconds, strict=True))
    clock = statistics.median(theirs.clock / ours.clock for ours, theirs, _ in seconds)
    seen = (
        f"{ours.processor:.2f} s against {theirs.processor:.2f} s of the processor with the start of either; "
        f"by the clock {clock:.2f} of the rate"
    )
    what = f"aac pull, {rows:,} rows of {kind}"
    return [
        Figure(f"{what}, of the rate of COPY", statistics.median(rates), LEAST_RATE, seen, least=True),
        Figure(
            f"{what}, again, of the first",
            statistics.median(again),
            MOST_AGAIN,
            f"{second.processor:.2f} s of the processor, {second.clock:.2f} s by the clock",
        ),
    ]


def pulled(project: Path, kind: str) -> tuple[Used, Used]:
    """What the rival and `aac pull` take, each from nothing."""
    store = project / "rival.duckdb"
    store.unlink(missing_ok=True)
    shutil.rmtree(project / ".aac", ignore_errors=True)
    theirs, _ = used((sys.executable, "-c", RIVAL, str(project / "data"), kind, str(store)), project)
    return theirs, used((AAC, "pull"), project)[0]


def write(project: Path, kind: str, rows: int) -> None:
    """The project and its files, which changed long ago; without ``rows`` no table has any."""
    import duckdb

    for name, text in (("aac.toml", SETTINGS.format(kind=kind)), ("alignment/all.yml", DOCUMENTS)):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    (project / "data").mkdir()
    options = "(HEADER)" if kind == "csv" else "(FORMAT parquet)"
    with duckdb.connect() as connection:
        for table, select in {"deal": DEALS.format(rows=rows), **OTHERS}.items():
            path = project / "data" / f"{table}.{kind}"
            some = "" if rows else " LIMIT 0"
            connection.execute(f"COPY ({select}{some}) TO '{path}' {options}")
            os.utime(path, (1_700_000_000, 1_700_000_000))


def agree(ours: Path, theirs: Path) -> None:
    """Ends the run when counts and sums of both tables differ."""
    import duckdb

    found: list[object] = []
    for store, table, moments in (
        (ours, "prepared.deal", "sum(created_at), sum(closed_on)"),
        (theirs, "deal", "sum(epoch_us(created_at)), sum(closed_on - DATE '1970-01-01')"),
    ):
        with duckdb.connect(str(store), read_only=True) as connection:
            found.append(connection.execute(SUMS.format(table=table, moments=moments)).fetchall())
    if found[0] != found[1]:
        raise SystemExit(f"aac and the rival disagree: {found}")


if __name__ == "__main__":
    raise SystemExit(main())
