"""What a result rests on and at which moment: sources, records that do not exist yet, roll-ups, exit codes, order.

As_of is 2026-03-10T12:00Z, a Tuesday, unless a test says otherwise; the company is in Berlin, an hour ahead.
"""

from __future__ import annotations

import random
import shutil
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from aac.engines.duckdb import DuckdbEngine
from aac.evaluate import Asked, evaluate
from aac.judging import read_fail_on
from aac.landing.landed import prepared
from aac.operations import check, open_sound_project, pull_sources
from aac.periods import iso_utc
from aac.results import Status
from tests.commands import run_aac
from tests.small import COMPANY, NOW_US, SLA, measured, metric, number, outcomes, write_project

if TYPE_CHECKING:
    from aac.results import Result, Results

ROOT = Path(__file__).parent.parent

# Several sources, each with a watermark of its own

TWO_SOURCES = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.lead
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  replied_at: timestamp
  score: integer
  first_bill_at: {rollup: min(sent_at), over: bill}
---
kind: entity
id: bill
from: erp.bill
key: id
occurs: sent_at
fields: {id: text, sent_at: timestamp, lead: {ref: lead}, amount: integer}
---
"""
    + SLA
    + """\
when: {within: 24 hours}
how_measured: {each: lead, starts: created_at, stops: replied_at, objective: 50%}
---
kind: sla
id: billing
what: Sales bills
who: {owes: sales, to: marketing}
when: {within: 24 hours}
how_measured: {each: lead, starts: created_at, stops: first_bill_at, objective: 50%}
escalation: []
---
"""
    + metric("leads", "count(*)", of="lead", at="created_at", target="{at_least: 1}")
    + metric("bills", "count(*)", of="bill", at="sent_at", target="{at_least: 1}")
    + metric("scored", "count_if(lead.score > 5)", of="bill", at="sent_at", target="{at_least: 1}")
    + metric("billed", "count_if(first_bill_at is null)", of="lead", at="created_at", target="{at_least: 1}")
)
ERP = """
[sources.erp]
connector = "csv"
path = "erp"
watermark = "2026-03-05T12:00:00Z"
freshness = {error_after = "6 days"}
"""
LEADS = "id,created_at,replied_at,score\n1,2026-03-02T12:00Z,2026-03-02T13:00Z,9\n2,2026-03-08T12:00Z,,9\n"
BILLS = (
    "id,sent_at,lead,amount\na,2026-03-03T12:00Z,1,10\nb,2026-03-05T12:00:00.000001Z,1,10\nc,2026-03-04T12:00Z,2,5\n"
)
CRM_AS_OF, ERP_AS_OF = "2026-03-10T12:00:00Z", "2026-03-05T12:00:00Z"


@pytest.fixture
def two_sources(tmp_path: Path) -> Path:
    root = write_project(tmp_path / "p", TWO_SOURCES, {"lead": LEADS}, settings=ERP)
    (root / "erp").mkdir()
    (root / "erp" / "bill.csv").write_text(BILLS)
    return root


def test_as_of_is_the_least_watermark_of_what_a_result_rests_on(two_sources: Path) -> None:
    results = measured(two_sources, "2026-03")
    as_of = {r.id: iso_utc(r.reading.as_of_us) for r in results.results}
    assert as_of == {
        "reply": CRM_AS_OF, "leads": CRM_AS_OF,
        "billing": ERP_AS_OF, "bills": ERP_AS_OF, "scored": ERP_AS_OF, "billed": ERP_AS_OF,
    }  # fmt: skip
    assert outcomes(results, "reply", "2026-03") == {"met": 1, "late": 1}
    assert number(results, "leads", "2026-03").n == 2
    # the bills' source knows nothing after the 5th: neither bill b nor, as it is seen from there, lead 2
    assert outcomes(results, "billing", "2026-03") == {"met": 1}
    assert number(results, "bills", "2026-03").n == 2
    scored = number(results, "scored", "2026-03")
    assert (scored.value, scored.n, scored.unknown) == (1, 2, 1)
    assert (number(results, "billed", "2026-03").value, number(results, "billed", "2026-03").n) == (0, 1)


def test_as_of_on_the_command_line_holds_for_all(two_sources: Path) -> None:
    results = measured(two_sources, "2026-03", as_of="2026-03-20T12:00Z")
    assert {iso_utc(r.reading.as_of_us) for r in results.results} == {"2026-03-20T12:00:00Z"}
    assert outcomes(results, "billing", "2026-03") == {"met": 1, "unmeasurable": 1}
    assert number(results, "bills", "2026-03").n == 3


def test_only_what_rests_on_an_old_source_is_stale(two_sources: Path) -> None:
    """Six days after the bills' watermark they are fresh still; a microsecond later they are not."""
    opened = open_sound_project(two_sources)
    pull_sources(opened, NOW_US, lambda _: None)
    six_days_later = 1_773_230_400_000_000
    assert iso_utc(six_days_later) == "2026-03-11T12:00:00Z"
    for now_us, stale in ((six_days_later, set[str]()), (six_days_later + 1, {"billing", "bills", "scored", "billed"})):
        checked = check(opened, now_us, Asked(windows=("2026-03",)), ("json",), ("stale",), lambda _: None)
        assert {r.id for r in checked.results.results if r.verdict.status is Status.STALE} == stale
        assert checked.exit_code == (3 if stale else 0)


