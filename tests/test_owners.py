"""Numbers of single people stand in the restricted pages alone, however a split leads to them and is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.errors import UsageError
from aac.evaluate import Asked
from aac.operations import open_sound_project, query
from aac.querying import Question
from tests.small import COMPANY, NOW_US, SLA, measured, metric, write_project

if TYPE_CHECKING:
    from pathlib import Path

WAYS = {
    "owner": "owner",
    "closed_by": "account.keeper",
    "boss": "owner.manager",
    "spelt": "lower(owner)",
    "known": "owner.mail",
    "key": "owner.id",
    "one": "case when owner is null then 'nobody' when owner = 'U-1' then 'us' else 'others' end",
    "last": "last_caller",
    "caller": "caller",
    "seat": "seat",
}
SHARED = {"region": "owner.region", "owned": "owner is not null", "calls": "callers", "plan": "account.plan"}
BY = ", ".join(f'{{{name}: "{rule}"}}' for name, rule in (WAYS | SHARED).items())
DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.leads
key: id
fields:
  id: text
  came_at: timestamp
  called_at: timestamp
  owner: {ref: rep}
  account: {ref: account}
  seat: {ref: user}
  caller: {is: "coalesce(account.keeper, owner)"}
  last_caller: {rollup: "arg_max(owner, at)", over: call}
  callers: {rollup: count(distinct owner), over: call}
---
kind: entity
id: account
from: crm.accounts
key: id
fields: {id: text, keeper: {ref: rep}, plan: text}
---
kind: entity
id: rep
from: crm.reps
key: id
fields: {id: text, mail: text, region: text, manager: {ref: rep}}
---
kind: entity
id: user
from: crm.reps
key: id
fields: {id: text}
---
kind: entity
id: call
from: crm.calls
key: id
occurs: at
fields: {id: text, lead: {ref: lead}, owner: text, at: timestamp}
---
"""
    + SLA
    + "when: {within: 4 hours}\n"
    + f"how_measured: {{each: lead, starts: came_at, stops: called_at, objective: 90%, by: [{BY}]}}\n---\n"
    + metric("leads", "count(*)", of="lead", at="came_at", by=f"[{BY}]")
    + metric("called", "count_if(called_at is not null)", of="lead", at="came_at", by=f"[{BY}]")
    + metric("share", "called / leads", unit="percent", by="[closed_by, region]")
)
TABLES = {
    "leads": "id,came_at,called_at,owner,account,seat\nL-1,2026-03-02T10:00Z,2026-03-02T11:00Z,U-1,A-1,U-1\n",
    "accounts": "id,keeper,plan\nA-1,U-2,free\n",
    "reps": "id,mail,region,manager\nU-1,a@b.cc,EU,U-2\nU-2,b@b.cc,EU,\n",
    "calls": "id,lead,owner,at\nC-1,L-1,U-1,2026-03-02T10:30Z\n",
}


def splits(root: Path, *, is_restricted: bool) -> dict[str, set[str]]:
    results = measured(root, "2026-03", is_restricted=is_restricted).results
    return {
        id_: {name for result in results if result.id == id_ for name in result.reading.by}
        for id_ in ("reply", "leads", "share")
    }


def test_splits_that_lead_to_people_are_for_the_restricted_pages(tmp_path: Path) -> None:
    root = write_project(tmp_path / "p", DOCUMENTS, TABLES)
    assert splits(root, is_restricted=False) == {"reply": {*SHARED}, "leads": {*SHARED}, "share": {"region"}}
    every = {*SHARED, *WAYS}
    assert splits(root, is_restricted=True) == {
        "reply": every, "leads": every, "share": {"closed_by", "region", "owner"},
    }  # fmt: skip
    told = {f.doc: f for f in measured(root, "2026-03").findings if f.code == "AAC542"}
    assert set(told) == {"sla:reply", "metric:leads", "metric:called", "metric:share"}
    assert "(`closed_by`)" in told["metric:share"].message
    assert "AAC542" not in {f.code for f in measured(root, "2026-03", is_restricted=True).findings}


@pytest.mark.parametrize("name", WAYS)
def test_nobody_is_asked_for_with_query(tmp_path: Path, name: str) -> None:
    root = write_project(tmp_path / "p", DOCUMENTS, TABLES)
    with pytest.raises(UsageError, match=f"`{name}` tells single people apart"):
        query(open_sound_project(root), NOW_US, Question(("leads",), (name,)), Asked(), "csv", lambda _: None)
