"""Waivers: what they excuse, results with and without, and what is told of them. Counted by hand from the tables of
`tests/test_restate.py`: with one hour to reply, of January's three leads the first (40 points, on the 5th) and the
third (65, on the 7th) were late, and the second (55, on the 6th) was not."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from aac.changes import document_changes
from aac.evaluate import Asked
from aac.inheriting import inherited
from aac.operations import build, check, open_project, open_sound_project, pull_sources, with_reviews
from aac.results import ClockReading
from tests.small import COMPANY, NOW_US, measured, outcomes, total, write_project
from tests.test_restate import ENTITY, LEADS, counting, mql, reply

if TYPE_CHECKING:
    from pathlib import Path

    from aac.results import Results

CARD = """\
kind: scorecard
id: card
owner: sales
rows: [{sla: reply}, {sla: enough}]
---
"""
ENOUGH = """\
kind: sla
id: enough
what: Marketing brings two MQLs a month
who: {owes: marketing, to: sales}
when: {every: month}
how_measured: {metric: mqls, at_least: 3}
escalation: []
---
"""
DOCUMENTS = COMPANY + ENTITY + mql(50) + counting("mql") + reply("1 hour").replace("90%", "50%") + ENOUGH + CARD


def waiver(*keys: str, of: str = "sla/reply", approver: str = "marketing", expires: str = "2026-06-30") -> str:
    own = "".join(f"{key}\n" for key in keys)
    return (
        f"kind: waiver\nid: outage\nof: {of}\n{own}reason: The CRM was down.\napprover: {approver}\n"
        f"expires: {expires}\n---\n"
    )


def project(root: Path, *documents: str) -> Path:
    text = DOCUMENTS + "".join(documents)
    return write_project(root, text.removesuffix("---\n"), {"leads": LEADS}, watermark="2026-03-10T12:00:00Z")


def without(results: Results, id_: str, label: str) -> tuple[tuple[str, ...], int | None, str | None]:
    waived = total(results, id_, label).waived
    assert waived is not None
    return waived.by, waived.items, waived.verdict.status


@pytest.mark.parametrize(
    ("keys", "expires", "counted", "items"),
    [
        (("window: 2026-01", "records: score < 50"), "2026-06-30", {"met": 1, "late": 1, "excused": 1}, 1),
        (("window: 2026-01",), "2026-06-30", {"excused": 3}, 3),
        (("window: 2026-Q1",), "2026-06-30", {"excused": 3}, 3),
        ((), "2026-06-30", {"excused": 3}, 3),
        # what starts on the day on which it expires is excused no longer: that of the 7th
        ((), "2026-01-07", {"excused": 2, "late": 1}, 2),
        (("window: 2026-W02",), "2026-01-06", {"excused": 1, "met": 1, "late": 1}, 1),
        (("records: score between 60 and 70",), "2026-06-30", {"met": 1, "late": 1, "excused": 1}, 1),
    ],
)
def test_what_is_excused(
    tmp_path: Path, keys: tuple[str, ...], expires: str, counted: dict[str, int], items: int
) -> None:
    results = measured(project(tmp_path, waiver(*keys, expires=expires)), "2026-01")
    assert outcomes(results, "reply", "2026-01") == counted
    assert without(results, "reply", "2026-01") == (("outage",), items, "off_target")
    waived = total(results, "reply", "2026-01").waived
    assert waived is not None
    assert isinstance(waived.reading, ClockReading)
    assert waived.reading.attainment == Fraction(1, 3)


@pytest.mark.parametrize("keys", [("window: 2026-03",), ("records: score > 100",), ("records: score is null",)])
def test_what_excuses_nothing_is_not_told(tmp_path: Path, keys: tuple[str, ...]) -> None:
    results = measured(project(tmp_path, waiver(*keys)), "2026-01")
    assert outcomes(results, "reply", "2026-01") == {"met": 1, "late": 2}
    assert total(results, "reply", "2026-01").waived is None


@pytest.mark.parametrize(
    ("keys", "expires", "is_waived"),
    [
        (("window: 2026-01",), "2026-06-30", True),
        (("window: 2026-Q1",), "2026-06-30", True),
        ((), "2026-06-30", True),
        ((), "2026-01-02", True),
        ((), "2026-01-01", False),
        (("window: 2026-02",), "2026-06-30", False),
        (("window: 2026-W02",), "2026-06-30", False),
    ],
)
def test_a_number_is_not_judged_in_windows_that_were_waived(
    tmp_path: Path, keys: tuple[str, ...], expires: str, is_waived: bool
) -> None:
    text = waiver(*keys, of="sla/enough", approver="sales", expires=expires)
    results = measured(project(tmp_path, text), "2026-01")
    found = total(results, "enough", "2026-01")
    assert (found.verdict.status, found.waived is not None) == (None if is_waived else "off_target", is_waived)
    assert found.verdict.target is not None
    if is_waived:
        assert without(results, "enough", "2026-01") == (("outage",), None, "off_target")


def test_the_exit_code_follows_what_the_teams_agreed(tmp_path: Path) -> None:
    root = project(tmp_path, waiver("window: 2026-01"), waiver("window: 2026-01", of="sla/enough", approver="sales"))
    text = (root / "alignment/all.yml").read_text()
    second = text.rindex("id: outage")
    (root / "alignment/all.yml").write_text(text[:second] + "id: campaign" + text[second + len("id: outage") :])
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    checked = check(
        open_sound_project(root), NOW_US, Asked(None, ("2026-01",)), ("text", "json"), ("off_target",), lambda _: None
    )
    assert checked.exit_code == 0
    screen, data = checked.texts
    assert "3 waived (outage), 33.3% off target without" in screen
    assert "waived (campaign), off target without" in screen
    assert "with a waiver: reply, enough" in screen
    results = {r["id"]: r for r in json.loads(data)["results"] if not r["by"]}
    assert results["reply"]["waived"] == {
        "by": ["outage"],
        "items": 3,
        "without": {"status": "off_target", "attainment": 1 / 3, "met": 1, "late": 2, "excused": 0},
    }
    assert results["enough"]["waived"] == {"by": ["campaign"], "items": None, "without": {"status": "off_target"}}
    assert (results["enough"]["status"], results["enough"]["value"]) == (None, 2)
    assert [row.get("waived") for row in results["card"]["rows"]] == [True, True]


def test_pages_show_both(tmp_path: Path) -> None:
    root = project(tmp_path, waiver("records: score < 70"))
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    build(open_sound_project(root), NOW_US, Asked(), lambda _: None)
    page = (root / "site/sla/reply.html").read_text()
    assert "3 waived (outage), 50% on target without" in page
    assert 'href="../waiver/outage.html"' in page
    assert "The CRM was down." in (root / "site/waiver/outage.html").read_text()


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        (waiver(of="sla/replies"), "AAC204", "no sla is called `replies`"),
        (waiver(of="definition/mql"), "AAC308", "`definition/mql` names no promise"),
        (waiver("window: 2026-13"), "AAC308", "there is no window `2026-13`"),
        (waiver("records: scores < 3"), "AAC203", "`scores`"),
        (waiver("records: score"), "AAC302", "this is an integer, and a condition is needed here"),
        (waiver("records: score < 3", of="sla/enough", approver="sales"), "AAC308", "only a promise in time"),
        (waiver(approver="finance"), "AAC204", "no team is called `finance`"),
        (waiver(approver="sales"), "AAC449", "`sales` answers for `reply`, and would excuse itself"),
        (waiver(of="sla/enough"), "AAC449", "`marketing` answers for `enough`, and would excuse itself"),
        (waiver(expires="soon"), "AAC308", "`soon` is not a date"),
    ],
)
def test_what_is_wrong_with_a_waiver(tmp_path: Path, text: str, code: str, says: str) -> None:
    found = [f for f in open_project(project(tmp_path, text)).findings if f.doc == "waiver:outage"]
    assert [f.code for f in found][:1] == [code], found
    assert says in found[0].message


@pytest.mark.parametrize(
    ("keys", "expires", "told"),
    [((), "2026-03-02", True), ((), "2026-03-03", False), (("state: closed",), "2026-03-02", False)],
)
def test_one_that_expired_is_told(tmp_path: Path, keys: tuple[str, ...], expires: str, told: bool) -> None:
    root = project(tmp_path, waiver(*keys, expires=expires))
    found = with_reviews(open_project(root), 1_772_450_000_000_000).findings  # 2026-03-02
    assert [f.code for f in found if f.code == "AAC448"] == ["AAC448"] * told


def test_a_waiver_is_a_change_of_what_was_promised(tmp_path: Path) -> None:
    base, head = project(tmp_path / "base"), project(tmp_path / "head", waiver("window: 2026-01"))
    before, after = open_project(base).project, open_project(head).project
    found, _ = document_changes(before, after)
    told = [(change.rule, change.level) for change in (*found, *inherited(before, after, found))]
    assert told == [
        ("waiver.added", "breaking"), ("scorecard.rests_on.changed", "breaking"), ("sla.rests_on.changed", "breaking")
    ]  # fmt: skip


def test_the_past_of_a_number_says_what_was_waived(tmp_path: Path) -> None:
    root = project(tmp_path, waiver("window: 2026-01", of="sla/enough", approver="sales"))
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    build(open_sound_project(root), NOW_US, Asked(), lambda _: None)
    page = (root / "site/sla/enough.html").read_text()
    assert '<span class="aside">waived (outage), off target without</span>' in page