# Records that do not exist yet, and roll-ups

FAMILY = (
    COMPANY
    + """\
kind: entity
id: account
from: crm.account
key: id
occurs: since
fields:
  id: text
  since: timestamp
  size: integer
  band: {is: "case when size < 5 then 'small' else 'large' end"}
  unsized: {is: size is null}
  leads: {rollup: count(*), over: lead}
  acts: {rollup: sum(acts), over: lead}
---
kind: entity
id: lead
from: crm.lead
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  account: {ref: account}
  mql_at: timestamp
  acts: {rollup: count(*), over: act}
  first_at: {rollup: min(at), over: act, where: human}
  last_at: {rollup: max(at), over: act, where: human}
  since_mql: {rollup: count_if(human), over: act, after: mql_at}
  minutes: {rollup: sum(minutes) filter (where human), over: act, after: mql_at}
  since_first: {rollup: count(*), over: act, after: first_at}
  kinds: {rollup: count(distinct kind), over: act, after: first_at}
  kin: {is: account.leads}
---
kind: entity
id: act
from: crm.act
key: id
occurs: at
fields: {id: text, at: timestamp, lead: {ref: lead}, human: boolean, minutes: integer, kind: text}
---
"""
    + "".join(
        metric(field, f"sum({field})", of="lead", by="[id]")
        for field in ("acts", "since_mql", "minutes", "since_first", "kinds", "kin")
    )
    + metric("nobody", "count_if(acts = 0)", of="lead")
    + metric("first", "count_if(first_at < '2026-03-02')", of="lead", by="[id]")
    + metric("small", "count_if(account.size < 5)", of="lead", by="[{there: account.id}, account]")
    + metric("account_acts", "sum(acts)", of="account", by="[id]")
    + metric("bands", "count(*)", of="lead", by="[{band: account.band}, {unsized: account.unsized}]")
    + metric("unsized", "count_if(account.unsized)", of="lead")
    + metric("since", "count(*)", of="account", by="[since, {age: 'hours_between(since, as_of)'}]")
)
ACCOUNTS = "id,since,size\nx,2026-01-01,1\ny,2026-03-10T12:00:00.000001Z,1\nz,2026-03-10T12:00Z,9\n"
FAMILY_LEADS = """\
id,created_at,account,mql_at
1,2026-01-01,x,2026-03-01T12:00Z
2,2026-01-01,x,
3,2026-01-01,y,2026-04-01T12:00Z
4,2026-01-01,,2026-03-01T12:00Z
5,2026-03-10T12:00:00.000001Z,x,2026-03-01T12:00Z
"""
ACTS = """\
id,at,lead,human,minutes,kind
a,2026-03-01T11:00Z,1,true,1,call
b,2026-03-01T12:00Z,1,true,2,call
c,2026-03-01T13:00Z,1,false,4,mail
d,2026-03-01T14:00Z,1,,8,mail
e,2026-03-10T12:00:00.000001Z,1,true,16,visit
f,,1,true,32,visit
g,2026-03-01T13:00Z,2,true,64,call
h,2026-03-01T12:00Z,2,false,128,call
i,2026-03-01T13:00Z,3,false,256,call
j,2026-03-01T13:00Z,5,true,512,call
k,2026-03-01T13:00Z,,true,1024,call
l,2026-03-01T13:00Z,6,true,2048,call
"""
"""Lead 5 and account y come a hair after as_of; lead 6 is in no table. f has happened at an unknown time."""
ROLLED_UP = {
    # by lead: acts at all; human ones since the MQL and their minutes; all, and kinds, since the first human one
    "acts": {"1": 5, "2": 2, "3": 1, "4": 0},
    # (lead 3 is no MQL yet)
    "since_mql": {"1": 1, "2": None, "3": None, "4": 0},
    "minutes": {"1": 2, "2": None, "3": None, "4": None},
    "since_first": {"1": 4, "2": 1, "3": None, "4": None},
    "kinds": {"1": 2, "2": 1, "3": None, "4": None},
    # of the account: leads that exist; of one that does not exist nothing is known
    "kin": {"1": 2, "2": 2, "3": None, "4": None},
    "first": {"1": 1, "2": 1, "3": 0, "4": 0},
}


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Results:
    tables = {"account": ACCOUNTS, "lead": FAMILY_LEADS, "act": ACTS}
    return measured(write_project(tmp_path_factory.mktemp("family") / "p", FAMILY, tables))


