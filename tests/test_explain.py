"""`aac explain`: what a document says, what rests on what, its SQL and its numbers; and what a code means."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
import sqlglot

from aac import codes
from aac.errors import UsageError
from aac.evaluate import Asked
from aac.explaining import explain_code, view_of
from aac.operations import explain, open_project, pull_sources
from aac.reports import explained, plainly
from tests.commands import run_aac
from tests.loading import CONFIG
from tests.small import COMPANY, DESK, SLA, metric, write_project

ROOT = Path(__file__).parent.parent
NOW_US = 1_772_442_000_000_000
LEADS = {"leads": "lead_id,score,at,done\n1,60,2026-03-01T10:00:00Z,2026-03-01T11:00:00Z\n2,40,,\n3,,,\n"}
ENTITY = """\
kind: entity
id: lead
from: crm.leads
key: lead_id
fields:
  lead_id: text
  score: {type: integer, unit: score}
  at: timestamp
  done: timestamp
  good: {is: score > 50}
---
"""
MQL = """\
kind: definition
id: mql
name: Marketing Qualified Lead
of: lead
owner: marketing
parties: [marketing, sales]
means: |
  A lead that is *worth* a call.

  Exactly 50 is not enough.
why: we
  agreed
as_written: Only good leads, please.
when: good
at: at
---
"""


@pytest.fixture(scope="module")
def larkspur(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("explain") / "project"
    root.mkdir()
    for name in ("alignment", "data"):
        copytree(ROOT / name, root / name, ignore=ignore_patterns(".*"))
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    pull_sources(open_project(root), NOW_US, lambda _: None)
    return root


def told(root: Path, name: str) -> str:
    return explain(open_project(root), NOW_US, Asked(), name, lambda _: None)


def section(text: str, title: str) -> str:
    """What stands below a title."""
    _, _, rest = text.partition(f"\n{title}\n")
    return rest.partition("\n\n")[0] + "\n"


def small(root: Path, documents: str, *, is_pulled: bool = True) -> Path:
    made = write_project(root / "p", COMPANY + documents, LEADS)
    if is_pulled:
        pull_sources(open_project(made), 4_102_444_800_000_000, lambda _: None)
    return made


SAID = {
    "sla:ticket_solved": """\
  Customer Success solves every ticket.
  It is owed by Customer Success to Customers.
  Where priority is P0, the time for each Ticket is 24 hours.
  Where priority is P1, the time for each Ticket is 3 business days, by Berlin
    desk.
  Where priority is P2, the time for each Ticket is 40 business hours, by Berlin
    desk.
  Where priority is P3, nothing is promised: What is built is decided elsewhere.
  The clock starts at “created at”, and stops at “resolved at”.
  The clock stands still over each Ticket wait where “waits for” is customer.
  The objective is that 85% of those that began in each month are in time.
  With fewer than 20 in time or late it is not judged.
  It is also told by priority and category.
  When one is late, Customer Success is told.
  When it is off target, it is on the agenda of Monthly revenue sync.
""",
    "sla:ticket_reply": "  Where priority is P0, the time for each Ticket is 1 hour.\n",
    "sla:first_word": """\
  The time for each Marketing Qualified Lead is 1 business day, by the calendar
    of its owner.
