#!/usr/bin/env python3
"""`aac pull` of contacts and the history of their lifecycle from a HubSpot on loopback, against a bare client.

    python bench/crm.py [--contacts 100000] [--runs 3] [--save]     # 1,000,000 take some minutes

The server is that of the tests, in a process of its own, and writes down what it is asked. `aac pull` goes first; the
bare client then asks for the very same, call by call, on one connection of the same HTTP library, and reads the JSON of
each answer; it keeps nothing. Both are whole processes, compared in pairs by the clock, and processor time is told.
Ends with 1 unless every record and every change is there as it was made, when the rate of `aac pull` by the clock is
less than `LEAST_RATE` of the bare client's, or when it takes `MOST_MEMORY` MB or more; as in the suite of connectors,
the engine may take 200 MB of these.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections import deque
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.fakes.unwell import Asked

from figures import ROOT, Figure, Used, median, told, used

LEAST_RATE = 0.7
MOST_MEMORY = 500
MIB = 1.048576
"""MB of what the system calls one."""
OUT = ROOT / "bench" / "out" / "crm"
PROJECT, CALLS = OUT / "project", OUT / "calls.jsonl"
STAGES = ("subscriber", "lead", "customer")
BEGUN = datetime(2025, 1, 1, tzinfo=UTC)
"""When the first contact was made; the others follow second by second, and stages day by day."""

BARE = """
import json, sys
import httpx2
url, calls, token = sys.argv[1:]
with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as client, open(calls) as file:
    for line in file:
        method, address, body = json.loads(line)
        response = client.request(method, address, content=body, headers={"Content-Type": "application/json"})
        json.loads(response.content)
"""
SETTINGS = """
[project]
name = "Bench"
spec = 1

[engine]
memory_limit = "200MB"

[sources.crm]
connector = "hubspot"
url = "{url}"
token = {{ env = "BENCH_TOKEN" }}
searches_per_second = 1000000
"""
DOCUMENTS = """
kind: entity
id: contact
from: crm.contacts
key: id
occurs: created_at
fields:
  id: text
  email: text
  lifecyclestage: text
  created_at: {type: timestamp, from: createdAt}
---
kind: entity
id: lifecycle_change
from: crm.contacts_lifecycle_changes
key: change_id
occurs: changed_at
fields:
  change_id: text
  record_id: text
  value: text
  changed_at: timestamp
  left_at: timestamp
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--contacts", type=int, default=100_000)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--save", action="store_true")
    options.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.serve:
        serve(asked.contacts)
        return 0
    pairs: list[tuple[Used, Used]] = []
    with serving(asked.contacts) as (url, token):
        os.environ["BENCH_TOKEN"] = token
        for _ in range(asked.runs):
            shutil.rmtree(PROJECT, ignore_errors=True)
            (PROJECT / "alignment").mkdir(parents=True)
            (PROJECT / "aac.toml").write_text(SETTINGS.format(url=url))
            (PROJECT / "alignment" / "all.yml").write_text(DOCUMENTS)
            CALLS.unlink(missing_ok=True)
            ours, _ = used((sys.executable, "-m", "aac", "pull"), PROJECT)
            there(asked.contacts)
            calls = CALLS.rename(OUT / "asked.jsonl")
            theirs, _ = used((sys.executable, "-c", BARE, url, calls, token), PROJECT)
            pairs.append((ours, theirs))
    made = sum(1 for _ in (OUT / "asked.jsonl").open())
    print(f"{asked.contacts:,} contacts, {len(STAGES)} lifecycle stages each, {made:,} calls")
    for ours, theirs in pairs:
        print(f"{ours.clock:.1f} s and {ours.processor:.1f} s of the processor against {theirs.clock:.1f} and ", end="")
        print(f"{theirs.processor:.1f}; {ours.peak * MIB:,.0f} MB against {theirs.peak * MIB:,.0f}")
    clock = statistics.median(theirs.clock / ours.clock for ours, theirs in pairs)
    processor = statistics.median(theirs.processor / ours.processor for ours, theirs in pairs)
    ours, theirs = median([ours for ours, _ in pairs]), median([theirs for _, theirs in pairs])
    seen = f"medians {ours.clock:.1f} s and {theirs.clock:.1f} s; of the processor {processor:.2f}"
    memory = max(ours.peak for ours, _ in pairs) * MIB
    figures = [
        Figure("rate by the clock, of a bare client's", clock, LEAST_RATE, seen, least=True),
        Figure("memory in MB", memory, MOST_MEMORY),
    ]
    return told(f"crm-{asked.contacts}", figures, save=asked.save)


