"""What a checklist lacks (LANGUAGE §7), over all that its parts can be."""

from __future__ import annotations

from itertools import product

import pytest

from aac.expressions.interpret import Record, evaluate
from aac.expressions.nodes import Call, Literal, Named, Node
from aac.planner.checklists import missing_parts

KNOWN = (True, False, None)
NOBODY = Record({})


def part(name: str, rule: Node) -> Named:
    return Named(name, rule, is_part=True)


def missing(rule: Node) -> set[str]:
    return {name for name, is_missing in missing_parts(rule) if evaluate(is_missing, NOBODY) is True}


@pytest.mark.parametrize("values", list(product(KNOWN, repeat=3)), ids=str)
def test_of_all_parts_the_false_ones_are_missing(values: tuple[bool | None, ...]) -> None:
    rule = Call("and", tuple(part(name, Literal(value)) for name, value in zip("abc", values, strict=True)))
    assert missing(rule) == {name for name, value in zip("abc", values, strict=True) if value is False}


@pytest.mark.parametrize("values", list(product(KNOWN, repeat=3)), ids=str)
def test_of_any_parts_all_are_missing_or_none(values: tuple[bool | None, ...]) -> None:
    rule = Call("or", tuple(part(name, Literal(value)) for name, value in zip("abc", values, strict=True)))
    assert missing(rule) == (set("abc") if values == (False, False, False) else set())


@pytest.mark.parametrize(("a", "b", "c"), list(product(KNOWN, repeat=3)), ids=str)
def test_nested(a: bool | None, b: bool | None, c: bool | None) -> None:
    either = Call("or", (part("b", Literal(b)), part("c", Literal(c))))
    rule = Call("and", (part("a", Literal(a)), part("one", either)))
    both = {"one.b", "one.c"} if b is False and c is False else set[str]()
    assert missing(rule) == both | ({"a"} if a is False else set())


def test_a_checklist_of_one_part() -> None:
    assert missing(part("only", Literal(False))) == {"only"}


def test_a_rule_that_is_no_checklist_has_no_parts() -> None:
    assert missing_parts(Call("and", (Literal(True), part("a", Literal(False))))) == ()
    assert missing_parts(None) == ()
