"""Any formulas over other numbers, against the arithmetic of Python over what these numbers are shown to be.

All numbers are shares or counts in the unit `ratio`, so that any two go together.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from fractions import Fraction
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from aac.evaluate import Asked
from aac.operations import measure, open_sound_project, pull_sources
from aac.results import ClockReading, NumberReading, Outcome
from tests.small import COMPANY, NOW_US, metric, write_project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aac.results import Reading, Results

ENTITIES = (
    COMPANY
    + """\
kind: entity
id: deal
from: crm.deal
key: id
fields: {id: text, opened_at: timestamp, closed_at: timestamp, won: boolean, size: integer, segment: text, big: boolean}
---
kind: entity
id: cost
from: crm.cost
key: id
fields: {id: text, day: date, amount: number, segment: text, big: boolean}
---
kind: sla
id: decided
what: Sales decides
who: {owes: sales, to: marketing}
when: {within: 3 days}
how_measured: {each: deal, where: size > 0, starts: opened_at, stops: closed_at, objective: 50%, by: [segment, big]}
escalation: []
---
"""
)
BASES = {
    "m0": ("share(won)", "deal", "closed_at"),
    "m1": ("sum(size)", "deal", "opened_at"),
    "m2": ("sum(amount)", "cost", "day"),
    "m3": ("sum(size) / count_if(won)", "deal", "opened_at"),
}
ATTAINMENT = "sla.decided.attainment"
WINDOWS = ("2026-02", "2026-03", "2026", "all")
Cells = dict[tuple[str, frozenset[tuple[str, object]]], "Reading"]
"""What a number came to, by the label of the window and the group."""


class Case(NamedTuple):
    """Two tables as CSV, and for each derived metric its formula and its dimensions."""

    deals: str
    costs: str
    formulas: dict[str, tuple[str, tuple[str, ...]]]


MOMENTS = st.sampled_from(["", "2026-02-01T00:00+01:00", "2026-02-27T12:00Z", "2026-03-01T10:00Z", "2026-03-09T23:59Z"])
SEGMENTS, FLAGS = st.sampled_from(["", "A", "B", "unknown"]), st.sampled_from(["", "true", "false"])
NUMBERS = st.sampled_from(["", "0", "1", "-2", "7"])
DEALS = st.lists(st.tuples(MOMENTS, MOMENTS, FLAGS, NUMBERS, SEGMENTS, FLAGS), max_size=8)
DAYS = st.sampled_from(["", "2026-01-31", "2026-02-28", "2026-03-10"])
COSTS = st.lists(st.tuples(DAYS, st.sampled_from(["", "0.5", "-3", "100"]), SEGMENTS, FLAGS), max_size=6)
LITERALS = st.sampled_from(["2", "0.25", "0"])


def formulas(names: list[str]) -> st.SearchStrategy[str]:
    """Arithmetic over numbers of these names, with one at least."""
    number = st.sampled_from(names)
    pairs = st.tuples(number, st.sampled_from("+-*/"), st.one_of(number, LITERALS)).map(" ".join)
    return st.one_of(
        number.map("{} * 1".format),
        pairs,
        st.tuples(pairs, st.sampled_from("+-*/"), pairs).map(lambda parts: "({}) {} ({})".format(*parts)),
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    def table(head: str, rows: list[tuple[str, ...]]) -> str:
        return "\n".join([head, *(",".join((str(n), *row)) for n, row in zip(count(), rows, strict=False))]) + "\n"

    made: dict[str, tuple[str, tuple[str, ...]]] = {}
    for n in range(draw(st.integers(1, 4))):
        by = draw(st.sampled_from([(), ("segment",), ("big", "segment")]))
        # what is split rests on numbers that are split so
        below = [name for name, (_, splits) in made.items() if set(by) <= set(splits)]
        made[f"d{n}"] = (draw(formulas([*BASES, ATTAINMENT, *below])), by)
    deals = table("id,opened_at,closed_at,won,size,segment,big", draw(DEALS))
    return Case(deals, table("id,day,amount,segment,big", draw(COSTS)), made)


def written(case: Case, target: str = "") -> str:
    bases = [metric(id_, f, of=of, at=at, unit="ratio", by="[segment, big]") for id_, (f, of, at) in BASES.items()]
    keys = {"target": target} if target else {}
    derived = [
        metric(id_, f'"{formula}"', unit="ratio", by=f"[{', '.join(by)}]", **keys)
        for id_, (formula, by) in case.formulas.items()
    ]
    return ENTITIES + "".join([*bases, *derived])


def results_of(case: Case, root: Path, target: str = "") -> Results:
    """Everything, or with a ``target`` only what has one and the promise."""
    write_project(root, written(case, target), {"deal": case.deals, "cost": case.costs})
    opened = open_sound_project(root)
    pull_sources(opened, NOW_US, lambda _: None)
    return measure(opened, NOW_US, Asked(windows=WINDOWS), lambda _: None, everything=not target)


def cells_of(results: Results) -> Mapping[str, Cells]:
    found: defaultdict[str, Cells] = defaultdict(dict)
    for result in results.results:
        name = ATTAINMENT if result.kind == "sla" else result.id
        found[name][result.reading.window.label, frozenset(result.reading.by.items())] = result.reading
    return found


# The oracle

ARITHMETIC: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: Fraction.__add__, ast.Sub: Fraction.__sub__, ast.Mult: Fraction.__mul__, ast.Div: Fraction.__truediv__,
}  # fmt: skip


def value(node: ast.expr, known: Callable[[str], Fraction | None]) -> Fraction | None:
    """What a formula comes to; unknown if a part is, and when it divides by 0."""
    match node:
        case ast.Constant(value=number):
            return Fraction(str(number))
        case ast.BinOp(left=left, op=op, right=right):
            above, below = value(left, known), value(right, known)
            if above is None or below is None or (isinstance(op, ast.Div) and below == 0):
                return None
            return ARITHMETIC[type(op)](above, below)
        case _:
            return known(ast.unparse(node))


def tree(formula: str) -> ast.expr:
    return ast.parse(formula, mode="eval").body


def named(formula: str) -> set[str]:
    nodes = (ast.unparse(node) for node in ast.walk(tree(formula)) if isinstance(node, ast.Name | ast.Attribute))
    return {name for name in nodes if name != "sla" and name != "sla.decided"}


def bases_of(case: Case, id_: str) -> set[str]:
    """The numbers of records that a number rests on, however many lie between."""
    if id_ not in case.formulas:
        return {id_}
    return {base for name in named(case.formulas[id_][0]) for base in bases_of(case, name)}


def came_to(reading: Reading | None) -> Fraction | None:
    match reading:
        case NumberReading():
            return reading.value
        case ClockReading():
            return reading.attainment
        case _:
            return None


def size(reading: Reading | None) -> tuple[int, int]:
    """How many records a number rests on, and of how many something was unknown."""
    match reading:
        case NumberReading():
            return reading.n, reading.unknown
        case ClockReading():
            return reading.judged, reading.unknown + reading.count(Outcome.UNMEASURABLE)
        case _:
            return 0, 0


def agrees(case: Case, found: Mapping[str, Cells]) -> None:
    """Every derived number is what its formula makes of the numbers that are shown, and has their groups."""
    for id_, (formula, by) in case.formulas.items():
        bases = [found[base] for base in sorted(bases_of(case, id_))]
        wanted = [set[str](), *({name} for name in by)]
        keys = {key for cells in bases for key in cells if {name for name, _ in key[1]} in wanted}
        keys = {(label, group) for label, group in keys if label != "unplaced"}
        assert found[id_].keys() == keys, id_
        for key, reading in found[id_].items():
            assert isinstance(reading, NumberReading)

            def known(name: str, key: tuple[str, frozenset[tuple[str, object]]] = key) -> Fraction | None:
                return came_to(found[name].get(key))

            node = tree(formula)
            divided = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            sides = (
                (value(node.left, known), value(node.right, known))
                if isinstance(node, ast.BinOp) and divided
                else (None, None)
            )
            assert (reading.value, reading.numerator, reading.denominator) == (value(node, known), *sides), (id_, key)
            sizes = [size(cells.get(key)) for cells in bases]
            assert (reading.n, reading.unknown) == (min(n for n, _ in sizes), sum(unknown for _, unknown in sizes))
            there = [cells[key] for cells in bases if key in cells]
            assert reading.as_of_us == min(other.as_of_us for other in there)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_a_derived_number_is_what_its_formula_makes_of_the_others(case: Case) -> None:
    with TemporaryDirectory() as folder:
        everything = results_of(case, Path(folder) / "all")
        agrees(case, cells_of(everything))
        # asked for alone it comes to the same, and nothing that it rests on is told
        alone = results_of(case, Path(folder) / "some", target="{at_least: 1}")
        shown = {(r.kind, r.id) for r in alone.results}
        assert shown == {("sla", "decided"), *(("metric", id_) for id_ in case.formulas)}
        assert [r.reading for r in alone.results if r.kind == "metric"] == [
            r.reading for r in everything.results if r.id in case.formulas
        ]