""",
    "sla:enough_mqls": "  MQLs must come to at least 120 and at most 150 in each month.\n",
    "sla:complete_handoff": "  The objective is that 85% of those that began in each month are in time.\n",
    "metric:acceptance_rate": "  The target is at least 60%.\n  It serves winning customers.\n  It leads to SQLs.\n",
    "scorecard:joint": "  New customers counts with the weight 3.\n",
    "list:shift_industries": "  It holds 5 values: Logistics, Manufacturing, Healthcare, Hospitality and\n",
    "meeting:weekly_lead_review": "  It is held weekly on thu 10:00, and takes 30 minutes.\n",
    "calendar:desk": "  It is closed on the public holidays of DE, BE.\n",
    "company:larkspur": "  Money is told in EUR, and days are those of Europe/Berlin.\n",
    "team:customer_success": "  Its hours are those of Berlin desk.\n",
    "icp:core": "  Its tiers by points: A from 80 and B from 60.\n",
    "scoring:inbound": "  Its bands by points: hot from 70 and warm from 40.\n",
    "lifecycle:funnel": "  Stage 3, won: it is a Won Deal, shown by a signature.\n",
    "entity:activity": "  One is told from another by its activity id.\n",
    "definition:closed_deal": "  It becomes one at close date.\n",
    "decision:threshold_stays": "  It was decided on 2026-02-26, in Weekly lead review.\n",
    "waiver:summer_campaign": "  Sales approved it; it expires on 2025-10-01.\n",
    "signoff:definition_mql__sales": "  Sales agreed to Marketing Qualified Lead on 2026-02-26.\n",
    "lock:locked_2025_q4": "  The numbers of 2025-Q4 were locked on 2026-03-02, by aac 0.1.0.\n",
}


def test_every_kind_reads_as_plain_sentences() -> None:
    """Of the sample company, which has a document of every built-in kind."""
    project = open_project(ROOT).project
    assert {kind for kind, _ in project.places} == {subject.partition(":")[0] for subject in SAID} == {*plainly.KINDS}
    for subject, said in SAID.items():
        kind, _, id_ = subject.partition(":")
        assert said in "\n".join(["", *explained.said(view_of((kind, id_), project, date(2026, 3, 2))), ""]), subject
    for entry in project.entries():
        assert plainly.sentences_of(entry.kind, entry.fields, {}, {}), entry


def test_a_kind_that_is_not_known_is_told_key_by_key() -> None:
    fields = {"kind": "rota", "id": "a", "name": "A", "swap": ["team:sales", {"each": "week"}], "on_call": "yes"}
    assert plainly.sentences_of("rota", fields | {"ends": None}, {"team:sales": "Sales"}, {}) == [
        "Swap: Sales, each week.",
        "On call: yes.",
    ]


def test_a_definition(tmp_path: Path) -> None:
    root = small(tmp_path, ENTITY + MQL + metric("mqls", "count(*)", of="mql", at="mql.at"))
    assert (
        told(root, "mql")
        == """\
definition mql · Marketing Qualified Lead
alignment/all.yml:17 · owner Marketing · with Sales

A lead that is *worth* a call.

Exactly 50 is not enough.

Why: we agreed

As the teams wrote it: “Only good leads, please.”

What it says
  It is each lead of which score is more than 50.
  It becomes one at at.

In words
  when  score is more than 50
  at    at

Rests on
  └─ entity lead  lead

What rests on it
  └─ metric mqls  mqls

Today
  data as of Tue 2026-03-10 13:00 CET
  all  50%  1 of 2
      3 records · 1 unknown

SQL
  SELECT
    "r"."lead_id" AS "lead_id"
  FROM "lead" AS "r"
  WHERE
    "r"."score" > 50
