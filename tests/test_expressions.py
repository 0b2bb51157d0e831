"""Rules: what their text means, what type and unit that has, and that no text of any sort is more than a finding."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aac.expressions.check import Broken, check_rule
from aac.expressions.nodes import (
    BOOLEAN,
    DATE,
    INTEGER,
    NUMBER,
    TEXT,
    TIMESTAMP,
    Aggregate,
    Case,
    Column,
    Literal,
    Meaning,
    Name,
    Named,
    Reference,
    Stored,
    Type,
    walk,
)
from aac.expressions.parse import LONGEST, Refused, parse
from tests.rules import (
    DAY_US,
    EUR,
    FIELDS,
    HOUR_US,
    MIDNIGHT_US,
    NEW_YEAR,
    Names,
    call,
    field,
    formula,
    problem,
    rule,
)

if TYPE_CHECKING:
    from aac.expressions.nodes import Node

A, B, C = Name(("a",)), Name(("b",)), Name(("c",))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a or b and c", call("or", A, call("and", B, C))),
        ("not a and b", call("and", call("not", A), B)),
        ("not a = b", call("not", call("eq", A, B))),
        ("a and b and c", call("and", A, B, C)),
        ("a and (b and c)", call("and", A, call("and", B, C))),
        ("a - b - c", call("subtract", call("subtract", A, B), C)),
        ("a - (b - c)", call("subtract", A, call("subtract", B, C))),
        ("a + b * c", call("add", A, call("multiply", B, C))),
        ("a not in (b, c)", call("not", call("in", A, B, C))),
        ("a between b and c", call("and", call("ge", A, B), call("le", A, C))),
        ("a not between b and c", call("not", call("and", call("ge", A, B), call("le", A, C)))),
        ("a not like b", call("not", call("like", A, B))),
        ("a is not null", call("is_not_null", A)),
        ("not a is null", call("is_not_null", A)),
        ("a is not true", call("not", call("is_true", A))),
        ("call.show = explain", call("eq", Name(("call", "show")), Name(("explain",)))),
        ("a isnull", call("is_null", A)),
        ("a is unknown", call("is_null", A)),
        ("a != b", call("ne", A, B)),
        ("-1.50", Literal(Decimal("-1.50"))),
        ("-a", call("subtract", Literal(0), A)),
        ("a = -5", call("eq", A, Literal(-5))),
        ("'it''s'", Literal("it's")),
        ('"from"', Name(("from",))),
        ('a."b c".d', Name(("a", "b c", "d"))),
        ("case a when b then c end", Case(((call("eq", A, B), C),), Literal(None))),
        ("case when a then b else c end", Case(((A, B),), C)),
        ("nullif(a, b)", call("nullif", A, B)),
        ("Coalesce(a, b, c)", call("coalesce", A, B, C)),
        ("HOURS_BETWEEN(a, b)", call("hours_between", A, B)),
        ("count(*)", Aggregate("count", ())),
        ("count(distinct a)", Aggregate("count_distinct", (A,))),
        ("count_if(a) filter (where b)", Aggregate("count_if", (A,), B)),
        ("share(a) filter (where b)", Aggregate("share", (A,), B)),
        ("TRUE", Literal(True)),
        ("null", Literal(None)),
    ],
)
def test_what_a_text_means(text: str, node: Node) -> None:
    assert parse(text) == node


def test_places_are_offsets_into_the_text() -> None:
    text = "lower( a ) = 'x'\n  and not b.c is null or (true = null and count_if(d) > 5)"
    parts = [part for part in walk(parse(text)) if isinstance(part, Name | Literal | Aggregate)]
    shown = ["a ", "'x'", "b.c", "true", "null and", "count_if", "d)", "5)"]
    assert [part.at for part in parts] == [text.index(word) for word in shown]
    assert [part.places for part in parts if isinstance(part, Name) and len(part.parts) > 1] == [
        (text.index("b.c"), text.index("c is"))
    ]


@pytest.mark.parametrize(
    ("text", "at", "code"),
    [
        ("", 0, "AAC306"),
        (" \n ", 0, "AAC306"),
        ("a >", 2, "AAC306"),
        ("a = = b", 4, "AAC306"),
        ("and a", 0, "AAC306"),
        ("a or or b", 5, "AAC306"),
        ("a b", 2, "AAC306"),
        ("a, b", 1, "AAC306"),
        ("(a", 0, "AAC306"),
        ("a and (b or (c)", 6, "AAC306"),
        ("a)", 1, "AAC306"),
        ("'x", 0, "AAC306"),
        ("a = 'it''s", 4, "AAC306"),
        ('"a', 0, "AAC306"),
        ("a = \"b and 'c'", 4, "AAC306"),
        ("a and case when b then c", 6, "AAC306"),
        ("case end", 0, "AAC306"),
        ("from > 1", 0, "AAC306"),
        ("a and any", 6, "AAC306"),
        ("else", 0, "AAC306"),
        ("a = “b”", 4, "AAC306"),
        ("a > 5%", 5, "AAC306"),
        ("a > 1,000", 5, "AAC306"),
        ("count(*) filter (where)", 22, "AAC306"),
        ("select a from b", 0, "AAC306"),
        ("show tables", 5, "AAC306"),
        ("a; b", 1, "AAC303"),
        ("a;", 1, "AAC303"),
        ("a -- b", 2, "AAC303"),
        ("a = '--' /* b */", 9, "AAC303"),
        ("a between symmetric b and c", 0, "AAC303"),
        ("b and a in (select c)", 6, "AAC303"),
        ("a in b", 0, "AAC303"),
        ("a in ()", 0, "AAC303"),
        ("a like b escape 'x'", 0, "AAC303"),
        ("a || b", 0, "AAC303"),
        ("a % b", 0, "AAC303"),
        ("a::int", 0, "AAC303"),
        ("a[1]", 1, "AAC303"),
        ("a.*", 0, "AAC303"),
        ("a.foo(b)", 0, "AAC303"),
        ("b and foo(a)", 6, "AAC303"),
        ("ifnull(a, b)", 0, "AAC303"),
        ("lcase(a)", 0, "AAC303"),
        ("mean(a)", 0, "AAC303"),
        ("current_date", 0, "AAC303"),
        ("interval 1 day", 0, "AAC303"),
        ("exists(select 1)", 0, "AAC303"),
        ("avg(a) over ()", 0, "AAC303"),
        ("sum(a order by b)", 4, "AAC303"),
        ("lower(a) filter (where b)", 0, "AAC303"),
        ("a is 5", 0, "AAC303"),
        ("a is distinct from b", 0, "AAC303"),
        ("?", 0, "AAC303"),
        ("{'a': 1}", 0, "AAC303"),
        ("{{ a }}", 0, "AAC303"),
        ("a > 1e5", 4, "AAC303"),
        ("a > 12345678901234567890", 4, "AAC303"),
        ("a > 0.1234567890123456789", 4, "AAC303"),
        ("b or lower()", 5, "AAC302"),
        ("b or lower(a, b)", 5, "AAC302"),
        ("nullif(a)", 0, "AAC302"),
        ("coalesce()", 0, "AAC302"),
        ("count(a, b)", 0, "AAC302"),
        ("count(distinct a, b)", 0, "AAC302"),
        ("b or min(a, b) > 1", 5, "AAC302"),
        ("count_if(a, b)", 0, "AAC302"),
        ("sum(distinct a)", 0, "AAC302"),
        ("sum(*)", 0, "AAC302"),
    ],
)
def test_what_is_no_rule(text: str, at: int, code: str) -> None:
    found = problem(text, parse)
    assert (found.code, found.at) == (code, at)
    assert found.message
    assert found.instead


def test_a_word_that_is_not_ours_says_which_is() -> None:
    assert problem("ifnull(i, 1)").instead == "write `coalesce(a, b)`"
    assert problem("i > 1_000").instead == "write `1000`"
    assert problem("meddian(i)").instead == "did you mean `median`?"
    assert problem("a > now()").instead.startswith("write `as_of`")
    assert problem("d > date '2026-01-01'").instead.startswith("write dates and times as text")


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("i", INTEGER),
        ("i + 1", INTEGER),
        ("i + n", NUMBER),
        ("i * 1.5", NUMBER),
        ("m * 2", EUR),
        ("2 * m - 5", EUR),
        ("m + null", EUR),
        ("f + f", Type("float")),
        ("f * n", Type("float")),
        ("f - 1", Type("float")),
        ("score + 1", Type("integer", unit="score")),
        ("-h", Type("number", unit="hours")),
        ("b = true", BOOLEAN),
        ("t like 'x%'", BOOLEAN),
        ("lower(c)", TEXT),
        ("'x'", Type("text", values=("x",))),
        ("c", FIELDS["c"]),
        ("nullif(c, 'red')", FIELDS["c"]),
        ("coalesce(c, 'blue')", Type("text", values=("red", "green", "blue"))),
        ("coalesce(c, t)", TEXT),
        ("coalesce(null, i)", INTEGER),
        ("coalesce(i, f)", Type("float")),
        ("coalesce(null, null)", Type("null")),
        ("case when b then 'x' when word then 'y' end", Type("text", values=("x", "y"))),
        ("case when b then i else 2.5 end", NUMBER),
        ("case when b then 5 else m end", EUR),
        ("case when b then d else '2026-01-01' end", DATE),
        ("case when b then ref end", Type("text", entity="other")),
        ("hours_between(s, e)", Type("span", unit="hours", scale=HOUR_US)),
        ("days_between(s, e)", Type("span", unit="days", scale=DAY_US)),
        ("days_between(d, d)", Type("span", unit="days", scale=1)),
        ("business_hours_between(s, e, 'desk')", Type("span", unit="business_hours", scale=HOUR_US)),
        ("hours_between(s, e) * 2", Type("span", unit="hours", scale=HOUR_US)),
        ("hours_between(s, e) + h", Type("span", unit="hours", scale=HOUR_US)),
        ("days_between(d, d) + days_between(s, e)", Type("span", unit="days", scale=DAY_US)),
        ("as_of", TIMESTAMP),
        ("word", BOOLEAN),
        ("word.at", TIMESTAMP),
        ("ref.m", EUR),
        ("me.ref", Type("text", entity="other")),
        ("param.half", NUMBER),
        ("param.on", BOOLEAN),
    ],
)
def test_types(text: str, type_: Type) -> None:
    assert rule(text)[1] == type_


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("me.ref.i", Stored("other", "i", (Reference("me", "thing"), Reference("ref", "other")))),
        ("ref.word.at", Named("word.at", Stored("other", "s", (Reference("ref", "other"),)), is_moment=True)),
        ("i > param.much", call("gt", field("i"), Literal(50))),
        # a moment that is written is one in the company's zone
        ("s >= '2026-01-01'", call("ge", field("s"), Literal(MIDNIGHT_US))),
        ("'2026-01-01' <= s", call("le", Literal(MIDNIGHT_US), field("s"))),
        ("s < '2026-01-01T02:00:00.5+02:00'", call("lt", field("s"), Literal(MIDNIGHT_US + HOUR_US + 500_000))),
        ("s > param.since", call("gt", field("s"), Literal(MIDNIGHT_US))),
        ("d = '2026-01-01'", call("eq", field("d"), Literal(NEW_YEAR))),
        ("'2026-01-01' in (d, '2026-01-02')", call("in", Literal(NEW_YEAR), field("d"), Literal(NEW_YEAR + 1))),
        ("coalesce('2026-01-01', d)", call("coalesce", Literal(NEW_YEAR), field("d"))),
        ("case when b then '2026-01-01' else d end", Case(((field("b"), Literal(NEW_YEAR)),), field("d"))),
        ("days_between('2026-01-01', d)", call("days_between", Literal(NEW_YEAR), field("d"))),
        # a number beside a length of time is so many of its unit, wherever it stands
        (
            "hours_between(s, e) > 1.5",
            call("gt", call("hours_between", field("s"), field("e")), Literal(HOUR_US * 3 // 2)),
        ),
        (
            "coalesce(1, hours_between(s, e))",
            call("coalesce", Literal(HOUR_US), call("hours_between", field("s"), field("e"))),
        ),
        (
            "case when b then 5 else hours_between(s, e) end",
            Case(((field("b"), Literal(5 * HOUR_US)),), call("hours_between", field("s"), field("e"))),
        ),
        (
            "1 in (hours_between(s, e), 2)",
            call("in", Literal(HOUR_US), call("hours_between", field("s"), field("e")), Literal(2 * HOUR_US)),
        ),
        (
            "hours_between(s, e) < h",
            call("lt", call("hours_between", field("s"), field("e")), call("multiply", field("h"), Literal(HOUR_US))),
        ),
        # days between dates are whole days, those between times are microseconds
        (
            "coalesce(days_between(d, d), days_between(s, e), 2)",
            call(
                "coalesce",
                call("multiply", call("days_between", field("d"), field("d")), Literal(DAY_US)),
                call("days_between", field("s"), field("e")),
                Literal(2 * DAY_US),
            ),
        ),
        ("days_between(d, d) <= 2", call("le", call("days_between", field("d"), field("d")), Literal(2))),
    ],
)
def test_nodes_without_names(text: str, node: Node) -> None:
    assert rule(text)[0] == node


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("count(*)", Type("integer", unit="count")),
        ("count(distinct ref)", Type("integer", unit="count")),
        ("share(b)", Type("number", unit="percent")),
        ("sum(m)", EUR),
        ("avg(m)", EUR),
        ("avg(i)", NUMBER),
        ("avg(score)", Type("number", unit="score")),
        ("sum(m) / count(*)", Type("number", unit="EUR")),
        ("sum(m) / sum(m)", Type("number", unit="ratio")),
        ("sum(i) / count(*)", Type("number")),
        ("count_if(b) / count(*)", Type("number", unit="ratio")),
        ("count(*) * share(b)", Type("number", unit="count")),
        ("share(b) * count(*)", Type("number", unit="count")),
        ("1 - share(b)", Type("number", unit="percent")),
        ("param.much * count(*)", Type("number", unit="count")),
        ("avg(hours_between(s, e))", Type("span", unit="hours", scale=HOUR_US)),
        ("sum(hours_between(s, e)) / count(*)", Type("span", unit="hours", scale=HOUR_US)),
        ("avg(hours_between(s, e)) - 2", Type("span", unit="hours", scale=HOUR_US)),
        ("sum(hours_between(s, e)) / sum(hours_between(e, s))", Type("number", unit="ratio")),
        ("sum(hours_between(s, e)) / sum(h)", Type("number", unit="ratio")),
        ("sum(h) / sum(hours_between(s, e))", Type("number", unit="ratio")),
        ("sum(h) + sum(hours_between(s, e))", Type("span", unit="hours", scale=HOUR_US)),
        ("max(hours_between(s, e)) - min(hours_between(s, e))", Type("span", unit="hours", scale=HOUR_US)),
    ],
)
def test_types_of_formulas(text: str, type_: Type) -> None:
    assert formula(text)[1] == type_


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("i and b", "AAC302", 0),
        ("b and i", "AAC302", 6),
        ("b or (word and not t)", "AAC302", 19),
        ("case when i then 1 end", "AAC302", 10),
        ("t > 5", "AAC302", 4),
        ("i = '5'", "AAC302", 4),
        ("i in (1, 'x')", "AAC302", 9),
        ("b = 1", "AAC302", 4),
        ("b < false", "AAC302", 4),
        ("d = s", "AAC302", 4),
        ("s > d", "AAC302", 4),
        ("d between '2026-01-01' and s", "AAC302", 27),
        ("d > '2026-02-30'", "AAC302", 4),
        ("d > '2026-W01-1'", "AAC302", 4),
        ("d > '2026-01-01 10:00'", "AAC302", 4),
        ("s > '01.02.2026'", "AAC302", 4),
        ("s > '1066-10-14'", "AAC302", 4),
        ("d > 20260101", "AAC302", 4),
        ("i = null", "AAC302", 4),
        ("null <> t", "AAC302", 0),
        ("t in ('x', null)", "AAC302", 11),
        ("nullif(t, null) = 'x'", "AAC302", 10),
        ("ref = me", "AAC302", 6),
        ("ref in (me)", "AAC302", 8),
        ("coalesce(ref, me) = 'x'", "AAC302", 14),
        ("ref = 5", "AAC302", 6),
        ("ref = number_ref", "AAC302", 6),
        ("number_ref = '5'", "AAC302", 13),
        ("i + t", "AAC302", 4),
        ("b * 2", "AAC302", 0),
        ("s - e", "AAC302", 0),
        ("coalesce(i, 'x') = 1", "AAC302", 12),
        ("lower(i) = 'x'", "AAC302", 6),
        ("t like i", "AAC302", 7),
        ("i is true", "AAC302", 0),
        ("hours_between(d, d) > 1", "AAC302", 0),
        ("hours_between(d, s) > 1", "AAC302", 17),
        ("days_between(s) > 1", "AAC302", 0),
        ("days_between(t, s) > 1", "AAC302", 13),
        ("days_between('2026-01-01', '2026-01-02') > 1", "AAC302", 13),
        ("business_hours_between(s, e) > 1", "AAC302", 0),
        ("business_hours_between(d, d, 'desk') > 1", "AAC302", 0),
        ("business_hours_between(s, e, ref) > 1", "AAC302", 29),
        ("business_hours_between(s, e, i) > 1", "AAC302", 29),
        ("business_hours_between(s, e, 'dekk') > 1", "AAC204", 29),
        ("i > param.huge", "AAC302", 10),
        ("m > score", "AAC304", 4),
        ("m * m", "AAC304", 4),
        ("h + score", "AAC304", 4),
        ("case when b then m when word then h end", "AAC304", 34),
        ("m in (1, h)", "AAC304", 9),
        ("hours_between(s, e) > days_between(s, e)", "AAC304", 22),
        ("business_hours_between(s, e, 'desk') > h", "AAC304", 39),
        ("c = 'blue'", "AAC305", 4),
        ("'blue' = c", "AAC305", 0),
        ("c in ('red', 'blue')", "AAC305", 13),
        ("'blue' in (c, t)", "AAC305", 0),
        ("case c when 'blue' then 1 end", "AAC305", 12),
        ("coalesce(c, 'blue') = 'grey'", "AAC305", 22),
        ("case when b then 'x' end = 'z'", "AAC305", 27),
        ("count(*)", "AAC307", 0),
        ("b and sum(i) > 1", "AAC307", 6),
        ("nothing", "AAC203", 0),
        ("ref.nothing", "AAC203", 4),
        ("i.j", "AAC203", 2),
        ("word.b", "AAC203", 5),
        ("plain.at", "AAC203", 6),
        ("as_of.at", "AAC203", 6),
        ("param.nothing", "AAC203", 6),
        ("param", "AAC203", 0),
        ("b and ref.twofold", "AAC209", 10),
    ],
)
def test_what_does_not_go_together(text: str, code: str, at: int) -> None:
    found = problem(text)
    assert (found.code, found.at) == (code, at)
    assert found.message
    assert found.instead


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("i", "AAC307", 0),
        ("count(*) > 1", "AAC307", 0),
        ("5", "AAC307", 0),
        ("param.much + 1", "AAC307", 0),
        ("case when count(*) > 1 then 1 end", "AAC307", 0),
        ("sum(count(*))", "AAC307", 4),
        ("count(*) filter (where count(*) > 1)", "AAC307", 23),
        ("count(*) filter (where i)", "AAC302", 23),
        ("count_if(i)", "AAC302", 9),
        ("share()", "AAC302", 0),
        ("share(b, b)", "AAC302", 0),
        ("sum(t)", "AAC302", 4),
        ("median(s)", "AAC302", 7),
        ("count(*) + max(s)", "AAC302", 11),
        ("count(*) * true", "AAC302", 11),
        ("sum(m) + count(*)", "AAC304", 9),
        ("sum(m) / sum(score)", "AAC304", 9),
        ("sum(m) * avg(m)", "AAC304", 9),
        ("1 / avg(hours_between(s, e))", "AAC304", 4),
        ("count(*) / avg(hours_between(s, e))", "AAC304", 11),
        ("avg(nothing)", "AAC203", 4),
    ],
)
def test_what_is_no_formula(text: str, code: str, at: int) -> None:
    found = problem(text, formula)
    assert (found.code, found.at) == (code, at)


def test_what_rests_on_something_broken_says_nothing() -> None:
    with pytest.raises(Broken):
        rule("i > 1 and ref.broken")


def test_a_column_of_a_stream_may_have_any_name() -> None:
    class Columns(Names):
        def meaning(self, entity: str, name: str) -> Meaning | None:
            del entity
            return Meaning(Column(name), TEXT)

    node = check_rule(parse('coalesce(as_of, param, "a.b")'), "", Columns()).node
    assert node == call("coalesce", Column("as_of"), Column("param"), Column("a.b"))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "b" + ")" * 500,
        "not " * 500 + "b",
        " + ".join(["i"] * 1000) + " > 0",
        "case when b then " * 200 + "b" + " end" * 200,
        "coalesce(" * 300 + "b" + ", b)" * 300,
        "-" + "(-" * 400 + "i" + ")" * 400 + " > 0",
    ],
)
def test_what_is_too_deep_is_a_finding(text: str) -> None:
    assert problem(text).code == "AAC306"


def test_a_long_rule_is_none_too_deep() -> None:
    text = " or ".join(f"i = {n}" for n in range(1500))
    assert len(text) < LONGEST
    assert rule(text)[1] == BOOLEAN
    assert problem(f"{text} or {text}").message == f"the rule has {2 * len(text) + 4:,} characters"


WORDS = st.sampled_from(
    [
        *FIELDS, "word", "word.at", "as_of", "param.much", "ref.i", "me.ref.s", "nothing", "and", "or", "not", "in",
        "is", "null", "true", "like", "between", "case", "when", "then", "else", "end", "filter", "where", "distinct",
        "over", "select", "from", "(", ")", ",", ".", "*", "+", "-", "/", "=", "<>", "<", ">=", "'", '"', "--", ";",
        "/*", "%",
        "count", "sum", "share", "coalesce", "lower", "hours_between", "business_hours_between", "'desk'",
        "'2026-01-01'", "1", "0.5", "1e9", "''", "“", "\n", "::", "[", "{", "?", "$1", "é", "\U0001f600", "\x00",
    ]
)  # fmt: skip
ANY_TEXT = st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map(" ".join))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY_TEXT)
def test_no_text_is_more_than_a_finding(text: str) -> None:
    for check in (rule, formula):
        try:
            check(text)
        except Broken:
            assert "broken" in text  # that name is told where it stands
        except Refused as refused:
            found = refused.problem
            assert found.message
            assert found.instead
            assert 0 <= found.at <= len(text)
            assert found.code.startswith(("AAC2", "AAC3"))


VALUES = st.sampled_from(["i", "n", "m", "t", "c", "b", "d", "s", "ref", "1", "2.5", "'red'", "'2026-01-01'", "null"])
RULES = st.recursive(
    VALUES,
    lambda part: st.one_of(
        st.builds("{} {} {}".format, part, st.sampled_from(["+", "*", "=", "<>", "<", "and", "or", "like"]), part),
        st.builds("({})".format, part),
        st.builds("not {}".format, part),
        st.builds("{} is null".format, part),
        st.builds("{} in ({}, {})".format, part, part, part),
        st.builds("{} between {} and {}".format, part, part, part),
        st.builds("coalesce({}, {})".format, part, part),
        st.builds("case when {} then {} else {} end".format, part, part, part),
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(RULES)
@example("null is null like null")
def test_what_is_right_says_the_same_wherever_it_stands(text: str) -> None:
    """Blanks and brackets around a rule, and a condition beside it, change nothing about it."""
    try:
        right = rule(text)
    except Refused as refused:
        wrong = refused.problem
    else:
        assert rule(f"  (({text}) )") == right
        return
    moved = problem(f"  ({text})")
    assert moved.code == wrong.code
    assert (moved.message, moved.at) == (wrong.message, wrong.at + 3) or moved.code == "AAC306"
