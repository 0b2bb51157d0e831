"""Small groups are hidden, and no sum of what is shown tells what they are: against plain elimination."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aac.findings import Span
from aac.periods import Window
from aac.small_groups import findings_of, hidden_cells, size_of, without_small_groups
from tests.oracle.small_groups import can_be_reckoned
from tests.reported import FEBRUARY, MARCH, RESULTS, clock, counted, tally
from tests.small import COMPANY, groups, measured, metric, write_project

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from aac.results import Result, Results
    from aac.small_groups import Cell, Group

K = 5
PLACE = Span("aac.toml", 9, 1)
QUARTER = Window("2026-Q1", "quarter", date(2026, 1, 1), date(2026, 4, 1))


def left(results: Sequence[Result], k: int | None = K) -> Results:
    return without_small_groups(replace(RESULTS, results=tuple(results), findings=()), k, PLACE)


def wins(window: Window, n: int, **by: str | None) -> Result:
    return counted("wins", window, "count", None, n=n, by=by)


def shown(results: Results) -> list[object]:
    return [tuple(result.reading.by.values()) for result in results.results]


def test_a_small_group_takes_the_next_one_with_it() -> None:
    groups = [wins(FEBRUARY, 68), *(wins(FEBRUARY, n, d=d) for d, n in {"a": 3, "b": 40, "c": 8, "e": 17}.items())]
    found = left(groups)
    assert shown(found) == [(), ("b",), ("e",)]
    (finding,) = found.findings
    assert (finding.code, finding.level, finding.doc, finding.count) == ("AAC540", "info", None, 2)
    assert finding.affects == ("metric:wins",)
    assert finding.is_about("metric:wins")
    assert not finding.is_about("metric:losses")
    assert finding.message == "2 groups are not shown: fewer than 5 records, or a number that would tell of those"
    assert finding.span == PLACE


def test_a_document_is_told_of_its_own_groups_alone() -> None:
    """Two of three wins are hidden, and all three losses: five together."""
    lost = [counted("losses", FEBRUARY, "count", None, n=2, by={"d": d}) for d in "abc"]
    groups = [wins(FEBRUARY, 51), *(wins(FEBRUARY, n, d=d) for d, n in {"a": 3, "b": 40, "c": 8}.items()), *lost]
    found = left(groups)
    assert found.findings[0].message.startswith("5 groups are not shown: fewer than 5 records")
    told = {id_: findings_of(f"metric:{id_}", found.findings, found.left_out) for id_ in ("wins", "losses", "deals")}
    assert [(f.count, f.message.partition(":")[0]) for f in told["wins"]] == [(2, "2 groups are not shown")]
    assert [(f.count, f.message.partition(":")[0]) for f in told["losses"]] == [(3, "3 groups are not shown")]
    assert told["deals"] == []


def test_small_groups_that_are_few_together_take_more() -> None:
    """1 and 2 are hidden; the rest of 50 would tell that they are 3 together."""
    groups = [wins(FEBRUARY, 50), *(wins(FEBRUARY, n, d=d) for d, n in {"a": 1, "b": 2, "c": 20, "e": 27}.items())]
    assert shown(left(groups)) == [(), ("e",)]


def test_groups_that_are_large_enough_stay() -> None:
    groups = [wins(FEBRUARY, 15), wins(FEBRUARY, 5, d="a"), wins(FEBRUARY, 10, d="b")]
    assert left(groups).results == tuple(groups)
    assert left(groups).findings == ()


@pytest.mark.parametrize("k", [None, 1])
def test_without_a_least_size_nothing_is_hidden(k: int | None) -> None:
    groups = [wins(FEBRUARY, 1), wins(FEBRUARY, 1, d="a")]
    assert left(groups, k).results == tuple(groups)


def test_totals_are_no_groups() -> None:
    assert shown(left([wins(FEBRUARY, 1), wins(FEBRUARY, 1, d="a")])) == [()]


def test_each_window_and_dimension_is_looked_at_apart() -> None:
    groups = [wins(window, 40) for window in (FEBRUARY, MARCH)]
    groups += [wins(FEBRUARY, 4, d="a"), wins(FEBRUARY, 36, d="b"), wins(MARCH, 20, d="a"), wins(MARCH, 20, d="b")]
    groups += [wins(FEBRUARY, 20, e="x"), wins(FEBRUARY, 20, e="y")]
    by = [(r.reading.window.label, dict(r.reading.by)) for r in left(groups).results if r.reading.by]
    assert by == [("2026-03", {"d": "a"}), ("2026-03", {"d": "b"}), ("2026-02", {"e": "x"}), ("2026-02", {"e": "y"})]


def test_what_is_not_known_is_a_group_as_well() -> None:
    groups = [wins(FEBRUARY, 30), wins(FEBRUARY, 2, d=None), wins(FEBRUARY, 10, d="a"), wins(FEBRUARY, 18, d="b")]
    assert shown(left(groups)) == [(), ("b",)]


def test_a_quarter_does_not_tell_what_its_months_hide() -> None:
    january = Window("2026-01", "month", date(2026, 1, 1), date(2026, 2, 1))
    months = {january: (3, 30), FEBRUARY: (10, 30), MARCH: (11, 30)}
    groups = [wins(window, sum(ns)) for window, ns in months.items()] + [wins(QUARTER, 114)]
    groups += [wins(window, n, d=d) for window, ns in months.items() for d, n in zip("ab", ns, strict=True)]
    groups += [wins(QUARTER, 24, d="a"), wins(QUARTER, 90, d="b")]
    by = [(r.reading.window.label, r.reading.by["d"]) for r in left(groups).results if r.reading.by]
    assert by == [("2026-03", "a"), ("2026-03", "b"), ("2026-Q1", "a"), ("2026-Q1", "b")]


def test_what_a_quarter_has_more_than_its_month_is_a_group_too() -> None:
    """43 − 40: 3 of January and March, whose months nobody asked for. Of b there are 60 more, and none of c."""
    february, quarter = {"a": 40, "b": 30, "c": 20}, {"a": 43, "b": 90, "c": 20}
    groups = [wins(FEBRUARY, 90), wins(QUARTER, 153)]
    groups += [wins(FEBRUARY, n, d=d) for d, n in february.items()]
    groups += [wins(QUARTER, n, d=d) for d, n in quarter.items()]
    by = [(r.reading.window.label, r.reading.by["d"]) for r in left(groups).results if r.reading.by]
    # a alone would be 90 − 30 − 20, so the next smallest goes with it
    assert by == [("2026-02", "b"), ("2026-Q1", "a"), ("2026-Q1", "b"), ("2026-Q1", "c")]


def test_groups_of_whom_few_were_judged_are_hidden() -> None:
    """Of 9 records 3 were judged; with them go the fewest others. Where nobody was judged, nothing is told of them."""
    tallies = {"a": tally(2, 1, 6), "b": tally(20, 20), "c": tally(6, 2), "d": tally(0, 0, 7)}
    groups = [clock("follow_up", FEBRUARY, tally(28, 23, 13), None)]
    groups += [clock("follow_up", FEBRUARY, counts, None, by={"d": d}) for d, counts in tallies.items()]
    assert shown(left(groups)) == [(), ("b",), ("d",)]
    sizes = {"a": (9, 3), "b": (40, 40), "c": (11, 7)}
    shares = [counted("won", FEBRUARY, "percent", None, n=60, of=(30, 50))]
    shares += [counted("won", FEBRUARY, "percent", None, n=n, of=(1, m), by={"d": d}) for d, (n, m) in sizes.items()]
    assert shown(left(shares)) == [(), ("b",)]


def test_items_outside_a_promise_are_not_of_its_size() -> None:
    assert size_of(clock("follow_up", FEBRUARY, tally(1, 2, 3), None).reading) == 6


# Against the oracle


def cells_by(records: Mapping[tuple[str, ...], int], places: Sequence[int]) -> dict[Group, int]:
    """A table by some dimensions, counted record by record."""
    table: dict[Group, int] = {}
    for group, n in records.items():
        cell = tuple((f"d{place}", group[place]) for place in places)
        table[cell] = table.get(cell, 0) + n
    return table


GROUPS = st.dictionaries(
    st.tuples(*[st.sampled_from("abcd")] * 2) | st.tuples(*[st.sampled_from("abc")] * 2),
    st.integers(1, 12) | st.integers(1, 4),
    min_size=1,
    max_size=12,
)


def atoms_of(cell: Group, records: Mapping[tuple[str, ...], int]) -> set[object]:
    return {group for group in records if all(group[int(name[1:])] == value for name, value in cell)}


def hidden(table: Mapping[Group, int]) -> set[Group]:
    return {group for _, group in hidden_cells({(0, group): n for group, n in table.items()}, [range(1)], K)}


@settings(deadline=None)
@given(GROUPS | st.dictionaries(st.tuples(*[st.sampled_from("ab")] * 3), st.integers(1, 9), min_size=1))
def test_no_hidden_group_can_be_reckoned(records: dict[tuple[str, ...], int]) -> None:
    """All tables that can be asked for are published: those of one dimension, those of two, and the one of all.

    What the tables of fewer dimensions tell already, a table of more cannot hide again.
    """
    width = len(next(iter(records)))
    whole: list[object] = list(records)
    published: list[set[object]] = [set(whole)]
    out: list[set[object]] = []
    for depth in range(1, width + 1):
        before = [*published]
        for places in combinations(range(width), depth):
            table = cells_by(records, places)
            gone = hidden(table)
            assert {group for group, n in table.items() if n < K} <= gone
            published += [atoms_of(group, records) for group in table if group not in gone]
            ours = [atoms_of(group, records) for group in gone]
            out += ours
            alone = [*before, *(atoms_of(group, records) for group in table if group not in gone)]
            if depth in (1, width):
                told = [wanted for wanted in (out if depth == width else ours) if can_be_reckoned(wanted, alone, whole)]
                assert [wanted for wanted in told if not can_be_reckoned(wanted, before, whole)] == []


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 12), min_size=1), min_size=2, max_size=4))
def test_no_month_can_be_reckoned_from_a_longer_window(months: list[dict[str, int]]) -> None:
    year = {group: sum(month.get(group, 0) for month in months) for month in months for group in month}
    windows = [*months, year]
    stretches = [*(range(number, number + 1) for number in range(len(months))), range(len(months))]
    sizes: dict[Cell, int] = {
        (number, (("d", group),)): n for number, window in enumerate(windows) for group, n in window.items()
    }
    gone = hidden_cells(sizes, stretches, K)
    atoms: list[object] = [(number, group) for number, month in enumerate(months) for group in month]

    def of(cell: Cell) -> set[object]:
        window, ((_, group),) = cell
        return {atom for atom in atoms if atom in {(part, group) for part in stretches[window]}}

    totals = [{atom for atom in atoms if atom in {(p, g) for p in stretch for g in "abcd"}} for stretch in stretches]
    published = [*totals, *(of(cell) for cell in sizes if cell not in gone)]
    assert {cell for cell, n in sizes.items() if n < K} <= gone
    told = [cell for cell in gone if can_be_reckoned(of(cell), published, atoms)]
    assert [cell for cell in told if not can_be_reckoned(of(cell), totals, atoms)] == []
    for whole, n in sizes.items():
        kept = {part: size for part, size in sizes.items() if part not in gone and part[0] < len(months)}
        parts = [size for (_, group), size in kept.items() if group == whole[1]]
        assert whole[0] < len(months) or whole in gone or not 0 < n - sum(parts) < K


def test_a_project_says_how_many_records_a_group_needs(tmp_path: Path) -> None:
    """In every output: `check`, `query` (crossed or not), and the wiki."""
    write_project(tmp_path, DOCUMENTS, {"deals": DEALS}, settings="[privacy]\nk = 5\n")
    results = measured(tmp_path, "2026-02")
    assert groups(results, "deals", "2026-02") == [{}, {"region": "EU"}]
    assert groups(measured_again(tmp_path, None), "deals", "2026-02") == [{}, *({"region": r} for r in REGIONS)]
    assert [(f.affects, f.count) for f in results.findings if f.code == "AAC540"] == [(("metric:deals",), 2)]


REGIONS = {"EU": 9, "UK": 6, "US": 2}
DEALS = "id,on,region\n" + "".join(
    f"{region}-{n},2026-02-03,{region}\n" for region in REGIONS for n in range(REGIONS[region])
)
DOCUMENTS = (
    COMPANY
    + """\
kind: entity
id: deal
from: crm.deals
key: id
fields: {id: text, "on": date, region: text}
---
"""
    + metric("deals", "count(*)", of="deal", at="'\"on\"'", by="[region]")
)


def measured_again(root: Path, k: int | None) -> Results:
    settings = (root / "aac.toml").read_text(encoding="utf-8").replace("k = 5", f"k = {k}" if k else "")
    (root / "aac.toml").write_text(settings, encoding="utf-8")
    return measured(root, "2026-02")
