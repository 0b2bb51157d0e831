"""Who moved: told of the word that an edit reaches first, whatever was edited, and of nobody who is not to be named."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from aac.operations import open_sound_project, pull_sources
from aac.reviewing import diff, review
from tests.small import COMPANY, NOW_US, write_project
from tests.test_impact import changed, edit, numbers
from tests.test_revisions import git

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: account
from: crm.accounts
key: id
fields: {id: text, size: integer, industry: text}
---
kind: entity
id: lead
from: crm.leads
key: id
fields: {id: text, score: integer, account: {ref: account}, hot_at: timestamp, arr: {type: money, unit: EUR/year}}
---
kind: entity
id: contract
from: crm.contracts
key: id
fields:
  id: text
  account: {ref: account}
  mrr: {type: money, unit: EUR/month}
  begins: date
  ends: date
---
kind: metric
id: kept
name: Revenue kept
formula: sum(least(closing(mrr), opening(mrr))) / sum(opening(mrr))
of: contract
basis: retention
span: 12 months
per: account
in_force: {from: begins, until: ends}
unit: percent
better: higher
owner: marketing
serves: customer_success
---
kind: icp
id: core
name: Core account
of: account
owner: marketing
parties: [marketing, sales]
criteria:
  - {id: large, when: size >= 100, points: 50}
  - {id: software, when: "industry = 'Software'", points: 50}
tiers: {A: 100, B: 50}
fits: [A]
---
kind: definition
id: hot
name: Hot lead
of: lead
when: score > param.limit
at: hot_at
owner: marketing
parties: [marketing, sales]
---
kind: definition
id: best
name: Best lead
of: lead
when: hot and icp.core
at: hot_at
owner: marketing
---
kind: metric
id: money
name: Revenue of hot leads
formula: sum(arr)
of: hot
at: hot_at
unit: EUR/year
better: higher
owner: marketing
serves: successful_acquisition
"""
)
ACCOUNTS = "id,size,industry\np,100,Software\nq,150,Software\nr,500,Farming\n"
LEADS = """\
id,score,account,hot_at,arr
a,60,p,2026-01-05T09:00:00Z,1000000
b,80,q,2026-01-06T09:00:00Z,2500000
c,90,r,2026-02-05T09:00:00Z,99
d,70,p,2026-02-06T09:00:00Z,1234567
"""
CONTRACTS = """\
id,account,mrr,begins,ends
1,p,100,2024-01-01,2025-06-01
2,p,60,2025-06-01,
3,q,100,2024-01-01,
4,r,100,2024-01-01,2025-06-01
"""
"""On 2026-03-10 against a year before: p keeps 60 of 100, q all, r nothing."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = write_project(
        tmp_path / "small",
        DOCUMENTS,
        {"leads": LEADS, "accounts": ACCOUNTS, "contracts": CONTRACTS},
        settings="[param]\nlimit = 50\n",
    )
    (root / ".gitignore").write_text(".aac/\n")
    git(root, "init", "--quiet", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "first")
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


def test_of_a_parameter_the_word_that_it_stands_in(project: Path) -> None:
    edit(project, "limit = 50", "limit = 65", "aac.toml")
    screen = diff(project, None, "text", ("last:2",))
    assert "1 record of all time is no longer Hot lead\n" in screen
    assert "such as a\n" in screen
    # who is no best lead any more is so because of the other word
    assert "no longer Best lead" not in screen
    assert {each["id"] for each in changed(project)["impact"]["records"]} == {"hot", "best"}


def test_of_a_profile_who_fits(project: Path) -> None:
    edit(project, "when: size >= 100", "when: size > 100")
    told = changed(project)
    assert numbers(told)["core"] == ("2", "1", "−1")
    (moved,) = [each for each in told["impact"]["records"] if each["kind"] == "icp"]
    assert moved["lost"]["keys"] == ["p"]
    assert moved["lost"]["clauses"] == [
        {"rule": "`large` says another thing now: «size is more than 100»", "records": 1}
    ]
    screen = diff(project, None, "text", ("last:2",))
    assert "1 record of all time is no longer Core account" in screen
    assert "1 of them: `large` says another thing now: «size is more than 100»" in screen
    git(project, "checkout", "--quiet", "-b", "edit")
    git(project, "commit", "--quiet", "-am", "edit")
    assert "no longer Core account" in review(project, "main..edit", ("last:2",), None).comment


@pytest.mark.parametrize(
    ("old", "new", "way", "told"),
    [
        # q too would be there with 90, but for the rest
        ("when: size >= 100, points: 50", "when: size >= 100, points: 40", "lost",
         [("`large` gives 40 points, and gave 50", 2)]),
        ("tiers: {A: 100, B: 50}", "tiers: {A: 50, B: 40}", "gained", [("what fits begins at other points", 1)]),
        ("tiers: {A: 100, B: 50}", "tiers: {A: 50, B: 40}\nrequired: [software]", "", []),
        ("fits: [A]", "fits: [A]\nanti_patterns: [{id: tiny, when: size <= 100, why: they left}]", "lost",
         [("`tiny` is new: «size is at most 100»", 1)]),
        ("fits: [A]", "fits: [A, B]\nrequired: [large]", "gained", [("what fits begins at other points", 1)]),
    ],
)  # fmt: skip
def test_of_a_profile_what_was_edited(project: Path, old: str, new: str, way: str, told: list[tuple[str, int]]) -> None:
    """p and q have 100 points, r has 50: it is large and farms."""
    edit(project, old, new)
    moved = [each for each in changed(project)["impact"]["records"] if each["kind"] == "icp"]
    found = {side: each[side] for each in moved for side in ("lost", "gained") if each[side]["records"]}
    assert {side: [(c["rule"], c["records"]) for c in each["clauses"]] for side, each in found.items()} == (
        {way: told} if way else {}
    )


SCORING = """\
---
kind: scoring
id: worth
name: Worth
of: account
owner: marketing
criteria:
  - {id: large, when: size >= 100, points: 40}
  - {id: software, when: "industry = 'Software'", points: 30}
