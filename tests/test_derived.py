"""Derived metrics, from records to results, on tables small enough to be reckoned by hand (LANGUAGE §8).

As_of is 2026-03-10T12:00Z, a Tuesday, unless a test says otherwise; the company is in Berlin, an hour ahead.
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from aac.errors import UsageError
from aac.evaluate import Asked
from aac.operations import check, explain, measure, open_sound_project, pull_sources, query
from aac.periods import iso_utc
from aac.querying import Question
from aac.results import Status
from tests.small import COMPANY, NOW_US, groups, measured, metric, number, total, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.results import NumberReading, Results

SOLD = (
    COMPANY
    + """\
kind: entity
id: deal
from: crm.deal
key: id
fields:
  id: text
  opened_at: timestamp
  closed_at: timestamp
  won: boolean
  amount: {type: money, unit: EUR}
  segment: text
  region: text
---
kind: entity
id: spend
from: crm.spend
key: id
fields: {id: text, day: date, amount: {type: money, unit: EUR}, segment: text}
---
kind: sla
id: decided
what: Sales decides
who: {owes: sales, to: marketing}
when: {within: 10 days}
how_measured: {each: deal, starts: opened_at, stops: closed_at, objective: 50%, by: [segment]}
escalation: []
---
kind: sla
id: answer
what: Marketing answers
who: {owes: marketing, to: sales}
when: {within: 1 days}
how_measured: {each: deal, starts: opened_at, stops: closed_at, objective: 50%}
escalation: []
---
"""
    + metric("wins", "count_if(won)", of="deal", at="closed_at", by="[segment, region]")
    + metric("revenue", "sum(amount) filter (where won)", of="deal", at="closed_at", unit="EUR", by="[segment, region]")
    + metric("spent", "sum(amount)", of="spend", at="day", unit="EUR", by="[segment]")
    + metric("all_deals", "count(*)", of="deal")
)
DEALS = """\
id,opened_at,closed_at,won,amount,segment,region
a,2026-02-01T10:00Z,2026-02-05T10:00Z,true,100,SMB,north
b,2026-02-01T10:00Z,2026-02-20T10:00Z,true,50.5,Large,north
c,2026-02-02T10:00Z,2026-02-03T10:00Z,false,1000,SMB,south
d,2026-02-03T10:00Z,2026-02-04T10:00Z,true,,,south
e,2026-03-01T10:00Z,2026-03-02T10:00Z,true,7,SMB,north
f,2026-03-01T10:00Z,2026-03-02T10:00Z,,7,SMB,north
g,2026-03-09T10:00Z,,,9,Mid,north
"""
SPEND = """\
id,day,amount,segment
1,2026-02-01,30,SMB
2,2026-02-28,60,Public
3,2026-03-01,10,SMB
4,2026-03-01,,SMB
"""

TABLES = {"deal": DEALS, "spend": SPEND}


def sold(root: Path, *documents: str, windows: tuple[str, ...] = (), settings: str = "") -> Results:
    """The numbers of February and March, those of some documents among them."""
    return measured(write_project(root / "p", SOLD + "".join(documents), TABLES, settings=settings), *windows)


def cells(results: Results, id_: str, label: str) -> dict[tuple[object, ...], Fraction | None]:
    """The values of a number by its groups; the key of the total is empty."""
    found = [r for r in results.results if (r.id, r.reading.window.label) == (id_, label)]
    return {tuple(r.reading.by.values()): getattr(r.reading, "value", None) for r in found}


def sides(reading: NumberReading) -> tuple[Fraction | None, Fraction | None, Fraction | None]:
    return reading.value, reading.numerator, reading.denominator


def test_a_quotient_of_metrics_of_two_entities(tmp_path: Path) -> None:
    cac = metric("cac", "spent / wins", unit="EUR", better="lower", by="[segment]")
    results = sold(tmp_path, cac)
    reading = number(results, "cac", "2026-02")
    assert sides(reading) == (30, 90, 3)  # a, b and d are won, and 30 and 60 spent
    assert (reading.n, reading.unknown, reading.unit) == (2, 0, "EUR")  # two rows of spend, four deals
    assert reading.is_final
    assert not number(results, "cac", "2026-03").is_final
    # SMB: 30 for a; Large has no spend, Public and nobody's no wins: one side is missing
    assert cells(results, "cac", "2026-02") == {
        (): 30, ("SMB",): 30, ("Large",): None, ("Public",): None, (None,): None,
    }  # fmt: skip
    # March: 10 spent and 4 not known, e won and f not known
    reading = number(results, "cac", "2026-03")
    assert (sides(reading), reading.n, reading.unknown) == ((10, 10, 1), 2, 2)


def test_a_group_that_one_side_has_not_is_unknown(tmp_path: Path) -> None:
    results = sold(tmp_path, metric("cac", "spent / wins", unit="EUR", better="lower", by="[segment]"))
    (public,) = [r for r in results.results if (r.id, dict(r.reading.by)) == ("cac", {"segment": "Public"})]
    assert (getattr(public.reading, "n", None), sides(public.reading)) == (0, (None, 60, None))  # pyright: ignore[reportArgumentType]


def test_sums_and_literals(tmp_path: Path) -> None:
    results = sold(tmp_path, metric("net", "revenue - spent * 1.5", unit="EUR"))
    reading = number(results, "net", "2026-02")
    assert sides(reading) == (Fraction("150.5") - 135, None, None)
    # `is_volume`: it grows with its window, here 9.4 of 31 days after its start
    assert reading.is_volume
    assert number(results, "net", "2026-03").elapsed < 1


def test_a_quotient_with_sums_on_both_sides(tmp_path: Path) -> None:
    results = sold(tmp_path, metric("margin", "(revenue - spent) / (revenue + spent)", unit="percent"))
    assert sides(number(results, "margin", "2026-02")) == (Fraction(605, 2405), Fraction("60.5"), Fraction("240.5"))


def test_division_by_nothing_is_unknown(tmp_path: Path) -> None:
    results = sold(tmp_path, metric("worth", "spent / (wins - wins)", unit="EUR"))
    assert sides(number(results, "worth", "2026-02")) == (None, 90, 0)


def test_attainment_of_a_promise(tmp_path: Path) -> None:
    """Of the deals of February b was decided late."""
    results = sold(tmp_path, metric("kept", "revenue * sla.decided.attainment", unit="EUR", by="[segment]"))
    assert cells(results, "kept", "2026-02") == {
        (): Fraction("150.5") * Fraction(3, 4), ("SMB",): 100, ("Large",): 0, (None,): None,
    }  # fmt: skip
    reading = number(results, "kept", "2026-02")
    assert (reading.n, reading.unknown, reading.is_final) == (4, 1, True)  # d has no amount


def test_an_open_item_leaves_it_open(tmp_path: Path) -> None:
    """The deal of the 9th is not decided yet, so a week that is over is not final."""
    documents = metric("kept", "sla.decided.attainment * 1", unit="percent")
    results = sold(tmp_path, documents, windows=("2026-W10", "2026-03"), settings="")
    assert number(results, "kept", "2026-W10").is_final
    results = sold(tmp_path / "later", documents, windows=("2026-W11",))
    assert not number(results, "kept", "2026-W11").is_final


def test_numbers_between(tmp_path: Path) -> None:
    """A derived metric may rest on derived metrics; what rests on what it rests on is counted once."""
    documents = (
        metric("net", "revenue - spent", unit="EUR"),
        metric("margin", "net / revenue", unit="percent"),
        metric("both", "net + spent", unit="EUR"),
    )
    results = sold(tmp_path, *documents)
    assert sides(number(results, "margin", "2026-02")) == (Fraction(605, 1505), Fraction("60.5"), Fraction("150.5"))
    both = number(results, "both", "2026-02")
    assert (both.value, both.n, both.unknown) == (Fraction("150.5"), 2, 1)


def test_with_an_input_of_all_time_there_is_one_window(tmp_path: Path) -> None:
    results = sold(tmp_path, metric("share", "wins / all_deals", unit="ratio"))
    (result,) = [result for result in results.results if result.id == "share"]
    assert (result.reading.window.label, result.selection) == ("all", "last")
    assert sides(number(results, "share", "all")) == (Fraction(4, 7), 4, 7)


def test_windows_of_its_own(tmp_path: Path) -> None:
    """An SLA of a year gives the months that are asked for."""
    yearly = """\
