"""Formulas over other numbers, and over what keys had at the opening and at the closing of a span."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from aac.expressions.check import Broken
from aac.expressions.nodes import Aggregate, Literal, Measured, Type
from tests.rules import call, derived, field, of_keys, problem

if TYPE_CHECKING:
    from aac.expressions.nodes import Node

OPENING, CLOSING = call("opening", field("mrr")), call("closing", field("mrr"))
GRR = call("divide", Aggregate("sum", (call("least", CLOSING, OPENING),)), Aggregate("sum", (OPENING,)))
WON_BACK = Aggregate("sum", (CLOSING,), call("gt", OPENING, Literal(0)))


@pytest.mark.parametrize(
    ("text", "node", "type_"),
    [
        ("win_rate", Measured("win_rate"), Type("number", unit="percent")),
        ("arr / deals", call("divide", Measured("arr"), Measured("deals")), Type("number", unit="EUR/year")),
        (
            "sla.reply.attainment * deals",
            call("multiply", Measured("sla.reply.attainment"), Measured("deals")),
            Type("number", unit="count"),
        ),
        (
            "win_rate - sla.reply.attainment",
            call("subtract", Measured("win_rate"), Measured("sla.reply.attainment")),
            Type("number", unit="percent"),
        ),
        ("param.much * arr", call("multiply", Literal(50), Measured("arr")), Type("number", unit="EUR/year")),
    ],
)
def test_formulas_over_other_numbers(text: str, node: Node, type_: Type) -> None:
    assert derived(text) == (node, type_)


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("win_rat", "AAC203", 0),
        ("arr / i", "AAC203", 6),
        ("sla.replay.attainment", "AAC203", 0),
        ("win_rate.at", "AAC203", 0),
        ("count(*)", "AAC307", 0),
        ("arr / count(*)", "AAC307", 6),
        ("arr > 5", "AAC307", 0),
        ("5", "AAC307", 0),
        ("param.much", "AAC307", 0),
        ("coalesce(arr, 0)", "AAC307", 0),
        ("arr + deals", "AAC304", 6),
        ("per_year(deals)", "AAC304", 9),
        ("arr * 'x'", "AAC302", 6),
    ],
)
def test_what_is_no_formula_over_other_numbers(text: str, code: str, at: int) -> None:
    found = problem(text, derived)
    assert (found.code, found.at) == (code, at)
    assert found.message
    assert found.instead


def test_a_formula_over_something_broken_says_nothing() -> None:
    with pytest.raises(Broken):
        derived("arr / broken")


@pytest.mark.parametrize(
    ("text", "node", "type_"),
    [
        ("sum(least(closing(mrr), opening(mrr))) / sum(opening(mrr))", GRR, Type("number", unit="ratio")),
        ("sum(closing(mrr)) filter (where opening(mrr) > 0)", WON_BACK, Type("money", unit="EUR/month")),
        ("count(*)", Aggregate("count", ()), Type("integer", unit="count")),
        (
            "per_year(sum(opening(mrr)))",
            call("multiply", Aggregate("sum", (OPENING,)), Literal(12)),
            Type("money", unit="EUR/year"),
        ),
    ],
)
def test_formulas_of_keys(text: str, node: Node, type_: Type) -> None:
    assert of_keys(text) == (node, type_)


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("sum(mrr)", "AAC312", 4),
        ("sum(opening(mrr) - mrr)", "AAC312", 19),
        ("count_if(word)", "AAC312", 9),
        ("sum(ref.m)", "AAC312", 4),
        ("sum(opening(opening(mrr)))", "AAC312", 12),
        ("sum(opening(t))", "AAC302", 12),
        ("sum(closing(mrr)) filter (where b)", "AAC312", 32),
        ("opening(sum(mrr))", "AAC307", 0),
        ("sum(opening(mrr) + opening(score))", "AAC304", 19),
    ],
)
def test_what_is_no_formula_of_keys(text: str, code: str, at: int) -> None:
    found = problem(text, of_keys)
    assert (found.code, found.at) == (code, at)
    assert found.message
    assert found.instead
