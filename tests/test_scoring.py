"""Scorings: what is measured, against every way in which the unknown could turn out; and that the rest is unknown."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from itertools import product
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, TypeVar, cast

import pytest

from aac.engines.base import Entity, Select
from aac.expressions.check import check_rule
from aac.expressions.nodes import Stored
from aac.expressions.parse import parse
from tests.loading import load_documents
from tests.running import run_project
from tests.small import COMPANY, measured, metric, number, write_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aac.kinds.scoring import Scoring

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "scoring.md"
TEAM = "kind: team\nid: sales\nname: Sales\n---\nkind: team\nid: marketing\nname: Marketing\n---\n"
T = TypeVar("T")


# The worked example

INBOUND = """\
kind: entity
id: account
from: crm.accounts
key: id
fields: {id: text, is_customer: boolean}
---
kind: entity
id: lead
from: crm.leads
key: id
occurs: created_at
fields:
  id: text
  created_at: timestamp
  account: {ref: account}
  industry: text
  employees: integer
  country: text
  seniority: text
  department: text
  email_kind: text
  crm: text
  source: text
  is_competitor: boolean
  contract_ends_on: date
---
kind: entity
id: activity
from: crm.activities
key: id
occurs: occurred_at
fields: {id: text, lead: {ref: lead}, kind: text, minutes: integer, occurred_at: timestamp}
---
kind: entity
id: stage_change
from: crm.stages
key: id
occurs: entered_at
fields: {id: text, lead: {ref: lead}, stage: text, entered_at: timestamp}
---
kind: entity
id: intent_signal
from: crm.signals
key: id
occurs: seen_at
fields: {id: text, lead: {ref: lead}, topic: text, strength: integer, seen_at: timestamp}
---
"""


def worked_example() -> str:
    """The document that the reference page explains."""
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_worked_example_is_right(tmp_path: Path) -> None:
    project, findings = load_documents(tmp_path, TEAM + INBOUND + worked_example())
    assert {(finding.code, finding.level) for finding in findings} == {("AAC404", "info")}
    model = cast("Scoring", project.models["scoring", "inbound"])
    assert len(model.criteria) == 50
    assert model.names == tuple(
        f"scoring.inbound.{part}" for part in ("score", "fit", "engagement", "intent", "band", "at")
    )


def test_what_is_not_measured_of_the_worked_example(tmp_path: Path) -> None:
    _, findings = load_documents(tmp_path, TEAM + INBOUND + worked_example())
    told = Counter(finding.message.partition(",")[0] for finding in findings)
    assert told == {
        "`at_most` per day": 5,
        "`at_most` per week": 7,
        "`at_most` per month": 6,
        "`at_most` per 3 days": 2,
        "`resets`": 2,
        "`decays`": 2,
        "`scoring.inbound.at`": 1,
    }


def test_the_worked_example_is_measured_as_far_as_it_goes(tmp_path: Path) -> None:
    """L1: Software 15, 200 employees 15, Austria 10, VP 12, sales 10, work mail 5, HubSpot 10.

    L2 is a competitor, and of L3 the industry is not known.
    """
    facts = "200,AT,vp,sales,work,hubspot,web,false,"
    tables = {
        "accounts": "id,is_customer\nA,false\n",
        "leads": "id,created_at,account,industry,employees,country,seniority,department,email_kind,crm,source,"
        "is_competitor,contract_ends_on\n"
        f"L1,2026-02-01T10:00:00Z,A,Software,{facts}\n"
        f"L2,2026-02-01T10:00:00Z,A,Software,{facts.replace('false', 'true')}\n"
        f"L3,2026-02-01T10:00:00Z,A,,{facts}\n",
        "activities": "id,lead,kind,minutes,occurred_at\n1,L1,pricing_view,,2026-02-02T10:00:00Z\n",
        "stages": "id,lead,stage,entered_at\n",
        "signals": "id,lead,topic,strength,seen_at\n",
    }
    write_project(tmp_path / "p", COMPANY + INBOUND + worked_example(), tables)
    names = tuple(f"scoring.inbound.{part}" for part in ("fit", "engagement", "intent", "score", "band", "at"))
    nothing = (None,) * 5
    assert values(tmp_path / "p", names) == {"L1": (77, *nothing), "L2": (0, *nothing), "L3": (None, *nothing)}


def values(root: Path, names: Sequence[str], entity: str = "lead") -> dict[object, tuple[object, ...]]:
    """What names come to for each record, by its id."""
    with run_project(root) as running:
        columns = tuple((name, check_rule(parse(name), entity, running.names).node) for name in names)
        output = Select(Entity(entity), (("id", Stored(entity, "id")), *columns), order=("id",))
        (rows,) = running.engine.run(running.setting.query((), (output,)))
        return {row[0]: tuple(row[1:]) for row in rows}


# What is measured, against an oracle

FLAGS = ("a", "b", "out", "direct")
ANSWERS: dict[str, bool | None] = {"true": True, "false": False, "": None}
LEAD = f"""\
kind: entity
id: lead
from: crm.lead
key: id
fields: {{id: text, {", ".join(f"{name}: boolean" for name in FLAGS)}}}
---
kind: entity
id: act
from: crm.act
key: id
occurs: at
fields: {{id: text, lead: {{ref: lead}}, first_lead: {{ref: lead}}, sort: text, at: timestamp}}
---
"""
SORTS = ("seen", "called", "asked")
EVENTS: list[dict[str, int]] = [
    dict(zip(SORTS, numbers, strict=True)) for numbers in ((0, 0, 0), (1, 0, 0), (0, 2, 1), (4, 1, 0))
]
"""How many events of each sort a lead has."""
Flags = dict[str, bool | None]
LEADS: list[tuple[dict[str, str], dict[str, int]]] = [
    (dict(zip(FLAGS, flags, strict=True)), events) for flags in product(ANSWERS, repeat=len(FLAGS)) for events in EVENTS
]
Answer = tuple[Decimal | None, Decimal | None, Decimal | None, str | None]
"""Score, the points of `fit` and of `engagement`, and the band."""


QUALIFYING = {
    "direct": "{id: direct, when: direct}",
    "asked": "{id: asked, over: act, via: lead, when: sort = 'asked'}",
}


class Table:
    """A small scoring at random, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.of_lead = {name: self.points() for name in ("a", "b")}
        self.of_events = {name: (self.points(), self.random.choice([None, 1, 1, 3])) for name in ("seen", "called")}
        self.excludes = self.random.randrange(2) == 1
        self.qualifies = self.random.sample(["direct", "asked"], self.random.randrange(3))
        limits = sorted(self.random.sample([-20, -5, 0, 5, 15, 30, 60, 90], 3), reverse=True)
        self.bands: dict[str, int] = dict(zip(("hot", "warm", "cold"), limits, strict=True))
        self.handover = self.random.choice([None, "hot", "warm"])

    def points(self) -> Decimal:
        return Decimal(self.random.choice(["-20", "-2.5", "5", "10", "12.5", "40"]))

    def document(self, id_: str) -> str:
        """The table as it is written."""
        rows = [f"  - {{id: {name}, when: {name}, points: {points}}}" for name, points in self.of_lead.items()]
        for name, (points, most) in self.of_events.items():
            cap = f", at_most: {{times: {most}}}" if most else ""
            rows.append(f"  - {{id: {name}, over: act, via: lead, when: sort = '{name}', points: {points}{cap}}}")
        rows.append("  - {id: idea, when: a or b, points: 1000, status: draft}")
        lines = [f"kind: scoring\nid: {id_}\nof: lead\nowner: sales\ncriteria:", *rows]
        lines += ["exclusions: [{id: out, when: out}]"] if self.excludes else []
        direct = {
            "direct": "{id: direct, when: direct}",
            "asked": "{id: asked, over: act, via: lead, when: sort = 'asked'}",
        }
        lines.append(f"qualifies_directly: [{', '.join(direct[name] for name in self.qualifies)}]")
        lines.append(f"bands: {{{', '.join(f'{name}: {limit}' for name, limit in self.bands.items())}}}")
        lines += [f"handover: {{at: {self.handover}, to: sales}}"] if self.handover else []
        return "\n".join(lines) + "\n---\n"

    def of_known(self, flags: Mapping[str, bool | None], events: Mapping[str, int]) -> Answer:
        """The answer for a lead of which all is known."""
        if self.excludes and flags["out"]:
            return Decimal(0), Decimal(0), Decimal(0), None
        fit = sum((points for name, points in self.of_lead.items() if flags[name]), Decimal(0))
        engagement = Decimal(0)
        for name, (points, most) in self.of_events.items():
            engagement += points * (events[name] if most is None else min(events[name], most))
        qualifies = any(flags[name] if name == "direct" else events[name] for name in self.qualifies)
        reached = [limit <= fit + engagement for limit in self.bands.values()]
        if qualifies:
            reached[list(self.bands).index(self.handover or "hot")] = True
        band = next((name for name, is_reached in zip(self.bands, reached, strict=True) if is_reached), None)
        return fit + engagement, fit, engagement, band

    def of(self, flags: Flags, events: Mapping[str, int]) -> Answer:
        """What is known: a score if all of its rows are, a band if it is the same whatever the rest turns out to be."""
        open_ = [name for name in FLAGS if flags[name] is None]
        ways = [dict(zip(open_, way, strict=True)) for way in product((True, False), repeat=len(open_))]
        answers = [self.of_known({**flags, **way}, events) for way in ways]
        band = only([answer[3] for answer in answers])
        if self.excludes and flags["out"] is None:
            return None, None, None, None
        if self.excludes and flags["out"]:
            return answers[0]
        in_doubt = flags["a"] is None or flags["b"] is None
        score, fit, engagement, _ = answers[0]
        return None if in_doubt else score, None if in_doubt else fit, engagement, band


