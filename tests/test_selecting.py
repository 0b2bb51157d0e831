"""`aac check --select` and `--items`: what is measured, what is told of it, and what near names get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from aac.errors import UsageError
from aac.evaluate import Asked
from aac.judging import read_fail_on
from aac.operations import check, open_sound_project, pull_sources
from tests.commands import run_aac
from tests.small import COMPANY, NOW_US, metric, write_project

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, asked_at: timestamp, replied_at: timestamp, size: integer}
---
kind: entity
id: deal
from: crm.deal
key: id
fields: {id: text, lead: {ref: lead}, made_at: timestamp}
---
kind: definition
id: big
of: lead
when: size > 2
owner: marketing
---
kind: sla
id: reply
what: Sales replies
who: {owes: sales, to: marketing}
when: {within: 24 hours}
how_measured: {each: big, starts: asked_at, stops: replied_at, objective: 50%}
escalation: [{at: late, do: notify, to: sales}]
tags: [speed]
---
kind: scorecard
id: joint
owner: [sales, marketing]
rows: [{metric: leads}, {sla: reply}]
---
"""
    + metric("leads", "count(*)", of="lead", at="asked_at", target="{at_least: 3}", role="north_star")
    + metric("deals", "count(*)", of="deal", at="made_at", target="{at_least: 2}", tags="[speed, money]")
    + metric("small", "count_if(size < 5)", of="lead", at="asked_at")
)
LEADS = """\
id,asked_at,replied_at,size
a,2026-02-05T12:00Z,2026-02-05T13:00Z,3
b,2026-02-06T12:00Z,2026-02-09T12:00Z,4
c,2026-02-07T12:00Z,2026-02-10T12:00Z,5
d,2026-02-08T12:00Z,2026-02-08T12:00Z,1
"""
DEALS = "id,lead,made_at\nx,a,2026-02-05T12:00Z\ny,nobody,2026-02-05T12:00Z\n"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("selecting") / "p"
    write_project(root, DOCUMENTS.removesuffix("---\n"), {"lead": LEADS, "deal": DEALS})
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    return root


def told(root: Path, *chosen: str, items: int | None = None) -> dict[str, Any]:
    """The JSON of a check."""
    done = check(
        open_sound_project(root), NOW_US, Asked(), ("json",), read_fail_on(None), lambda _: None,
        chosen=chosen, items=items,
    )  # fmt: skip
    return json.loads(done.texts[0]) | {"exit": done.exit_code}


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ((), "metric:deals metric:leads scorecard:joint sla:reply"),
        (("reply",), "sla:reply"),
        (("sla:reply", "deals"), "metric:deals sla:reply"),
        (("small",), "metric:small"),  # also without a target
        (("tag:speed",), "metric:deals sla:reply"),
        (("tag:money", "tag:money"), "metric:deals"),
        (
            ("team:marketing",),
            "metric:leads scorecard:joint sla:reply",
        ),  # what it is owed and what it shares, with rows
        (("big+",), "scorecard:joint sla:reply"),  # the leads on the card do not rest on it
        (("lead+",), "metric:leads scorecard:joint sla:reply"),  # deals refer to leads, and read nothing of them
        (("deal+",), "metric:deals"),
        (("joint",), "metric:leads scorecard:joint sla:reply"),
    ],
    ids=str,
)
def test_what_is_selected(root: Path, chosen: tuple[str, ...], found: str) -> None:
    assert " ".join(sorted({f"{r['kind']}:{r['id']}" for r in told(root, *chosen)["results"]})) == found


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("replies", "--select: there is no document `replies`; did you mean `reply`?"),
        ("metric:leds", "--select: there is no document `metric:leds`; did you mean `metric:leads`?"),
        ("team:sale", "--select: there is no team `sale`; did you mean `sales`?"),
        ("tag:sped", "--select: there is no tag `sped`; did you mean `speed`?"),
        ("big", "--select: nothing is measured of `big`: write `big+` for all that rests on it"),
        ("smal+", "--select: there is no document `smal`; did you mean `small`?"),
        ("company:small", "--select: nothing is measured of `company:small`"),
    ],
)
def test_names_that_mean_nothing(root: Path, chosen: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        told(root, chosen)
    assert str(raised.value) == message


def test_findings_and_exit_code_are_those_of_what_was_selected(root: Path) -> None:
    everything, deals, reply = told(root), told(root, "deals"), told(root, "reply")
    lost = [finding for finding in everything["findings"] if finding["doc"] == "entity:deal"]
    assert [finding["code"] for finding in lost] == ["AAC503"]
    assert lost[0] in deals["findings"]
    assert lost[0] not in reply["findings"]
    assert (everything["exit"], deals["exit"], reply["exit"]) == (1, 0, 1)  # 1 of 3 in time where half was agreed
    assert deals["summary"] == {status: int(status == "on_target") for status in deals["summary"]}


def test_how_many_late_items_are_told(root: Path) -> None:
    for items, keys in ((None, ["b", "c"]), (1, ["b"]), (0, [])):
        (last, *_) = told(root, "reply", items=items)["results"]
        assert [item["key"] for item in last["late_items"]] == keys


def test_on_the_command_line(root: Path) -> None:
    options = ("--now", "2026-03-10", "--select", "reply", "--items", "all")
    done = run_aac(root, "check", *options)
    assert done.returncode == 1
    assert "     b · due Sat 2026-02-07 13:00 · late by 2 d\n" in done.stdout
    assert done.stdout.count("late by") == 2
    for wrong in ("few", "-1", "1.5"):
        done = run_aac(root, "check", "--items", wrong)
        assert (done.returncode, done.stderr) == (2, f"aac: --items: `{wrong}` is no number; write one, or `all`\n")


def test_the_summary_of_a_step_gets_the_markdown_once(root: Path, tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    options = ("--now", "2026-03-10", "--format", "text", "--format", "markdown", "--output", str(tmp_path / "screen"))
    done = run_aac(root, "check", *options, GITHUB_STEP_SUMMARY=str(summary))
    assert done.stdout.startswith("### Small\n")
    assert summary.read_text() == f"before\n{done.stdout}"
    assert (tmp_path / "screen").read_text() == run_aac(root, "check", "--now", "2026-03-10").stdout
    lost = run_aac(root, "check", GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "folder"))
    assert lost.returncode == 4
    assert lost.stderr.endswith("cannot be written: No such file or directory\n")
