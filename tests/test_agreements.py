"""Agreement by content: what a fingerprint is of, whose word counts, and what lapses it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aac.agreements import Agreement, Grounds, agreement_of, agreements, fingerprint, grounds
from aac.documents import read_text
from aac.expressions.parsed import Rules
from aac.findings import has_errors
from aac.kinds.definition import Definition
from tests.loading import load_documents

if TYPE_CHECKING:
    from pathlib import Path

    from aac.project import Project

PEOPLE = """\
kind: team
id: sales
name: Sales
members: [{handle: "@ada"}, {handle: "@grace"}]
---
kind: team
id: marketing
name: Marketing
members: [{handle: "@mary"}]
---
kind: team
id: customers
name: Customers
external: true
---
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {mon-fri: "09:00-17:00"}
---
kind: entity
id: account
from: crm.accounts
key: account_id
fields:
  account_id: text
  industry: text
  employees: integer
  city: text
---
kind: entity
id: lead
from: crm.leads
key: lead_id
occurs: created_at
fields:
  lead_id: text
  created_at: timestamp
  mql_at: timestamp
  account: {ref: account, from: company}
  score: integer
  phone: text
  band: {is: "case when score > 80 then 'hot' else 'cold' end"}
  touched_at: {rollup: min(occurred_at), over: activity}
  touches: {rollup: count(*), over: activity}
---
kind: entity
id: activity
from: crm.activities
key: activity_id
occurs: occurred_at
fields:
  activity_id: text
  lead: {ref: lead}
  occurred_at: timestamp
---
kind: icp
id: core
owner: marketing
of: account
criteria:
  - {id: industry, when: "industry = 'Software'", points: 40}
