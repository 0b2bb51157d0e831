"""Metrics, from records to results, on tables small enough to be reckoned by hand (LANGUAGE §4, §8).

As_of is 2026-03-10T12:00Z, a Tuesday, unless a test says otherwise; the company is in Berlin, an hour ahead.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from aac.results import NumberReading
from tests.small import COMPANY, groups, measured, metric, number, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from aac.results import Reading, Result, Results

DEALS_OF = (
    COMPANY
    + """\
kind: entity
id: deal
from: crm.deal
key: id
occurs: opened_at
fields:
  id: text
  opened_at: timestamp
  closed_at: timestamp
  won: boolean
  big: boolean
  amount: {type: money, unit: EUR}
  size: integer
  weight: number
  segment: text
---
kind: definition
id: win
owner: sales
of: deal
when: won
at: closed_at
---
"""
)
SOLD = """\
id,opened_at,closed_at,won,big,amount,size,weight,segment
a,2026-01-01,2026-02-01T10:00Z,true,true,100.0001,3,0.5,
b,2026-01-01,2026-02-02T10:00Z,true,false,-50,,0.25,unknown
c,2026-01-01,2026-02-03T10:00Z,true,,,4,,A
d,2026-01-01,2026-02-04T10:00Z,false,true,1000,5,1,A
e,2026-01-01,2026-02-05T10:00Z,,true,2000,6,1,A
f,2026-01-01,2026-02-06T10:00Z,,,3000,7,1,B
g,2026-01-01,2026-03-10T12:00:00.000001Z,true,true,7,7,1,A
h,2026-01-01,,true,true,7,7,1,A
i,2026-01-01,2030-01-01T00:00Z,,true,7,7,1,A
j,2026-03-10T12:00:00.000001Z,2026-02-05T10:00Z,true,true,7,7,1,A
k,,2026-03-01T00:00Z,true,true,7,7,1,A
l,2026-01-01,2026-02-07T10:00Z,false,,1,,,A
"""
FIGURES = {
    # formula: value, numerator, denominator, n, unknown: of the wins a, b, c and the doubtful e, f in February
    "count(*)": ("3", None, None, 3, 2),
    "count(amount)": ("2", None, None, 3, 2),
    "count(distinct segment)": ("2", None, None, 3, 2),
    "count_if(big)": ("1", None, None, 3, 3),
    "count_if(big) filter (where amount > 0)": ("1", None, None, 3, 3),
    "count_if(not big) filter (where size is null)": ("1", None, None, 3, 3),
    "count(*) filter (where big)": ("1", None, None, 3, 3),
    "share(big)": ("1/2", "1", "2", 3, 3),
    "share(big) filter (where size > 1)": ("1", "1", "1", 3, 4),
    "count_if(big) / count(*)": ("1/3", "1", "3", 3, 3),
    "count_if(big) / count_if(size > 100)": (None, "1", "0", 3, 4),
    "sum(amount)": ("500001/10000", None, None, 3, 3),
    "min(amount)": ("-50", None, None, 3, 3),
    "max(amount)": ("1000001/10000", None, None, 3, 3),
    "max(amount) filter (where amount > 1000)": (None, None, None, 3, 3),
    "avg(amount)": ("500001/20000", None, None, 3, 3),
    "median(amount)": ("500001/20000", None, None, 3, 3),
    "median(size)": ("7/2", None, None, 3, 3),
    "sum(amount * weight)": ("3750005/100000", None, None, 3, 3),
    "sum(amount) / count(*)": ("500001/30000", "500001/10000", "3", 3, 3),
    "sum(amount) - max(amount)": ("-50", None, None, 3, 3),
    "param.much * count(*)": ("9/2", None, None, 3, 2),
    "count(*) / param.much": ("2", "3", "3/2", 3, 2),
}
"""``unknown`` adds c where `big` or an amount to be read is unknown, and b where `size` is: each record once."""


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Every formula as a metric of wins, and one of all deals, so that losses are read beside them: all in one scan."""
    documents = DEALS_OF
    for place, formula in enumerate(formula for formula in FIGURES):
        unit = (
            "EUR" if "amount" in formula and "count(amount)" not in formula and "count_if" not in formula else "count"
        )
        unit = "ratio" if formula.startswith("share") or "/ count_if" in formula or "/ count(*)" in formula else unit
        unit = "EUR" if formula == "sum(amount) / count(*)" else unit
        by = "[segment, {sort: segment}, big]" if place % 2 else "[{kind: segment}]"
        documents += metric(f"m{place}", f'"{formula}"', of="win", at="closed_at", unit=unit, by=by)
    documents += metric("closed", "share(big)", of="deal", at="closed_at", unit="percent")
    settings = "[param]\nmuch = 1.5\n"
    root = write_project(tmp_path_factory.mktemp("figures") / "p", documents, {"deal": SOLD}, settings=settings)
    return measured(root, "2026-02", "2026-01", "all")


