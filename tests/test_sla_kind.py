"""SLAs: their three forms, what of them is measured today, and what is told of the rest."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from aac.expressions.nodes import Literal, Measured, Stored, Type
from aac.kinds.base import NUMBERS
from aac.kinds.sla import Sla
from aac.measures import Moment
from aac.periods import parse_duration
from aac.reports.filling import fill
from aac.reports.wiki import WikiReport
from aac.results import ClockReading, Outcome, Status
from tests.loading import load_documents
from tests.reported import PROJECT, RESULTS, entry
from tests.small import DESK, measured, outcomes, total, write_project
from tests.test_judging import FEBRUARY
from tests.test_reports import parsed

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding
    from aac.measures import Clock
    from aac.project import Project

DOCUMENTS = (
    """\
kind: company
id: small
currency: EUR
timezone: UTC
---
kind: team
id: sales
name: Sales
calendar: desk
---
kind: team
id: marketing
name: Marketing
---
"""
    + DESK
    + """\
kind: entity
id: lead
from: crm.lead
key: id
fields:
  id: text
  hot: boolean
  size: integer
  asked_at: timestamp
  routed_at: timestamp
  replied_at: timestamp
  asked_on: date
  replied_on: date
---
kind: entity
id: wait
from: crm.wait
key: id
fields:
  id: text
  lead: {ref: lead}
  again: {ref: lead}
  began_at: timestamp
  ended_at: timestamp
