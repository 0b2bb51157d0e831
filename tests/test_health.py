"""Data that cannot be right as the documents see it, and what rests on each fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aac.evaluate import Asked
from aac.operations import measure, open_sound_project, pull_sources, read_moment
from aac.reports.json import as_json
from aac.reports.text import findings_text
from tests.small import NOW_US, write_project

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from aac.findings import Finding
    from aac.results import Results

DOCUMENTS = """\
kind: entity
id: deal
key: id
from: crm.deals
occurs: created_at
fields:
  id: text
  created_at: timestamp
  qualified_at: timestamp
  won_on: date
  lost_at: timestamp
  stage: text
  owner: {ref: rep}
  region: {type: text, values: [EU, US]}
---
kind: entity
id: rep
key: id
from: crm.reps
fields: {id: text, region: text}
---
kind: definition
id: qualified
of: deal
at: qualified_at
when: qualified_at is not null
owner: sales
---
kind: definition
id: won
of: deal
at: won_on
when: stage = 'Won'
follows: [qualified]
owner: sales
---
kind: definition
id: lost
of: deal
at: lost_at
when: lost_at is not null
follows: [qualified]
owner: sales
---
kind: metric
id: wins
formula: count(*) filter (where owner.region <> 'APAC')
of: won
at: won_on
by: [region]
unit: count
better: higher
owner: sales
serves: successful_acquisition
role: north_star
---
kind: metric
id: deals
formula: count(*)
of: deal
at: created_at
unit: count
better: higher
owner: sales
serves: successful_acquisition
leads_to: [wins]
"""
DEALS = """\
id,created_at,qualified_at,won_on,lost_at,stage,owner,region
a,2026-01-05T09:00Z,2026-01-06T09:00Z,2026-01-07,,Won,r1,EU
b,2026-01-05T09:00Z,2026-01-04T09:00Z,2026-01-04,,Won,r9,EU
c,2026-01-05T09:00Z,,2026-01-05,,Won,r1,Asia
d,2026-01-05T09:00Z,2026-01-09T09:00Z,,2026-01-08T09:00Z,Lost,r1,US
e,2126-01-05T09:00Z,,,,Open,,
f,2052-01-05T09:00Z,,,,Open,,US
,2026-01-05T09:00Z,,,,Open,,US
"""


def results(root: Path, deals: str = DEALS, as_of: str | None = None) -> Results:
    tables = {"deals": deals, "reps": "id,region\nr1,EMEA\n"}
    opened = open_sound_project(write_project(root, DOCUMENTS, tables, watermark="2026-02-01"))
    pull_sources(opened, NOW_US, lambda _: None)
    as_of_us = read_moment("--as-of", as_of, opened.project.timezone) if as_of else None
    return measure(opened, NOW_US, Asked(as_of_us=as_of_us), lambda _: None, everything=True)


def found(results: Results) -> dict[str, list[Finding]]:
    told: dict[str, list[Finding]] = {}
    for finding in results.findings:
        told.setdefault(finding.code, []).append(finding)
    return told


def test_what_contradicts_itself_is_told_with_its_keys(tmp_path: Path) -> None:
    told = found(results(tmp_path / "p"))
    assert [(f.message, f.keys) for f in told["AAC519"]] == [
        ("`qualified_at` comes before `created_at` in 1 record, and nothing ends before it begins", ("b",)),
        ("`won_on` comes before `created_at` in 1 record, and nothing ends before it begins", ("b",)),
    ]
    (later,) = told["AAC518"]
    assert (later.count, later.keys, later.field) == (1, ("f",), "created_at")
    (skipped,) = told["AAC521"]
    assert (skipped.keys, skipped.doc) == (("c",), "definition:won")
    assert skipped.message == "1 record of `deal` became `won` and never `qualified`, which comes before"
    (turned,) = told["AAC522"]
    assert (turned.keys, turned.doc) == (("d",), "definition:lost")
    assert [f.message for f in told["AAC523"]] == [
        "rules ask for 'APAC' in `region` of `rep`, and no record holds it",
    ]


def test_words_that_are_nearly_there_are_offered(tmp_path: Path) -> None:
    told = found(results(tmp_path / "p", DEALS.replace("Won", "Wonn")))
    advice = {f.message.split("'")[1]: f.instead for f in told["AAC523"]}
    assert advice["Won"] == "did you mean `Wonn`?"
    assert advice["APAC"].startswith("correct the rule")


def test_an_earlier_as_of_is_no_fault_of_the_data(tmp_path: Path) -> None:
    told = found(results(tmp_path / "p", as_of="2026-01-05T09:00Z"))
    assert "AAC518" not in told
    assert {"AAC519", "AAC522"} <= told.keys()


def test_nothing_is_told_of_sound_data(tmp_path: Path) -> None:
    deals = DEALS.splitlines()[0] + "\na,2026-01-05T09:00Z,2026-01-06T09:00Z,2026-01-06,,Won,r1,EU\n"
    told = found(results(tmp_path / "p", deals))
    assert not told.keys() & {"AAC518", "AAC519", "AAC521", "AAC522"}


def test_each_finding_names_what_rests_on_it(tmp_path: Path) -> None:
    measured = results(tmp_path / "p")
    told = found(measured)
    assert [(f.field, f.affects) for f in told["AAC503"]] == [("owner", ("metric:wins",))]
    assert [(f.field, f.affects) for f in told["AAC504"]] == [("region", ("metric:wins",))]
    assert [f.affects for f in told["AAC501"]] == [("metric:deals", "metric:wins")]
    of_records = ("metric:deals", "metric:wins")  # what is not there yet, or always was, is so for both
    assert [(f.field, f.affects) for f in told["AAC506"]] == [("created_at", of_records)]
    assert [f.affects for f in told["AAC507"]] == [f.affects for f in told["AAC518"]] == [of_records]
    assert "= counts in: `metric:deals`, `metric:wins`" in findings_text(told["AAC501"])
    (deal, rep) = as_json(measured)["health"]
    assert (deal["entity"], deal["records"], deal["set_aside"]) == ("deal", 6, 1)
    assert [(p["code"], p["field"], p["affects"]) for p in rep["problems"]] == [("AAC523", "region", ["metric:wins"])]
    problems = {(p["code"], p["field"]): (p["count"], p["affects"]) for p in deal["problems"]}
    assert problems["AAC503", "owner"] == (1, ["metric:wins"])
    assert problems["AAC518", "created_at"] == (1, list(of_records))


LIFECYCLE = """\
---
kind: lifecycle
id: road
owner: sales
stages:
  - {id: first, is: qualified}
  - {id: closed, is: lost}
