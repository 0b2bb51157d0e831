"""Scorecards as results: how several numbers stand together, by hand (LANGUAGE §9, §11).

As_of is 2026-03-10T12:00Z, a Tuesday; the company is in Berlin, an hour ahead.
"""

from __future__ import annotations

import csv
import json
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from aac.evaluate import Asked
from aac.judging import WORST_FIRST, card_score, card_status, read_fail_on
from aac.operations import build, check, explain, measure, open_sound_project, pull_sources
from aac.reports.filling import fill
from aac.reports.scorecard import ScorecardReport
from aac.reports.tables import csv_text
from aac.reports.wording import STATUSES
from aac.results import CardReading, RowReading, Status
from tests.small import COMPANY, NOW_US, metric, write_project
from tests.test_reports import parsed

if TYPE_CHECKING:
    from pathlib import Path

    from aac.operations import Checked
    from aac.results import Result, Results

ON, RISK, OFF = Status.ON_TARGET, Status.AT_RISK, Status.OFF_TARGET
LITTLE, STALE, NOT = Status.NOT_ENOUGH_DATA, Status.STALE, Status.NOT_MEASURABLE


def rows(*statuses: Status | None, later: tuple[Status | None, ...] = (), weights: str = "") -> list[RowReading]:
    """Rows of now, and of the longer term; each weighs 1, or as the digits say."""
    every = [*((status, "now") for status in statuses), *((status, "longer_term") for status in later)]
    shares = weights or "1" * len(every)
    return [
        RowReading(f"metric:m{n}", Fraction(weight), horizon, "2026-02", status)
        for n, ((status, horizon), weight) in enumerate(zip(every, shares, strict=True))
    ]


@pytest.mark.parametrize(
    ("card", "status", "score"),
    [
        (rows(ON, ON), ON, "1"),
        (rows(OFF), OFF, "0"),
        # the worst of neighbours
        (rows(ON, LITTLE), LITTLE, "1"),
        (rows(LITTLE, NOT), NOT, None),
        (rows(STALE, NOT), STALE, None),
        (rows(RISK, STALE), RISK, "0"),
        (rows(RISK, OFF, ON), OFF, "1/3"),
        (rows(ON, OFF, LITTLE, STALE, NOT, RISK), OFF, "1/3"),
        # weights
        (rows(ON, OFF, weights="31"), OFF, "3/4"),
        (rows(ON, RISK, LITTLE, weights="129"), RISK, "1/3"),
        # what is not judged says nothing
        (rows(None, ON), ON, "1"),
        (rows(None, None), None, None),
        # the longer term is looked at, and decides where there is nothing else
        (rows(ON, later=(OFF,)), ON, "1"),
        (rows(None, later=(OFF,)), None, None),
        (rows(later=(OFF, ON), weights="13"), OFF, "3/4"),
    ],
)
def test_a_card_stands_as_its_worst_row(card: list[RowReading], status: Status | None, score: str | None) -> None:
    assert card_status(card) is status
    assert card_score(card) == (None if score is None else Fraction(score))


def test_what_is_worst_is_shown_first_everywhere() -> None:
    assert tuple(STATUSES) == WORST_FIRST
    assert {*WORST_FIRST} == {*Status}


