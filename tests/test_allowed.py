"""What SQL has and rules have not: each is refused by name, at its place, with what to write instead.

The list is of what is allowed (node types, their parts, names of functions), so these are samples of all the rest.
"""

from __future__ import annotations

from typing import cast

import pytest
import sqlglot
from sqlglot.errors import ParseError

from aac.expressions import spelling
from aac.expressions.parse import parse
from tests.rules import problem

REFUSED = [
    ("a; b", 1, "AAC303", "leave it out"),
    ("select 1", 0, "AAC306", "write the condition alone, as in `score > 50`"),
    ("exists(select 1)", 0, "AAC303", "name a definition, or bring other records up wit"),
    ("exists (select 1 from leads)", 0, "AAC303", "name a definition, or bring other records up wit"),
    ("a in (select id from leads)", 0, "AAC303", "`in` takes a list of values, as in `source in ('"),
    ("a = (select max(b) from leads)", 5, "AAC303", "name a definition, or bring other records up wit"),
    ("(select 1)", 1, "AAC303", "name a definition, or bring other records up wit"),
    ("a > all (select b from leads)", 4, "AAC303", "use comparisons"),
    ("a = any(b)", 4, "AAC303", "use comparisons"),
    ("columns(*)", 0, "AAC303", "did you mean `count`?"),
    ("*", 0, "AAC303", "use comparisons"),
    ("leads.*", 0, "AAC303", "write `field` or `reference.field`"),
    ("count(* exclude (a))", 6, "AAC303", "use comparisons"),
    ("count(* replace (1 as a))", 6, "AAC303", "use comparisons"),
    ("count(leads.*)", 6, "AAC303", "write `field` or `reference.field`"),
    ("now() > a", 0, "AAC303", "write `as_of`, the moment that every number is d"),
    ("current_date", 0, "AAC303", "write `as_of`, the moment that every number is d"),
    ("current_timestamp > a", 0, "AAC303", "write `as_of`, the moment that every number is d"),
    ("current_user = 'x'", 0, "AAC303", "use comparisons"),
    ("today() > a", 0, "AAC303", "write `as_of`, the moment that every number is d"),
    ("getdate()", 0, "AAC303", "write `as_of`, the moment that every number is d"),
    ("@x", 0, "AAC303", "use comparisons"),
    ("@x > 1", 0, "AAC303", "use comparisons"),
    ("$1 = a", 0, "AAC303", "write a field or `param.name`"),
    ("? = a", 0, "AAC303", "use comparisons"),
    (":name = a", 8, "AAC303", "use comparisons"),
    ("row_number() over (order by a)", 0, "AAC303", "count over all records of the population; a valu"),
    ("sum(a) over ()", 0, "AAC303", "count over all records of the population; a valu"),
    ("rank() over (partition by b)", 0, "AAC303", "count over all records of the population; a valu"),
    ("lag(a) over (order by b) > 1", 0, "AAC303", "count over all records of the population; a valu"),
    ("first_value(a) over w", 0, "AAC303", "count over all records of the population; a valu"),
    ("a::integer", 0, "AAC303", "write dates and times as text, as in `'2026-02-2"),
    ("cast(a as integer) > 1", 0, "AAC303", "write dates and times as text, as in `'2026-02-2"),
    ("try_cast(a as date) = b", 0, "AAC303", "a field has the type that its entity says"),
    ("date '2026-01-01' < a", 5, "AAC303", "write dates and times as text, as in `'2026-02-2"),
    ("timestamp '2026-01-01' < a", 10, "AAC303", "write dates and times as text, as in `'2026-02-2"),
    ("interval 3 days", 0, "AAC303", "compare with `days_between` or `hours_between`, "),
    ("a + interval '1 day' > b", 0, "AAC303", "compare with `days_between` or `hours_between`, "),
    ("a - interval 1 hour > b", 0, "AAC303", "compare with `days_between` or `hours_between`, "),
    ("list_transform(a, x -> x + 1)", 0, "AAC303", "one of"),
    ("(x -> x)(a)", 8, "AAC306", "join conditions with `and` or `or`; a text stand"),
    ("[1, 2]", 0, "AAC303", "write a list in round brackets, as in `source in"),
    ("a[1] = 2", 1, "AAC303", "write a list in round brackets, as in `source in"),
    ("a[1:2]", 1, "AAC303", "write a list in round brackets, as in `source in"),
    ("{'k': 1}", 0, "AAC303", "write names and values without braces"),
    ("a.k.f(b)", 0, "AAC303", "write `field` or `reference.field`"),
    ("struct_extract(a, 'k')", 0, "AAC303", "one of"),
    ("map {'a': 1}", 4, "AAC303", "write names and values without braces"),
    ("array[1, 2]", 5, "AAC303", "write a list in round brackets, as in `source in"),
    ("row(1, 2)", 0, "AAC303", "one of"),
    ("(a, b) = (1, 2)", 1, "AAC303", "use comparisons"),
    ("a || b", 0, "AAC303", "between conditions write `or`; texts are not joined"),
    ("a % 2 = 0", 0, "AAC303", "write a share as a number, as in `0.05` for 5 %"),
    ("mod(a, 2)", 0, "AAC303", "write a share as a number, as in `0.05` for 5 %"),
    ("a // 2", 3, "AAC306", "write what belongs there, or leave it out"),
    ("a ^ 2", 0, "AAC303", "write `power(number, 2)`"),
    ("a ** 2", 5, "AAC306", "join conditions with `and` or `or`; a text stand"),
    ("a & 1", 0, "AAC303", "use comparisons"),
    ("a | 1", 0, "AAC303", "use comparisons"),
    ("~a", 1, "AAC303", "use comparisons"),
    ("a << 1", 0, "AAC303", "use comparisons"),
    ("a -> 'k'", 0, "AAC303", "use comparisons"),
    ("a ->> 'k'", 0, "AAC303", "use comparisons"),
    ("a similar to 'x'", 0, "AAC303", "use comparisons"),
    ("a ~ 'x'", 2, "AAC306", "join conditions with `and` or `or`; a text stand"),
    ("regexp_matches(a, 'x')", 0, "AAC303", "write `field like '%text%'`"),
    ("a glob 'x*'", 0, "AAC303", "use comparisons"),
    ("a glob 'x\ny'", 0, "AAC303", "use comparisons"),
    ("a like 'x' escape '!'", 0, "AAC303", "use comparisons"),
    ("a collate nocase = 'x'", 0, "AAC303", "use comparisons"),
    ("a at time zone 'UTC'", 0, "AAC303", "use comparisons"),
    ("a is distinct from b", 0, "AAC303", "use comparisons"),
    ("a is not distinct from b", 0, "AAC303", "use comparisons"),
    ("a <=> b", 0, "AAC303", "use comparisons"),
    ("a between symmetric 1 and 2", 0, "AAC303", "use comparisons"),
    ("read_csv('/etc/passwd')", 0, "AAC303", "one of"),
    ("getenv('HOME')", 0, "AAC303", "one of"),
    ("random() > 0.5", 0, "AAC303", "one of"),
    ("nextval('s')", 0, "AAC303", "one of"),
    ("if(a, b, c)", 0, "AAC303", "write `case when … then … else … end`"),
    ("iff(a, b, c)", 0, "AAC303", "write `case when … then … else … end`"),
    ("isnull(a, b)", 0, "AAC303", "write `coalesce(a, b)`"),
    ("ifnull(a, b)", 0, "AAC303", "write `coalesce(a, b)`"),
    ("nvl(a, b)", 0, "AAC303", "write `coalesce(a, b)`"),
    ("decode(a, 1, 2)", 0, "AAC303", "write `case when … then … else … end`"),
    ("extract(hour from a)", 0, "AAC303", "write `date_part('hour', moment)`"),
    ("string_agg(a, ',')", 0, "AAC303", "one of"),
    ("listagg(a)", 0, "AAC303", "one of"),
    ("array_agg(a)", 0, "AAC303", "one of"),
    ("group_concat(a)", 0, "AAC303", "one of"),
    ("sum(distinct a)", 0, "AAC302", "write `sum(field)`"),
    ("sum(a order by b)", 4, "AAC303", "use comparisons"),
    ("count(distinct a, b)", 0, "AAC302", "write `count(field)`"),
    ("percentile_cont(0.5) within group (order by a)", 0, "AAC303", "use comparisons"),
    ("sum(a) filter (where b) over ()", 0, "AAC303", "count over all records of the population; a valu"),
    ("lower(a) filter (where b)", 0, "AAC303", "write `count(*) filter (where …)`"),
    ("unnest(a)", 0, "AAC303", "one of"),
    ("a is 5", 0, "AAC303", "write `=`, or `is null`, `is true`, `is false`"),
    ("a is json", 0, "AAC303", "use comparisons"),
    ("a = all(b)", 4, "AAC303", "one of"),
    ("not exists(select 1)", 4, "AAC303", "name a definition, or bring other records up wit"),
    ("case when (select 1) then 1 end", 11, "AAC303", "name a definition, or bring other records up wit"),
    ("a from leads", 2, "AAC306", "if `from` is a field, write it in double quotes:"),
    ("a where b", 2, "AAC306", "if `where` is a field, write it in double quotes"),
    ("a join b", 2, "AAC306", "if `join` is a field, write it in double quotes:"),
    ("a union select 1", 2, "AAC306", "if `union` is a field, write it in double quotes"),
    ("a order by b", 2, "AAC306", "join conditions with `and` or `or`; a text stand"),
    ("a limit 1", 2, "AAC306", "if `limit` is a field, write it in double quotes"),
    ("with x as (select 1) select 1", 0, "AAC306", "write the condition alone, as in `score > 50`"),
    ("insert into a values (1)", 0, "AAC306", "write the condition alone, as in `score > 50`"),
    ("drop table a", 0, "AAC306", "write the condition alone, as in `score > 50`"),
    ("/* x */ a", 0, "AAC303", "leave it out: a document has `why` for remarks"),
    ("a -- x", 2, "AAC303", "leave it out: a document has `why` for remarks"),
    ("e'a' = b", 1, "AAC306", "join conditions with `and` or `or`; a text stand"),
    ("1e5 > a", 0, "AAC303", "write plain digits, as in `1500.5`"),
    ("1_000 > a", 1, "AAC306", "write `1000`"),
    ("a and b qualify true", 8, "AAC306", "if `qualify` is a field, write it in double quot"),
    ("schema.lower(a)", 0, "AAC303", "write `field` or `reference.field`"),
    ("lower(name := a)", 6, "AAC303", "use comparisons"),
    ("lower(*)", 0, "AAC302", "write `lower(field)`"),
    ("substring(a, 1, 2)", 0, "AAC303", "one of"),
    ("trim(a)", 0, "AAC303", "one of"),
    ("floor(a)", 0, "AAC303", "write `round(number)`"),
    ("ceil(a)", 0, "AAC303", "write `round(number)`"),
    ("log(a)", 0, "AAC303", "did you mean `closing`?"),
    ("sqrt(a)", 0, "AAC303", "write `power(number, 0.5)`"),
    ("a := 1", 2, "AAC306", "join conditions with `and` or `or`; a text stand"),
    ("year(a)", 0, "AAC303", "write `date_part('hour', moment)`"),
]