@pytest.mark.parametrize("place", range(len(FIGURES)), ids=list(FIGURES))
def test_figures(figures: Results, place: int) -> None:
    value, numerator, denominator, n, unknown = list(FIGURES.values())[place]
    reading = number(figures, f"m{place}", "2026-02")
    found = (reading.value, reading.numerator, reading.denominator)
    assert found == tuple(None if part is None else Fraction(part) for part in (value, numerator, denominator))
    assert (reading.n, reading.unknown) == (n, unknown)


def test_groups_of_metrics_in_one_scan(figures: Results) -> None:
    """Other names for one expression, two names in one metric, rules: each metric has its own groups and no others."""
    names = list(FIGURES)
    even, odd = f"m{names.index('count(*)')}", f"m{names.index('count(amount)')}"
    cells = {
        id_: {tuple(r.reading.by.items()): r.reading for r in figures.results if r.id == id_ and _label(r) == "2026-02"}
        for id_ in (even, odd)
    }
    records = {None: (1, 0), "unknown": (1, 0), "A": (1, 1), "B": (0, 1)}
    by_segment = {value: {(("segment", value),), (("sort", value),)} for value in records}
    assert cells[even].keys() == {(), *((("kind", value),) for value in records)}
    assert cells[odd].keys() == {(), *(key for keys in by_segment.values() for key in keys), *BIG}
    for value, counted in records.items():
        for key in by_segment[value]:
            assert _counted(cells[odd][key]) == counted
        assert _counted(cells[even][("kind", value),]) == counted
    assert {key: _counted(cells[odd][key]) for key in BIG} == BIG


BIG = {(("big", True),): (1, 1), (("big", False),): (1, 0), (("big", None),): (1, 1)}


def _label(result: Result) -> str:
    return result.reading.window.label


def _counted(reading: Reading) -> tuple[int, int]:
    assert isinstance(reading, NumberReading)
    return reading.n, reading.unknown


def test_a_window_without_records(figures: Results) -> None:
    """Counts are 0, all else is unknown; there is a total and no group."""
    nothing: dict[str, Fraction | None] = dict.fromkeys(FIGURES)
    nothing |= {formula: Fraction(0) for formula in FIGURES if formula.startswith("count") and "/" not in formula}
    nothing |= {"param.much * count(*)": Fraction(0), "count(*) / param.much": Fraction(0)}
    for place, (formula, value) in enumerate(nothing.items()):
        assert number(figures, f"m{place}", "2026-01").value == value, formula
        assert groups(figures, f"m{place}", "2026-01") == [{}]


def test_records_that_are_in_no_window(figures: Results) -> None:
    """Of the wins: g closed a hair after as_of, h at no known time. In `all` are a, b, c and k; e, f are doubtful."""
    assert {(f.doc, f.count) for f in figures.findings if f.code == "AAC510"} == {
        (f"metric:m{place}", 2) for place in range(len(FIGURES))
    } | {("metric:closed", 3)}
    assert _counted(number(figures, "m0", "all")) == (4, 2)


def test_without_a_moment_there_is_only_all_time(tmp_path: Path) -> None:
    documents = DEALS_OF + metric("deals", "count(*)", of="deal", by="[won]")
    root = write_project(tmp_path / "p", documents, {"deal": SOLD})
    for windows in ((), ("all",), ("2026-02", "last:3")):
        results = measured(root, *windows)
        assert {_label(r) for r in results.results} == {"all"}
        assert number(results, "deals", "all").n == 11
        assert len(results.headline()) == 1


@pytest.mark.parametrize(
    ("window", "labels"),
    [
        ("quarter", ["2025-Q4", "2026-Q1"]),
        ("rolling 30 days", ["rolling to 2026-03-10"]),
        ("all", ["all"]),
        ("month", ["2026-02", "2026-03"]),
    ],
)
def test_a_metric_has_windows_of_its_own(tmp_path: Path, window: str, labels: list[str]) -> None:
    """And what is derived from it is told in its own windows in turn."""
    documents = DEALS_OF + metric("deals", "count(*)", of="deal", at="closed_at", window=window, target="{at_least: 1}")
    documents += metric("twice", "deals * 2", window=window) + metric("monthly", "deals * 2")
    results = measured(write_project(tmp_path / "p", documents, {"deal": SOLD}))
    assert [_label(r) for r in results.results if r.id == "deals"] == labels
    assert [_label(r) for r in results.results if r.id == "twice"] == labels
    assert [_label(r) for r in results.results if r.id == "monthly"] == ["2026-02", "2026-03"]
    assert [r.verdict.target for r in results.results if r.id == "deals"] == [{"at_least": 1}] * len(labels)


