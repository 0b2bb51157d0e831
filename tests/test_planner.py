"""Windows as comparisons against a brute-force reading of them; scans counted from what the engine says it will do."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime
from math import ceil, log2
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aac.engines import sql
from aac.errors import UsageError
from aac.evaluate import Asked
from aac.evaluation.derived import with_inputs
from aac.evaluation.opening import needed_from, prepare_calendars
from aac.evaluation.run import Run
from aac.evaluation.versions import pieces_of
from aac.expressions.nodes import Call, Case, Column, Literal
from aac.landing.landed import prepared
from aac.measures import Retention, Snapshot
from aac.operations import open_sound_project, pull_sources
from aac.periods import GRAINS, JANUARY, Grain, current_window, parse_duration, window_of
from aac.planner.fuse import Plan, plan
from aac.planner.listing import DUE_ITEMS, LATE_ITEMS
from aac.planner.windows import UNPLACED, Chosen, Clockwork, bounds, choose, in_reach, layers, window_number
from tests.small import NOW_US, metric

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence

    from aac.engines.base import Query
    from aac.engines.duckdb import DuckdbEngine
    from aac.expressions.nodes import Node
    from aac.measures import Measurement
    from aac.project import Project

ROOT = Path(__file__).parent.parent
DAY_US = 86_400_000_000
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia")
MARCH_2 = 1_772_427_600_000_000
"""2026-03-02T05:00Z."""


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


# Which windows are asked for


def chosen(*asked: str, grain: Grain = "month", zone: str = "Europe/Berlin") -> list[tuple[str, str]]:
    windows = choose(asked, grain, Clockwork(zone, JANUARY, MARCH_2))
    return [(one.window.label, one.selection) for one in windows]


@pytest.mark.parametrize(
    ("asked", "grain", "expected"),
    [
        ((), "month", [("2026-02", "last"), ("2026-03", "current")]),
        ((), "week", [("2026-W09", "last"), ("2026-W10", "current")]),
        ((), "year", [("2025", "last"), ("2026", "current")]),
        ((), "all", [("all", "last")]),
        (("last",), "month", [("2026-02", "named")]),
        (("current",), "month", [("2026-03", "named")]),
        (("current", "last"), "month", [("2026-02", "named"), ("2026-03", "named")]),
        (("last:3",), "quarter", [("2025-Q2", "named"), ("2025-Q3", "named"), ("2025-Q4", "named")]),
        (("last:3",), "all", [("all", "named")]),
        # of other grains than its own, each once, by their beginnings and then their ends
        (
            ("2026-Q1", "2026-01", "all", "2026", "last:2", "2026-W01", "2026-01"),
            "month",
            [(label, "named") for label in ("all", "2025-W53", "2026-01", "2026-Q1", "2026", "2026-02")],
        ),
    ],
)
def test_choose(asked: tuple[str, ...], grain: Grain, expected: list[tuple[str, str]]) -> None:
    expected = [(label.replace("2025-W53", "2026-W01"), why) for label, why in expected]
    assert chosen(*asked, grain=grain) == expected


def test_a_window_that_ends_at_as_of_has_ended() -> None:
    begins = us("2026-02-28T23:00:00")
    assert [one.window.label for one in choose((), "month", Clockwork("Europe/Berlin", JANUARY, begins))] == [
        "2026-02",
        "2026-03",
    ]
    before = Clockwork("Europe/Berlin", JANUARY, begins - 1)
    assert [one.window.label for one in choose((), "month", before)] == ["2026-01", "2026-02"]
    february = choose(("2026-02",), "month", before)[0].window
    assert before.is_open(february)
    assert not Clockwork("Europe/Berlin", JANUARY, begins).is_open(february)


@pytest.mark.parametrize(
    ("matures", "as_of", "last"),
    [
        # of a cohort the last window is the newest in which everybody has had their time
        ("7 days", "2026-03-02T00:00:00", "2026-01"),
        ("7 days", "2026-03-07T22:59:59", "2026-01"),
        ("7 days", "2026-03-07T23:00:00", "2026-02"),  # 1 March in Berlin, and 7 times 24 hours
        ("30 calendar days", "2026-03-02T23:00:00", "2026-01"),
        ("3 months", "2026-02-28T22:59:59", "2025-10"),
        ("3 months", "2026-02-28T23:00:00", "2025-11"),
    ],
)
def test_the_last_window_of_a_cohort_has_matured(matures: str, as_of: str, last: str) -> None:
    clockwork = Clockwork("Europe/Berlin", JANUARY, us(as_of))
    windows = choose(("last:2", "last"), "month", clockwork, parse_duration(matures))
    assert windows[-1].window.label == last
    assert len(windows) == 2
    current = current_window("month", clockwork.as_of_us, "Europe/Berlin")
    assert [c.window.label for c in choose((), "month", clockwork, parse_duration(matures))] == [last, current.label]


@pytest.mark.parametrize("grain", GRAINS)
def test_how_many_windows_may_be_counted_back(grain: Grain) -> None:
    assert len(chosen("last:1000", grain=grain)) == (1 if grain == "all" else 1000)
    with pytest.raises(UsageError, match="at most 1000"):
        chosen("last:1001", grain=grain)


# The window of a moment


@st.composite
def windows_asked_for(draw: st.DrawFn) -> tuple[Chosen, ...]:
    """Windows of all grains around 2026, as `choose` returns them: by their beginnings, each once."""
    days = draw(st.lists(st.dates(datetime(2024, 12, 1).date(), datetime(2027, 2, 1).date()), min_size=1, max_size=12))
    grains = draw(st.lists(st.sampled_from(GRAINS), min_size=len(days), max_size=len(days)))
    fiscal_start = draw(st.sampled_from([(1, 1), (2, 1), (4, 6), (10, 31)]))
    labels = [window_of(grain, day, fiscal_start).label for grain, day in zip(grains, days, strict=True)]
    return choose(tuple(labels), "month", Clockwork("UTC", fiscal_start, MARCH_2))


@settings(max_examples=150)
@given(windows_asked_for(), st.sampled_from(ZONES), st.booleans(), st.data())
def test_the_window_of_a_moment(asked: tuple[Chosen, ...], zone: str, is_date: bool, data: st.DataObject) -> None:
    """Every window is in one layer; in it no other holds the moment; all moments beside bounds are tried."""
    made = layers(asked)
    assert sorted(one.window.label for layer in made for one in layer) == sorted(one.window.label for one in asked)
    everywhere = {b for one in asked for b in bounds(one.window, zone, is_date) if b is not None} | {0}
    moments = sorted({bound + step for bound in everywhere for step in (-1, 0, 1)})
    latest = data.draw(st.sampled_from(moments), label="latest")
    for layer in made:
        number = window_number(Column("m"), layer, zone, is_date)
        reach = in_reach(Column("m"), layer, zone, is_date, latest)
        assert depth(number) <= 2 + ceil(log2(2 * len(layer) + 1))
        for moment in (None, *moments):
            holding = [i for i, one in enumerate(layer) if moment is not None and holds(one, moment, zone, is_date)]
            assert len(holding) <= 1
            expected = UNPLACED if moment is None else holding[0] if holding else None
            assert value(number, moment) == expected
            is_placed = moment is not None and moment <= latest
            is_read = reach is None or value(reach, moment) is True
            assert is_read == (expected is not None or not is_placed)


def test_what_lies_outside_all_windows_is_not_read() -> None:
    february, april = (Chosen(window_of("month", datetime(2026, m, 1).date()), "named") for m in (2, 4))
    reach = in_reach(Column("m"), (february, april), "UTC", False, us("2026-06-01T00:00:00"))
    assert reach is not None
    for text, is_read in (
        ("2026-01-31T23:59:59", False),
        ("2026-02-01T00:00:00", True),
        ("2026-03-01T00:00:00", False),
        ("2026-04-01T00:00:00", True),
        ("2026-04-30T23:59:59", True),
        ("2026-05-01T00:00:00", False),
        ("2026-06-01T00:00:00", False),
        ("2026-06-01T00:00:01", True),  # later than as_of, so of no moment
    ):
        assert value(reach, us(text)) is is_read


def holds(one: Chosen, moment: int, zone: str, is_date: bool) -> bool:
    """The definition: from the first day's beginning up to, not including, the beginning of the day after the last."""
    first, until = bounds(one.window, zone, is_date)
    return (first is None or first <= moment) and (until is None or moment < until)


