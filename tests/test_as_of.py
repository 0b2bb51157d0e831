"""Numbers as of a moment that is over: what came later is not there, and fields are what they were where that is told.

As of 2026-02-15T12:00Z, a Sunday, unless a test says otherwise; the data is known up to 2026-03-10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.small import COMPANY, SLA, measured, metric, number, outcomes, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.results import Results

T = "2026-02-15T12:00Z"
LEAD = """\
kind: entity
id: lead
from: crm.lead
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  score: integer
  source: text
  opted_out: boolean
  owner: {ref: user}
  account: {ref: account}
  replied_at: timestamp
  mql_at: timestamp
  is_hot: {is: score > 50}
---
kind: entity
id: user
from: crm.user
key: id
fields: {id: text, region: text, level: integer}
---
kind: entity
id: account
from: crm.account
key: id
occurs: since
fields: {id: text, since: timestamp, size: integer, hot_leads: {rollup: count_if(is_hot), over: lead}}
---
kind: definition
id: mql
of: lead
owner: sales
when: score > 50
at: mql_at
---
"""
CHANGES = """\
kind: entity
id: score_change
from: crm.score_change
key: id
occurs: changed_at
fields: {id: text, lead: {ref: lead}, changed_at: timestamp, score: integer}
---
kind: entity
id: owner_change
from: crm.owner_change
key: id
occurs: day
fields: {id: text, lead: {ref: lead}, day: date, owner: {ref: user}}
---
"""
METRICS = (
    metric("hot", "count_if(score > 50)", of="lead", by="[score, owner, {region: owner.region}]")
    + metric("mqls", "count(*)", of="mql")
    + metric("points", "sum(score) filter (where is_hot)", of="lead")
    + metric("account_hot", "sum(hot_leads)", of="account", by="[id]")
    + metric("out", "count_if(opted_out)", of="lead", by="[source]")
)
HEADER = "id,created_at,score,source,opted_out,owner,account,replied_at,mql_at\n"
TABLES = {
    "lead": HEADER
    + """\
1,2026-01-01,80,web,true,a,x,,
2,2026-01-01,60,web,false,a,x,,
3,2026-01-01,70,,false,b,x,,
4,2026-01-01,,fair,,b,y,,
5,2026-02-15T12:00:00.000001Z,90,fair,true,b,y,,
""",
    "user": "id,region,level\na,DE,1\nb,FR,2\n",
    "account": "id,since,size\nx,2026-01-01,1\ny,2026-01-01,1\n",
    "score_change": """\
id,lead,changed_at,score
1,1,2026-02-01T10:00Z,40
2,1,2026-03-01T10:00Z,80
3,3,2026-03-05T10:00Z,70
4,4,2026-02-10T10:00Z,55
5,4,2026-02-15T12:00Z,
6,1,2026-01-20T10:00Z,99
""",
    "owner_change": "id,lead,day,owner\n1,3,2026-02-15,a\n2,3,2026-02-16,b\n",
}
"""The score of lead 1 was 40 then, and that of 2 never changed. Of 3 only a later change is told, so nobody knows. That
of 4 was taken away at that very moment. Lead 5 came a hair later. Lead 3 was a's from that day on, and is b's today."""


def project(root: Path, *, changes: str = CHANGES, metrics: str = METRICS, **tables: str) -> Path:
    given = {name: text for name, text in {**TABLES, **tables}.items() if name in (LEAD + changes)}
    return write_project(root, (COMPANY + LEAD + changes + metrics).removesuffix("---\n"), given)


def by(results: Results, id_: str, dimension: str) -> dict[Any, Any]:
    """The values of a metric's groups."""
    return {
        r.reading.by[dimension]: getattr(r.reading, "value", None)
        for r in results.results
        if r.id == id_ and dimension in r.reading.by
    }