CARDS = (
    COMPANY
    + """\
kind: entity
id: lead
from: crm.lead
key: id
fields: {id: text, asked_at: timestamp, replied_at: timestamp, size: integer, segment: text}
---
kind: sla
id: reply
what: Sales replies
who: {owes: sales, to: marketing}
when: {within: 24 hours}
how_measured: {each: lead, starts: asked_at, stops: replied_at, objective: 50%, by: [segment]}
escalation: [{at: late, do: notify, to: sales}]
---
kind: sla
id: yearly
what: Marketing replies
who: {owes: marketing, to: sales}
when: {within: 24 hours}
how_measured: {each: lead, starts: asked_at, stops: replied_at, objective: 50%, window: year}
escalation: [{at: late, do: notify, to: sales}]
---
kind: scorecard
id: joint
owner: [sales, marketing]
rows:
  - {metric: leads, weight: 3}
  - {sla: reply}
  - {metric: sized, horizon: longer_term}
  - {metric: small}
---
"""
    + metric("leads", "count(*)", of="lead", at="asked_at", target="{at_least: 3}", role="north_star", by="[segment]")
    + metric("small", "count_if(size < 5)", of="lead", at="asked_at")
    + metric("sized", "count(size)", of="lead", at="asked_at", target="{at_least: 9}")
    + metric("twice", "leads + leads", target="{at_least: 6}")
)
LEADS = """\
id,asked_at,replied_at,size,segment
a,2025-02-05T12:00Z,2025-02-05T12:00Z,1,A
b,2026-02-05T12:00Z,2026-02-05T12:00Z,1,A
c,2026-02-06T12:00Z,2026-02-06T12:00Z,2,A
d,2026-02-07T12:00Z,2026-02-09T12:00Z,3,B
e,2026-03-02T12:00Z,2026-03-02T12:00Z,4,A
f,2026-03-09T12:00Z,2026-03-10T12:00Z,,A
"""


def checked(root: Path, *documents: str, windows: tuple[str, ...] = (), fail_on: str | None = None) -> Checked:
    if not root.exists():
        write_project(root, CARDS + "".join(documents), {"lead": LEADS})
        pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    asked = Asked(windows=windows)
    return check(open_sound_project(root), NOW_US, asked, ("json", "text"), read_fail_on(fail_on), lambda _: None)


def card(results: Results, label: str, id_: str = "joint") -> Result:
    (found,) = [r for r in results.results if (r.kind, r.id, r.reading.window.label) == ("scorecard", id_, label)]
    return found


def stands(result: Result) -> tuple[Status | None, dict[str, Status | None]]:
    """The status of a card and of its rows."""
    assert isinstance(result.reading, CardReading)
    return result.verdict.status, {row.subject.partition(":")[2]: row.status for row in result.reading.rows}


def test_of_its_own_accord_it_has_the_last_and_the_current_window(tmp_path: Path) -> None:
    """Three leads came in February; of those in March there are two of three, with 9.5 of 31 days gone."""
    results = checked(tmp_path / "p").results
    cards = [(r.reading.window.label, r.selection) for r in results.results if r.kind == "scorecard"]
    assert cards == [("2026-02", "last"), ("2026-03", "current")]
    assert stands(card(results, "2026-02")) == (ON, {"leads": ON, "reply": ON, "sized": OFF, "small": None})
    assert stands(card(results, "2026-03")) == (ON, {"leads": ON, "reply": ON, "sized": RISK, "small": None})


def test_each_row_has_its_own_last_window(tmp_path: Path) -> None:
    """The year 2025 had one promise, which was kept; `twice` is reckoned from the leads."""
    mixed = "kind: scorecard\nid: mixed\nowner: sales\nrows: [{sla: yearly}, {metric: twice}]\n---\n"
    results = checked(tmp_path / "p", mixed).results
    cards = [r for r in results.results if r.id == "mixed"]
    assert [(r.reading.window.label, r.selection) for r in cards] == [("last", "last"), ("current", "current")]
    last, current = (r.reading for r in cards)
    assert isinstance(last, CardReading)
    assert isinstance(current, CardReading)
    assert [(row.subject, row.window, row.status) for row in last.rows] == [
        ("sla:yearly", "2025", ON), ("metric:twice", "2026-02", ON),
    ]  # fmt: skip
    assert [row.window for row in current.rows] == ["2026", "2026-03"]
    assert (last.window.first, last.is_open, current.is_open) == (None, False, True)