kind: sla
id: yearly
what: Sales decides
who: {owes: sales, to: marketing}
when: {within: 10 days}
how_measured: {each: deal, starts: opened_at, stops: closed_at, objective: 50%, window: year}
escalation: []
---
"""
    results = sold(tmp_path, yearly, metric("kept", "sla.yearly.attainment * 2", unit="percent"))
    assert {r.reading.window.label for r in results.results if r.id == "yearly"} == {"2025", "2026"}
    assert number(results, "kept", "2026-02").value == Fraction(3, 2)
    assert number(results, "kept", "2026-03").value == 2


def test_what_was_not_asked_for_is_not_shown(tmp_path: Path) -> None:
    """`check` asks for what has a target; inputs are measured all the same, and told nowhere."""
    documents = metric("cac", "spent / wins", unit="EUR", better="lower", target="{at_most: 29.99}", min_n="3")
    root = write_project(tmp_path / "p", SOLD + documents, TABLES)
    pull_sources(open_sound_project(root), NOW_US, lambda _: None)
    results = measure(open_sound_project(root), NOW_US, Asked(), lambda _: None, everything=False)
    assert [r.id for r in results.results if r.kind == "metric"] == ["cac", "cac"]
    assert total(results, "cac", "2026-02").verdict.status is Status.OFF_TARGET
    assert total(results, "cac", "2026-03").verdict.status is Status.NOT_ENOUGH_DATA


@pytest.mark.parametrize(
    ("formula", "unit", "keys", "status"),
    [
        ("spent / wins", "EUR", {"min_n": "3"}, "on_target"),
        ("spent / wins", "EUR", {"min_n": "4"}, "not_enough_data"),
        ("spent / wins", "EUR", {}, "not_enough_data"),  # 3 wins, and 20 for a ratio
        ("revenue / spent", "ratio", {}, "on_target"),  # 90 spent
        # a share below says nothing of how much there was: that of the smallest input does, two rows of spend
        ("spent / sla.decided.attainment", "EUR", {"min_n": "2"}, "on_target"),
        ("spent / sla.decided.attainment", "EUR", {"min_n": "3"}, "not_enough_data"),
        ("spent / 12", "EUR", {"min_n": "2"}, "on_target"),
        ("revenue + spent", "EUR", {}, "on_target"),
        ("revenue + spent", "EUR", {"min_n": "2"}, "on_target"),
        ("revenue + spent", "EUR", {"min_n": "3"}, "not_enough_data"),
        ("spent / (wins - wins)", "EUR", {"min_n": "1"}, "not_enough_data"),
    ],
)
def test_enough_data(tmp_path: Path, formula: str, unit: str, keys: dict[str, str], status: str) -> None:
    documents = metric("it", formula, unit=unit, target="{at_least: 0}", **keys)
    result = total(sold(tmp_path, documents), "it", "2026-02")
    assert result.verdict.status == status


def test_a_number_without_records_beside_one_with_some(tmp_path: Path) -> None:
    """In a month without churn what was won is known, and judged."""
    lost = metric("lost", "count_if(won = false)", of="deal", at="closed_at")
    growth = metric("growth", "wins - lost", target="{at_least: 1}")
    results = sold(tmp_path, lost, growth, windows=("2026-03",))
    assert (number(results, "lost", "2026-03").n, number(results, "growth", "2026-03").value) == (2, 1)
    assert total(results, "growth", "2026-03").verdict.status is Status.ON_TARGET


# What cannot be measured


def test_off_if_an_input_is(tmp_path: Path) -> None:
    documents = (
        metric("starts", "count(*)", of="subscription", at="start_date"),
        metric("per_start", "wins / starts", unit="ratio", target="{at_least: 0.1}"),
        metric("deeper", "per_start * 2", unit="ratio"),
    )
    results = sold(tmp_path, *documents)
    result = total(results, "per_start", "2026-02")
    assert result.verdict.status is Status.NOT_MEASURABLE
    assert sides(number(results, "per_start", "2026-02")) == (None, None, None)
    told = {(found.doc, found.message) for found in results.findings if found.code == "AAC535"}
    assert told == {
        (f"metric:{id_}", f"metric `{id_}` cannot be measured: metric `starts`, which it is reckoned from, cannot")
        for id_ in ("per_start", "deeper")
    }


def test_of_what_is_off_there_are_no_groups(tmp_path: Path) -> None:
    starts = metric("starts", "count(*)", of="subscription", at="start_date", by="[{segment: product}]")
    results = sold(tmp_path, starts, metric("per_start", "wins / starts", unit="ratio", by="[segment]"))
    assert len(groups(results, "wins", "2026-02")) > 1
    assert groups(results, "per_start", "2026-02") == [{}]


def test_not_measurable_if_an_input_is_not(tmp_path: Path) -> None:
    """Of no deal of March it is known whether it is one that counts."""
    sure = "kind: definition\nid: sure\nowner: sales\nof: deal\nwhen: nullif(amount, 7) > 0\n---\n"
    unsure = metric("unsure", "count(*)", of="sure", at="closed_at")
    documents = (sure, unsure, metric("it", "unsure + wins", target="{at_least: 1}"))
    results = sold(tmp_path, *documents, windows=("2026-03",))
    assert (number(results, "unsure", "2026-03").n, number(results, "unsure", "2026-03").unknown) == (0, 2)
    assert total(results, "it", "2026-03").verdict.status is Status.NOT_MEASURABLE


def test_off_while_an_input_does_not_hold(tmp_path: Path) -> None:
    """Nobody has agreed in February what is spent."""
    later = SOLD.replace("id: spent\n", "id: spent\neffective_from: 2026-03-01\n")
    documents = later + metric("cac", "spent / wins", unit="EUR", better="lower", target="{at_most: 10}", min_n="1")
    results = measured(write_project(tmp_path / "p", documents, TABLES))
    assert total(results, "cac", "2026-02").verdict.status is Status.NOT_MEASURABLE
    assert total(results, "cac", "2026-03").verdict.status is Status.ON_TARGET
    assert [found.doc for found in results.findings if found.code == "AAC535"] == ["metric:cac"]


@pytest.mark.parametrize("everything", [True, False], ids=["inputs shown", "inputs hidden"])
@pytest.mark.parametrize(("restate", "february"), [(False, 30), (True, 60)])
def test_each_window_with_the_documents_of_its_first_day(
    tmp_path: Path, everything: bool, restate: bool, february: int
) -> None:
    """From March on spend counts twice."""
    old = SOLD.replace("id: spent\n", "id: spent\neffective_until: 2026-03-01\n")
    new = metric("spent", "sum(amount) * 2", of="spend", at="day", unit="EUR", effective_from="2026-03-01")
    cac = metric("cac", "spent / wins", unit="EUR", better="lower", target="{at_most: 10}")
    root = write_project(tmp_path / "p", old + new + cac, TABLES)
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    results = measure(opened, NOW_US, Asked(restate=restate), lambda _: None, everything=everything)
    assert number(results, "cac", "2026-02").value == february
    assert number(results, "cac", "2026-03").value == 20
    assert ("spent" in {result.id for result in results.results}) is everything


# Sources


ERP = """
[sources.erp]
connector = "csv"
path = "erp"
watermark = "2026-03-05T12:00:00Z"
freshness = {error_after = "6 days"}
"""


def test_as_of_is_the_least_of_the_inputs_and_nothing_later_counts(tmp_path: Path) -> None:
    """The deals are known until the 10th, spend until the 5th: what both come to is that of the 5th."""
    later = DEALS + "h,2026-03-06T10:00Z,2026-03-07T10:00Z,true,1,SMB,north\n"
    documents = SOLD.replace("crm.spend", "erp.spend") + metric("cac", "spent / wins", unit="EUR", better="lower")
    root = write_project(tmp_path / "p", documents, {"deal": later}, settings=ERP)
    (root / "erp").mkdir()
    (root / "erp" / "spend.csv").write_text(SPEND)
    results = measured(root)
    assert iso_utc(number(results, "wins", "2026-03").as_of_us) == "2026-03-10T12:00:00Z"
    assert number(results, "wins", "2026-03").value == 2
    cac = number(results, "cac", "2026-03")
    assert iso_utc(cac.as_of_us) == "2026-03-05T12:00:00Z"
    assert sides(cac) == (10, 10, 1)
    assert cac.is_stale
    assert not number(results, "wins", "2026-03").is_stale
    assert [r.reading.as_of_us for r in results.results if r.id == "wins" and not r.reading.by].count(cac.as_of_us) == 0


# What is asked


def asked(root: Path, *metrics: str, by: tuple[str, ...] = (), grain: str | None = None) -> dict[str, Any]:
    question = Question(metrics, by=by, grain=grain)
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    return json.loads(query(opened, NOW_US, question, Asked(windows=question.windows), "json", print))


@pytest.fixture
def asking(tmp_path: Path) -> Path:
    documents = (
        metric("cac", "spent / wins", unit="EUR", better="lower"),
        metric("per_win", "revenue / wins * sla.decided.attainment", unit="EUR"),
        metric("deeper", "per_win * 2", unit="EUR"),
        metric("share", "wins / all_deals", unit="ratio"),
    )
    return write_project(tmp_path / "p", SOLD + "".join(documents), TABLES)


def answers(results: dict[str, Any], id_: str, label: str) -> dict[tuple[object, ...], float | None]:
    return {
        tuple(result["by"].values()): result["value"]
        for result in results["results"]
        if (result["id"], result["window"]["label"]) == (id_, label)
    }


def test_a_derived_metric_is_asked_by_a_dimension_of_its_inputs(asking: Path) -> None:
    results = asked(asking, "cac", "deeper", by=("segment",))
    assert {result["id"] for result in results["results"]} == {"cac", "deeper"}
    assert answers(results, "cac", "2026-02") == {
        (): 30, ("SMB",): 30, ("Large",): None, ("Public",): None, (None,): None,
    }  # fmt: skip
    assert answers(results, "deeper", "2026-02") == {(): 75.25, ("SMB",): 200, ("Large",): 0, (None,): None}


def test_dimensions_of_all_inputs_are_crossed(asking: Path) -> None:
    """Attainments too, which documents split by one dimension at a time."""
    results = asked(asking, "per_win", "wins", by=("segment", "region"))
    assert answers(results, "per_win", "2026-02") == {
        (): 37.625, ("SMB", "north"): 100, ("Large", "north"): 0, (None, "south"): None, ("SMB", "south"): None,
    }  # fmt: skip
    assert answers(results, "wins", "2026-02")["Large", "north"] == 1


def test_quarters_are_reckoned_from_quarters(asking: Path) -> None:
    assert answers(asked(asking, "cac", grain="year"), "cac", "2026") == {(): 25}  # 100 spent, 4 won


@pytest.mark.parametrize(
    ("metrics", "keys", "told"),
    [
        (("cac",), {"by": ("region",)}, "`region` means nothing on `spend`"),
        (("share",), {"grain": "month"}, "`metric:share` rests on `metric:all_deals`, which says no moment with `at`"),
        (("cc",), {}, "there is no metric `cc`; did you mean `cac`"),
    ],
)
def test_what_cannot_be_asked(asking: Path, metrics: tuple[str, ...], keys: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=re.escape(told)):
        asked(asking, *metrics, **keys)


def test_a_target_of_months_does_not_judge_a_year(tmp_path: Path) -> None:
    documents = SOLD + metric("net", "revenue - spent", unit="EUR", target="{at_least: 60}")
    root = write_project(tmp_path / "p", documents, TABLES)
    statuses = {r["window"]["label"]: r["status"] for r in asked(root, "net")["results"]}
    assert statuses["2026-02"] == "on_target"
    assert {r["status"] for r in asked(root, "net", grain="year")["results"]} == {None}


def test_the_screen_tells_both_sides_and_no_records(asking: Path) -> None:
    opened = open_sound_project(asking)
    pull_sources(opened, NOW_US, lambda _: None)
    question = Question(("cac", "deeper"), first="2026-02-01", until="2026-03-01")
    text = query(opened, NOW_US, question, Asked(windows=question.windows), "text", print)
    assert text.splitlines()[2:] == [
        "cac (EUR)",
        "  2026-02  EUR 30  90 ÷ 3",
        "",
        "deeper (EUR)",
        "  2026-02  EUR 75.25    1 unknown",
    ]


def test_explained(asking: Path) -> None:
    opened = open_sound_project(asking)
    pull_sources(opened, NOW_US, lambda _: None)
    text = explain(opened, NOW_US, Asked(), "deeper", print)
    today = text.partition("\nToday\n")[2].splitlines()
    assert today[1].split() == ["2026-02", "EUR", "75.25"]
    sql = text.count("\nSQL\n")
    assert sql == 2  # wins and revenue in one query, the promise in another
    assert "In words" in text


def test_a_promise_of_a_derived_number(tmp_path: Path) -> None:
    """In its own windows, with the steps of a promise; nothing is asked of the number of records."""
    promise = """\
