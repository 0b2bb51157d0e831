"""Rules in plain Python against the real engine: the golden cases of every function, and any rules over any records."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from shutil import copytree
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

from aac.engines.base import Entity, Select
from aac.expressions import interpret
from aac.expressions.check import FUNCTIONS, check_rule
from aac.expressions.interpret import Record, evaluate
from aac.expressions.nodes import AsOf, Call, Literal, Named, Rate, Rollup, Stored, children
from aac.expressions.parse import Refused, parse
from tests.running import AS_OF_US, Running, run_project
from tests.small import write_project

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aac.calendars import Calendar
    from aac.expressions.interpret import Known
    from aac.expressions.nodes import Node
    from aac.expressions.nodes import Path as Way

CASE = Path(__file__).parent / "cases" / "functions"
GOLDEN: list[str] = [case["rule"] for case in yaml.safe_load((CASE / "expected.yml").read_text())["records"]]


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("interpret") / "project"
    copytree(CASE, root)
    with run_project(root) as made:
        yield made


@pytest.mark.parametrize("rule", GOLDEN)
def test_golden_cases(golden: Running, rule: str) -> None:
    node = check_rule(parse(rule), "thing", golden.names).node
    assert_same(golden, "thing", {rule: node})


def test_every_function_is_interpreted(golden: Running) -> None:
    checked = [check_rule(parse(rule), "thing", golden.names).node for rule in GOLDEN]
    used = {part.function for node in checked for part in below(node) if isinstance(part, Call)}
    in_evaluate, rewritten = {"and", "or", "coalesce"}, {"business_hours_between", "per_year"}
    assert used | (FUNCTIONS.keys() - rewritten) <= interpret.FUNCTIONS.keys() | in_evaluate


@pytest.mark.parametrize("seed", range(4))
def test_any_rules(tmp_path: Path, seed: int) -> None:
    compare(tmp_path, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 140))
def test_very_many_rules(tmp_path: Path, seed: int) -> None:
    compare(tmp_path, seed)


def test_what_is_not_known_is_unknown() -> None:
    score = Stored("lead", "score")
    above = Call("gt", (score, Literal(50)))
    assert evaluate(above, Record({})) is None
    assert evaluate(above, Record({score: 51})) is True
    assert evaluate(above, Record({score: Fraction(50)})) is False
    assert evaluate(above, Record({above: True})) is True
    assert evaluate(AsOf(), Record({})) is None
    assert evaluate(AsOf(), Record({AsOf(): 5})) == 5


def test_parts_of_the_calendar_all_year_round() -> None:
    epoch = date(1970, 1, 1)
    for number in range(20_454, 20_454 + 800):  # from 2026-01-01
        day = epoch + timedelta(days=number)
        quarter = (day.month - 1) // 3
        parts = {"quarter": quarter + 1, "week": int(f"{day:%V}"), "isodow": int(f"{day:%u}"), "month": day.month}
        firsts = {
            "year": day.replace(month=1, day=1),
            "quarter": date(day.year, quarter * 3 + 1, 1),
            "month": day.replace(day=1),
            "week": day - timedelta(days=day.weekday()),
            "day": day,
        }
        part, trunc = interpret.FUNCTIONS["date_part"], interpret.FUNCTIONS["date_trunc"]
        assert {name: part(name, number, None) for name in parts} == parts
        assert {name: trunc(name, number, None) for name in firsts} == {n: (d - epoch).days for n, d in firsts.items()}


# The engine's answers, from which the record is read back


def below(node: Node) -> Iterator[Node]:
    """The node and all below it that is about the record."""
    yield node
    for child in children(node):
        yield from below(child)


def assert_same(running: Running, entity: str, rules: dict[str, Node]) -> None:
    """Every rule comes to the same for every record, here and on the engine."""
    parts = [part for node in rules.values() for part in below(node)]
    leaves = list(dict.fromkeys(part for part in parts if isinstance(part, Stored | Rollup | Rate)))
    ways = {way[:end] for way in map(way_of, parts) for end in range(1, len(way) + 1)}
    keys: dict[Way, Node] = {way: Stored(way[-1].entity, "id", way) for way in sorted(ways, key=str)}
    asked = [*leaves, *keys.values(), *rules.values()]
    select = Select(Entity(entity), tuple((f"v{place}", node) for place, node in enumerate(asked)))
    (rows,) = running.engine.run(running.setting.query((), (select,)))
    calendars = {calendar.id: calendar for calendar in running.project.calendars}
    assert rows
    for row in rows:
        record = recorded(row, leaves, list(keys), calendars)
        for (text, node), value in zip(rules.items(), row[-len(rules) :], strict=True):
            assert shown(evaluate(node, record)) == shown(value), (text, record.values)


def way_of(node: Node) -> Way:
    return node.path if isinstance(node, Stored | Rollup | Named) else ()


def recorded(row: Sequence[Any], leaves: Sequence[Node], ways: Sequence[Way], calendars: dict[str, Calendar]) -> Record:
    values = {leaf: known(value) for leaf, value in zip(leaves, row, strict=False)}
    there = [way for way, key in zip(ways, row[len(leaves) :], strict=False) if key is not None]
    return Record({**values, AsOf(): AS_OF_US}, frozenset(there), calendars)


def known(value: Any) -> Known:
    return Fraction(value) if isinstance(value, Decimal) else value


def shown(value: object) -> object:
    """A value with its sort, so that true is not 1; whole and exact numbers are one sort."""
    if isinstance(value, bool | str | float) or value is None:
        return type(value), value
    return Fraction(cast("int", value))


# Rules and records at random

DOCUMENTS = """\
kind: company
id: any
currency: EUR
timezone: America/New_York
---
kind: calendar
id: desk
timezone: Europe/Berlin
hours: {mon-fri: "09:00-12:00, 13:00-17:00"}
closed: [2026-03-26]
---
kind: calendar
id: night
timezone: America/New_York
hours: {mon-fri: "22:00-06:00"}
---
kind: entity
id: thing
from: crm.thing
key: id
fields:
  id: text
  parent: {ref: thing}
  i: integer
  j: integer
  x: number
  m: {type: money, unit: EUR}
  b: boolean
  c: boolean
  t: text
  u: {type: text, values: [Ab, ab, ÄB, desk]}
  d: date
  e: date
  s: timestamp
  r: timestamp
  twice: {is: "coalesce(i, 7) + j"}
  odd: {is: b or i = 3}
  cap: {is: "case when i > 1 then 'A' else 'B' end"}
  n: {rollup: count(*), over: thing}
