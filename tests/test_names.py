"""Names with a kind ahead, across references and in rings: what they mean, and what is told where they mean nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.loading import load_documents

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding

WORLD = """
kind: team
id: marketing
name: Marketing
---
kind: entity
id: account
from: crm.accounts
key: account_id
fields: {{account_id: text, employees: integer, parent: {{ref: account}}}}
---
kind: entity
id: ticket
from: crm.tickets
key: ticket_id
fields: {{ticket_id: text}}
---
kind: entity
id: lead
from: crm.leads
key: lead_id
fields:
  lead_id: text
  score: integer
  account: {{ref: account}}
  {field}
---
kind: icp
id: core
of: account
owner: marketing
criteria:
  - {{id: size, when: "{criterion}", points: 40}}
tiers: {{A: 30}}
fits: [A]
---
kind: definition
id: big
of: account
when: employees > 1000
owner: marketing
---
kind: definition
id: hot
of: {of}
when: "{rule}"
owner: marketing
"""


def errors(
    tmp_path: Path,
    rule: str,
    field: str = "source: text",
    criterion: str = "employees > 5",
    of: str = "lead",
    more: str = "",
) -> list[Finding]:
    text = WORLD.format(rule=rule, field=field, criterion=criterion, of=of) + more
    _, findings = load_documents(tmp_path, text)
    return [finding for finding in findings if finding.level == "error"]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ("icp.core", "source: text"),
        ("icp.core.score > 5 and account.icp.core.tier = 'A'", "source: text"),
        ("account.icp.core and account.parent.icp.core.score > 3", "source: text"),
        ("big and account.parent.big", "source: text"),
        ("partner.icp.core and account.icp.core.score > 1", "partner: {ref: account}"),
        # a field called like a kind means the field, unless a name of that kind follows
        ("icp", "icp: boolean"),
        ("icp and icp.core", "icp: boolean"),
        ("icp.employees > 5 and icp.icp.core", "icp: {ref: account}"),
        ("period = 'Q1' and score > 1", "period: text"),
    ],
)
def test_names_that_mean_something(tmp_path: Path, rule: str, field: str) -> None:
    assert errors(tmp_path, rule, field) == []


@pytest.mark.parametrize(
    ("rule", "field", "message", "instead"),
    [
        (
            "icp.core",
            "partner: {ref: account}",
            "`icp.core` is of `account`, where several ways lead: `account.icp.core` and `partner.icp.core`",
            "write one of them",
        ),
        (
            "score > 1 and big",
            "partner: {ref: account}",
            "`big` is of `account`, where several ways lead: `account.big` and `partner.big`",
            "write one of them",
        ),
        (
            "icp.core.scor > 1",
            "source: text",
            "`icp.core.scor` means nothing on `lead`",
            "one of: `icp.core`, `icp.core.score`, `icp.core.tier`",
        ),
        ("account.icp.cor", "source: text", "`icp.cor` means nothing on `account`", "did you mean `icp.core`?"),
        ("icp.cor", "source: text", "`icp.cor` means nothing on `lead`", "did you mean `icp.core`?"),
        ("icp.core.tier = 'C'", "source: text", "`C` is not in the list of values", "one of: `A`"),
        ("hot or score > 1", "source: text", "a ring: `lead.hot` needs `lead.hot`", "break it at one place"),
    ],
)
def test_names_that_mean_nothing_or_too_much(tmp_path: Path, rule: str, field: str, message: str, instead: str) -> None:
    (found,) = errors(tmp_path, rule, field)
    assert (found.message, found.instead) == (message, instead)


def test_a_name_of_an_entity_that_no_reference_leads_to(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "icp.core", of="ticket")
    assert found.message == "`icp.core` is of an entity to which no reference of `ticket` leads"
    assert found.instead == "give `ticket` a field with a `ref` that leads there"


def test_two_meanings_of_one_name_are_both_told(tmp_path: Path) -> None:
    (found,) = errors(tmp_path, "score > 5", "hot: boolean")
    assert (found.code, found.instead) == ("AAC209", "rename one of them")
    assert found.message.startswith("`hot` means something on `lead` already: entity `lead`, in alignment/")


@pytest.mark.parametrize(
    ("criterion", "ring"),
    [
        ("icp.core.score > 1", "a ring: `account.icp.core.score` needs `account.icp.core.score`"),
        ("parent.icp.core", "a ring: `account.icp.core` needs `account.icp.core`"),
        (
            "huge",
            "a ring: `account.icp.core` needs `account.huge` needs `account.icp.core`",
        ),
    ],
)
def test_a_ring_is_printed(tmp_path: Path, criterion: str, ring: str) -> None:
    huge = "---\nkind: definition\nid: huge\nof: account\nwhen: icp.core and big\nowner: marketing\n"
    found = errors(tmp_path, "icp.core", criterion=criterion, more=huge)
    assert {finding.code for finding in found} == {"AAC206"}
    assert ring in {finding.message for finding in found}