tiers: {A: 40}
fits: [A]
---
"""
MQL = """\
kind: definition
id: mql
means: A lead that is worth a call.
of: lead
when: score > param.threshold and band = 'hot' and icp.core
at: mql_at
owner: marketing
parties: [marketing, sales]
---
"""
PROMISE = """\
kind: sla
id: reply
what: Sales calls every MQL
who: {owes: sales, to: marketing}
when: {within: 4 business hours, calendar: desk}
how_measured: {each: mql, starts: mql.at, stops: touched_at, objective: 90%}
escalation: []
---
"""
SETTINGS = """\
[project]
name = "Test"
spec = 1
[param]
threshold = 50
[sources.crm]
connector = "csv"
path = "data"
"""
MQL_ID, REPLY = ("definition", "mql"), ("sla", "reply")


def loaded(root: Path, text: str, settings: str = SETTINGS) -> Project:
    """A project without errors: what teams should settle is left out here."""
    project, findings = load_documents(root, text, settings)
    assert not has_errors(findings), findings
    return project


def signoff(project: Project, by: str, account: str, doc: str = "definition/mql", **changed: str) -> str:
    """A sign-off of a document as the project has it; ``changed`` replaces its keys."""
    kind, _, id_ = doc.partition("/")
    now = agreement_of(project, (kind, id_))
    assert now is not None
    keys = {"kind": "signoff", "id": f"{kind}_{id_}__{by}", "of": doc, "team": by, "handle": f'"{account}"'}
    keys |= {"date": "2026-03-02", "fingerprint": now.fingerprint} | changed
    rests_on = "".join(f"  {key}: {value}\n" for key, value in grounds((kind, id_), Grounds(project)).items())
    return "".join(f"{key}: {value}\n" for key, value in keys.items()) + f"rests_on:\n{rests_on}---\n"


def state(project: Project, id_: tuple[str, str] = MQL_ID) -> Agreement:
    agreement = agreement_of(project, id_)
    assert agreement is not None
    return agreement


# -- states


def test_parties_agree_when_each_has_signed_what_it_says_today(tmp_path: Path) -> None:
    project = loaded(tmp_path, PEOPLE + MQL)
    assert (state(project).state, state(project).waiting) == ("waiting", ("marketing", "sales"))
    one = signoff(project, "sales", "@ada")
    now = state(loaded(tmp_path, PEOPLE + MQL + one))
    assert (now.state, now.waiting, now.since) == ("waiting", ("marketing",), None)
    both = one + signoff(project, "marketing", "@mary", date="2026-03-04")
    now = state(loaded(tmp_path, PEOPLE + MQL + both))
    assert (now.state, now.waiting, str(now.since)) == ("agreed", (), "2026-03-04")
    assert [(s.team, s.handle) for s in now.signatures] == [("marketing", "@mary"), ("sales", "@ada")]


def test_editing_its_meaning_lapses_it_and_prose_does_not(tmp_path: Path) -> None:
    project = loaded(tmp_path, PEOPLE + MQL)
    both = signoff(project, "sales", "@ada") + signoff(project, "marketing", "@mary")
    reworded = MQL.replace("worth a call", "worth a long call")
    assert state(loaded(tmp_path, PEOPLE + reworded + both)).state == "agreed"
    edited = MQL.replace("score >", "score >=")
    now = state(loaded(tmp_path, PEOPLE + edited + both))
    assert (now.state, now.waiting) == ("lapsed", ("marketing", "sales"))
    again = loaded(tmp_path, PEOPLE + edited)
    half = signoff(project, "sales", "@ada") + signoff(again, "marketing", "@mary")
    assert state(loaded(tmp_path, PEOPLE + edited + half)).waiting == ("sales",)


@pytest.mark.parametrize(
    ("was", "becomes", "changed"),
    [
        ("industry = 'Software'", "industry = 'Retail'", ("icp.core",)),
        ("  score: integer", "  score: {type: integer, from: points}", ("lead.score",)),
        ("score > 80", "score > 90", ("lead.band",)),
        ("from: crm.leads", "from: crm.people", ("lead",)),
        ("{ref: account, from: company}", "{ref: account, from: firm}", ("lead.account",)),
        ("industry: text", "industry: {type: text, from: sector}", ("account.industry",)),
        ("  phone: text", "  phone: {type: text, from: mobile}", ()),
        ("  city: text", "  town: text", ()),
        ("over: activity}\n  touches", "over: activity, where: lead is not null}\n  touches", ()),
    ],
)
def test_what_it_rests_on_changes(tmp_path: Path, was: str, becomes: str, changed: tuple[str, ...]) -> None:
    project = loaded(tmp_path, PEOPLE + MQL)
    both = signoff(project, "sales", "@ada") + signoff(project, "marketing", "@mary")
    assert PEOPLE.count(was) == 1
    now = state(loaded(tmp_path, PEOPLE.replace(was, becomes) + MQL + both))
    assert (now.state, now.changed) == ("agreed", changed)


def test_a_parameter_is_rested_on(tmp_path: Path) -> None:
    project = loaded(tmp_path, PEOPLE + MQL)
    both = signoff(project, "sales", "@ada") + signoff(project, "marketing", "@mary")
    now = state(loaded(tmp_path, PEOPLE + MQL + both, SETTINGS.replace("50", "60")))
    assert (now.state, now.changed) == ("agreed", ("param.threshold",))


def test_a_promise_rests_on_its_words_roll_ups_and_calendar(tmp_path: Path) -> None:
    text = PEOPLE + MQL + PROMISE
    project = loaded(tmp_path, text)
    both = signoff(project, "sales", "@ada", "sla/reply") + signoff(project, "marketing", "@mary", "sla/reply")
    for was, becomes, changed in [
        ("score > param", "score >= param", ("mql",)),
        ("17:00", "18:00", ("calendar.desk",)),
        ("rollup: min(", "rollup: max(", ("lead.touched_at",)),
        ("rollup: count(*)", "rollup: count(distinct activity_id)", ()),
    ]:
        now = state(loaded(tmp_path, text.replace(was, becomes, 1) + both), REPLY)
        assert (now.state, now.changed) == ("agreed", changed)
    now = state(loaded(tmp_path, text.replace("90%", "85%") + both), REPLY)
    assert now.state == "lapsed"


def test_no_team_agrees_with_itself(tmp_path: Path) -> None:
    alone = MQL.replace("parties: [marketing, sales]\n", "")
    word = signoff(loaded(tmp_path, PEOPLE + alone), "marketing", "@mary")
    now = state(loaded(tmp_path, PEOPLE + alone + word))
    assert (now.state, now.parties, now.since) == ("alone", ("marketing",), None)


def test_a_customer_is_never_asked(tmp_path: Path) -> None:
    text = PEOPLE + MQL + PROMISE.replace("to: marketing", "to: customers")
    assert state(loaded(tmp_path, text), REPLY).parties == ("sales",)


def test_a_word_given_elsewhere_counts(tmp_path: Path) -> None:
    project = loaded(tmp_path, PEOPLE + MQL + signoff(loaded(tmp_path, PEOPLE + MQL), "sales", "@ada"))
    now = agreement_of(project, MQL_ID, {"marketing": "@mary", "customers": "@bob"})
    assert now is not None
    assert (now.state, [s.handle for s in now.signatures]) == ("agreed", ["@mary", "@ada"])


def test_a_version_is_signed_by_itself(tmp_path: Path) -> None:
    project = loaded(tmp_path, PEOPLE + MQL)
    first = MQL.replace("id: mql", "id: mql\neffective_until: 2026-04-01")  # where the next begins: no change
    both = signoff(project, "sales", "@ada") + signoff(project, "marketing", "@mary")
    second = MQL.replace("id: mql", "id: mql\neffective_from: 2026-04-01").replace("param.threshold", "70")
    text = PEOPLE + first + second
    newest = loaded(tmp_path, text + both)
    assert (state(newest).state, state(newest.by_day[min(newest.by_day)]).state) == ("waiting", "agreed")
    other = signoff(newest, "sales", "@ada", id="later", version="2026-04-01")
    assert state(loaded(tmp_path, text + both + other)).waiting == ("marketing",)


def test_of_all_documents(tmp_path: Path) -> None:
    project = loaded(tmp_path, PEOPLE + MQL + PROMISE)
    assert [agreement.doc for agreement in agreements(project)] == [MQL_ID, ("icp", "core"), REPLY]


# -- what is wrong with sign-offs


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        ({"of": "definition/mqll"}, "AAC440", "there is no definition `mqll` to agree to"),
        ({"of": "promise/mql"}, "AAC440", "there is no promise `mql` to agree to"),
        ({"version": "2026-04-01"}, "AAC440", "no version of definition `mql` begins on 2026-04-01"),
        ({"team": "finance"}, "AAC204", "no team is called `finance`"),
        ({"team": "customers"}, "AAC441", "`customers` is no party of definition `mql`, so its word does not count"),
        ({"of": "sla/back"}, "AAC441", "`sales` is no party of sla `back`, so its word does not count"),
        ({"of": "sla/back", "team": "customers"}, "AAC441", "`customers` is outside the company"),
        ({"handle": '"@mary"'}, "AAC442", "`@mary` is no member of `sales`, so this does not count as its word"),
        ({"handle": '"@adda"'}, "AAC442", "`@adda` is no member of `sales`"),
        ({"handle": "Ada L"}, "AAC308", "`Ada L` is no handle"),
        ({"of": "mql"}, "AAC308", "`mql` names no document"),
        ({"fingerprint": "00ff"}, "AAC308", "`00ff` is no fingerprint"),
    ],
)
def test_what_cannot_count_is_told(tmp_path: Path, changed: dict[str, str], code: str, says: str) -> None:
    back = PROMISE.replace("id: reply", "id: back").replace("sales, to: marketing", "marketing, to: customers")
    text = PEOPLE + MQL + back
    word = signoff(loaded(tmp_path, text), "sales", "@ada", **changed)
    project, findings = load_documents(tmp_path, text + word, SETTINGS)
    (found,) = [f for f in findings if f.doc == "signoff:definition_mql__sales"]
    assert (found.code, found.message.startswith(says)) == (code, True), found
    assert state(project).waiting == ("marketing", "sales")


def test_a_team_that_is_broken_is_told_once(tmp_path: Path) -> None:
    word = signoff(loaded(tmp_path, PEOPLE + MQL), "sales", "@ada")
    broken = PEOPLE.replace("name: Sales\nmembers", "names: Sales\nmembers")
    _, findings = load_documents(tmp_path, broken + MQL + word, SETTINGS)
    assert [finding for finding in findings if finding.doc == "signoff:definition_mql__sales"] == []


# -- the fingerprint: of what was read, not of how it was written

PARSED = Rules()
KEYS = [
    "means: A lead that is worth a call.",
    "of: lead",
    "when: score > param.threshold and band = 'hot' and icp.core",
    "at: mql_at",
    "owner: marketing",
    "parties: [marketing, sales]",
    "reasons: {in: phone, one_of: {no_budget: No Budget, bad_data: Bad Data}}",
]
OTHER_WORDS = {
    KEYS[0]: [
        "means: Somebody to call.",
        "# nothing is said\n",
        "means: >-\n  A lead that is\n  worth a call.\nwhy: So.",
    ],
    KEYS[2]: [
        "when: (score > param.threshold) AND band='hot' and icp.core",
        "when: >-\n  score > param.threshold\n  and band = 'hot'   and icp.core\n",
        '"when": "score > param.threshold and band = \'hot\' and icp.core"',
    ],
    KEYS[5]: ["parties: [sales, marketing]", "parties:\n  - sales   # who calls\n  - marketing\n"],
    KEYS[6]: ["reasons:\n  one_of: {bad_data: Bad Data, no_budget: No Budget}\n  in: phone"],
}
OTHER_MEANINGS = [
    (KEYS[1], "of: activity"),
    (KEYS[2], "when: score >= param.threshold and band = 'hot' and icp.core"),
    (KEYS[2], "when: score > param.threshold and band = 'hot'"),
    (KEYS[2], "when: score > param.threshold and band = 'cold' and icp.core"),
    (KEYS[2], "when: score > param.other and band = 'hot' and icp.core"),
    (KEYS[3], "at: created_at"),
    (KEYS[3], ""),
    (KEYS[4], "owner: sales"),
    (KEYS[5], "parties: [marketing]"),
    (KEYS[6], "reasons: {in: phone, one_of: {no_budget: No Budget, bad_data: Bad Data}, required: true}"),
    (KEYS[6], "reasons: {in: phone, one_of: {no_budget: None, bad_data: Bad Data}}"),
    (KEYS[6], ""),
]


def print_of(lines: list[str]) -> str:
    text = "\n".join(["kind: definition", "id: mql", *lines]) + "\n"
    (document,), _ = read_text(text.encode(), "mql.yml")
    return fingerprint(Definition.model_validate(document.data), PARSED.parse)


@given(st.permutations(KEYS), st.data())
def test_a_fingerprint_is_not_of_order_form_and_prose(lines: list[str], data: st.DataObject) -> None:
    written = [data.draw(st.sampled_from([line, *OTHER_WORDS.get(line, [])])) for line in lines]
    assert print_of(written) == print_of(KEYS)


@given(st.permutations(KEYS), st.sampled_from(OTHER_MEANINGS), st.data())
def test_a_fingerprint_is_of_every_meaning(lines: list[str], edit: tuple[str, str], data: st.DataObject) -> None:
    was, becomes = edit
    written = [
        becomes if line == was else data.draw(st.sampled_from([line, *OTHER_WORDS.get(line, [])])) for line in lines
    ]
    assert print_of(written) != print_of(KEYS)
