"""Random rules: what the check accepts runs on the engine, with the type it said, and comes to what logic says.

The oracle is written out below, in plain Python over `None`; it shares nothing with what it judges.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aac.expressions.check import check_rule
from aac.expressions.mistakes import Refused
from aac.expressions.nodes import BOOLEAN, INTEGER, TEXT, Meaning, Stored
from aac.expressions.parse import parse
from tests.rules import FIELDS, NEW_YEAR, Names, rule
from tests.typed_tables import AS_OF_US, TypedTables, is_said

if TYPE_CHECKING:
    from collections.abc import Callable

SLOWLY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
RECORD = {"id": TEXT, **FIELDS}
HOUR = 3_600_000_000
KNOWN = {
    "text": "red",
    "integer": 3,
    "number": Decimal("2.5"),
    "money": Decimal("-10.1234"),
    "float": 0.25,
    "boolean": True,
    "date": NEW_YEAR,
    "timestamp": AS_OF_US - HOUR,
}
ZERO = {"text": "", "integer": 0, "number": Decimal(0), "money": Decimal(0), "float": 0.0, "boolean": False}


@pytest.fixture(scope="module")
def tables() -> TypedTables:
    """One record with all values, one with empty and zero ones, one that knows nothing but its key."""
    world = TypedTables({"thing": RECORD, "other": RECORD}, "id", ["desk"])
    for entity in ("thing", "other"):
        for number, values in enumerate((KNOWN, ZERO, {})):
            world.add(entity, [str(number), *(values.get(type_.name) for type_ in FIELDS.values())])
    return world


def some(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


def written(form: str, *parts: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return st.builds(form.format, *parts)


def choices(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """One of several values of a sort."""
    return st.one_of(
        written("coalesce({}, {})", part, part),
        written("nullif({}, {})", part, part),
        written("{}({}, {})", some("least", "greatest"), part, part),
        written("case when {} then {} else {} end", TRUTHS, part, part),
    )


def amounts(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        written("({} {} {})", part, some("+", "-", "*", "/"), part),
        written("{}({})", some("abs", "round", "per_year", "-"), part),
        written("round({}, {})", part, st.integers(-9, 9)),
        written("power({}, {})", part, part),
        choices(part),
    )


def moments(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    parts = some("year", "quarter", "month", "week", "day", "hour", "minute")
    return st.one_of(written("date_trunc('{}', {})", parts, part), choices(part))


def conditions(part: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        written("({} {} {})", part, some("and", "or", "=", "<>"), part),
        written("(not {})", part),
        written("({} is {})", part, some("null", "not null", "true", "not false")),
        written("case when {} then {} end", part, part),
        *(
            st.one_of(
                written("({} {} {})", value, some("=", "<>", "<", ">="), value),
                written("({} not in ({}, {}))", value, value, value),
                written("({} between {} and {})", value, value, value),
            )
            for value in (AMOUNTS, MOMENTS, TEXTS)
        ),
        written("({} {} {})", TEXTS, some("like", "not ilike"), TEXTS),
    )


TRUTHS = some("b", "word", "true", "ref.word", "plain is null", "c in list.warm", "i in (1, 2)", "null")
TEXTS = st.recursive(
    some("t", "c", "'red'", "'green'", "''", "ref.t", '"Odd name"', "null"),
    lambda part: st.one_of(written("{}({})", some("lower", "upper"), part), choices(part)),
    max_leaves=3,
)
MOMENTS = st.recursive(some("s", "e", "d", "as_of", "'2026-01-01'", "word.at", "ref.d", "null"), moments, max_leaves=3)
AMOUNTS = st.recursive(
    st.one_of(
        some("i", "n", "m", "f", "score", "h", "mrr", "0", "2.5", "-3", "param.half", "ref.i", "null"),
        written("{}_between({}, {})", some("hours", "days"), MOMENTS, MOMENTS),
        written("business_hours_between({}, {}, 'desk')", MOMENTS, MOMENTS),
        written("date_part('{}', {})", some("month", "week", "isodow", "hour", "minute"), MOMENTS),
        written("length({})", TEXTS),
    ),
    amounts,
    max_leaves=5,
)
RULES = st.one_of(AMOUNTS, MOMENTS, TEXTS, st.recursive(TRUTHS, conditions, max_leaves=4))


@SLOWLY
@given(text=RULES)
def test_what_is_accepted_runs_with_its_type(tables: TypedTables, text: str) -> None:
    try:
        node, type_ = rule(text)
    except Refused:
        return
    assert is_said(tables.type("thing", node), type_), text
    assert len(tables.rows("thing", node, order="id")) == 3


# Three-valued logic


Values = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """A rule, and what it comes to for the values of a record, by the oracle."""

    text: str
    of: Callable[[Values], Any]


def named(name: str) -> Said:
    return Said(name, lambda values: values[name])


def constant(text: str, value: object) -> Said:
    return Said(text, lambda _: value)


def made(form: str, function: Callable[..., Any], *parts: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    """A rule with others in its braces, and what their values come to together."""

    def said(*chosen: Said) -> Said:
        return Said(form.format(*(part.text for part in chosen)), lambda v: function(*(part.of(v) for part in chosen)))

    return st.builds(said, *parts)


def strict(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: None if a is None or b is None else function(a, b)


def both(a: bool | None, b: bool | None) -> bool | None:
    return False if a is False or b is False else None if a is None or b is None else True


def either(a: bool | None, b: bool | None) -> bool | None:
    return True if a is True or b is True else None if a is None or b is None else False


def opposite(a: bool | None) -> bool | None:
    return None if a is None else not a


def among(subject: Any, *others: Any) -> bool | None:
    found: bool | None = False
    for other in others:
        found = either(found, None if subject is None or other is None else subject == other)
    return found


def not_among(subject: Any, *others: Any) -> bool | None:
    return opposite(among(subject, *others))


def outside(a: Any, low: Any, high: Any) -> bool | None:
    return opposite(both(strict(operator.ge)(a, low), strict(operator.le)(a, high)))


def first_known(a: Any, b: Any) -> Any:
    return b if a is None else a


def unless_equal(a: Any, b: Any) -> Any:
    return None if among(a, b) is True else a


def chosen(when: bool | None, then: Any, otherwise: Any) -> Any:
    return then if when is True else otherwise


def decided(when: bool | None, then: Any, otherwise: Any) -> Any:
    return then if when is True else otherwise if when is False else None


def is_unknown(value: object) -> bool:
    return value is None


def is_not_true(value: object) -> bool:
    return value is not True


def is_false(value: object) -> bool:
    return value is False


def size(value: int | None) -> int | None:
    return None if value is None else abs(value)


def whole(value: int) -> Said:
    return constant(str(value), value)


WHOLE = st.one_of(st.sampled_from([named("x"), named("y"), named("z")]), st.integers(-2, 2).map(whole))
CONDITIONS = st.one_of(
    st.sampled_from([named("p"), named("q"), constant("true", True), constant("false", False)]),
    made("({} = {})", strict(operator.eq), WHOLE, WHOLE),
    made("({} <> {})", strict(operator.ne), WHOLE, WHOLE),
    made("({} < {})", strict(operator.lt), WHOLE, WHOLE),
    made("({} >= {})", strict(operator.ge), WHOLE, WHOLE),
    made("({} in ({}, {}))", among, WHOLE, WHOLE, WHOLE),
    made("({} not in ({}, {}))", not_among, WHOLE, WHOLE, WHOLE),
    made("({} not between {} and {})", outside, WHOLE, WHOLE, WHOLE),
    made("({} is null)", is_unknown, WHOLE),
)


def longer(part: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    return st.one_of(
        made("({} and {})", both, part, part),
        made("({} or {})", either, part, part),
        made("(not {})", opposite, part),
        made("({} is not true)", is_not_true, part),
        made("({} is false)", is_false, part),
        made("({} = {})", strict(operator.eq), part, part),
        made("coalesce({}, {})", first_known, part, part),
        made("case when {} then {} else {} end", chosen, part, part, part),
    )


def valued(part: st.SearchStrategy[Said]) -> st.SearchStrategy[Said]:
    """Whole numbers made of others and of conditions."""
    return st.one_of(
        made("least({}, {})", strict(min), part, part),
        made("greatest({}, {})", strict(max), part, part),
        made("nullif({}, {})", unless_equal, part, part),
        made("coalesce({}, {})", first_known, part, part),
        made("case when {0} then {1} when not {0} then {2} end", decided, CONDITIONS, part, part),
        made("abs({})", size, part),
    )


LOGIC = {"id": INTEGER, "x": INTEGER, "y": INTEGER, "z": INTEGER, "p": BOOLEAN, "q": BOOLEAN}
RECORDS = [
    {"id": number, "x": x, "y": y, "z": 1, "p": p, "q": q}
    for number, (x, y, p, q) in enumerate(
        product((None, -1, 0, 2), (None, 0, 2), (None, True, False), (None, True, False))
    )
]


class LogicNames(Names):
    """Three whole numbers and two conditions."""

    def meaning(self, entity: str, name: str) -> Meaning | None:
        return Meaning(Stored(entity, name), LOGIC[name]) if name in LOGIC else None


@pytest.fixture(scope="module")
def logic() -> TypedTables:
    """A record for every way in which the values can be known or not."""
    world = TypedTables({"record": LOGIC}, "id")
    for record in RECORDS:
        world.add("record", list(record.values()))
    return world


@SLOWLY
@given(said=st.one_of(st.recursive(CONDITIONS, longer, max_leaves=6), st.recursive(WHOLE, valued, max_leaves=6)))
def test_every_rule_comes_to_what_logic_says(logic: TypedTables, said: Said) -> None:
    node = check_rule(parse(said.text), "record", LogicNames()).node
    found = [value for (value,) in logic.rows("record", node, order="id")]
    assert found == [said.of(record) for record in RECORDS], said.text