kind: sla
id: growth
what: Sales earns more than marketing spends
who: {owes: sales, to: marketing}
when: {every: year}
how_measured: {metric: net, at_least: 60}
escalation: [{at: off_target, do: agenda, to: marketing}]
---
"""
    net = metric("net", "revenue - spent", unit="EUR", by="[segment]")
    root = write_project(tmp_path / "p", SOLD + net + promise, TABLES)
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    text = check(opened, NOW_US, Asked(windows=("2025", "2026")), ("json",), ("never",), lambda _: None).texts[0]
    found = {r["window"]["label"]: r for r in json.loads(text)["results"] if r["id"] == "growth"}
    assert [found["2026"][key] for key in ("kind", "value", "target", "status")] == [
        "sla", 57.5, {"at_least": 60}, "on_target",
    ]  # fmt: skip
    assert (found["2026"]["escalations"], found["2025"]["escalations"]) == ([], [])
    assert (found["2025"]["value"], found["2025"]["status"]) == (None, "not_enough_data")


# Inputs of every basis

HELD = (
    COMPANY
    + """\
kind: entity
id: contract
from: crm.contract
key: id
fields: {id: text, customer: text, starts: date, ends: date, mrr: {type: money, unit: EUR/month}}
---
kind: entity
id: trial
from: crm.trial
key: id
fields: {id: text, began: date, bought_at: date}
---
kind: definition
id: buyer
owner: sales
of: trial
when: bought_at is not null
at: bought_at
---
"""
    + metric(
        "held", "sum(mrr)", of="contract", basis="snapshot", in_force="{from: starts, until: ends}", unit="EUR/month"
    )
    + metric("began", "sum(mrr)", of="contract", at="starts", unit="EUR/month")
    + metric("bought", "share(buyer)", of="trial", at="began", basis="cohort", matures="30 days", unit="percent")
    + metric(
        "kept",
        "sum(least(closing(mrr), opening(mrr))) / sum(opening(mrr))",
        of="contract",
        basis="retention",
        span="1 months",
        per="customer",
        in_force="{from: starts, until: ends}",
        unit="percent",
    )
)
CONTRACTS = """\
id,customer,starts,ends,mrr
1,x,2026-01-15,,100
2,y,2026-01-15,2026-02-10,60
3,z,2026-02-20,,40
"""
TRIALS = "id,began,bought_at\na,2026-01-05,2026-01-20\nb,2026-01-06,\nc,2026-02-20,2026-02-21\n"


def test_inputs_of_every_basis(tmp_path: Path) -> None:
    """At the end of February x and z are held, 140; y had left, so of 160 at its beginning 100 were kept."""
    documents = (
        metric("growth", "began / held", unit="percent"),
        metric("worth", "held * kept", unit="EUR/month"),
        metric("luck", "bought * kept", unit="percent"),
    )
    tables = {"contract": CONTRACTS, "trial": TRIALS}
    results = measured(write_project(tmp_path / "p", HELD + "".join(documents), tables))
    assert sides(number(results, "growth", "2026-02")) == (Fraction(40, 140), 40, 140)
    assert number(results, "worth", "2026-02").value == 140 * Fraction(100, 160)
    assert number(results, "growth", "2026-02").is_final
    # the trial of the 20th of February may still be bought until the 22nd of March
    assert number(results, "luck", "2026-02").value == Fraction(100, 160)
    assert not number(results, "luck", "2026-02").is_final