def test_products_of_large_numbers_are_exact(tmp_path: Path) -> None:
    documents = DEALS_OF
    documents += metric("weighted", "sum(amount * weight)", of="deal", unit="EUR")
    documents += metric("squares", "sum(weight * weight)", of="deal")
    documents += metric("cubes", "sum(size * size * size)", of="deal")
    documents += metric("scaled", "sum(1.5 * amount * weight)", of="deal", unit="EUR")
    deals = """\
    id,opened_at,closed_at,won,big,amount,size,weight,segment
    a,2026-01-01,,true,,99999999999999.9999,2000000,999999999999.999999,
    b,2026-01-01,,true,,0.0001,-1,0.000001,
    """
    results = measured(write_project(tmp_path / "p", documents, {"deal": deals}))
    amounts, weights = ("99999999999999.9999", "0.0001"), ("999999999999.999999", "0.000001")
    weighted = sum((Fraction(a) * Fraction(w) for a, w in zip(amounts, weights, strict=True)), Fraction(0))
    assert number(results, "weighted", "all").value == weighted
    assert number(results, "squares", "all").value == sum(Fraction(w) ** 2 for w in weights)
    assert number(results, "cubes", "all").value == 2_000_000**3 - 1
    assert number(results, "scaled", "all").value == weighted * Fraction(3, 2)


def test_what_is_no_number_is_no_value(tmp_path: Path) -> None:
    """CSV exports of data frames write `nan` and `inf`."""
    documents = COMPANY + "kind: entity\nid: deal\nfrom: crm.deal\nkey: id\nfields: {id: text, weight: float}\n---\n"
    documents += metric("sum", "sum(weight)", of="deal", by="[weight]") + metric("middle", "median(weight)", of="deal")
    deals = "id,weight\na,1.5\nb,nan\nc,inf\nd,-Infinity\ne,0.25\n"
    results = measured(write_project(tmp_path / "p", documents, {"deal": deals}))
    assert number(results, "sum", "all").value == Fraction(7, 4)
    assert number(results, "middle", "all").value == Fraction(7, 8)
    assert groups(results, "sum", "all") == [{}, {"weight": None}, {"weight": 0.25}, {"weight": 1.5}]
    assert [(f.count, f.code) for f in results.findings if f.doc == "entity:deal"] == [(3, "AAC505")]


def test_what_is_no_whole_number_is_no_integer(tmp_path: Path) -> None:
    """Casts round `15e-1` to 2 and read `0x1f` as 31."""
    documents = COMPANY + "kind: entity\nid: deal\nfrom: crm.deal\nkey: id\nfields: {id: text, size: integer}\n---\n"
    documents += metric("size", "sum(size)", of="deal", by="[id]")
    texts = {"5": 5, " -7 ": -7, "+8": 8, "5.0": 5, "5.": 5, "1.5e1": 15, "1e3": 1000, "20e-1": 2}
    wrong = ("5.5", "5e-1", "15e-1", "0x1f", "0b11", "1,000", "1 000", "five", "1e30", "--5")
    rows = "".join(f'"{text}","{text}"\n' for text in (*texts, *wrong))
    results = measured(write_project(tmp_path / "p", documents, {"deal": f"id,size\n{rows}"}))
    found = {r.reading.by["id"]: r.reading for r in results.results if r.reading.by}
    assert {key: reading.value for key, reading in found.items() if isinstance(reading, NumberReading)} == {
        **texts,
        **dict.fromkeys(wrong),
    }
    assert [f.count for f in results.findings if f.code == "AAC505"] == [len(wrong)]


def test_more_dimensions_than_a_query_can_tell_apart(tmp_path: Path) -> None:
    """A mask of grouping sets has 63 bits."""
    documents = DEALS_OF + "".join(
        metric(f"m{place}", "count(*)", of="deal", by=f"[{{over{place}: size > {place}}}, {{segment: segment}}]")
        for place in range(70)
    )
    results = measured(write_project(tmp_path / "p", documents, {"deal": SOLD}))
    for place in range(70):
        over = [
            (r.reading.by[f"over{place}"], _counted(r.reading))
            for r in results.results
            if f"over{place}" in r.reading.by and r.id == f"m{place}"
        ]
        expected = {None: (2, 0), True: (sum(size > place for size in (3, 4, 5, 6, 7, 7, 7, 7, 7)), 0)}
        expected[False] = (9 - expected[True][0], 0)
        assert dict(over) == {value: counted for value, counted in expected.items() if counted[0]}
