"""Every function of the rule language, through the whole road, against values reckoned by hand.

`tests/cases/functions/expected.yml` says what each rule comes to for the records of `data/thing.csv`; the rules are
parsed, checked, lowered and run on the real engine.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from aac.engines.base import Entity, Select
from aac.expressions import spelling
from aac.expressions.check import AGGREGATES, FUNCTIONS, SIDES, check_formula, check_rule
from aac.expressions.nodes import Aggregate, Call, Stored, walk
from aac.expressions.parse import parse
from aac.measures import Measure, Population
from aac.planner.metrics import plan_metrics
from aac.planner.pieces import Piece
from aac.planner.windows import all_time
from tests.running import Running, run_project

if TYPE_CHECKING:
    from collections.abc import Iterator

CASE = Path(__file__).parent / "cases" / "functions"
EXPECTED: dict[str, list[dict[str, Any]]] = yaml.safe_load((CASE / "expected.yml").read_text())


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    root = tmp_path_factory.mktemp("functions") / "project"
    copytree(CASE, root)
    with run_project(root) as made:
        yield made


@pytest.mark.parametrize("case", EXPECTED["records"], ids=lambda case: case["rule"])
def test_of_one_record(running: Running, case: dict[str, Any]) -> None:
    typed = check_rule(parse(case["rule"]), "thing", running.names)
    output = Select(Entity("thing"), (("id", Stored("thing", "id")), ("value", typed.node)), order=("id",))
    (rows,) = running.engine.run(running.setting.query((), (output,)))
    assert [_shown(value) for _, value in rows] == [_expected(value) for value in case["is"]]


@pytest.mark.parametrize("case", EXPECTED["aggregates"], ids=lambda case: case["formula"])
def test_of_many_records(running: Running, case: dict[str, Any]) -> None:
    typed = check_formula(parse(case["formula"]), "thing", running.names)
    population = Population("thing", None)
    measure = Measure("metric:m", population, None, typed.node, "count", typed.type.scale, (), "month", has_target=True)
    scan = plan_metrics((Piece(running.project, measure, all_time()),), all_time(), running.setting)
    ((_, (cell,)),) = (strip for strip in scan.strips(running.engine.run(scan.query)) if strip[1])
    assert cell.value == (None if case["is"] is None else Fraction(case["is"]))


def test_every_function_has_a_case() -> None:
    parsed = [parse(case["rule"]) for case in EXPECTED["records"]]
    parsed += [parse(case["formula"]) for case in EXPECTED["aggregates"]]
    used = {node.function for tree in parsed for node in walk(tree) if isinstance(node, Call | Aggregate)}
    assert used == FUNCTIONS.keys() | AGGREGATES.keys() | {"in_currency"}
    assert spelling.ALL.keys() - used == SIDES


def _shown(value: object) -> object:
    return Fraction(value) if isinstance(value, Decimal) else value


def _expected(value: object) -> object:
    """Quoted numbers are exact decimals; all else is as YAML reads it."""
    return Fraction(value) if isinstance(value, str) and value.lstrip("-").replace(".", "").isdigit() else value
