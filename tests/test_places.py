"""Groups by texts of closed lists, which a query tells apart by their places: of the records' own and of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.results import NumberReading
from tests.small import COMPANY, measured, metric, write_project

if TYPE_CHECKING:
    from aac.results import Results

DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: account
from: crm.account
key: id
fields:
  id: text
  tier: {type: text, values: [gold, "it's", silver]}
---
kind: entity
id: deal
from: crm.deal
key: id
fields:
  id: text
  account: {ref: account}
  size: {type: text, values: [S, M]}
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
        id,account,size,name,opened_at,until
        a,1,S,n,2026-02-01T10:00Z,
        b,2,M,n,2026-02-02T10:00Z,
        c,2,L,n,2026-02-03T10:00Z,
        d,3,M,o,2026-02-04T10:00Z,
        e,4,S,o,2026-02-05T10:00Z,2026-02-06T10:00Z
        f,9,S,p,2026-02-06T10:00Z,
        g,,S,p,2026-02-07T10:00Z,
    """,
}
"""Bronze and L belong to no list, and account 9 does not exist: unknown, each of them."""
OF_TIERS = {"gold": 1, "it's": 2, None: 4}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return measured(write_project(tmp_path_factory.mktemp("places") / "p", DOCUMENTS, TABLES), "2026-02")


@pytest.mark.parametrize(
    ("id_", "name", "expected"),
    [
        ("alone", "size", {"S": 4, "M": 2, None: 1}),
        ("alone", "tier", OF_TIERS),
        ("alone", "name", {"n": 3, "o": 2, "p": 2}),
        ("crossed", "both", OF_TIERS),
        ("crossed", "big", {True: 2, False: 4, None: 1}),
        ("open", "tier", {**OF_TIERS, None: 3}),
        ("kept", "size", {"S": 3, "M": 2, None: 1}),
        ("kept", "tier", {**OF_TIERS, None: 3}),
    ],
)
def test_groups(results: Results, id_: str, name: str, expected: dict[object, int]) -> None:
    found = {r.reading.by[name]: r.reading for r in results.results if r.id == id_ and set(r.reading.by) == {name}}
    assert {group: r.value for group, r in found.items() if isinstance(r, NumberReading)} == expected