def value(node: Node, moment: int | None) -> Any:
    """What a rule over the column `m` comes to, in three-valued logic."""
    match node:
        case Column():
            return moment
        case Literal():
            return node.value
        case Case():
            chosen = (then for when, then in node.branches if value(when, moment) is True)
            return value(next(chosen, node.otherwise), moment)
        case Call(function="is_null"):
            return value(node.arguments[0], moment) is None
        case Call(function="or" | "and" as function):
            parts = [value(part, moment) for part in node.arguments]
            decisive = function == "or"
            return decisive if decisive in parts else None if None in parts else not decisive
        case Call(function="lt" | "ge" | "gt" as function, arguments=(left, right)):
            a, b = value(left, moment), value(right, moment)
            if a is None or b is None:
                return None
            return {"lt": a < b, "ge": a >= b, "gt": a > b}[function]
        case _:
            raise AssertionError(node)


def depth(node: Node) -> int:
    """How many conditions are asked one after the other."""
    if not isinstance(node, Case):
        return 0
    return 1 + max(depth(part) for part in (node.branches[0][1], node.otherwise))


def test_a_change_of_clocks_belongs_to_the_windows_it_parts() -> None:
    """Apia skipped the whole of 2011-12-30; São Paulo's clocks skipped midnight of 2018-11-04."""
    december = window_of("month", datetime(2011, 12, 30).date())
    until = bounds(december, "Pacific/Apia", False)[1]
    assert until == us("2011-12-31T10:00:00")
    week = current_window("week", us("2018-11-04T02:59:59"), "America/Sao_Paulo")
    assert week.label == "2018-W44"


