"""What a derived metric is reckoned from: other numbers, however many lie between (LANGUAGE §8)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from aac.deriving import reckoned
from aac.expressions.nodes import Call, Literal, Measured
from aac.measures import Derived
from tests.loading import load_documents
from tests.small import COMPANY, TEAMS, metric

if TYPE_CHECKING:
    from pathlib import Path

    from aac.project import Project

NUMBERS = f"""\
{COMPANY}{TEAMS}---
kind: entity
id: deal
from: crm.deal
key: id
fields: {{id: text, opened_at: timestamp, closed_at: timestamp, amount: {{type: money, unit: EUR}}, won: boolean,
         segment: text, region: text}}
---
kind: sla
id: decided
what: Sales decides
who: {{owes: sales, to: marketing}}
when: {{within: 30 days}}
how_measured: {{each: deal, starts: opened_at, stops: closed_at, objective: 90%, by: [segment]}}
escalation: [{{at: 50% of time, do: remind, to: sales}}]
---
""" + "".join(
    [
        metric("deals", "count(*)", of="deal", at="opened_at", by="[segment, region]"),
        metric("revenue", "sum(amount)", of="deal", at="closed_at", unit="EUR", by="[segment]"),
        metric("win_rate", "share(won)", of="deal", at="closed_at", unit="percent", by="[segment]"),
        metric("everything", "count(*)", of="deal"),
    ]
)


def derived(root: Path, formula: str, unit: str = "ratio", *others: str, **keys: str) -> Derived:
    """The compiled metric `it`."""
    return found(load_documents(root, NUMBERS + metric("it", formula, unit=unit, **keys) + "".join(others))[0], "it")


def found(project: Project, id_: str) -> Derived:
    assert [finding.message for finding in project.findings if finding.level == "error"] == []
    (made,) = [part for part in project.derived if part.subject == f"metric:{id_}"]
    return made


def test_its_inputs_are_split_as_it_is(tmp_path: Path) -> None:
    made = derived(tmp_path, "deals * sla.decided.attainment + deals", "count", by="[segment]")
    assert [part.subject for part in made.inputs] == ["metric:deals", "sla:decided"]
    assert [[dimension.name for dimension in part.dimensions] for part in made.inputs] == [["segment"], ["segment"]]
    assert made.steps == ()
    assert made.missing == ()
    assert made.splits == ("segment",)


def test_what_lies_between_is_reckoned_first(tmp_path: Path) -> None:
    others = [
        metric("b", "c + a", unit="EUR"),
        metric("a", "revenue * 2", unit="EUR"),
        metric("c", "a + revenue", unit="EUR"),
    ]
    made = derived(tmp_path, "b / a", "ratio", *others)
    assert [part.subject for part, _ in made.steps] == ["metric:a", "metric:c", "metric:b"]
    assert [part.subject for part in made.inputs] == ["metric:revenue"]


def test_a_long_chain_is_reckoned() -> None:
    chain = {f"metric:m{n}": ratio(f"metric:m{n}", f"metric:m{n + 1}") for n in range(5000)}
    made = reckoned(ratio("metric:it", "metric:m0"), chain)
    assert len(made.steps) == 5000
    assert made.missing == ("metric:m5000",)


def ratio(subject: str, other: str) -> Derived:
    return Derived(subject, Call("multiply", (Measured(other), Literal(2))), "ratio", (), "month", False)


def test_a_ring_ends() -> None:
    """It was refused before; whoever comes here all the same does not run for ever."""
    ring = {"metric:a": ratio("metric:a", "metric:b"), "metric:b": ratio("metric:b", "metric:a")}
    made = reckoned(ring["metric:a"], ring)
    assert {part.subject for part, _ in made.steps} == {"metric:a", "metric:b"}
    assert (made.inputs, made.missing) == ((), ())


@pytest.mark.parametrize(
    ("formula", "unit", "expected"),
    [
        ("deals * 2", "count", True),
        ("deals * 2 - deals", "count", True),
        ("revenue + revenue", "EUR", True),
        ("revenue / deals", "EUR", False),
        ("win_rate", "percent", False),
        ("deals * win_rate", "count", False),
        ("deals * sla.decided.attainment", "count", False),
        ("twice", "count", True),
        ("revenue + mean", "EUR", False),
    ],
)
def test_what_grows_with_its_window(tmp_path: Path, formula: str, unit: str, expected: bool) -> None:
    others = [metric("twice", "deals + deals"), metric("mean", "revenue / deals", unit="EUR")]
    assert derived(tmp_path, formula, unit, *others).is_volume is expected


@pytest.mark.parametrize(
    ("formula", "unit", "expected"),
    [
        ("revenue / deals", "EUR", False),
        ("revenue / revenue", "ratio", False),
        ("win_rate / win_rate", "ratio", True),
        ("win_rate / sla.decided.attainment", "ratio", True),
        ("revenue / 12", "EUR", True),
        ("revenue / win_rate", "EUR", True),
        ("revenue / (deals * win_rate)", "EUR", False),
        ("revenue / (revenue / revenue)", "EUR", True),
        ("deals", "count", False),
        ("deals / 2 + deals", "count", False),
    ],
)
def test_a_share_or_a_constant_below_is_no_number_of_anything(
    tmp_path: Path, formula: str, unit: str, expected: bool
) -> None:
    assert derived(tmp_path, formula, unit).is_share_below is expected


def test_money_made_yearly_is_no_share(tmp_path: Path) -> None:
    monthly = metric("mrr", "sum(amount)", of="deal", at="closed_at", unit="EUR/month")
    documents = (
        (NUMBERS + monthly).replace("unit: EUR}", "unit: EUR/month}").replace("unit: EUR\n", "unit: EUR/month\n")
    )
    yearly = metric("it", "per_year(mrr) / (per_year(mrr) + per_year(revenue))", unit="ratio")
    assert found(load_documents(tmp_path, documents + yearly)[0], "it").is_share_below is False


def test_with_an_input_of_all_time_there_is_no_other_window(tmp_path: Path) -> None:
    assert derived(tmp_path / "a", "deals / deals").has_windows
    assert not derived(tmp_path / "b", "deals / everything").has_windows


def test_a_promise_of_it_is_in_other_windows_and_not_split(tmp_path: Path) -> None:
    promise = """\