---
kind: definition
id: fit
of: thing
when: b and x > 0
at: s
owner: sales
"""
FIELDS = ("id", "parent", "i", "j", "x", "m", "b", "c", "t", "u", "d", "e", "s", "r")
COLUMNS = {
    "whole": ("i", "j", "twice", "n"), "number": ("x",), "money": ("m",), "condition": ("b", "c", "odd", "fit"),
    "text": ("t", "u", "cap"), "date": ("d", "e"), "moment": ("s", "r", "fit.at"),
}  # fmt: skip
PATTERNS = ("'A%'", "'_b'", "'%\\%'", "'%.%'", "'%'", "''", "'ä_'", "'%b%'")
WORDS = ("Ab", "ab", "ÄB", "äß", "a%b", "A.b", "", "Σς", "desk", "night", "x\ny")


class Chance:
    """Rules and records at random, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def field(self, sort: str) -> str:
        return self.pick("", "", "", "parent.", "parent.parent.") + self.pick(*COLUMNS[sort])

    def rule(self, sort: str, depth: int) -> str:
        """A rule whose value is of a sort."""
        if depth == 0 or self.random.randrange(6) == 0:
            return self.field(sort)
        below = depth - 1
        same = [self.rule(sort, below) for _ in range(2)]
        made = [
            f"coalesce({same[0]}, {same[1]})",
            f"case when {self.rule('condition', below)} then {same[0]} else {same[1]} end",
            f"case when {self.rule('condition', below)} then {same[0]} end",
            f"nullif({same[0]}, {same[1]})",
        ]
        return self.pick(*made, *getattr(self, sort)(below), *getattr(self, sort)(below))

    def whole(self, depth: int) -> list[str]:
        a, b = (self.rule("whole", depth) for _ in range(2))
        part = self.pick("year", "quarter", "month", "week", "day", "isodow")
        return [
            f"({a} + {b})",
            f"({a} - {self.pick('0', '1', '3')})",
            f"-({a})",
            self.pick("0", "1", "2"),
            f"abs({a})",
            f"{self.pick('least', 'greatest')}({a}, {b})",
            f"length({self.rule('text', depth)})",
            f"date_part('{part}', {self.rule(self.pick('date', 'moment'), depth)})",
            f"date_part('{self.pick('hour', 'minute')}', {self.rule('moment', depth)})",
        ]

    def number(self, depth: int) -> list[str]:
        a, b = self.rule("number", depth), self.rule("whole", depth)
        return [
            f"({a} + {b})",
            f"({a} - {self.field('number')})",
            f"({a} * {self.pick('0.5', '2', self.field('whole'), self.field('number'))})",
            f"({b} * 2.25)",
            f"({a} / {self.pick('3', '0.7', self.field('whole'), self.field('number'))})",
            "1.5",
            f"abs({a})",
            f"round({a}, {self.pick('0', '1', '2', '-1')})",
            f"greatest({a}, {b})",
        ]

    def money(self, depth: int) -> list[str]:
        a = self.rule("money", depth)
        return [
            f"({a} - {self.field('money')})",
            f"({a} * {self.pick('1.5', self.field('whole'), self.field('number'))})",
            f"({a} / {self.pick('3', self.field('whole'))})",
            f"greatest({a}, {self.rule('number', depth)})",
        ]

    def condition(self, depth: int) -> list[str]:
        sort = self.pick("whole", "number", "money", "text", "date", "moment")
        a, b = (self.rule(sort, depth) for _ in range(2))
        one, other = (self.rule("condition", depth) for _ in range(2))
        since, until = (self.rule("moment", depth) for _ in range(2))
        desk = self.pick("u", "parent.u", "'desk'")
        return [
            f"{a} {self.pick('=', '<>', '<', '<=', '>', '>=')} {b}",
            f"{self.rule('number', depth)} * {self.pick('2', '0.5', self.field('whole'))} > {self.field('number')}",
            f"{self.field('money')} * {self.field('whole')} <= {self.rule('money', depth)}",
            f"{self.rule('number', depth)} / {self.rule('whole', depth)} {self.pick('>', '=')} {self.field('number')}",
            f"{self.rule('whole', depth)} / {self.field('number')} < {self.rule('whole', depth)}",
            f"power({self.field('whole')}, {self.pick('2', '-1', '0.5')}) {self.pick('<', '=')} {self.field('number')}",
            f"{a} in ({b}, {self.field(sort)})",
            f"{a} not in ({b}, {self.field(sort)})",
            f"({a} between {b} and {self.field(sort)})",
            f"({one} and {other})",
            f"({one} or {other})",
            f"not ({one})",
            f"({one}) is {self.pick('', 'not ')}{self.pick('true', 'false', 'null')}",
            f"({one}) = ({other})",
            f"{self.rule('text', depth)} {self.pick('like', 'ilike', 'not like')} {self.pick(*PATTERNS)}",
            f"hours_between({since}, {until}) > {self.pick('0', '4', '24.5')}",
            f"days_between({self.rule('date', depth)}, {self.field('date')}) >= 1",
            # a calendar covers the days of the data, and not those that a rule makes of them
            f"business_hours_between({self.field('moment')}, {self.field('moment')}, {desk}) > 2",
            f"{since} < '2026-03-27 10:00'",
            f"{self.rule('date', depth)} >= '2026-03-26'",
        ]

    def text(self, depth: int) -> list[str]:
        return [f"{self.pick('lower', 'upper')}({self.rule('text', depth)})", "'Ab'"]

    def date(self, depth: int) -> list[str]:
        part = self.pick("year", "quarter", "month", "week", "day")
        return [self.rule("date", depth), f"date_trunc('{part}', {self.rule('date', depth)})"]

    def moment(self, depth: int) -> list[str]:
        part = self.pick("year", "quarter", "month", "week", "day", "hour", "minute")
        return [self.rule("moment", depth), "as_of", f"date_trunc('{part}', {self.rule('moment', depth)})"]

    def record(self, number: int, count: int) -> list[str]:
        day = f"2026-03-{self.random.randrange(24, 32)}"
        values = (
            f"t{number}",
            f"t{self.random.randrange(count + 1)}",
            *(str(self.random.randrange(-2, 4)) for _ in range(2)),
            str(self.random.randrange(-3_000_000, 3_000_000) / 1_000_000),
            str(self.random.randrange(-30_000, 30_000) / 10_000),
            *(self.pick("true", "false") for _ in range(2)),
            self.pick(*WORDS),
            self.pick("Ab", "ab", "ÄB", "desk"),
            day,
            f"2026-03-{self.random.randrange(24, 32)}",
            *(f"{day} {self.random.randrange(24):02}:{self.pick('00', '30')}:00" for _ in range(2)),
        )
        return [value if place == 0 or self.random.randrange(4) else "" for place, value in enumerate(values)]


def compare(folder: Path, seed: int) -> None:
    """Sixty rules over a dozen records."""
    chance = Chance(seed)
    records = [chance.record(number, 12) for number in range(12)]
    lines = [",".join(f'"{value}"' for value in record) for record in (FIELDS, *records)]
    root = write_project(folder / "p", DOCUMENTS, {"thing": "\n".join(lines) + "\n"})
    with run_project(root) as running:
        rules: dict[str, Node] = {}
        refused = 0
        while len(rules) < 60:
            text = chance.rule(chance.pick(*COLUMNS), 3)
            try:
                rules[text] = check_rule(parse(text), "thing", running.names).node
            except Refused:
                refused += 1  # a text beside a closed list, a number of an impossible unit
        assert refused < 60
        assert_same(running, "thing", rules)