# How often the data is read


def everything(project: Project) -> Sequence[Measurement]:
    return [*project.clocks, *project.measures]


@contextmanager
def planned(
    root: Path,
    *windows: str,
    asked: Callable[[Project], Sequence[Measurement]] = everything,
    versions: Sequence[Project] = (),
) -> Generator[tuple[Plan, DuckdbEngine]]:
    """What is asked of a project, or of some ``versions`` of it, as a plan, and the engine that can explain it."""
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    made = opened.project
    with prepared(root, made.tables, made.config.sources, made.timezone) as data:
        runs = [Run(version, data, Asked(windows=windows)) for version in versions or [made]]
        pieces = [with_inputs(run, pieces_of(run, asked)) for run in runs]
        prepare_calendars(runs[0], needed_from(runs[0], 0), data.engine)
        keys = {table.entity: table.key for table in made.tables}
        clocks = [piece for found in pieces for piece in found.clocks]
        measures = [piece for found in pieces for piece in found.measures]
        yield plan(clocks, measures, runs[0].setting, keys), data.engine


def scans(engine: DuckdbEngine, text: str) -> Counter[str]:
    """How often each prepared table is scanned by a statement, by the engine's own plan."""
    ((_, explained),) = engine.execute(f"EXPLAIN (FORMAT json) {text}")
    found: Counter[str] = Counter()

    def visit(operators: Iterable[dict[str, Any]]) -> None:
        for operator in operators:
            table = str(operator["extra_info"].get("Table", ""))
            if "SCAN" in operator["name"] and "prepared" in table:
                found[table.rpartition(".")[2].strip('"')] += 1
            visit(operator["children"])

    visit(json.loads(cast("str", explained)))
    return found