kind: sla
id: volume
what: Marketing brings more
who: {owes: marketing, to: sales}
when: {every: quarter}
how_measured: {metric: it, at_least: 3}
escalation: []
---
"""
    project, _ = load_documents(tmp_path, NUMBERS + metric("it", "deals + deals", by="[segment]") + promise)
    it, volume = project.derived
    assert (it.subject, volume.subject) == ("metric:it", "sla:volume")
    unsplit = tuple(replace(part, dimensions=()) for part in it.inputs)
    assert volume == replace(it, subject="sla:volume", grain="quarter", has_target=True, splits=(), inputs=unsplit)


ACCOUNTS = """\
kind: entity
id: account
from: crm.account
key: id
fields: {id: text, since: date, size: integer, segment: text, tier: {type: text, values: [A, B]}, named: boolean}
---
"""


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("segment", None),
        ("tier", None),
        ("case when size > 5 then 'SMB' end", None),
        ("size", "text and an integer do not go together"),
        ("named", "text and a condition do not go together"),
        ("since", "text and a date do not go together"),
    ],
)
def test_groups_that_can_never_meet_are_told(tmp_path: Path, rule: str, told: str | None) -> None:
    accounts = metric("accounts", "count(*)", of="account", at="since", by=f'[{{segment: "{rule}"}}]')
    it = metric("it", "deals / accounts", unit="ratio", by="[segment]")
    _, findings = load_documents(tmp_path, NUMBERS + ACCOUNTS + accounts + it)
    errors = [(finding.code, finding.doc, finding.message) for finding in findings if finding.level == "error"]
    message = f"`segment` of `metric:deals` and of `metric:accounts`: {told}"
    assert errors == ([("AAC328", "metric:it", message)] if told else [])


def test_of_numbers_that_rest_on_each_other_the_first_is_told(tmp_path: Path) -> None:
    accounts = metric("accounts", "count(*)", of="account", at="since", by="[{segment: size}]")
    above = metric("above", "it * 2", unit="ratio", by="[segment]")
    it = metric("it", "deals / accounts", unit="ratio", by="[segment]")
    _, findings = load_documents(tmp_path, NUMBERS + ACCOUNTS + accounts + above + it)
    assert [f.doc for f in findings if f.level == "error"] == ["metric:it"]
    assert {f.code for f in findings if f.level == "error"} == {"AAC328"}