@pytest.mark.parametrize(("text", "at", "code", "instead"), REFUSED, ids=[text for text, *_ in REFUSED])
def test_what_is_not_allowed(text: str, at: int, code: str, instead: str) -> None:
    found = problem(text, parse)
    assert (found.code, found.at) == (code, at)
    assert found.message
    assert "\n" not in found.message
    assert found.instead.startswith(instead)


def test_all_of_it_is_sql() -> None:
    assert len(REFUSED) >= 60
    assert [text for text, *_ in REFUSED if not is_sql(text)] == []


def is_sql(text: str) -> bool:
    """Whether a text is a statement of DuckDB, or a part of one, for the library that reads rules."""
    for statement in (text, f"SELECT {text}"):
        try:
            sqlglot.parse(statement, read="duckdb")
        except ParseError:
            continue
        return True
    return False


def test_no_other_function_is_allowed() -> None:
    known = cast("dict[str, object]", vars(sqlglot.Parser)["FUNCTIONS"])
    others = {name.lower() for name in known} - spelling.ALL.keys()
    assert len(others) > 400
    for name in sorted(others):
        assert problem(f"{name}(a, b)", parse).code in {"AAC303", "AAC306"}, name


def test_every_function_is_written_as_its_signature_says() -> None:
    for function, found in spelling.ALL.items():
        assert parse(found.written)
        assert found.written.startswith(f"{function}(")
        assert problem(f"{function}({', '.join('a' * (found.most + 1))})", parse).code == "AAC302"
        assert found.least == 0 or problem(f"{function}()", parse).code == "AAC302"
    assert {*spelling.OTHER_WORDS.values()} <= spelling.ALL.keys()
    assert not spelling.OTHER_WORDS.keys() & spelling.ALL.keys()


@pytest.mark.parametrize(
    ("text", "at", "field"),
    [
        ("case = 5", 0, "case"),
        ("b and case = 'x'", 6, "case"),
        ("case is null", 0, "case"),
        ("from > 3", 0, "from"),
        ("lower(from) = 'x'", 6, "from"),
        ("count(case)", 6, "case"),
        ("when > 3", 0, "when"),
        ("not when", 4, "when"),
        ("a > then", 4, "then"),
        ("else", 0, "else"),
        ("select > 3", 0, "select"),
        ("union = 'x'", 0, "union"),
        ("between > 3", 0, "between"),
        ("a = having", 4, "having"),
        ("coalesce(join, 1)", 9, "join"),
    ],
)
def test_a_field_named_like_a_word_of_sql_stands_in_double_quotes(text: str, at: int, field: str) -> None:
    found = problem(text, parse)
    assert (found.code, found.at) == ("AAC306", at)
    assert found.instead == f'if `{field}` is a field, write it in double quotes: "{field}"'
    assert parse(text[:at] + f'"{field}"' + text[at + len(field) :])