SLAS = ("deal_decided", "fast_demo_reply", "kickoff", "rejection_answer", "sales_follow_up")
METRICS = (
    *("average_deal", "lead_to_mql", "leads", "mqls", "new_customers", "pipeline_created", "rejection_rate", "revenue"),
    *("sales_cycle", "speed_to_lead", "sqls", "time_to_kickoff", "win_rate"),
)


def named(*ids: str) -> Callable[[Project], Sequence[Measurement]]:
    """What has one of these ids."""

    def chosen(project: Project) -> Sequence[Measurement]:
        there = (*project.clocks, *project.measures, *project.derived)
        found = [part for part in there if part.subject.partition(":")[2] in ids]
        assert len(found) == len(ids)
        return found

    return chosen


def scans_of_metrics(made: Plan, engine: DuckdbEngine) -> dict[tuple[str, str], Counter[str]]:
    """By entity and moment."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for scan, _ in made.metrics:
        first = scan.pieces[0].of
        moment = "in force" if isinstance(first.basis, Snapshot | Retention) else "all"
        place = (first.population.entity, str(getattr(first.anchor.value, "field", "")) if first.anchor else moment)
        assert place not in found, "one scan for each pair of entity and moment"
        found[place] = scans(engine, what_reads(scan.query))
    return found


def what_reads(query: Query) -> str:
    """The only statement of a query that reads prepared tables."""
    if not query.shared:
        (output,) = query.outputs
        return sql.output_sql(query, output)
    (shared,) = query.shared
    assert not any("prepared" in sql.output_sql(query, output) for output in query.outputs)
    return sql.shared_sql(query, shared)


@pytest.fixture(scope="module")
def larkspur(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("larkspur") / "project"
    for folder in ("alignment", "data"):
        shutil.copytree(ROOT / folder, root / folder)
    (root / "aac.toml").write_bytes((ROOT / "aac.toml").read_bytes())
    return root


def test_one_scan_for_each_entity_and_moment(larkspur: Path) -> None:
    """What is more, a roll-up needs: it reads children, and of their parents those that are asked for."""
    with planned(larkspur, asked=named(*SLAS, *METRICS)) as (made, engine):
        found = scans_of_metrics(made, engine)
    assert found == {
        ("lead", "created_at"): {"lead": 1, "user": 1},
        ("lead", "mql_at"): {"lead": 2, "account": 1, "user": 1, "activity": 1},
        ("lead", "sql_at"): {"lead": 1, "account": 1},
        ("opportunity", "opened_on"): {"opportunity": 1, "account": 1},
        ("opportunity", "close_date"): {"opportunity": 1, "account": 1, "user": 1},
        ("account", ""): {"account": 1, "opportunity": 1},
    }


def test_another_metric_on_the_same_entity_and_moment_is_read_for_nothing(larkspur: Path, tmp_path: Path) -> None:
    more = [
        metric(
            "m1",
            "median(hours_between(mql_at, first_human_touch_at))",
            of="mql",
            at="mql_at",
            unit="hours",
            by="[region]",
        ),
        metric(
            "m2", "count_if(duplicate)", of="lead", at="mql_at", by="[source, {size: account.size_band}, opted_out]"
        ),
        metric("m3", "avg(score)", of="rejected_lead", at="mql_at", unit="score"),
        metric("m4", "sum(amount) / count(*)", of="opportunity", at="close_date", unit="EUR", by="[owner.region]"),
        metric("m5", "count(*)", of="lead", at="created_at"),
    ]
    root = tmp_path / "p"
    shutil.copytree(larkspur, root, ignore=shutil.ignore_patterns(".aac"))
    (root / "alignment" / "more.yml").write_text("".join(more).removesuffix("---\n"))
    with planned(larkspur, asked=named(*SLAS, *METRICS)) as (made, engine):
        before = scans_of_metrics(made, engine)
    with planned(root, asked=named(*METRICS, "m1", "m2", "m3", "m4", "m5")) as (made, engine):
        assert sum(len(scan.pieces) for scan, _ in made.metrics) == 13 + 5
        assert scans_of_metrics(made, engine) == before


def test_records_in_force_are_read_once_whatever_is_asked_of_them(larkspur: Path, tmp_path: Path) -> None:
    """Of some windows, by some dimensions, and put together by one key and another."""
    force = {"of": "opportunity", "in_force": "{from: opened_on, until: close_date}"}
    kept = {**force, "basis": "retention", "span": "3 months"}
    more = [
        metric("m1", "count(*)", **force, basis="snapshot", by="[owner.region]"),
        metric("m2", "sum(amount)", **force, basis="snapshot", by="[{late: opened_on < period.from}]", unit="EUR"),
        metric("m3", "count_if(closing(1) > opening(1))", **kept, per="account", by="[owner.region]"),
        metric("m4", "sum(closing(amount))", **kept, per="owner", unit="EUR"),
    ]
    root = tmp_path / "p"
    shutil.copytree(larkspur, root, ignore=shutil.ignore_patterns(".aac"))
    (root / "alignment" / "in_force.yml").write_text("".join(more).removesuffix("---\n"))
    for ids in (["metric:m1"], ["metric:m1", "metric:m2", "metric:m3", "metric:m4"]):
        with planned(root, "last:13", "2026-Q1", "all", asked=lambda made, ids=ids: only(made, ids)) as (made, engine):
            read = {"opportunity": 1, "user": 1}
            assert scans_of_metrics(made, engine) == {("opportunity", "in force"): read}


def only(project: Project, subjects: Sequence[str]) -> list[Measurement]:
    return [measure for measure in project.measures if measure.subject in subjects]


def test_what_is_derived_is_read_with_what_it_is_derived_from(larkspur: Path, tmp_path: Path) -> None:
    """Shown or hidden, a number is counted in the scan of its entity and moment; a promise in its own."""
    more = [
        metric("d1", "new_customers / leads", unit="ratio"),
        metric("d2", "d1 * win_rate + mqls / sqls", unit="ratio"),
        metric("d3", "revenue * sla.kickoff.attainment", unit="EUR"),
    ]
    root = tmp_path / "p"
    shutil.copytree(larkspur, root)
    (root / "alignment" / "derived.yml").write_text("".join(more))
    with planned(larkspur, asked=named(*SLAS, *METRICS)) as (made, engine):
        before = scans_of_metrics(made, engine)
    with planned(root, asked=named(*SLAS, *METRICS, "d1", "d2", "d3")) as (made, engine):
        assert scans_of_metrics(made, engine) == before
        assert len(made.clocks) == 5
    with planned(root, asked=named("d1", "d2", "d3")) as (made, engine):
        hidden = scans_of_metrics(made, engine)
        assert hidden.keys() == before.keys() - {("opportunity", "opened_on")}
        assert [piece.subject for joint in made.clocks for piece in joint.pieces] == ["sla:kickoff"]
        assert not any(piece.is_shown for scan, _ in made.metrics for piece in scan.pieces)


def test_a_clock_reads_its_records_once(larkspur: Path) -> None:
    """Whatever is counted and listed of a promise, in as many windows as do not overlap, comes from one reading.

    In each version of the project: in October one of the five was agreed anew.
    """
    with planned(larkspur, "last:13", "current", asked=named(*SLAS)) as (made, engine):
        clocks = {(id(piece.project), piece.subject): joint.query for joint in made.clocks for piece in joint.pieces}
        assert len(clocks) == len(made.clocks) == 2 * len(SLAS)
        for query in clocks.values():
            (shared,) = query.shared
            read = scans(engine, sql.shared_sql(query, shared))
            entity = query.blocks[0][1].source
            has_roll_up = "activity" in read
            assert read[getattr(entity, "id", "")] == 1 + has_roll_up
            lists = {name: select.source for name, select in query.blocks if name in (LATE_ITEMS, DUE_ITEMS)}
            assert {lists.get(str(output.source), output.source) for output in query.outputs} == {shared}
    with planned(larkspur, "2026-02", "2026-Q1", asked=named(*SLAS)) as (made, _):
        assert Counter(piece.subject for joint in made.clocks for piece in joint.pieces) == {
            f"sla:{id_}": 2 for id_ in SLAS
        }


def counted(made: Plan, engine: DuckdbEngine, version: Project) -> dict[tuple[str, str, str], tuple[object, ...]]:
    """What the scans of a plan count for a version of the project, by metric, window and group."""
    return {
        (piece.subject, scan.windows[cell.window].window.label if cell.window != UNPLACED else "", str(cell.by)): (
            cell.value,
            cell.numerator,
            cell.denominator,
            cell.n,
            cell.unknown,
        )
        for scan, _ in made.metrics
        for piece, cells in scan.strips(engine.run(scan.query))
        if piece.project is version
        for cell in cells
    }


def test_two_versions_of_a_project_are_read_together(larkspur: Path, tmp_path: Path) -> None:
    """With another threshold and a metric more: in the scans of one of them, and each has the numbers of its own."""
    root = tmp_path / "head"
    shutil.copytree(larkspur, root, ignore=shutil.ignore_patterns(".aac"))
    settings_file = root / "aac.toml"
    settings_file.write_text(settings_file.read_text().replace("mql_threshold = 50", "mql_threshold = 70"))
    more = metric("more", "avg(score)", of="mql", at="mql_at", unit="score", by="[region]")
    (root / "alignment" / "more.yml").write_text(more.removesuffix("---\n"))
    base, head = (open_sound_project(path).project for path in (larkspur, root))
    subjects = [f"metric:{id_}" for id_ in (*METRICS, "more")]

    def asked(version: Project) -> list[Measurement]:
        return only(version, subjects)

    alone: list[dict[tuple[str, str, str], tuple[object, ...]]] = []
    read: list[dict[tuple[str, str], Counter[str]]] = []
    for version in (base, head):
        with planned(larkspur, "last:3", asked=asked, versions=[version]) as (made, engine):
            read.append(scans_of_metrics(made, engine))
            alone.append(counted(made, engine, version))
    with planned(larkspur, "last:3", asked=asked, versions=[base, head]) as (made, engine):
        assert sum(len(scan.pieces) for scan, _ in made.metrics) == 2 * len(METRICS) + 1
        assert read == 2 * [scans_of_metrics(made, engine)]
        assert [counted(made, engine, version) for version in (base, head)] == alone
    assert sum(alone[0][cell] != alone[1].get(cell) for cell in alone[0]) > 10


def test_nothing_is_asked_of_groups_that_only_others_are_split_by(larkspur: Path, tmp_path: Path) -> None:
    """Metrics with dimensions of their own have answers of their own, from the same reading."""
    more = [
        metric("m1", "median(score)", of="lead", at="created_at", unit="score", by="[source]"),
        metric("m2", "count(*)", of="lead", at="created_at", by="[source]"),
        metric("m3", "sum(score)", of="lead", at="created_at", unit="score", by="[opted_out]"),
        metric("m4", "avg(score)", of="lead", at="created_at", unit="score"),
    ]
    root = tmp_path / "p"
    shutil.copytree(larkspur, root, ignore=shutil.ignore_patterns(".aac"))
    (root / "alignment" / "split.yml").write_text("".join(more).removesuffix("---\n"))
    with planned(root, asked=named("m1", "m2", "m3", "m4")) as (made, engine):
        ((scan, _),) = made.metrics
        split = [{view.piece.subject.partition(":")[2] for view in sheet.views} for sheet in scan.sheets]
        assert split == [{"m1", "m2", "m4"}, {"m3"}]
        assert scans(engine, what_reads(scan.query)) == {"lead": 1}
