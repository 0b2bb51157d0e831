"""What the functions of rules take, and the type, unit and closed list of what they give."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aac.expressions.check import check_rule
from aac.expressions.nodes import (
    BOOLEAN,
    DATE,
    INTEGER,
    NUMBER,
    TIMESTAMP,
    Literal,
    Meaning,
    PeriodEnd,
    Stored,
    Type,
    Values,
)
from aac.expressions.parse import parse
from tests.rules import DAY_US, EUR, FIELDS, HOUR_US, MIDNIGHT_US, Names, call, field, formula, problem, rule

FLOAT = Type("float")
HOURS, DAYS = Type("span", unit="hours", scale=HOUR_US), Type("span", unit="days", scale=DAY_US)


@pytest.mark.parametrize(
    ("text", "type_", "decimals"),
    [
        ("abs(i)", INTEGER, 0),
        ("abs(m)", EUR, 4),
        ("abs(hours_between(s, e))", HOURS, 0),
        ("round(n)", NUMBER, 0),
        ("round(n, 2)", NUMBER, 2),
        ("round(m, 9)", EUR, 4),
        ("round(i, -2)", INTEGER, 0),
        ("round(f, 2)", FLOAT, 0),
        ("round(h, 1)", Type("number", unit="hours"), 1),
        ("round(days_between(d, d))", Type("span", unit="days"), 0),
        ("power(i, 2)", FLOAT, 0),
        ("power(1 + n, 0.5) * m", Type("float", unit="EUR"), 0),
        ("least(i, n)", NUMBER, 6),
        ("greatest(m, 5)", EUR, 4),
        ("least(c, 'blue')", Type("text", values=("red", "green", "blue")), 0),
        ("least(d, '2026-01-01')", DATE, 0),
        ("greatest(s, '2026-01-01')", TIMESTAMP, 0),
        ("least(hours_between(s, e), 2)", HOURS, 0),
        ("length(t)", INTEGER, 0),
        ("date_trunc('week', d)", DATE, 0),
        ("date_trunc('hour', s)", TIMESTAMP, 0),
        ("date_part('isodow', d)", INTEGER, 0),
        ("date_part('minute', s)", INTEGER, 0),
        ("i / 2", NUMBER, 6),
        ("i / i", NUMBER, 6),
        ("score / 2", Type("number", unit="score"), 6),
        ("m / 2", EUR, 4),
        ("m / m", Type("number", unit="ratio"), 6),
        ("m * n / 2", EUR, 4),
        ("2 / m", Type("number", unit="ratio"), 6),
        ("f / 2", FLOAT, 0),
        ("m / f", Type("float", unit="EUR"), 0),
        ("hours_between(s, e) / 2", HOURS, 0),
        ("days_between(d, d) / 2", DAYS, 0),
        ("hours_between(s, e) / hours_between(e, s)", Type("number", unit="ratio"), 6),
        ("hours_between(s, e) / h", Type("number", unit="ratio"), 6),
        ("per_year(mrr)", Type("money", unit="EUR/year"), 4),
        ("n * n", NUMBER, 12),
        ("m * n + 1", EUR, 10),
        ("i * 1.25", NUMBER, 2),
        ("case when b then m else n end", EUR, 6),
        ("c in list.warm", BOOLEAN, 0),
        ("t not in list.words", BOOLEAN, 0),
        ("'red' in list.warm", BOOLEAN, 0),
        ("period.from", DATE, 0),
        ("d >= period.from and s < period.until", BOOLEAN, 0),
        ("days_between(period.from, d)", Type("span", unit="days"), 0),
    ],
)
def test_types_of_functions(text: str, type_: Type, decimals: int) -> None:
    found = rule(text)[1]
    assert (found, found.decimals) == (type_, decimals)


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("quantile_cont(i, 0.9)", NUMBER),
        ("quantile_cont(m, 1)", EUR),
        ("quantile_cont(i, param.half)", NUMBER),
        ("quantile_cont(hours_between(s, e), 0)", HOURS),
        ("arg_max(m, s)", EUR),
        ("arg_min(i, d) filter (where b)", INTEGER),
        ("arg_max(i, t)", INTEGER),
        ("sum(m / 3)", EUR),
        ("sum(power(i, 2)) / count(*)", NUMBER),
        ("per_year(sum(mrr))", Type("money", unit="EUR/year")),
        ("per_year(sum(mrr)) / count(*)", Type("number", unit="EUR/year")),
    ],
)
def test_types_of_aggregates(text: str, type_: Type) -> None:
    assert formula(text)[1] == type_


def test_a_list_with_a_name_stands_for_its_values() -> None:
    assert rule("c not in list.warm")[0] == call("not", call("in", field("c"), Values("list.warm", ("red", "green"))))


def test_the_end_of_the_period_is_like_the_moment_beside_it() -> None:
    assert rule("s >= period.from")[0] == call("ge", field("s"), PeriodEnd("from", is_date=False))
    assert rule("period.from <= d")[0] == call("le", PeriodEnd("from"), field("d"))
    assert rule("period.until > '2026-01-01'")[0] == call("gt", PeriodEnd("until"), Literal(20_454))
    both = call("and", call("ge", field("s"), PeriodEnd("from", is_date=False)), call("le", field("s"), field("e")))
    assert rule("s between period.from and e")[0] == both
    assert rule("s >= '2026-01-01'")[0] == call("ge", field("s"), Literal(MIDNIGHT_US))


def test_a_field_may_be_called_like_a_kind() -> None:
    class Fields(Names):
        def meaning(self, entity: str, name: str) -> Meaning | None:
            return Meaning(Stored(entity, name), replace(FIELDS["me"])) if name == "period" else None

    assert check_rule(parse("period"), "thing", Fields()).node == field("period")


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("abs(t) > 1", "AAC302", 4),
        ("abs(s) > 1", "AAC302", 4),
        ("round(t) > 1", "AAC302", 6),
        ("round(n, i) > 1", "AAC309", 9),
        ("round(n, 2.5) > 1", "AAC309", 9),
        ("round(n, '2') > 1", "AAC309", 9),
        ("round(n, true) > 1", "AAC309", 9),
        ("round(n, 99) > 1", "AAC309", 9),
        ("power(m, 2) > 1", "AAC304", 6),
        ("power(2, m) > 1", "AAC304", 9),
        ("power(t, 2) > 1", "AAC302", 6),
        ("power(hours_between(s, e), 2) > 1", "AAC304", 6),
        ("least(i, 'x') > 1", "AAC302", 9),
        ("least(i, null) > 1", "AAC302", 9),
        ("greatest(m, score) > 1", "AAC304", 12),
        ("least(b, word)", "AAC302", 6),
        ("greatest(d, s) > as_of", "AAC302", 12),
        ("length(i) > 1", "AAC302", 7),
        ("length(d) > 1", "AAC302", 7),
        ("date_trunc('week', t) > 1", "AAC302", 19),
        ("date_trunc('week', '2026-01-01') = d", "AAC302", 19),
        ("date_trunc('weak', s) = s", "AAC309", 11),
        ("date_trunc('hour', d) = d", "AAC309", 11),
        ("date_trunc(t, s) = s", "AAC309", 11),
        ("date_trunc(week, s) = s", "AAC203", 11),
        ("date_trunc('isodow', s) = s", "AAC309", 11),
        ("date_part('hour', d) = 1", "AAC309", 10),
        ("date_part('dow', s) = 1", "AAC309", 10),
        ("date_part('hour', i) = 1", "AAC302", 18),
        ("i / t", "AAC302", 4),
        ("i / null", "AAC302", 4),
        ("s / 2", "AAC302", 0),
        ("m / score", "AAC304", 4),
        ("2 / hours_between(s, e)", "AAC304", 4),
        ("m / hours_between(s, e)", "AAC304", 4),
        ("n * n * n * n > 1", "AAC310", 0),
        ("hours_between(s, e) > f", "AAC302", 22),
        ("hours_between(s, e) * f > 1", "AAC302", 22),
        ("f * hours_between(s, e) > 1", "AAC302", 4),
        ("hours_between(s, e) / f > 1", "AAC302", 22),
        ("hours_between(s, e) + power(i, 2) > 1", "AAC302", 22),
        ("per_year(m) > 1", "AAC304", 9),
        ("per_year(i) > 1", "AAC304", 9),
        ("per_year(t) > 1", "AAC302", 9),
        ("c in list.cold", "AAC305", 5),
        ("b and c not in list.cold", "AAC305", 15),
        ("'grey' in list.warm", "AAC305", 0),
        ("i in list.words", "AAC302", 5),
        ("c in list.wram", "AAC203", 5),
        ("c in ref.t", "AAC313", 5),
        ("c in (list.warm)", "AAC313", 6),
        ("list.warm = 'red'", "AAC313", 0),
        ("list.warm", "AAC313", 0),
        ("period.form > d", "AAC203", 0),
        ("win_rate > 0.5", "AAC307", 0),
        ("b and ref.win_rate > 0.5", "AAC203", 10),
        ("b and sla.reply.attainment > 0.5", "AAC307", 6),
        ("opening(m) > 1", "AAC312", 0),
        ("i in (1, closing(m))", "AAC312", 9),
    ],
)
def test_what_functions_refuse(text: str, code: str, at: int) -> None:
    found = problem(text)
    assert (found.code, found.at) == (code, at)
    assert found.message
    assert found.instead


@pytest.mark.parametrize(
    ("text", "code", "at"),
    [
        ("quantile_cont(t, 0.5)", "AAC302", 14),
        ("quantile_cont(i, 1.5)", "AAC309", 17),
        ("quantile_cont(i, -0.1)", "AAC309", 18),
        ("quantile_cont(i, n)", "AAC309", 17),
        ("quantile_cont(i, true)", "AAC309", 17),
        ("quantile_cont(i)", "AAC302", 0),
        ("arg_max(i, b)", "AAC302", 11),
        ("arg_max(i)", "AAC302", 0),
        ("per_year(sum(m))", "AAC304", 9),
        ("per_year(count(*))", "AAC304", 9),
        ("round(avg(m), 2)", "AAC307", 0),
        ("coalesce(avg(m), 0)", "AAC307", 0),
        ("sum(m) * win_rate", "AAC307", 9),
        ("sum(win_rate)", "AAC307", 4),
        ("sla.reply.attainment / count(*)", "AAC307", 0),
        ("sum(opening(m))", "AAC312", 4),
    ],
)
def test_what_aggregates_refuse(text: str, code: str, at: int) -> None:
    found = problem(text, formula)
    assert (found.code, found.at) == (code, at)
    assert found.message
    assert found.instead


@pytest.mark.parametrize(
    "text",
    [
        "i" + " / 2" * 6,
        "least(" * 15 + "i" + ", 1)" * 15,
        "nullif(" * 16 + "i" + ", 1)" * 16,
        "power(" * 16 + "i" + ", 1)" * 16,
    ],
)
def test_what_an_engine_would_read_too_often_is_too_long(text: str) -> None:
    found = problem(f"{text} > 0")
    assert (found.code, found.message) == ("AAC306", "the rule has more than 20,000 parts, with all that it names")
