"""How rules are said in English: every function, aggregate and node has words, and they are good ones to read aloud."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest
import yaml

from aac.explaining import titles_of
from aac.expressions.check import AGGREGATES, FUNCTIONS, check_formula, check_rule
from aac.expressions.nodes import (
    TRUE,
    Aggregate,
    Applied,
    AsOf,
    BusinessDaysLater,
    CalendarNumber,
    Call,
    Case,
    Column,
    DaysLater,
    Literal,
    Measured,
    Name,
    Named,
    Node,
    OpenTime,
    Over,
    PeriodEnd,
    Rate,
    Reference,
    Rollup,
    Stored,
    Type,
    Values,
    children,
)
from aac.expressions.parse import parse
from aac.expressions.phrases import lowered, plural, with_article
from aac.expressions.words import Titles, words
from aac.operations import open_project
from aac.project import RuleNames

if TYPE_CHECKING:
    from collections.abc import Iterator

CASE = Path(__file__).parent / "cases" / "words"
GOLDEN: dict[str, dict[str, str]] = yaml.safe_load((CASE / "rules.yml").read_text(encoding="utf-8"))
RULES = [(about, rule, said) for about, rules in GOLDEN.items() for rule, said in rules.items()]

A, B = Stored("deal", "amount"), Stored("deal", "discount")
START, END = Stored("deal", "created_at"), Stored("deal", "close_date")
FAR = Stored("account", "region", (Reference("account", "account"),))
NAMES = {
    "icp.core": "Core accounts",
    "list.regions": "Regions",
    "metric:win_rate": "Win rate",
    "sla:follow_up": "Sales follow-up",
    "calendar:desk": "Front desk",
    "scoring.inbound": "Inbound score",
}
TYPES = {
    ("deal", "amount"): Type("money", unit="EUR"),
    ("deal", "discount"): Type("money", unit="EUR"),
    ("deal", "created_at"): Type("timestamp"),
    ("deal", "close_date"): Type("timestamp"),
    ("deal", "mrr"): Type("money", unit="EUR/month"),
}
TITLES = Titles(NAMES, TYPES)


def call(function: str, *arguments: Node) -> Call:
    return Call(function, arguments)


CALLS: list[tuple[Node, str]] = [
    (call("abs", A), "amount without its sign"),
    (call("round", A, Literal(2)), "amount rounded to 2 decimals"),
    (call("round", A, Literal(1)), "amount rounded to 1 decimal"),
    (call("round", A), "amount rounded to a whole number"),
    (call("round", A, Literal(0)), "amount rounded to a whole number"),
    (call("round", call("add", A, B), Literal(0)), "(amount plus discount) rounded to a whole number"),
    (call("power", A, Literal(2)), "amount to the power of 2"),
    (call("least", A, B), "the least of amount and discount"),
    (call("greatest", A, B, Literal(0)), "the greatest of amount, discount and 0 EUR"),
    (call("length", Stored("deal", "note")), "the number of characters of note"),
    (call("date_trunc", Literal("month"), START), "the beginning of the month of “created at”"),
    (call("date_part", Literal("hour"), START), "the hour of “created at”"),
    (call("date_part", Literal("isodow"), START), "the weekday (1 is Monday) of “created at”"),
    (call("gt", call("date_trunc", Literal("day"), START), END),
     "the beginning of the day of “created at” is after close date"),
    (call("per_year", Stored("deal", "mrr")), "mrr reckoned for a year"),
    (call("gt", call("per_year", Stored("deal", "mrr")), Literal(1200)),
     "mrr reckoned for a year is more than 1,200 EUR a year"),
    (call("in_currency", A, Literal("USD")), "amount in USD"),
    (call("gt", call("in_currency", A, Literal("USD")), Literal(5)), "amount in USD is more than 5 USD"),
    (call("divide", A, B), "amount divided by discount"),
    (call("divide", call("divide", A, B), B), "(amount divided by discount) divided by discount"),
    (call("business_hours_between", START, END, Literal("desk")),
     "the business hours from “created at” to close date by the calendar Front desk"),
    (call("is_not_false", Stored("deal", "won")), "it is marked as won, or that is not known"),
    (call("is_open", CalendarNumber(Literal("desk")), START),
     "“created at” is in the hours of the calendar Front desk"),
    (call("median_of_mine", A, B), "median of mine of amount and discount"),
    (Aggregate("quantile_cont", (A, Literal(Decimal("0.9")))), "the 90th percentile of amount"),
    (Aggregate("quantile_cont", (A, Literal(Decimal("0.5")))), "the median of amount"),
    (Aggregate("quantile_cont", (A, Literal(Decimal("0.925")))), "the 92.5th percentile of amount"),
    (Aggregate("quantile_cont", (A, Literal(Decimal("0.11")))), "the 11th percentile of amount"),
    (Aggregate("quantile_cont", (A, Literal(Decimal("0.01")))), "the 1st percentile of amount"),
    (Aggregate("arg_max", (A, START)), "amount of the record with the last “created at”"),
    (Aggregate("arg_min", (A, START)), "amount of the record with the first “created at”"),
    (Aggregate("arg_max", (A, B)), "amount of the record with the greatest discount"),
    (Aggregate("arg_min", (A, B), call("gt", A, B)),
     "amount of the record with the least discount where amount is more than discount"),
    (Aggregate("spread", (A,)), "spread of amount"),
    (Aggregate("sum", (call("opening", A),)), "the sum of amount at the beginning"),
    (call("gt", call("opening", Literal(1)), Literal(0)), "the number of records at the beginning is more than 0"),
    (call("is_not_null", Stored("deal", "to_user")), "“to user” is known"),
    (call("eq", Stored("deal", "region", (Reference("closed_by", "user"),)), Literal("EU")),
     "the region of its “closed by” is EU"),
    (Aggregate("sum", (call("least", call("closing", A), call("opening", A)),)),
     "the sum of the least of amount at the end and amount at the beginning"),
]  # fmt: skip
"""Functions whose words depend on nothing that is checked."""

NODES: list[tuple[Node, str]] = [
    (TRUE, "it always holds"),
    (Literal(False), "it never holds"),
    (Literal(None), "not known"),
    (Literal(Decimal("1500.50")), "1,500.5"),
    (Literal("two words"), "two words"),
    (Literal("50"), "“50”"),
    (Literal("not known"), "“not known”"),
    (Name(("owner", "region")), "owner.region"),
    (call("add", A, B), "amount plus discount"),
    (Case(((call("gt", A, B), Literal("up")),), Literal("down")), "up if amount is more than discount, otherwise down"),
    (Aggregate("count", ()), "the number of records"),
    (Rate("USD", "EUR", Literal(20_454)), "the rate of USD in EUR"),
    (FAR, "the region of its account"),
    (Rollup("deal", Reference("account", "account"), Aggregate("sum", (A,))), "the sum of amount of its deals"),
    (Named("icp.core", TRUE), "it fits the ICP Core accounts"),
    (call("not", Named("icp.core", TRUE)), "it does not fit the ICP Core accounts"),
    (Aggregate("share", (Named("icp.core", TRUE),)), "the share of records that fit the ICP Core accounts"),
    (Named("icp.core.score", A), "score in the ICP Core accounts"),
    (Named("icp.core.tier", A, FAR.path), "the tier in the ICP Core accounts of its account"),
    (Named("scoring.inbound.band", A), "band in the scoring Inbound score"),
    (Applied("per_head", (A, B), call("divide", A, B)), "per head of amount and discount"),
    (Applied("is_rich", (A,), call("gt", A, B)), "it is rich of amount"),
    (Applied("near", (A, B), call("eq", A, B), "{0} is near {1}"), "amount is near discount"),
    (Applied("near", (A, B), call("eq", A, B)), "near of amount and discount is true"),
    (call("not", Applied("near", (A,), call("eq", A, B), "{0} is near")), "it is not true that amount is near"),
    (call("in", FAR, Values("list.regions", ("DACH",))), "the region of its account is in the list Regions"),
    (call("not", call("in", A, Values("list.regions", ("DACH",)))), "amount is not in the list Regions"),
    (Values("list.regions", ()), "the list Regions"),
    (Measured("metric:win_rate"), "Win rate"),
    (Measured("sla:follow_up"), "the attainment of Sales follow-up"),
    (call("divide", Measured("metric:win_rate"), Measured("metric:new_customers")),
     "Win rate divided by new customers"),
    (AsOf(), "the moment of the data"),
    (PeriodEnd("from"), "the first day of the period"),
    (PeriodEnd("until"), "the first day after the period"),
    (call("lt", END, PeriodEnd("until")), "close date is before the first day after the period"),
    (Column("Created Date"), "the column “Created Date”"),
    (Over("next", START, (A,), (START,)), "“created at” of the next record"),
    (Over("greatest_before", START, (A,), (START,)), "the latest “created at” of all records before"),
    (CalendarNumber(Literal("desk")), "the calendar Front desk"),
    (CalendarNumber(FAR), "the calendar that is the region of its account"),
    (OpenTime(CalendarNumber(Literal("desk")), START), "the open time until “created at” by the calendar Front desk"),
    (DaysLater(CalendarNumber(Literal("desk")), START, 1, 3), "3 months and 1 day after “created at”"),
    (BusinessDaysLater(CalendarNumber(Literal("desk")), START, 5),
     "5 business days after “created at” by the calendar Front desk"),
    (
        call("and", Named("a", call("gt", A, B), is_part=True), Named("sum", call("is_not_null", A), is_part=True)),
        "all of: a (amount is more than discount), sum (amount is known)",
    ),
    (
        call("or", Named("a", call("lt", A, B), is_part=True), Named("b", call("is_null", A), is_part=True)),
        "any of: a (amount is less than discount), b (amount is not known)",
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def names() -> RuleNames:
    opened = open_project(CASE)
    assert not [finding for finding in opened.findings if finding.level == "error"]
    return RuleNames(opened.project)


@pytest.fixture(scope="module")
def titles() -> Titles:
    return titles_of(open_project(CASE).project)


@pytest.mark.parametrize(("about", "rule", "said"), RULES, ids=lambda part: part if len(part) < 40 else None)
def test_golden(names: RuleNames, titles: Titles, about: str, rule: str, said: str) -> None:
    is_formula = about.startswith("formulas of ")
    entity = about.removeprefix("formulas of ")
    typed = check_formula(parse(rule), entity, names) if is_formula else check_rule(parse(rule), entity, names)
    assert words(typed.node, titles) == said


def test_there_are_many() -> None:
    assert len(RULES) >= 150


@pytest.mark.parametrize(("node", "said"), [*CALLS, *NODES])
def test_said(node: Node, said: str) -> None:
    assert words(node, TITLES) == said


def test_every_function_and_aggregate_is_said() -> None:
    roots = [*(parse(rule) for _, rule, _ in RULES), *(node for node, _ in [*CALLS, *NODES])]
    said = {node.function for root in roots for node in everything(root) if isinstance(node, Call | Aggregate)}
    assert {*FUNCTIONS, *AGGREGATES} - said == set()


def test_every_node_is_said() -> None:
    assert {type(node) for node, _ in NODES} >= {*get_args(Node)}


def everything(node: Node) -> Iterator[Node]:
    yield node
    for part in children(node):
        yield from everything(part)


@pytest.mark.parametrize(
    ("title", "several"),
    [
        ("Activity", "activities"),
        ("Survey", "surveys"),
        ("Stage change", "stage changes"),
        ("SDR call", "SDR calls"),
        ("Loss", "losses"),
        ("Match", "matches"),
        ("Deals", "deals"),
    ],
)
def test_plurals(title: str, several: str) -> None:
    assert plural(lowered(title)) == several


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Closed Deal", "a Closed Deal"),
        ("Opportunity", "an Opportunity"),
        ("MQL", "an MQL"),
        ("PQL", "a PQL"),
        ("ICP account", "an ICP account"),
        ("Target accounts", "one of the Target accounts"),
        ("Loss", "a Loss"),
        ("user", "a user"),
        ("EUR deal", "an EUR deal"),
    ],
)
def test_articles(title: str, said: str) -> None:
    assert with_article(title) == said