def test_fields_with_a_past_are_what_they_were(tmp_path: Path) -> None:
    results = measured(project(tmp_path), as_of=T, is_restricted=True)
    hot = number(results, "hot", "all")
    assert (hot.value, hot.n, hot.unknown) == (1, 4, 2)
    assert by(results, "hot", "score") == {40: 0, 60: 1, None: 0}
    assert by(results, "hot", "owner") == {"a": 1, "b": 0}
    assert number(results, "mqls", "all").value == 1
    assert number(results, "points", "all").value == 60
    # a roll-up over leads, as they were
    assert by(results, "account_hot", "id") == {"x": 1, "y": 0}
    # to whom somebody belongs is asked of today's owner
    assert by(results, "hot", "region") == {"DE": 1, "FR": 0}


def test_up_to_where_data_is_known_fields_are_what_they_are(tmp_path: Path) -> None:
    for as_of in (None, "2026-03-10T12:00Z", "2026-04-01T12:00Z"):
        results = measured(project(tmp_path / str(as_of)), as_of=as_of, is_restricted=True)
        hot = number(results, "hot", "all")
        assert (hot.value, hot.n, hot.unknown) == (4, 5, 1)
        assert by(results, "hot", "owner") == {"a": 2, "b": 2}
        assert [f for f in results.findings if f.code == "AAC515"] == []


@pytest.mark.parametrize(
    ("as_of", "scores"),
    [
        ("2026-01-20T09:59:59.999999Z", {60: 1, None: 0}),  # the first change was still to come
        ("2026-01-20T10:00Z", {99: 1, 60: 1, None: 0}),
        ("2026-02-10T10:00Z", {40: 0, 60: 1, 55: 1, None: 0}),
        ("2026-03-05T10:00Z", {80: 1, 60: 1, 70: 1, 90: 1, None: 0}),
    ],
)
def test_a_change_counts_from_its_moment_on(tmp_path: Path, as_of: str, scores: dict[int | None, int]) -> None:
    assert by(measured(project(tmp_path), as_of=as_of), "hot", "score") == scores


def current_values(results: Results) -> dict[str | None, str]:
    return {f.doc: f.message for f in results.findings if f.code == "AAC515"}


def test_fields_without_a_past_are_told(tmp_path: Path) -> None:
    told = current_values(measured(project(tmp_path), as_of=T))
    moment = "2026-02-15T12:00:00Z"
    assert told == {
        "metric:hot": f"metric `hot` is as of {moment} and reads today's `region` of `user`: nobody kept what it was",
        "metric:out": f"metric `out` is as of {moment} and reads today's `source` and `opted_out` of `lead`: "
        "nobody kept what they were",
    }


def test_without_changes_no_field_has_a_past(tmp_path: Path) -> None:
    results = measured(project(tmp_path, changes=""), as_of=T, is_restricted=True)
    hot = number(results, "hot", "all")
    assert (hot.value, hot.n, hot.unknown) == (3, 4, 1)
    moment = "2026-02-15T12:00:00Z"
    assert current_values(results)["metric:hot"] == (
        f"metric `hot` is as of {moment} and reads today's `score` and `owner` of `lead` and `region` of `user`: "
        "nobody kept what they were"
    )
    (instead,) = {f.instead for f in results.findings if f.doc == "metric:mqls" and f.code == "AAC515"}
    assert instead == "bring the changes as an entity `lead_change`, with `occurs`, a reference to `lead` and `score`"


def test_a_source_that_is_known_further_is_as_of_a_moment_before(tmp_path: Path) -> None:
    """The users' source ends on 2026-02-15: what rests on it too is as of then, and what does not is of today."""
    root = project(tmp_path)
    text = (root / "alignment" / "all.yml").read_text().replace("from: crm.user", "from: hr.user")
    (root / "alignment" / "all.yml").write_text(text)
    with (root / "aac.toml").open("a") as settings:
        settings.write(f'\n[sources.hr]\nconnector = "csv"\npath = "data"\nwatermark = "{T}"\n')
    results = measured(root)
    assert number(results, "hot", "all").value == 1
    assert number(results, "mqls", "all").value == 3 + 1  # lead 5 is there
    assert set(current_values(results)) == set()