may_skip: [first]
never:
  - {from: closed, to: first, why: a lost deal is not taken up again}
"""


def test_what_a_lifecycle_allows_and_forbids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.test_health.DOCUMENTS", DOCUMENTS + LIFECYCLE)
    told = found(results(tmp_path / "p"))
    assert "AAC521" not in told  # `won` follows `qualified`, which may be skipped
    forbidden = [f for f in told["AAC522"] if f.doc == "lifecycle:road"]
    assert [(f.message, f.keys, f.instead) for f in forbidden] == [
        (
            "1 record of `deal` moved from `closed` to `first`, which `road` forbids",
            ("d",),
            "look into these records (a lost deal is not taken up again)",
        )
    ]


def test_drift_is_told_of_every_definition_and_names_what_rests_on_it(tmp_path: Path) -> None:
    """Plain `aac check` measures nothing here: no number has a target. The CRM calls a won deal `Closed Won` by now."""
    root = write_project(
        tmp_path / "p",
        DOCUMENTS,
        {"deals": DEALS.replace("Won", "Closed Won"), "reps": "id,region\nr1,EMEA\n"},
        watermark="2026-02-01",
    )
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    measured = measure(opened, NOW_US, Asked(), lambda _: None, everything=False)
    told = found(measured)
    assert measured.results == ()
    (drift,) = told["AAC523"]
    assert drift.message == "rules ask for 'Won' in `stage` of `deal`, and no record holds it"
    assert (drift.doc, drift.affects, drift.instead) == (
        "definition:won",
        ("metric:wins",),
        "did you mean `Closed Won`?",
    )
    assert [f.affects for f in told["AAC503"]] == [("metric:wins",)]
    assert [f.affects for f in told["AAC501"]] == [("metric:deals", "metric:wins")]


def test_skipped_and_reversed_stages_are_in_the_health_of_their_records(tmp_path: Path) -> None:
    health = {entry["entity"]: entry["problems"] for entry in as_json(results(tmp_path / "p"))["health"]}
    places = {problem["code"]: (problem["field"], problem["count"], problem["affects"]) for problem in health["deal"]}
    assert places["AAC521"] == (None, 1, ["metric:wins"])
    assert places["AAC522"] == (None, 1, [])  # nothing counts lost deals
    assert [(p["code"], p["field"]) for p in health["rep"]] == [("AAC523", "region")]


LOG = """
kind: entity
id: case
from: crm.log
key: number
per: number
occurs: at
columns: {at: timestamp, hours: number}
fields:
  number: text
  opened_at: {type: timestamp, from: min(at)}
  hours: {type: number, from: sum(hours)}
  price: {type: money, unit: EUR, from: "arg_max(price, at)"}
---
kind: definition
id: long_case
of: case
when: hours > 2
owner: sales
---
kind: metric
id: long_cases
formula: count(*)
of: long_case
at: opened_at
unit: count
better: lower
owner: sales
serves: successful_acquisition
role: north_star
---
kind: metric
id: average_price
formula: avg(price)
of: case
at: opened_at
unit: EUR
better: higher
owner: sales
serves: successful_acquisition
leads_to: [long_cases]
"""


def test_columns_name_what_rests_on_the_fields_that_read_them(tmp_path: Path) -> None:
    log = "number,at,hours,price\nA,2026-01-05 09:00,1.5,1\nA,2026-01-06 09:00,1.12345678,2.00005\nB,soon,much,3\n"
    opened = open_sound_project(write_project(tmp_path / "p", LOG, {"log": log}, watermark="2026-02-01"))
    pull_sources(opened, NOW_US, lambda _: None)
    told = found(measure(opened, NOW_US, Asked(), lambda _: None, everything=True))
    both = ("metric:average_price", "metric:long_cases")
    assert [(f.field, f.affects) for f in told["AAC512"]] == [("at", both), ("hours", ("metric:long_cases",))]
    assert [(f.field, f.affects) for f in told["AAC507"]] == [("at", both)]
    assert [(f.message, f.affects) for f in told["AAC527"]] == [
        (
            "`hours` has more decimals than the 6 of number in 1 row: '1.12345678': it is rounded",
            ("metric:long_cases",),
        ),
        (
            "`price` has more decimals than the 4 of money in 1 record: '2.00005': it is rounded",
            ("metric:average_price",),
        ),
    ]