def only(answers: Sequence[T]) -> T | None:
    """The answer that all give."""
    return answers[0] if len(set(answers)) == 1 else None


def tables() -> dict[str, str]:
    leads, acts = [f"id,{','.join(FLAGS)}"], ["id,lead,first_lead,sort,at"]
    for number_, (flags, events) in enumerate(LEADS):
        leads.append(f"L{number_:04},{','.join(flags.values())}")
        for sort, times in events.items():
            acts += [f"{sort}{number_}-{i},L{number_:04},L0000,{sort},2026-02-0{i + 1}T10:00:00Z" for i in range(times)]
    return {"lead": "\n".join(leads) + "\n", "act": "\n".join(acts) + "\n"}


def test_every_lead_of_any_table(tmp_path: Path) -> None:
    """324 leads with every combination of true, false and unknown, and some events, under 40 tables."""
    scorings = {f"s{seed}": Table(seed) for seed in range(40)}
    documents = COMPANY + LEAD + "".join(table.document(id_) for id_, table in scorings.items())
    write_project(tmp_path / "p", documents, tables())
    names = [f"scoring.{id_}.{part}" for id_ in scorings for part in ("score", "fit", "engagement", "band")]
    told = values(tmp_path / "p", names)
    for place, (id_, table) in enumerate(scorings.items()):
        for number_, (flags, events) in enumerate(LEADS):
            expected = table.of({name: ANSWERS[text] for name, text in flags.items()}, events)
            assert told[f"L{number_:04}"][place * 4 : place * 4 + 4] == expected, (table.document(id_), flags, events)