@pytest.mark.parametrize("field", ROLLED_UP)
def test_roll_ups(family: Results, field: str) -> None:
    assert _by(family, field, "id") == ROLLED_UP[field]


def test_what_is_said_of_records_that_do_not_exist_yet(family: Results) -> None:
    """A reference to an account that is to come finds nothing: neither its key is known nor whether it is small."""
    assert number(family, "nobody", "all").value == 1
    assert _by(family, "small", "there") == {"x": 2, None: 0}
    assert _by(family, "small", "account") == {"x": 2, None: 0}
    assert number(family, "small", "all").unknown == 2
    assert _by(family, "account_acts", "id") == {"x": 7, "z": None}
    assert _by(family, "bands", "band") == {"small": 2, None: 2}
    assert _by(family, "bands", "unsized") == {False: 2, None: 2}
    assert (number(family, "unsized", "all").value, number(family, "unsized", "all").unknown) == (0, 2)


def test_groups_of_moments_and_times_are_told_in_their_own_way(family: Results) -> None:
    """x began at midnight in Berlin, 69 days less 11 hours before as_of (12:00 UTC); z is new, y is not there yet."""
    assert _by(family, "since", "since") == {"2025-12-31T23:00:00Z": 1, "2026-03-10T12:00:00Z": 1}
    assert _by(family, "since", "age") == {Decimal(69 * 24 - 11): 1, Decimal(0): 1}


def _by(results: Results, id_: str, dimension: str) -> dict[Any, Any]:
    return {
        r.reading.by[dimension]: getattr(r.reading, "value", None)
        for r in results.results
        if r.id == id_ and dimension in r.reading.by
    }


# Exit codes, by the windows that decide