"""
    )


def test_a_metric(larkspur: Path) -> None:
    text = told(larkspur, "win_rate")
    assert text.startswith("metric win_rate · Win rate\nalignment/metrics/win_rate.yml:1 · owner Sales\n")
    assert "  formula     the share of Closed Deals that count as a Won Deal\n" in text
    assert "  by segment  the size band of its account\n" in text
    assert "  2026-02  30.2%  19 of 63  ≥ 30%  ● on target\n      1 unknown\n" in text


def test_a_promise(larkspur: Path) -> None:
    text = told(larkspur, "sales_follow_up")
    assert "  how measured where       source is not partner\n" in text
    assert "the first “occurred at” of its activities that are\n                           human, at or" in text
    assert "77 of 93  90%  ■ off target" in text


def test_an_entity(larkspur: Path) -> None:
    text = told(larkspur, "lead")
    assert "  segment               the size band of its account\n" in section(text, "In words")
    assert "  first human touch at  the first “occurred at” of its activities" in section(text, "In words")
    assert "  all  4,080\n" in section(text, "Today")


def test_a_team_has_no_number_and_no_rule(larkspur: Path) -> None:
    text = told(larkspur, "team:sales")
    assert "├─ definition mql  Marketing Qualified Lead\n" in text
    assert not {"In words", "Today", "SQL"} & set(text.splitlines())


def test_every_document_is_explained(larkspur: Path) -> None:
    opened = open_project(larkspur)
    for kind, id_ in opened.project.places:
        text = explain(opened, NOW_US, Asked(), f"{kind}:{id_}", lambda _: None)
        assert text.startswith(f"{kind} {id_}")
        prose, _, query = text.partition("\nSQL\n")
        assert max(map(len, prose.splitlines())) <= 80
        for statement in query.split("\n\nSQL\n"):
            assert not statement or sqlglot.parse_one(statement, read="duckdb")


def test_without_data_the_rest_is_told(tmp_path: Path) -> None:
    root = small(tmp_path, ENTITY + MQL, is_pulled=False)
    text = told(root, "mql")
    assert section(text, "Today") == "  there is no data yet: run `aac pull` first\n"
    assert "when  score is more than 50" in text
    assert 'FROM "lead"' in text
    assert run_aac(root, "explain", "mql").returncode == 0


def test_with_wrong_documents_the_rest_is_told(tmp_path: Path) -> None:
    root = small(tmp_path, ENTITY + MQL)
    (root / "alignment" / "wrong.yml").write_text("kind: team\nid: other\nname: Other\ncolour: red\n")
    text = told(root, "mql")
    assert section(text, "Today") == "  the documents have errors, so nothing is measured: run `aac validate`\n"
    broken = told(root, "other")
    assert broken == "team other\nalignment/wrong.yml:1\n"


def test_what_rests_on_an_entity_without_a_table_has_no_sql(tmp_path: Path) -> None:
    lead = ENTITY.replace("good: {is: score > 50}", "good: {is: calls > 0}\n  calls: {rollup: count(*), over: call}")
    call = "kind: entity\nid: call\nname: Phone call\nfrom: crm.calls\nkey: wrong\n"
    call += "fields: {id: text, lead: {ref: lead}}\n---\n"
    text = told(small(tmp_path, lead + call + MQL, is_pulled=False), "mql")
    assert section(text, "In words") == "  when  the number of its phone calls is more than 0\n  at    at\n"
    assert "SQL" not in text.splitlines()


def test_an_entity_of_which_many_rows_make_one_record(tmp_path: Path) -> None:
    rows = """\
kind: entity
id: lead
from: crm.leads
per: lead_id
key: lead_id
occurs: moved_at
fields:
  lead_id: text
  last: {type: timestamp, from: max(moved_at)}
  late: {is: last > '2026-03-01'}
---
"""
    text = told(small(tmp_path, rows, is_pulled=False), "lead")
    assert section(text, "In words").splitlines() == [
        "  fields last from  the greatest value of the column “moved_at”",
        "  late              last is after 2026-03-01",
    ]
    assert 'FROM "lead" AS "r"' in section(text, "SQL")


def test_versions(tmp_path: Path) -> None:
    older = MQL.replace("of: lead", "of: lead\neffective_until: 2026-01-01").replace("when: good", "when: score > 10")
    newer = MQL.replace("of: lead", "of: lead\neffective_from: 2026-01-01")
    text = told(small(tmp_path, ENTITY + older + newer), "mql")
    assert section(text, "Versions").splitlines() == [
        "  the beginning until 2026-01-01",
        "    alignment/all.yml:17",
        "  2026-01-01 until now  (explained here)",
        "    alignment/all.yml:34",
    ]


def test_what_is_still_to_come_is_not_todays(tmp_path: Path) -> None:
    older = MQL.replace("of: lead", "of: lead\neffective_until: 2999-01-01").replace("when: good", "when: score > 10")
    newer = MQL.replace("of: lead", "of: lead\neffective_from: 2999-01-01")
    text = told(small(tmp_path, ENTITY + older + newer), "mql")
    assert section(text, "Versions").splitlines() == [
        "  the beginning until 2999-01-01  (explained here)",
        "    alignment/all.yml:17",
        "  2999-01-01 on, still to come",
        "    alignment/all.yml:34",
    ]
    assert section(text, "In words").splitlines()[0] == "  when  score is more than 10"


def test_a_checklist(tmp_path: Path) -> None:
    rule = """\