---
kind: metric
id: leads
formula: count(*)
of: lead
at: asked_at
unit: count
better: higher
role: north_star
serves: successful_acquisition
owner: marketing
---
"""
)
BACK = """\
---
kind: sla
id: z_back
what: Marketing asks in time
who: {owes: marketing, to: sales}
when: {within: 9 days}
how_measured: {each: lead, starts: asked_at, stops: replied_at, objective: none}
escalation: [{at: late, do: notify, to: marketing}]
"""
SLA = """\
kind: sla
id: s
what: Sales replies
who: {owes: sales, to: marketing}
when: {within: 4 hours}
how_measured: {each: lead, starts: asked_at, stops: replied_at, objective: 90%}
escalation: [{at: late, do: notify, to: sales}]
"""
TABLE = "when: {{cases: [{}]}}"
HOT = "{for: hot, within: 4 hours}"
HOUR_US = 3_600_000_000


def loaded(root: Path, *changes: tuple[str, str], back: str = BACK) -> tuple[Project, list[Finding]]:
    """The project with `SLA` after texts of it were replaced, and what is told of SLAs, but for `z_back`."""
    text = SLA
    for was, becomes in changes:
        assert text.count(was) == 1
        text = text.replace(was, becomes)
    project, findings = load_documents(root, DOCUMENTS + text + back)
    told = [finding for finding in findings if (finding.doc or "").startswith("sla:")]
    return project, [finding for finding in told if finding.doc != "sla:z_back"]


def clock(project: Project) -> Clock | None:
    return next((clock for clock in project.clocks if clock.subject == "sla:s"), None)


def codes(findings: list[Finding]) -> list[str]:
    return [finding.code for finding in findings]


# Who answers for it


def test_the_team_that_owes_owns_it_and_both_agree(tmp_path: Path) -> None:
    project, findings = loaded(tmp_path)
    model = project.models["sla", "s"]
    assert (model.owner, model.parties) == ("sales", ("sales", "marketing"))
    assert findings == []


def test_unless_it_says_who_does(tmp_path: Path) -> None:
    project, _ = loaded(tmp_path, ("id: s\n", "id: s\nowner: marketing\nparties: [marketing]\n"))
    model = project.models["sla", "s"]
    assert (model.owner, model.parties) == ("marketing", ("marketing",))


def test_a_team_that_is_not_there_is_told_where_it_is_written(tmp_path: Path) -> None:
    _, findings = loaded(tmp_path, ("owes: sales", "owes: sails"))
    assert [(finding.code, finding.message) for finding in findings] == [("AAC204", "no team is called `sails`")]


# Both ways


def test_two_that_owe_each_other_are_fine_whoever_comes_first(tmp_path: Path) -> None:
    _, findings = loaded(tmp_path, back=BACK.replace("z_back", "a_back"))
    assert codes([finding for finding in findings if finding.doc == "sla:s"]) == []


def test_one_way_is_told_once_for_two_teams(tmp_path: Path) -> None:
    others = "".join(f"---\n{SLA.replace('id: s', f'id: t{number}')}" for number in range(3))
    _, findings = loaded(tmp_path, back=others)
    assert [(finding.code, finding.level, finding.doc) for finding in findings] == [("AAC405", "warning", "sla:s")]


@pytest.mark.parametrize(
    "change",
    [("to: sales}", "too: sales}"), ("to: sales}", "to: sails}"), ("to: sales}", "to: marketing}"), ("kind", "kin")],
)
def test_the_other_way_may_be_in_what_is_wrong(tmp_path: Path, change: tuple[str, str]) -> None:
    _, findings = loaded(tmp_path, back=BACK.replace(*change, 1))
    assert "AAC405" not in codes(findings)


# Its attainment as a name


def test_its_attainment_has_a_name_in_formulas_over_numbers(tmp_path: Path) -> None:
    project, _ = loaded(tmp_path)
    meaning = project.graph.meaning(NUMBERS, "sla.s.attainment")
    assert meaning is not None
    assert (meaning.node, meaning.type) == (Measured("sla:s"), Type("number", unit="percent"))


def test_a_volume_has_no_attainment(tmp_path: Path) -> None:
    project, _ = loaded(tmp_path, *VOLUME)
    assert project.graph.meaning(NUMBERS, "sla.s.attainment") is None


def test_a_rule_about_a_record_cannot_name_an_attainment(tmp_path: Path) -> None:
    _, findings = loaded(tmp_path, ("objective: 90%", "objective: 90%, where: sla.z_back.attainment > 0.5"))
    assert codes(findings) == ["AAC307"]


# What is measured


def test_a_table_whose_first_row_is_true_of_all_is_one_promise(tmp_path: Path) -> None:
    plain, _ = loaded(tmp_path / "plain", ("within: 4 hours", "within: 4 business hours, calendar: desk"))
    rows = "{for: true, within: 4 business hours, calendar: desk}, {for: hot, within: 2 hours}"
    table, findings = loaded(tmp_path / "table", ("when: {within: 4 hours}", TABLE.format(rows)))
    assert clock(table) == clock(plain) is not None
    assert codes(findings) == ["AAC406"]


def test_calendar_days_from_date_to_date_are_days(tmp_path: Path) -> None:
    dates = ("starts: asked_at, stops: replied_at", "starts: asked_on, stops: replied_on")
    project, findings = loaded(tmp_path, dates, ("4 hours", "5 calendar days"))
    made = clock(project)
    assert made is not None
    assert made.starts == Moment(Stored("lead", "asked_on"), is_date=True)
    assert made.promises[0].within == parse_duration("5 days")
    assert findings == []


def test_the_way_is_named_in_order(tmp_path: Path) -> None:
    project, findings = loaded(tmp_path, ("objective", "through: {routing: routed_at}, objective"))
    made = clock(project)
    assert made is not None
    assert made.through == (("routing", Moment(Stored("lead", "routed_at"), is_date=False)),)
    assert findings == []


def test_all_time_is_one_window(tmp_path: Path) -> None:
    """Two of four in time, and neither of the two of the last seven days; the fourth is late without being done."""
    rows = "a,2025-01-01T10:00:00Z,2025-01-01T11:00:00Z\nb,2026-03-01T10:00:00Z,2026-03-01T14:00:00Z\n"
    rows += "c,2026-03-09T10:00:00Z,2026-03-09T15:00:00Z\nd,2026-03-10T07:59:59Z,\n"
    documents = SLA.replace("objective: 90%", "objective: 50%, window: all")
    entity = "kind: entity\nid: lead\nfrom: crm.lead\nkey: id\nfields: {id: text, asked_at: timestamp, "
    entity += "replied_at: timestamp}\n---\n"
    root = write_project(tmp_path, entity + documents, {"lead": f"id,asked_at,replied_at\n{rows}"})
    results = measured(root)
    assert [result.reading.window.label for result in results.results] == ["all"]
    assert outcomes(results, "s", "all") == {Outcome.MET: 2, Outcome.LATE: 2}
    assert total(results, "s", "all").verdict.status is Status.AT_RISK


VOLUME = (
    ("when: {within: 4 hours}", "when: {every: month}"),
    ("{each: lead, starts: asked_at, stops: replied_at, objective: 90%}", "{metric: leads, at_least: 200}"),
    ("at: late", "at: off_target"),
)


@pytest.mark.parametrize(
    "changes",
    [
        [("4 hours", "5 business days")],
        [("4 hours", "2 calendar days")],
        [("4 hours", "3 months")],
        [("when: {within: 4 hours}", TABLE.format(HOT))],
        [("objective", "window: rolling 28 days, objective")],
        [("objective", "paused: {over: wait, via: lead, from: began_at, until: ended_at}, objective")],
        [("objective", "paused: {over: wait, via: lead, while: id = 'x', at: began_at}, objective")],
        [("objective", "restarts: {over: wait, via: again, at: began_at}, objective")],
        [("stops: replied_at", "must: size > 5")],
        [("at: late", "at: 2 windows off_target")],
    ],
)
def test_every_form_is_measured(tmp_path: Path, changes: list[tuple[str, str]]) -> None:
    project, findings = loaded(tmp_path, *changes)
    assert findings == []
    assert clock(project) is not None


def test_only_what_is_wrong_is_told_of_what_is_wrong(tmp_path: Path) -> None:
    _, findings = loaded(tmp_path, ("objective", "paused: {while: hott, at: routed_at}, objective"))
    assert codes(findings) == ["AAC203"]


def test_a_reference_of_several_is_asked_for(tmp_path: Path) -> None:
    _, findings = loaded(tmp_path, ("objective", "restarts: {over: wait, at: began_at}, objective"))
    (finding,) = findings
    assert (finding.code, finding.instead) == ("AAC203", "add `via: lead`")
    assert finding.message == "`wait` has several references (lead, again) to `lead`"


def test_a_volume_needs_a_metric_with_months(tmp_path: Path) -> None:
    documents = DOCUMENTS.replace("at: asked_at\nunit", "unit")
    text = SLA
    for was, becomes in VOLUME:
        text = text.replace(was, becomes)
    _, findings = load_documents(tmp_path, documents + text + BACK)
    told = [(finding.code, finding.instead) for finding in findings if finding.doc == "sla:s"]
    assert told == [("AAC203", "give `leads` an `at: <field>`")]


# Cases that no record comes to


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("{for: hot, within: 8 hours}", "no record comes to this case: one above it is true whenever this is"),
        ("{for: false, within: 8 hours}", "this case is never true"),
    ],
)
def test_a_case_that_no_record_comes_to(tmp_path: Path, second: str, message: str) -> None:
    _, findings = loaded(tmp_path, ("when: {within: 4 hours}", TABLE.format(f"{HOT}, {second}")))
    assert [(finding.code, finding.message) for finding in findings if finding.level == "warning"] == [
        ("AAC406", message)
    ]


# How it is judged


def reading(met: int, late: int) -> ClockReading:
    counts = {Outcome.MET: met, Outcome.LATE: late}
    return ClockReading("sla:s", FEBRUARY, 0, False, False, {}, counts, 0, 0)


@pytest.mark.parametrize(
    ("met", "late", "plainly", "by_interval"),
    [
        (9, 1, Status.ON_TARGET, Status.ON_TARGET),
        (8, 2, Status.OFF_TARGET, Status.AT_RISK),  # the interval of 8 of 10 reaches 94 %
        (80, 20, Status.OFF_TARGET, Status.OFF_TARGET),  # that of 80 of 100 ends at 87 %
        (0, 1, Status.OFF_TARGET, Status.OFF_TARGET),  # that of 0 of 1 ends at 79 %
    ],
)
def test_a_shortfall_that_chance_explains(
    tmp_path: Path, met: int, late: int, plainly: Status, by_interval: Status
) -> None:
    plain, _ = loaded(tmp_path / "plain")
    careful, findings = loaded(tmp_path / "careful", ("objective: 90%", "objective: 90%, judge: interval"))
    assert findings == []
    statuses = [made.models["sla", "s"].judge(reading(met, late)).status for made in (plain, careful)]
    assert statuses == [plainly, by_interval]


def test_steps_for_windows_go_to_a_meeting_and_wait_for_several(tmp_path: Path) -> None:
    project, _ = loaded(tmp_path, ("{at: late, do: notify, to: sales}", STEPS))
    model = project.models["sla", "s"]
    assert isinstance(model, Sla)
    assert [step.windows_in_a_row for step in model.escalation] == [None, 3]
    verdict = model.judge(reading(1, 9))
    assert [(step.at, step.do, step.meeting) for step in verdict.escalations] == [("off_target", "agenda", "weekly")]
    assert verdict.objective == Fraction(9, 10)


STEPS = "{at: off_target, do: agenda, meeting: weekly}, {at: 3 windows off_target, do: decide, to: marketing}"


def test_a_calendar_by_its_id_is_shared_by_the_cases_that_need_one(tmp_path: Path) -> None:
    rows = "{for: true, within: 4 business hours}, {for: hot, within: 2 hours}"
    project, _ = loaded(tmp_path, ("when: {within: 4 hours}", f"when: {{calendar: desk, cases: [{rows}]}}"))
    made = clock(project)
    assert made is not None
    assert made.promises[0].calendar == Literal("desk")


# Its page


def page(when: dict[str, Any], how_measured: dict[str, Any]) -> str:
    """The text of the page of an agreement."""
    document = entry(
        "sla:s", what="x", who={"owes": "sales", "to": "marketing"}, escalation=[], when=when, how_measured=how_measured
    )
    project, results = replace(PROJECT, documents=(document,)), replace(RESULTS, results=(), entities={})
    pages = {page.path: page.text for page in fill(WikiReport().render(WikiReport().view(project, results)))}
    return parsed(pages["sla/s.html"]).text


def test_a_volume_has_a_page() -> None:
    text = page(when={"every": "month"}, how_measured={"metric": "leads", "at_least": "200"})
    assert "sales owes this to marketing, every month." in text
    assert "Metric leads At least 200" in text


def test_a_rule_by_case_has_a_page() -> None:
    cases = [
        {"for": "hot", "within": "4 business hours", "calendar": "desk"},
        {"for": {"any": [{"id": "big", "rule": "size > 5"}]}, "within": "none", "why": "nobody asked"},
    ]
    must = {"all": [{"id": "known", "rule": "size > 0"}, {"id": "new", "any": [{"id": "hot", "rule": "hot"}]}]}
    text = page(when={"cases": cases}, how_measured={"each": "lead", "must": must, "objective": "90%"})
    assert "sales owes this to marketing." in text
    assert "Must be true all of known: size > 0 new: any of hot: hot" in text
    assert "Case 1 hot within 4 business hours, calendar desk" in text
    assert "Case 2 any of big: size > 5 within none nobody asked" in text


def test_a_clock_with_pauses_has_a_page() -> None:
    how = {"each": "lead", "stops": "replied_at", "paused": {"while": "hot", "at": "asked_at"}, "objective": "90%"}
    text = page(when={"within": "5 business days"}, how_measured={**how, "through": {"routing": "routed_at"}})
    assert "Paused while hot at asked_at" in text
    assert "Through routing routed_at" in text
