"""Queries as text and as answers: what is built is read by people, and run.

The texts stand in `tests/cases/sql/queries`, broken into lines; the rows they yield stand here, reckoned by hand from
`tests/cases/sql/data`, and no switch rewrites them.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest

from aac.calendars import DAY_US
from aac.engines import sql
from aac.engines.base import Entity, Files, Query, Select
from aac.engines.duckdb import DuckdbEngine
from aac.evaluation.lengths import Later, Length
from aac.expressions.check import check_rule
from aac.expressions.nodes import (
    Aggregate,
    BusinessDaysLater,
    CalendarNumber,
    Call,
    Column,
    DaysLater,
    Literal,
    OpenTime,
    Reference,
    Stored,
)
from aac.expressions.parse import parse
from aac.periods import parse_label
from aac.planner.clocks import plan_clock
from aac.planner.metrics import plan_metrics
from aac.planner.pieces import Piece
from aac.planner.windows import Chosen
from tests.running import run_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aac.engines.base import Rows
    from aac.expressions.nodes import Node
    from tests.conftest import Snapshots
    from tests.running import Running

CASE = Path(__file__).parent / "cases" / "sql"
QUERIES = CASE / "queries"
BREAKS = re.compile(r" (?=FROM |LEFT JOIN |WHERE |GROUP BY |ORDER BY |LIMIT |SELECT )")
COLUMNS = re.compile(r'(AS "[^"]+",) ')
ROOT = "@ROOT@"
AS_OF = 1_773_144_000_000_000
"""2026-03-10T12:00Z."""
Built = tuple[Query, Select]


@dataclass(frozen=True)
class Case:
    """A query and its rows, in any order unless it is ordered."""

    build: Callable[[Running, Path], Built]
    rows: list[tuple[Any, ...]]


def rule(running: Running, text: str, entity: str) -> Node:
    return check_rule(parse(text), entity, running.names).node


def of_entity(
    entity: str, *rules: str, where: str | None = None, key: tuple[str, ...] = ("id",)
) -> Callable[[Running, Path], Built]:
    """The key and some rules of each record, by key."""

    def build(running: Running, root: Path) -> Built:
        del root
        keys = ((field, Stored(entity, field)) for field in key)
        values = ((f"v{place}", rule(running, text, entity)) for place, text in enumerate(rules))
        condition = rule(running, where, entity) if where is not None else None
        select = Select(Entity(entity), (*keys, *values), condition, order=key)
        return running.setting.query((), (select,)), select

    return build


def opening(running: Running, root: Path) -> Built:
    """Whether the desk was open when a lead asked, and how long it has been since its first day."""
    del root
    number, asked_at = CalendarNumber(Literal("desk")), Stored("lead", "asked_at")
    since = OpenTime(number, asked_at)
    columns = (
        ("n", Stored("lead", "number")),
        ("o", Call("is_open", (number, asked_at))),
        ("known", Call("is_not_null", (since,))),
    )
    select = Select(Entity("lead"), columns, order=("n", "o"), limit=3)
    return running.setting.query((), (select,)), select


def files(running: Running, root: Path) -> Built:
    """A file as it is, every column text."""
    del running
    source = Files(
        (str(root / "data" / "lead.csv"),),
        "csv",
        ("org", "number", "created_at", "account", "rep", "asked_at", "replied_at", "vip", "amount", "odd"),
    )
    cleaned = Call("clean", (Column("odd"), Literal(""), Literal("%")))
    block = Select(source, (("odd", cleaned), ("n", Call("to_integer", (Column("number"),)))))
    select = Select("read", (("odd", Column("odd")), ("n", Column("n"))), Call("is_not_null", (Column("odd"),)))
    return Query((("read", block),), (select,), {}), select


def later(entity: str, key: tuple[str, ...], value: Node) -> Callable[[Running, Path], Built]:
    """What is so many days or months later."""

    def build(running: Running, root: Path) -> Built:
        del root
        columns = (*((field, Stored(entity, field)) for field in key), ("later", value))
        select = Select(Entity(entity), columns, order=key)
        return running.setting.query((), (select,)), select

    return build


def texts(running: Running, root: Path) -> Built:
    """Names and values that could be read as something else."""
    del root
    odd = Stored("lead", 'it\'s "odd"')
    same = Call("in", (odd, Literal("it's"), Literal('"quoted"'), Literal("'; DROP TABLE x; --")))
    columns = (
        ('a "b"', odd),
        ("c", same),
        ("d", Literal(Decimal("-0.50"))),
        ("e", Literal(None)),
        ("f", Literal(True)),
    )
    select = Select(Entity("lead"), columns, Call("is_not_null", (odd,)), order=('a "b"',))
    return running.setting.query((), (select,)), select


def grouped(running: Running, root: Path) -> Built:
    """Grouping sets over a block: the total, and each column alone; null is a group."""
    del root
    block = Select(
        Entity("lead"),
        (("vip", Stored("lead", "vip")), ("org", Stored("lead", "org")), ("amount", Stored("lead", "amount"))),
    )
    columns = (("n", Aggregate("count", ())), ("least", Aggregate("min", (Column("amount"),), Column("vip"))))
    select = Select("leads", columns, groups=((), ("vip",), ("org",)))
    return running.setting.query((("leads", block),), (select,)), select


WINDOWS = (Chosen(parse_label("2026-02"), "named"), Chosen(parse_label("2026-03"), "named"))


def metrics(running: Running, root: Path) -> Built:
    """Two metrics of one entity and moment: one scan."""
    del root
    pieces = tuple(Piece(running.project, measure, WINDOWS) for measure in running.project.measures)
    query = plan_metrics(pieces, WINDOWS, running.setting).query
    return query, query.outputs[0]


def clock(output: int | None) -> Callable[[Running, Path], Built]:
    """The block of a promise that is computed once, or what is counted and listed of it."""

    def build(running: Running, root: Path) -> Built:
        del root
        piece = Piece(running.project, running.project.clocks[0], WINDOWS)
        query = plan_clock(piece, WINDOWS, running.setting, ("org", "number")).query
        return query, query.outputs[output] if output is not None else Select("judged", ())

    return build


LEAD = ("org", "number")
DE, NIGHT = "account.country = 'DE'", "business_hours_between(asked_at, replied_at, 'night')"
HOURS, HOUR = "business_hours_between(asked_at, replied_at, rep.calendar)", 3_600_000_000
HALF = Decimal("-0.50")
ASKED, REPLIED, ASKED_EARLY = 1_772_445_600_000_000, 1_772_463_600_000_000, 1_770_026_400_000_000
"""2026-03-02T10:00Z and five hours later, both a Monday; 2026-02-02T10:00Z, four weeks earlier."""
LENGTHS = (Length("months", 1), Length("business_days", 2), Length("business_dates", 2))
ASKED_AT, DESK = Stored("lead", "asked_at"), CalendarNumber(Literal("desk"))
OF_REP = CalendarNumber(Stored("rep", "calendar", (Reference("rep", "rep"),)))
WEDNESDAY, THURSDAY = ASKED + 2 * DAY_US, ASKED + 67 * HOUR
"""Two days later, at 11:00 in Berlin; at 06:00 on Thursday."""
MONDAY = 20_514
"""2026-03-02."""
CASES = {
    # account z begins after as_of, y has no country; b 1 belongs to no account; b 2 came at no known time
    "reference": Case(
        of_entity("lead", DE, "local", key=LEAD, where="account.country is null or account.id = 'x'"),
        [
            ("a", 1, True, True),
            ("a", 2, True, True),
            ("a", 10, None, None),
            ("b", 1, None, None),
            ("b", 2, True, True),
            ("b", 3, None, None),
        ],
    ),
    "what_comes_later": Case(of_entity("account", "country"), [("x", "DE"), ("y", None)]),
    # the country of y is unknown
    "texts_asked_for": Case(of_entity("account", "country", where="country in ('AT', 'DE')"), [("x", "DE")]),
    "texts_not_asked_for": Case(of_entity("account", "country", where="not country in ('AT', 'CH')"), [("x", "DE")]),
    "reference_of_a_reference": Case(
        of_entity("act", "deal.account.country", "deal.won"),
        [("a", "DE", True), ("b", "DE", True), ("c", "DE", True), ("d", "DE", True), ("e", None, None)],
    ),
    "roll_up": Case(
        of_entity("deal", "days_between(closed_on, closed_on)", "acts", "first_at is null"),
        [("1", 0, 3, False), ("2", None, 1, True), ("3", 0, 0, True), ("4", 0, 0, True)],
    ),
    "roll_up_after_a_moment": Case(of_entity("deal", "since_close"), [("1", 2), ("2", None), ("3", 0), ("4", 0)]),
    "roll_up_of_a_reference": Case(of_entity("deal", "account.leads", where="won"), [("1", 3), ("2", 3), ("4", None)]),
    "open_time": Case(
        of_entity("lead", NIGHT, key=LEAD, where="replied_at is not null"),
        [("a", 1, 0), ("a", 2, 8 * HOUR), ("b", 1, 0), ("b", 3, None)],
    ),
    "open_time_of_a_calendar_by_rule": Case(
        of_entity("lead", HOURS, key=LEAD, where="replied_at is not null"),
        [("a", 1, 4 * HOUR), ("a", 2, 8 * HOUR), ("b", 1, None), ("b", 3, None)],
    ),
    "opening": Case(opening, [(1, True, True), (1, True, True), (2, True, True)]),
    # a month later clocks are an hour ahead
    "months_later": Case(
        later("lead", LEAD, DaysLater(Literal(2), ASKED_AT, months=1)),
        [
            *((org, number, ASKED + 31 * DAY_US - HOUR) for org, number in (("a", 1), ("a", 2), ("a", 10), ("b", 1))),
            ("b", 2, ASKED),
            ("b", 3, None),
        ],
    ),
    # bob is there at night, so that the last closing of Wednesday is on Thursday; there is no calendar `office`
    "business_days_later": Case(
        later("lead", LEAD, BusinessDaysLater(OF_REP, ASKED_AT, 2)),
        [
            ("a", 1, WEDNESDAY),
            ("a", 2, THURSDAY),
            ("a", 10, WEDNESDAY),
            ("b", 1, None),
            ("b", 2, ASKED_EARLY + 2 * DAY_US),
            ("b", 3, None),
        ],
    ),
    "business_dates_later": Case(
        later("deal", ("id",), BusinessDaysLater(DESK, Stored("deal", "closed_on"), 2, is_date=True)),
        [("1", MONDAY + 2), ("2", None), ("3", MONDAY + 4), ("4", MONDAY + 7)],
    ),
    "literals": Case(
        texts,
        [('"quoted"', True, HALF, None, True), ("%", False, HALF, None, True), ("it's", True, HALF, None, True)],
    ),
    "files": Case(files, [("it's", 1), ('"quoted"', 2)]),
    "grouping_sets": Case(
        grouped,
        [
            (3, None, None, 6, Decimal(40)),
            (1, True, None, 1, Decimal(40)),
            (1, False, None, 4, None),
            (1, None, None, 1, None),
            (2, None, "a", 3, Decimal(40)),
            (2, None, "b", 3, None),
        ],
    ),
    # mask, window, vip, calendar; of local ones: how many, perhaps, amount; of all: how many, perhaps vip, vip, decided
    "metrics": Case(
        metrics,
        [
            (3, -1, None, None, 0, 1, None, 1, 0, 0, 1),  # b 3
            (3, 0, None, None, 1, 0, Decimal(160), 1, 0, 0, 1),  # b 2
            (3, 1, None, None, 2, 2, Decimal("30.5"), 4, 1, 1, 3),  # a 1, a 2, a 10, b 1
            (1, -1, False, None, 0, 1, None, 1, 0, 0, 1),
            (1, 0, False, None, 1, 0, Decimal(160), 1, 0, 0, 1),
            (1, 1, True, None, 0, 1, None, 1, 0, 1, 1),  # a 10
            (1, 1, False, None, 1, 1, Decimal("10.5"), 2, 0, 0, 2),  # a 1, b 1
            (1, 1, None, None, 1, 0, Decimal(20), 1, 1, 0, 0),  # a 2
            (2, -1, None, None, 0, 1, None, 1, 0, 0, 1),
            (2, 0, None, "desk", 1, 0, Decimal(160), 1, 0, 0, 1),
            (2, 1, None, "desk", 1, 1, Decimal("10.5"), 2, 0, 1, 2),  # a 1, a 10
            (2, 1, None, "night", 1, 0, Decimal(20), 1, 1, 0, 0),  # a 2
            (2, 1, None, "office", 0, 1, None, 1, 0, 0, 1),  # b 1
        ],
    ),
    # a 10 is vip, so it is no item whether it is local or not; b 2 has used the hours of 25 days and eight more
    "clock_judged": Case(
        clock(None),
        [
            ("a", 1, "DE", False, True, ASKED, REPLIED, 0, 4 * HOUR, False, 1, "met"),
            ("a", 2, "DE", None, True, ASKED, ASKED + 24 * HOUR, 1, 8 * HOUR, True, 1, "unmeasurable"),
            ("b", 1, None, False, None, ASKED, REPLIED, None, None, None, 1, "unmeasurable"),
            ("b", 2, "DE", False, True, ASKED_EARLY, None, 0, 183 * HOUR, False, 0, "late"),
            ("b", 3, None, False, None, None, REPLIED, None, None, None, -1, "unmeasurable"),
        ],
    ),
    # mask, window, outcome, country, vip; items, outside hours, unknown, in doubt, lately
    "clock_counted": Case(
        clock(0),
        [
            (1, -1, "unmeasurable", None, None, 0, 0, 0, 0, 0),
            (1, 0, "late", "DE", None, 1, 0, 0, 0, 0),
            (1, 1, "met", "DE", None, 1, 0, 0, 0, 0),
            (1, 1, "unmeasurable", "DE", None, 1, 0, 0, 0, 0),
            (1, 1, "unmeasurable", None, None, 0, 0, 1, 0, 0),
            (2, -1, "unmeasurable", None, False, 0, 0, 0, 0, 0),
            (2, 0, "late", None, False, 1, 0, 0, 0, 0),
            (2, 1, "met", None, False, 1, 0, 0, 0, 0),
            (2, 1, "unmeasurable", None, False, 0, 0, 1, 0, 0),
            (2, 1, "unmeasurable", None, None, 1, 0, 0, 0, 0),
        ],
    ),
    "clock_late": Case(clock(1), [(0, "b", 2, ASKED_EARLY, None, 183 * HOUR, 0)]),
    "clock_due": Case(clock(2), [(0, "b", 2, ASKED_EARLY, None, 183 * HOUR, 0)]),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sql") / "project"
    copytree(CASE, root)
    return root


@pytest.fixture(scope="module")
def running(project: Path) -> Iterator[Running]:
    """The project at `AS_OF`, with what its promise computes once."""
    with run_project(project) as made:
        clockwork = replace(made.setting.clockwork, as_of_us=AS_OF)
        ends = Later.of(
            made.project.calendars, made.project.timezone, LENGTHS, (ASKED_EARLY // DAY_US, AS_OF // DAY_US)
        )
        ends.load(made.engine)
        at_as_of = replace(made, setting=replace(made.setting, clockwork=clockwork, pieces=ends.most_pieces))
        shared = written(*clock(None)(at_as_of, project))
        execute(made, f"CREATE TEMP TABLE judged AS {shared}")
        yield at_as_of


def execute(running: Running, text: str) -> Rows:
    assert isinstance(running.engine, DuckdbEngine)
    return running.engine.execute(text)


def written(query: Query, select: Select) -> str:
    """The text of an output, or of the shared block itself."""
    is_shared = select.source in query.shared and not select.columns
    return sql.shared_sql(query, str(select.source)) if is_shared else sql.output_sql(query, select)


@pytest.mark.parametrize("name", CASES)
def test_query(running: Running, project: Path, snapshots: Snapshots, name: str) -> None:
    query, select = CASES[name].build(running, project)
    text = written(query, select)
    lines = COLUMNS.sub(r"\1\n  ", BREAKS.sub("\n", text)).replace(str(project), ROOT) + "\n"
    snapshots.check(QUERIES / f"{name}.sql", lines)
    rows = execute(running, (QUERIES / f"{name}.sql").read_text().replace(ROOT, str(project)))
    assert Counter(rows) == Counter(CASES[name].rows)
    assert not select.order or rows == CASES[name].rows


@pytest.mark.parametrize("name", CASES)
def test_readable_sql_means_the_same(running: Running, project: Path, name: str) -> None:
    query, select = CASES[name].build(running, project)
    if select.source in query.shared and not select.columns:
        return
    plain, readable = (sql.output_sql(query, select, readable=readable) for readable in (False, True))
    assert Counter(execute(running, readable)) == Counter(execute(running, plain))
    assert readable.count("(") <= plain.count("(")


def test_no_query_is_left_over() -> None:
    assert {path.name for path in QUERIES.iterdir()} == {f"{name}.sql" for name in CASES}