when:
  all:
    - {id: fit, rule: score > 50}
    - {id: time, any: [{id: begun, rule: at is not null}, {id: ended, rule: done is not null}]}
"""
    text = told(small(tmp_path, ENTITY + MQL.replace("when: good\n", rule)), "mql")
    assert " ".join(section(text, "In words").split()) == (
        "when all of: fit (score is more than 50), time (any of: begun (at is known), ended (done is known)) at at"
    )


def test_documents_that_rest_on_each_other_are_told_once(tmp_path: Path) -> None:
    sla = SLA + "when: {within: 2 days}\nhow_measured: {each: mql, stops: done, objective: 90%}\n---\n"
    text = told(small(tmp_path, DESK + ENTITY + MQL + sla), "reply")
    assert section(text, "Rests on") == (
        "  ├─ definition mql  Marketing Qualified Lead\n  ├─ entity lead  lead\n  └─ team sales  Sales\n"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mqll", "there is no document `mqll`; did you mean `mql`?"),
        ("definition:mqll", "there is no document `definition:mqll`; did you mean `definition:mql`?"),
        ("metric:mql", "there is no document `metric:mql`; did you mean"),
        ("both", "`both` is the id of several documents: say which of `calendar:both`, `team:both`"),
    ],
)
def test_what_is_not_there(tmp_path: Path, name: str, said: str) -> None:
    twins = "kind: team\nid: both\nname: Both\n---\n" + DESK.replace("id: desk", "id: both")
    root = small(tmp_path, ENTITY + MQL + metric("mqls", "count(*)", of="mql") + twins, is_pulled=False)
    with pytest.raises(UsageError) as stopped:
        told(root, name)
    assert said in str(stopped.value)
    done = run_aac(root, "explain", name)
    assert (done.returncode, done.stdout) == (2, "")


@pytest.mark.parametrize("name", codes.all_codes())
def test_every_code_is_explained(name: str) -> None:
    text = explain_code(name.lower())
    code = codes.read(name)
    assert text.splitlines()[0] == f"{name} ({code.level}): {code.title}"
    assert "\nWrong\n" in text
    assert "\nRight\n" in text


def test_nothing_is_there(tmp_path: Path) -> None:
    (tmp_path / "aac.toml").write_text(CONFIG)
    with pytest.raises(UsageError) as stopped:
        told(tmp_path, "mql")
    assert str(stopped.value) == "there is no document `mql`; there are none yet"


def test_a_code_needs_no_project(tmp_path: Path) -> None:
    done = run_aac(tmp_path, "explain", "aac203")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("AAC203 (error): ")
    unknown = run_aac(tmp_path, "explain", "AAC000")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("aac: there is no code `AAC000`; ")


def test_what_has_no_name_is_called_by_its_id_in_words() -> None:
    written = {
        "formula": "sum(mrr)", "of": "won_deal", "at": "closed_at", "unit": "EUR/year", "better": "higher",
        "target": {"at_least": "1250000.5"}, "leads_to": ["net_new"], "by": ["closed_by"],
    }  # fmt: skip
    names = {"definition:won_deal": "won_deal", "metric:net_new": "Net new ARR"}
    assert plainly.sentences_of("metric", written, names, {"at": "“closed at”"}) == [
        "It counts each won deal in the month of “closed at”.",
        "It is told in EUR a year, and higher is better.",
        "The target is at least 1,250,000.5 EUR a year.",
        "It leads to Net new ARR.",
        "It is also told by “closed by”.",
    ]