DECIDING = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, asked_at: timestamp, replied_at: timestamp}
---
kind: sla
id: monthly
what: Sales replies
who: {owes: sales, to: marketing}
when: {within: 24 hours}
how_measured: {each: lead, starts: asked_at, stops: replied_at, objective: 50%}
escalation: [{at: late, do: notify, to: sales}]
---
kind: sla
id: yearly
what: Sales replies
who: {owes: sales, to: marketing}
when: {within: 24 hours}
how_measured: {each: lead, starts: asked_at, stops: replied_at, objective: 50%, window: year}
escalation: [{at: late, do: notify, to: sales}]
"""
)
"""In 2025 nine were met, in February six; in March two are late. 2026 is on target, but not by its last seven days."""
NINE = "".join(f"a{i},2025-01-05T12:00Z,2025-01-05T12:00Z\n" for i in range(9))
SIX_MORE = "".join(f"b{i},2026-02-05T12:00Z,2026-02-05T12:00Z\n" for i in range(6))
TWO_LATE = "".join(f"c{i},2026-03-05T12:00Z,\n" for i in range(2))
FRESH, OLD = 1_773_316_800_000_000, 1_773_316_800_000_001
"""Two days after the watermark, and a microsecond later."""


@pytest.fixture(scope="module")
def deciding(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_project(
        tmp_path_factory.mktemp("deciding") / "p",
        DECIDING,
        {"lead": f"id,asked_at,replied_at\n{NINE}{SIX_MORE}{TWO_LATE}"},
        settings='freshness = {error_after = "2 days"}\n',
    )
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


@pytest.mark.parametrize(
    ("windows", "fail_on", "now_us", "code"),
    [
        # the monthly promise was kept in February, the yearly one in 2025; March is off target so far, 2026 at risk
        ((), None, FRESH, 0),
        ((), "at_risk", FRESH, 1),
        ((), "off_target", FRESH, 0),
        (("last",), "off_target,at_risk", FRESH, 0),
        # a window that is named decides, whichever it is
        (("current",), None, FRESH, 1),
        (("last", "current"), None, FRESH, 1),
        (("2026-03",), None, FRESH, 1),
        (("2026-03",), "at_risk,stale", FRESH, 0),
        (("2026-03",), "never", FRESH, 0),
        (("2026",), None, FRESH, 0),
        (("2026",), "at_risk", FRESH, 1),
        (("2026-Q1",), "at_risk", FRESH, 1),
        (("2024",), "off_target,at_risk,not_measurable", FRESH, 0),
        ((), None, OLD, 3),
        (("2026-03",), None, OLD, 3),
        (("2024",), None, OLD, 3),
        ((), "off_target,at_risk,not_measurable", OLD, 0),
    ],
)
def test_exit_codes(deciding: Path, windows: tuple[str, ...], fail_on: str | None, now_us: int, code: int) -> None:
    checked = check(
        open_sound_project(deciding), now_us, Asked(windows=windows), (), read_fail_on(fail_on), lambda _: None
    )
    assert checked.exit_code == code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--fail-on", "at_risk"), 1),
        (("--window", "current", "--fail-on", "never"), 0),
        (("--now", "2026-03-12T12:00:00.000001Z"), 3),
        (("--window", "2026-13"), 2),
        (("--fail-on", "whatever"), 2),
    ],
)
def test_exit_codes_of_a_process(deciding: Path, arguments: tuple[str, ...], code: int) -> None:
    now = () if "--now" in arguments else ("--now", "2026-03-12T12:00:00Z")
    done = run_aac(deciding, "check", *now, *arguments)
    assert done.returncode == code, done.stdout + done.stderr


# Order: of rows, and of threads


@pytest.fixture(scope="module")
def larkspur(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root project without its doubled keys: of two rows of one key the later one stays, so that order matters."""
    root = tmp_path_factory.mktemp("larkspur") / "project"
    shutil.copytree(ROOT / "alignment", root / "alignment")
    (root / "data").mkdir()
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    for path in (ROOT / "data").glob("*.csv"):
        header, *rows = path.read_text().splitlines()
        one_a_key = {row.partition(",")[0]: row for row in rows}
        (root / "data" / path.name).write_text("\n".join([header, *one_a_key.values()]) + "\n")
    return root


def _results(root: Path, threads: int | None = None) -> tuple[Result, ...]:
    """Everything of a project, in windows that overlap; with ``threads``, so many share even small tables."""
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    project, asked = opened.project, Asked(windows=("last:3", "current", "all", "2026-Q1"))
    with prepared(root, project.tables, project.config.sources, project.timezone) as data:
        if threads is not None:
            data.engine.execute(f"SET threads = {threads}")
            data.engine.execute("PRAGMA verify_parallelism")
        results, _ = evaluate(project, data, data.engine, asked, lambda made: [*made.clocks, *made.measures])
    return results