# What is not measured is unknown, and says so

POINTS = """\
kind: scoring
id: s
of: lead
owner: sales
criteria:
  - {id: a, when: a, points: 30}
  - {id: seen, over: act, via: lead, when: sort = 'seen', points: 5}
  - {id: asked, group: intent, over: act, via: lead, when: sort = 'asked', points: 10}
bands: {hot: 30, warm: 5}
"""
DATA = {
    "lead": "id,a,b,out,direct\nL1,true,,,\nL2,false,,,\n",
    "act": "id,lead,first_lead,sort,at\n1,L1,,seen,2026-02-01T10:00:00Z\n2,L1,,asked,2026-02-02T10:00:00Z\n",
}
PARTS = ("fit", "engagement", "intent", "score", "band")


@pytest.mark.parametrize(
    ("was", "becomes", "of_l1"),
    [
        ("", "", (30, 5, 10, 45, "hot")),
        ("points: 5}", "points: 5, at_most: {per: once}}", (30, 5, 10, 45, "hot")),
        ("points: 5}", "points: 5, at_most: {per: day}}", (30, None, 10, None, None)),
        ("points: 5}", "points: 5, at_most: {per: 3 days}, status: draft}", (30, 0, 10, 40, "hot")),
        (
            "bands:",
            "decays: [{id: d, over: act, via: lead, points: -5, after: 3 days}]\nbands:",
            (30, None, 10, None, None),
        ),
        ("bands:", "resets: [{id: r, over: act, via: lead, group: intent}]\nbands:", (30, 5, None, None, None)),
        ("bands:", "resets: [{id: r, over: act, via: lead}]\nbands:", (30, None, None, None, None)),
    ],
)
def test_what_is_not_measured_is_unknown(tmp_path: Path, was: str, becomes: str, of_l1: tuple[object, ...]) -> None:
    write_project(tmp_path / "p", COMPANY + LEAD + POINTS.replace(was, becomes), DATA)
    assert values(tmp_path / "p", [f"scoring.s.{part}" for part in PARTS])["L1"] == of_l1


def test_numbers_about_what_is_not_measured(tmp_path: Path) -> None:
    """Both leads are counted as unknown, in sums, ranks, groups and rules alike."""
    metrics = metric("points", "sum(scoring.s.score)", of="lead", unit="score", by="[{band: scoring.s.band}]")
    metrics += metric("middle", "median(scoring.s.score)", of="lead", unit="score")
    metrics += metric("hot", "share(scoring.s.band = 'hot')", of="lead", unit="percent")
    metrics += metric("fit", "sum(scoring.s.fit)", of="lead", unit="score")
    handover = "handover: {at: hot, to: sales}\n"
    documents = COMPANY + LEAD + POINTS.replace("points: 5}", "points: 5, at_most: {per: day}}") + handover + "---\n"
    metrics += metric("handed", "count_if(scoring.s.at > '2026-01-01')", of="lead")
    write_project(tmp_path / "p", documents + metrics, DATA)
    results = measured(tmp_path / "p", "all")
    told = {id_: number(results, id_, "all") for id_ in ("points", "middle", "hot", "fit", "handed")}
    assert {id_: (reading.value, reading.unknown) for id_, reading in told.items()} == {
        "points": (None, 2),
        "middle": (None, 2),
        "hot": (None, 2),
        "fit": (30, 0),
        "handed": (0, 2),
    }


def test_a_score_behind_a_reference_is_unknown_where_there_is_no_record(tmp_path: Path) -> None:
    write_project(tmp_path / "p", COMPANY + LEAD + POINTS, DATA)
    told = values(
        tmp_path / "p", ["lead.scoring.s.score", "first_lead.scoring.s.engagement", "first_lead.scoring.s.band"], "act"
    )
    assert told == {"1": (45, None, None), "2": (45, None, None)}