bands: {hot: 70, warm: 40}
"""


def test_of_a_scoring_who_is_handed_over(project: Path) -> None:
    """p and q have 70 points, r has 40; with ten less for what is large they have 60, 60 and 30."""
    path = project / "alignment" / "all.yml"
    path.write_text(path.read_text() + SCORING)
    git(project, "commit", "--quiet", "-am", "a scoring")
    edit(project, "when: size >= 100, points: 40", "when: size >= 100, points: 30")
    told = changed(project)
    (row,) = told["impact"]["numbers"]
    assert (row["name"], row["before"], row["after"]) == ("Worth: hot", "2", "0")
    (moved,) = told["impact"]["records"]
    assert (moved["name"], moved["lost"]["keys"]) == ("Worth: hot", ["p", "q"])
    assert moved["lost"]["clauses"] == [{"rule": "`large` gives 30 points, and gave 40", "records": 2}]
    assert told["impact"]["not_compared"] == [
        {"of": "scoring:worth", "why": "only its records in `hot` are counted, not those in its other bands"}
    ]


ACTIVE = """
---
kind: scoring
id: active
name: Active
of: account
owner: marketing
criteria:
  - {id: large, when: size >= 100, points: 40}
  - {id: asked, over: lead, when: score > 65, points: 30, at_most: {times: 2}}