def test_results_do_not_depend_on_order(larkspur: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def left_open(*_: object) -> None: ...

    monkeypatch.setattr(DuckdbEngine, "_lock_down", left_open)  # else nobody can ask for more threads
    expected = _results(larkspur)
    assert len(expected) > 100
    assert _results(larkspur, threads=1) == expected
    assert _results(larkspur, threads=8) == expected
    shutil.copytree(larkspur, tmp_path / "p")
    for path in (tmp_path / "p" / "data").glob("*.csv"):
        header, *rows = path.read_text().splitlines()
        random.Random(7).shuffle(rows)
        path.write_text("\n".join([header, *rows]) + "\n")
    assert _results(tmp_path / "p", threads=8) == expected


LOG = """\
number,state,at
T1,new,2026-02-02 09:00
T1,closed,2026-02-02 11:00
T2,new,2026-02-03 09:00
T2,closed,2026-02-05 09:00
"""
CASES = """\
kind: entity
id: case
from: crm.log
key: number
per: number
occurs: at
columns: {at: timestamp}
fields:
  number: text
  opened_at: {type: timestamp, from: min(at)}
  closed_at: {type: timestamp, from: min(at) filter (where state = 'closed')}
  state: {type: text, values: [new, closed], from: 'arg_max(state, at)'}
  owner: {ref: agent, from: "'A1'"}
---
"""


def test_records_of_many_rows_are_as_of_a_moment(tmp_path: Path) -> None:
    opened = metric("opened", "count(*)", of="case", at="opened_at")
    closed = metric("closed", "count_if(state = 'closed')", of="case", at="opened_at")
    cases = CASES.replace("  owner: {ref: agent, from: \"'A1'\"}\n", "")
    root = write_project(tmp_path, cases + opened + closed, {"log": LOG})
    for as_of, (n, shut) in {
        "2026-03-01T00:00Z": (2, 2),
        "2026-02-04T00:00Z": (2, 1),
        "2026-02-02T10:00Z": (1, 0),
        "2026-02-01T10:00Z": (0, 0),
    }.items():
        results = measured(root, "2026-02", as_of=as_of)
        assert (number(results, "opened", "2026-02").value, number(results, "closed", "2026-02").value) == (n, shut)
    results = measured(root, "2026-02")
    assert number(results, "closed", "2026-02").value == 2


def test_records_of_one_moment_are_not_measured_at_another(tmp_path: Path) -> None:
    agents = "kind: entity\nid: agent\nfrom: old.agents\nkey: id\nfields: {id: text, region: text}\n---\n"
    per_region = metric("regions", "count(*)", of="case", at="opened_at", by="[owner.region]")
    opened = metric("opened", "count(*)", of="case", at="opened_at")
    settings = '[sources.old]\nconnector = "csv"\npath = "data"\nwatermark = "2026-02-04T00:00:00Z"\n'
    cases = CASES.replace("from: \"'A1'\"", "from: min(state)")
    tables = {"log": LOG, "agents": "id,region\nclosed,DE\n"}
    root = write_project(tmp_path, cases + agents + per_region + opened, tables, settings=settings)
    results = measured(root, "2026-02")
    assert number(results, "opened", "2026-02").value == 2
    assert number(results, "regions", "2026-02").value is None
    assert [(f.code, f.message, f.instead) for f in results.findings if f.code == "AAC514"] == [
        (
            "AAC514",
            "metric `regions` cannot be measured: it is as of 2026-02-04T00:00:00Z, and `case` is as of "
            "2026-03-10T12:00:00Z",
            "ask for one moment, as in `--as-of 2026-02-04T00:00:00Z`",
        )
    ]
    results = measured(root, "2026-02", as_of="2026-02-04T00:00:00Z")
    assert number(results, "regions", "2026-02").value == 2