def test_a_row_of_all_time_is_last_and_current_at_once(tmp_path: Path) -> None:
    documents = (
        metric("ever", "count(*)", of="lead", target="{at_least: 7}"),
        "kind: scorecard\nid: mixed\nowner: sales\nrows: [{metric: ever}, {sla: reply}]\n---\n",
    )
    results = checked(tmp_path / "p", *documents).results
    for label in ("last", "current"):
        reading = card(results, label, "mixed").reading
        assert isinstance(reading, CardReading)
        assert (reading.rows[0].window, reading.rows[0].status) == ("all", OFF)
    # and a card of nothing else has one window
    alone = "kind: scorecard\nid: alone\nowner: sales\nrows: [{metric: ever}]\n---\n"
    results = checked(tmp_path / "q", documents[0], alone).results
    assert [r.reading.window.label for r in results.results if r.id == "alone"] == ["all"]


def test_windows_that_are_named_have_a_card_each(tmp_path: Path) -> None:
    results = checked(tmp_path / "p", windows=("2026-02", "2025")).results
    cards = [(r.reading.window.label, r.selection) for r in results.results if r.kind == "scorecard"]
    assert cards == [("2025", "named"), ("2026-02", "named")]
    assert stands(card(results, "2025")) == (OFF, {"leads": OFF, "reply": ON, "sized": OFF, "small": None})


def test_what_no_row_is_judged_of_has_no_result(tmp_path: Path) -> None:
    empty = "kind: scorecard\nid: empty\nowner: sales\nrows: [{metric: small}]\n---\n"
    assert [r for r in checked(tmp_path / "p", empty).results.results if r.id == "empty"] == []


def test_in_json(tmp_path: Path) -> None:
    found = checked(tmp_path / "p")
    document: dict[str, Any] = json.loads(found.texts[0])
    (result, _) = [r for r in document["results"] if r["kind"] == "scorecard"]
    assert result == {
        "kind": "scorecard", "id": "joint", "as_of": "2026-03-10T12:00:00Z",
        "window": {"label": "2026-02", "from": "2026-02-01", "until": "2026-03-01", "provisional": False},
        "by": {}, "status": "on_target", "score": 1,
        "rows": [
            {"id": "metric:leads", "window": "2026-02", "weight": 3, "horizon": "now", "status": "on_target"},
            {"id": "sla:reply", "window": "2026-02", "weight": 1, "horizon": "now", "status": "on_target"},
            {"id": "metric:sized", "window": "2026-02", "weight": 1, "horizon": "longer_term", "status": "off_target"},
            {"id": "metric:small", "window": None, "weight": 1, "horizon": "now", "status": None},
        ],
    }  # fmt: skip
    # the summary counts it beside its rows: leads, reply, yearly, twice, and sized
    assert document["summary"] == {
        "on_target": 5, "at_risk": 0, "off_target": 1, "not_enough_data": 0, "not_measurable": 0, "stale": 0,
    }  # fmt: skip


def test_on_the_screen(tmp_path: Path) -> None:
    text = checked(tmp_path / "p", windows=("2025",)).texts[1]
    lines = text[text.index("Scorecards") :].splitlines()
    assert lines[1].split() == ["joint", "2025", "1", "of", "2", "—", "■", "off", "target"]
    assert lines[2].strip() == "25% of the weight on target · off target: leads"


@pytest.mark.parametrize(
    ("windows", "fail_on", "code"), [((), "off_target", 1), (("2026-02",), "at_risk", 0), (("2025",), None, 1)]
)
def test_exit_codes(tmp_path: Path, windows: tuple[str, ...], fail_on: str | None, code: int) -> None:
    assert checked(tmp_path / "p", windows=windows, fail_on=fail_on).exit_code == code


def test_explained_alone_its_rows_are_measured_and_not_told(tmp_path: Path) -> None:
    checked(tmp_path / "p")
    text = explain(open_sound_project(tmp_path / "p"), NOW_US, Asked(), "joint", lambda _: None)
    today = text.partition("\nToday\n")[2].splitlines()
    assert [line.split()[:4] for line in today[1:3]] == [["2026-02", "2", "of", "2"], ["2026-03", "2", "of", "2"]]
    assert "leads" not in text.partition("\nToday\n")[2]


