"""Metrics among each other: what they lend, what they lead to, rings, and what is told once (LANGUAGE §8)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from aac.expressions.nodes import Measured, Stored
from aac.measures import Cohort, Force, Moment, Retention, Snapshot
from aac.periods import Duration, parse_duration
from tests.loading import load_documents

if TYPE_CHECKING:
    from pathlib import Path

    from aac.findings import Finding
    from aac.measures import Basis
    from aac.project import Project

DEALS = """\
kind: company
id: c
currency: EUR
timezone: Europe/Berlin
---
kind: team
id: sales
name: Sales
---
kind: entity
id: deal
from: crm.deals
key: id
fields:
  id: text
  customer: text
  segment: text
  value: {type: money, unit: EUR}
  begins_on: date
  ends_on: date
---
"""


def metric(id_: str, *keys: str, unit: str = "EUR") -> str:
    """A metric; without `of` among ``keys`` it is derived from others."""
    lines = [f"kind: metric\nid: {id_}\nunit: {unit}\nbetter: higher\nowner: sales\nserves: customer_success", *keys]
    return "\n".join(lines) + "\n---\n"


def records(id_: str, formula: str, *keys: str, unit: str = "EUR") -> str:
    """A metric of deals."""
    return metric(id_, f"formula: {formula}", "of: deal", *keys, unit=unit)


STAR = records("mean", "avg(value)", "at: begins_on", "role: north_star")


def load(root: Path, *documents: str) -> tuple[Project, list[Finding]]:
    project, findings = load_documents(root, DEALS + "".join(documents))
    return project, [finding for finding in findings if finding.code != "AAC404"]


def told(root: Path, *documents: str) -> list[tuple[str, str | None]]:
    return [(finding.code, finding.doc) for finding in load(root, *documents)[1]]


FORCE = "in_force: {from: begins_on, until: ends_on}"
KEPT = "sum(least(closing(value), opening(value))) / sum(opening(value))"
BEGINS, ENDS = (Moment(Stored("deal", field), is_date=True) for field in ("begins_on", "ends_on"))
YEAR = Duration(Fraction(12), "months", "calendar")


@pytest.mark.parametrize(
    ("formula", "keys", "basis"),
    [
        ("avg(value)", ("basis: cohort", "at: begins_on", "matures: 90 days"), Cohort(parse_duration("90 days"))),
        ("avg(value)", ("basis: cohort", "at: begins_on"), Cohort(None)),
        (
            "count_if(signed)",
            ("basis: cohort", "at: begins_on", "guardrail: [mean]", "leads_to: [mean]"),
            Cohort(None, ((("signed", ()), ENDS),)),
        ),
        ("avg(value)", ("basis: snapshot", FORCE), Snapshot(Force(BEGINS, ENDS))),
        (
            KEPT,
            ("basis: retention", "span: 12 months", "per: customer", FORCE, "leads_to: [mean]"),
            Retention(Force(BEGINS, ENDS), YEAR, Stored("deal", "customer")),
        ),
        (
            KEPT,
            ("basis: retention", "span: 90 days", "per: customer", FORCE, "leads_to: [mean]"),
            Retention(Force(BEGINS, ENDS), Duration(Fraction(90), "days", "calendar"), Stored("deal", "customer")),
        ),
    ],
)
def test_what_a_basis_compiles_to(tmp_path: Path, formula: str, keys: tuple[str, ...], basis: Basis) -> None:
    unit = "percent" if formula == KEPT else "count" if "count" in formula else "EUR"
    signed = "kind: definition\nid: signed\nof: deal\nowner: sales\nwhen: value > 0\nat: ends_on\n---\n"
    project, findings = load(tmp_path, STAR, signed, records("other", formula, *keys, unit=unit))
    assert findings == []
    assert {measure.subject: measure.basis for measure in project.measures} == {
        "metric:mean": None,
        "metric:other": basis,
    }


def test_a_derived_metric_rests_on_what_it_names(tmp_path: Path) -> None:
    project, findings = load(tmp_path, STAR, metric("twice", "formula: mean + mean"))
    assert findings == []
    assert project.graph.rests_on["metric", "twice"] == {("metric", "mean"), ("team", "sales")}


@pytest.mark.parametrize("formula", ["count_if(mean > 1)", "count_if(metric.mean > 1)", "sum(value) / mean"])
def test_a_metric_is_no_name_in_rules_about_records(tmp_path: Path, formula: str) -> None:
    _, findings = load(tmp_path, STAR, records("x", formula, "role: input"))
    assert [(found.code, found.doc) for found in findings] == [("AAC307", "metric:x")]


def test_a_field_may_have_the_name_of_a_metric_and_be_what_is_meant(tmp_path: Path) -> None:
    project, findings = load(tmp_path, STAR, records("value", "sum(value)", "guardrail: [mean]"))
    assert findings == []
    (measure,) = [measure for measure in project.measures if measure.subject == "metric:value"]
    assert not isinstance(measure.formula, Measured)


RINGS = {
    "of three in formulas": ("a", [("a", "b", ()), ("b", "c", ()), ("c", "a", ())]),
    "that others lead into": ("b", [("a", "b", ()), ("b", "c", ()), ("c", "b", ())]),
}


@pytest.mark.parametrize(("first", "formulas"), RINGS.values(), ids=list(RINGS))
def test_a_ring_of_formulas_is_told_once(
    tmp_path: Path, first: str, formulas: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    _, findings = load(tmp_path, STAR, *(metric(id_, f"formula: {other} * 2", *keys) for id_, other, keys in formulas))
    (finding,) = findings
    assert finding.code == "AAC206"
    assert f"`metric.{first}` needs" in finding.message


def test_a_mistake_in_a_formula_is_told_once_however_many_rest_on_it(tmp_path: Path) -> None:
    wrong = metric("c", "formula: men * 2")
    assert told(tmp_path, STAR, metric("a", "formula: b * 2"), metric("b", "formula: c + mean"), wrong) == [
        ("AAC203", "metric:c")
    ]


def test_a_ring_of_what_leads_to_what_is_told_at_its_first_metric(tmp_path: Path) -> None:
    shares = [
        records(id_, "count(customer) / count(*)", f"leads_to: [{other}]", unit="percent")
        for id_, other in (("b", "c"), ("c", "d"), ("d", "b"), ("a", "b"))
    ]
    _, findings = load(tmp_path, STAR, *shares)
    assert [(found.code, found.doc, found.message) for found in findings] == [
        ("AAC206", "metric:b", "a ring: `b` leads to `c` leads to `d` leads to `b`")
    ]


def test_a_dead_end_is_told_and_not_what_leads_there(tmp_path: Path) -> None:
    shares = [
        records("a", "count(customer) / count(*)", "leads_to: [b]", unit="percent"),
        records("b", "count(customer) / count(*)", unit="percent"),
    ]
    assert told(tmp_path, STAR, *shares) == [("AAC411", "metric:b")]
    # an input is not asked, so what leads to nothing but inputs is
    assert told(tmp_path, STAR, shares[0], shares[1].replace("---", "role: input\n---")) == [("AAC411", "metric:a")]


def test_a_chain_of_a_thousand_leads_somewhere(tmp_path: Path) -> None:
    chain = [
        records(
            f"m{n}", "count(customer) / count(*)", f"leads_to: [{f'm{n + 1}' if n < 999 else 'mean'}]", unit="ratio"
        )
        for n in range(1000)
    ]
    assert told(tmp_path, STAR, *chain) == []


def test_the_north_star_is_one_on_each_day(tmp_path: Path) -> None:
    old = records("old", "avg(value)", "role: north_star", "effective_until: 2026-01-01")
    later = records("old", "avg(value)", "effective_from: 2026-01-01")
    new = records("new", "max(value)", "effective_until: 2026-01-01")
    star = records("new", "max(value)", "role: north_star", "effective_from: 2026-01-01")
    assert told(tmp_path, old, later, new, star) == []
    assert told(tmp_path, old, later, new, new.replace("effective_until", "effective_from")) == [
        ("AAC410", "metric:new")
    ]


def test_without_metrics_nobody_misses_a_north_star(tmp_path: Path) -> None:
    assert told(tmp_path) == []
    # and a broken metric may be the one
    assert told(tmp_path, records("a", "avg(value)"), records("b", "avg(value)", "rol: north_star")) == [
        ("AAC207", "metric:b")
    ]