# What comes later

LATER = (
    COMPANY
    + LEAD
    + """\
kind: entity
id: act
from: crm.act
key: id
occurs: noted_at
fields: {id: text, noted_at: timestamp, at: timestamp, lead: {ref: lead}}
---
"""
)


def later(root: Path, extra: str, documents: str, **tables: str) -> Path:
    """The same leads with fields that are rolled up from acts."""
    text = LATER.replace("  is_hot:", f"{extra}  is_hot:") + documents
    given = {name: text for name, text in {**TABLES, **tables}.items() if f"crm.{name}\n" in text or name in tables}
    given |= {name: TABLES[name] for name in ("lead", "user", "account") if name not in tables}
    return write_project(root, text.removesuffix("---\n"), given)


def test_a_clock_does_not_see_a_later_moment_inside_a_roll_up(tmp_path: Path) -> None:
    """The last act by then was on the 2nd; one on the 20th was noted before as_of: it is planned."""
    sla = (
        SLA + "when: {within: 3 days}\nhow_measured: {each: lead, starts: created_at, stops: last_at, objective: 50%}\n"
    )
    acts = "id,noted_at,at,lead\n1,2026-01-02,2026-01-02,1\n2,2026-01-02,2026-02-20,1\n"
    root = later(tmp_path, "  last_at: {rollup: max(at), over: act}\n", sla, act=acts)
    assert outcomes(measured(root, "2026-01", as_of=T), "reply", "2026-01") == {"met": 1, "late": 3}


def test_a_roll_up_does_not_count_from_a_moment_that_is_to_come(tmp_path: Path) -> None:
    leads = HEADER + "1,2026-01-01,1,,,,,,2026-02-15T12:00Z\n2,2026-01-01,1,,,,,,2026-02-15T12:00:00.000001Z\n"
    root = later(
        tmp_path,
        "  since: {rollup: count(*), over: act, after: mql_at}\n",
        metric("since", "sum(since)", of="lead", by="[id]"),
        act="id,noted_at,at,lead\n1,2026-02-15T12:00Z,,1\n2,2026-02-15T12:00Z,,2\n",
        lead=leads,
    )
    results = measured(root, as_of=T)
    assert by(results, "since", "id") == {"1": 1, "2": None}
    assert number(results, "since", "all").unknown == 1


def test_the_moment_of_a_definition_is_null_before_it_has_come(tmp_path: Path) -> None:
    leads = HEADER + "1,2026-01-01,60,,,,,,2026-01-03\n2,2026-01-01,60,,,,,,2026-02-20\n"
    metrics = metric("known", "count_if(mql.at is not null)", of="lead") + metric(
        "values", "count_if(mql_at is not null)", of="lead"
    )
    results = measured(later(tmp_path, "", metrics, lead=leads, act="id,noted_at,at,lead\n"), as_of=T)
    assert number(results, "known", "all").value == 1
    assert number(results, "values", "all").value == 2  # as a value it may be planned


def test_a_reference_to_a_record_that_is_to_come_finds_nothing(tmp_path: Path) -> None:
    accounts = "id,since,size\nx,2026-01-01,1\ny,2026-02-20,1\n"
    metrics = metric("leads", "count(*)", of="lead", by="[account]") + metric(
        "accounts", "count(distinct account)", of="lead"
    )
    root = later(tmp_path, "", metrics, account=accounts, act="id,noted_at,at,lead\n")
    results = measured(root, as_of=T)
    assert by(results, "leads", "account") == {"x": 3, None: 1}
    assert number(results, "accounts", "all").value == 1
    assert number(measured(root), "accounts", "all").value == 2
