"""Groups by texts of closed lists, which a query tells apart by their places: of the records' own and of others.

Where there are few groups, different values are counted for all of them at once.
"""

from __future__ import annotations

import json
import re
from random import Random
from typing import TYPE_CHECKING

import pytest

from aac.evaluate import Asked
from aac.operations import open_sound_project, pull_sources, query
from aac.querying import Question
from aac.results import NumberReading
from tests.small import COMPANY, NOW_US, measured, metric, number, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.results import Results

MANY = [f"v{place}" for place in range(70)]
"""More than are counted at once."""
DOCUMENTS = (
    COMPANY
    + f"""\
kind: entity
id: account
from: crm.account
key: id
fields:
  id: text
  tier: {{type: text, values: [gold, "it's", silver]}}
---
kind: entity
id: deal
from: crm.deal
key: id
fields:
  id: text
  account: {{ref: account}}
  size: {{type: text, values: [S, M]}}
  sort: {{type: text, values: [{", ".join(MANY)}]}}
  name: text
  opened_at: timestamp
  until: timestamp
---
"""
    + metric("alone", "count(*)", of="deal", at="opened_at", by="[size, {tier: account.tier}, name]")
    + metric("crossed", "count(*)", of="deal", at="opened_at", by="[{both: account.tier}, {big: size = 'M'}]")
    + metric(
        "open",
        "count(*)",
        of="deal",
        basis="snapshot",
        in_force="{from: opened_at, until: until}",
        by="[{tier: account.tier}]",
    )
    + metric(
        "kept",
        "sum(closing(1))",
        of="deal",
        basis="retention",
        in_force="{from: opened_at, until: until}",
        span="1 month",
        per="id",
        by="[size, {tier: account.tier}]",
    )
    + metric("names", "count(distinct name)", of="deal", at="opened_at", by="[size, {tier: account.tier}]")
    + metric(
        "small",
        "count(distinct name) filter (where size = 'S')",
        of="deal",
        at="opened_at",
        by="[size, {tier: account.tier}]",
    )
    + metric("sorts", "count(distinct name)", of="deal", at="opened_at", by="[sort]")
)
TABLES = {
    "account": """\
        id,tier
        1,gold
        2,it's
        3,
        4,bronze
    """,
    "deal": """\
        id,account,size,sort,name,opened_at,until
        a,1,S,v0,n,2026-02-01T10:00Z,
        b,2,M,v69,n,2026-02-02T10:00Z,
        c,2,L,v69,n,2026-02-03T10:00Z,
        d,3,M,v69,o,2026-02-04T10:00Z,
        e,4,S,,o,2026-02-05T10:00Z,2026-02-06T10:00Z
        f,9,S,,p,2026-02-06T10:00Z,
        g,,S,,p,2026-02-07T10:00Z,
        h,1,S,v0,,2026-02-08T10:00Z,
        i,1,M,v0,q,2026-01-08T10:00Z,2026-01-09T10:00Z
    """,
}
"""Bronze and L belong to no list, and account 9 does not exist: unknown, each of them."""
OF_TIERS = {"gold": 2, "it's": 2, None: 4}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return measured(write_project(tmp_path_factory.mktemp("places") / "p", DOCUMENTS, TABLES), "2026-02")


@pytest.mark.parametrize(
    ("id_", "name", "expected"),
    [
        ("alone", "size", {"S": 5, "M": 2, None: 1}),
        ("alone", "tier", OF_TIERS),
        ("alone", "name", {"n": 3, "o": 2, "p": 2, None: 1}),
        ("crossed", "both", OF_TIERS),
        ("crossed", "big", {True: 2, False: 5, None: 1}),
        ("open", "tier", {**OF_TIERS, None: 3}),
        ("kept", "size", {"S": 4, "M": 2, None: 1}),
        ("kept", "tier", {**OF_TIERS, None: 3}),
        ("names", "size", {"S": 3, "M": 2, None: 1}),
        ("names", "tier", {"gold": 1, "it's": 1, None: 2}),
        ("small", "size", {"S": 3, "M": 0, None: 0}),
        ("small", "tier", {"gold": 1, "it's": 0, None: 2}),
        ("sorts", "sort", {"v0": 1, "v69": 2, None: 2}),
    ],
)
def test_groups(results: Results, id_: str, name: str, expected: dict[object, int]) -> None:
    found = {r.reading.by[name]: r.reading for r in results.results if r.id == id_ and set(r.reading.by) == {name}}
    assert {group: r.value for group, r in found.items() if isinstance(r, NumberReading)} == expected


@pytest.mark.parametrize(("id_", "expected"), [("names", 3), ("small", 3), ("sorts", 3), ("kept", 7)])
def test_totals(results: Results, id_: str, expected: int) -> None:
    assert number(results, id_, "2026-02").value == expected


def test_crossed_groups(tmp_path: Path) -> None:
    opened = open_sound_project(write_project(tmp_path / "p", DOCUMENTS, TABLES))
    pull_sources(opened, NOW_US, lambda _: None)
    question = Question(("names", "small"), ("size", "tier"), "month", "2026-02-01", "2026-03-01")
    told = json.loads(query(opened, NOW_US, question, Asked(None, question.windows), "json", lambda _: None))
    found = {(cell["id"], *cell["by"].values()): cell["value"] for cell in told["results"]}
    assert found == {
        ("names",): 3,
        ("names", "S", "gold"): 1,
        ("names", "M", "it's"): 1,
        ("names", None, "it's"): 1,
        ("names", "M", None): 1,
        ("names", "S", None): 2,
        ("small",): 3,
        ("small", "S", "gold"): 1,
        ("small", "M", "it's"): 0,
        ("small", None, "it's"): 0,
        ("small", "M", None): 0,
        ("small", "S", None): 2,
    }


@pytest.mark.parametrize("seed", range(6))
def test_lists_change_no_number(tmp_path: Path, seed: int) -> None:
    """The same records with texts of closed lists, and with texts: all groups have the same numbers."""
    random = Random(seed)
    tiers, sizes, sorts = ["", "gold", "it's", "silver"], ["", "S", "M"], ["", *MANY[:8]]
    accounts = [f"{i},{random.choice(tiers)}" for i in range(6)]
    deals = [
        f"d{i},{random.randrange(8)},{random.choice(sizes)},{random.choice(sorts)},{random.choice(['', *'nopq'])},"
        f"2026-0{random.randrange(1, 4)}-0{random.randrange(1, 9)}T10:00Z,{random.choice(['', '2026-02-20'])}"
        for i in range(60)
    ]
    tables = {
        name: "\n".join([TABLES[name].split()[0], *rows]) for name, rows in (("account", accounts), ("deal", deals))
    }
    plain = re.sub(r"\{type: text, values: [^}]*\}", "text", DOCUMENTS)
    assert plain.count(": text\n") == DOCUMENTS.count(": text\n") + 3
    lists, texts = (
        figures(measured(write_project(tmp_path / name, documents, tables), "2026-01", "2026-02", "2026-03", "all"))
        for name, documents in (("lists", DOCUMENTS), ("texts", plain))
    )
    assert len(lists) > 100
    assert lists == texts


def figures(results: Results) -> list[tuple[object, ...]]:
    """What was measured of each number, window and group, in the order of the results."""
    readings = [(r.id, r.reading) for r in results.results]
    return [
        (id_, reading.window, dict(reading.by), reading.value, reading.n, reading.unknown)
        for id_, reading in readings
        if isinstance(reading, NumberReading)
    ]