def test_a_scorecard_as_files(tmp_path: Path) -> None:
    checked(tmp_path / "p")
    opened = open_sound_project(tmp_path / "p")
    results = measure(opened, NOW_US, Asked(), lambda _: None, everything=True)
    pages = {p.path: p.text for p in fill(ScorecardReport().render(ScorecardReport().view(opened.project, results)))}
    assert set(pages) == {f"scorecards/joint.{form}" for form in ("csv", "html", "md")}
    head, _, table = pages["scorecards/joint.md"].partition("\n| What")
    assert head.splitlines()[0] == "# joint"
    assert "**● on target, 2 of 2 on target**" in head
    assert table.splitlines()[2:] == [
        "| leads | 2026-02 | 3 | — | ≥ 3 | ● on target | 3 | now | Sales |",
        "| reply | 2026-02 | 66.7% | 2 of 3 | 50% | ● on target | 1 | now | Sales |",
        "| sized | 2026-02 | 3 | — | ≥ 9 | ■ off target | 1 | longer term | Sales |",
        "| small | 2026-02 | 3 | — | — | — | 1 | now | Sales |",
    ]
    rows = list(csv.DictReader(pages["scorecards/joint.csv"].splitlines()))
    assert [(row["what"], row["value"], row["weight"]) for row in rows] == [
        ("leads", "3", "3"),
        ("reply", "0.6666666666666666", "1"),
        ("sized", "3", "1"),
        ("small", "3", "1"),
    ]
    assert re.findall(r'href="([^"]*)"', pages["scorecards/joint.html"]) == [
        "data:,",  # its icon: without, a browser asks the server for one
        "../metric/leads.html", "../sla/reply.html", "../metric/sized.html", "../metric/small.html",
    ]  # fmt: skip


def test_cells_of_a_scorecard_run_no_formula() -> None:
    assert csv_text(["a"], [["=1+1"], ["-0.5"], ["@x"]]) == "a\n'=1+1\n-0.5\n'@x\n"


def test_numbers_by_pod(tmp_path: Path) -> None:
    """North has one of sales' two numbers and marketing's on target, South none of one; revops is in no pod."""
    pods = {"sales": "pod: North", "marketing": "pod: North", "customer_success": "pod: South", "revops": ""}
    teams = "---\n".join(f"kind: team\nid: {id_}\nname: {id_.upper()}\n{pod}\n" for id_, pod in pods.items())
    least = {"many": ("sales", 9), "some": ("sales", 1), "one": ("marketing", 1), "all": ("customer_success", 9)}
    numbers = "".join(
        metric(f"{id_}_leads", "count(*)", of="lead", at="asked_at", owner=team, target=f"{{at_least: {n}}}")
        for id_, (team, n) in {**least, "few": ("revops", 1)}.items()
    )
    lead = "kind: entity\nid: lead\nfrom: crm.lead\nkey: id\nfields: {id: text, asked_at: timestamp}\n---\n"
    company = COMPANY.replace("currency", "org_model: pods\ncurrency")
    documents = f"{company}{lead}{numbers}".removesuffix("---\n")
    root = write_project(tmp_path / "pods", documents, {"lead": "id,asked_at\nL,2026-02-02T10:00:00Z\n"})
    (root / "alignment" / "teams.yml").write_text(teams)
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    build(opened, NOW_US, Asked(), lambda _: None)
    text = parsed((root / "site" / "scorecards.html").read_text()).text
    places = ["North 2 of 3 on target", "SALES", "MARKETING", "South 0 of 1 on target", "CUSTOMER_SUCCESS", "REVOPS"]
    assert sorted(places, key=text.rindex) == places
    assert "Pod South" in parsed((root / "site" / "team" / "customer_success.html").read_text()).text
    assert "It works in the pod South." in explain(opened, NOW_US, Asked(), "team:customer_success", lambda _: None)