THERE = """
WITH contact AS (SELECT *, row_number() OVER (ORDER BY CAST(id AS BIGINT)) - 1 AS n FROM prepared.contact),
change AS (
    SELECT contact.n, row_number() OVER (PARTITION BY record_id ORDER BY changed_at) - 1 AS step, c.*
    FROM prepared.lifecycle_change AS c JOIN contact ON contact.id = c.record_id
)
SELECT
    (SELECT count(*) FROM contact
     WHERE email = n || '@example.com' AND lifecyclestage = $1[-1] AND created_at = $2 + n * 1000000),
    (SELECT count(*) FROM prepared.contact),
    count(*) FILTER (
        value = $1[step + 1] AND changed_at = $2 + n * 1000000 + step * 86400000000
        AND left_at IS NOT DISTINCT FROM CASE WHEN step + 1 < len($1) THEN changed_at + 86400000000 END
    ),
    (SELECT count(*) FROM prepared.lifecycle_change)
FROM change
"""
"""Contacts that are as they were made, all contacts; changes that are as they were made, and all changes."""


def there(contacts: int) -> None:
    """Ends the run unless every contact and every change is there as it was made, and no other."""
    import duckdb

    with duckdb.connect(str(PROJECT / ".aac" / "store.duckdb"), read_only=True) as connection:
        found = connection.execute(THERE, [list(STAGES), round(BEGUN.timestamp() * 1_000_000)]).fetchone()
    expected = (contacts, contacts, contacts * len(STAGES), contacts * len(STAGES))
    if found != expected:
        raise SystemExit(f"contacts that are right and all, changes that are right and all: {found}, not {expected}")


@contextmanager
def serving(contacts: int) -> Generator[tuple[str, str]]:
    """The address of the server and its token, while it runs."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    command = (sys.executable, str(Path(__file__)), "--serve", "--contacts", str(contacts))
    paths = os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        url, token = server.stdout.readline().split()
        yield url, token
        server.stdin.close()


def serve(contacts: int) -> None:
    """Serves an account until nobody listens any more, and writes down what it is asked."""
    from tests.fakes import unwell
    from tests.fakes.hubspot.account import Account
    from tests.fakes.hubspot.answers import Answers
    from tests.fakes.hubspot.server import HubSpot

    account = Account()
    for number in range(contacts):
        at = BEGUN + timedelta(seconds=number)
        values = {"email": f"{number}@example.com", "firstname": "Ada", "lifecyclestage": STAGES[0]}
        id = account.create("contacts", values, at)
        for step, stage in enumerate(STAGES[1:], 1):
            account.change("contacts", id, {"lifecyclestage": stage}, at + timedelta(days=step))
    fake = HubSpot(account, "", Answers(account))

    def reply(asked: Asked) -> tuple[int, dict[str, str], bytes]:
        with CALLS.open("a") as calls:
            address = asked.path + (f"?{asked.query}" if asked.query else "")
            calls.write(json.dumps([asked.method, address, asked.body.decode()]) + "\n")
        return fake.reply(asked)

    with unwell.serving(reply, deque(), {}) as url:
        print(url, account.token, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    raise SystemExit(main())