bands: {hot: 70, warm: 40}
"""


@pytest.mark.parametrize(
    ("was", "becomes", "side", "clauses"),
    [
        ("points: 30", "points: 20", "lost", [("`asked` gives 20 points for each, and gave 30", 3)]),
        # of p's leads one has 60 and one 70
        ("score > 65", "score > 75", "lost", [("`asked` says another thing now: «score is more than 75»", 1)]),
        ("points: 30, at_most: {times: 2}", "points: 15, at_most: {times: 1}", "lost",
         [("`asked` counts once now, and gives 15 points for each, and gave 30", 3)]),
        ("  - {id: asked, over: lead, when: score > 65, points: 30, at_most: {times: 2}}\n", "", "lost",
         [("`asked` is gone: «score is more than 65»", 3)]),
        ("bands:", "qualifies_directly: [{id: calls, over: lead, when: score > 85}]\nbands:", "gained", []),
    ],
)  # fmt: skip
def test_rows_over_events_are_reasons(
    project: Path, was: str, becomes: str, side: str, clauses: list[tuple[str, int]]
) -> None:
    """p, q and r are large, and one lead of each has more than 65 points: all have 70."""
    path = project / "alignment" / "all.yml"
    path.write_text(path.read_text() + ACTIVE)
    git(project, "commit", "--quiet", "-am", "a scoring")
    edit(project, was, becomes)
    moved = changed(project)["impact"]["records"]
    told = [(clause["rule"], clause["records"]) for each in moved for clause in each[side]["clauses"]]
    assert told == clauses


def test_money_keeps_to_its_columns(project: Path) -> None:
    edit(project, "limit = 50", "limit = 65", "aac.toml")
    lines = diff(project, None, "text", ("last:2",)).splitlines()
    (row,) = [line for line in lines if "Revenue of hot leads" in line]
    assert row.split()[-3:] == ["2,367,333", "1,867,333", "−500,000"]
    assert "(EUR a year)" in row
    assert max(map(len, lines)) <= 80
    (head,) = [line for line in lines if "before" in line]
    assert len(head) == len(row)


def test_what_was_kept_of_those_who_moved(project: Path) -> None:
    edit(project, "when: size >= 100", "when: size > 100")
    edit(project, "{A: 100, B: 50}", "{A: 50, B: 20}")
    # p is large no more and fits by its industry alone, r by its size
    told = changed(project)["impact"]["records"]
    (moved,) = [each for each in told if each["kind"] == "icp"]
    assert (moved["lost"]["records"], moved["gained"]["keys"]) == (0, ["r"])
    assert [(each["name"], each["share"]) for each in moved["gained"]["kept"]] == [("Revenue kept", 0)]
    edit(project, "{A: 50, B: 20}", "{A: 100, B: 20}")
    (moved,) = [each for each in changed(project)["impact"]["records"] if each["kind"] == "icp"]
    assert [(each["name"], each["share"]) for each in moved["lost"]["kept"]] == [("Revenue kept", 0.6)]
    assert "Revenue kept of these is 60%" in diff(project, None, "text", ("last:2",))


def test_keys_are_hashed_where_reports_hash_them(project: Path) -> None:
    edit(project, "[param]", '[privacy]\nkeys = "hashed"\n\n[param]', "aac.toml")
    git(project, "commit", "--quiet", "-am", "hashed")
    edit(project, "limit = 50", "limit = 65", "aac.toml")
    (moved,) = [each for each in changed(project)["impact"]["records"] if each["id"] == "hot"]
    assert moved["lost"]["keys"] == [hashlib.sha256(b"Small\0a").hexdigest()[:12]]
    edit(project, 'keys = "hashed"', 'keys = "plain"', "aac.toml")
    # who asks for plain keys with the same change does not get them
    (moved,) = [each for each in changed(project)["impact"]["records"] if each["id"] == "hot"]
    assert moved["lost"]["keys"] != ["a"]


def test_keys_that_are_personal_are_told_nowhere(project: Path) -> None:
    edit(
        project,
        "fields: {id: text, score: integer, account",
        "fields: {id: {type: text, pii: true}, score: integer, account",
    )
    git(project, "commit", "--quiet", "-am", "personal")
    edit(project, "limit = 50", "limit = 65", "aac.toml")
    (moved,) = [each for each in changed(project)["impact"]["records"] if each["id"] == "hot"]
    assert (moved["lost"]["records"], moved["lost"]["keys"]) == (1, [])


def test_nothing_is_kept_of_who_is_not_counted_by_it(project: Path) -> None:
    """Revenue is kept per account: of leads, from which a contract may come and another not, it says nothing."""
    edit(project, "  account: {ref: account}\n  mrr", "  account: {ref: account}\n  lead: {ref: lead}\n  mrr")
    contracts = project / "data" / "contracts.csv"
    lines = contracts.read_text().splitlines()
    contracts.write_text("\n".join([f"{lines[0]},lead", *(f"{line},a" for line in lines[1:])]) + "\n")
    pull_sources(open_sound_project(project), NOW_US, lambda _: None)
    git(project, "commit", "--quiet", "-am", "from leads")
    edit(project, "limit = 50", "limit = 65", "aac.toml")
    (moved,) = [each for each in changed(project)["impact"]["records"] if each["id"] == "hot"]
    assert (moved["lost"]["keys"], moved["lost"]["kept"]) == (["a"], [])
